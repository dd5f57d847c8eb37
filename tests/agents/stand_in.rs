//! What the program under test is measured by: a plain copy of the agent's store with the paths replaced, no more.
//!
//! It proves the comparison: a session handed over so is the same, and with one line taken out it is not.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::agent::Agent;
use crate::handover::Handover;
use crate::surface::{BRANCH, Surface, folder_name};

/// Copies an agent's store.
#[derive(Debug)]
pub struct Copied<'a> {
    /// Whose.
    pub agent: Agent,
    /// The session that is to be continued.
    pub id: &'a str,
    /// A folder for what is under way.
    pub carried: PathBuf,
    /// Lines with this in them are left out.
    pub without: Option<&'a str>,
}

impl Handover for Copied<'_> {
    fn init(&self, _: &Surface) {}

    fn push(&self, from: &Surface) {
        from.git(&["push", "-q", "origin", BRANCH]);
        let _ = fs::remove_dir_all(&self.carried);
        copy(&self.store(from), &self.carried, &|log| {
            let keep = |line: &&str| self.without.is_none_or(|needle| !line.contains(needle));
            let log: String = log.split_inclusive('\n').filter(keep).collect();
            from.roots().iter().fold(log, |log, (name, root)| log.replace(root, &format!("@<{name}>")))
        });
    }

    fn resume(&self, at: &Surface) -> String {
        at.git(&["fetch", "-q"]);
        at.git(&["checkout", "-q", BRANCH]);
        at.git(&["merge", "-q", "--ff-only", &format!("origin/{BRANCH}")]);
        copy(&self.carried, &self.store(at), &|log| {
            // Neither agent offers a person a session that ran without one.
            let log = log.replace(r#""entrypoint":"sdk-cli""#, r#""entrypoint":"cli""#);
            let log = log.replace(r#""source":"exec""#, r#""source":"cli""#);
            at.roots().iter().fold(log, |log, (name, root)| log.replace(&format!("@<{name}>"), root))
        });
        self.agent.start(self.id)
    }
}

impl Copied<'_> {
    fn store(&self, at: &Surface) -> PathBuf {
        match self.agent {
            Agent::Claude => at.home.join(".claude/projects").join(folder_name(&at.clone)),
            Agent::Codex => at.home.join(".codex/sessions"),
        }
    }
}

fn copy(from: &Path, into: &Path, change: &dyn Fn(String) -> String) {
    fs::create_dir_all(into).expect("a folder can be made");
    let listed = fs::read_dir(from).expect("a folder can be listed");
    let mut entries: Vec<PathBuf> = listed.map(|entry| entry.expect("and read").path()).collect();
    entries.sort();
    for folder in entries.iter().filter(|e| e.is_dir()) {
        copy(folder, &into.join(folder.file_name().expect("an entry has a name")), change);
    }
    for (age, entry) in entries.iter().filter(|e| e.is_file()).enumerate() {
        let target = into.join(entry.file_name().expect("an entry has a name"));
        let log = fs::read_to_string(entry).expect("a log is text");
        fs::write(&target, change(log)).expect("and can be written");
        // Codex takes the newest file for the latest session, a worker's log as well.
        let file = File::options().append(true).open(&target).expect("and opened");
        let modified = file.metadata().and_then(|m| m.modified()).expect("and has a time");
        file.set_modified(modified - Duration::from_secs(2 * age as u64)).expect("that can be set");
    }
}
