//! Story 9: several remotes, of which only one may have the sessions.

use super::session::Session;
use super::world::{BRANCH, Surface, World};

/// A fork: `origin` is one's own, `upstream` is everybody's and is what the branch follows.
fn fork(world: &World) -> Surface<'_> {
    let upstream = world.server("upstream.git");
    let ada = world.surface("ada", "src/demo");
    ada.git(&["remote", "add", "upstream", upstream.to_str().unwrap()]);
    ada.git(&["push", "--quiet", "upstream", "origin/main:refs/heads/main"]);
    ada.git(&["fetch", "--quiet", "upstream"]);
    ada
}

fn handoffs_at(world: &World, server: &str) -> usize {
    world.lab.git(&world.lab.path(server), &["for-each-ref", "refs/handoff"]).lines().count()
}

#[test]
fn sessions_go_to_the_remote_that_was_opted_in_and_to_no_other() {
    let world = World::new();
    let ada = fork(&world);
    let session = Session::claude(&world);
    ada.git(&["switch", "--quiet", "-c", BRANCH, "upstream/main"]);
    ada.commit("login.txt", "login\n");
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init", "--remote", "origin"]);
    // The branch follows upstream, which was never agreed to.
    let stopped = ada.stops(&["push"]);
    stopped.says(&["upstream", "everyone who can read"]);
    ada.stops(&["push", "--remote", "upstream"]);
    ada.ends(2, &["push", "--remote", world.lab.path("upstream.git").to_str().unwrap()]);
    assert_eq!((handoffs_at(&world, "upstream.git"), handoffs_at(&world, "server.git")), (0, 0));
    let main = world.lab.git(&world.lab.path("server.git"), &["rev-parse", "main"]);
    ada.types(&stopped.choice("send them to origin")).says(&["feature/login -> origin"]);
    assert_eq!(world.lab.git(&world.lab.path("server.git"), &["rev-parse", "main"]), main, "main stays where it is");
    assert_eq!((handoffs_at(&world, "upstream.git"), handoffs_at(&world, "server.git")), (0, 2));
    // Plain git never takes them along either.
    ada.git(&["push", "--quiet", "upstream", BRANCH]);
    ada.git(&["push", "--quiet", "--all", "upstream"]);
    ada.git(&["push", "--quiet", "--tags", "upstream"]);
    assert_eq!(handoffs_at(&world, "upstream.git"), 0);
    let bob = world.surface("bob", "work/demo");
    bob.ok(&["resume", BRANCH]);
    session.holds(&bob, &["Written."]);
}

#[test]
fn a_branch_that_only_began_at_another_does_not_move_it() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    let session = Session::claude(&world);
    ada.ok(&["init"]);
    // git makes both follow where they began.
    ada.git(&["switch", "--quiet", "-c", "fix", "--track", "origin/main"]);
    ada.commit("fix.txt", "fixed\n");
    session.turn(&ada, "Fix it", "Fixed.");
    ada.ok(&["push"]).says(&["fix -> origin"]);
    ada.git(&["push", "--quiet", "origin", "origin/main:refs/heads/release"]);
    ada.git(&["fetch", "--quiet"]);
    ada.git(&["switch", "--quiet", "-c", "hotfix", "--track", "origin/release"]);
    ada.commit("hot.txt", "hot\n");
    session.turn(&ada, "Fix the release", "Fixed there.");
    ada.ok(&["push"]).says(&["hotfix -> origin"]);
    let server = world.lab.path("server.git");
    let at = |name: &str| world.lab.git(&server, &["rev-parse", name]);
    assert_eq!(at("main"), at("release"));
}

#[test]
fn where_the_branch_is_pushed_decides_over_what_it_follows() {
    let world = World::new();
    let ada = fork(&world);
    let session = Session::claude(&world);
    ada.git(&["switch", "--quiet", "-c", BRANCH, "upstream/main"]);
    ada.git(&["config", &format!("branch.{BRANCH}.pushRemote"), "origin"]);
    ada.commit("login.txt", "login\n");
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init", "--remote", "origin"]);
    ada.ok(&["push"]).says(&["feature/login -> origin"]);
    assert_eq!(handoffs_at(&world, "upstream.git"), 0);
    ada.ok(&["status"]).says(&["synced"]);
}

#[test]
fn a_branch_with_another_name_on_the_server_goes_under_that_name() {
    let world = World::new();
    let (ada, bob) = (world.surface("ada", "src/demo"), world.surface("bob", "work/demo"));
    let session = Session::claude(&world);
    for surface in [&ada, &bob] {
        surface.git(&["config", "push.default", "upstream"]);
    }
    ada.begin("mine");
    ada.git(&["push", "--quiet", "-u", "origin", &format!("mine:{BRANCH}")]);
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    ada.ok(&["push"]).says(&["feature/login -> origin"]);
    assert_eq!(world.server_refs("refs/handoff/branches"), ["refs/handoff/branches/feature%2Flogin"]);
    assert!(world.server_refs("refs/heads/mine").is_empty());
    // Bob calls it something else again.
    bob.git(&["fetch", "--quiet"]);
    bob.git(&["switch", "--quiet", "-c", "hers", "--track", &format!("origin/{BRANCH}")]);
    bob.ok(&["resume"]).says(&["Write the login"]);
    session.turn(&bob, "Add a page", "Page made.");
    bob.commit("page.txt", "page\n");
    bob.ok(&["init"]);
    bob.ok(&["push"]).says(&["feature/login -> origin"]);
    ada.ok(&["resume", BRANCH]);
    assert_eq!(ada.git(&["branch", "--show-current"]), "mine");
    assert_eq!(ada.git(&["rev-parse", "HEAD"]), bob.git(&["rev-parse", "HEAD"]));
    session.holds(&ada, &["Page made."]);
}
