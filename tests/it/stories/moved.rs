//! Story 4: the clone is not where it was.

use std::fs;

use super::session::Session;
use super::world::{BRANCH, World};

#[test]
fn a_clone_that_moved_keeps_its_sessions() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    let session = Session::claude(&world);
    ada.begin(BRANCH);
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    ada.ok(&["push"]);
    let moved = ada.at(&ada.home.join("src/renamed demo"));
    fs::rename(&ada.clone, &moved.clone).unwrap();
    // Known by its old place, where Claude finds and continues it.
    moved.ok(&["status"]).says(&["Write the login", "synced"]);
    moved.ok(&["resume"]).says(&["it is here already", "claude --resume"]);
    session.turn(&moved, "Add a page", "Page made.");
    moved.ok(&["push"]).says(&["5 new"]).never_says(&["two ways"]);
    let bob = world.surface("bob", "work/demo");
    bob.ok(&["resume", BRANCH]);
    session.holds(&bob, &["Written.", "Page made."]);
    let text = session.text(&bob);
    assert!(!text.contains("renamed demo") && !text.contains("src/demo"), "{text}");
}

#[test]
fn a_clone_that_moved_before_the_program_came_adopts_by_name() {
    let world = World::new();
    for session in [Session::claude(&world), Session::codex(&world)] {
        let ada = world.surface(&format!("ada-{}", session.agent), "src/demo");
        let branch = format!("feature/{}", session.agent);
        ada.begin(&branch);
        session.turn(&ada, "Write the login", "Written.");
        let moved = ada.at(&ada.home.join(format!("src/{}", session.agent)));
        fs::rename(&ada.clone, &moved.clone).unwrap();
        moved.ok(&["init"]);
        // It cannot know that it moved, but it sees a session whose folder is gone.
        let none = moved.ends(1, &["push"]);
        none.says(&["no session", "if this clone was at", "src/demo", "Write the login", &session.key()]);
        moved.ok(&["push", "--session", &session.id[..8]]).says(&["Write the login"]);
        let bob = world.surface(&format!("bob-{}", session.agent), "work/demo");
        bob.ok(&["resume", &branch]);
        session.holds(&bob, &["Written.", &format!("{}/app.txt", bob.clone.display())]);
        // From now on it is known.
        moved.ok(&["status"]).says(&["Write the login", "synced"]);
    }
}
