//! What single lines of a rollout are: which event, whose turn, which call.
//!
//! Codex writes each exchange twice: as `response_item`, what the model saw, and as `event_msg`, what the person saw.

use std::collections::BTreeSet;

use crate::agents::Calls;
use crate::jsonl::Tape;

/// What OpenAI's service encrypts, and refuses when it comes back changed.
pub(super) fn sealed(place: &str) -> bool {
    place.ends_with(".encrypted_content")
}

/// The id that Codex or the model gave to the event on a line, under a word that keeps the kinds apart.
pub(super) fn event_id(line: &[u8]) -> Option<String> {
    let tape = Tape::read(line)?;
    let text = |path: &[&str]| tape.text(path).filter(|t| !t.is_empty()).map(|t| t.into_owned());
    let kind = text(&["type"])?;
    let payload = |name: &str| text(&["payload", name]);
    let (what, id) = match (kind.as_str(), payload("type").as_deref()) {
        ("response_item", Some(what)) => (what.to_owned(), payload("id").or_else(|| payload("call_id"))?),
        ("event_msg", Some("item_completed")) => {
            (text(&["payload", "item", "type"])?, text(&["payload", "item", "id"])?)
        }
        ("event_msg", Some(what @ ("task_started" | "task_complete" | "turn_aborted"))) => {
            (what.to_owned(), payload("turn_id")?)
        }
        ("token_usage_record", _) => (kind, payload("response_id")?),
        ("compacted", _) => (kind, payload("window_id")?),
        _ => return None,
    };
    Some(format!("{what}:{id}"))
}

/// Whether a line begins a turn of the person's. Since turns have ids, `task_started` comes first; before, nothing
/// but the prompt itself did.
pub(super) fn starts_turn(line: &[u8]) -> bool {
    let Some(tape) = Tape::read(line) else { return false };
    let is = |path: &[&str], what: &str| tape.text(path).is_some_and(|t| t == what);
    if is(&["type"], "event_msg") && is(&["payload", "type"], "task_started") {
        return tape.text(&["payload", "turn_attribution", "parent_turn_id"]).is_none();
    }
    let prompt =
        is(&["type"], "response_item") && is(&["payload", "type"], "message") && is(&["payload", "role"], "user");
    let dated = tape.get(&["ordinal"]).is_some()
        || tape.text(&["payload", "internal_chat_message_metadata_passthrough", "turn_id"]).is_some();
    let text = || {
        let content = tape.get(&["payload", "content"])?;
        tape.children(content).find_map(|item| tape.text_of(tape.member(item, "text")?))
    };
    prompt && !dated && !text().is_some_and(|text| is_context(&text))
}

/// Whether a text in the user's role was put there by Codex, as far as its beginning tells.
pub(super) fn is_context(text: &str) -> bool {
    const BEGINNINGS: [&str; 10] = [
        "<environment_context>",
        "# AGENTS.md instructions",
        "<user_instructions>",
        "<INSTRUCTIONS>",
        "<permissions",
        "<skill",
        "<turn_aborted>",
        "<subagent_notification>",
        "<user_shell_command>",
        "<hook_prompt",
    ];
    let text = text.trim_start();
    BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}

/// The calls of the last turn and their results, by id and line.
#[derive(Debug, Default)]
pub(super) struct OpenCalls {
    lines: u64,
    calls: Vec<(String, u64)>,
    answered: Vec<(String, u64)>,
}

impl Calls for OpenCalls {
    fn line(&mut self, line: &[u8]) {
        if starts_turn(line) {
            self.calls.clear();
            self.answered.clear();
        }
        if let Some((id, result)) = call(line) {
            if result { self.answered.push((id, self.lines)) } else { self.calls.push((id, self.lines)) }
        }
        self.lines += 1;
    }

    /// Calls of one answer are written together and their results after them, so a call whose result lies behind the
    /// cut moves the cut before itself.
    fn open(&self) -> Option<u64> {
        let ids: BTreeSet<&str> = self.answered.iter().map(|(id, _)| id.as_str()).collect();
        let mut cut = self.calls.iter().find(|(id, _)| !ids.contains(id.as_str()))?.1;
        for (id, at) in self.calls.iter().rev().filter(|(_, at)| *at < cut).collect::<Vec<_>>() {
            if self.answered.iter().any(|(answer, line)| answer == id && *line >= cut) {
                cut = *at;
            }
        }
        Some(cut)
    }
}

/// The id of the call that a line makes or answers, and whether it answers it.
fn call(line: &[u8]) -> Option<(String, bool)> {
    memchr::memmem::find(line, b"\"call_id\"")?;
    let tape = Tape::read(line)?;
    (tape.text(&["type"])? == "response_item").then_some(())?;
    let result = match &*tape.text(&["payload", "type"])? {
        "function_call" | "custom_tool_call" | "local_shell_call" | "tool_search_call" => false,
        "function_call_output" | "custom_tool_call_output" | "tool_search_output" => true,
        _ => return None,
    };
    Some((tape.text(&["payload", "call_id"])?.into_owned(), result))
}

/// The member names under which a session's own id stands.
pub(super) fn names_a_session(key: &str) -> bool {
    matches!(key, "id" | "receiver_thread_ids") || key.ends_with("session_id") || key.ends_with("thread_id")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(kind: &str, rest: &str) -> String {
        format!(r#"{{"timestamp":"t","ordinal":0,"type":"response_item","payload":{{"type":"{kind}",{rest}}}}}"#)
    }

    #[test]
    fn events_have_ids_where_codex_gives_them() {
        let id = |line: &str| event_id(line.as_bytes());
        assert_eq!(id(&item("message", r#""id":"msg_1""#)).as_deref(), Some("message:msg_1"));
        assert_eq!(id(&item("function_call", r#""call_id":"c1""#)).as_deref(), Some("function_call:c1"));
        let done =
            r#"{"type":"event_msg","payload":{"type":"item_completed","item":{"type":"AgentMessage","id":"msg_1"}}}"#;
        assert_eq!(id(done).as_deref(), Some("AgentMessage:msg_1"));
        assert_eq!(
            id(r#"{"type":"event_msg","payload":{"type":"task_started","turn_id":"u"}}"#).as_deref(),
            Some("task_started:u")
        );
        for none in [
            item("message", r#""role":"user""#).as_str(),
            r#"{"type":"turn_context","payload":{"turn_id":"u"}}"#,
            "",
            "{}",
        ] {
            assert_eq!(id(none), None);
        }
    }

    #[test]
    fn a_turn_begins_once() {
        let turn = |line: &str| starts_turn(line.as_bytes());
        assert!(turn(r#"{"type":"event_msg","payload":{"type":"task_started","turn_id":"u"}}"#));
        let sub = r#"{"type":"event_msg","payload":{"type":"task_started","turn_attribution":{"parent_turn_id":"p"}}}"#;
        assert!(!turn(sub));
        let prompt =
            |text| item("message", &format!(r#""role":"user","content":[{{"type":"input_text","text":"{text}"}}]"#));
        assert!(!turn(&prompt("hello")), "its task_started came before");
        assert!(turn(&prompt("hello").replace("\"ordinal\":0,", "")));
        assert!(!turn(&prompt("<environment_context>").replace("\"ordinal\":0,", "")));
    }

    #[test]
    fn an_open_call_is_cut_with_those_it_was_made_with() {
        let call = |id: &str| item("function_call", &format!(r#""call_id":"{id}""#));
        let output = |id: &str| item("function_call_output", &format!(r#""call_id":"{id}""#));
        let start = r#"{"type":"event_msg","payload":{"type":"task_started","turn_id":"u"}}"#.to_owned();
        let cut = |lines: &[String]| {
            let mut calls = OpenCalls::default();
            lines.iter().for_each(|line| calls.line(line.as_bytes()));
            calls.open()
        };
        assert_eq!(cut(&[start.clone(), call("a"), output("a")]), None);
        assert_eq!(cut(&[start.clone(), call("a"), output("a"), call("b")]), Some(3));
        assert_eq!(cut(&[start.clone(), call("a"), call("b"), output("a")]), Some(1));
        assert_eq!(cut(&[call("old"), start.clone(), call("a"), output("a")]), None, "an earlier turn was given up");
        assert_eq!(cut(&[]), None);
    }
}
