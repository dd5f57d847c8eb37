//! Machine paths and their tokens.

use std::path::PathBuf;

/// A folder of this machine that a stored log names by a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// `repo`, `store`, `config` or `home`.
    pub name: &'static str,
    /// Its spellings here (symlinks, earlier places); the first one is what a token becomes.
    pub paths: Vec<PathBuf>,
}
