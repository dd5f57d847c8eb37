//! What the store writes into a real repository, and what it reads back from there.

use std::path::PathBuf;

use git_handoff::canon::Canonical;
use git_handoff::env::Env;
use git_handoff::format::manifest::{Extent, Manifest};
use git_handoff::format::{manifest, record, refs, segments};
use git_handoff::git::Repo;
use git_handoff::model::ids::{BranchName, Oid, SessionKey};
use git_handoff::model::record::Record;
use git_handoff::store::files::{StoredFile, Writer};
use git_handoff::store::logs::{self, Log, Logs};
use git_handoff::store::merge::{self, Parents};
use git_handoff::store::{StoreError, records};

use crate::harness::Lab;

struct Place {
    lab: Lab,
    dir: PathBuf,
    env: Env,
    repo: Repo,
    head: Oid,
}

impl Place {
    fn new() -> Place {
        let lab = Lab::new();
        lab.git(&lab.path(""), &["init", "--quiet", "-b", "main", "a"]);
        let dir = lab.path("a");
        let head = lab.commit(&dir, &[("a", "1")], "one").parse().expect("an id");
        lab.git(&dir, &["remote", "add", "origin", "../nowhere"]);
        let env = lab.env(&dir);
        let repo = Repo::open(&env).expect("a repository");
        Place { lab, dir, env, repo, head }
    }

    fn git(&self, args: &[&str]) -> String {
        self.lab.git(&self.dir, args)
    }

    fn parents(&self, name: &str) -> Parents {
        let local = self.repo.find_ref(name).expect("refs");
        let tracking = refs::tracking("origin", name).expect("a ref of ours");
        let seen: Vec<Oid> = self.repo.find_ref(&tracking).expect("refs").into_iter().collect();
        Parents::of(&self.repo, local, &seen).expect("parents")
    }

    fn save(&self, record: &Record) -> Oid {
        let known = records::find(&self.repo, &record.branch, Some("origin")).expect("readable");
        let others = known.stored.map(|s| s.others).unwrap_or_default();
        records::save(&self.repo, &self.env, record, None, &others, &known.parents).expect("saved")
    }

    /// As if this had been pushed.
    fn pushed(&self, name: &str) {
        self.git(&["update-ref", &refs::tracking("origin", name).expect("a ref of ours"), name]);
    }

    fn record(&self, sequence: u64) -> Record {
        let yaml = format!(
            "version: \"1\"\nbranch: \"x/y\"\nhead: \"{}\"\nsequence: {sequence}\nlater: \"kept\"\n\
             baton: {{epoch: 1, state: held, holder: h, since: \"2026-03-01T10:00:00Z\"}}\n",
            self.head
        );
        record::read("the test", yaml.as_bytes(), None).expect("a record")
    }
}

fn branch() -> BranchName {
    "x/y".parse().expect("a branch")
}

#[test]
fn a_record_keeps_what_this_version_does_not_know() {
    let place = Place::new();
    let first = place.save(&place.record(1));
    assert_eq!(records::read(&place.repo, &first).expect("readable").record, place.record(1));

    let name = refs::record(&branch());
    place.lab.write(&place.dir, "later", "of a later version\n");
    let blob = place.git(&["hash-object", "-w", "later"]);
    place.git(&["read-tree", &format!("{name}^{{tree}}")]);
    place.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},environment.yaml")]);
    let tree = place.git(&["write-tree"]);
    let theirs = place.git(&[
        "commit-tree",
        &tree,
        "-p",
        first.as_str(),
        "-m",
        &place.git(&["log", "-1", "--format=%B", &name]),
    ]);
    place.git(&["update-ref", &refs::tracking("origin", &name).expect("a ref of ours"), &theirs]);

    let next = place.save(&place.record(2));
    let listed = place.git(&["ls-tree", "--name-only", next.as_str()]);
    assert_eq!(listed, "environment.yaml\nhandoff.yaml");
    assert!(place.git(&["show", &format!("{next}:handoff.yaml")]).contains("later: \"kept\""));
    assert_eq!(place.git(&["rev-parse", &format!("{next}^")]), theirs);
}

#[test]
fn a_record_under_the_name_of_another_branch_is_refused() {
    let place = Place::new();
    let commit = place.save(&place.record(1));
    place.git(&["update-ref", "refs/handoff/branches/other", commit.as_str()]);
    let error = records::find(&place.repo, &"other".parse().expect("a branch"), None).expect_err("not its place");
    assert!(error.to_string().ends_with("is not valid: it is of another branch, x/y"), "{error}");
    let listed = records::list(&place.repo).expect("a list");
    assert_eq!(
        listed.iter().map(|(name, s)| (name.as_str(), s.is_ok())).collect::<Vec<_>>(),
        [("other", false), ("x/y", true)]
    );
}

#[test]
fn only_commits_that_nobody_has_seen_are_replaced() {
    let place = Place::new();
    let name = refs::record(&branch());
    place.save(&place.record(1));
    place.save(&place.record(2));
    assert_eq!(place.git(&["rev-list", "--count", &name]), "1");
    place.pushed(&name);
    place.save(&place.record(3));
    let last = place.save(&place.record(4));
    assert_eq!(place.git(&["rev-list", "--count", &name]), "2");
    assert_eq!(place.save(&place.record(4)), last, "nothing new is no commit");
}

fn key() -> SessionKey {
    "claude.0f".parse().expect("a session")
}

fn file(repo: &Repo, text: &str) -> StoredFile {
    let mut writer = Writer::new(repo);
    writer.push(&Canonical::stored(text.as_bytes().to_vec())).expect("written");
    writer.finish().expect("written")
}

fn log(repo: &Repo, lines: &str) -> Log {
    Log { manifest: blank(), main: file(repo, lines), files: Default::default() }
}

fn blank() -> Manifest {
    let yaml = "version: \"1\"\nagent: claude\nid: 0f\nevents: 1\nlines: 0\nbytes: 0\nsegments: \"\"\ncanon: \"1\"\nlater: 1\n";
    manifest::read("the test", yaml.as_bytes()).expect("a manifest")
}

fn written(place: &Place) -> (Logs, Oid) {
    let line = format!("{{\"t\":\"{}\"}}\n", "x".repeat(100_000));
    let mut main = log(&place.repo, &(line.repeat(3) + "1\n"));
    main.files.insert("subagents/a.jsonl".into(), file(&place.repo, "{}\n"));
    let other = log(&place.repo, &(line.repeat(3) + "2\n"));
    let logs = merge::arrange(&place.repo, vec![main, other]).expect("arranged");
    let parents = place.parents(&refs::log(&key()));
    let commit = logs::save(&place.repo, &place.env, &logs, &parents, "a test").expect("saved");
    (logs, commit)
}

#[test]
fn logs_come_back_as_they_went_in() {
    let place = Place::new();
    let (logs, commit) = written(&place);
    let again = logs::read(&place.repo, &commit, &key()).expect("readable");
    assert_eq!(again, logs);
    assert_eq!(merge::logs(&place.repo, &again, &logs).expect("merged"), logs);
    assert_eq!(logs::fork_count(&place.repo, &commit).expect("a count"), 1);

    let all = place.git(&["ls-tree", "-r", "--name-only", commit.as_str()]);
    let main: Vec<&str> = all.lines().filter(|l| l.starts_with("log/")).collect();
    assert_eq!(main, ["log/000/000000", "log/000/000001"]);
    assert!(all.contains("files/subagents%2Fa.jsonl/000/000000"));
    let joined: String =
        ["000000", "000001"].map(|n| place.git(&["show", &format!("{commit}:log/000/{n}")]) + "\n").concat();
    let bytes = logs.main.main.bytes(&place.repo).expect("readable");
    assert_eq!(joined.as_bytes(), bytes, "plain git reads the same");
    let cuts = segments::cut(&bytes);
    assert_eq!(logs.main.manifest.log.segments[0], Extent::of(&bytes[cuts[0].clone()]));
}

#[test]
fn a_hole_is_named() {
    let place = Place::new();
    let (_, commit) = written(&place);
    let blob = place.git(&["rev-parse", &format!("{commit}:log/000/000001")]);
    let object = place.dir.join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    std::fs::remove_file(object).expect("a loose object");
    let repo = Repo::open(&place.env).expect("a repository");
    let error = logs::read(&repo, &commit, &key()).expect_err("a hole");
    assert!(matches!(error, StoreError::Hole { .. }), "{error}");
    assert!(error.to_string().starts_with("the log of claude 0f lacks segment 000001 (2 B, lines 4-4)"), "{error}");
}
