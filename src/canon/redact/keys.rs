//! Which names call their value a secret: the grammar of keys in `key=value`.

/// What a name says about its value; decides how much the value itself has to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Made up by a human, perhaps.
    Password,
    /// Given by a service.
    Token,
    /// Made by a machine.
    Secret,
    /// A key of an interface or a cipher.
    Key,
    /// Named like a secret among other things: only an evidently random value counts.
    Vague,
}

impl Class {
    /// The kind in the placeholder.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Class::Password => "password",
            Class::Token => "token",
            Class::Secret => "secret",
            Class::Key | Class::Vague => "key",
        }
    }
}

/// What may follow the word that counts: `API_KEY_PROD`, `password1`, `token_value`.
const TAILS: &[&str] = &[
    "value",
    "plain",
    "plaintext",
    "prod",
    "production",
    "staging",
    "stage",
    "dev",
    "development",
    "live",
    "b64",
    "base64",
    "default",
    "raw",
    "primary",
    "secondary",
    "old",
    "new",
    "current",
    "previous",
    "string",
    "str",
    "data",
    "hex",
];

/// Keys that open something; other keys are of maps, caches and tables.
const KEY_OF: &[&str] = &[
    "api",
    "access",
    "secret",
    "private",
    "signing",
    "sign",
    "encryption",
    "encrypt",
    "master",
    "auth",
    "account",
    "shared",
    "license",
    "app",
    "application",
    "service",
    "admin",
    "storage",
    "deploy",
    "session",
    "jwt",
    "hmac",
    "aes",
    "webhook",
    "integration",
    "subscription",
    "ingest",
    "ingestion",
    "write",
    "server",
    "root",
    "role",
    "bot",
    "cookie",
    "crypto",
    "cipher",
    "security",
    "token",
    "password",
    "client",
    "provider",
    "management",
    "functions",
    "consumer",
    "authorization",
    "openai",
    "anthropic",
    "gemini",
    "mailgun",
    "stripe",
    "twilio",
    "sendgrid",
    "datadog",
    "dd",
    "algolia",
    "azure",
    "aws",
];

/// Words that make a token a place in a list.
const CURSORS: &[&str] =
    &["next", "page", "pagination", "continuation", "sync", "cursor", "stop", "eos", "bos", "pad", "unk"];

/// Words that make a key everybody's.
const PUBLIC: &[&str] = &["public", "publishable", "pub", "anon", "primary", "foreign", "cache", "sort", "partition"];

/// The class of a name, if it calls its value a secret.
pub(super) fn classify(name: &str) -> Option<Class> {
    let words = words(name);
    let mut words: &[&str] = &words;
    while let [rest @ .., last] = words {
        let tail = last.bytes().all(|b| b.is_ascii_digit()) || is_one_of(last, TAILS);
        if !tail || rest.is_empty() {
            break;
        }
        words = rest;
    }
    let (last, before) = words.split_last()?;
    let last = last.trim_end_matches(|c: char| c.is_ascii_digit());
    let previous = before.last().copied().unwrap_or_default();
    let public = before.iter().any(|word| is_one_of(word, PUBLIC));
    let ends = |endings: &[&str]| endings.iter().any(|ending| ends_with(last, ending));
    if ends(&["password", "passwd", "passphrase", "passcode", "pwd", "passwort"]) {
        return Some(Class::Password);
    }
    if ends_with(last, "pass") {
        let alone = before.is_empty() && last != "pass";
        let whole =
            last.len() == 4 || is_one_of(last, &["dbpass", "userpass", "mypass", "rootpass", "adminpass", "sudopass"]);
        return (whole && !(alone && last.len() == 4)).then_some(Class::Password);
    }
    if ends(&["secret", "credential", "credentials", "creds"]) {
        return Some(Class::Secret);
    }
    if ends_with(last, "token") {
        return (!is_one_of(previous, CURSORS)).then_some(Class::Token);
    }
    if ends(&["apikey", "authkey", "accesskey", "secretkey", "privatekey", "appkey"]) {
        return Some(Class::Key);
    }
    if last.eq_ignore_ascii_case("key") && !public {
        let opens = is_one_of(previous, KEY_OF) || ["secret", "api", "auth"].iter().any(|end| ends_with(previous, end));
        let shouted = !before.is_empty() && name.bytes().all(|b| !b.is_ascii_lowercase());
        return match (opens, shouted) {
            (true, _) => Some(Class::Key),
            (false, true) => Some(Class::Vague),
            (false, false) => None,
        };
    }
    if is_one_of(last, &["auth", "pat", "bearer", "cookie", "jwt", "salt", "pepper", "otp", "mnemonic"]) {
        return Some(Class::Vague);
    }
    None
}

/// The words of a name: cut at what is no letter or digit, and before the humps of camel case.
fn words(name: &str) -> Vec<&str> {
    let bytes = name.as_bytes();
    let mut words = Vec::new();
    let mut start = 0;
    for at in 0..=bytes.len() {
        let here = bytes.get(at).copied().unwrap_or(b'_');
        let hump = at > start
            && here.is_ascii_uppercase()
            && (bytes[at - 1].is_ascii_lowercase()
                || bytes[at - 1].is_ascii_digit()
                || bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase));
        if !here.is_ascii_alphanumeric() || hump {
            if at > start {
                words.push(&name[start..at]);
            }
            start = if hump { at } else { at + 1 };
        }
    }
    words
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|other| word.eq_ignore_ascii_case(other))
}

fn ends_with(word: &str, ending: &str) -> bool {
    word.len() >= ending.len() && word.as_bytes()[word.len() - ending.len()..].eq_ignore_ascii_case(ending.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_classified() {
        let table = [
            ("password", Some(Class::Password)),
            ("DB_PASSWORD", Some(Class::Password)),
            ("PGPASSWORD", Some(Class::Password)),
            ("dbPassword2", Some(Class::Password)),
            ("MYSQL_PWD", Some(Class::Password)),
            ("smtp_pass", Some(Class::Password)),
            ("PASS", None),
            ("passwordHash", None),
            ("password_length", None),
            ("authToken", Some(Class::Token)),
            ("_authToken", Some(Class::Token)),
            ("next_page_token", None),
            ("token_request_id", None),
            ("max_tokens", None),
            ("X-API-Key", Some(Class::Key)),
            ("APIKey", Some(Class::Key)),
            ("AccountKey", Some(Class::Key)),
            ("client-key-data", Some(Class::Key)),
            ("STRIPE_PUBLISHABLE_KEY", None),
            ("CacheKey", None),
            ("MetadataTrailerKey", None),
            ("ROLE_X_KEY", Some(Class::Vague)),
            ("NEXTAUTH_SECRET", Some(Class::Secret)),
            ("SECRET_KEY_LENGTH", None),
            ("bypass", None),
            ("LOCALBYPASS", None),
            ("dbpass", Some(Class::Password)),
            ("", None),
        ];
        for (name, class) in table {
            assert_eq!(classify(name), class, "{name}");
        }
    }
}
