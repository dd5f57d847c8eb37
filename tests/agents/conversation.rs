//! The conversation that a request to the model carries, as blocks that two surfaces can be compared by.

use std::fmt;

use serde_json::Value;

use crate::surface::Surface;

/// One thing said, done or shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    kind: Kind,
    text: String,
}

/// Whose a block is, or what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Told by the agent's own program: instructions, environment.
    System,
    /// Text in the person's place.
    User,
    /// Text of the model.
    Model,
    /// The model's reasoning with its signature.
    Thought,
    /// A tool call: id, name, input.
    Call,
    /// What it gave back.
    Result,
    /// The same, where the agent marks it as failed.
    Failed,
    /// An image, as data.
    Image,
}

impl Block {
    /// A block of that kind.
    pub fn new(kind: Kind, text: impl Into<String>) -> Block {
        Block { kind, text: text.into() }
    }

    /// Whether it is of that kind and has `text` in it.
    pub fn is(&self, kind: Kind, text: &str) -> bool {
        self.kind == kind && self.text.contains(text)
    }

    /// The same with the surface's own paths by name, the longest first.
    pub fn seen_from(mut self, surface: &Surface) -> Block {
        for (name, root) in surface.roots() {
            self.text = self.text.replace(&root, &format!("@{name}"));
        }
        self
    }

    /// The same with `old` read as `new`.
    pub fn reading(mut self, old: &str, new: &str) -> Block {
        self.text = self.text.replace(old, new);
        self
    }

    /// The same with the places where something was taken out (`[REDACTED:<kind>#<n>]`) read as `new`.
    pub fn without_redactions(mut self, new: &str) -> Block {
        let placeholder = regex::Regex::new(r"\[REDACTED:[a-z0-9-]+#[0-9]+\]").expect("a valid pattern");
        self.text = placeholder.replace_all(&self.text, new).into_owned();
        self
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short: String = self.text.chars().take(300).collect();
        write!(f, "{:?}: {}", self.kind, short.escape_debug())
    }
}

/// The blocks of a request body, in order: Anthropic's `messages` or OpenAI's `input`.
pub fn conversation(body: &Value) -> Vec<Block> {
    match (&body["messages"], &body["input"]) {
        (Value::Array(messages), _) => messages.iter().flat_map(message).collect(),
        (_, Value::Array(items)) => items.iter().flat_map(item).collect(),
        _ => panic!("no conversation in {body}"),
    }
}

fn message(message: &Value) -> Vec<Block> {
    let said = speaker(&message["role"]);
    match &message["content"] {
        Value::String(text) => vec![Block::new(said, text)],
        Value::Array(blocks) => blocks.iter().map(|block| content(said, block)).collect(),
        other => panic!("a message without content: {other}"),
    }
}

/// Anthropic's content block, or a part of an OpenAI message.
fn content(said: Kind, block: &Value) -> Block {
    let text = |name: &str| block[name].as_str().unwrap_or_default();
    match text("type") {
        "text" | "input_text" | "output_text" => Block::new(said, text("text")),
        "thinking" => Block::new(Kind::Thought, format!("{} ({})", text("thinking"), text("signature"))),
        "tool_use" => Block::new(Kind::Call, format!("{} {} {}", text("id"), text("name"), sorted(&block["input"]))),
        "tool_result" => {
            let kind = if block["is_error"] == true { Kind::Failed } else { Kind::Result };
            Block::new(kind, format!("{} {}", text("tool_use_id"), shown(&block["content"])))
        }
        "tool_addition" => Block::new(Kind::System, sorted(&block["tool"])),
        "image" | "input_image" => Block::new(Kind::Image, image(block)),
        other => panic!("a block of the unknown kind {other}: {block}"),
    }
}

fn item(item: &Value) -> Vec<Block> {
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    let one = |kind, text: String| vec![Block::new(kind, text)];
    match item["type"].as_str().unwrap_or("message") {
        "message" => message(item),
        "reasoning" => one(Kind::Thought, format!("{} ({})", shown(&item["summary"]), text("encrypted_content"))),
        "function_call" => {
            let input = serde_json::from_str(text("arguments")).unwrap_or_else(|_| item["arguments"].clone());
            let name = format!("{}.{}", text("namespace"), text("name"));
            one(Kind::Call, format!("{} {} {}", text("call_id"), name.trim_start_matches('.'), sorted(&input)))
        }
        "function_call_output" => one(Kind::Result, format!("{} {}", text("call_id"), shown(&item["output"]))),
        other => panic!("an item of the unknown kind {other}: {item}"),
    }
}

fn speaker(role: &Value) -> Kind {
    match role.as_str() {
        Some("assistant") => Kind::Model,
        Some("user") => Kind::User,
        _ => Kind::System,
    }
}

/// Text, or blocks of text and images, as one text.
fn shown(content: &Value) -> String {
    let part = |part: &Value| match part["text"].as_str() {
        Some(text) => text.to_owned(),
        None => image(part),
    };
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(part).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

fn image(block: &Value) -> String {
    let data = [&block["source"]["data"], &block["image_url"]].into_iter().find_map(Value::as_str);
    data.unwrap_or_else(|| panic!("neither text nor image: {block}")).to_owned()
}

/// JSON text that does not depend on the order of members.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.as_str());
            let members: Vec<_> = members.iter().map(|(name, value)| format!("{name}: {}", sorted(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(", ")),
        // Unescaped, so that a path stays as it is.
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
