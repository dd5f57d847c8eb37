//! One session from the agent's store into ours: read, carried, cleaned, and joined with what is stored.
//!
//! A log that did not change is not read, and of one that went on only what is new. Everything else (the first time,
//! another writer's turns, forks, a cache that is gone) is a walk along both logs from their beginning.

pub mod here;
pub mod progress;
pub mod reach;
pub mod side;
pub mod tally;
pub mod told;

use jiff::Timestamp;
use serde::Serialize;

use crate::agents::{Agent, RawFile, raw::RawLines};
use crate::canon::redact::Memory;
use crate::canon::{self, Met, Walk};
use crate::fault::AnyFault;
use crate::flows::Ctx;
use crate::flows::sessions::{self, Candidate};
use crate::format::manifest::{Cut, Manifest, Measure};
use crate::jsonl::{First, Held, Lines};
use crate::model::ids::{Oid, SessionKey};
use crate::store::files::{StoredFile, Writer, prefix};
use crate::store::logs::{self, Log, Logs};
use crate::store::merge::{self, Parents};
use here::{Carried, Here, closings};
use progress::{Progress, Seen, stamps};
use reach::{Reach, Since};
use tally::Tally;

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

/// How closely a capture looks at what it read before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// At the end of it.
    Quick,
    /// At every byte.
    Whole,
}

/// What is stored of a session: local and as last seen at `remote`, merged, with the parents of the next commit.
pub fn stored(ctx: &Ctx, key: &SessionKey, remote: Option<&str>) -> Result<(Option<Logs>, Parents), AnyFault> {
    let local = ctx.repo.find_ref(&crate::format::refs::log(key))?;
    let tips = logs::tips(&ctx.repo, key, remote)?;
    let seen: Vec<Oid> =
        tips.iter().filter(|(name, _)| *name != crate::format::refs::log(key)).map(|(_, o)| o.clone()).collect();
    let parents = Parents::of(&ctx.repo, local, &seen)?;
    let mut all: Option<Logs> = None;
    let mut read: Vec<&Oid> = Vec::new();
    for (_, oid) in &tips {
        // A commit that another follows holds nothing more than that.
        let followed = tips.iter().any(|(_, other)| other != oid && ctx.repo.is_ancestor(oid, other));
        if followed || read.contains(&oid) {
            continue;
        }
        let next = logs::read(&ctx.repo, oid, key)?;
        all = Some(match all {
            None => next,
            Some(have) => merge::logs(&ctx.repo, &have, &next)?,
        });
        read.push(oid);
    }
    Ok((all, parents))
}

/// Captures a session, on top of what is stored of it here and, as last seen, at `remote`.
pub fn capture(ctx: &Ctx, candidate: &Candidate, remote: Option<&str>, look: Look) -> Result<Captured, AnyFault> {
    let Candidate { agent, found } = candidate;
    let log = agent.log(&ctx.env, found)?;
    let files = agent.files(&ctx.env, found)?;
    let inside = sessions::current(&ctx.env).as_ref() == Some(&found.key);
    let here = Here::new(ctx, *agent, &found.cwd);
    let capture = Capture { ctx, candidate, here, log, files, inside };
    match capture.going_on(remote, look)? {
        Some(captured) => Ok(captured),
        None => capture.whole(remote),
    }
}

/// A capture that is being made.
struct Capture<'a> {
    ctx: &'a Ctx,
    candidate: &'a Candidate,
    here: Here,
    log: RawFile,
    files: Vec<(String, RawFile)>,
    inside: bool,
}

/// What was added to a log.
struct Added {
    lines: u64,
    /// How many of them come before the first turn among them.
    before_turn: Option<u64>,
}

impl Capture<'_> {
    fn key(&self) -> &SessionKey {
        &self.candidate.found.key
    }

    fn agent(&self) -> &'static dyn Agent {
        self.candidate.agent
    }

    /// Where the turn that runs us was cut: the lines before the call of it.
    fn cut(&self, log: &RawFile) -> Result<Option<u64>, AnyFault> {
        if !self.inside {
            return Ok(None);
        }
        let mut calls = self.agent().calls();
        let mut lines = log.lines();
        while let Some(line) = lines.next()? {
            calls.line(&line);
        }
        Ok(calls.open())
    }

    /// Goes on where the last capture of this clone stopped. `None`: what it remembers does not hold any more.
    fn going_on(&self, remote: Option<&str>, look: Look) -> Result<Option<Captured>, AnyFault> {
        let Some(progress) = Progress::of(self.ctx, self.key(), &self.here.rules) else { return Ok(None) };
        let tips = logs::tips(&self.ctx.repo, self.key(), remote)?;
        let ours = |oid: &Oid| *oid == progress.commit || self.ctx.repo.is_ancestor(oid, &progress.commit);
        if !tips.iter().any(|(_, oid)| *oid == progress.commit) || !tips.iter().all(|(_, oid)| ours(oid)) {
            return Ok(None);
        }
        let since = progress.seen.reach.since(&self.log, look == Look::Whole);
        match since {
            Since::Unknown => Ok(None),
            Since::Same if progress.files == stamps(&self.files) => self.as_it_was(&progress).map(Some),
            Since::Same | Since::More => self.append(progress, remote).map(Some),
        }
    }

    fn as_it_was(&self, progress: &Progress) -> Result<Captured, AnyFault> {
        let manifest = logs::read_manifest(&self.ctx.repo, &progress.commit, self.key())?;
        let forked = logs::fork_count(&self.ctx.repo, &progress.commit)? > 0;
        Ok(Captured {
            key: self.key().clone(),
            events: manifest.events,
            new_events: 0,
            last_event: progress.seen.tally.counted().last_event,
            tip: Some(progress.tip.clone()),
            redacted: manifest.redacted(),
            open_turn: manifest.open_turn,
            forked,
            commit: progress.commit.clone(),
            title: manifest.title,
        })
    }

    fn append(&self, progress: Progress, remote: Option<&str>) -> Result<Captured, AnyFault> {
        let (repo, agent) = (&self.ctx.repo, self.agent());
        let mut logs = logs::outline(repo, &progress.commit, self.key())?;
        let had = logs.main.manifest.events;
        let rest = self.log.after(progress.seen.reach.bytes);
        let cut = self.cut(&rest)?;
        let native = Carried::after(rest.lines(), agent.carry(Some(&progress.seen.carry)), cut);
        let canon = self.here.canon_after(self.ctx.local.key(&self.ctx.env)?, progress.memory.clone());
        let mut walk = Walk::new(Held(b""), native, &self.here, &[], canon);
        let mut tally = Tally::after(agent, progress.seen.tally.clone());
        let before = logs.main.main.extent().lines;
        let mut writer = Writer::after(repo, std::mem::take(&mut logs.main.main));
        let added = self.add(&mut walk, &mut writer, &mut tally, cut_at(&logs.main.manifest, before))?;
        logs.main.main = writer.finish()?;
        if added.lines > 0 {
            note_cut(&mut logs.main, cut.is_some(), before, &added);
        }
        logs.main.files = self.side_files(&logs.main.files, Some(&progress.files))?;
        if !logs.forks.is_empty() {
            let all = std::iter::once(logs.main).chain(logs.forks.into_values());
            logs = merge::arrange(repo, all.collect())?;
        }
        let local = repo.find_ref(&crate::format::refs::log(self.key()))?;
        let seen: Vec<Oid> = logs::tips(repo, self.key(), remote)?.into_iter().skip(1).map(|(_, oid)| oid).collect();
        let parents = Parents::of(repo, local, &seen)?;
        let captured = self.store(logs, &parents, &tally, had)?;
        let (native, canon) = walk.into_parts();
        let bytes = progress.seen.reach.bytes + native.native().passed();
        let reach = Reach::of(&self.log, bytes, progress.seen.reach.lines + native.taken, Some(&progress.seen.reach));
        self.note(&captured, reach, &native, canon.memory(), &tally);
        Ok(captured)
    }

    fn whole(&self, remote: Option<&str>) -> Result<Captured, AnyFault> {
        let (repo, agent) = (&self.ctx.repo, self.agent());
        let (stored, parents) = stored(self.ctx, self.key(), remote)?;
        let had = stored.as_ref().map_or(0, |l| l.main.manifest.events);
        let cut = self.cut(&self.log)?;
        let closings = stored.as_ref().map(|logs| closings(self.ctx, logs)).transpose()?.unwrap_or_default();
        let native = || Carried::new(agent, self.log.lines(), cut);
        let mut logs = match stored {
            None => Logs { main: self.blank(), forks: Default::default() },
            Some(logs) if logs.forks.is_empty() => logs,
            // The agent may be on any of the ways that the session went.
            Some(logs) => logs.led_by(|log| {
                let mut walk = self.here.walk(self.ctx, &log.main, native(), &closings);
                Ok::<_, AnyFault>(!matches!(walk.meet()?, Met::Forked { .. }))
            })?,
        };
        let main = logs.main.main.clone();
        let key = self.ctx.local.key(&self.ctx.env)?;
        let canon = self.here.canon_after(key, Memory::default());
        let mut walk = Walk::new(main.lines(repo), native(), &self.here, &closings, canon);
        let mut tally = Tally::new(agent);
        let tip = match walk.meet()? {
            Met::Behind { .. } => None,
            Met::All => {
                tally.lines(main.lines(repo))?;
                let before = main.extent().lines;
                let mut writer = Writer::after(repo, main.clone());
                let added = self.add(&mut walk, &mut writer, &mut tally, cut_at(&logs.main.manifest, before))?;
                logs.main.main = writer.finish()?;
                if added.lines > 0 {
                    note_cut(&mut logs.main, cut.is_some(), before, &added);
                }
                logs.main.files = self.side_files(&logs.main.files, None)?;
                Some(logs.main.tip())
            }
            Met::Forked { shared } => {
                let mut fork = Log { files: Default::default(), ..logs.main.clone() };
                fork.manifest.cuts.retain(|c| c.at <= shared);
                let mut writer = prefix(repo, &main, shared)?;
                let mut beside = Tally::new(agent);
                beside.lines(First::new(shared, main.lines(repo)))?;
                let added = self.add(&mut walk, &mut writer, &mut beside, cut_at(&fork.manifest, shared))?;
                fork.main = writer.finish()?;
                note_cut(&mut fork, cut.is_some(), shared, &added);
                fork.files = self.side_files(&fork.files, None)?;
                self.describe(&mut fork, &beside);
                let tip = fork.tip();
                let all = std::iter::once(logs.main).chain(logs.forks.into_values()).chain([fork]);
                logs = merge::arrange(repo, all.collect())?;
                Some(tip).filter(|tip| logs.whole().any(|log| log.tip() == *tip))
            }
        };
        if !logs.forks.is_empty() {
            let all = std::iter::once(logs.main).chain(logs.forks.into_values());
            logs = merge::arrange(repo, all.collect())?;
        }
        let in_step =
            tip.is_some() && tip == Some(logs.main.tip()) && logs.main.main.segments.len() >= main.segments.len();
        if tally.counted().events == 0 || !in_step {
            tally = Tally::new(agent);
            tally.lines(logs.main.main.lines(repo))?;
        }
        let captured = Captured { tip, ..self.store(logs, &parents, &tally, had)? };
        let (native, canon) = walk.into_parts();
        if in_step {
            let reach = Reach::of(&self.log, native.native().passed(), native.taken, None);
            self.note(&captured, reach, &native, canon.memory(), &tally);
        } else {
            Progress::forget(self.ctx, self.key());
        }
        Ok(captured)
    }

    /// Adds what is left of a walk to a file. `watched`: where the first turn begins among it is to be known.
    fn add<S: Lines, N: Lines>(
        &self,
        walk: &mut Walk<'_, S, N>,
        writer: &mut Writer<'_>,
        tally: &mut Tally,
        watched: bool,
    ) -> Result<Added, AnyFault> {
        let mut added = Added { lines: 0, before_turn: None };
        while let Some(line) = walk.next_new()? {
            if watched && added.before_turn.is_none() && self.agent().starts_turn(line.bytes()) {
                added.before_turn = Some(added.lines);
            }
            tally.line(line.bytes());
            writer.line(&line)?;
            added.lines += 1;
        }
        Ok(added)
    }

    /// Says in the manifest what was counted. The title comes from the stored text, so it is clean.
    fn describe(&self, log: &mut Log, tally: &Tally) {
        let (head, roots) = (tally.head(), &self.here.roots);
        let manifest = &mut log.manifest;
        manifest.events = tally.counted().events;
        manifest.title = head.title;
        manifest.agent_version = head.agent_version;
        manifest.roots = roots.names().iter().map(|n| (*n).to_owned()).collect();
        manifest.short_roots = roots.short().into_iter().map(|(n, p)| (n.to_owned(), p)).collect();
        let native_name = || self.agent().native_name(&self.ctx.env, &self.candidate.found);
        manifest.native_name = manifest.native_name.take().or_else(native_name);
        manifest.cwd = manifest.cwd.take().or_else(|| self.here.tokens(&self.candidate.found.cwd));
    }

    /// Writes the logs. `tally` is of the one in the main place, `had` how many events that one had before.
    fn store(&self, mut logs: Logs, parents: &Parents, tally: &Tally, had: u64) -> Result<Captured, AnyFault> {
        let key = self.key().clone();
        self.describe(&mut logs.main, tally);
        let manifest = &logs.main.manifest;
        let events = manifest.events;
        let subject = format!("handoff: {} {} with {events} events", key.agent, key.id.short());
        let commit = logs::save(&self.ctx.repo, &self.ctx.env, &logs, parents, &subject)?;
        logs.main.measure();
        Ok(Captured {
            title: logs.main.manifest.title.clone(),
            events,
            new_events: events.saturating_sub(had),
            last_event: tally.counted().last_event,
            tip: Some(logs.main.tip()),
            redacted: logs.main.manifest.redacted(),
            open_turn: logs.main.manifest.open_turn,
            forked: logs.forks.values().any(Log::is_fork),
            commit,
            key,
        })
    }

    /// Remembers how far the log was read, if that can be told.
    fn note(
        &self,
        captured: &Captured,
        reach: std::io::Result<Option<Reach>>,
        native: &Carried<RawLines>,
        memory: &Memory,
        tally: &Tally,
    ) {
        let (Ok(Some(reach)), Some(tip)) = (reach, captured.tip.clone()) else {
            return Progress::forget(self.ctx, self.key());
        };
        let progress = Progress {
            rules: self.here.rules.clone(),
            commit: captured.commit.clone(),
            tip,
            seen: Seen { reach, carry: native.carry().memory(), tally: tally.remember() },
            memory: memory.clone(),
            files: stamps(&self.files),
        };
        progress.note(self.ctx, self.key());
    }

    fn blank(&self) -> Log {
        let manifest = Manifest {
            key: self.key().clone(),
            agent_version: None,
            native_name: None,
            cwd: None,
            title: None,
            events: 0,
            log: Measure::default(),
            files: Default::default(),
            roots: Vec::new(),
            short_roots: Default::default(),
            open_turn: false,
            cuts: Vec::new(),
            fork: None,
            canon: canon::VERSION.into(),
            unknown: Default::default(),
        };
        Log { manifest, main: StoredFile::default(), files: Default::default() }
    }
}

/// Whether a turn was cut open after `lines` lines of a log.
fn cut_at(manifest: &Manifest, lines: u64) -> bool {
    manifest.cuts.iter().any(|c| c.at == lines || c.end == Some(lines))
}

/// Notes whether the log ends inside a turn, and where a turn that was cut open at line `before` ends now.
fn note_cut(log: &mut Log, open: bool, before: u64, added: &Added) {
    let total = log.main.extent().lines;
    let manifest = &mut log.manifest;
    let of_cut = |c: &&mut Cut| (c.at == before && c.end.is_none()) || c.end == Some(before);
    if let Some(cut) = manifest.cuts.iter_mut().find(of_cut).filter(|_| added.before_turn != Some(0)) {
        cut.end = Some(added.before_turn.map_or(total, |n| before + n));
    }
    manifest.open_turn = open;
    if open && !manifest.cuts.iter().any(|c| c.at == total) {
        manifest.cuts.push(Cut { at: total, end: None });
    }
}
