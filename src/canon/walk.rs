//! Walks what is stored and what the agent has now side by side, a line at a time: stored lines are never made again,
//! what follows is appended, and only a differing event is a fork.

use std::collections::VecDeque;

use crate::canon::{Canon, Canonical};
use crate::fault::AnyFault;
use crate::jsonl::Lines;

/// How the agent's log relates to the stored one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    /// The agent has all that is stored, and perhaps more: what the walk still gives is new.
    All,
    /// The agent lacks the end of what is stored.
    Behind {
        /// How many stored lines it has.
        has: u64,
    },
    /// The two differ from a line on: what the walk still gives is the agent's side.
    Forked {
        /// How many lines they share.
        shared: u64,
    },
}

/// What a walk must know of an agent's lines.
pub trait Reading {
    /// A stored line as this machine's native one (localised and settled, then carried again).
    fn at_home(&self, line: &[u8]) -> Vec<u8>;
    /// The native id of the event on a line.
    fn event_id(&self, line: &[u8]) -> Option<String>;
}

/// The rest of a turn that was cut open by the handoff, as it was stored beside the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// After how many stored lines it comes.
    pub after: u64,
    /// Its lines as stored.
    pub lines: Vec<Vec<u8>>,
}

/// A walk along two logs.
pub struct Walk<'a, S, N> {
    stored: Ahead<S>,
    native: Cleaned<'a, N>,
    reading: &'a dyn Reading,
    /// Turns that were cut open by a handoff, with what the agent wrote of them afterwards.
    closings: &'a [Closing],
    /// Stored lines passed.
    passed: u64,
    /// Whether lines with an event id were among them.
    known_ids: bool,
}

/// Lines of which some were looked at already.
struct Ahead<L> {
    lines: L,
    seen: VecDeque<Vec<u8>>,
}

impl<L: Lines> Ahead<L> {
    /// The `n`th line from here; not more of them are held than anyone looked at.
    fn peek(&mut self, n: usize) -> Result<Option<&Vec<u8>>, AnyFault> {
        while self.seen.len() <= n {
            let Some(line) = self.lines.next()? else { return Ok(None) };
            self.seen.push_back(line);
        }
        Ok(self.seen.get(n))
    }
}

/// The agent's lines, each as carried and as it would be stored.
struct Cleaned<'a, N> {
    lines: N,
    canon: Canon<'a>,
    seen: VecDeque<Made>,
}

/// A native line after carry, and what is stored of it.
struct Made {
    native: Vec<u8>,
    stored: Vec<u8>,
}

impl<N: Lines> Cleaned<'_, N> {
    fn peek(&mut self, n: usize) -> Result<Option<&Made>, AnyFault> {
        while self.seen.len() <= n {
            let Some(native) = self.lines.next()? else { return Ok(None) };
            // Every line goes through the cleaner in its order: the numbers of placeholders run through the whole file.
            let stored = self.canon.line(&native).into_owned();
            self.seen.push_back(Made { native, stored });
        }
        Ok(self.seen.get(n))
    }
}

impl<'a, S: Lines, N: Lines> Walk<'a, S, N> {
    /// A walk along the stored lines and the agent's lines after carry.
    pub fn new(
        stored: S,
        native: N,
        reading: &'a dyn Reading,
        closings: &'a [Closing],
        canon: Canon<'a>,
    ) -> Walk<'a, S, N> {
        let stored = Ahead { lines: stored, seen: VecDeque::new() };
        let native = Cleaned { lines: native, canon, seen: VecDeque::new() };
        Walk { stored, native, reading, closings, passed: 0, known_ids: false }
    }

    /// Goes on to where one ends or the two part.
    pub fn meet(&mut self) -> Result<Met, AnyFault> {
        self.go_along()?;
        match (self.stored.peek(0)?.is_some(), self.native.peek(0)?.is_some()) {
            (false, _) => Ok(Met::All),
            (true, false) => Ok(Met::Behind { has: self.passed }),
            (true, true) => self.past_state_rows(),
        }
    }

    /// The agent's next line as it is stored.
    pub fn next_new(&mut self) -> Result<Option<Canonical>, AnyFault> {
        if self.native.peek(0)?.is_none() {
            return Ok(None);
        }
        Ok(self.native.seen.pop_front().map(|made| Canonical { bytes: made.stored }))
    }

    /// The cleaner and the agent's lines, where both are to go on later.
    pub fn into_parts(self) -> (N, Canon<'a>) {
        (self.native.lines, self.native.canon)
    }

    /// As far as the two are the same, looking past closings and past rows of state that one side lacks.
    fn go_along(&mut self) -> Result<(), AnyFault> {
        loop {
            self.pass_closing()?;
            if self.stored.peek(0)?.is_none() || self.native.peek(0)?.is_none() {
                return Ok(());
            }
            if !self.same(0, 0) {
                let (Some(stored), Some(native)) = (self.stored_event()?, self.native_event()?) else { return Ok(()) };
                if !self.known_ids || !self.same(stored, native) {
                    return Ok(());
                }
                self.pass(stored, native);
            }
            self.known_ids =
                self.known_ids || self.stored.peek(0)?.and_then(|line| self.reading.event_id(line)).is_some();
            self.pass(1, 1);
        }
    }

    fn pass(&mut self, stored: usize, native: usize) {
        self.stored.seen.drain(..stored);
        self.native.seen.drain(..native);
        self.passed += stored as u64;
    }

    /// Where to go on if all that stands between the two ends and their next events are rows of state, and at least one
    /// side has no more events. Both have, and they differ: a fork.
    fn past_state_rows(&mut self) -> Result<Met, AnyFault> {
        if !self.known_ids {
            return Ok(Met::Forked { shared: self.passed });
        }
        match (self.stored_event()?, self.native_event()?) {
            (Some(_), Some(_)) => Ok(Met::Forked { shared: self.passed }),
            (Some(_), None) => Ok(Met::Behind { has: self.passed }),
            (None, event) => {
                let rows = event.unwrap_or(self.native.seen.len());
                self.pass(self.stored.seen.len(), rows);
                Ok(Met::All)
            }
        }
    }

    /// How many stored lines come before the next event.
    fn stored_event(&mut self) -> Result<Option<usize>, AnyFault> {
        let mut n = 0;
        while let Some(line) = self.stored.peek(n)? {
            if self.reading.event_id(line).is_some() {
                return Ok(Some(n));
            }
            n += 1;
        }
        Ok(None)
    }

    /// How many of the agent's lines come before the next event.
    fn native_event(&mut self) -> Result<Option<usize>, AnyFault> {
        let mut n = 0;
        while let Some(line) = self.native.peek(n)? {
            if self.reading.event_id(&line.native).is_some() {
                return Ok(Some(n));
            }
            n += 1;
        }
        Ok(None)
    }

    /// Passes native lines that are a known closing.
    fn pass_closing(&mut self) -> Result<(), AnyFault> {
        let mut longest = 0;
        for closing in self.closings.iter().filter(|c| c.after == self.passed) {
            let mut n = 0;
            while n < closing.lines.len() && self.native.peek(n)?.is_some_and(|made| made.stored == closing.lines[n]) {
                n += 1;
            }
            longest = longest.max(if n == closing.lines.len() { n } else { 0 });
        }
        self.pass(0, longest);
        Ok(())
    }

    /// Whether the `stored`th and the `native`th line from here are the same. Both were looked at.
    fn same(&self, stored: usize, native: usize) -> bool {
        let (Some(old), Some(Made { native, stored: made })) =
            (self.stored.seen.get(stored), self.native.seen.get(native))
        else {
            return false;
        };
        if made == old || *native == self.reading.at_home(old) {
            return true;
        }
        match (self.reading.event_id(old), self.reading.event_id(native)) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canon::paths::{Root, Roots};
    use crate::jsonl::Held;

    impl Reading for Roots {
        fn at_home(&self, line: &[u8]) -> Vec<u8> {
            crate::canon::localise_line(self, line).into_owned()
        }
        fn event_id(&self, line: &[u8]) -> Option<String> {
            let text = String::from_utf8_lossy(line).into_owned();
            Some(text.split_once("\"id\":\"")?.1.split('"').next()?.to_owned())
        }
    }

    #[derive(Debug, PartialEq)]
    struct Told {
        met: Met,
        new: String,
    }

    fn run(stored: &str, native: &[&str], closings: &[Closing]) -> Told {
        let roots = Roots::new(&[Root { name: "repo", paths: vec!["/home/ada/demo".into()] }]);
        let native: String = native.iter().map(|l| format!("{l}\n")).collect();
        let (stored, native) = (Held(stored.as_bytes()), Held(native.as_bytes()));
        let mut walk = Walk::new(stored, native, &roots, closings, Canon::new(&roots, &|_| false));
        let met = walk.meet().map_err(|f| f.to_string()).expect("reads");
        let mut new = String::new();
        while let Some(line) = walk.next_new().map_err(|f| f.to_string()).expect("reads") {
            new += &format!("{}\n", String::from_utf8_lossy(line.bytes()));
        }
        Told { met, new }
    }

    fn told(met: Met, new: &[&str]) -> Told {
        Told { met, new: new.iter().map(|l| format!("{l}\n")).collect() }
    }

    const ONE: &str = r#"{"id":"1","p":"@{repo}/x"}"#;
    const ONE_HERE: &str = r#"{"id":"1","p":"/home/ada/demo/x"}"#;
    const TWO: &str = r#"{"id":"2"}"#;
    const ROW: &str = r#"{"row":1}"#;

    #[test]
    fn what_follows_is_new_and_stored_lines_are_not_made_again() {
        let odd = r#"{ "id":"1","p":"redacted otherwise" }"#;
        for stored in [ONE, odd] {
            assert_eq!(run(&format!("{stored}\n"), &[ONE_HERE, TWO], &[]), told(Met::All, &[TWO]));
        }
    }

    #[test]
    fn an_older_log_is_behind_and_another_event_is_a_fork() {
        let stored = format!("{ONE}\n{TWO}\n");
        assert_eq!(run(&stored, &[ONE_HERE], &[]).met, Met::Behind { has: 1 });
        let three = r#"{"id":"3","p":"/home/ada/demo/y"}"#;
        let made = r#"{"id":"3","p":"@{repo}/y"}"#;
        assert_eq!(run(&stored, &[ONE_HERE, three], &[]), told(Met::Forked { shared: 1 }, &[made]));
    }

    #[test]
    fn rows_of_state_never_fork() {
        let stored = format!("{ONE}\n{ROW}\n{TWO}\n");
        assert_eq!(run(&stored, &[ONE_HERE, TWO], &[]), told(Met::All, &[]));
        assert_eq!(run(&stored, &[ONE_HERE, r#"{"row":2}"#, TWO], &[]), told(Met::All, &[]));
        assert_eq!(run(&stored, &[ONE_HERE, r#"{"row":2}"#], &[]).met, Met::Behind { has: 1 });
        let tail = format!("{ONE}\n{ROW}\n");
        assert_eq!(run(&tail, &[ONE_HERE, TWO], &[]), told(Met::All, &[TWO]));
        assert_eq!(run(&tail, &[ONE_HERE, r#"{"row":2}"#], &[]), told(Met::All, &[]));
    }

    #[test]
    fn without_ids_any_difference_is_a_fork() {
        assert_eq!(run("{\"a\":1}\n", &["{\"a\":2}"], &[]).met, Met::Forked { shared: 0 });
    }

    #[test]
    fn a_known_closing_is_passed_over() {
        let closing = Closing { after: 1, lines: vec![br#"{"id":"c"}"#.to_vec()] };
        let stored = format!("{ONE}\n{TWO}\n");
        let native = [ONE_HERE, r#"{"id":"c"}"#];
        assert_eq!(run(&stored, &native, std::slice::from_ref(&closing)).met, Met::Behind { has: 1 });
        let all = [ONE_HERE, r#"{"id":"c"}"#, TWO];
        assert_eq!(run(&stored, &all, &[closing]), told(Met::All, &[]));
    }
}
