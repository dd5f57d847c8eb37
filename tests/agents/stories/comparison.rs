//! The comparison itself: it passes what is the same, and it fails what lacks one line.

use crate::agent::Agent;
use crate::compare::differences;
use crate::handover::Handover;
use crate::script::record;
use crate::stand_in::Copied;
use crate::story::Story;

fn a_copy_is_the_same_and_a_lossy_one_is_not(agent: Agent, without: &str) {
    let Some(story) = Story::begin(agent, record) else { return };
    let carried = story.world.aside("carried");
    let copied = Copied { agent, id: &story.id, carried: carried.clone(), without: None };
    story.arrives("copied", &copied);

    let control = story.sent_by_id(&story.cloud);
    let lossy = Copied { without: Some(without), ..copied };
    lossy.push(&story.cloud);
    let other = story.world.desktop();
    lossy.resume(&other);
    let (same, differing) = differences(&control.blocks, &story.sent_by_id(&other).blocks);
    assert!(same < control.blocks.len() && !differing.is_empty(), "a lost line was not seen");
}

#[test]
fn claude() {
    a_copy_is_the_same_and_a_lossy_one_is_not(Agent::Claude, "It subtracts.");
}

#[test]
fn codex() {
    a_copy_is_the_same_and_a_lossy_one_is_not(Agent::Codex, "It subtracts.");
}
