//! One session from the agent's store into ours: loaded, carried, cleaned, joined with what is stored.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::agents::{Agent, RawLog};
use crate::canon::paths::{Root, Roots};
use crate::canon::{self, Canon, Canonical, Closing, Joined, Lines};
use crate::fault::AnyFault;
use crate::flows::Ctx;
use crate::flows::sessions::{self, Candidate};
use crate::format::manifest::{Cut, Manifest};
use crate::jsonl;
use crate::model::ids::{Oid, SessionKey};
use crate::store::logs::{self, Log, Logs};
use crate::store::merge::{self, Parents};

/// What a capture found and stored.
#[derive(Debug, Clone, Serialize)]
pub struct Captured {
    /// Which session.
    pub key: SessionKey,
    /// Its title.
    pub title: Option<String>,
    /// Events stored now.
    pub events: u64,
    /// Events that were not stored before.
    pub new_events: u64,
    /// When the last event was.
    pub last_event: Option<Timestamp>,
    /// The tip of the log that the agent has; `None`: it lacks the end of what is stored.
    #[serde(skip)]
    pub tip: Option<String>,
    /// Secrets in the stored log, all kinds together.
    pub redacted: u64,
    /// The turn was still going on and is stored up to the call that ran us.
    pub open_turn: bool,
    /// The session went two ways: it is kept beside the stored one.
    pub forked: bool,
    /// The commit of the log.
    pub commit: Oid,
}

/// The roots of a session that works in `cwd`, for both directions.
pub fn roots(ctx: &Ctx, agent: &dyn Agent, cwd: &std::path::Path) -> Vec<Root> {
    let mut places = ctx.local.places(&ctx.repo);
    // Longest first among the work trees, but the one the session is in is what tokens become.
    if let Some(own) = places.iter().position(|p| cwd.starts_with(p)) {
        let own = places.remove(own);
        places.insert(0, own);
    }
    if let Some(dir) = ctx.repo.workdir().map(std::path::Path::to_path_buf).filter(|d| !places.contains(d)) {
        places.push(dir);
    }
    let home = ctx.env.home().to_path_buf();
    let real_home = home.canonicalize().unwrap_or_else(|_| home.clone());
    let mut all = vec![Root { name: "repo", paths: places }];
    all.extend(agent.roots(&ctx.env, cwd));
    all.push(Root { name: "home", paths: if home == real_home { vec![home] } else { vec![home, real_home] } });
    all
}

/// The log's lines as carried, and after how many native lines each stands.
pub fn carried(agent: &dyn Agent, log: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let mut carry = agent.carry();
    let (lines, _) = jsonl::complete_lines(log);
    lines.iter().enumerate().filter_map(|(at, line)| carry.line(line).map(|l| (at, l.into_owned()))).collect()
}

/// A stored line as it would be carried on this machine, for comparison.
pub fn at_home<'a>(ctx: &'a Ctx, agent: &'static dyn Agent, roots: &'a Roots) -> impl Fn(&[u8]) -> Vec<u8> + 'a {
    move |line| {
        let local = canon::localise_line(roots, line).into_owned();
        let settled = agent.settle(&ctx.env, 1).line(&local).into_owned();
        agent.carry().line(&settled).map_or(settled.clone(), std::borrow::Cow::into_owned)
    }
}

/// The closings of stored logs, as the walk wants them.
pub fn closings(logs: &Logs) -> Vec<Closing> {
    let closing = |log: &Log| {
        let lines = jsonl::complete_lines(log.main.bytes()).0;
        let shared = merge::shared_lines(log.main.bytes(), logs.main.main.bytes());
        let after = usize::try_from(shared).unwrap_or(lines.len()).min(lines.len());
        Closing { after, lines: lines[after..].iter().map(|l| l.to_vec()).collect() }
    };
    let forks = logs.forks.values().filter(|l| l.manifest.fork.as_deref() == Some("closing"));
    forks.map(closing).collect()
}

/// What is stored of a session: local and as last seen at the remotes, merged, with the parents of the next commit.
pub fn stored(ctx: &Ctx, key: &SessionKey, remote: Option<&str>) -> Result<(Option<Logs>, Parents), AnyFault> {
    let local = ctx.repo.find_ref(&crate::format::refs::log(key))?;
    let tips = logs::tips(&ctx.repo, key, remote)?;
    let mut all: Option<Logs> = None;
    let mut read: Vec<Oid> = Vec::new();
    for (_, oid) in &tips {
        if read.contains(oid) {
            continue;
        }
        let next = logs::read(&ctx.repo, oid, key)?;
        all = Some(match all {
            None => next,
            Some(have) => merge::logs(&have, &next),
        });
        read.push(oid.clone());
    }
    let seen: Vec<Oid> =
        tips.iter().filter(|(name, _)| *name != crate::format::refs::log(key)).map(|(_, o)| o.clone()).collect();
    Ok((all, Parents::of(&ctx.repo, local, &seen)?))
}

/// Captures a session, on top of what is stored of it here and, as last seen, at `remote`.
pub fn capture(ctx: &Ctx, candidate: &Candidate, remote: Option<&str>) -> Result<Captured, AnyFault> {
    let Candidate { agent, found } = candidate;
    let agent = *agent;
    let key = &found.key;
    let raw = agent.load(&ctx.env, found)?;
    let root_list = roots(ctx, agent, &found.cwd);
    let roots = Roots::new(&root_list);
    let (stored, parents) = stored(ctx, key, remote)?;
    let inside = sessions::current(&ctx.env).as_ref() == Some(key);
    let native = native_lines(agent, &raw, inside);
    let (logs, tip) = joined(ctx, agent, key, &roots, &raw, native, stored.clone())?;
    let (mut main, last_event) = described(agent, logs.main, &roots);
    main.manifest.native_name = main.manifest.native_name.or_else(|| agent.native_name(&ctx.env, found));
    main.manifest.cwd = main.manifest.cwd.or_else(|| tokens(&roots, &found.cwd));
    let logs = Logs { main, forks: logs.forks };
    let before = stored.as_ref().map_or(0, |l| l.main.manifest.events);
    let events = logs.main.manifest.events;
    let subject = format!("handoff: {} {} with {events} events", key.agent, key.id.short());
    let commit = logs::save(&ctx.repo, &ctx.env, &logs, &parents, &subject)?;
    let forked = logs.forks.values().any(|l| l.manifest.fork.as_deref() == Some("fork"));
    Ok(Captured {
        key: key.clone(),
        title: logs.main.manifest.title.clone(),
        events,
        new_events: events.saturating_sub(before),
        last_event,
        tip,
        redacted: logs.main.main.redactions().values().sum::<u64>()
            + logs.main.files.values().flat_map(|f| f.redactions().values()).sum::<u64>(),
        open_turn: logs.main.manifest.open_turn,
        forked,
        commit,
    })
}

/// A folder below one of the roots, with its token; another one is nobody's business.
fn tokens(roots: &Roots, path: &std::path::Path) -> Option<String> {
    let text = path.to_str()?;
    let cleaned = Canon::new(roots, &|_| false).folder(text);
    cleaned.starts_with("@{").then_some(cleaned)
}

/// The agent's lines of a log as carried, and whether the last turn was cut open.
struct Native {
    lines: Vec<Vec<u8>>,
    open: bool,
}

fn native_lines(agent: &dyn Agent, raw: &RawLog, inside: bool) -> Native {
    let (lines, _) = jsonl::complete_lines(&raw.log);
    let cut = if inside { agent.open_call(&lines) } else { None };
    let all = carried(agent, &raw.log);
    let end = cut.unwrap_or(lines.len());
    Native { lines: all.into_iter().filter(|(at, _)| *at < end).map(|(_, l)| l).collect(), open: cut.is_some() }
}

/// The stored logs with what the agent has now, and the tip of the one that the agent has (`None`: it lacks the end of
/// the log, or ends in a closing that is no part of one).
fn joined(
    ctx: &Ctx,
    agent: &'static dyn Agent,
    key: &SessionKey,
    roots: &Roots,
    raw: &RawLog,
    native: Native,
    stored: Option<Logs>,
) -> Result<(Logs, Option<String>), AnyFault> {
    let sealed = |k: &str| agent.sealed(k);
    let home = at_home(ctx, agent, roots);
    let event_id = |l: &[u8]| agent.event_id(l);
    let closings = stored.as_ref().map(closings).unwrap_or_default();
    let lines = Lines { native: &native.lines, at_home: &home, event_id: &event_id, closings: &closings };
    let join = |stored: &[u8]| canon::join(stored, &lines, Canon::new(roots, &sealed));
    let files = |have: &BTreeMap<String, Canonical>| side_files(ctx, agent, roots, raw, have);
    let Some(stored) = stored else {
        let Joined::Grown { log, .. } = join(&[]) else {
            unreachable!("nothing stored can neither be ahead nor differ");
        };
        let mut manifest = blank(key);
        note_cut(&mut manifest, &log, native.open, 0, agent);
        let main = Log { manifest, main: log, files: files(&BTreeMap::new()) };
        let tip = main.tip();
        return Ok((Logs { main, forks: BTreeMap::new() }, Some(tip)));
    };
    let differs = |log: &Log| matches!(join(log.main.bytes()), Joined::Forked { .. });
    // The agent may be on any of the ways that the session went.
    let mut logs = if stored.forks.is_empty() { stored } else { stored.led_by(|log| !differs(log)) };
    let tip = match join(logs.main.main.bytes()) {
        Joined::Behind { .. } => None,
        Joined::Grown { log, new_lines } => {
            let before = logs.main.manifest.extent.lines;
            logs.main.files = files(&logs.main.files);
            if new_lines > 0 {
                note_cut(&mut logs.main.manifest, &log, native.open, before, agent);
                logs.main.main = log;
            }
            Some(logs.main.tip())
        }
        Joined::Forked { shared, log } => {
            let mut manifest = logs.main.manifest.clone();
            manifest.cuts.retain(|c| c.at <= shared as u64);
            note_cut(&mut manifest, &log, native.open, shared as u64, agent);
            let fork = Log { manifest, main: log, files: files(&BTreeMap::new()) };
            let tip = fork.tip();
            let all = std::iter::once(logs.main).chain(logs.forks.into_values()).chain([fork]);
            logs = merge::arrange(all.collect());
            let in_a_log = logs.whole().any(|log| log.tip() == tip);
            return Ok((logs, Some(tip).filter(|_| in_a_log)));
        }
    };
    if !logs.forks.is_empty() {
        logs = merge::arrange(std::iter::once(logs.main).chain(logs.forks.into_values()).collect());
    }
    Ok((logs, tip))
}

/// Notes whether the log ends inside a turn, and where a turn that was cut open at line `before` ends now.
fn note_cut(manifest: &mut Manifest, log: &Canonical, open: bool, before: u64, agent: &dyn Agent) {
    let (lines, _) = jsonl::complete_lines(log.bytes());
    let total = lines.len() as u64;
    if let Some(cut) = manifest.cuts.iter_mut().find(|c| (c.at == before && c.end.is_none()) || c.end == Some(before)) {
        let from = usize::try_from(before).unwrap_or(lines.len()).min(lines.len());
        let next_turn = lines[from..].iter().position(|l| agent.starts_turn(l));
        if next_turn != Some(0) {
            cut.end = Some(next_turn.map_or(total, |n| before + n as u64));
        }
    }
    manifest.open_turn = open;
    if open && !manifest.cuts.iter().any(|c| c.at == total) {
        manifest.cuts.push(Cut { at: total, end: None });
    }
    manifest.extent.lines = total;
}

fn side_files(
    ctx: &Ctx,
    agent: &'static dyn Agent,
    roots: &Roots,
    raw: &RawLog,
    have: &BTreeMap<String, Canonical>,
) -> BTreeMap<String, Canonical> {
    let sealed = |k: &str| agent.sealed(k);
    let mut files = have.clone();
    for (name, bytes) in &raw.files {
        let old = have.get(name).map(Canonical::bytes).unwrap_or_default();
        let new = if name.ends_with(".jsonl") {
            let native: Vec<Vec<u8>> = carried(agent, bytes).into_iter().map(|(_, l)| l).collect();
            let home = at_home(ctx, agent, roots);
            let event_id = |l: &[u8]| agent.event_id(l);
            let lines = Lines { native: &native, at_home: &home, event_id: &event_id, closings: &[] };
            match canon::join(old, &lines, Canon::new(roots, &sealed)) {
                Joined::Grown { log, .. } => Some(log),
                _ => None,
            }
        } else if canon::localise_file(roots, name, old) == *bytes {
            None
        } else {
            Some(Canon::new(roots, &sealed).file(name, bytes))
        };
        if let Some(new) = new {
            files.insert(name.clone(), new);
        }
    }
    files
}

fn blank(key: &SessionKey) -> Manifest {
    Manifest {
        key: key.clone(),
        agent_version: None,
        native_name: None,
        cwd: None,
        title: None,
        events: 0,
        extent: Default::default(),
        segments: Vec::new(),
        files: BTreeMap::new(),
        roots: Vec::new(),
        short_roots: BTreeMap::new(),
        redactions: BTreeMap::new(),
        open_turn: false,
        cuts: Vec::new(),
        fork: None,
        canon: canon::VERSION.into(),
        unknown: BTreeMap::new(),
    }
}

/// The log with what can be read off it said in its manifest, and when its last event was. The title comes from the
/// stored text, so it is clean.
fn described(agent: &dyn Agent, mut log: Log, roots: &Roots) -> (Log, Option<Timestamp>) {
    let (session, _) = agent.parse(&log.manifest.key.id, log.main.bytes());
    let manifest = &mut log.manifest;
    manifest.events = session.events.len() as u64;
    manifest.title = session.title;
    manifest.agent_version = session.agent_version;
    manifest.roots = roots.names().iter().map(|n| (*n).to_owned()).collect();
    manifest.short_roots = roots.short().into_iter().map(|(n, p)| (n.to_owned(), p)).collect();
    (log, session.events.iter().filter_map(|e| e.at).max())
}
