//! Uncommitted work as commits of its own ref: only the paths that differ, never a full tree.

use crate::env::Env;
use crate::format::work::{self as wire, Blobs, INDEX, WORKTREE};
use crate::format::{FormatError, refs, yaml};
use crate::git::Repo;
use crate::git::objects::{Entry, EntryType};
use crate::git::refs::RefChange;
use crate::model::ids::{BranchName, Oid};
use crate::model::work::{Change, Work};
use crate::store::StoreError;
use crate::store::merge::Parents;

/// No work has more contents than this on a side; what `work.yaml` may hold is less.
const MOST_FILES: usize = 50_000;
/// Nor are its folders deeper.
const DEEPEST: usize = 128;

/// Writes work as the branch's next commit and moves its local ref there, by compare-and-swap. `remote`: whose earlier
/// work the commit follows. `Err` with [`FormatError::Invalid`]: there are too many files.
pub fn save(repo: &Repo, env: &Env, branch: &BranchName, work: &Work, remote: Option<&str>) -> Result<Oid, StoreError> {
    let text = wire::write(work);
    if text.len() > yaml::LARGEST {
        let why = format!("{} files that are not committed are too many to hand over", work.paths().len());
        return Err(FormatError::Invalid { object: "work.yaml".into(), why }.into());
    }
    let mut top =
        vec![Entry { name: "work.yaml".into(), kind: EntryType::File, oid: repo.write_blob(text.as_bytes())? }];
    for (name, changes) in [(INDEX, &work.index), (WORKTREE, &work.worktree)] {
        let files: Vec<(&str, &Oid)> = changes.iter().filter_map(with_content).collect();
        if !files.is_empty() {
            top.push(Entry { name: name.into(), kind: EntryType::Folder, oid: folder(repo, &files)? });
        }
    }
    let tree = repo.write_tree(&top)?;
    let count = work.paths().len();
    let subject = format!(
        "handoff: {count} uncommitted files on {}\n\nHandoff-Version: {}\n",
        work.head.short(),
        crate::format::VERSION
    );
    follow(repo, env, branch, &tree, &subject, remote)
}

/// Puts a commit of this work on top of what the remote has meanwhile.
pub fn save_again(repo: &Repo, env: &Env, branch: &BranchName, commit: &Oid, remote: &str) -> Result<Oid, StoreError> {
    let parts = repo.commit(commit)?;
    follow(repo, env, branch, &parts.tree, &parts.message, Some(remote))
}

fn follow(
    repo: &Repo,
    env: &Env,
    branch: &BranchName,
    tree: &Oid,
    message: &str,
    remote: Option<&str>,
) -> Result<Oid, StoreError> {
    let name = refs::work(branch);
    let local = repo.find_ref(&name)?;
    let seen = remote.and_then(|r| refs::tracking(r, &name)).map(|t| repo.find_ref(&t)).transpose()?.flatten();
    let parents = Parents::of(repo, local.clone(), seen.as_slice())?;
    let same = |oid: &Oid| repo.commit(oid).is_ok_and(|c| c.tree == *tree);
    let new = match (&parents.replaces, parents.follows.as_slice()) {
        (Some(old), _) if same(old) && parents.follows_of(repo, old) => old.clone(),
        (None, [only]) if same(only) => only.clone(),
        (_, follows) => repo.write_commit(env, tree, follows, message)?,
    };
    if local.as_ref() != Some(&new) {
        let why = "handoff: uncommitted work".into();
        repo.change_refs(env, &[RefChange { name, old: local, new: Some(new.clone()), why }])?;
    }
    Ok(new)
}

/// Reads the work at a commit. Every path of it is fit for a work tree, and every content is here.
pub fn read(repo: &Repo, commit: &Oid) -> Result<Work, StoreError> {
    let place = format!("the uncommitted work at {}", commit.short());
    let entries = repo.tree(&repo.commit(commit)?.tree)?;
    let entry = |name: &str, kind| entries.iter().find(|e| e.name == name && e.kind == kind);
    let lacks = || StoreError::Lacks { place: place.clone(), file: "work.yaml" };
    let yaml = repo.blob(&entry("work.yaml", EntryType::File).ok_or_else(lacks)?.oid)?;
    let side = |name: &str| {
        let mut blobs = Blobs::new();
        if let Some(folder) = entry(name, EntryType::Folder) {
            contents(repo, &folder.oid, "", 0, &mut blobs, &place)?;
        }
        Ok::<_, StoreError>(blobs)
    };
    let work = wire::read(&format!("work.yaml of {place}"), &yaml, &side(INDEX)?, &side(WORKTREE)?)?;
    for (path, blob) in work.index.iter().chain(&work.worktree).filter_map(with_content) {
        if !repo.has(blob) {
            return Err(
                FormatError::Invalid { object: place, why: format!("the content of {path:?} is not here") }.into()
            );
        }
    }
    Ok(work)
}

fn with_content(change: &Change) -> Option<(&str, &Oid)> {
    change.to.as_ref().map(|to| (change.path.as_str(), &to.blob))
}

/// Writes files, ordered by path, as nested trees.
fn folder(repo: &Repo, files: &[(&str, &Oid)]) -> Result<Oid, StoreError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut inner: std::collections::BTreeMap<&str, Vec<(&str, &Oid)>> = Default::default();
    for (path, oid) in files {
        match path.split_once('/') {
            Some((first, rest)) => inner.entry(first).or_default().push((rest, oid)),
            None => entries.push(Entry { name: (*path).into(), kind: EntryType::File, oid: (*oid).clone() }),
        }
    }
    for (name, files) in inner {
        entries.push(Entry { name: name.into(), kind: EntryType::Folder, oid: folder(repo, &files)? });
    }
    Ok(repo.write_tree(&entries)?)
}

fn contents(
    repo: &Repo,
    tree: &Oid,
    above: &str,
    depth: usize,
    into: &mut Blobs,
    place: &str,
) -> Result<(), StoreError> {
    let bad = |why: &str| FormatError::Invalid { object: place.to_owned(), why: why.to_owned() };
    if depth > DEEPEST {
        return Err(bad("its folders are too deep").into());
    }
    for entry in repo.tree(tree)? {
        if into.len() >= MOST_FILES {
            return Err(bad("it has too many files").into());
        }
        let path = if above.is_empty() { entry.name } else { format!("{above}/{}", entry.name) };
        match entry.kind {
            EntryType::File => drop(into.insert(path, entry.oid)),
            EntryType::Folder => contents(repo, &entry.oid, &path, depth + 1, into, place)?,
        }
    }
    Ok(())
}
