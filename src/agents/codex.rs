//! Codex CLI: one JSON-lines rollout a session under `$CODEX_HOME/sessions/`, found again by its file name.
//!
//! What is said here of its files and of `codex resume` was measured with Codex 0.169.0.

mod app_server;
mod carry;
mod config;
mod lines;
mod name;
mod parse;
mod store;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::config::Config;
use self::name::{RolloutName, is_uuid};
use self::store::{Rollout, StoreError};
use super::{Agent, Calls, Carry, Found, Parser, Place, RawFile, Settle};
use crate::canon::paths::Root;
use crate::env::Env;
use crate::fault::AnyFault;
use crate::jsonl::{Edits, Tape};
use crate::model::ids::{AgentName, SessionId, SessionKey};

/// Codex CLI.
pub(super) struct Codex;

const NAME: &str = "codex";

impl Agent for Codex {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "Codex CLI"
    }

    fn program(&self, env: &Env) -> Option<PathBuf> {
        env.which("codex")
    }

    /// `CODEX_SESSION_ID` first: for a command that a subagent runs, `CODEX_THREAD_ID` is the subagent.
    fn current(&self, env: &Env) -> Option<SessionId> {
        ["CODEX_SESSION_ID", "CODEX_THREAD_ID"].iter().find_map(|name| env.var(name)?.parse().ok())
    }

    fn store(&self, env: &Env) -> PathBuf {
        env.var("CODEX_HOME").map_or_else(|| env.home().join(".codex"), |home| env.cwd().join(home))
    }

    fn find(&self, env: &Env, places: &[PathBuf]) -> Result<Vec<Found>, AnyFault> {
        let places: Vec<PathBuf> = places.iter().map(|place| real(place)).collect();
        let mut known: BTreeMap<PathBuf, bool> = BTreeMap::new();
        let mut inside = |cwd: &Path| {
            let here = || places.iter().any(|place| real(cwd).starts_with(place));
            *known.entry(cwd.to_path_buf()).or_insert_with(here)
        };
        let rollouts = store::current(store::rollouts(&self.sessions(env)));
        Ok(rollouts.into_iter().filter_map(found).filter(|found| inside(&found.cwd)).collect())
    }

    fn locate(&self, env: &Env, id: &SessionId, near: &Path) -> Result<Option<Found>, AnyFault> {
        let near = real(near);
        let mut rollouts = store::rollouts(&self.sessions(env));
        rollouts.retain(|r| r.name.id() == id.as_str());
        let all = store::current(rollouts).into_iter().filter_map(found);
        Ok(all.max_by_key(|found| (real(&found.cwd).starts_with(&near), found.modified)))
    }

    fn log(&self, env: &Env, found: &Found) -> Result<RawFile, AnyFault> {
        Ok(store::read(&found.path, &store::rollouts(&self.sessions(env)))?)
    }

    fn files(&self, env: &Env, found: &Found) -> Result<Vec<(String, RawFile)>, AnyFault> {
        let all = store::rollouts(&self.sessions(env));
        let mut files = Vec::new();
        for rollout in store::subagents(found.key.id.as_str(), &store::current(all.clone())) {
            let name = rollout.name.whole(rollout.name.id()).path();
            let name = name.strip_prefix("sessions/").unwrap_or(&name).to_owned();
            files.push((name, store::read(&rollout.path, &all)?));
        }
        Ok(files)
    }

    fn live(&self, env: &Env, found: &Found) -> Option<u32> {
        store::writer(&self.store(env), &found.key.id)
    }

    fn roots(&self, env: &Env, _cwd: &Path) -> Vec<Root> {
        let store = self.store(env);
        let mut paths = vec![store.clone()];
        paths.extend(Some(real(&store)).filter(|real| *real != store));
        vec![Root { name: "store", paths }]
    }

    fn carry(&self, memory: Option<&Value>) -> Box<dyn Carry> {
        Box::new(carry::Out::remembering(memory))
    }

    fn settle(&self, env: &Env, before: usize) -> Box<dyn Settle> {
        Box::new(carry::In::new(&Config::read(&self.store(env)), env.cwd(), before))
    }

    fn event_id(&self, line: &[u8]) -> Option<String> {
        lines::event_id(line)
    }

    fn starts_turn(&self, line: &[u8]) -> bool {
        lines::starts_turn(line)
    }

    fn calls(&self) -> Box<dyn Calls> {
        Box::new(lines::OpenCalls::default())
    }

    fn sealed(&self, place: &str) -> bool {
        lines::sealed(place)
    }

    fn parser(&self, memory: Option<&Value>) -> Box<dyn Parser> {
        Box::new(parse::Reader::remembering(memory))
    }

    /// Where the session already is; else the place it had on the machine it comes from; else one for now.
    fn place(&self, env: &Env, id: &SessionId, cwd: &Path, hint: Option<&str>) -> Result<Place, AnyFault> {
        let files = Some(self.sessions(env));
        if let Some(found) = self.locate(env, id, cwd)? {
            return Ok(Place { log: found.path, files });
        }
        let hinted = hint.and_then(RolloutName::parse_path).filter(|_| is_uuid(id.as_str()));
        let name = match hinted {
            Some(name) => name.whole(id.as_str()),
            None => RolloutName::new(env.now(), id.as_str()).ok_or(StoreError::NotOurs { id: id.clone() })?,
        };
        Ok(Place { log: self.store(env).join(name.path()), files })
    }

    fn native_name(&self, _env: &Env, found: &Found) -> Option<String> {
        let name = RolloutName::parse(found.path.file_name()?.to_str()?)?;
        Some(name.whole(name.id()).path())
    }

    fn register(&self, env: &Env, id: &SessionId, cwd: &Path, place: &Place) -> Vec<String> {
        let provider = store::head(&place.log).and_then(|head| head.provider);
        if let Some(provider) = provider.filter(|p| !Config::read(&self.store(env)).knows_provider(p)) {
            return vec![format!(
                "the session names the model provider {provider:?}, which Codex has not configured here: add \
                 [model_providers.{provider}] to {}, or Codex refuses to resume it",
                self.store(env).join("config.toml").display()
            )];
        }
        let Some(program) = self.program(env) else { return Vec::new() };
        let by_id = format!("`codex resume {id}` continues it all the same");
        match app_server::lists(&program, env, cwd, id.as_str()) {
            Ok(true) => Vec::new(),
            Ok(false) => vec![format!("Codex does not list the session for {}: {by_id}", cwd.display())],
            Err(why) => vec![format!("Codex could not be asked to list the session ({why}): {by_id}")],
        }
    }

    /// A UUID of version 7, as Codex makes them: its folders, its index and the order of its lists follow the time.
    fn new_id(&self, env: &Env) -> SessionId {
        let time = format!("{:012x}", env.now().as_millisecond().max(0));
        let random = env.random_hex(10);
        let variant = ["8", "9", "a", "b"][usize::from(random.as_bytes()[3]) % 4];
        let (high, low) = (&time[..8], &time[8..12]);
        let id = format!("{high}-{low}-7{}-{variant}{}-{}", &random[..3], &random[4..7], &random[7..19]);
        id.parse().expect("hex digits and dashes are an id")
    }

    fn rename<'a>(&self, line: &'a [u8], from: &SessionId, to: &SessionId) -> Cow<'a, [u8]> {
        if memchr::memmem::find(line, from.as_str().as_bytes()).is_none() {
            return Cow::Borrowed(line);
        }
        let Some(tape) = Tape::read(line) else { return Cow::Borrowed(line) };
        let mut edits = Edits::default();
        for (at, node) in tape.nodes().iter().enumerate() {
            let ours = tape.text_of(at).is_some_and(|text| text == from.as_str());
            if ours && tape.nearest_key(at).is_some_and(|key| lines::names_a_session(&key)) {
                edits.replace(node.span.clone(), format!("\"{to}\""));
            }
        }
        edits.apply(line)
    }

    fn start(&self, id: &SessionId) -> Vec<String> {
        vec!["codex".into(), "resume".into(), id.to_string()]
    }
}

impl Codex {
    fn sessions(&self, env: &Env) -> PathBuf {
        self.store(env).join("sessions")
    }
}

fn agent() -> AgentName {
    NAME.parse().expect("a constant name keeps to the grammar")
}

/// A rollout as a session; `None` for a subagent's and for what only has the name of one.
fn found(rollout: Rollout) -> Option<Found> {
    let head = store::head(&rollout.path).filter(|head| !head.subagent)?;
    let key = SessionKey { agent: agent(), id: rollout.name.id().parse().ok()? };
    let cwd = store::cwd(&rollout.path, &head);
    Some(Found { key, cwd, modified: store::modified(&rollout.path), path: rollout.path })
}

/// The path with symlinks resolved, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let mut rest = Vec::new();
    for part in path.ancestors() {
        if let Ok(real) = part.canonicalize() {
            return rest.iter().rev().fold(real, |path, name| path.join(name));
        }
        rest.extend(part.file_name());
    }
    path.to_path_buf()
}

#[cfg(test)]
mod tests;
