//! `git handoff doctor`: what is in the way, one finding a line, each with what mends it.

use serde::Serialize;

use crate::agents::AGENTS;
use crate::fault::AnyFault;
use crate::flows::answers::Answer;
use crate::flows::{Ctx, quote};
use crate::format::refs;
use crate::git::spawn::OLDEST_GIT;
use crate::install::hooks::{self, State};
use crate::install::refspec;
use crate::render::words;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// All is well.
    Ok,
    /// Worth knowing; nothing is broken.
    Note,
    /// Something does not work.
    Problem,
}

/// One finding.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// What it is about, one word: `git`, `hooks`, `remote`, …
    pub about: &'static str,
    /// What was found.
    pub what: String,
    /// What mends it: a command, or lines to add to a file.
    pub fix: Vec<String>,
}

impl Finding {
    fn of(level: Level, about: &'static str, what: impl Into<String>, fix: impl Into<Option<String>>) -> Finding {
        Finding { level, about, what: what.into(), fix: fix.into().into_iter().collect() }
    }
}

/// All findings.
#[derive(Debug, Clone, Serialize)]
pub struct Checkup {
    /// In the order in which they were looked for.
    pub findings: Vec<Finding>,
}

impl Checkup {
    /// Whether nothing is broken.
    pub fn is_healthy(&self) -> bool {
        self.findings.iter().all(|f| f.level != Level::Problem)
    }
}

impl Ctx {
    /// Looks at everything that `push`, `resume` and the hooks need. A refusal that is remembered is told and then
    /// forgotten, so that the next push asks again; else nothing is changed.
    pub fn doctor(&self) -> Result<Checkup, AnyFault> {
        let mut findings = vec![self.git_finding()?];
        findings.extend(self.hook_findings()?);
        findings.extend(self.remote_findings()?);
        findings.extend(self.agent_findings());
        for left in self.leftovers()? {
            let what = format!("{} of {}, which is no remote any more", words::count(left.refs, "ref"), left.remote);
            findings.push(Finding::of(Level::Note, "leftover", what, left.command));
        }
        let rescues = self.repo.list_refs(refs::RESCUE)?;
        if !rescues.is_empty() {
            let what = format!("{} of work trees, kept for 30 days", words::count(rescues.len(), "rescue ref"));
            let look = format!("git for-each-ref {}", refs::RESCUE);
            findings.push(Finding::of(Level::Note, "rescue", what, look));
        }
        Ok(Checkup { findings })
    }

    fn git_finding(&self) -> Result<Finding, AnyFault> {
        let (major, minor) = OLDEST_GIT;
        let found = self.repo.git().version()?;
        let what = found.map_or("git of an unknown version".into(), |(a, b)| format!("git {a}.{b}"));
        Ok(match found {
            Some(version) if version < OLDEST_GIT => {
                let fix = format!("install git {major}.{minor} or newer");
                Finding::of(Level::Problem, "git", format!("{what} is too old to predict conflicts"), fix)
            }
            _ => Finding::of(Level::Ok, "git", format!("{what}, {major}.{minor} or newer is needed"), None),
        })
    }

    fn hook_findings(&self) -> Result<Vec<Finding>, AnyFault> {
        let mut findings = Vec::new();
        let mut run = Vec::new();
        for (name, state) in hooks::look(&self.repo)? {
            // Without the others a line is not said; without this one sessions do not travel with `git push`.
            let level = if name == "pre-push" { Level::Problem } else { Level::Note };
            let without = format!("git does not run {name} of ours");
            match state {
                State::Runs => run.push(name),
                State::Missing { why } => {
                    let fix = "git handoff init".to_owned();
                    findings.push(Finding::of(level, "hooks", format!("{without}: {why}"), fix));
                }
                State::Left(advice) => {
                    let fix = std::iter::once(format!("add to {}:", advice.file.display()));
                    let fix = fix.chain(advice.add.iter().map(|line| format!("  {line}"))).collect();
                    let what = format!("{without}: {}", advice.why);
                    findings.push(Finding { level, about: "hooks", what, fix });
                }
            }
        }
        if !run.is_empty() {
            if self.env.which("git-handoff").is_none() {
                let fix = "put git-handoff into a folder of PATH".to_owned();
                findings.push(Finding::of(Level::Problem, "hooks", "hooks do not find git-handoff on PATH", fix));
            }
            findings.insert(0, Finding::of(Level::Ok, "hooks", run.join(", "), None));
        }
        Ok(findings)
    }

    fn remote_findings(&self) -> Result<Vec<Finding>, AnyFault> {
        let mut findings = Vec::new();
        for remote in self.repo.remotes() {
            let init = format!("git handoff init --remote {}", quote(&remote));
            let have = refspec::look(&self.repo, &remote, &refs::records_refspec(&remote), refs::REMOTES)?;
            let mut add = |level, what: String, fix| findings.push(Finding::of(level, "remote", what, fix));
            if !have.stale.is_empty() {
                add(Level::Problem, format!("{remote} was renamed: it fetches {}", have.stale.join(", ")), Some(init));
            } else if !have.opted_in {
                add(Level::Note, format!("{remote} gets no sessions"), Some(init));
            } else if !have.fetches {
                add(Level::Problem, format!("`git fetch {remote}` does not bring its records"), Some(init));
            } else {
                add(Level::Ok, format!("{remote} gets sessions, and its records are fetched"), None);
            }
            if let Some(Answer::Refuses { why }) = self.local.answer_of(&remote) {
                self.local.forget_answer(&remote)?;
                let what = format!("{remote} did not take refs/handoff/* when it was last asked: {why}");
                let fix = "an administrator of the server has to allow refs/handoff/*; the next push asks again";
                add(Level::Problem, what, Some(fix.to_owned()));
            }
        }
        if !self.repo.remotes().iter().any(|r| self.opted_in(r)) {
            let fix = if self.repo.remotes().is_empty() { "git remote add origin <url>" } else { "git handoff init" };
            let what = "no remote gets sessions: they stay in this clone";
            findings.push(Finding::of(Level::Problem, "remote", what, fix.to_owned()));
        }
        Ok(findings)
    }

    fn agent_findings(&self) -> Vec<Finding> {
        let places = self.local.places(&self.repo);
        let mut findings = Vec::new();
        for agent in AGENTS {
            let (store, program) = (agent.store(&self.env), agent.program(&self.env));
            if !store.exists() && program.is_none() {
                continue;
            }
            let (level, what) = match agent.find(&self.env, &places) {
                Ok(here) => {
                    (Level::Ok, format!("{} of this clone in {}", words::count(here.len(), "session"), store.display()))
                }
                Err(fault) => (Level::Problem, fault.to_string()),
            };
            let no_program = if program.is_some() { "" } else { "; the program is not on PATH" };
            findings.push(Finding::of(level, agent.name(), format!("{what}{no_program}"), None));
        }
        if findings.is_empty() {
            let known: Vec<&str> = AGENTS.iter().map(|a| a.title()).collect();
            let what = format!("none of {} was used here", known.join(", "));
            findings.push(Finding::of(Level::Note, "agents", what, None));
        }
        findings
    }
}
