//! Who has a branch: as this clone sees it, passed on at a remote, and what this clone remembers of it for itself.

use jiff::Timestamp;
use serde::Serialize;

use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::check::{CheckAsk, Examined};
use crate::flows::local::Local;
use crate::flows::send::RecordSent;
use crate::flows::{Ctx, Lane};
use crate::format::refs;
use crate::git::refs::RefChange;
use crate::model::ids::{BranchName, Oid};
use crate::model::record::{Baton, BatonState};
use crate::store::{merge, records};

/// How often a lost race for the baton is run again.
const MOST_TRIES: usize = 5;
/// The folder of notes: one file a branch that this clone has, or let go of untold.
const NOTES: &str = "baton";

/// Who holds a branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holding {
    /// Held, offered or free.
    pub state: BatonState,
    /// By whom.
    pub holder: String,
    /// Whether that is this clone.
    pub mine: bool,
    /// Since when.
    pub since: Timestamp,
    /// The remote that does not know it yet.
    pub untold: Option<String>,
}

/// A branch that this clone had until another surface took it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// The branch's name on the server.
    pub branch: String,
    /// Who has it now.
    pub now: Holding,
}

/// A baton that changed hands here earlier, and that the remote was told of just now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// The branch's name on the server.
    pub branch: String,
    /// What the remote knows now.
    pub state: BatonState,
}

/// What became of a baton that was to change hands at a remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passed {
    /// The remote knows.
    Arrived,
    /// Another surface was first, or wins the tie.
    Theirs(Baton),
    /// The remote could not be told.
    Not {
        /// Why.
        why: String,
    },
}

/// What this clone remembers of a branch: it has it, or it let go and could not say so.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Note {
    state: BatonState,
    /// That of the clone's own baton; of the one it went on from, where the remote was not told.
    epoch: u64,
    since: Timestamp,
    branch: BranchName,
    /// The remote that was not told.
    untold: Option<String>,
}

impl Note {
    fn read(local: &Local, file: &str) -> Option<Note> {
        let text = local.read(&format!("{NOTES}/{file}"))?;
        let mut parts = text.trim_end().splitn(5, ' ');
        Some(Note {
            state: BatonState::named(parts.next()?)?,
            epoch: parts.next()?.parse().ok()?,
            since: parts.next()?.parse().ok()?,
            branch: parts.next()?.parse().ok()?,
            untold: parts.next().map(str::to_owned),
        })
    }

    fn text(&self) -> String {
        let Note { state, epoch, since, branch, untold } = self;
        let untold = untold.as_ref().map_or(String::new(), |remote| format!(" {remote}"));
        format!("{} {epoch} {since} {branch}{untold}\n", state.as_str())
    }
}

fn note_of(branch: &BranchName) -> String {
    format!("{NOTES}/{}", refs::component(branch))
}

/// The batons of all branches as this clone sees them.
pub struct Batons {
    me: String,
    notes: Vec<Note>,
}

impl Batons {
    /// A branch's baton. What was done here and could not be told counts as long as the baton has not moved on.
    pub fn holding(&self, branch: &BranchName, baton: &Baton) -> Holding {
        let untold = |n: &&Note| n.branch == *branch && n.untold.is_some() && n.epoch == baton.epoch;
        if let Some(note) = self.notes.iter().find(untold) {
            let (state, since, untold) = (note.state, note.since, note.untold.clone());
            return Holding { state, mine: true, holder: self.me.clone(), since, untold };
        }
        let Baton { state, holder, since, .. } = baton.clone();
        Holding { state, mine: self.me == holder, holder, since, untold: None }
    }

    fn lost(&self, branch: &BranchName, baton: &Baton) -> Option<Lost> {
        let note = self.notes.iter().find(|n| n.branch == *branch && n.state == BatonState::Held)?;
        let now = self.holding(branch, baton);
        (!now.mine && baton.epoch >= note.epoch).then(|| Lost { branch: branch.to_string(), now })
    }
}

impl Ctx {
    /// The batons of all branches as this clone sees them.
    pub fn batons(&self) -> Result<Batons, AnyFault> {
        let me = self.local.holder(&self.env, &self.repo)?;
        let notes = self.local.names(NOTES);
        Ok(Batons { me, notes: notes.iter().filter_map(|file| Note::read(&self.local, file)).collect() })
    }

    /// A branch's baton as this clone sees it.
    pub fn holding(&self, branch: &BranchName, baton: &Baton) -> Result<Holding, AnyFault> {
        Ok(self.batons()?.holding(branch, baton))
    }

    /// Whether this clone had a branch, and another surface took it since.
    pub fn lost(&self, branch: &BranchName, baton: &Baton) -> Result<Option<Lost>, AnyFault> {
        Ok(self.batons()?.lost(branch, baton))
    }

    /// The person was told that another surface took a branch: once is enough.
    pub fn told(&self, lost: &Lost) {
        if let Ok(branch) = lost.branch.parse() {
            self.local.remove(&note_of(&branch));
        }
    }

    /// Remembers that a baton that this clone wrote is its own, or no longer.
    pub(super) fn note_baton(&self, branch: &BranchName, baton: &Baton) -> Result<(), AnyFault> {
        if baton.holder != self.local.holder(&self.env, &self.repo)? {
            return Ok(());
        }
        let known = Note::read(&self.local, &refs::component(branch));
        let Baton { state, epoch, since, .. } = *baton;
        let note = Note { state, epoch, since, branch: branch.clone(), untold: None };
        match (state, known) {
            (BatonState::Held, Some(known)) if known == note => Ok(()),
            // A save changes nothing of what could not be told.
            (_, Some(known)) if known.untold.is_some() && known.epoch == epoch => Ok(()),
            (BatonState::Held, _) => Ok(self.local.write(&note_of(branch), &note.text())?),
            (BatonState::Offered | BatonState::Free, _) => {
                self.local.remove(&note_of(branch));
                Ok(())
            }
        }
    }

    /// Remembers what a remote could not be told: that this clone went on from a baton, or let go of it.
    pub(super) fn note_untold(
        &self,
        branch: &BranchName,
        from: &Baton,
        state: BatonState,
        remote: &str,
    ) -> Result<(), AnyFault> {
        let untold = Some(remote.to_owned());
        let note = Note { state, epoch: from.epoch, since: self.env.now(), branch: branch.clone(), untold };
        Ok(self.local.write(&note_of(branch), &note.text())?)
    }

    /// Changes the baton of a branch at a remote: the record there is followed by one that differs in nothing else, by
    /// compare-and-swap. What was saved here and not pushed stays here.
    pub(super) fn pass_baton(&self, lane: &Lane, remote: &str, state: BatonState) -> Result<Passed, AnyFault> {
        let holder = self.local.holder(&self.env, &self.repo)?;
        let known = records::find(&self.repo, &lane.server, Some(remote))?.stored;
        let epoch = known.map_or(0, |k| k.record.baton.epoch).saturating_add(1);
        let ours = Baton { epoch, state, holder, since: self.env.now() };
        for _ in 0..MOST_TRIES {
            let Some(tip) = records::tips(&self.repo, &lane.server, Some(remote))?.remote else {
                return Ok(Passed::Not { why: "nothing of it was pushed there yet".into() });
            };
            let there = records::read(&self.repo, &tip)?;
            let baton = merge::baton(&ours, &there.record.baton);
            if baton != ours {
                return Ok(Passed::Theirs(baton));
            }
            let mut record = there.record.clone();
            record.baton = baton;
            record.sequence = record.sequence.saturating_add(1);
            let commit = records::follow(&self.repo, &self.env, &record, &there)?;
            match self.send_record(lane, remote, &commit)? {
                RecordSent::Arrived => {
                    self.catch_up_record(&lane.server, &commit)?;
                    self.local.remove(&note_of(&lane.server));
                    self.note_baton(&lane.server, &ours)?;
                    return Ok(Passed::Arrived);
                }
                RecordSent::Lost => {
                    if let Err(fault) = self.fetch_records(remote) {
                        return Ok(Passed::Not { why: fault.to_string() });
                    }
                }
                RecordSent::Not { why } => return Ok(Passed::Not { why }),
            }
        }
        Ok(Passed::Not { why: "others kept writing".into() })
    }

    /// The local record goes along where it has nothing of its own.
    fn catch_up_record(&self, branch: &BranchName, commit: &Oid) -> Result<(), AnyFault> {
        let name = refs::record(branch);
        let old = self.repo.find_ref(&name)?;
        if old.as_ref().is_none_or(|old| self.repo.is_ancestor(old, commit)) {
            let why = "handoff: the baton changed hands".into();
            let change = RefChange { name, old, new: Some(commit.clone()), why };
            // Another process may have written meanwhile; whoever reads next takes both together.
            let _ = self.repo.change_refs(&self.env, &[change]);
        }
        Ok(())
    }

    /// Tells a remote, which answered just now, of the batons that changed hands here while it could not be told: of
    /// one branch, or of all.
    pub(super) fn settle(&self, remote: &str, only: Option<&BranchName>) -> Result<Vec<Settled>, AnyFault> {
        let mut settled = Vec::new();
        if !self.opted_in(remote) {
            return Ok(settled);
        }
        for note in self.batons()?.notes {
            if note.untold.as_deref() != Some(remote) || only.is_some_and(|b| *b != note.branch) {
                continue;
            }
            let known = records::find(&self.repo, &note.branch, Some(remote))?.stored;
            if known.is_none_or(|k| k.record.baton.epoch != note.epoch) {
                continue;
            }
            let lane = Lane { local: note.branch.clone(), server: note.branch, remote: Some(remote.to_owned()) };
            if self.pass_baton(&lane, remote, note.state)? == Passed::Arrived {
                settled.push(Settled { branch: lane.server.to_string(), state: note.state });
            }
        }
        Ok(settled)
    }

    /// `git handoff check`: what a resume would look at, and the remote told of what it could not be told before.
    pub fn check(&self, ask: &CheckAsk) -> Result<(Examined, Vec<Settled>), AnyFault> {
        let mut examined = self.examine(ask)?;
        let mut settled = Vec::new();
        if let Some(remote) = examined.remote.as_deref().filter(|_| examined.checked.offline.is_none()) {
            settled = self.settle(remote, Some(&examined.lane.server))?;
        }
        if !settled.is_empty() {
            let known = records::find(&self.repo, &examined.lane.server, examined.remote.as_deref())?.stored;
            if let Some(stored) = known {
                examined.checked.baton = self.holding(&examined.lane.server, &stored.record.baton)?;
            }
        }
        Ok((examined, settled))
    }
}

/// `held by you, taken 4 minutes ago`, `offered 4 minutes ago by cloud-7f3a`, `free, let go 4 minutes ago by you`.
pub fn words(baton: &Holding, env: &Env) -> String {
    let who = if baton.mine { "you" } else { baton.holder.as_str() };
    let when = crate::render::words::ago(baton.since, env.now());
    let said = match baton.state {
        BatonState::Held => format!("held by {who}, taken {when}"),
        BatonState::Offered => format!("offered {when} by {who}"),
        BatonState::Free => format!("free, let go {when} by {who}"),
    };
    match &baton.untold {
        Some(remote) => format!("{said}; {remote} does not know yet"),
        None => said,
    }
}
