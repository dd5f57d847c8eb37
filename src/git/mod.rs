//! The only door to git: gix for objects, refs, config and history; [`spawn`] for everything that talks to a remote or
//! changes a work tree. No gix type leaves this folder.

pub mod caller;
pub mod history;
mod locks;
mod many;
pub mod objects;
pub mod observe;
mod prompt;
pub mod refs;
pub mod remote;
pub mod rewrites;
pub mod spawn;
pub mod tree;

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::env::Env;
use crate::fault::{Blame, Fault};
use crate::git::many::Many;
use crate::git::spawn::Git;

/// What can go wrong with a repository.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// No repository here.
    #[error("{} is not in a git repository", dir.display())]
    NoRepository {
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// A repository whose refs gix would silently misread.
    #[error("{} keeps its refs in the {storage} format, which this version cannot read safely", dir.display())]
    RefStorage {
        /// The repository.
        dir: PathBuf,
        /// `extensions.refStorage`.
        storage: String,
    },
    /// gix said no.
    #[error("could not {action}: {message}")]
    Gix {
        /// What was being done.
        action: String,
        /// The chain of reasons.
        message: String,
    },
}

impl GitError {
    /// For `map_err`: the whole chain of a gix error, under the action that failed.
    pub(crate) fn gix<E: std::fmt::Display + std::error::Error>(
        action: impl Into<String>,
    ) -> impl FnOnce(E) -> GitError {
        let action = action.into();
        move |error| {
            let mut message = error.to_string();
            let mut source = error.source();
            while let Some(deeper) = source {
                let more = deeper.to_string();
                if !message.contains(&more) {
                    message = format!("{message}: {more}");
                }
                source = deeper.source();
            }
            GitError::Gix { action, message }
        }
    }
}

impl Fault for GitError {
    fn code(&self) -> &'static str {
        match self {
            GitError::NoRepository { .. } => "no_repository",
            GitError::RefStorage { .. } => "ref_storage",
            GitError::Gix { .. } => "git",
        }
    }
    fn blame(&self) -> Blame {
        match self {
            GitError::NoRepository { .. } | GitError::RefStorage { .. } => Blame::Usage,
            GitError::Gix { .. } => Blame::Failed,
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            GitError::NoRepository { .. } => {
                Some("run it in a clone, or name one with `git -C <path> handoff …`".into())
            }
            GitError::RefStorage { .. } => {
                Some("`git refs migrate --ref-format=files` changes it (git 2.46 or newer)".into())
            }
            GitError::Gix { .. } => None,
        }
    }
}

/// An open repository.
pub struct Repo {
    gix: gix::Repository,
    many: Many,
    git: Git,
    env: Env,
}

impl Repo {
    /// Opens the repository around the folder of `env` (`GIT_DIR` counts, as for git itself). A repository that another
    /// user owns is refused as git refuses it; one that keeps its refs in a format gix would misread is refused with
    /// the reason.
    pub fn open(env: &Env) -> Result<Repo, GitError> {
        let dir = env.cwd().to_path_buf();
        let options = gix::open::Options::default().bail_if_untrusted(true);
        let options = options.config_overrides(["core.looseCompression=1"]);
        let found = match env.var("GIT_DIR") {
            Some(git_dir) => gix::open_opts(dir.join(git_dir), options),
            None => {
                let trust = gix::sec::trust::Mapping { full: options.clone(), reduced: options };
                gix::ThreadSafeRepository::discover_opts(&dir, Default::default(), trust).map(|r| r.to_thread_local())
            }
        };
        let gix = found.map_err(|error| match GitError::gix("open the repository")(error) {
            GitError::Gix { message, .. } if message.contains("ownership") || message.contains("trust") => {
                GitError::Gix { action: format!("trust the repository at {}", dir.display()), message }
            }
            _ => GitError::NoRepository { dir: dir.clone() },
        })?;
        if let Some(storage) =
            gix.config_snapshot().string("extensions.refStorage").filter(|s| s.as_slice() != b"files")
        {
            return Err(GitError::RefStorage { dir: gix.git_dir().to_path_buf(), storage: storage.to_string() });
        }
        let git = Git::new(env, gix.workdir().unwrap_or_else(|| gix.git_dir()));
        Ok(Repo { gix, git, many: Many::default(), env: env.clone() })
    }

    /// A variable of the surroundings.
    fn var(&self, name: &str) -> Option<&str> {
        self.env.var(name)
    }

    /// `git` as run at the root of the work tree (in the git folder of a bare repository).
    pub fn git(&self) -> &Git {
        &self.git
    }

    /// From now on every `git` that is started is stopped at that moment.
    pub fn hurry(&mut self, deadline: Instant) {
        self.git = self.git.clone().until(deadline);
    }

    /// The root of the work tree; `None` in a bare repository.
    pub fn workdir(&self) -> Option<&Path> {
        self.gix.workdir()
    }

    /// The git folder of this work tree.
    pub fn git_dir(&self) -> &Path {
        self.gix.git_dir()
    }

    /// The git folder that all work trees share.
    pub fn common_dir(&self) -> &Path {
        self.gix.common_dir()
    }
}
