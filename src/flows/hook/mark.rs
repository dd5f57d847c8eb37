//! What a branch and the sessions of the clone looked like when nothing was left to send, so that the next push knows by
//! looking at names, sizes and times alone.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::fault::FileFault;
use crate::flows::hook::pushed::Pushed;
use crate::flows::local::Local;
use crate::flows::sessions::Candidate;
use crate::format::refs;
use crate::store::records::Tips;

/// One look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark(String);

impl Mark {
    /// A branch at a commit, its records, and the sessions of this clone as their files are now.
    pub(super) fn of(branch: &Pushed, tips: &Tips, here: &[Candidate]) -> Mark {
        let mut hash = Sha256::new_with_prefix(env!("CARGO_PKG_VERSION"));
        hash.update(format!("\n{}\n{tips:?}\n", branch.head));
        for found in here.iter().map(|c| &c.found) {
            let file = found.path.metadata().ok();
            let size = file.as_ref().map_or(0, std::fs::Metadata::len);
            let at = file.and_then(|f| f.modified().ok()).and_then(|t| Timestamp::try_from(t).ok());
            hash.update(format!("{} {} {size} {at:?}\n", found.key, found.path.display()));
        }
        Mark(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
    }
}

impl Local {
    /// Whether a branch looked like this when all of it was sent to its remote.
    pub(super) fn is_synced(&self, branch: &Pushed, mark: &Mark) -> bool {
        self.read(&name(branch)).is_some_and(|text| text.trim() == mark.0)
    }

    /// Notes how a branch looks when all of it is sent.
    pub(super) fn note_synced(&self, branch: &Pushed, mark: &Mark) -> Result<(), FileFault> {
        self.write(&name(branch), &format!("{}\n", mark.0))
    }
}

fn name(branch: &Pushed) -> String {
    let remote = branch.lane.remote.as_deref().unwrap_or_default().replace('/', "%2F");
    format!("synced/{remote}/{}", refs::component(&branch.lane.server))
}
