//! Which commit became which: noted when git rewrites commits, put into the next record of the branch.

use std::collections::{HashMap, HashSet};

use crate::fault::AnyFault;
use crate::flows::Ctx;
use crate::format::record::MOST_REWRITES;
use crate::git::spawn::SpawnError;
use crate::model::ids::Oid;

/// The file of the notes: `old new` a line, oldest first.
const NOTES: &str = "rewrites";
/// How far back a branch is looked at.
const RECENT: usize = 1000;

/// An old commit and the one it became.
type Pair = (Oid, Oid);

impl Ctx {
    /// The post-rewrite hook: notes the pairs that git gives, `old new` and perhaps more on a line.
    pub(super) fn note_rewritten(&self, input: &[u8]) -> Result<(), AnyFault> {
        let mut pairs = self.noted();
        pairs.extend(read(&String::from_utf8_lossy(input)));
        let recent = self.repo.head()?.commit.map(|head| self.repo.only_in(&head, None, RECENT)).unwrap_or_default();
        let lines: String =
            bounded(pairs, &recent.into_iter().collect()).iter().map(|(old, new)| format!("{old} {new}\n")).collect();
        Ok(self.local.write(NOTES, &lines)?)
    }

    fn noted(&self) -> Vec<Pair> {
        self.local.read(NOTES).map(|text| read(&text)).unwrap_or_default()
    }

    /// Pairs of commits, old to new, when a branch moved from `old` to `new` by a rewrite: as git told them, and for the
    /// rest those with the same patch. Empty if `new` continues `old`.
    pub fn rewritten(&self, old: &Oid, new: &Oid) -> Result<Vec<Pair>, SpawnError> {
        let noted = self.noted();
        if noted.is_empty() {
            return self.repo.rewritten(old, new);
        }
        let gone: Vec<Oid> = self.repo.only_in(old, Some(new), RECENT);
        let came: HashSet<Oid> = self.repo.only_in(new, Some(old), RECENT).into_iter().collect();
        let mut pairs = followed(&noted, &gone, &came);
        if pairs.len() < gone.len() {
            let known: HashSet<Oid> = pairs.iter().map(|(old, _)| old.clone()).collect();
            pairs.extend(self.repo.rewritten(old, new)?.into_iter().filter(|(old, _)| !known.contains(old)));
        }
        Ok(pairs)
    }
}

fn read(text: &str) -> Vec<Pair> {
    let pair = |line: &str| {
        let mut words = line.split(' ');
        Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
    };
    text.lines().filter_map(pair).collect()
}

/// What is kept when there are too many: what leads to a commit that is `recent`, and of that the last.
fn bounded(pairs: Vec<Pair>, recent: &HashSet<Oid>) -> Vec<Pair> {
    if pairs.len() <= MOST_REWRITES {
        return pairs;
    }
    let mut leads = recent.clone();
    let mut kept: Vec<Pair> = Vec::new();
    for (old, new) in pairs.into_iter().rev() {
        if leads.contains(&new) && kept.len() < MOST_REWRITES {
            leads.insert(old.clone());
            kept.push((old, new));
        }
    }
    kept.reverse();
    kept
}

/// For each commit that is `gone`, oldest first, the one among those that `came` that it became in the end.
fn followed(noted: &[Pair], gone: &[Oid], came: &HashSet<Oid>) -> Vec<Pair> {
    let next: HashMap<&Oid, &Oid> = noted.iter().map(|(old, new)| (old, new)).collect();
    let end = |old: &Oid| {
        // As many steps as there are notes, so that a ring of them ends.
        let steps = std::iter::successors(Some(old), |at| next.get(at).copied());
        steps.skip(1).take(noted.len()).find(|at| came.contains(*at)).cloned()
    };
    gone.iter().rev().filter_map(|old| Some((old.clone(), end(old)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(n: usize) -> Oid {
        format!("{n:040x}").parse().expect("an id")
    }

    #[test]
    fn notes_are_followed_to_the_end() {
        let noted = [(oid(1), oid(11)), (oid(2), oid(12)), (oid(11), oid(21)), (oid(7), oid(8)), (oid(8), oid(7))];
        let came = HashSet::from([oid(21), oid(12)]);
        let pairs = followed(&noted, &[oid(2), oid(1), oid(7), oid(3)], &came);
        assert_eq!(pairs, [(oid(1), oid(21)), (oid(2), oid(12))]);
    }

    #[test]
    fn of_too_many_notes_those_stay_that_lead_to_what_is_there() {
        let mut pairs: Vec<Pair> = (0..10).map(|n| (oid(n), oid(n + 1))).collect();
        assert_eq!(bounded(pairs.clone(), &HashSet::new()).len(), 10);
        pairs.extend((1000..1000 + MOST_REWRITES).map(|n| (oid(n), oid(n + 5000))));
        let kept = bounded(pairs, &HashSet::from([oid(10)]));
        assert_eq!(kept, (0..10).map(|n| (oid(n), oid(n + 1))).collect::<Vec<_>>());
    }

    #[test]
    fn lines_of_git_are_read() {
        let (a, b) = (oid(1), oid(2));
        assert_eq!(read(&format!("{a} {b}\n{b} {a} more\nx y\n{a}\n\n")), [(a.clone(), b.clone()), (b, a)]);
    }
}
