//! The rescue snapshot: complete, restorable, and made without a trace in the work tree.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use git_handoff::git::Repo;
use git_handoff::git::tree::{Rescue, expire_rescues, rescue};

use super::world::World;

fn taken(world: &World, extra: &[PathBuf]) -> Option<Rescue> {
    let env = world.lab.env(&world.b);
    rescue(&Repo::open(&env).unwrap(), &env, "test", extra).unwrap()
}

fn everything(world: &World) {
    world.lab.write(&world.b, "app.txt", "changed\n");
    world.lab.write(&world.b, "lib.txt", "staged\n");
    world.git(&["add", "lib.txt"]);
    world.lab.write(&world.b, "lib.txt", "staged, then changed\n");
    world.lab.write(&world.b, "new file.sh", "untracked\n");
    fs::set_permissions(world.b.join("new file.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    world.lab.write(&world.b, "new\nline\".txt", "an odd name\n");
    fs::write(world.b.join(OsStr::from_bytes(b"not\xffunicode")), "bytes\n").unwrap();
    std::os::unix::fs::symlink("app.txt", world.b.join("link")).unwrap();
    fs::remove_file(world.b.join("work.txt")).unwrap();
    world.lab.write(&world.b, "secret.log", "ignored\n");
}

#[test]
fn index_and_status_stay_as_they_are_to_the_byte() {
    let world = World::new();
    everything(&world);
    let status = world.git(&["status", "--porcelain=v2", "-z"]);
    let index = fs::read(world.b.join(".git/index")).unwrap();
    let folder = || {
        let names = fs::read_dir(world.b.join(".git")).unwrap().map(|e| e.unwrap().file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    };
    let before = folder();
    taken(&world, &[]).expect("a rescue");
    assert!(index == fs::read(world.b.join(".git/index")).unwrap());
    assert_eq!(status, world.git(&["status", "--porcelain=v2", "-z"]));
    assert_eq!(folder(), before, "nothing is left behind");
}

#[test]
fn its_command_puts_everything_back() {
    let world = World::new();
    everything(&world);
    let rescue = taken(&world, &["secret.log".into()]).expect("a rescue");
    assert_eq!(rescue.what.len(), 8, "{:?}", rescue.what);
    world.git(&["reset", "--quiet", "--hard"]);
    world.git(&["clean", "--quiet", "-fdx"]);
    fs::create_dir_all(world.b.join("sub")).unwrap();
    for command in [rescue.command(), rescue.index_command()] {
        assert!(world.lab.run(&world.b.join("sub"), "sh", &["-c", &command]).status.success(), "{command}");
    }
    let read = |name: &str| fs::read_to_string(world.b.join(name)).unwrap();
    assert_eq!(read("app.txt"), "changed\n");
    assert_eq!(read("lib.txt"), "staged, then changed\n");
    assert_eq!(read("new\nline\".txt"), "an odd name\n");
    assert_eq!(read("secret.log"), "ignored\n");
    assert_eq!(fs::read(world.b.join(OsStr::from_bytes(b"not\xffunicode"))).unwrap(), b"bytes\n");
    assert_eq!(fs::read_link(world.b.join("link")).unwrap(), PathBuf::from("app.txt"));
    assert!(!world.b.join("work.txt").exists());
    assert_eq!(fs::metadata(world.b.join("new file.sh")).unwrap().permissions().mode() & 0o111, 0o111);
    assert_eq!(world.git(&["show", ":lib.txt"]), "staged");
}

#[test]
fn a_clean_tree_needs_none() {
    let world = World::new();
    world.lab.write(&world.b, "secret.log", "ignored\n");
    assert_eq!(taken(&world, &[]), None);
}

#[test]
fn what_is_too_much_is_named() {
    let world = World::new();
    fs::File::create(world.b.join("big.bin")).unwrap().set_len(33 << 20).unwrap();
    world.lab.write(&world.b, "small.bin", "small\n");
    world.lab.git(&world.b, &["init", "--quiet", "nested"]);
    world.lab.commit(&world.b.join("nested"), &[("x", "x")], "nested");
    let rescue = taken(&world, &[]).expect("a rescue");
    assert_eq!(rescue.what, [PathBuf::from("small.bin")]);
    let left: Vec<_> = rescue.left_out.iter().map(|l| (l.path.to_str().unwrap(), l.why)).collect();
    assert_eq!(left, [("big.bin", "it is larger than 32 MiB"), ("nested/", "it is a repository of its own")]);
}

#[test]
fn an_index_with_conflicts_is_rescued_as_the_files_are() {
    let world = World::new();
    world.git(&["switch", "--quiet", "-c", "other", "main"]);
    world.lab.commit(&world.b, &[("work.txt", "other\n")], "other");
    assert!(!world.lab.run(&world.b, "git", &["merge", "feature"]).status.success());
    let index = fs::read(world.b.join(".git/index")).unwrap();
    let rescue = taken(&world, &[]).expect("a rescue");
    assert!(index == fs::read(world.b.join(".git/index")).unwrap());
    assert!(world.git(&["show", &format!("{}:work.txt", rescue.ref_name)]).contains("<<<<<<<"));
}

#[test]
fn strict_line_ends_are_no_obstacle() {
    let world = World::new();
    for (name, value) in [("core.autocrlf", "input"), ("core.safecrlf", "true")] {
        world.git(&["config", name, value]);
    }
    world.lab.write(&world.b, "dos.txt", "a\r\nb\n");
    taken(&world, &[]).expect("a rescue");
}

#[test]
fn rescues_end_after_thirty_days() {
    let world = World::new();
    everything(&world);
    let rescue = taken(&world, &[]).expect("a rescue");
    world.git(&["update-ref", "refs/handoff-rescue/not-a-time", "HEAD"]);
    let repo = Repo::open(&world.lab.env(&world.b)).unwrap();
    assert!(expire_rescues(&repo, "2026-12-24T11:00:00Z".parse().unwrap()).unwrap().is_empty());
    let gone = expire_rescues(&repo, "2026-12-25T12:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(gone, [rescue.ref_name]);
    assert_eq!(
        world.git(&["for-each-ref", "--format=%(refname)", "refs/handoff-rescue/"]),
        "refs/handoff-rescue/not-a-time"
    );
}
