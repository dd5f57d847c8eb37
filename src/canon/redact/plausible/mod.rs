//! Whether a value can be a secret at all: not a reference, not a stand-in, not a word, not code.
//!
//! Each test errs on the side that its caller needs: a token with a provider's prefix only has to be no example, a value
//! known by its name alone has to look like something a machine or a careful human made up.

mod code;
mod words;

use super::bytes::floor_char;
use super::keys::Class;
use code::{is_code, is_identifier, is_path, is_pattern, is_reference};
use words::{STAND_IN_PASSWORDS, STAND_INS, entropy, has_long_run, is_named_algorithm, is_prose_like, is_wordy, runs};

/// A long value is judged by its beginning.
const JUDGED: usize = 128;

/// Anything.
pub(super) fn is_any(_value: &str) -> bool {
    true
}

/// No example, stand-in or reference: enough for a value whose prefix or surroundings already say what it is.
pub(super) fn is_no_example(value: &str) -> bool {
    !has_long_run(value, 6)
        && !["...", "…", "***", "EXAMPLE", "REDACTED"].iter().any(|mark| value.contains(mark))
        && !runs(value).any(|run| STAND_INS.iter().any(|word| run.eq_ignore_ascii_case(word)))
}

/// As [`is_no_example`], and not the words that documentation writes for a password.
pub(super) fn is_no_stand_in(value: &str) -> bool {
    let bare = value.trim_matches(|c: char| !c.is_alphanumeric());
    let bare = bare.trim_end_matches(|c: char| c.is_ascii_digit());
    value.len() >= 4
        && is_no_example(value)
        && !is_reference(value)
        && !value.bytes().all(|b| b.is_ascii_digit())
        && !STAND_IN_PASSWORDS.iter().any(|word| bare.eq_ignore_ascii_case(word))
}

/// What may follow the scheme in an `Authorization` header.
pub(super) fn is_credential(value: &str) -> bool {
    is_no_stand_in(value) && !is_code(value) && (value.bytes().any(|b| b.is_ascii_digit()) || !is_wordy(value))
}

/// Made by a machine, as far as one can see: at least one digit, no words, some variety.
pub(super) fn is_random(value: &str) -> bool {
    is_no_example(value)
        && !is_reference(value)
        && value.bytes().any(|b| b.is_ascii_digit())
        && value.bytes().any(|b| b.is_ascii_alphabetic())
        && !is_wordy(value)
        && entropy(value) >= 2.8
}

/// Base64 of `user:password`, as far as its length and variety tell.
pub(super) fn is_basic(value: &str) -> bool {
    is_no_example(value) && decodes_to_pair(value)
}

/// How a value stood in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stance {
    /// In quotes: no code.
    Quoted,
    /// Where only values stand: after a flag, in a shell's `NAME=value`, in a query.
    Literal,
    /// Where an expression or a type may stand as well.
    Bare,
}

/// Whether a value that a name calls a secret of this class is one.
pub(super) fn is_secret(class: Class, stance: Stance, value: &str) -> bool {
    let literal = stance != Stance::Bare;
    let value = &value[..floor_char(value, JUDGED)];
    let password = class == Class::Password;
    let shape = Shape::of(value);
    if value.len() < if password { 6 } else { 8 }
        || shape.blank
        || !is_no_example(value)
        || is_reference(value)
        || is_path(value)
        || (stance != Stance::Quoted && is_code(value))
        || is_pattern(value)
        || is_named_algorithm(value)
    {
        return false;
    }
    let wordy = is_wordy(value);
    let strong = !wordy && entropy(value) >= 2.3;
    match class {
        Class::Password if shape.letters == 0 => literal && value.len() >= 8 && entropy(value) >= 2.3,
        Class::Password if shape.digits > 0 => {
            strong || (is_no_stand_in(value) && (literal || shape.symbols > 0 || !is_identifier(value)))
        }
        Class::Password => {
            let marked = shape.strong_symbols > 0
                && ((literal && !is_prose_like(value)) || (!wordy && shape.upper > 0 && entropy(value) >= 3.0));
            marked || is_letter_soup(value, shape)
        }
        Class::Token | Class::Secret | Class::Key if shape.digits > 0 && shape.letters > 0 => {
            strong && is_no_stand_in(value)
        }
        Class::Token | Class::Secret | Class::Key => is_letter_soup(value, shape),
        Class::Vague => strong && value.len() >= 20 && shape.digits > 1 && shape.letters > 1 && entropy(value) >= 3.2,
    }
}

/// What a value is made of.
#[derive(Debug, Clone, Copy)]
struct Shape {
    letters: usize,
    digits: usize,
    symbols: usize,
    strong_symbols: usize,
    upper: usize,
    blank: bool,
}

impl Shape {
    fn of(value: &str) -> Shape {
        let mut shape = Shape { letters: 0, digits: 0, symbols: 0, strong_symbols: 0, upper: 0, blank: false };
        let inner = value.trim_end_matches(['!', '?', '.', '…', ':', ',', '*']);
        for c in inner.chars() {
            match c {
                '0'..='9' => shape.digits += 1,
                c if c.is_alphabetic() => {
                    shape.letters += 1;
                    shape.upper += usize::from(c.is_ascii_uppercase());
                }
                c if c.is_whitespace() || c.is_control() => shape.blank = true,
                c => {
                    shape.symbols += 1;
                    shape.strong_symbols += usize::from("!@#$%^&*+=~".contains(c));
                }
            }
        }
        shape
    }
}

/// Letters without a digit that form no words: long, and of both cases or longer still.
fn is_letter_soup(value: &str, shape: Shape) -> bool {
    let mixed = shape.upper > 1 && shape.upper + 1 < shape.letters;
    value.is_ascii() && !is_wordy(value) && entropy(value) >= 3.0 && (value.len() >= if mixed { 16 } else { 24 })
}

/// Whether the base64 `value` holds printable text with a colon.
fn decodes_to_pair(value: &str) -> bool {
    let (mut buffer, mut bits, mut colon) = (0u32, 0, false);
    for b in value.trim_end_matches('=').bytes() {
        let digit = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return false,
        };
        buffer = (buffer << 6 | u32::from(digit)) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            let byte = (buffer >> bits) as u8;
            colon |= byte == b':';
            if byte.is_ascii_control() {
                return false;
            }
        }
    }
    colon
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_name_calls_secret_must_look_like_one() {
        let no = [
            "string",
            "$TOKEN",
            "${TOKEN}",
            "process.env.TOKEN",
            "getToken(user1)",
            "data[",
            "changeme123",
            "<your-key-1>",
            "xxxxxxxxxx1",
            "sha256",
            "oauth2-token",
            "/etc/keys/a1",
            "config.password1",
            "Option<String2>",
            "u8::from1",
        ];
        for value in no {
            for class in [Class::Password, Class::Token, Class::Secret, Class::Key] {
                assert!(!is_secret(class, Stance::Bare, value), "{value} {class:?}");
            }
        }
        for value in ["hunter2hunter2", "correct-horse-battery42", "Summer!42", "Tr0ub4dor#3"] {
            assert!(is_secret(Class::Password, Stance::Quoted, value), "{value}");
        }
        for value in ["9fK2mQ7xLpa1", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"] {
            assert!(is_secret(Class::Token, Stance::Bare, value), "{value}");
        }
    }
}
