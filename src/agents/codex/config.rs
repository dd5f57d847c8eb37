//! The few settings of `config.toml` that decide how a brought session is continued here.
//!
//! Reads `key = "text"` pairs under their tables and nothing else of TOML; what it does not understand it does not see.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// More than any settings file has; the rest of a longer one is not read.
const MAX_BYTES: u64 = 1 << 20;

/// Providers that Codex knows without a `[model_providers.…]` table.
const BUILT_IN: [&str; 3] = ["openai", "ollama", "lmstudio"];

/// Settings by their full key path. A value that is no plain string is kept as it is written.
#[derive(Debug, Default)]
pub(super) struct Config {
    values: BTreeMap<Vec<String>, String>,
}

impl Config {
    /// The settings in `store`; without a readable file, none.
    pub(super) fn read(store: &Path) -> Config {
        let mut text = Vec::new();
        if let Ok(file) = std::fs::File::open(store.join("config.toml")) {
            // What could be read before an error is still what the user set.
            let _ = file.take(MAX_BYTES).read_to_end(&mut text);
        }
        Config::parse(&String::from_utf8_lossy(&text))
    }

    fn parse(text: &str) -> Config {
        let (mut values, mut table, mut inside) = (BTreeMap::new(), Some(Vec::new()), None);
        for line in text.lines().map(str::trim) {
            if let Some(quotes) = inside {
                inside = if line.contains(quotes) { None } else { inside };
                continue;
            }
            if line.starts_with('[') {
                table = header(line);
                if let Some(path) = &table {
                    values.insert(path.clone(), String::new());
                }
                continue;
            }
            let Some((key, rest)) = key_path(line) else { continue };
            let Some(value) = rest.trim_start().strip_prefix('=') else { continue };
            inside = ["\"\"\"", "'''"].into_iter().find(|q| value.matches(q).count() == 1);
            if let Some(table) = &table {
                values.insert([table.as_slice(), &key].concat(), scalar(value.trim()));
            }
        }
        Config { values }
    }

    fn get(&self, path: &[&str]) -> Option<&str> {
        let path: Vec<String> = path.iter().map(|&p| p.to_owned()).collect();
        self.values.get(&path).map(String::as_str)
    }

    /// A setting of the active profile, else of the top level.
    fn setting(&self, name: &str) -> Option<&str> {
        let profile = self.get(&["profile"]).and_then(|p| self.get(&["profiles", p, name]));
        profile.or_else(|| self.get(&[name]))
    }

    /// The provider that new sessions use.
    pub(super) fn provider(&self) -> &str {
        self.setting("model_provider").unwrap_or("openai")
    }

    /// Whether Codex would know a provider of that name.
    pub(super) fn knows_provider(&self, name: &str) -> bool {
        BUILT_IN.contains(&name) || self.get(&["model_providers", name]).is_some() || self.provider() == name
    }

    /// When the user wants to be asked, for work in `cwd`. What cannot be told is answered by asking more: without a
    /// setting Codex itself takes `on-request`, or `untrusted` in a project that the user does not trust.
    pub(super) fn approval(&self, cwd: &Path) -> &'static str {
        const KNOWN: [&str; 4] = ["untrusted", "on-failure", "on-request", "never"];
        match self.setting("approval_policy") {
            Some(set) => KNOWN.into_iter().find(|&known| known == set).unwrap_or("untrusted"),
            None if self.distrusts(cwd) => "untrusted",
            None => "on-request",
        }
    }

    fn distrusts(&self, cwd: &Path) -> bool {
        self.values.iter().any(|(path, value)| match path.as_slice() {
            [projects, place, level] => {
                projects == "projects" && level == "trust_level" && value == "untrusted" && cwd.starts_with(place)
            }
            _ => false,
        })
    }
}

/// The path of `[a."b".c]`; `None` for arrays of tables and for what is malformed.
fn header(line: &str) -> Option<Vec<String>> {
    let (path, rest) = key_path(line.strip_prefix('[')?.trim_start())?;
    rest.trim_start().starts_with(']').then_some(path)
}

/// A dotted key at the start of `text`, and what follows it.
fn key_path(text: &str) -> Option<(Vec<String>, &str)> {
    let (mut path, mut rest) = (Vec::new(), text);
    loop {
        let (part, after) = match rest.chars().next()? {
            '"' | '\'' => quoted(rest)?,
            _ => {
                let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                let end = rest.find(|c| !bare(c)).unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        if part.is_empty() {
            return None;
        }
        path.push(part);
        match after.trim_start().strip_prefix('.') {
            Some(more) => rest = more.trim_start(),
            None => return Some((path, after)),
        }
    }
}

/// A quoted string at the start of `text`, decoded, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next()?;
    let mut escaped = false;
    let inner = &text[1..];
    let end = inner.find(|c| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && quote == '"' && !escaped;
        ends
    })?;
    let raw = &inner[..end];
    let text = if quote == '"' { crate::jsonl::decode(raw.as_bytes()).into_owned() } else { raw.to_owned() };
    Some((text, &inner[end + 1..]))
}

fn scalar(value: &str) -> String {
    match value.chars().next() {
        Some('"' | '\'') => quoted(value).map_or_else(|| value.to_owned(), |(text, _)| text),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_decides() {
        let config = Config::parse(concat!(
            "# model_provider = \"commented\"\n",
            "model_provider = 'corp' # ours\nprofile = \"work\"\nnotes = \"\"\"\nmodel_provider = \"in a text\"\n\"\"\"\n",
            "[model_providers.corp]\nname = \"Corp \\\"x\\\"\"\n",
            "[profiles.work]\napproval_policy = \"untrusted\"\n",
            "[[hooks]]\nmodel_provider = \"no\"\n",
            "[projects.\"/home/ada/src/odd\"]\ntrust_level = \"untrusted\"\n",
        ));
        assert_eq!(config.provider(), "corp");
        assert_eq!(config.approval(Path::new("/home/ada")), "untrusted");
        assert!(config.knows_provider("corp") && config.knows_provider("openai") && !config.knows_provider("mock"));
        assert_eq!(config.get(&["model_providers", "corp", "name"]), Some("Corp \"x\""));
    }

    #[test]
    fn asks_more_when_in_doubt() {
        let approval = |text, cwd: &str| Config::parse(text).approval(Path::new(cwd));
        assert_eq!(approval("", "/x"), "on-request");
        assert_eq!(approval("approval_policy = \"never\"", "/x"), "never");
        assert_eq!(approval("approval_policy = { granular = { rules = true } }", "/x"), "untrusted");
        let odd = "[projects.\"/src/odd\"]\ntrust_level = \"untrusted\"";
        assert_eq!(approval(odd, "/src/odd/deep"), "untrusted");
        assert_eq!(approval(odd, "/src/oddly"), "on-request");
    }

    #[test]
    fn nonsense_is_no_setting() {
        for text in
            ["=", "[", "[[", "\"", "a", "a.", "\"\\", "[a", "'''", "a = '''", "\u{0}=\u{0}", "é = 1", "[\"é\\\"]"]
        {
            assert_eq!(Config::parse(text).provider(), "openai", "{text:?}");
        }
    }
}
