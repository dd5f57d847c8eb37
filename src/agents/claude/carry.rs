//! Which lines stay at home, and what is normalised in those that go.
//!
//! Left out is what another machine must not take over or what only repeats the vendor's own text:
//! - `prompt_snapshot` holds the whole system prompt and the tools; without it Claude makes a fresh one, which is right
//!   for the new machine. It stands *in* the chain, so lines that name it are linked to its nearest kept ancestor.
//! - `permission-mode` is applied on resume, and `permissionMode` of a prompt when the person rewinds to it
//!   (measured: plan, acceptEdits and dontAsk); a handoff carries no permissions.
//! - State rows that each process writes anew; a resume without them sends the same request (measured). Claude has code
//!   that weeds them out of large files, so kept they could make one session look like two.
//! - Rows that tie a session to a machine's folder, an account or a remote control.
//!
//! The `entrypoint` of a session that a program drove becomes `cli`: the picker and `--continue` hide the others.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;

use super::super::Carry;
use crate::jsonl::{Edits, Kind, Tape};

/// Types of line that stay at home.
pub(super) const AT_HOME: &[&str] = &[
    // A copy of what was sent: system prompt, tools, messages.
    "api-request",
    "api-request-blob",
    "api-request-resumed",
    "api-request-shape",
    // Undo copies on this disk.
    "file-history-delta",
    "file-history-snapshot",
    // Permissions.
    "permission-mode",
    // Written anew by each process.
    "atis-latch",
    "attribution-snapshot",
    "cost-state",
    "mode",
    "queue-operation",
    "resume-head-vouch",
    "tools-used",
    // This machine's folders, accounts and connections.
    "artifact-autoreact-ledger",
    "artifact-comment-monitor",
    "bridge-session",
    "dev-mods",
    "hybrid-organization",
    "relocated",
    "session-owner",
    "worktree-state",
];

/// Entrypoints that Claude's own lists hide.
const HIDDEN: &[&str] = &["sdk-cli", "sdk-ts", "sdk-py"];

/// Members that name another line.
const LINKS: &[&str] = &["parentUuid", "logicalParentUuid", "leafUuid"];

/// The filter of one file.
#[derive(Debug, Default)]
pub(super) struct Filter {
    /// Lines that stayed at home, each with its nearest kept ancestor.
    dropped: HashMap<String, Option<String>>,
}

impl Filter {
    /// A filter that goes on from the memory of another.
    pub(super) fn remembering(memory: Option<&Value>) -> Filter {
        Filter { dropped: memory.and_then(|m| serde_json::from_value(m.clone()).ok()).unwrap_or_default() }
    }
}

impl Carry for Filter {
    fn line<'a>(&mut self, line: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        let Some(tape) = Tape::read(line) else { return Some(Cow::Borrowed(line)) };
        if stays_at_home(&tape) {
            self.note(&tape);
            return None;
        }
        let mut edits = Edits::default();
        self.relink(&tape, &mut edits);
        normalise(&tape, &mut edits);
        Some(edits.apply(line))
    }

    fn memory(&self) -> Value {
        serde_json::json!(self.dropped)
    }
}

fn stays_at_home(tape: &Tape<'_>) -> bool {
    match tape.text(&["type"]).as_deref() {
        Some("attachment") => tape.text(&["attachment", "type"]).as_deref() == Some("prompt_snapshot"),
        Some(kind) => AT_HOME.contains(&kind),
        None => false,
    }
}

impl Filter {
    /// Remembers a line that stays at home, if others can name it.
    fn note(&mut self, tape: &Tape<'_>) {
        let Some(uuid) = tape.text(&["uuid"]) else { return };
        let parent = tape.text(&["parentUuid"]).or_else(|| tape.text(&["logicalParentUuid"]));
        let kept = match parent {
            Some(parent) => self.dropped.get(&*parent).cloned().unwrap_or_else(|| Some(parent.into_owned())),
            None => None,
        };
        self.dropped.insert(uuid.into_owned(), kept);
    }

    fn relink(&self, tape: &Tape<'_>, edits: &mut Edits) {
        if self.dropped.is_empty() {
            return;
        }
        for link in LINKS {
            if let Some(node) = tape.get(&[link]) {
                self.relink_one(tape, node, edits);
            }
        }
        // What a compaction kept: single ids are mapped, of lists the ids go.
        for of in ["preservedSegment", "preservedMessages"] {
            let Some(kept) = tape.get(&["compactMetadata", of]) else { continue };
            for child in tape.children(kept) {
                match tape.nodes()[child].kind {
                    Kind::String => self.relink_one(tape, child, edits),
                    Kind::Array => {
                        let gone: Vec<usize> =
                            tape.children(child).filter(|&n| self.names(tape, n).is_some()).collect();
                        edits.remove(tape, child, &gone);
                    }
                    _ => {}
                }
            }
        }
    }

    fn relink_one(&self, tape: &Tape<'_>, node: usize, edits: &mut Edits) {
        if let Some(kept) = self.names(tape, node) {
            let with = kept.as_ref().map_or("null".to_owned(), |uuid| format!("\"{}\"", crate::jsonl::encode(uuid)));
            edits.replace(tape.nodes()[node].span.clone(), with);
        }
    }

    /// The nearest kept ancestor, if the value names a line that stayed at home.
    fn names(&self, tape: &Tape<'_>, node: usize) -> Option<&Option<String>> {
        self.dropped.get(&*tape.text_of(node)?)
    }
}

fn normalise(tape: &Tape<'_>, edits: &mut Edits) {
    let hidden = |&node: &usize| tape.text_of(node).is_some_and(|e| HIDDEN.contains(&&*e));
    if let Some(node) = tape.get(&["entrypoint"]).filter(hidden) {
        edits.replace(tape.nodes()[node].span.clone(), "\"cli\"");
    }
    let modes: Vec<usize> = tape.children(0).filter(|&n| tape.key(n).as_deref() == Some("permissionMode")).collect();
    edits.remove(tape, 0, &modes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(log: &[&str]) -> Vec<String> {
        let mut filter = Filter::default();
        let keep = |line: &&str| filter.line(line.as_bytes()).map(|l| String::from_utf8_lossy(&l).into_owned());
        log.iter().filter_map(keep).collect()
    }

    #[test]
    fn snapshots_leave_the_chain_whole() {
        let snapshot = |uuid: &str, parent: &str| {
            format!(
                r#"{{"type":"attachment","attachment":{{"type":"prompt_snapshot"}},"uuid":"{uuid}","parentUuid":{parent}}}"#
            )
        };
        let log = [
            &snapshot("s0", "null"),
            r#"{"type":"user","uuid":"u1","parentUuid":"s0"}"#,
            &snapshot("s1", r#""u1""#),
            &snapshot("s2", r#""s1""#),
            r#"{"type":"assistant", "parentUuid" : "s2","uuid":"a1"}"#,
            r#"{"type":"last-prompt","leafUuid":"s1"}"#,
            r#"{"type":"system","parentUuid":null,"logicalParentUuid":"s2","compactMetadata":{"preservedSegment":{"headUuid":"a1","tailUuid":"s2"},"preservedMessages":{"uuids":["a1","s2"],"allUuids":["s1"]}}}"#,
        ];
        assert_eq!(
            carried(&log),
            [
                r#"{"type":"user","uuid":"u1","parentUuid":null}"#,
                r#"{"type":"assistant", "parentUuid" : "u1","uuid":"a1"}"#,
                r#"{"type":"last-prompt","leafUuid":"u1"}"#,
                r#"{"type":"system","parentUuid":null,"logicalParentUuid":"u1","compactMetadata":{"preservedSegment":{"headUuid":"a1","tailUuid":"u1"},"preservedMessages":{"uuids":["a1"],"allUuids":[]}}}"#,
            ]
        );
    }

    #[test]
    fn permissions_stay_at_home() {
        let log = [
            r#"{"type":"permission-mode","permissionMode":"acceptEdits"}"#,
            r#"{"\u0074ype":"permission-mode","permissionMode":"plan"}"#,
            r#"{"type":"user","permissionMode":"bypassPermissions","entrypoint":"sdk-cli","permissionMode":"plan"}"#,
            r#"{"type":"user","message":{"content":"entrypoint sdk-cli, permissionMode plan"}}"#,
        ];
        assert_eq!(carried(&log), [r#"{"type":"user","entrypoint":"cli"}"#, log[3]]);
    }

    #[test]
    fn what_is_not_understood_is_carried() {
        let log = ["", "not json", r#"{"type":7}"#, r#"[1]"#, r#"{"type":"of-tomorrow","x":1}"#];
        assert_eq!(carried(&log), log);
    }

    #[test]
    fn carrying_twice_changes_nothing() {
        let log = [
            r#"{"type":"attachment","attachment":{"type":"prompt_snapshot"},"uuid":"s","parentUuid":"u"}"#,
            r#"{"type":"user","permissionMode":"auto","parentUuid":"s","entrypoint":"sdk-cli","uuid":"v"}"#,
            r#"{"type":"mode","mode":"normal"}"#,
        ];
        let once = carried(&log);
        let again: Vec<&str> = once.iter().map(String::as_str).collect();
        assert_eq!(carried(&again), once);
    }
}
