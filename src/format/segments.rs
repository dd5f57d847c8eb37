//! Segments: a log cut at line ends, a pure function of its bytes, so that an append rewrites only the tail and a fork
//! shares its prefix.

use std::ops::Range;

/// A segment ends at the first line end at or after this many bytes.
pub const TARGET: usize = 256 << 10;
/// Segments in one folder of the tree.
pub const PER_FOLDER: usize = 256;

/// Where the first segment of a log ends, if the log is long enough to tell.
pub fn first_end(log: &[u8]) -> Option<usize> {
    let from = TARGET - 1;
    let at = memchr::memchr(b'\n', log.get(from..)?)?;
    Some(from + at + 1)
}

/// The segments of a log, in order.
pub fn cut(log: &[u8]) -> Vec<Range<usize>> {
    let mut segments = Vec::new();
    let mut start = 0;
    while start < log.len() {
        let end = first_end(&log[start..]).map_or(log.len(), |end| start + end);
        segments.push(start..end);
        start = end;
    }
    segments
}

/// Folder and file of segment `n`: `000` and `000000` for the first.
pub fn name(n: usize) -> (String, String) {
    (format!("{:03}", n / PER_FOLDER), format!("{n:06}"))
}

/// Lines of a segment.
pub fn lines(segment: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', segment).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cuts_stand_at_line_ends() {
        let line = [b"x".repeat(100_000), b"\n".to_vec()].concat();
        let log = line.repeat(7);
        let cuts = cut(&log);
        assert_eq!(cuts, [0..300_003, 300_003..600_006, 600_006..700_007]);
        assert!(cut(b"").is_empty());
        let exact = [b"x".repeat(TARGET - 1), b"\ny\n".to_vec()].concat();
        assert_eq!(cut(&exact), [0..TARGET, TARGET..TARGET + 2]);
        assert_eq!(name(300), ("001".into(), "000300".into()));
    }

    proptest! {
        #[test]
        fn an_append_changes_only_the_tail(lens in proptest::collection::vec(1usize..90_000, 1..20), more in 1usize..500_000) {
            let mut log: Vec<u8> = lens.iter().flat_map(|n| [b"a".repeat(*n), b"\n".to_vec()].concat()).collect();
            let before = cut(&log);
            log.extend(b"b".repeat(more));
            log.push(b'\n');
            let after = cut(&log);
            let closed = before.len() - 1;
            prop_assert_eq!(&before[..closed], &after[..closed]);
            prop_assert_eq!(after.last().expect("some").end, log.len());
        }
    }
}
