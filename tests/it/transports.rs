//! The story of two clones over every transport, with the newest and the oldest git that is here.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::servers::{Server, ssh_stand_in};
use crate::stories::session::Session;
use crate::stories::world::{BRANCH, Surface, World};

/// A `PATH` with an older git than the usual one in front, if there is one: in `GIT_HANDOFF_OLD_GIT`, else `/usr/bin`.
fn old_git(world: &World) -> Option<String> {
    let dir = PathBuf::from(std::env::var_os("GIT_HANDOFF_OLD_GIT").unwrap_or_else(|| "/usr/bin".into()));
    let version = |program: &str| {
        let out = world.lab.run(&world.lab.path(""), program, &["--version"]);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let mut numbers = text.rsplit(' ').next().unwrap_or_default().split('.').map(|n| n.trim().parse::<u32>());
        (numbers.next().and_then(Result::ok), numbers.next().and_then(Result::ok))
    };
    let old = dir.join("git");
    if !old.is_file() || version(old.to_str()?) >= version("git") {
        eprintln!("skipped: no older git in {} (GIT_HANDOFF_OLD_GIT)", dir.display());
        return None;
    }
    let front = world.lab.path("old-git");
    std::fs::create_dir_all(&front).expect("a folder");
    std::os::unix::fs::symlink(&old, front.join("git")).expect("a link");
    let usual = world.lab.env(&front).vars().find(|(k, _)| *k == "PATH").expect("a PATH").1.to_owned();
    let path = std::iter::once(front).chain(std::env::split_paths(&usual));
    Some(std::env::join_paths(path).expect("a PATH").into_string().expect("UTF-8"))
}

fn both_gits(story: impl for<'w> Fn(&'w World, &dyn Fn(&str) -> Surface<'w>)) {
    for old in [false, true] {
        let world = World::new();
        let path = if old { old_git(&world) } else { None };
        if old && path.is_none() {
            return;
        }
        let surface = |name: &str| {
            let plain = world.surface(name, "src/demo");
            match &path {
                Some(path) => plain.with("PATH", path),
                None => plain,
            }
        };
        story(&world, &surface);
    }
}

/// Ada hands over, Bob goes on and hands back.
fn there_and_back<'w>(
    world: &'w World,
    surface: &dyn Fn(&str) -> Surface<'w>,
    url: &str,
    prepare: &dyn Fn(&Surface<'_>),
) {
    let (ada, bob) = (surface("ada"), surface("bob"));
    for on in [&ada, &bob] {
        on.git(&["remote", "set-url", "origin", url]);
        prepare(on);
    }
    let session = Session::claude(world);
    ada.begin(BRANCH);
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    ada.ok(&["push"]);
    bob.ok(&["resume", BRANCH]);
    session.holds(&bob, &["Written."]);
    bob.ok(&["init"]);
    session.turn(&bob, "Test it", "Tested.");
    let head = bob.commit("test.txt", "tested\n");
    bob.ok(&["push"]);
    ada.ok(&["resume", BRANCH]);
    session.holds(&ada, &["Written.", "Tested."]);
    assert_eq!(ada.git(&["rev-parse", "HEAD"]), head);
    world.lab.git(&world.lab.path("server.git"), &["fsck", "--no-dangling", "--no-progress"]);
}

#[test]
fn over_file() {
    both_gits(|world, surface| {
        let url = format!("file://{}", world.lab.path("server.git").display());
        there_and_back(world, surface, &url, &|_| ());
    });
}

#[test]
fn over_http_with_a_password() {
    both_gits(|world, surface| {
        let server = Server::http(&world.lab, true);
        let known = server.url.replace("http://", "http://ada:lace@");
        there_and_back(world, surface, &format!("{}/server.git", server.url), &|on| {
            world.lab.write(&on.home, ".git-credentials", &format!("{known}\n"));
            on.git(&["config", "--global", "credential.helper", "store"]);
        });
        assert!(server.refused() > 0, "the password was asked for");
    });
}

#[test]
fn over_the_git_protocol() {
    both_gits(|world, surface| {
        let server = Server::daemon(&world.lab);
        there_and_back(world, surface, &format!("{}/server.git", server.url), &|_| ());
    });
}

#[test]
fn over_ssh() {
    eprintln!("skipped: a real sshd; a program in the place of ssh runs the server's side here");
    both_gits(|world, surface| {
        let ssh = ssh_stand_in(&world.lab);
        let url = format!("ssh://nowhere.invalid{}", world.lab.path("server.git").display());
        there_and_back(world, surface, &url, &|on| {
            on.git(&["config", "core.sshCommand", ssh.to_str().expect("UTF-8")]);
        });
    });
}

#[test]
fn without_a_password_it_fails_at_once_and_says_so() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    let session = Session::claude(&world);
    ada.begin(BRANCH);
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    let server = Server::http(&world.lab, true);
    ada.git(&["remote", "set-url", "origin", &format!("{}/server.git", server.url)]);
    let started = Instant::now();
    ada.ends(1, &["push"]).says(&["could not reach origin", "could not read Username", "saved here"]);
    ada.ends(1, &["fetch"]).says(&["could not reach origin", "could not read Username"]);
    assert!(started.elapsed() < Duration::from_secs(20), "it waited for {:?}", started.elapsed());
    assert!(world.server_refs("refs/handoff").is_empty());
}
