//! What a log tells of its session as a whole, counted a line at a time: it can be remembered and gone on with.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::agents::{Agent, Head, Parser};
use crate::fault::AnyFault;
use crate::jsonl::Lines;
use crate::model::session::{Event, What};

/// No more turns are remembered: older ones count as one.
const MOST_TURNS: usize = 4096;

/// A count that goes on with each line.
pub struct Tally {
    parser: Box<dyn Parser>,
    counted: Counted,
    events: Vec<Event>,
}

/// What was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Events.
    pub events: u64,
    /// When the last event was.
    pub last_event: Option<Timestamp>,
    /// The turns, each with its beginning: on which branch, where the agent says it, and when.
    pub turns: Vec<Turn>,
}

/// What is remembered of a turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The branch, where the agent says it.
    pub branch: Option<String>,
    /// When it began.
    pub began: Option<Timestamp>,
    /// When its last event was.
    pub last: Option<Timestamp>,
}

/// A tally as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    counted: Counted,
    parser: Value,
}

impl Remembered {
    /// What was counted.
    pub fn counted(&self) -> &Counted {
        &self.counted
    }
}

impl Tally {
    /// Nothing counted.
    pub fn new(agent: &dyn Agent) -> Tally {
        Tally { parser: agent.parser(None), counted: Counted::default(), events: Vec::new() }
    }

    /// Goes on where another stopped.
    pub fn after(agent: &dyn Agent, remembered: Remembered) -> Tally {
        let Remembered { counted, parser } = remembered;
        Tally { parser: agent.parser(Some(&parser)), counted, events: Vec::new() }
    }

    /// Counts a line.
    pub fn line(&mut self, line: &[u8]) {
        self.parser.line(line, &mut self.events);
        for event in self.events.drain(..) {
            self.counted.add(&event);
        }
    }

    /// Counts lines to their end.
    pub fn lines(&mut self, mut lines: impl Lines) -> Result<(), AnyFault> {
        while let Some(line) = lines.next()? {
            self.line(&line);
        }
        Ok(())
    }

    /// What was counted.
    pub fn counted(&self) -> &Counted {
        &self.counted
    }

    /// What is known of the session.
    pub fn head(&self) -> Head {
        self.parser.head()
    }

    /// What to remember.
    pub fn remember(&self) -> Remembered {
        Remembered { counted: self.counted.clone(), parser: self.parser.memory() }
    }
}

impl Counted {
    fn add(&mut self, event: &Event) {
        self.events += 1;
        self.last_event = self.last_event.max(event.at);
        if event.side {
            return;
        }
        if matches!(event.what, What::User { .. }) || self.turns.is_empty() {
            if self.turns.len() == MOST_TURNS {
                self.turns.remove(1);
            }
            self.turns.push(Turn { branch: event.branch.clone(), began: event.at, last: event.at });
        } else if let Some(turn) = self.turns.last_mut() {
            turn.last = turn.last.max(event.at);
        }
    }
}
