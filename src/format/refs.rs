//! Names of refs: which ref holds what, and how a branch's name becomes one component of one.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::model::ids::{BranchName, SessionKey};

/// Everything that travels stands below this.
pub const ROOT: &str = "refs/handoff/";
/// Records, one a branch.
pub const BRANCHES: &str = "refs/handoff/branches/";
/// Logs, one a session.
pub const LOGS: &str = "refs/handoff/logs/";
/// Uncommitted work, one a branch.
pub const WORK: &str = "refs/handoff/work/";
/// What a remote had when last seen, below `<remote>/`. Never pushed.
pub const REMOTES: &str = "refs/handoff-remotes/";
/// The user's trees before we touched them. Never pushed.
pub const RESCUE: &str = "refs/handoff-rescue/";

/// A branch component longer than this takes the long form, in bytes.
const LONGEST: usize = 180;
/// How much of the name the long form keeps, in bytes of its encoding.
const KEPT: usize = 160;

/// The local ref of a branch's record.
pub fn record(branch: &BranchName) -> String {
    format!("{BRANCHES}{}", component(branch))
}

/// The local ref of a session's log.
pub fn log(key: &SessionKey) -> String {
    format!("{LOGS}{key}")
}

/// The local ref of a branch's uncommitted work.
pub fn work(branch: &BranchName) -> String {
    format!("{WORK}{}", component(branch))
}

/// What `remote` had of a ref below `refs/handoff/`; `None` for refs that are not ours.
pub fn tracking(remote: &str, name: &str) -> Option<String> {
    name.strip_prefix(ROOT).map(|rest| format!("{REMOTES}{}/{rest}", escape(remote.as_bytes())))
}

/// The folder of tracking refs of a remote.
pub fn tracking_root(remote: &str) -> String {
    format!("{REMOTES}{}/", escape(remote.as_bytes()))
}

/// The refspec that brings every record of a remote.
pub fn records_refspec(remote: &str) -> String {
    format!("+{BRANCHES}*:{}branches/*", tracking_root(remote))
}

/// A branch's name as one component of a ref: every byte outside `[A-Za-z0-9._-]` percent-encoded in upper-case hex,
/// and a dot where git forbids one. Over 180 bytes: the first 160 (up to a whole escape), `%-`, and 16 hex digits of
/// the name's SHA-256; then only the record itself knows the whole name.
pub fn component(branch: &BranchName) -> String {
    let whole = escape(branch.as_str().as_bytes());
    if whole.len() <= LONGEST {
        return whole;
    }
    let mut end = KEPT;
    if let Some(percent) = whole[..end].rfind('%').filter(|at| end - at < 3) {
        end = percent;
    }
    let hash: String = Sha256::digest(branch.as_str()).iter().take(8).map(|b| format!("{b:02x}")).collect();
    format!("{}%-{hash}", &whole[..end])
}

/// The branch that a component names; `None` for the long form and for what no branch encodes to.
pub fn branch_of(component: &str) -> Option<BranchName> {
    let name: BranchName = unescape(component)?.parse().ok()?;
    (self::component(&name) == component).then_some(name)
}

fn escape(name: &[u8]) -> String {
    let mut out = String::with_capacity(name.len());
    for (at, &b) in name.iter().enumerate() {
        let rest = &name[at..];
        let bad_dot = b == b'.' && (at == 0 || name[at - 1] == b'.' || rest.len() == 1 || rest == b".lock");
        if (b.is_ascii_alphanumeric() || b"._-".contains(&b)) && !bad_dot {
            out.push(b as char);
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}

fn unescape(component: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(component.len());
    let mut rest = component.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let hex = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

/// The name of a side file as one entry of a tree, and back.
pub fn file_entry(name: &str) -> String {
    escape(name.as_bytes())
}

/// The side file that an entry names: relative, no empty, `.` or `..` part, no control character, no backslash.
pub fn file_name(entry: &str) -> Option<String> {
    let name = unescape(entry)?;
    let part_ok =
        |p: &str| !p.is_empty() && p != "." && p != ".." && !p.chars().any(|c| c.is_control() || "\\:".contains(c));
    (name.len() <= 512 && name.split('/').all(part_ok) && file_entry(&name) == entry).then_some(name)
}

/// The branch of a record's ref for people, even in the long form.
pub fn readable(component: &str) -> Cow<'_, str> {
    branch_of(component).map_or(Cow::Borrowed(component), |b| Cow::Owned(String::from(b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn branch(name: &str) -> BranchName {
        name.parse().expect("a branch name")
    }

    #[test]
    fn names_of_the_document() {
        assert_eq!(record(&branch("feature/auth")), "refs/handoff/branches/feature%2Fauth");
        assert_eq!(component(&branch("ünï")), "%C3%BCn%C3%AF");
        assert_eq!(component(&branch("v1.2")), "v1.2");
        let long = branch(&format!("{}/é", "x".repeat(200)));
        assert_eq!(component(&long).len(), 160 + 2 + 16);
        assert!(branch_of(&component(&long)).is_none());
        let cut = branch(&format!("{}{}", "x".repeat(159), "é".repeat(40)));
        assert!(component(&cut).starts_with(&format!("{}%-", "x".repeat(159))));
    }

    #[test]
    fn side_files_stay_below_their_session() {
        assert_eq!(file_entry("subagents/a.jsonl"), "subagents%2Fa.jsonl");
        assert_eq!(file_name("subagents%2Fa.jsonl").as_deref(), Some("subagents/a.jsonl"));
        for bad in ["..", "%2E%2E", "a%2F%2E%2E%2Fb", "%2Fetc", "a%5Cb", "a%0Ab", "a%2f", "", "C%3A"] {
            assert_eq!(file_name(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_component_names_its_branch(name in "[a-zA-Z0-9._/é%+-]{1,60}") {
            if let Ok(b) = name.parse::<BranchName>() {
                let c = component(&b);
                let ok = !c.starts_with('.') && !c.ends_with('.') && !c.ends_with(".lock") && !c.contains("..");
                prop_assert!(ok && !c.contains('/'));
                if c.len() <= LONGEST {
                    prop_assert_eq!(branch_of(&c), Some(b));
                }
            }
        }
    }
}
