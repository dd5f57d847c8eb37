//! Blame and hint of an error: what every error of this program can say beside its message.
//!
//! Each module has its own `thiserror` enum, says in `Fault` what to do next, and never prints.
//! One place, [`crate::error`], prints a fault and picks the exit code.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

/// Who has to act next; decides the exit code of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Something did not work: exit 1.
    Failed,
    /// The command line or a setting is wrong: exit 2.
    Usage,
    /// Nothing failed, but a decision is the user's: exit 3. [`Fault::choices`] lists the ways on.
    Decision,
    /// The program contradicts itself: exit 70.
    Bug,
}

impl Blame {
    /// The exit code of the process (facts of `git handoff help exit-codes`).
    pub fn exit_code(self) -> u8 {
        match self {
            Blame::Failed => 1,
            Blame::Usage => 2,
            Blame::Decision => 3,
            Blame::Bug => 70,
        }
    }
}

/// One way on, with the exact command that takes it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Choice {
    /// Two to four words: what this choice does.
    pub what: String,
    /// The command, ready to be copied into a shell.
    pub command: String,
}

impl Choice {
    /// A choice from its words and its command.
    pub fn new(what: impl Into<String>, command: impl Into<String>) -> Choice {
        Choice { what: what.into(), command: command.into() }
    }
}

/// An error that knows whose turn it is and what comes next.
pub trait Fault: Error + Send + Sync + 'static {
    /// Whose turn it is.
    fn blame(&self) -> Blame {
        Blame::Failed
    }
    /// A short name of what happened, for programs that read `--json`: it stays the same from release to release.
    fn code(&self) -> &'static str {
        match self.blame() {
            Blame::Failed => "failed",
            Blame::Usage => "usage",
            Blame::Decision => "decision",
            Blame::Bug => "bug",
        }
    }
    /// The next step, one sentence, if there is one that helps.
    fn hint(&self) -> Option<String> {
        None
    }
    /// What has been done already, in front of the ways on.
    fn so_far(&self) -> &str {
        "nothing was changed"
    }
    /// The numbered ways on of a [`Blame::Decision`].
    fn choices(&self) -> Vec<Choice> {
        Vec::new()
    }
}

/// Any fault, on its way to the one place that prints it.
pub type AnyFault = Box<dyn Fault>;

impl<E: Fault> From<E> for AnyFault {
    fn from(fault: E) -> AnyFault {
        Box::new(fault)
    }
}

/// A file operation that failed, with the file it failed on.
#[derive(Debug)]
pub struct FileFault {
    /// What was being done: "read", "write", "rename".
    pub action: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub source: std::io::Error,
}

impl FileFault {
    /// For `map_err`: names the action and the path.
    pub fn on<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(std::io::Error) -> FileFault + 'a {
        move |source| FileFault { action, path: path.to_path_buf(), source }
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {} {}: {}", self.action, self.path.display(), self.source)
    }
}

impl Error for FileFault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

impl Fault for FileFault {
    fn hint(&self) -> Option<String> {
        match self.source.kind() {
            std::io::ErrorKind::PermissionDenied => Some(format!("check the permissions of {}", self.path.display())),
            std::io::ErrorKind::StorageFull => Some("free some disk space and run the same command again".into()),
            _ => None,
        }
    }
}
