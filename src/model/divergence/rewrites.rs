//! Which commits of one side are known to live on as rewritten commits of the other.

use std::collections::{HashMap, HashSet};

use super::snapshot::Sides;
use crate::model::ids::Oid;

/// How far the rewrites that a record knows explain why two heads parted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rewritten {
    /// Not at all: no commit of this side is known to be rewritten on the other.
    No,
    /// Every commit of this side lives on, rewritten, on the other.
    Wholly,
    /// The commits up to `last` do; `own` newer ones were made here on top of them.
    Partly {
        /// The newest commit that lives on.
        last: Oid,
        /// How many commits came after it.
        own: u64,
    },
}

impl Rewritten {
    /// Follows `rewrites` (old to new, oldest first) from each commit that only this side has to the other side.
    pub fn of(sides: &Sides, rewrites: &[(Oid, Oid)]) -> Rewritten {
        Rewritten::between(&sides.here, sides.here_count, &sides.there, rewrites)
    }

    /// The same with the sides exchanged: whether the other side's commits live on here.
    pub fn of_other(sides: &Sides, rewrites: &[(Oid, Oid)]) -> Rewritten {
        Rewritten::between(&sides.there, sides.there_count, &sides.here, rewrites)
    }

    fn between(mine: &[Oid], count: u64, theirs: &[Oid], rewrites: &[(Oid, Oid)]) -> Rewritten {
        let next: HashMap<&Oid, &Oid> = rewrites.iter().map(|(old, new)| (old, new)).collect();
        let theirs: HashSet<&Oid> = theirs.iter().collect();
        let lives_on = |oid: &Oid| {
            // As many steps as there are rewrites, so that a ring of them ends.
            let mut at = oid;
            for _ in 0..=next.len() {
                match next.get(at) {
                    Some(new) if theirs.contains(new) => return true,
                    Some(new) => at = new,
                    None => return false,
                }
            }
            false
        };
        let own = mine.iter().take_while(|oid| !lives_on(oid)).count();
        let cut_short = count > mine.len() as u64;
        match mine.get(own) {
            None => Rewritten::No,
            // A commit between the rewritten ones that does not live on would be lost by following.
            Some(_) if cut_short || !mine[own..].iter().all(lives_on) => Rewritten::No,
            Some(_) if own == 0 => Rewritten::Wholly,
            Some(last) => Rewritten::Partly { last: last.clone(), own: own as u64 },
        }
    }
}
