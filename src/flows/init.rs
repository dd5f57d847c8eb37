//! `git handoff init`: a remote is opted in, in plain words, and git's hooks call the program.

use serde::Serialize;

use crate::fault::AnyFault;
use crate::flows::push::without_userinfo;
use crate::flows::{Ctx, Stuck};
use crate::format::refs;
use crate::install::hooks;
use crate::install::managers::Advice;
use crate::install::refspec;

/// What `init` did.
#[derive(Debug, Clone, Serialize)]
pub struct Initialised {
    /// The remote that sessions may go to now.
    pub remote: String,
    /// Its address, without user name and password.
    pub url: String,
    /// What was changed, one a line: `added pre-push in .git/hooks/pre-push`.
    pub changed: Vec<String>,
    /// What a person has to add, where another program owns the hooks.
    pub advice: Vec<Advice>,
}

impl Ctx {
    /// Opts a remote in. `with_hooks`: git's hooks are installed, too.
    pub fn init(&self, remote: Option<&str>, with_hooks: bool) -> Result<Initialised, AnyFault> {
        if remote.is_none() && self.repo.remotes().is_empty() {
            let next = "add one with `git remote add origin <url>`; until then `git handoff save` keeps sessions here";
            return Err(Stuck::usage("this clone has no remote", next).into());
        }
        let remote = self.lane_remote(remote)?;
        let url = without_userinfo(&self.repo.push_url(&remote));
        let mut changed = refspec::add(&self.repo, &remote, &refs::records_refspec(&remote), refs::REMOTES)?;
        let mut advice = Vec::new();
        if with_hooks {
            let hooks = hooks::install(&self.repo)?;
            changed.extend(hooks.done);
            advice = hooks.advice;
        }
        self.local.remember(&self.repo, None)?;
        Ok(Initialised { url, remote, changed, advice })
    }
}
