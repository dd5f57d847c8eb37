//! The opt-in of a remote and the refspec by which every `git fetch` brings its records.

use crate::git::Repo;
use crate::git::spawn::SpawnError;

/// What a remote has of ours in its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether sessions may go to it.
    pub opted_in: bool,
    /// Whether its records are fetched.
    pub fetches: bool,
    /// Refspecs of ours that are not the one it should have: it was renamed.
    pub stale: Vec<String>,
}

/// Looks at the settings of a remote. `refspec`: the one for its records; `root`: below which all of ours lead.
pub fn look(repo: &Repo, remote: &str, refspec: &str, root: &str) -> Result<Settings, SpawnError> {
    let fetch = repo.settings(&format!("remote.{remote}.fetch"))?;
    let ours = |spec: &&String| spec.split_once(':').is_some_and(|(_, to)| to.starts_with(root));
    Ok(Settings {
        opted_in: repo.settings(&format!("remote.{remote}.handoff"))? == ["true"],
        fetches: fetch.iter().any(|have| have == refspec),
        stale: fetch.iter().filter(ours).filter(|have| *have != refspec).cloned().collect(),
    })
}

/// Opts a remote in. Returns what was changed, one a line.
pub fn add(repo: &Repo, remote: &str, refspec: &str, root: &str) -> Result<Vec<String>, SpawnError> {
    let mut changed = Vec::new();
    let have = look(repo, remote, refspec, root)?;
    if !have.opted_in {
        let flag = format!("remote.{remote}.handoff");
        repo.set_setting(&flag, "true")?;
        changed.push(format!("added {flag} = true in .git/config"));
    }
    let fetch = format!("remote.{remote}.fetch");
    for stale in &have.stale {
        repo.unset_setting(&fetch, stale)?;
        changed.push(format!("removed {fetch} = {stale} from .git/config"));
    }
    if !have.fetches {
        repo.add_setting(&fetch, refspec)?;
        changed.push(format!("added {fetch} = {refspec} in .git/config"));
    }
    Ok(changed)
}

/// Takes the opt-in and every refspec of ours from a remote. Returns what was changed, one a line.
pub fn remove(repo: &Repo, remote: &str, refspec: &str, root: &str) -> Result<Vec<String>, SpawnError> {
    let mut changed = Vec::new();
    let have = look(repo, remote, refspec, root)?;
    let flag = format!("remote.{remote}.handoff");
    for value in repo.settings(&flag)? {
        repo.unset_setting(&flag, &value)?;
        changed.push(format!("removed {flag} = {value} from .git/config"));
    }
    let fetch = format!("remote.{remote}.fetch");
    let current = have.fetches.then(|| refspec.to_owned());
    for spec in have.stale.into_iter().chain(current) {
        repo.unset_setting(&fetch, &spec)?;
        changed.push(format!("removed {fetch} = {spec} from .git/config"));
    }
    Ok(changed)
}
