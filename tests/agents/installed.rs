//! Where the real agents are, or why the suite cannot run here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Names the npm prefix with the agents (`.ci/agents` makes one and prints it).
const VARIABLE: &str = "GIT_HANDOFF_AGENTS";

/// The agents of this run.
#[derive(Debug, Clone)]
pub struct Installed {
    bin: PathBuf,
    path: OsString,
}

impl Installed {
    /// The agents that the variable names; without it, and without all of `needed` there, says so and gives none.
    #[expect(clippy::disallowed_methods, reason = "the suite is told from outside where the agents are")]
    pub fn or_skip(needed: &[&str]) -> Option<Installed> {
        let Some(prefix) = std::env::var_os(VARIABLE) else {
            skipped(&format!("{VARIABLE} is not set"));
            return None;
        };
        let installed = Installed {
            bin: Path::new(&prefix).join("node_modules/.bin"),
            path: std::env::var_os("PATH").unwrap_or_default(),
        };
        installed.all(needed).then_some(installed)
    }

    /// Whether all of these programs are there; says which is not.
    pub fn all(&self, needed: &[&str]) -> bool {
        let path = self.path(&[]);
        let missing = |program: &&&str| !std::env::split_paths(&path).any(|dir| dir.join(program).exists());
        let missing = needed.iter().find(missing);
        if let Some(program) = missing {
            skipped(&format!("there is no {program}"));
        }
        missing.is_none()
    }

    /// A `PATH` that finds `first`, then the agents, then what this process finds.
    pub fn path(&self, first: &[&Path]) -> OsString {
        let dirs = first.iter().map(|p| p.to_path_buf()).chain([self.bin.clone()]);
        std::env::join_paths(dirs.chain(std::env::split_paths(&self.path))).expect("no folder has a colon in its name")
    }
}

/// Says that this test, or a part of it, does not run; in one piece, because others are printing too.
#[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
fn skipped(why: &str) {
    let thread = std::thread::current();
    let line = format!("skipped: {}: {why}\n", thread.name().unwrap_or("a test"));
    eprint!("{line}");
}
