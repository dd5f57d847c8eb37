//! `git handoff list`

use clap::Args;

use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::{Ctx, baton};
use crate::render::words;
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(super) struct ListArgs {}

pub(super) fn run(_: &ListArgs, env: &Env, ui: &Ui) -> Result<u8, AnyFault> {
    let ctx = Ctx::open(env)?;
    let (handoffs, broken) = ctx.handoffs()?;
    for h in &handoffs {
        ui.out(format!("{}   {}", h.branch, baton::words(&h.baton, env)));
        for s in &h.sessions {
            let name = words::session(s.key.agent.as_str(), s.key.id.short(), s.title.as_deref());
            ui.out(format!("  {name}   {}", words::count(s.events, "event")));
        }
    }
    for (name, why) in &broken {
        ui.say(format!("{name}: {why}"));
    }
    if handoffs.is_empty() && broken.is_empty() {
        ui.say("nothing was handed over yet; `git handoff fetch` asks the remote, `git handoff push` hands over");
    }
    ui.report(&handoffs);
    Ok(0)
}
