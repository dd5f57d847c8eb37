//! Tokens that say whose they are: one row a format, from what the provider publishes (prefix, alphabet, length).
//!
//! A row costs one line: kind, the lower-case keywords of which one must occur, and the pattern. The pattern begins at
//! the keyword unless [`Rule::back`] says how far before; its first group, if it has one, is the secret. Patterns are
//! ASCII and end open, so that a token which grew is taken whole.

mod ai;
mod cloud;
mod forges;
mod messages;
mod money;
mod observing;
mod packages;
mod services;
mod shapes;

use super::plausible;

/// How many bytes a pattern may look at, unless the rule says otherwise.
pub(super) const WINDOW: usize = 512;

/// One published format.
#[derive(Debug)]
pub(super) struct Rule {
    /// The name in the placeholder: `[a-z0-9-]+`.
    pub(super) kind: &'static str,
    /// Lower-case strings of which one occurs in every token of this format.
    pub(super) keywords: &'static [&'static str],
    /// What a token looks like (regex, bytes, ASCII classes).
    pub(super) pattern: &'static str,
    /// How many bytes before the keyword the token can begin; 0: exactly there.
    pub(super) back: usize,
    /// How many bytes from there the pattern may look at; a token that goes on is followed to its end.
    pub(super) window: usize,
    /// Whether a word may not go on after the match: for formats of one exact length.
    pub(super) exact: bool,
    /// What a match must satisfy besides.
    pub(super) check: fn(&str) -> bool,
}

impl Rule {
    /// A format whose tokens begin with a keyword.
    pub(super) const fn new(kind: &'static str, keywords: &'static [&'static str], pattern: &'static str) -> Rule {
        Rule { kind, keywords, pattern, back: 0, window: WINDOW, exact: false, check: plausible::is_no_example }
    }

    /// The token begins up to `bytes` before the keyword.
    const fn back(mut self, bytes: usize) -> Rule {
        self.back = bytes;
        self
    }

    /// The pattern needs to see this many bytes.
    const fn window(mut self, bytes: usize) -> Rule {
        self.window = bytes;
        self
    }

    /// Longer words are something else.
    const fn exact(mut self) -> Rule {
        self.exact = true;
        self
    }

    /// A match must satisfy this.
    const fn check(mut self, check: fn(&str) -> bool) -> Rule {
        self.check = check;
        self
    }
}

/// Every rule, family by family.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    const FAMILIES: &[&[Rule]] = &[
        ai::RULES,
        cloud::RULES,
        forges::RULES,
        messages::RULES,
        money::RULES,
        observing::RULES,
        packages::RULES,
        services::RULES,
        shapes::RULES,
    ];
    FAMILIES.iter().flat_map(|family| family.iter())
}
