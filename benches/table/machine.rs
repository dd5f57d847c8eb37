//! A home, a server and clones in a temporary folder, and how long, how much and how large what is run there is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Everything that a run needs; it goes when it is dropped.
pub(crate) struct Machine {
    root: tempfile::TempDir,
    /// The home folder that programs see.
    pub(crate) home: PathBuf,
}

/// What a run took.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// By the clock, in seconds.
    pub(crate) wall: f64,
    /// Processor time of the process and its children, in seconds.
    pub(crate) cpu: f64,
    /// The most memory that the process itself had resident, in KiB.
    pub(crate) resident: u64,
}

impl Machine {
    pub(crate) fn new() -> Machine {
        let root = tempfile::tempdir().expect("a temporary folder");
        let home = root.path().join("home");
        fs::create_dir_all(root.path().join("bin")).expect("bin");
        fs::create_dir_all(&home).expect("home");
        let program = root.path().join("bin/git-handoff");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_git-handoff"), program).expect("a link");
        Machine { root, home }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().canonicalize().expect("the folder").join(name)
    }

    /// A program in a folder; its output goes nowhere.
    pub(crate) fn command(&self, dir: &Path, args: &[&str]) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(args[0]);
        command.args(&args[1..]).current_dir(dir).stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
        command.env_clear().env("PATH", format!("{}:{path}", self.path("bin").display())).env("HOME", &self.home);
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Ada").env(format!("GIT_{who}_EMAIL"), "ada@example.com");
        }
        command.env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    pub(crate) fn text(&self, dir: &Path, args: &[&str]) -> String {
        let said = self.command(dir, args).stdout(Stdio::piped()).output().expect("it runs");
        assert!(said.status.success(), "{args:?}");
        String::from_utf8(said.stdout).expect("text").trim_end().to_owned()
    }

    /// Runs it once.
    pub(crate) fn run(&self, dir: &Path, args: &[&str]) -> Cost {
        self.run_with(dir, args, Stdio::null())
    }

    /// Runs it once, with something to read.
    pub(crate) fn run_with(&self, dir: &Path, args: &[&str], input: Stdio) -> Cost {
        let (before, start) = (children(), Instant::now());
        let mut child = self.command(dir, args).stdin(input).spawn().expect("it starts");
        let resident = watch(&mut child);
        let wall = start.elapsed().as_secs_f64();
        Cost { wall, cpu: children() - before, resident }
    }

    /// The shortest of several runs, by the clock.
    pub(crate) fn shortest(&self, times: usize, mut run: impl FnMut() -> Cost) -> f64 {
        (0..times).map(|_| run().wall).fold(f64::INFINITY, f64::min)
    }
}

/// Waits for the end and looks now and then how much is resident.
fn watch(child: &mut Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    let mut pause = Duration::from_micros(100);
    while child.try_wait().expect("it ends").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let peak = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        most = most.max(peak.and_then(|v| v.split_whitespace().next()?.parse().ok()).unwrap_or(0));
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(2));
    }
    most
}

/// Processor time of all children that ended, in seconds: fields 16 and 17 of proc(5) stat, in ticks of 10 ms.
fn children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let rest = stat.rsplit_once(')').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    rest.split_whitespace().skip(13).take(2).filter_map(|n| n.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Bytes of all files below a folder.
pub(crate) fn size(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    let of = |path: PathBuf| if path.is_dir() { size(&path) } else { path.metadata().map_or(0, |m| m.len()) };
    entries.flatten().map(|e| of(e.path())).sum()
}
