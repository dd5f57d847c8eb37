//! Secrets that a document's structure shows, where a pattern is not enough: each finder reads on from its keyword.
//!
//! Adding one costs one file and one row.

mod cookie;
mod kubernetes;
mod pem;
mod userinfo;

use std::ops::Range;

/// Reads on from a keyword at `at` and reports what is secret. Stops where its keyword comes again, so that a text full of
/// keywords is still read once.
pub(super) type Find = fn(text: &str, at: usize, report: &mut dyn FnMut(Range<usize>));

/// A finder, the kind of what it finds and its lower-case keywords.
#[derive(Debug)]
pub(super) struct Structure {
    /// The name in the placeholder.
    pub(super) kind: &'static str,
    /// Where it begins to read.
    pub(super) keywords: &'static [&'static str],
    /// How it reads.
    pub(super) find: Find,
}

/// Every finder.
pub(super) const ALL: &[Structure] = &[
    Structure { kind: "private-key", keywords: &["-----begin ", "---- begin "], find: pem::from_head },
    Structure { kind: "private-key", keywords: &["-----end ", "---- end "], find: pem::from_foot },
    Structure { kind: "url-password", keywords: &["://"], find: userinfo::find },
    Structure { kind: "cookie", keywords: &["cookie"], find: cookie::find },
    Structure { kind: "kubernetes-secret", keywords: &["kind: secret"], find: kubernetes::find },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// What the finder of `kind` reports from the first `keyword`.
    pub(super) fn found(text: &str, keyword: &str) -> Vec<String> {
        let mut found = Vec::new();
        let at = text.to_ascii_lowercase().find(keyword).expect("the keyword is in the text");
        let structure = ALL.iter().find(|structure| structure.keywords.contains(&keyword)).expect("a finder");
        (structure.find)(text, at, &mut |range| found.push(text[range].to_owned()));
        found
    }
}
