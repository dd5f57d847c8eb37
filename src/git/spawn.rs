//! The one place that starts `git`: for the network, for merges that are only tried, and for changes of a work tree.
//!
//! Arguments are an array, never a shell; messages come back in English; the caller's repository variables do not leak
//! into it.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::env::Env;
use crate::fault::Fault;

/// The oldest git that works: `merge-tree --write-tree`, which predicts conflicts, came with it.
pub const OLDEST_GIT: (u32, u32) = (2, 38);

/// Variables that name a repository and would misdirect a child (`git rev-parse --local-env-vars`), without the ones
/// that carry `git -c` settings.
const LOCAL_VARS: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
];

/// What can go wrong with a `git` process.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// There is no git.
    #[error("could not run git: {0}")]
    NotRun(std::io::Error),
    /// git said no.
    #[error("git {command} failed: {message}")]
    Failed {
        /// The subcommand and its first arguments.
        command: String,
        /// The last telling line of what it said.
        message: String,
        /// Everything it said.
        stderr: String,
    },
}

impl Fault for SpawnError {
    fn hint(&self) -> Option<String> {
        match self {
            SpawnError::NotRun(_) => Some(format!("install git {}.{} or newer", OLDEST_GIT.0, OLDEST_GIT.1)),
            SpawnError::Failed { .. } => None,
        }
    }
}

/// What a `git` process said.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its exit code; 128 and above are git's own failures. -1: ended by a signal.
    pub code: i32,
    /// Its data.
    pub stdout: Vec<u8>,
    /// Its talk.
    pub stderr: String,
}

impl Said {
    /// The data as text without the final line end.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim_end_matches('\n').to_owned()
    }
}

/// Runs `git` in one folder.
#[derive(Debug, Clone)]
pub struct Git {
    dir: PathBuf,
    env: Env,
    vars: Vec<(OsString, OsString)>,
}

impl Git {
    /// `git` as run in `dir` with the given surroundings.
    pub fn new(env: &Env, dir: &Path) -> Git {
        let keep = |name: &OsStr| !LOCAL_VARS.iter().any(|local| OsStr::new(local) == name);
        let mut vars: Vec<_> = env.vars().filter(|(k, _)| keep(k)).map(|(k, v)| (k.into(), v.into())).collect();
        for (name, value) in [("LC_ALL", "C"), ("GIT_OPTIONAL_LOCKS", "0"), ("GIT_HANDOFF_NESTED", "1")] {
            vars.push((name.into(), value.into()));
        }
        Git { dir: dir.to_path_buf(), env: env.clone(), vars }
    }

    /// The same in another folder.
    pub fn at(&self, dir: &Path) -> Git {
        Git { dir: dir.to_path_buf(), ..self.clone() }
    }

    /// The same with one more variable.
    pub fn with(mut self, name: &str, value: impl AsRef<OsStr>) -> Git {
        self.vars.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// Runs `git ARGS` with nothing on its standard input and waits for it, whatever its exit code.
    pub fn say<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Said, SpawnError> {
        self.say_to(args, &[])
    }

    /// The same with `input` on its standard input.
    #[expect(clippy::disallowed_methods, reason = "the one place that starts git")]
    pub fn say_to<S: AsRef<OsStr>>(&self, args: &[S], input: &[u8]) -> Result<Said, SpawnError> {
        self.env.note(args.iter().map(|a| a.as_ref().to_string_lossy().into_owned()).collect());
        let mut command = Command::new("git");
        command.args(args).current_dir(&self.dir).env_clear().envs(self.vars.iter().map(|(k, v)| (k, v)));
        command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(SpawnError::NotRun)?;
        let writer = child.stdin.take().map(|mut pipe| {
            let input = input.to_vec();
            std::thread::spawn(move || pipe.write_all(&input))
        });
        let out = child.wait_with_output().map_err(SpawnError::NotRun)?;
        if let Some(writer) = writer {
            // A child that stops reading early is not an error of ours; its exit code tells.
            let _ = writer.join();
        }
        Ok(Said {
            code: out.status.code().unwrap_or(-1),
            stdout: out.stdout,
            stderr: String::from_utf8_lossy(&out.stderr).into_owned(),
        })
    }

    /// Runs `git ARGS` and takes its data; any exit code but 0 is an error with git's own words.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Said, SpawnError> {
        let said = self.say(args)?;
        if said.code == 0 { Ok(said) } else { Err(failed(args, &said)) }
    }
}

/// The error for a `git` that ended badly.
pub fn failed<S: AsRef<OsStr>>(args: &[S], said: &Said) -> SpawnError {
    let words: Vec<_> = args.iter().map(|a| a.as_ref().to_string_lossy()).collect();
    let settings = words.chunks(2).take_while(|pair| pair[0] == "-c").count() * 2;
    let command = words.iter().skip(settings).take(2).map(|w| w.as_ref()).collect::<Vec<&str>>().join(" ");
    let telling = |l: &&str| l.starts_with("fatal:") || l.starts_with("error:") || l.contains("rejected");
    let lines: Vec<&str> = said.stderr.lines().filter(|l| !l.trim().is_empty()).collect();
    let line = lines.iter().find(|l| telling(l)).or(lines.last()).copied().unwrap_or("it said nothing");
    let message = line.trim_start_matches("fatal: ").trim_start_matches("error: ").trim().to_owned();
    SpawnError::Failed { command, message, stderr: said.stderr.clone() }
}
