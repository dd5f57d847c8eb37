//! Uncommitted work as a value: what differs from a head in the index, and from the index in the work tree.

use crate::model::ids::Oid;

/// A path is no longer than this, in bytes.
const LONGEST_PATH: usize = 4_096;

/// What is not committed on a branch, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The commit that it differs from.
    pub head: Oid,
    /// What the index has differently from the head, by path.
    pub index: Vec<Change>,
    /// What the work tree has differently from the index, by path.
    pub worktree: Vec<Change>,
    /// Old and new paths of what git takes for a rename, for people.
    pub renames: Vec<(String, String)>,
    /// What stays where it is.
    pub left_out: Vec<LeftOut>,
    /// Paths with an unfinished merge: their index side is the head's, their work-tree side has the marks.
    pub unmerged: Vec<String>,
}

/// One changed path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Relative to the root of the work tree, `/` between its parts; see [`is_path`].
    pub path: String,
    /// What it is; `None`: it is gone.
    pub to: Option<Content>,
    /// git does not know it yet.
    pub untracked: bool,
}

/// What a file is, as git stores it: after the filters and with the line ends of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Which kind of file.
    pub mode: Mode,
    /// Its bytes; of a link, where it points.
    pub blob: Oid,
}

/// The kinds of files that git knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A plain file.
    Plain,
    /// A file that can be run.
    Executable,
    /// A symbolic link.
    Link,
}

impl Mode {
    /// As git writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Plain => "100644",
            Mode::Executable => "100755",
            Mode::Link => "120000",
        }
    }

    /// From git's writing; `None` for folders and submodules.
    pub fn of(text: &str) -> Option<Mode> {
        [Mode::Plain, Mode::Executable, Mode::Link].into_iter().find(|m| m.as_str() == text)
    }
}

/// A changed file that stays where it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LeftOut {
    /// Which.
    pub path: String,
    /// Why.
    pub why: String,
}

impl Work {
    /// Every path that changes, once, in order.
    pub fn paths(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.index.iter().chain(&self.worktree).map(|c| c.path.as_str()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether there is nothing to carry.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty() && self.worktree.is_empty()
    }
}

/// Whether a path may be written below a work tree: relative, no part that is empty, `.`, `..` or any spelling of
/// `.git`, nothing that a terminal or another system would read as something else.
pub fn is_path(path: &str) -> bool {
    let fit = |part: &str| {
        // Windows drops dots and spaces at the end, and knows `.git` as `git~1` too; HFS ignores some characters.
        let plain: String = part.chars().filter(|c| !is_ignorable(*c)).collect();
        let plain = plain.trim_end_matches(['.', ' ']).to_ascii_lowercase();
        !part.is_empty() && part != "." && part != ".." && plain != ".git" && plain != "git~1"
    };
    path.len() <= LONGEST_PATH
        && !path.chars().any(|c| c.is_control() || c == '\\')
        && path.split('/').all(fit)
        && path.as_bytes().get(1) != Some(&b':')
}

/// Characters that HFS+ leaves out when it compares names (git's `is_hfs_dotgit`).
fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_work_tree() {
        for good in ["a", "-x y/é", ".github/x", "a.git", "..a", ".gitignore", "dir/.env"] {
            assert!(is_path(good), "{good}");
        }
        let bad = ["", "/a", "a//b", "a/", "../a", "a/..", "./a", ".git/config", "a/.GIT/x", ".git./x", "git~1/x"];
        for bad in bad.iter().chain(&["a\nb", "a\\b", "C:/x", ".g\u{200c}it/x"]) {
            assert!(!is_path(bad), "{bad:?}");
        }
    }
}
