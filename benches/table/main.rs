//! Every promise about speed and memory as a ratio to a named baseline of the same run: `cargo bench --bench table`.
//!
//! `-- --quick` takes logs of a tenth of the size. Nothing here fails: it prints what was measured beside what is promised.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a bench prints and may fail loudly"
)]

mod log;
mod machine;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use log::Log;
use machine::{Machine, size};

const ID: &str = "5d0c1a77-3b1e-4d0f-9a55-2f6f7c8e4b10";
const APPEND: usize = 50_000;

fn row(what: &str, against: &str, ratio: f64, bound: f64, more: &str) {
    let verdict = if ratio <= bound { "ok" } else { "OVER" };
    println!("{what:<52} {against:<34} {ratio:>6.2}  {bound:>5.2}  {verdict:<5} {more}");
}

fn main() {
    // `cargo test --benches` only sees whether it builds.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    let megabytes = if std::env::args().any(|a| a == "--quick") { 20 } else { 200 };
    println!("{:<52} {:<34} {:>6}  {:>5}", "what", "against", "ratio", "bound");
    let machine = Machine::new();
    let large = Clone::new(&machine, "large", megabytes);
    let small = Clone::new(&machine, "small", 5);
    capture(&machine, large, small);
    branches(&Machine::new());
}

/// A clone with one session.
struct Clone {
    dir: PathBuf,
    server: PathBuf,
    native: PathBuf,
    log: Log,
}

impl Clone {
    fn new(machine: &Machine, name: &str, megabytes: usize) -> Clone {
        let server = machine.path(&format!("{name}.git"));
        machine.text(&machine.path(""), &["git", "init", "--quiet", "--bare", "-b", "main", &server.to_string_lossy()]);
        let dir = machine.path(name);
        machine.text(&machine.path(""), &["git", "init", "--quiet", "-b", "main", &dir.to_string_lossy()]);
        machine.text(&dir, &["git", "commit", "--quiet", "--allow-empty", "-m", "one"]);
        machine.text(&dir, &["git", "remote", "add", "origin", &server.to_string_lossy()]);
        machine.text(&dir, &["git", "push", "--quiet", "-u", "origin", "main"]);
        let folder: String =
            dir.to_string_lossy().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let folder = machine.home.join(".claude/projects").join(folder);
        fs::create_dir_all(&folder).unwrap();
        let native = folder.join(format!("{ID}.jsonl"));
        let mut log = Log::new(&dir.to_string_lossy(), ID);
        let mut file = File::create(&native).unwrap();
        for _ in 0..megabytes {
            file.write_all(log.more(1_000_000).as_bytes()).unwrap();
        }
        Clone { dir, server, native, log }
    }

    /// The log goes on by some 50 KB; what was added.
    fn append(&mut self) -> String {
        let more = self.log.more(APPEND);
        File::options().append(true).open(&self.native).unwrap().write_all(more.as_bytes()).unwrap();
        more
    }
}

const SAVE: [&str; 4] = ["git-handoff", "save", "--session", ID];

fn capture(machine: &Machine, mut large: Clone, mut small: Clone) {
    machine.text(&machine.path(""), &["git", "init", "--quiet", "scratch"]);
    let native = large.native.to_string_lossy().into_owned();
    let hash = machine.run(&machine.path("scratch"), &["git", "hash-object", "-w", &native]);
    let first = machine.run(&large.dir, &SAVE);
    let cpu = format!("{:.2} s of {:.2} s", first.cpu, hash.cpu);
    row("first capture with redaction, CPU", "git hash-object -w", first.cpu / hash.cpu, 1.5, &cpu);
    machine.run(&small.dir, &SAVE);
    let time = |clone: &mut Clone| {
        machine.shortest(5, || {
            clone.append();
            machine.run(&clone.dir, &SAVE)
        })
    };
    let (of_large, of_small) = (time(&mut large), time(&mut small));
    let ms = format!("{:.1} ms", of_large * 1e3);
    row("save of a 50 KB append to the large log", "the same to 5 MB", of_large / of_small, 2.0, &ms);
    machine.run(&large.dir, &["git-handoff", "init", "--no-hooks"]);
    let push = machine.run(&large.dir, &["git-handoff", "push"]);
    let objects = large.dir.join(".git/objects");
    let (before, there) = (size(&objects), tips(machine, &large.dir));
    let more = large.append();
    let file = machine.path("append");
    fs::write(&file, more).unwrap();
    let zipped = machine.command(&machine.path(""), &["gzip", "-1", "-c", &file.to_string_lossy()]);
    let zipped = { zipped }.stdout(Stdio::piped()).output().unwrap().stdout.len() as f64;
    machine.run(&large.dir, &["git-handoff", "push"]);
    let written = (size(&objects) - before) as f64;
    row("objects written by that append", "gzip -1 of it", written / zipped, 8.0, &format!("{written} B"));
    // What git sends: new objects, as differences to what is there.
    let wanted = machine.path("wanted");
    let without: String = there.lines().map(|oid| format!("^{oid}\n")).collect();
    fs::write(&wanted, format!("{}\n{without}", tips(machine, &large.dir))).unwrap();
    let mut pack = machine.command(&large.dir, &["git", "pack-objects", "--revs", "--thin", "--stdout", "--quiet"]);
    let pack = pack.stdin(File::open(&wanted).unwrap()).stdout(Stdio::piped()).output().unwrap();
    let sent = pack.stdout.len() as f64;
    row("bytes of that push", "gzip -1 of it", sent / zipped, 2.0, &format!("{sent} B"));
    elsewhere(machine, &large, [("save", first.resident), ("push", push.resident)]);
}

/// What the log and the record are at the remote.
fn tips(machine: &Machine, dir: &Path) -> String {
    machine.text(dir, &["git", "for-each-ref", "--format=%(objectname)", "refs/handoff-remotes/"])
}

/// In another clone, with another home.
fn elsewhere(machine: &Machine, large: &Clone, so_far: [(&str, u64); 2]) {
    let there = machine.path("there");
    machine.text(&machine.path(""), &["git", "clone", "--quiet", &large.server.to_string_lossy(), "there"]);
    machine.run(&there, &["git-handoff", "fetch", "--logs"]);
    let log = format!("refs/handoff-remotes/origin/logs/claude.{ID}");
    let ids = machine.text(&there, &["git", "rev-parse", &format!("{log}:log")]);
    let ids = machine.text(&there, &["git", "ls-tree", "-r", "--format=%(objectname)", &ids]) + "\n";
    let list = machine.path("ids");
    fs::write(&list, ids).unwrap();
    let list = || Stdio::from(File::open(&list).unwrap());
    let batch = machine.run_with(&there, &["git", "cat-file", "--batch", "--buffer"], list());
    fs::rename(machine.home.join(".claude"), machine.home.join("away")).unwrap();
    let resume = machine.run(&there, &["git-handoff", "resume", "main", "--no-run", "--take"]);
    let s = format!("{:.2} s of {:.2} s, with fetch, check and a read back", resume.wall, batch.wall);
    row(
        "resume of the large log, whole command",
        "git cat-file --batch of its blobs",
        resume.wall / batch.wall,
        1.0,
        &s,
    );
    let show = machine.run(&there, &["git-handoff", "show", "main"]);
    for (what, resident) in so_far.into_iter().chain([("resume", resume.resident), ("show", show.resident)]) {
        let mebibytes = resident as f64 / 1024.0;
        row(&format!("memory of {what}"), "64 MiB", mebibytes / 64.0, 1.0, &format!("{mebibytes:.0} MiB"));
    }
}

/// What must not grow with what is stored.
fn branches(machine: &Machine) {
    let clone = Clone::new(machine, "many", 1);
    let dir = &clone.dir;
    let commit = || machine.run(dir, &["git", "commit", "--quiet", "--allow-empty", "-m", "x"]);
    let before = machine.shortest(20, commit);
    machine.run(dir, &["git-handoff", "init"]);
    let after = machine.shortest(20, commit);
    row("git commit after init", "before", after / before, 1.2, "");
    machine.run(dir, &["git-handoff", "push"]);
    let (head, one) = (machine.text(dir, &["git", "rev-parse", "HEAD"]), "refs/handoff/branches/main");
    let record = machine.text(dir, &["git", "rev-parse", one]);
    let line = machine.path("line");
    fs::write(&line, format!("refs/heads/main {head} refs/heads/main {head}\n")).unwrap();
    let server = clone.server.to_string_lossy().into_owned();
    let mut stored = 1;
    for count in [1, 100, 1000] {
        let names: String = (stored..count).map(|n| refs(n, &record)).collect();
        stored = stored.max(count);
        update(machine, dir, &names);
        let told = format!("{count} sessions");
        let rev_parse = machine.shortest(30, || machine.run(dir, &["git", "rev-parse", "HEAD"]));
        let input = || Stdio::from(File::open(&line).unwrap());
        let hook = ["git-handoff", "hook", "pre-push", "origin", &server];
        let hook = machine.shortest(30, || machine.run_with(dir, &hook, input()));
        row("hook with nothing to do", "git rev-parse HEAD", hook / rev_parse, 2.0, &told);
        let bare = machine.shortest(20, || machine.run(dir, &["git", "push", "--no-verify"]));
        let hooked = machine.shortest(20, || machine.run(dir, &["git", "push"]));
        row("git push with hooks, nothing to sync", "git push --no-verify", hooked / bare, 3.0, &told);
    }
    let format = "--format=%(refname) %(contents)";
    let each = machine.shortest(20, || machine.run(dir, &["git", "for-each-ref", format, "refs/handoff-remotes/"]));
    for what in ["list", "status"] {
        let time = machine.shortest(20, || machine.run(dir, &["git-handoff", what]));
        let ms = format!("{:.1} ms", time * 1e3);
        row(&format!("{what} with 1,000 branches"), "git for-each-ref of the same refs", time / each, 5.0, &ms);
    }
}

fn refs(n: usize, record: &str) -> String {
    format!("create refs/handoff/branches/b{n} {record}\ncreate refs/handoff-remotes/origin/branches/b{n} {record}\n")
}

fn update(machine: &Machine, dir: &Path, names: &str) {
    let file = machine.path("names");
    fs::write(&file, names).unwrap();
    machine.run_with(dir, &["git", "update-ref", "--stdin"], Stdio::from(File::open(&file).unwrap()));
}
