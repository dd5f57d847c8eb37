//! The process's surroundings as a value: home, variables, clock and random ids.
//!
//! Read once in `main`; nothing deeper down asks the system for any of them, so a test can pin them all.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// What a command may know of the machine and the moment.
#[derive(Debug, Clone)]
pub struct Env {
    vars: BTreeMap<OsString, OsString>,
    home: PathBuf,
    cwd: PathBuf,
    now: Option<Timestamp>,
    ran: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Env {
    /// The real surroundings of this process. `GIT_HANDOFF_NOW` (RFC 3339) pins the clock.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the process's environment")]
    pub fn from_process() -> std::io::Result<Env> {
        let vars: BTreeMap<_, _> = std::env::vars_os().collect();
        let home = etcetera::home_dir().unwrap_or_else(|_| PathBuf::from("/"));
        Ok(Env::new(vars, home, std::env::current_dir()?))
    }

    /// Surroundings from given values.
    pub fn new(vars: BTreeMap<OsString, OsString>, home: PathBuf, cwd: PathBuf) -> Env {
        let now = vars.get(OsStr::new("GIT_HANDOFF_NOW")).and_then(|v| v.to_str()).and_then(|v| v.parse().ok());
        Env { vars, home, cwd, now, ran: Arc::default() }
    }

    /// The user's home folder.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The folder in which the process was started.
    pub fn cwd(&self) -> &Path {
        &self.cwd
    }

    /// The same surroundings as seen from another folder.
    pub fn at(&self, cwd: &Path) -> Env {
        Env { cwd: cwd.to_path_buf(), ..self.clone() }
    }

    /// The same surroundings with some variables set, for a surface of its own.
    pub fn with(&self, home: &Path, vars: &[(&str, &str)]) -> Env {
        let mut all = self.vars.clone();
        all.insert("HOME".into(), home.into());
        all.extend(vars.iter().map(|(k, v)| ((*k).into(), (*v).into())));
        Env::new(all, home.to_path_buf(), self.cwd.clone())
    }

    /// Notes a command that was run, for `--verbose`.
    pub fn note(&self, argv: Vec<String>) {
        if let Ok(mut ran) = self.ran.lock() {
            ran.push(argv);
        }
    }

    /// The commands that were run since the last time this was asked.
    pub fn take_ran(&self) -> Vec<Vec<String>> {
        self.ran.lock().map(|mut ran| std::mem::take(&mut *ran)).unwrap_or_default()
    }

    /// A variable's value, if it is set, not empty and UTF-8.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.vars.get(OsStr::new(name)).and_then(|v| v.to_str()).filter(|v| !v.is_empty())
    }

    /// All variables, for a child process.
    pub fn vars(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.vars.iter().map(|(k, v)| (k.as_os_str(), v.as_os_str()))
    }

    /// The present moment, to the second.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn now(&self) -> Timestamp {
        self.now.unwrap_or_else(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Timestamp::from_second(since.as_secs() as i64).unwrap_or(Timestamp::UNIX_EPOCH)
        })
    }

    /// The present moment as a file's time, as fine as the clock: what is the latest file of a second matters.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn file_time(&self) -> SystemTime {
        self.now.map_or_else(SystemTime::now, SystemTime::from)
    }

    /// `bytes` random bytes as lower-case hex, from the system's generator.
    pub fn random_hex(&self, bytes: usize) -> String {
        let mut seed = vec![0u8; bytes];
        getrandom::fill(&mut seed).expect("the system has a random generator");
        seed.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// The absolute path of an executable of that name on `PATH`, if there is one.
    pub fn which(&self, program: &str) -> Option<PathBuf> {
        let path = self.vars.get(OsStr::new("PATH"))?;
        std::env::split_paths(path).map(|dir| dir.join(program)).find(|file| is_executable(file))
    }

    /// A name for this machine that a person would recognise: `HOSTNAME`, else the kernel's.
    pub fn host_name(&self) -> String {
        let kernel = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let name = self.var("HOSTNAME").map(str::to_owned).or_else(kernel).unwrap_or_default();
        let name = name.trim().split('.').next().unwrap_or_default().to_owned();
        if name.is_empty() { "this-machine".into() } else { name }
    }
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file() || file.with_extension("exe").is_file()
}
