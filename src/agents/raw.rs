//! A session's own bytes: which stretches of which files they are, read a line at a time.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Take};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::fault::{AnyFault, FileFault};
use crate::jsonl::{Lines, Streamed};

/// How much of a file is read at once, in bytes.
const BLOCK: usize = 256 << 10;

/// One file of a session, as stretches of the agent's own files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawFile {
    parts: Vec<Part>,
}

/// A stretch of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    path: PathBuf,
    range: Range<u64>,
}

impl RawFile {
    /// A stretch of a file.
    pub fn stretch(path: &Path, range: Range<u64>) -> RawFile {
        RawFile { parts: vec![Part { path: path.to_path_buf(), range }] }
    }

    /// The complete lines of a file: what follows them its agent has not finished writing.
    pub fn whole_lines(path: &Path) -> Result<RawFile, FileFault> {
        let end = || last_line_end(&mut File::open(path)?);
        Ok(RawFile::stretch(path, 0..end().map_err(FileFault::on("read", path))?))
    }

    /// All of a file.
    pub fn whole(path: &Path) -> Result<RawFile, FileFault> {
        let length = path.metadata().map_err(FileFault::on("read", path))?.len();
        Ok(RawFile::stretch(path, 0..length))
    }

    /// This one with another behind it.
    pub fn and(mut self, more: RawFile) -> RawFile {
        self.parts.extend(more.parts);
        self
    }

    /// Its length, in bytes.
    pub fn len(&self) -> u64 {
        self.parts.iter().map(|p| p.range.end.saturating_sub(p.range.start)).sum()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The file, if it is the beginning of one.
    pub fn only_file(&self) -> Option<&Path> {
        match self.parts.as_slice() {
            [only] if only.range.start == 0 => Some(&only.path),
            _ => None,
        }
    }

    /// The files that it is made of.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.parts.iter().map(|p| p.path.as_path())
    }

    /// What comes after its first bytes.
    pub fn after(&self, bytes: u64) -> RawFile {
        let mut skip = bytes;
        let rest = |part: &Part| {
            let length = part.range.end.saturating_sub(part.range.start);
            let skipped = skip.min(length);
            skip -= skipped;
            Part { path: part.path.clone(), range: part.range.start + skipped..part.range.end }
        };
        RawFile { parts: self.parts.iter().map(rest).filter(|p| p.range.start < p.range.end).collect() }
    }

    /// Its lines.
    pub fn lines(&self) -> RawLines {
        RawLines { parts: self.parts.iter().cloned().collect(), open: None, before: 0 }
    }

    /// Its bytes, as a reader.
    pub fn reader(&self) -> Result<impl Read + use<>, FileFault> {
        let mut all: Box<dyn Read> = Box::new(std::io::empty());
        for part in &self.parts {
            all = Box::new(all.chain(part.open()?));
        }
        Ok(all)
    }
}

impl Part {
    fn open(&self) -> Result<Take<File>, FileFault> {
        let open = || {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(self.range.start))?;
            Ok(file.take(self.range.end.saturating_sub(self.range.start)))
        };
        open().map_err(FileFault::on("read", &self.path))
    }
}

/// Where the last complete line of a file ends.
fn last_line_end(file: &mut File) -> std::io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut block = vec![0; 64 << 10];
    while end > 0 {
        let start = end.saturating_sub(block.len() as u64);
        let part = &mut block[..usize::try_from(end - start).unwrap_or(0)];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(part)?;
        if let Some(at) = memchr::memrchr(b'\n', part) {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// The lines of a [`RawFile`]. Each stretch ends with a line.
pub struct RawLines {
    parts: VecDeque<Part>,
    open: Option<(PathBuf, Streamed<BufReader<Take<File>>>)>,
    before: u64,
}

impl RawLines {
    /// How many bytes were read, line ends included.
    pub fn passed(&self) -> u64 {
        self.before + self.open.as_ref().map_or(0, |(_, lines)| lines.passed())
    }
}

impl Lines for RawLines {
    fn next(&mut self) -> Result<Option<Vec<u8>>, AnyFault> {
        loop {
            if let Some((path, lines)) = &mut self.open {
                if let Some(line) = lines.next_line().map_err(FileFault::on("read", path))? {
                    return Ok(Some(line));
                }
                self.before += lines.passed();
                self.open = None;
            }
            let Some(part) = self.parts.pop_front() else { return Ok(None) };
            let reader = BufReader::with_capacity(BLOCK, part.open()?);
            self.open = Some((part.path, Streamed::new(reader)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_read_as_one_log() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.jsonl");
        std::fs::write(&path, "one\ntwo\nthree\ntorn").expect("a file");
        let whole = RawFile::whole_lines(&path).expect("reads");
        assert_eq!((whole.len(), whole.only_file()), (14, Some(path.as_path())));
        let read = |file: &RawFile| {
            let mut lines = file.lines();
            let mut all = Vec::new();
            while let Some(line) = lines.next().map_err(|f| f.to_string()).expect("reads") {
                all.push((String::from_utf8(line).expect("text"), lines.passed()));
            }
            all
        };
        let twice = RawFile::stretch(&path, 0..4).and(whole.clone()).after(4);
        let expected = [("one", 4), ("two", 8), ("three", 14)].map(|(l, n)| (l.to_owned(), n));
        assert_eq!(read(&twice), expected);
        assert_eq!(read(&whole.after(8)), [("three".to_owned(), 6)]);
        let mut text = String::new();
        twice.reader().expect("opens").read_to_string(&mut text).expect("reads");
        assert_eq!(text, "one\ntwo\nthree\n");
        std::fs::write(&path, "torn").expect("a file");
        assert_eq!(RawFile::whole_lines(&path).expect("reads").len(), 0);
        assert!(!whole.is_empty() && RawFile::default().is_empty());
    }
}
