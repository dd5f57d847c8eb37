//! Captures the sessions of a branch and writes its record, locally: what an agent's stop hook calls, and the first half
//! of a push.

use jiff::Timestamp;
use serde::Serialize;

use crate::fault::AnyFault;
use crate::flows::capture::{self, Captured, Look};
use crate::flows::sessions::{self, Candidate, Surveyed};
use crate::flows::{Ctx, Lane, Stuck};
use crate::model::ids::{BranchName, Oid, SessionKey};
use crate::model::record::{Baton, BatonState, Record, SessionEntry};
use crate::store::{logs, records};

/// What to save.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// The branch; the current one unless given.
    pub branch: Option<String>,
    /// The remote; the branch's own unless given.
    pub remote: Option<String>,
    /// Sessions by id or the beginning of one; chosen unless given.
    pub sessions: Vec<String>,
    /// Every session that had a turn on the branch, also at the first handoff.
    pub all: bool,
    /// What becomes of the uncommitted work that the record names.
    pub work: WorkChange,
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

/// What was saved.
#[derive(Debug, Clone, Serialize)]
pub struct Saved {
    /// The branch.
    pub branch: String,
    /// The sessions.
    pub sessions: Vec<Captured>,
    /// Sessions that may belong to the branch and were not taken.
    pub others: Vec<Other>,
    /// The commit of the record.
    pub record: Oid,
}

/// A session that was not taken.
#[derive(Debug, Clone, Serialize)]
pub struct Other {
    /// Which.
    pub key: SessionKey,
    /// Its title.
    pub title: Option<String>,
}

/// The sessions of a clone as one branch sees them.
pub(super) struct Worked {
    /// Those that are handed over.
    pub(super) chosen: Vec<Candidate>,
    /// Those that had a turn on the branch and are not.
    others: Vec<Surveyed>,
    /// Those that had none.
    off: Vec<Surveyed>,
}

/// How a save changes the baton.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatonChange {
    /// Not at all; a first record is held by this clone.
    Keep,
    /// Someone else may go on.
    Offer,
    /// This clone goes on.
    Take,
}

impl Ctx {
    /// Captures the chosen sessions and writes the record.
    pub fn save(&self, ask: &Ask, change: BatonChange) -> Result<(Saved, Lane, Record), AnyFault> {
        let lane = self.lane(ask.branch.as_deref(), ask.remote.as_deref())?;
        self.local.remember(&self.repo, None)?;
        let head = self.tip_of(&lane)?;
        let known = records::find(&self.repo, &lane.server, lane.remote.as_deref())?.stored;
        let (chosen, others) = self.choose(ask, &lane, known.as_ref().map(|s| &s.record))?;
        let (captured, (commit, record)) = self.save_these(&lane, &head, &chosen, change, &ask.work)?;
        let saved = Saved { branch: lane.local.to_string(), sessions: captured, others, record: commit };
        Ok((saved, lane, record))
    }

    /// Captures these sessions and writes the record of a lane at `head`.
    pub(super) fn save_these(
        &self,
        lane: &Lane,
        head: &Oid,
        chosen: &[Candidate],
        change: BatonChange,
        work: &WorkChange,
    ) -> Result<(Vec<Captured>, (Oid, Record)), AnyFault> {
        let look = if change == BatonChange::Offer { Look::Whole } else { Look::Quick };
        let capture = |candidate| capture::capture(self, candidate, lane.remote.as_deref(), look);
        let captured: Vec<Captured> = chosen.iter().map(capture).collect::<Result<_, _>>()?;
        let written = self.write_record_with(lane, head, &captured, change, work)?;
        Ok((captured, written))
    }

    fn tip_of(&self, lane: &Lane) -> Result<Oid, AnyFault> {
        if let Some(tip) = self.repo.branch_tip(&lane.local)? {
            return Ok(tip);
        }
        let head = self.repo.head()?;
        match head.commit.filter(|_| head.branch.is_none() || head.branch.as_ref() == Some(&lane.local)) {
            Some(commit) => Ok(commit),
            None if head.branch.as_ref() == Some(&lane.local) => {
                Err(Stuck::usage(format!("{} has no commit yet", lane.local), "make a first commit").into())
            }
            None => Err(Stuck::usage(
                format!("there is no branch {} here", lane.local),
                format!("`git switch {}` brings it if the remote has it", crate::flows::quote(lane.local.as_str())),
            )
            .into()),
        }
    }

    fn choose(&self, ask: &Ask, lane: &Lane, known: Option<&Record>) -> Result<(Vec<Candidate>, Vec<Other>), AnyFault> {
        if !ask.sessions.is_empty() {
            let named: Vec<Candidate> = ask.sessions.iter().map(|s| self.named(s)).collect::<Result<_, _>>()?;
            for candidate in &named {
                if !candidate.found.cwd.exists() {
                    self.local.remember(&self.repo, Some(&candidate.found.cwd))?;
                }
            }
            return Ok((named, Vec::new()));
        }
        if let Some(key) = sessions::current(&self.env) {
            return Ok((vec![self.named(&key.to_string())?], Vec::new()));
        }
        let (here, stores) = self.sessions_here()?;
        let Worked { chosen, others, off } = self.worked_on(here, lane, known, ask.all)?;
        if chosen.is_empty() && known.is_none_or(|r| r.sessions.is_empty()) {
            return Err(self.none_found(lane, &others, &off, &stores)?.into());
        }
        let other = |s: Surveyed| Other { key: s.candidate.found.key, title: s.title };
        Ok((chosen, others.into_iter().map(other).collect()))
    }

    /// Which of these sessions a handoff of the branch takes: those that it has already, and those that had a turn on it
    /// since; at the first handoff the newest with a turn on it. `all`: every one that had.
    pub(super) fn worked_on(
        &self,
        here: Vec<Candidate>,
        lane: &Lane,
        known: Option<&Record>,
        all: bool,
    ) -> Result<Worked, AnyFault> {
        let mut surveyed: Vec<Surveyed> = Vec::new();
        for candidate in here {
            surveyed.push(self.survey(candidate, &lane.local)?);
        }
        let is_known = |s: &Surveyed| known.is_some_and(|r| r.sessions.iter().any(|e| e.key == s.candidate.found.key));
        let since = known.map(|r| r.baton.since);
        let (mut on_branch, off): (Vec<Surveyed>, Vec<Surveyed>) =
            surveyed.into_iter().partition(|s| s.last_turn.is_some() || is_known(s));
        on_branch.sort_by_key(|s| std::cmp::Reverse(s.last_turn));
        let taken = |s: &Surveyed, first: bool| match since {
            _ if all => true,
            Some(since) => is_known(s) || s.last_turn.is_some_and(|t| t > since),
            None => first,
        };
        let mut chosen = Vec::new();
        let mut others = Vec::new();
        for (n, s) in on_branch.into_iter().enumerate() {
            let is_copy = || self.local.original_of(&s.candidate.found.key.id).is_some();
            if taken(&s, n == 0) {
                chosen.push(s);
            } else if !is_copy() {
                others.push(s);
            }
        }
        Ok(Worked { chosen: chosen.into_iter().map(|s| s.candidate).collect(), others, off })
    }

    fn none_found(
        &self,
        lane: &Lane,
        others: &[Surveyed],
        off: &[Surveyed],
        stores: &[std::path::PathBuf],
    ) -> Result<Stuck, AnyFault> {
        let looked: Vec<String> = stores.iter().map(|p| p.display().to_string()).collect();
        let places: Vec<String> = self.local.places(&self.repo).iter().map(|p| p.display().to_string()).collect();
        let what = format!(
            "no session of an agent had a turn on {} in {}\n  looked in {}",
            lane.local,
            places.join(", "),
            looked.join(", ")
        );
        let add = |key: &SessionKey, title: Option<&str>| {
            format!("{} \"{}\", add it with `git handoff push --session {key}`", key, title.unwrap_or("no title"))
        };
        let next = match (others.iter().chain(off).next(), self.stray()?) {
            (Some(s), _) => format!("the newest here is {}", add(&s.candidate.found.key, s.title.as_deref())),
            (None, Some((stray, title))) => format!(
                "if this clone was at {}, which is gone: {}",
                stray.found.cwd.display(),
                add(&stray.found.key, title.as_deref())
            ),
            (None, None) => "work on the branch with an agent first, or name a session with --session <id>".into(),
        };
        Ok(Stuck::failed(what, next))
    }

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
        let (state, raises) = match change {
            BatonChange::Keep => (record.baton.state, 0),
            BatonChange::Offer => (BatonState::Offered, 1),
            BatonChange::Take => (BatonState::Held, 1),
        };
        if change != BatonChange::Keep {
            record.baton = Baton { epoch: record.baton.epoch.saturating_add(raises), state, holder, since: now };
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
            return Ok((records::stay(&self.repo, &self.env, same, &parents)?, same.record.clone()));
        }
        let before = |oid: &Oid| records::summary(&self.repo, oid).map(|s| s.sequence).unwrap_or(0);
        record.sequence = parents.follows.iter().map(before).max().unwrap_or(0).saturating_add(1);
        let others = known.as_ref().filter(|_| !anew).map(|k| k.others.clone()).unwrap_or_default();
        let context = known.and_then(|k| k.context);
        let commit = records::save(&self.repo, &self.env, &record, context.as_ref(), &others, &parents)?;
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
