//! `git handoff init`

use clap::Args;

use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::Ctx;
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The remote that sessions may go to; the usual one unless given
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,
}

pub(super) fn run(args: &InitArgs, env: &Env, ui: &Ui) -> Result<u8, AnyFault> {
    let ctx = Ctx::open(env)?;
    let report = ctx.init(args.remote.as_deref())?;
    ui.field(9, "remote", format!("{} ({})", report.remote, report.url));
    for line in &report.added {
        ui.field(9, "added", format!("{line}   in .git/config"));
    }
    if report.added.is_empty() {
        ui.say("all of it was there already");
    }
    ui.say(format!("everyone who can read {} will be able to read the sessions that you hand over", report.remote));
    ui.report(&report);
    Ok(0)
}
