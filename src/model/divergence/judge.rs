//! The decision: from a snapshot to one safe step, or to a stop with choices.
//!
//! Two questions, one after the other: what do the commits ask for ([`plan`]), and does the work tree allow it.

use std::path::PathBuf;

use super::rewrites::Rewritten;
use super::snapshot::{Landed, Operation, Place, Relation, ServerHead, Snapshot, Where};
use super::{choices, words};
use crate::fault::Choice;
use crate::model::ids::{BranchName, Oid};

/// What was found, in one word. The deciding one is [`Verdict::state`], the others that hold are in [`Verdict::also`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The branch here is at the recorded head.
    Same,
    /// The branch does not exist here yet.
    NotHere,
    /// The server has commits that were not fetched.
    NotFetched,
    /// The branch here lacks commits of the recorded head.
    Behind,
    /// The branch here has commits on top of the recorded head.
    Ahead,
    /// The recorded head is neither here nor on the server.
    NeverPushed,
    /// The server's branch no longer contains the recorded head.
    ServerRewritten,
    /// The server no longer has the branch.
    ServerGone,
    /// Another work tree has the branch.
    CheckedOutElsewhere,
    /// Uncommitted work is in the way.
    Dirty,
    /// A rebase or `git am` is in progress.
    Rebasing,
    /// A merge, cherry-pick, revert or bisect is in progress, or the index has conflicts.
    Merging,
    /// HEAD is a commit, not a branch.
    Detached,
    /// The histories have no common commit.
    Unrelated,
    /// There is no commit here yet.
    Unborn,
    /// History is cut off where the answer would be.
    Shallow,
    /// The branch here and the recorded head both have commits of their own.
    Diverged,
    /// Objects are left out until they are needed.
    Partial,
    /// SHA-1 here and SHA-256 there, or the reverse.
    OtherFormat,
    /// The commits here were rewritten there, and the record says into which.
    Rewritten,
    /// The default branch has the work already.
    Landed,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// The code is where the session left it: go on.
    Proceed,
    /// Move the branch forward.
    FastForward {
        /// To this commit.
        to: Oid,
    },
    /// Move the branch from its old commits to the rewritten ones; its present head is kept under a rescue ref.
    Follow {
        /// To this commit.
        to: Oid,
    },
    /// Make the branch and switch to it.
    CreateBranch {
        /// At this commit.
        at: Oid,
    },
    /// Switch to the branch.
    Checkout,
    /// Add a work tree.
    NewWorktree {
        /// With this branch.
        branch: BranchName,
        /// Which is there already or made for it.
        start: Start,
    },
    /// Get more history, and judge again.
    DeepenFirst,
    /// Fetch the branch (and H by its id, if the server allows that), and judge again.
    FetchFirst,
    /// A decision is the user's.
    Stop,
}

/// Where the branch of a new work tree comes from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// It exists.
    Existing,
    /// It is made at this commit.
    At(Oid),
}

/// What to do, and everything worth saying about it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Verdict {
    /// The state that decided.
    pub state: State,
    /// Other states that hold.
    pub also: Vec<State>,
    /// The step.
    pub action: Action,
    /// A rescue snapshot comes before the step.
    pub rescue: bool,
    /// Ignored files that the step would overwrite; the rescue snapshot must have them.
    #[serde(skip)]
    pub keep: Vec<PathBuf>,
    /// What deserves attention although it stops nothing.
    pub warnings: Vec<String>,
    /// What was found, for a person, one fact a line.
    pub summary: Vec<String>,
    /// The ways on of a [`Action::Stop`]; beside any other action, offers.
    pub choices: Vec<Choice>,
}

/// What the commits ask for, whatever the work tree looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) state: State,
    pub(super) course: Course,
}

/// The course of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Course {
    /// L stays where it is.
    Stay,
    /// The branch is made there.
    Create(Oid),
    /// L moves forward to there.
    Forward(Oid),
    /// L moves to commits that replace its own.
    Follow(Oid),
    Fetch,
    Deepen,
    Stop,
}

impl Plan {
    /// The commit the branch ends at, if the plan gets that far.
    pub(super) fn target(&self, s: &Snapshot) -> Option<Oid> {
        match &self.course {
            Course::Stay => s.local.as_ref().map(|point| point.oid.clone()),
            Course::Create(to) | Course::Forward(to) | Course::Follow(to) => Some(to.clone()),
            Course::Fetch | Course::Deepen | Course::Stop => None,
        }
    }
}

/// Judges a snapshot. Pure: the same snapshot always gets the same verdict.
pub fn judge(s: &Snapshot) -> Verdict {
    let plan = plan(s);
    let (state, action) = match s.place {
        Where::Here => here(s, &plan),
        Where::Beside => (plan.state, beside(s, &plan)),
    };
    let moves = moves_tree(s, &action);
    let stray = matches!(s.at, Place::Detached { stray: 1.., .. });
    let also = also(s, plan.state).into_iter().filter(|other| *other != state).collect();
    Verdict {
        state,
        also,
        rescue: moves && (stray || !s.dirty.is_clean() || !s.in_the_way.ignored.is_empty()),
        keep: if moves { s.in_the_way.ignored.clone() } else { Vec::new() },
        warnings: words::warnings(s, state, &action),
        summary: words::summary(s, plan.state, state),
        choices: choices::choices(s, state, &action),
        action,
    }
}

/// What the commits ask for.
pub(super) fn plan(s: &Snapshot) -> Plan {
    let to = |state, course| Plan { state, course };
    let local = s.local.as_ref().map(|point| &point.relation);
    let server = s.server_point().map(|(_, relation)| relation);
    if s.other_format {
        return to(State::OtherFormat, Course::Stop);
    }
    if matches!(local, Some(Relation::Unrelated)) || matches!(server, Some(Relation::Unrelated)) {
        return to(State::Unrelated, Course::Stop);
    }
    if !s.head_here {
        return head_is_missing(s);
    }
    match server {
        Some(Relation::Missing) => to(State::NotFetched, Course::Fetch),
        Some(Relation::Unknown) => to(State::Shallow, Course::Deepen),
        Some(Relation::Diverged { .. }) => server_parted(s),
        None if s.server == ServerHead::Gone && landed_for_good(s) => to(State::Landed, Course::Stop),
        None | Some(Relation::Equal | Relation::Behind(_) | Relation::Ahead(_)) => local_alone(s),
        Some(Relation::Unrelated) => to(State::Unrelated, Course::Stop),
    }
}

fn head_is_missing(s: &Snapshot) -> Plan {
    let (state, course) = match &s.server {
        // H is S, or may come with it.
        ServerHead::Known(_) if !s.server_here => (State::NotFetched, Course::Fetch),
        ServerHead::Known(_) => (State::NeverPushed, Course::Stop),
        ServerHead::Gone => (State::ServerGone, Course::Stop),
        ServerHead::Offline { .. } => (State::NotFetched, Course::Stop),
    };
    Plan { state, course }
}

/// S and H parted.
fn server_parted(s: &Snapshot) -> Plan {
    let to = |state, course| Plan { state, course };
    let server = s.server_point().map_or(&s.head, |(oid, _)| oid);
    if s.head_rewritten_on_server() == Rewritten::Wholly {
        return match s.local.as_ref().map(|local| &local.relation) {
            _ if s.server_in_local => to(State::Rewritten, Course::Stay),
            None => to(State::Rewritten, Course::Create(server.clone())),
            Some(Relation::Equal | Relation::Behind(_)) => to(State::Rewritten, Course::Follow(server.clone())),
            Some(Relation::Unknown) => to(State::Shallow, Course::Deepen),
            Some(Relation::Ahead(_) | Relation::Diverged { .. } | Relation::Missing | Relation::Unrelated) => {
                to(State::Rewritten, Course::Stop)
            }
        };
    }
    if landed_for_good(s) {
        return to(State::Landed, Course::Stop);
    }
    // Whoever has the server's head in the branch has chosen it already.
    to(State::ServerRewritten, if s.server_in_local { Course::Stay } else { Course::Stop })
}

/// S says nothing against H: L against H decides.
fn local_alone(s: &Snapshot) -> Plan {
    let head = || s.head.clone();
    let gone = s.server == ServerHead::Gone;
    let (state, course) = match s.local.as_ref().map(|local| &local.relation) {
        None if matches!(s.at, Place::Unborn { .. }) => (State::Unborn, Course::Create(head())),
        None => (State::NotHere, Course::Create(head())),
        Some(Relation::Equal) => (State::Same, Course::Stay),
        Some(Relation::Behind(_)) => (State::Behind, Course::Forward(head())),
        Some(Relation::Ahead(_)) => (State::Ahead, Course::Stay),
        Some(Relation::Diverged { .. }) => match (s.local_rewritten(), s.head_rewritten_here()) {
            (Rewritten::Wholly, _) => (State::Rewritten, Course::Follow(head())),
            (_, Rewritten::Wholly) => (State::Rewritten, Course::Stay),
            (Rewritten::Partly { .. }, _) => (State::Rewritten, Course::Stop),
            (Rewritten::No, _) => (State::Diverged, Course::Stop),
        },
        Some(Relation::Unknown) => (State::Shallow, Course::Deepen),
        Some(Relation::Missing) => (State::NotFetched, Course::Fetch),
        Some(Relation::Unrelated) => (State::Unrelated, Course::Stop),
    };
    let state = if gone && course != Course::Stop { State::ServerGone } else { state };
    Plan { state, course }
}

/// H landed, the server's branch of this name is gone or another one, and nothing was added to H here.
fn landed_for_good(s: &Snapshot) -> bool {
    let nothing_on_top =
        matches!(s.local.as_ref().map(|local| &local.relation), None | Some(Relation::Equal | Relation::Behind(_)));
    s.landed != Landed::No && nothing_on_top
}

/// What the work tree allows of the plan.
fn here(s: &Snapshot, plan: &Plan) -> (State, Action) {
    match (plan.state, &plan.course) {
        (state, Course::Fetch) => return (state, Action::FetchFirst),
        (state, Course::Deepen) => return (state, Action::DeepenFirst),
        // Nothing that could be done in this work tree would help.
        (State::NeverPushed | State::OtherFormat | State::Unrelated | State::NotFetched, Course::Stop) => {
            return (plan.state, Action::Stop);
        }
        (_, Course::Stop | Course::Stay | Course::Create(_) | Course::Forward(_) | Course::Follow(_)) => {}
    }
    if s.elsewhere.is_some() {
        return (State::CheckedOutElsewhere, Action::Stop);
    }
    if let Some(operation) = s.operations.first() {
        return (operation_state(*operation), Action::Stop);
    }
    let action = match &plan.course {
        Course::Stop | Course::Fetch | Course::Deepen => return (plan.state, Action::Stop),
        _ if s.at == Place::Bare => return (plan.state, Action::Stop),
        Course::Stay if s.at == Place::OnBranch => Action::Proceed,
        Course::Stay => Action::Checkout,
        Course::Create(at) => Action::CreateBranch { at: at.clone() },
        Course::Forward(to) => Action::FastForward { to: to.clone() },
        Course::Follow(to) => Action::Follow { to: to.clone() },
    };
    if action != Action::Proceed && uncommitted_work_stops(s, plan) {
        return (State::Dirty, Action::Stop);
    }
    match (&s.at, &action) {
        (Place::Detached { .. }, Action::Checkout | Action::CreateBranch { .. }) => (State::Detached, action),
        (Place::Unborn { .. }, Action::Checkout | Action::CreateBranch { .. }) => (State::Unborn, action),
        _ => (plan.state, action),
    }
}

/// Whether uncommitted work keeps HEAD from going where the plan wants it.
fn uncommitted_work_stops(s: &Snapshot, plan: &Plan) -> bool {
    if !s.in_the_way.changed.is_empty() || !s.in_the_way.untracked.is_empty() {
        return true;
    }
    // Uncommitted work on another branch belongs to that branch.
    let same_commit = s.here().is_some() && s.here() == plan.target(s).as_ref();
    match &s.at {
        Place::OtherBranch { .. } => !s.dirty.tracked_is_clean(),
        Place::Detached { .. } => !s.dirty.tracked_is_clean() && !same_commit,
        Place::OnBranch | Place::Unborn { .. } | Place::Bare => false,
    }
}

pub(super) fn operation_state(operation: Operation) -> State {
    match operation {
        Operation::Rebase | Operation::Am => State::Rebasing,
        Operation::Merge | Operation::CherryPick | Operation::Revert | Operation::Bisect | Operation::Unmerged => {
            State::Merging
        }
    }
}

/// The same plan in a new work tree: nothing of this one matters.
fn beside(s: &Snapshot, plan: &Plan) -> Action {
    let taken = s.at == Place::OnBranch || s.held_here || s.elsewhere.is_some();
    let free = |at: &Oid| Action::NewWorktree { branch: s.free_branch.clone(), start: Start::At(at.clone()) };
    let own = |start| Action::NewWorktree { branch: s.branch.clone(), start };
    match &plan.course {
        Course::Fetch => Action::FetchFirst,
        Course::Deepen => Action::DeepenFirst,
        Course::Stop if can_go_on_from_head(s, plan.state) => free(&s.head),
        Course::Stop => Action::Stop,
        Course::Create(at) => own(Start::At(at.clone())),
        Course::Stay if taken => free(s.local.as_ref().map_or(&s.head, |local| &local.oid)),
        Course::Stay => own(Start::Existing),
        Course::Forward(to) | Course::Follow(to) if taken => free(to),
        Course::Forward(to) => Action::FastForward { to: to.clone() },
        Course::Follow(to) => Action::Follow { to: to.clone() },
    }
}

/// Whether H is here and of this repository, so that a new branch may start from it although the branch itself cannot
/// be brought there.
pub(super) fn can_go_on_from_head(s: &Snapshot, state: State) -> bool {
    let server_is_ours = !matches!(s.server_point(), Some((_, Relation::Unrelated)));
    match state {
        State::OtherFormat | State::NeverPushed | State::NotFetched => false,
        State::Unrelated => s.head_here && server_is_ours && s.server != ServerHead::Gone,
        State::Same
        | State::NotHere
        | State::Behind
        | State::Ahead
        | State::ServerRewritten
        | State::ServerGone
        | State::CheckedOutElsewhere
        | State::Dirty
        | State::Rebasing
        | State::Merging
        | State::Detached
        | State::Unborn
        | State::Shallow
        | State::Diverged
        | State::Partial
        | State::Rewritten
        | State::Landed => s.head_here,
    }
}

/// Whether the step writes to this work tree.
fn moves_tree(s: &Snapshot, action: &Action) -> bool {
    match action {
        Action::FastForward { .. } | Action::Follow { .. } => s.at == Place::OnBranch,
        Action::CreateBranch { .. } | Action::Checkout => true,
        Action::Proceed | Action::NewWorktree { .. } | Action::DeepenFirst | Action::FetchFirst | Action::Stop => false,
    }
}

/// Every state that holds, beside what the commits ask for.
fn also(s: &Snapshot, planned: State) -> Vec<State> {
    let mut all = vec![planned];
    let relation = s.local.as_ref().map(|local| &local.relation);
    let mut holds = |state, it_does| {
        if it_does && !all.contains(&state) {
            all.push(state);
        }
    };
    holds(State::ServerGone, s.server == ServerHead::Gone);
    holds(State::Landed, s.landed != Landed::No);
    holds(State::Behind, matches!(relation, Some(Relation::Behind(_))));
    holds(State::Ahead, matches!(relation, Some(Relation::Ahead(_))));
    holds(State::CheckedOutElsewhere, s.elsewhere.is_some());
    for operation in &s.operations {
        holds(operation_state(*operation), true);
    }
    holds(State::Detached, matches!(s.at, Place::Detached { .. }));
    holds(State::Unborn, matches!(s.at, Place::Unborn { .. }));
    holds(State::Dirty, !s.dirty.is_clean());
    holds(State::Shallow, s.shallow);
    holds(State::Partial, s.partial);
    all
}
