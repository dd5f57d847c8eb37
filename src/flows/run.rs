//! Starts an agent in the foreground: program and arguments, never a shell.

use std::process::Command;

use crate::env::Env;
use crate::fault::{AnyFault, FileFault};
use crate::flows::quote;
use crate::flows::restore::Restored;

/// The command line as a person would type it.
pub fn shell_line(argv: &[String]) -> String {
    argv.iter().map(|a| quote(a)).collect::<Vec<_>>().join(" ")
}

/// Runs the agent that continues a session, in the session's folder, and returns its exit code.
#[expect(clippy::disallowed_methods, reason = "the one place that starts an agent for the user")]
pub fn agent(env: &Env, session: &Restored) -> Result<u8, AnyFault> {
    let program = env.which(&session.start[0]).unwrap_or_else(|| session.start[0].clone().into());
    let status = Command::new(&program)
        .args(&session.start[1..])
        .current_dir(&session.cwd)
        .status()
        .map_err(FileFault::on("start", &program))?;
    Ok(status.code().and_then(|c| u8::try_from(c).ok()).unwrap_or(1))
}
