//! How far this clone is with a session: what a save goes on from. A cache: without it the whole log is read again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::agents::RawFile;
use crate::canon::redact::{Memory, RULES_VERSION};
use crate::canon::{self, paths::Root};
use crate::flows::Ctx;
use crate::flows::capture::reach::{Reach, Stamp};
use crate::flows::capture::tally::Remembered;
use crate::model::ids::{Oid, SessionKey};

/// How much of an agent's log was read, and what to remember of that.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Seen {
    /// How far.
    pub reach: Reach,
    /// What the filter of the agent's lines remembers.
    pub carry: Value,
    /// What was counted.
    pub tally: Remembered,
}

/// What was captured of a session, and what is needed to go on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Progress {
    /// The rules and the roots under which it was.
    pub rules: String,
    /// The commit of the log in which the main one is just what was read.
    pub commit: Oid,
    /// The tip of that log.
    pub tip: String,
    /// What was read.
    pub seen: Seen,
    /// What the cleaner remembers.
    pub memory: Memory,
    /// The side files as they were, by name.
    pub files: BTreeMap<String, Stamp>,
}

/// What makes stored lines of an agent's: where it changes, nothing that is remembered holds.
pub fn rules(roots: &[Root]) -> String {
    let tool = env!("CARGO_PKG_VERSION");
    let roots = blake3::hash(format!("{roots:?}").as_bytes()).to_hex();
    format!("{tool} {} {RULES_VERSION} {}", canon::VERSION, &roots[..16])
}

/// The side files as they are now.
pub fn stamps(files: &[(String, RawFile)]) -> BTreeMap<String, Stamp> {
    files.iter().filter_map(|(name, file)| Some((name.clone(), Stamp::of(file)?))).collect()
}

fn name(key: &SessionKey) -> String {
    format!("progress/{key}.json")
}

impl Progress {
    /// What is remembered of a session under these rules.
    pub fn of(ctx: &Ctx, key: &SessionKey, rules: &str) -> Option<Progress> {
        Progress::last(ctx, key).filter(|progress| progress.rules == rules)
    }

    /// What is remembered of a session, whatever the rules.
    pub fn last(ctx: &Ctx, key: &SessionKey) -> Option<Progress> {
        serde_json::from_str(&ctx.local.read(&name(key))?).ok()
    }

    /// Remembers. Who cannot remember reads again.
    pub fn note(&self, ctx: &Ctx, key: &SessionKey) {
        if let Ok(text) = serde_json::to_string(self) {
            let _ = ctx.local.write(&name(key), &text);
        }
    }

    /// Forgets.
    pub fn forget(ctx: &Ctx, key: &SessionKey) {
        ctx.local.remove(&name(key));
    }
}
