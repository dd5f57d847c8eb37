//! Placeholders and their numbers: which secret became which `[REDACTED:<kind>#<n>]`. Never keeps a secret itself.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// How every placeholder begins.
pub(super) const OPENING: &str = "[REDACTED:";
/// Longer kinds are nobody's.
const KIND_LIMIT: usize = 40;
/// Kinds of foreign placeholders beyond this many are kept in the text but not counted.
const KINDS_LIMIT: usize = 256;
/// Greater numbers in foreign text occupy nothing, so that one line cannot use the numbers up.
const NUMBER_LIMIT: u64 = 1_000_000_000_000;

/// A placeholder that stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    /// Its bytes.
    pub(super) range: Range<usize>,
    /// Its kind.
    pub(super) kind: String,
    /// Its number.
    pub(super) number: u64,
}

/// The placeholder that begins at `at`, if one does.
pub(super) fn standing_at(text: &str, at: usize) -> Option<Standing> {
    let inner = text.get(at..)?.strip_prefix(OPENING)?;
    let kind_len = inner.bytes().take(KIND_LIMIT + 1).take_while(|b| is_kind_byte(*b)).count();
    let digits = inner.get(kind_len..)?.strip_prefix('#')?;
    let digits_len = digits.bytes().take(20).take_while(u8::is_ascii_digit).count();
    if kind_len == 0 || kind_len > KIND_LIMIT || !digits[digits_len..].starts_with(']') {
        return None;
    }
    let number = digits[..digits_len].parse().ok()?;
    let end = at + OPENING.len() + kind_len + 1 + digits_len + 1;
    Some(Standing { range: at..end, kind: inner[..kind_len].to_owned(), number })
}

fn is_kind_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

/// A keyed hash of a secret: tells two apart on this machine, says nothing without the key, and stays here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Mark(pub [u8; 16]);

impl From<Mark> for String {
    fn from(mark: Mark) -> String {
        mark.0.iter().map(|b| format!("{b:02x}")).collect()
    }
}

impl TryFrom<String> for Mark {
    type Error = std::num::ParseIntError;

    fn try_from(hex: String) -> Result<Mark, Self::Error> {
        Ok(Mark(u128::from_str_radix(&hex, 16)?.to_be_bytes()))
    }
}

/// What one file's redaction has to remember from one increment to the next. Local state, never stored with a log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The highest number that stands in the text, by kind.
    pub highest: BTreeMap<String, u64>,
    /// How many places were redacted, by kind.
    pub counts: BTreeMap<String, u64>,
    /// Which secret has which placeholder.
    pub marks: HashMap<Mark, String>,
}

/// Gives numbers out.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    key: [u8; 32],
    memory: Memory,
}

impl Ledger {
    /// A ledger that goes on from `memory`, under the key with which its marks were made.
    pub(super) fn new(key: [u8; 32], memory: Memory) -> Ledger {
        Ledger { key, memory }
    }

    /// What to remember.
    pub(super) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Lets a placeholder of the text keep its number, and counts it as the redacted place it is.
    pub(super) fn occupy(&mut self, standing: &Standing) {
        let known = self.memory.counts.contains_key(&standing.kind) || self.memory.counts.len() < KINDS_LIMIT;
        if !known {
            return;
        }
        *self.memory.counts.entry(standing.kind.clone()).or_default() += 1;
        if standing.number <= NUMBER_LIMIT {
            let highest = self.memory.highest.entry(standing.kind.clone()).or_default();
            *highest = standing.number.max(*highest);
        }
    }

    /// The placeholder of a secret: the one it has, or the next of this kind.
    pub(super) fn placeholder(&mut self, kind: &str, secret: &str) -> String {
        let hash = blake3::keyed_hash(&self.key, secret.as_bytes());
        let mut mark = Mark([0; 16]);
        mark.0.copy_from_slice(&hash.as_bytes()[..16]);
        let memory = &mut self.memory;
        let placeholder = memory.marks.entry(mark).or_insert_with(|| {
            let highest = memory.highest.entry(kind.to_owned()).or_default();
            *highest += 1;
            format!("{OPENING}{kind}#{highest}]")
        });
        let placeholder = placeholder.clone();
        if let Some(standing) = standing_at(&placeholder, 0) {
            *memory.counts.entry(standing.kind).or_default() += 1;
        }
        placeholder
    }
}

/// How many placeholders of each kind a stored text holds.
pub fn placeholders(bytes: &[u8]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    if memchr::memmem::find(bytes, OPENING.as_bytes()).is_none() {
        return counts;
    }
    for chunk in bytes.utf8_chunks() {
        let text = chunk.valid();
        let starts = memchr::memmem::find_iter(text.as_bytes(), OPENING);
        for standing in starts.filter_map(|at| standing_at(text, at)) {
            *counts.entry(standing.kind).or_insert(0) += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_read_strictly() {
        let standing = standing_at("a [REDACTED:aws-key-id#12] b", 2).expect("a placeholder");
        assert_eq!((standing.kind.as_str(), standing.number, standing.range), ("aws-key-id", 12, 2..26));
        for foreign in
            ["[REDACTED]", "[REDACTED:#1]", "[REDACTED:a#]", "[REDACTED:A#1]", "[REDACTED:a#1", "[REDACTED:a#b]"]
        {
            assert_eq!(standing_at(foreign, 0), None, "{foreign}");
        }
    }

    #[test]
    fn a_secret_keeps_its_number_and_standing_ones_keep_theirs() {
        let mut ledger = Ledger::default();
        ledger.occupy(&Standing { range: 0..0, kind: "token".into(), number: 4 });
        ledger.occupy(&Standing { range: 0..0, kind: "token".into(), number: u64::MAX });
        assert_eq!(ledger.placeholder("token", "one"), "[REDACTED:token#5]");
        assert_eq!(ledger.placeholder("password", "two"), "[REDACTED:password#1]");
        assert_eq!(ledger.placeholder("token", "one"), "[REDACTED:token#5]");
        let mut next = Ledger::new([0; 32], ledger.memory().clone());
        assert_eq!(next.placeholder("password", "one"), "[REDACTED:token#5]", "whatever it is taken for now");
        assert_eq!(next.placeholder("token", "three"), "[REDACTED:token#6]");
        assert_eq!(next.memory().counts["token"], 6);
    }
}
