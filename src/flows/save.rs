//! Captures the sessions of a branch and writes its record, locally: what an agent's stop hook calls, and the first half
//! of a push.

use serde::Serialize;

use crate::fault::AnyFault;
use crate::flows::baton::Lost;
use crate::flows::capture::{self, Captured, Look};
use crate::flows::record::{BatonChange, WorkChange};
use crate::flows::sessions::{self, Candidate, Surveyed};
use crate::flows::{Ctx, Lane, Stuck};
use crate::model::ids::{Oid, SessionKey};
use crate::model::record::Record;
use crate::store::records;

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
    /// The branch was this clone's until another surface took it, and nobody was told so far.
    pub lost: Option<Lost>,
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

impl Ctx {
    /// Captures the chosen sessions and writes the record.
    pub fn save(&self, ask: &Ask, change: BatonChange) -> Result<(Saved, Lane, Record), AnyFault> {
        let lane = self.lane(ask.branch.as_deref(), ask.remote.as_deref())?;
        self.local.remember(&self.repo, None)?;
        let head = self.tip_of(&lane)?;
        let known = records::find(&self.repo, &lane.server, lane.remote.as_deref())?.stored;
        let (chosen, others) = self.choose(ask, &lane, known.as_ref().map(|s| &s.record))?;
        let (captured, (commit, record)) = self.save_these(&lane, &head, &chosen, change, &ask.work)?;
        let lost = self.lost(&lane.server, &record.baton)?;
        let saved = Saved { branch: lane.local.to_string(), sessions: captured, others, record: commit, lost };
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
            None => Err(match self.unknown(lane)? {
                Some(unknown) => return Err(unknown.into()),
                None => Stuck::usage(
                    format!("there is no branch {} here", lane.local),
                    format!("`git switch {}` brings it if the remote has it", crate::flows::quote(lane.local.as_str())),
                ),
            }
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
}
