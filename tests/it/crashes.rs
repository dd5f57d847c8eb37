//! The program is killed at random moments: nothing of the user's is gone, and the next run succeeds.
//!
//! As many kills as `GIT_HANDOFF_KILLS` says, from a fixed seed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::stories::session::{Session, files};
use crate::stories::world::{BRANCH, Surface, World};

/// What is the user's at a surface: work tree, index, branches, and the agent's logs.
#[derive(Debug, PartialEq)]
struct Belongings {
    work_tree: String,
    branches: String,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

fn belongings(on: &Surface<'_>) -> Belongings {
    let all = files(&on.home);
    let is_users = |p: &PathBuf| !p.components().any(|c| c.as_os_str() == ".git") && !is_draft(p);
    Belongings {
        work_tree: on.git(&["status", "--porcelain=v2", "--untracked-files=all"]),
        branches: on.git(&["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags"]),
        files: all.into_iter().filter(is_users).map(|p| (p.clone(), fs::read(&p).unwrap_or_default())).collect(),
    }
}

/// A file that was being written and was never put in its place.
fn is_draft(path: &Path) -> bool {
    path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(".handoff-"))
}

/// Nothing that was there is gone; agents' logs may have grown.
fn nothing_gone(before: &Belongings, after: &Belongings, what: &str) {
    for (path, bytes) in &before.files {
        let now = after.files.get(path).unwrap_or_else(|| panic!("{what}: {} is gone", path.display()));
        let is_log = path.extension().is_some_and(|e| e == "jsonl");
        assert!(now == bytes || (is_log && now.starts_with(bytes)), "{what}: {} changed", path.display());
    }
}

/// Runs `git-handoff ARGS` and kills it after a while; with `all`, git's own processes below it too.
fn killed(on: &Surface<'_>, args: &[&str], after: Duration, all: bool) -> bool {
    let mut command = on.command(env!("CARGO_BIN_EXE_git-handoff"), args);
    command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the program");
    let started = Instant::now();
    while started.elapsed() < after {
        if child.try_wait().expect("a child").is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    if all {
        // The group that this child leads: a shell's own `kill`, as there is no safe call for it here.
        let group = format!("kill -9 -{}", child.id());
        assert_eq!(on.run("sh", &["-c", &group]).code, 0, "{group}");
    } else {
        child.kill().expect("a signal");
    }
    child.wait().expect("a child");
    true
}

/// How many locks a killed run left. A git that outlived it may still hold some for a moment; what git itself was killed
/// in is git's to speak of (it names the lock and how to be rid of it), so those are taken away.
fn locks_left(on: &Surface<'_>) -> usize {
    // Over a path the server's side runs here too and is killed with the rest: its locks are its administrator's.
    let server = on.world.lab.path("server.git");
    for lock in lasting(&server) {
        let _ = fs::remove_file(lock);
    }
    let all = lasting(&on.clone.join(".git"));
    for lock in all.iter().filter(|p| !p.to_string_lossy().contains("refs/handoff")) {
        let _ = fs::remove_file(lock);
    }
    all.len()
}

/// The locks of a repository that nobody lets go of within a second.
fn lasting(git_dir: &Path) -> Vec<PathBuf> {
    let locks = || files(git_dir).into_iter().filter(|p| p.extension().is_some_and(|e| e == "lock"));
    for _ in 0..20 {
        if locks().next().is_none() {
            return Vec::new();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    locks().collect()
}

/// Everything that a ref, a reflog or the index can reach is there. (What git itself unpacked when it was killed in a fetch
/// hangs on no ref and may lack parts; git prunes that later.)
fn whole(on: &Surface<'_>) {
    on.git(&["fsck", "--connectivity-only", "--no-dangling", "--no-progress"]);
    on.git(&["rev-list", "--objects", "--all", "--reflog", "--quiet"]);
}

#[test]
fn a_killed_run_costs_nothing() {
    let Some(kills) = std::env::var("GIT_HANDOFF_KILLS").ok().and_then(|n| n.parse().ok()) else {
        println!("skipped: crashes::a_killed_run_costs_nothing: GIT_HANDOFF_KILLS does not say how many");
        return;
    };
    let world = World::new();
    let (ada, bob) = (world.surface("ada", "src/demo"), world.surface("bob", "work/demo"));
    let session = Session::claude(&world);
    ada.begin(BRANCH);
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    ada.ok(&["push"]);
    bob.ok(&["init"]);
    bob.ok(&["resume", BRANCH]);
    let took: Vec<Duration> = [&["save"][..], &["push"], &["resume", BRANCH, "--take", "--no-run"]]
        .map(|args| {
            let started = Instant::now();
            let on = if args[0] == "resume" { &bob } else { &ada };
            on.ok(args);
            started.elapsed()
        })
        .into();
    let mut seed: u64 = 0x5eed_0fc0_ffee;
    let mut chance = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below.max(1)
    };
    let (mut hits, mut left, mut half, mut longest) = (0, 0, 0, Duration::ZERO);
    for n in 0..kills {
        // Ada works and hands over; Bob, who has nothing of his own in the way, picks up.
        let kind = n % 3;
        let (on, args): (_, &[&str]) = match kind {
            0 => (&ada, &["save"]),
            1 => (&ada, &["push"]),
            _ => (&bob, &["resume", BRANCH, "--take", "--no-run"]),
        };
        if kind == 0 {
            ada.git(&["fetch", "--quiet"]);
            session.turn(&ada, &format!("Turn {n}"), &format!("Answer {n}."));
            ada.commit("login.txt", &format!("{n}\n"));
        }
        fs::write(on.clone.join("mine.txt"), format!("not committed, {n}\n")).expect("a file");
        let before = belongings(on);
        let after = Duration::from_micros(chance(took[kind].as_micros() as u64 * 5 / 4));
        let what = format!("kill {n}, {args:?} after {after:?}");
        let with_git = chance(2) == 0;
        let hit = killed(on, args, after, with_git);
        hits += usize::from(hit);
        left += locks_left(on);
        whole(on);
        if kind < 2 {
            let now = belongings(on);
            assert_eq!((&now.branches, &now.work_tree), (&before.branches, &before.work_tree), "{what}");
        }
        let started = Instant::now();
        let again = on.handoff(args);
        if again.code == 3 && kind == 2 && with_git {
            // Git was killed between the files and the branch: that is shown as a change of the user's, never undone.
            again.says(&["uncommitted changes in the way: login.txt", "nothing was changed"]);
            let undo =
                "git checkout --quiet HEAD -- login.txt || { git rm --quiet --cached login.txt; rm -f login.txt; }";
            on.run("sh", &["-c", undo]);
            half += 1;
            on.ok(args);
        } else {
            assert_eq!(again.code, 0, "{what}\n{again}");
        }
        longest = longest.max(started.elapsed());
        let now = belongings(on);
        let mut users = before;
        // The code that was handed over is brought: that file is not the user's own.
        users.files.retain(|p, _| !p.ends_with("login.txt") && !p.ends_with(".gitconfig"));
        nothing_gone(&users, &now, &what);
    }
    eprintln!(
        "{kills} kills, {hits} hit a running program, {left} locks left, {half} times git was killed in its own work, the longest next run {longest:?}"
    );
    assert!(hits * 3 > kills, "too few were hit: {hits} of {kills}");
    ada.ok(&["push"]);
    bob.ok(&["resume", BRANCH, "--take", "--no-run"]);
    let last = (0..kills).filter(|n| n % 3 == 0).max().expect("a turn");
    session.holds(&bob, &["Written.", "Answer 0.", &format!("Answer {last}.")]);
    let server = world.lab.path("server.git");
    world.lab.git(&server, &["fsck", "--no-dangling", "--no-progress"]);
}

#[test]
fn a_lock_that_was_left_is_dealt_with() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    let session = Session::claude(&world);
    ada.begin(BRANCH);
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    ada.ok(&["push"]);
    session.turn(&ada, "Go on", "Went on.");
    let records = ["refs/handoff/branches/feature%2Flogin", "refs/handoff-remotes/origin/branches/feature%2Flogin"];
    let names = records.map(str::to_owned).into_iter().chain([format!("refs/handoff/logs/{}", session.key())]);
    for name in names {
        let lock = ada.clone.join(".git").join(format!("{name}.lock"));
        fs::create_dir_all(lock.parent().expect("a folder")).expect("folders");
        // As new as if it had been left a moment ago.
        fs::write(&lock, "").expect("a lock");
    }
    let started = Instant::now();
    ada.ok(&["push"]);
    ada.ok(&["fetch", "--logs"]);
    eprintln!("three new locks: {:?}", started.elapsed());
    assert!(started.elapsed() < Duration::from_secs(30));
    assert!(files(&ada.clone.join(".git/refs")).iter().all(|p| p.extension().is_none_or(|e| e != "lock")));
}
