//! The git hooks: put where git looks for them, updated, looked at, taken out.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::fault::FileFault;
use crate::git::Repo;
use crate::git::spawn::SpawnError;
use crate::install::block::{self, Found};
use crate::install::config_hooks;
use crate::install::managers::{self, Advice, Owner};

/// A hook and the script that calls the program.
struct Script {
    name: &'static str,
    text: &'static str,
}

/// Every hook that is installed.
const SCRIPTS: &[Script] = &[
    Script { name: "pre-push", text: include_str!("../../hooks/pre-push") },
    Script { name: "post-checkout", text: include_str!("../../hooks/post-checkout") },
    Script { name: "post-merge", text: include_str!("../../hooks/post-merge") },
    Script { name: "post-rewrite", text: include_str!("../../hooks/post-rewrite") },
];

/// What can go wrong with the hooks.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileFault),
    /// git.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
}

impl crate::fault::Fault for HookError {
    fn hint(&self) -> Option<String> {
        match self {
            HookError::File(e) => e.hint(),
            HookError::Spawn(e) => e.hint(),
        }
    }
}

/// What was done about the hooks.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Changed {
    /// What was changed, one a line: `added pre-push in .git/hooks/pre-push`.
    pub done: Vec<String>,
    /// What is left for a person to add.
    pub advice: Vec<Advice>,
}

/// How a hook is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// git runs ours.
    Runs,
    /// git does not, and `git handoff init` changes that.
    Missing {
        /// What is there instead.
        why: String,
    },
    /// git does not, and a person has to add something.
    Left(Advice),
}

/// Where git looks for a hook, and who owns that place.
struct Place {
    path: PathBuf,
    owner: Owner,
}

fn place(repo: &Repo, name: &str) -> Result<Place, SpawnError> {
    // git answers relative to where it was run.
    let said = repo.git().run(&["rev-parse", "--git-path", &format!("hooks/{name}")])?.text();
    let path = root(repo).join(said);
    let owner = managers::owner(&path, &repo.common_dir().join("hooks"), repo.workdir());
    let path = if owner == Owner::PreCommit { path.with_file_name(format!("{name}.legacy")) } else { path };
    Ok(Place { path, owner })
}

fn root(repo: &Repo) -> &Path {
    repo.workdir().unwrap_or_else(|| repo.git_dir())
}

/// Installs every hook, or brings it up to date.
pub fn install(repo: &Repo) -> Result<Changed, HookError> {
    let mut changed = Changed::default();
    let by_config = config_hooks::known_to(repo)?;
    for script in SCRIPTS {
        if by_config {
            changed.done.extend(config_hooks::set(repo, script.name)?);
        }
        let place = place(repo, script.name)?;
        if by_config {
            // A file of ours beside the setting would run twice.
            changed.done.extend(take_from(root(repo), &place.path, script.name)?);
        } else if let Some(advice) = foreign(repo, &place, script) {
            if !managers::calls(&place.owner, script.name, &place.path, repo.workdir()) {
                changed.advice.push(advice);
            }
        } else {
            changed.done.extend(put_into(root(repo), &place.path, script)?);
        }
    }
    Ok(changed)
}

/// Takes every hook out again.
pub fn uninstall(repo: &Repo) -> Result<Changed, HookError> {
    let mut changed = Changed::default();
    for script in SCRIPTS {
        changed.done.extend(config_hooks::unset(repo, script.name)?);
        let place = place(repo, script.name)?;
        let default = repo.common_dir().join("hooks").join(script.name);
        // A manager may have come since, and moved or hidden what was installed.
        let legacy = default.with_file_name(format!("{}.legacy", script.name));
        let mut files = vec![place.path.clone(), default, legacy];
        files.dedup();
        for file in files {
            changed.done.extend(take_from(root(repo), &file, script.name)?);
        }
        if managers::calls(&place.owner, script.name, &place.path, repo.workdir()) {
            changed.advice.extend(managers::advice(&place.owner, script.name, root(repo)));
        }
    }
    Ok(changed)
}

/// How each hook is: name and state.
pub fn look(repo: &Repo) -> Result<Vec<(&'static str, State)>, HookError> {
    let by_config = config_hooks::known_to(repo)?;
    let mut all = Vec::new();
    for script in SCRIPTS {
        let place = place(repo, script.name)?;
        let found = block::find(&managers::read(&place.path), block::of_script(script.text));
        let current = found == Found::Current && is_executable(&place.path);
        let called = || {
            found == Found::None
                && is_run(&place)
                && managers::calls(&place.owner, script.name, &place.path, repo.workdir())
        };
        let state = if by_config && config_hooks::is_set(repo, script.name) || current || called() {
            State::Runs
        } else if let Some(advice) = foreign(repo, &place, script).filter(|_| !by_config) {
            State::Left(advice)
        } else {
            State::Missing { why: missing(root(repo), &place, script) }
        };
        all.push((script.name, state));
    }
    Ok(all)
}

fn is_run(place: &Place) -> bool {
    matches!(place.owner, Owner::Husky(_) | Owner::Lefthook | Owner::PreCommit) || is_executable(&place.path)
}

fn missing(root: &Path, place: &Place, script: &Script) -> String {
    let (text, path) = (managers::read(&place.path), shown(root, &place.path));
    match block::find(&text, block::of_script(script.text)) {
        Found::Other => format!("{path} has the lines of another version"),
        Found::Current => format!("{path} is not executable"),
        _ if place.path.exists() => format!("{path} does not call git-handoff"),
        _ => format!("there is no {path}"),
    }
}

/// What to say where the file is not ours to change.
fn foreign(repo: &Repo, place: &Place, script: &Script) -> Option<Advice> {
    if let Some(advice) = managers::advice(&place.owner, script.name, root(repo)) {
        return Some(advice);
    }
    let path = &place.path;
    let advice = |why: &str, line: String| {
        Some(Advice { hook: script.name, why: why.into(), file: path.clone(), add: vec![line] })
    };
    if path.symlink_metadata().is_ok_and(|m| m.is_symlink()) {
        return advice("it is a link to a file elsewhere", managers::line(script.name));
    }
    if !path.exists() {
        return None;
    }
    let bytes = fs::read(path).unwrap_or_default();
    let Ok(text) = String::from_utf8(bytes) else {
        return advice("it is no text", format!("git-handoff hook {}", script.name));
    };
    if !block::is_shell(&text) {
        let call = format!("git-handoff hook {}   (with its arguments and its standard input)", script.name);
        return advice("it is no shell script", call);
    }
    match block::find(&text, block::of_script(script.text)) {
        Found::Torn => advice("the last line of our lines is missing", "# git-handoff <<<".into()),
        Found::None if !is_executable(path) && block::take(&text).is_some() => {
            // To make it executable would make the foreign lines run.
            advice("it is not executable, so git does not run it", managers::line(script.name))
        }
        _ => None,
    }
}

fn put_into(root: &Path, path: &Path, script: &Script) -> Result<Option<String>, FileFault> {
    let block = block::of_script(script.text);
    let text = fs::read_to_string(path).ok();
    let new = match &text {
        Some(text) => block::put(text, block),
        None => script.text.to_owned(),
    };
    if text.as_ref() == Some(&new) && is_executable(path) {
        return Ok(None);
    }
    let did = match text.map(|text| block::find(&text, block)) {
        Some(Found::Other) => "updated",
        Some(Found::Current) => "enabled",
        _ => "added",
    };
    write(path, &new)?;
    Ok(Some(format!("{did} {} in {}", script.name, shown(root, path))))
}

fn take_from(root: &Path, path: &Path, name: &str) -> Result<Option<String>, FileFault> {
    let Ok(text) = fs::read_to_string(path) else { return Ok(None) };
    if !matches!(block::find(&text, ""), Found::Other | Found::Current) {
        return Ok(None);
    }
    match block::take(&text) {
        Some(rest) => write(path, &rest)?,
        None => fs::remove_file(path).map_err(FileFault::on("remove", path))?,
    }
    Ok(Some(format!("removed {name} from {}", shown(root, path))))
}

/// A path as a person at the root of the work tree would type it.
fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

/// Writes a hook by rename, with the permissions that it had and the right to be run.
fn write(path: &Path, text: &str) -> Result<(), FileFault> {
    let dir = path.parent().unwrap_or(path);
    fs::create_dir_all(dir).map_err(FileFault::on("create", dir))?;
    let mut file = tempfile::NamedTempFile::new_in(dir).map_err(FileFault::on("write in", dir))?;
    file.write_all(text.as_bytes()).map_err(FileFault::on("write", path))?;
    runnable(path, file.as_file()).map_err(FileFault::on("change the mode of", path))?;
    file.persist(path).map_err(|e| FileFault { action: "write", path: path.into(), source: e.error })?;
    Ok(())
}

#[cfg(unix)]
fn runnable(path: &Path, file: &fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = path.metadata().map_or(0o755, |m| m.permissions().mode());
    // Who may read it may run it.
    file.set_permissions(fs::Permissions::from_mode(mode | (mode & 0o444) >> 2))
}

#[cfg(not(unix))]
fn runnable(_: &Path, _: &fs::File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}
