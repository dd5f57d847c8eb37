//! `git handoff init`: a remote is opted in, in plain words.

use serde::Serialize;

use crate::fault::AnyFault;
use crate::flows::push::without_userinfo;
use crate::flows::{Ctx, Stuck};
use crate::format::refs;
use crate::install::refspec;

/// What `init` did.
#[derive(Debug, Clone, Serialize)]
pub struct Initialised {
    /// The remote that sessions may go to now.
    pub remote: String,
    /// Its address, without user name and password.
    pub url: String,
    /// Settings that were added to `.git/config`.
    pub added: Vec<String>,
}

impl Ctx {
    /// Opts a remote in.
    pub fn init(&self, remote: Option<&str>) -> Result<Initialised, AnyFault> {
        if remote.is_none() && self.repo.remotes().is_empty() {
            let next = "add one with `git remote add origin <url>`; until then `git handoff save` keeps sessions here";
            return Err(Stuck::usage("this clone has no remote", next).into());
        }
        let remote = self.lane_remote(remote)?;
        let url = self.repo.push_url(&remote);
        let added = refspec::add(&self.repo, &remote, &refs::records_refspec(&remote))?;
        self.local.remember(&self.repo, None)?;
        Ok(Initialised { url: without_userinfo(&url), remote, added })
    }
}
