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

/// What is known of a branch's record: its value, and how the next commit hangs together with what is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// The record; `None`: the branch was never handed over.
    pub stored: Option<Stored>,
    /// The parents of the next commit: just the commits whose records are in `stored`.
    pub parents: Parents,
}

/// The record of a branch: the local one and what `remote` had when last seen, as one value. Other remotes' records
/// are another matter: what was handed over there may not be for the eyes of this one.
pub fn find(repo: &Repo, branch: &BranchName, remote: Option<&str>) -> Result<Known, StoreError> {
    let tips = tips(repo, branch, remote)?;
    let mut stored: Option<Stored> = None;
    for oid in newest(repo, &tips) {
        let next = read(repo, &oid)?;
        if next.record.branch != *branch {
            return Err(misplaced(&oid, &next.record.branch));
        }
        stored = Some(match stored {
            None => next,
            Some(have) => joined(have, next),
        });
    }
    Ok(Known { stored, parents: Parents::of(repo, tips.local.clone(), tips.remote.as_slice())? })
}

/// The tips that no other one continues.
fn newest(repo: &Repo, tips: &Tips) -> Vec<Oid> {
    let mut all: Vec<Oid> = tips.local.iter().chain(&tips.remote).cloned().collect();
    all.dedup();
    let continued = |a: &Oid| all.iter().any(|b| a != b && repo.is_ancestor(a, b));
    all.iter().filter(|oid| !continued(oid)).cloned().collect()
}

/// A record that says it is another branch's than the ref it stands at.
fn misplaced(commit: &Oid, branch: &BranchName) -> StoreError {
    let object = format!("the record at {}", commit.short());
    FormatError::Invalid { object, why: format!("it is of another branch, {branch}") }.into()
}

fn joined(a: Stored, b: Stored) -> Stored {
    let record = merge::records(&a.record, &b.record);
    let first = if merge::leads(&a.record, &b.record) { a } else { b };
    Stored { record, ..first }
}

/// Where a branch's record stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tips {
    /// The local ref.
    pub local: Option<Oid>,
    /// The remote's, as last seen.
    pub remote: Option<Oid>,
}

/// Where a branch's record stands here and at a remote.
pub fn tips(repo: &Repo, branch: &BranchName, remote: Option<&str>) -> Result<Tips, StoreError> {
    let name = refs::record(branch);
    let tracking = remote.and_then(|r| refs::tracking(r, &name));
    Ok(Tips { local: repo.find_ref(&name)?, remote: tracking.map(|t| repo.find_ref(&t)).transpose()?.flatten() })
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

/// Whether two records hand over the same: all but their number and the program that wrote them.
pub fn says_the_same(a: &Record, b: &Record) -> bool {
    let numbered = Record { sequence: b.sequence, tool: b.tool.clone(), ..a.clone() };
    numbered == *b
}

/// Leaves a branch at a record that is stored already: the local ref goes there if it is not there.
pub fn stay(repo: &Repo, env: &Env, stored: &Stored, parents: &Parents) -> Result<Oid, StoreError> {
    if parents.local.as_ref() != Some(&stored.commit) {
        let (name, why) = (refs::record(&stored.record.branch), "handoff: caught up".into());
        let change = RefChange { name, old: parents.local.clone(), new: Some(stored.commit.clone()), why };
        repo.change_refs(env, &[change])?;
    }
    Ok(stored.commit.clone())
}

/// Writes a record (with its brief and the `others` of its files that this version does not know) as the branch's next
/// commit and moves its local ref there, by compare-and-swap.
pub fn save(
    repo: &Repo,
    env: &Env,
    record: &Record,
    context: Option<&Canonical>,
    others: &[Entry],
    parents: &Parents,
) -> Result<Oid, StoreError> {
    let tree = write_tree(repo, record, context, others)?;
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

/// Writes a record as the one that follows `stored`, with all that goes along with that. No ref is moved.
pub fn follow(repo: &Repo, env: &Env, record: &Record, stored: &Stored) -> Result<Oid, StoreError> {
    let tree = write_tree(repo, record, stored.context.as_ref(), &stored.others)?;
    Ok(repo.write_commit(env, &tree, std::slice::from_ref(&stored.commit), &message::write(record))?)
}

fn write_tree(repo: &Repo, record: &Record, context: Option<&Canonical>, others: &[Entry]) -> Result<Oid, StoreError> {
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
    entries.extend(others.iter().cloned());
    Ok(repo.write_tree(&entries)?)
}
