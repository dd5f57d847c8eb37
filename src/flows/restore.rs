//! One stored session into the agent's own store on this machine: never over something newer or different.

mod copy;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::agents::{self, Agent, Found, Place};
use crate::canon::paths::Roots;
use crate::canon::{self, Canon, Closing, Joined, Lines};
use crate::env::Env;
use crate::fault::{AnyFault, Choice, FileFault};
use crate::flows::sessions::Candidate;
use crate::flows::{Ctx, Stuck, Undecided, capture};
use crate::format::refs;
use crate::jsonl;
use crate::model::ids::{SessionId, SessionKey};
use crate::store::logs::{Log, Logs};

/// What became of the session in the agent's store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It was not here.
    Restored,
    /// It was here and is the same.
    Same,
    /// It was here and lacked the end, which was appended.
    Extended {
        /// Events appended.
        events: u64,
    },
    /// It is here and has more than was handed over; it was left as it is.
    Ahead {
        /// Lines that only this machine has.
        lines: usize,
    },
    /// It went on differently here; what was handed over stands beside it under a new id.
    Forked {
        /// The session that stayed as it is.
        kept: SessionId,
    },
}

/// A session that can be continued here.
#[derive(Debug, Clone, Serialize)]
pub struct Restored {
    /// Under which id.
    pub key: SessionKey,
    /// Its title.
    pub title: Option<String>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The log in the agent's store.
    pub path: PathBuf,
    /// The folder in which it continues.
    pub cwd: PathBuf,
    /// Events of the log that was handed over.
    pub events: u64,
    /// Secrets that stay redacted.
    pub redacted: u64,
    /// Roots of one component there, which running text still names, with this machine's: `/app`, `/home/ada/app`.
    pub moved_roots: Vec<(String, String)>,
    /// What could not be done, for the person.
    pub notes: Vec<String>,
    /// Program and arguments that continue it.
    pub start: Vec<String>,
    /// Whether the agent's program is on `PATH`.
    pub installed: bool,
}

impl Ctx {
    /// Stops where [`Ctx::restore`] would, before anything else is touched: an agent that is not known, or that has the
    /// session open.
    pub fn may_restore(&self, key: &SessionKey, logs: &Logs, root: &Path) -> Result<(), AnyFault> {
        let agent = known(key)?;
        let cwd = self.working_folder(agent, &logs.main, root);
        let place = agent.place(&self.env, &key.id, &cwd, logs.main.manifest.native_name.as_deref())?;
        self.not_live(agent, key, &place, &cwd)
    }

    /// Stores what the agent here has beyond what is stored, so that nothing of it depends on what a restore does: the
    /// rest of a turn that was handed over open, and turns that were not pushed. The logs as they are then, with the
    /// one that was handed over in the main place.
    pub fn keep(&self, key: &SessionKey, logs: &Logs, handed_over: Option<&str>) -> Result<Logs, AnyFault> {
        let agent = known(key)?;
        let places = self.local.places(&self.repo);
        let found = agent.locate(&self.env, &key.id, self.env.cwd())?;
        let logs = match found.filter(|f| places.iter().any(|p| f.cwd.starts_with(p))) {
            Some(found) => {
                capture::capture(self, &Candidate { agent, found }, None)?;
                capture::stored(self, key, None)?.0.unwrap_or_else(|| logs.clone())
            }
            None => logs.clone(),
        };
        Ok(match handed_over {
            Some(tip) => logs.led_by(|log| log.went_through(tip)),
            None => logs,
        })
    }

    /// Restores a session so that it continues in `root`, the work tree's folder.
    pub fn restore(&self, key: &SessionKey, logs: &Logs, root: &Path) -> Result<Restored, AnyFault> {
        let agent = known(key)?;
        let cwd = self.working_folder(agent, &logs.main, root);
        let roots = Roots::new(&capture::roots(self, agent, &cwd));
        let env = self.env.at(&cwd);
        let hint = logs.main.manifest.native_name.as_deref();
        let place = agent.place(&self.env, &key.id, &cwd, hint)?;
        self.not_live(agent, key, &place, &cwd)?;
        let native = self.native(agent, key, &place, &cwd)?;
        let closings = capture::closings(logs);
        let joined = self.compare(agent, &roots, logs.main.main.bytes(), &native.log, &closings);
        let (outcome, key, mut place) = match joined {
            Joined::Grown { new_lines: 0, .. } if native.log.is_empty() => (Outcome::Restored, key.clone(), place),
            Joined::Grown { new_lines: 0, .. } => (Outcome::Same, key.clone(), place),
            Joined::Grown { new_lines, .. } => (Outcome::Ahead { lines: new_lines }, key.clone(), place),
            Joined::Behind { has } => {
                let outcome = if native.log.is_empty() {
                    Outcome::Restored
                } else {
                    Outcome::Extended { events: new_events(agent, &key.id, &logs.main, has) }
                };
                let bytes = Ctx::native_from(&env, agent, &roots, logs.main.main.bytes(), &native, has, None);
                put(&place.log, &bytes, &native.at_place)?;
                (outcome, key.clone(), place)
            }
            Joined::Forked { .. } => {
                let (id, place) = self.restore_copy(agent, &roots, key, &logs.main, &cwd)?;
                (Outcome::Forked { kept: key.id.clone() }, SessionKey { agent: key.agent.clone(), id }, place)
            }
        };
        let stays = matches!(outcome, Outcome::Same | Outcome::Ahead { .. });
        let mut notes = match native.elsewhere.filter(|_| stays) {
            // What is beside it stays there too.
            Some(path) => {
                place.log = path;
                Vec::new()
            }
            None => self.write_files(&env, agent, &roots, &logs.main, &place)?,
        };
        // The log is newer than the logs of its subagents: an agent that looks for the latest takes the latest file.
        touch(&place.log, self.env.file_time());
        notes.extend(agent.register(&self.env, &key.id, &cwd, &place));
        let manifest = &logs.main.manifest;
        let here = |name: &str| roots.path(name).unwrap_or_default().to_owned();
        Ok(Restored {
            start: agent.start(&key.id),
            installed: agent.program(&self.env).is_some(),
            title: manifest.title.clone(),
            events: manifest.events,
            redacted: manifest.redactions.values().sum(),
            moved_roots: manifest
                .short_roots
                .iter()
                .map(|(n, p)| (p.clone(), here(n)))
                .filter(|(a, b)| a != b)
                .collect(),
            path: place.log.clone(),
            outcome,
            key,
            cwd,
            notes,
        })
    }

    /// Where the session worked below its work tree, if that folder is here too; else the work tree.
    fn working_folder(&self, agent: &'static dyn Agent, log: &Log, root: &Path) -> PathBuf {
        let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
        let roots = Roots::new(&capture::roots(self, agent, &root));
        let stored = log.manifest.cwd.clone().unwrap_or_default();
        let text = canon::localise_text(&roots, stored.as_bytes());
        let below = Path::new(std::str::from_utf8(&text).unwrap_or_default()).canonicalize();
        below.ok().filter(|p| p.is_dir() && p.starts_with(&root)).unwrap_or(root)
    }

    fn not_live(&self, agent: &dyn Agent, key: &SessionKey, place: &Place, cwd: &Path) -> Result<(), AnyFault> {
        let found =
            Found { key: key.clone(), path: place.log.clone(), cwd: cwd.to_path_buf(), modified: self.env.now() };
        let Some(pid) = agent.live(&self.env, &found).filter(|_| place.log.exists()) else { return Ok(()) };
        let process = if pid == 0 { "another process".to_owned() } else { format!("process {pid}") };
        Err(Undecided {
            what: format!("{} {} is open here in {process}; its log was left as it is", key.agent, key.id.short()),
            choices: vec![Choice::new("end it there, then", "git handoff resume")],
        }
        .into())
    }

    /// What the agent has of the session: at its place, or where an earlier place of this clone put it.
    fn native(&self, agent: &dyn Agent, key: &SessionKey, place: &Place, cwd: &Path) -> Result<Native, AnyFault> {
        let at = |path: &Path, cwd: &Path| Found {
            key: key.clone(),
            path: path.to_path_buf(),
            cwd: cwd.to_path_buf(),
            modified: self.env.now(),
        };
        if place.log.exists() {
            let log = agent.load(&self.env, &at(&place.log, cwd))?.log;
            let file = fs::read(&place.log).map_err(FileFault::on("read", &place.log))?;
            return Ok(Native { log, at_place: file.clone(), file, elsewhere: None });
        }
        let places = self.local.places(&self.repo);
        let found = agent.locate(&self.env, &key.id, cwd)?;
        match found.filter(|f| places.iter().any(|p| f.cwd.starts_with(p))) {
            Some(found) => {
                let log = agent.load(&self.env, &found)?.log;
                Ok(Native { file: log.clone(), log, at_place: Vec::new(), elsewhere: Some(found.path) })
            }
            None => Ok(Native::default()),
        }
    }

    fn compare(
        &self,
        agent: &'static dyn Agent,
        roots: &Roots,
        stored: &[u8],
        native: &[u8],
        closings: &[Closing],
    ) -> Joined {
        let sealed = |k: &str| agent.sealed(k);
        let lines: Vec<Vec<u8>> = capture::carried(agent, native).into_iter().map(|(_, l)| l).collect();
        let home = capture::at_home(self, agent, roots);
        let event_id = |l: &[u8]| agent.event_id(l);
        let lines = Lines { native: &lines, at_home: &home, event_id: &event_id, closings };
        canon::join(stored, &lines, Canon::new(roots, &sealed))
    }

    /// The agent's file with the stored lines that it lacks appended.
    fn native_from(
        env: &Env,
        agent: &dyn Agent,
        roots: &Roots,
        stored: &[u8],
        native: &Native,
        has: usize,
        rename: Option<(&SessionId, &SessionId)>,
    ) -> Vec<u8> {
        let mut bytes = native.file.clone();
        if !bytes.is_empty() && !bytes.ends_with(b"\n") {
            // A torn last line stays; what follows must not continue it.
            bytes.push(b'\n');
        }
        let before = jsonl::complete_lines(&native.log).0.len();
        let mut settle = agent.settle(env, before);
        // What carry would leave out or change does not come from it: a log made by hand could bring permissions along.
        let mut guard = agent.carry();
        for line in &jsonl::complete_lines(stored).0[has..] {
            let local = canon::localise_line(roots, line);
            let Some(local) = guard.line(&local) else { continue };
            let settled = settle.line(&local);
            match rename {
                Some((from, to)) => bytes.extend_from_slice(&agent.rename(&settled, from, to)),
                None => bytes.extend_from_slice(&settled),
            }
            bytes.push(b'\n');
        }
        bytes
    }

    fn write_files(
        &self,
        env: &Env,
        agent: &'static dyn Agent,
        roots: &Roots,
        log: &Log,
        place: &Place,
    ) -> Result<Vec<String>, AnyFault> {
        let mut notes = Vec::new();
        let Some(folder) = &place.files else {
            return Ok(notes);
        };
        for (name, file) in &log.files {
            let path = folder.join(name);
            let native = Native::of_file(have(&path)?);
            let wanted = if name.ends_with(".jsonl") {
                match self.compare(agent, roots, file.bytes(), &native.log, &[]) {
                    Joined::Behind { has } => {
                        Some(Ctx::native_from(env, agent, roots, file.bytes(), &native, has, None))
                    }
                    Joined::Grown { .. } => None,
                    Joined::Forked { .. } => {
                        notes.push(format!("{} is different here and was left as it is", path.display()));
                        None
                    }
                }
            } else {
                let bytes = canon::localise_file(roots, name, file.bytes());
                if native.file.is_empty() {
                    Some(bytes)
                } else {
                    // Redacted there, in the clear here: the one here says more.
                    let same = Canon::new(roots, &|k| agent.sealed(k)).file(name, &native.file) == *file;
                    if !same && native.file != bytes {
                        notes.push(format!("{} is different here and was left as it is", path.display()));
                    }
                    None
                }
            };
            if let Some(bytes) = wanted {
                put(&path, &bytes, &native.at_place)?;
                touch(&path, self.env.file_time() - Duration::from_secs(10));
            }
        }
        Ok(notes)
    }
}

fn known(key: &SessionKey) -> Result<&'static dyn Agent, Stuck> {
    agents::by_name(key.agent.as_str()).ok_or_else(|| {
        let known: Vec<&str> = agents::AGENTS.iter().map(|a| a.name()).collect();
        let next = format!(
            "this version continues: {}; `git archive {} log | tar -xO` prints its log",
            known.join(", "),
            refs::log(key)
        );
        Stuck::failed(format!("{} is an agent that this version does not know", key.agent), next)
    })
}

/// A session as the agent has it.
#[derive(Default)]
struct Native {
    /// The whole log, complete lines only. An agent may spread it over several files.
    log: Vec<u8>,
    /// The file to be continued.
    file: Vec<u8>,
    /// What stands now where the file goes.
    at_place: Vec<u8>,
    /// Where it is, if an earlier place of this clone put it.
    elsewhere: Option<PathBuf>,
}

impl Native {
    fn of_file(file: Vec<u8>) -> Native {
        let whole = file.len() - jsonl::complete_lines(&file).1.len();
        Native { log: file[..whole].to_vec(), at_place: file.clone(), file, elsewhere: None }
    }
}

fn new_events(agent: &dyn Agent, id: &SessionId, log: &Log, has: usize) -> u64 {
    let shared: usize = jsonl::complete_lines(log.main.bytes()).0[..has].iter().map(|l| l.len() + 1).sum();
    let before = agent.parse(id, &log.main.bytes()[..shared]).0.events.len() as u64;
    log.manifest.events.saturating_sub(before)
}

/// The bytes of a file, none if it is not there.
fn have(path: &Path) -> Result<Vec<u8>, FileFault> {
    match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        other => other.map_err(FileFault::on("read", path)),
    }
}

/// Writes a file whole, by rename, readable by its owner only; refuses if the old one is no longer what it was.
fn put(path: &Path, bytes: &[u8], old: &[u8]) -> Result<(), AnyFault> {
    let parent = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent).map_err(FileFault::on("create", parent))?;
    let mut file =
        tempfile::Builder::new().prefix(".handoff-").tempfile_in(parent).map_err(FileFault::on("write in", parent))?;
    file.write_all(bytes).map_err(FileFault::on("write", path))?;
    file.as_file().sync_all().map_err(FileFault::on("write", path))?;
    let back = fs::read(file.path()).map_err(FileFault::on("read back", file.path()))?;
    if back != bytes {
        let next = "the disk gave back something else than was written; nothing was changed";
        return Err(Stuck::failed(format!("could not write {}", path.display()), next).into());
    }
    let now = have(path)?;
    if now != old {
        let next = "an agent is writing to it; end it there and run the same command again";
        return Err(Stuck::failed(format!("{} changed meanwhile", path.display()), next).into());
    }
    file.persist(path).map_err(|e| FileFault { action: "write", path: path.to_path_buf(), source: e.error })?;
    Ok(())
}

/// Lists of sessions go by the age of the file.
fn touch(path: &Path, time: SystemTime) {
    if let Ok(file) = fs::File::options().append(true).open(path) {
        // Only the order of a list depends on it.
        let _ = file.set_times(fs::FileTimes::new().set_modified(time));
    }
}
