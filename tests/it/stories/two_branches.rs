//! Story 6: one session, two branches.

use super::session::Session;
use super::world::World;

fn on_two_branches(session: impl Fn(&World) -> Session) {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    let session = session(&world);
    ada.begin("one");
    session.turn(&ada, "Begin on one", "Begun.");
    ada.begin("two");
    session.turn(&ada, "Go on on two", "Gone on.");
    ada.ok(&["init"]);
    ada.ok(&["push"]).says(&["two -> origin", "Begin on one"]);
    ada.git(&["switch", "--quiet", "one"]);
    ada.ok(&["status"]).says(&["Begin on one"]);
    ada.ok(&["push"]).says(&["one -> origin", "Begin on one"]);
    ada.git(&["switch", "--quiet", "main"]);
    ada.ok(&["status"]).never_says(&["Begin on one\"   "]);
    assert_eq!(world.server_refs("refs/handoff/logs").len(), 1, "one log for both");

    let bob = world.surface("bob", "work/demo");
    bob.ok(&["fetch"]);
    assert_eq!(bob.ok(&["list"]).out.matches("Begin on one").count(), 2);
    bob.ok(&["resume", "one"]).says(&["Begin on one"]);
    session.holds(&bob, &["Gone on."]);
    bob.ok(&["resume", "two"]).says(&["it is here already"]);
}

#[test]
fn claude_names_the_branch_on_each_line() {
    on_two_branches(Session::claude);
}

#[test]
fn codex_is_placed_by_where_head_was() {
    on_two_branches(Session::codex);
}
