//! Values of cookies in `Cookie:` and `Set-Cookie:` headers.

use std::ops::Range;

use super::super::bytes::line_end;
use super::super::plausible;

/// A header is read no further.
const HEADER_LIMIT: usize = 8192;
/// Shorter values are settings, not sessions.
const VALUE_FLOOR: usize = 16;

/// The random values of the cookies in the header whose name holds the word at `at`.
pub(super) fn find(text: &str, at: usize, report: &mut dyn FnMut(Range<usize>)) {
    let bytes = text.as_bytes();
    let mut start = at + "cookie".len();
    while matches!(bytes.get(start), Some(b'"' | b'\'' | b' ' | b'\\')) && start < at + 12 {
        start += 1;
    }
    if bytes.get(start) != Some(&b':') {
        return;
    }
    let end = line_end(bytes, start, HEADER_LIMIT);
    let mut from = start + 1;
    for piece in bytes[from..end].split(|b| matches!(b, b';' | b'"' | b'\'' | b',' | b' ')) {
        if piece.ends_with(b"ookie:") {
            return;
        }
        if let Some(sign) = memchr::memchr(b'=', piece) {
            let value = from + sign + 1..from + piece.len();
            let whole = text.is_char_boundary(value.start) && text.is_char_boundary(value.end);
            if whole && value.len() >= VALUE_FLOOR && plausible::is_random(&text[value.clone()]) {
                report(value);
            }
        }
        from += piece.len() + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;

    #[test]
    fn sessions_are_found_and_settings_stay() {
        let session = format!("{}{}", "9fK2mQ7xLpa1", "Zw83nTqB");
        let text = format!("< set-cookie: sid={session}; Path=/; Max-Age=3600; theme=dark-mode-with-contrast\n");
        assert_eq!(found(&text, "cookie"), [session.as_str()]);
        let text = format!("-H 'Cookie: a=1; sid={session}' https://x");
        assert_eq!(found(&text, "cookie"), [session]);
    }
}
