//! What a rollout leaves behind on the way out, and what this machine puts in its place.
//!
//! `codex resume` takes the approval policy, the sandbox and the writable folders from the rollout and not from the
//! user's settings (measured with 0.169.0), so none of the sender's may be in it: whoever could write a handoff could
//! otherwise switch the sandbox of its reader off. `settle` applies the same rules to what is stored, because a stored
//! line need not have come through `carry`.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use memchr::memmem::Finder;
use serde_json::Value;

use super::config::Config;
use crate::agents::{Carry, Settle};
use crate::jsonl::{self, Edits, Kind, Tape};

/// Members of `session_meta` that stay at home: the vendor's text, the machine's provider, what may be written to,
/// and the pointer into another rollout of the same store (loading has already followed it).
const META: [&str; 5] =
    ["base_instructions", "model_provider", "runtime_workspace_roots", "history_base", "forked_from_ordinal_exclusive"];

/// Members of `turn_context` that say what the agent was allowed to do.
const PERMISSIONS: [&str; 8] = [
    "permission_profile",
    "active_permission_profile",
    "approvals_reviewer",
    "file_system_sandbox_policy",
    "network",
    "network_sandbox_policy",
    "workspace_roots",
    "runtime_workspace_roots",
];

/// The approval policy of every stored turn; the receiving machine's own takes its place. Without one Codex ignores
/// the line and with it the model, and sends the whole opening context a second time.
const STORED_APPROVAL: &str = "on-request";

/// The sandbox of every turn, stored or settled. It only keeps the line readable: resume takes the sandbox from the
/// settings when no `thread_settings_applied` line speaks.
const SANDBOX: &str = r#"{"type":"read-only"}"#;

/// The event that restores provider, permissions, folders and approvals as they last were: never carried.
const SETTINGS_EVENT: &str = "thread_settings_applied";

/// The filter on the way out.
pub(super) struct Out {
    plain: Plain,
    /// Whether the log's `session_meta` went by. A second one, as forks have it, makes resume forget what came before.
    begun: bool,
}

/// The filter on the way in.
pub(super) struct In {
    plain: Plain,
    here: Here,
    ordinal: usize,
}

/// What this machine puts in.
struct Here {
    provider: String,
    approval: &'static str,
}

impl Out {
    pub(super) fn remembering(memory: Option<&Value>) -> Out {
        Out { plain: Plain::new(), begun: memory.and_then(Value::as_bool).unwrap_or_default() }
    }
}

impl In {
    /// For a file with `before` lines ahead of the first that is settled; `cwd` is where the session will work.
    pub(super) fn new(config: &Config, cwd: &Path, before: usize) -> In {
        let here = Here { provider: jsonl::encode(config.provider()), approval: config.approval(cwd) };
        In { plain: Plain::new(), here, ordinal: before }
    }
}

impl Carry for Out {
    fn line<'a>(&mut self, line: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        if let Some(ordinal) = self.plain.ordinal(line) {
            return Some(number(line, ordinal, 0));
        }
        let Some(tape) = Tape::read(line) else { return Some(Cow::Borrowed(line)) };
        if tape.text(&["payload", "type"]).is_some_and(|t| t == SETTINGS_EVENT) {
            return None;
        }
        if tape.text(&["type"]).is_some_and(|t| t == "session_meta") && std::mem::replace(&mut self.begun, true) {
            return None;
        }
        Some(rewrite(&tape, 0, None))
    }

    fn memory(&self) -> Value {
        Value::Bool(self.begun)
    }
}

impl Settle for In {
    fn line<'a>(&mut self, line: &'a [u8]) -> Cow<'a, [u8]> {
        let at = self.ordinal;
        self.ordinal += 1;
        if let Some(ordinal) = self.plain.ordinal(line) {
            return number(line, ordinal, at);
        }
        match Tape::read(line) {
            Some(tape) => rewrite(&tape, at, Some(&self.here)),
            None => Cow::Borrowed(line),
        }
    }
}

/// Recognises, without reading the whole line, those in which only the ordinal is bound to a place.
struct Plain {
    /// The names whose lines need more than that, and the only way to write them so that they are not seen: an
    /// escaped ASCII character, which no agent writes.
    words: [Finder<'static>; 4],
}

impl Plain {
    fn new() -> Plain {
        Plain { words: ["session_meta", "turn_context", "thread_settings", "\\u00"].map(Finder::new) }
    }

    /// The digits of the ordinal (an empty range if there is none), or `None` if the line has to be read.
    fn ordinal(&self, line: &[u8]) -> Option<Range<usize>> {
        const BEFORE: &[u8] = b"{\"timestamp\":\"";
        let stamp = line.strip_prefix(BEFORE)?;
        let after = BEFORE.len() + memchr::memchr(b'"', &stamp[..stamp.len().min(40)])? + 1;
        let start = match line[after..].strip_prefix(b",\"ordinal\":") {
            Some(_) => after + b",\"ordinal\":".len(),
            None => after,
        };
        let digits = line[start..].iter().take_while(|b| b.is_ascii_digit()).count();
        let end = start + digits;
        let plain = line[end..].starts_with(b",\"type\":\"") && (digits > 0) == (start > after);
        (plain && !self.words.iter().any(|word| word.find(line).is_some())).then_some(start..end)
    }
}

fn number<'a>(line: &'a [u8], ordinal: Range<usize>, to: usize) -> Cow<'a, [u8]> {
    let to = to.to_string();
    if ordinal.is_empty() || line[ordinal.clone()] == *to.as_bytes() {
        return Cow::Borrowed(line);
    }
    let mut edits = Edits::default();
    edits.replace(ordinal, to);
    edits.apply(line)
}

/// The line with ordinal `to`, without anything that gives permissions, and with what `here` adds. Duplicate members
/// are all treated alike: readers differ in which of them they take.
fn rewrite<'a>(tape: &Tape<'a>, to: usize, here: Option<&Here>) -> Cow<'a, [u8]> {
    let mut edits = Edits::default();
    let named = |name: &str| tape.children(0).filter(|&n| tape.key(n).is_some_and(|k| k == name)).collect::<Vec<_>>();
    for ordinal in named("ordinal") {
        put(tape, &mut edits, ordinal, &to.to_string());
    }
    let is = |kind: &str| named("type").iter().any(|&n| tape.text_of(n).is_some_and(|t| t == kind));
    for payload in named("payload").into_iter().filter(|&n| tape.nodes()[n].kind == Kind::Object) {
        let mut gone = vec!["thread_settings"];
        if is("session_meta") {
            gone.extend(META);
        }
        if is("turn_context") {
            gone.extend(PERMISSIONS);
        }
        let (gone, kept): (Vec<usize>, Vec<usize>) =
            tape.children(payload).partition(|&n| tape.key(n).is_some_and(|k| gone.contains(&&*k)));
        edits.remove(tape, payload, &gone);
        for &member in &kept {
            match tape.key(member).as_deref() {
                Some("source") if is("session_meta") && tape.nodes()[member].kind == Kind::String => {
                    put(tape, &mut edits, member, "\"cli\"");
                }
                Some("sandbox_policy") if is("turn_context") => put(tape, &mut edits, member, SANDBOX),
                Some("approval_policy") if is("turn_context") => {
                    let policy = here.map_or(STORED_APPROVAL, |h| h.approval);
                    put(tape, &mut edits, member, &format!("\"{policy}\""));
                }
                _ => {}
            }
        }
        if let Some(here) = here.filter(|_| is("session_meta")) {
            let member = format!("\"model_provider\":\"{}\"", here.provider);
            match kept.last() {
                Some(&last) => edits.replace(after(tape, last), format!(",{member}")),
                None => edits.replace(inside(tape, payload), member),
            }
        }
    }
    edits.apply(tape.line())
}

fn put(tape: &Tape<'_>, edits: &mut Edits, node: usize, with: &str) {
    if tape.raw(node) != with.as_bytes() {
        edits.replace(tape.nodes()[node].span.clone(), with);
    }
}

fn after(tape: &Tape<'_>, node: usize) -> Range<usize> {
    let end = tape.nodes()[node].span.end;
    end..end
}

fn inside(tape: &Tape<'_>, object: usize) -> Range<usize> {
    let start = tape.nodes()[object].span.start + 1;
    start..start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(line: &str) -> Option<String> {
        Out::remembering(None).line(line.as_bytes()).map(|l| String::from_utf8(l.into_owned()).expect("text"))
    }

    fn settled(config: &str, before: usize, line: &str) -> String {
        let store = tempfile::tempdir().expect("temp");
        std::fs::write(store.path().join("config.toml"), config).expect("config");
        let mut settle = In::new(&Config::read(store.path()), Path::new("/src/demo"), before);
        String::from_utf8(settle.line(line.as_bytes()).into_owned()).expect("text")
    }

    #[test]
    fn the_head_of_a_rollout_changes_hands() {
        let native = r#"{"timestamp":"t","ordinal":0,"type":"session_meta","payload":{"id":"i","cwd":"/r","runtime_workspace_roots":["/"],"source":"exec","model_provider":"corp","base_instructions":{"text":"x"},"history_mode":"paginated","history_base":{"thread_id":"j"}}}"#;
        let stored = r#"{"timestamp":"t","ordinal":0,"type":"session_meta","payload":{"id":"i","cwd":"/r","source":"cli","history_mode":"paginated"}}"#;
        assert_eq!(out(native).as_deref(), Some(stored));
        let here = settled("model_provider = \"mine\"", 0, stored);
        assert_eq!(here, stored.replace("}}", r#","model_provider":"mine"}}"#));
        assert_eq!(out(&here).as_deref(), Some(stored));
    }

    #[test]
    fn a_log_begins_once() {
        let meta = br#"{"type":"session_meta","payload":{"id":"i"}}"#;
        let mut carry = Out::remembering(None);
        assert!(carry.line(meta).is_some());
        assert!(carry.line(meta).is_none());
    }

    #[test]
    fn permissions_are_the_readers_own() {
        let native = r#"{"timestamp":"t","ordinal":5,"type":"turn_context","payload":{"turn_id":"u","cwd":"/r","approval_policy":"never","approvals_reviewer":"auto_review","permission_profile":{"type":"disabled"},"model":"m","sandbox_policy":{"type":"danger-full-access"}}}"#;
        let stored = r#"{"timestamp":"t","ordinal":0,"type":"turn_context","payload":{"turn_id":"u","cwd":"/r","approval_policy":"on-request","model":"m","sandbox_policy":{"type":"read-only"}}}"#;
        assert_eq!(out(native).as_deref(), Some(stored));
        let here = settled("approval_policy = \"untrusted\"", 7, native);
        assert_eq!(here, stored.replace("\"ordinal\":0", "\"ordinal\":7").replace("on-request", "untrusted"));
        assert_eq!(out(&here).as_deref(), Some(stored));
    }

    #[test]
    fn settings_events_stay_at_home_and_are_harmless_if_one_comes() {
        let line = r#"{"timestamp":"t","ordinal":6,"type":"event_msg","payload":{"type":"thread_settings_applied","thread_id":"i","thread_settings":{"approval_policy":"never","permission_profile":{"type":"disabled"}}}}"#;
        assert_eq!(out(line), None);
        assert!(!settled("", 6, line).contains("disabled"));
        for hidden in [
            line.replace("thread_settings_applied", "thread\\u005fsettings_applied"),
            line.replace("\"thread_settings\"", "\"thread\\u005fsettings\""),
            line.replace("thread_settings_applied\"", "x\",\"type\":\"thread_settings_applied\""),
        ] {
            assert!(!settled("", 6, &hidden).contains("disabled"), "{hidden}");
        }
        let twice = r#"{"timestamp":"t","type":"x","type":"turn\u005fcontext","payload":{"approval_policy":"never","approval_policy":"never","permission_profile":{"type":"disabled"}}}"#;
        let here = settled("", 0, twice);
        assert!(!here.contains("never") && !here.contains("disabled"), "{here}");
    }

    #[test]
    fn ordinals_follow_the_line_and_nothing_else_moves() {
        let line = r#"{"timestamp":"2026-01-01T00:00:00.000Z","ordinal":41,"type":"response_item","payload":{"ordinal":41,"x":" \u001b[0m "}}"#;
        let stored = out(line).expect("kept");
        assert_eq!(stored, line.replacen("41", "0", 1));
        assert_eq!(settled("", 123, &stored), line.replacen("41", "123", 1));
        for legacy in [r#"{"timestamp":"t","type":"response_item","payload":{}}"#, "not json", "", "{", "[1]"] {
            assert_eq!(out(legacy).as_deref(), Some(legacy));
            assert_eq!(settled("", 9, legacy), legacy);
        }
    }

    #[test]
    fn what_is_put_in_comes_out_again_to_the_byte() {
        for stored in [
            r#"{"type":"session_meta","payload":{}}"#,
            r#"{"type":"session_meta","payload":{ }}"#,
            r#"{"type":"session_meta","payload":{"id":1 } }"#,
            r#"{"ordinal" : 0 , "type":"turn_context","payload":{"approval_policy":"on-request"}}"#,
            r#"{"type":"session_meta","payload":[]}"#,
        ] {
            let here = settled("model_provider=\"a\\\"b\"", 3, stored);
            assert_eq!(out(&here).as_deref(), Some(stored), "{here}");
        }
    }
}
