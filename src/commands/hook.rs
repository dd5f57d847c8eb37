//! `git handoff hook NAME`: what the installed hooks call. Ends well whatever happens, as git is not to stop.

use std::io::{IsTerminal, Read};

use clap::Args;

use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::hook;
use crate::ui::Ui;

/// No more than this is read of what git says; the rest is taken in all the same, so that nobody writes to a closed pipe.
const MOST_INPUT: u64 = 4 << 20;

#[derive(Debug, Args)]
pub(super) struct HookArgs {
    /// The hook: pre-push, post-checkout, post-merge, post-rewrite
    name: String,
    /// What git gave it
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

pub(super) fn run(args: HookArgs, env: &Env, ui: &Ui) -> Result<u8, AnyFault> {
    let mut input = Vec::new();
    let mut stdin = std::io::stdin().lock();
    if !stdin.is_terminal() {
        // Git closes it when it has said all; what cannot be read was not said.
        let _ = stdin.by_ref().take(MOST_INPUT).read_to_end(&mut input);
        let _ = std::io::copy(&mut stdin, &mut std::io::sink());
    }
    if let Some(line) = hook::run(env, &args.name, args.args, input)? {
        ui.say(format!("handoff: {line}"));
    }
    Ok(0)
}
