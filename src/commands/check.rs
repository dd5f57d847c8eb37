//! `git handoff check`

use clap::Args;

use super::tell_settled;
use crate::env::Env;
use crate::error;
use crate::fault::AnyFault;
use crate::flows::check::{CheckAsk, Checked, LogState};
use crate::flows::typed::Typed;
use crate::flows::work::some;
use crate::flows::{Ctx, baton};
use crate::model::divergence::Action;
use crate::model::work::LeftOut;
use crate::render::words;
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// A branch or a session; the current branch unless given
    what: Option<String>,
    /// The remote; the branch's own unless given
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,
}

pub(super) fn run(args: &CheckArgs, env: &Env, ui: &Ui) -> Result<u8, AnyFault> {
    let ctx = Ctx::open(env)?.typed(Typed::command("check").value("--remote", args.remote.as_deref()));
    let ask = CheckAsk { what: args.what.clone(), remote: args.remote.clone(), beside: false, no_work: false };
    let (examined, settled) = ctx.check(&ask)?;
    let checked = &examined.checked;
    head(checked, env, ui);
    code(checked, None, ui);
    work(checked, ui);
    checked.logs.iter().for_each(|log| ui.field(15, "session", log_line(log)));
    ui.report(checked);
    tell_settled(&settled, examined.remote.as_deref().unwrap_or_default(), ui);
    for log in checked.logs.iter().filter(|l| l.problem.is_some()) {
        ui.say(format!("hint: {}", log.hint.as_deref().unwrap_or("see above")));
    }
    let stops = matches!(checked.code.action, Action::Stop | Action::DeepenFirst | Action::FetchFirst);
    let clash = !stops && checked.work.as_ref().is_some_and(|w| !w.conflicts.is_empty());
    let choices = if clash { ctx.ways_on(&examined) } else { checked.code.choices.clone() };
    if !choices.is_empty() {
        error::print_choices(ui, &choices, if stops || clash { "choose:" } else { "or:" });
    }
    let broken = checked.logs.iter().any(|l| l.problem.is_some());
    Ok(if stops || clash { 3 } else { u8::from(broken) })
}

pub(super) fn head(checked: &Checked, env: &Env, ui: &Ui) {
    ui.out(format!("{}   {}; written by {}", checked.branch, baton::words(&checked.baton, env), checked.author));
    if let Some(why) = &checked.offline {
        ui.say(format!("offline: {why}; what follows is as of the last fetch"));
    }
}

/// The code as it was found, and what was `done` about it.
pub(super) fn code(checked: &Checked, done: Option<String>, ui: &Ui) {
    let mut lines = checked.code.summary.clone();
    if let (Some(first), Some(done)) = (lines.first_mut(), done) {
        first.push_str(&format!(" -> {done}"));
    }
    ui.field(15, "code", lines.join("\n"));
    for warning in &checked.code.warnings {
        ui.field(15, "", format!("warning: {warning}"));
    }
}

/// The uncommitted work, and what would become of it.
fn work(checked: &Checked, ui: &Ui) {
    let Some(work) = &checked.work else { return };
    let named = uncommitted(&work.files);
    let line = match &work.problem {
        Some(problem) => format!("cannot be put back: {problem}"),
        None if work.was_restored => format!("{named}, put back here before"),
        None if !work.conflicts.is_empty() => {
            format!("{named}; they do not go together with yours: {}", some(&work.conflicts))
        }
        None if !work.merged.is_empty() => format!("{named}; would be merged with yours: {}", some(&work.merged)),
        None => format!("{named} would be put back"),
    };
    ui.field(15, "work", line);
    left_out(&work.left_out, ui);
}

/// `3 uncommitted files (a, b, +1)`
pub(super) fn uncommitted(files: &[String]) -> String {
    format!("{} ({})", words::count(files.len() as u64, "uncommitted file"), some(files))
}

/// What did not go along, a line each.
pub(super) fn left_out(all: &[LeftOut], ui: &Ui) {
    for LeftOut { path, why } in all.iter().take(10) {
        ui.say(format!("left out: {}: {why}", some(std::slice::from_ref(path))));
    }
    if all.len() > 10 {
        ui.say(format!("left out: {} more", all.len() - 10));
    }
}

pub(super) fn log_line(log: &LogState) -> String {
    let name = words::session(log.key.agent.as_str(), log.key.id.short(), log.title.as_deref());
    let state = match &log.problem {
        Some(problem) => problem.clone(),
        None if log.not_pushed > 0 => {
            format!("{}, {} more are not pushed yet", words::count(log.events, "event"), log.not_pushed)
        }
        None => format!("{}, all of them", words::count(log.events, "event")),
    };
    let open = if log.open_turn { ", captured inside a turn" } else { "" };
    let forks = if log.forks == 0 {
        String::new()
    } else {
        format!(", {} kept beside", words::count(log.forks as u64, "fork"))
    };
    format!("{name}, {state}{open}{forks}")
}
