//! `git handoff show`

use clap::Args;

use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::Ctx;
use crate::flows::typed::Typed;
use crate::render::{conversation, words};
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// A branch, or a session by its id or the beginning of it; the current branch unless given
    what: Option<String>,
    /// Everything: long texts whole, and what the agent and its harness added
    #[arg(long)]
    whole: bool,
    /// The stored log as it is, instead of readable text
    #[arg(long, conflicts_with = "whole")]
    log: bool,
}

pub(super) fn run(args: &ShowArgs, env: &Env, ui: &Ui) -> Result<u8, AnyFault> {
    let ctx = Ctx::open(env)?.typed(Typed::command("show"));
    let shown = ctx.show(args.what.as_deref()).map_err(|fault| match &args.what {
        Some(text) if fault.code() == "unknown_session" => ctx.means_nothing(text).into(),
        _ => fault,
    })?;
    if args.log {
        ui.raw(&shown.log);
        return Ok(0);
    }
    let s = &shown.session;
    let name = words::session(s.agent.as_str(), s.id.short(), s.title.as_deref());
    ui.out(format!("{name}   {}, {}\n", words::count(s.events.len() as u64, "event"), shown.origin));
    ui.out(conversation::text(s, args.whole).trim_end());
    for remark in &shown.remarks {
        ui.say(format!("line {}: {}", remark.line, remark.what));
    }
    ui.report(&shown);
    Ok(0)
}
