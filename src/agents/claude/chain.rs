//! Which lines of a log the conversation stands on: the chain of parents from the last line back.
//!
//! Not on it are subagents and what a rewind left behind. The chain is a graph: of parallel calls each answer hangs on
//! its own call, and Claude gathers all blocks of one model message (measured); a compaction starts a new root whose
//! `logicalParentUuid` names the old end.

use std::collections::{HashMap, HashSet};

/// The name of a line or a message, by its hash: only equality counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Name(u64);

impl Name {
    /// Of its text.
    pub(super) fn of(text: &str) -> Name {
        let hash = blake3::hash(text.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hash.as_bytes()[..8]);
        Name(u64::from_le_bytes(first))
    }
}

/// What links a line to others. Lines without `uuid` have no link.
#[derive(Debug, Default, Clone)]
pub(super) struct Link {
    /// Its id.
    pub uuid: Option<Name>,
    /// The line before it, or the one before a compaction.
    pub parent: Option<Name>,
    /// The model message that it is a block of.
    pub message: Option<Name>,
    /// It belongs to a subagent.
    pub side: bool,
    /// It is a tool's answer.
    pub answer: bool,
    /// It marks or sums up a compaction.
    pub compaction: bool,
}

/// For each line, whether the conversation that a resume sends, or what it was compacted from, stands on it.
pub(super) fn main_line(links: &[Link]) -> Vec<bool> {
    let mut main: Vec<bool> = links.iter().map(|l| l.uuid.is_none() && !l.side).collect();
    let at: HashMap<Name, usize> = links.iter().enumerate().filter_map(|(n, l)| Some((l.uuid?, n))).collect();
    let mut next = links.iter().rposition(|l| l.uuid.is_some() && !l.side);
    while let Some(n) = next.filter(|&n| !main[n]) {
        main[n] = true;
        next = links[n].parent.and_then(|parent| match at.get(&parent) {
            Some(&parent) => Some(parent),
            // A line was lost: the one before in the file is the best there is.
            None => links[..n].iter().rposition(|l| l.uuid.is_some() && !l.side),
        });
    }
    let messages: HashSet<Name> = links.iter().zip(&main).filter(|(_, m)| **m).filter_map(|(l, _)| l.message).collect();
    for (n, link) in links.iter().enumerate().filter(|(_, l)| !l.side) {
        let parent = || link.parent.and_then(|p| at.get(&p)).is_some_and(|&p| p < n && main[p]);
        main[n] = main[n]
            || link.message.is_some_and(|m| messages.contains(&m))
            || (link.answer || link.compaction) && parent();
    }
    main
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(uuid: &str, parent: &str) -> Link {
        let parent = (!parent.is_empty()).then(|| Name::of(parent));
        Link { uuid: Some(Name::of(uuid)), parent, ..Link::default() }
    }

    #[test]
    fn a_rewind_leaves_a_side() {
        let links = [link("a", ""), link("b", "a"), link("c", "b"), link("d", "a"), Link::default()];
        assert_eq!(main_line(&links), [true, false, false, true, true]);
    }

    #[test]
    fn parallel_calls_and_their_answers_belong_together() {
        let call = |uuid, parent| Link { message: Some(Name::of("m")), ..link(uuid, parent) };
        let answer = |uuid, parent| Link { answer: true, ..link(uuid, parent) };
        let links =
            [link("p", ""), call("t1", "p"), call("t2", "t1"), answer("r1", "t1"), answer("r2", "t2"), link("e", "r2")];
        assert_eq!(main_line(&links), [true; 6]);
    }

    #[test]
    fn a_compaction_is_crossed() {
        let mark = |uuid, parent| Link { compaction: true, ..link(uuid, parent) };
        let links = [link("a", ""), link("b", "a"), mark("x", "b"), mark("s", "x"), link("c", "b"), link("d", "c")];
        assert_eq!(main_line(&links), [true; 6]);
        let links = [link("a", ""), link("b", "a"), mark("x", "b"), mark("s", "x"), link("c", "s")];
        assert_eq!(main_line(&links), [true; 5]);
    }

    #[test]
    fn circles_and_holes_end() {
        assert_eq!(main_line(&[link("a", "b"), link("b", "a")]), [true, true]);
        assert_eq!(main_line(&[link("a", ""), link("b", "gone")]), [true, true]);
        let side = Link { side: true, ..link("s", "") };
        assert_eq!(main_line(&[link("a", ""), side]), [true, false]);
        assert!(main_line(&[]).is_empty());
    }
}
