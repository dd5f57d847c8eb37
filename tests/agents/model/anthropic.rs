//! The model as Anthropic's Messages API, whole or streamed (docs.anthropic.com, "Streaming Messages").

use serde_json::{Value, json};

use super::script::Said;
use super::{Act, Scripts, fresh, text_of, turn};

/// The turn's name, the answer as one message, and the same as a stream of events.
pub fn answer(scripts: &Scripts, body: &Value) -> (String, Value, Vec<Value>) {
    let (name, acts) = turn(scripts, body, said);
    let content: Vec<Value> = acts.iter().map(block).collect();
    let calls = content.iter().any(|b| b["type"] == "tool_use");
    let message = json!({
        "id": fresh("msg_01"), "type": "message", "role": "assistant", "model": body["model"], "content": content,
        "stop_reason": if calls { "tool_use" } else { "end_turn" }, "stop_sequence": null,
        "usage": {"input_tokens": body.to_string().len() / 4, "output_tokens": 20,
            "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0},
    });
    let events = events(&message);
    (name, message, events)
}

fn said(body: &Value) -> Vec<Said> {
    let messages = body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let unit = |m: &Value| {
        let text = text_of(&m["content"]);
        let result = m["content"].as_array().is_some_and(|c| c.iter().any(|b| b["type"] == "tool_result"));
        match m["role"].as_str() {
            Some("assistant") => Said::Model,
            _ if result && !text.contains("[[") => Said::Tool,
            _ => Said::User(text),
        }
    };
    messages.iter().map(unit).collect()
}

fn block(act: &Act) -> Value {
    let call =
        |name: &str, input: Value| json!({"type": "tool_use", "id": fresh("toolu_01"), "name": name, "input": input});
    match act {
        Act::Say(text) => json!({"type": "text", "text": text}),
        Act::Think(text) => json!({"type": "thinking", "thinking": text, "signature": "c2lnbmVkLWJ5LW5vYm9keQ=="}),
        Act::Shell(command) => call("Bash", json!({"command": command, "description": "run a command"})),
        Act::Read(path) => call("Read", json!({"file_path": path})),
        Act::Edit { path, old, new } => call("Edit", json!({"file_path": path, "old_string": old, "new_string": new})),
        Act::Tool { name, input, .. } => call(name, input.clone()),
    }
}

fn events(message: &Value) -> Vec<Value> {
    let mut start = message.clone();
    (start["content"], start["stop_reason"]) = (json!([]), Value::Null);
    let mut events = vec![json!({"type": "message_start", "message": start})];
    for (index, block) in message["content"].as_array().into_iter().flatten().enumerate() {
        let delta = |delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
        let (empty, deltas) = match block["type"].as_str() {
            Some("text") => {
                (json!({"type": "text", "text": ""}), vec![delta(json!({"type": "text_delta", "text": block["text"]}))])
            }
            Some("thinking") => (
                json!({"type": "thinking", "thinking": "", "signature": ""}),
                vec![
                    delta(json!({"type": "thinking_delta", "thinking": block["thinking"]})),
                    delta(json!({"type": "signature_delta", "signature": block["signature"]})),
                ],
            ),
            _ => {
                let mut empty = block.clone();
                empty["input"] = json!({});
                let input = block["input"].to_string();
                (empty, vec![delta(json!({"type": "input_json_delta", "partial_json": input}))])
            }
        };
        events.push(json!({"type": "content_block_start", "index": index, "content_block": empty}));
        events.extend(deltas);
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    let delta = json!({"stop_reason": message["stop_reason"], "stop_sequence": null});
    events.push(json!({"type": "message_delta", "delta": delta, "usage": message["usage"]}));
    events.push(json!({"type": "message_stop"}));
    events
}
