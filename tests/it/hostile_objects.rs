//! Objects that nobody should have made: whoever reads them says which one it is, keeps its memory, and changes nothing.

use std::io::Write as _;
use std::process::Stdio;

use crate::stories::session::Session;
use crate::stories::world::{BRANCH, Said, Surface, World};

/// Memory of one command on such objects, in KiB of address space.
const MEMORY: u32 = 700_000;

struct Server<'w> {
    world: &'w World,
    log: String,
}

impl Server<'_> {
    fn git(&self, args: &[&str]) -> String {
        self.world.lab.git(&self.world.lab.path("server.git"), args)
    }

    /// Writes an object of any content; git's own checks are left out.
    fn object(&self, kind: &str, content: &[u8]) -> String {
        let mut command = self.world.lab.command(&self.world.lab.path("server.git"), "git");
        command.args(["hash-object", "-t", kind, "-w", "--literally", "--stdin"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("git");
        child.stdin.take().expect("a pipe").write_all(content).expect("git reads");
        let out = child.wait_with_output().expect("git");
        assert!(out.status.success());
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }

    /// Writes a tree of entries just as they come: mode, name, id.
    fn tree(&self, entries: &[(&str, &str, &str)]) -> String {
        let raw = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
        };
        let entry = |(mode, name, id): &(&str, &str, &str)| [format!("{mode} {name}\0").as_bytes(), &raw(id)].concat();
        self.object("tree", &entries.iter().flat_map(entry).collect::<Vec<u8>>())
    }

    /// The log at the server becomes one with these entries beside or instead of its own.
    fn forge(&self, entries: &[(&str, &str, &str)]) {
        let listed = self.git(&["ls-tree", &self.log]);
        let mut all: Vec<(String, String, String)> = Vec::new();
        for line in listed.lines() {
            let (meta, name) = line.split_once('\t').expect("a name");
            let words: Vec<&str> = meta.split(' ').collect();
            if !entries.iter().any(|(_, n, _)| *n == name) {
                all.push((words[0].trim_start_matches('0').into(), name.into(), words[2].into()));
            }
        }
        all.extend(entries.iter().map(|(m, n, i)| ((*m).to_owned(), (*n).to_owned(), (*i).to_owned())));
        all.sort_by(|a, b| a.1.cmp(&b.1));
        let all: Vec<(&str, &str, &str)> = all.iter().map(|(m, n, i)| (m.as_str(), n.as_str(), i.as_str())).collect();
        self.forge_tree(&self.tree(&all));
    }

    fn forge_tree(&self, tree: &str) {
        let commit = self.git(&["commit-tree", tree, "-p", &self.log, "-m", "forged\n\nHandoff-Version: 1"]);
        self.git(&["update-ref", &self.log, &commit]);
    }

    /// The manifest with its lengths replaced.
    fn manifest(&self, lines: u64, bytes: u64, segments: &str) -> String {
        let text = self.git(&["show", &format!("{}:session.yaml", self.log)]);
        let change = |line: &str| match line.split(':').next() {
            Some("lines") => format!("lines: {lines}\n"),
            Some("bytes") => format!("bytes: {bytes}\n"),
            Some("segments") => format!("segments: \"{segments}\"\n"),
            _ => format!("{line}\n"),
        };
        self.object("blob", text.lines().map(change).collect::<String>().as_bytes())
    }
}

/// Runs the command with little memory; it may fail, but not crash.
fn bounded(on: &Surface<'_>, args: &str) -> Said {
    let said = on.run("sh", &["-c", &format!("ulimit -v {MEMORY} && git handoff {args}")]);
    assert!((0..=3).contains(&said.code), "{args}\n{said}");
    said.never_says(&["panicked", "memory allocation"]);
    said
}

/// What Bob, who has nothing yet, is told of a log that was forged; `words` must be among it.
fn refused(forge: impl Fn(&Server<'_>), words: &[&str]) {
    let world = World::new();
    let (ada, bob) = (world.surface("ada", "src/demo"), world.surface("bob", "work/demo"));
    let session = Session::claude(&world);
    ada.begin(BRANCH);
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    ada.ok(&["push"]);
    forge(&Server { world: &world, log: format!("refs/handoff/logs/{}", session.key()) });
    bob.handoff(&["fetch", "--logs"]);
    let before = bob.git(&["for-each-ref", "refs/heads"]);
    for command in ["list", "status", &format!("show {BRANCH}"), &format!("check {BRANCH}")] {
        bounded(&bob, command);
    }
    bounded(&bob, &format!("check {BRANCH}")).says(words);
    let resumed = bounded(&bob, &format!("resume {BRANCH}"));
    assert_ne!(resumed.code, 0, "it was resumed\n{resumed}");
    resumed.says(words);
    assert_eq!(bob.git(&["for-each-ref", "refs/heads"]), before);
    assert!(session.text(&bob).is_empty(), "something was restored");
}

#[test]
fn modes_that_are_no_files() {
    refused(|s| s.forge(&[("120000", "log", &s.object("blob", b"/etc/passwd"))]), &["object ", "Link", "not allowed"]);
    refused(|s| s.forge(&[("160000", "log", &s.git(&["rev-parse", "main"]))]), &["object ", "Commit", "not allowed"]);
}

#[test]
fn names_that_leave_their_place() {
    refused(|s| s.forge(&[("100644", "..", &s.object("blob", b"x"))]), &["object ", "\"..\""]);
    let nested = |s: &Server<'_>| {
        let inside = s.tree(&[("100644", "a/../../b", &s.object("blob", b"x"))]);
        s.forge(&[("40000", "log", &inside)]);
    };
    refused(nested, &["object ", "a/../../b"]);
    let twice = |s: &Server<'_>| {
        let blob = s.object("blob", b"x");
        s.forge(&[("100644", "extra", &blob), ("100644", "extra", &blob)]);
    };
    refused(twice, &["object ", "two entries with the name \"extra\""]);
}

#[test]
fn parts_that_are_not_what_they_should_be() {
    refused(|s| s.forge(&[("100644", "log", &s.object("blob", b"x"))]), &["has no log"]);
    refused(|s| s.forge(&[("100644", "session.yaml", &s.object("blob", b"version: \"9\"\n"))]), &["format version 9"]);
    refused(|s| s.forge_tree(&s.tree(&[])), &["has no session.yaml"]);
}

#[test]
fn a_few_objects_that_stand_for_a_lot_of_memory() {
    let full = std::env::var("GIT_HANDOFF_TORTURE").is_ok_and(|v| v == "1");
    let long: u64 = if full { 1 << 30 } else { 200 << 20 };
    let one_large = |s: &Server<'_>| {
        let zeros = s.world.lab.path("zeros");
        std::fs::File::create(&zeros).and_then(|f| f.set_len(long)).expect("a file");
        let blob = s.git(&["hash-object", "-w", zeros.to_str().expect("UTF-8")]);
        let log = s.tree(&[("40000", "000", &s.tree(&[("100644", "000000", &blob)]))]);
        s.forge(&[("40000", "log", &log), ("100644", "session.yaml", &s.manifest(0, long, &format!("0/{long}")))]);
    };
    refused(one_large, &["object ", "bytes long, more than"]);
    // Each within bounds, the whole is not: one object under many names.
    let many_times = |s: &Server<'_>| {
        let size = 16 << 20;
        let blob = s.object("blob", &vec![0; size]);
        let names: Vec<String> = (0..200).map(|n| format!("{n:06}")).collect();
        let entries: Vec<(&str, &str, &str)> = names.iter().map(|n| ("100644", n.as_str(), blob.as_str())).collect();
        let segments = vec![format!("0/{size}"); 200].join(" ");
        let log = s.tree(&[("40000", "000", &s.tree(&entries))]);
        let manifest = s.manifest(0, 200 * size as u64, &segments);
        s.forge(&[("40000", "log", &log), ("100644", "session.yaml", &manifest)]);
    };
    refused(many_times, &["session.yaml in refs/handoff/logs/", "longer than 1024.0 MiB"]);
}

#[test]
fn an_object_that_was_damaged_here() {
    let world = World::new();
    let (ada, bob) = (world.surface("ada", "src/demo"), world.surface("bob", "work/demo"));
    let session = Session::claude(&world);
    ada.begin(BRANCH);
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    ada.ok(&["push"]);
    bob.ok(&["fetch", "--logs"]);
    let blob = bob.git(&["rev-parse", &format!("refs/handoff-remotes/origin/logs/{}:log/000/000000", session.key())]);
    let file = bob.clone.join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    let whole = std::fs::read(&file).expect("a loose object");
    let damages: [Vec<u8>; 3] = [whole[..whole.len() / 2].to_vec(), vec![0x78, 0x01], Vec::new()];
    for damage in damages {
        std::fs::remove_file(&file).expect("the object");
        std::fs::write(&file, &damage).expect("a damaged object");
        bounded(&bob, &format!("check {BRANCH}")).says(&[&blob[..8]]);
        assert_ne!(bounded(&bob, &format!("resume {BRANCH}")).code, 0);
        assert!(session.text(&bob).is_empty());
    }
}
