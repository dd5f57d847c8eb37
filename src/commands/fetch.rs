//! `git handoff fetch`

use clap::Args;

use super::tell_settled;
use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::Ctx;
use crate::render::words;
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(super) struct FetchArgs {
    /// The remote; the usual one unless given
    remote: Option<String>,
    /// The logs that the records name, too
    #[arg(long)]
    logs: bool,
}

pub(super) fn run(args: &FetchArgs, env: &Env, ui: &Ui) -> Result<u8, AnyFault> {
    let ctx = Ctx::open(env)?;
    let fetched = ctx.fetch(args.remote.as_deref(), args.logs)?;
    for branch in &fetched.records {
        ui.field(9, "record", branch);
    }
    if args.logs {
        ui.field(9, "logs", format!("{} of {}", fetched.logs.len(), fetched.logs.len() + fetched.missing.len()));
    }
    for key in &fetched.missing {
        ui.say(format!("{} does not have the log of {} {} yet", fetched.remote, key.agent, key.id.short()));
    }
    if fetched.records.is_empty() && !args.logs {
        ui.say(format!(
            "{}: nothing new ({} known)",
            fetched.remote,
            words::count(ctx.known_handoffs()? as u64, "handoff")
        ));
    }
    tell_settled(&fetched.settled, &fetched.remote, ui);
    ui.report(&fetched);
    Ok(0)
}
