//! Refs: reading them, and changing them by compare-and-swap only.

use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit, RefLog};
use gix::refs::{FullName, Target};

use crate::env::Env;
use crate::fault::Fault;
use crate::git::objects::{from_gix, to_gix};
use crate::git::{GitError, Repo};
use crate::model::ids::Oid;

/// What can go wrong with a change of refs.
#[derive(Debug, thiserror::Error)]
pub enum RefError {
    /// Someone else changed it first.
    #[error("{name} was changed by another process meanwhile")]
    Lost {
        /// One of the refs.
        name: String,
    },
    /// Another process holds its lock.
    #[error("{name} is locked by another process (there is a {name}.lock in the git folder)")]
    Locked {
        /// The ref.
        name: String,
    },
    /// The repository said no.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl Fault for RefError {
    fn code(&self) -> &'static str {
        match self {
            RefError::Lost { .. } => "lost_race",
            RefError::Locked { .. } => "locked",
            RefError::Git(e) => e.code(),
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            RefError::Lost { .. } | RefError::Locked { .. } => {
                Some("nothing was lost; run the same command again".into())
            }
            RefError::Git(e) => e.hint(),
        }
    }
}

/// One change of a ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefChange {
    /// The full name.
    pub name: String,
    /// What it must be now; `None`: it must not exist.
    pub old: Option<Oid>,
    /// What it becomes; `None`: it goes.
    pub new: Option<Oid>,
    /// Why, for the reflog.
    pub why: String,
}

impl Repo {
    /// What a ref points at, if it exists.
    pub fn find_ref(&self, name: &str) -> Result<Option<Oid>, GitError> {
        let found = self.gix.try_find_reference(name).map_err(GitError::gix(format!("read {name}")))?;
        match found {
            None => Ok(None),
            Some(mut r) => {
                let id = r.peel_to_id().map_err(GitError::gix(format!("read {name}")))?;
                Ok(Some(from_gix(id)))
            }
        }
    }

    /// All refs below a prefix that ends with `/`, by name.
    pub fn list_refs(&self, prefix: &str) -> Result<Vec<(String, Oid)>, GitError> {
        let action = || GitError::gix(format!("list {prefix}"));
        let platform = self.gix.references().map_err(GitError::gix(format!("list {prefix}")))?;
        let mut found = Vec::new();
        for item in platform.prefixed(prefix).map_err(action())? {
            let item = item.map_err(|e| GitError::Gix { action: format!("list {prefix}"), message: e.to_string() })?;
            if let Some(id) = item.try_id() {
                found.push((item.name().as_bstr().to_string(), from_gix(id)));
            }
        }
        Ok(found)
    }

    /// Changes refs, all or none, if each of them still has the value it should have.
    pub fn change_refs(&self, env: &Env, changes: &[RefChange]) -> Result<(), RefError> {
        let mut edits = Vec::new();
        for change in changes {
            if change.old.is_none() && change.new.is_some() && self.find_ref(&change.name)?.is_some() {
                // gix lets "must not exist" pass when the ref already has the new value.
                return Err(RefError::Lost { name: change.name.clone() });
            }
            edits.push(edit(change)?);
            if !self.free_lock(&change.name) {
                return Err(RefError::Locked { name: change.name.clone() });
            }
        }
        if edits.is_empty() {
            return Ok(());
        }
        let time = gix::date::Time { seconds: env.now().as_second(), offset: 0 };
        let who = gix::actor::Signature { name: "git-handoff".into(), email: "git-handoff@localhost".into(), time };
        let mut buffer = gix::date::parse::TimeBuf::default();
        let lost = || RefError::Lost { name: changes[0].name.clone() };
        match self.gix.edit_references_as(edits, Some(who.to_ref(&mut buffer))) {
            Ok(_) => Ok(()),
            Err(e) if e.is_conflict() => Err(lost()),
            Err(e) => {
                let moved = |c: &RefChange| self.find_ref(&c.name).is_ok_and(|now| now != c.old);
                if changes.iter().any(moved) { Err(lost()) } else { Err(GitError::gix("change refs")(e).into()) }
            }
        }
    }
}

fn edit(change: &RefChange) -> Result<RefEdit, RefError> {
    let name: FullName =
        change.name.as_str().try_into().map_err(GitError::gix(format!("use the ref name {}", change.name)))?;
    let expected = match &change.old {
        Some(old) => PreviousValue::MustExistAndMatch(Target::Object(to_gix(old))),
        None => PreviousValue::MustNotExist,
    };
    let action = match &change.new {
        Some(new) => Change::Update {
            expected,
            new: Target::Object(to_gix(new)),
            log: LogChange {
                mode: RefLog::AndReference,
                force_create_reflog: true,
                message: change.why.as_str().into(),
            },
        },
        None => Change::Delete { expected, log: RefLog::AndReference },
    };
    Ok(RefEdit { name, deref: false, change: action })
}
