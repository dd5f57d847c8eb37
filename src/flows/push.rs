//! `git handoff push`: save, offer the baton, and send branch, logs and record.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::fault::{AnyFault, Choice};
use crate::flows::baton::Holding;
use crate::flows::record::{BatonChange, WorkChange};
use crate::flows::save::{Ask, Saved};
use crate::flows::send::Sent;
use crate::flows::work::{WorkAsk, WorkTaken};
use crate::flows::{Ctx, Lane, Stuck, Undecided, quote};
use crate::format::refs;
use crate::git::remote::RemoteError;
use crate::model::ids::{Oid, SessionKey};
use crate::store::records;

/// How long a lost race is fought again.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a push did.
#[derive(Debug, Clone, Serialize)]
pub struct PushReport {
    /// What was saved first.
    pub saved: Saved,
    /// The remote.
    pub remote: String,
    /// The branch's name there.
    pub branch: String,
    /// Commits of the branch that the remote did not have; `None`: the branch is new there.
    pub commits: Option<usize>,
    /// Whether the branch itself moved there.
    pub branch_moved: bool,
    /// Who has the baton now: another surface, if it held the branch.
    pub baton: Holding,
    /// The command that goes on elsewhere; where another surface has the baton, the one that hands over all the same.
    pub next: String,
    /// How many files have changes that were not committed and stay here.
    pub uncommitted: usize,
    /// The uncommitted work that went along; `None`: it was not asked for.
    pub work: Option<WorkTaken>,
    /// How many bytes of objects the remote did not have.
    pub bytes: u64,
    /// How often someone else was first.
    pub lost_races: u32,
}

impl Ctx {
    /// Saves, offers (unless another surface holds the branch) and sends. `confirmed`: the user agreed that sessions may go to a remote that was not opted in.
    pub fn push(&self, ask: &Ask, work: &WorkAsk, confirmed: bool) -> Result<PushReport, AnyFault> {
        let lane = self.lane(ask.branch.as_deref(), ask.remote.as_deref())?;
        let remote = self.permitted(&lane, confirmed)?;
        self.not_behind(&lane, &remote)?;
        self.only_ours(&lane, &remote, ask)?;
        let mut work = self.take_work(work, &lane, &remote)?;
        let going = WorkChange::Is(work.as_ref().and_then(|w| w.commit.clone()));
        let ask = &Ask { work: going, ..ask.clone() };
        let (mut saved, lane, mut record) = self.save(ask, BatonChange::Offer)?;
        let lane = Lane { remote: Some(remote.clone()), ..lane };
        let tracking = format!("refs/remotes/{remote}/{}", lane.server);
        let before = self.repo.find_ref(&tracking)?;
        let started = Instant::now();
        let mut lost_races = 0;
        let mut pause = Duration::from_millis(50);
        loop {
            let keys: Vec<SessionKey> = record.sessions.iter().map(|s| s.key.clone()).collect();
            let bytes = self.bytes_to_send(&remote, &record, &saved.record)?;
            let sent = self.send(&lane, &remote, &record, &saved.record, &keys, bytes).map_err(saved_here)?;
            match sent {
                Sent::All { branch } => {
                    let baton = self.holding(&lane.server, &record.baton)?;
                    let resume = format!("git handoff resume {}", quote(lane.server.as_str()));
                    let take =
                        || format!("{} --take && {}", self.typed.resume(lane.server.as_str()), self.typed.push());
                    let commits = before.as_ref().map(|old| self.repo.count_between(old, &record.head));
                    return Ok(PushReport {
                        remote,
                        branch: lane.server.to_string(),
                        commits,
                        branch_moved: branch,
                        next: if baton.mine { resume } else { take() },
                        baton,
                        uncommitted: if work.is_some() { 0 } else { self.repo.changed_paths()? },
                        work,
                        bytes,
                        lost_races,
                        saved,
                    });
                }
                Sent::Lost { why } if started.elapsed() < PATIENCE => {
                    let _ = why;
                    lost_races += 1;
                    std::thread::sleep(pause + Duration::from_millis(u64::from(self.env.random_hex(1).as_bytes()[0])));
                    pause = (pause * 2).min(Duration::from_secs(2));
                    self.catch_up(&remote, &keys)?;
                    saved.sessions.iter_mut().try_for_each(|c| self.refresh(c))?;
                    let head = record.head.clone();
                    let going = self.caught_up(&lane, &remote, record.work.take(), work.as_mut())?;
                    let keep = BatonChange::Keep;
                    (saved.record, record) = self.write_record_with(&lane, &head, &saved.sessions, keep, &going)?;
                }
                Sent::Lost { why } => {
                    let next = "nothing is lost: it is saved here; run `git handoff push` again";
                    return Err(Stuck::failed(
                        format!("others kept changing {} at {remote} ({why})", lane.server),
                        next,
                    )
                    .into());
                }
            }
        }
    }

    /// The remote of a lane, if sessions may go there.
    fn permitted(&self, lane: &Lane, confirmed: bool) -> Result<String, AnyFault> {
        let Some(remote) = lane.remote.clone() else {
            let next = "add one with `git remote add origin <url>`, or keep the session here with `git handoff save`";
            return Err(Stuck::usage(format!("{} has no remote to go to", lane.local), next).into());
        };
        if confirmed {
            self.repo.set_setting(&format!("remote.{remote}.handoff"), "true")?;
        } else if !self.opted_in(&remote) {
            let mut choices =
                vec![Choice::new("agree, for this clone", format!("git handoff init --remote {}", quote(&remote)))];
            for other in self.repo.remotes().iter().filter(|r| self.opted_in(r)) {
                let to = format!("git handoff push --remote {}", quote(other));
                choices.push(Choice::new(format!("send them to {other}"), to));
            }
            choices.push(Choice::new("keep it here", "git handoff save"));
            return Err(Undecided { what: self.warning(&remote), choices }.into());
        }
        Ok(remote)
    }

    fn warning(&self, remote: &str) -> String {
        let url = without_userinfo(&self.repo.push_url(remote));
        format!(
            "sessions have not been sent to {remote} ({url}) before\n  everyone who can read that repository will be able to read them"
        )
    }

    /// What has to be agreed to before the first push to a remote; `None`: it was opted in.
    pub fn first_push(&self, ask: &Ask) -> Result<Option<String>, AnyFault> {
        let lane = self.lane(ask.branch.as_deref(), ask.remote.as_deref())?;
        Ok(lane.remote.filter(|r| !self.opted_in(r)).map(|r| self.warning(&r)))
    }

    /// Stops before anything is written if the branch here lacks commits that the remote is known to have.
    fn not_behind(&self, lane: &Lane, remote: &str) -> Result<(), AnyFault> {
        let tracking = format!("refs/remotes/{remote}/{}", lane.server);
        let (Some(there), Some(here)) = (self.repo.find_ref(&tracking)?, self.repo.branch_tip(&lane.local)?) else {
            return Ok(());
        };
        if self.repo.is_ancestor(&there, &here) {
            Ok(())
        } else {
            Err(self.not_forward(lane, remote, Some(&there)).into())
        }
    }

    pub(super) fn not_forward(&self, lane: &Lane, remote: &str, there: Option<&Oid>) -> Undecided {
        let (b, r) = (lane.server.as_str(), quote(remote));
        let mut choices =
            vec![Choice::new("look", format!("git log --oneline {}", quote(&format!("{}..{remote}/{b}", lane.local))))];
        choices.push(Choice::new("take them in", self.typed.resume(b)));
        let here = self.repo.branch_tip(&lane.local).ok().flatten();
        // Who is only behind has nothing that could replace theirs.
        let own = here.zip(there).map_or(1, |(here, there)| self.repo.count_between(there, &here));
        if own > 0 {
            let expect = there.map_or(String::new(), |o| format!(":{o}"));
            let lease = quote(&format!("--force-with-lease={b}{expect}"));
            let spec = quote(&format!("{}:{b}", lane.local));
            let again = self.typed.push();
            let onto = format!("git pull --rebase {r} {} && {again}", quote(b));
            choices.push(Choice::new("put yours on top", onto));
            choices.push(Choice::new("drop theirs", format!("git push {lease} {r} {spec} && {again}")));
        }
        let what = format!("{b} at {remote} has commits that are not here; the branch was not pushed");
        Undecided { what, choices }
    }

    /// Sessions of the branch that came from another remote and that this one never saw, with that remote.
    pub(super) fn foreign_sessions(
        &self,
        lane: &Lane,
        remote: &str,
        ask: &Ask,
    ) -> Result<Vec<(SessionKey, String)>, AnyFault> {
        let known = records::find(&self.repo, &lane.server, Some(remote))?.stored;
        let has = |remote: &str, key: &SessionKey| -> Result<bool, AnyFault> {
            let tracking = refs::tracking(remote, &refs::log(key)).unwrap_or_default();
            Ok(self.repo.find_ref(&tracking)?.is_some())
        };
        let mut found = Vec::new();
        for key in known.iter().flat_map(|k| &k.record.sessions).map(|s| &s.key) {
            let named = ask.sessions.iter().any(|s| key.to_string().starts_with(s) || key.id.as_str().starts_with(s));
            if named || has(remote, key)? {
                continue;
            }
            for other in self.repo.remotes().into_iter().filter(|r| r != remote) {
                if has(&other, key)? {
                    found.push((key.clone(), other));
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Stops before a session that was handed over at one remote goes to another because the branch has the same name.
    fn only_ours(&self, lane: &Lane, remote: &str, ask: &Ask) -> Result<(), AnyFault> {
        let foreign = self.foreign_sessions(lane, remote, ask)?;
        let Some((key, other)) = foreign.first() else { return Ok(()) };
        let sessions: Vec<String> =
            ask.sessions.iter().cloned().chain(foreign.iter().map(|(k, _)| k.to_string())).collect();
        let all: String = sessions.iter().map(|s| format!(" --session {}", quote(s))).collect();
        Err(Undecided {
            what: format!("{} {} was handed over at {other}; {remote} has not seen it", key.agent, key.id.short()),
            choices: vec![
                Choice::new(format!("hand over at {other}"), format!("git handoff push --remote {}", quote(other))),
                Choice::new("send it here too", format!("git handoff push --remote {}{all}", quote(remote))),
            ],
        }
        .into())
    }
}

/// A remote that cannot be reached loses nothing: what was to be sent is saved.
fn saved_here(fault: AnyFault) -> AnyFault {
    let error: &dyn std::error::Error = &*fault;
    match error.downcast_ref::<RemoteError>() {
        Some(RemoteError::Unreachable { .. }) => {
            let next = "the session is saved here; once the remote can be reached, `git handoff push` sends it";
            Stuck::failed(fault.to_string(), next).into()
        }
        _ => fault,
    }
}

/// An address without user name and password.
pub fn without_userinfo(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{scheme}://{}{path}", host.rsplit('@').next().unwrap_or(host))
}
