//! What the program does, one file a flow. Flows return reports and print nothing.

pub mod answers;
pub mod baton;
pub mod capture;
pub mod check;
pub mod demo;
pub mod doctor;
pub mod fork;
pub mod hook;
pub mod init;
pub mod lane;
pub mod local;
pub mod manual;
pub mod overview;
pub mod push;
pub mod pushed;
pub mod record;
pub mod release;
pub mod restore;
pub mod resume;
pub mod run;
pub mod save;
pub mod send;
pub mod sessions;
pub mod show;
pub mod sync;
pub mod typed;
pub mod uninstall;
pub mod ways;
pub mod work;

use crate::env::Env;
use crate::fault::{AnyFault, Blame, Choice, Fault};
pub use crate::flows::lane::Lane;
use crate::flows::local::Local;
use crate::flows::typed::Typed;
use crate::git::Repo;
pub use crate::install::managers::Advice;
pub use crate::model::shell::quote;

/// What every flow works on.
pub struct Ctx {
    /// The surroundings.
    pub env: Env,
    /// The repository.
    pub repo: Repo,
    /// What this clone remembers.
    pub local: Local,
    /// The command that was typed.
    pub typed: Typed,
}

impl Ctx {
    /// Opens the repository around the working folder.
    pub fn open(env: &Env) -> Result<Ctx, AnyFault> {
        let repo = Repo::open(env)?;
        let local = Local::open(&repo);
        Ok(Ctx { env: env.clone(), repo, local, typed: Typed::default() })
    }

    /// The same for a command that was typed, whose flags the ways on repeat.
    pub fn typed(self, typed: Typed) -> Ctx {
        Ctx { typed, ..self }
    }
}

/// A flow that stopped because a decision is the user's.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Undecided {
    /// What has to be decided, and that nothing was changed.
    pub what: String,
    /// The ways on.
    pub choices: Vec<Choice>,
}

/// A flow that did one part and stopped before the other, because a decision is the user's.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct HalfDone {
    /// What has to be decided.
    pub what: String,
    /// What was done.
    pub done: String,
    /// The ways on.
    pub choices: Vec<Choice>,
}

impl Fault for HalfDone {
    fn blame(&self) -> Blame {
        Blame::Decision
    }
    fn so_far(&self) -> &str {
        &self.done
    }
    fn choices(&self) -> Vec<Choice> {
        self.choices.clone()
    }
}

impl Fault for Undecided {
    fn blame(&self) -> Blame {
        Blame::Decision
    }
    fn choices(&self) -> Vec<Choice> {
        self.choices.clone()
    }
}

/// A flow that cannot go on, with the next step.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Stuck {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub next: String,
    /// Whose turn it is.
    pub blame: Blame,
}

impl Fault for Stuck {
    fn blame(&self) -> Blame {
        self.blame
    }
    fn hint(&self) -> Option<String> {
        Some(self.next.clone())
    }
}

/// A fault with a code of its own, for programs that read `--json`.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub struct Coded<F: Fault> {
    code: &'static str,
    fault: F,
}

impl<F: Fault> Coded<F> {
    /// A fault under a code.
    pub fn new(code: &'static str, fault: F) -> Coded<F> {
        Coded { code, fault }
    }
}

impl<F: Fault> Fault for Coded<F> {
    fn code(&self) -> &'static str {
        self.code
    }
    fn blame(&self) -> Blame {
        self.fault.blame()
    }
    fn hint(&self) -> Option<String> {
        self.fault.hint()
    }
    fn so_far(&self) -> &str {
        self.fault.so_far()
    }
    fn choices(&self) -> Vec<Choice> {
        self.fault.choices()
    }
}

impl Stuck {
    /// It failed.
    pub fn failed(what: impl Into<String>, next: impl Into<String>) -> Stuck {
        Stuck { what: what.into(), next: next.into(), blame: Blame::Failed }
    }

    /// It was asked for wrongly.
    pub fn usage(what: impl Into<String>, next: impl Into<String>) -> Stuck {
        Stuck { what: what.into(), next: next.into(), blame: Blame::Usage }
    }
}
