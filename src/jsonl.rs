//! JSON lines with byte-exact places: find a value in a line and change it without re-making the rest.
//!
//! Agents' logs must come back byte for byte, so nothing here re-serialises what it did not change.
//! `serde_json` decides what is valid; the tape only remembers where each value stands.

use std::borrow::Cow;
use std::ops::Range;

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
        self.children(of).filter(|&n| self.key(n).is_some_and(|k| k == name)).last()
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

/// The text of a raw JSON string (without quotes). A lone surrogate becomes U+FFFD.
pub fn decode(raw: &[u8]) -> Cow<'_, str> {
    match memchr::memchr(b'\\', raw) {
        None => String::from_utf8_lossy(raw),
        Some(_) => Cow::Owned(Decoded::of(raw).into_text()),
    }
}

/// A decoded JSON string that still knows where each of its bytes came from.
#[derive(Debug)]
pub struct Decoded<'a> {
    text: Cow<'a, str>,
    /// Raw offset of each text byte, and of the end; empty where text and raw are the same.
    map: Vec<usize>,
}

impl<'a> Decoded<'a> {
    /// Decodes a raw JSON string (without quotes).
    pub fn of(raw: &'a [u8]) -> Decoded<'a> {
        let plain_text = std::str::from_utf8(raw).ok().filter(|_| memchr::memchr(b'\\', raw).is_none());
        if let Some(text) = plain_text {
            return Decoded { text: Cow::Borrowed(text), map: Vec::new() };
        }
        let lossy = String::from_utf8_lossy(raw);
        let source = lossy.as_bytes();
        let (mut text, mut map, mut at) = (String::with_capacity(raw.len()), Vec::with_capacity(raw.len() + 1), 0);
        while at < source.len() {
            let (c, len) = if source[at] == b'\\' { escape(&source[at..]) } else { plain(&lossy[at..]) };
            text.push(c);
            map.resize(text.len(), at);
            at += len;
        }
        map.push(source.len());
        Decoded { text: Cow::Owned(text), map }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The raw range of a range of the text (on character boundaries).
    pub fn raw_range(&self, range: Range<usize>) -> Range<usize> {
        if self.map.is_empty() { range } else { self.map[range.start]..self.map[range.end] }
    }

    fn into_text(self) -> String {
        self.text.into_owned()
    }
}

fn plain(rest: &str) -> (char, usize) {
    let c = rest.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER);
    (c, c.len_utf8())
}

fn escape(rest: &[u8]) -> (char, usize) {
    let hex = |at: usize| {
        let digits = rest.get(at..at + 4).and_then(|d| std::str::from_utf8(d).ok());
        digits.and_then(|d| u32::from_str_radix(d, 16).ok())
    };
    match rest.get(1) {
        Some(b'n') => ('\n', 2),
        Some(b't') => ('\t', 2),
        Some(b'r') => ('\r', 2),
        Some(b'b') => ('\u{8}', 2),
        Some(b'f') => ('\u{c}', 2),
        Some(b'u') => match (hex(2), rest.get(6..8), hex(8)) {
            (Some(high @ 0xd800..=0xdbff), Some(b"\\u"), Some(low @ 0xdc00..=0xdfff)) => {
                let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
            }
            (Some(code), _, _) => (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 6),
            _ => (char::REPLACEMENT_CHARACTER, 2.min(rest.len())),
        },
        Some(&c) if c.is_ascii() => (c as char, 2),
        // The backslash alone: half of a longer character cannot be skipped.
        _ => (char::REPLACEMENT_CHARACTER, 1),
    }
}

/// The inside of the JSON string for a text (no quotes), escaped as `serde_json` does.
pub fn encode(text: &str) -> String {
    let quoted = serde_json::to_string(text).expect("a string always serialises");
    quoted[1..quoted.len() - 1].to_owned()
}

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

/// The lines of a log: split at `\n` bytes only, each without its line end. A last line without one is left out
/// of `complete` and comes back as the torn rest.
pub fn complete_lines(bytes: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let end = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
    let mut lines = Vec::new();
    let mut start = 0;
    for at in memchr::memchr_iter(b'\n', &bytes[..end]) {
        lines.push(&bytes[start..at]);
        start = at + 1;
    }
    (lines, &bytes[end..])
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

    #[test]
    fn a_stray_backslash_before_any_character_is_no_panic() {
        assert_eq!(decode("a\\é\\�b".as_bytes()), "a\u{fffd}é\u{fffd}\u{fffd}b");
        assert_eq!(decode(b"a\\"), "a\u{fffd}");
    }

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

    #[test]
    fn decoded_ranges_map_back() {
        let raw = br#"a\u00e9\"b\ud83d\ude00c\ud800z"#;
        let decoded = Decoded::of(raw);
        assert_eq!(decoded.text(), "aé\"b😀c\u{fffd}z");
        let b = decoded.text().find('b').expect("b");
        assert_eq!(&raw[decoded.raw_range(b..b + 1)], b"b");
        let smile = decoded.text().find('😀').expect("smile");
        assert_eq!(&raw[decoded.raw_range(smile..smile + 4)], br"\ud83d\ude00");
    }

    #[test]
    fn only_line_feeds_end_lines() {
        let (lines, torn) = complete_lines("a\u{2028}b\r\nc\nd".as_bytes());
        assert_eq!(lines, ["a\u{2028}b\r".as_bytes(), b"c"]);
        assert_eq!(torn, b"d");
    }
}
