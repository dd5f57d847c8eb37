//! `key=value` in all its spellings: a name that calls its value a secret, and a value that can be one.

use std::ops::Range;

use super::bytes::{is_token, is_word, skip_blank};
use super::keys::{Class, classify};
use super::plausible::{self, Stance};

/// Parts of names that call their value a secret, in lower case: where they occur, [`assigned`] has a look.
pub(super) const KEYWORDS: &[&str] = &[
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "credential",
    "creds",
    "auth",
    "_pat",
    "cookie",
    "bearer",
    "jwt",
    "salt",
    "pepper",
    "mnemonic",
];

/// A name is no longer.
const NAME_LIMIT: usize = 96;
/// A value is judged by this much of it; one that goes on is followed to its end once it is known to be a secret.
const VALUE_LIMIT: usize = 1024;
/// No further than this.
const TOKEN_LIMIT: usize = 64 * 1024;

/// A value that its name calls a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assigned {
    /// The value's bytes.
    pub(super) range: Range<usize>,
    /// What the name says.
    pub(super) class: Class,
}

/// How name and value are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joint {
    /// `=`, `:`, `=>`, `:=`.
    Sign,
    /// ` is `, in a sentence.
    Verb,
    /// `--token value`.
    Flag,
    /// `getenv("X", "value")`, `X || "value"`: only what is quoted is a value.
    Default,
}

/// The name around `at`, and the value after it if that is a secret. Also says where the name ends.
pub(super) fn assigned(text: &[u8], at: usize) -> (usize, Option<Assigned>) {
    let name = name_around(text, at);
    let end = name.end;
    (end, secret_after(text, name))
}

fn secret_after(text: &[u8], name: Range<usize>) -> Option<Assigned> {
    let class = classify(std::str::from_utf8(&text[name.clone()]).ok()?)?;
    let (joint, mut at) = joint_after(text, &name)?;
    for _ in 0..2 {
        let (value, quoted, after) = value_at(text, at, joint)?;
        let stance = match (quoted, joint) {
            (true, _) => Stance::Quoted,
            (false, Joint::Flag) => Stance::Literal,
            (false, Joint::Sign) if value.start == name.end + 1 && is_literal_name(text, &name) => Stance::Literal,
            _ => Stance::Bare,
        };
        let spoken = std::str::from_utf8(&text[value.clone()]).ok()?;
        let fits = match joint {
            Joint::Verb => class == Class::Password || value.len() >= 12,
            Joint::Default => quoted,
            Joint::Flag => !spoken.starts_with('-'),
            Joint::Sign => true,
        };
        if fits && plausible::is_secret(class, stance, spoken) {
            return Some(Assigned { range: value.start..followed(text, value), class });
        }
        // `password: String = "…"`: what stood first was the type.
        at = type_skipped(text, after).filter(|_| joint == Joint::Sign && !quoted)?;
    }
    None
}

/// A shell's variable, or a name in a query or a connection string: what follows its sign is no expression.
fn is_literal_name(text: &[u8], name: &Range<usize>) -> bool {
    let shouted = !text[name.clone()].iter().any(u8::is_ascii_lowercase);
    let listed = name.start > 0 && matches!(text[name.start - 1], b'?' | b'&' | b';' | b'-');
    text[name.end] == b'=' && (shouted || listed)
}

/// The end of a value that may have outgrown its limit.
fn followed(text: &[u8], value: Range<usize>) -> usize {
    if value.len() < VALUE_LIMIT {
        return value.end;
    }
    let ceiling = text.len().min(value.end + TOKEN_LIMIT);
    value.end + text[value.end..ceiling].iter().take_while(|b| is_token(**b)).count()
}

/// The identifier around `at`: letters, digits, `_`, and single `-` or `.` inside.
fn name_around(text: &[u8], at: usize) -> Range<usize> {
    let inside = |i: usize| is_word(text[i]) || (matches!(text[i], b'-' | b'.') && i > 0 && is_word(text[i - 1]));
    let floor = at.saturating_sub(NAME_LIMIT);
    let ceiling = text.len().min(at + NAME_LIMIT);
    let mut start = at;
    while start > floor && inside(start - 1) {
        start -= 1;
    }
    // What looks like a name's head may be an escape: `\nDB_PASSWORD`.
    if start > 0 && text[start - 1] == b'\\' && matches!(text[start], b'n' | b'r' | b't') && start < at {
        start += 1;
    }
    let mut end = at;
    while end < ceiling && inside(end) {
        end += 1;
    }
    while end > at && !is_word(text[end - 1]) {
        end -= 1;
    }
    start..end
}

/// What joins the name to a value, and where that value can begin.
fn joint_after(text: &[u8], name: &Range<usize>) -> Option<(Joint, usize)> {
    let mut at = name.end;
    let mut quoted = false;
    loop {
        let before = at;
        at = skip_blank(text, at);
        match text.get(at) {
            Some(b'"' | b'\'' | b'`') if !quoted => {
                quoted = true;
                at += 1;
            }
            Some(b'\\') if !quoted && matches!(text.get(at + 1), Some(b'"' | b'\'')) => at += 1,
            Some(b'*' | b']' | b'?') if before == at => at += 1,
            _ => break,
        }
    }
    let rest = &text[at.min(text.len())..];
    match rest {
        [b'=', b'=', ..] | [b':', b':', ..] | [b'=', b'~', ..] => None,
        [b':', b'=', ..] | [b'=', b'>', ..] => Some((Joint::Sign, at + 2)),
        [b'|', b'|', b'=', ..] | [b'?', b'?', b'=', ..] => Some((Joint::Default, at + 3)),
        [b'|', b'|', ..] => Some((Joint::Default, at + 2)),
        [b'?', b'=', ..] => Some((Joint::Sign, at + 2)),
        [b'=' | b':', ..] => Some((Joint::Sign, at + 1)),
        [b'%', b'3', b'D' | b'd', ..] => Some((Joint::Sign, at + 3)),
        [b'>', ..] if opened_by(text, name.start, b"<") => Some((Joint::Sign, at + 1)),
        [b',', ..] if quoted && opened_by(text, name.start, b"(") => Some((Joint::Default, at + 1)),
        _ if at == name.end => None,
        [b'i', b's', b' ', ..] => Some((Joint::Verb, at + 3)),
        [b'w', b'a', b's', b' ', ..] => Some((Joint::Verb, at + 4)),
        _ if !quoted && opened_by(text, name.start, b"--") => Some((Joint::Flag, at)),
        _ if !quoted && shell_set(text, name.start) => Some((Joint::Flag, at)),
        _ => None,
    }
}

/// Whether `mark` stands before the name, quotes aside.
fn opened_by(text: &[u8], start: usize, mark: &[u8]) -> bool {
    let mut before = &text[..start];
    while let [rest @ .., b'"' | b'\'' | b'\\'] = before {
        before = rest;
    }
    before.ends_with(mark)
}

/// `fly secrets set`, `git config …`, `setx NAME value`: commands that take name and value as two words.
fn shell_set(text: &[u8], start: usize) -> bool {
    let before = &text[start.saturating_sub(24)..start];
    ["config set ", "setx ", "set-env ", "setenv "].iter().any(|command| before.ends_with(command.as_bytes()))
}

/// The value that begins at `at`: its bytes, whether it stood in quotes, and where it is over.
fn value_at(text: &[u8], at: usize, joint: Joint) -> Option<(Range<usize>, bool, usize)> {
    let mut at = skip_blank(text, at);
    if matches!(text.get(at), Some(b'b' | b'r' | b'f' | b'u' | b'@')) && matches!(text.get(at + 1), Some(b'"' | b'\''))
    {
        at += 1;
    }
    let slashes = text[at.min(text.len())..].iter().take(8).take_while(|b| **b == b'\\').count();
    match text.get(at + slashes) {
        Some(quote @ (b'"' | b'\'' | b'`')) => {
            let mut start = at + slashes + 1;
            // Triple quotes.
            while text.get(start) == Some(quote) && start < at + slashes + 3 {
                start += 1;
            }
            let end = quoted_end(text, start, *quote, slashes)?;
            Some((start..end, true, end + slashes + 1))
        }
        Some(_) => {
            let end = bare_end(text, at, joint);
            Some((at..end, false, end))
        }
        None => None,
    }
}

/// Where a quoted value ends: before `slashes` backslashes and the quote; never over a line end. One that goes on
/// beyond the limit ends there.
fn quoted_end(text: &[u8], start: usize, quote: u8, slashes: usize) -> Option<usize> {
    let ceiling = text.len().min(start + VALUE_LIMIT);
    let mut at = start;
    while at < ceiling {
        let here = text[at];
        if here == b'\n' {
            return None;
        }
        if here == quote && slashes == 0 {
            return Some(at);
        }
        if here == b'\\' {
            let run = text[at..ceiling].iter().take_while(|b| **b == b'\\').count();
            if slashes > 0 && run == slashes && text.get(at + run) == Some(&quote) {
                return Some(at);
            }
            at += if slashes > 0 { run } else { 2 };
            continue;
        }
        at += 1;
    }
    (at >= start + VALUE_LIMIT).then_some(start + VALUE_LIMIT)
}

/// Where a value without quotes ends.
fn bare_end(text: &[u8], start: usize, joint: Joint) -> usize {
    let ceiling = text.len().min(start + VALUE_LIMIT);
    let mut end = start;
    while end < ceiling {
        let next = text.get(end + 1).copied().unwrap_or(b' ');
        let stops = match text[end] {
            b'"' | b'\'' | b'`' | b'<' | b'>' => true,
            here if here.is_ascii_whitespace() || here.is_ascii_control() => true,
            b'\\' => matches!(next, b'n' | b'r' | b't' | b'"' | b'\'' | b'u' | b'\\' | b'\n' | b' '),
            b',' | b';' | b'&' | b'|' => ends_item(text, end, next),
            b'[' => text[end..].starts_with(super::ledger::OPENING.as_bytes()) && end == start,
            _ => false,
        };
        if stops {
            break;
        }
        end += 1;
    }
    let trimmed: &[u8] = match joint {
        Joint::Verb => b".,;:)]}>*?",
        _ => b",;:)]}*",
    };
    while end > start && trimmed.contains(&text[end - 1]) {
        end -= 1;
    }
    end
}

/// Whether a `,`, `;`, `&` or `|` at `at` ends a value: nothing follows, or another name with its sign does.
fn ends_item(text: &[u8], at: usize, next: u8) -> bool {
    if next.is_ascii_whitespace() || matches!(next, b'"' | b'\'' | b'}' | b']' | b'{' | b'&' | b'|' | b'\\') {
        return true;
    }
    let rest = &text[at + 1..text.len().min(at + 1 + NAME_LIMIT)];
    let name = rest.iter().take_while(|b| is_word(**b) || matches!(b, b'-' | b' ' | b'.')).count();
    name > 0 && matches!(rest.get(name), Some(b'=' | b':')) && rest[0].is_ascii_alphabetic()
}

/// Where the value begins in `: Type = value`, given where the type's first word ended.
fn type_skipped(text: &[u8], after: usize) -> Option<usize> {
    let rest = &text[after..text.len().min(after + 48)];
    let sign = rest.iter().position(|b| matches!(b, b'=' | b'\n' | b';' | b',' | b'"'))?;
    (rest[sign] == b'=' && !matches!(rest.get(sign + 1), Some(b'=' | b'>'))).then_some(after + sign + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, word: &str) -> Option<String> {
        let at = text.find(word).expect("the word is in the text");
        assigned(text.as_bytes(), at).1.map(|found| text[found.range].to_owned())
    }

    #[test]
    fn the_spellings_of_an_assignment() {
        let made_up = format!("{}{}", "9fK2mQ7x", "Lpa1");
        let spellings = [
            "API_KEY=V",
            "export API_KEY=V\n",
            "api_key: V",
            "\"api_key\": \"V\"",
            "'api_key' => 'V'",
            "api_key := \"V\"",
            "const API_KEY: &str = \"V\";",
            "--api-key V --x",
            "--api-key=V",
            "<api_key>V</api_key>",
            "?api_key=V&page=2",
            "x-api-key: V",
            "os.environ[\"API_KEY\"] = \"V\"",
            "getenv(\"API_KEY\", \"V\")",
            "\\\"api_key\\\": \\\"V\\\"",
            "a\\nAPI_KEY=V\\nb",
            "process.env.API_KEY || \"V\"",
            "api_key=V;User=x",
            "api_key\u{1b}[0m: \u{1b}[1mV\u{1b}[0m",
        ];
        for spelling in spellings {
            let text = spelling.replace('V', &made_up);
            let word = if text.contains("API_KEY") { "KEY" } else { "key" };
            assert_eq!(value(&text, word).as_deref(), Some(made_up.as_str()), "{spelling}");
        }
    }

    #[test]
    fn what_is_no_assignment() {
        let others = [
            "--- PASS: TestResolveTranscript_case_1 (0.01s)",
            "const CacheKey = \"user:profile:v2\"",
            "password: string;",
            "if apiKey == \"a1b2c3d4e5f6\" {",
            "fn verify_password(hash: &str, password: &str) -> bool",
            "const token = await getToken(user);",
            "password is hashed with sha256",
            "--token --verbose1",
            "password:\n  x1y2z3w4",
        ];
        for text in others {
            for word in KEYWORDS {
                for (at, _) in text.to_ascii_lowercase().match_indices(word) {
                    assert_eq!(assigned(text.as_bytes(), at).1, None, "{text}");
                }
            }
        }
    }
}
