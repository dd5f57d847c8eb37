//! Story 1: a repository in which people worked with agents for a while meets the program.

use super::session::Session;
use super::world::{BRANCH, World};

#[test]
fn takes_the_newest_on_the_branch_and_says_how_to_add_the_others() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    let (older, elsewhere, newest) = (Session::claude(&world), Session::codex(&world), Session::claude(&world));
    ada.begin("other");
    elsewhere.turn(&ada, "Something else", "Done elsewhere.");
    ada.begin(BRANCH);
    older.turn(&ada, "Plan the login", "Here is a plan.");
    world.next_day();
    newest.turn(&ada, "Write the login", "Written.");

    // Before anything leaves: who will be able to read it, and a way to agree.
    let asked = ada.stops(&["push"]);
    asked.says(&["everyone who can read", "server.git"]);
    assert!(world.server_refs("refs/handoff").is_empty());
    ada.types(&asked.choice("agree"));

    let pushed = ada.ok(&["push"]);
    pushed.says(&["Write the login", "not taken", "Plan the login", "git handoff resume feature/login"]);
    pushed.never_says(&["Something else"]);
    assert_eq!(world.server_refs("refs/handoff/logs"), [format!("refs/handoff/logs/{}", newest.key())]);

    // The command that it prints adds the other, and the next push keeps both.
    let added = pushed.err.lines().find_map(|l| l.split_once("add it with `")).expect("a command").1;
    ada.types(added.trim_end_matches('`'));
    newest.turn(&ada, "Test the login", "Tested.");
    ada.ok(&["push"]).says(&["Write the login", "10 events, 5 new"]);
    assert_eq!(world.server_refs("refs/handoff/logs").len(), 2);
    ada.ok(&["list"]).says(&["Plan the login", "Write the login"]);

    // Someone who was never here gets all of it, the newest by default.
    let bob = world.surface("bob", "work/demo");
    let resumed = bob.ok(&["resume", BRANCH, "--no-run"]);
    resumed.says(&["Write the login", "also claude", "claude --resume"]);
    newest.holds(&bob, &["Write the login", "Tested."]);
    assert_eq!(bob.git(&["rev-parse", "HEAD"]), ada.git(&["rev-parse", "HEAD"]));
    let other = resumed.out.lines().find_map(|l| l.split_once("also claude")).expect("the other").1;
    bob.types(other.split_once(": ").expect("a command").1);
    older.holds(&bob, &["Here is a plan."]);
}

#[test]
fn with_no_session_on_the_branch_it_says_where_it_looked_and_which_could_be_meant() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    ada.begin(BRANCH);
    ada.ok(&["init"]);
    ada.ends(1, &["push"]).says(&[
        "no session",
        ".claude/projects",
        ".codex",
        "work on the branch with an agent first",
    ]);
    ada.git(&["switch", "--quiet", "main"]);
    let session = Session::claude(&world);
    session.turn(&ada, "On main", "Done.");
    ada.git(&["switch", "--quiet", BRANCH]);
    ada.ends(1, &["push"]).says(&["--session", &session.key(), "On main"]);
    assert!(world.server_refs("refs/heads/feature").is_empty(), "nothing was half sent");
    ada.ok(&["push", "--session", &session.key()]);
}
