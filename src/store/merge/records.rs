//! Records of one branch from two writers as one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::format::record::MOST_REWRITES;
use crate::model::record::{Baton, BatonState, Record, SessionEntry};
use crate::store::merge::keep_unknown;

/// The records of two writers as one value.
///
/// What a record states of one moment (head, base, upstream, work, sequence, tool) comes whole from the record that
/// leads; baton, sessions, removed ids, rewrites and unknown fields are merged each for itself.
pub fn records(a: &Record, b: &Record) -> Record {
    if a == b {
        return a.clone();
    }
    let (first, second) = if leads(a, b) { (a, b) } else { (b, a) };
    let mut merged = first.clone();
    merged.repository = a.repository.clone().max(b.repository.clone());
    merged.previous = a.previous.clone().max(b.previous.clone());
    merged.renamed_from = a.renamed_from.clone().max(b.renamed_from.clone());
    merged.baton = baton(&a.baton, &b.baton);
    merged.removed = union(&a.removed, &b.removed);
    merged.rewrites = union(&a.rewrites, &b.rewrites);
    merged.rewrites.drain(..merged.rewrites.len().saturating_sub(MOST_REWRITES));
    merged.sessions = sessions(&a.sessions, &b.sessions);
    merged.sessions.retain(|s| !merged.removed.contains(&s.key.to_string()));
    merged.order();
    keep_unknown(&mut merged.unknown, &second.unknown);
    merged
}

/// Whether what `a` states of its moment goes before what `b` states.
pub fn leads(a: &Record, b: &Record) -> bool {
    fn statement(r: &Record) -> impl Ord + '_ {
        (rank(&r.baton), r.sequence, &r.head, &r.base, &r.upstream, &r.work, &r.tool, &r.branch)
    }
    statement(a) >= statement(b)
}

/// The higher epoch wins; at a tie held beats offered and offered beats free, then the lower holder, then the earlier.
pub fn baton(a: &Baton, b: &Baton) -> Baton {
    if rank(a) >= rank(b) { a.clone() } else { b.clone() }
}

fn rank(baton: &Baton) -> (u64, BatonState, Reverse<&str>, Reverse<Timestamp>) {
    (baton.epoch, baton.state, Reverse(&baton.holder), Reverse(baton.since))
}

/// Of two entries of one session the one that was worked with last says what is handed over.
fn sessions(a: &[SessionEntry], b: &[SessionEntry]) -> Vec<SessionEntry> {
    let rank = |s: &SessionEntry| (s.last_event, s.events, s.commit.clone(), s.tip.clone(), s.title.clone());
    let mut by_key: BTreeMap<_, SessionEntry> = BTreeMap::new();
    for entry in a.iter().chain(b) {
        match by_key.get(&entry.key) {
            Some(have) if rank(have) >= rank(entry) => {}
            _ => drop(by_key.insert(entry.key.clone(), entry.clone())),
        }
    }
    by_key.into_values().collect()
}

fn union<T: Clone + Ord>(a: &[T], b: &[T]) -> Vec<T> {
    a.iter().chain(b).cloned().collect::<BTreeSet<T>>().into_iter().collect()
}
