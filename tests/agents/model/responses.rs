//! The model as OpenAI's Responses API, whole or streamed (platform.openai.com, "Streaming API responses").

use serde_json::{Value, json};

use super::script::Said;
use super::{Act, Scripts, fresh, text_of, turn};

/// The turn's name, the answer as one response, and the same as a stream of events.
pub fn answer(scripts: &Scripts, body: &Value) -> (String, Value, Vec<Value>) {
    let history = body["input"].as_array().map(Vec::as_slice).unwrap_or_default();
    let (name, acts) = turn(scripts, body, |_| history.iter().map(said).collect());
    let output: Vec<Value> = acts.iter().map(|act| item(act, history)).collect();
    let tokens = body.to_string().len() / 4;
    let response = json!({
        "id": fresh("resp_"), "object": "response", "created_at": 0, "status": "completed", "model": body["model"],
        "output": output,
        "usage": {"input_tokens": tokens, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 20,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": tokens + 20},
    });
    let events = events(&response);
    (name, response, events)
}

fn said(item: &Value) -> Said {
    match item["type"].as_str().unwrap_or("message") {
        "message" if item["role"] != "assistant" => Said::User(text_of(&item["content"])),
        kind if kind.ends_with("_output") => Said::Tool,
        _ => Said::Model,
    }
}

fn item(act: &Act, history: &[Value]) -> Value {
    match act {
        Act::Say(text) => json!({
            "type": "message", "id": fresh("msg_"), "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": []}],
        }),
        Act::Think(text) => json!({
            "type": "reasoning", "id": fresh("rs_"), "summary": [{"type": "summary_text", "text": text}],
            "encrypted_content": "c2VhbGVkLWJ5LW5vYm9keQ==",
        }),
        Act::Shell(command) => call("exec_command", None, &json!({"cmd": command})),
        Act::Read(path) => call("exec_command", None, &json!({"cmd": format!("cat '{path}'")})),
        Act::Edit { path, old, new } => {
            let (old, new) = (prefixed('-', old), prefixed('+', new));
            let patch = format!("*** Begin Patch\n*** Update File: {path}\n@@\n{old}{new}*** End Patch\n");
            call("exec_command", None, &json!({"cmd": format!("apply_patch <<'EOP'\n{patch}EOP")}))
        }
        Act::Tool { name, space, input } => {
            let filled = input.to_string().replace("{last-uuid}", &last_uuid(history).unwrap_or_default());
            call(name, *space, &serde_json::from_str(&filled).expect("a UUID changes no JSON"))
        }
    }
}

fn call(name: &str, space: Option<&str>, arguments: &Value) -> Value {
    let mut call = json!({
        "type": "function_call", "id": fresh("fc_"), "call_id": fresh("call_"), "name": name,
        "arguments": arguments.to_string(), "status": "completed",
    });
    if let Some(space) = space {
        call["namespace"] = space.into();
    }
    call
}

fn prefixed(sign: char, text: &str) -> String {
    text.lines().map(|line| format!("{sign}{line}\n")).collect()
}

fn last_uuid(history: &[Value]) -> Option<String> {
    let uuid = regex::Regex::new(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").expect("a valid pattern");
    let results = history.iter().rev().filter(|i| said(i) == Said::Tool);
    results.filter_map(|i| uuid.find_iter(&i["output"].to_string()).last().map(|m| m.as_str().to_owned())).next()
}

fn events(response: &Value) -> Vec<Value> {
    let mut start = response.clone();
    (start["output"], start["status"]) = (json!([]), "in_progress".into());
    let mut events = vec![json!({"type": "response.created", "response": start})];
    for (index, item) in response["output"].as_array().into_iter().flatten().enumerate() {
        events.push(json!({"type": "response.output_item.added", "output_index": index, "item": item}));
        if item["type"] == "message" {
            events.push(json!({
                "type": "response.output_text.delta", "output_index": index, "content_index": 0,
                "item_id": item["id"], "delta": item["content"][0]["text"],
            }));
        }
        events.push(json!({"type": "response.output_item.done", "output_index": index, "item": item}));
    }
    events.push(json!({"type": "response.completed", "response": response}));
    events
}
