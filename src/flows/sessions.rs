//! Which sessions belong to a branch: named, the one we run inside, or those that had a turn on it.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::agents::{AGENTS, Agent, Found};
use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::capture::tally::Turn;
use crate::flows::capture::told::{Told, told};
use crate::flows::{Coded, Ctx, Stuck};
use crate::git::history::Visit;
use crate::model::ids::{BranchName, SessionId, SessionKey};

/// A session of this machine with its agent.
#[derive(Clone)]
pub struct Candidate {
    /// The agent.
    pub agent: &'static dyn Agent,
    /// Where it is.
    pub found: Found,
}

/// A session that may belong to the branch.
#[derive(Clone)]
pub struct Surveyed {
    /// The session.
    pub candidate: Candidate,
    /// Its title.
    pub title: Option<String>,
    /// How many events it has.
    pub events: u64,
    /// When it had its last turn on the branch; `None`: it had none.
    pub last_turn: Option<Timestamp>,
}

impl Ctx {
    /// Every session whose working folder is in this clone, newest first, and the stores that were looked at.
    pub fn sessions_here(&self) -> Result<(Vec<Candidate>, Vec<PathBuf>), AnyFault> {
        let places = self.local.places(&self.repo);
        let mut all = Vec::new();
        let mut stores = Vec::new();
        for agent in AGENTS.iter().copied() {
            stores.push(agent.store(&self.env));
            all.extend(agent.find(&self.env, &places)?.into_iter().map(|found| Candidate { agent, found }));
        }
        all.sort_by_key(|c| std::cmp::Reverse(c.found.modified));
        // A clone that moved may have left an older copy of a session at its earlier place.
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|c| seen.insert(c.found.key.clone()));
        Ok((all, stores))
    }

    /// Every session on the machine, newest first, wherever it worked.
    fn sessions_anywhere(&self) -> Result<Vec<Candidate>, AnyFault> {
        let root = [PathBuf::from("/")];
        let mut all = Vec::new();
        for agent in AGENTS.iter().copied() {
            all.extend(agent.find(&self.env, &root)?.into_iter().map(|found| Candidate { agent, found }));
        }
        all.sort_by_key(|c| std::cmp::Reverse(c.found.modified));
        Ok(all)
    }

    /// The newest session whose working folder is gone: this clone may have been there before it was moved.
    pub fn stray(&self) -> Result<Option<(Candidate, Option<String>)>, AnyFault> {
        let Some(stray) = self.sessions_anywhere()?.into_iter().find(|c| !c.found.cwd.exists()) else {
            return Ok(None);
        };
        let title = told(self, &stray)?.head.title;
        Ok(Some((stray, title)))
    }

    /// When a session had its last turn on a branch, under whatever name the branch had then.
    pub fn survey(&self, candidate: Candidate, branch: &BranchName) -> Result<Surveyed, AnyFault> {
        let Told { head, counted } = told(self, &candidate)?;
        let mut visits = self.visits_of(&candidate.found)?;
        // What was done since HEAD is detached was done on the branch that it stands for; the reflog names anything.
        if let Some(last) = visits.last_mut().filter(|_| self.stands_for(branch)) {
            last.branch = Some(branch.to_string());
        }
        let former = self.repo.former_names(branch);
        let names: Vec<&str> = former.iter().chain([branch]).map(BranchName::as_str).collect();
        let on_it = |turn: &&Turn| branch_of(turn, &visits).is_some_and(|b| names.contains(&b.as_str()));
        let last = |turn: &Turn| turn.last.or(Some(Timestamp::UNIX_EPOCH));
        let last_turn = counted.turns.iter().filter(on_it).map(last).max().flatten();
        Ok(Surveyed { title: head.title, events: counted.events, candidate, last_turn })
    }

    /// Whether HEAD is detached at the end of a branch, here or as the remote had it.
    fn stands_for(&self, branch: &BranchName) -> bool {
        self.repo.head().is_ok_and(|head| head.branch.is_none())
            && self.lane(None, None).is_ok_and(|l| l.local == *branch)
    }

    fn visits_of(&self, found: &Found) -> Result<Vec<Visit>, AnyFault> {
        // A linked work tree has a HEAD of its own; where it is gone the main one must do.
        let own = crate::git::Repo::open(&self.env.at(&found.cwd)).ok();
        let same = own.filter(|r| r.common_dir().canonicalize().ok() == self.repo.common_dir().canonicalize().ok());
        Ok(same.as_ref().unwrap_or(&self.repo).visits()?)
    }

    /// The session of an id or the beginning of one, `agent.` in front or not: here first, then anywhere on the machine.
    pub fn named(&self, text: &str) -> Result<Candidate, AnyFault> {
        let (agent_name, id) = match text.split_once('.') {
            Some((agent, id)) => (Some(agent), id),
            None => (None, text),
        };
        let wanted = |a: &dyn Agent| agent_name.is_none_or(|n| n == a.name());
        let (here, stores) = self.sessions_here()?;
        let mut hits: Vec<Candidate> =
            here.into_iter().filter(|c| wanted(c.agent) && c.found.key.id.as_str().starts_with(id)).collect();
        hits.dedup_by_key(|c| c.found.key.clone());
        if hits.is_empty() {
            let whole: SessionId = id.parse()?;
            for agent in AGENTS.iter().copied().filter(|a| wanted(*a)) {
                hits.extend(agent.locate(&self.env, &whole, self.env.cwd())?.map(|found| Candidate { agent, found }));
            }
        }
        if hits.is_empty() {
            let begins = |c: &Candidate| wanted(c.agent) && c.found.key.id.as_str().starts_with(id);
            hits = self.sessions_anywhere()?.into_iter().filter(begins).collect();
            hits.dedup_by_key(|c| c.found.key.clone());
        }
        match hits.len() {
            1 => Ok(hits.remove(0)),
            0 => {
                let looked: Vec<String> = stores.iter().map(|p| p.display().to_string()).collect();
                let next =
                    format!("looked in {}; `git handoff status` lists the sessions of this clone", looked.join(", "));
                let what = format!("there is no session {text:?} on this machine");
                Err(Coded::new("unknown_session", Stuck::usage(what, next)).into())
            }
            n => {
                let ids: Vec<String> = hits.iter().take(5).map(|c| c.found.key.to_string()).collect();
                Err(Stuck::usage(format!("{n} sessions begin with {text:?}"), format!("name one: {}", ids.join(", ")))
                    .into())
            }
        }
    }
}

/// The session that this process runs inside.
pub fn current(env: &Env) -> Option<SessionKey> {
    AGENTS.iter().find_map(|agent| {
        let id = agent.current(env)?;
        Some(SessionKey { agent: agent.name().parse().ok()?, id })
    })
}

fn branch_of(turn: &Turn, visits: &[Visit]) -> Option<String> {
    turn.branch.clone().or_else(|| {
        let at = turn.began?;
        visits.iter().rev().find(|v| v.since <= at)?.branch.clone()
    })
}
