//! Story 5: linked work trees.

use super::session::Session;
use super::world::{BRANCH, World};

#[test]
fn a_session_in_a_work_tree_goes_anywhere() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    let session = Session::codex(&world);
    let beside = ada.at(&ada.home.join("src/demo-login"));
    ada.git(&["worktree", "add", "--quiet", "--no-track", "-b", BRANCH, beside.clone.to_str().unwrap(), "origin/main"]);
    beside.commit("login.txt", "login\n");
    session.turn(&beside, "Write the login", "Written.");
    beside.ok(&["init"]);
    beside.ok(&["push"]).says(&["Write the login"]);
    // The main work tree has another branch, and knows that this one is taken.
    ada.ok(&["list"]).says(&["Write the login"]);
    let elsewhere = ada.stops(&["resume", BRANCH]);
    ada.types(&elsewhere.choice("run it there"));
    beside.ok(&["push"]);

    // Another clone, in a work tree of its own.
    let bob = world.surface("bob", "work/demo");
    bob.ok(&["resume", BRANCH, "--worktree", "../login"]);
    let there = bob.at(&bob.home.join("work/login"));
    session.holds(&there, &["Written.", &format!("{}/app.txt", there.clone.display())]);
    session.turn(&there, "Add a page", "Page made.");
    there.ok(&["init"]);
    there.ok(&["push"]).says(&["new"]).never_says(&["two ways"]);

    // And back, into the work tree it came from.
    beside.ok(&["resume"]).says(&["added to the one here"]);
    session.holds(&beside, &["Page made."]);
}
