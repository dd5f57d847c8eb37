//! One stored file as a list of segments: written a piece at a time, read a segment at a time, never held whole.

mod compare;
mod trees;
mod writer;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

pub use compare::{Shared, hash_up_to, line_at, shared};
pub use trees::{Label, listed, size, verify, write_tree};
pub use writer::{Writer, prefix};

use crate::fault::AnyFault;
use crate::format::manifest::{Extent, Measure};
use crate::git::Repo;
use crate::git::objects::ObjectError;
use crate::jsonl::{LONGEST_LINE, Lines};
use crate::model::ids::Oid;
use crate::store::StoreError;

/// One segment of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its blob.
    pub oid: Oid,
    /// How long it is.
    pub extent: Extent,
}

/// A stored file: which blobs it is made of, and what was redacted in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredFile {
    /// Its segments, in order.
    pub segments: Vec<Segment>,
    /// Places redacted, by kind.
    pub redactions: BTreeMap<String, u64>,
}

/// Where blobs are read and named.
pub trait Blobs {
    /// The bytes of a blob.
    fn read_blob(&self, oid: &Oid) -> Result<Vec<u8>, ObjectError>;
    /// The id that a blob with these bytes has.
    fn name_blob(&self, bytes: &[u8]) -> Result<Oid, ObjectError>;
}

impl Blobs for Repo {
    fn read_blob(&self, oid: &Oid) -> Result<Vec<u8>, ObjectError> {
        self.blob(oid)
    }
    fn name_blob(&self, bytes: &[u8]) -> Result<Oid, ObjectError> {
        Ok(self.blob_id(bytes)?)
    }
}

impl StoredFile {
    /// The length of the whole.
    pub fn extent(&self) -> Extent {
        self.segments.iter().map(|s| s.extent).sum()
    }

    /// What the manifest says of it.
    pub fn measure(&self) -> Measure {
        Measure { segments: self.segments.iter().map(|s| s.extent).collect(), redactions: self.redactions.clone() }
    }

    /// Its lines.
    pub fn lines<'a>(&'a self, blobs: &'a dyn Blobs) -> StoredLines<'a> {
        self.lines_after(blobs, 0)
    }

    /// Its lines after the first `lines`.
    pub fn lines_after<'a>(&'a self, blobs: &'a dyn Blobs, lines: u64) -> StoredLines<'a> {
        let mut skip = lines;
        let whole = |s: &&Segment| {
            let passed = s.extent.lines <= skip && skip > 0;
            skip -= if passed { s.extent.lines } else { 0 };
            passed
        };
        let at = self.segments.iter().take_while(whole).count();
        StoredLines { blobs, segments: self.segments[at..].iter(), held: Vec::new(), at: 0, skip }
    }

    /// The bytes, for files that are short or asked for as a whole.
    pub fn bytes(&self, blobs: &dyn Blobs) -> Result<Vec<u8>, StoreError> {
        let mut all = Vec::new();
        for segment in &self.segments {
            all.extend_from_slice(&blobs.read_blob(&segment.oid)?);
        }
        Ok(all)
    }

    /// What tells this file from all others: its lines, a dash, and 16 hex digits of SHA-256 over the ids of its
    /// segments.
    pub fn tip(&self) -> String {
        tip(self.extent().lines, self.segments.iter().map(|s| &s.oid))
    }

    /// Whether it was once the file of this tip, and perhaps went on.
    pub fn went_through(&self, blobs: &dyn Blobs, said: &str) -> Result<bool, StoreError> {
        let lines = said.split_once('-').and_then(|(lines, _)| lines.parse::<u64>().ok());
        let Some(lines) = lines.filter(|n| *n <= self.extent().lines) else { return Ok(false) };
        let mut before = 0;
        let whole = |s: &&Segment| {
            let fits = before + s.extent.lines <= lines;
            before += if fits { s.extent.lines } else { 0 };
            fits
        };
        let closed: Vec<&Segment> = self.segments.iter().take_while(whole).collect();
        let mut ids: Vec<Oid> = closed.iter().map(|s| s.oid.clone()).collect();
        if let Some(last) = self.segments.get(closed.len()).filter(|_| before < lines) {
            let bytes = blobs.read_blob(&last.oid)?;
            let nth = usize::try_from(lines - before - 1).unwrap_or(usize::MAX);
            let Some(end) = memchr::memchr_iter(b'\n', &bytes).nth(nth) else { return Ok(false) };
            ids.push(blobs.name_blob(&bytes[..=end])?);
        }
        Ok(tip(lines, ids.iter()) == said)
    }
}

fn tip<'a>(lines: u64, ids: impl Iterator<Item = &'a Oid>) -> String {
    let mut hash = Sha256::new();
    for id in ids {
        hash.update(id.as_str());
        hash.update(b"\n");
    }
    let hex: String = hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect();
    format!("{lines}-{hex}")
}

/// The lines of a stored file.
pub struct StoredLines<'a> {
    blobs: &'a dyn Blobs,
    segments: std::slice::Iter<'a, Segment>,
    held: Vec<u8>,
    at: usize,
    skip: u64,
}

impl StoredLines<'_> {
    fn read(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.held[self.at..]) {
                let line = self.held[self.at..self.at + end].to_vec();
                self.at += end + 1;
                return Ok(Some(line));
            }
            let Some(segment) = self.segments.next() else { return Ok(None) };
            self.held.drain(..self.at);
            self.at = 0;
            // A segment ends with a line, unless somebody else cut it.
            if self.held.len() > LONGEST_LINE {
                let why = format!("goes on with a line that is longer than {LONGEST_LINE} bytes");
                return Err(ObjectError::Unfit { oid: segment.oid.clone(), why }.into());
            }
            let bytes = self.blobs.read_blob(&segment.oid)?;
            if self.held.is_empty() {
                self.held = bytes;
            } else {
                self.held.extend_from_slice(&bytes);
            }
        }
    }
}

impl Lines for StoredLines<'_> {
    fn next(&mut self) -> Result<Option<Vec<u8>>, AnyFault> {
        while self.skip > 0 {
            self.skip -= 1;
            if self.read()?.is_none() {
                return Ok(None);
            }
        }
        Ok(self.read()?)
    }
}
