//! Whether a value can be a secret at all: not a reference, not a stand-in, not a word, not code.
//!
//! Each test errs on the side that its caller needs: a token with a provider's prefix only has to be no example, a value
//! known by its name alone has to look like something a machine or a careful human made up.

use super::keys::Class;

/// Words that stand in for a secret in documentation and tests. Compared in lower case with whole runs of letters.
const STAND_INS: &[&str] = &[
    "example",
    "changeme",
    "changeit",
    "placeholder",
    "your",
    "yours",
    "dummy",
    "fake",
    "sample",
    "todo",
    "fixme",
    "redacted",
    "replaceme",
    "replace",
    "insert",
    "mock",
    "masked",
    "hidden",
    "foobar",
    "lorem",
    "ipsum",
    "notreal",
    "invalid",
    "undefined",
    "xxxx",
    "xxxxx",
    "abcdef",
    "abcdefgh",
    "omitted",
    "elided",
    "truncated",
];

/// What documentation writes where a real password would stand.
const STAND_IN_PASSWORDS: &[&str] = &[
    "password",
    "passwd",
    "pass",
    "pwd",
    "pw",
    "secret",
    "token",
    "key",
    "user",
    "username",
    "postgres",
    "mysql",
    "root",
    "admin",
    "guest",
    "test",
    "null",
    "none",
    "nil",
    "true",
    "false",
    "string",
    "mypassword",
    "mysecret",
    "hunter",
];

/// Words with a digit that are names of algorithms and formats, not made up.
const NAMES_WITH_DIGITS: &[&str] = &[
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "sha2",
    "sha3",
    "md5",
    "base64",
    "base32",
    "base58",
    "base62",
    "base16",
    "utf8",
    "utf16",
    "ed25519",
    "secp256k1",
    "secp256r1",
    "x25519",
    "x509",
    "p256",
    "p384",
    "rs256",
    "rs384",
    "rs512",
    "hs256",
    "hs384",
    "hs512",
    "es256",
    "es384",
    "ps256",
    "aes128",
    "aes192",
    "aes256",
    "oauth1",
    "oauth2",
    "blake2",
    "blake2b",
    "blake3",
    "argon2",
    "argon2id",
    "argon2i",
    "pbkdf2",
    "pkcs1",
    "pkcs8",
    "pkcs11",
    "pkcs12",
    "http2",
    "http3",
    "ipv4",
    "ipv6",
    "i18n",
    "l10n",
    "k8s",
    "s3",
    "ec2",
    "u8",
    "u16",
    "u32",
    "u64",
    "i32",
    "i64",
    "int32",
    "int64",
    "uint8",
    "uint8array",
    "uint32",
    "uint64",
    "float64",
    "h256",
    "h1",
    "h2",
    "poly1305",
    "chacha20",
    "win32",
    "web3",
    "v1",
    "v2",
    "v3",
    "v4",
    "cl100k",
    "o200k",
];

/// A long value is judged by its beginning.
const JUDGED: usize = 256;

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

/// Base64 of a PEM file that says PRIVATE (its three alignments).
pub(super) fn is_private_pem_in_base64(value: &str) -> bool {
    let head = &value.as_bytes()[..value.len().min(96)];
    ["UFJJVkFUR", "BSSVZBVE", "QUklWQVRF"].iter().any(|word| memchr::memmem::find(head, word.as_bytes()).is_some())
}

/// Whether a value that a name calls a secret of this class is one. `quoted`: it stood in quotes, so it is no code.
pub(super) fn is_secret(class: Class, quoted: bool, value: &str) -> bool {
    let value = &value[..super::bytes::floor_char(value, JUDGED)];
    let password = class == Class::Password;
    let shape = Shape::of(value);
    if value.len() < if password { 6 } else { 8 }
        || shape.blank
        || !is_no_example(value)
        || is_reference(value)
        || is_path(value)
        || (!quoted && is_code(value))
        || is_named_algorithm(value)
    {
        return false;
    }
    let wordy = is_wordy(value);
    let strong = !wordy && entropy(value) >= 2.3;
    match class {
        Class::Password if shape.letters == 0 => value.len() >= 8 && entropy(value) >= 2.3,
        Class::Password if shape.digits > 0 => {
            strong || (is_no_stand_in(value) && (quoted || shape.symbols > 0 || !is_identifier(value)))
        }
        Class::Password => {
            (shape.strong_symbols > 0 && quoted && !is_prose_like(value)) || is_letter_soup(value, shape)
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

/// Names the place of a secret instead of being one.
fn is_reference(value: &str) -> bool {
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
fn is_path(value: &str) -> bool {
    let slashes = value.bytes().filter(|b| *b == b'/').count();
    let rooted = ["/", "./", "../", "~/", "C:\\", "\\\\"].iter().any(|root| value.starts_with(root));
    value.contains("://") || (rooted && (value.len() < 24 || is_wordy(value))) || slashes * 10 > value.len() + 10
}

/// An expression of a programming language: a call, an index, a path of names, a type.
fn is_code(value: &str) -> bool {
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
        || (value.contains('.') && is_name_path(value) && value.split('.').all(|name| is_wordy(name) || name.len() < 4))
}

/// `a.b_c.D2`: names joined by dots.
fn is_name_path(value: &str) -> bool {
    value.split('.').all(is_identifier)
}

/// `[A-Za-z_][A-Za-z0-9_]*`.
fn is_identifier(value: &str) -> bool {
    let mut bytes = value.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_') && bytes.all(super::bytes::is_word)
}

/// Words that happen to have a digit in them, and nothing else with one.
fn is_named_algorithm(value: &str) -> bool {
    let mut named = false;
    for word in value.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if word.bytes().any(|b| b.is_ascii_digit()) {
            if !NAMES_WITH_DIGITS.iter().any(|name| word.eq_ignore_ascii_case(name)) {
                return false;
            }
            named = true;
        }
    }
    named && value.len() < 40
}

/// Only letters, blanks' stand-ins and marks that end a sentence.
fn is_prose_like(value: &str) -> bool {
    is_wordy(value)
        && value.bytes().filter(|b| !b.is_ascii_alphabetic()).count() < 2
        && !value.contains(['@', '#', '$', '%', '^'])
}

/// Made of words: seven in ten letters and digits lie in runs of one camel hump, three letters or more, with a vowel.
pub(super) fn is_wordy(value: &str) -> bool {
    let all = value.chars().filter(|c| c.is_alphanumeric()).count();
    let foreign = value.chars().filter(|c| !c.is_ascii() && c.is_alphabetic()).count();
    let in_words: usize = runs(value).filter(|run| is_word_like(run)).map(str::len).sum();
    (in_words + foreign) * 10 >= all * 7
}

/// A run of letters that a language could have.
fn is_word_like(run: &str) -> bool {
    let vowel = |b: u8| b"aeiouyAEIOUY".contains(&b);
    let mut consonants = 0;
    let mut longest = 0;
    for b in run.bytes() {
        consonants = if vowel(b) { 0 } else { consonants + 1 };
        longest = longest.max(consonants);
    }
    run.len() >= 3 && run.bytes().any(vowel) && longest < 5
}

/// The camel humps of a value: runs of letters, cut before an upper-case letter that follows a lower-case one.
fn runs(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = value;
    std::iter::from_fn(move || {
        let start = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let bytes = &rest.as_bytes()[start..];
        let mut end = 1;
        while end < bytes.len() && bytes[end].is_ascii_alphabetic() {
            let hump = bytes[end].is_ascii_uppercase() && bytes[end - 1].is_ascii_lowercase();
            let last_of_capitals = end > 1
                && bytes[end].is_ascii_lowercase()
                && bytes[end - 1].is_ascii_uppercase()
                && bytes[end - 2].is_ascii_uppercase();
            if last_of_capitals {
                end -= 1;
                break;
            }
            if hump {
                break;
            }
            end += 1;
        }
        let run = &rest[start..start + end];
        rest = &rest[start + end..];
        Some(run)
    })
}

/// One character `length` times or more in a row.
fn has_long_run(value: &str, length: usize) -> bool {
    let bytes = value.as_bytes();
    let mut run = 1;
    bytes.windows(2).any(|pair| {
        run = if pair[0] == pair[1] { run + 1 } else { 1 };
        run >= length
    })
}

/// Shannon's entropy in bits a byte.
fn entropy(value: &str) -> f64 {
    let mut counts = [0u32; 256];
    for b in value.bytes() {
        counts[usize::from(b)] += 1;
    }
    let all = value.len() as f64;
    let share = |count: &u32| f64::from(*count) / all;
    -counts.iter().filter(|count| **count > 0).map(|count| share(count) * share(count).log2()).sum::<f64>()
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
    fn words_are_told_from_noise() {
        for words in
            ["TestResolveTranscript_case_1", "user:profile:v2", "correct-horse-battery42", "JWTAuthenticationFilter"]
        {
            assert!(is_wordy(words), "{words}");
        }
        for noise in ["9fK2mQ7xLp", "a3f09bc1d7e8", "Tr0ub4dor!123", "zqXw81Rt5KjPn"] {
            assert!(!is_wordy(noise), "{noise}");
        }
    }

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
                assert!(!is_secret(class, false, value), "{value} {class:?}");
            }
        }
        for value in ["hunter2hunter2", "correct-horse-battery42", "Summer!42", "Tr0ub4dor#3"] {
            assert!(is_secret(Class::Password, true, value), "{value}");
        }
        for value in ["9fK2mQ7xLpa1", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"] {
            assert!(is_secret(Class::Token, false, value), "{value}");
        }
    }
}
