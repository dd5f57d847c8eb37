//! `git handoff save`

use clap::Args;

use super::{CaptureArgs, captured_line, tell_lost};
use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::Ctx;
use crate::flows::record::BatonChange;
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(super) struct SaveArgs {
    #[command(flatten)]
    what: CaptureArgs,
    /// Say nothing unless something is wrong
    #[arg(long, short)]
    quiet: bool,
}

pub(super) fn run(args: &SaveArgs, env: &Env, ui: &Ui) -> Result<u8, AnyFault> {
    let ctx = Ctx::open(env)?.typed(args.what.typed("save"));
    let (saved, _, _) = ctx.save(&args.what.ask(), BatonChange::Keep)?;
    if !args.quiet {
        saved.sessions.iter().for_each(|c| ui.field(9, "saved", captured_line(c)));
    }
    if !args.quiet {
        tell_lost(saved.lost.as_ref(), &ctx, ui);
    }
    ui.report(&saved);
    Ok(0)
}
