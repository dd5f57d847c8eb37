//! What the scripted model says: chosen by a `[[name]]` in the last prompt that has one, turn by turn.

use std::collections::BTreeMap;

/// One thing that the model does in a turn.
#[derive(Debug, Clone)]
pub enum Act {
    /// Text for the person.
    Say(String),
    /// Reasoning, with a signature as the provider would add.
    Think(String),
    /// A shell command.
    Shell(String),
    /// Reads a file.
    Read(String),
    /// Replaces `old` by `new` in a file.
    Edit { path: String, old: String, new: String },
    /// A tool of the agent by its own name; `{last-uuid}` stands for the last UUID in the latest tool result.
    Tool { name: &'static str, space: Option<&'static str>, input: serde_json::Value },
}

/// Text for the person.
pub fn say(text: &str) -> Act {
    Act::Say(text.into())
}

/// Reasoning.
pub fn think(text: &str) -> Act {
    Act::Think(text.into())
}

/// A shell command.
pub fn shell(command: &str) -> Act {
    Act::Shell(command.into())
}

/// The turns of every name.
#[derive(Debug, Clone, Default)]
pub struct Scripts(BTreeMap<String, Vec<Vec<Act>>>);

impl Scripts {
    /// No script yet.
    pub fn new() -> Scripts {
        Scripts::default()
    }

    /// The same with one more: a turn is what the model answers to one request.
    pub fn with(mut self, name: &str, turns: impl IntoIterator<Item = Vec<Act>>) -> Scripts {
        self.0.insert(name.into(), turns.into_iter().collect());
        self
    }

    /// The turn that comes next after `said`, with its name. Past the end of a script, and where nothing named one,
    /// a sentence that names the place: a summary that an agent asks for is answered so.
    pub fn next(&self, said: &[Said]) -> (String, Vec<Act>) {
        let (name, turn) = place(said);
        let acts = name.as_deref().and_then(|n| self.0.get(n)).and_then(|turns| turns.get(turn));
        let label = format!("{}/{turn}", name.as_deref().unwrap_or("-"));
        let acts = acts.cloned().unwrap_or_else(|| vec![Act::Say(format!("(nothing more at {label})"))]);
        (label, acts)
    }
}

/// What a request says was said before, as far as choosing a turn goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A prompt, or anything else in the person's place.
    User(String),
    /// Text, reasoning or a call of the model.
    Model,
    /// What a tool gave back.
    Tool,
}

/// The name that the last prompt with a marker gives, and how many turns the model has had since.
fn place(said: &[Said]) -> (Option<String>, usize) {
    let (mut name, mut turn) = (None, 0);
    for (i, unit) in said.iter().enumerate() {
        match unit {
            Said::User(text) => {
                if let Some(found) = marker(text) {
                    (name, turn) = (Some(found.to_owned()), 0);
                }
            }
            Said::Model if i == 0 || said[i - 1] != Said::Model => turn += 1,
            Said::Model | Said::Tool => {}
        }
    }
    (name, turn)
}

/// The name in the last `[[name]]` of a text.
fn marker(text: &str) -> Option<&str> {
    let from = text.rfind("[[")? + 2;
    let name = &text[from..from + text[from..].find("]]")?];
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

#[test]
fn a_turn_is_counted_from_the_last_marked_prompt() {
    let scripts = Scripts::new().with("one", [vec![say("a")], vec![say("b")]]);
    let user = |text: &str| Said::User(text.into());
    let label = |said: &[Said]| scripts.next(said).0;
    assert_eq!(label(&[user("hello")]), "-/0");
    assert_eq!(label(&[user("[[one]] go")]), "one/0");
    assert_eq!(label(&[user("[[one]] go"), Said::Model, Said::Model, Said::Tool]), "one/1");
    assert_eq!(label(&[user("[[two]]"), Said::Model, user("[[one]]"), user("a reminder")]), "one/0");
    assert_eq!(label(&[user("[[one]]"), Said::Model, Said::Tool, Said::Model]), "one/2");
}
