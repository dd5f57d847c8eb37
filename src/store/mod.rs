//! Handoffs as git things: records and logs written, read, verified and merged. Takes only what `canon` made.

pub mod files;
pub mod logs;
pub mod merge;
pub mod records;
pub mod work;

use crate::fault::Fault;
use crate::format::FormatError;
use crate::git::GitError;
use crate::git::objects::ObjectError;
use crate::git::refs::RefError;

/// What can go wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A log lacks a part.
    #[error("the log of {session} lacks {part} ({extent})\n  in {place}")]
    Hole {
        /// Agent and short id.
        session: String,
        /// `segment 000003`, or a side file.
        part: String,
        /// What it held: size and lines.
        extent: String,
        /// The commit.
        place: String,
    },
    /// A part is not what the manifest says.
    #[error("{part} of the log of {session} has {found}, the manifest says {said}\n  in {place}")]
    Altered {
        /// Agent and short id.
        session: String,
        /// `segment 000003`, or a side file.
        part: String,
        /// What is there.
        found: String,
        /// What should be.
        said: String,
        /// The commit.
        place: String,
    },
    /// A commit without a file that it must have.
    #[error("{place} has no {file}")]
    Lacks {
        /// The commit.
        place: String,
        /// The file.
        file: &'static str,
    },
    /// Not the format.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// An object.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// A ref.
    #[error(transparent)]
    Ref(#[from] RefError),
    /// The repository.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl Fault for StoreError {
    fn code(&self) -> &'static str {
        match self {
            StoreError::Hole { .. } => "log_hole",
            StoreError::Altered { .. } => "log_altered",
            StoreError::Lacks { .. } => "no_handoff",
            StoreError::Format(e) => e.code(),
            StoreError::Object(e) => e.code(),
            StoreError::Ref(e) => e.code(),
            StoreError::Git(e) => e.code(),
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            StoreError::Hole { .. } | StoreError::Altered { .. } => Some(
                "fetch it again with `git handoff fetch --logs`; where the session was recorded, `git handoff push` writes it again"
                    .into(),
            ),
            StoreError::Lacks { .. } => Some("it is not a handoff, or a damaged one; nothing was changed".into()),
            StoreError::Format(e) => e.hint(),
            StoreError::Object(e) => e.hint(),
            StoreError::Ref(e) => e.hint(),
            StoreError::Git(e) => e.hint(),
        }
    }
}
