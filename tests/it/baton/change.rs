//! Held, offered, free: each change with two and three clones, ties, and what the loser hears.

use super::{at_server, handed_over, json};
use crate::stories::session::Session;
use crate::stories::world::{BRANCH, World};

#[test]
fn who_lets_go_offers_nothing_and_anyone_goes_on() {
    let world = World::new();
    let session = Session::claude(&world);
    let all = handed_over(&world, &session, &["ada", "bob"]);
    let (ada, bob) = (&all[0], &all[1]);
    bob.ok(&["resume", BRANCH]);
    let log = format!("refs/handoff/logs/{}", session.key());
    let logs_before = world.lab.git(&world.lab.path("server.git"), &["rev-parse", &log]);
    session.turn(bob, "Bob asks", "Bob is answered.");
    bob.ok(&["save"]);
    let head = bob.commit("page.txt", "page\n");
    bob.ok(&["release"]).says(&["free, let go just now by you"]);
    let baton = at_server(&world, BRANCH);
    assert!(baton.starts_with("free 3 ") && baton.contains(" bob-"), "{baton}");
    // Only the record went: neither what was saved nor what was committed.
    let server = world.lab.path("server.git");
    assert_eq!(world.lab.git(&server, &["rev-parse", &log]), logs_before);
    assert_ne!(world.lab.git(&server, &["rev-parse", BRANCH]), head);
    bob.ok(&["release"]).says(&["free already"]);
    assert_eq!(at_server(&world, BRANCH), baton);

    // It waits for nobody, and is taken without a choice.
    ada.git(&["switch", "--quiet", "main"]);
    ada.ok(&["fetch"]);
    ada.ok(&["list"]).says(&["free, let go", "by bob-"]);
    assert_eq!(json(&ada.ok(&["status", "--json"]))["waiting"], serde_json::json!([]));
    ada.ok(&["resume", BRANCH]).says(&["baton          yours"]);
    assert!(at_server(&world, BRANCH).starts_with("held 4 "), "{}", at_server(&world, BRANCH));
    // What Bob saved is not lost by that.
    bob.ok(&["push"]).says(&["baton    stays with ada-"]);
    ada.ok(&["resume"]).says(&["added to the one here"]);
    session.holds(ada, &["Bob is answered."]);
}

#[test]
fn what_is_not_ones_own_cannot_be_let_go() {
    let world = World::new();
    let session = Session::claude(&world);
    let all = handed_over(&world, &session, &["ada", "bob"]);
    all[1].ok(&["resume", BRANCH]);
    let before = at_server(&world, BRANCH);
    // Ada has not heard of Bob; her own offer was overtaken.
    all[0].ends(1, &["release"]).says(&["not yours to let go", "held by bob-", "--take"]);
    assert_eq!(at_server(&world, BRANCH), before);
    all[0].git(&["switch", "--quiet", "-c", "other"]);
    all[0].ends(1, &["release"]).says(&["other was not handed over"]);
}

#[test]
fn a_push_leaves_the_baton_with_whoever_holds_it() {
    let world = World::new();
    let session = Session::claude(&world);
    let all = handed_over(&world, &session, &["ada", "bob"]);
    let (ada, bob) = (&all[0], &all[1]);
    bob.ok(&["resume", BRANCH]);
    let held = at_server(&world, BRANCH);
    session.turn(ada, "Ada asks", "Ada is answered.");
    let head = ada.commit("page.txt", "page\n");
    // She learns of Bob in the middle of the push, and then knows it from the start.
    for round in 0..2 {
        let pushed = ada.ok(&["push"]);
        pushed.says(&["baton    stays with bob-", "who took it", "--take && git handoff push"]);
        pushed.never_says(&["offered  the baton", "continue it anywhere"]);
        assert_eq!(at_server(&world, BRANCH), held, "round {round}");
        assert_eq!(world.lab.git(&world.lab.path("server.git"), &["rev-parse", BRANCH]), head, "the code went");
    }
    let report = json(&ada.ok(&["push", "--json"]));
    assert_eq!((&report["baton"]["state"], &report["baton"]["mine"]), (&"held".into(), &false.into()));
    let next = report["next"].as_str().expect("a command").to_owned();
    // Bob gets what Ada did; then the command that was printed hands over all the same.
    bob.ok(&["resume"]).says(&["added to the one here"]);
    session.holds(bob, &["Ada is answered."]);
    ada.types(&next).says(&["offered  the baton"]);
    assert!(at_server(&world, BRANCH).starts_with("offered "), "{}", at_server(&world, BRANCH));
    bob.ok(&["fetch"]);
    bob.ok(&["status"]).says(&["feature/login is no longer yours: offered", "by ada-"]);
}

#[test]
fn who_loses_a_branch_is_told_once() {
    let world = World::new();
    let session = Session::claude(&world);
    let all = handed_over(&world, &session, &["ada", "bob", "cleo"]);
    let (ada, bob, cleo) = (&all[0], &all[1], &all[2]);
    bob.ok(&["resume", BRANCH]);
    cleo.stops(&["resume", BRANCH]).says(&["held by bob-", "nothing was changed"]);
    cleo.ok(&["resume", BRANCH, "--take"]).says(&["baton          yours"]);
    // Until he hears of it there is nothing to tell.
    bob.ok(&["status"]).says(&["held by you"]).never_says(&["no longer yours"]);
    bob.ok(&["fetch"]);
    session.turn(bob, "Bob asks", "Bob is answered.");
    assert_eq!(bob.ok(&["save", "--quiet"]).all(), "", "a hook says nothing, and takes no word from him");
    bob.ok(&["save"]).says(&["feature/login is no longer yours: held by cleo-"]);
    bob.ok(&["status"]).says(&["held by cleo-"]).never_says(&["no longer yours"]);
    // Who only offered has lost nothing.
    ada.ok(&["fetch"]);
    ada.ok(&["status"]).never_says(&["no longer yours"]);
    bob.ok(&["resume", "--take"]);
    bob.ok(&["status"]).says(&["held by you"]);
    cleo.ok(&["push", "--session", &session.id]).says(&["stays with bob-"]);
    cleo.ok(&["status"]).never_says(&["no longer yours"]);
}

#[test]
fn a_tie_goes_to_the_lower_holder_whoever_was_first() {
    for lower_is_known in [true, false] {
        let world = World::new();
        let session = Session::claude(&world);
        let all = handed_over(&world, &session, &["zed", "ada", "bob"]);
        let (ada, bob) = (&all[1], &all[2]);
        let (known, other) = if lower_is_known { (ada, bob) } else { (bob, ada) };
        // Both take it at epoch 2: the server forgets the one before the other comes.
        other.ok(&["resume", BRANCH]);
        let record = "refs/handoff/branches/feature%2Flogin";
        world.lab.git(&world.lab.path("server.git"), &["update-ref", record, &format!("{record}^")]);
        known.ok(&["resume", BRANCH]);
        let held = at_server(&world, BRANCH);
        assert!(held.starts_with("held 2 ") && held.contains(&format!(" {}-", known.name)), "{held}");
        other.ok(&["fetch"]);
        if lower_is_known {
            bob.ok(&["status"]).says(&["feature/login is no longer yours: held by ada-"]);
            bob.ok(&["push", "--session", &session.id]).says(&["stays with ada-"]);
            assert_eq!(at_server(&world, BRANCH), held);
        } else {
            ada.ok(&["status"]).says(&["held by you"]).never_says(&["no longer yours"]);
            ada.ok(&["push", "--session", &session.id]).says(&["offered  the baton, by ada-"]);
            bob.ok(&["fetch"]);
            bob.ok(&["status"]).says(&["feature/login is no longer yours: offered", "by ada-"]);
        }
    }
}

#[test]
fn a_lost_race_for_the_baton_is_decided_by_the_same_rule() {
    let world = World::new();
    let session = Session::claude(&world);
    let all = handed_over(&world, &session, &["ada", "bob"]);
    let bob = &all[1];
    // While Bob takes it, Ada's push arrives at the server: an offer of the same epoch loses against a hold.
    session.turn(&all[0], "Ada asks", "Ada is answered.");
    let server = world.lab.path("server.git");
    let record = "refs/handoff/branches/feature%2Flogin";
    let before = world.lab.git(&server, &["rev-parse", record]);
    all[0].ok(&["push"]);
    let after = world.lab.git(&server, &["rev-parse", record]);
    world.lab.git(&server, &["update-ref", record, &before]);
    let hook = server.join("hooks/pre-receive");
    std::fs::create_dir_all(server.join("hooks")).expect("a folder");
    let text = format!(
        "#!/bin/sh\nunset GIT_QUARANTINE_PATH\nrm once 2>/dev/null && git update-ref {record} {after}\nexit 0\n"
    );
    std::fs::write(&hook, text).expect("a hook");
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    std::fs::write(server.join("once"), "").expect("a mark");
    bob.ok(&["resume", BRANCH]).says(&["baton          yours"]);
    assert!(!server.join("once").exists(), "the first try was lost");
    let baton = at_server(&world, BRANCH);
    assert!(baton.starts_with("held 2 ") && baton.contains(" bob-"), "{baton}");
    assert_eq!(world.lab.git(&server, &["rev-parse", &format!("{record}^")]), after, "it follows Ada's");
}
