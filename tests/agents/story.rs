//! The parts that the stories share: a session recorded on one surface, what its agent would send there, and what it
//! sends elsewhere.

use serde_json::Value;

use crate::agent::Agent;
use crate::compare::{assert_no_path_of, assert_same};
use crate::conversation::{Block, Kind, conversation};
use crate::handover::Handover;
use crate::installed::Installed;
use crate::script::{AFTER, SECRET, scripts};
use crate::surface::{Surface, World};

/// One agent's session that was recorded on the first surface.
#[derive(Debug)]
pub struct Story {
    /// Whose.
    pub agent: Agent,
    /// Where it plays.
    pub world: World,
    /// Where the session began.
    pub cloud: Surface,
    /// The session.
    pub id: String,
}

impl Story {
    /// Has `record` make a session on the first surface and give its id; `None`, and said so, without the agent.
    pub fn begin(agent: Agent, record: impl FnOnce(Agent, &Surface) -> String) -> Option<Story> {
        Story::begin_with(agent, |_| (), record)
    }

    /// The same on a clone that `prepare` did something with first.
    pub fn begin_with(
        agent: Agent,
        prepare: impl FnOnce(&Surface),
        record: impl FnOnce(Agent, &Surface) -> String,
    ) -> Option<Story> {
        let installed = Installed::or_skip(&[agent.name()])?;
        let world = World::new(installed, |clone| scripts(agent, clone));
        let cloud = world.cloud();
        prepare(&cloud);
        let id = record(agent, &cloud);
        Some(Story { agent, world, cloud, id })
    }

    /// What the agent sends when it goes on with the session at `at` in the given way. The surface is then as before.
    pub fn sent(&self, at: &Surface, go_on: impl FnOnce(&Surface)) -> Sent {
        at.probe(go_on);
        let body = self.world.model.asked_for("after/0").body;
        let mut blocks: Vec<Block> = conversation(&body).into_iter().map(|block| comparable(block, at)).collect();
        // What an agent's program announces of its own tools after the last prompt is of this request alone.
        blocks.truncate(1 + blocks.iter().rposition(|b| b.is(Kind::User, AFTER)).expect("the prompt was sent"));
        Sent { blocks, body }
    }

    /// The same when it is continued by its id.
    pub fn sent_by_id(&self, at: &Surface) -> Sent {
        self.sent(at, |at| drop(self.agent.resume(at, &self.id, AFTER)))
    }

    /// Hands the session over, out of reach of where it came from, and compares what the agent sends on either side.
    pub fn arrives(&self, what: &str, how: &dyn Handover) {
        let control = self.sent_by_id(&self.cloud);
        how.init(&self.cloud);
        how.push(&self.cloud);
        let laptop = self.world.laptop();
        how.init(&laptop);
        self.cloud.hide();
        assert_eq!(how.resume(&laptop), self.agent.start(&self.id));
        self.same(what, &control, &self.sent_by_id(&laptop));
        self.cloud.show();
    }

    /// Prints a measurement.
    #[expect(clippy::print_stderr, reason = "the counts are what the suite is run for")]
    pub fn tell(&self, what: &str) {
        eprintln!("{}/{what}", self.agent.name());
    }

    /// Compares, and looks for what must not be there.
    pub fn same(&self, what: &str, control: &Sent, candidate: &Sent) {
        assert_same(&format!("{}/{what}", self.agent.name()), &control.blocks, &candidate.blocks);
        assert_no_path_of(&self.cloud, &candidate.body);
    }
}

/// A request, and the conversation in it.
#[derive(Debug)]
pub struct Sent {
    /// Comparable with another surface's.
    pub blocks: Vec<Block>,
    /// As it was sent.
    pub body: Value,
}

/// What differs rightly between two surfaces is made alike: their own paths, and the secret where it was taken out.
fn comparable(block: Block, at: &Surface) -> Block {
    block.seen_from(at).reading(SECRET, "@secret").without_redactions("@secret")
}
