//! What is not committed goes along when asked, and comes back as it was: by content, on both sides, with nothing lost.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::session::Session;
use super::world::{BRANCH, Surface, World};

/// A branch with files of every kind, handed over once.
fn begun<'w>(world: &'w World, session: &Session) -> Surface<'w> {
    let ada = world.surface("ada", "src/demo");
    ada.begin(BRANCH);
    let lines: String = (1..=20).map(|n| format!("line {n}\n")).collect();
    for (name, text) in
        [("both.txt", lines.as_str()), ("gone.txt", "g\n"), ("unstaged-gone.txt", "u\n"), ("old.txt", &lines)]
    {
        ada.commit(name, text);
    }
    ada.commit("run.sh", "#!/bin/sh\n");
    ada.commit("Case.txt", "case\n");
    ada.commit("becomes", "a file\n");
    ada.commit("link-to-be", "a file\n");
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    ada
}

fn write(surface: &Surface<'_>, name: &str, text: &str) {
    surface.world.lab.write(&surface.clone, name, text);
}

/// Every kind of change.
fn change_all(ada: &Surface<'_>) {
    let root = &ada.clone;
    write(ada, "both.txt", "staged\n");
    ada.git(&["add", "both.txt"]);
    write(ada, "both.txt", "staged\nand more\n");
    ada.git(&["rm", "--quiet", "gone.txt"]);
    fs::remove_file(root.join("unstaged-gone.txt")).unwrap();
    ada.git(&["mv", "old.txt", "new name.txt"]);
    ada.git(&["mv", "Case.txt", "case.txt"]);
    fs::set_permissions(root.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(root.join("becomes")).unwrap();
    write(ada, "becomes/a/folder.txt", "inside\n");
    fs::remove_file(root.join("link-to-be")).unwrap();
    symlink("../somewhere else", root.join("link-to-be")).unwrap();
    write(ada, "-dash and space/größe.txt", "ü\n");
    write(ada, ".env.example", "PORT=80\n");
    write(ada, "empty", "");
    fs::write(root.join("binary.bin"), [0, 159, 146, 150, 13, 10, 0]).unwrap();
    write(ada, "staged-new.txt", "new\n");
    ada.git(&["add", "staged-new.txt"]);
}

/// What git and the disk say of a work tree, to be compared between machines.
fn state(surface: &Surface<'_>) -> String {
    let status = surface.git(&["status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames"]);
    let staged = surface.git(&["ls-files", "--stage", "-z"]);
    let mut files = Vec::new();
    walk(&surface.clone, &surface.clone, &mut files);
    files.sort();
    format!("{status}\n{staged}\n{files:?}")
}

fn walk(root: &Path, dir: &Path, into: &mut Vec<String>) {
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        let about = path.symlink_metadata().unwrap();
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if name == ".git" {
        } else if about.is_symlink() {
            into.push(format!("{name} -> {:?}", fs::read_link(&path).unwrap()));
        } else if about.is_dir() {
            walk(root, &path, into);
        } else {
            into.push(format!("{name} {} {:?}", about.permissions().mode() & 0o100, fs::read(&path).unwrap()));
        }
    }
}

fn every_kind(world: &World) {
    let session = Session::claude(world);
    let ada = begun(world, &session);
    change_all(&ada);
    let index = fs::read(ada.clone.join(".git/index")).unwrap();
    let pushed = ada.ok(&["push", "--work"]);
    pushed.says(&["uncommitted files, ", " KB"]);
    assert_eq!(fs::read(ada.clone.join(".git/index")).unwrap(), index, "the index is as it was to the byte");
    let there = state(&ada);
    // Nothing but what differs is stored.
    let tip = ada.git(&["rev-parse", "refs/handoff/work/feature%2Flogin"]);
    assert!(!ada.git(&["ls-tree", "-r", "--name-only", &tip]).contains("app.txt"));

    let bob = world.surface("bob", "work/demo");
    bob.ok(&["check", BRANCH]).says(&["would be put back"]);
    bob.ok(&["resume", BRANCH, "--no-run"]).says(&["uncommitted files restored ("]);
    assert_eq!(state(&bob), there);
    // Again: nothing changes, and what was done since stays.
    write(&bob, "becomes/a/folder.txt", "mine\n");
    let mine = state(&bob);
    bob.ok(&["resume", BRANCH, "--no-run"]).says(&["here already"]);
    assert_eq!(state(&bob), mine);

    // And back, with more.
    bob.ok(&["init"]);
    session.turn(&bob, "Go on", "Done.");
    bob.ok(&["push", "--work"]);
    let theirs = state(&bob);
    let carol = world.surface("carol", "c");
    carol.ok(&["resume", BRANCH, "--no-run"]).says(&["restored"]);
    assert_eq!(state(&carol), theirs);
    // Ada has the older state of the same files, which is what bob went on from.
    ada.ok(&["resume", BRANCH, "--no-run", "--take"]).says(&["restored (", "refs/handoff-rescue/"]);
    assert_eq!(state(&ada), theirs);
}

#[test]
fn every_kind_of_change_arrives_as_it_was() {
    every_kind(&World::new());
}

#[test]
fn with_the_longer_object_ids_too() {
    every_kind(&World::sha256());
}

#[test]
fn without_being_asked_it_stays_and_says_so() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = begun(&world, &session);
    write(&ada, "both.txt", "mine\n");
    ada.ok(&["push"]).says(&["1 file with changes", "git handoff push --work"]);
    assert!(world.server_refs("refs/handoff/work").is_empty());
    // A setting asks for good; a push without it later names none.
    ada.git(&["config", "handoff.work", "true"]);
    ada.ok(&["push"]).says(&["1 uncommitted file"]);
    assert_eq!(world.server_refs("refs/handoff/work").len(), 1);
    ada.git(&["config", "handoff.work", "false"]);
    ada.ok(&["push"]);
    let bob = world.surface("bob", "work/demo");
    bob.ok(&["resume", BRANCH, "--no-run"]).never_says(&["uncommitted"]);
    // Taken once more: the commit follows the one before.
    ada.ok(&["push", "--work"]);
    let carol = world.surface("carol", "c");
    carol.ok(&["resume", BRANCH, "--no-run", "--no-work"]).never_says(&["uncommitted"]);
    assert!(!fs::read_to_string(carol.clone.join("both.txt")).unwrap().contains("mine"));
}

#[test]
fn secrets_and_what_is_too_large_stay_and_are_named() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = begun(&world, &session);
    let token = format!("token = \"ghp_{}\"\n", "a1B2c3D4e5F6".repeat(3));
    write(&ada, ".env", "A=1\n");
    write(&ada, "conf/deploy.pem", "x\n");
    write(&ada, "notes.txt", &token);
    write(&ada, "staged.key", "k\n");
    ada.git(&["add", "staged.key"]);
    write(&ada, "fine.txt", "fine\n");
    write(&ada, ".git/info/exclude", "ignored.txt\n");
    write(&ada, "ignored.txt", "ignored\n");
    write(&ada, "new\nline.txt", "x\n");
    fs::File::create(ada.clone.join("large.bin")).unwrap().set_len((32 << 20) + 1).unwrap();
    ada.git(&["init", "--quiet", "nested"]);
    write(&ada, "nested/x", "x\n");
    let said = ada.ok(&["push", "--work", "--include", "conf/deploy.pem"]);
    said.says(&[
        ".env: it looks secret",
        "notes.txt: it has what looks like a secret",
        "staged.key",
        "larger than 32 MiB",
    ]);
    said.says(&["new?line.txt", "nested/: it is a repository of its own", "2 uncommitted files"]);
    let objects = world.objects(&world.lab.path("server.git"));
    let has = |what: &str| objects.windows(what.len()).any(|w| w == what.as_bytes());
    assert!(!has("a1B2c3D4e5F6a1B2c3D4e5F6"));
    let bob = world.surface("bob", "work/demo");
    bob.ok(&["resume", BRANCH, "--no-run"]).says(&["2 uncommitted files restored", "left out: .env"]);
    assert!(bob.clone.join("conf/deploy.pem").exists() && bob.clone.join("fine.txt").exists());
    for name in [".env", "notes.txt", "staged.key", "ignored.txt", "large.bin", "nested"] {
        assert!(!bob.clone.join(name).exists(), "{name}");
    }
}

#[test]
fn what_is_here_stays_and_goes_together_or_nothing_is_touched() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = begun(&world, &session);
    let lines: String = (1..=20).map(|n| format!("line {n}\n")).collect();
    write(&ada, "both.txt", &lines.replace("line 2\n", "line two\n"));
    write(&ada, "ignored.log", "theirs\n");
    ada.ok(&["push", "--work"]);

    // On other paths: beside them. On the same, apart: merged, and what was here is kept.
    let bob = world.surface("bob", "work/demo");
    bob.git(&["switch", "--quiet", BRANCH]);
    write(&bob, "both.txt", &lines.replace("line 19\n", "line nineteen\n"));
    write(&bob, "mine.txt", "mine\n");
    let said = bob.ok(&["resume", BRANCH, "--no-run"]);
    said.says(&["merged with yours: both.txt", "refs/handoff-rescue/"]);
    let text = fs::read_to_string(bob.clone.join("both.txt")).unwrap();
    assert!(text.contains("line two\n") && text.contains("line nineteen\n"));
    assert_eq!(fs::read_to_string(bob.clone.join("mine.txt")).unwrap(), "mine\n");
    let command = said.out.lines().find(|l| l.contains("git restore")).expect("a command").trim().to_owned();
    bob.types(&command);
    assert_eq!(fs::read_to_string(bob.clone.join("both.txt")).unwrap(), lines.replace("line 19\n", "line nineteen\n"));

    // On the same lines, or where an ignored file of the user's stands: nothing is touched.
    let carol = world.surface("carol", "c");
    carol.git(&["switch", "--quiet", BRANCH]);
    write(&carol, ".git/info/exclude", "*.log\n");
    write(&carol, "ignored.log", "hers\n");
    let before = state(&carol);
    let stopped = carol.stops(&["resume", BRANCH, "--no-run", "--take"]);
    stopped.says(&["ignored.log", "nothing was changed"]);
    assert_eq!(state(&carol), before);
    carol.types(&stopped.choice("see them"));
    carol.types(&stopped.choice("beside yours"));
    assert_eq!(state(&carol), before);
    let beside = fs::read_dir(carol.clone.parent().unwrap()).unwrap().flatten().map(|e| e.path());
    let beside = beside.into_iter().find(|p| *p != carol.clone && p.join("ignored.log").exists()).expect("a work tree");
    assert_eq!(fs::read_to_string(beside.join("ignored.log")).unwrap(), "theirs\n");
}

#[test]
fn there_and_back_what_was_given_up_goes_and_what_was_done_meanwhile_stays() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = begun(&world, &session);
    write(&ada, "both.txt", "draft\n");
    write(&ada, "given-up.txt", "x\n");
    write(&ada, "gone.txt", "changed\n");
    ada.ok(&["push", "--work"]);
    let bob = world.surface("bob", "work/demo");
    bob.ok(&["resume", BRANCH, "--no-run"]);
    bob.ok(&["init"]);
    write(&bob, "both.txt", "draft, better\n");
    fs::remove_file(bob.clone.join("given-up.txt")).unwrap();
    session.turn(&bob, "Go on", "Done.");
    bob.ok(&["push", "--work"]);
    write(&ada, "gone.txt", "changed by ada meanwhile\n");
    ada.ok(&["resume", BRANCH, "--no-run"]);
    let text = |name: &str| fs::read_to_string(ada.clone.join(name)).unwrap_or_default();
    assert_eq!(text("both.txt"), "draft, better\n");
    assert_eq!(text("gone.txt"), "changed by ada meanwhile\n");
    assert!(!ada.clone.join("given-up.txt").exists());
    // What went is kept.
    let rescue = ada.git(&["for-each-ref", "--format=%(refname)", "refs/handoff-rescue"]);
    assert_eq!(ada.git(&["show", &format!("{rescue}:given-up.txt")]), "x");

    // Both change the same lines: nothing is touched.
    write(&bob, "both.txt", "bob\n");
    bob.ok(&["push", "--work"]);
    write(&ada, "both.txt", "ada\n");
    let before = state(&ada);
    ada.stops(&["resume", BRANCH, "--no-run", "--take"]).says(&["both.txt", "nothing was changed"]);
    ada.stops(&["check", BRANCH]).says(&["do not go together with yours: both.txt"]);
    assert_eq!(state(&ada), before);
}

#[test]
fn two_who_push_theirs_at_once_lose_nothing() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = begun(&world, &session);
    ada.ok(&["push"]);
    let bob = world.surface("bob", "work/demo");
    bob.ok(&["resume", BRANCH, "--no-run"]);
    bob.ok(&["init"]);
    write(&bob, "bob.txt", "bob\n");
    bob.ok(&["push", "--work"]);
    // Ada has not fetched what bob did.
    write(&ada, "ada.txt", "ada\n");
    let said = ada.handoff(&["push", "--work"]);
    assert_eq!(said.code, 0, "{said}");
    let server = world.lab.path("server.git");
    let all = world.lab.git(&server, &["log", "--format=%H", "refs/handoff/work/feature%2Flogin"]);
    let files: Vec<String> =
        all.lines().map(|c| world.lab.git(&server, &["ls-tree", "-r", "--name-only", c])).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(files[0].contains("worktree/ada.txt") && files[1].contains("worktree/bob.txt"), "{files:?}");
    let carol = world.surface("carol", "c");
    carol.ok(&["resume", BRANCH, "--no-run", "--take"]);
    assert!(carol.clone.join("ada.txt").exists() || carol.clone.join("bob.txt").exists());
}

#[test]
fn a_branch_that_went_on_takes_it_in() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = begun(&world, &session);
    let lines: String = (1..=20).map(|n| format!("line {n}\n")).collect();
    write(&ada, "both.txt", &lines.replace("line 2\n", "line two\n"));
    ada.ok(&["push", "--work"]);
    let bob = world.surface("bob", "work/demo");
    bob.git(&["switch", "--quiet", BRANCH]);
    bob.commit("both.txt", &lines.replace("line 19\n", "line nineteen\n"));
    bob.ok(&["resume", BRANCH, "--no-run"]).says(&["restored"]);
    let text = fs::read_to_string(bob.clone.join("both.txt")).unwrap();
    assert!(text.contains("line two\n") && text.contains("line nineteen\n"));
    assert_eq!(bob.git(&["diff", "--cached", "--name-only"]), "");
    assert!(bob.git(&["diff"]).contains("+line two"));
}

#[test]
fn line_ends_come_as_after_a_checkout() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = begun(&world, &session);
    write(&ada, "dos.txt", "one\r\ntwo\r\n");
    write(&ada, "both.txt", "unix\n");
    ada.ok(&["push", "--work"]);
    let bob = world.surface("bob", "work/demo");
    bob.git(&["config", "core.autocrlf", "true"]);
    bob.git(&["switch", "--quiet", BRANCH]);
    bob.ok(&["resume", BRANCH, "--no-run"]);
    assert_eq!(fs::read(bob.clone.join("dos.txt")).unwrap(), b"one\r\ntwo\r\n");
    assert_eq!(fs::read(bob.clone.join("both.txt")).unwrap(), b"unix\r\n");
    assert_eq!(bob.git(&["diff", "--cached", "--name-only"]), "");
}

#[test]
fn sparse_and_linked_work_trees_have_it_too() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = begun(&world, &session);
    write(&ada, "both.txt", "mine\n");
    write(&ada, "new/file.txt", "new\n");
    ada.ok(&["push", "--work"]);
    let bob = world.surface("bob", "work/demo");
    bob.git(&["switch", "--quiet", BRANCH]);
    bob.git(&["sparse-checkout", "set", "--no-cone", "/app.txt"]);
    assert!(!bob.clone.join("both.txt").exists());
    bob.ok(&["resume", BRANCH, "--no-run"]).says(&["restored"]);
    assert_eq!(fs::read_to_string(bob.clone.join("both.txt")).unwrap(), "mine\n");
    assert_eq!(bob.git(&["status", "--porcelain"]), " M both.txt\n?? new/");

    let carol = world.surface("carol", "c");
    carol.ok(&["resume", BRANCH, "--no-run", "--worktree", "../linked", "--take"]).says(&["restored"]);
    let linked = carol.at(&carol.clone.parent().unwrap().join("linked"));
    assert_eq!(linked.git(&["status", "--porcelain"]), " M both.txt\n?? new/");
    assert_eq!(carol.git(&["status", "--porcelain"]), "");
}

#[test]
fn an_unfinished_merge_goes_with_its_marks() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = begun(&world, &session);
    ada.git(&["switch", "--quiet", "-c", "other"]);
    ada.commit("both.txt", "theirs\n");
    ada.git(&["switch", "--quiet", BRANCH]);
    ada.commit("both.txt", "ours\n");
    assert_ne!(ada.run("git", &["merge", "other"]).code, 0);
    let before = ada.git(&["ls-files", "--stage"]);
    ada.ok(&["push", "--work"]).says(&["unmerged, taken as in the work tree: both.txt"]);
    assert_eq!(ada.git(&["ls-files", "--stage"]), before);
    let bob = world.surface("bob", "work/demo");
    bob.ok(&["resume", BRANCH, "--no-run"]);
    let marked = fs::read_to_string(ada.clone.join("both.txt")).unwrap();
    assert!(marked.contains("<<<<<<<"));
    assert_eq!(fs::read_to_string(bob.clone.join("both.txt")).unwrap(), marked);
}

#[test]
fn a_crash_in_the_middle_is_mended_by_the_next_resume() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = begun(&world, &session);
    change_all(&ada);
    ada.ok(&["push", "--work"]);
    let bob = world.surface("bob", "work/demo");
    bob.git(&["switch", "--quiet", BRANCH]);
    // The index cannot be written: files are in place, the index is not.
    fs::write(bob.clone.join(".git/index.lock"), "").unwrap();
    assert_ne!(bob.handoff(&["resume", BRANCH, "--no-run"]).code, 0);
    fs::remove_file(bob.clone.join(".git/index.lock")).unwrap();
    bob.ok(&["resume", BRANCH, "--no-run", "--take"]).says(&["restored"]);
    assert_eq!(state(&bob), state(&ada));
}

#[test]
fn only_what_differs_is_sent() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = begun(&world, &session);
    // Bytes that do not compress: 20 MB of code.
    let mut seed = 1_u64;
    let bytes: Vec<u8> = (0..20_000_000)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as u8
        })
        .collect();
    for (n, part) in bytes.chunks(1_000_000).enumerate() {
        fs::write(ada.clone.join(format!("{n}.bin")), part).unwrap();
    }
    ada.git(&["add", "."]);
    ada.git(&["commit", "--quiet", "-m", "much"]);
    ada.ok(&["push"]);
    fs::write(ada.clone.join("3.bin"), &bytes[500..50_500]).unwrap();
    let size = || {
        let server = world.lab.path("server.git");
        world.lab.git(&server, &["gc", "--quiet", "--prune=now"]);
        let said = world.lab.git(&server, &["count-objects", "-v"]);
        said.lines().find_map(|l| l.strip_prefix("size-pack: ")).expect("a size").parse::<u64>().unwrap()
    };
    let before = size();
    let said = ada.ok(&["push", "--work"]);
    let grown = size() - before;
    assert!(grown < 60, "{grown} KiB\n{said}");
    said.says(&["nothing new in the code, 1 uncommitted file, 5"]);
}
