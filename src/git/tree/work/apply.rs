//! A plan carried out: first what goes, then what comes, then the index. Stopped anywhere, it can be planned and run again.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::look::{joined, to};
use super::plan::{Plan, leads_through_folders};
use crate::fault::FileFault;
use crate::git::Repo;
use crate::git::tree::{TreeError, path};
use crate::model::work::Change;

/// Puts a plan without conflicts into the work tree and the index. git itself writes the files, so filters, line ends,
/// links and modes are as after a checkout.
pub fn apply(repo: &Repo, plan: &Plan) -> Result<(), TreeError> {
    let Some(root) = repo.workdir() else { return Ok(()) };
    for change in plan.worktree.iter().filter(|c| c.to.is_none()) {
        remove(root, &change.path)?;
    }
    let comes: Vec<&Change> = plan.worktree.iter().filter(|c| c.to.is_some()).collect();
    for change in &comes {
        let file = root.join(path(change.path.as_bytes()));
        if !leads_through_folders(root, &change.path) {
            return Err(TreeError::CannotKeep { path: file, why: "a folder above it is none" });
        }
        if file.symlink_metadata().is_ok_and(|m| m.is_dir()) {
            remove_empty(&file)?;
        }
    }
    if !comes.is_empty() {
        let scratch = tempfile::Builder::new().prefix("handoff-work-").tempdir_in(repo.git_dir());
        let scratch = scratch.map_err(FileFault::on("make a folder in", repo.git_dir()))?;
        let git = repo.git().clone().with("GIT_INDEX_FILE", scratch.path().join("index"));
        to(&git, &["update-index", "-z", "--index-info"], &index_info(repo, comes.iter().copied()))?;
        let names: Vec<&str> = comes.iter().map(|c| c.path.as_str()).collect();
        to(&git, &["checkout-index", "--force", "-z", "--stdin"], &joined(&names))?;
    }
    if !plan.index.is_empty() {
        let (goes, comes): (Vec<&Change>, Vec<&Change>) = plan.index.iter().partition(|c| c.to.is_none());
        to(repo.git(), &["update-index", "-z", "--index-info"], &index_info(repo, goes.into_iter().chain(comes)))?;
    }
    // Exit code 1: there are changes, as there should be.
    repo.git().say(&["update-index", "-q", "--refresh"])?;
    Ok(())
}

/// Lines of `git update-index --index-info`: mode, id and stage; mode 0 takes a path out.
fn index_info<'a>(repo: &Repo, changes: impl Iterator<Item = &'a Change>) -> Vec<u8> {
    let line = |change: &Change| match &change.to {
        Some(to) => format!("{} {} 0\t{}\0", to.mode.as_str(), to.blob, change.path),
        None => format!("0 {} 0\t{}\0", "0".repeat(repo.oid_len()), change.path),
    };
    changes.map(line).collect::<String>().into_bytes()
}

/// Removes a file, and the folders above it that have become empty.
fn remove(root: &Path, name: &str) -> Result<(), TreeError> {
    if !leads_through_folders(root, name) {
        return Ok(());
    }
    let file = root.join(path(name.as_bytes()));
    match fs::remove_file(&file) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(FileFault::on("remove", &file)(error).into()),
        _ => {}
    }
    let mut above = file.parent();
    while let Some(folder) = above.filter(|f| *f != root && f.starts_with(root)) {
        if fs::remove_dir(folder).is_err() {
            break;
        }
        above = folder.parent();
    }
    Ok(())
}

/// Removes a folder that has only folders in it.
fn remove_empty(folder: &Path) -> Result<(), TreeError> {
    for entry in fs::read_dir(folder).map_err(FileFault::on("list", folder))?.flatten() {
        if entry.path().symlink_metadata().is_ok_and(|m| m.is_dir()) {
            remove_empty(&entry.path())?;
        }
    }
    fs::remove_dir(folder).map_err(FileFault::on("remove", folder))?;
    Ok(())
}
