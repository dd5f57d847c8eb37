//! Going on beside: a session under a new id on a new branch, and the ways that one session went, one by one.

use super::{at_server, handed_over, json};
use crate::stories::session::Session;
use crate::stories::world::{BRANCH, Said, World};

/// The session that the last line of a resume starts.
fn started(session: &Session, said: &Said) -> Session {
    let start = said.out.lines().rfind(|l| l.contains("resume ")).expect("a command");
    Session { id: start.rsplit(' ').next().expect("an id").to_owned(), ..session.clone() }
}

#[test]
fn a_fork_leaves_baton_branch_and_session_alone() {
    for kind in [Session::claude, Session::codex] {
        let world = World::new();
        let session = kind(&world);
        let all = handed_over(&world, &session, &["ada", "bob", "cleo"]);
        let (ada, bob, cleo) = (&all[0], &all[1], &all[2]);
        bob.ok(&["resume", BRANCH]);
        let held = at_server(&world, BRANCH);
        let stopped = cleo.stops(&["resume", BRANCH]);
        let forked = cleo.types(&stopped.choice("beside them"));
        forked.says(&["stays: feature/login is held by bob-", "this goes on as feature/login-fork-1"]);
        assert_eq!(at_server(&world, BRANCH), held);
        assert_eq!(cleo.git(&["branch", "--show-current"]), "feature/login-fork-1");
        assert_eq!(cleo.git(&["rev-parse", "HEAD"]), ada.git(&["rev-parse", BRANCH]));
        assert_eq!(
            cleo.run("git", &["rev-parse", "--verify", "--quiet", BRANCH]).code,
            1,
            "no branch of theirs was made"
        );
        let own = started(&session, &forked);
        assert_ne!(own.id, session.id);
        own.holds(cleo, &["Written.", &own.id]);
        assert!(session.text(cleo).is_empty());
        assert!(!own.text(cleo).contains(&session.id), "{}", own.text(cleo));

        // It is a handoff of its own: pushed, and picked up, without a word about the other.
        own.turn(cleo, "Cleo asks", "Cleo is answered.");
        cleo.commit("cleo.txt", "cleo\n");
        cleo.ok(&["status"]).says(&["feature/login-fork-1   held by you", "Write the login"]);
        cleo.ok(&["push"]).says(&["feature/login-fork-1 -> origin", "offered  the baton"]);
        assert_eq!(at_server(&world, BRANCH), held);
        ada.ok(&["resume", "feature/login-fork-1"]).says(&["baton          yours"]);
        own.holds(ada, &["Cleo is answered."]);
        session.holds(ada, &["Written."]);
        bob.ok(&["fetch"]);
        bob.ok(&["status"]).says(&["held by you"]).never_says(&["fork", "no longer"]);
    }
}

#[test]
fn names_of_forks_are_free_and_a_given_one_is_taken_as_it_is() {
    let world = World::new();
    let session = Session::claude(&world);
    let all = handed_over(&world, &session, &["ada", "bob"]);
    let bob = &all[1];
    for n in 1..3 {
        bob.ok(&["resume", BRANCH, "--fork"]).says(&[&format!("as feature/login-fork-{n}")]);
    }
    let beside = bob.ok(&["resume", BRANCH, "--fork", "--branch", "mine", "--worktree", "../mine"]);
    beside.says(&["as mine", "new work tree"]);
    assert_eq!(bob.git(&["branch", "--show-current"]), "feature/login-fork-2");
    let ids: std::collections::BTreeSet<String> = [&beside].map(|said| started(&session, said).id).into();
    assert!(!ids.contains(&session.id));
    bob.ends(2, &["resume", BRANCH, "--fork", "--branch", "mine"]).says(&["mine is there already"]);
    bob.ends(2, &["resume", BRANCH, "--branch", "mine"]);
    bob.ends(2, &["resume", BRANCH, "--fork", "--take"]);
    assert!(at_server(&world, BRANCH).starts_with("offered 1 "));
}

#[test]
fn a_fork_that_has_to_stop_says_the_same_command_again() {
    let world = World::new();
    let session = Session::claude(&world);
    let all = handed_over(&world, &session, &["ada", "bob"]);
    let bob = &all[1];
    std::fs::write(bob.clone.join("app.txt"), "changed here\n").expect("a file");
    std::fs::write(bob.clone.join("feature-login.txt"), "in the way\n").expect("a file");
    let said = bob.stops(&["resume", BRANCH, "--fork", "--branch", "mine", "--no-work"]);
    said.says(&["nothing was changed", "git handoff resume feature/login --fork --branch mine --no-work"]);
    bob.types(&said.choice("beside yours")).says(&["this goes on as mine"]);
    assert_eq!(std::fs::read_to_string(bob.clone.join("app.txt")).expect("a file"), "changed here\n");
}

#[test]
fn every_way_that_a_session_went_is_shown_and_resumed_by_name() {
    for kind in [Session::claude, Session::codex] {
        let world = World::new();
        let session = kind(&world);
        let all = handed_over(&world, &session, &["ada", "bob", "cleo"]);
        let (ada, bob, cleo) = (&all[0], &all[1], &all[2]);
        bob.ok(&["resume", BRANCH]);
        session.turn(ada, "Ada asks", "Ada is answered.");
        session.turn(bob, "Bob asks", "Bob is answered.");
        bob.ok(&["push"]);
        ada.ok(&["push"]).says(&["both are kept"]);
        let status = ada.ok(&["status"]);
        status.says(&["in the main place: ", "events, the last one ", ", which parts after event "]);
        let ways = json(&ada.ok(&["status", "--json"]))["sessions"][0]["ways"].clone();
        let ways: Vec<String> =
            ways.as_array().expect("ways").iter().map(|w| w["session"].to_string().replace('"', "")).collect();
        assert_eq!((ways.len(), ways[0].clone()), (2, format!("{}@main", session.key())));

        // A machine that has nothing gets each by the command that is printed.
        let resumed = cleo.ok(&["resume", BRANCH, "--take"]);
        let command = |way: &str| {
            let line = resumed.out.lines().find(|l| l.contains("also") && l.ends_with(way));
            line.unwrap_or_else(|| panic!("no {way}:\n{resumed}"))
                .split_once("git handoff")
                .expect("a command")
                .1
                .to_owned()
        };
        let mut seen = Vec::new();
        for way in &ways {
            let said = cleo.types(&format!("git handoff{}", command(way)));
            let text = started(&session, &said).text(cleo);
            let who = ["Ada is answered.", "Bob is answered."].map(|words| text.contains(words));
            assert!(who[0] != who[1], "{way}: {text}");
            seen.push(who[0]);
        }
        assert!(seen[0] != seen[1], "two ways, two logs");
        // And as a fork under a new id.
        let fork = cleo.ok(&["resume", BRANCH, "--fork", "--session", &ways[1]]);
        assert_eq!(started(&session, &fork).text(cleo).contains("Ada is answered."), seen[1]);
        cleo.git(&["switch", "--quiet", BRANCH]);
        cleo.ends(2, &["resume", BRANCH, "--session", &format!("{}@ffffffff", session.key())])
            .says(&["has no fork", &ways[1]]);
    }
}
