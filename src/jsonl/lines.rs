//! The lines of a log, all at once or one after another in bounded memory.

use std::io::{self, BufRead};

use sha2::{Digest, Sha256};

use crate::fault::AnyFault;

/// A longer line is read as a stub that names its size and hash, in bytes.
pub const LONGEST_LINE: usize = 32 << 20;

/// A file's complete lines, one after another, each without its line end.
pub trait Lines {
    /// The next line; `None` at the end.
    fn next(&mut self) -> Result<Option<Vec<u8>>, AnyFault>;
}

impl<L: Lines + ?Sized> Lines for &mut L {
    fn next(&mut self) -> Result<Option<Vec<u8>>, AnyFault> {
        (**self).next()
    }
}

/// The lines of a log: split at `\n` bytes only, each without its line end. A last line without one is left out
/// of `complete` and comes back as the torn rest.
pub fn complete_lines(bytes: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let end = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
    let mut lines = Vec::new();
    let mut start = 0;
    for at in memchr::memchr_iter(b'\n', &bytes[..end]) {
        lines.push(&bytes[start..at]);
        start = at + 1;
    }
    (lines, &bytes[end..])
}

/// The complete lines of bytes that are held in memory.
pub struct Held<'a>(pub &'a [u8]);

impl Lines for Held<'_> {
    fn next(&mut self) -> Result<Option<Vec<u8>>, AnyFault> {
        let Some(end) = memchr::memchr(b'\n', self.0) else { return Ok(None) };
        let line = self.0[..end].to_vec();
        self.0 = &self.0[end + 1..];
        Ok(Some(line))
    }
}

/// No more than so many of other lines.
pub struct First<L> {
    lines: L,
    left: u64,
}

impl<L> First<L> {
    /// The first `count` of `lines`.
    pub fn new(count: u64, lines: L) -> First<L> {
        First { lines, left: count }
    }
}

impl<L: Lines> Lines for First<L> {
    fn next(&mut self) -> Result<Option<Vec<u8>>, AnyFault> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        self.lines.next()
    }
}

/// The complete lines of a reader. A line over [`LONGEST_LINE`] is not held: a stub stands for it.
pub struct Streamed<R> {
    reader: R,
    passed: u64,
}

impl<R: BufRead> Streamed<R> {
    /// The lines from where the reader stands.
    pub fn new(reader: R) -> Streamed<R> {
        Streamed { reader, passed: 0 }
    }

    /// How many bytes were read, line ends included.
    pub fn passed(&self) -> u64 {
        self.passed
    }

    /// Goes past the rest of a line that is too long: how long that was, and whether it ended.
    fn skip(&mut self, hash: &mut Sha256) -> io::Result<(u64, bool)> {
        let mut skipped = 0;
        loop {
            let part = self.reader.fill_buf()?;
            if part.is_empty() {
                return Ok((skipped, false));
            }
            let end = memchr::memchr(b'\n', part);
            let used = end.unwrap_or(part.len());
            hash.update(&part[..used]);
            skipped += used as u64;
            self.reader.consume(used + usize::from(end.is_some()));
            if end.is_some() {
                return Ok((skipped, true));
            }
        }
    }

    /// The next line; `None` at the end.
    pub fn next_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let limit = LONGEST_LINE as u64 + 1;
        let read = io::Read::take(&mut self.reader, limit).read_until(b'\n', &mut line)? as u64;
        if line.pop_if(|last| *last == b'\n').is_some() {
            self.passed += read;
            return Ok(Some(line));
        }
        if read < limit {
            return Ok(None);
        }
        let mut hash = Sha256::new_with_prefix(&line);
        let (more, ended) = self.skip(&mut hash)?;
        if !ended {
            return Ok(None);
        }
        self.passed += read + more + 1;
        Ok(Some(stub(read + more, &hash.finalize())))
    }
}

/// What is stored in the place of a line that is too long.
pub(crate) fn stub(bytes: u64, sha256: &[u8]) -> Vec<u8> {
    let hash: String = sha256.iter().map(|b| format!("{b:02x}")).collect();
    format!(r#"{{"type":"git-handoff-left-out","bytes":{bytes},"sha256":"{hash}"}}"#).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_not_held() {
        let long = [b"x".repeat(LONGEST_LINE + 5), b"\nnext\ntorn".to_vec()].concat();
        let mut lines = Streamed::new(io::Cursor::new(&long));
        let stub = lines.next_line().expect("reads").expect("a line");
        let said: serde_json::Value = serde_json::from_slice(&stub).expect("JSON");
        assert_eq!(said["bytes"], LONGEST_LINE + 5);
        assert_eq!(lines.next_line().expect("reads"), Some(b"next".to_vec()));
        assert_eq!((lines.next_line().expect("reads"), lines.passed()), (None, LONGEST_LINE as u64 + 11));
    }

    #[test]
    fn only_line_feeds_end_lines() {
        let (lines, torn) = complete_lines("a\u{2028}b\r\nc\nd".as_bytes());
        assert_eq!(lines, ["a\u{2028}b\r".as_bytes(), b"c"]);
        assert_eq!(torn, b"d");
    }
}
