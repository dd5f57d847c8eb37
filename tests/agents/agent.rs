//! How the suite drives the agents under test: their own commands, nothing of ours.

use serde_json::Value;

use crate::surface::{Surface, text};

/// An agent under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agent {
    /// Claude Code.
    Claude,
    /// Codex CLI.
    Codex,
}

use Agent::{Claude, Codex};

impl Agent {
    /// The name of its program, and of its sessions in refs.
    pub fn name(self) -> &'static str {
        match self {
            Claude => "claude",
            Codex => "codex",
        }
    }

    /// Begins a session; its id.
    pub fn begin(self, at: &Surface, prompt: &str) -> String {
        self.begin_with(at, &[], prompt)
    }

    /// Begins a session with more arguments; its id.
    pub fn begin_with(self, at: &Surface, arguments: &[&str], prompt: &str) -> String {
        match self {
            Claude => {
                let out = at.done(&[CLAUDE, arguments, &["--output-format", "json", "-p", prompt]].concat());
                member(&out, "session_id")
            }
            Codex => {
                let out = at.done(&[&["codex", "exec", "--json"], arguments, &["--", prompt]].concat());
                member(&out, "thread_id")
            }
        }
    }

    /// One more turn of the session `id`.
    pub fn resume(self, at: &Surface, id: &str, prompt: &str) -> String {
        match self {
            Claude => at.done(&[CLAUDE, &["--resume", id, "-p", prompt]].concat()),
            Codex => at.done(&["codex", "exec", "resume", id, prompt]),
        }
    }

    /// One more turn of what the agent itself takes for the latest session here.
    pub fn latest(self, at: &Surface, prompt: &str) -> String {
        match self {
            Claude => at.done(&[CLAUDE, &["--continue", "-p", prompt]].concat()),
            Codex => at.done(&["codex", "exec", "resume", "--last", prompt]),
        }
    }

    /// The command that shows a person their sessions.
    pub fn picker(self) -> &'static [&'static str] {
        match self {
            Claude => &["claude", "--resume"],
            Codex => &["codex", "resume"],
        }
    }

    /// The command with which a person goes on with the latest.
    pub fn picks_latest(self) -> &'static [&'static str] {
        match self {
            Claude => &["claude", "--continue"],
            Codex => &["codex", "resume", "--last"],
        }
    }

    /// The command that continues `id` for a person, as the program should print it.
    pub fn start(self, id: &str) -> String {
        match self {
            Claude => format!("claude --resume {id}"),
            Codex => format!("codex resume {id}"),
        }
    }

    /// The same command for one turn without a person.
    pub fn start_with(self, start: &str, prompt: &str) -> Vec<String> {
        let id = start.strip_prefix(&self.start("")).unwrap_or_else(|| panic!("{start} starts something else"));
        let words: Vec<&str> = match self {
            Claude => [CLAUDE, &["--resume", id, "-p", prompt]].concat(),
            Codex => vec!["codex", "exec", "resume", id, prompt],
        };
        words.into_iter().map(str::to_owned).collect()
    }

    /// How many bytes the agent's own log of a session has.
    pub fn log_size(self, at: &Surface, id: &str) -> u64 {
        let store = match self {
            Claude => at.home.join(".claude/projects"),
            Codex => at.home.join(".codex/sessions"),
        };
        let found = at.done(&["find", text(&store), "-name", &format!("*{id}.jsonl")]);
        std::fs::metadata(found.trim_end()).unwrap_or_else(|e| panic!("{found}: {e}")).len()
    }
}

const CLAUDE: &[&str] = &["claude", "--permission-mode", "bypassPermissions"];

/// A member of the first JSON object in the output that has it.
fn member(out: &str, name: &str) -> String {
    let objects = out.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let found = objects.filter_map(|object| object[name].as_str().map(str::to_owned)).next();
    found.unwrap_or_else(|| panic!("no {name} in {out}"))
}
