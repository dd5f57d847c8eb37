//! What an agent's log tells of its session, without storing anything of it: what `status` and the choice of sessions ask.

use crate::agents::{Head, RawFile};
use crate::fault::AnyFault;
use crate::flows::Ctx;
use crate::flows::capture::here::Carried;
use crate::flows::capture::progress::{Progress, Seen};
use crate::flows::capture::reach::{Reach, Since};
use crate::flows::capture::tally::{Counted, Tally};
use crate::flows::sessions::Candidate;
use crate::model::ids::SessionKey;

/// What a log tells.
pub struct Told {
    /// Of the session.
    pub head: Head,
    /// What was counted in it.
    pub counted: Counted,
}

/// Asks a log, from where this clone last stopped.
pub fn told(ctx: &Ctx, candidate: &Candidate) -> Result<Told, AnyFault> {
    let Candidate { agent, found } = candidate;
    let log = agent.log(&ctx.env, found)?;
    let known = known(ctx, &found.key, &log);
    let (mut tally, before, carry) = match &known {
        Some(seen) => {
            let tally = Tally::after(*agent, seen.tally.clone());
            (tally, Some(&seen.reach), agent.carry(Some(&seen.carry)))
        }
        None => (Tally::new(*agent), None, agent.carry(None)),
    };
    let (bytes, lines) = before.map_or((0, 0), |reach| (reach.bytes, reach.lines));
    let mut rest = Carried::after(log.after(bytes).lines(), carry, None);
    tally.lines(&mut rest)?;
    if let (1.., Ok(Some(reach))) =
        (rest.taken, Reach::of(&log, bytes + rest.native().passed(), lines + rest.taken, before))
    {
        let seen = Seen { reach, carry: rest.carry().memory(), tally: tally.remember() };
        if let Ok(text) = serde_json::to_string(&(VERSION, seen)) {
            // Who cannot remember reads again.
            let _ = ctx.local.write(&name(&found.key), &text);
        }
    }
    Ok(Told { head: tally.head(), counted: tally.counted().clone() })
}

/// Another version of the program may count otherwise.
const VERSION: &str = env!("CARGO_PKG_VERSION");

fn name(key: &SessionKey) -> String {
    format!("told/{key}.json")
}

/// What is remembered of a log and still holds.
fn known(ctx: &Ctx, key: &SessionKey, log: &RawFile) -> Option<Seen> {
    let asked = ctx.local.read(&name(key)).and_then(|text| serde_json::from_str::<(String, Seen)>(&text).ok());
    let asked = asked.filter(|(version, _)| version == VERSION).map(|(_, seen)| seen);
    let captured = || Progress::last(ctx, key).map(|p| p.seen);
    let holds = |seen: &Seen| seen.reach.since(log, false) != Since::Unknown;
    asked.filter(holds).or_else(|| captured().filter(holds))
}
