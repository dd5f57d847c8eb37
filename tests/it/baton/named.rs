//! How a branch may be named, the one answer where a name means nothing, and ways on that repeat what was typed.

use super::{at_server, handed_over, json};
use crate::stories::session::Session;
use crate::stories::world::{BRANCH, World};

#[test]
fn git_s_spellings_of_a_branch_are_taken_everywhere() {
    let world = World::new();
    let session = Session::claude(&world);
    let all = handed_over(&world, &session, &["ada", "bob"]);
    let (ada, bob) = (&all[0], &all[1]);
    for name in
        ["feature/login", "refs/heads/feature/login", "origin/feature/login", "refs/remotes/origin/feature/login"]
    {
        ada.ok(&["status", name]).says(&["feature/login   offered"]).never_says(&["origin/"]);
        ada.ok(&["show", name]).says(&["Written."]);
        ada.ok(&["save", "--branch", name]);
        bob.ok(&["check", name]).says(&["feature/login   offered"]);
    }
    bob.ok(&["resume", "origin/feature/login"]).says(&["baton          yours"]);
    assert_eq!(bob.git(&["branch", "--show-current"]), BRANCH);
    bob.ok(&["push", "--branch", "refs/heads/feature/login", "--session", &session.id]);
    ada.ok(&["resume", "refs/remotes/origin/feature/login"]);
    ada.ok(&["release", "origin/feature/login"]);
    assert!(at_server(&world, BRANCH).starts_with("free "));
    // A branch that is really called so goes first.
    ada.git(&["branch", "origin/feature/login", "origin/main"]);
    ada.ok(&["status", "origin/feature/login"]).says(&["origin/feature/login   not handed over yet"]);
}

#[test]
fn a_name_that_means_nothing_has_one_answer() {
    let world = World::new();
    let session = Session::claude(&world);
    let all = handed_over(&world, &session, &["ada"]);
    let commands: [&[&str]; 7] = [
        &["status", "nope"],
        &["save", "--branch", "nope"],
        &["push", "--branch", "nope"],
        &["release", "nope"],
        &["check", "origin/nope"],
        &["resume", "nope"],
        &["show", "nope"],
    ];
    for command in commands {
        let said = all[0].ends(2, command);
        said.says(&[
            "error: nope is no branch here, and nothing of that name was handed over",
            "handed over are: feature/login",
        ]);
        let said = all[0].ends(2, &[command, &["--json"]].concat());
        assert_eq!(json(&said)["code"], "unknown_branch", "{command:?}");
    }
    all[0].git(&["branch", "known"]);
    let said = all[0].ends(1, &["resume", "known", "--json"]);
    assert_eq!(json(&said)["code"], "not_handed_over");
}

#[test]
fn ways_on_repeat_what_was_typed() {
    let world = World::new();
    let session = Session::claude(&world);
    let all = handed_over(&world, &session, &["ada", "bob", "cleo"]);
    let (bob, cleo) = (&all[1], &all[2]);
    bob.ok(&["resume", BRANCH]);
    let folder = "../wt one";
    let stopped = cleo.stops(&["resume", BRANCH, "--remote", "origin", "--worktree", folder, "--no-run"]);
    for what in ["hand over", "beside them", "all the same"] {
        let command = stopped.choice(what);
        assert!(command.contains(" --remote origin --worktree '../wt one' --no-run"), "{command}");
    }
    let said = cleo.stops(&["resume", BRANCH, "--remote", "origin", "--json"]);
    assert_eq!(json(&said)["code"], "held");
    cleo.types(&stopped.choice("all the same"));
    assert!(cleo.clone.join(folder).join("feature-login.txt").is_file());

    // Where the code stops.
    let dana = world.surface("dana", "src/demo");
    dana.git(&["switch", "--quiet", "-c", BRANCH, "origin/main"]);
    dana.commit("feature-login.txt", "something else\n");
    let stopped = dana.stops(&["resume", "--take", "--remote", "origin", "--no-run"]);
    let rebase = stopped.choice("rebase");
    assert!(rebase.ends_with("git handoff resume feature/login --remote origin --take --no-run"), "{rebase}");
    dana.types(&stopped.choice("beside yours"));
    dana.stops(&["check", "--remote", "origin"]).says(&["git handoff resume feature/login --remote origin --worktree"]);
}

#[test]
fn on_a_detached_head_the_command_is_the_one_that_was_typed_and_status_is_no_error() {
    let world = World::new();
    let session = Session::claude(&world);
    let all = handed_over(&world, &session, &["ada", "ci"]);
    let ci = &all[1];
    all[0].git(&["push", "--quiet", "origin", &format!("{BRANCH}:refs/heads/release")]);
    ci.git(&["fetch", "--quiet"]);
    ci.git(&["checkout", "--quiet", "--detach", "origin/release"]);
    for (typed, again) in [
        (&["push", "--remote", "origin"][..], "git handoff push --branch feature/login --remote origin"),
        (&["save", "--all"], "git handoff save --branch feature/login --all"),
        (&["check"], "git handoff check feature/login"),
        (&["resume", "--no-run"], "git handoff resume feature/login --no-run"),
        (&["release"], "git handoff release feature/login"),
    ] {
        ci.stops(typed).says(&["several branches", again]);
    }
    assert_eq!(json(&ci.stops(&["push", "--json"]))["code"], "detached");
    let status = ci.ok(&["status"]);
    status.says(&["HEAD is detached", "waiting", "feature/login  offered"]);
    let report = json(&ci.ok(&["status", "--json"]));
    assert_eq!((&report["branch"], report["waiting"].as_array().expect("a list").len()), (&serde_json::Value::Null, 1));
    let line = &report["waiting"][0]["sessions"][0];
    assert_eq!((&line["key"], &line["events"]), (&serde_json::json!({"agent": "claude", "id": session.id}), &5.into()));
    assert_eq!(json(&ci.ok(&["list", "--json"]))[0]["sessions"][0]["title"], "Write the login");
}
