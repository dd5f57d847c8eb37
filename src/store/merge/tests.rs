//! The laws of merging: commutative, associative, idempotent, and nothing is lost.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Oid, baton, records};
use crate::format::manifest::{Cut, Extent, Manifest, Measure};
use crate::git::objects::ObjectError;
use crate::model::record::{Baton, BatonState, Record, SessionEntry};
use crate::store::files::{Blobs, Segment, StoredFile};
use crate::store::logs::{Log, Logs};

/// Blobs in memory, by what they hold.
#[derive(Default)]
struct Kept(RefCell<HashMap<Oid, Vec<u8>>>);

thread_local! {
    static KEPT: Kept = Kept::default();
}

impl Blobs for Kept {
    fn read_blob(&self, oid: &Oid) -> Result<Vec<u8>, ObjectError> {
        self.0.borrow().get(oid).cloned().ok_or(ObjectError::Missing { oid: oid.clone() })
    }
    fn name_blob(&self, bytes: &[u8]) -> Result<Oid, ObjectError> {
        let hash: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
        Ok(hash.parse().expect("an id"))
    }
}

/// A file of lines, cut after every second one.
fn file(lines: &[String]) -> StoredFile {
    let segment = |lines: &[String]| {
        let bytes = lines.concat().into_bytes();
        let extent = Extent::of(&bytes);
        KEPT.with(|kept| {
            let oid = kept.name_blob(&bytes).expect("a name");
            kept.0.borrow_mut().insert(oid.clone(), bytes);
            Segment { oid, extent }
        })
    };
    StoredFile { segments: lines.chunks(2).map(segment).collect(), redactions: BTreeMap::new() }
}

fn arrange(all: Vec<Log>) -> Logs {
    KEPT.with(|kept| super::arrange(kept, all)).map_err(|e| e.to_string()).expect("blobs are kept")
}

fn logs(a: &Logs, b: &Logs) -> Logs {
    KEPT.with(|kept| super::logs(kept, a, b)).map_err(|e| e.to_string()).expect("blobs are kept")
}

fn log(lines: &str, cuts: &[(u64, Option<u64>)]) -> Log {
    let text: Vec<String> = lines.chars().map(|c| format!("{{\"line\":\"{c}\"}}\n")).collect();
    let total = lines.chars().count() as u64;
    // A writer keeps the side files of the log that it continues.
    let side = |(n, c): (usize, char)| (c == 'a').then(|| (format!("{n}.txt"), file(&[c.to_string()])));
    let manifest = Manifest {
        key: "claude.0f0f".parse().expect("a key"),
        agent_version: Some("1".into()),
        native_name: None,
        cwd: Some("@{repo}".into()),
        title: None,
        events: total,
        log: Measure::default(),
        files: BTreeMap::new(),
        roots: vec!["repo".into()],
        short_roots: BTreeMap::new(),
        open_turn: false,
        cuts: cuts.iter().map(|&(at, end)| Cut { at, end }).collect(),
        fork: None,
        canon: "1".into(),
        unknown: BTreeMap::new(),
    };
    Log { manifest, main: file(&text), files: lines.chars().enumerate().filter_map(side).collect() }
}

fn letters(log: &Log) -> String {
    let bytes = KEPT.with(|kept| log.main.bytes(kept)).map_err(|e| e.to_string()).expect("blobs are kept");
    let text = String::from_utf8(bytes).expect("text");
    text.lines().filter_map(|l| l.chars().nth(9)).collect()
}

fn kinds(logs: &Logs) -> BTreeSet<(String, String)> {
    let kind = |l: &Log| (l.manifest.fork.clone().unwrap_or_else(|| "main".into()), letters(l));
    std::iter::once(&logs.main).chain(logs.forks.values()).map(kind).collect()
}

fn said(pairs: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    pairs.iter().map(|(kind, lines)| ((*kind).to_owned(), (*lines).to_owned())).collect()
}

#[test]
fn a_log_that_goes_on_takes_the_place_of_its_beginning() {
    let merged = arrange(vec![log("ab", &[(2, None)]), log("abc", &[])]);
    assert_eq!(kinds(&merged), said(&[("main", "abc")]));
    assert_eq!(merged.main.manifest.cuts, [Cut { at: 2, end: None }]);
    assert_eq!(merged.main.manifest.log.extent().lines, 3);
}

#[test]
fn the_rest_of_a_cut_turn_is_a_closing_wherever_it_comes_in() {
    let (rest, other, later) =
        (log("abcd", &[(2, Some(3)), (3, Some(4))]), log("abx", &[(2, None)]), log("abcdef", &[(2, Some(3))]));
    let closed = said(&[("main", "abx"), ("closing", "abcd")]);
    assert_eq!(kinds(&arrange(vec![rest.clone(), other.clone()])), closed);
    let both = logs(&arrange(vec![rest, other]), &arrange(vec![later]));
    assert_eq!(both.forks.len(), 1, "what was a closing is part of a longer log now");
    assert!(kinds(&both).iter().all(|(kind, _)| kind != "closing"));
}

#[test]
fn two_closings_of_each_other_still_have_a_main_log() {
    let merged = arrange(vec![log("abc", &[(2, Some(3))]), log("abd", &[(2, Some(3))])]);
    assert_eq!(merged.main.manifest.fork, None);
    assert_eq!(merged.forks.len(), 1);
}

#[test]
fn forks_that_differ_in_like_lines_have_places_of_their_own() {
    let merged = arrange(["ap", "ar", "bp", "br"].map(|l| log(l, &[])).to_vec());
    assert_eq!(merged.forks.len(), 3);
    let longer = arrange(["ap", "ar", "bp", "brx"].map(|l| log(l, &[])).to_vec());
    assert!(longer.forks.keys().eq(merged.forks.keys()), "an append changes no key");
}

fn any_log() -> impl Strategy<Value = Log> {
    let cut = (0u64..6, prop::option::of(1u64..4));
    ("[ab]{0,3}[a-c]{0,3}", vec(cut, 0..3)).prop_map(|(lines, cuts)| {
        let cuts: Vec<_> = cuts.into_iter().map(|(at, more)| (at, more.map(|m| at + m))).collect();
        log(&lines, &cuts)
    })
}

fn any_logs() -> impl Strategy<Value = (Logs, Vec<String>)> {
    vec(any_log(), 1..4).prop_map(|all| {
        let lines = all.iter().map(letters).collect();
        (arrange(all), lines)
    })
}

fn any_record() -> impl Strategy<Value = Record> {
    fn oid(n: u8) -> Oid {
        format!("{n:040x}").parse().expect("an id")
    }
    let baton = (0u64..3, 0..3usize, "[ab]", 0i64..2);
    let session = (0u8..3, 0u64..3, 0u8..2, prop::option::of(0i64..3));
    let rewrites = vec((0u8..4, 0u8..4), 0..3);
    let rest = (prop::option::of(0u8..2), prop::option::of(0u8..2), prop::option::of(0u8..2), vec(0u8..3, 0..2));
    (baton, vec(session, 0..3), rewrites, 0u64..3, 0u8..3, rest, 0u8..3).prop_map(
        |((epoch, state, holder, since), sessions, rewrites, sequence, head, (base, work, before, removed), extra)| {
            let time = |s: i64| Timestamp::from_second(s).expect("a time");
            let id = |n: u8| format!("codex.{n}");
            let entry = |(n, events, commit, last): (u8, u64, u8, Option<i64>)| SessionEntry {
                key: id(n).parse().expect("a key"),
                commit: oid(commit),
                events,
                last_event: last.map(time),
                tip: last.map(|n| n.to_string()),
                title: None,
            };
            Record {
                repository: before.map(oid),
                branch: "b".parse().expect("a branch"),
                head: oid(head),
                upstream: base.map(|n| n.to_string()),
                base: base.map(oid),
                sequence,
                previous: before.map(oid),
                renamed_from: None,
                rewrites: rewrites.into_iter().map(|(a, b)| (oid(a), oid(b))).collect(),
                baton: Baton {
                    epoch,
                    state: [BatonState::Free, BatonState::Offered, BatonState::Held][state],
                    holder,
                    since: time(since),
                },
                sessions: sessions.into_iter().map(entry).collect(),
                work: work.map(oid),
                tool: "t".into(),
                removed: removed.into_iter().map(id).collect(),
                unknown: BTreeMap::from([(format!("x{}", extra % 2), json!(extra))]),
            }
        },
    )
}

proptest! {
    #[test]
    fn logs_merge_alike_in_any_order((a, la) in any_logs(), (b, lb) in any_logs(), (c, lc) in any_logs()) {
        let ab = logs(&a, &b);
        prop_assert_eq!(&ab, &logs(&b, &a));
        prop_assert_eq!(logs(&ab, &c), logs(&a, &logs(&b, &c)));
        prop_assert_eq!(&logs(&ab, &b), &ab);
        prop_assert_eq!(&logs(&a, &a), &a);
        let all = kinds(&logs(&ab, &c));
        for lines in la.iter().chain(&lb).chain(&lc) {
            prop_assert!(all.iter().any(|(_, kept)| kept.starts_with(lines.as_str())), "{} is lost", lines);
        }
    }

    #[test]
    fn records_merge_alike_in_any_order(a in any_record(), b in any_record(), c in any_record()) {
        let ab = records(&a, &b);
        prop_assert_eq!(&ab, &records(&b, &a));
        prop_assert_eq!(records(&ab, &c), records(&a, &records(&b, &c)));
        prop_assert_eq!(&records(&ab, &b), &ab);
        prop_assert_eq!(&records(&a, &a), &a);
        for session in a.sessions.iter().chain(&b.sessions) {
            let removed = ab.removed.contains(&session.key.to_string());
            prop_assert_eq!(ab.sessions.iter().any(|s| s.key == session.key), !removed);
        }
        prop_assert_eq!(&ab.baton, &baton(&a.baton, &b.baton));
        prop_assert_eq!(&baton(&a.baton, &ab.baton), &ab.baton);
    }

    #[test]
    fn a_rewritten_commit_is_not_forgotten_while_there_is_room(a in any_record(), b in any_record()) {
        let ab = records(&a, &b);
        prop_assert!(a.rewrites.iter().chain(&b.rewrites).all(|r| ab.rewrites.contains(r)));
    }
}
