//! `git handoff demo`

use clap::Args;

use crate::env::Env;
use crate::fault::AnyFault;
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {}

pub(super) fn run(_: &DemoArgs, _env: &Env, _ui: &Ui) -> Result<u8, AnyFault> {
    Ok(0)
}
