//! `git handoff completions`: for `git-handoff`, and for `git handoff` through the shell's own completion of git.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Cli;
use crate::fault::AnyFault;
use crate::ui::Ui;

/// How git's own completion for bash comes to ours: it looks for `_git_handoff`, loads the file of that name's command
/// if need be, and speaks of the words in variables of its own.
const BASH: &str = include_str!("completions/git.bash");
/// The same for fish, whose completion of git has conditions that anybody may use.
const FISH: &str = include_str!("completions/git.fish");

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, ui: &Ui) -> Result<u8, AnyFault> {
    ui.raw(script(args.shell).as_bytes());
    Ok(0)
}

fn script(shell: Shell) -> String {
    let mut command = Cli::command();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "git-handoff", &mut script);
    let script = String::from_utf8_lossy(&script);
    match shell {
        // clap_complete 4.6 writes the hyphen of our name in two ways, and would complete no option of a subcommand.
        Shell::Bash => format!("{}\n{BASH}", script.replace("git__subcmd__handoff", "git__handoff")),
        // zsh's completion of git finds `_git-handoff` by itself, and says of it what the second line says.
        Shell::Zsh => script.replacen('\n', &format!("\n#description {about}\n"), 1),
        Shell::Fish => format!("{script}\n{FISH}"),
        _ => script.into_owned(),
    }
}
