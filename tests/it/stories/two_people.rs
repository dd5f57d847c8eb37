//! Story 3: two people go on with one session on one branch, and both hand over.

use super::session::Session;
use super::world::{BRANCH, Said, Surface, World};

/// Both have the session and add a turn; `first` pushes before `second`. Their turns are the same in either order.
fn both_push(world: &World, bob_first: bool) -> Vec<String> {
    let (ada, bob) = (world.surface("ada", "src/demo"), world.surface("bob", "work/demo"));
    let session = Session::claude(world);
    ada.begin(BRANCH);
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    ada.ok(&["push"]);
    bob.ok(&["resume", BRANCH]);
    bob.ok(&["init"]);
    session.turn(&ada, "Ada asks", "Ada is answered.");
    session.turn(&bob, "Bob asks", "Bob is answered.");
    let order = if bob_first { [&bob, &ada] } else { [&ada, &bob] };
    order[0].ok(&["push"]);
    order[1].git(&["fetch", "--quiet"]);
    order[1].ok(&["fetch", "--logs"]);
    order[1].ok(&["status"]).says(&["5 not pushed"]);
    order[1].ok(&["push"]).says(&["both are kept"]);
    order[1].ok(&["status"]).says(&["1 fork"]);
    order[0].ok(&["fetch", "--logs"]);
    order[0].ok(&["status"]).says(&["1 fork"]);
    // Whoever merges again finds nothing to merge.
    order[0].ok(&["push"]);
    order[1].ok(&["fetch", "--logs"]);
    order[1].ok(&["push"]);
    session.holds(&ada, &["Ada is answered."]);
    session.holds(&bob, &["Bob is answered."]);
    let logs = |s: &Surface<'_>| s.git(&["rev-parse", &format!("refs/handoff/logs/{}^{{tree}}", session.key())]);
    assert_eq!(logs(&ada), logs(&bob));
    let tree = format!("refs/handoff/logs/{}", session.key());
    let listed = ada.git(&["ls-tree", "-r", "-z", "--name-only", &tree]);
    let objects =
        listed.split('\0').filter(|n| n.contains("log/")).map(|name| ada.git(&["show", &format!("{tree}:{name}")]));
    let all: Vec<String> = objects.collect();
    for answer in ["Ada is answered.", "Bob is answered."] {
        assert!(all.iter().any(|l| l.contains(answer)), "{answer} is lost");
    }
    let who = |log: &String| (log.contains("Ada is answered."), log.contains("Bob is answered."));
    all.iter().map(|l| format!("{:?}", who(l))).collect()
}

#[test]
fn nothing_is_lost_whoever_pushes_first() {
    let [one, other] = [false, true].map(|bob_first| both_push(&World::new(), bob_first));
    assert_eq!(one.len(), 2);
    assert_eq!(one, other, "the same log is in the main place");
}

#[test]
fn pushes_at_the_same_moment_both_arrive() {
    let world = World::new();
    let (ada, bob) = (world.surface("ada", "src/demo"), world.surface("bob", "work/demo"));
    let sessions = [Session::claude(&world), Session::codex(&world)];
    ada.begin(BRANCH);
    sessions[0].turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    ada.ok(&["push"]);
    bob.ok(&["resume", BRANCH]);
    bob.ok(&["init"]);
    // Bob's first push, so that it is known to take handoffs; then each has something that the other lacks.
    bob.ok(&["push"]);
    sessions[0].turn(&ada, "Ada asks", "Ada is answered.");
    sessions[1].turn(&bob, "Bob asks", "Bob is answered.");
    let pushes: Vec<_> = [&ada, &bob].map(|s| s.start(&["handoff", "push"])).into_iter().collect();
    for push in pushes {
        let out = push.wait_with_output().expect("git");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }
    for surface in [&ada, &bob] {
        surface.ok(&["fetch", "--logs"]);
        let listed = surface.ok(&["list"]);
        listed.says(&["claude", "codex", "10 events", "Bob asks"]);
    }
}

#[test]
fn who_resumes_gets_what_was_handed_over_and_keeps_what_is_here() {
    for kind in [Session::claude, Session::codex] {
        let world = World::new();
        let session = kind(&world);
        let (ada, bob) = (world.surface("ada", "src/demo"), world.surface("bob", "work/demo"));
        ada.begin(BRANCH);
        session.turn(&ada, "Write the login", "Written.");
        ada.ok(&["init"]);
        ada.ok(&["push"]);
        bob.ok(&["resume", BRANCH]);
        bob.ok(&["init"]);
        session.turn(&bob, "Bob asks", "Bob is answered.");
        bob.ok(&["push"]);
        // Ada went on as well, and a hook saved it.
        session.turn(&ada, "Ada asks", "Ada is answered.");
        ada.ok(&["save"]);
        let resumed = ada.ok(&["resume"]);
        resumed.says(&["went on differently", &session.id]);
        let copy = |said: &Said| {
            let start = said.out.lines().rfind(|l| l.contains("resume ")).expect("a command").to_owned();
            Session { id: start.rsplit(' ').next().expect("an id").to_owned(), ..session.clone() }
        };
        let beside = copy(&resumed);
        assert_ne!(beside.id, session.id);
        beside.holds(&ada, &["Bob is answered."]);
        session.holds(&ada, &["Ada is answered."]);

        // Bob goes on: his way goes on in the same copy, as often as it is resumed.
        session.turn(&bob, "Bob asks again", "Bob is answered again.");
        bob.ok(&["push"]);
        for _ in 0..2 {
            assert_eq!(copy(&ada.ok(&["resume", "--take"])).id, beside.id);
        }
        beside.holds(&ada, &["Bob is answered again."]);
        // And Bob, whom Ada's way reaches with her push, stays on his.
        ada.ok(&["push", "--session", &session.id]).says(&["both are kept"]);
        bob.ok(&["fetch", "--logs"]);
        bob.ok(&["status"]).says(&["1 fork", "synced"]);
        session.holds(&bob, &["Bob is answered again."]);
    }
}

#[test]
fn who_holds_the_branch_is_said_and_each_way_on_works() {
    let world = World::new();
    let session = Session::claude(&world);
    let (ada, bob) = (world.surface("ada", "src/demo"), world.surface("bob", "work/demo"));
    let cleo = world.surface("cleo", "demo");
    ada.begin(BRANCH);
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    ada.ok(&["push"]);
    bob.ok(&["init"]);
    bob.ok(&["resume", BRANCH]);
    let held = cleo.stops(&["resume", BRANCH]);
    held.says(&["held by bob-", "nothing was changed"]);
    assert_eq!(cleo.git(&["branch", "--show-current"]), "main");
    cleo.types(&held.choice("read")).says(&["Written."]);
    assert!(session.text(&cleo).is_empty());
    cleo.ok(&["init"]);
    cleo.types(&held.choice("all the same"));
    session.holds(&cleo, &["Written."]);
    bob.ok(&["check"]).says(&["held by cleo-"]);
}
