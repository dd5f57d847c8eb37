//! Redaction and paths: the only maker of what the store takes, and its inverse.
//!
//! Nothing gets into the object database but a [`Canonical`], and only this folder makes one: every string of a log is
//! decoded, cleaned of secrets, and its machine paths become tokens; what was not touched keeps its bytes.

mod localise;
pub mod paths;
pub mod redact;
mod walk;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

pub use localise::{localise_file, localise_line, localise_text};
pub use walk::{Closing, Met, Reading, Walk};

use crate::canon::paths::Roots;
use crate::canon::redact::{Memory, Redactor};
use crate::jsonl::{self, Decoded, Edits, Kind, LONGEST_LINE, Tape};

/// The version of these rules, for the stored session. Stored lines are not made again when it changes.
pub const VERSION: &str = "1";

/// JSON inside JSON is followed this deep.
const MAX_NESTED: usize = 4;

/// Bytes that may leave the machine: no secret that we know of, no path of this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Canonical {
    bytes: Vec<u8>,
}

impl Canonical {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many places were redacted, by kind.
    pub fn redactions(&self) -> BTreeMap<String, u64> {
        redact::placeholders(&self.bytes)
    }

    /// Bytes that came out of the store and so went through here before.
    pub fn stored(bytes: Vec<u8>) -> Canonical {
        Canonical { bytes }
    }
}

/// Cleans one file of one session: the numbering of its placeholders runs through all of it.
pub struct Canon<'a> {
    roots: &'a Roots,
    sealed: &'a dyn Fn(&str) -> bool,
    redactor: Redactor,
    last: Option<Last>,
}

/// A long string without a secret, and what was replaced in it: agents write what a tool said twice.
struct Last {
    raw: Vec<u8>,
    is_path: bool,
    edits: Vec<(Range<usize>, String)>,
}

/// Shorter strings are cleaned again, in bytes.
const LONG: usize = 512;

impl<'a> Canon<'a> {
    /// A cleaner that has seen nothing. `sealed` says which members an agent's provider has sealed.
    pub fn new(roots: &'a Roots, sealed: &'a dyn Fn(&str) -> bool) -> Canon<'a> {
        Canon { roots, sealed, redactor: Redactor::new(), last: None }
    }

    /// A cleaner that goes on from what another one of the same file remembered, under the key of this clone.
    pub fn remembering(roots: &'a Roots, sealed: &'a dyn Fn(&str) -> bool, key: [u8; 32], memory: Memory) -> Canon<'a> {
        Canon { roots, sealed, redactor: Redactor::remembering(key, memory), last: None }
    }

    /// What the next increment of the same file needs. Stays on this machine.
    pub fn memory(&self) -> &Memory {
        self.redactor.memory()
    }

    /// One line of a JSON Lines file, without its line end. A line that is not JSON is cleaned as text.
    pub fn line<'l>(&mut self, line: &'l [u8]) -> Cow<'l, [u8]> {
        if line.len() > LONGEST_LINE {
            return Cow::Owned(stub(line));
        }
        match Tape::read(line) {
            Some(tape) => self.json(&tape, 0),
            None => self.text(line),
        }
    }

    /// The path of a folder.
    pub fn folder(&mut self, path: &str) -> String {
        let mut text = path.to_owned();
        let mut edits = self.clean_as(None, path, true);
        edits.sort_by_key(|(range, _)| range.start);
        edits.into_iter().rev().for_each(|(range, with)| text.replace_range(range, &with));
        text
    }

    /// A text file, with stubs for its longest lines.
    fn text_file(&mut self, bytes: &[u8]) -> Vec<u8> {
        if bytes.split(|b| *b == b'\n').all(|line| line.len() <= LONGEST_LINE) {
            return self.text(bytes).into_owned();
        }
        let lines: Vec<Cow<'_, [u8]>> = bytes
            .split(|b| *b == b'\n')
            .map(|line| if line.len() > LONGEST_LINE { Cow::Owned(stub(line)) } else { Cow::Borrowed(line) })
            .collect();
        let shorter = lines.join(&b'\n');
        self.text(&shorter).into_owned()
    }

    /// A whole text. Bytes that are not UTF-8 stay as they are.
    pub fn text<'l>(&mut self, text: &'l [u8]) -> Cow<'l, [u8]> {
        let mut edits = Edits::default();
        let mut start = 0;
        for chunk in text.utf8_chunks() {
            for (range, with) in self.clean(None, chunk.valid()) {
                edits.replace(start + range.start..start + range.end, with);
            }
            start += chunk.valid().len() + chunk.invalid().len();
        }
        edits.apply(text)
    }

    /// A whole file of the session as the store takes it: JSON Lines by name, else text.
    pub fn file(mut self, name: &str, bytes: &[u8]) -> Canonical {
        let out = if name.ends_with(".jsonl") { self.lines(bytes) } else { self.text_file(bytes) };
        Canonical { bytes: out }
    }

    fn lines(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            let end = line.strip_suffix(b"\n").map_or(line.len(), <[u8]>::len);
            out.extend_from_slice(&self.line(&line[..end]));
            out.extend_from_slice(&line[end..]);
        }
        out
    }

    fn json<'l>(&mut self, tape: &Tape<'l>, nested: usize) -> Cow<'l, [u8]> {
        let mut edits = Edits::default();
        for (at, node) in tape.nodes().iter().enumerate() {
            if let Some(key) = &node.key {
                let key = jsonl::inner(key);
                self.string(tape.line(), key, None, true, nested, &mut edits);
            }
            if node.kind == Kind::String {
                let key = tape.nearest_key(at);
                let key = key.as_deref();
                let value = jsonl::inner(&node.span);
                if nested == 0 && is_opaque(&tape.line()[value.clone()]) && self.is_sealed(tape, at) {
                    continue;
                }
                let named = key.filter(|k| *k == "value").and_then(|_| sibling_name(tape, at));
                let is_path = key.is_some_and(names_path);
                self.string(tape.line(), value, named.as_deref().or(key), is_path, nested, &mut edits);
            }
        }
        edits.apply(tape.line())
    }

    /// Sealed places are the log's own: JSON inside of a text is what a tool said, and has none.
    fn is_sealed(&self, tape: &Tape<'_>, value: usize) -> bool {
        let kind = tape.parent(value).and_then(|object| tape.text_of(tape.member(object, "type")?)).unwrap_or_default();
        tape.key(value).is_some_and(|key| (self.sealed)(&format!("{kind}.{key}")))
    }

    fn string(
        &mut self,
        line: &[u8],
        at: Range<usize>,
        key: Option<&str>,
        is_path: bool,
        nested: usize,
        edits: &mut Edits,
    ) {
        let raw = &line[at.clone()];
        if raw.is_empty() || is_picture(raw) {
            return;
        }
        let again =
            |last: &&Last| last.is_path == is_path && last.raw == raw && !key.is_some_and(redact::names_a_secret);
        if let Some(last) = self.last.as_ref().filter(|_| raw.len() >= LONG).filter(again) {
            for (range, with) in &last.edits {
                edits.replace(at.start + range.start..at.start + range.end, with.as_bytes());
            }
            return;
        }
        let decoded = Decoded::of(raw);
        let text = decoded.text();
        if let Some(tape) = nested_json(text, nested) {
            if let Cow::Owned(changed) = self.json(&tape, nested + 1) {
                edits.replace(at, jsonl::encode(&String::from_utf8_lossy(&changed)));
            }
            return;
        }
        let before = self.redactor.places();
        let found = self.clean_as(key, text, is_path);
        let encoded = |(range, with): (Range<usize>, String)| (decoded.raw_range(range), jsonl::encode(&with));
        let found: Vec<(Range<usize>, String)> = found.into_iter().map(encoded).collect();
        for (range, with) in &found {
            edits.replace(at.start + range.start..at.start + range.end, with.as_bytes());
        }
        if raw.len() >= LONG && self.redactor.places() == before {
            self.last = Some(Last { raw: raw.to_vec(), is_path, edits: found });
        }
    }

    fn clean(&mut self, key: Option<&str>, text: &str) -> Vec<(Range<usize>, String)> {
        self.clean_as(key, text, false)
    }

    fn clean_as(&mut self, key: Option<&str>, text: &str, is_path: bool) -> Vec<(Range<usize>, String)> {
        let mut all = self.redactor.find(key, text);
        let secrets: Vec<Range<usize>> = all.iter().map(|(range, _)| range.clone()).collect();
        let free = |r: &Range<usize>| secrets.iter().all(|s| s.end <= r.start || r.end <= s.start);
        all.extend(self.roots.tokens(text, is_path).into_iter().filter(|(range, _)| free(range)));
        all
    }
}

/// What is stored of a text that is too long: its size and SHA-256.
pub fn left_out(bytes: u64, sha256: &[u8]) -> Canonical {
    Canonical { bytes: jsonl::stub(bytes, sha256) }
}

/// The JSON that a string holds, if it holds nothing else.
fn nested_json(text: &str, depth: usize) -> Option<Tape<'_>> {
    let trimmed = text.trim_ascii();
    let braces =
        (trimmed.starts_with('{') && trimmed.ends_with('}')) || (trimmed.starts_with('[') && trimmed.ends_with(']'));
    if depth < MAX_NESTED && braces { Tape::read(text.as_bytes()) } else { None }
}

/// `DB_PASSWORD` for the value of `{"name": "DB_PASSWORD", "value": …}`.
fn sibling_name<'l>(tape: &Tape<'l>, value: usize) -> Option<Cow<'l, str>> {
    let object = tape.parent(value)?;
    let name = tape.member(object, "name").or_else(|| tape.member(object, "key"))?;
    tape.text_of(name)
}

/// Whether a member's name says that its value is a path.
fn names_path(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    [
        "cwd",
        "path",
        "paths",
        "dir",
        "dirs",
        "directory",
        "directories",
        "root",
        "roots",
        "file",
        "files",
        "folder",
        "url",
        "uri",
    ]
    .iter()
    .any(|word| key.ends_with(word))
}

/// A sealed member must look sealed, or it would be a place to hide in: base64, or the grammar of ids.
fn is_opaque(raw: &[u8]) -> bool {
    raw.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=_-".contains(b))
}

/// Base64 of a picture or a document: nothing to find in it, and costly to look. It says what it is, or its first bytes do.
fn is_picture(raw: &[u8]) -> bool {
    /// PNG, JPEG, GIF, RIFF (WebP), PDF.
    const FIRST: &[&[u8]] = &[b"iVBORw0KGgo", b"/9j/", b"R0lGOD", b"UklGR", b"JVBERi0"];
    let named = raw.strip_prefix(b"data:image/").and_then(|rest| {
        let at = memchr::memmem::find(&rest[..rest.len().min(80)], b";base64,")?;
        Some(&rest[at + 8..])
    });
    let body = match named {
        Some(body) => body,
        None if FIRST.iter().any(|first| raw.starts_with(first)) => raw,
        None => return false,
    };
    body.len() >= 64 && body.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b))
}

fn stub(line: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    jsonl::stub(line.len() as u64, &Sha256::digest(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canon::paths::Root;

    fn roots(repo: &str, home: &str) -> Roots {
        Roots::new(&[Root { name: "repo", paths: vec![repo.into()] }, Root { name: "home", paths: vec![home.into()] }])
    }

    #[test]
    fn paths_change_at_every_depth_and_nothing_else_does() {
        let here = roots("/home/ada/src/demo", "/home/ada");
        let there = roots("/w/a b", "/h");
        let sealed = |_: &str| false;
        let line = br#"{"a" : 1.0e2,"changes":{"/home/ada/src/demo/N.md":{"t":"\u00e9"}},"arguments":"{\"cmd\": \"cat /home/ada/src/demo/x\\n\"}"}"#;
        let stored = Canon::new(&here, &sealed).line(line).into_owned();
        let text = String::from_utf8(stored.clone()).expect("utf-8");
        assert_eq!(
            text,
            r#"{"a" : 1.0e2,"changes":{"@{repo}/N.md":{"t":"\u00e9"}},"arguments":"{\"cmd\": \"cat @{repo}/x\\n\"}"}"#
        );
        assert_eq!(&*localise_line(&here, &stored), line);
        assert!(String::from_utf8_lossy(&localise_line(&there, &stored)).contains(r#"\"cat /w/a b/x\\n\""#));
    }

    #[test]
    fn a_text_that_is_said_twice_is_cleaned_twice() {
        let here = roots("/home/ada/src/demo", "/home/ada");
        let text = format!("{} /home/ada/src/demo/x\\n", "said ".repeat(200));
        let token = ["ghp_", &"a1B2c3D4e5".repeat(4)[..36]].concat();
        let line = format!(r#"{{"a":"{text}","b":"{text}","c":"{text}{token}","d":"{text}{token}","e":"{text}"}}"#);
        let stored =
            String::from_utf8(Canon::new(&here, &|_| false).line(line.as_bytes()).into_owned()).expect("utf-8");
        let text = text.replace("/home/ada/src/demo", "@{repo}");
        let again = format!("{text}[REDACTED:github-token#1]");
        assert_eq!(stored, format!(r#"{{"a":"{text}","b":"{text}","c":"{again}","d":"{again}","e":"{text}"}}"#));
    }

    #[test]
    fn a_secret_is_found_by_the_name_beside_it() {
        let here = roots("/home/ada/src/demo", "/home/ada");
        let line =
            format!(r#"{{"env":[{{"name":"DB_PASSWORD","value":"{}"}}]}}"#, ["hk7", "Qz", "93xW", "vt"].concat());
        let stored = Canon::new(&here, &|_| false).line(line.as_bytes()).into_owned();
        assert!(
            String::from_utf8_lossy(&stored).contains("\"value\":\"[REDACTED:"),
            "{}",
            String::from_utf8_lossy(&stored)
        );
    }

    #[test]
    fn only_pictures_and_the_logs_own_seals_are_passed_over() {
        let here = roots("/home/ada/src/demo", "/home/ada");
        let token = ["ghp_", &"a1B2c3D4e5".repeat(4)[..36]].concat();
        let paths = "/home/ada/src/demo/some/folder\\n".repeat(40);
        let sealed = |place: &str| place == "thinking.signature";
        for line in [
            format!(r#"{{"type":"tool_result","content":"{{\"data\":\"{token}\",\"id\":\"{token}\"}}"}}"#),
            format!(r#"{{"type":"text","signature":"{token}"}}"#),
            format!(r#"{{"content":"{paths}{token}"}}"#),
        ] {
            let stored =
                String::from_utf8(Canon::new(&here, &sealed).line(line.as_bytes()).into_owned()).expect("utf-8");
            assert!(!stored.contains(&token) && !stored.contains("/home/ada"), "{stored}");
        }
        let signed = format!(r#"{{"type":"thinking","signature":"{token}"}}"#);
        assert_eq!(&*Canon::new(&here, &sealed).line(signed.as_bytes()), signed.as_bytes());
    }

    #[test]
    fn text_with_foreign_bytes_keeps_them() {
        let here = roots("/home/ada/src/demo", "/home/ada");
        let sealed = |_: &str| false;
        let text = b"\xff /home/ada/src/demo/x \xfe";
        assert_eq!(&*Canon::new(&here, &sealed).text(text), b"\xff @{repo}/x \xfe".as_slice());
    }
}
