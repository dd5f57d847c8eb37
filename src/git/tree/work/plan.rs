//! What putting work into a work tree would do there, path by path. Nothing is changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::look::{Look, Side, file_at, look};
use crate::fault::FileFault;
use crate::git::Repo;
use crate::git::tree::{TreeError, path};
use crate::model::ids::Oid;
use crate::model::work::{Change, Content, Mode, Work};

/// What is to be done, and what stands against it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Paths of the index that change, with what they become.
    pub index: Vec<Change>,
    /// Paths of the work tree that change.
    pub worktree: Vec<Change>,
    /// Paths on which both sides have changes that go together.
    pub merged: Vec<String>,
    /// Paths on which they do not, or where something else is in the way.
    pub conflicts: Vec<String>,
    /// The work tree has changes of its own, on whatever path.
    pub dirty: bool,
}

impl Plan {
    /// Whether all of it is there already.
    pub fn is_done(&self) -> bool {
        self.index.is_empty() && self.worktree.is_empty() && self.conflicts.is_empty()
    }
}

/// Plans to put `work` into the work tree once its HEAD has gone to `to`. `before`: earlier work, put or taken here, that
/// it goes on from. `beside`: into a new work tree at `to`.
pub fn plan(repo: &Repo, work: &Work, before: Option<&Work>, to: &Oid, beside: bool) -> Result<Plan, TreeError> {
    let names: BTreeSet<&str> = before.iter().copied().chain([work]).flat_map(Work::paths).collect();
    let planner = Planner::new(repo, &names, to, beside)?;
    let mut plan = Plan { dirty: planner.dirty, ..Plan::default() };
    for name in names {
        let (here_index, here_tree) = planner.here(name)?;
        let (there_index, there_tree) = stands(repo, work, name)?;
        let (base_index, base_tree) = match before {
            Some(before) => stands(repo, before, name)?,
            None => file_at(repo, &work.head, name).map(|side| (side.clone(), side))?,
        };
        let index = merge(repo, &here_index, &base_index, &there_index)?;
        let tree = merge(repo, &here_tree, &base_tree, &there_tree)?;
        let (Some(index), Some(tree)) = (index, tree) else {
            plan.conflicts.push(name.to_owned());
            continue;
        };
        let change = |to: &Side| match to {
            Side::File(content) => Some(Change { path: name.into(), to: Some(content.clone()), untracked: false }),
            Side::Nothing => Some(Change { path: name.into(), to: None, untracked: false }),
            Side::Submodule => None,
        };
        if tree != here_tree && tree != there_tree {
            plan.merged.push(name.to_owned());
        }
        plan.index.extend(change(&index).filter(|_| index != here_index));
        plan.worktree.extend(change(&tree).filter(|_| tree != here_tree));
    }
    if planner.settled {
        let blocked = in_the_way(repo, &plan);
        plan.conflicts.extend(blocked);
    }
    Ok(plan)
}

/// What a path is in the index and in the work tree that work was taken from.
fn stands(repo: &Repo, work: &Work, name: &str) -> Result<(Side, Side), TreeError> {
    let side = |changes: &[Change], else_: Side| match changes.iter().find(|c| c.path == name) {
        Some(change) => change.to.clone().map_or(Side::Nothing, Side::File),
        None => else_,
    };
    let index = side(&work.index, file_at(repo, &work.head, name)?);
    let tree = side(&work.worktree, index.clone());
    Ok((index, tree))
}

struct Planner<'a> {
    repo: &'a Repo,
    to: &'a Oid,
    look: Option<Look>,
    /// HEAD is at `to` now, so the folders are as they will be.
    settled: bool,
    dirty: bool,
}

impl Planner<'_> {
    fn new<'a>(repo: &'a Repo, names: &BTreeSet<&str>, to: &'a Oid, beside: bool) -> Result<Planner<'a>, TreeError> {
        let Some(root) = repo.workdir().filter(|_| !beside) else {
            return Ok(Planner { repo, to, look: None, settled: false, dirty: false });
        };
        // Ignored files are the user's too, where the work would go.
        let there =
            |p: &&str| root.join(p).symlink_metadata().is_ok_and(|m| !m.is_dir()) && leads_through_folders(root, p);
        let also: Vec<Vec<u8>> = names.iter().copied().filter(there).map(|p| p.as_bytes().to_vec()).collect();
        let mut dirty = false;
        let look = look(repo, &also, &mut |path, _| {
            dirty = true;
            std::str::from_utf8(path).is_ok_and(|p| names.contains(p))
        })?;
        let staged_tree = super::look::differences(repo, &look.head, &look.staged)?;
        let settled = look.head == *to;
        Ok(Planner { repo, to, settled, dirty: dirty || !staged_tree.is_empty(), look: Some(look) })
    }

    /// What a path is in the index and in the work tree once HEAD has moved: what is not changed moves along.
    fn here(&self, name: &str) -> Result<(Side, Side), TreeError> {
        let moved = || file_at(self.repo, self.to, name);
        let Some(look) = &self.look else { return Ok((moved()?, moved()?)) };
        let (index, tree) = (file_at(self.repo, &look.staged, name)?, file_at(self.repo, &look.tree, name)?);
        if self.settled {
            return Ok((index, tree));
        }
        let head = file_at(self.repo, &look.head, name)?;
        let after = |side: Side| if side == head { moved() } else { Ok(side) };
        Ok((after(index)?, after(tree)?))
    }
}

/// One side of three; `None`: they do not go together.
fn merge(repo: &Repo, here: &Side, base: &Side, there: &Side) -> Result<Option<Side>, TreeError> {
    if here == there || there == base {
        return Ok(Some(here.clone()));
    }
    if here == base {
        return Ok(Some(there.clone()));
    }
    let (Side::File(a), Side::File(o), Side::File(b)) = (here, base, there) else { return Ok(None) };
    if [a, o, b].iter().any(|c| c.mode == Mode::Link) || (a.mode != o.mode && b.mode != o.mode && a.mode != b.mode) {
        return Ok(None);
    }
    let mode = if a.mode == o.mode { b.mode } else { a.mode };
    let blob = if a.blob == b.blob || b.blob == o.blob {
        Some(a.blob.clone())
    } else if a.blob == o.blob {
        Some(b.blob.clone())
    } else {
        merge_files(repo, [&a.blob, &o.blob, &b.blob])?
    };
    Ok(blob.map(|blob| Side::File(Content { mode, blob })))
}

/// `git merge-file` of three contents; `None`: it conflicts, or one of them is no text.
fn merge_files(repo: &Repo, three: [&Oid; 3]) -> Result<Option<Oid>, TreeError> {
    let scratch = tempfile::Builder::new().prefix("handoff-merge-").tempdir_in(repo.git_dir());
    let scratch = scratch.map_err(FileFault::on("make a folder in", repo.git_dir()))?;
    let mut files = Vec::new();
    for (name, oid) in ["here", "base", "there"].iter().zip(three) {
        let Ok(bytes) = repo.blob(oid) else { return Ok(None) };
        let file = scratch.path().join(name);
        fs::write(&file, bytes).map_err(FileFault::on("write", &file))?;
        files.push(file);
    }
    let mut args: Vec<&std::ffi::OsStr> = ["merge-file", "-p", "-q"].map(AsRef::as_ref).into();
    args.extend(files.iter().map(|f| f.as_os_str()));
    let said = repo.git().say(&args)?;
    // Else the number of conflicts, or an error: a file that is no text is one.
    if said.code == 0 { Ok(Some(repo.write_blob(&said.stdout)?)) } else { Ok(None) }
}

/// Whether nothing above a path is anything but a real folder.
pub(super) fn leads_through_folders(root: &Path, name: &str) -> bool {
    let above = name.match_indices('/').map(|(at, _)| root.join(path(&name.as_bytes()[..at])));
    above.into_iter().all(|p| p.symlink_metadata().map_or(true, |m| m.is_dir()))
}

/// The files that are to be written where a folder is, or below what is none, unless the plan clears the way.
fn in_the_way(repo: &Repo, plan: &Plan) -> Vec<String> {
    let Some(root) = repo.workdir() else { return Vec::new() };
    let goes: BTreeSet<&str> = plan.worktree.iter().filter(|c| c.to.is_none()).map(|c| c.path.as_str()).collect();
    let blocked = |change: &&Change| {
        let name = change.path.as_str();
        let above = name.match_indices('/').map(|(at, _)| &name[..at]);
        let stands = |p: &str| root.join(path(p.as_bytes())).symlink_metadata().is_ok_and(|m| !m.is_dir());
        // The first that is no folder decides; what lies behind a link is not below it.
        let first = above.into_iter().find(|p| stands(p));
        let file = root.join(path(name.as_bytes()));
        let folder = change.to.is_some() && first.is_none() && file.symlink_metadata().is_ok_and(|m| m.is_dir());
        first.is_some_and(|p| !goes.contains(p) && change.to.is_some()) || (folder && !clears(root, &file, &goes))
    };
    plan.worktree.iter().filter(blocked).map(|c| c.path.clone()).collect()
}

/// Whether every file below a folder goes.
fn clears(root: &Path, folder: &Path, goes: &BTreeSet<&str>) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().all(|entry| {
        let file = entry.path();
        match file.symlink_metadata() {
            Ok(about) if about.is_dir() => clears(root, &file, goes),
            _ => file.strip_prefix(root).ok().and_then(Path::to_str).is_some_and(|name| goes.contains(name)),
        }
    })
}
