//! The one place that starts `git`: for the network, for merges that are only tried, and for changes of a work tree.
//!
//! Arguments are an array, never a shell; messages come back in English; the caller's repository variables do not leak
//! into it.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

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
    /// It was stopped, because there was no more time for it.
    #[error("git {command} took too long and was stopped")]
    TooLong {
        /// The subcommand and its first arguments.
        command: String,
    },
}

impl Fault for SpawnError {
    fn hint(&self) -> Option<String> {
        match self {
            SpawnError::NotRun(_) => Some(format!("install git {}.{} or newer", OLDEST_GIT.0, OLDEST_GIT.1)),
            SpawnError::Failed { .. } | SpawnError::TooLong { .. } => None,
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
    deadline: Option<Instant>,
}

impl Git {
    /// `git` as run in `dir` with the given surroundings.
    pub fn new(env: &Env, dir: &Path) -> Git {
        let keep = |name: &OsStr| !LOCAL_VARS.iter().any(|local| OsStr::new(local) == name);
        let mut vars: Vec<_> = env.vars().filter(|(k, _)| keep(k)).map(|(k, v)| (k.into(), v.into())).collect();
        for (name, value) in [("LC_ALL", "C"), ("GIT_OPTIONAL_LOCKS", "0"), ("GIT_HANDOFF_NESTED", "1")] {
            vars.push((name.into(), value.into()));
        }
        Git { dir: dir.to_path_buf(), env: env.clone(), vars, deadline: None }
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

    /// The value of a variable that it was given last.
    #[cfg(test)]
    pub(super) fn var(&self, name: &str) -> Option<&str> {
        self.vars.iter().rev().find(|(n, _)| n == name).and_then(|(_, v)| v.to_str())
    }

    /// The same, stopped at a moment if it has not ended by itself.
    pub fn until(self, deadline: Instant) -> Git {
        Git { deadline: Some(deadline), ..self }
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
        let out = match self.deadline {
            None => child.wait_with_output().map(|out| (out.status, out.stdout, out.stderr)),
            Some(deadline) => match ended_by(&mut child, deadline) {
                Ok(None) => return Err(SpawnError::TooLong { command: short(args) }),
                Ok(Some(out)) => Ok(out),
                Err(error) => Err(error),
            },
        };
        let (status, stdout, stderr) = out.map_err(SpawnError::NotRun)?;
        if let Some(writer) = writer {
            // A child that stops reading early is not an error of ours; its exit code tells.
            let _ = writer.join();
        }
        Ok(Said { code: status.code().unwrap_or(-1), stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() })
    }

    /// Runs `git ARGS` and takes its data; any exit code but 0 is an error with git's own words.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Said, SpawnError> {
        let said = self.say(args)?;
        if said.code == 0 { Ok(said) } else { Err(failed(args, &said)) }
    }
}

/// How a child ended, its data and its talk.
type Ended = (ExitStatus, Vec<u8>, Vec<u8>);

/// How a child ended and what it said; `None`: not before the deadline, so it was stopped. A program that it started
/// may hold its pipes open still, so those are not waited for then.
fn ended_by(child: &mut Child, deadline: Instant) -> std::io::Result<Option<Ended>> {
    const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
    let (stdout, stderr) = (drained(child.stdout.take()), drained(child.stderr.take()));
    let left = || deadline.saturating_duration_since(Instant::now());
    let said = || Some((stdout.recv_timeout(left()).ok()?, stderr.recv_timeout(left()).ok()?));
    if let Some((stdout, stderr)) = said() {
        while !left().is_zero() {
            if let Some(status) = child.try_wait()? {
                return Ok(Some((status, stdout, stderr)));
            }
            std::thread::sleep(BETWEEN_LOOKS.min(left()));
        }
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

fn drained(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (whole, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is what there is.
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
        let _ = whole.send(bytes);
    });
    receiver
}

/// The subcommand and its first argument, for messages.
fn short<S: AsRef<OsStr>>(args: &[S]) -> String {
    let words: Vec<_> = args.iter().map(|a| a.as_ref().to_string_lossy()).collect();
    let settings = words.chunks(2).take_while(|pair| pair[0] == "-c").count() * 2;
    words.iter().skip(settings).take(2).map(|w| w.as_ref()).collect::<Vec<&str>>().join(" ")
}

impl Git {
    /// The first two numbers of git's version; `None` if it does not say them.
    pub fn version(&self) -> Result<Option<(u32, u32)>, SpawnError> {
        let said = self.run(&["version"])?.text();
        let mut numbers = said.trim_start_matches("git version ").split('.').map(|n| n.parse::<u32>().ok());
        Ok(numbers.next().flatten().zip(numbers.next().flatten()))
    }
}

/// The error for a `git` that ended badly.
pub fn failed<S: AsRef<OsStr>>(args: &[S], said: &Said) -> SpawnError {
    let telling = |l: &&str| l.starts_with("fatal:") || l.starts_with("error:") || l.contains("rejected");
    let lines: Vec<&str> = said.stderr.lines().filter(|l| !l.trim().is_empty()).collect();
    let line = lines.iter().find(|l| telling(l)).or(lines.last()).copied().unwrap_or("it said nothing");
    let message = line.trim_start_matches("fatal: ").trim_start_matches("error: ").trim().to_owned();
    SpawnError::Failed { command: short(args), message, stderr: said.stderr.clone() }
}
