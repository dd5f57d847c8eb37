//! How much of a session the remotes had when last seen.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::agents::Agent;
use crate::fault::AnyFault;
use crate::flows::Ctx;
use crate::flows::capture::here::carried;
use crate::flows::capture::progress::Progress;
use crate::flows::capture::reach::{Reach, Since};
use crate::flows::capture::tally::Tally;
use crate::flows::sessions::Candidate;
use crate::format::refs;
use crate::jsonl::Lines;
use crate::model::ids::{Oid, SessionKey};
use crate::store::files::StoredFile;
use crate::store::logs;

/// What was found once holds as long as neither side changed.
#[derive(Serialize, Deserialize)]
struct Found {
    tips: Vec<Oid>,
    reach: Reach,
    events: u64,
}

fn name(key: &SessionKey) -> String {
    format!("pushed/{key}.json")
}

impl Ctx {
    /// Forgets what was found: the agent's log got lines that came from there.
    pub fn forget_pushed(&self, key: &SessionKey) {
        self.local.remove(&name(key));
    }

    /// How many of a session's `events` no remote had when last seen: those after the last one that some log there has,
    /// whichever way the session went there.
    pub fn not_pushed(&self, candidate: &Candidate, events: u64) -> Result<u64, AnyFault> {
        let key = &candidate.found.key;
        let tips = self.tips_there(key)?;
        let progress = Progress::last(self, key);
        let all_there = |p: &Progress| {
            let is =
                |(_, oid): &(SessionKey, Oid)| *oid == p.commit && logs::is_alone(&self.repo, oid).unwrap_or_default();
            tips.iter().any(is)
        };
        if let Some(progress) = progress.filter(all_there) {
            return Ok(events.saturating_sub(progress.seen.tally.counted().events));
        }
        if tips.is_empty() {
            return Ok(events);
        }
        let log = candidate.agent.log(&self.env, &candidate.found)?;
        let name = name(key);
        let known = self.local.read(&name).and_then(|text| serde_json::from_str::<Found>(&text).ok());
        let oids: Vec<Oid> = tips.iter().map(|(_, oid)| oid.clone()).collect();
        let holds = |found: &Found| found.tips == oids && found.reach.since(&log, false) != Since::Unknown;
        if let Some(found) = known.filter(holds) {
            return Ok(events.saturating_sub(found.events));
        }
        let mut there = HashSet::new();
        for (key, oid) in &tips {
            // A damaged log is for `check` to tell of; it has nothing that counts as pushed.
            let Ok(stored) = logs::read(&self.repo, oid, key) else { continue };
            for log in std::iter::once(&stored.main).chain(stored.forks.values()) {
                self.ids_of(candidate.agent, &log.main, &mut there)?;
            }
        }
        let mut lines = carried(candidate.agent, &log);
        let (mut tally, mut pushed) = (Tally::new(candidate.agent), 0);
        while let Some(line) = lines.next()? {
            tally.line(&line);
            let id = candidate.agent.event_id(&line);
            if id.is_some_and(|id| there.contains(blake3::hash(id.as_bytes()).as_bytes())) {
                pushed = tally.counted().events;
            }
        }
        if let Ok(Some(reach)) = Reach::of(&log, lines.native().passed(), lines.taken, None) {
            let found = Found { tips: oids, reach, events: pushed };
            // Who cannot remember looks again.
            let _ = serde_json::to_string(&found).map(|text| self.local.write(&name, &text));
        }
        Ok(events.saturating_sub(pushed))
    }

    /// What the remotes had of a session, and of the one that it was made as a copy of.
    fn tips_there(&self, key: &SessionKey) -> Result<Vec<(SessionKey, Oid)>, AnyFault> {
        let original = self.local.original_of(&key.id);
        let mut tips = Vec::new();
        for key in std::iter::once(key).chain(&original) {
            for remote in self.repo.remotes() {
                let tracking = refs::tracking(&remote, &refs::log(key)).unwrap_or_default();
                tips.extend(self.repo.find_ref(&tracking)?.map(|oid| (key.clone(), oid)));
            }
        }
        Ok(tips)
    }

    /// The ids of the events of a stored log, hashed: there may be a hundred thousand of them.
    fn ids_of(&self, agent: &dyn Agent, log: &StoredFile, ids: &mut HashSet<[u8; 32]>) -> Result<(), AnyFault> {
        let mut lines = log.lines(&self.repo);
        while let Some(line) = lines.next()? {
            ids.extend(agent.event_id(&line).map(|id| *blake3::hash(id.as_bytes()).as_bytes()));
        }
        Ok(())
    }
}
