//! Everything that changes a work tree or a branch: one step at a time, and only if what was judged still holds.
//!
//! Every step looks again right before it acts and moves refs by compare-and-swap, so that what happened since the
//! snapshot is an error and never overwritten.

mod rescue;
pub mod work;

use std::path::{Path, PathBuf};

pub use rescue::{LeftOut, MOST_BYTES, RESCUES, Rescue, expire_rescues, rescue};

use crate::env::Env;
use crate::fault::{Blame, Fault, FileFault};
use crate::git::observe::{ObserveError, tip};
use crate::git::spawn::{Git, SpawnError, failed};
use crate::git::{GitError, Repo};
use crate::model::divergence::{Action, Place, Snapshot, Start, Verdict};
use crate::model::ids::{BadName, BranchName, Oid};
use crate::model::shell::shown;

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// Something moved since it was judged.
    #[error("{what} changed meanwhile: it was {was}, it is {is}")]
    Moved {
        /// The branch, or HEAD.
        what: String,
        /// What was judged.
        was: String,
        /// What it is now.
        is: String,
    },
    /// A file that the step would overwrite cannot be kept.
    #[error("{} is in the way and cannot be kept: {why}", shown(&path.to_string_lossy(), 200))]
    CannotKeep {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: &'static str,
    },
    /// git could not be run, or refused.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// The repository could not be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file operation failed.
    #[error(transparent)]
    File(#[from] FileFault),
    /// git gave something that is no object id.
    #[error(transparent)]
    Name(#[from] BadName),
}

impl From<ObserveError> for TreeError {
    fn from(error: ObserveError) -> TreeError {
        match error {
            ObserveError::Spawn(e) => e.into(),
            ObserveError::Git(e) => e.into(),
            ObserveError::Name(e) => e.into(),
        }
    }
}

impl Fault for TreeError {
    fn blame(&self) -> Blame {
        match self {
            TreeError::Moved { .. } | TreeError::Spawn(_) | TreeError::File(_) | TreeError::Name(_) => Blame::Failed,
            TreeError::CannotKeep { .. } => Blame::Decision,
            TreeError::Git(fault) => fault.blame(),
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            TreeError::Moved { .. } => Some("nothing was changed; run the same command again".into()),
            TreeError::CannotKeep { .. } => Some("move the file away, then run the same command again".into()),
            TreeError::Spawn(fault) => fault.hint(),
            TreeError::Git(fault) => fault.hint(),
            TreeError::File(fault) => fault.hint(),
            TreeError::Name(_) => None,
        }
    }
}

/// What a step left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Done {
    /// The user's tree as it was before.
    pub rescue: Option<Rescue>,
    /// The ref that keeps the commits which the branch left.
    pub left: Option<String>,
    /// The new work tree.
    #[serde(skip)]
    pub folder: Option<PathBuf>,
}

/// Takes the step of a verdict: the rescue first, if it asks for one. [`Action::Proceed`], [`Action::Stop`] and the
/// two that need the network change nothing here. `folder` is where [`Action::NewWorktree`] goes, as the person wrote
/// it; without it the snapshot's free folder.
pub fn carry_out(
    repo: &Repo,
    env: &Env,
    s: &Snapshot,
    verdict: &Verdict,
    folder: Option<&Path>,
) -> Result<Done, TreeError> {
    let mut done = Done::default();
    still(repo, s)?;
    if verdict.rescue {
        done.rescue = rescue(repo, env, &format!("before resuming {}", s.branch), &verdict.keep)?;
    }
    match &verdict.action {
        Action::Proceed | Action::Stop | Action::FetchFirst | Action::DeepenFirst => {}
        Action::FastForward { to } => fast_forward(repo, s, to)?,
        Action::Follow { to } => done.left = follow(repo, env, s, to)?,
        Action::CreateBranch { at } => create_branch(repo, s, at)?,
        Action::Checkout => switch_to(repo, s)?,
        Action::NewWorktree { branch, start } => {
            let folder = env.cwd().join(folder.unwrap_or(&s.free_folder));
            new_worktree(repo, s, &folder, branch, start)?;
            done.folder = Some(folder);
        }
    }
    Ok(done)
}

/// Whether HEAD and the branch are what they were when `s` was taken.
fn still(repo: &Repo, s: &Snapshot) -> Result<(), TreeError> {
    let moved = |what: String, was: Option<&Oid>, is: Option<&Oid>| {
        let word = |oid: Option<&Oid>| oid.map_or("not there".to_owned(), |oid| oid.short().to_owned());
        Err(TreeError::Moved { what, was: word(was), is: word(is) })
    };
    let was = s.local.as_ref().map(|local| &local.oid);
    let is = tip(repo, &format!("refs/heads/{}", s.branch))?;
    if was != is.as_ref() {
        return moved(shown(s.branch.as_str(), 80), was, is.as_ref());
    }
    let head = repo.gix.head().map_err(GitError::gix("read HEAD"))?;
    let name = head.referent_name().map(|name| name.shorten().to_string());
    let expected = match &s.at {
        Place::OnBranch => Some(s.branch.as_str()),
        Place::OtherBranch { name, .. } | Place::Unborn { name } => Some(name.as_str()),
        Place::Detached { .. } => None,
        Place::Bare => return Ok(()),
    };
    let is: Option<Oid> = head.id().map(|id| id.to_string().parse()).transpose()?;
    if name.as_deref() != expected || is.as_ref() != s.here() {
        return moved("HEAD".into(), s.here(), is.as_ref());
    }
    Ok(())
}

/// Moves the branch forward, the work tree with it if it has the branch. Refuses whatever is no fast-forward.
pub fn fast_forward(repo: &Repo, s: &Snapshot, to: &Oid) -> Result<(), TreeError> {
    still(repo, s)?;
    if s.at == Place::OnBranch {
        let args = ["merge", "--quiet", "--ff-only", "--no-autostash"];
        let keep = overwrite_ignored(s);
        repo.git().run(&[&args[..], &[keep, to.as_str()]].concat())?;
        return Ok(());
    }
    let Some(local) = &s.local else { return create_ref(repo, s, to) };
    let ancestor = ["merge-base", "--is-ancestor", local.oid.as_str(), to.as_str()];
    let said = repo.git().say(&ancestor)?;
    if said.code != 0 {
        return Err(failed(&ancestor, &said).into());
    }
    let edit = format!("update refs/heads/{} {to} {}\n", s.branch, local.oid);
    update_refs(repo.git(), "handoff: fast-forward", &edit)
}

/// Moves the branch to commits that replace its own, and names the ref that keeps its old head.
pub fn follow(repo: &Repo, env: &Env, s: &Snapshot, to: &Oid) -> Result<Option<String>, TreeError> {
    still(repo, s)?;
    let Some(local) = &s.local else { return create_ref(repo, s, to).map(|()| None) };
    let kept = rescue::keep_commit(repo, env, &format!("before following {}", s.branch), &local.oid)?;
    if s.at == Place::OnBranch {
        // It refuses where an uncommitted change is in the way, as `reset --keep` does, which takes a file whose time
        // alone has changed for one.
        let args =
            ["switch", "--quiet", "--no-guess", "--no-recurse-submodules", "--no-track", overwrite_ignored(s), "-C"];
        repo.git().run(&[&args[..], &[s.branch.as_str(), to.as_str()]].concat())?;
    } else {
        let edit = format!("update refs/heads/{} {to} {}\n", s.branch, local.oid);
        update_refs(repo.git(), "handoff: follow a rewrite", &edit)?;
    }
    Ok(Some(kept))
}

/// Makes the branch and switches to it. It follows the server's branch if that has been fetched.
pub fn create_branch(repo: &Repo, s: &Snapshot, at: &Oid) -> Result<(), TreeError> {
    still(repo, s)?;
    let args = ["switch", "--quiet", "--no-guess", "--no-recurse-submodules", "--no-track", overwrite_ignored(s), "-c"];
    repo.git().run(&[&args[..], &[s.branch.as_str(), at.as_str()]].concat())?;
    track(repo, s)
}

/// Switches the work tree to the branch.
pub fn switch_to(repo: &Repo, s: &Snapshot) -> Result<(), TreeError> {
    still(repo, s)?;
    repo.git().run(&[
        "switch",
        "--quiet",
        "--no-guess",
        "--no-recurse-submodules",
        overwrite_ignored(s),
        s.branch.as_str(),
    ])?;
    Ok(())
}

/// Adds a work tree in `folder`, which must be free, with a branch that exists or is made for it.
pub fn new_worktree(
    repo: &Repo,
    s: &Snapshot,
    folder: &Path,
    branch: &BranchName,
    start: &Start,
) -> Result<(), TreeError> {
    still(repo, s)?;
    let folder = folder.as_os_str();
    match start {
        Start::Existing => {
            repo.git().run(&["worktree".as_ref(), "add".as_ref(), "--".as_ref(), folder, branch.as_str().as_ref()])?;
            Ok(())
        }
        Start::At(at) => {
            let words = ["worktree", "add", "--no-track", "-b", branch.as_str(), "--"];
            let args = words.iter().map(AsRef::as_ref).chain([folder, at.as_str().as_ref()]);
            repo.git().run(&args.collect::<Vec<_>>())?;
            if *branch == s.branch { track(repo, s) } else { Ok(()) }
        }
    }
}

/// Gets more history of a shallow clone: 50 more commits at the first try, all of them after that.
pub fn deepen(repo: &Repo, remote: &str, attempt: u32) -> Result<(), TreeError> {
    let more = if attempt == 0 { "--deepen=50" } else { "--unshallow" };
    repo.git().run(&["fetch", "--quiet", "--no-tags", more, "--", remote])?;
    Ok(())
}

/// Fetches the server's branch into its tracking ref, and where that lacks the commit, the commit by its id, which
/// servers may refuse. Whether it came is for the next look to find.
pub fn fetch_commit(repo: &Repo, remote: &str, branch: &BranchName, head: &Oid) -> Result<(), TreeError> {
    let refspec = format!("+refs/heads/{branch}:refs/remotes/{remote}/{branch}");
    repo.git().run(&["fetch", "--quiet", "--no-tags", "--", remote, &refspec])?;
    let known = |id: gix::ObjectId| id.kind() == repo.gix.object_hash() && repo.gix.has_object(id);
    if !gix::ObjectId::from_hex(head.as_str().as_bytes()).is_ok_and(known) {
        repo.git().say(&["fetch", "--quiet", "--no-tags", "--", remote, head.as_str()])?;
    }
    Ok(())
}

fn create_ref(repo: &Repo, s: &Snapshot, at: &Oid) -> Result<(), TreeError> {
    update_refs(repo.git(), "handoff: create", &format!("create refs/heads/{} {at}\n", s.branch))
}

/// One transaction of `git update-ref --stdin`: all or nothing, and each line names what it expects.
fn update_refs(git: &Git, reason: &str, edits: &str) -> Result<(), TreeError> {
    let args = ["update-ref", "-m", reason, "--stdin"];
    let said = git.say_to(&args, edits.as_bytes())?;
    if said.code == 0 { Ok(()) } else { Err(failed(&args, &said).into()) }
}

/// Ignored files in the way are in the rescue by now; any that turned up since then stop the step.
fn overwrite_ignored(s: &Snapshot) -> &'static str {
    if s.in_the_way.ignored.is_empty() { "--no-overwrite-ignore" } else { "--overwrite-ignore" }
}

/// The branch follows the server's. Written as settings, because `git branch --set-upstream-to` refuses where the clone
/// fetches one branch only.
fn track(repo: &Repo, s: &Snapshot) -> Result<(), TreeError> {
    if let (Some(remote), Some(_)) = (&s.remote, &s.tracking) {
        let branch = &s.branch;
        repo.set_setting(&format!("branch.{branch}.remote"), remote)?;
        repo.set_setting(&format!("branch.{branch}.merge"), &format!("refs/heads/{branch}"))?;
    }
    Ok(())
}

/// A path as git gives it.
fn path(bytes: &[u8]) -> PathBuf {
    crate::git::observe::path(bytes)
}

/// A path as git wants it.
fn bytes(path: &Path) -> Result<Vec<u8>, TreeError> {
    let bytes = gix::path::into_bstr(path).map_err(|error| GitError::Gix {
        action: format!("name {} to git", shown(&path.to_string_lossy(), 200)),
        message: error.to_string(),
    })?;
    Ok(gix::path::to_unix_separators_on_windows(bytes).into_owned().into())
}
