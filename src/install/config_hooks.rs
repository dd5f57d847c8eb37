//! Hooks as settings, which git knows since 2.54: no file, so nobody else's manager overwrites them.

use crate::git::Repo;
use crate::git::spawn::SpawnError;

/// The first git that runs hooks from its settings; older ones ignore them.
const SINCE: (u32, u32) = (2, 54);

/// Whether the git of this machine runs hooks from its settings.
pub(super) fn known_to(repo: &Repo) -> Result<bool, SpawnError> {
    Ok(repo.git().version()?.is_some_and(|version| version >= SINCE))
}

fn keys(hook: &str) -> [String; 2] {
    [format!("hook.handoff-{hook}.event"), format!("hook.handoff-{hook}.command")]
}

/// git appends the arguments, so the last word has to be what takes them. A command that fails would stop the push.
fn command(hook: &str) -> String {
    format!(
        "command -v git-handoff >/dev/null 2>&1 || exit 0; handoff() {{ git-handoff hook {hook} \"$@\" || :; }}; handoff"
    )
}

/// Whether a hook is set as this version sets it.
pub(super) fn is_set(repo: &Repo, hook: &str) -> bool {
    let [event, key] = keys(hook);
    repo.setting(&event).as_deref() == Some(hook) && repo.setting(&key) == Some(command(hook))
}

/// Sets a hook. What was changed.
pub(super) fn set(repo: &Repo, hook: &str) -> Result<Option<String>, SpawnError> {
    let mut did = None;
    for (key, value) in keys(hook).into_iter().zip([hook.to_owned(), command(hook)]) {
        if repo.settings(&key)? != [value.clone()] {
            repo.git().run(&["config", "--local", "--replace-all", &key, &value])?;
            did = Some(format!("added {hook} in .git/config ({})", key.trim_end_matches(".command")));
        }
    }
    Ok(did)
}

/// Takes a hook out. What was changed.
pub(super) fn unset(repo: &Repo, hook: &str) -> Result<Option<String>, SpawnError> {
    let [event, command] = keys(hook);
    if repo.settings(&event)?.is_empty() && repo.settings(&command)?.is_empty() {
        return Ok(None);
    }
    repo.git().run(&["config", "--local", "--remove-section", event.trim_end_matches(".event")])?;
    Ok(Some(format!("removed {hook} from .git/config")))
}
