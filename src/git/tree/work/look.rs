//! One look at what is not committed: the trees of index and work tree, by way of a copied index.

use std::path::Path;

use crate::git::spawn::{Git, failed};
use crate::git::tree::rescue::copied_index;
use crate::git::tree::{TreeError, path};
use crate::git::{GitError, Repo};
use crate::model::ids::Oid;
use crate::model::work::{Content, Mode};

/// The trees of one moment.
pub(super) struct Look {
    /// What HEAD is at.
    pub(super) head: Oid,
    /// The index; where it is unmerged, the head's.
    pub(super) staged: Oid,
    /// The work tree, as far as files were let in.
    pub(super) tree: Oid,
    /// Paths with an unfinished merge.
    pub(super) unmerged: Vec<Vec<u8>>,
}

/// A path that differs between two trees: what it is in the second, and what it was in the first.
pub(super) struct Differs {
    pub(super) path: Vec<u8>,
    pub(super) was: Side,
    pub(super) is: Side,
}

/// What a path is in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Side {
    Nothing,
    File(Content),
    Submodule,
}

/// Looks at the work tree. Files that changed, untracked ones and those of `also` go in if `fit` says so; a folder that
/// is a repository of its own is asked for like a file.
pub(super) fn look(
    repo: &Repo,
    also: &[Vec<u8>],
    fit: &mut dyn FnMut(&[u8], &Path) -> bool,
) -> Result<Look, TreeError> {
    let head = repo.gix.head_id().map_err(GitError::gix("read HEAD"))?.to_string().parse()?;
    let (_scratch, index) = copied_index(repo)?;
    let git = repo.git().clone().with("GIT_INDEX_FILE", &index).with("GIT_LITERAL_PATHSPECS", "1");
    // Exit code 1: some files differ, which is what we are here for.
    git.say(&["update-index", "-q", "--refresh"])?;
    let unmerged = unmerged(&git)?;
    if !unmerged.is_empty() {
        to(&git, &["reset", "--quiet", "--pathspec-from-file=-", "--pathspec-file-nul", "HEAD"], &joined(&unmerged))?;
    }
    let staged = write_tree(&git)?;
    let said = git.run(&["diff-files", "-z", "--no-renames", "--name-only", "--ignore-submodules=dirty"])?;
    let mut all: Vec<Vec<u8>> = split(&said.stdout);
    all.extend(split(&git.run(&["ls-files", "--others", "--exclude-standard", "-z"])?.stdout));
    all.extend(also.iter().cloned());
    all.sort_unstable();
    all.dedup();
    let root = repo.workdir().unwrap_or(repo.git_dir());
    let mut taken = Vec::new();
    for bytes in all {
        if fit(&bytes, &root.join(path(&bytes))) {
            taken.push(bytes);
        }
    }
    if !taken.is_empty() {
        // A strict setting for line ends must not keep a file back.
        let args = ["-c", "core.safecrlf=false", "update-index", "--add", "--remove", "--replace", "-z", "--stdin"];
        to(&git, &args, &joined(&taken))?;
    }
    Ok(Look { head, staged, tree: write_tree(&git)?, unmerged })
}

fn write_tree(git: &Git) -> Result<Oid, TreeError> {
    // A partial clone has the ids of files that it does not have.
    Ok(git.run(&["write-tree", "--missing-ok"])?.text().parse()?)
}

fn unmerged(git: &Git) -> Result<Vec<Vec<u8>>, TreeError> {
    let said = git.run(&["ls-files", "--unmerged", "-z"])?;
    let path = |line: Vec<u8>| line.iter().position(|b| *b == b'\t').map(|at| line[at + 1..].to_vec());
    let mut all: Vec<Vec<u8>> = split(&said.stdout).into_iter().filter_map(path).collect();
    all.dedup();
    Ok(all)
}

/// What differs from one tree to another (format: git-diff-tree(1), "Raw output format").
pub(super) fn differences(repo: &Repo, from: &Oid, to: &Oid) -> Result<Vec<Differs>, TreeError> {
    let said = repo.git().run(&["diff-tree", "-r", "-z", "--no-renames", "--raw", from.as_str(), to.as_str()])?;
    let mut fields = said.stdout.split(|b| *b == 0);
    let mut all = Vec::new();
    while let (Some(about), Some(path)) = (fields.next(), fields.next()) {
        let about = String::from_utf8_lossy(about).into_owned();
        let words: Vec<&str> = about.trim_start_matches(':').split(' ').collect();
        let [old_mode, new_mode, old, new, _] = words[..] else { continue };
        all.push(Differs { path: path.to_vec(), was: side(old_mode, old)?, is: side(new_mode, new)? });
    }
    Ok(all)
}

fn side(mode: &str, oid: &str) -> Result<Side, TreeError> {
    Ok(match (mode, Mode::of(mode)) {
        ("000000", _) => Side::Nothing,
        (_, Some(mode)) => Side::File(Content { mode, blob: oid.parse()? }),
        _ => Side::Submodule,
    })
}

/// What a path is in a commit or tree.
pub(super) fn file_at(repo: &Repo, treeish: &Oid, path: &str) -> Result<Side, TreeError> {
    let read = || GitError::gix(format!("read {path} of {}", treeish.short()));
    let id = gix::ObjectId::from_hex(treeish.as_str().as_bytes()).map_err(read())?;
    let tree = repo.gix.find_object(id).map_err(read())?.peel_to_tree().map_err(read())?;
    let found = tree.lookup_entry_by_path(crate::git::tree::path(path.as_bytes())).map_err(read())?;
    let Some(entry) = found.filter(|e| !e.mode().is_tree()) else { return Ok(Side::Nothing) };
    let mode = format!("{:06o}", entry.mode().value());
    side(&mode, &entry.object_id().to_string())
}

/// Runs `git ARGS` with `input`; any exit code but 0 is an error.
pub(super) fn to(git: &Git, args: &[&str], input: &[u8]) -> Result<(), TreeError> {
    let said = git.say_to(args, input)?;
    if said.code == 0 { Ok(()) } else { Err(failed(args, &said).into()) }
}

/// Paths, each ended by NUL, for git.
pub(super) fn joined<P: AsRef<[u8]>>(paths: &[P]) -> Vec<u8> {
    paths.iter().flat_map(|p| [p.as_ref(), &[0]].concat()).collect()
}

pub(super) fn split(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split(|b| *b == 0).filter(|p| !p.is_empty()).map(<[u8]>::to_vec).collect()
}
