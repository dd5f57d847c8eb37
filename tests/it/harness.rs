//! A place with real repositories that knows nothing of this machine: own home, own clock, own identity.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use git_handoff::env::Env;

/// The moment that every commit and every test is at.
pub(crate) const NOW: &str = "2026-11-24T12:00:00Z";

/// A temporary folder with a home of its own.
pub(crate) struct Lab {
    root: tempfile::TempDir,
    /// Extra folder in front of `PATH`.
    bin: PathBuf,
}

impl Lab {
    /// An empty lab. A `git-handoff` that only notes how it was called stands in for the program until a test installs
    /// something else in [`Lab::bin`].
    pub(crate) fn new() -> Lab {
        let root = tempfile::tempdir().expect("a temporary folder");
        let bin = root.path().join("bin");
        fs::create_dir_all(&bin).expect("bin");
        fs::create_dir_all(root.path().join("home")).expect("home");
        Lab { root, bin }
    }

    /// A path in the lab.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().canonicalize().expect("the lab").join(name)
    }

    /// Puts a script on `PATH`.
    pub(crate) fn script(&self, name: &str, text: &str) {
        let file = self.bin.join(name);
        fs::write(&file, text).expect("a script");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a mode");
    }

    fn vars(&self) -> BTreeMap<OsString, OsString> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths([self.bin.clone()].into_iter().chain(std::env::split_paths(&path)));
        let mut vars: BTreeMap<OsString, OsString> = [
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_EDITOR", "true"),
            ("GIT_AUTHOR_NAME", "Ada"),
            ("GIT_AUTHOR_EMAIL", "ada@example.com"),
            ("GIT_AUTHOR_DATE", NOW),
            ("GIT_COMMITTER_NAME", "Ada"),
            ("GIT_COMMITTER_EMAIL", "ada@example.com"),
            ("GIT_COMMITTER_DATE", NOW),
            ("GIT_HANDOFF_NOW", NOW),
            ("LC_ALL", "C"),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .into();
        vars.insert("HOME".into(), self.path("home").into());
        vars.insert("PATH".into(), path.expect("a PATH"));
        vars
    }

    /// The lab's surroundings, as seen from a folder.
    pub(crate) fn env(&self, dir: &Path) -> Env {
        Env::new(self.vars(), self.path("home"), dir.to_path_buf())
    }

    /// A program that will run in a folder with the lab's surroundings and nothing to read.
    pub(crate) fn command(&self, dir: &Path, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(dir).env_clear().envs(self.vars()).stdin(Stdio::null());
        command
    }

    /// Runs a program in a folder, whatever its exit code.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, dir: &Path, program: &str, args: &[S]) -> Output {
        self.command(dir, program).args(args).output().unwrap_or_else(|error| panic!("{program}: {error}"))
    }

    /// Runs `git ARGS` in a folder; it must succeed. Its data without the final line end.
    #[track_caller]
    pub(crate) fn git<S: AsRef<OsStr> + std::fmt::Debug>(&self, dir: &Path, args: &[S]) -> String {
        let out = self.run(dir, "git", args);
        assert!(out.status.success(), "git {args:?} in {}: {}", dir.display(), String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).trim_end_matches('\n').to_owned()
    }

    /// Writes a file, its folders too.
    pub(crate) fn write(&self, dir: &Path, name: &str, text: &str) {
        let file = dir.join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
        fs::write(file, text).expect("a file");
    }

    /// Writes files and commits them; the commit's id.
    #[track_caller]
    pub(crate) fn commit(&self, dir: &Path, files: &[(&str, &str)], message: &str) -> String {
        for (name, text) in files {
            self.write(dir, name, text);
            self.git(dir, &["add", "--force", "--", *name]);
        }
        self.git(dir, &["commit", "--quiet", "--allow-empty", "-m", message]);
        self.git(dir, &["rev-parse", "HEAD"])
    }
}
