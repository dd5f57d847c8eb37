//! Makes Codex list a session whose file was put there by someone else: asks `codex app-server` for its list.
//!
//! Once its index is built Codex looks at new files only when something lists them from disk, and `thread/list` is
//! what does that without asking a model. Requests and answers are JSON-RPC, one a line, over the child's pipes.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::env::Env;

/// How long Codex may take to list its sessions. A store of thousands takes it some seconds the first time.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long it may take to end once its input is closed.
const FAREWELL: Duration = Duration::from_secs(1);

/// Sessions asked for at once, and how often.
const PAGE: usize = 100;
const PAGES: usize = 20;

/// Without them only those begun by hand are listed; one begun by `codex exec` is still found by `--last`.
const KINDS: [&str; 4] = ["cli", "exec", "vscode", "appServer"];

/// Whether the session is in the list of those that work in `cwd`, as the picker and `--last` would see it.
/// The error is the reason why that could not be found out.
pub(super) fn lists(program: &Path, env: &Env, cwd: &Path, id: &str) -> Result<bool, String> {
    let mut server = Server::start(program, env, cwd)?;
    let client = json!({ "name": "git-handoff", "title": "git-handoff", "version": env!("CARGO_PKG_VERSION") });
    server.ask("initialize", json!({ "clientInfo": client }))?;
    server.tell(&json!({ "method": "initialized" }))?;
    let mut cursor = Value::Null;
    for _ in 0..PAGES {
        let asked = json!({ "limit": PAGE, "cwd": cwd, "cursor": cursor, "sourceKinds": KINDS });
        let answer = server.ask("thread/list", asked)?;
        let threads = answer["data"].as_array().ok_or("its answer has no list")?;
        if threads.iter().any(|thread| thread["id"] == id) {
            return Ok(true);
        }
        cursor = answer["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    Ok(false)
}

/// A running `codex app-server`, ended with the value.
struct Server {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    until: Instant,
    asked: u64,
}

impl Server {
    #[expect(clippy::disallowed_methods, reason = "the one place where an agent's own program is asked something")]
    fn start(program: &Path, env: &Env, cwd: &Path) -> Result<Server, String> {
        let mut command = Command::new(program);
        command.arg("app-server").current_dir(cwd).env_clear().envs(env.vars());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|e| format!("{} did not start: {e}", program.display()))?;
        let (sender, lines) = mpsc::channel();
        if let Some(output) = child.stdout.take() {
            // Ends when the child does, or when nobody listens any more.
            std::thread::spawn(move || {
                BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
            });
        }
        let input = child.stdin.take();
        Ok(Server { child, input, lines, until: Instant::now() + PATIENCE, asked: 0 })
    }

    fn tell(&mut self, message: &Value) -> Result<(), String> {
        let input = self.input.as_mut().ok_or("it takes no input")?;
        let sent = writeln!(input, "{message}").and_then(|()| input.flush());
        sent.map_err(|e| format!("it stopped listening: {e}"))
    }

    fn ask(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.asked += 1;
        let id = self.asked;
        self.tell(&json!({ "id": id, "method": method, "params": params }))?;
        loop {
            let left = self.until.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).map_err(|e| match e {
                mpsc::RecvTimeoutError::Timeout => format!("no answer within {} s", PATIENCE.as_secs()),
                mpsc::RecvTimeoutError::Disconnected => "it ended early".to_owned(),
            })?;
            // Everything else is news that nobody asked for.
            let Ok(mut answer) = serde_json::from_str::<Value>(&line) else { continue };
            if answer["id"] == id && answer.get("method").is_none() {
                return match answer.get("error") {
                    Some(error) => Err(format!("it refused {method}: {}", error["message"])),
                    None => Ok(answer["result"].take()),
                };
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.input = None;
        let until = Instant::now() + FAREWELL;
        while Instant::now() < until {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        // It may have ended by itself meanwhile; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
