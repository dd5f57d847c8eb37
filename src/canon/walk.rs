//! Joins what is stored with what the agent has now: stored lines are never made again, what follows is appended, and
//! only a differing event is a fork.

use crate::canon::redact::placeholders;
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
    /// Turns that were cut open by a handoff, with what the agent wrote of them afterwards.
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
    // Every line goes through the cleaner in its order: the numbers of placeholders run through the whole file.
    let made: Vec<Vec<u8>> = lines.native.iter().map(|line| canon.line(line).into_owned()).collect();
    let walk = Walk { old: &old, made: &made, lines };
    let Met { stored: at, native, known_ids } = walk.shared();
    let (at, native, shared) = match walk.past_state_rows(at, native, known_ids) {
        Some((at, native)) => (at, native, None),
        None => (at, native, Some(at)),
    };
    if let Some(shared) = shared {
        let kept: usize = old[..shared].iter().map(|l| l.len() + 1).sum();
        return Joined::Forked { shared, log: with_lines(&stored[..kept], &made[native..]) };
    }
    if at < old.len() {
        return Joined::Behind { has: at };
    }
    Joined::Grown { log: with_lines(stored, &made[native..]), new_lines: made.len() - native }
}

fn with_lines(start: &[u8], lines: &[Vec<u8>]) -> Canonical {
    let mut bytes = start.to_vec();
    for line in lines {
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
    }
    Canonical { redactions: placeholders(&bytes), bytes }
}

struct Walk<'a> {
    old: &'a [&'a [u8]],
    made: &'a [Vec<u8>],
    lines: &'a Lines<'a>,
}

/// Where a walk stopped.
struct Met {
    /// Stored lines passed.
    stored: usize,
    /// Native lines passed.
    native: usize,
    /// Whether lines with an event id were among them.
    known_ids: bool,
}

impl Walk<'_> {
    /// As far as the two are the same, looking past closings and past rows of state that one side lacks.
    fn shared(&self) -> Met {
        let mut met = Met { stored: 0, native: 0, known_ids: false };
        loop {
            met.native += self.closing_at(met.stored, met.native);
            if met.stored == self.old.len() || met.native == self.made.len() {
                return met;
            }
            if !self.same(met.stored, met.native) {
                let Some((stored, native)) = self.next_events(met.stored, met.native) else { return met };
                if !met.known_ids || !self.same(stored, native) {
                    return met;
                }
                (met.stored, met.native) = (stored, native);
            }
            met.known_ids |= self.id(self.old[met.stored]).is_some();
            met.stored += 1;
            met.native += 1;
        }
    }

    /// Where to go on if all that stands between the two ends and their next events are rows of state, and at least one
    /// side has no more events. `None`: both have, and they differ.
    fn past_state_rows(&self, at: usize, native: usize, known_ids: bool) -> Option<(usize, usize)> {
        if at == self.old.len() || native == self.made.len() {
            return Some((at, native));
        }
        if !known_ids {
            return None;
        }
        let stored_event = (at..self.old.len()).find(|&n| self.id(self.old[n]).is_some());
        let native_event = (native..self.made.len()).find(|&n| self.id(&self.lines.native[n]).is_some());
        match (stored_event, native_event) {
            (Some(_), Some(_)) => None,
            (Some(_), None) => Some((at, self.made.len())),
            (None, Some(event)) => Some((self.old.len(), event)),
            (None, None) => Some((self.old.len(), self.made.len())),
        }
    }

    fn next_events(&self, stored: usize, native: usize) -> Option<(usize, usize)> {
        let stored = (stored..self.old.len()).find(|&n| self.id(self.old[n]).is_some())?;
        let native = (native..self.made.len()).find(|&n| self.id(&self.lines.native[n]).is_some())?;
        Some((stored, native))
    }

    /// How many native lines from here on are a known closing.
    fn closing_at(&self, stored: usize, native: usize) -> usize {
        let starts = |c: &&Closing| c.after == stored && self.made[native..].starts_with(&c.lines);
        self.lines.closings.iter().filter(starts).map(|c| c.lines.len()).max().unwrap_or(0)
    }

    fn same(&self, stored: usize, native: usize) -> bool {
        let old = self.old[stored];
        if self.made[native] == old || self.lines.native[native] == (self.lines.at_home)(old) {
            return true;
        }
        match (self.id(old), self.id(&self.lines.native[native])) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        }
    }

    fn id(&self, line: &[u8]) -> Option<String> {
        (self.lines.event_id)(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canon::paths::{Root, Roots};

    fn run(stored: &str, native: &[&str], closings: &[Closing]) -> Joined {
        let roots = Roots::new(&[Root { name: "repo", paths: vec!["/home/ada/demo".into()] }]);
        let native: Vec<Vec<u8>> = native.iter().map(|l| l.as_bytes().to_vec()).collect();
        let at_home = |line: &[u8]| crate::canon::localise_line(&roots, line).into_owned();
        let event_id = |line: &[u8]| {
            let text = String::from_utf8_lossy(line).into_owned();
            Some(text.split_once("\"id\":\"")?.1.split('"').next()?.to_owned())
        };
        let lines = Lines { native: &native, at_home: &at_home, event_id: &event_id, closings };
        join(stored.as_bytes(), &lines, Canon::new(&roots, &|_| false))
    }

    const ONE: &str = r#"{"id":"1","p":"@{repo}/x"}"#;
    const ONE_HERE: &str = r#"{"id":"1","p":"/home/ada/demo/x"}"#;
    const TWO: &str = r#"{"id":"2"}"#;
    const ROW: &str = r#"{"row":1}"#;

    #[test]
    fn what_follows_is_appended_and_stored_bytes_stay() {
        let odd = r#"{ "id":"1","p":"redacted otherwise" }"#;
        for stored in [ONE, odd] {
            let Joined::Grown { log, new_lines: 1 } = run(&format!("{stored}\n"), &[ONE_HERE, TWO], &[]) else {
                panic!()
            };
            assert_eq!(log.bytes(), format!("{stored}\n{TWO}\n").as_bytes());
        }
    }

    #[test]
    fn an_older_log_is_behind_and_another_event_is_a_fork() {
        assert_eq!(run(&format!("{ONE}\n{TWO}\n"), &[ONE_HERE], &[]), Joined::Behind { has: 1 });
        let Joined::Forked { shared: 1, log } = run(&format!("{ONE}\n{TWO}\n"), &[ONE_HERE, r#"{"id":"3"}"#], &[])
        else {
            panic!()
        };
        assert_eq!(log.bytes(), format!("{ONE}\n{{\"id\":\"3\"}}\n").as_bytes());
    }

    #[test]
    fn rows_of_state_never_fork() {
        let stored = format!("{ONE}\n{ROW}\n{TWO}\n");
        assert!(matches!(run(&stored, &[ONE_HERE, TWO], &[]), Joined::Grown { new_lines: 0, .. }));
        assert!(matches!(run(&stored, &[ONE_HERE, r#"{"row":2}"#, TWO], &[]), Joined::Grown { new_lines: 0, .. }));
        assert_eq!(run(&stored, &[ONE_HERE, r#"{"row":2}"#], &[]), Joined::Behind { has: 1 });
        let tail = format!("{ONE}\n{ROW}\n");
        let Joined::Grown { log, new_lines: 1 } = run(&tail, &[ONE_HERE, TWO], &[]) else { panic!() };
        assert_eq!(log.bytes(), format!("{ONE}\n{ROW}\n{TWO}\n").as_bytes());
    }

    #[test]
    fn without_ids_any_difference_is_a_fork() {
        assert!(matches!(run("{\"a\":1}\n", &["{\"a\":2}"], &[]), Joined::Forked { shared: 0, .. }));
    }

    #[test]
    fn a_known_closing_is_passed_over() {
        let closing = Closing { after: 1, lines: vec![br#"{"id":"c"}"#.to_vec()] };
        let stored = format!("{ONE}\n{TWO}\n");
        let native = [ONE_HERE, r#"{"id":"c"}"#];
        assert_eq!(run(&stored, &native, std::slice::from_ref(&closing)), Joined::Behind { has: 1 });
        let all = [ONE_HERE, r#"{"id":"c"}"#, TWO];
        assert!(matches!(run(&stored, &all, &[closing]), Joined::Grown { new_lines: 0, .. }));
    }
}
