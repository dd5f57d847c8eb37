//! A real terminal for the agents' own screens: tmux, with a server of its own that ends with the value.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::process;

/// How long a screen may take to show what is waited for.
const PATIENCE: Duration = Duration::from_secs(40);

/// A program on a terminal of 180 by 50.
#[derive(Debug)]
pub struct Terminal {
    socket: PathBuf,
    vars: Vec<(OsString, OsString)>,
}

impl Terminal {
    /// Starts `words` in `dir` with `vars` and nothing else. `socket` is a path for the server, not used before.
    pub fn start(socket: PathBuf, words: &[&str], dir: &Path, vars: &[(OsString, OsString)]) -> Terminal {
        let terminal = Terminal { socket, vars: vars.to_vec() };
        let dir = dir.to_str().expect("the suite's folders are plain");
        // What a program said before it ended stays on the screen.
        let mut args = vec!["-f", "/dev/null", "start-server", ";", "set", "-g", "remain-on-exit", "on", ";"];
        args.extend(["new-session", "-d", "-x", "180", "-y", "50", "-c", dir, "--"]);
        args.extend(words);
        terminal.tmux(&args);
        terminal
    }

    /// Waits until the screen shows `text`; fails with what it shows instead.
    pub fn shows(&self, text: &str) {
        let start = Instant::now();
        loop {
            let screen = self.tmux(&["capture-pane", "-p"]);
            if screen.contains(text) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "the terminal does not show {text:?} but:\n{screen}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Types a text and Return.
    pub fn enter(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
        // Agents take what comes too fast for a person as pasted, Return included.
        std::thread::sleep(Duration::from_millis(300));
        self.tmux(&["send-keys", "Enter"]);
    }

    fn lives(&self, pid: &str) -> bool {
        process::run(&["kill", "-0", pid], Path::new("/"), &self.vars).code == Some(0)
    }

    fn tmux(&self, args: &[&str]) -> String {
        let mut words = vec!["tmux", "-S", self.socket.to_str().expect("the suite's folders are plain")];
        words.extend(args);
        process::run(&words, Path::new("/"), &self.vars).out
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let program = self.tmux(&["list-panes", "-F", "#{pane_pid}"]);
        self.tmux(&["kill-server"]);
        // The agent hears of it and writes what it has to write; nobody may touch its files before.
        let start = Instant::now();
        while start.elapsed() < PATIENCE && self.lives(program.trim()) {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
