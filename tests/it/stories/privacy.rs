//! What must never leave the machine: secrets, and where things are on it.

use super::session::Session;
use super::world::{BRANCH, World};

#[test]
fn no_secret_and_no_path_reaches_any_object() {
    let world = World::new();
    let (ada, bob) = (world.surface("ada", "src/demo"), world.surface("bob", "work/demo"));
    // Made here, so that no scanner takes the source for a leak.
    let canaries = [
        format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0".repeat(2).get(..36).unwrap()),
        format!("AKIA{}", "QWERTZUIOPLKJHGF"),
        format!("sk-ant-api03-{}AA", "Zx9Yw8Vu7Ts6".repeat(8).get(..93).unwrap()),
    ];
    ada.begin(BRANCH);
    ada.ok(&["init"]);
    for session in [Session::claude(&world), Session::codex(&world)] {
        for canary in &canaries {
            // In titles, in answers, inside JSON in a string, and once more after the log is stored.
            session.turn(&ada, &format!("Use {canary} for it"), &format!("{{\"token\": \"{canary}\"}}"));
            ada.ok(&["push", "--session", &session.id]);
        }
        ada.ok(&["push"]).says(&["redacted"]);
    }
    ada.ok(&["save"]);
    let stored = [world.lab.path("server.git"), ada.clone.join(".git")].map(|place| world.objects(&place));
    let home = ada.home.display().to_string();
    for heap in &stored {
        for needle in canaries.iter().map(String::as_str).chain([home.as_str()]) {
            assert!(memchr::memmem::find(heap, needle.as_bytes()).is_none(), "{needle} left the machine");
        }
        assert!(memchr::memmem::find(heap, b"@{repo}/app.txt").is_some(), "the logs were looked at");
    }
    let resumed = bob.ok(&["resume", BRANCH]);
    resumed.says(&["secrets redacted"]).never_says(&canaries.iter().map(String::as_str).collect::<Vec<_>>());
    // At home the sessions are as they were.
    ada.ok(&["resume", "--take"]).says(&["it is here already"]);
}
