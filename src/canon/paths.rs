//! Machine paths and their tokens: `/home/ada/src/demo/x` here, `@{repo}/x` in the store, `/srv/demo/x` there.
//!
//! A token stands only where a whole root stood: at the borders of a path, longest root first. What looked like a token
//! before is escaped (`@{lit:repo}`), so that the way back gives the same text again.

use std::ops::Range;
use std::path::{Path, PathBuf};

use aho_corasick::{AhoCorasick, MatchKind};

/// The names that a token can have, with what they stand for.
pub const ROOT_NAMES: &[(&str, &str)] = &[
    ("repo", "the work tree of the repository"),
    ("store", "the folder in which the agent keeps this session"),
    ("config", "the agent's own folder"),
    ("home", "the user's home folder"),
];

/// A folder of this machine that a stored log names by a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// One of [`ROOT_NAMES`].
    pub name: &'static str,
    /// Its spellings here (symlinks, earlier places); the first one is what a token becomes.
    pub paths: Vec<PathBuf>,
}

/// How a path is written in the text around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As it is.
    Raw,
    /// Percent-encoded, after `file://`.
    Url,
    /// Escaped as in a JSON string.
    Json,
    /// The same with everything beyond ASCII escaped too.
    Ascii,
}

const FORMS: &[(Form, &str)] = &[(Form::Raw, ""), (Form::Url, ":url"), (Form::Json, ":json"), (Form::Ascii, ":ascii")];

impl Form {
    fn write(self, path: &str) -> String {
        match self {
            Form::Raw => path.to_owned(),
            Form::Url => percent(path),
            Form::Json => crate::jsonl::encode(path),
            Form::Ascii => ascii(&crate::jsonl::encode(path)),
        }
    }
}

fn percent(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(&b);
    path.bytes().map(|b| if plain(b) { (b as char).to_string() } else { format!("%{b:02X}") }).collect()
}

fn ascii(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|u| out.push_str(&format!("\\u{u:04x}")));
        }
    }
    out
}

struct Needle {
    text: String,
    token: String,
    form: Form,
    /// A root of one component (`/app`): too common a word to be replaced in running text.
    short: bool,
}

/// The roots of one session on one machine, ready for both directions.
pub struct Roots {
    needles: Vec<Needle>,
    finder: AhoCorasick,
    homes: Vec<(&'static str, String)>,
}

impl Roots {
    /// Prepares the roots. A root without a path, the folder `/` and paths that are not UTF-8 are left out.
    pub fn new(roots: &[Root]) -> Roots {
        let mut needles: Vec<Needle> = Vec::new();
        let mut homes = Vec::new();
        for root in roots {
            let texts: Vec<&str> = root.paths.iter().filter_map(|p| usable(p)).collect();
            if let Some(first) = texts.first() {
                homes.push((root.name, (*first).to_owned()));
            }
            for text in texts {
                let short = text.matches('/').count() < 2;
                for &(form, suffix) in FORMS {
                    let written = form.write(text);
                    let seen = needles.iter().any(|n| n.text == written && (form != Form::Url || n.form == Form::Url));
                    if !seen {
                        needles.push(Needle {
                            text: written,
                            token: format!("@{{{}{suffix}}}", root.name),
                            form,
                            short,
                        });
                    }
                }
            }
        }
        needles.sort_by_key(|n| std::cmp::Reverse(n.text.len()));
        let patterns = needles.iter().map(|n| n.text.as_str()).chain(["@{"]);
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(patterns);
        Roots { needles, finder: finder.expect("a handful of short patterns"), homes }
    }

    /// The names that have a path on this machine.
    pub fn names(&self) -> Vec<&'static str> {
        self.homes.iter().map(|(name, _)| *name).collect()
    }

    /// What a root's token becomes on this machine.
    pub fn path(&self, name: &str) -> Option<&str> {
        self.homes.iter().find(|(n, _)| *n == name).map(|(_, path)| path.as_str())
    }

    /// The roots of one component, with their path: they stay in running text, and the reader is told.
    pub fn short(&self) -> Vec<(&'static str, String)> {
        self.homes.iter().filter(|(_, path)| path.matches('/').count() < 2).cloned().collect()
    }

    /// What must be replaced in a text on its way into the store. `is_path`: the text is a value that names a path.
    pub fn tokens(&self, text: &str, is_path: bool) -> Vec<(Range<usize>, String)> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(hit) = self.finder.find(&text[at..]) {
            let start = at + hit.start();
            let token = if text[start..].starts_with("@{") {
                literal(&text[start..])
                    .map(|len| (start..start + len, format!("@{{lit:{}", &text[start + 2..start + len])))
            } else {
                self.root_at(text, start, is_path)
            };
            match token {
                Some((range, token)) => {
                    at = range.end;
                    found.push((range, token));
                }
                None => at = start + 1,
            }
        }
        found
    }

    fn root_at(&self, text: &str, start: usize, is_path: bool) -> Option<(Range<usize>, String)> {
        let before = &text[..start];
        let url = before.ends_with("file://");
        if !url && !starts_path(before) {
            return None;
        }
        let fits = |n: &&Needle| {
            (n.form == Form::Url) == url
                && (!n.short || (is_path && (start == 0 || url)))
                && text[start..].starts_with(&n.text)
                && ends_path(&text[start + n.text.len()..])
        };
        self.needles.iter().find(fits).map(|n| (start..start + n.text.len(), n.token.clone()))
    }

    /// What must be replaced in a stored text on its way to this machine.
    pub fn paths(&self, text: &str) -> Vec<(Range<usize>, String)> {
        let mut found = Vec::new();
        for start in memchr::memmem::find_iter(text.as_bytes(), "@{") {
            let Some(len) = literal(&text[start..]) else { continue };
            let inside = &text[start + 2..start + len - 1];
            if let Some(rest) = inside.strip_prefix("lit:") {
                found.push((start..start + len, format!("@{{{rest}}}")));
                continue;
            }
            let (name, suffix) = inside.split_once(':').map_or((inside, ""), |(n, _)| (n, &inside[n.len()..]));
            let form = FORMS.iter().find(|(_, s)| *s == suffix).map(|(f, _)| *f);
            let home = self.homes.iter().find(|(n, _)| *n == name);
            if let (Some(form), Some((_, path))) = (form, home) {
                found.push((start..start + len, form.write(path)));
            }
        }
        found
    }
}

fn usable(path: &Path) -> Option<&str> {
    path.to_str().filter(|p| p.len() > 1 && path.is_absolute()).map(|p| p.trim_end_matches('/'))
}

/// The length of a token, escaped or not, at the start of a text.
fn literal(text: &str) -> Option<usize> {
    let mut rest = text.strip_prefix("@{")?;
    while let Some(deeper) = rest.strip_prefix("lit:") {
        rest = deeper;
    }
    let rest = ROOT_NAMES.iter().find_map(|(name, _)| rest.strip_prefix(name))?;
    let rest = FORMS.iter().rev().find_map(|(_, suffix)| rest.strip_prefix(suffix)?.strip_prefix('}'))?;
    Some(text.len() - rest.len())
}

/// Whether a path can begin after this text.
fn starts_path(before: &str) -> bool {
    let Some(last) = before.chars().next_back() else { return true };
    if !(last.is_alphanumeric() || "_-./~%}".contains(last)) {
        return true;
    }
    let head = &before[..before.len() - last.len_utf8()];
    // `\n/home/…` in text that is itself escaped, `-I/home/…`, and colour codes of `ls`.
    ("nrtbf".contains(last) && head.ends_with('\\'))
        || (last.is_ascii_alphabetic() && option_letter(head))
        || (last == 'm' && colour(head))
}

fn option_letter(head: &str) -> bool {
    head.strip_suffix('-')
        .is_some_and(|h| h.chars().next_back().is_none_or(|c| c.is_whitespace() || "\"'`=,(".contains(c)))
}

fn colour(head: &str) -> bool {
    let codes = head.trim_end_matches(|c: char| c.is_ascii_digit() || c == ';');
    ["\u{1b}[", "\\u001b[", "\\x1b[", "\\033[", "\\e["].iter().any(|start| codes.ends_with(start))
}

/// Whether a path's component can end before this text.
fn ends_path(after: &str) -> bool {
    let mut chars = after.chars();
    match chars.next() {
        None => true,
        Some('.') => chars.next().is_none_or(|c| !(c.is_alphanumeric() || c == '_')),
        Some(c) => !(c.is_alphanumeric() || "_-+@~%".contains(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn roots(repo: &str, home: &str) -> Roots {
        Roots::new(&[Root { name: "repo", paths: vec![repo.into()] }, Root { name: "home", paths: vec![home.into()] }])
    }

    fn replace(text: &str, edits: Vec<(Range<usize>, String)>) -> String {
        let mut out = text.to_owned();
        edits.into_iter().rev().for_each(|(range, with)| out.replace_range(range, &with));
        out
    }

    #[test]
    fn roots_are_replaced_only_as_whole_paths() {
        let r = roots("/home/ada/src/demo", "/home/ada");
        for (text, stored) in [
            ("/home/ada/src/demo", "@{repo}"),
            ("see /home/ada/src/demo/a.rs:3, /home/ada/src/demo.", "see @{repo}/a.rs:3, @{repo}."),
            ("/home/ada/src/demo2 /home/ada/src/demo.bak", "@{home}/src/demo2 @{home}/src/demo.bak"),
            ("/mnt/home/ada/src/demo", "/mnt/home/ada/src/demo"),
            ("file:///home/ada/src/demo/x", "file://@{repo:url}/x"),
            ("-I/home/ada/src/demo/inc", "-I@{repo}/inc"),
            ("a\\n/home/ada/x", "a\\n@{home}/x"),
            ("\u{1b}[01;34m/home/ada/src/demo\u{1b}[0m", "\u{1b}[01;34m@{repo}\u{1b}[0m"),
            ("@{repo} @{lit:home} @{other}", "@{lit:repo} @{lit:lit:home} @{other}"),
            ("PATH=/home/ada/bin:/home/ada/src/demo/bin", "PATH=@{home}/bin:@{repo}/bin"),
            ("/home/adam", "/home/adam"),
        ] {
            assert_eq!(replace(text, r.tokens(text, false)), stored);
            assert_eq!(replace(stored, r.paths(stored)), text);
        }
    }

    #[test]
    fn short_roots_only_where_a_path_is_expected() {
        let r = roots("/app", "/root");
        assert_eq!(replace("/app/x", r.tokens("/app/x", true)), "@{repo}/x");
        assert!(r.tokens("cd /app/x", false).is_empty());
        assert!(r.tokens("the /app", true).is_empty());
    }

    #[test]
    fn forms_come_back_in_the_form_of_the_other_machine() {
        let here = roots("/home/ada/my démo", "/home/ada");
        let there = roots("/srv/\"x\" ü", "/srv/u");
        for (text, away) in [
            ("file:///home/ada/my%20d%C3%A9mo/x", "file:///srv/%22x%22%20%C3%BC/x"),
            ("/home/ada/my d\\u00e9mo/x", "/srv/\\\"x\\\" \\u00fc/x"),
            ("/home/ada/my démo/x", "/srv/\"x\" ü/x"),
        ] {
            let stored = replace(text, here.tokens(text, false));
            assert_eq!(replace(&stored, there.paths(&stored)), away);
        }
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same(text in "([ a-z/@{}:.-]|/home/ada|/home/ada/src/demo|@\\{repo\\}|@\\{lit:|file://|url)*") {
            let r = roots("/home/ada/src/demo", "/home/ada");
            let stored = replace(&text, r.tokens(&text, false));
            prop_assert_eq!(replace(&stored, r.paths(&stored)), text);
        }
    }
}
