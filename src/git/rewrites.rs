//! Commits that were rewritten: which new one has the patch of which old one; and other questions about a repository's
//! past.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::git::objects::{from_gix, to_gix};
use crate::git::spawn::SpawnError;
use crate::git::{GitError, Repo};
use crate::model::ids::{BranchName, Oid};

/// More commits than this on one side are not compared.
const MOST_COMPARED: usize = 500;

impl Repo {
    /// Pairs of commits, old to new, when a branch moved from `old` to `new` by a rewrite: those with the same patch,
    /// and the tips themselves when every old commit has found its new one. Empty if `new` continues `old`.
    pub fn rewritten(&self, old: &Oid, new: &Oid) -> Result<Vec<(Oid, Oid)>, SpawnError> {
        if !self.has(old) || !self.has(new) || self.is_ancestor(old, new) || self.is_ancestor(new, old) {
            return Ok(Vec::new());
        }
        let before = self.patches(new, old)?;
        let after: HashMap<String, Oid> = self.patches(old, new)?.into_iter().collect();
        let mut pairs: Vec<(Oid, Oid)> =
            before.iter().filter_map(|(patch, oid)| Some((oid.clone(), after.get(patch)?.clone()))).collect();
        if !before.is_empty() && pairs.len() == before.len() && !pairs.iter().any(|(o, _)| o == old) {
            pairs.push((old.clone(), new.clone()));
        }
        Ok(pairs)
    }

    /// Patch id and commit of what `tip` has and `without` lacks.
    fn patches(&self, without: &Oid, tip: &Oid) -> Result<Vec<(String, Oid)>, SpawnError> {
        let limit = format!("--max-count={MOST_COMPARED}");
        let range = format!("{without}..{tip}");
        let args = [
            "log",
            "-p",
            "--no-merges",
            "--full-index",
            "--no-textconv",
            "--no-ext-diff",
            "--no-color",
            "--format=%H",
            &limit,
            &range,
        ];
        let log = self.git().run(&args)?.stdout;
        let ids = self.git().say_to(&["patch-id", "--stable"], &log)?.text();
        Ok(ids
            .lines()
            .filter_map(|l| l.split_once(' '))
            .filter_map(|(p, c)| Some((p.to_owned(), c.parse().ok()?)))
            .collect())
    }

    /// The commits that `tip` has and `without` lacks, the newest first, no more than `most`.
    pub fn only_in(&self, tip: &Oid, without: Option<&Oid>, most: usize) -> Vec<Oid> {
        if !self.has(tip) {
            return Vec::new();
        }
        let hidden = without.filter(|oid| self.has(oid)).map(to_gix);
        let walk = self.gix.rev_walk([to_gix(tip)]).with_hidden(hidden).all();
        walk.into_iter().flatten().map_while(Result::ok).take(most).map(|info| from_gix(info.id())).collect()
    }

    /// Whether a local branch was at a commit, as far as its reflog tells.
    pub fn was_at(&self, branch: &BranchName, oid: &Oid) -> bool {
        let Ok(Some(reference)) = self.gix.try_find_reference(&format!("refs/heads/{branch}")) else { return false };
        let mut log = reference.log_iter();
        let Ok(Some(mut lines)) = log.all() else { return false };
        lines.any(|line| line.is_ok_and(|line| line.new_oid == oid.as_str() || line.previous_oid == oid.as_str()))
    }

    /// The best common ancestor.
    pub fn common_ancestor(&self, a: &Oid, b: &Oid) -> Option<Oid> {
        if !self.has(a) || !self.has(b) {
            return None;
        }
        self.gix.merge_base(to_gix(a), to_gix(b)).ok().flatten().map(from_gix)
    }

    /// The names a local branch had before `git branch -m`, the latest first, as far as its reflog tells.
    pub fn former_names(&self, branch: &BranchName) -> Vec<BranchName> {
        let Ok(Some(reference)) = self.gix.try_find_reference(&format!("refs/heads/{branch}")) else {
            return Vec::new();
        };
        let mut log = reference.log_iter();
        let Ok(Some(lines)) = log.all() else { return Vec::new() };
        let old = |message: &str| {
            let (old, _) = message.strip_prefix("Branch: renamed refs/heads/")?.split_once(" to refs/heads/")?;
            old.parse().ok()
        };
        let mut names: Vec<BranchName> =
            lines.flatten().filter_map(|line| old(&String::from_utf8_lossy(line.message))).collect();
        names.reverse();
        names.retain(|name| name != branch);
        names
    }

    /// The commit at which a local branch was created, as far as its reflog tells.
    pub fn first_commit_of(&self, branch: &BranchName) -> Option<Oid> {
        let reference = self.gix.try_find_reference(&format!("refs/heads/{branch}")).ok()??;
        let mut log = reference.log_iter();
        let first = log.all().ok()??.flatten().next()?;
        Some(from_gix(gix::ObjectId::from_hex(first.new_oid).ok()?))
    }

    /// When a local branch was created, as far as its reflog tells.
    pub fn created(&self, branch: &BranchName) -> Option<Timestamp> {
        let reference = self.gix.try_find_reference(&format!("refs/heads/{branch}")).ok()??;
        let mut log = reference.log_iter();
        let first = log.all().ok()??.flatten().next()?;
        let made = first.previous_oid.iter().all(|b| *b == b'0');
        let seconds = first.signature.time().ok()?.seconds;
        made.then(|| Timestamp::from_second(seconds).ok())?
    }

    /// The commit at which a history begins when only first parents are followed: clones and forks of one repository
    /// have it in common. `None` in a shallow clone.
    pub fn root_of(&self, head: &Oid) -> Option<Oid> {
        if self.is_shallow() {
            return None;
        }
        let said = self.git().run(&["rev-list", "--first-parent", "--max-parents=0", head.as_str()]).ok()?;
        said.text().trim().parse().ok()
    }

    /// Whether history ends before its beginning.
    pub fn is_shallow(&self) -> bool {
        self.gix.is_shallow().unwrap_or(false)
    }

    /// Whether a remote promised objects that were left out when cloning.
    pub fn is_partial(&self, remote: &str) -> bool {
        self.flag(&format!("remote.{remote}.promisor")).unwrap_or(false)
    }
}

impl From<SpawnError> for GitError {
    fn from(error: SpawnError) -> GitError {
        GitError::Gix { action: "run git".into(), message: error.to_string() }
    }
}
