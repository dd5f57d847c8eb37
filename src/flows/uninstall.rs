//! `git handoff uninstall`: takes exactly that back which `init` put in. What was handed over stays.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::fault::AnyFault;
use crate::flows::{Ctx, quote};
use crate::format::refs;
use crate::git::GitError;
use crate::install::managers::Advice;
use crate::install::{hooks, refspec};

/// What `uninstall` did.
#[derive(Debug, Clone, Serialize)]
pub struct Uninstalled {
    /// What was changed, one a line: `removed pre-push from .git/hooks/pre-push`.
    pub changed: Vec<String>,
    /// Lines that a person added and has to take out.
    pub by_hand: Vec<Advice>,
    /// What was fetched from remotes that are gone.
    pub leftovers: Vec<Leftover>,
}

/// Tracking refs of a remote that this clone no longer has.
#[derive(Debug, Clone, Serialize)]
pub struct Leftover {
    /// The remote, as the refs have its name.
    pub remote: String,
    /// How many refs.
    pub refs: usize,
    /// The command that deletes them.
    pub command: String,
}

impl Ctx {
    /// Takes hooks, refspecs and opt-ins back.
    pub fn uninstall(&self) -> Result<Uninstalled, AnyFault> {
        let hooks = hooks::uninstall(&self.repo)?;
        let mut changed = hooks.done;
        for remote in self.repo.remotes() {
            changed.extend(refspec::remove(&self.repo, &remote, &refs::records_refspec(&remote), refs::REMOTES)?);
        }
        Ok(Uninstalled { changed, by_hand: hooks.advice, leftovers: self.leftovers()? })
    }

    /// What is left of remotes that were removed or renamed.
    pub(super) fn leftovers(&self) -> Result<Vec<Leftover>, GitError> {
        let known: Vec<String> = self.repo.remotes().iter().map(|r| refs::tracking_root(r)).collect();
        let mut gone: BTreeMap<String, usize> = BTreeMap::new();
        for (name, _) in self.repo.list_refs(refs::REMOTES)? {
            let remote = name[refs::REMOTES.len()..].split('/').next().unwrap_or_default();
            let root = format!("{}{remote}/", refs::REMOTES);
            if !known.contains(&root) {
                *gone.entry(root).or_default() += 1;
            }
        }
        let leftover = |(root, count): (String, usize)| Leftover {
            remote: refs::readable(root[refs::REMOTES.len()..].trim_end_matches('/')).into_owned(),
            refs: count,
            command: format!("git for-each-ref --format='delete %(refname)' {} | git update-ref --stdin", quote(&root)),
        };
        Ok(gone.into_iter().map(leftover).collect())
    }
}
