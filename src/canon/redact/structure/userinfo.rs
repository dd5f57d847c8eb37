//! Passwords and tokens before the `@` of an address: `scheme://user:password@host`.

use std::ops::Range;

use super::super::plausible;

/// An authority is no longer.
const AUTHORITY_LIMIT: usize = 1024;

/// The password of the address whose `://` is at `at`, or its user where that is a token.
pub(super) fn find(text: &str, at: usize, report: &mut dyn FnMut(Range<usize>)) {
    let bytes = text.as_bytes();
    let start = at + 3;
    let ceiling = text.len().min(start + AUTHORITY_LIMIT);
    let ends =
        |b: &u8| matches!(b, b'/' | b'?' | b'#' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\') || b.is_ascii_whitespace();
    let end = bytes[start..ceiling].iter().position(ends).map_or(ceiling, |found| start + found);
    let Some(sign) = memchr::memrchr(b'@', &bytes[start..end]).map(|found| start + found) else { return };
    let host = bytes.get(sign + 1).is_some_and(|b| b.is_ascii_alphanumeric() || b"[${<*".contains(b));
    if !host {
        return;
    }
    let (user, password) = match memchr::memchr(b':', &bytes[start..sign]) {
        Some(colon) => (start..start + colon, start + colon + 1..sign),
        None => (start..sign, sign..sign),
    };
    if password.is_empty() {
        if user.len() >= 20 && plausible::is_random(&text[user.clone()]) {
            report(user);
        }
    } else if is_password(&text[user], &text[password.clone()]) {
        report(password);
    }
}

/// A password of its own: not the user's name again, which every local database has.
fn is_password(user: &str, password: &str) -> bool {
    password != user && plausible::is_no_stand_in(password)
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;

    #[test]
    fn passwords_are_found_and_names_stay() {
        let table = [
            ("postgres://app:s3cr3t-x@db:5432/app", Some("s3cr3t-x")),
            ("redis://:longword@cache:6379/0", Some("longword")),
            ("\"amqp://svc:p%40ss%21x@[::1]/vh\"", Some("p%40ss%21x")),
            ("https://user@github.com/acme/app.git", None),
            ("postgres://postgres:postgres@localhost/app", None),
            ("postgres://user:password@localhost/app", None),
            ("postgres://app:${DB_PASS}@db/app", None),
            ("postgres://app:<password>@db/app", None),
            ("https://example.com/a:b@c", None),
            ("ssh://git@github.com:22/acme/app.git", None),
        ];
        for (text, password) in table {
            assert_eq!(found(text, "://").first().map(String::as_str), password, "{text}");
        }
    }
}
