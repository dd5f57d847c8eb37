//! JSON lines with byte-exact places: find a value in a line and change it without re-making the rest.
//!
//! Agents' logs must come back byte for byte, so nothing here re-serialises what it did not change.
//! `serde_json` decides what is valid; the tape only remembers where each value stands.

mod edits;
mod lines;
mod text;

use std::borrow::Cow;
use std::ops::Range;

pub use edits::Edits;
pub(crate) use lines::stub;
pub use lines::{First, Held, LONGEST_LINE, Lines, Streamed, complete_lines};
pub use text::{Decoded, decode, encode};

/// The deepest nesting that is read; deeper lines are treated as plain text.
const MAX_DEPTH: usize = 128;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number, `true`, `false` or `null`.
    Scalar,
}

/// One value of a line.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Its bytes in the line; of a string, with the quotes.
    pub span: Range<usize>,
    /// The member name in front of it, with the quotes, if it stands in an object.
    pub key: Option<Range<usize>>,
    parent: usize,
    end: usize,
}

/// Where every value of one line stands. Index 0 is the whole value.
#[derive(Debug, Clone, Default)]
pub struct Tape<'a> {
    line: &'a [u8],
    nodes: Vec<Node>,
}

impl<'a> Tape<'a> {
    /// Reads one line (without its line end). `None`: not one valid JSON value, or nested too deep.
    pub fn read(line: &'a [u8]) -> Option<Tape<'a>> {
        serde_json::from_str::<serde::de::IgnoredAny>(std::str::from_utf8(line).ok()?).ok()?;
        let mut reader = Reader { line, at: 0, nodes: Vec::new() };
        reader.value(None, 0, 0)?;
        Some(Tape { line, nodes: reader.nodes })
    }

    /// The line.
    pub fn line(&self) -> &'a [u8] {
        self.line
    }

    /// All values in the order in which they start.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The direct children of a value.
    pub fn children(&self, of: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.nodes[of].end;
        let mut at = of + 1;
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let child = at;
                at = self.nodes[child].end;
                child
            })
        })
    }

    /// The member `name` of an object (the last one, as most readers take it).
    pub fn member(&self, of: usize, name: &str) -> Option<usize> {
        self.children(of).filter(|&n| self.is_named(n, name)).last()
    }

    /// The value at a path of member names.
    pub fn get(&self, path: &[&str]) -> Option<usize> {
        path.iter().try_fold(0, |at, name| self.member(at, name))
    }

    /// The decoded text at a path of member names, if a string is there.
    pub fn text(&self, path: &[&str]) -> Option<Cow<'a, str>> {
        self.text_of(self.get(path)?)
    }

    /// The decoded text of a string value.
    pub fn text_of(&self, node: usize) -> Option<Cow<'a, str>> {
        let n = &self.nodes[node];
        (n.kind == Kind::String).then(|| decode(&self.line[inner(&n.span)]))
    }

    /// The raw bytes of a value.
    pub fn raw(&self, node: usize) -> &'a [u8] {
        &self.line[self.nodes[node].span.clone()]
    }

    /// The decoded member name in front of a value.
    pub fn key(&self, node: usize) -> Option<Cow<'a, str>> {
        self.nodes[node].key.as_ref().map(|k| decode(&self.line[inner(k)]))
    }

    /// Whether the member name in front of a value is this one.
    pub fn is_named(&self, node: usize, name: &str) -> bool {
        let Some(key) = &self.nodes[node].key else { return false };
        let raw = &self.line[inner(key)];
        raw == name.as_bytes() || (raw.contains(&b'\\') && decode(raw) == name)
    }

    /// The nearest member name at or above a value: arrays are looked through.
    pub fn nearest_key(&self, node: usize) -> Option<Cow<'a, str>> {
        let mut at = node;
        loop {
            if let Some(key) = self.key(at) {
                return Some(key);
            }
            if at == 0 {
                return None;
            }
            at = self.nodes[at].parent;
        }
    }

    /// The value that holds this one; `None` for the outermost.
    pub fn parent(&self, node: usize) -> Option<usize> {
        (node != 0).then(|| self.nodes[node].parent)
    }

    /// Where a child starts: at its name, or at itself in an array.
    fn start(&self, node: usize) -> usize {
        let n = &self.nodes[node];
        n.key.as_ref().map_or(n.span.start, |k| k.start)
    }
}

/// The inside of a quoted span.
pub fn inner(quoted: &Range<usize>) -> Range<usize> {
    quoted.start + 1..quoted.end - 1
}

struct Reader<'a> {
    line: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
}

impl Reader<'_> {
    fn space(&mut self) {
        while self.line.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let mut at = start + 1;
        loop {
            at += memchr::memchr2(b'"', b'\\', self.line.get(at..)?)?;
            if self.line[at] == b'"' {
                self.at = at + 1;
                return Some(start..at + 1);
            }
            at += 2;
        }
    }

    fn value(&mut self, key: Option<Range<usize>>, parent: usize, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.space();
        let start = self.at;
        let me = self.nodes.len();
        let kind = match self.line.get(start)? {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => Kind::String,
            _ => Kind::Scalar,
        };
        self.nodes.push(Node { kind, span: start..start, key, parent, end: me + 1 });
        match kind {
            Kind::Object | Kind::Array => self.members(kind, me, depth)?,
            Kind::String => {
                self.string()?;
            }
            Kind::Scalar => {
                while self
                    .line
                    .get(self.at)
                    .is_some_and(|b| !matches!(b, b',' | b'}' | b']') && !b.is_ascii_whitespace())
                {
                    self.at += 1;
                }
            }
        }
        let end = self.nodes.len();
        let node = &mut self.nodes[me];
        node.span = start..self.at;
        node.end = end;
        Some(())
    }

    fn members(&mut self, kind: Kind, me: usize, depth: usize) -> Option<()> {
        self.at += 1;
        loop {
            self.space();
            match self.line.get(self.at)? {
                b'}' | b']' => {
                    self.at += 1;
                    return Some(());
                }
                b',' => self.at += 1,
                _ => {
                    let key = if kind == Kind::Object {
                        let key = self.string()?;
                        self.space();
                        self.at += 1;
                        Some(key)
                    } else {
                        None
                    };
                    self.value(key, me, depth + 1)?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tape_knows_places() {
        let line = br#" {"a" : {"b":["x",{"c":"d\n\u00e9"}]}, "n":-1.5e3,"t":true} "#;
        let tape = Tape::read(line).expect("valid");
        assert_eq!(tape.text(&["a", "b"]), None);
        let c = tape.nodes().iter().position(|n| n.kind == Kind::String && n.key.is_some()).expect("c");
        assert_eq!(tape.text_of(c).as_deref(), Some("d\né"));
        assert_eq!(tape.nearest_key(c - 2).as_deref(), Some("b"));
        assert_eq!(tape.raw(tape.get(&["n"]).expect("n")), b"-1.5e3");
        assert!(Tape::read(b"{\"a\":}").is_none());
        assert!(Tape::read(b"").is_none());
        assert!(Tape::read("[".repeat(100_000).as_bytes()).is_none());
    }
}
