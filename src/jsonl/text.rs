//! The text of JSON strings, and where in the raw string each part of it stands.

use std::borrow::Cow;
use std::ops::Range;

/// The text of a raw JSON string (without quotes). A lone surrogate becomes U+FFFD.
pub fn decode(raw: &[u8]) -> Cow<'_, str> {
    match memchr::memchr(b'\\', raw) {
        None => String::from_utf8_lossy(raw),
        Some(_) => Cow::Owned(unescape(&valid(raw), |_, _| {})),
    }
}

/// A decoded JSON string that still knows where each of its bytes came from.
#[derive(Debug)]
pub struct Decoded<'a> {
    text: Cow<'a, str>,
    /// Where text and raw drift apart: the offsets in both at which the two go on alike, behind each escape.
    turns: Vec<(usize, usize)>,
}

impl<'a> Decoded<'a> {
    /// Decodes a raw JSON string (without quotes).
    pub fn of(raw: &'a [u8]) -> Decoded<'a> {
        let source = valid(raw);
        if memchr::memchr(b'\\', raw).is_none() {
            return Decoded { text: source, turns: Vec::new() };
        }
        let mut turns = Vec::new();
        let text = unescape(&source, |text, raw| turns.push((text, raw)));
        Decoded { text: Cow::Owned(text), turns }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The raw range of a range of the text (on character boundaries).
    pub fn raw_range(&self, range: Range<usize>) -> Range<usize> {
        self.raw_offset(range.start)..self.raw_offset(range.end)
    }

    fn raw_offset(&self, text: usize) -> usize {
        // What an escape became stands before the turn behind it, so its start is counted from the one before.
        let before = self.turns.partition_point(|(at, _)| *at <= text);
        let (text_from, raw_from) = before.checked_sub(1).map_or((0, 0), |n| self.turns[n]);
        raw_from + (text - text_from)
    }
}

/// The bytes as text; what is not UTF-8 becomes U+FFFD.
fn valid(raw: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(raw) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(raw),
    }
}

/// The text without escapes. `turn` is told where text and source go on alike behind each of them.
fn unescape(source: &str, mut turn: impl FnMut(usize, usize)) -> String {
    let mut text = String::with_capacity(source.len());
    let mut at = 0;
    while let Some(plain) = memchr::memchr(b'\\', &source.as_bytes()[at..]) {
        text.push_str(&source[at..at + plain]);
        at += plain;
        let (c, length) = escape(&source.as_bytes()[at..]);
        text.push(c);
        at += length;
        turn(text.len(), at);
    }
    text.push_str(&source[at..]);
    text
}

fn escape(rest: &[u8]) -> (char, usize) {
    let hex = |at: usize| {
        let digits = rest.get(at..at + 4).and_then(|d| std::str::from_utf8(d).ok());
        digits.and_then(|d| u32::from_str_radix(d, 16).ok())
    };
    match rest.get(1) {
        Some(b'n') => ('\n', 2),
        Some(b't') => ('\t', 2),
        Some(b'r') => ('\r', 2),
        Some(b'b') => ('\u{8}', 2),
        Some(b'f') => ('\u{c}', 2),
        Some(b'u') => match (hex(2), rest.get(6..8), hex(8)) {
            (Some(high @ 0xd800..=0xdbff), Some(b"\\u"), Some(low @ 0xdc00..=0xdfff)) => {
                let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
            }
            (Some(code), _, _) => (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 6),
            _ => (char::REPLACEMENT_CHARACTER, 2.min(rest.len())),
        },
        Some(&c) if c.is_ascii() => (c as char, 2),
        // The backslash alone: half of a longer character cannot be skipped.
        _ => (char::REPLACEMENT_CHARACTER, 1),
    }
}

/// The inside of the JSON string for a text (no quotes), escaped as `serde_json` does.
pub fn encode(text: &str) -> String {
    let quoted = serde_json::to_string(text).expect("a string always serialises");
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stray_backslash_before_any_character_is_no_panic() {
        assert_eq!(decode("a\\é\\�b".as_bytes()), "a\u{fffd}é\u{fffd}\u{fffd}b");
        assert_eq!(decode(b"a\\"), "a\u{fffd}");
    }

    #[test]
    fn decoded_ranges_map_back() {
        let raw = br#"a\u00e9\"b\ud83d\ude00c\ud800z"#;
        let decoded = Decoded::of(raw);
        assert_eq!(decoded.text(), "aé\"b😀c\u{fffd}z");
        let b = decoded.text().find('b').expect("b");
        assert_eq!(&raw[decoded.raw_range(b..b + 1)], b"b");
        let smile = decoded.text().find('😀').expect("smile");
        assert_eq!(&raw[decoded.raw_range(smile..smile + 4)], br"\ud83d\ude00");
    }
}
