//! A branch gets another name between two handoffs.

use super::session::Session;
use super::world::{BRANCH, World};

#[test]
fn a_renamed_branch_takes_its_sessions_along() {
    for kind in [Session::claude, Session::codex] {
        let world = World::new();
        let session = kind(&world);
        let (ada, bob) = (world.surface("ada", "src/demo"), world.surface("bob", "work/demo"));
        ada.begin(BRANCH);
        session.turn(&ada, "Write the login", "Written.");
        ada.ok(&["init"]);
        ada.ok(&["push"]);
        bob.ok(&["resume", BRANCH]);
        let head = bob.git(&["rev-parse", "HEAD"]);

        ada.git(&["branch", "-m", "feature/sign-in"]);
        ada.ok(&["status"]).says(&["feature/sign-in", "Write the login"]);
        ada.ok(&["push"]).says(&["Write the login", "feature/sign-in -> origin"]);
        let record = ada.git(&["show", "refs/handoff/branches/feature%2Fsign-in:handoff.yaml"]);
        assert!(record.contains(&format!("renamed_from: \"{BRANCH}\"")), "{record}");

        // The other side picks it up under the new name; the old branch there stays as it is.
        bob.ok(&["resume", "feature/sign-in"]);
        assert_eq!(bob.git(&["branch", "--show-current"]), "feature/sign-in");
        assert_eq!(bob.git(&["rev-parse", BRANCH]), head);
        session.holds(&bob, &["Written."]);
    }
}
