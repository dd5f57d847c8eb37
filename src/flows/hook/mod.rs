//! What git's hooks do: little, within a bounded time, and never so that git's own command fails.

mod mark;
mod pushed;
mod rewritten;
mod sync;
mod waiting;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::{Ctx, Stuck};

/// The time that a hook may take over everything.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is left after that for `git` processes to be stopped.
const GRACE: Duration = Duration::from_millis(500);
/// Set for every git that this program starts: a hook of such a git has nothing to do.
const NESTED: &str = "GIT_HANDOFF_NESTED";

/// What one hook does with its arguments and its input, and what it says.
type Work = fn(&Ctx, &[String], &[u8]) -> Result<Option<String>, AnyFault>;

/// Every hook.
const HOOKS: &[(&str, Work)] = &[
    ("pre-push", |ctx, args, input| ctx.before_push(args, input)),
    // Its third argument is 0 where only files were checked out.
    ("post-checkout", |ctx, args, _| if args.get(2).is_some_and(|a| a == "1") { ctx.waits() } else { Ok(None) }),
    ("post-merge", |ctx, _, _| ctx.waits()),
    ("post-rewrite", |ctx, _, input| ctx.note_rewritten(input).map(|()| None)),
];

/// Does what a hook of that name has to do, in a thread that is left behind when time is up: whatever it writes is
/// written as a whole or not at all. The answer is the one line to say, if there is anything to say.
pub fn run(env: &Env, name: &str, args: Vec<String>, input: Vec<u8>) -> Result<Option<String>, AnyFault> {
    let Some((_, work)) = HOOKS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = HOOKS.iter().map(|(name, _)| *name).collect();
        let next = format!("git-handoff has these: {}", known.join(", "));
        return Err(Stuck::usage(format!("there is no hook {name:?}"), next).into());
    };
    if env.var(NESTED).is_some() {
        return Ok(None);
    }
    let deadline = Instant::now() + PATIENCE;
    let (done, result) = mpsc::channel();
    let env = env.clone();
    thread::spawn(move || {
        let _ = done.send(said(&env, *work, &args, &input, deadline));
    });
    Ok(match result.recv_timeout(PATIENCE + GRACE) {
        Ok(line) => line,
        Err(RecvTimeoutError::Timeout) => Some(too_long()),
        // The thread panicked, and has said so.
        Err(RecvTimeoutError::Disconnected) => None,
    })
}

fn said(env: &Env, work: Work, args: &[String], input: &[u8], deadline: Instant) -> Option<String> {
    // What is no repository for us is none of our business.
    let mut ctx = Ctx::open(env).ok()?;
    ctx.repo.hurry(deadline);
    match work(&ctx, args, input) {
        Ok(line) => line,
        Err(_) if Instant::now() >= deadline => Some(too_long()),
        Err(fault) => {
            let text = fault.to_string();
            Some(format!("{}; git itself goes on", text.lines().next().unwrap_or_default()))
        }
    }
}

fn too_long() -> String {
    let seconds = PATIENCE.as_secs();
    format!("stopped after {seconds} seconds so that git can go on; what was not sent is sent by the next push")
}
