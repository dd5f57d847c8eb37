//! `git handoff release`

use clap::Args;

use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::typed::Typed;
use crate::flows::{Ctx, baton};
use crate::ui::Ui;

/// Let go of the branch without offering it: anyone may go on, and nothing waits for anyone. Only the record is sent:
/// nothing is captured, no code and no session goes along.
#[derive(Debug, Args)]
pub(super) struct ReleaseArgs {
    /// The branch; the current one unless given
    branch: Option<String>,
    /// The remote; the branch's own unless given
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,
}

pub(super) fn run(args: &ReleaseArgs, env: &Env, ui: &Ui) -> Result<u8, AnyFault> {
    let ctx = Ctx::open(env)?.typed(Typed::command("release").value("--remote", args.remote.as_deref()));
    let released = ctx.release(args.branch.as_deref(), args.remote.as_deref())?;
    ui.out(format!("{}   {}", released.branch, baton::words(&released.baton, env)));
    if released.was_free {
        ui.say("it was free already; nothing was changed");
    }
    if let Some(why) = &released.why_untold {
        ui.say(format!("the remote was not told ({why}); the next command that reaches it tells it"));
    }
    ui.report(&released);
    Ok(0)
}
