//! Private keys in PEM: whole, cut off at either end, on one line with `\n`, with line numbers or a diff's signs.

use std::ops::Range;

/// A key is no longer than this many bytes of text.
const KEY_LIMIT: usize = 64 * 1024;
/// A label is no longer.
const LABEL_LIMIT: usize = 64;
/// A line of a key cut off at its head or foot has at least this many base64 digits, the last one aside.
const LINE_FLOOR: usize = 16;

/// From `-----BEGIN … PRIVATE KEY…-----` to its end, or as far as lines look like a key's.
pub(super) fn from_head(text: &str, at: usize, report: &mut dyn FnMut(Range<usize>)) {
    let Some(body) = label_end(text, at) else { return };
    let bytes = text.as_bytes();
    let ceiling = text.len().min(body + KEY_LIMIT);
    let dashes = memchr::memmem::find(&bytes[body..ceiling], b"----").map(|found| body + found);
    let end = match dashes {
        Some(dashes) if is_foot(text, dashes) && has_digits(&bytes[body..dashes]) => {
            label_end(text, dashes).unwrap_or(dashes)
        }
        _ => cut_off_end(bytes, body, dashes.unwrap_or(ceiling)),
    };
    if end > body + LINE_FLOOR {
        report(at..end);
    }
}

/// From the lines before `-----END … PRIVATE KEY…-----`, where the beginning was cut off.
pub(super) fn from_foot(text: &str, at: usize, report: &mut dyn FnMut(Range<usize>)) {
    let Some(end) = label_end(text, at) else { return };
    let bytes = text.as_bytes();
    let floor = at.saturating_sub(KEY_LIMIT);
    let mut start = at;
    // The foot's own line may begin with a number or a sign.
    let mut line_end = memchr::memrchr(b'\n', &bytes[floor..at]).map_or(floor, |found| floor + found);
    while line_end > floor {
        let line_start = memchr::memrchr(b'\n', &bytes[floor..line_end]).map_or(floor, |found| floor + found + 1);
        let line = &bytes[line_start..line_end];
        let digits = base64_tail(line);
        if digits < LINE_FLOOR && (digits == 0 || start != at) {
            break;
        }
        start = line_end - digits - usize::from(line.last() == Some(&b'\r'));
        line_end = line_start.saturating_sub(1);
        if line_start == floor {
            break;
        }
    }
    if start < at {
        report(start..end);
    }
}

/// Where the line `-----BEGIN … PRIVATE KEY…-----` at `at` ends, if it is one.
fn label_end(text: &str, at: usize) -> Option<usize> {
    let bytes = &text.as_bytes()[at..text.len().min(at + LABEL_LIMIT + 24)];
    let dashes = bytes.iter().take_while(|b| **b == b'-').count();
    let words = &bytes[dashes..];
    let close = memchr::memmem::find(words, b"----")?;
    let label = &words[..close];
    let private = memchr::memmem::find(label, b"PRIVATE KEY").is_some();
    let closing = words[close..].iter().take(5).take_while(|b| **b == b'-').count();
    (private && !label.contains(&b'\n')).then_some(at + dashes + close + closing)
}

/// Whether an END line begins at these dashes.
fn is_foot(text: &str, dashes: usize) -> bool {
    text.as_bytes()[dashes..].iter().find(|b| **b != b'-' && **b != b' ') == Some(&b'E')
}

/// Whether a body holds a line's worth of base64, and nothing that was redacted before.
fn has_digits(body: &[u8]) -> bool {
    let mut run = 0;
    let long = body.iter().any(|b| {
        run = if is_base64(*b) { run + 1 } else { 0 };
        run >= LINE_FLOOR
    });
    long && memchr::memmem::find(body, super::super::ledger::OPENING.as_bytes()).is_none()
}

/// How far the lines of a key without an END go.
fn cut_off_end(bytes: &[u8], body: usize, ceiling: usize) -> usize {
    let mut end = body;
    let mut at = body;
    while at < ceiling {
        let line_end = memchr::memchr(b'\n', &bytes[at..ceiling]).map_or(ceiling, |found| at + found);
        let line = &bytes[at..line_end];
        let escaped = memchr::memmem::find(line, b"\\n").is_some();
        let digits = base64_tail(line);
        let header = line.contains(&b':') && line.len() < 80;
        if escaped {
            let used = line.iter().take_while(|b| is_base64(**b) || matches!(b, b'\\' | b'\r')).count();
            return at + used;
        }
        if digits >= LINE_FLOOR || (digits > 0 && end > body && digits == line.trim_ascii().len()) {
            end = line_end;
        } else if !(header || line.trim_ascii().len() < 10) {
            break;
        }
        at = line_end + 1;
    }
    end
}

/// How many base64 digits a line ends with, if all before them is a margin: numbers, blanks and a sign.
fn base64_tail(line: &[u8]) -> usize {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let digits = line.iter().rev().take_while(|b| is_base64(**b)).count();
    let margin = &line[..line.len() - digits];
    // `→` and `│` of line numbers are three bytes each.
    let is_margin = margin.iter().all(|b| b.is_ascii_digit() || b" \t|+->:'\"".contains(b) || !b.is_ascii());
    if is_margin && margin.len() <= 24 { digits } else { 0 }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;

    fn key(margin: &str, newline: &str) -> String {
        let line = "Ab3+".repeat(16);
        let dashes = "-".repeat(5);
        let lines = [format!("{dashes}BEGIN RSA PRIVATE KEY{dashes}"), line.clone(), line.clone(), line]
            .into_iter()
            .chain([format!("{}{}", "Zz9=", ""), format!("{dashes}END RSA PRIVATE KEY{dashes}")]);
        lines.map(|line| format!("{margin}{line}")).collect::<Vec<_>>().join(newline)
    }

    #[test]
    fn a_key_is_found_in_every_dress() {
        for (margin, newline) in [("", "\n"), ("", "\\n"), ("    12→", "\n"), ("+", "\n"), ("", "\r\n")] {
            let text = format!("before\n{}\nafter", key(margin, newline));
            let found = found(&text, "-----begin ");
            assert_eq!(found.len(), 1, "{text}");
            assert!(found[0].starts_with("-----BEGIN") && found[0].ends_with("KEY-----"), "{}", found[0]);
        }
    }

    #[test]
    fn a_key_is_found_without_its_end_or_its_beginning() {
        let whole = key("", "\n");
        let head: Vec<&str> = whole.lines().take(3).collect();
        let head = format!("$ head -3 id_rsa\n{}\n$ echo done\n", head.join("\n"));
        let found_head = found(&head, "-----begin ");
        assert!(found_head[0].ends_with("Ab3+"), "{found_head:?}");
        let foot: Vec<&str> = whole.lines().skip(2).collect();
        let foot = format!("$ tail -4 id_rsa\n{}\n", foot.join("\n"));
        let found_foot = found(&foot, "-----end ");
        assert!(found_foot[0].starts_with("Ab3+") && found_foot[0].ends_with("-----"), "{found_foot:?}");
    }

    #[test]
    fn public_keys_and_talk_about_keys_stay() {
        for text in [
            key("", "\n").replace("RSA PRIVATE", "PUBLIC"),
            format!("grep -l '{}BEGIN PRIVATE KEY{}' .\nnothing here\n", "-".repeat(5), "-".repeat(5)),
        ] {
            assert_eq!(found(&text, "-----begin "), Vec::<String>::new(), "{text}");
        }
    }
}
