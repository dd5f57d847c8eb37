//! Finds secrets in decoded text and gives each its placeholder, `[REDACTED:<kind>#<n>]`.
//!
//! Three layers, each weaker in what it knows and stricter in what it asks: `rules` (tokens that say whose they are),
//! `structure` (places that a document's grammar gives to secrets) and `assign` (names that call their value one).
//! There is no rule that takes a string for secret because it looks random: commits, hashes and ids do too.
//!
//! The input is one decoded string; what unwraps JSON, and what keeps the agents' signatures and ids out of here, is the
//! caller. Nothing of a secret remains, not even its public prefix.

mod assign;
mod bytes;
mod keys;
mod ledger;
mod plausible;
mod rules;
mod scan;
mod structure;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

pub use ledger::{Mark, Memory, placeholders};

use ledger::Ledger;
use scan::{Hit, Scan, scan};

/// The version of the rules, kept with every log: a new one never rewrites in silence what is stored already.
pub const RULES_VERSION: &str = "1";

/// A replacement can show something more (what stood behind the secret now follows another word); so the text is looked
/// at again until nothing is found, at most this often.
const ROUNDS: usize = 8;

/// Finds secrets and numbers them, for one file of one session.
#[derive(Debug, Default)]
pub struct Redactor {
    ledger: Ledger,
}

impl Redactor {
    /// A redactor that has seen nothing.
    pub fn new() -> Redactor {
        Redactor::default()
    }

    /// A redactor that goes on where another stopped: `memory` is that one's, `key` the one it was made under.
    pub fn remembering(key: [u8; 32], memory: Memory) -> Redactor {
        Redactor { ledger: Ledger::new(key, memory) }
    }

    /// The secrets of one decoded text, in order and without overlap, each with the placeholder that goes in its
    /// place. `key` is the nearest JSON member name, if the text is a value.
    ///
    /// In the text with these replacements made, the same call finds nothing.
    pub fn find(&mut self, key: Option<&str>, text: &str) -> Vec<(Range<usize>, String)> {
        let mut round = look(key, text);
        round.standing.iter().for_each(|standing| self.ledger.occupy(standing));
        let mut found: Vec<(Range<usize>, String)> = Vec::new();
        for _ in 0..ROUNDS {
            if round.hits.is_empty() {
                break;
            }
            let mut new = Vec::with_capacity(round.hits.len());
            for hit in round.hits {
                let range = in_source(&found, hit.range);
                let placeholder = self.ledger.placeholder(hit.kind, &text[range.clone()]);
                new.push((range, placeholder));
            }
            found.extend(new);
            found.sort_by_key(|(range, _)| range.start);
            round = look(key, &replaced(text, &found));
        }
        found
    }

    /// How many places are redacted so far, those that stood in the text among them.
    pub fn places(&self) -> u64 {
        self.ledger.memory().counts.values().sum()
    }

    /// How many places are redacted so far, by kind; placeholders that stood in the text are counted as what they are.
    pub fn counts(&self) -> &BTreeMap<String, u64> {
        &self.ledger.memory().counts
    }

    /// What the next increment of the same file needs, see [`Redactor::remembering`].
    pub fn memory(&self) -> &Memory {
        self.ledger.memory()
    }
}

/// Whether a member of this name may be a secret as a whole, whatever its text looks like.
pub fn names_a_secret(key: &str) -> bool {
    ["authorization", "proxy-authorization", "auth"].iter().any(|name| key.eq_ignore_ascii_case(name))
        || keys::classify(key).is_some()
}

/// One look at a text, with what its member's name says about the whole of it.
fn look(key: Option<&str>, text: &str) -> Scan {
    let mut scan = scan(text);
    let named = key.filter(|_| scan.hits.is_empty() && scan.standing.is_empty()).and_then(|key| member(key, text));
    scan.hits.extend(named);
    scan
}

/// The whole of a text, where the name of its member calls it a secret.
fn member(key: &str, text: &str) -> Option<Hit> {
    let value = text.trim();
    let from = text.len() - text.trim_start().len();
    if key.eq_ignore_ascii_case("authorization") || key.eq_ignore_ascii_case("proxy-authorization") {
        let (scheme, credential) = value.split_once(' ').unwrap_or(("", value));
        let at = from + if scheme.is_empty() { 0 } else { scheme.len() + 1 };
        return (plausible::is_credential(credential) && !credential.contains(' ') && credential.len() >= 8)
            .then(|| Hit::named(at..at + credential.len(), "authorization"));
    }
    if key.eq_ignore_ascii_case("auth") && plausible::is_basic(value) {
        return Some(Hit::named(from..from + value.len(), "docker-auth"));
    }
    let class = keys::classify(key)?;
    let secret = plausible::is_secret(class, plausible::Stance::Quoted, value);
    secret.then(|| Hit::named(from..from + value.len(), class.kind()))
}

/// The text with its replacements made.
fn replaced(text: &str, found: &[(Range<usize>, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, placeholder) in found {
        out.push_str(&text[at..range.start]);
        out.push_str(placeholder);
        at = range.end;
    }
    out.push_str(&text[at..]);
    out
}

/// Where a range of the replaced text lies in the source. It touches no placeholder.
fn in_source(found: &[(Range<usize>, String)], range: Range<usize>) -> Range<usize> {
    let (mut grown, mut shrunk) = (0, 0);
    for (source, placeholder) in found {
        if source.start + grown >= range.start + shrunk {
            break;
        }
        grown += placeholder.len();
        shrunk += source.len();
    }
    range.start + shrunk - grown..range.end + shrunk - grown
}
