//! The YAML of the format: every scalar but numbers quoted, so that no reader guesses a type; bounded when read.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::format::{FormatError, VERSION};

/// No YAML file of the format is larger, in bytes.
pub const LARGEST: usize = 4 << 20;

/// Writes a value: block style, members in their order, strings as JSON strings (which YAML 1.2 takes), empty members
/// left out.
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    block(value, 0, &mut out);
    out
}

fn block(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(members) => {
            for (key, value) in members.iter().filter(|(_, v)| !is_empty(v)) {
                out.push_str(&" ".repeat(indent));
                out.push_str(&key_text(key));
                out.push(':');
                nested(value, indent + 2, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                let mut text = String::new();
                block(item, indent + 2, &mut text);
                let text = if text.is_empty() { scalar(item) + "\n" } else { text.trim_start().to_owned() };
                out.push_str(&format!("{}- {text}", " ".repeat(indent)));
            }
        }
        _ => {}
    }
}

fn nested(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(_) | Value::Array(_) => {
            out.push('\n');
            block(value, indent, out);
        }
        _ => out.push_str(&format!(" {}\n", scalar(value))),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(a) => a.is_empty(),
        Value::Object(o) => o.values().all(is_empty),
        _ => false,
    }
}

fn key_text(key: &str) -> String {
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if plain { key.to_owned() } else { scalar(&Value::String(key.to_owned())) }
}

fn scalar(value: &Value) -> String {
    // JSON leaves DEL and the C1 controls bare; YAML wants them escaped.
    let json = value.to_string();
    json.chars()
        .map(|c| {
            if matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}') {
                format!("\\u{:04x}", c as u32)
            } else {
                c.into()
            }
        })
        .collect()
}

/// Reads one file of the format into its wire form. `object` names it in errors.
pub fn read<T: DeserializeOwned>(object: &str, bytes: &[u8]) -> Result<T, FormatError> {
    #[derive(Deserialize)]
    struct Versioned {
        version: Option<Value>,
    }
    let invalid = FormatError::invalid(object);
    if bytes.len() > LARGEST {
        return Err(invalid(format!("it is {} bytes long, more than {LARGEST}", bytes.len()).as_str()));
    }
    let text = std::str::from_utf8(bytes).map_err(FormatError::invalid(object))?;
    let head: Versioned = serde_yaml::from_str(text).map_err(FormatError::invalid(object))?;
    match head.version {
        Some(Value::String(v)) if v == VERSION => {}
        Some(v) => {
            let version = v.as_str().map_or_else(|| v.to_string(), str::to_owned);
            return Err(FormatError::Newer { object: object.to_owned(), version });
        }
        None => return Err(invalid("it has no version")),
    }
    serde_yaml::from_str(text).map_err(FormatError::invalid(object))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn strings_are_quoted_and_numbers_are_not() {
        let value = json!({"version": "1", "n": 3, "list": [{"a": "no", "b": "x: y"}, {"a": "1.10"}], "none": null, "plain": ["a"]});
        assert_eq!(
            write(&value),
            "version: \"1\"\nn: 3\nlist:\n  - a: \"no\"\n    b: \"x: y\"\n  - a: \"1.10\"\nplain:\n  - \"a\"\n"
        );
    }

    #[test]
    fn newer_and_broken_files_are_named() {
        let newer = read::<Value>("handoff.yaml at abc", b"version: \"2\"\n").expect_err("newer");
        assert_eq!(newer.to_string(), "handoff.yaml at abc has format version 2; this program knows version 1");
        assert!(read::<Value>("x", b"version: 1.0\n").is_err());
        assert!(read::<Value>("x", b"a: &a [*a, *a]\n").is_err());
        assert!(read::<Value>("x", "[".repeat(100_000).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "\\PC*|[\\x00-\\xa0\u{2028}]*", n in any::<u32>()) {
            let value = json!({"version": "1", "text": text, "n": n, "list": [{"text": text}]});
            prop_assert_eq!(read::<Value>("x", write(&value).as_bytes()).expect("readable"), value);
        }
    }
}
