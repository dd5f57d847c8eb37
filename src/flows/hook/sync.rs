//! Before git pushes branches, their sessions and records go to the same remote, if it was opted in.

use crate::fault::AnyFault;
use crate::flows::answers::Answer;
use crate::flows::capture::Captured;
use crate::flows::hook::mark::Mark;
use crate::flows::hook::pushed::{self, Pushed};
use crate::flows::record::{BatonChange, WorkChange};
use crate::flows::save::Ask;
use crate::flows::send::Leased;
use crate::flows::sessions::{self, Candidate};
use crate::flows::{Ctx, Lane};
use crate::format::refs;
use crate::git::caller;
use crate::git::remote::{Manner, Push, PushOutcome, Pushed as Outcome, server_words};
use crate::model::ids::{Oid, SessionKey};
use crate::model::record::Record;
use crate::render::words;
use crate::store::records;

/// How often a record that someone else wrote first is joined with theirs and sent again.
const MOST_RACES: usize = 3;

/// A branch with something to send.
struct Due {
    branch: Pushed,
    captured: Vec<Captured>,
    record: Record,
    commit: Oid,
    pushes: Vec<Push>,
    /// Events that the remote does not have, by session.
    news: Vec<(SessionKey, u64)>,
}

/// What became of what was due.
enum Sent {
    Arrived,
    /// Someone else wrote these first.
    Lost(Vec<String>),
    Refused(String),
}

impl Ctx {
    /// The pre-push hook: `args` are the remote's name and address.
    pub(super) fn before_push(&self, args: &[String], input: &[u8]) -> Result<Option<String>, AnyFault> {
        let lines = pushed::read(input);
        if lines.iter().any(pushed::Line::is_handoff) {
            return Ok(mirrored(args, &lines));
        }
        let [remote, url, ..] = args else { return Ok(None) };
        // A push to an address has no name that could have been opted in.
        if !self.opted_in(remote) || !self.repo.remotes().contains(remote) {
            return Ok(None);
        }
        if matches!(self.local.answer_of(remote), Some(Answer::Refuses { .. })) || caller::is_dry_run() {
            return Ok(None);
        }
        if !self.repo.is_first_address(remote, url)? {
            return Ok(None);
        }
        let branches = self.pushed(remote, &lines)?;
        if branches.is_empty() {
            return Ok(None);
        }
        let (here, _) = self.sessions_here()?;
        let mut due = Vec::new();
        let mut said = Vec::new();
        for branch in branches {
            match self.due(branch, remote, &here)? {
                Some(Ok(branch)) => due.push(branch),
                Some(Err(why)) => said.push(why),
                None => {}
            }
        }
        if !due.is_empty() {
            said.extend(self.deliver(remote, due, &here)?);
        }
        Ok((!said.is_empty()).then(|| said.join("; ")))
    }

    /// What a branch has that the remote lacks; an error in words where it must not go there.
    fn due(&self, branch: Pushed, remote: &str, here: &[Candidate]) -> Result<Option<Result<Due, String>>, AnyFault> {
        let lane = &branch.lane;
        let tips = records::tips(&self.repo, &lane.server, Some(remote))?;
        if tips == records::Tips::default() && here.is_empty() {
            return Ok(None);
        }
        let mark = Mark::of(&branch, &tips, here);
        if self.local.is_synced(&branch, &mark) {
            return Ok(None);
        }
        let known = records::find(&self.repo, &lane.server, Some(remote))?.stored.map(|s| s.record);
        let chosen = self.concerned(here, lane, known.as_ref())?;
        if chosen.is_empty() && known.is_none() {
            self.local.note_synced(&branch, &mark)?;
            return Ok(None);
        }
        if let Some((key, other)) = self.foreign_sessions(lane, remote, &Ask::default())?.first() {
            let session = format!("{} {}", key.agent, key.id.short());
            return Ok(Some(Err(format!("{session} was handed over at {other} and does not go to {remote}"))));
        }
        self.local.remember(&self.repo, None)?;
        let (captured, (commit, record)) =
            self.save_these(lane, &branch.head, &chosen, BatonChange::Keep, &WorkChange::Keep)?;
        let there = tips.remote.as_ref().map(|oid| records::read(&self.repo, oid)).transpose()?.map(|s| s.record);
        let pushes = self.unsent(remote, &record, &commit, there.as_ref())?;
        let mut due = Due { branch, captured, record, commit, pushes, news: Vec::new() };
        due.news = news(&due, there.as_ref());
        if due.pushes.is_empty() {
            self.sent(remote, &due, here)?;
            return Ok(None);
        }
        Ok(Some(Ok(due)))
    }

    /// The sessions that a push of the branch takes along: the one this runs inside, else those that may have had a turn
    /// since the last handoff. What was not written to since then is not even read.
    fn concerned(&self, here: &[Candidate], lane: &Lane, known: Option<&Record>) -> Result<Vec<Candidate>, AnyFault> {
        let inside = sessions::current(&self.env).and_then(|key| here.iter().find(|c| c.found.key == key));
        if let Some(inside) = inside.filter(|_| self.repo.head().is_ok_and(|h| h.branch.as_ref() == Some(&lane.local)))
        {
            return Ok(vec![inside.clone()]);
        }
        let since = known.map(|r| r.baton.since).or_else(|| self.repo.created(&lane.local));
        let has = |c: &Candidate| known.is_some_and(|r| r.sessions.iter().any(|e| e.key == c.found.key));
        let recent = |c: &&Candidate| has(c) || since.is_none_or(|since| c.found.modified >= since);
        let recent: Vec<Candidate> = here.iter().filter(recent).cloned().collect();
        Ok(self.worked_on(recent, lane, known, false)?.chosen)
    }

    /// The refs of a record that the remote does not have, logs first.
    fn unsent(
        &self,
        remote: &str,
        record: &Record,
        commit: &Oid,
        there: Option<&Record>,
    ) -> Result<Vec<Push>, AnyFault> {
        let mut pushes = Vec::new();
        for key in record.sessions.iter().map(|s| &s.key) {
            let name = refs::log(key);
            if let Some(new) = self.repo.find_ref(&name)? {
                pushes.extend(self.ahead(remote, name, &new)?);
            }
        }
        // One that differs by its number alone says nothing new.
        if !pushes.is_empty() || !there.is_some_and(|there| records::says_the_same(there, record)) {
            pushes.extend(self.ahead(remote, refs::record(&record.branch), commit)?);
        }
        Ok(pushes)
    }

    fn ahead(&self, remote: &str, name: String, new: &Oid) -> Result<Option<Push>, AnyFault> {
        Ok(match self.leased(remote, name, new.clone())? {
            Leased::Push(push) if push.expect != Some(Some(push.new.clone())) => Some(push),
            _ => None,
        })
    }

    /// Sends all branches at once, or each alone where someone else wrote to one of them. What is to be said of it.
    fn deliver(&self, remote: &str, due: Vec<Due>, here: &[Candidate]) -> Result<Vec<String>, AnyFault> {
        let mut all: Vec<Push> = Vec::new();
        for push in due.iter().flat_map(|d| &d.pushes) {
            if !all.contains(push) {
                all.push(push.clone());
            }
        }
        match self.send_quietly(remote, &all)? {
            Sent::Arrived => {
                due.iter().try_for_each(|d| self.sent(remote, d, here))?;
                Ok(told(&due).into_iter().collect())
            }
            Sent::Refused(why) => {
                self.local.note_answer(remote, &Answer::Refuses { why: why.clone() })?;
                let told = "sessions stay here. git handoff doctor explains";
                Ok(vec![format!("{remote} does not take refs/handoff/* ({why}); {told}")])
            }
            Sent::Lost(names) if due.len() == 1 => {
                due.into_iter().map(|d| self.race(remote, d, names.clone(), here)).collect()
            }
            Sent::Lost(_) => {
                let mut said = Vec::new();
                for alone in due {
                    said.extend(self.deliver(remote, vec![alone], here)?);
                }
                Ok(said)
            }
        }
    }

    /// A record is a few KB and is joined with theirs at once; what is in their logs may be long and is left for the
    /// next command that fetches.
    fn race(&self, remote: &str, mut due: Due, mut lost: Vec<String>, here: &[Candidate]) -> Result<String, AnyFault> {
        let name = refs::record(&due.branch.lane.server);
        let left = format!(
            "others wrote to {} at {remote}; `git handoff fetch --logs` joins both, the next push sends it",
            due.branch.lane.server
        );
        for _ in 0..MOST_RACES {
            if lost != [name.clone()] {
                return Ok(left);
            }
            let tracking = refs::tracking(remote, &name).unwrap_or_default();
            self.repo.fetch(remote, &[format!("+{name}:{tracking}")], true)?;
            let (keep, work) = (BatonChange::Keep, WorkChange::Keep);
            let Pushed { lane, head } = &due.branch;
            (due.commit, due.record) = self.write_record_with(lane, head, &due.captured, keep, &work)?;
            due.pushes = self.unsent(remote, &due.record, &due.commit, None)?;
            match self.send_quietly(remote, &due.pushes)? {
                Sent::Arrived => {
                    self.sent(remote, &due, here)?;
                    return Ok(told(&[due]).unwrap_or_else(|| format!("joined the record of {name} with theirs")));
                }
                Sent::Lost(names) => lost = names,
                Sent::Refused(why) => return Ok(format!("{remote} refused {name}: {why}")),
            }
        }
        Ok(left)
    }

    /// Remembers that nothing of a branch is left to send.
    fn sent(&self, remote: &str, due: &Due, here: &[Candidate]) -> Result<(), AnyFault> {
        let tips = records::tips(&self.repo, &due.branch.lane.server, Some(remote))?;
        Ok(self.local.note_synced(&due.branch, &Mark::of(&due.branch, &tips, here))?)
    }

    /// One push without hooks and without a question; logs before records where the server knows no `atomic`.
    fn send_quietly(&self, remote: &str, pushes: &[Push]) -> Result<Sent, AnyFault> {
        let outcome = self.repo.push(remote, pushes, Manner { atomic: true, quiet: true, ..Manner::default() })?;
        if !outcome.not_atomic {
            return self.answered(remote, pushes, &outcome);
        }
        let (records, logs): (Vec<Push>, Vec<Push>) =
            pushes.iter().cloned().partition(|push| push.name.starts_with(refs::BRANCHES));
        for part in [logs, records].into_iter().filter(|part| !part.is_empty()) {
            let outcome = self.repo.push(remote, &part, Manner { quiet: true, ..Manner::default() })?;
            match self.answered(remote, &part, &outcome)? {
                Sent::Arrived => {}
                other => return Ok(other),
            }
        }
        Ok(Sent::Arrived)
    }

    fn answered(&self, remote: &str, pushes: &[Push], outcome: &PushOutcome) -> Result<Sent, AnyFault> {
        let each = || pushes.iter().zip(&outcome.refs);
        let arrived: Vec<(String, Oid)> =
            each().filter(|(_, o)| o.arrived()).map(|(p, _)| (p.name.clone(), p.new.clone())).collect();
        self.note_tracking(remote, &arrived)?;
        if arrived.len() == pushes.len() {
            if self.local.answer_of(remote).is_none() {
                self.local.note_answer(remote, &Answer::Takes)?;
            }
            return Ok(Sent::Arrived);
        }
        let refusal = each().find_map(|(_, o)| match o {
            Outcome::Refused { why } if !why.contains("atomic") => Some(why.clone()),
            _ => None,
        });
        if let Some(why) = refusal {
            return Ok(Sent::Refused(server_words(&outcome.talk).unwrap_or(why)));
        }
        let lost: Vec<String> =
            each().filter(|(_, o)| matches!(o, Outcome::Lost { .. })).map(|(p, _)| p.name.clone()).collect();
        // A race that is lost inside the server's transaction is told of no single ref.
        Ok(Sent::Lost(if lost.is_empty() { pushes.iter().map(|p| p.name.clone()).collect() } else { lost }))
    }
}

/// What `--mirror` does to handoffs, in one line.
fn mirrored(args: &[String], lines: &[pushed::Line]) -> Option<String> {
    if caller::is_dry_run() {
        return None;
    }
    let ours = || lines.iter().filter(|line| line.is_handoff());
    let (gone, sent) = (ours().filter(|l| l.is_deletion()).count(), ours().filter(|l| !l.is_deletion()).count());
    let to = args.first().map_or("there", String::as_str);
    let mut does = Vec::new();
    if sent > 0 {
        does.push(format!("publishes {}", words::count(sent, "handoff ref")));
    }
    if gone > 0 {
        does.push(format!("deletes {}", words::count(gone, "handoff ref")));
    }
    let to = crate::flows::push::without_userinfo(to);
    Some(format!("warning: this push {} at {to}, as --mirror does", does.join(" and ")))
}

/// Events that a remote with the record `there` does not have, by session.
fn news(due: &Due, there: Option<&Record>) -> Vec<(SessionKey, u64)> {
    let before =
        |key: &SessionKey| there.and_then(|r| r.sessions.iter().find(|s| s.key == *key)).map_or(0, |s| s.events);
    let sent = |key: &SessionKey| due.pushes.iter().any(|p| p.name == refs::log(key));
    let new = due.record.sessions.iter().filter(|s| sent(&s.key));
    new.map(|s| (s.key.clone(), s.events.saturating_sub(before(&s.key)))).filter(|(_, n)| *n > 0).collect()
}

/// `pushed 12 events of claude 434d9315 with feature/auth`; nothing if only records moved.
fn told(due: &[Due]) -> Option<String> {
    let with: Vec<&str> = due.iter().filter(|d| !d.news.is_empty()).map(|d| d.branch.lane.local.as_str()).collect();
    let mut news: Vec<&(SessionKey, u64)> = due.iter().flat_map(|d| &d.news).collect();
    news.sort();
    news.dedup();
    let of =
        |(key, n): &(SessionKey, u64)| format!("{} of {} {}", words::count(*n, "event"), key.agent, key.id.short());
    let what = match news.as_slice() {
        [] => return None,
        few if few.len() <= 2 => few.iter().map(|n| of(n)).collect::<Vec<_>>().join(" and "),
        many => {
            let events = words::count(many.iter().map(|(_, n)| n).sum::<u64>(), "event");
            format!("{events} of {}", words::count(many.len(), "session"))
        }
    };
    Some(format!("pushed {what} with {}", words::cut(&with.join(", "), 80)))
}
