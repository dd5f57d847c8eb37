//! Sessions as Claude Code and Codex CLI write them: a log in the agent's store of a surface, a turn at a time.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::world::{Surface, World};

/// One session, wherever it is continued.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) agent: &'static str,
    pub(crate) id: String,
}

impl Session {
    /// A session of Claude Code, not begun yet.
    pub(crate) fn claude(world: &World) -> Session {
        Session { agent: "claude", id: world.id() }
    }

    /// A session of Codex CLI, not begun yet.
    pub(crate) fn codex(world: &World) -> Session {
        Session { agent: "codex", id: world.id() }
    }

    /// The name that the program gives it.
    pub(crate) fn key(&self) -> String {
        format!("{}.{}", self.agent, self.id)
    }

    /// The person asks, the agent reads a file and answers.
    pub(crate) fn turn(&self, on: &Surface<'_>, prompt: &str, answer: &str) {
        self.ask(on, prompt);
        self.answer(on, answer);
    }

    /// The first half of a turn: the agent has called a tool that has not come back.
    pub(crate) fn ask(&self, on: &Surface<'_>, prompt: &str) {
        let call = on.world.id();
        let file = on.clone.join("app.txt").display().to_string();
        match self.agent {
            "claude" => {
                self.append(on, &[
                    json!({"type": "user", "message": {"role": "user", "content": prompt}, "permissionMode": "bypassPermissions"}),
                    json!({"type": "attachment", "attachment": {"type": "prompt_snapshot", "systemPrompt": ["…"], "tools": []}}),
                    json!({"type": "assistant", "message": {"role": "assistant", "model": "m", "content": [
                        {"type": "text", "text": format!("I look at {file}.")}]}}),
                    json!({"type": "assistant", "message": {"role": "assistant", "model": "m", "content": [
                        {"type": "tool_use", "id": format!("toolu_{call}"), "name": "Read", "input": {"file_path": file}}]}}),
                ]);
            }
            _ => {
                let turn = on.world.id();
                self.append(on, &[
                    json!({"type": "event_msg", "payload": {"type": "task_started", "turn_id": turn,
                        "turn_attribution": {"turn_id": turn, "parent_turn_id": null}}}),
                    json!({"type": "turn_context", "payload": {"turn_id": turn, "cwd": on.clone, "approval_policy": "never",
                        "model": "m", "sandbox_policy": {"type": "danger-full-access"}}}),
                    json!({"type": "response_item", "payload": {"type": "message", "id": format!("msg_{}", on.world.id()),
                        "role": "user", "content": [{"type": "input_text", "text": prompt}],
                        "internal_chat_message_metadata_passthrough": {"turn_id": turn}}}),
                    json!({"type": "response_item", "payload": {"type": "function_call", "id": format!("fc_{call}"),
                        "name": "exec_command", "arguments": format!("{{\"cmd\": \"cat {file}\"}}"), "call_id": format!("call_{call}")}}),
                ]);
            }
        }
    }

    /// The second half: the result of the open call, and the answer.
    pub(crate) fn answer(&self, on: &Surface<'_>, answer: &str) {
        let text = self.text(on);
        match self.agent {
            "claude" => {
                let call = last_between(&text, "\"id\":\"toolu_", "\"");
                self.append(on, &[
                    json!({"type": "user", "message": {"role": "user", "content": [
                        {"type": "tool_result", "tool_use_id": format!("toolu_{call}"), "content": "1\n2\n3"}]}}),
                    json!({"type": "assistant", "message": {"role": "assistant", "model": "m", "stop_reason": "end_turn",
                        "content": [{"type": "text", "text": answer}]}}),
                    json!({"type": "last-prompt", "lastPrompt": "…", "sessionId": self.id}),
                ]);
            }
            _ => {
                let call = last_between(&text, "\"call_id\":\"", "\"");
                let turn = last_between(&text, "\"turn_id\":\"", "\"");
                self.append(on, &[
                    json!({"type": "response_item", "payload": {"type": "function_call_output", "id": format!("fco_{}", on.world.id()),
                        "call_id": call, "output": "1\n2\n3"}}),
                    json!({"type": "response_item", "payload": {"type": "message", "id": format!("msg_{}", on.world.id()),
                        "role": "assistant", "content": [{"type": "output_text", "text": answer}]}}),
                    json!({"type": "event_msg", "payload": {"type": "task_complete", "turn_id": turn}}),
                ]);
            }
        }
    }

    /// The log on a surface; where it would be if it is not there.
    pub(crate) fn log(&self, on: &Surface<'_>) -> PathBuf {
        let place = on.clone.canonicalize().unwrap_or_else(|_| on.clone.clone());
        if self.agent == "claude" {
            let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
            let folder: String = place.to_string_lossy().chars().map(plain).collect();
            // Claude goes on with a log in whatever folder it is.
            let (projects, name) = (on.home.join(".claude/projects"), format!("{}.jsonl", self.id));
            let here = projects.join(folder).join(&name);
            let anywhere = || files(&projects).into_iter().find(|f| f.ends_with(&name));
            return if here.exists() { here } else { anywhere().unwrap_or(here) };
        }
        let sessions = on.home.join(".codex/sessions");
        if let Some(there) = files(&sessions).into_iter().find(|f| f.to_string_lossy().contains(&self.id)) {
            return there;
        }
        let now = on.world.now().to_string();
        let (day, time) = (now[..10].replace('-', "/"), now[..19].replace(':', "-"));
        sessions.join(day).join(format!("rollout-{time}-{}.jsonl", self.id))
    }

    /// What the agent has of it on a surface; empty if nothing.
    pub(crate) fn text(&self, on: &Surface<'_>) -> String {
        fs::read_to_string(self.log(on)).unwrap_or_default()
    }

    /// Whether the agent has it on a surface with all of these words.
    #[track_caller]
    pub(crate) fn holds(&self, on: &Surface<'_>, words: &[&str]) {
        let text = self.text(on);
        for word in words {
            assert!(text.contains(word), "{} on {} lacks {word:?}:\n{text}", self.key(), on.name);
        }
    }

    fn append(&self, on: &Surface<'_>, lines: &[Value]) {
        let path = self.log(on);
        let mut text = fs::read_to_string(&path).unwrap_or_default();
        let branch = on.run("git", &["branch", "--show-current"]).out.trim().to_owned();
        let now = on.world.now();
        let time = format!("{}.000Z", &now.to_string()[..19]);
        if text.is_empty() && self.agent == "codex" {
            let meta = json!({"timestamp": time, "ordinal": 0, "type": "session_meta", "payload": {
                "session_id": self.id, "id": self.id, "timestamp": time, "cwd": on.clone, "originator": "codex_exec",
                "cli_version": "0.169.0", "source": "exec", "model_provider": "mock",
                "base_instructions": {"text": "the vendor's own text"}, "git": {"branch": branch}}});
            text = format!("{meta}\n");
        }
        for line in lines {
            let mut line = line.clone();
            let row = line["type"] == "last-prompt";
            match self.agent {
                "claude" if !row => {
                    let parent = last_between(&text, "\"uuid\":\"", "\"");
                    let parent = if parent.is_empty() { Value::Null } else { parent.into() };
                    let more = json!({"parentUuid": parent, "isSidechain": false, "uuid": on.world.id(),
                        "timestamp": time, "userType": "external", "entrypoint": "sdk-cli", "cwd": on.clone,
                        "sessionId": self.id, "version": "2.1.330", "gitBranch": branch});
                    line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                }
                "codex" => {
                    let (kind, payload) = (line["type"].clone(), line["payload"].clone());
                    line =
                        json!({"timestamp": time, "ordinal": text.lines().count(), "type": kind, "payload": payload});
                }
                _ => {}
            }
            text.push_str(&format!("{line}\n"));
        }
        fs::create_dir_all(path.parent().expect("a folder")).expect("a store");
        fs::write(&path, text).expect("a log");
        let file = fs::File::options().append(true).open(&path).expect("the log");
        file.set_times(fs::FileTimes::new().set_modified(now.into())).expect("a time");
    }
}

/// The text between the last `start` and the next `end`.
fn last_between(text: &str, start: &str, end: &str) -> String {
    let found = text.rsplit_once(start).and_then(|(_, rest)| rest.split_once(end));
    found.map(|(inside, _)| inside.to_owned()).unwrap_or_default()
}

/// All files below a folder.
pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for path in fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()) {
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}
