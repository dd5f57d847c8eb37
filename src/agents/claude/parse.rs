//! A Claude log as a conversation. Never fails: what is not understood is remarked once for each kind.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::{Finished, Head, Parser};
use super::chain::{Link, Name, main_line};
use super::line::{flag, from_person, is_harness};
use crate::jsonl::{Kind, Tape};
use crate::model::session::{Event, Remark, What};

/// Types of line that are no part of the conversation (2.1.330 and older).
const QUIET: &[&str] = &[
    "agent-color",
    "agent-name",
    "agent-setting",
    "content-replacement",
    "continued-in",
    "data-flow-incomplete",
    "data-flow-records",
    "derived-from",
    "ended-by-model",
    "fork-context-ref",
    "frame-link",
    "history-suppression",
    "isolation-latch",
    "memory-mode",
    "observer-ref",
    "pr-link",
    "progress",
    "repl-mode",
    "tag",
];

/// The longest title, in characters.
const MAX_TITLE: usize = 80;

/// Reads a log.
#[derive(Default)]
pub(super) struct Reader {
    line: usize,
    links: Vec<Link>,
    events: Vec<Event>,
    remarks: Vec<Remark>,
    seen: BTreeSet<String>,
    known: Known,
}

/// What earlier lines said of the session.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Known {
    titles: Titles,
    version: Option<String>,
    model: Option<String>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Titles {
    custom: Option<String>,
    made: Option<String>,
    summary: Option<String>,
    last_prompt: Option<String>,
    first_prompt: Option<String>,
}

impl Titles {
    /// One line of at most [`MAX_TITLE`] characters.
    fn best(&self) -> Option<String> {
        let given = [&self.custom, &self.made, &self.summary, &self.first_prompt, &self.last_prompt];
        let one_line = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let title = given.into_iter().flatten().map(one_line).find(|t| !t.is_empty())?;
        if title.chars().count() <= MAX_TITLE {
            return Some(title);
        }
        let cut: String = title.chars().take(MAX_TITLE - 1).collect();
        Some(format!("{}…", cut.trim_end()))
    }
}

impl Parser for Reader {
    fn line(&mut self, line: &[u8], events: &mut Vec<Event>) {
        self.line += 1;
        match Tape::read(line) {
            Some(tape) => self.read(&tape),
            None => {
                self.links.push(Link::default());
                if !line.trim_ascii().is_empty() {
                    self.remark("a line that is not JSON".into());
                }
            }
        }
        events.append(&mut self.events);
    }

    fn head(&self) -> Head {
        let Known { titles, version, model } = &self.known;
        Head { title: titles.best(), agent_version: version.clone(), model: model.clone() }
    }

    fn finish(self: Box<Self>) -> Finished {
        let head = self.head();
        let main = main_line(&self.links);
        let amend = move |event: &mut Event| event.side |= !main.get(event.line - 1).copied().unwrap_or(true);
        Finished { head, remarks: self.remarks, amend: Box::new(amend) }
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

    fn read(&mut self, tape: &Tape<'_>) {
        self.links.push(link(tape));
        self.known.version = owned(tape, &["version"]).or(self.known.version.take());
        match tape.text(&["type"]).as_deref() {
            Some("user") => self.user(tape),
            Some("assistant") => self.assistant(tape),
            Some("attachment") => self.attachment(tape),
            Some("system") => self.system(tape),
            Some("custom-title") => self.known.titles.custom = owned(tape, &["customTitle"]),
            Some("ai-title") => self.known.titles.made = owned(tape, &["aiTitle"]),
            Some("summary") => self.known.titles.summary = owned(tape, &["summary"]),
            Some("last-prompt") => {
                self.known.titles.last_prompt = owned(tape, &["lastPrompt"]).or(self.known.titles.last_prompt.take());
            }
            Some(kind) if QUIET.contains(&kind) || super::carry::AT_HOME.contains(&kind) => {}
            Some(kind) => self.remark(format!("lines of the unknown type \"{}\"", shown(kind))),
            None => self.remark("a line without a type".into()),
        }
    }

    /// Once for each thing that is said.
    fn remark(&mut self, what: String) {
        if self.seen.insert(what.clone()) {
            self.remarks.push(Remark { line: self.line, what });
        }
    }

    fn push(&mut self, tape: &Tape<'_>, what: What) {
        let at = tape.text(&["timestamp"]).and_then(|t| t.parse::<Timestamp>().ok());
        let branch = owned(tape, &["gitBranch"]).filter(|b| !b.is_empty() && b != "HEAD");
        let side = flag(tape, "isSidechain");
        self.events.push(Event { line: self.line, at, branch, side, what });
    }

    fn user(&mut self, tape: &Tape<'_>) {
        let Some(content) = tape.get(&["message", "content"]) else {
            return self.remark("a user line without content".into());
        };
        let (text, images) = said(tape, content);
        if flag(tape, "isCompactSummary") {
            return self.push(tape, What::Compaction { summary: text });
        }
        for block in blocks(tape, content) {
            match member(tape, block, "type").as_deref() {
                Some("tool_result") => self.output(tape, block),
                Some("text" | "image" | "document") => {}
                Some(kind) => self.remark(format!("user blocks of the unknown type \"{}\"", shown(kind))),
                None => self.remark("a user block without a type".into()),
            }
        }
        if text.is_empty() && images == 0 {
            return;
        }
        if flag(tape, "isMeta") || is_harness(&text) || !from_person(tape, &["origin", "kind"]) {
            return self.push(tape, What::Context { text });
        }
        let text = typed(text);
        if !flag(tape, "isSidechain") {
            self.known.titles.first_prompt.get_or_insert_with(|| text.clone());
        }
        self.push(tape, What::User { text, images });
    }

    fn output(&mut self, tape: &Tape<'_>, block: usize) {
        let content = tape.member(block, "content");
        let (text, images) = content.map(|c| said(tape, c)).unwrap_or_default();
        let failed = tape.member(block, "is_error").is_some_and(|n| tape.raw(n) == b"true");
        let exit_code = exit_code(&text).or_else(|| exit_code(tape.text(&["toolUseResult"])?.strip_prefix("Error: ")?));
        let id = member(tape, block, "tool_use_id").unwrap_or_default().into_owned();
        let exit_code = exit_code.filter(|_| failed);
        self.push(tape, What::Output { id, text, images, failed, exit_code });
    }

    fn assistant(&mut self, tape: &Tape<'_>) {
        let Some(content) = tape.get(&["message", "content"]) else {
            return self.remark("an assistant line without content".into());
        };
        // What the harness says in the model's place: errors of the service, for the most part.
        let model = owned(tape, &["message", "model"]);
        let from_harness = flag(tape, "isApiErrorMessage") || model.as_deref() == Some("<synthetic>");
        if !from_harness {
            self.known.model = model.or(self.known.model.take());
        }
        let say = |text: String| if from_harness { What::Context { text } } else { What::Assistant { text } };
        if let Some(text) = tape.text_of(content) {
            return self.push(tape, say(text.into_owned()));
        }
        for block in blocks(tape, content) {
            let text = |name: &str| member(tape, block, name).unwrap_or_default().into_owned();
            match &*text("type") {
                "text" => self.push(tape, say(text("text"))),
                "thinking" => self.push(tape, What::Reasoning { text: text("thinking") }),
                "redacted_thinking" => self.push(tape, What::Reasoning { text: String::new() }),
                "tool_use" | "server_tool_use" | "mcp_tool_use" => {
                    let input = tape.member(block, "input").map(|n| tape.raw(n)).unwrap_or_default();
                    let input = String::from_utf8_lossy(input).into_owned();
                    self.push(tape, What::Call { id: text("id"), tool: text("name"), input });
                }
                kind if kind.ends_with("tool_result") => self.output(tape, block),
                kind => self.remark(format!("assistant blocks of the unknown type \"{}\"", shown(kind))),
            }
        }
    }

    fn attachment(&mut self, tape: &Tape<'_>) {
        let kind = tape.text(&["attachment", "type"]);
        // What the person typed while the agent was at work.
        if kind.as_deref() == Some("queued_command") {
            let Some(prompt) = tape.get(&["attachment", "prompt"]) else { return };
            let (text, images) = said(tape, prompt);
            let meta = tape.get(&["attachment", "isMeta"]).is_some_and(|n| tape.raw(n) == b"true");
            let notice = tape.text(&["attachment", "commandMode"]).is_some_and(|m| m == "task-notification");
            let typed = !meta && !notice && from_person(tape, &["attachment", "origin", "kind"]);
            return self.push(tape, if typed { What::User { text, images } } else { What::Context { text } });
        }
        let rendered = tape.get(&["rendered"]).map(|node| rendered(tape, node)).filter(|t| !t.is_empty());
        if let Some(text) = rendered.or_else(|| owned(tape, &["attachment", "content"])) {
            self.push(tape, What::Context { text });
        }
    }

    fn system(&mut self, tape: &Tape<'_>) {
        let mark = tape.text(&["subtype"]).as_deref() == Some("compact_boundary");
        if let Some(text) = owned(tape, &["content"]).filter(|t| !mark && !t.is_empty()) {
            self.push(tape, What::Context { text });
        }
    }
}

fn link(tape: &Tape<'_>) -> Link {
    let mark = tape.text(&["subtype"]).as_deref() == Some("compact_boundary");
    let content = tape.get(&["message", "content"]);
    let answers = |c| blocks(tape, c).into_iter().any(|b| member(tape, b, "type").as_deref() == Some("tool_result"));
    Link {
        uuid: named(tape, &["uuid"]),
        parent: named(tape, &["parentUuid"]).or_else(|| named(tape, &["logicalParentUuid"])),
        message: named(tape, &["message", "id"]),
        side: flag(tape, "isSidechain"),
        answer: content.is_some_and(answers),
        compaction: mark || flag(tape, "isCompactSummary"),
    }
}

/// The blocks of a message; none if its content is plain text.
fn blocks(tape: &Tape<'_>, content: usize) -> Vec<usize> {
    if tape.nodes()[content].kind == Kind::Array { tape.children(content).collect() } else { Vec::new() }
}

/// The text of a message or a tool's answer, and how many images are in it.
fn said(tape: &Tape<'_>, content: usize) -> (String, usize) {
    if let Some(text) = tape.text_of(content) {
        return (text.into_owned(), 0);
    }
    let (mut texts, mut images) = (Vec::new(), 0);
    for block in blocks(tape, content) {
        match member(tape, block, "type").as_deref() {
            Some("text") => texts.extend(member(tape, block, "text").map(Cow::into_owned)),
            Some("image") => images += 1,
            _ => {}
        }
    }
    (texts.join("\n"), images)
}

/// What an attachment became for the model.
fn rendered(tape: &Tape<'_>, node: usize) -> String {
    let text = |n: usize| {
        let content = tape.member(n, "content")?;
        Some(said(tape, content).0)
    };
    blocks(tape, node).into_iter().filter_map(text).collect::<Vec<_>>().join("\n")
}

/// A slash command or a shell line as it was typed; other text as it is.
fn typed(text: String) -> String {
    let between = |open: &str, close: &str| {
        let rest = text.split_once(open)?.1;
        Some(rest.split_once(close)?.0.trim().to_owned())
    };
    if let Some(shell) = between("<bash-input>", "</bash-input>") {
        return format!("! {shell}");
    }
    match between("<command-name>", "</command-name>") {
        Some(name) if text.trim_start().starts_with("<command-") => {
            let args = between("<command-args>", "</command-args>").unwrap_or_default();
            format!("{name} {args}").trim_end().to_owned()
        }
        _ => text,
    }
}

/// "Exit code 2" at the head of a failed command's answer.
fn exit_code(text: &str) -> Option<i64> {
    let rest = text.strip_prefix("Exit code ")?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// A name as a number: a log has a hundred thousand of them.
fn named(tape: &Tape<'_>, path: &[&str]) -> Option<Name> {
    tape.text(path).map(|text| Name::of(&text))
}

fn owned(tape: &Tape<'_>, path: &[&str]) -> Option<String> {
    tape.text(path).map(Cow::into_owned)
}

fn member<'a>(tape: &Tape<'a>, of: usize, name: &str) -> Option<Cow<'a, str>> {
    tape.text_of(tape.member(of, name)?)
}

/// A foreign name, short enough for a sentence.
fn shown(name: &str) -> String {
    name.chars().take(40).flat_map(char::escape_default).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::Agent;
    use crate::model::session::Session;

    fn read(log: &str) -> (Session, Vec<Remark>) {
        super::super::Claude.parse(&"s".parse().expect("an id"), log.as_bytes())
    }

    #[test]
    fn odd_shapes_are_remarked_and_never_fatal() {
        let log = [
            "[]",
            r#"{"type":"user"}"#,
            r#"{"type":"user","message":{"content":7}}"#,
            r#"{"type":"user","message":{"content":[1,"x",{"type":"tool_result"},{"type":"odd"},{"type":"odd"}]}}"#,
            r#"{"type":"assistant","message":"x"}"#,
            r#"{"type":"assistant","message":{"content":[{"type":"tool_use"},{"type":"text","text":null}]}}"#,
            r#"{"type":"attachment","rendered":"x","attachment":[]}"#,
            r#"{"type":"user","uuid":"a","parentUuid":"a","timestamp":"no","message":{"content":"\ud800"}}"#,
        ];
        let (session, remarks) = read(&(log.join("\n") + "\n"));
        assert_eq!(session.events.len(), 4);
        assert_eq!(remarks.iter().filter(|r| r.what.contains("\"odd\"")).count(), 1);
        assert_eq!(remarks.len(), 5);
    }

    #[test]
    fn a_title_is_one_short_line() {
        let prompt = |text: &str| format!("{{\"type\":\"user\",\"message\":{{\"content\":\"{text}\"}}}}\n");
        assert_eq!(read(&prompt("  fix\\n  it ")).0.title.as_deref(), Some("fix it"));
        let long = read(&prompt(&"é".repeat(100))).0.title.expect("a title");
        assert_eq!((long.chars().count(), long.ends_with('…')), (80, true));
        assert_eq!(read("").0.title, None);
    }

    #[test]
    fn what_was_typed_is_shown_as_it_was_typed() {
        let typed = |text: &str| typed(text.to_owned());
        assert_eq!(typed("<command-message>x</command-message><command-name>/x</command-name>"), "/x");
        assert_eq!(typed("<bash-input>ls -l</bash-input>"), "! ls -l");
        assert_eq!(typed("what is <command-name>x</command-name>?"), "what is <command-name>x</command-name>?");
    }
}
