//! One line of a Claude log: what it is in the conversation, apart from any other line.

use std::borrow::Cow;

use memchr::memmem;

use super::super::Calls;
use crate::jsonl::{Edits, Kind, Tape, inner};
use crate::model::ids::SessionId;

/// Tags with which the harness opens what it writes into the user's role.
const HARNESS: &[&str] = &[
    "<system-reminder>",
    "<local-command-",
    "<bash-stdout>",
    "<bash-stderr>",
    "<task-notification>",
    "<user-prompt-submit-hook>",
    "[Request interrupted by user",
];

/// The id of the event on a line: lines of the chain carry one.
pub(super) fn event_id(line: &[u8]) -> Option<String> {
    Some(Tape::read(line)?.text(&["uuid"])?.into_owned())
}

/// Whether a line is a prompt of the person: typed, given to `-p`, or a slash command.
pub(super) fn starts_turn(line: &[u8]) -> bool {
    memmem::find(line, b"\"user\"").is_some() && Tape::read(line).is_some_and(|tape| is_prompt(&tape))
}

/// [`starts_turn`] for a line that was read already.
pub(super) fn is_prompt(tape: &Tape<'_>) -> bool {
    let flagged = ["isMeta", "isCompactSummary", "isSidechain", "isVisibleInTranscriptOnly"];
    if tape.text(&["type"]).as_deref() != Some("user") || flagged.iter().any(|name| flag(tape, name)) {
        return false;
    }
    if !from_person(tape, &["origin", "kind"]) {
        return false;
    }
    let Some(content) = tape.get(&["message", "content"]) else { return false };
    if let Some(text) = tape.text_of(content) {
        return !is_harness(&text);
    }
    let kind = |block: usize| tape.member(block, "type").and_then(|n| tape.text_of(n));
    let text = |block: usize| tape.member(block, "text").and_then(|n| tape.text_of(n));
    let typed = |block: usize| match kind(block).as_deref() {
        Some("text") => text(block).is_some_and(|t| !is_harness(&t)),
        Some("image" | "document") => true,
        _ => false,
    };
    !tape.children(content).any(|b| kind(b).as_deref() == Some("tool_result")) && tape.children(content).any(typed)
}

/// Whether what came is the person's, where the log says from whom: plugins, peers and finished tasks speak too.
pub(super) fn from_person(tape: &Tape<'_>, origin: &[&str]) -> bool {
    tape.text(origin).is_none_or(|kind| kind == "human")
}

/// Whether the harness and not the person wrote a text in the user's role.
pub(super) fn is_harness(text: &str) -> bool {
    let text = text.trim_start();
    HARNESS.iter().any(|tag| text.starts_with(tag))
}

/// Whether a member is `true`.
pub(super) fn flag(tape: &Tape<'_>, name: &str) -> bool {
    tape.get(&[name]).is_some_and(|n| tape.raw(n) == b"true")
}

/// The tool calls since the last prompt that have no result. An older one is what a crash left, not an open turn.
#[derive(Debug, Default)]
pub(super) struct OpenCalls {
    lines: u64,
    open: Vec<(String, u64)>,
}

impl Calls for OpenCalls {
    fn line(&mut self, line: &[u8]) {
        let at = self.lines;
        self.lines += 1;
        if memmem::find(line, b"tool_").is_none() && memmem::find(line, b"\"user\"").is_none() {
            return;
        }
        let Some(tape) = Tape::read(line).filter(|tape| !flag(tape, "isSidechain")) else { return };
        if is_prompt(&tape) {
            self.open.clear();
        }
        for (name, id) in call_ids(&tape) {
            match name {
                Call::Made => self.open.push((id, at)),
                Call::Answered => self.open.retain(|(other, _)| *other != id),
            }
        }
    }

    fn open(&self) -> Option<u64> {
        self.open.first().map(|&(_, at)| at)
    }
}

enum Call {
    Made,
    Answered,
}

fn call_ids(tape: &Tape<'_>) -> Vec<(Call, String)> {
    let Some(content) = tape.get(&["message", "content"]) else { return Vec::new() };
    let text = |block: usize, name: &str| tape.member(block, name).and_then(|n| tape.text_of(n));
    let by = tape.text(&["type"]);
    let call = |block: usize| match (by.as_deref(), text(block, "type").as_deref()) {
        (Some("assistant"), Some("tool_use")) => Some((Call::Made, text(block, "id")?.into_owned())),
        (Some("user"), Some("tool_result")) => Some((Call::Answered, text(block, "tool_use_id")?.into_owned())),
        _ => None,
    };
    tape.children(content).filter_map(call).collect()
}

/// What Anthropic's service signs or encrypts, and refuses when it comes back changed.
pub(super) fn sealed(place: &str) -> bool {
    matches!(place, "thinking.signature" | "redacted_thinking.data")
}

/// A line under another session id: the member that says whose line it is, and paths of files beside the log, which the
/// model is told to read.
pub(super) fn rename<'a>(line: &'a [u8], from: &SessionId, to: &SessionId) -> Cow<'a, [u8]> {
    let (old, new) = (from.as_str(), to.as_str());
    if memmem::find(line, old.as_bytes()).is_none() {
        return Cow::Borrowed(line);
    }
    let Some(tape) = Tape::read(line) else { return Cow::Borrowed(line) };
    let mut edits = Edits::default();
    for (at, node) in tape.nodes().iter().enumerate() {
        if node.kind != Kind::String {
            continue;
        }
        let text = inner(&node.span);
        let key = || tape.key(at).is_some_and(|k| matches!(&*k, "sessionId" | "session_id"));
        if &line[text.clone()] == old.as_bytes() && key() {
            edits.replace(text, new);
            continue;
        }
        let raw = &line[text.clone()];
        for found in memmem::find_iter(raw, old) {
            if in_path(raw, found, old.len()) {
                edits.replace(text.start + found..text.start + found + old.len(), new);
            }
        }
    }
    edits.apply(line)
}

/// Whether a part of a raw string is a whole component of a path to a log or its folder.
fn in_path(raw: &[u8], at: usize, len: usize) -> bool {
    let before = at.checked_sub(1).map(|b| raw[b]);
    let after = &raw[at + len..];
    matches!(before, Some(b'/' | b'\\'))
        && (matches!(after.first(), Some(b'/' | b'\\')) || after.starts_with(b".jsonl"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: &[u8] = br#"{"type":"user","message":{"role":"user","content":"fix it"},"uuid":"u1"}"#;
    const CALL: &[u8] =
        br#"{"type":"assistant","message":{"content":[{"type":"tool_use","id":"t1","name":"Bash","input":{}}]}}"#;
    const RESULT: &[u8] =
        br#"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t1","content":"ok"}]}}"#;

    #[test]
    fn only_the_person_starts_a_turn() {
        let yes = [
            r#"{"type":"user","message":{"content":"hi"}}"#,
            r#"{"type":"user","message":{"content":"<command-name>/compact</command-name>"}}"#,
            r#"{"type":"user","message":{"content":[{"type":"text","text":"look"},{"type":"image","source":{}}]}}"#,
        ];
        let no = [
            r#"{"type":"user","isMeta":true,"message":{"content":"<local-command-caveat>"}}"#,
            r#"{"type":"user","message":{"content":"<local-command-stdout>done</local-command-stdout>"}}"#,
            r#"{"type":"user","isCompactSummary":true,"message":{"content":"before:"}}"#,
            r#"{"type":"user","isSidechain":true,"message":{"content":"count"}}"#,
            r#"{"type":"assistant","message":{"content":"\"user\""}}"#,
            "\"user\"",
        ];
        assert!(yes.iter().all(|l| starts_turn(l.as_bytes())));
        assert!(!no.iter().any(|l| starts_turn(l.as_bytes())));
        assert!(!starts_turn(RESULT));
    }

    #[test]
    fn an_open_call_is_of_this_turn() {
        let open = |lines: &[&[u8]]| {
            let mut calls = OpenCalls::default();
            lines.iter().for_each(|line| calls.line(line));
            calls.open()
        };
        assert_eq!(open(&[PROMPT, CALL, RESULT]), None);
        assert_eq!(open(&[PROMPT, CALL]), Some(1));
        assert_eq!(open(&[PROMPT, CALL, PROMPT]), None);
        let second = String::from_utf8_lossy(CALL).replace("t1", "t2").into_bytes();
        assert_eq!(open(&[PROMPT, CALL, &second, RESULT]), Some(2));
        let side = String::from_utf8_lossy(CALL).replace("{\"type\":\"a", "{\"isSidechain\":true,\"type\":\"a");
        assert_eq!(open(&[PROMPT, side.as_bytes(), b"torn"]), None);
    }

    #[test]
    fn a_new_id_reaches_the_files_beside() {
        let (from, to) = ("aa-1".parse().expect("id"), "bb-2".parse().expect("id"));
        let line = br#"{"sessionId":"aa-1","uuid":"aa-1","text":"see /s/aa-1/tool-results/x.txt, /s/aa-1.jsonl and aa-1, /aa-12"}"#;
        let out = br#"{"sessionId":"bb-2","uuid":"aa-1","text":"see /s/bb-2/tool-results/x.txt, /s/bb-2.jsonl and aa-1, /aa-12"}"#;
        assert_eq!(&*rename(line, &from, &to), out);
    }

    #[test]
    fn only_what_is_signed_is_sealed() {
        assert!(["thinking.signature", "redacted_thinking.data"].iter().all(|place| sealed(place)));
        assert!(!["text.signature", "thinking.thinking", "tool_use.data", ".data", ".id"].iter().any(|p| sealed(p)));
    }
}
