//! Locks of our own refs that a killed process left: waited for, and taken away once they cannot be anybody's.
//!
//! git and gix hold the lock of a ref for milliseconds. Only refs of ours are looked at; a lock of the user's own refs
//! or index is git's to speak of.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::git::Repo;

/// A lock that is older is of a process that is gone.
const LEFT_BEHIND: Duration = Duration::from_secs(5);
/// How long a lock is waited for: until it is too old, whoever made it, and a little more.
const LOOKS: u32 = 140;
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

impl Repo {
    /// Waits until nobody holds the lock of a ref of ours, and takes away one that was left behind. Whether it is free.
    pub(super) fn free_lock(&self, name: &str) -> bool {
        let lock = self.common_dir().join(format!("{name}.lock"));
        !is_ours(name) || free(&lock)
    }

    /// The same for the lock that git names where it complains. `false` if it is none of ours, or stays.
    pub(super) fn free_lock_named_in(&self, complaint: &str) -> bool {
        let named =
            complaint.split_once("Unable to create '").and_then(|(_, rest)| rest.split_once(".lock': File exists"));
        let Some((path, _)) = named else { return false };
        let Some((_, name)) = path.split_once("/refs/handoff") else { return false };
        let name = format!("refs/handoff{name}");
        is_ours(&name) && self.free_lock(&name)
    }
}

fn is_ours(name: &str) -> bool {
    let ours = ["refs/handoff/", "refs/handoff-remotes/", "refs/handoff-rescue/"].iter().any(|p| name.starts_with(p));
    ours && !name.split('/').any(|part| part.is_empty() || part == "." || part == "..")
}

fn free(lock: &Path) -> bool {
    for _ in 0..LOOKS {
        let Ok(made) = lock.symlink_metadata().and_then(|m| m.modified()) else { return true };
        if age(lock, made).is_ok_and(|age| age > LEFT_BEHIND) && take_away(lock, made).is_ok() {
            return true;
        }
        thread::sleep(PAUSE);
    }
    !lock.exists()
}

/// How old a file is by the clock of its own file system: that of this machine may be another.
fn age(lock: &Path, made: SystemTime) -> io::Result<Duration> {
    let now = tempfile::NamedTempFile::with_prefix_in(".handoff-", near(lock))?.as_file().metadata()?.modified()?;
    Ok(now.duration_since(made).unwrap_or_default())
}

/// Moves the lock aside before it is deleted: if it turns out to be a new one, it goes back.
fn take_away(lock: &Path, made: SystemTime) -> io::Result<()> {
    let aside = tempfile::Builder::new().prefix(".handoff-").tempdir_in(near(lock))?;
    let moved = aside.path().join("lock");
    fs::rename(lock, &moved)?;
    if moved.symlink_metadata()?.modified()? != made {
        fs::hard_link(&moved, lock)?;
        return Err(io::ErrorKind::ResourceBusy.into());
    }
    Ok(())
}

/// A folder on the same file system in which no ref is looked for: the git folder itself.
fn near(lock: &Path) -> PathBuf {
    let above_refs = lock.ancestors().find(|dir| dir.ends_with("refs")).and_then(Path::parent);
    above_refs.unwrap_or(Path::new(".")).to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_was_left_goes_and_nothing_else_does() {
        let dir = tempfile::tempdir().expect("a folder");
        let lock = dir.path().join("refs/handoff/logs/a.lock");
        fs::create_dir_all(lock.parent().expect("a folder")).expect("folders");
        assert!(free(&lock), "there is none");
        let made = |ago: u64| {
            let file = fs::File::create(&lock).expect("a lock");
            let now = file.metadata().and_then(|m| m.modified()).expect("a time");
            let then = now - Duration::from_secs(ago);
            file.set_times(fs::FileTimes::new().set_modified(then)).expect("a time");
            then
        };
        made(60);
        assert!(free(&lock) && !lock.exists());
        let old = made(60);
        made(0);
        assert!(take_away(&lock, old).is_err() && lock.exists(), "another's new lock stays");
        assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 1, "nothing is left aside");
    }

    #[test]
    fn only_refs_of_ours_are_looked_at() {
        assert!(is_ours("refs/handoff/logs/claude.1") && is_ours("refs/handoff-remotes/origin/logs/claude.1"));
        assert!(!is_ours("refs/heads/main") && !is_ours("refs/handoff/../heads/main") && !is_ours("refs/handoffs/x"));
    }
}
