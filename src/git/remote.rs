//! Fetching from and pushing to remotes: one outcome a ref, compare-and-swap by lease, never `+` or `--force`.

use jiff::Timestamp;

use crate::fault::Fault;
use crate::git::Repo;
use crate::git::prompt;
use crate::git::spawn::{Git, Said, SpawnError, failed};
use crate::model::ids::Oid;

/// How many locks that were left behind one fetch may come upon: git names one at a time.
const MOST_LOCKS: usize = 8;

/// What can go wrong with a remote.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// It could not be reached.
    #[error("could not reach {remote}: {message}")]
    Unreachable {
        /// The remote.
        remote: String,
        /// git's words.
        message: String,
    },
    /// A hook of this clone stopped the push.
    #[error("the pre-push hook of this clone stopped the push{}", said(.words))]
    Hook {
        /// What the hook said.
        words: String,
    },
    /// git itself failed.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
}

fn said(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(":\n  {}", words.replace('\n', "\n  ")) }
}

impl Fault for RemoteError {
    fn code(&self) -> &'static str {
        match self {
            RemoteError::Hook { .. } => "hook",
            RemoteError::Unreachable { .. } => "unreachable",
            RemoteError::Spawn(e) => e.code(),
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            RemoteError::Hook { .. } => {
                Some("the session is saved here; mend what the hook found and push again".into())
            }
            RemoteError::Unreachable { remote, .. } => Some(format!("`git ls-remote {remote}` must work first")),
            RemoteError::Spawn(e) => e.hint(),
        }
    }
}

/// One ref to push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// What it becomes.
    pub new: Oid,
    /// Its full name on the server.
    pub name: String,
    /// What it must be there now: `Some(None)`: nothing; `None`: whatever it is, if the new one is a fast-forward.
    pub expect: Option<Option<Oid>>,
}

/// How a push is done.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner {
    /// All refs or none.
    pub atomic: bool,
    /// The clone's pre-push hook runs.
    pub hooks: bool,
    /// It never prompts.
    pub quiet: bool,
    /// Much of it is new: git does not look for likeness among it, which takes nine times as long and saves a fourteenth
    /// of a log's segments (measured on 200 MB).
    pub bulk: bool,
}

/// What became of a pushed ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// It was new there.
    Created,
    /// It moved.
    Updated,
    /// It was there already.
    Same,
    /// Someone else was first.
    Lost {
        /// git's word: `fetch first`, `stale info`, …
        why: String,
    },
    /// The server does not take it.
    Refused {
        /// The server's word.
        why: String,
    },
}

impl Pushed {
    /// Whether the server has the new value now.
    pub fn arrived(&self) -> bool {
        matches!(self, Pushed::Created | Pushed::Updated | Pushed::Same)
    }
}

/// What a push did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushOutcome {
    /// One a ref, in the order given.
    pub refs: Vec<Pushed>,
    /// Whether the server said that it knows no `atomic`.
    pub not_atomic: bool,
    /// What git said, for the cases in which no ref was reported.
    pub talk: String,
}

impl Repo {
    /// Fetches refspecs from a remote; refs that are not there are no error if their refspec has a `*`. `quiet`: never
    /// prompt.
    pub fn fetch(&self, remote: &str, refspecs: &[String], quiet: bool) -> Result<(), RemoteError> {
        self.fetch_with(remote, refspecs, &[], quiet)
    }

    /// The same with more options of `git fetch`.
    pub fn fetch_with(
        &self,
        remote: &str,
        refspecs: &[String],
        options: &[&str],
        quiet: bool,
    ) -> Result<(), RemoteError> {
        let mut args = vec!["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
        args.extend_from_slice(&["--recurse-submodules=no", "--refmap=", "--end-of-options", remote]);
        let at = args.iter().position(|a| *a == "--end-of-options").unwrap_or(args.len());
        options.iter().rev().for_each(|o| args.insert(at, o));
        args.extend(refspecs.iter().map(String::as_str));
        let mut said = self.network(quiet).say(&args)?;
        for _ in 0..MOST_LOCKS {
            if said.code == 0 || !self.free_lock_named_in(&said.stderr) {
                break;
            }
            said = self.network(quiet).say(&args)?;
        }
        if said.code == 0 { Ok(()) } else { Err(unreachable(remote, &args, &said)) }
    }

    /// Fetches refspecs of which some may name what the remote does not have; the answer says which it had.
    pub fn fetch_present(
        &self,
        remote: &str,
        refspecs: &[String],
        options: &[&str],
        quiet: bool,
    ) -> Result<Vec<bool>, RemoteError> {
        let mut present = vec![true; refspecs.len()];
        loop {
            let wanted: Vec<String> =
                refspecs.iter().zip(&present).filter(|(_, p)| **p).map(|(s, _)| s.clone()).collect();
            if wanted.is_empty() {
                return Ok(present);
            }
            let error = match self.fetch_with(remote, &wanted, options, quiet) {
                Ok(()) => return Ok(present),
                Err(error) => error,
            };
            // A missing exact name fails the whole fetch, and git names the first one.
            let RemoteError::Unreachable { message, .. } = &error else { return Err(error) };
            let Some(name) = message.strip_prefix("couldn't find remote ref ") else { return Err(error) };
            let source = |spec: &str| spec.trim_start_matches('+').split(':').next().unwrap_or_default() == name;
            let Some(at) = (0..refspecs.len()).find(|&n| present[n] && source(&refspecs[n])) else { return Err(error) };
            present[at] = false;
        }
    }

    /// When a remote's branches or records were last updated here.
    pub fn fetched_at(&self, remote: &str) -> Option<Timestamp> {
        let marks = [format!("logs/refs/remotes/{remote}"), format!("refs/remotes/{remote}"), "packed-refs".into()];
        let times = marks.iter().filter_map(|m| self.common_dir().join(m).metadata().ok()?.modified().ok());
        let at = Timestamp::try_from(times.max()?).ok()?;
        Timestamp::from_second(at.as_second()).ok()
    }

    /// Pushes refs. With `atomic` all or none. Hooks run only if `hooks`, which is for pushes that the user asked for.
    pub fn push(&self, remote: &str, refs: &[Push], manner: Manner) -> Result<PushOutcome, RemoteError> {
        let Manner { atomic, hooks, quiet, bulk } = manner;
        let mut args: Vec<String> = Vec::new();
        if bulk {
            args.extend(["-c", "pack.window=0", "-c", "pack.compression=1"].map(String::from));
        }
        args.extend(["push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no"].map(String::from));
        args.push("--no-progress".into());
        if atomic {
            args.push("--atomic".into());
        }
        if !hooks {
            args.push("--no-verify".into());
        }
        for push in refs {
            if let Some(expect) = &push.expect {
                args.push(format!("--force-with-lease={}:{}", push.name, expect.as_ref().map_or("", Oid::as_str)));
            }
        }
        args.push("--end-of-options".into());
        args.push(remote.to_owned());
        args.extend(refs.iter().map(|p| format!("{}:{}", p.new, p.name)));
        let said = self.network(quiet).say(&args)?;
        let not_atomic = said.stderr.contains("does not support --atomic");
        match outcome_of(refs, &said) {
            Some(refs) => Ok(PushOutcome { refs, not_atomic, talk: said.stderr }),
            None if stopped_by_hook(&said) => Err(RemoteError::Hook {
                words: said
                    .stderr
                    .lines()
                    .filter(|l| !l.starts_with("error: failed to push"))
                    .take(6)
                    .collect::<Vec<_>>()
                    .join("\n"),
            }),
            None if not_atomic => Ok(PushOutcome { refs: Vec::new(), not_atomic, talk: said.stderr }),
            None => Err(unreachable(remote, &args, &said)),
        }
    }

    /// A lease overrides git's own check for fast-forwards, so each pushed ref must be one before it is leased.
    fn network(&self, quiet: bool) -> Git {
        if !quiet {
            return self.git().clone();
        }
        prompt::off(self.git().clone(), |name| self.var(name), self.setting("core.sshCommand"))
    }
}

fn unreachable<S: AsRef<std::ffi::OsStr>>(remote: &str, args: &[S], said: &Said) -> RemoteError {
    match failed(args, said) {
        SpawnError::Failed { message, .. } => RemoteError::Unreachable { remote: remote.to_owned(), message },
        other => RemoteError::Spawn(other),
    }
}

/// A hook that says no ends the push before anything is reported, with nothing of git's own but this line.
fn stopped_by_hook(said: &Said) -> bool {
    let own = |l: &&str| l.starts_with("fatal:") || l.starts_with("error:");
    said.stderr.lines().filter(own).all(|l| l.starts_with("error: failed to push some refs"))
        && said.stderr.contains("failed to push some refs")
}

/// The first words of the server in what git said, if it said any of its own.
pub fn server_words(talk: &str) -> Option<String> {
    let words = talk.lines().filter_map(|l| l.strip_prefix("remote:")).map(str::trim);
    words.filter(|l| !l.is_empty() && !l.starts_with("error: hook declined")).map(str::to_owned).next()
}

/// Reads `git push --porcelain`: flag, tab, `from:to`, tab, summary and reason.
fn outcome_of(refs: &[Push], said: &Said) -> Option<Vec<Pushed>> {
    let text = String::from_utf8_lossy(&said.stdout);
    let line_of = |name: &str| {
        let told = text.lines().filter_map(|line| {
            let mut parts = line.splitn(3, '\t');
            let flag = parts.next()?.chars().next()?;
            let (_, to) = parts.next()?.rsplit_once(':')?;
            (to == name).then(|| (flag, parts.next().unwrap_or_default().to_owned()))
        });
        // A remote with several addresses answers once each: it has a ref when all of them have it.
        told.reduce(|first, next| if next.0 == '!' { next } else { first })
    };
    refs.iter()
        .map(|push| {
            let (flag, summary) = line_of(&push.name)?;
            Some(match flag {
                '*' => Pushed::Created,
                ' ' | '+' => Pushed::Updated,
                '=' => Pushed::Same,
                _ => rejection(&summary),
            })
        })
        .collect()
}

fn rejection(summary: &str) -> Pushed {
    let why = summary.rsplit_once('(').map_or(summary, |(_, r)| r.trim_end_matches(')')).to_owned();
    let races =
        ["fetch first", "stale info", "non-fast-forward", "but expected", "cannot lock", "failed to update ref"];
    let remote_side = summary.starts_with("[remote rejected]");
    if races.iter().any(|r| why.contains(r)) || (!remote_side && why.contains("needs force")) {
        Pushed::Lost { why }
    } else {
        Pushed::Refused { why }
    }
}
