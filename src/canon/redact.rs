//! Finds secrets in decoded text.

use std::collections::BTreeMap;
use std::ops::Range;

/// Finds secrets and numbers them, for one file of one session.
#[derive(Debug, Default)]
pub struct Redactor {
    counts: BTreeMap<String, u64>,
}

impl Redactor {
    /// A redactor that has seen nothing.
    pub fn new() -> Redactor {
        Redactor::default()
    }

    /// The secrets of one decoded text, in order and without overlap, each with the placeholder that goes in its
    /// place. `key` is the nearest JSON member name, if the text is a value.
    pub fn find(&mut self, _key: Option<&str>, _text: &str) -> Vec<(Range<usize>, String)> {
        Vec::new()
    }

    /// How many places were redacted so far, by kind.
    pub fn counts(&self) -> &BTreeMap<String, u64> {
        &self.counts
    }
}

/// How many placeholders of each kind a stored text holds.
pub fn placeholders(bytes: &[u8]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for start in memchr::memmem::find_iter(bytes, b"[REDACTED:") {
        let rest = &bytes[start + 10..];
        let Some(hash) = rest.iter().take(64).position(|b| *b == b'#') else { continue };
        let kind = &rest[..hash];
        if !kind.is_empty() && kind.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-') {
            *counts.entry(String::from_utf8_lossy(kind).into_owned()).or_insert(0) += 1;
        }
    }
    counts
}
