//! The ways that a session went: the log in the main place and its forks, told apart and named one by one.

use jiff::Timestamp;
use serde::Serialize;

use crate::agents;
use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::capture::tally::Tally;
use crate::flows::{Coded, Ctx, Stuck};
use crate::jsonl::Lines;
use crate::model::ids::SessionKey;
use crate::render::words as say;
use crate::store::files;
use crate::store::logs::{self, Log, Logs};

/// The name of the way in the main place.
const MAIN: &str = "main";

/// One way that a session went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Way {
    /// The key of the fork; `main` for the log in the main place.
    pub way: String,
    /// What `--session` takes: `<agent>.<id>@<way>`.
    pub session: String,
    /// After how many events it parts from the main one; `None`: it is the main one.
    pub parts_after: Option<u64>,
    /// How many events it has.
    pub events: u64,
    /// When its last event was.
    pub last_turn: Option<Timestamp>,
}

/// The session that a text names, and which of its ways, if it says so.
pub fn named(text: &str) -> (&str, Option<&str>) {
    text.split_once('@').map_or((text, None), |(session, way)| (session, Some(way)))
}

/// `fork e6b2269e, which parts after event 5: 10 events, the last one 4 minutes ago`
pub fn words(way: &Way, env: &Env) -> String {
    let name = match way.parts_after {
        Some(n) => format!("fork {}, which parts after event {n}", way.way),
        None => "in the main place".to_owned(),
    };
    let last = way.last_turn.map_or(String::new(), |at| format!(", the last one {}", say::ago(at, env.now())));
    format!("{name}: {}{last}", say::count(way.events, "event"))
}

impl Ctx {
    /// The ways of a session whose logs are stored here or were seen at a remote; none unless it went several.
    pub fn ways_of(&self, key: &SessionKey, remote: Option<&str>) -> Result<Vec<Way>, AnyFault> {
        let Some((_, tip)) = logs::tips(&self.repo, key, remote)?.into_iter().next() else { return Ok(Vec::new()) };
        self.ways(key, &logs::outline(&self.repo, &tip, key)?)
    }

    /// The ways of a session, the main one first; none unless it went several.
    pub fn ways(&self, key: &SessionKey, logs: &Logs) -> Result<Vec<Way>, AnyFault> {
        let forks: Vec<(&String, &Log)> = logs.forks.iter().filter(|(_, log)| log.is_fork()).collect();
        if forks.is_empty() {
            return Ok(Vec::new());
        }
        let mut ways = vec![self.way(key, MAIN, &logs.main, None)?];
        for (name, log) in forks {
            let shared = files::shared(&self.repo, &logs.main.main, &log.main)?;
            ways.push(self.way(key, name, log, Some(shared.lines))?);
        }
        Ok(ways)
    }

    fn way(&self, key: &SessionKey, name: &str, log: &Log, shared: Option<u64>) -> Result<Way, AnyFault> {
        let mut way = Way {
            way: name.to_owned(),
            session: format!("{key}@{name}"),
            parts_after: None,
            events: log.manifest.events,
            last_turn: None,
        };
        let Some(agent) = agents::by_name(key.agent.as_str()) else { return Ok(way) };
        let (mut tally, mut read) = (Tally::new(agent), 0);
        let mut lines = log.main.lines(&self.repo);
        loop {
            if shared == Some(read) {
                way.parts_after = Some(tally.counted().events);
            }
            let Some(line) = lines.next()? else { break };
            tally.line(&line);
            read += 1;
        }
        way.events = tally.counted().events;
        way.last_turn = tally.counted().last_event;
        Ok(way)
    }

    /// The tip of one way of a session, by its key or the beginning of it.
    pub(super) fn tip_of_way(&self, key: &SessionKey, logs: &Logs, way: &str) -> Result<String, AnyFault> {
        if way == MAIN {
            return Ok(logs.main.tip());
        }
        let named = |name: &str| !way.is_empty() && name.starts_with(way);
        let mut hits = logs.forks.iter().filter(|(name, log)| log.is_fork() && named(name));
        if let (Some((_, fork)), None) = (hits.next(), hits.next()) {
            return Ok(fork.tip());
        }
        let names: Vec<String> = self.ways(key, logs)?.into_iter().map(|w| w.session).collect();
        let next = match names.as_slice() {
            [] => "it went one way only; name it without `@`".to_owned(),
            several => format!("name one: {}", several.join(", ")),
        };
        let what = format!("{} {} has no fork {way:?}", key.agent, key.id.short());
        Err(Coded::new("unknown_fork", Stuck::usage(what, next)).into())
    }
}
