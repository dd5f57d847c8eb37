//! What HEAD is, what is unfinished, what is not committed, and what a step would write over.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::ObserveError;
use crate::git::{GitError, Repo};
use crate::model::divergence::{Dirty, Elsewhere, InTheWay, Operation, Place};
use crate::model::ids::{BranchName, Oid};

/// More paths of a kind than this are not listed.
const LISTED: usize = 1_000;

/// What HEAD is, as seen by someone who wants `branch`.
pub(super) fn place(repo: &Repo, branch: &BranchName) -> Result<Place, ObserveError> {
    if repo.workdir().is_none() {
        return Ok(Place::Bare);
    }
    let head = repo.gix.head().map_err(GitError::gix("read HEAD"))?;
    let name = head.referent_name().map(|name| name.shorten().to_string());
    let oid = head.id().map(|id| id.to_string().parse::<Oid>()).transpose()?;
    Ok(match (name, oid) {
        (Some(name), Some(_)) if name == branch.as_str() => Place::OnBranch,
        (Some(name), Some(oid)) => Place::OtherBranch { name, oid },
        (Some(name), None) => Place::Unborn { name },
        (None, Some(oid)) => Place::Detached { stray: stray(repo, &oid)?, oid },
        (None, None) => Place::Unborn { name: "HEAD".into() },
    })
}

/// How many commits of a detached HEAD no ref holds.
fn stray(repo: &Repo, oid: &Oid) -> Result<u64, ObserveError> {
    // Not `--all`, which counts HEAD itself as a ref.
    let said = repo.git().run(&["rev-list", "--count", oid.as_str(), "--not", "--glob=refs/"])?;
    Ok(said.text().parse().unwrap_or(0))
}

/// The other work tree that has the branch.
pub(super) fn elsewhere(repo: &Repo, branch: &BranchName) -> Result<Option<Elsewhere>, ObserveError> {
    let main = repo.gix.main_repo().map_err(GitError::gix("open the main work tree"))?;
    let linked = repo.gix.worktrees().map_err(GitError::gix("list the work trees"))?;
    // A bare repository has a HEAD, but no work tree that would need it.
    let main = main.workdir().map(|root| (main.git_dir().to_path_buf(), root.to_path_buf()));
    let linked = linked.iter().filter_map(|proxy| Some((proxy.git_dir().to_path_buf(), proxy.base().ok()?)));
    let here = real(repo.git_dir());
    for (git_dir, path) in main.into_iter().chain(linked).filter(|(git_dir, _)| real(git_dir) != here) {
        let busy = holds(&git_dir, branch);
        if busy || reads(&git_dir, "HEAD", &format!("ref: refs/heads/{branch}")) {
            return Ok(Some(Elsewhere { busy, gone: !path.is_dir(), path }));
        }
    }
    Ok(None)
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// Whether a rebase or bisect that began on the branch is in progress in the work tree of that git folder: the branch
/// is not HEAD then, and yet git lets no other work tree have it.
pub(super) fn holds(git_dir: &Path, branch: &BranchName) -> bool {
    let full = format!("refs/heads/{branch}");
    reads(git_dir, "rebase-merge/head-name", &full)
        || reads(git_dir, "rebase-apply/head-name", &full)
        || reads(git_dir, "BISECT_START", branch.as_str())
}

/// Whether a file of a git folder has that one line.
fn reads(git_dir: &Path, file: &str, line: &str) -> bool {
    fs::read(git_dir.join(file)).is_ok_and(|text| text.trim_ascii() == line.as_bytes())
}

/// What was begun in this work tree and is not finished.
pub(super) fn operations(repo: &Repo, unmerged: bool) -> Vec<Operation> {
    let there = |name: &str| repo.git_dir().join(name).exists();
    let mut all = Vec::new();
    if there("rebase-apply/applying") {
        all.push(Operation::Am);
    } else if there("rebase-merge") || there("rebase-apply") {
        all.push(Operation::Rebase);
    } else {
        // A rebase makes these as well, and they are its own.
        let todo = fs::read(repo.git_dir().join("sequencer/todo")).unwrap_or_default();
        for (file, verb, operation) in [
            ("MERGE_HEAD", None, Operation::Merge),
            ("CHERRY_PICK_HEAD", Some(&b"pick"[..]), Operation::CherryPick),
            ("REVERT_HEAD", Some(&b"revert"[..]), Operation::Revert),
        ] {
            if there(file) || verb.is_some_and(|verb| todo.starts_with(verb)) {
                all.push(operation);
            }
        }
    }
    if there("BISECT_LOG") {
        all.push(Operation::Bisect);
    }
    if all.is_empty() && unmerged {
        all.push(Operation::Unmerged);
    }
    all
}

/// The whole status, not yet cut to what a snapshot lists.
#[derive(Debug, Default)]
pub(super) struct Status {
    staged: Vec<Vec<u8>>,
    unstaged: Vec<Vec<u8>>,
    untracked: Vec<Vec<u8>>,
    pub(super) unmerged: bool,
}

impl Status {
    /// Reads `git status --porcelain=v2 -z` (format: git-status(1), "Porcelain Format Version 2").
    pub(super) fn read(repo: &Repo) -> Result<Status, ObserveError> {
        if repo.workdir().is_none() {
            return Ok(Status::default());
        }
        let args = ["status", "--porcelain=v2", "-z", "--untracked-files=normal", "--no-renames"];
        let said = repo.git().run(&[&args[..], &["--ignore-submodules=dirty"]].concat())?;
        let mut status = Status::default();
        for entry in said.stdout.split(|b| *b == 0) {
            let fields = |n| entry.splitn(n, |b| *b == b' ').last().unwrap_or_default().to_vec();
            match entry {
                [b'1', b' ', index, tree, ..] => {
                    if *index != b'.' {
                        status.staged.push(fields(9));
                    }
                    if *tree != b'.' {
                        status.unstaged.push(fields(9));
                    }
                }
                [b'u', b' ', ..] => {
                    status.unmerged = true;
                    status.unstaged.push(fields(11));
                }
                [b'?', b' ', path @ ..] => status.untracked.push(path.to_vec()),
                _ => {}
            }
        }
        Ok(status)
    }

    pub(super) fn dirty(&self) -> Dirty {
        let some = |all: &[Vec<u8>]| all.iter().take(LISTED).map(|p| super::path(p)).collect();
        Dirty { staged: some(&self.staged), unstaged: some(&self.unstaged), untracked: some(&self.untracked) }
    }
}

/// What going from commit `from` (nothing: no commit yet) to commit `to` would write over.
pub(super) fn in_the_way(repo: &Repo, status: &Status, from: Option<&Oid>, to: &Oid) -> Result<InTheWay, ObserveError> {
    let Some(root) = repo.workdir() else { return Ok(InTheWay::default()) };
    let nothing = gix::ObjectId::empty_tree(repo.gix.object_hash()).to_string();
    let from = from.map_or(nothing.as_str(), Oid::as_str);
    let args = ["diff-tree", "-r", "-z", "--no-renames", "--name-status", from, to.as_str()];
    let said = repo.git().run(&args)?;
    let mut fields = said.stdout.split(|b| *b == 0);
    let (mut touched, mut added) = (BTreeSet::new(), Vec::new());
    while let (Some(status), Some(path)) = (fields.next(), fields.next()) {
        if status == b"A" {
            added.push(path);
        }
        touched.insert(path.to_vec());
    }
    let changed: BTreeSet<_> = status.staged.iter().chain(&status.unstaged).filter(|p| overlaps(&touched, p)).collect();
    let found = not_tracked(repo, root, &added)?;
    let ignores = ignored(repo, &found)?;
    let (ignored, untracked) = found.into_iter().partition(|path| ignores.contains(path));
    let paths = |all: Vec<Vec<u8>>| all.iter().map(|p| super::path(p)).collect();
    let changed = changed.into_iter().map(|p| super::path(p)).collect();
    Ok(InTheWay { changed, untracked: paths(untracked), ignored: paths(ignored) })
}

/// Whether a path, a folder above it or something below it is among the touched ones.
fn overlaps(touched: &BTreeSet<Vec<u8>>, path: &[u8]) -> bool {
    let above = (0..path.len()).filter(|i| path[*i] == b'/').any(|i| touched.contains(&path[..i]));
    let folder = [path, b"/"].concat();
    let below = touched.range(folder.clone()..).next().is_some_and(|next| next.starts_with(&folder));
    above || below || touched.contains(path)
}

/// What is on disk, and not in the index, where the added paths would go.
fn not_tracked(repo: &Repo, root: &Path, added: &[&[u8]]) -> Result<BTreeSet<Vec<u8>>, ObserveError> {
    let index = repo.gix.index_or_empty().map_err(GitError::gix("read the index"))?;
    let tracked = |path: &[u8]| index.entry_by_path(path.into()).is_some();
    let mut found = BTreeSet::new();
    for path in added {
        let ends = (0..path.len()).filter(|i| path[*i] == b'/').chain([path.len()]);
        for end in ends {
            let part = &path[..end];
            let Ok(kind) = root.join(super::path(part)).symlink_metadata().map(|m| m.file_type()) else { break };
            if !kind.is_dir() {
                if !tracked(part) {
                    found.insert(part.to_vec());
                }
                break;
            }
            if end == path.len() {
                found.extend(others_below(repo, part)?);
            }
        }
    }
    Ok(found)
}

/// Every file below a folder that is not in the index, ignored ones too.
fn others_below(repo: &Repo, folder: &[u8]) -> Result<Vec<Vec<u8>>, ObserveError> {
    let git = repo.git().clone().with("GIT_LITERAL_PATHSPECS", "1");
    let folder = super::path(folder);
    let said =
        git.run(&["ls-files".as_ref(), "--others".as_ref(), "-z".as_ref(), "--".as_ref(), folder.as_os_str()])?;
    Ok(said.stdout.split(|b| *b == 0).filter(|p| !p.is_empty()).map(<[u8]>::to_vec).collect())
}

/// Which of the paths are ignored.
fn ignored(repo: &Repo, all: &BTreeSet<Vec<u8>>) -> Result<BTreeSet<Vec<u8>>, ObserveError> {
    if all.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut input = Vec::new();
    for path in all {
        input.extend_from_slice(path);
        input.push(0);
    }
    // Exit code 1: none is. Anything worse names none either, which leaves all of them in the way and stops.
    let said = repo.git().say_to(&["check-ignore", "-z", "--stdin"], &input)?;
    Ok(said.stdout.split(|b| *b == 0).map(<[u8]>::to_vec).collect())
}
