//! `docs/format.md` says what the program does: every marked example in it is decoded by the program's own readers.

use std::fs;
use std::path::Path;

use git_handoff::canon::Canonical;
use git_handoff::canon::paths::{Root, Roots};
use git_handoff::format::manifest::{Cut, Extent};
use git_handoff::format::{VERSION, manifest, message, record, refs, segments, work};
use git_handoff::git::Repo;
use git_handoff::model::ids::{Oid, SessionKey};
use git_handoff::model::record::BatonState;
use git_handoff::model::work::Mode;
use git_handoff::store::files::Writer;
use git_handoff::store::logs::Log;
use git_handoff::store::merge;

use crate::harness::Lab;

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/format.md");
    fs::read_to_string(path).expect("docs/format.md")
}

/// The examples that are marked with this name.
fn examples(name: &str) -> Vec<String> {
    let document = document();
    let mut blocks = document.split("\n```").skip(1);
    let mut found = Vec::new();
    // Fences come in pairs: what opens a block, and what closes it.
    while let Some(block) = blocks.next() {
        let (mark, text) = block.split_once('\n').unwrap_or((block, ""));
        if mark.split_once(' ').is_some_and(|(_, of)| of == name) {
            found.push(format!("{text}\n"));
        }
        blocks.next();
    }
    found
}

/// The only example of this name.
fn example(name: &str) -> String {
    let mut found = examples(name);
    assert_eq!(found.len(), 1, "examples of {name}");
    found.remove(0)
}

#[test]
fn every_marked_example_is_tested() {
    let document = document();
    let known = ["refs", "message", "handoff.yaml", "removed.yaml", "session.yaml", "tokens", "forks", "work.yaml"];
    let marks = document.lines().filter_map(|l| l.strip_prefix("```")?.split_once(' '));
    let marks: Vec<&str> = marks.map(|(_, name)| name).collect();
    assert!(known.iter().all(|name| marks.contains(name)), "{marks:?}");
    assert!(marks.iter().all(|name| known.contains(name)), "{marks:?}");
    assert!(document.starts_with(&format!("# The stored format, version {VERSION}\n")));
}

#[test]
fn refs_are_named_as_shown() {
    for line in example("refs").lines() {
        let [kind, name, shown] = line.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{line}") };
        match kind {
            "branch" => {
                let branch = name.parse().expect("a branch");
                assert_eq!(refs::record(&branch), shown);
                assert_eq!(refs::branch_of(&shown[refs::BRANCHES.len()..]), Some(branch));
            }
            "work" => assert_eq!(refs::work(&name.parse().expect("a branch")), shown),
            "session" => assert_eq!(refs::log(&name.parse().expect("a session")), shown),
            other => panic!("{other}"),
        }
    }
    assert!(document().contains("`subagents%2Fa1.jsonl`"));
    assert_eq!(refs::file_entry("subagents/a1.jsonl"), "subagents%2Fa1.jsonl");
}

#[test]
fn work_says_what_each_path_becomes() {
    let blob = |n: u8| format!("{n:040x}").parse::<Oid>().expect("an id");
    let index = [("docs/login.md".to_owned(), blob(1))].into();
    let worktree = [("bin/serve", 2), ("current", 3), ("src/größe.py", 4)].map(|(p, n)| (p.to_owned(), blob(n))).into();
    let text = example("work.yaml");
    let read = work::read("the example", text.as_bytes(), &index, &worktree).expect("work.yaml");
    assert_eq!(read.paths(), ["bin/serve", "current", "docs/login.md", "login.md", "src/größe.py"]);
    assert_eq!(read.index[1].to, None);
    let modes: Vec<Mode> = read.worktree.iter().filter_map(|c| Some(c.to.as_ref()?.mode)).collect();
    assert_eq!(modes, [Mode::Executable, Mode::Link, Mode::Plain]);
    assert!(read.worktree[2].untracked && !read.worktree[0].untracked);
    assert_eq!((read.renames.len(), read.unmerged.len(), read.left_out.len()), (1, 1, 1));
    assert_eq!(work::write(&read), text, "the example is as this program writes it");
}

#[test]
fn the_record_and_its_message_say_the_same() {
    let (yaml, removed, text) = (example("handoff.yaml"), example("removed.yaml"), example("message"));
    let record = record::read("the example", yaml.as_bytes(), Some(removed.as_bytes())).expect("handoff.yaml");
    assert_eq!(record.branch.as_str(), "feature/login");
    assert_eq!(record.repository, record.base);
    assert_eq!(record.upstream.as_deref(), Some("origin/feature/login"));
    assert_eq!(record.previous.as_ref().expect("previous").short(), "0d5c3f9");
    assert_eq!(record.renamed_from.as_ref().expect("renamed_from").as_str(), "login");
    assert_eq!(record.rewrites.len(), 1);
    assert_eq!(record.rewrites[0].1, record.head);
    assert_eq!((record.baton.epoch, record.baton.state), (3, BatonState::Offered));
    assert_eq!(record.baton.since.to_string(), "2026-11-20T09:15:00Z");
    assert_eq!(record.sessions.len(), 2);
    assert_eq!(record.sessions[1].last_event.expect("a time").subsec_millisecond(), 500);
    assert_eq!(record.sessions[1].tip.as_deref(), Some("14-5f2b9c01d7e3a846"));
    assert_eq!(record.work.as_ref().expect("work").short(), "e428160");
    assert_eq!(record.tool, "git-handoff 0.1.0");
    assert_eq!(record.removed, ["claude.0d1c2b3a-4f5e-4d6c-8b7a-9f8e7d6c5b4a"]);
    assert!(record.unknown.is_empty(), "{:?}", record.unknown);
    let mut ordered = record.clone();
    ordered.order();
    assert_eq!(ordered, record, "the sessions stand in their order");
    assert_eq!(record::write(&record), yaml);
    assert_eq!(record::write_removed(&record).as_ref(), Some(&removed));

    let summary = message::read("the example", &text).expect("the message");
    assert_eq!((&summary.branch, &summary.head, &summary.baton), (&record.branch, &record.head, &record.baton));
    assert_eq!(summary.sequence, 4);
    let said: Vec<(&SessionKey, u64)> = summary.sessions.iter().map(|s| (&s.key, s.events)).collect();
    let stored: Vec<(&SessionKey, u64)> = record.sessions.iter().map(|s| (&s.key, s.events)).collect();
    assert_eq!(said, stored);
    assert_eq!(message::write(&record), text);
}

#[test]
fn the_session_is_read_as_shown() {
    let yaml = example("session.yaml");
    let manifest = manifest::read("the example", yaml.as_bytes()).expect("session.yaml");
    assert_eq!(manifest.key.agent.as_str(), "claude");
    assert_eq!(manifest.agent_version.as_deref(), Some("2.1.330"));
    assert_eq!(manifest.native_name.as_deref(), Some("5d0c1a77-3b1e-4d0f-9a55-2f6f7c8e4b10.jsonl"));
    assert_eq!(manifest.cwd.as_deref(), Some("@{repo}/web"));
    assert_eq!(manifest.title.as_deref(), Some("Fix the login redirect: people land on /"));
    assert_eq!((manifest.events, manifest.log.extent()), (1207, Extent { lines: 1340, bytes: 300_203 }));
    assert!(manifest.log.segments[0].bytes >= segments::TARGET as u64);
    assert_eq!(manifest.files["subagents/a1.jsonl"].extent(), Extent { lines: 31, bytes: 20_480 });
    assert_eq!(manifest.roots, ["repo", "store", "home"]);
    assert_eq!(manifest.short_roots["repo"], "/app");
    assert_eq!(manifest.log.redactions["github-token"], 2);
    assert!(manifest.open_turn);
    assert_eq!(manifest.cuts, [Cut { at: 620, end: Some(655) }, Cut { at: 1340, end: None }]);
    assert_eq!((manifest.fork.as_deref(), manifest.canon.as_str()), (None, "1"));
    assert!(manifest.unknown.is_empty(), "{:?}", manifest.unknown);
    assert_eq!(manifest::write(&manifest), yaml);
}

#[test]
fn paths_become_tokens_as_shown() {
    let root = |name, path: &str| Root { name, paths: vec![path.into()] };
    let roots = Roots::new(&[root("repo", "/home/ada/my shop"), root("home", "/home/ada")]);
    let replaced = |text: &str, places: Vec<(std::ops::Range<usize>, String)>| {
        places.into_iter().rev().fold(text.to_owned(), |mut text, (range, with)| {
            text.replace_range(range, &with);
            text
        })
    };
    for line in example("tokens").lines() {
        let (native, stored) = line.split_once(" => ").expect("two sides");
        let native = native.trim_end();
        assert_eq!(replaced(native, roots.tokens(native, false)), stored);
        assert_eq!(replaced(stored, roots.paths(stored)), native);
    }
}

#[test]
fn forks_have_the_places_that_are_shown() {
    let manifest = manifest::read("the example", example("session.yaml").as_bytes()).expect("session.yaml");
    let text = example("forks");
    let shown: Vec<(&str, String)> = text
        .lines()
        .map(|line| {
            let (place, lines) = line.split_once("  ").expect("a place and lines");
            (place.trim(), lines.split_whitespace().map(|l| format!("{l}\n")).collect())
        })
        .collect();
    let lab = Lab::new();
    lab.git(&lab.path(""), &["init", "--quiet", "a"]);
    let repo = Repo::open(&lab.env(&lab.path("a"))).expect("a repository");
    let log = |(_, text): &(&str, String)| {
        let mut writer = Writer::new(&repo);
        writer.push(&Canonical::stored(text.clone().into_bytes())).expect("written");
        let manifest = git_handoff::format::manifest::Manifest { cuts: Vec::new(), ..manifest.clone() };
        Log { manifest, main: writer.finish().expect("written"), files: Default::default() }
    };
    let logs = merge::arrange(&repo, shown.iter().rev().map(log).collect()).expect("arranged");
    let bytes = |log: &Log| String::from_utf8(log.main.bytes(&repo).expect("readable")).expect("text");
    let forks = logs.forks.iter().map(|(key, log)| (key.as_str(), bytes(log)));
    let found: Vec<(&str, String)> = std::iter::once(("main", bytes(&logs.main))).chain(forks).collect();
    assert_eq!(found, shown);
}
