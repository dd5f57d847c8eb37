//! Arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser;
use git_handoff::commands::{self, Cli};
use git_handoff::env::Env;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match Env::from_process() {
        Ok(env) => ExitCode::from(commands::run(cli, &env)),
        Err(error) => commands::no_surroundings(&error),
    }
}
