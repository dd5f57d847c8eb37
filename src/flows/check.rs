//! `git handoff check`, and the first half of every resume: how code, logs and baton here relate to a handoff.

use serde::Serialize;

use crate::fault::AnyFault;
use crate::flows::baton::Holding;
use crate::flows::show::named_in;
use crate::flows::sync::ServerBranch;
use crate::flows::work::WorkState;
use crate::flows::{Coded, Ctx, Lane, Stuck};
use crate::format::refs;
use crate::git::observe::{self, observe};
use crate::git::tree;
use crate::model::divergence::{Action, DefaultBranch, ServerHead, Snapshot, Verdict, Where, judge};
use crate::model::ids::{BranchName, SessionKey};
use crate::model::record::Record;
use crate::model::work::Work;
use crate::store::logs::{self, Logs};
use crate::store::records::{self, Stored};

/// What to look at.
#[derive(Debug, Clone, Default)]
pub struct CheckAsk {
    /// A branch or a session; the current branch unless given.
    pub what: Option<String>,
    /// The remote; the branch's own unless given.
    pub remote: Option<String>,
    /// The work is to go on in a new work tree.
    pub beside: bool,
    /// Uncommitted work is left out.
    pub no_work: bool,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct Checked {
    /// The branch's name on the server.
    pub branch: String,
    /// Who wrote the record, by git's word.
    pub author: String,
    /// Who holds it.
    pub baton: Holding,
    /// Why the remote could not be asked, if it could not.
    pub offline: Option<String>,
    /// The code.
    pub code: Verdict,
    /// The uncommitted work; `None`: there is none, or it is left out.
    pub work: Option<WorkState>,
    /// The sessions' logs.
    pub logs: Vec<LogState>,
}

/// One session's log.
#[derive(Debug, Clone, Serialize)]
pub struct LogState {
    /// Which.
    pub key: SessionKey,
    /// Its title.
    pub title: Option<String>,
    /// How many events it has.
    pub events: u64,
    /// How many more the record says it has: whoever holds the branch saved them and has not pushed them.
    pub not_pushed: u64,
    /// What is wrong with it; `None`: all of it is here and verified.
    pub problem: Option<String>,
    /// What to do about that.
    pub hint: Option<String>,
    /// It was captured inside a turn.
    pub open_turn: bool,
    /// Forks that are kept beside it.
    pub forks: usize,
}

/// A handoff with all that a resume needs of it.
pub struct Examined {
    /// The lane.
    pub lane: Lane,
    /// The remote it came from.
    pub remote: Option<String>,
    /// The record.
    pub stored: Stored,
    /// What was asked of the code.
    pub ask: observe::Ask,
    /// What is known of the code.
    pub snapshot: Snapshot,
    /// The report.
    pub checked: Checked,
    /// The logs that are whole, by session.
    pub whole: Vec<(SessionKey, Logs)>,
    /// The uncommitted work that can be put back.
    pub work: Option<Work>,
    /// The session that was named.
    pub named: Option<SessionKey>,
}

impl Ctx {
    /// Fetches, reads, verifies and judges. Changes no work tree, no branch and no agent's store.
    pub fn examine(&self, ask: &CheckAsk) -> Result<Examined, AnyFault> {
        let (lane, remote, server, named) = self.find_handoff(ask)?;
        let Some(stored) = records::find(&self.repo, &lane.server, remote.as_deref())?.stored else {
            return Err(self.not_handed_over(&lane));
        };
        let record = &stored.record;
        let offline = match &server {
            ServerBranch::Offline { why, .. } => Some(why.clone()),
            _ => None,
        };
        let (logs, whole) = self.verify_logs(record, remote.as_deref(), offline.is_none())?;
        let default = remote.as_deref().and_then(|r| self.repo.default_branch(r));
        let no_work = ask.no_work;
        let ask = observe::Ask {
            branch: lane.local.clone(),
            head: record.head.clone(),
            remote: remote.clone(),
            base: record.base.clone(),
            rewrites: record.rewrites.clone(),
            default_branch: default.map(|(name, head)| DefaultBranch { name: name.to_string(), head }),
            server: match server {
                ServerBranch::At(oid) => ServerHead::Known(oid),
                ServerBranch::Gone => ServerHead::Gone,
                ServerBranch::Offline { as_of, .. } => ServerHead::Offline { as_of },
            },
            place: if ask.beside { Where::Beside } else { Where::Here },
        };
        let (snapshot, code) = self.judged(&ask, remote.as_deref(), offline.is_none())?;
        let baton = self.holding(&lane.server, &record.baton)?;
        let online = remote.as_deref().filter(|_| offline.is_none());
        let (work, found) = match no_work {
            true => (None, None),
            false => self.work_state(&lane, record, online, &snapshot, &code.action)?.unzip(),
        };
        let (branch, author) = (lane.server.to_string(), stored.author.clone());
        let checked = Checked { branch, author, baton, offline, code, work, logs };
        let found = found.flatten();
        Ok(Examined { lane, remote, stored, ask, snapshot, checked, whole, work: found, named })
    }

    /// Judges, and where the verdict is that more must be fetched first, fetches it and judges again.
    pub(super) fn judged(
        &self,
        ask: &observe::Ask,
        remote: Option<&str>,
        online: bool,
    ) -> Result<(Snapshot, Verdict), AnyFault> {
        let mut snapshot = observe(&self.repo, &self.env, ask)?;
        let mut verdict = judge(&snapshot);
        for round in 0..4 {
            let Some(remote) = remote.filter(|_| online) else { break };
            let fetched = match verdict.action {
                Action::DeepenFirst => tree::deepen(&self.repo, remote, round),
                Action::FetchFirst if round == 0 => tree::fetch_commit(&self.repo, remote, &ask.branch, &ask.head),
                _ => break,
            };
            if fetched.is_err() {
                break;
            }
            snapshot = observe(&self.repo, &self.env, ask)?;
            verdict = judge(&snapshot);
        }
        verdict.choices = self.typed.repeated(verdict.choices, ask.branch.as_str());
        Ok((snapshot, verdict))
    }

    /// The lane of what was asked for, and where its branch stands at the remote, asked just now.
    fn find_handoff(
        &self,
        ask: &CheckAsk,
    ) -> Result<(Lane, Option<String>, ServerBranch, Option<SessionKey>), AnyFault> {
        let lane = match &ask.what {
            None => self.lane(None, ask.remote.as_deref())?,
            Some(text) => {
                let (name, of) = self.branch_named(text)?;
                self.lane_of_server_branch(&name, ask.remote.as_deref().or(of.as_deref()))?
            }
        };
        let remote = lane.remote.clone();
        let nowhere = ServerBranch::Offline { why: "this clone has no remote".into(), as_of: None };
        let server = remote.as_deref().map_or(Ok(nowhere), |r| self.fetch_branch(r, &lane.server))?;
        if records::find(&self.repo, &lane.server, remote.as_deref())?.stored.is_some() {
            return Ok((lane, remote, server, None));
        }
        // No branch of that name was handed over: perhaps it is a session.
        let Some(text) = &ask.what else { return Ok((lane, remote, server, None)) };
        let Some(key) = named_in(&self.sessions_known()?, text)? else { return Ok((lane, remote, server, None)) };
        let (handoffs, _) = self.handoffs()?;
        let Some(handoff) = handoffs.iter().find(|h| h.sessions.iter().any(|s| s.key == key)) else {
            return Ok((lane, remote, server, None));
        };
        let lane = self.lane_of_server_branch(&handoff.branch.parse()?, ask.remote.as_deref())?;
        let remote = lane.remote.clone();
        let server = match remote.as_deref() {
            Some(r) => self.fetch_branch(r, &lane.server)?,
            None => server,
        };
        Ok((lane, remote, server, Some(key)))
    }

    /// The local branch that is pushed to a branch of the server, or would be.
    fn lane_of_server_branch(&self, server: &BranchName, remote: Option<&str>) -> Result<Lane, AnyFault> {
        for (name, _) in self.repo.list_refs("refs/heads/")? {
            let Ok(local) = name["refs/heads/".len()..].parse::<BranchName>() else { continue };
            let (destination, there) = self.repo.destination(&local);
            if there == *server && destination.is_some() {
                return self.lane(Some(local.as_str()), remote);
            }
        }
        let lane = self.lane(Some(server.as_str()), remote)?;
        Ok(Lane { server: server.clone(), ..lane })
    }

    /// A branch without a handoff, or a name that is none at all.
    pub(super) fn not_handed_over(&self, lane: &Lane) -> AnyFault {
        match self.unknown(lane) {
            Ok(None) => {}
            Ok(Some(unknown)) => return unknown.into(),
            Err(fault) => return fault,
        }
        let at = lane.remote.as_ref().map_or(String::new(), |r| format!(" at {r}"));
        let what = format!("{} was not handed over{at}", lane.server);
        let others = self.handoffs().map(|(h, _)| h).unwrap_or_default();
        let next = match others.as_slice() {
            [] => "where the session is, run `git handoff push`".to_owned(),
            some => {
                let names: Vec<&str> = some.iter().take(5).map(|h| h.branch.as_str()).collect();
                format!("handed over are: {}", names.join(", "))
            }
        };
        Coded::new("not_handed_over", Stuck::failed(what, next)).into()
    }

    /// Brings the logs that a record names and verifies every segment.
    #[expect(clippy::type_complexity, reason = "the report and the logs it is about")]
    fn verify_logs(
        &self,
        record: &Record,
        remote: Option<&str>,
        online: bool,
    ) -> Result<(Vec<LogState>, Vec<(SessionKey, Logs)>), AnyFault> {
        let keys: Vec<SessionKey> = record.sessions.iter().map(|s| s.key.clone()).collect();
        if let Some(remote) = remote.filter(|_| online) {
            self.fetch_logs(remote, &keys)?;
        }
        let mut states = Vec::new();
        let mut whole = Vec::new();
        for entry in &record.sessions {
            let mut state = LogState {
                key: entry.key.clone(),
                title: entry.title.clone(),
                events: entry.events,
                not_pushed: 0,
                problem: None,
                hint: None,
                open_turn: false,
                forks: 0,
            };
            match self.whole_log(&entry.key, remote) {
                Ok(Some(logs)) => {
                    state.open_turn = logs.main.manifest.open_turn;
                    state.forks = logs.forks.values().filter(|l| l.is_fork()).count();
                    state.events = logs.main.manifest.events;
                    state.not_pushed = entry.events.saturating_sub(state.events);
                    whole.push((entry.key.clone(), logs));
                }
                Ok(None) => {
                    state.problem = Some("its log is not there yet".into());
                    let there = &record.baton.holder;
                    state.hint = Some(format!("run `git handoff push` on {there}, then this again"));
                }
                Err(fault) => {
                    state.problem = Some(fault.to_string());
                    state.hint = fault.hint();
                }
            }
            states.push(state);
        }
        Ok((states, whole))
    }

    fn whole_log(&self, key: &SessionKey, remote: Option<&str>) -> Result<Option<Logs>, AnyFault> {
        match self.merge_log(key, remote)? {
            Some(tip) => {
                let whole = logs::read(&self.repo, &tip, key)?;
                logs::verify(&self.repo, &whole, &format!("{} at {}", refs::log(key), tip.short()))?;
                Ok(Some(whole))
            }
            None => Ok(None),
        }
    }
}
