//! `git handoff resume`

use std::path::PathBuf;

use clap::Args;

use super::check::{code, head, left_out, uncommitted};
use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::restore::{Outcome, Restored};
use crate::flows::resume::{Fork, ResumeAsk, Resumed, Taken};
use crate::flows::run::{self, shell_line};
use crate::flows::typed::Typed;
use crate::flows::work::{WorkRestored, some};
use crate::flows::{Ctx, baton};
use crate::model::divergence::Action;
use crate::render::words;
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(super) struct ResumeArgs {
    /// A branch or a session; the current branch unless given
    what: Option<String>,
    /// The remote; the branch's own unless given
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,
    /// Continue in a new work tree, beside this one
    #[arg(long, value_name = "FOLDER")]
    worktree: Option<PathBuf>,
    /// Another session of the branch than the newest; AGENT.ID@FORK is one way of a session that went several
    /// (`git handoff status` lists them)
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Take the baton although another surface holds it
    #[arg(long)]
    take: bool,
    /// Go on beside: the session under a new id on a new branch, the baton where it is
    #[arg(long, conflicts_with = "take")]
    fork: bool,
    /// The new branch of --fork; the first free BRANCH-fork-N unless given
    #[arg(long, value_name = "NAME", requires = "fork")]
    branch: Option<String>,
    /// Leave the uncommitted files of the handoff out
    #[arg(long)]
    no_work: bool,
    /// Do not start the agent; the last line is the command that does
    #[arg(long)]
    no_run: bool,
}

pub(super) fn run(args: &ResumeArgs, env: &Env, ui: &Ui) -> Result<u8, AnyFault> {
    let ctx = Ctx::open(env)?.typed(typed(args));
    let ask = ResumeAsk {
        what: args.what.clone(),
        remote: args.remote.clone(),
        worktree: args.worktree.clone(),
        session: args.session.clone(),
        fork: args.fork.then(|| Fork { branch: args.branch.clone() }),
        take: args.take,
        no_work: args.no_work,
    };
    let resumed = ctx.resume(&ask)?;
    print(&resumed, env, ui);
    ui.report(&resumed);
    let Some(session) = &resumed.session else { return Ok(0) };
    if !session.installed {
        ui.say(format!("{} is not installed here; install it, then", session.start[0]));
    }
    ui.out(format!("\n{}", command(session, env)));
    if matches!(resumed.baton, Taken::Theirs { .. }) {
        ui.say("the branch and the session are here, but two would go on with them; `git handoff resume --take` if that is meant");
        return Ok(3);
    }
    if args.no_run || !session.installed || !ui.is_interactive() {
        return Ok(0);
    }
    run::agent(env, session)
}

fn typed(args: &ResumeArgs) -> Typed {
    let worktree = args.worktree.as_ref().map(|w| w.to_string_lossy());
    Typed::command("resume")
        .value("--remote", args.remote.as_deref())
        .value("--worktree", worktree.as_deref())
        .value("--session", args.session.as_deref())
        .flag("--take", args.take)
        .flag("--fork", args.fork)
        .value("--branch", args.branch.as_deref())
        .flag("--no-work", args.no_work)
        .flag("--no-run", args.no_run)
}

/// The command that continues the session from where the user is.
fn command(session: &Restored, env: &Env) -> String {
    let line = shell_line(&session.start);
    let here = env.cwd().canonicalize().is_ok_and(|cwd| cwd == session.cwd);
    if here { line } else { format!("cd {} && {line}", crate::flows::quote(&session.cwd.to_string_lossy())) }
}

fn print(resumed: &Resumed, env: &Env, ui: &Ui) {
    head(&resumed.checked, env, ui);
    code(&resumed.checked, done(resumed), ui);
    if let Some(rescue) = &resumed.code.rescue {
        ui.field(15, "", format!("your files are kept in {}\n{}", rescue.ref_name, rescue.command()));
    }
    if let Some(left) = &resumed.code.left {
        ui.field(15, "", format!("the old head is kept in {left}"));
    }
    if let Some(work) = &resumed.work {
        files(work, resumed, ui);
    }
    match &resumed.session {
        Some(s) => session(s, ui),
        None => ui.field(15, "session", "none: the handoff has only code"),
    }
    for other in &resumed.others {
        ui.field(15, "", format!("also {}: {}", other.what, other.command));
    }
    match &resumed.baton {
        Taken::Ours => ui.field(15, "baton", "yours"),
        Taken::HereOnly { why } => ui.field(15, "baton", format!("yours here; the remote was not told ({why})")),
        Taken::Theirs { holder } => ui.field(15, "baton", format!("{holder} took it at the same moment")),
        Taken::Left { .. } => {
            let stays = baton::words(&resumed.checked.baton, env);
            let goes_on = resumed.fork.as_ref().map_or(String::new(), |b| format!("; this goes on as {b}"));
            ui.field(15, "baton", format!("stays: {} is {stays}{goes_on}", resumed.checked.branch));
        }
    }
}

fn files(work: &WorkRestored, resumed: &Resumed, ui: &Ui) {
    let named = uncommitted(&work.files);
    let done = if work.was_there { "here already" } else { "restored" };
    ui.field(15, "", named.replacen(" (", &format!(" {done} ("), 1));
    if !work.merged.is_empty() {
        ui.field(15, "", format!("merged with yours: {}", some(&work.merged)));
    }
    if let Some(rescue) = &work.rescue {
        ui.field(15, "", format!("your files are kept in {}\n{}", rescue.ref_name, rescue.command()));
    }
    resumed.checked.work.iter().for_each(|state| left_out(&state.left_out, ui));
}

fn done(resumed: &Resumed) -> Option<String> {
    Some(match &resumed.checked.code.action {
        Action::FastForward { to } => format!("fast-forwarded to {}", to.short()),
        Action::Follow { to } => format!("followed to {}", to.short()),
        Action::CreateBranch { at } => format!("made here at {}, and switched to", at.short()),
        Action::Checkout => "switched to".into(),
        Action::NewWorktree { branch, .. } => {
            format!("new work tree {} with the branch {branch}", resumed.root.display())
        }
        Action::Proceed | Action::DeepenFirst | Action::FetchFirst | Action::Stop => return None,
    })
}

fn session(s: &Restored, ui: &Ui) {
    let name = words::session(s.key.agent.as_str(), s.key.id.short(), s.title.as_deref());
    let secrets =
        if s.redacted == 0 { String::new() } else { format!("; {} redacted", words::count(s.redacted, "secret")) };
    ui.field(15, "session", format!("{name}, {}, all of them{secrets}", words::count(s.events, "event")));
    let outcome = match &s.outcome {
        Outcome::Restored => None,
        Outcome::Same => Some("it is here already".to_owned()),
        Outcome::Extended { events } => Some(format!("{} added to the one here", words::count(*events, "event"))),
        Outcome::Ahead { lines } => {
            Some(format!("the one here has {} more and was kept", words::count(*lines as u64, "line")))
        }
        Outcome::Forked { kept } => {
            Some(format!("the one here went on differently and was kept as {kept}; this is {}", s.key.id))
        }
    };
    outcome.iter().for_each(|o| ui.field(15, "", o));
    for (there, here) in &s.moved_roots {
        ui.field(15, "", format!("{there} there is {here} here; texts of the session still say {there}"));
    }
    s.notes.iter().for_each(|n| ui.field(15, "", n));
}
