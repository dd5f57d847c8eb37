//! One pass over a text: keywords first, and only where one occurs the rules that asked for it.
//!
//! The keyword automaton is built at the first text, a rule's pattern at its first keyword. Every look at the text is
//! bounded by a window, so the time is linear in the text whatever it holds.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::bytes::{Regex, RegexBuilder};

use super::ledger::{self, Standing};
use super::rules::{self, Rule, WINDOW};
use super::structure::{self, Structure};
use super::{assign, bytes};

/// A token that outgrew its rule's window is followed this far.
const TOKEN_LIMIT: usize = 64 * 1024;
/// Terminals wrap at these widths.
const WRAP_FLOOR: usize = 72;
/// What is left of a wrapped token is no shorter.
const WRAPPED_REST_FLOOR: usize = 16;

/// One secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    /// Its bytes, whole characters.
    pub(super) range: Range<usize>,
    /// The kind of its placeholder.
    pub(super) kind: &'static str,
    /// Where hits meet, the lowest rank names them: 0 structure, 1 rule, 2 name and value.
    rank: u8,
}

impl Hit {
    /// A hit of the weakest rank: known by its name alone.
    pub(super) fn named(range: Range<usize>, kind: &'static str) -> Hit {
        Hit { range, kind, rank: 2 }
    }
}

/// What a text holds: secrets in order and apart from each other, and the placeholders of earlier passes.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) hits: Vec<Hit>,
    pub(super) standing: Vec<Standing>,
}

/// Who asked for a keyword.
#[derive(Debug, Clone, Copy)]
enum Asker {
    Rule(usize),
    Structure(&'static Structure),
    Assignment,
    Placeholder,
}

struct Engine {
    automaton: AhoCorasick,
    /// Who asked for the keyword of this index.
    askers: Vec<Vec<Asker>>,
    rules: Vec<(&'static Rule, OnceLock<Regex>)>,
}

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::new);

impl Engine {
    fn new() -> Engine {
        let rules: Vec<_> = rules::all().map(|rule| (rule, OnceLock::new())).collect();
        let mut keywords: Vec<&str> = Vec::new();
        let mut askers: Vec<Vec<Asker>> = Vec::new();
        let mut ask = |keyword: &'static str, asker: Asker| match keywords.iter().position(|known| *known == keyword) {
            Some(index) => askers[index].push(asker),
            None => {
                keywords.push(keyword);
                askers.push(vec![asker]);
            }
        };
        ask("[redacted:", Asker::Placeholder);
        for (index, (rule, _)) in rules.iter().enumerate() {
            rule.keywords.iter().for_each(|keyword| ask(keyword, Asker::Rule(index)));
        }
        for structure in structure::ALL {
            structure.keywords.iter().for_each(|keyword| ask(keyword, Asker::Structure(structure)));
        }
        assign::KEYWORDS.iter().for_each(|keyword| ask(keyword, Asker::Assignment));
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .build(&keywords)
            .expect("a few hundred short keywords fit into an automaton");
        Engine { automaton, askers, rules }
    }

    fn pattern(&self, index: usize) -> &Regex {
        let (rule, cell) = &self.rules[index];
        cell.get_or_init(|| compile(rule))
    }
}

/// The rule's pattern, held to its beginning unless the token may begin before its keyword.
fn compile(rule: &Rule) -> Regex {
    let anchor = if rule.back == 0 { r"\A" } else { "" };
    RegexBuilder::new(&format!("{anchor}(?:{})", rule.pattern))
        .unicode(false)
        .build()
        .expect("a test compiles every rule")
}

/// Everything secret in a text.
pub(super) fn scan(text: &str) -> Scan {
    let engine = &*ENGINE;
    let mut standing = Vec::new();
    let mut hits = Vec::new();
    let mut named_until = 0;
    let mut rule_until = vec![0; engine.rules.len()];
    for keyword in engine.automaton.find_overlapping_iter(text) {
        for asker in &engine.askers[keyword.pattern().as_usize()] {
            let at = keyword.start();
            match *asker {
                Asker::Placeholder => standing.extend(ledger::standing_at(text, at)),
                Asker::Structure(structure) => (structure.find)(text, at, &mut |range| {
                    hits.push(Hit { range, kind: structure.kind, rank: 0 });
                }),
                Asker::Assignment if at >= named_until => {
                    let (name_end, assigned) = assign::assigned(text.as_bytes(), at);
                    named_until = name_end;
                    hits.extend(assigned.map(|found| Hit::named(found.range, found.class.kind())));
                }
                Asker::Rule(index) if at >= rule_until[index] => {
                    let found = matched(text, at, engine, index);
                    rule_until[index] = match &found {
                        Some(range) => range.end,
                        // A long look that failed is not repeated inside the same run.
                        None if engine.rules[index].0.window > WINDOW => run_end(text.as_bytes(), at),
                        None => at,
                    };
                    hits.extend(found.map(|range| Hit { range, kind: engine.rules[index].0.kind, rank: 1 }));
                }
                Asker::Assignment | Asker::Rule(_) => {}
            }
        }
    }
    Scan { hits: apart(text, hits, &standing), standing }
}

/// Where the run of base64url digits from `at` ends.
fn run_end(text: &[u8], at: usize) -> usize {
    at + text[at..].iter().take_while(|b| bytes::is_word(**b) || **b == b'-').count()
}

/// The token of a rule whose keyword is at `at`.
fn matched(text: &str, at: usize, engine: &Engine, index: usize) -> Option<Range<usize>> {
    let rule = engine.rules[index].0;
    let all = text.as_bytes();
    if rule.back == 0 && !bytes::opens(all, at) {
        return None;
    }
    let from = at.saturating_sub(rule.back);
    let until = all.len().min(at + rule.window);
    let captures = engine.pattern(index).captures(&all[from..until])?;
    let whole = captures.get(0)?;
    let secret = captures.get(1).unwrap_or(whole);
    if from + whole.start() > at || from + whole.end() < at || !bytes::opens(all, from + whole.start()) {
        return None;
    }
    let start = from + secret.start();
    let mut end = from + secret.end();
    if end == until {
        end += all[end..all.len().min(end + TOKEN_LIMIT)].iter().take_while(|b| bytes::is_token(**b)).count();
    }
    if rule.exact && all.get(end).copied().is_some_and(bytes::is_word) {
        return None;
    }
    let range = bytes::whole_chars(text, start, end);
    if range.is_empty() || !(rule.check)(&text[range.clone()]) {
        return None;
    }
    Some(range.start..wrapped_end(all, range.start, range.end))
}

/// Where a token ends that a terminal wrapped: the next line goes on with its rest and nothing else.
fn wrapped_end(text: &[u8], start: usize, end: usize) -> usize {
    if text.get(end) != Some(&b'\n') || end - bytes::line_start(text, start, 256) < WRAP_FLOOR {
        return end;
    }
    let rest = &text[end + 1..bytes::line_end(text, end + 1, 256)];
    let continues = rest.len() >= WRAPPED_REST_FLOOR
        && rest.iter().all(|b| bytes::is_token(*b))
        && std::str::from_utf8(rest).is_ok_and(super::plausible::is_random);
    if continues { end + 1 + rest.len() } else { end }
}

/// Hits in order and without overlap: those that meet become one, named by the strongest; none touches a placeholder.
fn apart(text: &str, mut hits: Vec<Hit>, standing: &[Standing]) -> Vec<Hit> {
    let mut standing = standing.iter().peekable();
    hits.sort_by_key(|hit| (hit.range.start, hit.rank, Reverse(hit.range.end)));
    let mut kept: Vec<Hit> = Vec::new();
    for mut hit in hits {
        hit.range = bytes::whole_chars(text, hit.range.start, hit.range.end);
        while standing.next_if(|placeholder| placeholder.range.end <= hit.range.start).is_some() {}
        let touches = standing.peek().is_some_and(|placeholder| placeholder.range.start < hit.range.end);
        if hit.range.is_empty() || touches {
            continue;
        }
        match kept.last_mut() {
            Some(last) if last.range.end > hit.range.start => {
                last.range.end = last.range.end.max(hit.range.end);
                if hit.rank < last.rank {
                    (last.rank, last.kind) = (hit.rank, hit.kind);
                }
            }
            _ => kept.push(hit),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_compiles_and_is_named_well() {
        for rule in rules::all() {
            compile(rule);
            assert!(
                rule.kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{}",
                rule.kind
            );
            assert!(!rule.keywords.is_empty(), "{}", rule.kind);
            for keyword in rule.keywords {
                assert_eq!(*keyword, keyword.to_ascii_lowercase(), "{}", rule.kind);
            }
        }
    }
}
