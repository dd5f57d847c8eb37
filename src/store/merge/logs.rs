//! Logs of one session from several writers in their places: which is the main one, which are forks, which closings.
//!
//! Everything here is a function of the set of logs: their order, and whether they arrive together or one by one,
//! changes nothing.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::format::manifest::{Cut, Manifest};
use crate::store::StoreError;
use crate::store::files::{Blobs, StoredFile, hash_up_to, line_at, shared};
use crate::store::logs::{Log, Logs};
use crate::store::merge::keep_unknown;

/// The logs of two writers as one value, see [`arrange`].
pub fn logs(blobs: &dyn Blobs, a: &Logs, b: &Logs) -> Result<Logs, StoreError> {
    let all = [a, b].into_iter().flat_map(|l| std::iter::once(&l.main).chain(l.forks.values()));
    arrange(blobs, all.cloned().collect())
}

/// Puts any number of logs of one session (at least one) in their places.
///
/// A log that is the beginning of another is part of it. Of those that remain the main place goes to the first that is
/// no closing; of two, that one comes first whose first differing line has the lower SHA-256. The others stand under
/// `forks/<key>`. A log is a closing if all it has beyond what it shares with another is the rest of a turn that was cut
/// open there by a handoff.
pub fn arrange(blobs: &dyn Blobs, mut all: Vec<Log>) -> Result<Logs, StoreError> {
    share_cuts(blobs, &mut all)?;
    let kept = in_order(blobs, without_beginnings(blobs, all)?)?;
    let mut closing = Vec::new();
    let mut keys = Vec::new();
    for at in 0..kept.len() {
        let mut is_closing = false;
        for other in others(&kept, at) {
            is_closing = is_closing || closes(blobs, &kept[at], other)?;
        }
        closing.push(is_closing);
        keys.push(key(blobs, &kept, at)?);
    }
    let main_at = closing.iter().position(|c| !c).unwrap_or(0);
    let mut main = None;
    let mut forks = BTreeMap::new();
    for (at, mut log) in kept.into_iter().enumerate() {
        log.measure();
        log.manifest.open_turn = log.manifest.cuts.iter().any(|c| c.at == log.main.extent().lines);
        if at == main_at {
            log.manifest.fork = None;
            main = Some(log);
        } else {
            log.manifest.fork = Some(if closing[at] { "closing" } else { "fork" }.into());
            forks.insert(free(&forks, &keys[at]), log);
        }
    }
    Ok(Logs { main: main.expect("a session has at least one log"), forks })
}

fn others(all: &[Log], but: usize) -> impl Iterator<Item = &Log> {
    all.iter().enumerate().filter(move |(at, _)| *at != but).map(|(_, log)| log)
}

/// A sort whose comparison may fail; there are few logs.
fn sorted(
    mut all: Vec<Log>,
    compare: impl Fn(&StoredFile, &StoredFile) -> Result<Ordering, StoreError>,
) -> Result<Vec<Log>, StoreError> {
    for at in 1..all.len() {
        let mut to = at;
        while to > 0 && compare(&all[to].main, &all[to - 1].main)? == Ordering::Less {
            all.swap(to, to - 1);
            to -= 1;
        }
    }
    Ok(all)
}

fn in_order(blobs: &dyn Blobs, all: Vec<Log>) -> Result<Vec<Log>, StoreError> {
    sorted(all, |a, b| {
        let both = shared(blobs, a, b)?;
        let digest = |x| Ok::<_, StoreError>(Sha256::digest(line_at(blobs, x, both.bytes)?));
        Ok(digest(a)?.cmp(&digest(b)?).then(both.order))
    })
}

/// SHA-256 of a log up to the end of the first line in which it differs from every other: what is appended later does
/// not change it.
fn key(blobs: &dyn Blobs, all: &[Log], at: usize) -> Result<[u8; 32], StoreError> {
    let mine = &all[at].main;
    let mut start = 0;
    for other in others(all, at) {
        start = start.max(shared(blobs, mine, &other.main)?.bytes);
    }
    if all.len() == 1 {
        // It has no need of one.
        return Ok([0; 32]);
    }
    hash_up_to(blobs, mine, start, &line_at(blobs, mine, start)?)
}

/// The first 8 hex digits of a key; more where another log has the same.
fn free(taken: &BTreeMap<String, Log>, key: &[u8]) -> String {
    let hex: String = key.iter().map(|b| format!("{b:02x}")).collect();
    (8..64).find(|n| !taken.contains_key(&hex[..*n])).map_or(hex.clone(), |n| hex[..n].to_owned())
}

/// Tells every log of the cuts that others know of lines which it shares with them.
fn share_cuts(blobs: &dyn Blobs, all: &mut [Log]) -> Result<(), StoreError> {
    let mut told = Vec::new();
    for log in &*all {
        let mut known = BTreeSet::new();
        for other in all.iter().filter(|o| !o.manifest.cuts.is_empty()) {
            let lines = shared(blobs, &log.main, &other.main)?.lines;
            known.extend(other.manifest.cuts.iter().filter_map(|c| within(c, lines)));
        }
        told.push(without_doubles(known));
    }
    for (log, cuts) in all.iter_mut().zip(told) {
        log.manifest.cuts = cuts;
    }
    Ok(())
}

/// What a cut says of the first `lines` lines.
fn within(cut: &Cut, lines: u64) -> Option<Cut> {
    let end = cut.end.filter(|end| (cut.at + 1..=lines).contains(end));
    (cut.at <= lines).then_some(Cut { at: cut.at, end })
}

/// A cut whose end is known says all that the same cut without an end does.
fn without_doubles(cuts: BTreeSet<Cut>) -> Vec<Cut> {
    let ended: BTreeSet<u64> = cuts.iter().filter(|c| c.end.is_some()).map(|c| c.at).collect();
    cuts.into_iter().filter(|c| c.end.is_some() || !ended.contains(&c.at)).collect()
}

/// Whether all that `log` has beyond what it shares with `other` is the rest of a turn that was cut open there (perhaps
/// several times), while `other` went on with something else.
fn closes(blobs: &dyn Blobs, log: &Log, other: &Log) -> Result<bool, StoreError> {
    if log.manifest.cuts.is_empty() {
        return Ok(false);
    }
    let total = log.main.extent().lines;
    let mut reached = BTreeSet::from([shared(blobs, &log.main, &other.main)?.lines]);
    // Sorted, so one pass follows any chain.
    for Cut { at, end } in &log.manifest.cuts {
        if let Some(end) = end.filter(|_| reached.contains(at)) {
            reached.insert(end);
        }
    }
    Ok(reached.len() > 1 && reached.contains(&total))
}

/// The logs that are no beginning of another, each with what is known of its beginnings.
fn without_beginnings(blobs: &dyn Blobs, all: Vec<Log>) -> Result<Vec<Log>, StoreError> {
    let all = sorted(all, |a, b| Ok(shared(blobs, a, b)?.order))?;
    let mut distinct: Vec<Log> = Vec::new();
    for log in all {
        match distinct.last_mut() {
            Some(last) if shared(blobs, &last.main, &log.main)?.order == Ordering::Equal => unite(blobs, last, log)?,
            _ => distinct.push(log),
        }
    }
    let begins = |x: &Log, y: &Log| Ok::<_, StoreError>(shared(blobs, &x.main, &y.main)?.begins);
    let mut kept: Vec<Log> = Vec::new();
    for (at, log) in distinct.iter().enumerate() {
        // Sorted, so what a log begins stands right behind it.
        if at + 1 < distinct.len() && begins(log, &distinct[at + 1])? {
            continue;
        }
        let mut log = log.clone();
        // The longest beginning first: side files that the log itself lacks are not lost.
        for beginning in distinct[..at].iter().rev() {
            if begins(beginning, &log)? {
                for (name, file) in &beginning.files {
                    log.files.entry(name.clone()).or_insert_with(|| file.clone());
                }
            }
        }
        kept.push(log);
    }
    Ok(kept)
}

/// Two logs with the same bytes as one.
fn unite(blobs: &dyn Blobs, log: &mut Log, same: Log) -> Result<(), StoreError> {
    for (name, file) in same.files {
        match log.files.get(&name) {
            Some(have) if shared(blobs, have, &file)?.order != Ordering::Less => {}
            _ => drop(log.files.insert(name, file)),
        }
    }
    fn most<T: Ord>(a: &mut T, b: T) {
        if *a < b {
            *a = b;
        }
    }
    // Named one by one, so that a new field cannot be forgotten.
    let Manifest {
        key: _,
        agent_version,
        native_name,
        cwd,
        title,
        events,
        log: _,
        files: _,
        roots,
        short_roots,
        open_turn: _,
        cuts: _,
        fork: _,
        canon,
        unknown,
    } = same.manifest;
    let m = &mut log.manifest;
    most(&mut m.agent_version, agent_version);
    most(&mut m.native_name, native_name);
    most(&mut m.cwd, cwd);
    most(&mut m.title, title);
    most(&mut m.events, events);
    most(&mut m.roots, roots);
    most(&mut m.short_roots, short_roots);
    most(&mut m.canon, canon);
    keep_unknown(&mut m.unknown, &unknown);
    Ok(())
}
