//! Whatever comes from elsewhere is changed at random: no reader may panic, and the laws of the cleaner hold.
//!
//! Two seconds for each reader, from a fixed seed; `GIT_HANDOFF_FUZZ_SECONDS` gives more.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use git_handoff::agents::{self, Agent};
use git_handoff::canon::paths::{Root, Roots};
use git_handoff::canon::{Canon, localise_line};
use git_handoff::env::Env;
use git_handoff::format::manifest::Manifest;
use git_handoff::format::{manifest, message, record, segments};
use git_handoff::jsonl::{self, Decoded, Tape, complete_lines};
use git_handoff::model::record::Record;

/// What formats and attackers are made of.
const WORDS: &[&str] = &[
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "\\udc00",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\n",
    "\r\n",
    "\u{0}",
    "\u{feff}",
    "null",
    "-1",
    "1e999",
    "18446744073709551616",
    "@{repo}",
    "@{lit:repo}",
    "@{",
    "@{store}",
    "[REDACTED:token#1]",
    "[REDACTED:",
    "&a",
    "*a",
    "!!binary",
    "<<: ",
    "- ",
    "? ",
    "|\n",
    "\"version\": \"2\"",
    "Handoff-",
    "/home/ada/src/demo",
    "/home/ada",
    "file:///home/ada",
    "\"type\":\"user\"",
    "\"type\":\"session_meta\"",
    "\"cwd\":\"/home/ada/src/demo\"",
    "\"content\":[",
    "\"payload\":{}",
    "AKIAIOSFODNN7EXAMPLE",
    "password=",
    "..",
    "../",
    "\u{1b}[2J",
    "\u{202e}",
    "é",
    "𝄞",
];

/// A small generator of numbers (xorshift), the same on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or(0) % n.max(1)
    }

    /// One of the seeds with a few changes.
    fn changed(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.below(seeds.len())].clone();
        for _ in 0..self.below(6) {
            let (a, b) = (self.below(bytes.len() + 1), self.below(bytes.len() + 1));
            let (from, to) = (a.min(b), a.max(b).min(a.min(b) + 200));
            match self.below(6) {
                0 if from < bytes.len() => bytes[from] = self.below(256) as u8,
                1 => drop(bytes.drain(from..to)),
                2 => drop(bytes.splice(from..from, WORDS[self.below(WORDS.len())].bytes())),
                3 => {
                    let part = bytes[from..to].to_vec();
                    bytes.splice(b..b, part);
                }
                4 => bytes.truncate(from.max(1)),
                _ => {
                    let other = &seeds[self.below(seeds.len())];
                    let at = self.below(other.len() + 1);
                    bytes.splice(from..to, other[at..(at + 80).min(other.len())].iter().copied());
                }
            }
        }
        bytes
    }
}

/// Tries `law` on changed seeds until the time is over.
fn fuzz(name: &str, seeds: &[Vec<u8>], law: impl Fn(&[u8])) {
    let seconds = std::env::var("GIT_HANDOFF_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(2);
    let (started, limit) = (Instant::now(), Duration::from_secs(seconds));
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let (mut tries, mut slowest) = (0_u64, Duration::ZERO);
    while started.elapsed() < limit {
        let bytes = chance.changed(seeds);
        let before = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| law(&bytes)));
        slowest = slowest.max(before.elapsed());
        assert!(outcome.is_ok(), "{name}, try {tries}: {:?}", String::from_utf8_lossy(&bytes));
        tries += 1;
    }
    eprintln!("{name}: {tries} tries, the slowest {} ms", slowest.as_millis());
    assert!(slowest < Duration::from_secs(5), "{name}: {slowest:?} for one");
}

fn logs_of(agent: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(agent);
    let mut cases: Vec<PathBuf> = std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    cases.iter().map(|case| std::fs::read(case.join("log.jsonl")).unwrap()).collect()
}

/// Single lines of all golden logs, and some that try the cleaner.
fn lines() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = vec![
        br#"{"cwd":"/home/ada/src/demo","text":"in /home/ada/src/demo/a.rs and @{repo}/b, file:///home/ada/x"}"#
            .to_vec(),
        br#"{"arguments":"{\"cmd\":\"cat /home/ada/src/demo/app.txt\",\"k\":\"@{lit:home}\"}"}"#.to_vec(),
        br#"{"/home/ada/src/demo/k":["/home/ada/.claude/projects/x","\u002fhome\/ada\/src\/demo"]}"#.to_vec(),
    ];
    for log in ["claude", "codex"].into_iter().flat_map(logs_of) {
        all.extend(complete_lines(&log).0.into_iter().filter(|l| l.len() < 4000).map(<[u8]>::to_vec));
    }
    all
}

fn roots() -> Roots {
    let root = |name, path: &str| Root { name, paths: vec![path.into()] };
    Roots::new(&[root("repo", "/home/ada/src/demo"), root("store", "/home/ada/.claude"), root("home", "/home/ada")])
}

#[test]
fn records_manifests_and_messages() {
    // Empty fields that are not known are the one thing that is not written again.
    let yaml = "version: \"1\"\nbranch: \"x/y\"\nhead: \"0123456789012345678901234567890123456789\"\nsequence: 3\nlater: [1, {a: b}]\n\
                baton: {epoch: 1, state: held, holder: h, since: \"2026-03-01T10:00:00Z\"}\nsessions:\n  - agent: \"claude\"\n    \
                id: \"0f\"\n    ref: \"refs/handoff/logs/claude.0f\"\n    commit: \"0123456789012345678901234567890123456789\"\n    events: 2\n";
    fuzz("record", &[yaml.into(), b"version: \"1\"\nids: [\"claude.0f\"]\n".to_vec()], |bytes| {
        if let Ok(read) = record::read("x", bytes, Some(bytes)) {
            let again = |r: &Record| {
                let removed = record::write_removed(r);
                record::read("x", record::write(r).as_bytes(), removed.as_deref().map(str::as_bytes)).expect("readable")
            };
            let once = again(&read);
            assert_eq!(again(&once), once);
            assert_eq!(Record { unknown: once.unknown.clone(), ..read }, once);
        }
        if let Ok(read) = record::read("x", bytes, None) {
            let _ = message::read("x", &message::write(&read)).expect("the message of a record is readable");
        }
    });
    let yaml = "version: \"1\"\nagent: claude\nid: 0f\nevents: 1\nlines: 3\nbytes: 9\nsegments: \"2/6 1/3\"\ncanon: \"1\"\nlater: 1\n\
                cuts: [\"1\", \"2-3\"]\nfiles: [{name: \"a/b\", lines: 1, bytes: 2}]\nredactions: {token: 1}\nshort_roots: {repo: \"/app\"}\n";
    fuzz("manifest", &[yaml.into()], |bytes| {
        if let Ok(read) = manifest::read("x", bytes) {
            let again = |m: &Manifest| manifest::read("x", manifest::write(m).as_bytes()).expect("readable");
            let once = again(&read);
            assert_eq!(again(&once), once);
            assert_eq!(Manifest { unknown: once.unknown.clone(), ..read }, once);
        }
    });
    let text = "handoff: b held by h\n\nHandoff-Version: 1\nHandoff-Branch: b\nHandoff-Head: 0123456789012345678901234567890123456789\n\
                Handoff-Sessions: claude.0f 3 A title\nHandoff-Baton: held 1 2026-03-01T10:00:00Z h\nHandoff-Sequence: 2\n";
    fuzz("message", &[text.into()], |bytes| drop(message::read("x", &String::from_utf8_lossy(bytes))));
}

#[test]
fn lines_of_json() {
    fuzz("jsonl", &lines(), |bytes| {
        let (complete, rest) = complete_lines(bytes);
        assert_eq!(complete.iter().map(|l| l.len() + 1).sum::<usize>() + rest.len(), bytes.len());
        let cuts = segments::cut(bytes);
        assert_eq!(cuts.iter().map(|r| r.len()).sum::<usize>(), bytes.len());
        for line in complete.into_iter().chain([rest]) {
            let tape = Tape::read(line);
            // Depth is the one thing that either may refuse and the other take.
            if serde_json::from_slice::<serde_json::Value>(line).is_ok_and(|v| v.is_object()) {
                assert!(tape.is_some(), "serde reads it");
            }
            let Some(tape) = tape else { continue };
            for node in 0..tape.nodes().len() {
                let _ = (tape.text_of(node), tape.key(node), tape.nearest_key(node), tape.parent(node), tape.raw(node));
            }
        }
        let decoded = Decoded::of(bytes);
        let _ = decoded.raw_range(0..decoded.text().len());
        let text = String::from_utf8_lossy(bytes);
        assert_eq!(jsonl::decode(jsonl::encode(&text).as_bytes()), text);
    });
}

#[test]
fn the_laws_of_the_cleaner() {
    let roots = roots();
    let sealed = |place: &str| place == "thinking.signature";
    let plain = |bytes: &[u8]| !bytes.windows(9).any(|w| w == b"[REDACTED");
    fuzz("canon", &lines(), |bytes| {
        for line in bytes.split(|b| *b == b'\n') {
            let stored = Canon::new(&roots, &sealed).line(line).into_owned();
            let local = localise_line(&roots, &stored).into_owned();
            let again = Canon::new(&roots, &sealed).line(&local).into_owned();
            let show = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
            assert_eq!(show(&again), show(&stored), "canon(localise(canon(x))) is canon(x)\nof {}", show(line));
            if plain(&stored) && json(line).is_some() {
                assert_eq!(json(&local), json(line), "localise(canon(x)) says what x says\nof {}", show(line));
            }
        }
    });
}

fn json(line: &[u8]) -> Option<serde_json::Value> {
    serde_json::from_slice(line).ok()
}

fn agent_survives(name: &str) {
    let agent: &dyn Agent = agents::by_name(name).expect("an agent");
    let env = Env::new(Default::default(), "/home/ada".into(), "/home/ada".into());
    let id = "01a20001-41b0-7022-b007-0000aee70001".parse().expect("an id");
    fuzz(name, &logs_of(name), |bytes| {
        let lines = complete_lines(bytes).0;
        let mut carry = agent.carry(None);
        let carried: Vec<Vec<u8>> = lines.iter().filter_map(|l| carry.line(l).map(|l| l.into_owned())).collect();
        let (mut settle, mut carry) = (agent.settle(&env, 0), agent.carry(None));
        let again: Vec<Vec<u8>> = carried
            .iter()
            .map(|l| settle.line(l).into_owned())
            .filter_map(|l| carry.line(&l).map(|l| l.into_owned()))
            .collect();
        let show = |all: &[Vec<u8>]| all.iter().map(|l| String::from_utf8_lossy(l) + "\n").collect::<String>();
        assert_eq!(show(&again), show(&carried), "carry(settle(x)) is x");
        let _ = agent.parse(&id, bytes);
        let mut calls = agent.calls();
        lines.iter().for_each(|line| calls.line(line));
        let _ = calls.open();
        for line in &lines {
            let _ = (agent.event_id(line), agent.starts_turn(line), agent.rename(line, &id, &id));
        }
    });
}

#[test]
fn claude_logs() {
    agent_survives("claude");
}

#[test]
fn codex_logs() {
    agent_survives("codex");
}
