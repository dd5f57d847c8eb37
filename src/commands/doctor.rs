//! `git handoff doctor`

use clap::Args;

use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::Ctx;
use crate::flows::doctor::{Finding, Level};
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {}

pub(super) fn run(_: &DoctorArgs, env: &Env, ui: &Ui) -> Result<u8, AnyFault> {
    let checkup = Ctx::open(env)?.doctor()?;
    checkup.findings.iter().for_each(|finding| print(finding, ui));
    ui.report(&checkup);
    Ok(u8::from(!checkup.is_healthy()))
}

fn print(finding: &Finding, ui: &Ui) {
    let level = match finding.level {
        Level::Ok => "ok",
        Level::Note => "note",
        Level::Problem => "problem",
    };
    ui.field(9, level, format!("{:<9}{}", finding.about, finding.what));
    finding.fix.iter().for_each(|fix| ui.field(18, "", fix));
}
