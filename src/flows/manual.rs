//! `git handoff man --install`: the manual page is put where `man` finds it, which is how `git handoff --help` is shown.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use serde::Serialize;

use crate::env::Env;
use crate::fault::{AnyFault, FileFault};
use crate::flows::{Stuck, quote};

/// The page's file, below a folder of manual pages.
const PAGE: &str = "man1/git-handoff.1";

/// Where the page is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placed {
    /// Its file.
    pub page: PathBuf,
    /// Whether that very page was there already.
    pub same: bool,
    /// The line for the shell's start file without which `man` does not find it; `None`: it does.
    pub add: Option<String>,
}

/// Writes the page below a folder of manual pages: `given`, else the user's own.
///
/// Refused where a file of that name is no manual page of ours.
pub fn place(env: &Env, given: Option<&Path>, page: &[u8]) -> Result<Placed, AnyFault> {
    let folder = given.map_or_else(|| users_own(env), |dir| plain(&env.cwd().join(dir)));
    let file = folder.join(PAGE);
    let there = fs::read(&file).ok();
    if there.as_ref().is_some_and(|text| !is_ours(text)) {
        let what = format!("{} is there and is no page of git-handoff", file.display());
        return Err(Stuck::failed(what, "move it away, or name another folder: `git handoff man --install DIR`").into());
    }
    let same = there.is_some_and(|text| text == page);
    if !same {
        write(&file, page)?;
    }
    let add = (!man_looks_in(env, &folder)).then(|| {
        let folder = folder.display().to_string();
        format!("export MANPATH={}:", quote(&folder))
    });
    Ok(Placed { page: file, same, add })
}

fn write(file: &Path, page: &[u8]) -> Result<(), FileFault> {
    let dir = file.parent().unwrap_or(file);
    fs::create_dir_all(dir).map_err(FileFault::on("make", dir))?;
    let mut draft = tempfile::Builder::new()
        .prefix(".handoff-")
        .permissions(readable())
        .tempfile_in(dir)
        .map_err(FileFault::on("write in", dir))?;
    draft.write_all(page).map_err(FileFault::on("write", file))?;
    draft.persist(file).map(drop).map_err(|e| FileFault::on("write", file)(e.error))
}

/// A page is for everybody, a temporary file for its maker only.
#[cfg(unix)]
fn readable() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}

fn is_ours(text: &[u8]) -> bool {
    let head = &text[..text.len().min(512)];
    head.split(|b| *b == b'\n').any(|line| line.starts_with(b".TH git-handoff "))
}

/// `$XDG_DATA_HOME/man`, by default `~/.local/share/man` (XDG base directory specification 0.8).
fn users_own(env: &Env) -> PathBuf {
    let data = env.var("XDG_DATA_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
    data.unwrap_or_else(|| env.home().join(".local/share")).join("man")
}

/// Whether `man` looks in a folder: `MANPATH` names it; and where that is not set or has an empty part, for every
/// `x/bin` of `PATH` in `x/man` and `x/share/man` (man-db's manpath(1)).
fn man_looks_in(env: &Env, folder: &Path) -> bool {
    let by_path = || {
        let all = std::env::split_paths(OsStr::new(env.var("PATH").unwrap_or_default())).map(|bin| plain(&bin));
        all.collect::<Vec<_>>().iter().any(|bin| {
            let beside = bin.parent().map(|up| [up.join("man"), up.join("share/man")]);
            let below = [bin.join("man"), bin.join("share/man")];
            beside.into_iter().flatten().chain(below).any(|dir| dir == folder)
        })
    };
    let Some(named) = env.var("MANPATH") else { return by_path() };
    std::env::split_paths(OsStr::new(named))
        .any(|dir| if dir.as_os_str().is_empty() { by_path() } else { plain(&dir) == folder })
}

/// A path without `.` and the `/` at its end; links are left as they are.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|c| *c != Component::CurDir).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(vars: &[(&str, &str)]) -> Env {
        let vars = vars.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        Env::new(vars, "/home/ada".into(), "/home/ada/src".into())
    }

    #[test]
    fn the_folder_is_the_users_own() {
        assert_eq!(users_own(&env(&[])), Path::new("/home/ada/.local/share/man"));
        assert_eq!(users_own(&env(&[("XDG_DATA_HOME", "/data")])), Path::new("/data/man"));
        assert_eq!(users_own(&env(&[("XDG_DATA_HOME", "data")])), Path::new("/home/ada/.local/share/man"));
    }

    #[test]
    fn man_finds_what_is_beside_a_folder_of_programs() {
        let own = Path::new("/home/ada/.local/share/man");
        let found = |vars: &[(&str, &str)]| man_looks_in(&env(vars), own);
        assert!(found(&[("PATH", "/usr/bin:/home/ada/.local/bin/")]));
        assert!(!found(&[("PATH", "/usr/bin:/bin")]) && !found(&[]));
        let path = ("PATH", "/home/ada/.local/bin");
        assert!(!found(&[path, ("MANPATH", "/opt/man")]), "MANPATH alone counts");
        assert!(found(&[path, ("MANPATH", "/opt/man:")]), "unless it has an empty part");
        assert!(found(&[("MANPATH", "/opt/man:/home/ada/./.local/share/man/")]));
    }
}
