//! One stored session into the agent's own store on this machine: never over something newer or different.

mod beside;
mod write;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::agents::{self, Agent, Found, Place, RawFile};
use crate::canon::{self, Closing, Met};
use crate::fault::{AnyFault, Choice, FileFault};
use crate::flows::capture::here::{Carried, Here, closings};
use crate::flows::capture::reach::Stamp;
use crate::flows::capture::side::cleaned;
use crate::flows::capture::tally::Tally;
use crate::flows::capture::{self, Look};
use crate::flows::sessions::Candidate;
use crate::flows::{Ctx, Stuck, Undecided};
use crate::format::refs;
use crate::jsonl::{First, Lines};
use crate::model::ids::{SessionId, SessionKey};
use crate::store::files::StoredFile;
use crate::store::logs::{Log, Logs};
use write::{copy, put};

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
                capture::capture(self, &Candidate { agent, found }, None, Look::Whole)?;
                capture::stored(self, key, None)?.0.unwrap_or_else(|| logs.clone())
            }
            None => logs.clone(),
        };
        Ok(match handed_over {
            Some(tip) => logs.led_by(|log| log.went_through(&self.repo, tip))?,
            None => logs,
        })
    }

    /// Restores a session so that it continues in `root`, the work tree's folder.
    pub fn restore(&self, key: &SessionKey, logs: &Logs, root: &Path) -> Result<Restored, AnyFault> {
        let agent = known(key)?;
        let cwd = self.working_folder(agent, &logs.main, root);
        let here = Here::new(self, agent, &cwd);
        let hint = logs.main.manifest.native_name.as_deref();
        let place = agent.place(&self.env, &key.id, &cwd, hint)?;
        self.not_live(agent, key, &place, &cwd)?;
        let native = self.native(agent, key, &place, &cwd)?;
        self.forget_pushed(key);
        let closings = closings(self, logs)?;
        let main = &logs.main.main;
        let (outcome, key, mut place) = match self.compare(&here, main, native.log.lines(), &closings)? {
            Stand::Has { more: 0 } if native.log.is_empty() => (Outcome::Restored, key.clone(), place),
            Stand::Has { more: 0 } => (Outcome::Same, key.clone(), place),
            Stand::Has { more } => (Outcome::Ahead { lines: more }, key.clone(), place),
            Stand::Lacks { after } => {
                let outcome = if native.log.is_empty() {
                    Outcome::Restored
                } else {
                    Outcome::Extended { events: self.events_after(agent, &logs.main, after)? }
                };
                self.extend(&here, main, &native, after, None, &place.log)?;
                (outcome, key.clone(), place)
            }
            Stand::Parted => {
                let (id, place) = self.restore_copy(&here, key, &logs.main, &cwd)?;
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
            None => self.write_files(&here, &logs.main, &place)?,
        };
        // The log is newer than the logs of its subagents: an agent that looks for the latest takes the latest file.
        touch(&place.log, self.env.file_time());
        notes.extend(agent.register(&self.env, &key.id, &cwd, &place));
        let manifest = &logs.main.manifest;
        let local = |name: &str| here.roots.path(name).unwrap_or_default().to_owned();
        Ok(Restored {
            start: agent.start(&key.id),
            installed: agent.program(&self.env).is_some(),
            title: manifest.title.clone(),
            events: manifest.events,
            redacted: manifest.redacted(),
            moved_roots: manifest
                .short_roots
                .iter()
                .map(|(n, p)| (p.clone(), local(n)))
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
        let roots = Here::new(self, agent, &root).roots;
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
            let at_place = Stamp::at(&place.log);
            let log = agent.log(&self.env, &at(&place.log, cwd))?;
            return Ok(Native { log, file: Some(RawFile::whole(&place.log)?), at_place, elsewhere: None });
        }
        let places = self.local.places(&self.repo);
        let found = agent.locate(&self.env, &key.id, cwd)?;
        match found.filter(|f| places.iter().any(|p| f.cwd.starts_with(p))) {
            Some(found) => {
                let log = agent.log(&self.env, &found)?;
                Ok(Native { file: Some(log.clone()), log, at_place: None, elsewhere: Some(found.path) })
            }
            None => Ok(Native::default()),
        }
    }

    /// How what the agent has relates to a stored log.
    fn compare(
        &self,
        here: &Here,
        stored: &StoredFile,
        native: impl Lines,
        closings: &[Closing],
    ) -> Result<Stand, AnyFault> {
        let mut walk = here.walk(self, stored, Carried::new(here.agent, native, None), closings);
        Ok(match walk.meet()? {
            Met::Behind { has } => Stand::Lacks { after: has },
            Met::Forked { .. } => Stand::Parted,
            Met::All => {
                let mut more = 0;
                while walk.next_new()?.is_some() {
                    more += 1;
                }
                Stand::Has { more }
            }
        })
    }

    /// Writes the agent's file with the stored lines after the first `has` behind what it has.
    fn extend(
        &self,
        here: &Here,
        stored: &StoredFile,
        native: &Native,
        has: u64,
        rename: Option<(&SessionId, &SessionId)>,
        to: &Path,
    ) -> Result<(), AnyFault> {
        let agent = here.agent;
        let mut before = 0;
        let mut lines = native.log.lines();
        while lines.next()?.is_some() {
            before += 1;
        }
        put(to, native.at_place.as_ref(), |out| {
            if let Some(file) = &native.file {
                let ends_a_line = copy(file, out)?;
                // A torn last line stays; what follows must not continue it.
                out.write_all(if ends_a_line { b"" } else { b"\n" }).map_err(FileFault::on("write", to))?;
            }
            let mut settle = agent.settle(here.env(), before);
            // What carry would leave out or change does not come from it: a log made by hand could bring permissions.
            let mut guard = agent.carry(None);
            let mut lines = stored.lines_after(&self.repo, has);
            while let Some(line) = lines.next()? {
                let local = canon::localise_line(&here.roots, &line);
                let Some(local) = guard.line(&local) else { continue };
                let settled = settle.line(&local);
                let settled = match rename {
                    Some((from, to)) => agent.rename(&settled, from, to),
                    None => settled,
                };
                out.write_all(&settled).and_then(|()| out.write_all(b"\n")).map_err(FileFault::on("write", to))?;
            }
            Ok(())
        })
    }

    /// How many events of a stored log come after its first `lines`.
    fn events_after(&self, agent: &dyn Agent, log: &Log, lines: u64) -> Result<u64, AnyFault> {
        let mut tally = Tally::new(agent);
        tally.lines(First::new(lines, log.main.lines(&self.repo)))?;
        Ok(log.manifest.events.saturating_sub(tally.counted().events))
    }

    fn write_files(&self, here: &Here, log: &Log, place: &Place) -> Result<Vec<String>, AnyFault> {
        let mut notes = Vec::new();
        let Some(folder) = &place.files else {
            return Ok(notes);
        };
        for (name, file) in &log.files {
            let path = folder.join(name);
            let differs = || format!("{} is different here and was left as it is", path.display());
            if name.ends_with(".jsonl") {
                let native = if path.exists() { Native::at(&path)? } else { Native::default() };
                match self.compare(here, file, native.log.lines(), &[])? {
                    Stand::Has { .. } => continue,
                    Stand::Lacks { after } => self.extend(here, file, &native, after, None, &path)?,
                    Stand::Parted => {
                        notes.push(differs());
                        continue;
                    }
                }
            } else {
                let stored = file.bytes(&self.repo)?;
                let bytes = canon::localise_file(&here.roots, name, &stored);
                if path.exists() {
                    // Redacted there, in the clear here: the one here says more.
                    let same = || Ok::<_, AnyFault>(cleaned(here, name, &RawFile::whole(&path)?)?.bytes() == stored);
                    if !is(&path, &bytes)? && !same()? {
                        notes.push(differs());
                    }
                    continue;
                }
                put(&path, None, |out| Ok(out.write_all(&bytes).map_err(FileFault::on("write", &path))?))?;
            }
            touch(&path, self.env.file_time() - Duration::from_secs(10));
        }
        Ok(notes)
    }
}

/// How what the agent has relates to a stored log.
enum Stand {
    /// It has all of it, and lines more.
    Has { more: usize },
    /// It has only so many of its lines.
    Lacks { after: u64 },
    /// The two went on differently.
    Parted,
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
    log: RawFile,
    /// The file to be continued, with a torn line at its end if there is one.
    file: Option<RawFile>,
    /// What stood at its place when it was looked at.
    at_place: Option<Stamp>,
    /// Where it is, if an earlier place of this clone put it.
    elsewhere: Option<PathBuf>,
}

impl Native {
    fn at(path: &Path) -> Result<Native, FileFault> {
        let at_place = Stamp::at(path);
        Ok(Native { log: RawFile::whole_lines(path)?, file: Some(RawFile::whole(path)?), at_place, elsewhere: None })
    }
}

/// Whether a file holds just these bytes.
fn is(path: &Path, bytes: &[u8]) -> Result<bool, FileFault> {
    let same_size = path.metadata().is_ok_and(|m| m.len() == bytes.len() as u64);
    Ok(same_size && fs::read(path).map_err(FileFault::on("read", path))? == bytes)
}

/// Lists of sessions go by the age of the file.
fn touch(path: &Path, time: SystemTime) {
    if let Ok(file) = fs::File::options().append(true).open(path) {
        // Only the order of a list depends on it.
        let _ = file.set_times(fs::FileTimes::new().set_modified(time));
    }
}
