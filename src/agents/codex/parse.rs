//! A rollout as a conversation: what the model saw, with what only the person's side of the log knows about commands.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lines::is_context;
use crate::agents::{Finished, Head, Parser};
use crate::model::session::{Event, Remark, What};

/// How long a title may be, in characters.
const TITLE: usize = 80;

/// Line types and events that repeat what a `response_item` says, or that are about the program and not the work.
const KNOWN_LINES: [&str; 6] = [
    "world_state",
    "token_usage_record",
    "inter_agent_communication_metadata",
    "security_risk_score",
    "realtime_item",
    "mcp_resource_origins",
];
const KNOWN_EVENTS: [&str; 24] = [
    "agent_message",
    "agent_reasoning",
    "agent_reasoning_raw_content",
    "agent_reasoning_section_break",
    "context_compacted",
    "dynamic_tool_call_request",
    "dynamic_tool_call_response",
    "entered_review_mode",
    "error",
    "exec_command_end",
    "exited_review_mode",
    "image_generation_end",
    "mcp_tool_call_end",
    "patch_apply_end",
    "plan_update",
    "task_complete",
    "thread_goal_updated",
    "thread_settings_applied",
    "token_count",
    "turn_aborted",
    "undo_completed",
    "user_message",
    "view_image_tool_call",
    "web_search_end",
];

/// Reads a log, native or stored.
#[derive(Default)]
pub(super) struct Reader {
    line: usize,
    at: Option<Timestamp>,
    events: Vec<Event>,
    remarks: Vec<Remark>,
    odd: BTreeSet<String>,
    known: Known,
    /// Lines that stand on turns which the person took back.
    asides: Vec<Range<usize>>,
    /// The summary that the model just gave, before the line that puts it in place.
    summary: Option<String>,
    /// What became of commands and patches, by call id: exit code, and whether it failed.
    outcomes: BTreeMap<String, (Option<i64>, bool)>,
}

/// What earlier lines said of the session.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Known {
    title: Option<String>,
    version: Option<String>,
    model: Option<String>,
    /// The branch on which the session began: all that a rollout says about branches, so only the first turn has it.
    branch: Option<String>,
    /// Whether anything happened.
    begun: bool,
    /// On which line each turn begins.
    turns: Vec<usize>,
    /// Whether the log says itself where turns begin; in older ones the prompts do.
    dated: bool,
}

impl Parser for Reader {
    fn line(&mut self, line: &[u8], events: &mut Vec<Event>) {
        self.line += 1;
        if !line.is_empty() {
            self.read(line);
        }
        events.append(&mut self.events);
    }

    fn head(&self) -> Head {
        let Known { title, version, model, .. } = &self.known;
        Head { title: title.clone(), agent_version: version.clone(), model: model.clone() }
    }

    fn finish(self: Box<Self>) -> Finished {
        let head = self.head();
        let Reader { asides, outcomes, remarks, .. } = *self;
        let amend = move |event: &mut Event| {
            event.side |= asides.iter().any(|lines| lines.contains(&event.line));
            if let What::Output { id, failed, exit_code, .. } = &mut event.what {
                if let Some((code, bad)) = outcomes.get(id) {
                    *exit_code = code.or(*exit_code);
                    *failed |= bad;
                }
                *failed |= exit_code.is_some_and(|code| code != 0);
            }
        };
        Finished { head, remarks, amend: Box::new(amend) }
    }

    fn memory(&self) -> Value {
        serde_json::json!(self.known)
    }
}

impl Reader {
    /// A reader that goes on from the memory of another.
    pub(super) fn remembering(memory: Option<&Value>) -> Reader {
        let known = memory.and_then(|m| serde_json::from_value(m.clone()).ok()).unwrap_or_default();
        Reader { known, ..Reader::default() }
    }

    fn read(&mut self, line: &[u8]) {
        let Ok(value) = serde_json::from_slice::<Value>(line) else { return self.odd("a line that is not JSON") };
        self.at = value["timestamp"].as_str().and_then(|t| t.parse().ok());
        let payload = &value["payload"];
        match value["type"].as_str().unwrap_or_default() {
            "session_meta" => self.meta(payload),
            "turn_context" => self.known.model = text(&payload["model"]).or(self.known.model.take()),
            "response_item" => self.item(payload, &value["metadata"]),
            "event_msg" => self.event(payload),
            "compacted" => {
                let summary = self.summary.take().or_else(|| text(&payload["message"])).unwrap_or_default();
                self.push(What::Compaction { summary });
            }
            "inter_agent_communication" => self.push(What::Context { text: texts(&payload["content"]) }),
            known if KNOWN_LINES.contains(&known) => {}
            other => self.odd(&format!("a line of the unknown type {other:?}")),
        }
    }

    fn meta(&mut self, payload: &Value) {
        self.known.version = text(&payload["cli_version"]).or(self.known.version.take());
        if !self.known.begun {
            self.known.branch = text(&payload["git"]["branch"]);
        }
    }

    fn event(&mut self, payload: &Value) {
        match payload["type"].as_str().unwrap_or_default() {
            "task_started" => {
                self.known.dated = true;
                self.known.turns.push(self.line);
            }
            "item_completed" => self.outcome(&payload["item"]),
            "thread_name_updated" => self.known.title = text(&payload["thread_name"]).or(self.known.title.take()),
            "thread_rolled_back" => self.roll_back(payload["num_turns"].as_u64().unwrap_or(0)),
            known if KNOWN_EVENTS.contains(&known) => {}
            other => self.odd(&format!("an event of the unknown type {other:?}")),
        }
    }

    fn outcome(&mut self, item: &Value) {
        if let (Some(id), Some("CommandExecution" | "FileChange" | "McpToolCall")) =
            (text(&item["id"]), item["type"].as_str())
        {
            let failed = matches!(item["status"].as_str(), Some("failed" | "declined"));
            self.outcomes.insert(id, (item["exit_code"].as_i64(), failed));
        }
    }

    /// The person went back: the last turns are no longer part of what the model is sent.
    fn roll_back(&mut self, turns: u64) {
        let turns = usize::try_from(turns).unwrap_or(usize::MAX).min(self.known.turns.len());
        let left = self.known.turns.split_off(self.known.turns.len() - turns);
        self.asides.extend(left.first().map(|&from| from..self.line));
    }

    fn item(&mut self, item: &Value, metadata: &Value) {
        let call_id = || text(&item["call_id"]).or_else(|| text(&item["id"])).unwrap_or_default();
        let raw = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match item["type"].as_str().unwrap_or_default() {
            "message" => self.message(item, metadata),
            "agent_message" => self.push(What::Context { text: texts(&item["content"]) }),
            "reasoning" => {
                let said = [texts(&item["summary"]), texts(&item["content"])];
                let text = said.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n\n");
                self.push(What::Reasoning { text });
            }
            "function_call" => {
                let name = text(&item["name"]).unwrap_or_default();
                let tool = text(&item["namespace"]).map_or(name.clone(), |space| format!("{space}.{name}"));
                self.push(What::Call { id: call_id(), tool, input: raw(&item["arguments"]) });
            }
            "custom_tool_call" => {
                let tool = text(&item["name"]).unwrap_or_default();
                self.push(What::Call { id: call_id(), tool, input: raw(&item["input"]) });
            }
            kind @ ("local_shell_call" | "web_search_call" | "tool_search_call") => {
                let tool = kind.trim_end_matches("_call").to_owned();
                let input = [&item["action"], &item["arguments"]].into_iter().find(|v| !v.is_null());
                self.push(What::Call { id: call_id(), tool, input: input.map(raw).unwrap_or_default() });
            }
            "image_generation_call" => {
                let input = text(&item["revised_prompt"]).unwrap_or_default();
                self.push(What::Call { id: call_id(), tool: "image_generation".into(), input });
                let output =
                    What::Output { id: call_id(), text: String::new(), images: 1, failed: false, exit_code: None };
                self.push(output);
            }
            "function_call_output" | "custom_tool_call_output" | "tool_search_output" => {
                let result = [&item["output"], &item["tools"]].into_iter().find(|v| !v.is_null());
                self.push(output(call_id(), result.unwrap_or(&Value::Null)));
            }
            // The sealed form of a compaction; the line `compacted` speaks for it.
            "compaction" | "context_compaction" | "ghost_snapshot" | "additional_tools" => {}
            other => self.odd(&format!("an item of the unknown type {other:?}")),
        }
    }

    fn message(&mut self, item: &Value, metadata: &Value) {
        let content = item["content"].as_array().map(Vec::as_slice).unwrap_or_default();
        match item["role"].as_str() {
            Some("assistant") if metadata["compaction_output"] == true => self.summary = Some(texts(&item["content"])),
            Some("assistant") => self.push(What::Assistant { text: texts(&item["content"]) }),
            Some("user") => {
                self.user(content, &item["internal_chat_message_metadata_passthrough"]["content_item_kinds"])
            }
            _ => self.push(What::Context { text: texts(&item["content"]) }),
        }
    }

    fn user(&mut self, content: &[Value], kinds: &Value) {
        let (mut typed, mut added, mut images) = (Vec::new(), Vec::new(), 0);
        for (at, part) in content.iter().enumerate() {
            let by_person = kinds[at].as_str().map(|kind| kind.starts_with("user."));
            match part["text"].as_str() {
                None => images += usize::from(part["type"] == "input_image"),
                Some(text) if !by_person.unwrap_or(!is_context(text)) => added.push(text),
                Some(text) if is_image_frame(text) => {}
                Some(text) => typed.push(text),
            }
        }
        if !added.is_empty() {
            self.push(What::Context { text: added.join("\n") });
        }
        if !typed.is_empty() || images > 0 {
            let text = typed.join("\n");
            if self.known.title.is_none() {
                self.known.title = title(&text);
            }
            if !self.known.dated {
                self.known.turns.push(self.line);
            }
            self.push(What::User { text, images });
        }
    }

    fn push(&mut self, what: What) {
        self.known.begun = true;
        let branch = self.known.branch.clone().filter(|_| self.known.turns.len() <= 1);
        self.events.push(Event { line: self.line, at: self.at, branch, side: false, what });
    }

    fn odd(&mut self, what: &str) {
        if self.odd.insert(what.to_owned()) {
            self.remarks.push(Remark { line: self.line, what: what.to_owned() });
        }
    }
}

/// What a tool gave back: text, a list of parts, or (in older logs) a result with a verdict of its own.
fn output(id: String, output: &Value) -> What {
    let images = output.as_array().map_or(0, |parts| parts.iter().filter(|p| p["type"] == "input_image").count());
    let mut failed = output["success"] == false;
    let mut text = match output {
        Value::Object(_) => output["content"].as_str().map_or_else(|| output.to_string(), str::to_owned),
        Value::Null => String::new(),
        other => texts(other),
    };
    let mut exit_code = exit_code(&text);
    let older = text.starts_with("{\"output\":").then(|| serde_json::from_str::<Value>(&text).ok()).flatten();
    if let Some(result) = older {
        exit_code = result["metadata"]["exit_code"].as_i64().or(exit_code);
        text = result["output"].as_str().map(str::to_owned).unwrap_or(text);
    }
    failed |= exit_code.is_some_and(|code| code != 0);
    What::Output { id, text, images, failed, exit_code }
}

/// The exit code in the few lines that Codex writes over a command's output.
fn exit_code(text: &str) -> Option<i64> {
    let code = |line: &str| {
        let rest = line.strip_prefix("Process exited with code ").or_else(|| line.strip_prefix("Exit code: "))?;
        rest.trim().parse().ok()
    };
    let own = |line: &&str| {
        ["Chunk ID: ", "Wall time: ", "Process exited ", "Exit code: "].iter().any(|p| line.starts_with(p))
            || *line == "Output:"
    };
    text.lines().take(6).take_while(own).find_map(code)
}

/// The texts of a list of parts, or the text itself.
fn texts(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part["text"].as_str().or(part.as_str())).collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

/// The markup that Codex puts around a pasted image.
fn is_image_frame(text: &str) -> bool {
    text == "</image>" || (text.starts_with("<image") && text.ends_with('>') && !text.contains('\n'))
}

fn title(prompt: &str) -> Option<String> {
    let line = prompt.split_whitespace().collect::<Vec<_>>().join(" ");
    let short = if line.chars().count() > TITLE { line.chars().take(TITLE - 1).chain(['…']).collect() } else { line };
    (!short.is_empty()).then_some(short)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|t| !t.is_empty()).map(str::to_owned)
}
