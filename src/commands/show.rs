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
        shown.log(&ctx, |line| ui.raw(line))?;
        return Ok(0);
    }
    let name = words::session(shown.key.agent.as_str(), shown.key.id.short(), shown.head.title.as_deref());
    ui.out(format!("{name}   {}, {}\n", words::count(shown.events, "event"), shown.origin));
    if !ui.is_json() {
        let mut n = 0;
        shown.each(&ctx, |event| {
            n += 1;
            if let Some(block) = conversation::block(n, &event, args.whole) {
                ui.out(block);
            }
        })?;
    }
    for remark in &shown.remarks {
        ui.say(format!("line {}: {}", remark.line, remark.what));
    }
    if ui.is_json() {
        ui.report(&shown.whole(&ctx)?);
    }
    Ok(0)
}
