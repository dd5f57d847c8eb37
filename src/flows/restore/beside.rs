//! A session that went two ways: what was handed over stands beside what is here, under an id of its own.

use std::path::Path;

use super::{Native, Stand};
use crate::agents::{Agent, Place};
use crate::fault::AnyFault;
use crate::flows::Ctx;
use crate::flows::capture::here::Here;
use crate::jsonl::Lines;
use crate::model::ids::{SessionId, SessionKey};
use crate::store::logs::Log;

impl Ctx {
    /// Puts a session that went on differently here beside the one that did, under an id of its own. The next handoff
    /// of the same way goes on in that copy.
    pub(super) fn restore_copy(
        &self,
        here: &Here,
        key: &SessionKey,
        log: &Log,
        cwd: &Path,
    ) -> Result<(SessionId, Place), AnyFault> {
        let agent = here.agent;
        let earlier = self.local.copy_of(key);
        if let Some((id, found)) = earlier.and_then(|id| Some((id.clone(), agent.locate(&self.env, &id, cwd).ok()??))) {
            let place = Place { log: found.path.clone(), ..agent.place(&self.env, &id, cwd, None)? };
            let native = Native::at(&found.path)?;
            let under_its_id = Renamed { lines: native.log.lines(), agent, from: &id, to: &key.id };
            match self.compare(here, &log.main, under_its_id, &[])? {
                Stand::Has { .. } => return Ok((id, place)),
                Stand::Lacks { after } => {
                    self.not_live(agent, &found.key, &place, cwd)?;
                    self.extend(here, &log.main, &native, after, Some((&key.id, &id)), &place.log)?;
                    return Ok((id, place));
                }
                Stand::Parted => {}
            }
        }
        let id = agent.new_id(&self.env);
        let place = agent.place(&self.env, &id, cwd, None)?;
        self.extend(here, &log.main, &Native::default(), 0, Some((&key.id, &id)), &place.log)?;
        self.local.note_copy(key, &id)?;
        Ok((id, place))
    }
}

/// The lines of a log under another id.
struct Renamed<'a, L> {
    lines: L,
    agent: &'static dyn Agent,
    from: &'a SessionId,
    to: &'a SessionId,
}

impl<L: Lines> Lines for Renamed<'_, L> {
    fn next(&mut self) -> Result<Option<Vec<u8>>, AnyFault> {
        let line = self.lines.next()?;
        Ok(line.map(|line| self.agent.rename(&line, self.from, self.to).into_owned()))
    }
}
