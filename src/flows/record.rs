//! Writes the record of a branch, locally: what was captured, on top of what is known of the branch.

use jiff::Timestamp;

use crate::fault::AnyFault;
use crate::flows::capture::Captured;
use crate::flows::{Ctx, Lane};
use crate::model::ids::{BranchName, Oid};
use crate::model::record::{Baton, BatonState, Record, SessionEntry};
use crate::store::{logs, records};

/// How a save changes the baton.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatonChange {
    /// Not at all; a first record is held by this clone.
    Keep,
    /// Someone else may go on. Not at all where another surface holds it: what is not one's own cannot be offered.
    Offer,
    /// This clone goes on.
    Take,
    /// Nobody does, and nothing is offered.
    LetGo,
}

/// How a save changes which uncommitted work a record names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum WorkChange {
    /// Not at all.
    #[default]
    Keep,
    /// It names this; `None`: there is none to hand over.
    Is(Option<Oid>),
}

impl Ctx {
    /// Writes the record of a lane with what was captured, on top of what is known of it.
    pub fn write_record(
        &self,
        lane: &Lane,
        head: &Oid,
        captured: &[Captured],
        change: BatonChange,
    ) -> Result<(Oid, Record), AnyFault> {
        self.write_record_with(lane, head, captured, change, &WorkChange::Keep)
    }

    /// The same, with what becomes of the uncommitted work.
    pub fn write_record_with(
        &self,
        lane: &Lane,
        head: &Oid,
        captured: &[Captured],
        change: BatonChange,
        work: &WorkChange,
    ) -> Result<(Oid, Record), AnyFault> {
        let records::Known { stored: known, parents } =
            records::find(&self.repo, &lane.server, lane.remote.as_deref())?;
        let holder = self.local.holder(&self.env, &self.repo)?;
        let now = self.env.now();
        let anew = change != BatonChange::Take && known.as_ref().is_some_and(|k| self.made_anew(lane, head, &k.record));
        let mut record = match known.as_ref() {
            Some(k) if !anew => k.record.clone(),
            Some(_) => self.first_record(lane, head, &holder, now),
            None => match self.renamed_record(lane)? {
                Some(record) => record,
                None => self.first_record(lane, head, &holder, now),
            },
        };
        if let Some(old) = known.as_ref().filter(|_| anew) {
            record.previous = Some(old.commit.clone());
            record.baton.epoch = old.record.baton.epoch;
            record.removed.clone_from(&old.record.removed);
        }
        if record.head != *head {
            record.rewrites.extend(self.rewritten(&record.head, head)?);
            let excess = record.rewrites.len().saturating_sub(crate::format::record::MOST_REWRITES);
            record.rewrites.drain(..excess);
            record.head = head.clone();
        }
        for c in captured {
            let (key, commit, title, tip) = (c.key.clone(), c.commit.clone(), c.title.clone(), c.tip.clone());
            let entry = SessionEntry { key, commit, events: c.events, last_event: c.last_event, tip, title };
            match record.sessions.iter_mut().find(|e| e.key == c.key) {
                Some(have) => *have = SessionEntry { tip: entry.tip.clone().or(have.tip.take()), ..entry },
                None => record.sessions.push(entry),
            }
        }
        for entry in &mut record.sessions {
            // Another writer may have gone on with a session since this clone last had to do with it.
            if let Some(tip) = self.merge_log(&entry.key, lane.remote.as_deref())?.filter(|tip| *tip != entry.commit) {
                entry.events = logs::read_manifest(&self.repo, &tip, &entry.key)?.events;
                entry.commit = tip;
            }
        }
        record.sessions.retain(|s| !record.removed.contains(&s.key.to_string()));
        record.order();
        let now_with = self.holding(&lane.server, &record.baton)?;
        let state = match change {
            BatonChange::Keep => None,
            BatonChange::Offer => (now_with.mine || now_with.state != BatonState::Held).then_some(BatonState::Offered),
            BatonChange::Take => Some(BatonState::Held),
            BatonChange::LetGo => Some(BatonState::Free),
        };
        if let Some(state) = state {
            record.baton = Baton { epoch: record.baton.epoch.saturating_add(1), state, holder, since: now };
        }
        if let WorkChange::Is(work) = work {
            record.work.clone_from(work);
        }
        record.upstream = lane.remote.as_ref().map(|r| format!("{r}/{}", lane.server));
        record.base = lane.remote.as_ref().and_then(|r| self.base_of(r, head));
        record.tool = concat!("git-handoff ", env!("CARGO_PKG_VERSION")).into();
        let stands = |k: &&records::Stored| {
            !anew && parents.stand_at(&self.repo, &k.commit) && records::says_the_same(&record, &k.record)
        };
        if let Some(same) = known.as_ref().filter(stands) {
            let commit = records::stay(&self.repo, &self.env, same, &parents)?;
            self.note_baton(&lane.server, &same.record.baton)?;
            return Ok((commit, same.record.clone()));
        }
        let before = |oid: &Oid| records::summary(&self.repo, oid).map(|s| s.sequence).unwrap_or(0);
        record.sequence = parents.follows.iter().map(before).max().unwrap_or(0).saturating_add(1);
        let others = known.as_ref().filter(|_| !anew).map(|k| k.others.clone()).unwrap_or_default();
        let context = known.and_then(|k| k.context);
        let commit = records::save(&self.repo, &self.env, &record, context.as_ref(), &others, &parents)?;
        self.note_baton(&lane.server, &record.baton)?;
        Ok((commit, record))
    }

    /// The record that the branch had under the name it was renamed from, as its own.
    fn renamed_record(&self, lane: &Lane) -> Result<Option<Record>, AnyFault> {
        for old in self.repo.former_names(&lane.local) {
            if let Some(known) = records::find(&self.repo, &old, lane.remote.as_deref())?.stored {
                let branch = lane.server.clone();
                return Ok(Some(Record { renamed_from: Some(old), branch, ..known.record }));
            }
        }
        Ok(None)
    }

    fn first_record(&self, lane: &Lane, head: &Oid, holder: &str, now: Timestamp) -> Record {
        Record {
            repository: self.repo.root_of(head),
            branch: lane.server.clone(),
            head: head.clone(),
            upstream: None,
            base: None,
            sequence: 1,
            previous: None,
            renamed_from: None,
            rewrites: Vec::new(),
            baton: Baton { epoch: 0, state: BatonState::Held, holder: holder.to_owned(), since: now },
            sessions: Vec::new(),
            work: None,
            tool: String::new(),
            removed: Vec::new(),
            unknown: Default::default(),
        }
    }

    fn base_of(&self, remote: &str, head: &Oid) -> Option<Oid> {
        let (_, default) = self.repo.default_branch(remote)?;
        self.repo.common_ancestor(&default, head)
    }

    /// Whether the branch is another one than the record is about: it was created here after the record was written,
    /// and either neither holds the other's commits, or the work of the record landed in the default branch.
    fn made_anew(&self, lane: &Lane, head: &Oid, record: &Record) -> bool {
        if *head == record.head {
            return false;
        }
        let follows = self.repo.is_ancestor(&record.head, head) || self.repo.is_ancestor(head, &record.head);
        let rewritten = || self.rewritten(&record.head, head).is_ok_and(|pairs| !pairs.is_empty());
        let began = || self.repo.first_commit_of(&lane.local).is_some_and(|c| self.repo.is_ancestor(&record.head, &c));
        if (follows && !self.landed(lane, record)) || (!follows && (rewritten() || began())) {
            return false;
        }
        self.repo.created(&lane.local).is_some_and(|at| at > record.baton.since)
    }

    /// A branch that had no commit of its own has not landed.
    fn landed(&self, lane: &Lane, record: &Record) -> bool {
        let default = lane.remote.as_ref().and_then(|r| self.repo.default_branch(r));
        let in_default =
            |(name, oid): (BranchName, Oid)| name != lane.server && self.repo.is_ancestor(&record.head, &oid);
        record.base.as_ref() != Some(&record.head) && default.is_some_and(in_default)
    }
}
