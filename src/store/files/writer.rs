//! Writes a file a piece at a time: what was stored stays, only the open segment at its end is written again.

use crate::canon::Canonical;
use crate::format::manifest::Extent;
use crate::format::segments;
use crate::git::Repo;
use crate::store::StoreError;
use crate::store::files::{Segment, StoredFile};

/// A file that is being written.
pub struct Writer<'r> {
    repo: &'r Repo,
    file: StoredFile,
    /// What follows the closed segments.
    open: Vec<u8>,
    /// The open segment as it was stored, as long as nothing was added to it.
    stored: Option<Segment>,
}

impl<'r> Writer<'r> {
    /// A new file.
    pub fn new(repo: &'r Repo) -> Writer<'r> {
        Writer { repo, file: StoredFile::default(), open: Vec::new(), stored: None }
    }

    /// Goes on where a stored file ends.
    pub fn after(repo: &'r Repo, mut file: StoredFile) -> Writer<'r> {
        let stored = file.segments.pop();
        Writer { repo, file, open: Vec::new(), stored }
    }

    /// Adds a piece.
    pub fn push(&mut self, piece: &Canonical) -> Result<(), StoreError> {
        self.add(piece, b"")
    }

    /// Adds a line.
    pub fn line(&mut self, line: &Canonical) -> Result<(), StoreError> {
        self.add(line, b"\n")
    }

    fn add(&mut self, piece: &Canonical, end: &[u8]) -> Result<(), StoreError> {
        if let Some(stored) = self.stored.take() {
            self.open = self.repo.blob(&stored.oid)?;
        }
        for (kind, n) in piece.redactions() {
            *self.file.redactions.entry(kind).or_default() += n;
        }
        self.open.extend_from_slice(piece.bytes());
        self.open.extend_from_slice(end);
        while let Some(end) = segments::first_end(&self.open) {
            let rest = self.open.split_off(end);
            self.close()?;
            self.open = rest;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), StoreError> {
        let oid = self.repo.write_blob(&self.open)?;
        self.file.segments.push(Segment { oid, extent: Extent::of(&self.open) });
        self.open.clear();
        Ok(())
    }

    /// The whole file.
    pub fn finish(mut self) -> Result<StoredFile, StoreError> {
        if !self.open.is_empty() {
            self.close()?;
        }
        self.file.segments.extend(self.stored.take());
        Ok(self.file)
    }
}

/// A file that begins with the first `lines` lines of a stored one.
pub fn prefix<'r>(repo: &'r Repo, file: &StoredFile, lines: u64) -> Result<Writer<'r>, StoreError> {
    let mut writer = Writer::new(repo);
    let mut left = lines;
    for segment in &file.segments {
        let bytes = repo.blob(&segment.oid)?;
        let nth = usize::try_from(left.min(segment.extent.lines)).unwrap_or(usize::MAX);
        let Some(last) = nth.checked_sub(1) else { break };
        let end = memchr::memchr_iter(b'\n', &bytes).nth(last).map_or(bytes.len(), |at| at + 1);
        writer.push(&Canonical::stored(bytes[..end].to_vec()))?;
        left -= nth as u64;
    }
    Ok(writer)
}
