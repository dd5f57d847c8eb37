//! What a verdict says to a person: facts and warnings, one a line.

use std::path::PathBuf;

use super::judge::{Action, State};
use super::rewrites::Rewritten;
use super::snapshot::{Landed, Operation, Place, Relation, ServerHead, Snapshot};
use crate::model::ids::Oid;
use crate::model::shell::shown;

/// What was found, one fact a line.
pub(super) fn summary(s: &Snapshot, planned: State, state: State) -> Vec<String> {
    let mut lines = vec![commits(s, planned)];
    if let (Some(conflicts), State::Diverged | State::Rewritten) = (&s.conflicts, planned) {
        lines.push(match conflicts.as_slice() {
            [] => "would merge without conflicts".into(),
            some => format!("would conflict in {}", list(some)),
        });
    }
    if state != planned {
        lines.extend(work_tree(s, state));
    }
    lines
}

fn commits(s: &Snapshot, planned: State) -> String {
    let (branch, remote) = (shown(s.branch.as_str(), 80), remote(s));
    let head = s.head.short();
    match planned {
        State::Same => format!("at {head}, as it was handed over"),
        State::NotHere => format!("{branch} is not here yet; it was handed over at {head}"),
        State::Unborn => format!("no commit here yet; it was handed over at {head}"),
        State::NotFetched if s.server_here || matches!(s.server, ServerHead::Known(_)) => {
            format!("{remote} has commits that were not fetched")
        }
        State::NotFetched => format!("{head} is not here, and {remote} cannot be reached"),
        State::NeverPushed => format!("{head} is neither here nor on {remote}: the sender must push {branch}"),
        State::ServerGone if !s.head_here => {
            format!("{remote} no longer has {branch}, and {head} is not here: whoever has it must push it")
        }
        State::ServerGone => format!("{remote} no longer has {branch}; {}", relation(s)),
        State::ServerRewritten => match s.server_point() {
            Some((server, Relation::Diverged { here, there, base })) => format!(
                "{remote} was rewritten: {} of {head} no longer on it, {} new since {} ({}){}",
                count(*there, "commit"),
                count(*here, "commit"),
                base.short(),
                server.short(),
                if same_patches(s) { ", the same changes" } else { "" },
            ),
            _ => format!("{remote} was rewritten"),
        },
        State::Landed => {
            let how = if s.landed == Landed::Squashed { "as other commits" } else { "merged" };
            format!("{branch} has landed in {} ({how})", default_name(s))
        }
        State::Unrelated => match &s.roots {
            Some(roots) => format!(
                "another repository: history begins at {} here, at {} there",
                roots.here.iter().map(Oid::short).collect::<Vec<_>>().join(", "),
                roots.there.iter().map(Oid::short).collect::<Vec<_>>().join(", "),
            ),
            None => "another repository: no commit in common".into(),
        },
        State::OtherFormat => {
            format!("another repository: its commits have ids of {} digits", s.head.as_str().len())
        }
        State::Shallow => "this clone is shallow and lacks the history that would tell".into(),
        State::Rewritten => match s.local_rewritten() {
            Rewritten::Partly { own, .. } => {
                format!("rewritten there, with {} of your own on top of the old ones", count(own, "commit"))
            }
            Rewritten::Wholly | Rewritten::No => format!("rewritten there: {}", relation(s)),
        },
        State::Behind | State::Ahead | State::Diverged => relation(s),
        // Never what the commits ask for.
        State::CheckedOutElsewhere
        | State::Dirty
        | State::Rebasing
        | State::Merging
        | State::Detached
        | State::Partial => relation(s),
    }
}

fn relation(s: &Snapshot) -> String {
    match s.local.as_ref().map(|local| &local.relation) {
        None => format!("handed over at {}", s.head.short()),
        Some(Relation::Equal) => format!("at {}", s.head.short()),
        Some(Relation::Behind(n)) => format!("{} behind {}", count(*n, "commit"), s.head.short()),
        Some(Relation::Ahead(n)) => format!("{} since {}", count(*n, "commit"), s.head.short()),
        Some(Relation::Diverged { here, there, base }) => {
            format!("diverged: {} here, {there} there since {}", count(*here, "commit"), base.short())
        }
        Some(Relation::Unrelated) => "no commit in common".into(),
        Some(Relation::Missing | Relation::Unknown) => format!("how it relates to {} is not known", s.head.short()),
    }
}

fn work_tree(s: &Snapshot, state: State) -> Vec<String> {
    let way = &s.in_the_way;
    match state {
        State::CheckedOutElsewhere => s
            .elsewhere
            .iter()
            .map(|e| {
                let more = match (e.busy, e.gone) {
                    (_, true) => ", a folder that is gone",
                    (true, false) => ", with a rebase or bisect of it in progress",
                    (false, false) => "",
                };
                format!("checked out in {}{more}", shown(&e.path.to_string_lossy(), 200))
            })
            .collect(),
        State::Rebasing | State::Merging => {
            let names: Vec<_> = s.operations.iter().map(|operation| in_progress(*operation)).collect();
            vec![format!("{} in this work tree; finish it first", names.join(", "))]
        }
        State::Dirty => {
            let mut lines = Vec::new();
            if !way.changed.is_empty() {
                lines.push(format!("uncommitted changes in the way: {}", list(&way.changed)));
            }
            if !way.untracked.is_empty() {
                lines.push(format!("untracked files in the way: {}", list(&way.untracked)));
            }
            if lines.is_empty() {
                lines.push(format!("uncommitted work on {}", head_name(s)));
            }
            lines
        }
        State::Detached => vec![format!("HEAD is detached at {}", s.here().map_or("nothing", Oid::short))],
        State::Unborn => Vec::new(),
        State::Same
        | State::NotHere
        | State::NotFetched
        | State::Behind
        | State::Ahead
        | State::NeverPushed
        | State::ServerRewritten
        | State::ServerGone
        | State::Unrelated
        | State::Shallow
        | State::Diverged
        | State::Partial
        | State::OtherFormat
        | State::Rewritten
        | State::Landed => Vec::new(),
    }
}

/// What deserves attention although it stops nothing.
pub(super) fn warnings(s: &Snapshot, state: State, action: &Action) -> Vec<String> {
    let mut all = Vec::new();
    let remote = remote(s);
    if let ServerHead::Offline { as_of } = &s.server {
        let since = as_of.map_or("an unknown time".into(), |time| time.to_string());
        all.push(format!("{remote} cannot be reached; what is known of it is of {since}"));
    }
    match s.server_point() {
        Some((_, Relation::Ahead(n))) => {
            let mut authors: Vec<String> = s.later.iter().map(|later| shown(&later.author, 40)).collect();
            authors.sort();
            authors.dedup();
            let by = if authors.is_empty() { String::new() } else { format!(", by {}", authors.join(", ")) };
            all.push(format!("{remote} has {} since the handoff{by}", count(*n, "commit")));
        }
        Some((_, Relation::Behind(n))) => {
            all.push(format!("{remote} lacks {} of the handoff: the sender has not pushed", count(*n, "commit")));
        }
        _ => {}
    }
    if state == State::ServerRewritten && *action != Action::Stop {
        all.push(
            "the branch was rewritten after the handoff: the session speaks of commits that are no longer on it".into(),
        );
    }
    if s.landed != Landed::No && state != State::Landed {
        all.push(format!("{} has landed in {}", shown(s.branch.as_str(), 80), default_name(s)));
    }
    if let (Some(Relation::Ahead(n)), true) = (s.local.as_ref().map(|l| &l.relation), *action != Action::Stop) {
        all.push(format!("{} here that the session does not know", count(*n, "commit")));
    }
    if let (Place::Detached { stray: stray @ 1.., .. }, true) = (&s.at, *action != Action::Stop) {
        all.push(format!("{} made on no branch: kept under a rescue ref", count(*stray, "commit")));
    }
    if !s.in_the_way.ignored.is_empty() && *action != Action::Stop {
        all.push(format!(
            "ignored files that the branch tracks are kept in the rescue snapshot: {}",
            list(&s.in_the_way.ignored)
        ));
    }
    all
}

fn in_progress(operation: Operation) -> &'static str {
    match operation {
        Operation::Rebase => "a rebase is in progress",
        Operation::Am => "git am is in progress",
        Operation::Merge => "a merge is in progress",
        Operation::CherryPick => "a cherry-pick is in progress",
        Operation::Revert => "a revert is in progress",
        Operation::Bisect => "a bisect is in progress",
        Operation::Unmerged => "unresolved conflicts",
    }
}

fn same_patches(s: &Snapshot) -> bool {
    s.server_sides.as_ref().is_some_and(|sides| matches!(sides.unmatched, Some((_, 0))))
}

fn remote(s: &Snapshot) -> String {
    shown(s.remote.as_deref().unwrap_or("the server"), 80)
}

fn default_name(s: &Snapshot) -> String {
    s.default_branch.as_ref().map_or("the default branch".into(), |default| shown(&default.name, 80))
}

fn head_name(s: &Snapshot) -> String {
    match &s.at {
        Place::OtherBranch { name, .. } | Place::Unborn { name } => shown(name, 80),
        Place::OnBranch => shown(s.branch.as_str(), 80),
        Place::Detached { oid, .. } => format!("a detached HEAD at {}", oid.short()),
        Place::Bare => "no work tree".into(),
    }
}

fn count(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// The first three, and how many more.
fn list(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().take(3).map(|path| shown(&path.to_string_lossy(), 100)).collect();
    let more = paths.len() - names.len();
    let more = if more == 0 { String::new() } else { format!(", +{more}") };
    format!("{}{more}", names.join(", "))
}
