//! Branches, HEAD and its reflog, ancestry, and the settings that say where a branch goes.

use gix::bstr::ByteSlice;
use jiff::Timestamp;

use crate::git::objects::{from_gix, to_gix};
use crate::git::spawn::SpawnError;
use crate::git::{GitError, Repo};
use crate::model::ids::{BranchName, Oid};

/// Where HEAD is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The branch it is on; `None` if detached.
    pub branch: Option<BranchName>,
    /// The commit; `None` on a branch without commits.
    pub commit: Option<Oid>,
}

/// A moment from which on HEAD was on a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// When.
    pub since: Timestamp,
    /// Which branch; `None`: detached.
    pub branch: Option<String>,
}

impl Repo {
    /// Where HEAD of this work tree is.
    pub fn head(&self) -> Result<Head, GitError> {
        let head = self.gix.head().map_err(GitError::gix("read HEAD"))?;
        let short =
            head.referent_name().and_then(|n| n.as_bstr().to_str().ok()?.strip_prefix("refs/heads/")?.parse().ok());
        Ok(Head { branch: short, commit: head.id().map(from_gix) })
    }

    /// The branch that a rebase in this work tree began on, if one is in progress.
    pub fn rebased(&self) -> Option<BranchName> {
        let read = |dir: &str| std::fs::read_to_string(self.git_dir().join(dir).join("head-name")).ok();
        let name = read("rebase-merge").or_else(|| read("rebase-apply"))?;
        name.trim().strip_prefix("refs/heads/")?.parse().ok()
    }

    /// The tip of a local branch.
    pub fn branch_tip(&self, branch: &BranchName) -> Result<Option<Oid>, GitError> {
        self.find_ref(&format!("refs/heads/{branch}"))
    }

    /// The branches HEAD of this work tree was on, oldest first, as far as its reflog goes back.
    pub fn visits(&self) -> Result<Vec<Visit>, GitError> {
        let head = self.gix.head().map_err(GitError::gix("read HEAD"))?;
        let mut log = head.log_iter();
        let mut visits = Vec::new();
        let Some(lines) = log.all().map_err(GitError::gix("read the reflog of HEAD"))? else { return Ok(visits) };
        for line in lines.flatten() {
            let message = line.message.to_str_lossy();
            let Some(moved) = message.strip_prefix("checkout: moving from ") else { continue };
            let Some((from, to)) = moved.rsplit_once(" to ") else { continue };
            let Ok(seconds) = line.signature.time().map(|t| t.seconds) else { continue };
            let branch = |name: &str| (name.len() != self.oid_len() || name.contains('/')).then(|| name.to_owned());
            if visits.is_empty() {
                visits.push(Visit { since: Timestamp::MIN, branch: branch(from) });
            }
            visits.push(Visit { since: Timestamp::from_second(seconds).unwrap_or(Timestamp::MIN), branch: branch(to) });
        }
        if visits.is_empty() {
            let branch = self.head()?.branch.map(String::from);
            visits.push(Visit { since: Timestamp::MIN, branch });
        }
        Ok(visits)
    }

    /// Whether `old` is `new` or an ancestor of it. `false` too if either is not here.
    pub fn is_ancestor(&self, old: &Oid, new: &Oid) -> bool {
        if old == new {
            return self.has(old);
        }
        if !self.has(old) || !self.has(new) {
            return false;
        }
        self.gix.merge_base(to_gix(old), to_gix(new)).ok().flatten().is_some_and(|base| base.detach() == to_gix(old))
    }

    /// The remotes, by name.
    pub fn remotes(&self) -> Vec<String> {
        self.gix.remote_names().iter().map(|n| n.to_string()).collect()
    }

    /// The address that a push to a remote goes to, as the settings have it.
    pub fn push_url(&self, remote: &str) -> String {
        let setting = |name: &str| self.setting(&format!("remote.{remote}.{name}"));
        setting("pushurl").or_else(|| setting("url")).unwrap_or_default()
    }

    /// Whether an address is the first of those that a push to a remote goes to. git runs its hooks once for each.
    pub fn is_first_address(&self, remote: &str, url: &str) -> Result<bool, SpawnError> {
        let config = self.gix.config_snapshot();
        let several = |name: &str| {
            config.plumbing().strings(format!("remote.{remote}.{name}").as_str()).is_some_and(|all| all.len() > 1)
        };
        if !several("pushurl") && !several("url") {
            return Ok(true);
        }
        let all = self.git().run(&["remote", "get-url", "--push", "--all", "--", remote])?.text();
        Ok(all.lines().next().is_none_or(|first| first == url))
    }

    /// One value of a setting, from all of git's files and `-c`.
    pub fn setting(&self, key: &str) -> Option<String> {
        self.gix.config_snapshot().string(key).map(|v| v.to_string())
    }

    /// A setting that is true or false.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.gix.config_snapshot().boolean(key)
    }

    /// All values of a setting in the repository's own file.
    pub fn settings(&self, key: &str) -> Result<Vec<String>, SpawnError> {
        let said = self.git().say(&["config", "--local", "-z", "--get-all", key])?;
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        Ok(text.split('\0').filter(|v| !v.is_empty()).map(str::to_owned).collect())
    }

    /// Adds a value to a setting of the repository's own file.
    pub fn add_setting(&self, key: &str, value: &str) -> Result<(), SpawnError> {
        self.git().run(&["config", "--local", "--add", key, value]).map(drop)
    }

    /// Sets a setting of the repository's own file.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<(), SpawnError> {
        self.git().run(&["config", "--local", key, value]).map(drop)
    }

    /// Takes one value from a setting of the repository's own file.
    pub fn unset_setting(&self, key: &str, value: &str) -> Result<(), SpawnError> {
        self.git().run(&["config", "--local", "--unset-all", "--fixed-value", key, value]).map(drop)
    }

    /// The remote and the server-side name of the branch that a plain `git push` of a local branch goes to. The remote:
    /// `branch.<b>.pushRemote`, `remote.pushDefault`, `branch.<b>.remote`, as far as they name a remote and no address.
    /// The name: the upstream's only where `push.default` is `upstream`, for any other setting the local one, as git
    /// itself does (a branch made from `origin/main` is not pushed to `main`).
    pub fn destination(&self, branch: &BranchName) -> (Option<String>, BranchName) {
        let known = self.remotes();
        let named = |key: &str| self.setting(key).filter(|name| known.contains(name));
        let upstream = named(&format!("branch.{branch}.remote"));
        let push = named(&format!("branch.{branch}.pushRemote")).or_else(|| named("remote.pushDefault"));
        let remote = push.or_else(|| upstream.clone());
        let follows = matches!(self.setting("push.default").as_deref(), Some("upstream" | "tracking"));
        let merge = self.setting(&format!("branch.{branch}.merge")).filter(|_| follows && remote == upstream);
        let name = merge.and_then(|m| m.strip_prefix("refs/heads/")?.parse().ok());
        (remote, name.unwrap_or_else(|| branch.clone()))
    }

    /// The remote's default branch, as the clone recorded it or the usual names.
    pub fn default_branch(&self, remote: &str) -> Option<(BranchName, Oid)> {
        let prefix = format!("refs/remotes/{remote}/");
        let named = self.gix.try_find_reference(&format!("{prefix}HEAD")).ok().flatten();
        let named = named.and_then(|r| r.target().try_name().map(|n| n.as_bstr().to_string()));
        let candidates = named.into_iter().chain(["main", "master", "trunk"].map(|b| format!("{prefix}{b}")));
        candidates.into_iter().find_map(|full| {
            let oid = self.find_ref(&full).ok().flatten()?;
            Some((full.strip_prefix(&prefix)?.parse().ok()?, oid))
        })
    }

    /// The root folders of all work trees of this clone, this one first.
    pub fn worktrees(&self) -> Vec<std::path::PathBuf> {
        let mut all: Vec<std::path::PathBuf> = self.workdir().map(|p| p.to_path_buf()).into_iter().collect();
        if let Ok(main) = self.gix.main_repo() {
            all.extend(main.workdir().map(|p| p.to_path_buf()));
        }
        if let Ok(linked) = self.gix.worktrees() {
            all.extend(linked.iter().filter_map(|w| w.base().ok()));
        }
        let mut seen = Vec::new();
        for path in all.iter().map(|p| p.canonicalize().unwrap_or_else(|_| p.clone())) {
            if !seen.contains(&path) {
                seen.push(path);
            }
        }
        seen
    }
}

impl Repo {
    /// How many commits `new` has that `old` lacks.
    pub fn count_between(&self, old: &Oid, new: &Oid) -> usize {
        let walk = self.gix.rev_walk([to_gix(new)]).with_hidden([to_gix(old)]);
        walk.all().map(|commits| commits.filter(Result::is_ok).count()).unwrap_or(0)
    }

    /// How many bytes the objects of some commits take that no ref below the known prefixes has.
    pub fn bytes_of(&self, new: &[Oid], known: &[String]) -> Result<u64, SpawnError> {
        let mut args: Vec<String> = ["rev-list", "--objects", "--disk-usage"].map(String::from).into();
        args.extend(new.iter().map(ToString::to_string));
        args.push("--not".into());
        args.extend(known.iter().map(|prefix| format!("--glob={prefix}*")));
        args.push("--".into());
        // It is only said; a history that cannot be walked (a partial clone) is no reason to stop.
        Ok(self.git.say(&args)?.text().parse().unwrap_or(0))
    }

    /// How many files of the work tree differ from HEAD or are untracked.
    pub fn changed_paths(&self) -> Result<usize, SpawnError> {
        if self.workdir().is_none() {
            return Ok(0);
        }
        let said = self.git().run(&["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all"])?;
        Ok(said.stdout.split(|b| *b == 0).filter(|l| !l.is_empty()).count())
    }
}
