//! The user's tree before it is touched: one commit under `refs/handoff-rescue/`, made without touching it.
//!
//! The commit's tree is the work tree with its untracked files; its parents are HEAD, if there is one, and the index. A copy
//! of the index is worked on, so the real one stays as it is to the byte.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::TreeError;
use crate::env::Env;
use crate::fault::FileFault;
use crate::git::spawn::{Git, failed};
use crate::git::{GitError, Repo};
use crate::model::ids::Oid;

/// Where rescues are kept.
pub const RESCUES: &str = "refs/handoff-rescue/";

/// An untracked file larger than this is left out: 32 MiB.
pub const MOST_BYTES: u64 = 32 << 20;

/// How long rescues are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The time in the name of a rescue ref (UTC).
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// A tree that is safe.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Rescue {
    /// The ref that keeps it.
    pub ref_name: String,
    /// Its commit.
    pub commit: Oid,
    /// The index as a commit, its last parent.
    pub index: Oid,
    /// A ref of its own for the commits of a detached HEAD that no other ref holds.
    pub head_ref: Option<String>,
    /// The paths in which it differs from HEAD.
    #[serde(skip)]
    pub what: Vec<PathBuf>,
    /// The untracked files that it lacks.
    #[serde(skip)]
    pub left_out: Vec<LeftOut>,
}

/// An untracked file that a rescue lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Which.
    pub path: PathBuf,
    /// Why: "larger than 32 MiB", "a repository of its own", "cannot be read".
    pub why: &'static str,
}

impl Rescue {
    /// The command that puts the files back as they were, from anywhere in the work tree. Tracked files that did not
    /// exist then are deleted.
    pub fn command(&self) -> String {
        format!("git restore --source={} --worktree -- :/", self.ref_name)
    }

    /// The command that puts the index back.
    pub fn index_command(&self) -> String {
        format!("git restore --source={} --staged -- :/", self.index)
    }
}

/// Keeps HEAD, index, work tree and untracked files, and those of `extra` that are ignored. `None`: there was nothing
/// that HEAD does not have. `reason` becomes the first line of the commit.
///
/// Files of `extra` are about to be overwritten, so leaving one out is an error; other files that are too large or
/// cannot be read are named in the answer.
pub fn rescue(repo: &Repo, env: &Env, reason: &str, extra: &[PathBuf]) -> Result<Option<Rescue>, TreeError> {
    let Some(root) = repo.workdir() else { return Ok(None) };
    let head = repo.gix.head().map_err(GitError::gix("read HEAD"))?;
    let detached = head.is_detached();
    let head: Option<Oid> = head.id().map(|id| id.to_string().parse()).transpose()?;

    let (_scratch, index) = copied_index(repo)?;
    let git = signed(repo.git().clone(), env).with("GIT_INDEX_FILE", &index);

    let base = match &head {
        Some(head) => head.to_string(),
        None => gix::ObjectId::empty_tree(repo.gix.object_hash()).to_string(),
    };
    let (others, left_out) = others(repo, root, extra)?;
    let (staged, tree) = trees(&git, &base, &others)?;
    let stray = ["rev-list", "--count", base.as_str(), "--not", "--glob=refs/"];
    let keeps_head = detached && git.run(&stray)?.text() != "0";
    let unchanged = tree_of(&git, &base)?;
    if tree == unchanged && staged == unchanged && !keeps_head {
        return Ok(None);
    }
    let commit = |tree: &Oid, parents: &[&Oid]| -> Result<Oid, TreeError> {
        let mut args = vec!["commit-tree", tree.as_str(), "-m", reason];
        parents.iter().for_each(|parent| args.extend(["-p", parent.as_str()]));
        Ok(git.run(&args)?.text().parse()?)
    };
    let parents: Vec<&Oid> = head.iter().collect();
    let index = commit(&staged, &parents)?;
    let commit = commit(&tree, &[parents.as_slice(), &[&index]].concat())?;

    let ref_name = new_name(env);
    let head_ref = keeps_head.then(|| format!("{ref_name}-head"));
    let mut refs = format!("create {ref_name} {commit}\n");
    if let (Some(name), Some(head)) = (&head_ref, &head) {
        refs.push_str(&format!("create {name} {head}\n"));
    }
    super::update_refs(&git, reason, &refs)?;
    let differs = git.run(&["diff-tree", "-r", "-z", "--no-renames", "--name-only", base.as_str(), tree.as_str()])?;
    let what = differs.stdout.split(|b| *b == 0).filter(|p| !p.is_empty()).map(super::path).collect();
    Ok(Some(Rescue { ref_name, commit, index, head_ref, what, left_out }))
}

/// A copy of the index, and the folder that holds it until it is dropped.
pub(super) fn copied_index(repo: &Repo) -> Result<(tempfile::TempDir, PathBuf), TreeError> {
    let scratch = tempfile::Builder::new().prefix("handoff-index-").tempdir_in(repo.git_dir());
    let scratch = scratch.map_err(FileFault::on("make a folder in", repo.git_dir()))?;
    let index = scratch.path().join("index");
    let real = repo.git_dir().join("index");
    if real.exists() {
        fs::copy(&real, &index).map_err(FileFault::on("copy", &real))?;
    }
    Ok((scratch, index))
}

/// The trees of the index and of the work tree, by way of the copied index that `git` is set to.
fn trees(git: &Git, base: &str, others: &[u8]) -> Result<(Oid, Oid), TreeError> {
    // An index with conflicts has no tree; its files are in the work tree, with their marks.
    let staged = git.say(&["write-tree"])?;
    let staged = if staged.code == 0 { staged.text().parse()? } else { tree_of(git, base)? };
    // A strict setting for line ends must not keep a file from being rescued.
    let lenient = ["-c", "core.safecrlf=false"];
    git.run(&[&lenient[..], &["add", "--update"]].concat())?;
    if !others.is_empty() {
        let args = [&lenient[..], &["update-index", "--add", "--replace", "-z", "--stdin"]].concat();
        let said = git.say_to(&args, others)?;
        if said.code != 0 {
            return Err(failed(&args, &said).into());
        }
    }
    Ok((staged, git.run(&["write-tree"])?.text().parse()?))
}

fn new_name(env: &Env) -> String {
    format!("{RESCUES}{}-{}", env.now().strftime(TIME), env.random_hex(2))
}

/// Keeps one commit, because a branch is about to leave it.
pub(super) fn keep_commit(repo: &Repo, env: &Env, reason: &str, commit: &Oid) -> Result<String, TreeError> {
    let name = format!("{}-head", new_name(env));
    super::update_refs(repo.git(), reason, &format!("create {name} {commit}\n"))?;
    Ok(name)
}

/// Deletes the rescues that are older than 30 days at `now`, and says which. A name that holds no time stays.
pub fn expire_rescues(repo: &Repo, now: Timestamp) -> Result<Vec<String>, TreeError> {
    let said = repo.git().run(&["for-each-ref", "--format=%(refname) %(objectname)", RESCUES])?;
    let text = said.text();
    let old = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(name, _)| made(name).is_some_and(|made| now.duration_since(made) > KEPT));
    let (mut names, mut edits) = (Vec::new(), String::new());
    for (name, oid) in old {
        names.push(name.to_owned());
        edits.push_str(&format!("delete {name} {oid}\n"));
    }
    if !edits.is_empty() {
        super::update_refs(repo.git(), "handoff: older than 30 days", &edits)?;
    }
    Ok(names)
}

/// When a rescue was made, from its ref's name.
fn made(name: &str) -> Option<Timestamp> {
    let time = name.strip_prefix(RESCUES)?.split('-').next()?;
    jiff::civil::DateTime::strptime(TIME, time)
        .ok()?
        .to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}

fn tree_of(git: &Git, treeish: &str) -> Result<Oid, TreeError> {
    let tree = format!("{treeish}^{{tree}}");
    Ok(git.run(&["rev-parse", "--verify", "--quiet", &tree])?.text().parse()?)
}

/// Rescues are the program's commits, whoever the user is and whether git knows it or not.
fn signed(git: Git, env: &Env) -> Git {
    let now = format!("{} +0000", env.now().as_second());
    ["AUTHOR", "COMMITTER"].into_iter().fold(git, |git, who| {
        git.with(&format!("GIT_{who}_NAME"), "git-handoff")
            .with(&format!("GIT_{who}_EMAIL"), "git-handoff@localhost")
            .with(&format!("GIT_{who}_DATE"), &now)
    })
}

/// The untracked files and those of `extra`, NUL-ended for git, and what must stay out.
fn others(repo: &Repo, root: &Path, extra: &[PathBuf]) -> Result<(Vec<u8>, Vec<LeftOut>), TreeError> {
    let said = repo.git().run(&["ls-files", "--others", "--exclude-standard", "-z"])?;
    let extra_bytes = extra.iter().map(|path| super::bytes(path)).collect::<Result<BTreeSet<_>, _>>()?;
    let listed = said.stdout.split(|b| *b == 0).filter(|p| !p.is_empty()).map(<[u8]>::to_vec);
    let all: BTreeSet<Vec<u8>> = listed.chain(extra_bytes.iter().cloned()).collect();
    let (mut input, mut left_out) = (Vec::new(), Vec::new());
    for bytes in all {
        let path = super::path(&bytes);
        match unfit(&root.join(&path)) {
            None => {
                input.extend_from_slice(&bytes);
                input.push(0);
            }
            Some(why) if extra_bytes.contains(&bytes) => return Err(TreeError::CannotKeep { path, why }),
            Some(why) => left_out.push(LeftOut { path, why }),
        }
    }
    Ok((input, left_out))
}

/// Why a file cannot be kept, if it cannot.
fn unfit(file: &Path) -> Option<&'static str> {
    let Ok(about) = file.symlink_metadata() else { return Some("it cannot be read") };
    if about.is_dir() {
        // `git ls-files --others` lists a folder only if it is a repository.
        return Some("it is a repository of its own");
    }
    if about.is_symlink() {
        return None;
    }
    if !about.is_file() {
        return Some("it is no regular file");
    }
    if about.len() > MOST_BYTES {
        return Some("it is larger than 32 MiB");
    }
    fs::File::open(file).err().map(|_| "it cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_rescue_says_when() {
        let name = format!("{RESCUES}20261124T134337Z-1a2b-head");
        assert_eq!(made(&name), Some("2026-11-24T13:43:37Z".parse().expect("a time")));
        for odd in ["refs/handoff-rescue/", "refs/handoff-rescue/x-y", "refs/heads/20261124T134337Z-1a2b"] {
            assert_eq!(made(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_cannot_be_kept_is_said() {
        assert_eq!(unfit(Path::new("/does/not/exist")), Some("it cannot be read"));
        assert_eq!(unfit(Path::new(env!("CARGO_MANIFEST_DIR"))), Some("it is a repository of its own"));
    }
}
