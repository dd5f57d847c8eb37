//! What stands for a value instead of being one: references, paths, expressions, patterns.

use super::super::bytes::is_word;
use super::words::{is_named_algorithm, is_wordy};

/// Names the place of a secret instead of being one.
pub(super) fn is_reference(value: &str) -> bool {
    let starts_like_one = match value.as_bytes() {
        [b'$', b'{' | b'(', ..] | [b'$', b'a'..=b'z' | b'A'..=b'Z' | b'_', ..] => !is_crypt_like(value),
        [b'<' | b'{', ..] => true,
        [b'%', second, .., b'%'] => second.is_ascii_alphabetic(),
        [b'%', b's' | b'd' | b'v' | b'q' | b'@'] => true,
        [b'@', rest @ ..] => rest.first().is_some_and(u8::is_ascii_alphabetic) && !rest.iter().any(u8::is_ascii_digit),
        _ => false,
    };
    starts_like_one
        || ["${", "$(", "#{", "{{", "%{", "process.env", "os.environ", "import.meta", "env.", "secrets.", "vars."]
            .iter()
            .any(|mark| value.contains(mark))
        || (value.contains('{') && value.ends_with('}'))
}

/// `$word$…`: a hash of crypt(3), not a variable.
fn is_crypt_like(value: &str) -> bool {
    value[1..].contains('$') && value.len() > 40
}

/// A path or an address. Base64 has slashes too, but seldom many, and no extension.
pub(super) fn is_path(value: &str) -> bool {
    let slashes = value.bytes().filter(|b| *b == b'/').count();
    let rooted = ["/", "./", "../", "~/", "C:\\", "\\\\"].iter().any(|root| value.starts_with(root));
    value.contains("://") || (rooted && (value.len() < 24 || is_wordy(value))) || slashes * 10 > value.len() + 10
}

/// A regular expression or an alphabet.
pub(super) fn is_pattern(value: &str) -> bool {
    ["(?", "[^", "a-z", "A-Z", "\\x", "\\d", "\\w", "abcdefgh", "ABCDEFGH"].iter().any(|mark| value.contains(mark))
}

/// An expression of a programming language: a call, an index, a path of names, a type.
pub(super) fn is_code(value: &str) -> bool {
    let starts = match value.as_bytes() {
        [b'(' | b'[' | b'{' | b'<' | b'=' | b'|' | b'?', ..] => true,
        [b'&' | b'!' | b'-' | b'*', ..] => {
            let name = value[1..].split(['(', '[']).next().unwrap_or_default();
            is_name_path(name) && is_wordy(name)
        }
        _ => false,
    };
    let called = value.find('(').is_some_and(|at| at > 0 && is_name_path(&value[..at]));
    let indexed = value.find('[').is_some_and(|at| at > 0 && is_name_path(&value[..at]));
    let generic = value.find('<').is_some_and(|at| at > 0 && is_name_path(&value[..at]));
    starts
        || called
        || indexed
        || generic
        || ["::", "->", "=>", "&&", "||", "()", "?.", "!="].iter().any(|mark| value.contains(mark))
        || value.trim_end_matches('=').contains("==")
        || (value.contains('.')
            && is_name_path(value)
            && value.split('.').all(|name| is_wordy(name) || name.len() < 4 || is_named_algorithm(name)))
}

/// `a.b_c.D2`: names joined by dots.
fn is_name_path(value: &str) -> bool {
    value.split('.').all(is_identifier)
}

/// `[A-Za-z_][A-Za-z0-9_]*`.
pub(super) fn is_identifier(value: &str) -> bool {
    let mut bytes = value.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_') && bytes.all(is_word)
}
