//! Claude Code: one JSON-lines file a session under `projects/`, and a folder beside it for what grew too long.
//!
//! Facts were measured on 2.1.330. A session is found by its file name alone, so nothing needs to be registered; what a
//! resume would take over from another machine's log (permission modes above all) is left out by [`carry`].

mod carry;
mod chain;
mod line;
mod parse;
mod store;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Agent, Calls, Carry, Found, Parser, Place, RawFile, Settle};
use crate::canon::paths::Root;
use crate::env::Env;
use crate::fault::AnyFault;
use crate::model::ids::{SessionId, SessionKey};

/// The name in refs and on the command line.
const NAME: &str = "claude";

/// Claude Code.
#[derive(Debug)]
pub(super) struct Claude;

impl Agent for Claude {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "Claude Code"
    }

    fn program(&self, env: &Env) -> Option<PathBuf> {
        env.which("claude")
    }

    fn current(&self, env: &Env) -> Option<SessionId> {
        env.var("CLAUDECODE")?;
        env.var("CLAUDE_CODE_SESSION_ID")?.parse().ok()
    }

    fn store(&self, env: &Env) -> PathBuf {
        store::projects(env)
    }

    fn find(&self, env: &Env, places: &[PathBuf]) -> Result<Vec<Found>, AnyFault> {
        store::find(env, places)
    }

    fn locate(&self, env: &Env, id: &SessionId, near: &Path) -> Result<Option<Found>, AnyFault> {
        store::locate(env, id, near)
    }

    fn log(&self, _env: &Env, found: &Found) -> Result<RawFile, AnyFault> {
        Ok(RawFile::whole_lines(&found.path)?)
    }

    fn files(&self, _env: &Env, found: &Found) -> Result<Vec<(String, RawFile)>, AnyFault> {
        store::files(found)
    }

    fn live(&self, env: &Env, found: &Found) -> Option<u32> {
        store::live(env, &found.key.id)
    }

    fn roots(&self, env: &Env, cwd: &Path) -> Vec<Root> {
        store::roots(env, cwd)
    }

    fn carry(&self, memory: Option<&Value>) -> Box<dyn Carry> {
        Box::new(carry::Filter::remembering(memory))
    }

    fn settle(&self, _env: &Env, _before: usize) -> Box<dyn Settle> {
        Box::new(AsStored)
    }

    fn event_id(&self, line: &[u8]) -> Option<String> {
        line::event_id(line)
    }

    fn starts_turn(&self, line: &[u8]) -> bool {
        line::starts_turn(line)
    }

    fn calls(&self) -> Box<dyn Calls> {
        Box::new(line::OpenCalls::default())
    }

    fn sealed(&self, place: &str) -> bool {
        line::sealed(place)
    }

    fn parser(&self, memory: Option<&Value>) -> Box<dyn Parser> {
        Box::new(parse::Reader::remembering(memory))
    }

    fn place(&self, env: &Env, id: &SessionId, cwd: &Path, _hint: Option<&str>) -> Result<Place, AnyFault> {
        let dir = store::project(env, cwd);
        Ok(Place { log: dir.join(format!("{id}.jsonl")), files: Some(dir.join(id.as_str())) })
    }

    fn native_name(&self, _env: &Env, _found: &Found) -> Option<String> {
        None
    }

    fn register(&self, _env: &Env, _id: &SessionId, _cwd: &Path, _place: &Place) -> Vec<String> {
        Vec::new()
    }

    fn new_id(&self, env: &Env) -> SessionId {
        let id = uuid_v4(&env.random_hex(16));
        id.parse().expect("a UUID is a session id")
    }

    fn rename<'a>(&self, line: &'a [u8], from: &SessionId, to: &SessionId) -> Cow<'a, [u8]> {
        line::rename(line, from, to)
    }

    fn start(&self, id: &SessionId) -> Vec<String> {
        vec!["claude".into(), "--resume".into(), id.to_string()]
    }
}

/// Stored lines need nothing put back: Claude takes a fresh system prompt and its own settings when they are absent.
struct AsStored;

impl Settle for AsStored {
    fn line<'a>(&mut self, line: &'a [u8]) -> Cow<'a, [u8]> {
        Cow::Borrowed(line)
    }
}

/// The key of a Claude session.
fn key(id: SessionId) -> SessionKey {
    SessionKey { agent: NAME.parse().expect("the name is in its grammar"), id }
}

/// 32 random hex digits as a random (version 4) UUID, RFC 9562 section 5.4.
fn uuid_v4(hex: &str) -> String {
    let variant = u8::from_str_radix(&hex[16..17], 16).unwrap_or_default() & 3 | 8;
    format!("{}-{}-4{}-{variant:x}{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_random_uuids() {
        assert_eq!(uuid_v4("00112233445566778899aabbccddeeff"), "00112233-4455-4677-8899-aabbccddeeff");
        assert_eq!(uuid_v4("ffffffffffffffffffffffffffffffff"), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
