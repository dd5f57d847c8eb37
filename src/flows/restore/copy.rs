//! A session that went two ways: what was handed over stands beside what is here, under an id of its own.

use std::fs;
use std::path::Path;

use super::{Native, put};
use crate::agents::{Agent, Place};
use crate::canon::Joined;
use crate::canon::paths::Roots;
use crate::fault::{AnyFault, FileFault};
use crate::flows::Ctx;
use crate::jsonl;
use crate::model::ids::{SessionId, SessionKey};
use crate::store::logs::Log;

impl Ctx {
    /// Puts a session that went on differently here beside the one that did, under an id of its own. The next handoff
    /// of the same way goes on in that copy.
    pub(super) fn restore_copy(
        &self,
        agent: &'static dyn Agent,
        roots: &Roots,
        key: &SessionKey,
        log: &Log,
        cwd: &Path,
    ) -> Result<(SessionId, Place), AnyFault> {
        let env = self.env.at(cwd);
        let stored = log.main.bytes();
        let earlier = self.local.copy_of(key);
        if let Some((id, found)) = earlier.and_then(|id| Some((id.clone(), agent.locate(&self.env, &id, cwd).ok()??))) {
            let place = Place { log: found.path.clone(), ..agent.place(&self.env, &id, cwd, None)? };
            let native = Native::of_file(fs::read(&found.path).map_err(FileFault::on("read", &found.path))?);
            let mut under_its_id = Vec::new();
            for line in jsonl::complete_lines(&native.log).0 {
                under_its_id.extend_from_slice(&agent.rename(line, &id, &key.id));
                under_its_id.push(b'\n');
            }
            match self.compare(agent, roots, stored, &under_its_id, &[]) {
                Joined::Grown { .. } => return Ok((id, place)),
                Joined::Behind { has } => {
                    self.not_live(agent, &found.key, &place, cwd)?;
                    let bytes = Ctx::native_from(&env, agent, roots, stored, &native, has, Some((&key.id, &id)));
                    put(&place.log, &bytes, &native.at_place)?;
                    return Ok((id, place));
                }
                Joined::Forked { .. } => {}
            }
        }
        let id = agent.new_id(&self.env);
        let place = agent.place(&self.env, &id, cwd, None)?;
        let bytes = Ctx::native_from(&env, agent, roots, stored, &Native::default(), 0, Some((&key.id, &id)));
        put(&place.log, &bytes, &[])?;
        self.local.note_copy(key, &id)?;
        Ok((id, place))
    }
}
