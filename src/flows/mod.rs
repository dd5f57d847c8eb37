//! What the program does, one file a flow. Flows return reports and print nothing.

pub mod answers;
pub mod capture;
pub mod check;
pub mod demo;
pub mod doctor;
pub mod hook;
pub mod init;
pub mod local;
pub mod overview;
pub mod push;
pub mod restore;
pub mod resume;
pub mod run;
pub mod save;
pub mod send;
pub mod sessions;
pub mod show;
pub mod sync;
pub mod uninstall;
pub mod work;

use crate::env::Env;
use crate::fault::{AnyFault, Blame, Choice, Fault};
use crate::flows::local::Local;
use crate::git::Repo;
pub use crate::install::managers::Advice;
use crate::model::ids::BranchName;
pub use crate::model::shell::quote;

/// What every flow works on.
pub struct Ctx {
    /// The surroundings.
    pub env: Env,
    /// The repository.
    pub repo: Repo,
    /// What this clone remembers.
    pub local: Local,
}

impl Ctx {
    /// Opens the repository around the working folder.
    pub fn open(env: &Env) -> Result<Ctx, AnyFault> {
        let repo = Repo::open(env)?;
        let local = Local::open(&repo);
        Ok(Ctx { env: env.clone(), repo, local })
    }
}

/// A flow that stopped because a decision is the user's.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Undecided {
    /// What has to be decided, and that nothing was changed.
    pub what: String,
    /// The ways on.
    pub choices: Vec<Choice>,
}

/// A flow that did one part and stopped before the other, because a decision is the user's.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct HalfDone {
    /// What has to be decided.
    pub what: String,
    /// What was done.
    pub done: String,
    /// The ways on.
    pub choices: Vec<Choice>,
}

impl Fault for HalfDone {
    fn blame(&self) -> Blame {
        Blame::Decision
    }
    fn so_far(&self) -> &str {
        &self.done
    }
    fn choices(&self) -> Vec<Choice> {
        self.choices.clone()
    }
}

impl Fault for Undecided {
    fn blame(&self) -> Blame {
        Blame::Decision
    }
    fn choices(&self) -> Vec<Choice> {
        self.choices.clone()
    }
}

/// A flow that cannot go on, with the next step.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Stuck {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub next: String,
    /// Whose turn it is.
    pub blame: Blame,
}

impl Fault for Stuck {
    fn blame(&self) -> Blame {
        self.blame
    }
    fn hint(&self) -> Option<String> {
        Some(self.next.clone())
    }
}

impl Stuck {
    /// It failed.
    pub fn failed(what: impl Into<String>, next: impl Into<String>) -> Stuck {
        Stuck { what: what.into(), next: next.into(), blame: Blame::Failed }
    }

    /// It was asked for wrongly.
    pub fn usage(what: impl Into<String>, next: impl Into<String>) -> Stuck {
        Stuck { what: what.into(), next: next.into(), blame: Blame::Usage }
    }
}

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
        let local = match given {
            Some(name) => name.strip_prefix("refs/heads/").unwrap_or(name).parse()?,
            None => self.current_branch()?,
        };
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
            [] => Err(Undecided {
                what: format!("HEAD is detached at {}, and no branch ends there", commit.short()),
                choices: vec![Choice::new("name the branch", "git handoff push --branch <name>")],
            }
            .into()),
            several => Err(Undecided {
                what: format!("HEAD is detached at {}, where several branches end", commit.short()),
                choices: several
                    .iter()
                    .take(9)
                    .map(|b| Choice::new("this one", format!("git handoff push --branch {}", quote(b.as_str()))))
                    .collect(),
            }
            .into()),
        }
    }
}
