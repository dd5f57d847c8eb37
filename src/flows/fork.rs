//! Going on beside whoever has a branch: its session under a new id, on a new branch, the baton where it is.

use std::collections::BTreeMap;
use std::path::Path;

use crate::agents::{self, Agent};
use crate::canon::Canonical;
use crate::fault::AnyFault;
use crate::flows::check::Examined;
use crate::flows::record::BatonChange;
use crate::flows::restore::Restored;
use crate::flows::save::Ask;
use crate::flows::{Coded, Ctx, Lane, Stuck};
use crate::git::observe;
use crate::jsonl::Lines;
use crate::model::divergence::ServerHead;
use crate::model::ids::{BranchName, SessionId, SessionKey};
use crate::store::files::{StoredFile, Writer};
use crate::store::logs::{Log, Logs};

/// No more names than this are tried for a branch.
const MOST_NAMES: usize = 10_000;

impl Ctx {
    /// The new branch: the one that was named, else the first free `<branch>-fork-<n>`.
    pub(super) fn fork_branch(&self, lane: &Lane, named: Option<&str>) -> Result<BranchName, AnyFault> {
        let remote = lane.remote.as_deref();
        if let Some(text) = named {
            let name: BranchName = text.strip_prefix("refs/heads/").unwrap_or(text).parse()?;
            if self.is_known(&name, remote)? {
                let next = "name another one with --branch; nothing was changed";
                return Err(Coded::new("branch_exists", Stuck::usage(format!("{name} is there already"), next)).into());
            }
            return Ok(name);
        }
        for n in 1..MOST_NAMES {
            let name: BranchName = format!("{}-fork-{n}", lane.server).parse()?;
            if !self.is_known(&name, remote)? {
                return Ok(name);
            }
        }
        Err(Stuck::usage(
            format!("every name up to {}-fork-{MOST_NAMES} is taken", lane.server),
            "name one with --branch",
        )
        .into())
    }

    /// What was found of a handoff, judged for a new branch that begins at its head.
    pub(super) fn as_new_branch(
        &self,
        examined: &mut Examined,
        branch: &BranchName,
        no_work: bool,
    ) -> Result<(), AnyFault> {
        let ask = observe::Ask {
            branch: branch.clone(),
            server: ServerHead::Known(examined.ask.head.clone()),
            rewrites: Vec::new(),
            ..examined.ask.clone()
        };
        let (snapshot, mut code) = self.judged(&ask, examined.remote.as_deref(), false)?;
        // What is printed as a way on starts from the branch that is forked.
        let plain = |name: &BranchName| format!("git handoff resume {}", crate::flows::quote(name.as_str()));
        for choice in &mut code.choices {
            choice.command = choice.command.replace(&plain(branch), &plain(&examined.lane.server));
        }
        if !no_work {
            let (lane, record) = (&examined.lane, &examined.stored.record);
            let (state, work) = self.work_state(lane, record, None, &snapshot, &code.action)?.unzip();
            (examined.checked.work, examined.work) = (state, work.flatten());
        }
        (examined.ask, examined.snapshot, examined.checked.code) = (ask, snapshot, code);
        Ok(())
    }

    /// A session under a new id of its agent, alone: its forks stay with the one that it comes from.
    pub(super) fn under_new_id(&self, key: &SessionKey, log: &Log) -> Result<(SessionKey, Logs), AnyFault> {
        let Some(agent) = agents::by_name(key.agent.as_str()) else {
            let next = "update git-handoff where it is resumed";
            return Err(
                Stuck::failed(format!("{} is an agent that this version does not know", key.agent), next).into()
            );
        };
        let new = SessionKey { agent: key.agent.clone(), id: agent.new_id(&self.env) };
        let mut manifest = log.manifest.clone();
        manifest.key = new.clone();
        (manifest.native_name, manifest.fork) = (None, None);
        let main = self.renamed(agent, &log.main, &key.id, &new.id)?;
        let mut files = BTreeMap::new();
        for (name, file) in &log.files {
            let file =
                if name.ends_with(".jsonl") { self.renamed(agent, file, &key.id, &new.id)? } else { file.clone() };
            files.insert(name.clone(), file);
        }
        let mut main = Log { manifest, main, files };
        main.measure();
        Ok((new, Logs { main, forks: BTreeMap::new() }))
    }

    fn renamed(
        &self,
        agent: &dyn Agent,
        file: &StoredFile,
        from: &SessionId,
        to: &SessionId,
    ) -> Result<StoredFile, AnyFault> {
        let mut writer = Writer::new(&self.repo);
        let mut lines = file.lines(&self.repo);
        while let Some(line) = lines.next()? {
            writer.line(&Canonical::stored(agent.rename(&line, from, to).into_owned()))?;
        }
        Ok(writer.finish()?)
    }

    /// Restores a session under its new id and saves it as the new branch's, so that the next push hands it over.
    pub(super) fn restore_fork(
        &self,
        key: &SessionKey,
        logs: &Logs,
        root: &Path,
        branch: &BranchName,
    ) -> Result<Restored, AnyFault> {
        let restored = self.restore(key, logs, root)?;
        let ask =
            Ask { branch: Some(format!("refs/heads/{branch}")), sessions: vec![key.to_string()], ..Ask::default() };
        self.save(&ask, BatonChange::Keep)?;
        Ok(restored)
    }
}
