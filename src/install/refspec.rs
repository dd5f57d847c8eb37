//! The opt-in of a remote and the refspec by which every `git fetch` brings its records.

use crate::git::Repo;
use crate::git::spawn::SpawnError;

/// Opts a remote in. `refspec`: the one for its records. Returns the settings that were added, as `key = value`.
pub fn add(repo: &Repo, remote: &str, refspec: &str) -> Result<Vec<String>, SpawnError> {
    let mut added = Vec::new();
    let flag = format!("remote.{remote}.handoff");
    if repo.settings(&flag)? != ["true"] {
        repo.set_setting(&flag, "true")?;
        added.push(format!("{flag} = true"));
    }
    let fetch = format!("remote.{remote}.fetch");
    if !repo.settings(&fetch)?.iter().any(|have| have == refspec) {
        repo.add_setting(&fetch, refspec)?;
        added.push(format!("{fetch} = {refspec}"));
    }
    Ok(added)
}
