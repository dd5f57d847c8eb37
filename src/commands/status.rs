//! `git handoff` and `git handoff status`

use clap::Args;

use super::tell_lost;
use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::overview::{Handoff, SessionState, Status};
use crate::flows::typed::Typed;
use crate::flows::{Ctx, baton, quote, ways};
use crate::render::words;
use crate::ui::Ui;

#[derive(Debug, Args, Default)]
pub(super) struct StatusArgs {
    /// The branch; the current one unless given
    branch: Option<String>,
}

pub(super) fn run(args: &StatusArgs, env: &Env, ui: &Ui) -> Result<u8, AnyFault> {
    let ctx = Ctx::open(env)?.typed(Typed::command("status"));
    let status = ctx.status(args.branch.as_deref())?;
    print(&status, env, ui);
    tell_lost(status.lost.as_ref(), &ctx, ui);
    ui.report(&status);
    Ok(0)
}

fn print(status: &Status, env: &Env, ui: &Ui) {
    match &status.branch {
        Some(branch) => of_branch(branch, status, env, ui),
        None => {
            let at = status.detached.as_ref().map_or("", |at| at.short());
            ui.out(format!(
                "HEAD is detached at {at}, which is no branch's alone; `git handoff status <branch>` tells of one"
            ));
        }
    }
    if !status.waiting.is_empty() {
        ui.out("waiting");
        status.waiting.iter().for_each(|h| ui.out(format!("  {}", waiting(h, env))));
    }
    if let Some(problem) = &status.problem {
        ui.say(format!("warning: {problem}"));
    }
    let behind = status.code.behind > 0 || status.sessions.iter().any(|s| s.behind > 0);
    if let Some(branch) = status.branch.as_ref().filter(|_| behind) {
        ui.say(format!("hint: `git handoff resume {}` brings what others added", quote(branch)));
    }
    if status.remote.is_none() {
        ui.say("hint: `git handoff init` lets this clone send sessions to its remote");
    }
}

fn of_branch(branch: &str, status: &Status, env: &Env, ui: &Ui) {
    let held = status.baton.as_ref().map_or("not handed over yet".to_owned(), |b| baton::words(b, env));
    let unsent = if status.baton.is_some() && status.unsent { ", not sent yet" } else { "" };
    ui.out(format!("{branch}   {held}{unsent}"));
    if let Some(code) = code(status) {
        ui.out(format!("  code   {code}"));
    }
    for s in &status.sessions {
        ui.out(format!("  {}", session(s)));
        s.ways.iter().for_each(|way| ui.out(format!("    {}", ways::words(way, env))));
        for fork in s.ways.iter().filter(|way| way.parts_after.is_some()) {
            ui.say(format!(
                "hint: `git handoff resume {} --session {}` goes on with that fork",
                quote(branch),
                fork.session
            ));
        }
    }
    if status.sessions.is_empty() {
        ui.out("  no session of an agent had a turn on this branch here");
    }
}

fn code(status: &Status) -> Option<String> {
    let code = &status.code;
    let mut parts = Vec::new();
    match code.ahead {
        None => parts.push("the branch is not on the remote".to_owned()),
        Some(0) => {}
        Some(n) => parts.push(format!("{} not pushed", words::count(n as u64, "commit"))),
    }
    if code.behind > 0 {
        parts.push(format!("{} not here", words::count(code.behind as u64, "commit")));
    }
    if code.uncommitted > 0 {
        parts.push(format!("{} not committed", words::count(code.uncommitted as u64, "file")));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn session(s: &SessionState) -> String {
    let name = words::session(s.key.agent.as_str(), s.key.id.short(), s.title.as_deref());
    let state = match (s.here, s.not_pushed, s.behind) {
        (false, _, _) => "not on this machine".to_owned(),
        (true, 0, 0) => "synced".to_owned(),
        (true, 0, more) => format!("{more} more were handed over"),
        (true, n, _) => format!("{n} not pushed"),
    };
    let forks =
        if s.forks == 0 { String::new() } else { format!(", {} kept beside", words::count(s.forks as u64, "fork")) };
    format!("{name}   {}, {state}{forks}", words::count(s.events, "event"))
}

pub(super) fn waiting(h: &Handoff, env: &Env) -> String {
    let title =
        h.sessions.iter().rev().find_map(|s| s.title.as_deref()).map(|t| format!("   \"{t}\"")).unwrap_or_default();
    format!("{}  {}{title}", h.branch, baton::words(&h.baton, env))
}
