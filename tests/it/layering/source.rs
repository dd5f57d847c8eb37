//! One source file as the layering test sees it: its code without comments, texts and tests, and the paths in it.

/// A source file.
pub(super) struct Source {
    file: String,
    text: String,
    /// The text with the same lines, but blank where nothing is imported from.
    code: String,
    test_modules: Vec<String>,
}

impl Source {
    /// `file`: its path below `src`, with `/`.
    pub(super) fn new(file: String, text: String) -> Source {
        let (code, test_modules) = without_tests(&without_words(&text));
        Source { file, text, code, test_modules }
    }

    /// Its path below `src`.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// All of it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The top-level module it belongs to.
    pub(super) fn module(&self) -> &str {
        self.file.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// Files that this one takes in for tests only.
    pub(super) fn test_files(&self) -> Vec<String> {
        let folder = self
            .file
            .strip_suffix("mod.rs")
            .map_or_else(|| format!("{}/", self.file.trim_end_matches(".rs")), str::to_owned);
        self.test_modules.iter().flat_map(|m| [format!("{folder}{m}.rs"), format!("{folder}{m}/mod.rs")]).collect()
    }

    /// The lines on which a word stands.
    pub(super) fn words(&self, word: &str) -> Vec<usize> {
        self.places(word).into_iter().map(|at| self.line(at)).collect()
    }

    /// Every path below a root that the code names, use-trees spread out: line and path without the root.
    pub(super) fn paths(&self, root: &str) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for at in self.places(root) {
            if let Some(rest) = self.code[at + root.len()..].trim_start().strip_prefix("::") {
                spread("", rest, &mut |path| found.push((self.line(at), path)));
            }
        }
        found
    }

    /// Every path of this crate that the code names, however it is reached.
    pub(super) fn paths_of_ours(&self) -> Vec<(usize, String)> {
        let mut found = self.paths("crate");
        if self.module() == "main" {
            found.extend(self.paths("git_handoff"));
        }
        let depth = self.file.trim_end_matches("/mod.rs").trim_end_matches(".rs").split('/').count();
        for at in self.places("super") {
            if self.code[..at].trim_end().ends_with("super::") {
                continue;
            }
            let mut rest = &self.code[at..];
            let mut ups = 0;
            while let Some(after) = rest.strip_prefix("super::") {
                (rest, ups) = (after, ups + 1);
            }
            if ups >= depth {
                spread("", rest, &mut |path| found.push((self.line(at), path)));
            }
        }
        found
    }

    fn places(&self, word: &str) -> Vec<usize> {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let whole = |at: usize| {
            !self.code[..at].ends_with(part) && (word.ends_with('!') || !self.code[at + word.len()..].starts_with(part))
        };
        self.code.match_indices(word).map(|(at, _)| at).filter(|at| whole(*at)).collect()
    }

    fn line(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }
}

/// Calls `found` with each path of a use-tree that starts here; gives back what stands behind it.
fn spread<'a>(before: &str, text: &'a str, found: &mut dyn FnMut(String)) -> &'a str {
    let text = text.trim_start();
    let join = |name: &str| if before.is_empty() { name.to_owned() } else { format!("{before}::{name}") };
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix('}') {
                return after;
            }
            let after = spread(before, rest, found);
            // `x as y` and whatever else a tree may have up to the next branch.
            let Some(stop) = after.find([',', '}']) else { return "" };
            rest = after[stop..].strip_prefix(',').unwrap_or(&after[stop..]);
        }
    }
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    match rest.strip_prefix("::") {
        Some(deeper) => spread(&join(name), deeper, found),
        None => {
            let path = if name == "self" || name.is_empty() { before.to_owned() } else { join(name) };
            found(path);
            rest
        }
    }
}

/// The source with blanks in place of comments, texts and characters.
fn without_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let len = comment(rest).or_else(|| quoted(rest, &out));
        match len {
            Some(len) => {
                out.extend(rest[..len].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
                rest = &rest[len..];
            }
            None => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out
}

fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    text.starts_with("/*").then(|| text.find("*/").map_or(text.len(), |at| at + 2))
}

/// The length of a text or character that starts here. `before`: the code so far.
fn quoted(text: &str, before: &str) -> Option<usize> {
    if let Some(rest) = text.strip_prefix('r').filter(|_| !before.ends_with(|c: char| c.is_alphanumeric() && c != 'b'))
    {
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        if let Some(body) = rest[hashes..].strip_prefix('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            return Some(2 + hashes + body.find(&end).map_or(body.len(), |at| at + end.len()));
        }
    }
    if text.starts_with('"') {
        return Some(closing(text, '"'));
    }
    let mut chars = text.strip_prefix('\'')?.chars();
    match (chars.next()?, chars.next()?) {
        ('\\', _) => Some(closing(text, '\'')),
        (c, '\'') => Some(2 + c.len_utf8()),
        // A lifetime.
        _ => None,
    }
}

fn closing(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Code without the items behind `#[cfg(test)]`, and the names of the modules among them that stand in files.
fn without_tests(code: &str) -> (String, Vec<String>) {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::with_capacity(code.len());
    let mut modules = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        let (before, item) = rest.split_at(at);
        let end = item_end(item);
        if let Some(name) = item[MARK.len()..end].trim().strip_suffix(';').and_then(|i| i.rsplit_once("mod ")) {
            modules.push(name.1.trim().to_owned());
        }
        out.push_str(before);
        out.extend(item[..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = &item[end..];
    }
    out.push_str(rest);
    (out, modules)
}

/// Where an item ends: at its semicolon, or behind its last brace.
fn item_end(item: &str) -> usize {
    let mut depth = 0usize;
    for (at, c) in item.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    item.len()
}

#[test]
fn words_and_tests_are_no_code() {
    let text = "let a = r#\"crate::x\"#; let b = 'c'; let c: &'a str = \"\\\"crate::y\"; /* crate::z */ crate::w::v()";
    assert_eq!(Source::new("a.rs".into(), text.into()).paths("crate"), [(1, "w::v".to_owned())]);
    let text =
        "#[cfg(test)]\nmod tests;\n#[cfg(test)]\npub(crate) mod more { fn f() { crate::a } }\nuse crate::b as c;";
    let source = Source::new("x/mod.rs".into(), text.into());
    assert_eq!(source.paths("crate"), [(5, "b".to_owned())]);
    assert_eq!(source.test_files(), ["x/tests.rs", "x/tests/mod.rs"]);
}

#[test]
fn trees_are_spread_out() {
    let text = "use crate::{a, b::{self, c::{d, e as f}, g}, h::*};\nuse super::{i, super::j};";
    let source = Source::new("x.rs".into(), text.into());
    let paths: Vec<String> = source.paths("crate").into_iter().map(|(_, p)| p).collect();
    assert_eq!(paths, ["a", "b", "b::c::d", "b::c::e", "b::g", "h"]);
    assert!(source.paths_of_ours().iter().any(|(line, p)| *line == 2 && p == "i"));
}
