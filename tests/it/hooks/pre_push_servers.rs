//! What servers do to a plain `git push` with hooks: take it, refuse it, ask for a password, hang.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use super::pre_push::{ada, told};
use crate::servers::Server;
use crate::stories::session::Session;
use crate::stories::world::{BRANCH, World};

#[test]
fn a_server_that_refuses_costs_one_warning_and_never_the_push() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = ada(&world, &session);
    let server = world.lab.path("server.git");
    let hook = server.join("hooks/pre-receive");
    fs::create_dir_all(server.join("hooks")).unwrap();
    fs::write(&hook, "#!/bin/sh\nif grep -q refs/handoff; then echo 'denied by the house'; exit 1; fi\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let said = told(&ada, &["push", "origin", BRANCH]);
    let line =
        "origin does not take refs/handoff/* (denied by the house); sessions stay here. git handoff doctor explains";
    assert_eq!(said, [line]);
    ada.commit("x.txt", "x\n");
    assert!(told(&ada, &["push", "origin", BRANCH]).is_empty(), "once");
    assert_eq!(world.server_refs("refs/heads/feature").len(), 1);
    // The doctor tells why, and the next push asks again.
    ada.ends(1, &["doctor"]).says(&["problem", "denied by the house", "the next push asks again"]);
    ada.commit("y.txt", "y\n");
    assert_eq!(told(&ada, &["push", "origin", BRANCH]), [line]);
    fs::remove_file(&hook).unwrap();
    // So does an explicit push.
    ada.ok(&["push"]);
    session.turn(&ada, "More", "Done.");
    assert_eq!(told(&ada, &["push", "origin", BRANCH]).len(), 1);
}

#[test]
fn over_http_nobody_is_asked_for_a_password() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = ada(&world, &session);
    let server = Server::http(&world.lab, true);
    let url = format!("{}/server.git", server.url);
    ada.git(&["remote", "set-url", "origin", &url]);
    // git itself has the password for its own push only: an askpass that answers.
    world.lab.script("answers", "#!/bin/sh\ncase $1 in User*) echo ada ;; *) echo lace ;; esac\n");
    let asked = ada.with("GIT_ASKPASS", world.lab.path("bin/answers").to_str().unwrap());
    let said = told(&asked, &["push", "origin", BRANCH]);
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("could not reach origin") && said[0].contains("git itself goes on"), "{said:?}");
    assert!(world.server_refs("refs/handoff").is_empty());
    assert_eq!(world.server_refs("refs/heads/feature").len(), 1);
    // With a helper that knows it, it goes along.
    world.lab.write(&ada.home, ".git-credentials", &format!("{}\n", server.url.replace("http://", "http://ada:lace@")));
    ada.git(&["config", "--global", "credential.helper", "store"]);
    ada.commit("x.txt", "x\n");
    assert!(told(&ada, &["push", "origin", BRANCH])[0].starts_with("pushed 5 events"));
}

#[test]
fn several_addresses_are_sent_to_once() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = ada(&world, &session);
    let second = world.server("second.git");
    let (one, two) = (world.lab.path("server.git"), second.to_str().unwrap());
    ada.git(&["remote", "set-url", "--add", "--push", "origin", one.to_str().unwrap()]);
    ada.git(&["remote", "set-url", "--add", "--push", "origin", two]);
    assert_eq!(told(&ada, &["push", "origin", BRANCH]).len(), 1);
    assert_eq!(world.server_refs("refs/handoff").len(), 2);
    assert_eq!(world.lab.git(&second, &["for-each-ref", "refs/handoff"]).lines().count(), 2);
}

#[test]
fn a_server_that_hangs_is_left_after_ten_seconds() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = ada(&world, &session);
    // It takes connections and never answers; git's own push goes to the real one.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("git://127.0.0.1:{}/x.git", silent.local_addr().unwrap().port());
    ada.git(&["remote", "set-url", "origin", &url]);
    let head = ada.git(&["rev-parse", "HEAD"]);
    let line = format!("refs/heads/{BRANCH} {head} refs/heads/{BRANCH} {}\n", "0".repeat(40));
    let started = Instant::now();
    let call = format!("printf '{line}' | git-handoff hook pre-push origin {url}");
    let said = ada.types(&call);
    let took = started.elapsed();
    said.says(&["handoff: stopped after 10 seconds"]);
    assert!(took > Duration::from_secs(9) && took < Duration::from_secs(14), "{took:?}");
    // Nothing half written, and nothing lost.
    ada.git(&["fsck", "--no-dangling", "--no-progress"]);
    ada.git(&["remote", "set-url", "origin", world.lab.path("server.git").to_str().unwrap()]);
    assert!(told(&ada, &["push", "origin", BRANCH])[0].starts_with("pushed 5 events"));
}
