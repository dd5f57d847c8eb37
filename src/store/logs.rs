//! The stored logs of one session: the main one, its side files, and what differs from it.

use std::collections::BTreeMap;

use crate::env::Env;
use crate::format::manifest::{self, Manifest};
use crate::format::refs;
use crate::git::Repo;
use crate::git::objects::{Entry, EntryType};
use crate::git::refs::RefChange;
use crate::model::ids::{Oid, SessionKey};
use crate::store::files::{self, Blobs, Label, StoredFile};
use crate::store::{StoreError, merge};

const MANIFEST: &str = "session.yaml";
/// A session with all its forks and side files is not longer, in bytes: a few small objects could name far more.
pub const LARGEST_SESSION: u64 = 2 << 30;

/// One log with all that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// What is said of it. What can be read off the files is said anew when it is written.
    pub manifest: Manifest,
    /// The log.
    pub main: StoredFile,
    /// Its side files, by name.
    pub files: BTreeMap<String, StoredFile>,
}

/// A session's log and the logs that differ from it, by key.
#[derive(Debug, Clone, PartialEq)]
pub struct Logs {
    /// The log in the main place.
    pub main: Log,
    /// Logs of the same id that are no prefix of another, and closings of turns.
    pub forks: BTreeMap<String, Log>,
}

impl Logs {
    /// The logs that are whole, the main one first: closings of turns are not among them.
    pub fn whole(&self) -> impl Iterator<Item = &Log> {
        let forks = self.forks.values().filter(|log| log.is_fork());
        std::iter::once(&self.main).chain(forks)
    }

    /// The same logs with the first of [`Logs::whole`] that `wanted` takes in the main place.
    pub fn led_by<E>(mut self, mut wanted: impl FnMut(&Log) -> Result<bool, E>) -> Result<Logs, E> {
        let mut lead = None;
        for (at, log) in self.whole().enumerate() {
            if wanted(log)? {
                lead = at.checked_sub(1);
                break;
            }
        }
        let Some(lead) = lead else { return Ok(self) };
        let mut forks = self.forks.values_mut().filter(|log| log.is_fork());
        if let Some(fork) = forks.nth(lead) {
            std::mem::swap(&mut self.main, fork);
            std::mem::swap(&mut self.main.manifest.fork, &mut fork.manifest.fork);
        }
        Ok(self)
    }
}

impl Log {
    /// What tells this log from all others.
    pub fn tip(&self) -> String {
        self.main.tip()
    }

    /// Whether it was once the log of this tip, and perhaps went on.
    pub fn went_through(&self, blobs: &dyn Blobs, tip: &str) -> Result<bool, StoreError> {
        self.main.went_through(blobs, tip)
    }

    /// Whether it stands beside another as a way that the session went, too (and not as the closing of a turn).
    pub fn is_fork(&self) -> bool {
        self.manifest.fork.as_deref() == Some("fork")
    }

    /// Says in the manifest what can be read off the files.
    pub fn measure(&mut self) {
        self.manifest.log = self.main.measure();
        self.manifest.files = self.files.iter().map(|(name, file)| (name.clone(), file.measure())).collect();
    }
}

/// Writes the logs of a session as one tree.
pub fn write_tree(repo: &Repo, logs: &Logs) -> Result<Oid, StoreError> {
    let mut top = log_entries(repo, &logs.main)?;
    let mut forks = Vec::new();
    for (key, log) in &logs.forks {
        let oid = repo.write_tree(&log_entries(repo, log)?)?;
        forks.push(Entry { name: key.clone(), kind: EntryType::Folder, oid });
    }
    if !forks.is_empty() {
        top.push(Entry { name: "forks".into(), kind: EntryType::Folder, oid: repo.write_tree(&forks)? });
    }
    Ok(repo.write_tree(&top)?)
}

fn log_entries(repo: &Repo, log: &Log) -> Result<Vec<Entry>, StoreError> {
    let folder = |name: &str, oid| Entry { name: name.into(), kind: EntryType::Folder, oid };
    let mut log = log.clone();
    log.measure();
    let yaml = repo.write_blob(manifest::write(&log.manifest).as_bytes())?;
    let mut entries = vec![
        Entry { name: MANIFEST.into(), kind: EntryType::File, oid: yaml },
        folder("log", files::write_tree(repo, &log.main)?),
    ];
    let mut side = Vec::new();
    for (name, file) in &log.files {
        side.push(folder(&refs::file_entry(name), files::write_tree(repo, file)?));
    }
    if !side.is_empty() {
        entries.push(folder("files", repo.write_tree(&side)?));
    }
    Ok(entries)
}

/// Reads what all logs of a session at a commit are made of: every segment is there, none is read yet.
pub fn read(repo: &Repo, commit: &Oid, key: &SessionKey) -> Result<Logs, StoreError> {
    read_as(repo, commit, key, true)
}

/// The same without looking whether each segment is there: for logs that this clone wrote itself.
pub fn outline(repo: &Repo, commit: &Oid, key: &SessionKey) -> Result<Logs, StoreError> {
    read_as(repo, commit, key, false)
}

fn read_as(repo: &Repo, commit: &Oid, key: &SessionKey, each: bool) -> Result<Logs, StoreError> {
    let place = format!("{} at {}", refs::log(key), commit.short());
    let tree = repo.commit(commit)?.tree;
    let mut room = LARGEST_SESSION;
    let main = read_log(repo, &tree, key, &place, &mut room, each)?;
    let mut forks = BTreeMap::new();
    if let Some(folder) = repo.tree(&tree)?.into_iter().find(|e| e.name == "forks" && e.kind == EntryType::Folder) {
        for entry in repo.tree(&folder.oid)?.into_iter().filter(|e| e.kind == EntryType::Folder) {
            let place = format!("forks/{} of {place}", entry.name);
            forks.insert(entry.name.clone(), read_log(repo, &entry.oid, key, &place, &mut room, each)?);
        }
    }
    Ok(Logs { main, forks })
}

/// Holds every segment of all logs of a session against what is said of it.
pub fn verify(repo: &Repo, logs: &Logs, place: &str) -> Result<(), StoreError> {
    for log in logs.forks.values().chain([&logs.main]) {
        let key = &log.manifest.key;
        let session = format!("{} {}", key.agent, key.id.short());
        files::verify(repo, &log.main, &Label { session: &session, of: "", place })?;
        for (name, file) in &log.files {
            files::verify(repo, file, &Label { session: &session, of: &format!(" of {name}"), place })?;
        }
    }
    Ok(())
}

/// Reads only what is said of a session's main log at a commit.
pub fn read_manifest(repo: &Repo, commit: &Oid, key: &SessionKey) -> Result<Manifest, StoreError> {
    let place = format!("{} at {}", refs::log(key), commit.short());
    let tree = repo.commit(commit)?.tree;
    manifest_of(repo, &repo.tree(&tree)?, key, &place)
}

fn manifest_of(repo: &Repo, entries: &[Entry], key: &SessionKey, place: &str) -> Result<Manifest, StoreError> {
    let lacks = || StoreError::Lacks { place: place.to_owned(), file: MANIFEST };
    let entry = entries.iter().find(|e| e.name == MANIFEST && e.kind == EntryType::File).ok_or_else(lacks)?;
    let object = format!("{MANIFEST} in {place}");
    let manifest = manifest::read(&object, &repo.blob(&entry.oid)?)?;
    if manifest.key != *key {
        let why = format!("it is of {}, not of {key}", manifest.key);
        return Err(crate::format::FormatError::Invalid { object, why }.into());
    }
    Ok(manifest)
}

/// Takes as much of `room` as the log says it is long, before any of it is read.
fn read_log(
    repo: &Repo,
    tree: &Oid,
    key: &SessionKey,
    place: &str,
    room: &mut u64,
    each: bool,
) -> Result<Log, StoreError> {
    let entries = repo.tree(tree)?;
    let manifest = manifest_of(repo, &entries, key, place)?;
    let all = manifest.files.values().chain([&manifest.log]).map(|m| m.extent().bytes);
    let long = all.fold(0_u64, u64::saturating_add);
    *room = room.checked_sub(long).ok_or_else(|| too_long(format!("{MANIFEST} in {place}")))?;
    let folder = |name: &str| entries.iter().find(|e| e.name == name && e.kind == EntryType::Folder);
    let session = format!("{} {}", key.agent, key.id.short());
    let lacks = || StoreError::Lacks { place: place.to_owned(), file: "log" };
    let label = Label { session: &session, of: "", place };
    let log = folder("log").ok_or_else(lacks)?;
    let main = files::listed(repo, &log.oid, &manifest.log, &label, each)?;
    let stored = folder("files").map(|f| repo.tree(&f.oid)).transpose()?.unwrap_or_default();
    let mut side = BTreeMap::new();
    for (name, measure) in &manifest.files {
        let of = format!(" of {name}");
        let entry = refs::file_entry(name);
        let object = format!("{MANIFEST} in {place}");
        if refs::file_name(&entry).as_ref() != Some(name) {
            let why = format!("it names the side file {name:?}, which is not allowed");
            return Err(crate::format::FormatError::Invalid { object, why }.into());
        }
        let hole = || StoreError::Hole {
            session: session.clone(),
            part: format!("the side file {name}"),
            extent: files::size(measure.extent().bytes),
            place: place.to_owned(),
        };
        let entry = stored.iter().find(|e| e.name == entry).ok_or_else(hole)?;
        let label = Label { session: &session, of: &of, place };
        side.insert(name.clone(), files::listed(repo, &entry.oid, measure, &label, each)?);
    }
    Ok(Log { manifest, main, files: side })
}

fn too_long(object: String) -> StoreError {
    let why = format!("the session is longer than {} with it", files::size(LARGEST_SESSION));
    crate::format::FormatError::Invalid { object, why }.into()
}

/// The bytes of all logs and side files of a session.
fn length(logs: &Logs) -> u64 {
    let of = |log: &Log| log.files.values().chain([&log.main]).map(|file| file.extent().bytes).sum::<u64>();
    logs.forks.values().chain([&logs.main]).map(of).sum()
}

/// What stands at a session's local ref, and what `remote` had when last seen, each with its ref.
pub fn tips(repo: &Repo, key: &SessionKey, remote: Option<&str>) -> Result<Vec<(String, Oid)>, StoreError> {
    let name = refs::log(key);
    let tracking = remote.and_then(|r| refs::tracking(r, &name));
    let mut tips = Vec::new();
    for name in std::iter::once(name).chain(tracking) {
        tips.extend(repo.find_ref(&name)?.map(|oid| (name, oid)));
    }
    Ok(tips)
}

/// Writes the logs as the session's next commit and moves its local ref there, by compare-and-swap.
///
/// A local commit that no remote has seen is replaced; else the new one follows it. Nothing is written if the tree is
/// the same.
pub fn save(repo: &Repo, env: &Env, logs: &Logs, parents: &merge::Parents, subject: &str) -> Result<Oid, StoreError> {
    let key = &logs.main.manifest.key;
    if length(logs) > LARGEST_SESSION {
        // Nobody could read it again.
        return Err(too_long(format!("the log of {} {}", key.agent, key.id.short())));
    }
    let tree = write_tree(repo, logs)?;
    let same = |oid: &Oid| repo.commit(oid).is_ok_and(|c| c.tree == tree);
    let name = refs::log(key);
    let new = match (&parents.replaces, parents.follows.as_slice()) {
        (Some(old), _) if same(old) && parents.follows_of(repo, old) => old.clone(),
        (None, [only]) if same(only) => only.clone(),
        (_, follows) => repo.write_commit(
            env,
            &tree,
            follows,
            &format!("{subject}\n\nHandoff-Version: {}\n", crate::format::VERSION),
        )?,
    };
    if parents.local.as_ref() != Some(&new) {
        let change =
            RefChange { name, old: parents.local.clone(), new: Some(new.clone()), why: format!("handoff: {subject}") };
        repo.change_refs(env, &[change])?;
    }
    Ok(new)
}

/// Whether nothing stands beside the main log of a session at a commit.
pub fn is_alone(repo: &Repo, commit: &Oid) -> Result<bool, StoreError> {
    Ok(repo.tree(&repo.commit(commit)?.tree)?.iter().all(|e| e.name != "forks"))
}

/// How many forks (closings of turns not counted) a session has at a commit.
pub fn fork_count(repo: &Repo, commit: &Oid) -> Result<usize, StoreError> {
    let tree = repo.commit(commit)?.tree;
    let Some(folder) = repo.tree(&tree)?.into_iter().find(|e| e.name == "forks") else { return Ok(0) };
    let mut count = 0;
    for fork in repo.tree(&folder.oid)? {
        let entries = repo.tree(&fork.oid)?;
        let Some(entry) = entries.iter().find(|e| e.name == MANIFEST) else { continue };
        let object = format!("{MANIFEST} of fork {}", fork.name);
        count += usize::from(manifest::read(&object, &repo.blob(&entry.oid)?)?.fork.as_deref() == Some("fork"));
    }
    Ok(count)
}
