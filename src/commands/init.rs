//! `git handoff init`

use clap::Args;

use super::{advised, changed};
use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::Ctx;
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The remote that sessions may go to; the usual one unless given
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,
    /// Leave git's hooks alone: a plain `git push` sends no sessions then
    #[arg(long)]
    no_hooks: bool,
}

pub(super) fn run(args: &InitArgs, env: &Env, ui: &Ui) -> Result<u8, AnyFault> {
    let ctx = Ctx::open(env)?;
    let report = ctx.init(args.remote.as_deref(), !args.no_hooks)?;
    ui.field(9, "remote", format!("{} ({})", report.remote, report.url));
    changed(&report.changed, ui);
    report.advice.iter().for_each(|advice| advised(advice, "to call the hook, add to", ui));
    if report.changed.is_empty() && report.advice.is_empty() {
        ui.say("all of it was there already");
    }
    ui.say(format!("everyone who can read {} will be able to read the sessions that you hand over", report.remote));
    ui.report(&report);
    Ok(0)
}
