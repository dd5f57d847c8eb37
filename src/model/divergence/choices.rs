//! The ways on of a verdict: commands that work as they stand.
//!
//! They name commits by their whole id, so that no branch or tag can stand in for one, and none is offered that would
//! write over something without a word.

use super::judge::{Action, State, can_go_on_from_head};
use super::rewrites::Rewritten;
use super::snapshot::{Operation, Place, Relation, Snapshot};
use crate::fault::Choice;
use crate::model::ids::Oid;
use crate::model::shell::{quote, quote_path};

/// The ways on, with commands that work as they stand.
pub(super) fn choices(s: &Snapshot, state: State, action: &Action) -> Vec<Choice> {
    if *action != Action::Stop {
        return offers(s, action);
    }
    let head = &s.head;
    let mut all = Vec::new();
    match state {
        State::Diverged => {
            all.push(see_both(s));
            all.extend(beside(s, state));
            if same_patches_there(s) {
                all.extend(take(s, head));
            } else {
                all.extend(rebase(s, &format!("rebase{} {head}", autostash(s))));
            }
        }
        State::Rewritten => {
            all.push(see_both(s));
            all.extend(beside(s, state));
            match (s.local_rewritten(), s.local.as_ref().map(|local| &local.relation), s.server_point()) {
                (Rewritten::Partly { last, .. }, ..) => {
                    all.extend(rebase(s, &format!("rebase{} --onto {head} {last}", autostash(s))));
                }
                (_, Some(Relation::Ahead(_)), Some((server, _))) => {
                    all.extend(rebase(s, &format!("rebase{} --onto {server} {head}", autostash(s))));
                }
                _ => {}
            }
        }
        State::ServerRewritten => {
            if let Some((server, _)) = s.server_point() {
                all.push(Choice::new("see both", format!("git log --oneline --left-right {head}...{server}")));
            }
            all.extend(beside(s, state));
            let nothing_added =
                matches!(s.local.as_ref().map(|l| &l.relation), Some(Relation::Equal | Relation::Behind(_)));
            if let (Some((server, _)), true) = (s.server_point(), nothing_added) {
                all.extend(take(s, server));
            }
        }
        State::CheckedOutElsewhere => {
            match &s.elsewhere {
                Some(other) if other.gone => {
                    all.push(Choice::new("forget that folder", format!("git worktree prune && {}", resume(s))));
                }
                Some(other) => all.extend(
                    quote_path(&other.path)
                        .map(|path| Choice::new("run it there", format!("cd {path} && {}", resume(s)))),
                ),
                None => {}
            }
            all.extend(beside(s, state));
        }
        State::Dirty => {
            all.push(Choice::new("see it", "git status"));
            all.push(Choice::new("put it away", format!("git stash push --include-untracked && {}", resume(s))));
            all.extend(beside(s, state));
        }
        State::Rebasing | State::Merging => {
            all.push(Choice::new("see it", "git status"));
            all.extend(beside(s, state));
            if let [only] = s.operations.as_slice() {
                all.extend(undo(*only).map(|undo| Choice::new("undo it", format!("{undo} && {}", resume(s)))));
            }
        }
        State::NeverPushed | State::ServerGone => {
            let remote = quote(s.remote.as_deref().unwrap_or("origin"));
            all.push(Choice::new("where it was made", format!("git push {remote} {}", quote(s.branch.as_str()))));
        }
        State::NotFetched => {
            all.push(Choice::new("once it can be reached", resume(s)));
        }
        State::Landed => {
            if let Some(default) = &s.default_branch {
                all.push(Choice::new("see it there", format!("git log --oneline {}..{}", head, default.head)));
                if s.dirty.tracked_is_clean() && !way_is_taken(s) {
                    all.push(Choice::new(
                        "new work from there",
                        format!("git switch --no-track -c {} {}", quote(s.free_branch.as_str()), default.head),
                    ));
                }
            }
            all.extend(beside(s, state));
        }
        State::Unrelated => {
            if let Some(roots) = &s.roots {
                let ids: Vec<&str> = roots.here.iter().chain(&roots.there).map(Oid::as_str).collect();
                all.push(Choice::new("see how each begins", format!("git show --stat --no-patch {}", ids.join(" "))));
            }
            all.push(Choice::new("see the remotes", "git remote --verbose"));
            all.extend(beside(s, state));
        }
        State::OtherFormat => all.push(Choice::new("see the remotes", "git remote --verbose")),
        // These stop only where there is no work tree.
        State::Same
        | State::NotHere
        | State::Behind
        | State::Ahead
        | State::Detached
        | State::Unborn
        | State::Shallow
        | State::Partial => all.extend(beside(s, state)),
    }
    all
}

/// What could also be done, where nothing stops.
fn offers(s: &Snapshot, action: &Action) -> Vec<Choice> {
    match (s.server_point(), &s.at, action) {
        (Some((server, Relation::Ahead(_))), Place::OnBranch, Action::Proceed | Action::FastForward { .. })
            if !matches!(s.local.as_ref().map(|local| &local.relation), Some(Relation::Ahead(_))) =>
        {
            vec![
                Choice::new("see what is newer", format!("git log --oneline {}..{server}", s.head)),
                Choice::new("take it too", format!("git merge --ff-only {server}")),
            ]
        }
        _ => Vec::new(),
    }
}

fn resume(s: &Snapshot) -> String {
    format!("git handoff resume {}", quote(s.branch.as_str()))
}

fn beside(s: &Snapshot, state: State) -> Option<Choice> {
    let folder = quote_path(&s.free_folder).filter(|_| can_go_on_from_head(s, state))?;
    Some(Choice::new("beside yours", format!("{} --worktree {folder}", resume(s))))
}

/// Something is where git's own commands would write, and of ignored files they would not even say so.
fn way_is_taken(s: &Snapshot) -> bool {
    !s.in_the_way.untracked.is_empty() || !s.in_the_way.ignored.is_empty()
}

fn see_both(s: &Snapshot) -> Choice {
    let here = match (&s.at, &s.local) {
        (Place::OnBranch, _) | (_, None) => "HEAD".to_owned(),
        (_, Some(local)) => local.oid.to_string(),
    };
    Choice::new("see both", format!("git log --oneline --left-right {here}...{}", s.head))
}

fn autostash(s: &Snapshot) -> &'static str {
    if s.dirty.tracked_is_clean() { "" } else { " --autostash" }
}

/// A rebase of the branch, unless it would carry along or run over what does not belong to it.
fn rebase(s: &Snapshot, rebase: &str) -> Option<Choice> {
    let foreign = s.at != Place::OnBranch && !s.dirty.tracked_is_clean();
    if foreign || way_is_taken(s) || matches!(s.at, Place::Bare | Place::Detached { stray: 1.., .. }) {
        return None;
    }
    let branch = if s.at == Place::OnBranch { String::new() } else { format!(" {}", quote(s.branch.as_str())) };
    Some(Choice::new("rebase yours", format!("git {rebase}{branch} && {}", resume(s))))
}

/// To rewritten commits, the old ones kept under a branch of their own.
fn take(s: &Snapshot, to: &Oid) -> Option<Choice> {
    let local = s.local.as_ref()?;
    if way_is_taken(s) || !s.dirty.tracked_is_clean() {
        return None;
    }
    let keep = format!("git branch --no-track {} {}", quote(s.free_branch.as_str()), local.oid);
    let take = match s.at {
        // Unlike `git reset --keep` it is not misled by files whose times alone have changed.
        Place::OnBranch => format!("git switch --no-track -C {} {to}", quote(s.branch.as_str())),
        Place::OtherBranch { .. } | Place::Detached { .. } | Place::Unborn { .. } | Place::Bare => {
            format!("git branch --no-track -f {} {to}", quote(s.branch.as_str()))
        }
    };
    Some(Choice::new("take theirs", format!("{keep} && {take} && {}", resume(s))))
}

fn undo(operation: Operation) -> Option<&'static str> {
    match operation {
        Operation::Rebase => Some("git rebase --abort"),
        Operation::Am => Some("git am --abort"),
        Operation::Merge => Some("git merge --abort"),
        Operation::CherryPick => Some("git cherry-pick --abort"),
        Operation::Revert => Some("git revert --abort"),
        Operation::Bisect => Some("git bisect reset"),
        Operation::Unmerged => None,
    }
}

/// L diverged from H, but H has every change of L.
fn same_patches_there(s: &Snapshot) -> bool {
    s.local_sides.as_ref().is_some_and(|sides| matches!(sides.unmatched, Some((0, _))))
}
