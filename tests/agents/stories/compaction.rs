//! A session that was compacted is handed over: the summary stands for what came before, on both sides.

use crate::agent::Agent;
use crate::conversation::Kind;
use crate::handover::Program;
use crate::script::{AFTER, record};
use crate::story::Story;
use crate::surface::Surface;

fn compacted(agent: Agent, at: &Surface) -> String {
    let id = record(agent, at);
    match agent {
        Agent::Claude => drop(agent.resume(at, &id, "/compact")),
        // A limit that the session is over: Codex compacts before it takes the prompt.
        Agent::Codex => {
            let limit = "model_auto_compact_token_limit=1000";
            at.done(&["codex", "exec", "-c", limit, "resume", &id, "[[greet]] the zebra"]);
        }
    }
    agent.resume(at, &id, "[[greet]] the zebra");
    id
}

fn arrives_compacted(agent: Agent) {
    let Some(story) = Story::begin(agent, compacted) else { return };
    let sent = story.sent_by_id(&story.cloud);
    assert!(sent.blocks.iter().any(|b| b.is(Kind::User, AFTER)));
    assert!(!sent.blocks.iter().any(|b| b.is(Kind::Model, "It subtracts.")), "the session was not compacted");
    story.arrives("compacted", &Program);
}

#[test]
fn claude() {
    arrives_compacted(Agent::Claude);
}

#[test]
fn codex() {
    arrives_compacted(Agent::Codex);
}
