//! After a checkout or a merge: one line if a handoff of the branch waits from someone else.

use crate::fault::AnyFault;
use crate::flows::Ctx;
use crate::model::record::BatonState;
use crate::render::words;
use crate::store::records;

impl Ctx {
    /// What is said of the current branch. Only the message of its record is read.
    pub(super) fn waits(&self) -> Result<Option<String>, AnyFault> {
        let Some(branch) = self.repo.head()?.branch else { return Ok(None) };
        let lane = self.lane(Some(branch.as_str()), None)?;
        let tips = records::tips(&self.repo, &lane.server, lane.remote.as_deref())?;
        // A damaged record is for `check` to tell of.
        let read = tips.local.iter().chain(&tips.remote).filter_map(|oid| records::summary(&self.repo, oid).ok());
        let Some(newest) = read.max_by_key(|s| (s.baton.epoch, s.sequence)) else { return Ok(None) };
        if newest.baton.state != BatonState::Offered || newest.branch != lane.server {
            return Ok(None);
        }
        let baton = self.holding(&lane.server, &newest.baton)?;
        let waits = !baton.mine && baton.state == BatonState::Offered;
        let ago = words::ago(baton.since, self.env.now());
        Ok(waits.then(|| format!("{branch} has a handoff from {} ({ago}): git handoff resume", baton.holder)))
    }
}
