//! Merging: logs and records of one name from two writers, as functions of two values that lose nothing.
//!
//! Both are commutative, associative and idempotent and look at nothing but the two values (not at what else a clone
//! happens to have), so every clone ends up with the same.

mod logs;
mod records;
#[cfg(test)]
mod tests;

pub use logs::{arrange, logs};
pub use records::{baton, leads, records};

use std::collections::BTreeMap;

use serde_json::Value;

use crate::git::{GitError, Repo};
use crate::model::ids::Oid;

/// How the next commit of a ref hangs together with what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parents {
    /// What the local ref is now.
    pub local: Option<Oid>,
    /// The local commit that nobody else has seen and that is replaced.
    pub replaces: Option<Oid>,
    /// The parents of the next commit.
    pub follows: Vec<Oid>,
}

impl Parents {
    /// The parents of the next commit of a local ref whose remote counterparts are `seen`.
    ///
    /// A local commit that no remote has is replaced, and its parents are kept; every tip of a remote that the result
    /// does not follow yet becomes a parent as well.
    pub fn of(repo: &Repo, local: Option<Oid>, seen: &[Oid]) -> Result<Parents, GitError> {
        let pushed = |oid: &Oid| seen.iter().any(|s| repo.is_ancestor(oid, s));
        let (replaces, mut follows) = match &local {
            Some(oid) if !pushed(oid) => {
                let parents = repo.commit(oid).map(|c| c.parents).unwrap_or_default();
                (Some(oid.clone()), parents)
            }
            Some(oid) => (None, vec![oid.clone()]),
            None => (None, Vec::new()),
        };
        for tip in seen {
            if !follows.iter().any(|f| repo.is_ancestor(tip, f)) {
                follows.retain(|f| !repo.is_ancestor(f, tip));
                follows.push(tip.clone());
            }
        }
        Ok(Parents { local, replaces, follows })
    }

    /// Whether all that is there is one commit and what it continues, so that nothing has to be joined.
    pub fn stand_at(&self, repo: &Repo, commit: &Oid) -> bool {
        match &self.replaces {
            Some(old) => old == commit && self.follows_of(repo, old),
            None => self.follows == [commit.clone()],
        }
    }

    /// Whether a commit has just these parents.
    pub fn follows_of(&self, repo: &Repo, oid: &Oid) -> bool {
        repo.commit(oid).is_ok_and(|c| c.parents == self.follows)
    }
}

/// Fields that this version does not know, of both; of two values of one field the one with the greater text.
fn keep_unknown(fields: &mut BTreeMap<String, Value>, more: &BTreeMap<String, Value>) {
    for (name, value) in more {
        if fields.get(name).map(Value::to_string) < Some(value.to_string()) {
            fields.insert(name.clone(), value.clone());
        }
    }
}
