//! One agent on this machine: its lines as carried, a stored line as it is at home, and the walk along both.

use std::path::Path;

use crate::agents::{Agent, Carry, RawFile, raw::RawLines};
use crate::canon::paths::{Root, Roots};
use crate::canon::{self, Canon, Closing, Reading, Walk};
use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::Ctx;
use crate::flows::capture::progress::rules;
use crate::jsonl::Lines;
use crate::store::files::{StoredFile, StoredLines};
use crate::store::logs::Logs;

/// An agent with the places of this machine, for both directions.
pub struct Here {
    /// The agent.
    pub agent: &'static dyn Agent,
    /// What tokens stand for.
    pub roots: Roots,
    /// What makes stored lines here.
    pub rules: String,
    env: Env,
    sealed: Box<dyn Fn(&str) -> bool>,
}

impl Here {
    /// For a session that works in `cwd`.
    pub fn new(ctx: &Ctx, agent: &'static dyn Agent, cwd: &Path) -> Here {
        let all = roots(ctx, agent, cwd);
        let (roots, rules) = (Roots::new(&all), rules(&all));
        Here { agent, roots, rules, env: ctx.env.at(cwd), sealed: Box::new(|place| agent.sealed(place)) }
    }

    /// A cleaner that has seen nothing.
    pub fn canon(&self) -> Canon<'_> {
        Canon::new(&self.roots, &*self.sealed)
    }

    /// A cleaner that goes on where another stopped.
    pub fn canon_after(&self, key: [u8; 32], memory: canon::redact::Memory) -> Canon<'_> {
        Canon::remembering(&self.roots, &*self.sealed, key, memory)
    }

    /// The surroundings of the folder that it works in.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// A walk along a stored log and the agent's lines.
    pub fn walk<'a, N: Lines>(
        &'a self,
        ctx: &'a Ctx,
        stored: &'a StoredFile,
        native: N,
        closings: &'a [Closing],
    ) -> Walk<'a, StoredLines<'a>, N> {
        Walk::new(stored.lines(&ctx.repo), native, self, closings, self.canon())
    }

    /// A folder below one of the roots, with its token; another one is nobody's business.
    pub fn tokens(&self, path: &Path) -> Option<String> {
        let cleaned = self.canon().folder(path.to_str()?);
        cleaned.starts_with("@{").then_some(cleaned)
    }
}

impl Reading for Here {
    fn at_home(&self, line: &[u8]) -> Vec<u8> {
        let local = canon::localise_line(&self.roots, line).into_owned();
        let settled = self.agent.settle(&self.env, 1).line(&local).into_owned();
        self.agent.carry(None).line(&settled).map_or(settled.clone(), std::borrow::Cow::into_owned)
    }

    fn event_id(&self, line: &[u8]) -> Option<String> {
        self.agent.event_id(line)
    }
}

/// The roots of a session that works in `cwd`.
fn roots(ctx: &Ctx, agent: &dyn Agent, cwd: &Path) -> Vec<Root> {
    let mut places = ctx.local.places(&ctx.repo);
    // Longest first among the work trees, but the one the session is in is what tokens become.
    if let Some(own) = places.iter().position(|p| cwd.starts_with(p)) {
        let own = places.remove(own);
        places.insert(0, own);
    }
    if let Some(dir) = ctx.repo.workdir().map(Path::to_path_buf).filter(|d| !places.contains(d)) {
        places.push(dir);
    }
    let home = ctx.env.home().to_path_buf();
    let real_home = home.canonicalize().unwrap_or_else(|_| home.clone());
    let mut all = vec![Root { name: "repo", paths: places }];
    all.extend(agent.roots(&ctx.env, cwd));
    all.push(Root { name: "home", paths: if home == real_home { vec![home] } else { vec![home, real_home] } });
    all
}

/// The agent's lines as carried, as far as a cut.
pub struct Carried<L> {
    lines: L,
    carry: Box<dyn Carry>,
    /// How many native lines are still to come; `None`: all.
    left: Option<u64>,
    /// How many native lines were taken.
    pub taken: u64,
}

impl<L: Lines> Carried<L> {
    /// The lines of `agent`, up to `cut` of them.
    pub fn new(agent: &dyn Agent, lines: L, cut: Option<u64>) -> Carried<L> {
        Carried { lines, carry: agent.carry(None), left: cut, taken: 0 }
    }

    /// The same with a filter that goes on where another stopped.
    pub fn after(lines: L, carry: Box<dyn Carry>, cut: Option<u64>) -> Carried<L> {
        Carried { lines, carry, left: cut, taken: 0 }
    }

    /// The filter.
    pub fn carry(&self) -> &dyn Carry {
        &*self.carry
    }

    /// The native lines.
    pub fn native(&self) -> &L {
        &self.lines
    }
}

impl<L: Lines> Lines for Carried<L> {
    fn next(&mut self) -> Result<Option<Vec<u8>>, AnyFault> {
        while self.left != Some(0) {
            let Some(line) = self.lines.next()? else { return Ok(None) };
            self.left = self.left.map(|left| left - 1);
            self.taken += 1;
            match self.carry.line(&line) {
                Some(std::borrow::Cow::Owned(carried)) => return Ok(Some(carried)),
                Some(std::borrow::Cow::Borrowed(same)) if same.len() == line.len() => return Ok(Some(line)),
                Some(std::borrow::Cow::Borrowed(part)) => return Ok(Some(part.to_vec())),
                None => {}
            }
        }
        Ok(None)
    }
}

/// A log of the agent's as carried.
pub fn carried(agent: &dyn Agent, log: &RawFile) -> Carried<RawLines> {
    Carried::new(agent, log.lines(), None)
}

/// The closings of stored logs, as the walk wants them.
pub fn closings(ctx: &Ctx, logs: &Logs) -> Result<Vec<Closing>, AnyFault> {
    let mut all = Vec::new();
    for log in logs.forks.values().filter(|l| l.manifest.fork.as_deref() == Some("closing")) {
        let after = crate::store::files::shared(&ctx.repo, &log.main, &logs.main.main)?.lines;
        let mut rest = log.main.lines_after(&ctx.repo, after);
        let mut lines = Vec::new();
        while let Some(line) = rest.next()? {
            lines.push(line);
        }
        all.push(Closing { after, lines });
    }
    Ok(all)
}
