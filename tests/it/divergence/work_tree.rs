//! What the work tree allows.

use std::fs;

use git_handoff::git::tree::{TreeError, carry_out};
use git_handoff::model::divergence::{Action, State, Where, judge};

use super::world::World;

/// The sender handed over a change of `work.txt` that has been fetched here.
fn behind() -> World {
    let mut world = World::new();
    world.hand_over(&[("work.txt", "two\n")]);
    world.git(&["fetch", "--quiet"]);
    world
}

#[track_caller]
fn stops(world: &World, state: State) {
    let resumed = world.resume();
    let last = resumed.last();
    assert_eq!((last.state, &last.action), (state, &Action::Stop), "{:?}", last.summary);
    world.choices_work(last);
}

#[test]
fn uncommitted_work_out_of_the_way_stays_and_is_rescued() {
    let world = behind();
    world.lab.write(&world.b, "app.txt", "uncommitted\n");
    world.lab.write(&world.b, "lib.txt", "staged\n");
    world.git(&["add", "lib.txt"]);
    world.lab.write(&world.b, "a folder/new file.txt", "untracked\n");
    let resumed = world.resume();
    assert_eq!(resumed.states(), [State::Behind, State::Same]);
    assert!(resumed.first().also.contains(&State::Dirty));
    assert_eq!(world.git(&["status", "--porcelain"]), " M app.txt\nM  lib.txt\n?? \"a folder/\"");
    let rescue = &resumed.rescues()[0];
    assert_eq!(world.git(&["show", &format!("{}:a folder/new file.txt", rescue.ref_name)]), "untracked");
    assert_eq!(rescue.what.len(), 3);
}

#[test]
fn uncommitted_work_in_the_way_stops() {
    let world = behind();
    world.lab.write(&world.b, "work.txt", "mine\n");
    stops(&world, State::Dirty);
    world.git(&["add", "work.txt"]);
    stops(&world, State::Dirty);
}

#[test]
fn untracked_files_in_the_way_stop() {
    let mut world = behind();
    world.hand_over(&[("new/file.txt", "theirs\n"), ("plain", "theirs\n")]);
    world.git(&["fetch", "--quiet"]);
    world.lab.write(&world.b, "new/file.txt", "mine\n");
    stops(&world, State::Dirty);
    fs::remove_dir_all(world.b.join("new")).unwrap();
    world.lab.write(&world.b, "new", "a file where a folder comes\n");
    stops(&world, State::Dirty);
    fs::remove_file(world.b.join("new")).unwrap();
    world.lab.write(&world.b, "plain/inside.txt", "a folder where a file comes\n");
    stops(&world, State::Dirty);
}

#[test]
fn ignored_files_in_the_way_are_rescued() {
    let mut world = behind();
    world.hand_over(&[("app.log", "theirs\n"), ("build/out/x", "theirs\n"), ("other.log", "theirs\n")]);
    world.git(&["fetch", "--quiet"]);
    world.lab.write(&world.b, "app.log", "mine\n");
    world.lab.write(&world.b, "build/out/x", "mine too\n");
    world.lab.write(&world.b, "other.log/deep.log", "below a path that becomes a file\n");
    world.lab.write(&world.b, "kept.log", "not in the way\n");
    let resumed = world.resume();
    assert_eq!(resumed.states(), [State::Behind, State::Same]);
    let rescue = &resumed.rescues()[0];
    assert_eq!(world.git(&["show", &format!("{}:build/out/x", rescue.ref_name)]), "mine too");
    assert!(resumed.first().warnings[0].contains("app.log"), "{:?}", resumed.first().warnings);
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    world.git(&["restore", "--source", &rescue.ref_name, "--", "app.log"]);
    assert_eq!(fs::read_to_string(world.b.join("app.log")).unwrap(), "mine\n");
}

#[test]
fn an_ignored_file_that_cannot_be_kept_stops_before_anything_changes() {
    let mut world = behind();
    world.hand_over(&[("app.log", "theirs\n")]);
    world.git(&["fetch", "--quiet"]);
    fs::File::create(world.b.join("app.log")).unwrap().set_len(33 << 20).unwrap();
    let (repo, snapshot) = world.look(&world.b, Where::Here);
    let failed = carry_out(&repo, &world.lab.env(&world.b), &snapshot, &judge(&snapshot), None);
    assert!(matches!(failed, Err(TreeError::CannotKeep { .. })), "{failed:?}");
    assert_eq!(world.git(&["rev-parse", "HEAD"]), world.git(&["rev-parse", "origin/feature~2"]));
}

#[test]
fn uncommitted_work_of_another_branch_is_not_carried_along() {
    let world = behind();
    world.git(&["switch", "--quiet", "main"]);
    world.lab.write(&world.b, "app.txt", "of main\n");
    stops(&world, State::Dirty);
    world.git(&["checkout", "--quiet", "--", "app.txt"]);
    let resumed = world.resume();
    assert_eq!(resumed.states(), [State::Behind, State::Same, State::Same]);
    assert_eq!(world.git(&["symbolic-ref", "--short", "HEAD"]), "feature");
}

#[test]
fn commits_on_a_detached_head_get_a_ref() {
    let world = behind();
    world.git(&["switch", "--quiet", "--detach"]);
    let stray = world.lab.commit(&world.b, &[("stray.txt", "stray\n")], "stray");
    let resumed = world.resume();
    assert_eq!(resumed.states(), [State::Behind, State::Detached, State::Same]);
    let kept = resumed.rescues()[0].head_ref.clone().expect("a ref");
    assert_eq!(world.git(&["rev-parse", &kept]), stray);
}

#[test]
fn a_detached_head_at_the_head_gets_the_branch_with_its_work() {
    let world = World::new();
    world.git(&["switch", "--quiet", "--detach"]);
    world.lab.write(&world.b, "app.txt", "uncommitted\n");
    assert_eq!(world.resume().states(), [State::Detached, State::Same]);
    assert_eq!(world.git(&["status", "--porcelain"]), " M app.txt");
    world.git(&["switch", "--quiet", "--detach", "main"]);
    stops(&world, State::Dirty);
}

#[test]
fn a_branch_in_another_work_tree_is_resumed_there() {
    let world = behind();
    world.git(&["switch", "--quiet", "main"]);
    let other = world.lab.path("it's other");
    world.git(&["worktree", "add", "--quiet", other.to_str().unwrap(), "feature"]);
    let resumed = world.resume();
    let last = resumed.last();
    assert_eq!((last.state, &last.action), (State::CheckedOutElsewhere, &Action::Stop));
    for choice in &last.choices {
        world.choice_works(&world.b, &choice.command, None);
    }
    assert_eq!(world.lab.git(&other, &["rev-parse", "HEAD"]), world.head);

    fs::remove_dir_all(&other).unwrap();
    let resumed = world.resume();
    let last = resumed.last();
    assert_eq!(last.choices[0].what, "forget that folder");
    world.choices_work(last);
}

#[test]
fn a_branch_that_another_work_tree_rebases_is_left_alone() {
    let world = World::new();
    world.git(&["switch", "--quiet", "main"]);
    world.lab.commit(&world.b, &[("work.txt", "in conflict\n")], "on main");
    let other = world.lab.path("other");
    world.git(&["worktree", "add", "--quiet", other.to_str().unwrap(), "feature"]);
    assert!(!world.lab.run(&other, "git", &["rebase", "main"]).status.success());
    let resumed = world.resume();
    assert_eq!(resumed.last().state, State::CheckedOutElsewhere);
    assert!(resumed.last().summary[1].ends_with("in progress"), "{:?}", resumed.last().summary);
}

#[test]
fn from_a_linked_work_tree() {
    let world = behind();
    world.git(&["switch", "--quiet", "main"]);
    let other = world.lab.path("linked");
    world.git(&["worktree", "add", "--quiet", "--detach", other.to_str().unwrap()]);
    world.lab.write(&other, "new.txt", "untracked\n");
    let resumed = world.resume_in(&other, None);
    assert_eq!(resumed.states(), [State::Behind, State::Detached, State::Same]);
    assert_eq!(resumed.rescues().len(), 1);
    assert_eq!(world.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_bare_repository_offers_a_work_tree() {
    let world = World::new();
    let bare = world.lab.path("bare.git");
    let words = ["clone", "--quiet", "--bare", "server.git", "bare.git"];
    world.lab.git(&world.lab.path(""), &words);
    let (_, snapshot) = world.look(&bare, Where::Here);
    let verdict = judge(&snapshot);
    assert_eq!((verdict.state, &verdict.action), (State::Same, &Action::Stop));
    let (repo, snapshot) = world.look(&bare, Where::Beside);
    let verdict = judge(&snapshot);
    let done = carry_out(&repo, &world.lab.env(&bare), &snapshot, &verdict, None).unwrap();
    assert_eq!(world.lab.git(&done.folder.unwrap(), &["rev-parse", "HEAD"]), world.head);
}

/// A change here and one on `other` that conflict.
fn conflicting() -> World {
    let world = World::new();
    world.git(&["switch", "--quiet", "-c", "other", "main"]);
    world.lab.commit(&world.b, &[("work.txt", "other\n")], "other");
    world.git(&["switch", "--quiet", "feature"]);
    world
}

#[test]
fn operations_in_progress_stop() {
    for (words, state) in [
        (&["rebase", "other"][..], State::Rebasing),
        (&["merge", "other"], State::Merging),
        (&["cherry-pick", "other"], State::Merging),
        (&["revert", "other"], State::Merging),
    ] {
        let world = conflicting();
        let out = world.lab.run(&world.b, "git", words);
        assert!(!out.status.success(), "{words:?}");
        stops(&world, state);
    }
}

#[test]
fn git_am_bisect_and_conflicts_alone_stop() {
    let world = conflicting();
    let patch = world.lab.run(&world.b, "git", &["format-patch", "--stdout", "-1", "other"]).stdout;
    fs::write(world.lab.path("patch"), patch).unwrap();
    assert!(!world.lab.run(&world.b, "git", &["am", "../patch"]).status.success());
    stops(&world, State::Rebasing);
    world.git(&["am", "--abort"]);

    world.git(&["bisect", "start", "HEAD", "main"]);
    stops(&world, State::Merging);
    world.git(&["bisect", "reset"]);

    world.lab.write(&world.b, "work.txt", "stashed\n");
    world.git(&["stash", "--quiet"]);
    world.lab.commit(&world.b, &[("work.txt", "committed\n")], "committed");
    assert!(!world.lab.run(&world.b, "git", &["stash", "pop"]).status.success());
    let resumed = world.resume();
    assert_eq!(resumed.last().state, State::Merging);
    assert!(resumed.last().summary[1].contains("unresolved conflicts"));
    world.choices_work(resumed.last());
}

#[test]
fn what_moved_since_it_was_judged_is_not_touched() {
    let world = behind();
    let (repo, snapshot) = world.look(&world.b, Where::Here);
    let verdict = judge(&snapshot);
    let mine = world.lab.commit(&world.b, &[("mine.txt", "mine\n")], "meanwhile");
    let failed = carry_out(&repo, &world.lab.env(&world.b), &snapshot, &verdict, None);
    assert!(matches!(failed, Err(TreeError::Moved { .. })), "{failed:?}");
    assert_eq!(world.git(&["rev-parse", "HEAD"]), mine);
}

#[test]
fn a_file_that_comes_in_the_way_meanwhile_is_not_overwritten() {
    let mut world = behind();
    world.hand_over(&[("app.log", "theirs\n")]);
    world.git(&["fetch", "--quiet"]);
    let (repo, snapshot) = world.look(&world.b, Where::Here);
    let verdict = judge(&snapshot);
    world.lab.write(&world.b, "app.log", "ignored, and new\n");
    let failed = carry_out(&repo, &world.lab.env(&world.b), &snapshot, &verdict, None);
    assert!(matches!(failed, Err(TreeError::Spawn(_))), "{failed:?}");
    assert_eq!(fs::read_to_string(world.b.join("app.log")).unwrap(), "ignored, and new\n");
}
