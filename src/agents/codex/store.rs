//! Where Codex keeps its sessions: the rollouts below `sessions/`, whose they are, and who has one open.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::name::RolloutName;
use crate::agents::RawFile;
use crate::fault::{Fault, FileFault};
use crate::jsonl::{self, Streamed, Tape};
use crate::model::ids::SessionId;

/// The longest first line that is read; real ones are some 20 KB.
const MAX_HEAD: u64 = 4 << 20;

/// How much of a rollout's end is searched for the folder it last worked in.
const TAIL: u64 = 64 << 10;

/// How many rollouts may stand on one another before the chain is taken for damage.
const MAX_BASES: usize = 1000;

/// What can go wrong with Codex's store.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileFault),
    /// A rollout goes on from another one that is not there.
    #[error("{} goes on from rollout {base}, which is not in the store", rollout.display())]
    NoBase {
        /// The rollout that was to be read.
        rollout: PathBuf,
        /// The id of the missing one.
        base: String,
    },
    /// An id that is no UUID.
    #[error("Codex cannot keep a session under the id {id}")]
    NotOurs {
        /// The id.
        id: SessionId,
    },
}

impl Fault for StoreError {
    fn hint(&self) -> Option<String> {
        match self {
            StoreError::File(fault) => fault.hint(),
            StoreError::NoBase { base, .. } => {
                Some(format!("look for {base} in archived_sessions; `codex unarchive {base}` brings it back"))
            }
            StoreError::NotOurs { .. } => Some("Codex's ids are UUIDs; convert the session under a new id".into()),
        }
    }
}

/// One rollout file.
#[derive(Debug, Clone)]
pub(super) struct Rollout {
    pub(super) name: RolloutName,
    pub(super) path: PathBuf,
}

/// What the first line of a rollout says.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// The session's or subagent's own id.
    pub(super) id: String,
    pub(super) cwd: PathBuf,
    /// The session that started this subagent.
    pub(super) parent: Option<String>,
    pub(super) subagent: bool,
    pub(super) provider: Option<String>,
    /// The rollout whose first lines belong in front of this one's, and how many ordinals of it.
    base: Option<(String, u64)>,
}

/// All rollouts below `sessions`, by name, oldest first. Folders that cannot be read have none.
pub(super) fn rollouts(sessions: &Path) -> Vec<Rollout> {
    let mut found = Vec::new();
    let digits = |name: &str, n| name.len() == n && name.bytes().all(|b| b.is_ascii_digit());
    for (_, year) in entries(sessions).into_iter().filter(|(name, _)| digits(name, 4)) {
        for (_, month) in entries(&year).into_iter().filter(|(name, _)| digits(name, 2)) {
            for (_, day) in entries(&month).into_iter().filter(|(name, _)| digits(name, 2)) {
                for (name, path) in entries(&day) {
                    found.extend(RolloutName::parse(&name).map(|name| Rollout { name, path }));
                }
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.path.cmp(&b.path)));
    found
}

fn entries(dir: &Path) -> Vec<(String, PathBuf)> {
    let Ok(read) = std::fs::read_dir(dir) else { return Vec::new() };
    read.filter_map(Result::ok).filter_map(|e| Some((e.file_name().into_string().ok()?, e.path()))).collect()
}

/// The rollouts that hold the present state of their session: of those that `codex` wrote when the person went back to
/// an earlier turn, the newest.
pub(super) fn current(mut rollouts: Vec<Rollout>) -> Vec<Rollout> {
    let mut newest: BTreeMap<String, Option<String>> = BTreeMap::new();
    for rollout in &rollouts {
        let revision = rollout.name.revision().map(str::to_owned);
        let latest = newest.entry(rollout.name.id().to_owned()).or_default();
        *latest = revision.max(latest.take());
    }
    // Plain files of one id are copies and all stay: which of them counts is the caller's question.
    rollouts.retain(|r| newest.get(r.name.id()).is_some_and(|latest| latest.as_deref() == r.name.revision()));
    rollouts
}

/// Reads the first line of a rollout. `None`: it is no `session_meta`, or longer than any real one.
pub(super) fn head(path: &Path) -> Option<Head> {
    let mut line = Vec::new();
    BufReader::new(File::open(path).ok()?).take(MAX_HEAD).read_until(b'\n', &mut line).ok()?;
    (line.pop() == Some(b'\n')).then(|| head_of(&line))?
}

fn head_of(line: &[u8]) -> Option<Head> {
    let tape = Tape::read(line)?;
    if tape.text(&["type"])? != "session_meta" {
        return None;
    }
    let text = |path: &[&str]| tape.text(&[&["payload"], path].concat()).map(|t| t.into_owned());
    let spawned = text(&["source", "subagent", "thread_spawn", "parent_thread_id"]);
    let base =
        text(&["history_base", "thread_id"]).zip(tape.get(&["payload", "history_base", "end_ordinal_exclusive"]));
    let base = base.and_then(|(id, end)| Some((id, std::str::from_utf8(tape.raw(end)).ok()?.parse().ok()?)));
    Some(Head {
        id: text(&["id"])?,
        cwd: text(&["cwd"]).unwrap_or_default().into(),
        parent: text(&["parent_thread_id"]).or(spawned),
        subagent: tape.get(&["payload", "source", "subagent"]).is_some(),
        provider: text(&["model_provider"]),
        base,
    })
}

/// The folder that `codex resume --last` and its picker hold a session to belong to: the last one that a
/// `thread_settings_applied` line names, else the one it began in.
pub(super) fn cwd(path: &Path, head: &Head) -> PathBuf {
    last_cwd(path).unwrap_or_else(|| head.cwd.clone())
}

fn last_cwd(path: &Path) -> Option<PathBuf> {
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL))).ok()?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail).ok()?;
    let (lines, _) = jsonl::complete_lines(&tail);
    let settings = memchr::memmem::Finder::new("\"thread_settings_applied\"");
    lines.iter().rev().filter(|line| settings.find(line).is_some()).find_map(|line| {
        let tape = Tape::read(line)?;
        (tape.text(&["payload", "type"])? == "thread_settings_applied").then_some(())?;
        Some(tape.text(&["payload", "thread_settings", "cwd"])?.into_owned().into())
    })
}

/// The whole log of a rollout.
///
/// A session that was forked, or that went back to an earlier turn, only names the rollout it stands on. Its log is
/// put together here, as its reader on another machine has no other rollout: its own first line, the lines of the
/// other one that count (without that one's first line), then its own lines, again from the first. So it has as many
/// lines as its ordinals say.
pub(super) fn read(rollout: &Path, all: &[Rollout]) -> Result<RawFile, StoreError> {
    let mut parts = vec![(rollout.to_path_buf(), RawFile::whole_lines(rollout)?)];
    while let Some((base, end)) = parts.last().and_then(|(path, _)| head(path)).and_then(|h| h.base) {
        let missing = || StoreError::NoBase { rollout: rollout.to_path_buf(), base: base.clone() };
        let file = all.iter().find(|r| r.name.key() == base).ok_or_else(missing)?;
        if parts.len() > MAX_BASES {
            return Err(missing());
        }
        parts.push((file.path.clone(), up_to(&file.path, end)?));
    }
    if parts.len() == 1 {
        return Ok(parts.remove(0).1);
    }
    let first = |path: &Path| Ok::<u64, StoreError>(first_line(path).map_err(FileFault::on("read", path))?);
    let mut log = RawFile::stretch(rollout, 0..first(rollout)?);
    if let Some((path, root)) = parts.pop() {
        log = log.and(root.after(first(&path)?));
    }
    Ok(parts.into_iter().rev().fold(log, |log, (_, part)| log.and(part)))
}

/// How long the first line of a file is, with its end.
fn first_line(path: &Path) -> std::io::Result<u64> {
    let mut lines = Streamed::new(BufReader::new(File::open(path)?));
    lines.next_line()?;
    Ok(lines.passed())
}

/// The lines of a rollout before the first with ordinal `end`.
fn up_to(path: &Path, end: u64) -> Result<RawFile, StoreError> {
    let ordinal = |line: &[u8]| {
        let tape = Tape::read(line)?;
        std::str::from_utf8(tape.raw(tape.get(&["ordinal"])?)).ok()?.parse::<u64>().ok()
    };
    let before = || {
        let mut lines = Streamed::new(BufReader::new(File::open(path)?));
        let mut before = 0;
        while let Some(line) = lines.next_line()? {
            if ordinal(&line).is_some_and(|n| n >= end) {
                break;
            }
            before = lines.passed();
        }
        Ok(before)
    };
    Ok(RawFile::stretch(path, 0..before().map_err(FileFault::on("read", path))?))
}

/// The rollouts of the subagents that `id` started, and of theirs. Ids are ordered by time, so a parent comes first
/// and nothing older than the session needs to be opened.
pub(super) fn subagents<'a>(id: &str, all: &'a [Rollout]) -> Vec<&'a Rollout> {
    let mut family = vec![id.to_owned()];
    let mut younger: Vec<&Rollout> = all.iter().filter(|r| r.name.id() > id).collect();
    younger.sort_by(|a, b| a.name.id().cmp(b.name.id()));
    younger.retain(|rollout| {
        let Some(head) = head(&rollout.path).filter(|h| h.subagent) else { return false };
        let ours = head.parent.is_some_and(|parent| family.contains(&parent));
        if ours {
            family.push(head.id);
        }
        ours
    });
    younger
}

/// When a file was last written; the epoch if that cannot be told.
pub(super) fn modified(path: &Path) -> Timestamp {
    let time = path.metadata().and_then(|m| m.modified()).ok();
    time.and_then(|t| Timestamp::try_from(t).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The process that has a session open: Codex holds an exclusive `flock` on this file meanwhile, and leaves the
/// file behind. 0 if the system does not tell whose lock it is.
pub(super) fn writer(store: &Path, id: &SessionId) -> Option<u32> {
    let file = File::open(store.join("thread-writer-locks").join(format!("{id}.lock"))).ok()?;
    match file.try_lock_shared() {
        Err(std::fs::TryLockError::WouldBlock) => Some(lock_holder(&file).unwrap_or(0)),
        // Ours for an instant: closing the file gives it back.
        Ok(()) | Err(std::fs::TryLockError::Error(_)) => None,
    }
}

#[cfg(target_os = "linux")]
fn lock_holder(file: &File) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let inode = format!(":{}", file.metadata().ok()?.ino());
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    locks.lines().find_map(|line| match line.split_whitespace().collect::<Vec<_>>()[..] {
        [_, "FLOCK", _, "WRITE", pid, place, ..] if place.ends_with(&inode) => pid.parse().ok(),
        _ => None,
    })
}

#[cfg(not(target_os = "linux"))]
fn lock_holder(_: &File) -> Option<u32> {
    None
}
