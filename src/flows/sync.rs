//! Records and logs between this clone and a remote.

use jiff::Timestamp;
use serde::Serialize;

use crate::fault::AnyFault;
use crate::flows::Ctx;
use crate::flows::baton::Settled;
use crate::format::refs;
use crate::git::refs::RefChange;
use crate::git::remote::RemoteError;
use crate::model::ids::{BranchName, Oid, SessionKey};

/// What a fetch brought.
#[derive(Debug, Clone, Serialize)]
pub struct Fetched {
    /// From where.
    pub remote: String,
    /// Branches whose record is new or changed.
    pub records: Vec<String>,
    /// Sessions whose log is here now.
    pub logs: Vec<SessionKey>,
    /// Sessions whose log the remote does not have (yet).
    pub missing: Vec<SessionKey>,
    /// Batons that the remote could not be told of before.
    pub settled: Vec<Settled>,
}

/// Where a branch stands at the remote, as asked just now or as known from earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerBranch {
    /// It is there.
    At(Oid),
    /// It is not there.
    Gone,
    /// The remote could not be asked.
    Offline {
        /// Why.
        why: String,
        /// When it was last heard of.
        as_of: Option<Timestamp>,
    },
}

impl Ctx {
    /// Brings all records of a remote.
    pub fn fetch_records(&self, remote: &str) -> Result<Vec<String>, AnyFault> {
        let root = format!("{}branches/", refs::tracking_root(remote));
        let before = self.repo.list_refs(&root)?;
        let options = [self.whole(remote), &["--prune"]].concat();
        self.repo.fetch_with(remote, &[refs::records_refspec(remote)], &options, false)?;
        self.local.note_fetched(remote, self.env.now())?;
        let after = self.repo.list_refs(&root)?;
        let changed = after.into_iter().filter(|r| !before.contains(r));
        Ok(changed.map(|(name, _)| refs::readable(&name[root.len()..]).into_owned()).collect())
    }

    /// Brings a branch with all records, and says where the branch stands. A remote that cannot be reached is no error.
    pub fn fetch_branch(&self, remote: &str, branch: &BranchName) -> Result<ServerBranch, AnyFault> {
        let tracking = format!("refs/remotes/{remote}/{branch}");
        let head = format!("+refs/heads/{branch}:{tracking}");
        if self.repo.is_partial(remote) {
            // Records whole, code as the clone wants it: two fetches.
            let specs = [refs::records_refspec(remote)];
            // An unreachable remote shows in the fetch that follows.
            let _ = self.repo.fetch_with(remote, &specs, self.whole(remote), false);
        }
        let specs = [refs::records_refspec(remote), head];
        let fetched = self.repo.fetch_present(remote, &specs, &[], false);
        if fetched.is_ok() {
            self.local.note_fetched(remote, self.env.now())?;
        }
        match fetched {
            Ok(present) if present[1] => {
                Ok(self.repo.find_ref(&tracking)?.map_or(ServerBranch::Gone, ServerBranch::At))
            }
            Ok(_) => Ok(ServerBranch::Gone),
            Err(RemoteError::Unreachable { message, .. }) => Ok(ServerBranch::Offline {
                why: message,
                as_of: self.local.fetched_at(remote).max(self.repo.fetched_at(remote)),
            }),
            Err(other) => Err(other.into()),
        }
    }

    /// Brings the logs of sessions; the answer says which of them the remote had. What it no longer has is not kept as
    /// what it had, or a push would wait for that for ever.
    pub fn fetch_logs(&self, remote: &str, keys: &[SessionKey]) -> Result<Vec<bool>, AnyFault> {
        let spec = |key: &SessionKey| {
            let name = refs::log(key);
            let tracking = refs::tracking(remote, &name).unwrap_or_default();
            format!("+{name}:{tracking}")
        };
        let specs: Vec<String> = keys.iter().map(spec).collect();
        let present = if specs.is_empty() {
            Vec::new()
        } else {
            self.repo.fetch_present(remote, &specs, self.whole(remote), false)?
        };
        let mut gone = Vec::new();
        for (key, _) in keys.iter().zip(&present).filter(|(_, there)| !**there) {
            let tracking = refs::tracking(remote, &refs::log(key)).unwrap_or_default();
            if let Some(old) = self.repo.find_ref(&tracking)? {
                gone.push(RefChange { name: tracking, old: Some(old), new: None, why: "handoff: gone there".into() });
            }
        }
        self.repo.change_refs(&self.env, &gone)?;
        Ok(present)
    }

    /// The option that makes a partial clone fetch whole objects: else segments would come one by one, on demand.
    fn whole(&self, remote: &str) -> &'static [&'static str] {
        if self.repo.is_partial(remote) { &["--no-filter"] } else { &[] }
    }

    /// `git handoff fetch`: records, and with `logs` the logs they name.
    pub fn fetch(&self, remote: Option<&str>, logs: bool) -> Result<Fetched, AnyFault> {
        let remote = self.lane_remote(remote)?;
        let records = self.fetch_records(&remote)?;
        let settled = self.settle(&remote, None)?;
        let mut fetched = Fetched { remote: remote.clone(), records, logs: Vec::new(), missing: Vec::new(), settled };
        if logs {
            let mut keys: Vec<SessionKey> = Vec::new();
            for (name, oid) in self.repo.list_refs(&format!("{}branches/", refs::tracking_root(&remote)))? {
                match crate::store::records::summary(&self.repo, &oid) {
                    Ok(summary) => keys.extend(summary.sessions.into_iter().map(|s| s.key)),
                    Err(_) => fetched.records.retain(|r| *r != name),
                }
            }
            keys.sort();
            keys.dedup();
            let present = self.fetch_logs(&remote, &keys)?;
            for (key, there) in keys.into_iter().zip(present) {
                if there && self.repo.find_ref(&refs::log(&key))?.is_some() {
                    self.merge_log(&key, Some(&remote))?;
                }
                if there { fetched.logs.push(key) } else { fetched.missing.push(key) }
            }
        }
        Ok(fetched)
    }

    /// The remote to talk to: the given one, else the usual one.
    pub fn lane_remote(&self, given: Option<&str>) -> Result<String, AnyFault> {
        let known = self.repo.remotes();
        match given {
            Some(name) if known.iter().any(|r| r == name) => Ok(name.to_owned()),
            Some(name) => {
                let next = format!("this clone has: {}", known.join(", "));
                Err(crate::flows::Stuck::usage(format!("there is no remote {name:?}"), next).into())
            }
            None => self.usual_remote().ok_or_else(|| {
                let next = if known.is_empty() {
                    "add one with `git remote add origin <url>`".to_owned()
                } else {
                    format!("name one of: {}", known.join(", "))
                };
                crate::flows::Stuck::usage("it is not clear which remote is meant", next).into()
            }),
        }
    }

    /// Notes that a remote has these refs now.
    pub fn note_tracking(&self, remote: &str, now: &[(String, Oid)]) -> Result<(), AnyFault> {
        let mut changes = Vec::new();
        for (name, oid) in now {
            let Some(tracking) = refs::tracking(remote, name) else { continue };
            let old = self.repo.find_ref(&tracking)?;
            if old.as_ref() != Some(oid) {
                changes.push(RefChange { name: tracking, old, new: Some(oid.clone()), why: "handoff: pushed".into() });
            }
        }
        Ok(self.repo.change_refs(&self.env, &changes)?)
    }
}
