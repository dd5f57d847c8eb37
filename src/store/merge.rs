//! Merging: logs and records of one name from two writers, as functions of two values that lose nothing.
//!
//! Both are commutative, associative and idempotent, so every clone ends up with the same.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::format::manifest::Cut;
use crate::git::GitError;
use crate::git::Repo;
use crate::jsonl;
use crate::model::ids::Oid;
use crate::model::record::{Baton, BatonState, Record, SessionEntry};
use crate::store::logs::{Log, Logs};

/// How the next commit of a ref hangs together with what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parents {
    /// What the local ref is now.
    pub local: Option<Oid>,
    /// The local commit that nobody else has seen and that is replaced.
    pub replaces: Option<Oid>,
    /// The parents of the next commit.
    pub follows: Vec<Oid>,
}

impl Parents {
    /// The parents of the next commit of a local ref whose remote counterparts are `seen`.
    ///
    /// A local commit that no remote has is replaced, and its parents are kept; every tip of a remote that the result
    /// does not follow yet becomes a parent as well.
    pub fn of(repo: &Repo, local: Option<Oid>, seen: &[Oid]) -> Result<Parents, GitError> {
        let pushed = |oid: &Oid| seen.iter().any(|s| repo.is_ancestor(oid, s));
        let (replaces, mut follows) = match &local {
            Some(oid) if !pushed(oid) => {
                let parents = repo.commit(oid).map(|c| c.parents).unwrap_or_default();
                (Some(oid.clone()), parents)
            }
            Some(oid) => (None, vec![oid.clone()]),
            None => (None, Vec::new()),
        };
        for tip in seen {
            if !follows.iter().any(|f| repo.is_ancestor(tip, f)) {
                follows.retain(|f| !repo.is_ancestor(f, tip));
                follows.push(tip.clone());
            }
        }
        Ok(Parents { local, replaces, follows })
    }

    /// Whether a commit has just these parents.
    pub fn follows_of(&self, repo: &Repo, oid: &Oid) -> bool {
        repo.commit(oid).is_ok_and(|c| c.parents == self.follows)
    }
}

/// The logs of two writers as one value: of logs that are a prefix of another the longer stays; of those that differ,
/// the one with the lowest key takes the main place and the others stand under `forks/<key>`, where the key is 8 hex of
/// SHA-256 of the first line in which a log differs from all others. A log whose only surplus is the rest of a turn that
/// was cut open by a handoff is a closing and stands beside, never in the main place.
pub fn logs(a: &Logs, b: &Logs) -> Logs {
    let all = [a, b].into_iter().flat_map(|l| std::iter::once(&l.main).chain(l.forks.values()));
    arrange(all.cloned().collect())
}

/// Puts any number of logs of one session in their places.
pub fn arrange(all: Vec<Log>) -> Logs {
    let (closings, whole): (Vec<Log>, Vec<Log>) = all.into_iter().partition(is_closing);
    let mut kept = without_prefixes(whole);
    let texts: Vec<Vec<u8>> = kept.iter().map(|l| l.main.bytes().to_vec()).collect();
    let closes =
        |at: usize| texts.iter().enumerate().any(|(other, text)| other != at && ends_in_a_closing(&kept[at], text));
    let closing: Vec<bool> = (0..kept.len()).map(closes).collect();
    let mut keyed: BTreeMap<String, Log> = BTreeMap::new();
    let mut beside = closings;
    let open: Vec<Vec<u8>> = texts.iter().zip(&closing).filter(|(_, c)| !**c).map(|(t, _)| t.clone()).collect();
    for (log, closing) in kept.drain(..).zip(closing) {
        if closing {
            beside.push(log);
        } else {
            let at = open.iter().position(|t| t == log.main.bytes()).unwrap_or(0);
            keyed.insert(key(&open, at), log);
        }
    }
    let mut places = keyed.into_iter();
    let (_, mut main) = places.next().expect("at least one log is no closing of another");
    main.manifest.fork = None;
    let mut forks: BTreeMap<String, Log> = BTreeMap::new();
    for (key, mut log) in places {
        log.manifest.fork = Some("fork".into());
        forks.insert(key, log);
    }
    for mut log in without_prefixes(beside) {
        // A closing that became part of a whole log has been told.
        if main.main.bytes().starts_with(log.main.bytes()) {
            continue;
        }
        log.manifest.fork = Some("closing".into());
        let key = digest(log.main.bytes());
        let log = match forks.remove(&key) {
            Some(other) => joined(&other, log),
            None => log,
        };
        forks.insert(key, log);
    }
    Logs { main, forks }
}

fn is_closing(log: &Log) -> bool {
    log.manifest.fork.as_deref() == Some("closing")
}

fn without_prefixes(mut logs: Vec<Log>) -> Vec<Log> {
    logs.sort_by(|x, y| x.main.bytes().cmp(y.main.bytes()));
    let mut kept: Vec<Log> = Vec::new();
    for log in logs {
        // Sorted, so a prefix stands right before what it is a prefix of.
        match kept.last_mut() {
            Some(last) if log.main.bytes().starts_with(last.main.bytes()) => *last = joined(last, log),
            _ => kept.push(log),
        }
    }
    kept
}

/// Whether all that `log` has beyond what it shares with `other` is the rest of a turn that was cut open there, and
/// `other` went on from the cut with something else.
fn ends_in_a_closing(log: &Log, other: &[u8]) -> bool {
    let mine = jsonl::complete_lines(log.main.bytes()).0;
    let theirs = jsonl::complete_lines(other).0;
    let shared = mine.iter().zip(&theirs).take_while(|(m, t)| m == t).count() as u64;
    let total = mine.len() as u64;
    shared < theirs.len() as u64 && log.manifest.cuts.iter().any(|c| c.at == shared && c.end == Some(total))
}

/// One log of two that are the same or of which `longer` continues `shorter`.
fn joined(shorter: &Log, mut longer: Log) -> Log {
    for (name, file) in &shorter.files {
        match longer.files.get(name) {
            Some(mine) if !file.bytes().starts_with(mine.bytes()) => {}
            _ => {
                longer.files.insert(name.clone(), file.clone());
            }
        }
    }
    let (a, b) = (&shorter.manifest, &mut longer.manifest);
    let mut cuts: BTreeMap<u64, Option<u64>> = BTreeMap::new();
    for cut in a.cuts.iter().chain(&b.cuts) {
        let end = cuts.entry(cut.at).or_insert(cut.end);
        *end = (*end).max(cut.end);
    }
    b.cuts = cuts.into_iter().map(|(at, end)| Cut { at, end }).collect();
    b.open_turn = b.open_turn && (a.open_turn || shorter.main.bytes().len() < longer.main.bytes().len());
    b.native_name = b.native_name.take().or_else(|| a.native_name.clone());
    longer
}

/// The key of the log at `at` among all.
fn key(texts: &[Vec<u8>], at: usize) -> String {
    let mine = jsonl::complete_lines(&texts[at]).0;
    let mut unique = 0;
    for (_, text) in texts.iter().enumerate().filter(|(other, _)| *other != at) {
        let theirs = jsonl::complete_lines(text).0;
        let shared = mine.iter().zip(&theirs).take_while(|(m, t)| m == t).count();
        unique = unique.max(shared);
    }
    digest(mine.get(unique).copied().unwrap_or_default())
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(4).map(|b| format!("{b:02x}")).collect()
}

/// The records of two writers as one value. `newer_head(a, b)`: whether `b` is a descendant of `a`.
pub fn records(a: &Record, b: &Record, is_ancestor: &dyn Fn(&Oid, &Oid) -> bool) -> Record {
    let (first, second) = if rank(a) >= rank(b) { (a, b) } else { (b, a) };
    let mut merged = first.clone();
    if first.head != second.head && is_ancestor(&first.head, &second.head) {
        merged.head = second.head.clone();
    }
    merged.baton = baton(&a.baton, &b.baton);
    merged.sequence = a.sequence.max(b.sequence);
    merged.removed = union(&a.removed, &b.removed);
    merged.removed.sort();
    let mut rewrites = union(&second.rewrites, &first.rewrites);
    rewrites.drain(..rewrites.len().saturating_sub(crate::format::record::MOST_REWRITES));
    merged.rewrites = rewrites;
    let mut sessions: BTreeMap<_, SessionEntry> = BTreeMap::new();
    for entry in second.sessions.iter().chain(&first.sessions) {
        match sessions.get(&entry.key) {
            Some(have) if (have.events, &have.commit) >= (entry.events, &entry.commit) => {}
            _ => {
                sessions.insert(entry.key.clone(), entry.clone());
            }
        }
    }
    merged.sessions = sessions.into_values().filter(|s| !merged.removed.contains(&s.key.to_string())).collect();
    merged.order();
    merged.base = merged.base.or_else(|| second.base.clone());
    merged.repository = merged.repository.or_else(|| second.repository.clone());
    merged.previous = merged.previous.or_else(|| second.previous.clone());
    merged
}

fn rank(record: &Record) -> (u64, u64, bool, std::cmp::Reverse<String>, String) {
    let held = record.baton.state == BatonState::Held;
    let holder = std::cmp::Reverse(record.baton.holder.clone());
    (record.baton.epoch, record.sequence, held, holder, format!("{record:?}"))
}

/// The higher epoch wins; at a tie held beats offered, then the lower holder, then the earlier.
pub fn baton(a: &Baton, b: &Baton) -> Baton {
    let rank = |x: &Baton| {
        (x.epoch, x.state == BatonState::Held, std::cmp::Reverse(x.holder.clone()), std::cmp::Reverse(x.since))
    };
    if rank(a) >= rank(b) { a.clone() } else { b.clone() }
}

fn union<T: Clone + PartialEq>(a: &[T], b: &[T]) -> Vec<T> {
    let mut all = a.to_vec();
    b.iter().for_each(|x| {
        if !all.contains(x) {
            all.push(x.clone());
        }
    });
    all
}
