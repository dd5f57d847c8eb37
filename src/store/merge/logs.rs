//! Logs of one session from several writers in their places: which is the main one, which are forks, which closings.
//!
//! Everything here is a function of the set of logs: their order, and whether they arrive together or one by one,
//! changes nothing.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::format::manifest::{Cut, Extent, Manifest};
use crate::format::segments;
use crate::store::logs::{Log, Logs};
use crate::store::merge::keep_unknown;

/// The logs of two writers as one value, see [`arrange`].
pub fn logs(a: &Logs, b: &Logs) -> Logs {
    let all = [a, b].into_iter().flat_map(|l| std::iter::once(&l.main).chain(l.forks.values()));
    arrange(all.cloned().collect())
}

/// Puts any number of logs of one session (at least one) in their places.
///
/// A log that is the beginning of another is part of it. Of those that remain the main place goes to the first that is
/// no closing; of two, that one comes first whose first differing line has the lower SHA-256. The others stand under
/// `forks/<key>`. A log is a closing if all it has beyond what it shares with another is the rest of a turn that was cut
/// open there by a handoff.
pub fn arrange(mut all: Vec<Log>) -> Logs {
    share_cuts(&mut all);
    let mut kept = without_beginnings(all);
    kept.sort_by(|a, b| order(a.main.bytes(), b.main.bytes()));
    let closing: Vec<bool> = (0..kept.len()).map(|at| others(&kept, at).any(|o| closes(&kept[at], o))).collect();
    let keys: Vec<[u8; 32]> = (0..kept.len()).map(|at| key(&kept, at)).collect();
    let main_at = closing.iter().position(|c| !c).unwrap_or(0);
    let mut main = None;
    let mut forks = BTreeMap::new();
    for (at, mut log) in kept.into_iter().enumerate() {
        measure(&mut log);
        if at == main_at {
            log.manifest.fork = None;
            main = Some(log);
        } else {
            log.manifest.fork = Some(if closing[at] { "closing" } else { "fork" }.into());
            forks.insert(free(&forks, &keys[at]), log);
        }
    }
    Logs { main: main.expect("a session has at least one log"), forks }
}

/// How many whole lines two logs share from their start.
pub fn shared_lines(a: &[u8], b: &[u8]) -> u64 {
    segments::lines(&a[..shared(a, b)])
}

/// The same in bytes.
fn shared(a: &[u8], b: &[u8]) -> usize {
    const BLOCK: usize = 4096;
    let blocks = a.chunks(BLOCK).zip(b.chunks(BLOCK)).take_while(|(x, y)| x == y).count();
    let from = (blocks * BLOCK).min(a.len()).min(b.len());
    let same = from + a[from..].iter().zip(&b[from..]).take_while(|(x, y)| x == y).count();
    memchr::memrchr(b'\n', &a[..same]).map_or(0, |at| at + 1)
}

fn others(all: &[Log], but: usize) -> impl Iterator<Item = &Log> {
    all.iter().enumerate().filter(move |(at, _)| *at != but).map(|(_, log)| log)
}

/// The end of the line that starts at `start`.
fn line_end(bytes: &[u8], start: usize) -> usize {
    memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at + 1)
}

fn order(a: &[u8], b: &[u8]) -> Ordering {
    let start = shared(a, b);
    let digest = |x: &[u8]| Sha256::digest(&x[start..line_end(x, start)]);
    digest(a).cmp(&digest(b)).then_with(|| a.cmp(b))
}

/// SHA-256 of a log up to the end of the first line in which it differs from every other: what is appended later does
/// not change it.
fn key(all: &[Log], at: usize) -> [u8; 32] {
    let mine = all[at].main.bytes();
    let start = others(all, at).map(|o| shared(mine, o.main.bytes())).max().unwrap_or(0);
    Sha256::digest(&mine[..line_end(mine, start)]).into()
}

/// The first 8 hex digits of a key; more where another log has the same.
fn free(taken: &BTreeMap<String, Log>, key: &[u8]) -> String {
    let hex: String = key.iter().map(|b| format!("{b:02x}")).collect();
    (8..64).find(|n| !taken.contains_key(&hex[..*n])).map_or(hex.clone(), |n| hex[..n].to_owned())
}

/// Tells every log of the cuts that others know of lines which it shares with them.
fn share_cuts(all: &mut [Log]) {
    let told: Vec<Vec<Cut>> = all
        .iter()
        .map(|log| {
            let known = all.iter().flat_map(|o| {
                let lines = shared_lines(log.main.bytes(), o.main.bytes());
                o.manifest.cuts.iter().filter_map(move |c| within(c, lines))
            });
            without_doubles(known.collect())
        })
        .collect();
    for (log, cuts) in all.iter_mut().zip(told) {
        log.manifest.cuts = cuts;
    }
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
fn closes(log: &Log, other: &Log) -> bool {
    let total = segments::lines(log.main.bytes());
    let mut reached = BTreeSet::from([shared_lines(log.main.bytes(), other.main.bytes())]);
    // Sorted, so one pass follows any chain.
    for Cut { at, end } in &log.manifest.cuts {
        if let Some(end) = end.filter(|_| reached.contains(at)) {
            reached.insert(end);
        }
    }
    reached.len() > 1 && reached.contains(&total)
}

/// The logs that are no beginning of another, each with what is known of its beginnings.
fn without_beginnings(mut all: Vec<Log>) -> Vec<Log> {
    all.sort_by(|x, y| x.main.bytes().cmp(y.main.bytes()));
    let mut distinct: Vec<Log> = Vec::new();
    for log in all {
        match distinct.last_mut() {
            Some(last) if last.main.bytes() == log.main.bytes() => unite(last, log),
            _ => distinct.push(log),
        }
    }
    let begins = |x: &Log, y: &Log| y.main.bytes().starts_with(x.main.bytes());
    // Sorted, so what a log begins stands right behind it.
    let last = distinct.len().saturating_sub(1);
    let whole: Vec<bool> = (0..distinct.len()).map(|n| n == last || !begins(&distinct[n], &distinct[n + 1])).collect();
    let mut kept: Vec<Log> = Vec::new();
    for (at, log) in distinct.iter().enumerate().filter(|(at, _)| whole[*at]) {
        let mut log = log.clone();
        // The longest beginning first: side files that the log itself lacks are not lost.
        for beginning in distinct[..at].iter().rev().filter(|b| begins(b, &distinct[at])) {
            for (name, file) in &beginning.files {
                log.files.entry(name.clone()).or_insert_with(|| file.clone());
            }
        }
        kept.push(log);
    }
    kept
}

/// Two logs with the same bytes as one.
fn unite(log: &mut Log, same: Log) {
    for (name, file) in same.files {
        match log.files.get(&name) {
            Some(have) if have.bytes() >= file.bytes() => {}
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
        extent: _,
        segments: _,
        files: _,
        roots,
        short_roots,
        redactions: _,
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
}

/// Says in the manifest what can be read off the log.
fn measure(log: &mut Log) {
    let bytes = log.main.bytes();
    let m = &mut log.manifest;
    m.extent = Extent::of(bytes);
    m.segments = segments::cut(bytes).into_iter().map(|range| Extent::of(&bytes[range])).collect();
    m.files = log.files.iter().map(|(name, file)| (name.clone(), Extent::of(file.bytes()))).collect();
    m.redactions.clone_from(log.main.redactions());
    for (kind, n) in log.files.values().flat_map(|f| f.redactions()) {
        *m.redactions.entry(kind.clone()).or_default() += n;
    }
    m.open_turn = m.cuts.iter().any(|c| c.at == m.extent.lines);
}
