//! Where words, lines and escapes begin and end in a text, byte by byte. Never allocates, never panics.

/// A byte that belongs to a word: `[A-Za-z0-9_]`.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A byte that belongs to a token in any of the usual alphabets (base64, base64url, JWT, percent-encoding aside).
pub(super) fn is_token(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'-' | b'.' | b'+' | b'/' | b'=' | b'~')
}

/// Whether a token may begin at `at`: it or what stands before it is no word, or is the tail of an escape (`\n`, `%3D`,
/// `\u003d`, a terminal colour).
pub(super) fn opens(text: &[u8], at: usize) -> bool {
    let before = &text[..at.min(text.len())];
    let Some(&last) = before.last() else { return true };
    !is_word(last)
        || text.get(at).is_some_and(|first| !is_word(*first))
        || matches!(before, [.., b'\\', b'n' | b'r' | b't'])
        || matches!(before, [.., b'%', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
        || matches!(before, [.., b'\\', b'u', a, b, c, d] if [a, b, c, d].iter().all(|x| x.is_ascii_hexdigit()))
        || (last == b'm' && colour_start(before).is_some())
}

/// Where the terminal colour (`ESC [ 1 ; 3 2 m`, also with a spelt-out ESC) that ends `before` has its bracket.
fn colour_start(before: &[u8]) -> Option<usize> {
    let digits = before[..before.len() - 1].iter().rev().take(16);
    let back = digits.take_while(|b| b.is_ascii_digit() || **b == b';').count();
    let bracket = before.len().checked_sub(back + 2)?;
    (before[bracket] == b'[' && bracket > 0).then_some(bracket)
}

/// The first byte after terminal colours and spaces (no line end) from `at`, at most 64 bytes on.
pub(super) fn skip_blank(text: &[u8], mut at: usize) -> usize {
    let end = text.len().min(at.saturating_add(64));
    while at < end {
        match text[at] {
            b' ' | b'\t' => at += 1,
            0x1b if text.get(at + 1) == Some(&b'[') => {
                let tail = text[at..end].iter().position(|b| *b == b'm');
                match tail {
                    Some(tail) => at += tail + 1,
                    None => return at,
                }
            }
            _ => return at,
        }
    }
    at
}

/// The start of the line in which `at` lies, looking back at most `limit` bytes.
pub(super) fn line_start(text: &[u8], at: usize, limit: usize) -> usize {
    let floor = at.saturating_sub(limit);
    memchr::memrchr(b'\n', &text[floor..at]).map_or(floor, |found| floor + found + 1)
}

/// The end of the line in which `at` lies, without its line end, looking ahead at most `limit` bytes.
pub(super) fn line_end(text: &[u8], at: usize, limit: usize) -> usize {
    let ceiling = text.len().min(at.saturating_add(limit));
    memchr::memchr(b'\n', &text[at..ceiling]).map_or(ceiling, |found| at + found)
}

/// The last character boundary at or before `at`.
pub(super) fn floor_char(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The smallest range of whole characters that holds `start..end`.
pub(super) fn whole_chars(text: &str, start: usize, end: usize) -> std::ops::Range<usize> {
    let mut end = end.min(text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    floor_char(text, start)..end
}
