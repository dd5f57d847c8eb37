//! Story 8: a CI job works on a detached HEAD.

use super::session::Session;
use super::world::{BRANCH, World};

#[test]
fn finds_the_branch_whose_head_it_is() {
    let world = World::new();
    let (ada, ci) = (world.surface("ada", "src/demo"), world.surface("ci", "builds/7/demo"));
    ada.begin(BRANCH);
    ada.git(&["push", "--quiet", "origin", BRANCH]);
    ci.git(&["fetch", "--quiet"]);
    ci.git(&["checkout", "--quiet", "--detach", &format!("origin/{BRANCH}")]);
    let session = Session::claude(&world);
    session.turn(&ci, "Why does it fail?", "It fails for this reason.");
    ci.ok(&["init"]);
    ci.ok(&["status"]).says(&[BRANCH]);
    // No line of the session names a branch: it belongs to the one whose head it worked on.
    ci.ok(&["push"]).says(&["feature/login -> origin", "Why does it fail?"]);
    ada.ok(&["resume"]).says(&["Why does it fail?"]);
    session.holds(&ada, &["It fails for this reason."]);
}

#[test]
fn asks_for_the_branch_where_none_or_several_end() {
    let world = World::new();
    let (ada, ci) = (world.surface("ada", "src/demo"), world.surface("ci", "builds/7/demo"));
    ada.begin(BRANCH);
    ada.git(&["push", "--quiet", "origin", BRANCH]);
    ada.git(&["push", "--quiet", "origin", &format!("{BRANCH}:refs/heads/release")]);
    ci.git(&["fetch", "--quiet"]);
    ci.git(&["checkout", "--quiet", "--detach", &format!("origin/{BRANCH}")]);
    let session = Session::codex(&world);
    session.turn(&ci, "Why does it fail?", "It fails for this reason.");
    ci.ok(&["init"]);
    let several = ci.stops(&["push"]);
    several.says(&["detached", "several branches", "--branch feature/login", "--branch release"]);
    ci.commit("fix.txt", "fixed\n");
    let none = ci.stops(&["push"]);
    none.says(&["detached", "no branch ends there", "--branch"]);
    assert!(world.server_refs("refs/handoff").is_empty());

    // With the name it goes to that branch, with the commit that was made.
    let head = ci.git(&["rev-parse", "HEAD"]);
    let pushed = ci.ok(&["push", "--branch", BRANCH, "--session", &session.id]);
    pushed.says(&["feature/login -> origin"]);
    ada.ok(&["resume"]).says(&["Why does it fail?"]);
    assert_eq!(ada.git(&["rev-parse", "HEAD"]), head);
}
