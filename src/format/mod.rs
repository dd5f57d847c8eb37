//! Bytes and values of `docs/format.md`: ref names, YAML, messages, segments, versions. No I/O.

pub mod manifest;
pub mod message;
pub mod record;
pub mod refs;
pub mod segments;
pub mod work;
pub mod yaml;

use crate::fault::Fault;

/// The version of the stored format that this program writes, and the only one it reads.
pub const VERSION: &str = "1";

/// Something in the store that does not follow the format.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// Written by a later program.
    #[error("{object} has format version {version}; this program knows version {VERSION}")]
    Newer {
        /// What was read.
        object: String,
        /// Its version.
        version: String,
    },
    /// Not what the format says.
    #[error("{object} is not valid: {why}")]
    Invalid {
        /// What was read.
        object: String,
        /// What is wrong.
        why: String,
    },
}

impl FormatError {
    /// For `map_err`: names the object.
    pub fn invalid<E: std::fmt::Display>(object: &str) -> impl Fn(E) -> FormatError + '_ {
        move |why| FormatError::Invalid { object: object.to_owned(), why: why.to_string() }
    }
}

impl Fault for FormatError {
    fn code(&self) -> &'static str {
        match self {
            FormatError::Newer { .. } => "newer_format",
            FormatError::Invalid { .. } => "invalid_format",
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            FormatError::Newer { .. } => Some("update git-handoff: `cargo install git-handoff`".into()),
            FormatError::Invalid { .. } => {
                Some("it was left as it is. `git for-each-ref refs/handoff refs/handoff-remotes` shows where it stands; without that ref, here and on the server, `git handoff push` writes it anew".into())
            }
        }
    }
}
