//! Story 10: the receiving side has nothing: no agent, no `init`, an old state of the server.

use std::fs;

use super::session::Session;
use super::world::{BRANCH, Surface, World};

fn handed_over<'w>(world: &'w World, session: &Session) -> (Surface<'w>, Surface<'w>) {
    let (ada, bob) = (world.surface("ada", "src/demo"), world.surface("bob", "work/demo"));
    ada.begin(BRANCH);
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    ada.ok(&["push"]);
    (ada, bob)
}

#[test]
fn without_an_agent_it_says_which_and_the_session_waits_for_it() {
    for kind in [Session::claude, Session::codex] {
        let world = World::new();
        let session = kind(&world);
        let (_ada, bob) = handed_over(&world, &session);
        let resumed = bob.ok(&["resume", BRANCH]);
        resumed.says(&[&format!("{} is not installed here", session.agent), &session.id]);
        session.holds(&bob, &["Written."]);
        bob.ok(&["show"]).says(&["Write the login", "Written."]);
        // Nothing was set up here, and nothing was: no opt-in, no refspec.
        assert_eq!(bob.run("git", &["config", "--get", "remote.origin.handoff"]).code, 1);
        session.turn(&bob, "Add a page", "Page made.");
        bob.stops(&["push"]).says(&["everyone who can read"]);
    }
}

#[test]
fn a_record_whose_log_is_not_there_yet_says_so() {
    let world = World::new();
    let session = Session::claude(&world);
    let (ada, bob) = handed_over(&world, &session);
    let server = world.lab.path("server.git");
    world.lab.git(&server, &["update-ref", "-d", &format!("refs/handoff/logs/{}", session.key())]);
    bob.ends(1, &["check", BRANCH]).says(&["not there yet", "git handoff push"]);
    let head = bob.git(&["rev-parse", "HEAD"]);
    bob.ends(1, &["resume", BRANCH]).says(&["not there yet", "`git handoff push` on ada"]);
    assert_eq!(bob.git(&["rev-parse", "HEAD"]), head, "nothing was changed");
    ada.ok(&["push"]);
    bob.ok(&["resume", BRANCH]);
    session.holds(&bob, &["Written."]);
}

#[test]
fn a_log_with_a_hole_is_named_and_nothing_is_written() {
    let world = World::new();
    let session = Session::claude(&world);
    let (ada, bob) = (world.surface("ada", "src/demo"), world.surface("bob", "work/demo"));
    ada.begin(BRANCH);
    session.turn(&ada, "Write the login", &"A long answer. ".repeat(40_000));
    ada.ok(&["init"]);
    ada.ok(&["push"]);
    bob.ok(&["fetch", "--logs"]);
    let log = format!("refs/handoff-remotes/origin/logs/{}", session.key());
    let segment = bob.git(&["rev-parse", &format!("{log}:log/000/000000")]);
    bob.git(&["fetch", "--quiet"]);
    unpack(&bob);
    fs::remove_file(bob.clone.join(".git/objects").join(&segment[..2]).join(&segment[2..])).unwrap();
    // The server has it no more either, so it cannot come back by itself.
    fs::rename(world.lab.path("server.git"), world.lab.path("away.git")).unwrap();
    for command in ["check", "resume"] {
        bob.ends(1, &[command, BRANCH]).says(&["lacks segment 000000", "lines 1-", "git handoff push"]);
    }
    assert!(session.text(&bob).is_empty());
    assert_eq!(bob.git(&["branch", "--show-current"]), "main");
}

/// All objects as files of their own.
fn unpack(surface: &Surface<'_>) {
    let packs = surface.clone.join(".git/objects/pack");
    let aside = surface.clone.join("packs");
    fs::rename(&packs, &aside).unwrap();
    fs::create_dir(&packs).unwrap();
    for pack in super::session::files(&aside).iter().filter(|f| f.extension().is_some_and(|e| e == "pack")) {
        surface.types(&format!("git unpack-objects -q < '{}'", pack.display()));
    }
    fs::remove_dir_all(aside).unwrap();
}
