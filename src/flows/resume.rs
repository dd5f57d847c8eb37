//! `git handoff resume`: check, bring the code, restore the session, take the baton.

mod session;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::fault::{AnyFault, Choice};
use crate::flows::baton::{self, Holding, Passed};
use crate::flows::check::{CheckAsk, Checked, Examined};
use crate::flows::record::BatonChange;
use crate::flows::restore::Restored;
use crate::flows::work::WorkRestored;
use crate::flows::{Coded, Ctx, Lane, Stuck, Undecided, quote};
use crate::git::tree::{self, Done};
use crate::model::divergence::Action;
use crate::model::ids::BranchName;
use crate::model::record::BatonState;
use crate::store::records;
use session::Wanted;

/// What to pick up, and how.
#[derive(Debug, Clone, Default)]
pub struct ResumeAsk {
    /// A branch or a session; the current branch unless given.
    pub what: Option<String>,
    /// The remote; the branch's own unless given.
    pub remote: Option<String>,
    /// Continue in a new work tree there, beside this one.
    pub worktree: Option<PathBuf>,
    /// Another session of the branch than the newest, or a fork of one (`<agent>.<id>@<fork>`).
    pub session: Option<String>,
    /// Go on beside: the session under a new id on a new branch, the baton where it is.
    pub fork: Option<Fork>,
    /// Take the baton although another surface holds it.
    pub take: bool,
    /// Leave uncommitted work out.
    pub no_work: bool,
}

/// A new branch to go on with.
#[derive(Debug, Clone, Default)]
pub struct Fork {
    /// Its name; the first free `<branch>-fork-<n>` unless given.
    pub branch: Option<String>,
}

/// What was brought.
#[derive(Debug, Clone, Serialize)]
pub struct Resumed {
    /// What was found before anything was changed.
    pub checked: Checked,
    /// What happened to the code.
    pub code: Done,
    /// The uncommitted work that was put back; `None`: there was none, or it was left out.
    pub work: Option<WorkRestored>,
    /// The folder in which to go on.
    pub root: PathBuf,
    /// The session; `None`: the handoff has none.
    pub session: Option<Restored>,
    /// Other sessions of the branch, with the command that continues each.
    pub others: Vec<Choice>,
    /// The new branch on which it goes on, if it was asked for.
    pub fork: Option<BranchName>,
    /// Who holds the branch now.
    pub baton: Taken,
}

/// What became of the baton.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "baton", rename_all = "snake_case")]
pub enum Taken {
    /// It is ours, and the remote says so.
    Ours,
    /// It is ours here; the remote was not told.
    HereOnly {
        /// Why.
        why: String,
    },
    /// Another surface took it at the same moment.
    Theirs {
        /// Which.
        holder: String,
    },
    /// It was left where it is: what goes on is another branch.
    Left {
        /// Held, offered or free.
        state: BatonState,
        /// By whom.
        holder: String,
    },
}

impl Ctx {
    /// Picks a handoff up. Stops with choices, and changes nothing, where the step is not safe or not clear.
    pub fn resume(&self, ask: &ResumeAsk) -> Result<Resumed, AnyFault> {
        self.local.remember(&self.repo, None)?;
        let check = CheckAsk {
            what: ask.what.clone(),
            remote: ask.remote.clone(),
            beside: ask.worktree.is_some(),
            no_work: ask.no_work,
        };
        let mut examined = self.examine(&check)?;
        let (chosen, others) = self.session_of(&examined, ask)?;
        let fork = ask.fork.as_ref().map(|f| self.fork_branch(&examined.lane, f.branch.as_deref())).transpose()?;
        match &fork {
            Some(branch) => self.as_new_branch(&mut examined, branch, ask.no_work)?,
            None => self.may_take(&examined, ask)?,
        }
        if matches!(examined.checked.code.action, Action::Stop | Action::DeepenFirst | Action::FetchFirst) {
            return Err(Coded::new("code_stopped", stopped(&examined)).into());
        }
        let wanted = self.wanted(&examined, chosen, fork.is_some())?;
        let folder = ask.worktree.as_ref().map(|w| self.env.cwd().join(w));
        if let Some(taken) = folder.as_ref().filter(|f| std::fs::read_dir(f).is_ok_and(|mut d| d.next().is_some())) {
            let next = "name another folder with --worktree; nothing was changed";
            return Err(Stuck::usage(format!("{} is there already", taken.display()), next).into());
        }
        if let (Some(wanted), Some(root)) = (&wanted, folder.as_deref().or(self.repo.workdir())) {
            self.may_restore(&wanted.key, &wanted.logs, root)?;
        }
        self.may_restore_work(&examined)?;
        let verdict = &examined.checked.code;
        let code = tree::carry_out(&self.repo, &self.env, &examined.snapshot, verdict, folder.as_deref())?;
        let made = code.folder.clone().map(|f| f.canonicalize().unwrap_or(f));
        let root = made.or_else(|| self.repo.workdir().map(Path::to_path_buf));
        let root = root.ok_or_else(|| {
            Stuck::usage("a bare repository has no work tree to go on in", "name a folder with --worktree")
        })?;
        let there = if code.folder.is_some() { Ctx::open(&self.env.at(&root))? } else { Ctx::open(&self.env)? };
        there.local.remember(&there.repo, None)?;
        let work = there.restore_work(&examined)?;
        let session = match (wanted, &fork) {
            (Some(Wanted { key, logs, .. }), Some(branch)) => Some(there.restore_fork(&key, &logs, &root, branch)?),
            (Some(Wanted { key, logs, tip }), None) => {
                Some(there.restore(&key, &there.keep(&key, &logs, tip.as_deref())?, &root)?)
            }
            (None, _) => None,
        };
        let baton = match &fork {
            Some(_) => {
                let Holding { state, holder, .. } = examined.checked.baton.clone();
                Taken::Left { state, holder }
            }
            None => self.take_baton(&examined)?,
        };
        tree::expire_rescues(&self.repo, self.env.now())?;
        Ok(Resumed { code, work, root, session, others, fork, baton, checked: examined.checked })
    }

    fn may_take(&self, examined: &Examined, ask: &ResumeAsk) -> Result<(), AnyFault> {
        let baton = &examined.checked.baton;
        if baton.mine || baton.state != BatonState::Held || ask.take {
            return Ok(());
        }
        let branch = examined.lane.server.as_str();
        let again = self.typed.resume(branch);
        let choices = vec![
            Choice::new("ask them to hand over, then", again.clone()),
            Choice::new("go on beside them", format!("{again} --fork")),
            Choice::new("go on all the same", format!("{again} --take")),
            Choice::new("only read it", format!("git handoff show {}", quote(branch))),
        ];
        let what = format!("{branch} is {}", baton::words(baton, &self.env));
        Err(Coded::new("held", Undecided { what, choices }).into())
    }

    /// Writes that this clone holds the branch, at the remote it came from, if sessions may go there. Where the remote
    /// cannot be written the work goes on all the same, and only this clone knows: a record that nobody else has seen
    /// would stand in the way of what the others write meanwhile.
    fn take_baton(&self, examined: &Examined) -> Result<Taken, AnyFault> {
        let Examined { lane, remote, stored, .. } = examined;
        let lane = Lane { remote: remote.clone(), ..lane.clone() };
        let there = records::tips(&self.repo, &lane.server, remote.as_deref())?.remote;
        let (Some(remote), Some(_)) = (remote, there) else {
            self.write_record(&lane, &stored.record.head, &[], BatonChange::Take)?;
            let why = if remote.is_none() { "this clone has no remote" } else { "nothing of it was pushed there yet" };
            return Ok(Taken::HereOnly { why: why.into() });
        };
        let passed = match &examined.checked.offline {
            Some(why) => Passed::Not { why: why.clone() },
            None if !self.opted_in(remote) => {
                let why = format!("`git handoff init --remote {}` lets this clone write there", quote(remote));
                Passed::Not { why }
            }
            None => self.pass_baton(&lane, remote, BatonState::Held)?,
        };
        Ok(match passed {
            Passed::Arrived => Taken::Ours,
            Passed::Theirs(baton) => Taken::Theirs { holder: baton.holder },
            Passed::Not { why } => {
                self.note_untold(&lane.server, &stored.record.baton, BatonState::Held, remote)?;
                Taken::HereOnly { why }
            }
        })
    }
}

fn stopped(examined: &Examined) -> Undecided {
    let code = &examined.checked.code;
    let mut lines: Vec<String> = code.summary.clone();
    lines.extend(code.warnings.iter().map(|w| format!("warning: {w}")));
    let label = format!("{:15}", "code");
    let text = lines.join(&format!("\n{:15}", ""));
    Undecided { what: format!("{label}{text}"), choices: code.choices.clone() }
}
