//! Blobs, trees and commits of the object database, by id. Reading checks size, kind and hash; only plain files and
//! folders are taken.

use gix::objs::tree::EntryKind;
use jiff::Timestamp;

use crate::env::Env;
use crate::fault::Fault;
use crate::git::{GitError, Repo};
use crate::model::ids::Oid;

/// No object of ours is larger, in bytes.
pub const LARGEST_OBJECT: u64 = 64 << 20;

/// An object that is not there, or not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// Not in this repository.
    #[error("object {oid} is not in this repository")]
    Missing {
        /// Which.
        oid: Oid,
    },
    /// There, but not usable.
    #[error("object {oid} {why}")]
    Unfit {
        /// Which.
        oid: Oid,
        /// What is wrong with it.
        why: String,
    },
    /// The repository said no.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl Fault for ObjectError {
    fn hint(&self) -> Option<String> {
        match self {
            ObjectError::Missing { .. } => Some("`git handoff fetch --logs` fetches what the records name".into()),
            ObjectError::Unfit { .. } => Some("`git fsck` tells whether the repository is damaged".into()),
            ObjectError::Git(e) => e.hint(),
        }
    }
}

/// What an entry of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryType {
    /// A plain file.
    File,
    /// A folder.
    Folder,
}

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, one path component.
    pub name: String,
    /// File or folder.
    pub kind: EntryType,
    /// Its object.
    pub oid: Oid,
}

/// A commit's parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its tree.
    pub tree: Oid,
    /// Its parents.
    pub parents: Vec<Oid>,
    /// Its whole message.
    pub message: String,
    /// `Name <email>` of its author.
    pub author: String,
    /// When it was made.
    pub time: Timestamp,
}

pub(super) fn to_gix(oid: &Oid) -> gix::ObjectId {
    gix::ObjectId::from_hex(oid.as_str().as_bytes()).expect("an Oid is 40 or 64 hex digits")
}

pub(super) fn from_gix(id: impl Into<gix::ObjectId>) -> Oid {
    id.into().to_hex().to_string().parse().expect("a hash is hex digits")
}

/// The bytes of an object of a kind; one that is too long is not read.
fn data_of(gix: &gix::Repository, oid: &Oid, kind: gix::objs::Kind) -> Result<Vec<u8>, ObjectError> {
    let unfit = |why: String| ObjectError::Unfit { oid: oid.clone(), why };
    let header = gix.find_header(to_gix(oid)).map_err(GitError::gix(format!("read object {oid}")))?;
    if header.kind() != kind {
        return Err(unfit(format!("is a {}, not a {kind}", header.kind())));
    }
    if header.size() > LARGEST_OBJECT {
        return Err(unfit(format!("is {} bytes long, more than {LARGEST_OBJECT}", header.size())));
    }
    let mut object = gix.find_object(to_gix(oid)).map_err(GitError::gix(format!("read object {oid}")))?;
    Ok(std::mem::take(&mut object.data))
}

impl Repo {
    /// How many hex digits an object id of this repository has: 40 or 64.
    pub fn oid_len(&self) -> usize {
        self.gix.object_hash().len_in_hex()
    }

    /// Whether the object is here (without asking a promisor remote).
    pub fn has(&self, oid: &Oid) -> bool {
        oid.as_str().len() == self.oid_len() && self.gix.has_object(to_gix(oid))
    }

    /// In a partial clone, asks the promisor remote for an object, as git itself would. Whether it is here then.
    fn promised(&self, oid: &Oid) -> bool {
        let partial = self.remotes().iter().any(|r| self.is_partial(r));
        partial && self.git().say(&["cat-file", "-e", oid.as_str()]).is_ok_and(|said| said.code == 0)
    }

    fn read(&self, oid: &Oid, kind: gix::objs::Kind) -> Result<Vec<u8>, ObjectError> {
        let unfit = |why: String| ObjectError::Unfit { oid: oid.clone(), why };
        if oid.as_str().len() != self.oid_len() {
            return Err(unfit("has the id of another object format".into()));
        }
        let id = to_gix(oid);
        if !self.gix.has_object(id) && !self.promised(oid) {
            return Err(ObjectError::Missing { oid: oid.clone() });
        }
        let data = self.many.with(&self.gix, |gix| {
            let data = data_of(gix, oid, kind);
            let bytes = data.as_ref().map_or(0, Vec::len) as u64;
            (data, bytes)
        })?;
        let hash = gix::objs::compute_hash(self.gix.object_hash(), kind, &data);
        match hash {
            Ok(hash) if hash == id => Ok(data),
            _ => Err(unfit("does not have the content that its id names".into())),
        }
    }

    /// The bytes of a blob.
    pub fn blob(&self, oid: &Oid) -> Result<Vec<u8>, ObjectError> {
        self.read(oid, gix::objs::Kind::Blob)
    }

    /// The entries of one tree, in git's order. Anything but plain files and folders is refused.
    pub fn tree(&self, oid: &Oid) -> Result<Vec<Entry>, ObjectError> {
        let data = self.read(oid, gix::objs::Kind::Tree)?;
        let unfit = |why: String| ObjectError::Unfit { oid: oid.clone(), why };
        let mut entries: Vec<Entry> = Vec::new();
        let mut names = std::collections::HashSet::new();
        for entry in gix::objs::TreeRefIter::from_bytes(&data, self.gix.object_hash()) {
            let entry = entry.map_err(|e| unfit(format!("is a damaged tree: {e}")))?;
            let name =
                std::str::from_utf8(entry.filename).map_err(|_| unfit("names a file that is not UTF-8".into()))?;
            let kind = match entry.mode.kind() {
                EntryKind::Blob => EntryType::File,
                EntryKind::Tree => EntryType::Folder,
                other => return Err(unfit(format!("has {name:?} as {other:?}, which is not allowed here"))),
            };
            if name.is_empty()
                || name == "."
                || name == ".."
                || name.contains('/')
                || name.chars().any(char::is_control)
            {
                return Err(unfit(format!("has an entry with the name {name:?}, which is not allowed")));
            }
            if !names.insert(name) {
                return Err(unfit(format!("has two entries with the name {name:?}")));
            }
            entries.push(Entry { name: name.to_owned(), kind, oid: from_gix(entry.oid) });
        }
        Ok(entries)
    }

    /// A commit.
    pub fn commit(&self, oid: &Oid) -> Result<Commit, ObjectError> {
        let data = self.read(oid, gix::objs::Kind::Commit)?;
        let unfit = |e: &dyn std::fmt::Display| ObjectError::Unfit {
            oid: oid.clone(),
            why: format!("is a damaged commit: {e}"),
        };
        let commit = gix::objs::CommitRef::from_bytes(&data, self.gix.object_hash()).map_err(|e| unfit(&e))?;
        let author = commit.author().map_err(|e| unfit(&e))?;
        let time = commit.time().map_err(|e| unfit(&e))?;
        Ok(Commit {
            tree: from_gix(commit.tree()),
            parents: commit.parents().map(from_gix).collect(),
            message: String::from_utf8_lossy(commit.message).into_owned(),
            author: format!("{} <{}>", String::from_utf8_lossy(author.name), String::from_utf8_lossy(author.email)),
            time: Timestamp::from_second(time.seconds).unwrap_or(Timestamp::UNIX_EPOCH),
        })
    }

    /// Writes a blob (nothing is written if it is there).
    pub fn write_blob(&self, bytes: &[u8]) -> Result<Oid, GitError> {
        Ok(from_gix(self.gix.write_blob(bytes).map_err(GitError::gix("write an object"))?))
    }

    /// The id that a blob with these bytes has.
    pub fn blob_id(&self, bytes: &[u8]) -> Result<Oid, GitError> {
        let id = gix::objs::compute_hash(self.gix.object_hash(), gix::objs::Kind::Blob, bytes);
        Ok(from_gix(id.map_err(GitError::gix("name an object"))?))
    }

    /// Writes one tree.
    pub fn write_tree(&self, entries: &[Entry]) -> Result<Oid, GitError> {
        let mut tree = gix::objs::Tree::empty();
        for entry in entries {
            let kind = match entry.kind {
                EntryType::File => EntryKind::Blob,
                EntryType::Folder => EntryKind::Tree,
            };
            let filename = entry.name.as_str().into();
            tree.entries.push(gix::objs::tree::Entry { mode: kind.into(), filename, oid: to_gix(&entry.oid) });
        }
        tree.entries.sort();
        Ok(from_gix(self.gix.write_object(&tree).map_err(GitError::gix("write a tree"))?))
    }

    /// Writes a commit in the user's name (`user.name`, `user.email`; a neutral one where they are not set). Its
    /// parents are commits of ours only, never of the code.
    pub fn write_commit(&self, env: &Env, tree: &Oid, parents: &[Oid], message: &str) -> Result<Oid, GitError> {
        let config = self.gix.config_snapshot();
        let text = |variable: &str, key: &str| {
            env.var(variable).map(str::to_owned).or_else(|| config.string(key).map(|v| v.to_string()))
        };
        let name = text("GIT_AUTHOR_NAME", "user.name").unwrap_or_else(|| "git-handoff".into());
        let email = text("GIT_AUTHOR_EMAIL", "user.email").unwrap_or_else(|| "git-handoff@localhost".into());
        let time = gix::date::Time { seconds: env.now().as_second(), offset: 0 };
        let signature = gix::actor::Signature { name: name.into(), email: email.into(), time };
        let mut buffer = gix::date::parse::TimeBuf::default();
        let signature = signature.to_ref(&mut buffer);
        let parents = parents.iter().map(to_gix).collect::<Vec<_>>();
        let commit = self
            .gix
            .new_commit_as(signature, signature, message, to_gix(tree), parents)
            .map_err(GitError::gix("write a commit"))?;
        Ok(from_gix(commit.id()))
    }
}
