//! A session as any agent's conversation: the normalised form, derived from a log and never stored.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::ids::{AgentName, SessionId};

/// A conversation, in the order of its log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Session {
    /// Whose log it is.
    pub agent: AgentName,
    /// The agent's own id.
    pub id: SessionId,
    /// The title the agent gave it, else its first prompt cut to one line.
    pub title: Option<String>,
    /// The version of the agent that wrote last, if the log says so.
    pub agent_version: Option<String>,
    /// The model that answered last, if the log says so.
    pub model: Option<String>,
    /// What happened.
    pub events: Vec<Event>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// The line of the log it stands on, from 1.
    pub line: usize,
    /// When.
    pub at: Option<Timestamp>,
    /// The branch that was checked out, where the agent says it on each line.
    pub branch: Option<String>,
    /// Part of a subagent's or an abandoned side of the conversation, not of what a resume sends.
    pub side: bool,
    /// What.
    pub what: What,
}

/// The kinds of event that every agent has in some form.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// What the person typed, with the images that were pasted.
    User {
        /// The text.
        text: String,
        /// How many images went with it.
        images: usize,
    },
    /// Text the agent or the harness put into the user's role: reminders, expanded commands, environment notes.
    Context {
        /// The text.
        text: String,
    },
    /// What the model said.
    Assistant {
        /// The text.
        text: String,
    },
    /// What the model thought, as far as the log has it in the clear.
    Reasoning {
        /// The text; empty if it is sealed.
        text: String,
    },
    /// A tool that the model called.
    Call {
        /// The call's id.
        id: String,
        /// The tool's name.
        tool: String,
        /// Its arguments as JSON text (or free text for tools that take that).
        input: String,
    },
    /// What the tool gave back.
    Output {
        /// The call's id.
        id: String,
        /// The text.
        text: String,
        /// How many images were in it.
        images: usize,
        /// Whether the tool says it failed.
        failed: bool,
        /// The exit code of a command, where the log has one.
        exit_code: Option<i64>,
    },
    /// The agent replaced what came before by a summary.
    Compaction {
        /// The summary.
        summary: String,
    },
}

/// Something in a foreign log that was not understood; never a reason to fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// The line of the log, from 1.
    pub line: usize,
    /// What was odd.
    pub what: String,
}
