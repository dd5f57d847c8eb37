//! What is where: the branch at a glance, and the handoffs of all branches.

use serde::Serialize;

use crate::fault::AnyFault;
use crate::flows::baton::{Holding, Lost};
use crate::flows::lane::Detached;
use crate::flows::ways::Way;
use crate::flows::{Ctx, Lane};
use crate::format::message::SessionLine;
use crate::format::refs;
use crate::model::ids::{BranchName, Oid, SessionKey};
use crate::model::record::BatonState;
use crate::store::{logs, records};

/// The branch at a glance.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// The branch here; `None`: HEAD is detached, and it is not clear which one is meant.
    pub branch: Option<String>,
    /// Where HEAD is detached, if that leaves the branch open.
    pub detached: Option<Oid>,
    /// Who holds it; `None`: it was never handed over.
    pub baton: Option<Holding>,
    /// It was this clone's until another surface took it, and nobody was told so far.
    pub lost: Option<Lost>,
    /// Its sessions.
    pub sessions: Vec<SessionState>,
    /// Handoffs of other surfaces that wait to be picked up.
    pub waiting: Vec<Handoff>,
    /// The remote that sessions go to, if one was opted in.
    pub remote: Option<String>,
    /// Why the record of the branch cannot be read, if it cannot.
    pub problem: Option<String>,
    /// The code beside what the remote had when last seen.
    pub code: CodeState,
    /// What is said of the branch here has not been sent to the remote yet.
    pub unsent: bool,
}

/// The branch's code beside what the remote had when last seen.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CodeState {
    /// Commits that the remote lacks; `None`: the branch is not there.
    pub ahead: Option<usize>,
    /// Commits that are not here.
    pub behind: usize,
    /// Files with changes that are not committed, if the branch is checked out here.
    pub uncommitted: usize,
}

/// One session as `status` shows it.
#[derive(Debug, Clone, Serialize)]
pub struct SessionState {
    /// Which.
    pub key: SessionKey,
    /// Its title.
    pub title: Option<String>,
    /// Events, here or stored.
    pub events: u64,
    /// Events that no remote has.
    pub not_pushed: u64,
    /// Events that others added and the agent here does not have yet.
    pub behind: u64,
    /// Whether the agent has it on this machine.
    pub here: bool,
    /// Forks of it that are kept.
    pub forks: usize,
    /// The ways that it went, the main one first; none unless it went several.
    pub ways: Vec<Way>,
}

/// One handed-over branch.
#[derive(Debug, Clone, Serialize)]
pub struct Handoff {
    /// The branch's name on the server.
    pub branch: String,
    /// Who holds it.
    pub baton: Holding,
    /// The commit it was at.
    pub head: Oid,
    /// Its sessions, the one that was worked with last at the end.
    pub sessions: Vec<SessionLine>,
}

/// The ref of a record that could not be read, and why.
pub type Unreadable = (String, String);

impl Ctx {
    /// How many branches have a record here.
    pub fn known_handoffs(&self) -> Result<usize, AnyFault> {
        Ok(records::list(&self.repo)?.len())
    }

    /// The handoffs of all branches, newest first, and the refs that could not be read with the reason.
    pub fn handoffs(&self) -> Result<(Vec<Handoff>, Vec<Unreadable>), AnyFault> {
        let mut found = Vec::new();
        let mut broken = Vec::new();
        let batons = self.batons()?;
        for (name, summary) in records::list(&self.repo)? {
            match summary {
                Ok(s) => found.push(Handoff {
                    branch: s.branch.to_string(),
                    baton: batons.holding(&s.branch, &s.baton),
                    head: s.head,
                    sessions: s.sessions,
                }),
                Err(e) => broken.push((name, e.to_string())),
            }
        }
        found.sort_by_key(|h| std::cmp::Reverse(h.baton.since));
        Ok((found, broken))
    }

    /// The branch at a glance; of a detached HEAD that could be several branches' or none's, what waits.
    pub fn status(&self, branch: Option<&str>) -> Result<Status, AnyFault> {
        let lane = match self.lane(branch, None) {
            Ok(lane) => lane,
            Err(fault) => {
                let error: &dyn std::error::Error = &*fault;
                let Some(detached) = error.downcast_ref::<Detached>() else { return Err(fault) };
                return self.status_of_no_branch(detached);
            }
        };
        if let Some(unknown) = branch.map(|_| self.unknown(&lane)).transpose()?.flatten() {
            return Err(unknown.into());
        }
        // A damaged record is no reason to say nothing of the sessions.
        let (known, problem) = match records::find(&self.repo, &lane.server, lane.remote.as_deref()) {
            Ok(known) => (known.stored, None),
            Err(error) => (None, Some(error.to_string())),
        };
        let baton = known.as_ref().map(|k| self.holding(&lane.server, &k.record.baton)).transpose()?;
        let lost = known.as_ref().map(|k| self.lost(&lane.server, &k.record.baton)).transpose()?.flatten();
        let mut sessions = self.sessions_on(&lane.local)?;
        for entry in known.iter().flat_map(|k| &k.record.sessions) {
            for here in sessions.iter_mut().filter(|s| s.key == entry.key && s.not_pushed == 0) {
                here.behind = entry.events.saturating_sub(here.events);
            }
            if !sessions.iter().any(|s| s.key == entry.key) {
                sessions.push(SessionState {
                    key: entry.key.clone(),
                    title: entry.title.clone(),
                    events: entry.events,
                    not_pushed: 0,
                    behind: 0,
                    here: false,
                    forks: 0,
                    ways: Vec::new(),
                });
            }
        }
        for session in &mut sessions {
            // A damaged log is for `check` to tell of.
            session.ways = self.ways_of(&session.key, lane.remote.as_deref()).unwrap_or_default();
            session.forks = session.forks.max(session.ways.len().saturating_sub(1));
        }
        let waiting = self.waiting(Some(&lane.server))?;
        let code = self.code_state(&lane)?;
        let tips = records::tips(&self.repo, &lane.server, lane.remote.as_deref())?;
        let unsent =
            tips.local.is_some_and(|here| !tips.remote.is_some_and(|there| self.repo.is_ancestor(&here, &there)));
        let remote = lane.remote.filter(|r| self.opted_in(r));
        let branch = Some(lane.local.to_string());
        Ok(Status { branch, detached: None, baton, lost, sessions, waiting, remote, problem, code, unsent })
    }

    fn status_of_no_branch(&self, detached: &Detached) -> Result<Status, AnyFault> {
        Ok(Status {
            branch: None,
            detached: Some(detached.at.clone()),
            baton: None,
            lost: None,
            sessions: Vec::new(),
            waiting: self.waiting(None)?,
            remote: self.usual_remote().filter(|r| self.opted_in(r)),
            problem: None,
            code: CodeState::default(),
            unsent: false,
        })
    }

    /// What others offer, but for one branch.
    fn waiting(&self, but: Option<&BranchName>) -> Result<Vec<Handoff>, AnyFault> {
        let offered = |h: &Handoff| !h.baton.mine && h.baton.state == BatonState::Offered;
        let (handoffs, _) = self.handoffs()?;
        Ok(handoffs.into_iter().filter(|h| offered(h) && but.is_none_or(|b| h.branch != b.as_str())).collect())
    }

    fn code_state(&self, lane: &Lane) -> Result<CodeState, AnyFault> {
        let tracking = lane.remote.as_ref().map(|r| format!("refs/remotes/{r}/{}", lane.server));
        let there = tracking.map(|name| self.repo.find_ref(&name)).transpose()?.flatten();
        let here = self.repo.branch_tip(&lane.local)?;
        let mut code = CodeState::default();
        if let (Some(here), Some(there)) = (here, there) {
            code.ahead = Some(self.repo.count_between(&there, &here));
            code.behind = self.repo.count_between(&here, &there);
        }
        if self.repo.head()?.branch.as_ref() == Some(&lane.local) {
            code.uncommitted = self.repo.changed_paths()?;
        }
        Ok(code)
    }

    fn sessions_on(&self, branch: &BranchName) -> Result<Vec<SessionState>, AnyFault> {
        let (here, _) = self.sessions_here()?;
        let mut states = Vec::new();
        for candidate in here {
            let surveyed = self.survey(candidate, branch)?;
            if surveyed.last_turn.is_none() {
                continue;
            }
            let key = surveyed.candidate.found.key.clone();
            let events = surveyed.events;
            let not_pushed = self.not_pushed(&surveyed.candidate, events)?;
            let forks =
                self.repo.find_ref(&refs::log(&key))?.map_or(Ok(0), |tip| logs::fork_count(&self.repo, &tip))?;
            let title = surveyed.title;
            states.push(SessionState {
                key,
                title,
                events,
                not_pushed,
                behind: 0,
                here: true,
                forks,
                ways: Vec::new(),
            });
        }
        Ok(states)
    }
}
