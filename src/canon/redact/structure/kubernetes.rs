//! The values of a Kubernetes `Secret` written as YAML.

use std::ops::Range;

use super::super::bytes::line_end;
use super::super::plausible;

/// A manifest is read no further.
const MANIFEST_LIMIT: usize = 64 * 1024;

/// The values under `data:` and `stringData:` in the manifest that says `kind: Secret` at `at`.
pub(super) fn find(text: &str, at: usize, report: &mut dyn FnMut(Range<usize>)) {
    let bytes = text.as_bytes();
    let word_end = at + "kind: secret".len();
    if bytes.get(word_end).is_some_and(u8::is_ascii_alphanumeric) {
        return;
    }
    let ceiling = text.len().min(at + MANIFEST_LIMIT);
    let mut block: Option<usize> = None;
    let mut line = line_end(bytes, at, MANIFEST_LIMIT) + 1;
    while line < ceiling {
        let end = line_end(bytes, line, MANIFEST_LIMIT);
        let Some(content) = text.get(line..end) else { return };
        let indent = content.len() - content.trim_start().len();
        let content = content.trim();
        let kind = content.to_ascii_lowercase();
        if content.starts_with("---") || kind.starts_with("kind:") {
            return;
        }
        match block {
            Some(outer) if indent > outer => value_of(text, line..end, report),
            _ if content == "data:" || content == "stringData:" => block = Some(indent),
            _ => block = None,
        }
        line = end + 1;
    }
}

/// The value of one `key: value` line.
fn value_of(text: &str, line: Range<usize>, report: &mut dyn FnMut(Range<usize>)) {
    let Some((key, value)) = text[line.clone()].split_once(": ") else { return };
    let from = line.start + key.len() + 2;
    let trimmed = value.trim().trim_matches(['"', '\'']);
    let Some(inner) = value.find(trimmed).filter(|_| trimmed.len() >= 4) else { return };
    if !trimmed.contains(' ') && plausible::is_no_example(trimmed) && !trimmed.starts_with(['$', '{', '<', '[']) {
        report(from + inner..from + inner + trimmed.len());
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;

    #[test]
    fn the_data_of_a_secret_and_nothing_else() {
        let text = "kind: Secret\nmetadata:\n  name: db\ndata:\n  user: c3ZjX3dlYg==\n  pin: \"MTIzNA==\"\ntype: Opaque\n---\ndata:\n  a: bcdefgh\n";
        assert_eq!(found(text, "kind: secret"), ["c3ZjX3dlYg==", "MTIzNA=="]);
        assert_eq!(found("kind: SecretStore\ndata:\n  a: bcdefgh\n", "kind: secret"), Vec::<String>::new());
    }
}
