//! One file an agent: where it keeps its sessions, how they are read, carried, restored and continued.
//!
//! Adding an agent is one file here and one line in [`AGENTS`]. Agents know files and lines; they never see
//! git, never redact, and never decide what wins when two logs differ.

mod claude;
mod codex;
pub mod raw;
pub mod reading;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;

use crate::canon::paths::Root;
use crate::env::Env;
use crate::fault::AnyFault;
use crate::model::ids::{SessionId, SessionKey};
use crate::model::session::{Remark, Session};
pub use raw::RawFile;
pub use reading::{Calls, Finished, Head, Parser};

/// Every agent, in the order in which people are offered them.
pub static AGENTS: &[&dyn Agent] = &[&claude::Claude, &codex::Codex];

/// The agent of that name.
pub fn by_name(name: &str) -> Option<&'static dyn Agent> {
    AGENTS.iter().copied().find(|a| a.name() == name)
}

/// What the program needs of an agent.
pub trait Agent: Sync {
    /// The short name used in refs and on the command line.
    fn name(&self) -> &'static str;

    /// The name people know it by.
    fn title(&self) -> &'static str;

    /// The program, if it is on `PATH`.
    fn program(&self, env: &Env) -> Option<PathBuf>;

    /// The session that this process runs inside, from the variables the agent sets for its children.
    fn current(&self, env: &Env) -> Option<SessionId>;

    /// Where the agent keeps sessions on this machine, for messages ("looked in …").
    fn store(&self, env: &Env) -> PathBuf;

    /// The sessions on this machine whose working folder is `places` or inside one of them (symlinks resolved).
    /// Reads no more of each than it must. A store that does not exist has no sessions.
    fn find(&self, env: &Env, places: &[PathBuf]) -> Result<Vec<Found>, AnyFault>;

    /// The session of that id, wherever it worked. With several files of one id, the one working in `near`, else the
    /// newest.
    fn locate(&self, env: &Env, id: &SessionId, near: &Path) -> Result<Option<Found>, AnyFault>;

    /// The log of a session, up to its last complete line.
    fn log(&self, env: &Env, found: &Found) -> Result<RawFile, AnyFault>;

    /// Its side files (subagents, long tool results) in the order of their names: the name relative to the session, with
    /// `/`, and the bytes; of a log its complete lines.
    fn files(&self, env: &Env, found: &Found) -> Result<Vec<(String, RawFile)>, AnyFault>;

    /// The process that has the session open now, if the agent leaves a sign of it.
    fn live(&self, env: &Env, found: &Found) -> Option<u32>;

    /// This machine's roots beside the repository and the home folder: what `@{store}` and `@{config}` stand for,
    /// for a session that works in `cwd`.
    fn roots(&self, env: &Env, cwd: &Path) -> Vec<Root>;

    /// A filter from native lines to stored ones, for one file of one session: a fresh one, or one that goes on from
    /// the [`Carry::memory`] of another.
    fn carry(&self, memory: Option<&Value>) -> Box<dyn Carry>;

    /// A fresh filter from localised stored lines to native ones, for one file that ends up with `before` native
    /// lines ahead of the first.
    fn settle(&self, env: &Env, before: usize) -> Box<dyn Settle>;

    /// The native id of the event on a line, where the agent gives one; two lines with the same one are the same event.
    fn event_id(&self, line: &[u8]) -> Option<String>;

    /// Whether a line starts a new turn of the person (so that what comes before it belongs to the earlier turn).
    fn starts_turn(&self, line: &[u8]) -> bool;

    /// Watches which tool calls have no result yet, a line at a time.
    fn calls(&self) -> Box<dyn Calls>;

    /// Whether a member's text is sealed by the agent's provider (a signature, an encrypted blob) and must come back as
    /// it is, or resume breaks. `place` is the `type` of the object, a dot, and the member's name:
    /// `thinking.signature`. Only the log's own objects are asked about, never JSON inside of texts.
    fn sealed(&self, place: &str) -> bool;

    /// Reads a log (native or stored) as a conversation, a line at a time: a fresh reader, or one that goes on from the
    /// [`Parser::memory`] of another. Never fails: what is not understood becomes a remark.
    fn parser(&self, memory: Option<&Value>) -> Box<dyn Parser>;

    /// A whole log as a conversation.
    fn parse(&self, id: &SessionId, log: &[u8]) -> (Session, Vec<Remark>) {
        let mut parser = self.parser(None);
        let mut events = Vec::new();
        crate::jsonl::complete_lines(log).0.into_iter().for_each(|line| parser.line(line, &mut events));
        let Finished { head: Head { title, agent_version, model }, remarks, amend } = parser.finish();
        events.iter_mut().for_each(amend);
        let agent = self.name().parse().expect("an agent's name keeps to the grammar");
        (Session { agent, id: id.clone(), title, agent_version, model, events }, remarks)
    }

    /// Where the session's files belong on this machine when it works in `cwd`, and what is there already.
    fn place(&self, env: &Env, id: &SessionId, cwd: &Path, hint: Option<&str>) -> Result<Place, AnyFault>;

    /// The name of the log file relative to the agent's store, where restoring must keep it (Codex); goes into the
    /// stored session as `native_name`.
    fn native_name(&self, env: &Env, found: &Found) -> Option<String>;

    /// Called after the files are in place: makes the agent's own lists show the session. What could not be done
    /// comes back as sentences for the person.
    fn register(&self, env: &Env, id: &SessionId, cwd: &Path, place: &Place) -> Vec<String>;

    /// A new id in the agent's own grammar, for a session that cannot keep its own.
    fn new_id(&self, env: &Env) -> SessionId;

    /// The lines of the log under a new id (`from` replaced by `to` where the agent would refuse or mix them up).
    fn rename<'a>(&self, line: &'a [u8], from: &SessionId, to: &SessionId) -> Cow<'a, [u8]>;

    /// How to continue the session: program and arguments, never a shell.
    fn start(&self, id: &SessionId) -> Vec<String>;
}

/// A session that was found in an agent's store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub key: SessionKey,
    /// Its log.
    pub path: PathBuf,
    /// The folder it works in, as the log says it.
    pub cwd: PathBuf,
    /// When the log was last written.
    pub modified: Timestamp,
}

/// Where a session's files belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The log.
    pub log: PathBuf,
    /// The folder of its side files, if this agent has any.
    pub files: Option<PathBuf>,
}

/// Leaves out and normalises what is bound to one machine or is the vendor's own text, a line at a time, looking only
/// at the lines that came before.
pub trait Carry {
    /// The line to store; `None`: the line stays at home.
    fn line<'a>(&mut self, line: &'a [u8]) -> Option<Cow<'a, [u8]>>;

    /// What has to be remembered to go on where this one stops.
    fn memory(&self) -> Value;
}

/// Puts back what the agent needs on this machine and [`Carry`] took out. `carry(settle(x)) == x` for every stored line.
pub trait Settle {
    /// The native line.
    fn line<'a>(&mut self, line: &'a [u8]) -> Cow<'a, [u8]>;
}
