//! `git handoff completions`

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Cli;
use crate::fault::AnyFault;
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, ui: &Ui) -> Result<u8, AnyFault> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "git-handoff", &mut script);
    ui.raw(&script);
    Ok(0)
}
