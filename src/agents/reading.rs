//! How an agent's log is read: one line after another, with what only the whole log tells said at the end.

use serde_json::Value;

use crate::model::session::{Event, Remark};

/// Reads a log as a conversation, a line at a time.
pub trait Parser {
    /// Reads the next line; what happened on it is added to `events`.
    fn line(&mut self, line: &[u8], events: &mut Vec<Event>);

    /// What is known of the session so far.
    fn head(&self) -> Head;

    /// What the whole log tells.
    fn finish(self: Box<Self>) -> Finished;

    /// What has to be remembered to count the events of later lines where this one stops. What [`Finished`] says of
    /// the lines before is not part of it.
    fn memory(&self) -> Value;
}

/// What a log says of its session as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The title the agent gave it, else its first prompt cut to one line.
    pub title: Option<String>,
    /// The version of the agent that wrote last, if the log says so.
    pub agent_version: Option<String>,
    /// The model that answered last, if the log says so.
    pub model: Option<String>,
}

/// What is known once a log was read to its end.
pub struct Finished {
    /// Of the session.
    pub head: Head,
    /// What was not understood.
    pub remarks: Vec<Remark>,
    /// Says of an event what only later lines told: whether it is an aside, how a command ended.
    pub amend: Box<dyn Fn(&mut Event)>,
}

/// Watches the tool calls of a log.
pub trait Calls {
    /// Looks at the next line.
    fn line(&mut self, line: &[u8]);

    /// How many lines come before the first call that still has no result; `None` if all have one.
    fn open(&self) -> Option<u64>;
}
