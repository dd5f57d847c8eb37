//! Joins what is stored with what the agent has now: stored lines are never made again, what follows is appended, and
//! only a differing event is a fork.

use crate::canon::{Canon, Canonical};
use crate::jsonl;

/// How the agent's log relates to the stored one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joined {
    /// The agent has all that is stored, and perhaps more.
    Grown {
        /// What to store: the stored bytes and the new lines.
        log: Canonical,
        /// How many lines are new.
        new_lines: usize,
    },
    /// The agent lacks the end of what is stored.
    Behind {
        /// How many stored lines it has.
        has: usize,
    },
    /// The two differ from a line on.
    Forked {
        /// How many lines they share.
        shared: usize,
        /// The agent's side as it would be stored.
        log: Canonical,
    },
}

/// What `join` must know of an agent's lines.
pub struct Lines<'a> {
    /// The agent's lines after carry, as they are on this machine.
    pub native: &'a [Vec<u8>],
    /// A stored line as this machine's native one (localised and settled, then carried again).
    pub at_home: &'a dyn Fn(&[u8]) -> Vec<u8>,
    /// The native id of the event on a line.
    pub event_id: &'a dyn Fn(&[u8]) -> Option<String>,
    /// Stored line counts at which a turn was cut open: what the agent wrote of that turn afterwards.
    pub closings: &'a [Closing],
}

/// The rest of a turn that was cut open by the handoff, as it was stored beside the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// After how many stored lines it comes.
    pub after: usize,
    /// Its lines as stored.
    pub lines: Vec<Vec<u8>>,
}

/// Walks the stored log and the agent's lines side by side.
pub fn join(stored: &[u8], lines: &Lines<'_>, mut canon: Canon<'_>) -> Joined {
    let (old, _) = jsonl::complete_lines(stored);
    let mut out = stored[..stored.len()].to_vec();
    let mut at = 0;
    let mut skip = 0;
    let mut native = lines.native.iter().enumerate();
    let mut rest = Vec::new();
    for (_, line) in native.by_ref() {
        let made = canon.line(line).into_owned();
        if skip == 0 && at < old.len() {
            let closing = lines.closings.iter().find(|c| c.after == at);
            skip = closing.filter(|c| c.lines.first() == Some(&made)).map_or(0, |c| c.lines.len());
        }
        if skip > 0 {
            skip -= 1;
            continue;
        }
        match old.get(at) {
            Some(stored_line) if same(stored_line, line, &made, lines) => at += 1,
            Some(_) => {
                rest.push(made);
                break;
            }
            None => {
                out.extend_from_slice(&made);
                out.push(b'\n');
                at += 1;
            }
        }
    }
    if rest.is_empty() {
        let redactions = crate::canon::redact::placeholders(&out);
        return if at < old.len() {
            Joined::Behind { has: at }
        } else {
            Joined::Grown { log: Canonical { bytes: out, redactions }, new_lines: at - old.len() }
        };
    }
    let shared: usize = old[..at].iter().map(|l| l.len() + 1).sum();
    let mut side = stored[..shared].to_vec();
    rest.extend(native.map(|(_, line)| canon.line(line).into_owned()));
    for line in &rest {
        side.extend_from_slice(line);
        side.push(b'\n');
    }
    let redactions = crate::canon::redact::placeholders(&side);
    Joined::Forked { shared: at, log: Canonical { bytes: side, redactions } }
}

fn same(stored: &[u8], native: &[u8], made: &[u8], lines: &Lines<'_>) -> bool {
    if made == stored || native == (lines.at_home)(stored) {
        return true;
    }
    match ((lines.event_id)(stored), (lines.event_id)(native)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}
