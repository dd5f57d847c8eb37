//! Records of branches: written, read, listed.

use crate::canon::Canonical;
use crate::env::Env;
use crate::format::message::{self, Summary};
use crate::format::{FormatError, record as wire, refs};
use crate::git::Repo;
use crate::git::objects::{Entry, EntryType};
use crate::git::refs::RefChange;
use crate::model::ids::{BranchName, Oid};
use crate::model::record::Record;
use crate::store::merge::Parents;
use crate::store::{StoreError, merge};

/// A record with the commit it stands in and what git says of that.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The commit.
    pub commit: Oid,
    /// The record.
    pub record: Record,
    /// The brief, as far as it is there.
    pub context: Option<Canonical>,
    /// Files of the tree that this version does not know; they are carried along.
    pub others: Vec<Entry>,
    /// Who wrote it, by git's word.
    pub author: String,
}

/// What [`save`] writes from a record itself.
const KNOWN_FILES: [&str; 3] = ["handoff.yaml", "removed.yaml", "context.md"];

/// Reads the record at a commit.
pub fn read(repo: &Repo, commit: &Oid) -> Result<Stored, StoreError> {
    let place = format!("the record at {}", commit.short());
    let parts = repo.commit(commit)?;
    let entries = repo.tree(&parts.tree)?;
    let file = |name: &str| entries.iter().find(|e| e.name == name && e.kind == EntryType::File);
    let lacks = || StoreError::Lacks { place: place.clone(), file: "handoff.yaml" };
    let yaml = repo.blob(&file("handoff.yaml").ok_or_else(lacks)?.oid)?;
    let removed = file("removed.yaml").map(|e| repo.blob(&e.oid)).transpose()?;
    let record = wire::read(&format!("handoff.yaml of {place}"), &yaml, removed.as_deref())?;
    let context = file("context.md").map(|e| repo.blob(&e.oid)).transpose()?.map(Canonical::stored);
    let others = entries.iter().filter(|e| !KNOWN_FILES.contains(&e.name.as_str())).cloned().collect();
    Ok(Stored { commit: commit.clone(), record, context, others, author: parts.author })
}

/// Reads only the trailers of the record at a commit.
pub fn summary(repo: &Repo, commit: &Oid) -> Result<Summary, StoreError> {
    let message = repo.commit(commit)?.message;
    Ok(message::read(&format!("the record at {}", commit.short()), &message)?)
}

/// The record of a branch: the local one and what each remote had, as one value.
pub fn find(repo: &Repo, branch: &BranchName) -> Result<Option<Stored>, StoreError> {
    let mut found: Option<Stored> = None;
    for (_, oid) in tips(repo, branch)? {
        let next = read(repo, &oid)?;
        if next.record.branch != *branch {
            return Err(misplaced(&oid, &next.record.branch));
        }
        found = Some(match found {
            None => next,
            Some(have) => joined(repo, have, next),
        });
    }
    Ok(found)
}

/// A record that says it is another branch's than the ref it stands at.
fn misplaced(commit: &Oid, branch: &BranchName) -> StoreError {
    let object = format!("the record at {}", commit.short());
    FormatError::Invalid { object, why: format!("it is of another branch, {branch}") }.into()
}

fn joined(repo: &Repo, a: Stored, b: Stored) -> Stored {
    if repo.is_ancestor(&b.commit, &a.commit) {
        return a;
    }
    if repo.is_ancestor(&a.commit, &b.commit) {
        return b;
    }
    let record = merge::records(&a.record, &b.record);
    let first = if merge::leads(&a.record, &b.record) { a } else { b };
    Stored { record, ..first }
}

/// Where a branch's record stands: the local ref, then each remote's as last seen.
pub fn tips(repo: &Repo, branch: &BranchName) -> Result<Vec<(Option<String>, Oid)>, StoreError> {
    let name = refs::record(branch);
    let mut tips: Vec<_> = repo.find_ref(&name)?.map(|oid| (None, oid)).into_iter().collect();
    for remote in repo.remotes() {
        if let Some(tracking) = refs::tracking(&remote, &name) {
            tips.extend(repo.find_ref(&tracking)?.map(|oid| (Some(remote), oid)));
        }
    }
    Ok(tips)
}

/// A branch for people, and the summary of its record or why that cannot be read.
pub type Listed = (String, Result<Summary, StoreError>);

/// Every branch with a record, local or seen at a remote, with the commits; unreadable ones come back as errors of
/// their own.
pub fn list(repo: &Repo) -> Result<Vec<Listed>, StoreError> {
    let mut all = repo.list_refs(refs::BRANCHES)?;
    for remote in repo.remotes() {
        all.extend(repo.list_refs(&format!("{}branches/", refs::tracking_root(&remote)))?);
    }
    let mut newest: std::collections::BTreeMap<String, Result<Summary, StoreError>> = Default::default();
    let mut seen = std::collections::BTreeSet::new();
    for (name, oid) in all {
        let component = name.rsplit('/').next().unwrap_or(&name).to_owned();
        if !seen.insert((component.clone(), oid.clone())) {
            continue;
        }
        let next = summary(repo, &oid).and_then(|summary| match refs::component(&summary.branch) {
            own if own == component => Ok(summary),
            _ => Err(misplaced(&oid, &summary.branch)),
        });
        let order = |s: &Summary| (s.baton.epoch, s.sequence);
        let replace = match (newest.get(&component), &next) {
            (Some(Ok(have)), Ok(new)) => order(new) > order(have),
            (Some(Ok(_)), Err(_)) => false,
            _ => true,
        };
        if replace {
            newest.insert(component, next);
        }
    }
    Ok(newest.into_iter().map(|(c, s)| (refs::readable(&c).into_owned(), s)).collect())
}

/// Writes a record as the branch's next commit and moves its local ref there, by compare-and-swap.
pub fn save(
    repo: &Repo,
    env: &Env,
    record: &Record,
    context: Option<&Canonical>,
    parents: &Parents,
) -> Result<Oid, StoreError> {
    let file = |name: &str, bytes: &[u8]| -> Result<Entry, StoreError> {
        Ok(Entry { name: name.into(), kind: EntryType::File, oid: repo.write_blob(bytes)? })
    };
    let mut entries = vec![file("handoff.yaml", wire::write(record).as_bytes())?];
    if let Some(removed) = wire::write_removed(record) {
        entries.push(file("removed.yaml", removed.as_bytes())?);
    }
    if let Some(context) = context {
        entries.push(file("context.md", context.bytes())?);
    }
    let known = find(repo, &record.branch)?.filter(|k| record.previous.as_ref() != Some(&k.commit));
    entries.extend(known.into_iter().flat_map(|k| k.others));
    let tree = repo.write_tree(&entries)?;
    let message = message::write(record);
    let same = |oid: &Oid| repo.commit(oid).is_ok_and(|c| c.tree == tree);
    let new = match (&parents.replaces, parents.follows.as_slice()) {
        (Some(old), _) if same(old) && parents.follows_of(repo, old) => old.clone(),
        (None, [only]) if same(only) => only.clone(),
        (_, follows) => repo.write_commit(env, &tree, follows, &message)?,
    };
    if parents.local.as_ref() != Some(&new) {
        let name = refs::record(&record.branch);
        let why = format!("handoff: {}", message.lines().next().unwrap_or_default());
        repo.change_refs(env, &[RefChange { name, old: parents.local.clone(), new: Some(new.clone()), why }])?;
    }
    Ok(new)
}
