//! Looks at a repository and fills in a [`Snapshot`]: reads only, and nothing that a person wrote is parsed as text.

mod commits;
mod work_tree;

use std::path::{Path, PathBuf};

use self::commits::Commits;
use self::work_tree::Status;
use crate::env::Env;
use crate::fault::{Blame, Fault};
use crate::git::spawn::SpawnError;
use crate::git::{GitError, Repo};
use crate::model::divergence::{DefaultBranch, InTheWay, Landed, Point, Relation, ServerHead, Sides, Snapshot, Where};
use crate::model::ids::{BadName, BranchName, Oid};

/// What the caller knows already and wants judged.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The branch to be continued, by its local name.
    pub branch: BranchName,
    /// H, the head that the record names.
    pub head: Oid,
    /// The remote that the handoff came from.
    pub remote: Option<String>,
    /// Where the branch left the default branch, if the record knows.
    pub base: Option<Oid>,
    /// Rewritten commits, old to new, oldest first: the record's, and those noted here.
    pub rewrites: Vec<(Oid, Oid)>,
    /// The default branch, if it is known.
    pub default_branch: Option<DefaultBranch>,
    /// The server's branch, as the caller's fetch found it.
    pub server: ServerHead,
    /// Whether the work is to go on in this work tree.
    pub place: Where,
}

/// Why a repository could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// git could not be run, or failed.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// The repository could not be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// git gave something that is no object id or name.
    #[error(transparent)]
    Name(#[from] BadName),
}

impl Fault for ObserveError {
    fn blame(&self) -> Blame {
        match self {
            ObserveError::Spawn(fault) => fault.blame(),
            ObserveError::Git(fault) => fault.blame(),
            // A bad name here is git's answer, not the user's.
            ObserveError::Name(_) => Blame::Failed,
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            ObserveError::Spawn(fault) => fault.hint(),
            ObserveError::Git(fault) => fault.hint(),
            ObserveError::Name(_) => None,
        }
    }
}

/// Looks at the repository as it is now. Reads only; asks no server.
pub fn observe(repo: &Repo, env: &Env, ask: &Ask) -> Result<Snapshot, ObserveError> {
    let commits = Commits::open(repo)?;
    let other_format = ask.head.as_str().len() != repo.gix.object_hash().len_in_hex();
    let head_here = !other_format && commits.has(&ask.head);
    let relate = |oid: &Oid| commits.relate(oid, &ask.head);

    let local = tip(repo, &format!("refs/heads/{}", ask.branch))?;
    let (local, local_sides) = local.map(|oid| relate(&oid).map(|r| related(oid, r))).transpose()?.unzip();
    let tracking = match &ask.remote {
        Some(remote) => tip(repo, &format!("refs/remotes/{remote}/{}", ask.branch))?,
        None => None,
    };
    let (tracking, tracking_sides) = tracking.map(|oid| relate(&oid).map(|r| related(oid, r))).transpose()?.unzip();
    let (server, server_sides, server_here) = match &ask.server {
        ServerHead::Known(oid) => {
            let (point, sides) = related(oid.clone(), relate(oid)?);
            (Some(point), sides, !other_format && commits.has(oid))
        }
        ServerHead::Gone => (None, None, false),
        ServerHead::Offline { .. } => (tracking.clone(), tracking_sides.flatten(), tracking.is_some()),
    };

    let stranger = [&local, &server].into_iter().flatten().find(|point| point.relation == Relation::Unrelated);
    let roots = stranger.map(|point| commits.roots(&point.oid, &ask.head)).transpose()?;
    let at = work_tree::place(repo, &ask.branch)?;
    let status = Status::read(repo)?;
    let mut snapshot = Snapshot {
        branch: ask.branch.clone(),
        remote: ask.remote.clone(),
        head: ask.head.clone(),
        head_here,
        other_format,
        tracking,
        server: ask.server.clone(),
        server_here,
        server_in_local: match (&server, &local) {
            (Some(server), Some(local)) if server.oid == local.oid => true,
            (Some(server), Some(local)) if server_here => commits.is_ancestor(&server.oid, &local.oid)?,
            _ => false,
        },
        later: match &server {
            Some(Point { oid, relation: Relation::Ahead(_) }) => commits.later(&ask.head, oid)?,
            _ => Vec::new(),
        },
        roots,
        conflicts: match &local {
            Some(Point { oid, relation: Relation::Diverged { .. } }) => commits.conflicts(oid, &ask.head)?,
            _ => None,
        },
        server_relation: match &ask.server {
            ServerHead::Known(_) => server.map(|point| point.relation),
            ServerHead::Gone | ServerHead::Offline { .. } => None,
        },
        local,
        local_sides: local_sides.flatten(),
        server_sides,
        rewrites: ask.rewrites.clone(),
        default_branch: ask.default_branch.clone(),
        landed: if head_here { commits.landed(ask)? } else { Landed::No },
        place: ask.place,
        at,
        elsewhere: work_tree::elsewhere(repo, &ask.branch)?,
        held_here: work_tree::holds(repo.git_dir(), &ask.branch),
        operations: work_tree::operations(repo, status.unmerged),
        dirty: status.dirty(),
        in_the_way: InTheWay::default(),
        shallow: !commits.shallow.is_empty(),
        partial: commits.partial,
        free_branch: free_branch(repo, &ask.branch)?,
        free_folder: free_folder(repo, env, &ask.branch),
    };
    if let (Some(to), Where::Here) = (snapshot.destination().or_else(|| snapshot.offered()), snapshot.place)
        && snapshot.here() != Some(&to)
    {
        snapshot.in_the_way = work_tree::in_the_way(repo, &status, snapshot.here(), &to)?;
    }
    Ok(snapshot)
}

fn related(oid: Oid, (relation, sides): (Relation, Option<Sides>)) -> (Point, Option<Sides>) {
    (Point { oid, relation }, sides)
}

/// The commit of a ref, if there is such a ref.
pub(super) fn tip(repo: &Repo, name: &str) -> Result<Option<Oid>, ObserveError> {
    let reading = || GitError::gix(format!("read {name}"));
    let Some(mut found) = repo.gix.try_find_reference(name).map_err(reading())? else { return Ok(None) };
    let id = match found.try_id() {
        Some(id) => id.detach(),
        None => found.peel_to_id().map_err(reading())?.detach(),
    };
    Ok(Some(id.to_string().parse()?))
}

/// A branch name that is free: `<branch>-handoff`, `<branch>-handoff-2`, …
fn free_branch(repo: &Repo, branch: &BranchName) -> Result<BranchName, ObserveError> {
    for n in 1..100 {
        let name = if n == 1 { format!("{branch}-handoff") } else { format!("{branch}-handoff-{n}") };
        let full = format!("refs/heads/{name}");
        let taken = tip(repo, &full)?.is_some() || repo.git_dir().join(&full).exists();
        if let (Ok(free), false) = (name.parse(), taken) {
            return Ok(free);
        }
    }
    Ok(format!("handoff-{}", branch.as_str().len()).parse()?)
}

/// A folder that is free, beside this work tree; relative where the person stands at its root.
fn free_folder(repo: &Repo, env: &Env, branch: &BranchName) -> PathBuf {
    let root = repo.workdir().unwrap_or_else(|| repo.git_dir());
    let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    let last = branch.as_str().rsplit('/').next().unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let stem: String = last.chars().take(60).map(plain).collect();
    let parent = root.parent().unwrap_or(&root);
    let name = (1..100)
        .map(|n| if n == 1 { format!("{stem}-handoff") } else { format!("{stem}-handoff-{n}") })
        .find(|name| parent.join(name).symlink_metadata().is_err())
        .unwrap_or_else(|| format!("{stem}-handoff-{}", env.random_hex(4)));
    let at_root = env.cwd().canonicalize().is_ok_and(|cwd| cwd == root);
    if at_root { Path::new("..").join(name) } else { parent.join(name) }
}

/// A path as git gives it.
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    gix::path::from_bstr(gix::bstr::BStr::new(bytes))
        .map_or_else(|_| PathBuf::from(String::from_utf8_lossy(bytes).into_owned()), |path| path.into_owned())
}
