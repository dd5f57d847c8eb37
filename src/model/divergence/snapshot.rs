//! What is known of a repository at one moment, as far as continuing a branch depends on it.

use std::path::PathBuf;

use jiff::Timestamp;

use super::judge::State;
use super::rewrites::Rewritten;
use crate::model::ids::{BranchName, Oid};

/// Everything that [`judge`](super::judge()) looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The branch to be continued, by its local name.
    pub branch: BranchName,
    /// The remote that the handoff came from.
    pub remote: Option<String>,
    /// H, the head that the record names.
    pub head: Oid,
    /// Whether H is a commit of this repository's object database.
    pub head_here: bool,
    /// H is of another object format than this repository (SHA-1 here, SHA-256 there or the reverse).
    pub other_format: bool,
    /// L, the local branch, and how it relates to H. `None`: there is no such branch.
    pub local: Option<Point>,
    /// R, the remote-tracking branch, and how it relates to H.
    pub tracking: Option<Point>,
    /// S, the server's branch.
    pub server: ServerHead,
    /// Whether S was fetched, if there is one.
    pub server_here: bool,
    /// L contains S.
    pub server_in_local: bool,
    /// How S relates to H; `None` where there is no S.
    pub server_relation: Option<Relation>,
    /// The commits that only L and only H have, where they diverged.
    pub local_sides: Option<Sides>,
    /// The commits that only S and only H have, where they diverged (R for S when offline).
    pub server_sides: Option<Sides>,
    /// The commits that S has on top of H, newest first, at most 20.
    pub later: Vec<Later>,
    /// Root commits, where histories are unrelated.
    pub roots: Option<Roots>,
    /// Rewritten commits that the record knows, old to new, oldest first.
    pub rewrites: Vec<(Oid, Oid)>,
    /// The default branch and whether it has the work of H already.
    pub default_branch: Option<DefaultBranch>,
    /// Whether H landed.
    pub landed: Landed,
    /// Whether the work is to go on in this work tree.
    pub place: Where,
    /// What HEAD is.
    pub at: Place,
    /// The other work tree that has the branch.
    pub elsewhere: Option<Elsewhere>,
    /// A rebase or bisect in this work tree began on the branch, so git keeps it from other work trees.
    pub held_here: bool,
    /// What was begun in this work tree and is not finished.
    pub operations: Vec<Operation>,
    /// What is not committed in this work tree.
    pub dirty: Dirty,
    /// What bringing the code would write over.
    pub in_the_way: InTheWay,
    /// Files in which merging L and H would conflict. `None`: not diverged, or git could not tell.
    pub conflicts: Option<Vec<PathBuf>>,
    /// History is cut off.
    pub shallow: bool,
    /// Objects are left out until they are needed.
    pub partial: bool,
    /// A branch name that is free, for work beside the branch.
    pub free_branch: BranchName,
    /// A folder that is free, for a new work tree.
    pub free_folder: PathBuf,
}

/// A commit that a ref names, and how it relates to H.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The commit.
    pub oid: Oid,
    /// Its relation to H.
    pub relation: Relation,
}

/// How one commit (here) relates to H (there).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relation {
    /// The same commit.
    Equal,
    /// An ancestor of H, that many commits behind.
    Behind(u64),
    /// A descendant of H, that many commits ahead.
    Ahead(u64),
    /// Both have commits of their own.
    Diverged {
        /// How many only this one has.
        here: u64,
        /// How many only H has.
        there: u64,
        /// The best common ancestor.
        base: Oid,
    },
    /// No common ancestor, and all history is here.
    Unrelated,
    /// One of the two is not in this repository.
    Missing,
    /// A shallow clone lacks the history that could tell.
    Unknown,
}

/// The server's branch, as the caller's fetch found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerHead {
    /// It is at this commit.
    Known(Oid),
    /// The server answered, and has no such branch.
    Gone,
    /// The server could not be asked; R is from then.
    Offline {
        /// When the server was last heard.
        as_of: Option<Timestamp>,
    },
}

/// The commits that two heads do not share, newest first, at most 1,000 a side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sides {
    /// Those that only the first has.
    pub here: Vec<Oid>,
    /// Those that only the second, H, has.
    pub there: Vec<Oid>,
    /// How many only the first has.
    pub here_count: u64,
    /// How many only the second has.
    pub there_count: u64,
    /// How many commits of each (here, there) have none with the same patch on the other. `None`: not compared (too
    /// many, or it would download the files of a partial clone).
    pub unmatched: Option<(u64, u64)>,
}

/// A commit that was added on the server after the handoff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    /// The commit.
    pub oid: Oid,
    /// Its author's name.
    pub author: String,
    /// Its first line.
    pub subject: String,
}

/// The root commits of two unrelated histories, at most five each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    /// Of the code here.
    pub here: Vec<Oid>,
    /// Of H.
    pub there: Vec<Oid>,
}

/// The branch that finished work goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultBranch {
    /// Its short name, for people.
    pub name: String,
    /// Its head.
    pub head: Oid,
}

/// Whether the default branch has the work of H.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landed {
    /// It does not, or that is not known.
    No,
    /// H is one of its ancestors.
    Merged,
    /// Merging H would change nothing: squashed, rebased or picked.
    Squashed,
}

/// Where the work is to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// In this work tree.
    Here,
    /// In a new work tree.
    Beside,
}

/// What HEAD is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The branch itself.
    OnBranch,
    /// Another branch, at that commit.
    OtherBranch {
        /// Its short name.
        name: String,
        /// Its head.
        oid: Oid,
    },
    /// A commit.
    Detached {
        /// Which.
        oid: Oid,
        /// How many of its commits no ref holds.
        stray: u64,
    },
    /// A branch without a commit.
    Unborn {
        /// Its short name.
        name: String,
    },
    /// There is no work tree.
    Bare,
}

/// Another work tree that has the branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// Its root.
    pub path: PathBuf,
    /// A rebase or bisect of the branch is in progress there.
    pub busy: bool,
    /// Its folder is gone, but git still counts it.
    pub gone: bool,
}

/// Something that was begun and is not finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `git rebase`.
    Rebase,
    /// `git am`.
    Am,
    /// `git merge`.
    Merge,
    /// `git cherry-pick`.
    CherryPick,
    /// `git revert`.
    Revert,
    /// `git bisect`.
    Bisect,
    /// Conflicts in the index and nothing else that would explain them (`git stash pop`, `git checkout -m`).
    Unmerged,
}

/// What is not committed, from the root of the work tree, at most 1,000 a kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dirty {
    /// Changed in the index.
    pub staged: Vec<PathBuf>,
    /// Changed in the work tree.
    pub unstaged: Vec<PathBuf>,
    /// Not tracked and not ignored; a folder of which nothing is tracked is one entry.
    pub untracked: Vec<PathBuf>,
}

impl Dirty {
    /// Nothing at all.
    pub fn is_clean(&self) -> bool {
        self.tracked_is_clean() && self.untracked.is_empty()
    }

    /// Nothing but untracked files.
    pub fn tracked_is_clean(&self) -> bool {
        self.staged.is_empty() && self.unstaged.is_empty()
    }
}

/// What bringing [`Snapshot::destination`] (where the verdict is a stop, [`Snapshot::offered`]) into the work tree would
/// write over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InTheWay {
    /// Changed here, in the index or the work tree, and touched by the step.
    pub changed: Vec<PathBuf>,
    /// Not tracked here and brought by the step: git refuses.
    pub untracked: Vec<PathBuf>,
    /// Ignored here and brought by the step: git would overwrite them without a word.
    pub ignored: Vec<PathBuf>,
}

impl Snapshot {
    /// The server's head and its relation to H; what was last seen of it when offline.
    pub fn server_point(&self) -> Option<(&Oid, &Relation)> {
        match &self.server {
            ServerHead::Known(oid) => self.server_relation.as_ref().map(|relation| (oid, relation)),
            ServerHead::Gone => None,
            ServerHead::Offline { .. } => self.tracking.as_ref().map(|point| (&point.oid, &point.relation)),
        }
    }

    /// The commit HEAD is at.
    pub fn here(&self) -> Option<&Oid> {
        match &self.at {
            Place::OnBranch => self.local.as_ref().map(|point| &point.oid),
            Place::OtherBranch { oid, .. } | Place::Detached { oid, .. } => Some(oid),
            Place::Unborn { .. } | Place::Bare => None,
        }
    }

    /// The commit that the work tree would be at in the end, as far as the commits alone decide it.
    pub fn destination(&self) -> Option<Oid> {
        super::judge::plan(self).target(self)
    }

    /// The commit that a choice of a stop would bring into the work tree.
    pub fn offered(&self) -> Option<Oid> {
        match super::judge::plan(self).state {
            State::Diverged => Some(self.head.clone()),
            State::ServerRewritten | State::Rewritten => {
                let parted = self.server_point().filter(|(_, relation)| matches!(relation, Relation::Diverged { .. }));
                Some(parted.map_or(&self.head, |(oid, _)| oid).clone())
            }
            State::Landed => self.default_branch.as_ref().map(|default| default.head.clone()),
            State::Same
            | State::NotHere
            | State::NotFetched
            | State::Behind
            | State::Ahead
            | State::NeverPushed
            | State::ServerGone
            | State::CheckedOutElsewhere
            | State::Dirty
            | State::Rebasing
            | State::Merging
            | State::Detached
            | State::Unrelated
            | State::Unborn
            | State::Shallow
            | State::Partial
            | State::OtherFormat => None,
        }
    }

    /// How far known rewrites explain that L and H parted.
    pub fn local_rewritten(&self) -> Rewritten {
        self.local_sides.as_ref().map_or(Rewritten::No, |sides| Rewritten::of(sides, &self.rewrites))
    }

    /// How far known rewrites say that H lives on in L.
    pub fn head_rewritten_here(&self) -> Rewritten {
        self.local_sides.as_ref().map_or(Rewritten::No, |sides| Rewritten::of_other(sides, &self.rewrites))
    }

    /// How far known rewrites say that H lives on in S.
    pub fn head_rewritten_on_server(&self) -> Rewritten {
        self.server_sides.as_ref().map_or(Rewritten::No, |sides| Rewritten::of_other(sides, &self.rewrites))
    }
}
