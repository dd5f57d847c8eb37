//! Changes of one line that leave all the rest of it byte for byte as it is.

use std::borrow::Cow;
use std::ops::Range;

use super::Tape;

/// Replacements in one line, applied together.
#[derive(Debug, Default)]
pub struct Edits {
    list: Vec<(Range<usize>, Vec<u8>)>,
}

impl Edits {
    /// Puts `with` in the place of `range`. Ranges must not overlap.
    pub fn replace(&mut self, range: Range<usize>, with: impl Into<Vec<u8>>) {
        self.list.push((range, with.into()));
    }

    /// Takes children out of the object or array that holds them all, with the commas that go with them.
    pub fn remove(&mut self, tape: &Tape<'_>, of: usize, gone: &[usize]) {
        let children: Vec<usize> = tape.children(of).collect();
        let mut kept_end = None;
        let mut at = 0;
        while at < children.len() {
            if !gone.contains(&children[at]) {
                kept_end = Some(tape.nodes[children[at]].span.end);
                at += 1;
                continue;
            }
            let run = children[at..].iter().take_while(|c| gone.contains(c)).count();
            let last = children[at + run - 1];
            let range = match (children.get(at + run), kept_end) {
                (Some(&next), _) => tape.start(children[at])..tape.start(next),
                (None, Some(end)) => end..tape.nodes[last].span.end,
                (None, None) => tape.start(children[at])..tape.nodes[last].span.end,
            };
            self.replace(range, "");
            at += run;
        }
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The line with all replacements made; borrowed if there are none.
    pub fn apply<'a>(mut self, line: &'a [u8]) -> Cow<'a, [u8]> {
        if self.list.is_empty() {
            return Cow::Borrowed(line);
        }
        self.list.sort_by_key(|(range, _)| (range.start, range.end));
        let (mut out, mut at) = (Vec::with_capacity(line.len()), 0);
        for (range, with) in self.list {
            debug_assert!(range.start >= at, "edits overlap");
            out.extend_from_slice(&line[at..range.start.max(at)]);
            out.extend_from_slice(&with);
            at = range.end.max(at);
        }
        out.extend_from_slice(&line[at..]);
        Cow::Owned(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_go_with_their_commas() {
        for (line, name, left) in [
            (r#"{"a":1,"b":2}"#, "a", r#"{"b":2}"#),
            (r#"{"a":1, "b":2}"#, "b", r#"{"a":1}"#),
            (r#"{"a": 1, "b": 2, "c": 3}"#, "b", r#"{"a": 1, "c": 3}"#),
            (r#"{"a":1}"#, "a", "{}"),
            (r#"{"a":1,"b":2,"c":3}"#, "bc", r#"{"a":1}"#),
            (r#"{"a":1,"b":2,"c":3}"#, "ab", r#"{"c":3}"#),
            (r#"{"a":1,"b":2,"c":3}"#, "ac", r#"{"b":2}"#),
            (r#"{"a":1,"b":2}"#, "ab", "{}"),
        ] {
            let tape = Tape::read(line.as_bytes()).expect("valid");
            let gone: Vec<usize> = tape.children(0).filter(|&n| name.contains(&*tape.key(n).expect("key"))).collect();
            let mut edits = Edits::default();
            edits.remove(&tape, 0, &gone);
            assert_eq!(&*edits.apply(line.as_bytes()), left.as_bytes());
        }
    }
}
