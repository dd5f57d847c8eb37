//! What is not committed, as a value: every path that can go along, and a reason for every one that cannot.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::look::{Differs, Side, differences, file_at, look, split};
use crate::git::tree::TreeError;
use crate::git::{GitError, Repo};
use crate::model::ids::Oid;
use crate::model::work::{Change, Content, LeftOut, Mode, Work, is_path};

/// A file larger than this stays: 32 MiB.
pub const MOST_BYTES: u64 = 32 << 20;
/// More than this does not go along in all: 256 MiB.
pub const MOST_BYTES_IN_ALL: u64 = 256 << 20;

/// Says why a file that the head does not have must stay, from its path and content.
pub type Gate<'a> = &'a dyn Fn(&str, &[u8]) -> Option<String>;

/// Takes what differs from HEAD. The index, the work tree and the status stay as they are to the byte.
pub fn take(repo: &Repo, gate: Gate<'_>) -> Result<Work, TreeError> {
    let head: Oid = repo.gix.head_id().map_err(GitError::gix("read HEAD"))?.to_string().parse()?;
    let mut stays: BTreeMap<Vec<u8>, String> = BTreeMap::new();
    let mut total = 0;
    let seen = look(repo, &[], &mut |path, file| {
        let why = unfit(path, file, &mut total).or_else(|| match text(path) {
            Some(name) if file_at(repo, &head, name).is_ok_and(|side| side == Side::Nothing) => {
                // A link says where it points; whether that looks secret its name tells.
                let bytes = if file.is_symlink() { Vec::new() } else { fs::read(file).unwrap_or_default() };
                gate(name, &bytes)
            }
            _ => None,
        });
        let fit = why.is_none();
        why.into_iter().for_each(|why| drop(stays.insert(path.to_vec(), why)));
        fit
    })?;
    let index = differences(repo, &seen.head, &seen.staged)?;
    let worktree = differences(repo, &seen.staged, &seen.tree)?;
    // Those of the work tree were counted when they were looked at.
    let mut seen_already = 0_u64;
    for (differs, staged) in index.iter().map(|d| (d, true)).chain(worktree.iter().map(|d| (d, false))) {
        let total = if staged { &mut total } else { &mut seen_already };
        if !stays.contains_key(&differs.path) {
            let why = why_not(repo, differs, gate, total)?;
            why.into_iter().for_each(|why| drop(stays.insert(differs.path.clone(), why)));
        }
    }
    let staged: BTreeSet<&[u8]> = index.iter().map(|d| d.path.as_slice()).collect();
    let untracked = |d: &Differs| d.was == Side::Nothing && !staged.contains(d.path.as_slice());
    let changes = |all: &[Differs]| {
        let kept = all.iter().filter(|d| !stays.contains_key(&d.path));
        kept.filter_map(|d| change(d, untracked(d))).collect::<Vec<_>>()
    };
    let said = repo.git().run(&[
        "diff-tree",
        "-r",
        "-z",
        "-M",
        "--diff-filter=R",
        "--name-status",
        seen.head.as_str(),
        seen.tree.as_str(),
    ])?;
    let lossy = |p: &[u8]| String::from_utf8_lossy(p).into_owned();
    let renames = split(&said.stdout)
        .chunks(3)
        .filter_map(|c| Some((text(c.get(1)?)?.into(), text(c.get(2)?)?.into())))
        .collect();
    Ok(Work {
        index: changes(&index),
        worktree: changes(&worktree),
        renames,
        left_out: stays.iter().map(|(path, why)| LeftOut { path: lossy(path), why: why.clone() }).collect(),
        unmerged: seen.unmerged.iter().map(|p| lossy(p)).collect(),
        head: seen.head,
    })
}

fn text(path: &[u8]) -> Option<&str> {
    std::str::from_utf8(path).ok().filter(|p| is_path(p))
}

fn change(differs: &Differs, untracked: bool) -> Option<Change> {
    let to = match &differs.is {
        Side::Nothing => None,
        Side::File(content) => Some(content.clone()),
        Side::Submodule => return None,
    };
    Some(Change { path: text(&differs.path)?.to_owned(), to, untracked })
}

/// Why a file of the work tree cannot go along, apart from what it says.
fn unfit(path: &[u8], file: &Path, total: &mut u64) -> Option<String> {
    // A path that is gone is a deletion.
    let Ok(about) = file.symlink_metadata() else { return None };
    if text(path.strip_suffix(b"/").unwrap_or(path)).is_none() {
        return Some("its name is not one that every system takes".into());
    }
    if about.is_dir() {
        // git lists a folder as untracked only if it is a repository; a tracked file may have become a folder.
        return path.ends_with(b"/").then(|| "it is a repository of its own".into());
    }
    if about.is_symlink() {
        return None;
    }
    if !about.is_file() {
        return Some("it is no regular file".into());
    }
    if about.len() > MOST_BYTES {
        return Some("it is larger than 32 MiB".into());
    }
    if fs::File::open(file).is_err() {
        return Some("it cannot be read".into());
    }
    if *total + about.len() > MOST_BYTES_IN_ALL {
        return Some("all together are more than 256 MiB".into());
    }
    *total += about.len();
    None
}

/// Why a difference cannot go along: what was staged has not been looked at yet.
fn why_not(repo: &Repo, differs: &Differs, gate: Gate<'_>, total: &mut u64) -> Result<Option<String>, TreeError> {
    if differs.is == Side::Submodule || differs.was == Side::Submodule {
        return Ok(Some("it is a submodule".into()));
    }
    let Some(name) = text(&differs.path) else {
        return Ok(Some("its name is not one that every system takes".into()));
    };
    let Side::File(Content { mode, blob }) = &differs.is else { return Ok(None) };
    let id = gix::ObjectId::from_hex(blob.as_str().as_bytes()).map_err(GitError::gix("name an object"))?;
    let size = repo.gix.find_header(id).map_err(GitError::gix("read an object"))?.size();
    if size > MOST_BYTES {
        return Ok(Some("it is larger than 32 MiB".into()));
    }
    if *total + size > MOST_BYTES_IN_ALL {
        return Ok(Some("all together are more than 256 MiB".into()));
    }
    *total += size;
    if differs.was != Side::Nothing {
        return Ok(None);
    }
    let bytes = if *mode == Mode::Link { Vec::new() } else { repo.blob(blob).unwrap_or_default() };
    Ok(gate(name, &bytes))
}
