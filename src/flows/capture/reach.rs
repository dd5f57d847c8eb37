//! How far a file was read, and whether what was read is still the same: what makes a second look cheap.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::agents::RawFile;

/// Hashes are kept of blocks of this many bytes.
const BLOCK: u64 = 4 << 20;
/// The end of what was read that every look compares, in bytes.
const WINDOW: u64 = 64 << 10;

/// What the system says of a file: two that are equal are taken for the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    path: PathBuf,
    device: u64,
    inode: u64,
    size: u64,
    modified: u128,
}

impl Stamp {
    /// Of the file as it is now; `None`: it is not one file, or cannot be read.
    pub fn of(file: &RawFile) -> Option<Stamp> {
        Stamp::at(file.only_file()?)
    }

    /// Of the file at a path; `None`: it is not there.
    pub fn at(path: &Path) -> Option<Stamp> {
        Some(Stamp::from(path, &path.metadata().ok()?))
    }

    fn from(path: &Path, about: &Metadata) -> Stamp {
        let (device, inode) = place(about);
        let since = about.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
        let modified = since.unwrap_or_default().as_nanos();
        Stamp { path: path.to_path_buf(), device, inode, size: about.len(), modified }
    }

    fn same_file(&self, other: &Stamp) -> bool {
        (&self.path, self.device, self.inode) == (&other.path, other.device, other.inode)
    }
}

#[cfg(unix)]
fn place(about: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (about.dev(), about.ino())
}

#[cfg(not(unix))]
fn place(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// How far a log was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    stamp: Stamp,
    /// How many bytes.
    pub bytes: u64,
    /// How many lines.
    pub lines: u64,
    /// The hash of the last [`WINDOW`] bytes of them.
    end: String,
    /// The hash of each [`BLOCK`], the last one perhaps shorter.
    blocks: Vec<String>,
}

/// What became of a log since it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// Nothing.
    Same,
    /// What was read is still there, and more may have come.
    More,
    /// It may be anything.
    Unknown,
}

impl Reach {
    /// After `bytes` and `lines` of a log were read. What `before` knows of the blocks before is not read again.
    /// `None`: the log is not the beginning of one file.
    pub fn of(log: &RawFile, bytes: u64, lines: u64, before: Option<&Reach>) -> io::Result<Option<Reach>> {
        let Some(path) = log.only_file() else { return Ok(None) };
        let mut file = File::open(path)?;
        let stamp = Stamp::from(path, &file.metadata()?);
        let known = before.filter(|b| b.stamp.same_file(&stamp) && b.bytes <= bytes);
        let whole = known.map_or(0, |b| usize::try_from(b.bytes / BLOCK).unwrap_or(0));
        let mut blocks: Vec<String> = known.map(|b| b.blocks[..whole.min(b.blocks.len())].to_vec()).unwrap_or_default();
        for start in (blocks.len() as u64 * BLOCK..bytes).step_by(BLOCK as usize) {
            blocks.push(hash(&mut file, start, bytes.min(start + BLOCK))?);
        }
        let end = hash(&mut file, bytes.saturating_sub(WINDOW), bytes)?;
        Ok(Some(Reach { stamp, bytes, lines, end, blocks }))
    }

    /// What became of the log. `wholly`: every byte that was read is compared; else only the end of it, and nothing at
    /// all if the system says that the file did not change.
    pub fn since(&self, log: &RawFile, wholly: bool) -> Since {
        let Some(now) = Stamp::of(log).filter(|now| self.stamp.same_file(now) && log.len() >= self.bytes) else {
            return Since::Unknown;
        };
        let same = || {
            let mut file = File::open(&self.stamp.path)?;
            if !wholly {
                return Ok(hash(&mut file, self.bytes.saturating_sub(WINDOW), self.bytes)? == self.end);
            }
            for (n, block) in self.blocks.iter().enumerate() {
                let start = n as u64 * BLOCK;
                if hash(&mut file, start, self.bytes.min(start + BLOCK))? != *block {
                    return Ok(false);
                }
            }
            Ok::<bool, io::Error>(true)
        };
        let unchanged = now == self.stamp;
        match unchanged && !wholly || same().unwrap_or(false) {
            false => Since::Unknown,
            true if unchanged && log.len() == self.bytes => Since::Same,
            true => Since::More,
        }
    }
}

fn hash(file: &mut File, start: u64, end: u64) -> io::Result<String> {
    file.seek(SeekFrom::Start(start))?;
    let mut hash = blake3::Hasher::new();
    let mut part = vec![0; 64 << 10];
    let mut left = file.take(end.saturating_sub(start));
    loop {
        let read = left.read(&mut part)?;
        if read == 0 {
            return Ok(hash.finalize().to_hex()[..32].to_owned());
        }
        hash.update(&part[..read]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_in_the_middle_is_seen_by_who_looks_wholly() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("log");
        let line = format!("{}\n", "x".repeat(99_999));
        std::fs::write(&path, line.repeat(90)).expect("a file");
        let log = || RawFile::whole_lines(&path).expect("reads");
        let reach = Reach::of(&log(), 9_000_000, 90, None).expect("reads").expect("one file");
        assert_eq!(
            (reach.blocks.len(), reach.since(&log(), false), reach.since(&log(), true)),
            (3, Since::Same, Since::Same)
        );

        let append = || std::fs::File::options().append(true).open(&path).expect("opens");
        io::Write::write_all(&mut append(), b"more\n").expect("appends");
        assert_eq!((reach.since(&log(), false), reach.since(&log(), true)), (Since::More, Since::More));
        let on = Reach::of(&log(), 9_000_005, 91, Some(&reach)).expect("reads").expect("one file");
        assert_eq!(on, Reach::of(&log(), 9_000_005, 91, None).expect("reads").expect("one file"));

        let mut file = std::fs::File::options().write(true).open(&path).expect("opens");
        io::Write::write_all(&mut file, b"y").expect("writes");
        io::Write::write_all(&mut append(), b"more\n").expect("appends");
        assert_eq!((on.since(&log(), false), on.since(&log(), true)), (Since::More, Since::Unknown));
        file.set_len(1000).expect("shrinks");
        assert_eq!(on.since(&log(), false), Since::Unknown);
    }
}
