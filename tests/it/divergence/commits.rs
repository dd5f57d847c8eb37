//! What the commits decide.

use git_handoff::model::divergence::{Action, State, Where, judge};

use super::world::World;

#[test]
fn same_proceeds() {
    let world = World::new();
    let resumed = world.resume();
    assert_eq!(resumed.states(), [State::Same]);
    assert_eq!(resumed.last().summary, [format!("at {}, as it was handed over", &world.head[..7])]);
}

#[test]
fn not_fetched_then_behind_then_forward() {
    let mut world = World::new();
    world.hand_over(&[("work.txt", "two\n")]);
    let resumed = world.resume();
    assert_eq!(resumed.states(), [State::NotFetched, State::Behind, State::Same]);
    assert_eq!(world.git(&["rev-parse", "HEAD"]), world.head);
    assert!(resumed.rescues().is_empty(), "a clean tree needs no rescue");
}

#[test]
fn a_branch_that_is_not_here_is_made_and_follows_the_servers() {
    let mut world = World::new();
    world.git(&["switch", "--quiet", "main"]);
    world.git(&["branch", "--quiet", "-D", "feature"]);
    world.hand_over(&[("work.txt", "two\n")]);
    let resumed = world.resume();
    assert_eq!(resumed.states(), [State::NotFetched, State::NotHere, State::Same]);
    assert_eq!(world.git(&["rev-parse", "--abbrev-ref", "feature@{upstream}"]), "origin/feature");
}

#[test]
fn later_commits_of_others_are_named_and_offered() {
    let mut world = World::new();
    world.hand_over(&[("work.txt", "two\n")]);
    let head = world.head.clone();
    world.hand_over(&[("work.txt", "three\n")]);
    let newest = std::mem::replace(&mut world.head, head);
    let resumed = world.resume();
    assert_eq!(world.git(&["rev-parse", "HEAD"]), world.head);
    let last = resumed.last();
    assert_eq!(last.warnings, ["origin has 1 commit since the handoff, by Ada"]);
    for choice in &last.choices {
        assert!(world.lab.run(&world.b, "sh", &["-c", &choice.command]).status.success(), "{}", choice.command);
    }
    assert_eq!(world.git(&["rev-parse", "HEAD"]), newest);
    assert_eq!(world.resume().states(), [State::Ahead]);
}

#[test]
fn ahead_proceeds_with_a_warning() {
    let world = World::new();
    world.lab.commit(&world.b, &[("mine.txt", "mine\n")], "mine");
    let resumed = world.resume();
    assert_eq!(resumed.states(), [State::Ahead]);
    assert_eq!(resumed.last().warnings, ["1 commit here that the session does not know"]);
}

#[test]
fn what_was_never_pushed_must_be_pushed_by_the_sender() {
    let mut world = World::new();
    world.head = world.lab.commit(&world.a, &[("work.txt", "two\n")], "not pushed");
    let resumed = world.resume();
    assert_eq!(resumed.states(), [State::NeverPushed]);
    world.choices_work(resumed.last());
}

#[test]
fn diverged_stops_and_predicts_conflicts() {
    let mut world = World::new();
    world.lab.commit(&world.b, &[("mine.txt", "mine\n")], "mine");
    world.hand_over(&[("work.txt", "theirs\n")]);
    let resumed = world.resume();
    assert_eq!(resumed.states(), [State::NotFetched, State::Diverged]);
    let last = resumed.last();
    assert_eq!(last.summary[1], "would merge without conflicts");
    assert_eq!(
        last.choices.iter().map(|c| c.what.as_str()).collect::<Vec<_>>(),
        ["see both", "beside yours", "rebase yours"]
    );
    world.choices_work(last);

    world.lab.write(&world.b, "lib.txt", "uncommitted\n");
    world.choices_work(world.resume().last());
    world.git(&["switch", "--quiet", "main"]);
    world.choices_work(world.resume().last());
    world.git(&["checkout", "--quiet", "--", "lib.txt"]);
    world.choices_work(world.resume().last());

    world.git(&["switch", "--quiet", "feature"]);
    world.lab.commit(&world.b, &[("work.txt", "mine\n")], "mine too");
    assert_eq!(
        world.resume().last().summary,
        [
            format!(
                "diverged: 2 commits here, 1 there since {}",
                &world.git(&["merge-base", "HEAD", &world.head])[..7]
            ),
            "would conflict in work.txt".to_owned(),
        ]
    );
}

#[test]
fn no_choice_runs_over_ignored_files() {
    let mut world = World::new();
    world.lab.commit(&world.b, &[("mine.txt", "mine\n")], "mine");
    world.hand_over(&[("app.log", "theirs\n")]);
    world.lab.write(&world.b, "app.log", "mine, and ignored\n");
    let resumed = world.resume();
    assert_eq!(resumed.last().choices.len(), 2, "{:?}", resumed.last().choices);
    world.choices_work(resumed.last());
}

/// The sender rebases onto a newer main before the receiver resumes.
fn rebased() -> (World, String) {
    let world = World::new();
    let old = world.head.clone();
    world.lab.git(&world.a, &["switch", "--quiet", "main"]);
    world.lab.commit(&world.a, &[("lib.txt", "newer\n")], "main moves");
    world.lab.git(&world.a, &["push", "--quiet", "origin", "main"]);
    world.lab.git(&world.a, &["switch", "--quiet", "feature"]);
    world.lab.git(&world.a, &["rebase", "--quiet", "main"]);
    world.lab.git(&world.a, &["push", "--quiet", "--force", "origin", "feature"]);
    let head = world.lab.git(&world.a, &["rev-parse", "HEAD"]);
    (World { head, ..world }, old)
}

#[test]
fn a_known_rewrite_is_followed_and_the_old_head_kept() {
    let (mut world, old) = rebased();
    world.rewrites = vec![(old.clone(), world.head.clone())];
    world.lab.write(&world.b, "app.txt", "uncommitted\n");
    let resumed = world.resume();
    assert_eq!(resumed.states(), [State::NotFetched, State::Rewritten, State::Same]);
    assert_eq!(world.git(&["rev-parse", "HEAD"]), world.head);
    assert!(
        resumed
            .steps
            .iter()
            .any(|(_, _, done)| { done.left.as_ref().is_some_and(|kept| world.git(&["rev-parse", kept]) == old) })
    );
    assert_eq!(world.git(&["status", "--porcelain"]), " M app.txt");
}

#[test]
fn a_known_rewrite_under_own_commits_is_rebased_on_request() {
    let (mut world, old) = rebased();
    world.rewrites = vec![(old, world.head.clone())];
    world.lab.commit(&world.b, &[("mine.txt", "mine\n")], "mine");
    let resumed = world.resume();
    assert_eq!(resumed.states(), [State::NotFetched, State::Rewritten]);
    assert_eq!(resumed.last().choices.len(), 3);
    world.choices_work(resumed.last());
}

#[test]
fn an_unknown_rewrite_with_the_same_patches_is_offered() {
    let (world, _) = rebased();
    let resumed = world.resume();
    assert_eq!(resumed.states(), [State::NotFetched, State::Diverged]);
    assert_eq!(resumed.last().choices[2].what, "take theirs");
    world.choices_work(resumed.last());
    world.git(&["switch", "--quiet", "main"]);
    world.choices_work(world.resume().last());
}

#[test]
fn the_server_was_rewritten_after_the_handoff() {
    let (mut world, old) = rebased();
    let new = std::mem::replace(&mut world.head, old.clone());
    let resumed = world.resume();
    assert_eq!(resumed.states(), [State::NotFetched, State::ServerRewritten]);
    assert!(resumed.last().summary[0].ends_with("the same changes"), "{:?}", resumed.last().summary);
    assert_eq!(resumed.last().choices.len(), 3);
    world.choices_work(resumed.last());

    world.rewrites = vec![(old, new.clone())];
    assert_eq!(world.resume().states(), [State::Rewritten, State::Rewritten]);
    assert_eq!(world.git(&["rev-parse", "HEAD"]), new);
    assert_eq!(world.resume().last().action, Action::Proceed);
}

#[test]
fn own_commits_on_a_head_that_the_server_rewrote() {
    let (mut world, old) = rebased();
    let new = std::mem::replace(&mut world.head, old.clone());
    world.lab.commit(&world.b, &[("mine.txt", "mine\n")], "mine");
    assert_eq!(world.resume().last().state, State::ServerRewritten);
    world.choices_work(world.resume().last());
    world.rewrites = vec![(old, new)];
    let resumed = world.resume();
    assert_eq!((resumed.last().state, &resumed.last().action), (State::Rewritten, &Action::Stop));
    assert_eq!(resumed.last().choices.len(), 3);
    world.choices_work(resumed.last());
}

#[test]
fn gone_from_the_server_but_not_landed_goes_on() {
    let world = World::new();
    world.lab.git(&world.a, &["push", "--quiet", "origin", ":feature"]);
    let resumed = world.resume();
    assert_eq!((resumed.last().state, &resumed.last().action), (State::ServerGone, &Action::Proceed));
    world.git(&["switch", "--quiet", "--detach", "main"]);
    world.git(&["branch", "-D", "feature"]);
    let resumed = world.resume();
    assert_eq!(resumed.states(), [State::Detached, State::ServerGone]);
    assert!(resumed.first().also.contains(&State::ServerGone));
}

#[test]
fn gone_and_nowhere_to_be_found() {
    let mut world = World::new();
    world.head = world.lab.commit(&world.a, &[("work.txt", "two\n")], "not pushed");
    world.lab.git(&world.a, &["push", "--quiet", "origin", ":feature"]);
    let resumed = world.resume();
    assert_eq!((resumed.last().state, &resumed.last().action), (State::ServerGone, &Action::Stop));
    world.choices_work(resumed.last());
}

#[test]
fn landed_by_merge_or_squash_stops() {
    for how in
        [&["merge", "--quiet", "--no-ff", "-m", "merge", "feature"][..], &["merge", "--quiet", "--squash", "feature"]]
    {
        let world = World::new();
        world.lab.git(&world.a, &["switch", "--quiet", "main"]);
        world.lab.commit(&world.a, &[("lib.txt", "main moved\n")], "main moves");
        world.lab.git(&world.a, how);
        world.lab.commit(&world.a, &[("app.txt", "1\n2\n3\n4\n5\n6\n")], "squashed, and on it goes");
        world.lab.git(&world.a, &["push", "--quiet", "origin", "main"]);
        world.git(&["fetch", "--quiet"]);
        let resumed = world.resume();
        assert_eq!(resumed.states(), [State::Same]);
        assert!(resumed.last().also.contains(&State::Landed), "{how:?}");

        world.lab.git(&world.a, &["push", "--quiet", "origin", ":feature"]);
        let resumed = world.resume();
        assert_eq!((resumed.last().state, &resumed.last().action), (State::Landed, &Action::Stop), "{how:?}");
        world.choices_work(resumed.last());
        world.git(&["switch", "--quiet", "main"]);
        world.choices_work(world.resume().last());
    }
}

#[test]
fn a_branch_with_no_commit_of_its_own_has_not_landed() {
    let mut world = World::new();
    world.head = world.git(&["rev-parse", "origin/main"]);
    world.git(&["reset", "--quiet", "--hard", "origin/main"]);
    world.lab.git(&world.a, &["push", "--quiet", "--force", "origin", "main:feature"]);
    world.git(&["fetch", "--quiet"]);
    assert!(world.resume().last().also.is_empty());
    world.base = Some(world.head.clone());
    world.lab.git(&world.a, &["push", "--quiet", "origin", ":feature"]);
    assert_eq!(world.resume().last().state, State::ServerGone);
}

#[test]
fn a_name_that_is_used_again_after_landing() {
    let world = World::new();
    world.lab.git(&world.a, &["switch", "--quiet", "main"]);
    world.lab.git(&world.a, &["merge", "--quiet", "--squash", "feature"]);
    world.lab.commit(&world.a, &[], "squashed");
    world.lab.git(&world.a, &["switch", "--quiet", "-C", "feature"]);
    world.lab.commit(&world.a, &[("other.txt", "other\n")], "another thing");
    world.lab.git(&world.a, &["push", "--quiet", "--force", "origin", "main", "feature"]);
    world.git(&["fetch", "--quiet"]);
    let resumed = world.resume();
    assert_eq!((resumed.last().state, &resumed.last().action), (State::Landed, &Action::Stop));
    world.choices_work(resumed.last());
}

#[test]
fn another_repository_is_refused_with_both_beginnings() {
    let mut world = World::new();
    world.lab.git(&world.a, &["switch", "--quiet", "--orphan", "other"]);
    let root = world.lab.commit(&world.a, &[("x.txt", "x\n")], "another beginning");
    world.lab.git(&world.a, &["push", "--quiet", "--force", "origin", "other:feature"]);
    world.git(&["fetch", "--quiet"]);
    world.head = root.clone();
    let resumed = world.resume();
    let last = resumed.last();
    assert_eq!((last.state, &last.action), (State::Unrelated, &Action::Stop));
    assert!(last.summary[0].contains(&root[..7]), "{:?}", last.summary);
    world.choices_work(last);
}

#[test]
fn another_object_format_is_refused() {
    let mut world = World::new();
    world.head = "a".repeat(64);
    let resumed = world.resume();
    assert_eq!((resumed.last().state, &resumed.last().action), (State::OtherFormat, &Action::Stop));
    world.choices_work(resumed.last());
}

#[test]
fn sha256_repositories_work_alike() {
    let mut world = World::with("feature", &["--object-format=sha256"]);
    assert_eq!(world.head.len(), 64);
    world.lab.write(&world.b, "app.txt", "uncommitted\n");
    world.hand_over(&[("work.txt", "two\n")]);
    let resumed = world.resume();
    assert_eq!(resumed.states(), [State::NotFetched, State::Behind, State::Same]);
    assert_eq!(resumed.rescues().len(), 1);
    world.lab.commit(&world.b, &[("mine.txt", "mine\n")], "mine");
    world.hand_over(&[("work.txt", "three\n")]);
    world.choices_work(world.resume().last());
}

#[test]
fn a_shallow_clone_is_deepened_before_it_is_judged() {
    let mut world = World::new();
    for n in 0..70 {
        world.lab.commit(&world.a, &[("work.txt", &format!("{n}\n"))], "more");
    }
    world.hand_over(&[("work.txt", "end\n")]);
    let url = format!("file://{}", world.lab.path("server.git").display());
    let shallow = world.lab.path("shallow");
    let args = ["clone", "--quiet", "--depth=1", "--no-single-branch", &url, shallow.to_str().expect("UTF-8")];
    world.lab.git(&world.lab.path(""), &args);
    world.lab.git(&shallow, &["switch", "--quiet", "-c", "feature", "origin/main"]);
    let resumed = world.resume_in(&shallow, None);
    assert_eq!(resumed.states(), [State::Shallow, State::Shallow, State::Behind, State::Same]);
}

#[test]
fn a_shallow_clone_at_the_head_needs_no_more() {
    let world = World::new();
    let url = format!("file://{}", world.lab.path("server.git").display());
    let shallow = world.lab.path("shallow");
    let args = ["clone", "--quiet", "--depth=1", "-b", "feature", &url, shallow.to_str().expect("UTF-8")];
    world.lab.git(&world.lab.path(""), &args);
    let resumed = world.resume_in(&shallow, None);
    assert_eq!(resumed.states(), [State::Same]);
    assert!(resumed.last().also.contains(&State::Shallow));
}

#[test]
fn a_partial_clone_is_judged_without_a_download() {
    let mut world = World::new();
    let url = format!("file://{}", world.lab.path("server.git").display());
    let partial = world.lab.path("partial");
    let args = ["clone", "--quiet", "--filter=blob:none", "-b", "feature", &url, partial.to_str().expect("UTF-8")];
    world.lab.git(&world.lab.path(""), &args);
    world.hand_over(&[("work.txt", "two\n")]);
    let resumed = world.resume_in(&partial, None);
    assert_eq!(resumed.states(), [State::NotFetched, State::Behind, State::Same]);
    assert!(resumed.last().also.contains(&State::Partial));
}

#[test]
fn an_unborn_branch_gets_the_head() {
    let world = World::new();
    let fresh = world.lab.path("fresh");
    world.lab.git(&world.lab.path(""), &["init", "--quiet", "-b", "feature", "fresh"]);
    world.lab.git(&fresh, &["remote", "add", "origin", world.lab.path("server.git").to_str().expect("UTF-8")]);
    world.lab.write(&fresh, "notes.txt", "mine\n");
    world.lab.write(&fresh, "staged.txt", "staged\n");
    world.lab.git(&fresh, &["add", "staged.txt"]);
    let resumed = world.resume_in(&fresh, None);
    assert_eq!(resumed.states(), [State::NotFetched, State::Unborn, State::Same]);
    let rescue = &resumed.rescues()[0];
    let command = rescue.index_command();
    assert!(world.lab.run(&fresh, "sh", &["-c", &command]).status.success(), "{command}");
    assert_eq!(world.lab.git(&fresh, &["ls-files"]), "staged.txt");
}

#[test]
fn offline_is_said_and_what_is_here_is_used() {
    let mut world = World::new();
    world.offline = true;
    let resumed = world.resume();
    assert_eq!(resumed.states(), [State::Same]);
    assert!(resumed.last().warnings[0].contains("cannot be reached"));
    world.hand_over(&[("work.txt", "two\n")]);
    let (_, snapshot) = world.look(&world.b, Where::Here);
    let verdict = judge(&snapshot);
    assert_eq!((verdict.state, &verdict.action), (State::NotFetched, &Action::Stop));
    world.offline = false;
    world.choices_work(&verdict);
}

#[test]
fn hostile_branch_names_stay_one_word() {
    for name in ["$(touch${IFS}pwned)", "a'b;touch\"pwned", "feature/ünï&x", "!!#x`id`"] {
        let mut world = World::with(name, &[]);
        world.lab.commit(&world.b, &[("mine.txt", "mine\n")], "mine");
        world.hand_over(&[("work.txt", "theirs\n")]);
        let resumed = world.resume();
        assert_eq!(resumed.last().state, State::Diverged);
        world.choices_work(resumed.last());
        assert!(!world.b.join("pwned").exists());
    }
}
