//! The way back: stored lines and files with this machine's paths in the place of tokens.

use std::borrow::Cow;
use std::ops::Range;

use crate::canon::paths::Roots;
use crate::canon::{is_picture, nested_json};
use crate::jsonl::{self, Decoded, Edits, Kind, Tape};

/// One stored line with this machine's paths in it.
pub fn localise_line<'l>(roots: &Roots, line: &'l [u8]) -> Cow<'l, [u8]> {
    if memchr::memmem::find(line, b"@{").is_none() {
        return Cow::Borrowed(line);
    }
    match Tape::read(line) {
        Some(tape) => localise_json(roots, &tape, 0),
        None => localise_text(roots, line),
    }
}

/// A whole stored text with this machine's paths in it.
pub fn localise_text<'l>(roots: &Roots, text: &'l [u8]) -> Cow<'l, [u8]> {
    let mut edits = Edits::default();
    let mut start = 0;
    for chunk in text.utf8_chunks() {
        for (range, with) in roots.paths(chunk.valid()) {
            edits.replace(start + range.start..start + range.end, with);
        }
        start += chunk.valid().len() + chunk.invalid().len();
    }
    edits.apply(text)
}

/// A whole stored file with this machine's paths in it: JSON Lines by name, else text.
pub fn localise_file(roots: &Roots, name: &str, bytes: &[u8]) -> Vec<u8> {
    if !name.ends_with(".jsonl") {
        return localise_text(roots, bytes).into_owned();
    }
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let end = line.strip_suffix(b"\n").map_or(line.len(), <[u8]>::len);
        out.extend_from_slice(&localise_line(roots, &line[..end]));
        out.extend_from_slice(&line[end..]);
    }
    out
}

fn localise_json<'l>(roots: &Roots, tape: &Tape<'l>, nested: usize) -> Cow<'l, [u8]> {
    let mut edits = Edits::default();
    let mut string = |at: Range<usize>| {
        let raw = &tape.line()[at.clone()];
        if memchr::memmem::find(raw, b"@{").is_none() || is_picture(raw) {
            return;
        }
        let decoded = Decoded::of(raw);
        if let Some(inside) = nested_json(decoded.text(), nested) {
            if let Cow::Owned(changed) = localise_json(roots, &inside, nested + 1) {
                edits.replace(at, jsonl::encode(&String::from_utf8_lossy(&changed)));
            }
            return;
        }
        for (range, with) in roots.paths(decoded.text()) {
            let raw_range = decoded.raw_range(range);
            edits.replace(at.start + raw_range.start..at.start + raw_range.end, jsonl::encode(&with));
        }
    };
    for node in tape.nodes() {
        if let Some(key) = &node.key {
            string(jsonl::inner(key));
        }
        if node.kind == Kind::String {
            string(jsonl::inner(&node.span));
        }
    }
    edits.apply(tape.line())
}
