//! `session.yaml`: what a stored log should hold, so that a hole in it can be named.

use std::collections::BTreeMap;
use std::iter::Sum;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::format::{FormatError, VERSION, segments, yaml};
use crate::model::ids::{BadName, SessionKey};

/// What is said of one stored session (or one fork of it).
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Which session.
    pub key: SessionKey,
    /// The version of the agent that wrote last.
    pub agent_version: Option<String>,
    /// The name the log file had in the agent's store, where restoring keeps it.
    pub native_name: Option<String>,
    /// The folder it works in, with tokens.
    pub cwd: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// How many lines that are events of the conversation.
    pub events: u64,
    /// The log, measured.
    pub log: Measure,
    /// Each side file, by name.
    pub files: BTreeMap<String, Measure>,
    /// Names of the roots that tokens stand for.
    pub roots: Vec<String>,
    /// Roots of one component, which running text still names: where they were.
    pub short_roots: BTreeMap<String, String>,
    /// Whether the last turn was still going on.
    pub open_turn: bool,
    /// Where turns were cut open by a handoff that ran inside them.
    pub cuts: Vec<Cut>,
    /// What kind of fork this is, for one below `forks/`: `fork` or `closing`.
    pub fork: Option<String>,
    /// Version of the rules for paths and secrets that made it.
    pub canon: String,
    /// Fields of a later minor version, kept as they came.
    pub unknown: BTreeMap<String, Value>,
}

impl Manifest {
    /// How many places are redacted in the log and its side files, all kinds together.
    pub fn redacted(&self) -> u64 {
        let counts = self.files.values().chain([&self.log]).flat_map(|m| m.redactions.values());
        counts.fold(0, |sum, n| sum.saturating_add(*n))
    }
}

/// What a file should hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Measure {
    /// Lines and bytes of each segment.
    pub segments: Vec<Extent>,
    /// Places redacted, by kind.
    pub redactions: BTreeMap<String, u64>,
}

impl Measure {
    /// The size of the whole.
    pub fn extent(&self) -> Extent {
        self.segments.iter().copied().sum()
    }
}

/// A turn that was cut open: the log was handed over while the agent was still at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cut {
    /// After how many lines.
    pub at: u64,
    /// Up to which line the agent finished the turn in this log; `None`: someone else went on from the cut.
    pub end: Option<u64>,
}

/// A length, as lines and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// Line ends.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Sum for Extent {
    fn sum<I: Iterator<Item = Extent>>(all: I) -> Extent {
        all.fold(Extent::default(), |a, b| Extent {
            lines: a.lines.saturating_add(b.lines),
            bytes: a.bytes.saturating_add(b.bytes),
        })
    }
}

impl Extent {
    /// The length of a text.
    pub fn of(text: &[u8]) -> Extent {
        Extent { lines: segments::lines(text), bytes: text.len() as u64 }
    }
}

#[derive(Serialize, Deserialize)]
struct Wire {
    version: String,
    agent: String,
    id: String,
    agent_version: Option<String>,
    native_name: Option<String>,
    cwd: Option<String>,
    title: Option<String>,
    events: u64,
    lines: u64,
    bytes: u64,
    /// `lines/bytes` of each, one word a segment: a list would cost 30 bytes more for each.
    segments: String,
    #[serde(default)]
    files: Vec<FileWire>,
    #[serde(default)]
    roots: Vec<String>,
    #[serde(default)]
    short_roots: BTreeMap<String, String>,
    #[serde(default)]
    redactions: BTreeMap<String, u64>,
    open_turn: Option<bool>,
    #[serde(default)]
    cuts: Vec<String>,
    fork: Option<String>,
    canon: String,
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct FileWire {
    name: String,
    lines: u64,
    bytes: u64,
    /// Only where there are several.
    segments: Option<String>,
    #[serde(default)]
    redactions: BTreeMap<String, u64>,
}

/// The bytes of `session.yaml`.
pub fn write(manifest: &Manifest) -> String {
    let m = manifest.clone();
    let extent = m.log.extent();
    let wire = Wire {
        version: VERSION.into(),
        agent: m.key.agent.to_string(),
        id: m.key.id.to_string(),
        agent_version: m.agent_version,
        native_name: m.native_name,
        cwd: m.cwd,
        title: m.title,
        events: m.events,
        lines: extent.lines,
        bytes: extent.bytes,
        segments: words(&m.log.segments),
        files: m.files.into_iter().map(file).collect(),
        roots: m.roots,
        short_roots: m.short_roots,
        redactions: m.log.redactions,
        open_turn: m.open_turn.then_some(true),
        cuts: m.cuts.iter().map(|c| c.end.map_or(c.at.to_string(), |end| format!("{}-{end}", c.at))).collect(),
        fork: m.fork,
        canon: m.canon,
        unknown: m.unknown,
    };
    yaml::write(&serde_json::to_value(wire).expect("plain values"))
}

fn words(segments: &[Extent]) -> String {
    segments.iter().map(|e| format!("{}/{}", e.lines, e.bytes)).collect::<Vec<_>>().join(" ")
}

fn file((name, measure): (String, Measure)) -> FileWire {
    let Extent { lines, bytes } = measure.extent();
    let segments = (measure.segments.len() > 1).then(|| words(&measure.segments));
    FileWire { name, lines, bytes, segments, redactions: measure.redactions }
}

/// The segments of a file that should have `lines` and `bytes` in all.
fn segments_of(text: &str, lines: u64, bytes: u64) -> Option<Vec<Extent>> {
    let extent = |word: &str| {
        let (lines, bytes) = word.split_once('/')?;
        Some(Extent { lines: lines.parse().ok()?, bytes: bytes.parse().ok()? })
    };
    let segments: Vec<Extent> = text.split_whitespace().map(extent).collect::<Option<_>>()?;
    (segments.iter().copied().sum::<Extent>() == Extent { lines, bytes }).then_some(segments)
}

/// Reads `session.yaml`. `object` names it in errors.
pub fn read(object: &str, bytes: &[u8]) -> Result<Manifest, FormatError> {
    let wire: Wire = yaml::read(object, bytes)?;
    let bad = |e: BadName| FormatError::Invalid { object: object.to_owned(), why: e.to_string() };
    let unreadable = || FormatError::invalid(object)("its segments are not readable");
    let measure = |text: &str, lines, bytes, redactions| {
        let segments = segments_of(text, lines, bytes).ok_or_else(unreadable)?;
        Ok::<_, FormatError>(Measure { segments, redactions })
    };
    let file = |f: FileWire| {
        let only = || if f.bytes == 0 { String::new() } else { format!("{}/{}", f.lines, f.bytes) };
        Ok((f.name, measure(&f.segments.unwrap_or_else(only), f.lines, f.bytes, f.redactions)?))
    };
    Ok(Manifest {
        key: SessionKey { agent: wire.agent.parse().map_err(bad)?, id: wire.id.parse().map_err(bad)? },
        agent_version: wire.agent_version,
        native_name: wire.native_name,
        cwd: wire.cwd,
        title: wire.title,
        events: wire.events,
        log: measure(&wire.segments, wire.lines, wire.bytes, wire.redactions)?,
        files: wire.files.into_iter().map(file).collect::<Result<_, FormatError>>()?,
        roots: wire.roots,
        short_roots: wire.short_roots,
        open_turn: wire.open_turn == Some(true),
        cuts: wire
            .cuts
            .iter()
            .map(|c| cut(c))
            .collect::<Option<_>>()
            .ok_or_else(|| FormatError::invalid(object)("its cuts are not readable"))?,
        fork: wire.fork,
        canon: wire.canon,
        unknown: wire.unknown,
    })
}

fn cut(word: &str) -> Option<Cut> {
    match word.split_once('-') {
        Some((at, end)) => {
            let (at, end) = (at.parse().ok()?, end.parse().ok()?);
            (at < end).then_some(Cut { at, end: Some(end) })
        }
        None => Some(Cut { at: word.parse().ok()?, end: None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use serde_json::json;

    fn measure() -> impl Strategy<Value = Measure> {
        let extent = (0u64..9, 1u64..1 << 40).prop_map(|(lines, bytes)| Extent { lines, bytes });
        let kinds = btree_map("[a-z]{1,9}", any::<u64>(), 0..2);
        (vec(extent, 0..4), kinds).prop_map(|(segments, redactions)| Measure { segments, redactions })
    }

    fn any_manifest() -> impl Strategy<Value = Manifest> {
        let text = || "[^\u{0}]{1,12}";
        let cut = (0u64..99, prop::option::of(1u64..9)).prop_map(|(at, more)| Cut { at, end: more.map(|m| at + m) });
        let options = (prop::option::of(text()), prop::option::of(text()), prop::option::of(text()));
        let parts = (btree_map(text(), measure(), 0..3), measure(), vec(cut, 0..3));
        let maps = btree_map(text(), text(), 0..2);
        (options, parts, maps, any::<bool>(), any::<u64>()).prop_map(|(words, parts, maps, open_turn, events)| {
            Manifest {
                key: "claude.434d9315".parse().expect("a key"),
                agent_version: words.0.clone(),
                native_name: words.1,
                cwd: words.0,
                title: words.2,
                events,
                log: parts.1,
                files: parts.0,
                roots: vec!["repo".into(), "home".into()],
                short_roots: maps,
                open_turn,
                cuts: parts.2,
                fork: None,
                canon: "1".into(),
                unknown: BTreeMap::from([("later".into(), json!({"a": [1, "x"], "b": true}))]),
            }
        })
    }

    proptest! {
        #[test]
        fn a_manifest_comes_back(manifest in any_manifest()) {
            prop_assert_eq!(read("x", write(&manifest).as_bytes()).expect("readable"), manifest);
        }

        #[test]
        fn foreign_bytes_are_no_panic(bytes in "(version: \"1\"\n)?(agent: \"a\"\nid: \"b\"\n)?\\PC{0,80}") {
            let _ = read("x", bytes.as_bytes());
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let with = |line: &str| {
            let text = format!(
                "version: \"1\"\nagent: \"codex\"\nid: \"1\"\nevents: 1\nlines: 1\nbytes: 2\ncanon: \"1\"\n{line}\n"
            );
            read("x", text.as_bytes()).map(|_| ()).map_err(|e| e.to_string())
        };
        assert_eq!(with("segments: \"1/2\"\ncuts:\n  - \"1-3\""), Ok(()));
        assert_eq!(with("segments: \"1/2 3\""), Err("x is not valid: its segments are not readable".into()));
        assert_eq!(
            with("segments: \"1/2\"\ncuts:\n  - \"3-3\""),
            Err("x is not valid: its cuts are not readable".into())
        );
        assert!(with("segments: \"-1/2\"").is_err());
        assert!(with("segments: \"1/1\"").is_err(), "they do not add up");
    }
}
