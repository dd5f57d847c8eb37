//! How two stored files relate, read no further than to where they part: equal blobs need not be read at all.

use std::cmp::Ordering;

use sha2::{Digest, Sha256};

use crate::format::manifest::Extent;
use crate::git::objects::ObjectError;
use crate::store::StoreError;
use crate::store::files::{Blobs, Segment, StoredFile};

/// What two files share from their start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shared {
    /// Whole lines.
    pub lines: u64,
    /// The bytes of those lines.
    pub bytes: u64,
    /// How their bytes compare, as a whole.
    pub order: Ordering,
    /// The first is the beginning of the second, or the same.
    pub begins: bool,
}

/// Compares two files.
pub fn shared(blobs: &dyn Blobs, a: &StoredFile, b: &StoredFile) -> Result<Shared, StoreError> {
    let (mut left, mut right) = (Cursor::of(blobs, a), Cursor::of(blobs, b));
    // Up to the last line end, and up to where the two are the same.
    let (mut lines, mut whole, mut same) = (0, 0, 0);
    loop {
        while let Some(extent) = left.whole().zip(right.whole()).and_then(|(x, y)| (x.oid == y.oid).then_some(x.extent))
        {
            left.skip();
            right.skip();
            (lines, same) = (lines + extent.lines, same + extent.bytes);
            // Cut at line ends, so what is shared ends with one.
            whole = same;
        }
        let (x, y) = (left.rest()?, right.rest()?);
        if x.is_empty() || y.is_empty() {
            let order = y.is_empty().cmp(&x.is_empty());
            return Ok(Shared { lines, bytes: whole, order, begins: x.is_empty() });
        }
        let length = x.len().min(y.len());
        let equal = if x[..length] == y[..length] { length } else { first_difference(&x[..length], &y[..length]) };
        lines += memchr::memchr_iter(b'\n', &x[..equal]).count() as u64;
        if let Some(at) = memchr::memrchr(b'\n', &x[..equal]) {
            whole = same + at as u64 + 1;
        }
        same += equal as u64;
        if equal < length {
            return Ok(Shared { lines, bytes: whole, order: x[equal].cmp(&y[equal]), begins: false });
        }
        left.pass(length);
        right.pass(length);
    }
}

fn first_difference(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(x, y)| x == y).count()
}

/// The line that starts at a byte, with its end.
pub fn line_at(blobs: &dyn Blobs, file: &StoredFile, start: u64) -> Result<Vec<u8>, StoreError> {
    let mut cursor = Cursor::of(blobs, file);
    cursor.go(start)?;
    let mut line = Vec::new();
    loop {
        let rest = cursor.rest()?;
        let end = memchr::memchr(b'\n', rest).map(|at| at + 1);
        let length = end.unwrap_or(rest.len());
        line.extend_from_slice(&rest[..length]);
        if end.is_some() || length == 0 {
            return Ok(line);
        }
        cursor.pass(length);
    }
}

/// SHA-256 of a file up to a byte, and of what comes behind it.
pub fn hash_up_to(blobs: &dyn Blobs, file: &StoredFile, end: u64, then: &[u8]) -> Result<[u8; 32], StoreError> {
    let mut hash = Sha256::new();
    let mut left = end;
    for segment in &file.segments {
        if left == 0 {
            break;
        }
        let bytes = blobs.read_blob(&segment.oid)?;
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        hash.update(&bytes[..length]);
        left -= length as u64;
    }
    hash.update(then);
    Ok(hash.finalize().into())
}

/// A place in a file.
struct Cursor<'a> {
    blobs: &'a dyn Blobs,
    segments: &'a [Segment],
    held: Option<Vec<u8>>,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn of(blobs: &'a dyn Blobs, file: &'a StoredFile) -> Cursor<'a> {
        Cursor { blobs, segments: &file.segments, held: None, at: 0 }
    }

    /// The next segment, if nothing of it was passed yet.
    fn whole(&self) -> Option<&'a Segment> {
        self.segments.first().filter(|_| self.at == 0)
    }

    fn skip(&mut self) {
        self.segments = self.segments.get(1..).unwrap_or_default();
        (self.held, self.at) = (None, 0);
    }

    /// What is left of the segment that is being read; nothing at the end of the file.
    fn rest(&mut self) -> Result<&[u8], ObjectError> {
        loop {
            let Some(segment) = self.segments.first() else { return Ok(&[]) };
            if self.held.is_none() {
                self.held = Some(self.blobs.read_blob(&segment.oid)?);
            }
            if self.held.as_ref().is_some_and(|held| self.at < held.len()) {
                return Ok(self.held.as_ref().map_or(&[], |held| &held[self.at..]));
            }
            self.skip();
        }
    }

    fn pass(&mut self, bytes: usize) {
        self.at += bytes;
        if self.held.as_ref().is_some_and(|held| self.at >= held.len()) {
            self.skip();
        }
    }

    fn go(&mut self, to: u64) -> Result<(), ObjectError> {
        let mut left = to;
        while let Some(Segment { extent: Extent { bytes, .. }, .. }) = self.whole().filter(|s| s.extent.bytes <= left) {
            left -= bytes;
            self.skip();
        }
        let rest = self.rest()?.len();
        self.pass(usize::try_from(left).unwrap_or(usize::MAX).min(rest));
        Ok(())
    }
}
