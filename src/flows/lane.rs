//! Which branch, and at which remote: the current one, or the one that a person named, in any of git's spellings.

use crate::fault::{AnyFault, Blame, Choice, Fault};
use crate::flows::{Coded, Ctx, Stuck, quote};
use crate::format::refs;
use crate::model::ids::{BranchName, Oid};

/// A local branch with the remote and the name it has there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// The name here.
    pub local: BranchName,
    /// The name on the server: the one that a record goes under.
    pub server: BranchName,
    /// The remote it is pushed to; `None`: the clone has no remote.
    pub remote: Option<String>,
}

impl Ctx {
    /// The lane of a branch: `given`, else the current one, else (HEAD detached) the one branch whose tip HEAD is.
    pub fn lane(&self, given: Option<&str>, remote: Option<&str>) -> Result<Lane, AnyFault> {
        let (local, of) = match given {
            Some(text) => self.branch_named(text)?,
            None => (self.current_branch()?, None),
        };
        let remote = remote.or(of.as_deref());
        let (destination, server) = self.repo.destination(&local);
        // The name that a branch has at one remote says nothing of another.
        let elsewhere = remote.is_some() && destination.is_some() && remote != destination.as_deref();
        let server = if elsewhere { local.clone() } else { server };
        let remote = match remote {
            Some(name) if self.repo.remotes().iter().any(|r| r == name) => Some(name.to_owned()),
            Some(name) => {
                let known = self.repo.remotes().join(", ");
                let next = format!("sessions go to named remotes only; this clone has: {known}");
                return Err(Stuck::usage(format!("there is no remote {name:?}"), next).into());
            }
            None => destination.or_else(|| self.usual_remote()),
        };
        Ok(Lane { local, server, remote })
    }

    /// The branch that a person named, and the remote whose it is if they said so: `x`, `refs/heads/x`, `origin/x`,
    /// `refs/remotes/origin/x`. A branch that is really called `origin/x` goes first.
    pub fn branch_named(&self, text: &str) -> Result<(BranchName, Option<String>), AnyFault> {
        if let Some(name) = text.strip_prefix("refs/heads/") {
            return Ok((name.parse()?, None));
        }
        let remotes = self.repo.remotes();
        let below = |text: &str| {
            let rest = |r: &String| text.strip_prefix(r.as_str())?.strip_prefix('/')?.parse::<BranchName>().ok();
            let mut hits: Vec<_> = remotes.iter().filter_map(|r| Some((rest(r)?, Some(r.clone())))).collect();
            hits.sort_by_key(|(name, _)| name.as_str().len());
            hits.into_iter().next()
        };
        if let Some(found) = text.strip_prefix("refs/remotes/").and_then(below) {
            return Ok(found);
        }
        let name: BranchName = text.parse()?;
        match below(text) {
            Some(found) if !self.is_known(&name, None)? => Ok(found),
            _ => Ok((name, None)),
        }
    }

    /// Whether there is a branch here, or a record of one; or, at `remote`, a branch when last seen.
    pub(super) fn is_known(&self, branch: &BranchName, remote: Option<&str>) -> Result<bool, AnyFault> {
        let record = refs::record(branch);
        let mut names = vec![format!("refs/heads/{branch}"), record.clone()];
        names.extend(self.repo.remotes().iter().filter_map(|r| refs::tracking(r, &record)));
        names.extend(remote.map(|r| format!("refs/remotes/{r}/{branch}")));
        for name in names {
            if self.repo.find_ref(&name)?.is_some() {
                return Ok(true);
            }
        }
        Ok(self.repo.head()?.branch.as_ref() == Some(branch))
    }

    /// The one answer to a name that means nothing here; `None`: it does.
    pub fn unknown(&self, lane: &Lane) -> Result<Option<Coded<Stuck>>, AnyFault> {
        let remote = lane.remote.as_deref();
        if self.is_known(&lane.local, remote)? || self.is_known(&lane.server, remote)? {
            return Ok(None);
        }
        Ok(Some(self.means_nothing(lane.server.as_str())))
    }

    /// The answer itself.
    pub fn means_nothing(&self, text: &str) -> Coded<Stuck> {
        let what = format!("{text} is no branch here, and nothing of that name was handed over");
        let others = self.handoffs().map(|(handoffs, _)| handoffs).unwrap_or_default();
        let next = match others.as_slice() {
            [] => "`git handoff fetch` asks the remote what was handed over".to_owned(),
            some => {
                let names: Vec<&str> = some.iter().take(5).map(|h| h.branch.as_str()).collect();
                format!("handed over are: {}; `git handoff fetch` asks the remote for more", names.join(", "))
            }
        };
        Coded::new("unknown_branch", Stuck::usage(what, next))
    }

    /// The remote that is meant when nothing else says which: the only one that was opted in, `origin`, or the only one.
    pub fn usual_remote(&self) -> Option<String> {
        let all = self.repo.remotes();
        let opted: Vec<&String> = all.iter().filter(|r| self.opted_in(r)).collect();
        match (opted.as_slice(), all.as_slice()) {
            ([only], _) => Some((*only).clone()),
            (_, [only]) => Some(only.clone()),
            _ => all.iter().find(|r| *r == "origin").cloned(),
        }
    }

    /// Whether sessions may go to this remote.
    pub fn opted_in(&self, remote: &str) -> bool {
        self.repo.flag(&format!("remote.{remote}.handoff")).unwrap_or(false)
    }

    fn current_branch(&self) -> Result<BranchName, AnyFault> {
        let head = self.repo.head()?;
        if let Some(branch) = head.branch {
            return Ok(branch);
        }
        if let Some(branch) = self.repo.rebased() {
            return Ok(branch);
        }
        let Some(commit) = head.commit else {
            return Err(Stuck::usage("HEAD is on no branch", "name one with --branch").into());
        };
        let here = |prefix: &str, strip: usize| -> Result<Vec<BranchName>, AnyFault> {
            let tips = self.repo.list_refs(prefix)?;
            let short = |name: &str| name.splitn(strip + 1, '/').nth(strip)?.parse().ok();
            Ok(tips.iter().filter(|(_, oid)| *oid == commit).filter_map(|(name, _)| short(name)).collect())
        };
        let mut names = here("refs/heads/", 2)?;
        if names.is_empty() {
            names = here("refs/remotes/", 3)?;
        }
        names.dedup();
        match names.as_slice() {
            [only] => Ok(only.clone()),
            [] => Err(Detached {
                at: commit,
                choices: vec![Choice::new("name the branch", self.typed.again("<name>"))],
                several: false,
            }
            .into()),
            several => Err(Detached {
                at: commit,
                choices: several
                    .iter()
                    .take(9)
                    .map(|b| Choice::new("this one", self.typed.again(&quote(b.as_str()))))
                    .collect(),
                several: true,
            }
            .into()),
        }
    }
}

/// HEAD is on no branch, and it is not clear which one is meant.
#[derive(Debug, thiserror::Error)]
#[error("HEAD is detached at {}, {}", at.short(), if *several { "where several branches end" } else { "and no branch ends there" })]
pub struct Detached {
    /// Where HEAD is.
    pub at: Oid,
    /// The command that was typed, with each branch that may be meant.
    pub choices: Vec<Choice>,
    several: bool,
}

impl Fault for Detached {
    fn code(&self) -> &'static str {
        "detached"
    }
    fn blame(&self) -> Blame {
        Blame::Decision
    }
    fn choices(&self) -> Vec<Choice> {
        self.choices.clone()
    }
}
