//! Table tests of the decision: every state, and what uncommitted work and unfinished operations make of it.

use std::path::PathBuf;

use super::*;
use crate::model::ids::Oid;

fn oid(c: char) -> Oid {
    c.to_string().repeat(40).parse().expect("an id")
}

fn point(c: char, relation: Relation) -> Option<Point> {
    Some(Point { oid: oid(c), relation })
}

/// On the branch, at the head that was handed over: L = R = S = H, nothing uncommitted.
fn calm() -> Snapshot {
    Snapshot {
        branch: "feature".parse().expect("a name"),
        remote: Some("origin".into()),
        head: oid('a'),
        head_here: true,
        other_format: false,
        local: point('a', Relation::Equal),
        tracking: point('a', Relation::Equal),
        server: ServerHead::Known(oid('a')),
        server_here: true,
        server_in_local: true,
        server_relation: Some(Relation::Equal),
        local_sides: None,
        server_sides: None,
        later: Vec::new(),
        roots: None,
        rewrites: Vec::new(),
        default_branch: Some(DefaultBranch { name: "main".into(), head: oid('d') }),
        landed: Landed::No,
        place: Where::Here,
        at: Place::OnBranch,
        elsewhere: None,
        held_here: false,
        operations: Vec::new(),
        dirty: Dirty::default(),
        in_the_way: InTheWay::default(),
        conflicts: None,
        shallow: false,
        partial: false,
        free_branch: "feature-handoff".parse().expect("a name"),
        free_folder: "../feature-handoff".into(),
    }
}

fn diverged() -> Relation {
    Relation::Diverged { here: 1, there: 1, base: oid('0') }
}

fn sides(here: char, there: char) -> Option<Sides> {
    let (here, there) = (vec![oid(here)], vec![oid(there)]);
    Some(Sides { here, there, here_count: 1, there_count: 1, unmatched: Some((1, 1)) })
}

fn behind(s: &mut Snapshot) {
    s.local = point('b', Relation::Behind(2));
    s.server_in_local = false;
}

fn local_parted(s: &mut Snapshot) {
    s.local = point('b', diverged());
    s.local_sides = sides('b', 'a');
    s.server_in_local = false;
}

fn server_parted(s: &mut Snapshot) {
    s.server = ServerHead::Known(oid('c'));
    s.server_relation = Some(diverged());
    s.server_sides = sides('c', 'a');
    s.server_in_local = false;
}

fn forward() -> Action {
    Action::FastForward { to: oid('a') }
}

type Change = fn(&mut Snapshot);

#[test]
fn every_state_has_its_action() {
    let table: &[(State, Action, Change)] = &[
        (State::Same, Action::Proceed, |_| {}),
        (State::NotHere, Action::CreateBranch { at: oid('a') }, |s| {
            s.local = None;
            s.at = Place::OtherBranch { name: "main".into(), oid: oid('d') };
        }),
        (State::NotFetched, Action::FetchFirst, |s| (s.head_here, s.server_here) = (false, false)),
        (State::NotFetched, Action::FetchFirst, |s| s.server_relation = Some(Relation::Missing)),
        (State::NotFetched, Action::Stop, |s| {
            s.head_here = false;
            s.server = ServerHead::Offline { as_of: None };
        }),
        (State::Behind, forward(), behind),
        (State::Behind, forward(), |s| {
            behind(s);
            s.server = ServerHead::Known(oid('e'));
            s.server_relation = Some(Relation::Ahead(2));
        }),
        (State::Ahead, Action::Proceed, |s| s.local = point('b', Relation::Ahead(1))),
        (State::NeverPushed, Action::Stop, |s| s.head_here = false),
        (State::ServerRewritten, Action::Stop, server_parted),
        (State::ServerRewritten, Action::Proceed, |s| {
            server_parted(s);
            s.server_in_local = true;
        }),
        (State::ServerGone, Action::Proceed, |s| s.server = ServerHead::Gone),
        (State::ServerGone, Action::Stop, |s| (s.server, s.head_here) = (ServerHead::Gone, false)),
        (State::CheckedOutElsewhere, Action::Stop, |s| {
            s.at = Place::OtherBranch { name: "main".into(), oid: oid('d') };
            s.elsewhere = Some(Elsewhere { path: "/w".into(), busy: false, gone: false });
        }),
        (State::Dirty, Action::Stop, |s| {
            behind(s);
            s.in_the_way.changed = vec!["x".into()];
        }),
        (State::Rebasing, Action::Stop, |s| s.operations = vec![Operation::Rebase]),
        (State::Rebasing, Action::Stop, |s| s.operations = vec![Operation::Am]),
        (State::Merging, Action::Stop, |s| s.operations = vec![Operation::Merge]),
        (State::Merging, Action::Stop, |s| s.operations = vec![Operation::CherryPick]),
        (State::Merging, Action::Stop, |s| s.operations = vec![Operation::Revert]),
        (State::Merging, Action::Stop, |s| s.operations = vec![Operation::Bisect]),
        (State::Merging, Action::Stop, |s| s.operations = vec![Operation::Unmerged]),
        (State::Detached, Action::Checkout, |s| s.at = Place::Detached { oid: oid('a'), stray: 0 }),
        (State::Unrelated, Action::Stop, |s| s.local = point('b', Relation::Unrelated)),
        (State::Unrelated, Action::Stop, |s| s.server_relation = Some(Relation::Unrelated)),
        (State::Unborn, Action::CreateBranch { at: oid('a') }, |s| {
            s.local = None;
            s.at = Place::Unborn { name: "feature".into() };
        }),
        (State::Shallow, Action::DeepenFirst, |s| s.local = point('b', Relation::Unknown)),
        (State::Shallow, Action::DeepenFirst, |s| s.server_relation = Some(Relation::Unknown)),
        (State::Diverged, Action::Stop, local_parted),
        (State::OtherFormat, Action::Stop, |s| (s.other_format, s.head_here) = (true, false)),
        (State::Rewritten, Action::Follow { to: oid('a') }, |s| {
            local_parted(s);
            s.rewrites = vec![(oid('b'), oid('e')), (oid('e'), oid('a'))];
        }),
        (State::Rewritten, Action::Proceed, |s| {
            local_parted(s);
            s.rewrites = vec![(oid('a'), oid('b'))];
        }),
        (State::Rewritten, Action::Follow { to: oid('c') }, |s| {
            server_parted(s);
            s.rewrites = vec![(oid('a'), oid('c'))];
        }),
        (State::Landed, Action::Stop, |s| (s.server, s.landed) = (ServerHead::Gone, Landed::Squashed)),
        (State::Same, Action::Proceed, |s| s.landed = Landed::Merged),
    ];
    for (n, (state, action, change)) in table.iter().enumerate() {
        let mut snapshot = calm();
        change(&mut snapshot);
        let verdict = judge(&snapshot);
        assert_eq!((&verdict.state, &verdict.action), (state, action), "row {n}");
        assert!(!verdict.also.contains(state), "row {n}");
        assert!(!verdict.summary.is_empty() && verdict.summary.iter().all(|l| !l.is_empty()), "row {n}");
        assert!(*action != Action::Stop || !verdict.choices.is_empty(), "row {n} leaves no way on");
    }
}

/// Whatever the commits ask for, an unfinished operation stops it, and no step that writes to the tree goes without a
/// rescue where something is uncommitted.
#[test]
fn unfinished_operations_and_uncommitted_work_hold_in_every_state() {
    let states: &[Change] = &[
        |_| {},
        behind,
        local_parted,
        server_parted,
        |s| s.server = ServerHead::Gone,
        |s| {
            s.local = None;
            s.at = Place::Detached { oid: oid('d'), stray: 1 };
        },
    ];
    for (n, change) in states.iter().enumerate() {
        for operation in [
            Operation::Rebase,
            Operation::Am,
            Operation::Merge,
            Operation::CherryPick,
            Operation::Revert,
            Operation::Bisect,
            Operation::Unmerged,
        ] {
            let mut s = calm();
            change(&mut s);
            s.operations = vec![operation];
            let verdict = judge(&s);
            assert_eq!(verdict.action, Action::Stop, "row {n} {operation:?}");
            assert!(matches!(verdict.state, State::Rebasing | State::Merging), "row {n} {operation:?}");
            s.place = Where::Beside;
            assert!(matches!(judge(&s).action, Action::NewWorktree { .. }), "row {n} {operation:?}");
        }
        let mut s = calm();
        change(&mut s);
        s.dirty.untracked = vec!["x".into()];
        let verdict = judge(&s);
        let moves = !matches!(verdict.action, Action::Proceed | Action::Stop);
        assert_eq!(verdict.rescue, moves, "row {n}");
        for way in [
            InTheWay { changed: vec!["x".into()], ..InTheWay::default() },
            InTheWay { untracked: vec!["x".into()], ..InTheWay::default() },
        ] {
            s.in_the_way = way;
            assert!(matches!(judge(&s).action, Action::Proceed | Action::Stop), "row {n}");
        }
        s.in_the_way = InTheWay { ignored: vec!["x.log".into()], ..InTheWay::default() };
        let verdict = judge(&s);
        assert_eq!(verdict.keep, if moves { vec![PathBuf::from("x.log")] } else { Vec::new() }, "row {n}");
    }
}

#[test]
fn beside_takes_the_branch_if_it_is_free_and_a_new_one_if_not() {
    let mut s = calm();
    s.place = Where::Beside;
    let at = |c| Start::At(oid(c));
    assert_eq!(judge(&s).action, Action::NewWorktree { branch: s.free_branch.clone(), start: at('a') });
    s.at = Place::OtherBranch { name: "main".into(), oid: oid('d') };
    assert_eq!(judge(&s).action, Action::NewWorktree { branch: s.branch.clone(), start: Start::Existing });
    s.held_here = true;
    assert_eq!(judge(&s).action, Action::NewWorktree { branch: s.free_branch.clone(), start: at('a') });
    s.held_here = false;
    behind(&mut s);
    assert_eq!(judge(&s).action, forward());
    s.local = None;
    assert_eq!(judge(&s).action, Action::NewWorktree { branch: s.branch.clone(), start: at('a') });
    s.head_here = false;
    assert_eq!(judge(&s).action, Action::Stop);
}

#[test]
fn rewrites_are_followed_only_as_far_as_they_go() {
    let list = |text: &str| text.chars().map(oid).collect::<Vec<_>>();
    let of = |here: &str, there: &str, rewrites: &[(char, char)]| {
        let (here, there) = (list(here), list(there));
        let (here_count, there_count) = (here.len() as u64, there.len() as u64);
        let sides = Sides { here, there, here_count, there_count, unmatched: None };
        let rewrites: Vec<_> = rewrites.iter().map(|(a, b)| (oid(*a), oid(*b))).collect();
        Rewritten::of(&sides, &rewrites)
    };
    assert_eq!(of("21", "43", &[('1', '3'), ('2', '4')]), Rewritten::Wholly);
    assert_eq!(of("21", "4", &[('1', '4'), ('2', '4')]), Rewritten::Wholly, "squashed into one");
    assert_eq!(of("21", "4", &[('1', '4')]), Rewritten::Partly { last: oid('1'), own: 1 });
    assert_eq!(of("21", "4", &[('2', '4')]), Rewritten::No, "1 would be lost");
    assert_eq!(of("1", "4", &[('1', '2'), ('2', '1')]), Rewritten::No, "a ring ends");
    assert_eq!(of("1", "4", &[('1', '9')]), Rewritten::No, "into something that is not there");
}

#[test]
fn names_of_others_cannot_write_on_the_terminal() {
    let mut s = calm();
    behind(&mut s);
    s.server_relation = Some(Relation::Ahead(1));
    s.later = vec![Later { oid: oid('e'), author: "\u{1b}[2Jeve\n".into(), subject: String::new() }];
    s.in_the_way.changed = vec!["a\u{1b}]0;x\u{7}".into()];
    let verdict = judge(&s);
    for line in verdict.summary.iter().chain(&verdict.warnings) {
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}
