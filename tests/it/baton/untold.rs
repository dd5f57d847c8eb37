//! Taken or let go where the remote cannot be told: offline, with a token that may only read, or before `init`.

use std::fs;

use super::{at_server, handed_over, json, read_only};
use crate::stories::session::Session;
use crate::stories::world::{BRANCH, World};

#[test]
fn offline_it_goes_on_and_the_next_command_that_reaches_the_remote_tells_it() {
    for telling in [&["fetch"][..], &["check"], &["resume"]] {
        let world = World::new();
        let session = Session::claude(&world);
        let all = handed_over(&world, &session, &["ada", "bob"]);
        let bob = &all[1];
        bob.ok(&["fetch", "--logs"]);
        bob.git(&["fetch", "--quiet"]);
        let (server, away) = (world.lab.path("server.git"), world.lab.path("away.git"));
        fs::rename(&server, &away).expect("moved");
        bob.ok(&["resume", BRANCH]).says(&["offline", "yours here; the remote was not told"]);
        for _ in 0..2 {
            bob.ok(&["status"]).says(&["held by you", "origin does not know yet"]);
        }
        assert_eq!(json(&bob.ok(&["status", "--json"]))["baton"]["untold"], "origin");
        fs::rename(&away, &server).expect("moved back");
        assert!(at_server(&world, BRANCH).starts_with("offered 1 "));
        bob.ok(telling);
        let baton = at_server(&world, BRANCH);
        assert!(baton.starts_with("held 2 ") && baton.contains(" bob-"), "{telling:?}: {baton}");
        bob.ok(&["status"]).says(&["held by you"]).never_says(&["does not know"]);
    }
}

#[test]
fn with_a_token_that_may_only_read_it_goes_on_and_says_so_until_it_may() {
    let world = World::new();
    let session = Session::claude(&world);
    let all = handed_over(&world, &session, &["ada", "bob"]);
    let bob = &all[1];
    let hook = read_only(&world);
    let resumed = bob.ok(&["resume", BRANCH]);
    resumed.says(&["yours here; the remote was not told (this token may only read)", "claude --resume"]);
    session.holds(bob, &["Written."]);
    bob.ok(&["fetch"]).never_says(&["knows now"]);
    bob.ok(&["check"]).says(&["held by you", "origin does not know yet"]);
    assert!(at_server(&world, BRANCH).starts_with("offered 1 "));
    fs::remove_file(hook).expect("removed");
    bob.ok(&["fetch"]).says(&["feature/login: origin knows now that you have it"]);
    assert!(at_server(&world, BRANCH).starts_with("held 2 "));
    bob.ok(&["fetch"]).never_says(&["knows now"]);
}

#[test]
fn what_another_took_meanwhile_is_theirs_and_one_is_told() {
    let world = World::new();
    let session = Session::claude(&world);
    let all = handed_over(&world, &session, &["ada", "bob", "cleo"]);
    let (bob, cleo) = (&all[1], &all[2]);
    let hook = read_only(&world);
    bob.ok(&["resume", BRANCH]).says(&["yours here"]);
    fs::remove_file(hook).expect("removed");
    cleo.ok(&["resume", BRANCH]).says(&["baton          yours"]);
    let held = at_server(&world, BRANCH);
    bob.ok(&["fetch"]).never_says(&["knows now"]);
    bob.ok(&["status"]).says(&["feature/login is no longer yours: held by cleo-"]);
    bob.stops(&["resume"]).says(&["held by cleo-"]);
    assert_eq!(at_server(&world, BRANCH), held);
}

#[test]
fn letting_go_is_told_later_too() {
    let world = World::new();
    let session = Session::claude(&world);
    let all = handed_over(&world, &session, &["ada", "bob"]);
    let bob = &all[1];
    bob.ok(&["resume", BRANCH]);
    let (server, away) = (world.lab.path("server.git"), world.lab.path("away.git"));
    fs::rename(&server, &away).expect("moved");
    bob.ok(&["release"]).says(&["free, let go just now by you", "origin does not know yet", "was not told"]);
    bob.ok(&["status"]).says(&["free, let go", "origin does not know yet"]);
    fs::rename(&away, &server).expect("moved back");
    assert!(at_server(&world, BRANCH).starts_with("held 2 "));
    bob.ok(&["fetch"]).says(&["origin knows now that you let go of it"]);
    assert!(at_server(&world, BRANCH).starts_with("free 3 "));
}

#[test]
fn who_is_not_opted_in_tells_nobody_until_then() {
    let world = World::new();
    let session = Session::claude(&world);
    handed_over(&world, &session, &["ada"]);
    let bob = world.surface("bob", "work/demo");
    bob.ok(&["resume", BRANCH]).says(&["yours here", "git handoff init --remote origin"]);
    bob.ok(&["fetch"]);
    assert!(at_server(&world, BRANCH).starts_with("offered 1 "));
    bob.ok(&["init"]);
    bob.ok(&["fetch"]).says(&["knows now that you have it"]);
    assert!(at_server(&world, BRANCH).starts_with("held 2 "));
}
