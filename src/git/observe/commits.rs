//! How commits relate: ancestry, what each side has, what landed, what would conflict.

use std::collections::HashSet;
use std::path::PathBuf;

use super::{Ask, ObserveError};
use crate::git::{GitError, Repo};
use crate::model::divergence::{Landed, Later, Relation, Roots, ServerHead, Sides};
use crate::model::ids::Oid;

/// More commits than this on a side are counted, not listed.
const LISTED: usize = 1_000;
/// More commits than this on a side are not compared by patch.
const COMPARED: u64 = 200;
const LATER: usize = 20;
const ROOTS: usize = 5;

/// The history of one repository.
pub(super) struct Commits<'a> {
    pub(super) repo: &'a Repo,
    pub(super) shallow: HashSet<Oid>,
    pub(super) partial: bool,
}

impl Commits<'_> {
    pub(super) fn open(repo: &Repo) -> Result<Commits<'_>, ObserveError> {
        let cut = repo.gix.shallow_commits().map_err(GitError::gix("read the shallow boundary"))?;
        let cut: Vec<gix::ObjectId> = cut.map(|all| all.iter().copied().collect()).unwrap_or_default();
        let shallow = cut.iter().map(|id| id.to_string().parse()).collect::<Result<_, _>>()?;
        let config = repo.gix.config_snapshot();
        let promisor = |name: &str| config.boolean(format!("remote.{name}.promisor").as_str()) == Some(true);
        let partial = config.string("extensions.partialClone").is_some()
            || repo.gix.remote_names().iter().any(|name| promisor(&name.to_string()));
        Ok(Commits { repo, shallow, partial })
    }

    /// Whether a commit is in the object database. Asks gix, because git would try to download it in a partial clone.
    pub(super) fn has(&self, oid: &Oid) -> bool {
        let Ok(id) = gix::ObjectId::from_hex(oid.as_str().as_bytes()) else { return false };
        // gix takes an id of the other object format for a bug of its caller.
        if id.kind() != self.repo.gix.object_hash() {
            return false;
        }
        let header = self.repo.gix.try_find_header(id);
        matches!(header, Ok(Some(header)) if header.kind() == gix::object::Kind::Commit)
    }

    /// How `here` relates to `there`, and what only one of them has.
    pub(super) fn relate(&self, here: &Oid, there: &Oid) -> Result<(Relation, Option<Sides>), ObserveError> {
        if !self.has(here) || !self.has(there) {
            return Ok((Relation::Missing, None));
        }
        if here == there {
            return Ok((Relation::Equal, None));
        }
        let range = format!("{here}...{there}");
        let said = self.repo.git().run(&["rev-list", "--left-right", "--topo-order", range.as_str(), "--"])?;
        let mut sides = Sides::default();
        let mut cut = false;
        for line in said.stdout.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
            let (mark, oid) = line.split_at(1);
            let oid: Oid = String::from_utf8_lossy(oid).parse()?;
            cut |= self.shallow.contains(&oid);
            let (list, count) = match mark {
                b"<" => (&mut sides.here, &mut sides.here_count),
                _ => (&mut sides.there, &mut sides.there_count),
            };
            *count += 1;
            if list.len() < LISTED {
                list.push(oid);
            }
        }
        match (sides.here_count, sides.there_count) {
            (0, behind) => return Ok((Relation::Behind(behind), None)),
            (ahead, 0) => return Ok((Relation::Ahead(ahead), None)),
            // A commit whose parents are cut off may be what connects the two.
            _ if cut => return Ok((Relation::Unknown, None)),
            _ => {}
        }
        let Some(base) = self.merge_base(here, there)? else { return Ok((Relation::Unrelated, None)) };
        sides.unmatched = self.unmatched(&range, &sides)?;
        Ok((Relation::Diverged { here: sides.here_count, there: sides.there_count, base }, Some(sides)))
    }

    fn merge_base(&self, a: &Oid, b: &Oid) -> Result<Option<Oid>, ObserveError> {
        let args = ["merge-base", a.as_str(), b.as_str()];
        let said = self.repo.git().say(&args)?;
        match said.code {
            0 => Ok(Some(said.text().parse()?)),
            1 => Ok(None),
            _ => Err(crate::git::spawn::failed(&args, &said).into()),
        }
    }

    fn unmatched(&self, range: &str, sides: &Sides) -> Result<Option<(u64, u64)>, ObserveError> {
        if self.partial || sides.here_count > COMPARED || sides.there_count > COMPARED {
            return Ok(None);
        }
        let said = self.repo.git().run(&["rev-list", "--count", "--left-right", "--cherry-mark", range, "--"])?;
        let text = said.text();
        let counts: Vec<u64> = text.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        Ok(match counts.as_slice() {
            [here, there, _same] => Some((*here, *there)),
            _ => None,
        })
    }

    pub(super) fn is_ancestor(&self, old: &Oid, new: &Oid) -> Result<bool, ObserveError> {
        let said = self.repo.git().say(&["merge-base", "--is-ancestor", old.as_str(), new.as_str()])?;
        Ok(said.code == 0)
    }

    /// The newest commits of `new` on top of `old`.
    pub(super) fn later(&self, old: &Oid, new: &Oid) -> Result<Vec<Later>, ObserveError> {
        let most = format!("--max-count={LATER}");
        let except = format!("^{old}");
        let said = self.repo.git().run(&["rev-list", &most, new.as_str(), &except, "--"])?;
        said.text().lines().map(|line| self.one_later(line.parse()?)).collect()
    }

    fn one_later(&self, oid: Oid) -> Result<Later, ObserveError> {
        let id = gix::ObjectId::from_hex(oid.as_str().as_bytes()).map_err(GitError::gix("read a commit id"))?;
        let commit = self.repo.gix.find_commit(id).map_err(GitError::gix("read a commit"))?;
        let author = commit.author().map(|author| author.name.to_string()).unwrap_or_default();
        let subject = commit.message().map(|message| message.summary().to_string()).unwrap_or_default();
        Ok(Later { oid, author, subject })
    }

    /// The root commits of both, where they share nothing.
    pub(super) fn roots(&self, here: &Oid, there: &Oid) -> Result<Roots, ObserveError> {
        Ok(Roots { here: self.roots_of(here)?, there: self.roots_of(there)? })
    }

    fn roots_of(&self, oid: &Oid) -> Result<Vec<Oid>, ObserveError> {
        let most = format!("--max-count={ROOTS}");
        let said = self.repo.git().run(&["rev-list", "--max-parents=0", &most, oid.as_str(), "--"])?;
        Ok(said.text().lines().map(str::parse).collect::<Result<_, _>>()?)
    }

    /// Whether the default branch has the work of H.
    pub(super) fn landed(&self, ask: &Ask) -> Result<Landed, ObserveError> {
        let Some(default) = ask.default_branch.as_ref().filter(|d| d.name != ask.branch.as_str()) else {
            return Ok(Landed::No);
        };
        let head = &ask.head;
        // A branch without commits of its own has nothing that could land.
        if !self.has(&default.head) || !self.has(head) || ask.base.as_ref() == Some(head) {
            return Ok(Landed::No);
        }
        if self.is_ancestor(head, &default.head)? {
            let telling = ask.base.is_some() || ask.server == ServerHead::Gone;
            let landed = telling || !self.on_first_parents(head, &default.head)?;
            return Ok(if landed { Landed::Merged } else { Landed::No });
        }
        let Some(base) = self.merge_base(head, &default.head)? else { return Ok(Landed::No) };
        let own_tree = self.tree(head)?;
        if own_tree == self.tree(&base)? {
            return Ok(Landed::No);
        }
        let merged = self.merge(&default.head, head)?;
        let nothing_new =
            matches!(merged, Some((tree, files)) if files.is_empty() && tree == self.tree(&default.head)?);
        Ok(if nothing_new { Landed::Squashed } else { Landed::No })
    }

    /// Whether `old` is on the line of first parents of `new`, of which it is an ancestor: then it may be no more than
    /// the commit at which a branch was begun.
    fn on_first_parents(&self, old: &Oid, new: &Oid) -> Result<bool, ObserveError> {
        if old == new {
            return Ok(true);
        }
        let except = format!("^{old}");
        let said = self.repo.git().run(&["rev-list", "--first-parent", "--parents", new.as_str(), &except, "--"])?;
        let text = said.text();
        let first_parent = text.lines().last().and_then(|line| line.split(' ').nth(1));
        Ok(first_parent == Some(old.as_str()))
    }

    fn tree(&self, oid: &Oid) -> Result<Oid, ObserveError> {
        let id = gix::ObjectId::from_hex(oid.as_str().as_bytes()).map_err(GitError::gix("read a commit id"))?;
        let commit = self.repo.gix.find_commit(id).map_err(GitError::gix("read a commit"))?;
        let tree = commit.tree_id().map_err(GitError::gix("read a commit"))?;
        Ok(tree.to_string().parse()?)
    }

    /// The files in which a merge would conflict; `None` if git cannot tell.
    pub(super) fn conflicts(&self, a: &Oid, b: &Oid) -> Result<Option<Vec<PathBuf>>, ObserveError> {
        Ok(self.merge(a, b)?.map(|(_, files)| files))
    }

    /// The tree of a merge that is only tried, and the files in conflict.
    fn merge(&self, a: &Oid, b: &Oid) -> Result<Option<(Oid, Vec<PathBuf>)>, ObserveError> {
        let args = ["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", a.as_str(), b.as_str()];
        let said = self.repo.git().say(&args)?;
        if !matches!(said.code, 0 | 1) {
            return Ok(None);
        }
        let mut fields = said.stdout.split(|b| *b == 0).filter(|field| !field.is_empty());
        let tree = String::from_utf8_lossy(fields.next().unwrap_or_default()).parse()?;
        let mut files: Vec<PathBuf> = fields.map(super::path).collect();
        files.dedup();
        Ok(Some((tree, files)))
    }
}
