//! What this clone remembers for itself, in the git folder that its work trees share. All of it may vanish: it is a
//! cache, and the only thing that is lost is that earlier places of the clone are forgotten.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::env::Env;
use crate::fault::FileFault;
use crate::git::Repo;
use crate::model::ids::{SessionId, SessionKey};

/// The folder of local state.
#[derive(Debug, Clone)]
pub struct Local {
    dir: PathBuf,
}

/// The folder of notes about copies: one file a session, named by its key.
const COPIES: &str = "copies";
/// No more earlier places than this are remembered.
const MOST_PLACES: usize = 64;

impl Local {
    /// Where a repository keeps it.
    pub fn open(repo: &Repo) -> Local {
        Local { dir: repo.common_dir().join("handoff") }
    }

    /// What belongs to one work tree only.
    pub fn of_work_tree(repo: &Repo) -> Local {
        Local { dir: repo.git_dir().join("handoff") }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A small file's text, if it is there.
    pub fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.dir.join(name)).ok()
    }

    /// Writes a small file by rename.
    pub fn write(&self, name: &str, text: &str) -> Result<(), FileFault> {
        let path = self.dir.join(name);
        let parent = path.parent().unwrap_or(&self.dir);
        fs::create_dir_all(parent).map_err(FileFault::on("create", parent))?;
        let mut file = tempfile::NamedTempFile::new_in(parent).map_err(FileFault::on("write in", parent))?;
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(FileFault::on("write", &path))?;
        file.persist(&path).map_err(|e| FileFault { action: "write", path: path.clone(), source: e.error })?;
        Ok(())
    }

    /// Takes a small file away, if it is there.
    pub fn remove(&self, name: &str) {
        let _ = fs::remove_file(self.dir.join(name));
    }

    /// The names of the small files in a folder.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.dir.join(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|e| e.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// The key of this clone's keyed hashes: made once, and never sent anywhere.
    pub fn key(&self, env: &Env) -> Result<[u8; 32], FileFault> {
        let known = || blake3::Hash::from_hex(self.read("key")?.trim()).ok();
        if let Some(key) = known() {
            return Ok(*key.as_bytes());
        }
        self.write("key", &format!("{}\n", env.random_hex(32)))?;
        Ok(known().map(|key| *key.as_bytes()).unwrap_or_default())
    }

    /// The name under which this clone holds and offers: a random id, made once, behind a label for people
    /// (`handoff.label`, the machine's name unless set; empty: none).
    pub fn holder(&self, env: &Env, repo: &Repo) -> Result<String, FileFault> {
        let known = self.read("holder").map(|t| t.trim().to_owned()).filter(|t| t.len() == 8 && t.is_ascii());
        let id = match known {
            Some(id) => id,
            None => {
                let id = env.random_hex(4);
                self.write("holder", &format!("{id}\n"))?;
                id
            }
        };
        let label = repo.setting("handoff.label").unwrap_or_else(|| env.host_name());
        let label: String =
            label.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).take(40).collect();
        Ok(if label.is_empty() { id } else { format!("{label}-{id}") })
    }

    /// The session that `id` was made here as a copy of, where it had gone two ways.
    pub fn original_of(&self, id: &SessionId) -> Option<SessionKey> {
        fs::read_dir(self.dir.join(COPIES)).ok()?.flatten().find_map(|entry| {
            let copy = self.read(&format!("{COPIES}/{}", entry.file_name().to_str()?))?;
            (copy.trim() == id.as_str()).then(|| entry.file_name().to_str()?.parse().ok())?
        })
    }

    /// The copy that was made here of a session.
    pub fn copy_of(&self, key: &SessionKey) -> Option<SessionId> {
        self.read(&format!("{COPIES}/{key}"))?.trim().parse().ok()
    }

    /// Remembers the copy of a session.
    pub fn note_copy(&self, key: &SessionKey, id: &SessionId) -> Result<(), FileFault> {
        self.write(&format!("{COPIES}/{key}"), &format!("{id}\n"))
    }

    /// Notes that a remote answered just now.
    pub fn note_fetched(&self, remote: &str, now: Timestamp) -> Result<(), FileFault> {
        self.write(&format!("fetched/{}", remote.replace('/', "%2F")), &format!("{now}\n"))
    }

    /// When a remote last answered.
    pub fn fetched_at(&self, remote: &str) -> Option<Timestamp> {
        self.read(&format!("fetched/{}", remote.replace('/', "%2F")))?.trim().parse().ok()
    }

    /// All folders in which this clone has its work trees or had them: the present ones first.
    pub fn places(&self, repo: &Repo) -> Vec<PathBuf> {
        let mut places = repo.worktrees();
        for line in self.read("places").unwrap_or_default().lines() {
            let path = PathBuf::from(line);
            if path.is_absolute() && !places.contains(&path) && is_ours_or_gone(repo, &path) {
                places.push(path);
            }
        }
        places
    }

    /// Remembers where the clone is now (and one more place, if given), so that its sessions are found after a move.
    pub fn remember(&self, repo: &Repo, also: Option<&Path>) -> Result<(), FileFault> {
        let mut places = self.places(repo);
        places.extend(also.map(Path::to_path_buf));
        let lines: Vec<String> = places
            .iter()
            .take(MOST_PLACES)
            .filter_map(|p| p.to_str())
            .filter(|p| !p.contains('\n'))
            .map(str::to_owned)
            .collect();
        let text = lines.join("\n") + "\n";
        if self.read("places").as_deref() == Some(&text) { Ok(()) } else { self.write("places", &text) }
    }
}

/// An earlier place counts as long as no other repository stands there now.
fn is_ours_or_gone(repo: &Repo, path: &Path) -> bool {
    let git = path.join(".git");
    !git.exists() || git.canonicalize().is_ok_and(|g| g == repo.common_dir().canonicalize().unwrap_or_default())
}
