//! Words and noise: whether a string could be made of a language's words, or of names that everybody uses.

/// Words that stand in for a secret in documentation and tests. Compared in lower case with whole runs of letters.
pub(super) const STAND_INS: &[&str] = &[
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
pub(super) const STAND_IN_PASSWORDS: &[&str] = &[
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

/// Words that happen to have a digit in them, and nothing else with one.
pub(super) fn is_named_algorithm(value: &str) -> bool {
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
pub(super) fn is_prose_like(value: &str) -> bool {
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
pub(super) fn runs(value: &str) -> impl Iterator<Item = &str> {
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
pub(super) fn has_long_run(value: &str, length: usize) -> bool {
    let bytes = value.as_bytes();
    let mut run = 1;
    bytes.windows(2).any(|pair| {
        run = if pair[0] == pair[1] { run + 1 } else { 1 };
        run >= length
    })
}

/// Shannon's entropy in bits a byte.
pub(super) fn entropy(value: &str) -> f64 {
    let mut counts = [0u32; 256];
    for b in value.bytes() {
        counts[usize::from(b)] += 1;
    }
    let all = value.len() as f64;
    let share = |count: &u32| f64::from(*count) / all;
    -counts.iter().filter(|count| **count > 0).map(|count| share(count) * share(count).log2()).sum::<f64>()
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
}
