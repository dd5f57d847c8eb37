//! What goes to a remote and with which lease, what its answers mean, and how a lost race is caught up.

use crate::fault::AnyFault;
use crate::flows::answers::Answer;
use crate::flows::capture::{self, Captured};
use crate::flows::{Ctx, HalfDone, Lane, Stuck, Undecided};
use crate::format::refs;
use crate::git::refs::RefChange;
use crate::git::remote::{Manner, Push, PushOutcome, Pushed, server_words};
use crate::model::ids::{Oid, SessionKey};
use crate::model::record::Record;
use crate::store::logs;

/// More than this is sent without a search for likeness, in bytes.
const BULK: u64 = 16 << 20;

impl Ctx {
    /// Sends branch, logs, work and record of a lane, `bytes` of objects in all: in one atomic push once the remote is
    /// known to take handoffs.
    pub(super) fn send(
        &self,
        lane: &Lane,
        remote: &str,
        record: &Record,
        commit: &Oid,
        keys: &[SessionKey],
        bytes: u64,
    ) -> Result<Sent, AnyFault> {
        let bulk = bytes > BULK;
        let mut wanted = Vec::new();
        for key in keys {
            let name = refs::log(key);
            // A session that only the remote has needs no push.
            wanted.extend(self.repo.find_ref(&name)?.map(|new| (name, new)));
        }
        wanted
            .extend(record.work.clone().filter(|w| self.work_is_ours(lane, w)).map(|w| (refs::work(&lane.server), w)));
        wanted.push((refs::record(&lane.server), commit.clone()));
        let mut handoff = Vec::new();
        for (name, new) in wanted {
            match self.leased(remote, name, new)? {
                Leased::Overtaken(name) => return Ok(Sent::Lost { why: format!("{name} went on there") }),
                Leased::Push(push) => handoff.push(push),
            }
        }
        let branch = Push { new: record.head.clone(), name: format!("refs/heads/{}", lane.server), expect: None };
        let takes = self.local.answer_of(remote) == Some(Answer::Takes);
        if takes {
            let all: Vec<Push> = handoff.iter().cloned().chain([branch.clone()]).collect();
            let outcome =
                self.repo.push(remote, &all, Manner { atomic: true, hooks: true, bulk, ..Manner::default() })?;
            if !outcome.not_atomic {
                return self.concluded(lane, remote, &all, &outcome, outcome.refs.len() - 1);
            }
        }
        // The first time, or without `atomic`: logs, then the record that names them, then the branch, each outcome seen.
        let is_record = |push: &&Push| push.name.starts_with(refs::BRANCHES);
        let (record, logs): (Vec<&Push>, Vec<&Push>) = handoff.iter().partition(is_record);
        for part in [logs, record].into_iter().filter(|part| !part.is_empty()) {
            let part: Vec<Push> = part.into_iter().cloned().collect();
            let outcome = self.repo.push(remote, &part, Manner { bulk, ..Manner::default() })?;
            if let Sent::Lost { why } = self.concluded(lane, remote, &part, &outcome, usize::MAX)? {
                return Ok(Sent::Lost { why });
            }
        }
        self.local.note_answer(remote, &Answer::Takes)?;
        let outcome =
            self.repo.push(remote, std::slice::from_ref(&branch), Manner { hooks: true, ..Manner::default() })?;
        self.concluded(lane, remote, &[branch], &outcome, 0)
    }

    /// One ref of ours to push, also if the remote had it when last seen: it may have lost it since. A lease takes git's own check for fast-forwards out, so what
    /// does not continue what the remote had is a lost race before anything is sent.
    pub(super) fn leased(&self, remote: &str, name: String, new: Oid) -> Result<Leased, AnyFault> {
        let tracking = refs::tracking(remote, &name).unwrap_or_default();
        let expect = self.repo.find_ref(&tracking)?;
        Ok(match &expect {
            Some(there) if !self.repo.is_ancestor(there, &new) => Leased::Overtaken(name),
            _ => Leased::Push(Push { new, name, expect: Some(expect) }),
        })
    }

    /// What the outcomes of a push mean; refs that arrived are noted. `branch_at`: which of them is the branch.
    fn concluded(
        &self,
        lane: &Lane,
        remote: &str,
        sent: &[Push],
        outcome: &PushOutcome,
        branch_at: usize,
    ) -> Result<Sent, AnyFault> {
        let outcomes = &outcome.refs;
        let words = |why: &String| server_words(&outcome.talk).unwrap_or_else(|| why.clone());
        let arrived: Vec<(String, Oid)> = sent
            .iter()
            .zip(outcomes)
            .filter(|(_, o)| o.arrived())
            .map(|(p, _)| (p.name.clone(), p.new.clone()))
            .collect();
        self.note_tracking(remote, &arrived)?;
        for (at, (push, outcome)) in sent.iter().zip(outcomes).enumerate() {
            match outcome {
                Pushed::Lost { .. } if at == branch_at => {
                    let Undecided { what, choices } = self.not_forward(lane, remote, None);
                    let handed = if sent.len() == 1 { "the session was handed over" } else { "nothing was sent" };
                    return Err(HalfDone { what, done: handed.into(), choices }.into());
                }
                Pushed::Refused { why } if why.contains("atomic") => {}
                Pushed::Refused { why } if at == branch_at => {
                    let what = format!("{remote} refused {}: {}", lane.server, words(why));
                    return Err(Stuck::failed(
                        what,
                        "the session is saved here; push the branch first, then `git handoff push`",
                    )
                    .into());
                }
                Pushed::Refused { why } => {
                    let what = format!("{remote} does not take {}: {}", push.name, words(why));
                    let next = "sessions stay here, and the branch was not sent either: `git push` sends the code alone; an administrator of the server can allow refs/handoff/*";
                    return Err(Stuck::failed(what, next).into());
                }
                _ => {}
            }
        }
        let lost = outcomes.iter().find_map(|o| if let Pushed::Lost { why } = o { Some(why.clone()) } else { None });
        // A race that is lost inside the server's transaction is told of no single ref: all of them failed together.
        let failed =
            || outcomes.iter().find_map(|o| if let Pushed::Refused { why } = o { Some(why.clone()) } else { None });
        let lost = lost.or_else(failed);
        Ok(match lost {
            Some(why) => Sent::Lost { why },
            None => Sent::All { branch: matches!(outcomes.get(branch_at), Some(Pushed::Created | Pushed::Updated)) },
        })
    }

    /// Brings what others wrote and merges it with what is here.
    pub(super) fn catch_up(&self, remote: &str, keys: &[SessionKey]) -> Result<(), AnyFault> {
        self.fetch_records(remote)?;
        self.fetch_logs(remote, keys)?;
        for key in keys {
            self.merge_log(key, Some(remote))?;
        }
        Ok(())
    }

    /// What is said of a captured session, after another writer's log was merged with it.
    pub(super) fn refresh(&self, captured: &mut Captured) -> Result<(), AnyFault> {
        let Some(tip) = self.repo.find_ref(&refs::log(&captured.key))? else { return Ok(()) };
        captured.events = logs::read_manifest(&self.repo, &tip, &captured.key)?.events;
        captured.forked = logs::fork_count(&self.repo, &tip)? > 0;
        captured.commit = tip;
        Ok(())
    }

    /// Brings a session's local ref up to what is here and, as last seen, at the remote together.
    pub fn merge_log(&self, key: &SessionKey, remote: Option<&str>) -> Result<Option<Oid>, AnyFault> {
        let local = self.repo.find_ref(&refs::log(key))?;
        let tips: Vec<Oid> = logs::tips(&self.repo, key, remote)?.into_iter().map(|(_, oid)| oid).collect();
        let Some(newest) = tips.iter().find(|a| tips.iter().all(|b| self.repo.is_ancestor(b, a))) else {
            let (merged, parents) = capture::stored(self, key, remote)?;
            let Some(merged) = merged else { return Ok(None) };
            let subject = format!("handoff: {} {} merged", key.agent, key.id.short());
            return Ok(Some(logs::save(&self.repo, &self.env, &merged, &parents, &subject)?));
        };
        if local.as_ref() != Some(newest) {
            let why = "handoff: caught up".into();
            let change = RefChange { name: refs::log(key), old: local, new: Some(newest.clone()), why };
            self.repo.change_refs(&self.env, &[change])?;
        }
        Ok(Some(newest.clone()))
    }

    /// Sends only the record (a baton taken, a baton let go), by compare-and-swap.
    pub fn send_record(&self, lane: &Lane, remote: &str, commit: &Oid) -> Result<RecordSent, AnyFault> {
        let push = match self.leased(remote, refs::record(&lane.server), commit.clone())? {
            Leased::Overtaken(_) => return Ok(RecordSent::Lost),
            Leased::Push(push) => push,
        };
        let outcome =
            match self.repo.push(remote, std::slice::from_ref(&push), Manner { quiet: true, ..Manner::default() }) {
                Ok(outcome) => outcome,
                Err(error) => return Ok(RecordSent::Not { why: error.to_string() }),
            };
        Ok(match outcome.refs.first() {
            Some(o) if o.arrived() => {
                self.note_tracking(remote, &[(push.name, push.new)])?;
                RecordSent::Arrived
            }
            Some(Pushed::Lost { .. }) => RecordSent::Lost,
            Some(Pushed::Refused { why }) => {
                RecordSent::Not { why: server_words(&outcome.talk).unwrap_or_else(|| why.clone()) }
            }
            _ => RecordSent::Not { why: "git did not say what became of it".into() },
        })
    }
}

/// What became of a record that was sent alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordSent {
    /// The remote has it.
    Arrived,
    /// Someone else wrote first.
    Lost,
    /// It could not be written there.
    Not {
        /// Why.
        why: String,
    },
}

/// A ref of ours on its way to a remote.
pub(super) enum Leased {
    Overtaken(String),
    Push(Push),
}

/// What became of a handoff that was sent.
pub(super) enum Sent {
    All { branch: bool },
    Lost { why: String },
}
