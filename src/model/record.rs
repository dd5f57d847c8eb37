//! The record of a branch: the small statement that travels with it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::ids::{BranchName, Oid, SessionKey};

/// What one branch hands over, at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The commit at which the head's first-parent history begins, so that a record cannot pass as another repository's.
    pub repository: Option<Oid>,
    /// The branch's name on the server.
    pub branch: BranchName,
    /// The commit the branch was at.
    pub head: Oid,
    /// The branch of the server that this one followed then (`origin/feature/auth`), for people.
    pub upstream: Option<String>,
    /// Where the branch left the default branch, if that was known.
    pub base: Option<Oid>,
    /// 1 + the greatest of the parents'.
    pub sequence: u64,
    /// The record that an earlier branch of this name left in the archive.
    pub previous: Option<Oid>,
    /// The name this branch had before.
    pub renamed_from: Option<BranchName>,
    /// Commits that were rewritten, old to new, oldest first.
    pub rewrites: Vec<(Oid, Oid)>,
    /// Who holds the branch.
    pub baton: Baton,
    /// The sessions, the one that was worked with last at the end (see [`Record::order`]).
    pub sessions: Vec<SessionEntry>,
    /// The commit of the uncommitted work that goes with it.
    pub work: Option<Oid>,
    /// Name and version of the program that wrote it.
    pub tool: String,
    /// Ids that were purged or withdrawn: merged by union, never written again.
    pub removed: Vec<String>,
    /// Fields of a later minor version, kept as they came.
    pub unknown: BTreeMap<String, serde_json::Value>,
}

/// One session of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionEntry {
    /// Which.
    pub key: SessionKey,
    /// The commit of its log.
    pub commit: Oid,
    /// How many events the log has there.
    pub events: u64,
    /// When its last event was, by the clock of the machine it happened on.
    pub last_event: Option<Timestamp>,
    /// Which of its logs was handed over, should it go two ways: 16 hex digits of SHA-256 of the log that the agent had.
    pub tip: Option<String>,
    /// Its title, for `list`.
    pub title: Option<String>,
}

impl Record {
    /// Puts the sessions in their order, whoever wrote which of them first: by their last event, then by key.
    pub fn order(&mut self) {
        self.sessions.sort_by(|a, b| (a.last_event, &a.key).cmp(&(b.last_event, &b.key)));
    }
}

/// Who holds the branch now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baton {
    /// Raised by push, resume and release only; the higher one wins.
    pub epoch: u64,
    /// Held, offered or free.
    pub state: BatonState,
    /// The surface that holds it, offers it or let go of it: `<random id>` or `<label>-<random id>`.
    pub holder: String,
    /// Since when.
    pub since: Timestamp,
}

/// The states of a baton. At a tie the greater wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BatonState {
    /// Nobody works on the branch, and nothing is offered: whoever held it let go.
    Free,
    /// Someone may take it.
    Offered,
    /// Someone works on the branch.
    Held,
}

impl BatonState {
    /// The word in a record.
    pub fn as_str(self) -> &'static str {
        match self {
            BatonState::Free => "free",
            BatonState::Offered => "offered",
            BatonState::Held => "held",
        }
    }

    /// The state that a word of a record names.
    pub fn named(word: &str) -> Option<BatonState> {
        [BatonState::Free, BatonState::Offered, BatonState::Held].into_iter().find(|state| state.as_str() == word)
    }
}
