//! `git handoff release`: lets go of a branch without offering it.

use serde::Serialize;

use crate::fault::AnyFault;
use crate::flows::baton::{self, Holding, Passed};
use crate::flows::record::BatonChange;
use crate::flows::{Coded, Ctx, Lane, Stuck, quote};
use crate::model::record::{Baton, BatonState};
use crate::store::records;

/// What a release did.
#[derive(Debug, Clone, Serialize)]
pub struct Released {
    /// The branch's name on the server.
    pub branch: String,
    /// Who has it now.
    pub baton: Holding,
    /// It was free before.
    pub was_free: bool,
    /// Why the remote was not told, if it was not.
    pub why_untold: Option<String>,
}

impl Ctx {
    /// Lets go of a branch: only the record is sent, nothing is captured.
    pub fn release(&self, branch: Option<&str>, remote: Option<&str>) -> Result<Released, AnyFault> {
        let lane = self.lane(branch, remote)?;
        let Some(stored) = records::find(&self.repo, &lane.server, lane.remote.as_deref())?.stored else {
            return Err(self.not_handed_over(&lane));
        };
        let record = stored.record;
        let now = self.holding(&lane.server, &record.baton)?;
        if now.state != BatonState::Free && !now.mine {
            return Err(self.not_ours(&lane, &now).into());
        }
        let mut released = Released { branch: lane.server.to_string(), baton: now, was_free: false, why_untold: None };
        if released.baton.state == BatonState::Free {
            released.was_free = true;
            return Ok(released);
        }
        let known_there = records::tips(&self.repo, &lane.server, lane.remote.as_deref())?.remote.is_some();
        let baton = match lane.remote.as_deref().filter(|_| known_there) {
            Some(remote) => {
                let passed = match self.opted_in(remote) {
                    true => self.pass_baton(&lane, remote, BatonState::Free)?,
                    false => Passed::Not {
                        why: format!("`git handoff init --remote {}` lets this clone write there", quote(remote)),
                    },
                };
                self.let_go(&lane, remote, record.baton, passed, &mut released)?
            }
            // Nobody else has heard of it.
            None => self.write_record(&lane, &record.head, &[], BatonChange::LetGo)?.1.baton,
        };
        released.baton = self.holding(&lane.server, &baton)?;
        Ok(released)
    }

    /// The baton after a try to let go of it.
    fn let_go(
        &self,
        lane: &Lane,
        remote: &str,
        before: Baton,
        passed: Passed,
        released: &mut Released,
    ) -> Result<Baton, AnyFault> {
        match passed {
            Passed::Theirs(baton) => Err(self.not_ours(lane, &self.holding(&lane.server, &baton)?).into()),
            Passed::Arrived => {
                let known = records::find(&self.repo, &lane.server, Some(remote))?.stored;
                Ok(known.map_or(before, |k| k.record.baton))
            }
            Passed::Not { why } => {
                self.note_untold(&lane.server, &before, BatonState::Free, remote)?;
                released.why_untold = Some(why);
                Ok(before)
            }
        }
    }

    fn not_ours(&self, lane: &Lane, now: &Holding) -> Coded<Stuck> {
        let what = format!("{} is not yours to let go: {}", lane.server, baton::words(now, &self.env));
        let take = format!("`{} --take` takes it", self.typed.resume(lane.server.as_str()));
        Coded::new("held", Stuck::failed(what, take))
    }
}
