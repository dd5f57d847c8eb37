//! Names that come from outside and end up in refs, paths and arguments: parsed once, safe afterwards.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::fault::{Blame, Fault};

/// A name that its grammar does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {} is not allowed: {why}", quoted(text))]
pub struct BadName {
    /// "session id", "agent", "object id", …
    pub what: &'static str,
    /// What was given.
    pub text: String,
    /// The rule it breaks.
    pub why: &'static str,
}

impl Fault for BadName {
    fn blame(&self) -> Blame {
        Blame::Usage
    }
}

fn quoted(text: &str) -> String {
    let short: String = text.chars().take(60).flat_map(char::escape_default).collect();
    if text.chars().count() > 60 { format!("\"{short}…\"") } else { format!("\"{short}\"") }
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = BadName;
            fn from_str(text: &str) -> Result<$type, BadName> {
                let check: fn(&str) -> Result<(), &'static str> = $check;
                match check(text) {
                    Ok(()) => Ok($type(text.to_owned())),
                    Err(why) => Err(BadName { what: $what, text: text.to_owned(), why }),
                }
            }
        }

        impl TryFrom<String> for $type {
            type Error = BadName;
            fn try_from(text: String) -> Result<$type, BadName> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// An agent's short name: `[a-z][a-z0-9-]*`, at most 32 bytes.
    AgentName,
    "agent",
    |t| match t.as_bytes() {
        [b'a'..=b'z', rest @ ..] if rest.len() < 32 => {
            let ok = rest.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
            if ok { Ok(()) } else { Err("only a-z, 0-9 and - may follow") }
        }
        _ => Err("it is 1 to 32 characters and starts with a letter a-z"),
    }
);

name!(
    /// An agent's own id of a session: `[A-Za-z0-9][A-Za-z0-9_-]*`, at most 128 bytes.
    ///
    /// Every supported agent uses UUIDs, ULIDs or `ses_…`; nothing that can leave a folder or look like an option.
    SessionId,
    "session id",
    |t| match t.as_bytes() {
        [b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9', rest @ ..] if rest.len() < 128 => {
            let ok = rest.iter().all(|b| matches!(b, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'));
            if ok { Ok(()) } else { Err("only letters, digits, _ and - may follow") }
        }
        _ => Err("it is 1 to 128 characters and starts with a letter or a digit"),
    }
);

name!(
    /// The id of a git object: 40 (SHA-1) or 64 (SHA-256) lower-case hex digits.
    Oid,
    "object id",
    |t| {
        let hex = t.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if hex && matches!(t.len(), 40 | 64) { Ok(()) } else { Err("it is 40 or 64 lower-case hex digits") }
    }
);

name!(
    /// A branch's short name (`feature/auth`), under git's own rules for ref names.
    BranchName,
    "branch name",
    check_branch
);

fn check_branch(t: &str) -> Result<(), &'static str> {
    if t.is_empty() || t.len() > 1024 {
        return Err("it is 1 to 1024 bytes");
    }
    if t.starts_with('-') || t == "@" || t == "HEAD" {
        return Err("it starts with - or has a special meaning in git");
    }
    if t.bytes().any(|b| b < 0x20 || b == 0x7f || b" ~^:?*[\\".contains(&b)) || t.contains("..") || t.contains("@{") {
        return Err("git forbids control characters, spaces, ~ ^ : ? * [ \\, .. and @{ in it");
    }
    let part_ok = |p: &str| !p.is_empty() && !p.starts_with('.') && !p.ends_with('.') && !p.ends_with(".lock");
    if t.split('/').all(part_ok) {
        Ok(())
    } else {
        Err("a part of it is empty, starts or ends with . or ends with .lock")
    }
}

impl Oid {
    /// The first seven digits, for people.
    pub fn short(&self) -> &str {
        &self.0[..7]
    }
}

impl SessionId {
    /// The part that people see and may type: the first eight characters.
    pub fn short(&self) -> &str {
        &self.0[..self.0.len().min(8)]
    }
}

/// One session of one agent: `claude.434d9315-…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionKey {
    /// The agent.
    pub agent: AgentName,
    /// Its own id of the session.
    pub id: SessionId,
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.agent, self.id)
    }
}

impl FromStr for SessionKey {
    type Err = BadName;
    fn from_str(text: &str) -> Result<SessionKey, BadName> {
        let bad = || BadName { what: "session", text: text.to_owned(), why: "it is <agent>.<id>" };
        let (agent, id) = text.split_once('.').ok_or_else(bad)?;
        Ok(SessionKey { agent: agent.parse()?, id: id.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_cannot_leave_their_place() {
        for bad in ["", "-x", "..", "a/b", "a\\b", "a\0", "a b", "é", ".a", "a.lock", &"a".repeat(129)] {
            assert!(bad.parse::<SessionId>().is_err(), "{bad:?}");
        }
        assert!("434d9315-afc1-4bc3-918b-bc4c51f895e6".parse::<SessionId>().is_ok());
        for bad in ["-f", "a..b", "a/.b", "a//b", "a.lock", "a b", "x@{1}", "HEAD", "a/"] {
            assert!(bad.parse::<BranchName>().is_err(), "{bad:?}");
        }
        assert!("feature/ünï".parse::<BranchName>().is_ok());
        assert!("abc".parse::<Oid>().is_err());
    }
}
