//! After checkout, merge and rebase: what waits is said once, and rewritten commits are known to the next record.

use super::pre_push::told;
use crate::stories::session::Session;
use crate::stories::world::{BRANCH, World};

#[test]
fn a_checkout_and_a_pull_tell_of_a_handoff_that_waits() {
    let world = World::new();
    let (ada, bob) = (world.surface("ada", "src/demo"), world.surface("bob", "work/demo"));
    let session = Session::claude(&world);
    bob.ok(&["init"]);
    ada.begin(BRANCH);
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    ada.ok(&["push"]);
    // A plain fetch brings the record, and only into the tracking namespace.
    bob.git(&["fetch", "--quiet"]);
    let refs = bob.git(&["for-each-ref", "--format=%(refname)", "refs/handoff", "refs/handoff-remotes"]);
    assert_eq!(refs, "refs/handoff-remotes/origin/branches/feature%2Flogin");
    let said = told(&bob, &["switch", BRANCH]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with(&format!("{BRANCH} has a handoff from ada-")), "{said:?}");
    assert!(said[0].ends_with("minutes ago): git handoff resume"), "{said:?}");
    // Files only, another branch, one's own: nothing.
    assert!(told(&bob, &["checkout", "main", "--", "app.txt"]).is_empty());
    assert!(told(&bob, &["switch", "main"]).is_empty());
    assert!(told(&ada, &["switch", "main"]).is_empty());
    assert!(told(&ada, &["switch", BRANCH]).is_empty(), "it is her own");
    bob.ok(&["resume", BRANCH]);
    bob.git(&["switch", "--quiet", "main"]);
    assert!(told(&bob, &["switch", BRANCH]).is_empty(), "it is taken");
    // Taken back and offered again, brought by a pull that merges.
    ada.ok(&["resume", BRANCH, "--take", "--no-run"]);
    ada.commit("a.txt", "a\n");
    session.turn(&ada, "More", "Done.");
    ada.ok(&["push"]);
    bob.git(&["fetch", "--quiet"]);
    assert_eq!(told(&bob, &["merge", "--ff-only", &format!("origin/{BRANCH}")]).len(), 1);
}

#[test]
fn what_an_amend_made_of_a_commit_is_in_the_next_record() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    let session = Session::claude(&world);
    ada.begin(BRANCH);
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    let old = ada.commit("a.txt", "one\n");
    ada.ok(&["push"]);
    // Another patch altogether, twice: only git's own word connects them.
    for text in ["two\n", "three\n"] {
        std::fs::write(ada.clone.join("a.txt"), text).unwrap();
        ada.git(&["commit", "--quiet", "--all", "--amend", "-m", text]);
    }
    let new = ada.git(&["rev-parse", "HEAD"]);
    ada.git(&["push", "--quiet", "--force-with-lease", "origin", BRANCH]);
    let server = world.lab.path("server.git");
    let record = world.lab.git(&server, &["show", "refs/handoff/branches/feature%2Flogin:handoff.yaml"]);
    assert!(record.contains(&format!("old: \"{old}\"\n    new: \"{new}\"")), "{record}");
    // Whoever had the old one is told that it lives on.
    let bob = world.surface("bob", "work/demo");
    bob.git(&["switch", "--quiet", "-c", BRANCH, &old]);
    bob.ok(&["check", BRANCH]).says(&["rewritten there"]);
}
