//! Text that is pasted into a shell or shown on a terminal: the one place that quotes it. Branch and file names are
//! other people's and may hold anything.

use std::path::Path;

/// One word of a POSIX shell that stands for exactly `text`.
pub fn quote(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_./:@%+,-".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// The word for a path, or `None` if no line that a person copies can carry it (not Unicode, or control characters).
pub fn quote_path(path: &Path) -> Option<String> {
    path.to_str().filter(|p| !p.chars().any(char::is_control)).map(quote)
}

/// A name or text of other people's for a terminal: one line, no control characters, no longer than `most` characters.
pub fn shown(text: &str, most: usize) -> String {
    let hidden = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut short: String = text.chars().take(most).map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(most).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_leaves_nothing_to_the_shell() {
        for (text, word) in [
            ("feature/auth", "feature/auth"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$(id)", "'$(id)'"),
            ("it's;`x`", r"'it'\''s;`x`'"),
            ("=ls", "'=ls'"),
            ("ünï", "'ünï'"),
        ] {
            assert_eq!(quote(text), word);
        }
        assert_eq!(quote_path(Path::new("a\nb")), None);
        assert_eq!(shown("a\u{1b}[31m\u{202e}b", 20), "a\u{fffd}[31m\u{fffd}b");
    }
}
