//! `git handoff uninstall`

use clap::Args;

use super::{advised, changed};
use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::Ctx;
use crate::render::words;
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(super) struct UninstallArgs {}

pub(super) fn run(_: &UninstallArgs, env: &Env, ui: &Ui) -> Result<u8, AnyFault> {
    let report = Ctx::open(env)?.uninstall()?;
    changed(&report.changed, ui);
    report.by_hand.iter().for_each(|advice| advised(advice, "you added this, take it out of", ui));
    for left in &report.leftovers {
        ui.field(
            9,
            "left",
            format!("{} of {}, which is no remote any more", words::count(left.refs, "ref"), left.remote),
        );
        ui.field(9, "", &left.command);
    }
    if report.changed.is_empty() {
        ui.say("nothing of it was there");
    }
    ui.say("what was handed over stays, below refs/handoff/");
    ui.report(&report);
    Ok(0)
}
