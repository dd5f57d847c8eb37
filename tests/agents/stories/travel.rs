//! A session is handed over, found in every way that its agent offers, continued there, and comes back.

use crate::agent::Agent;
use crate::handover::{Handover, Program};
use crate::script::{AFTER, ANSWER, WORD, WORK, WORKED, record};
use crate::story::Story;
use crate::surface::Surface;

/// What the receiving home has seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// The agent never ran.
    Fresh,
    /// The agent has a session of its own in the same clone, and lists of it.
    Used,
}

pub fn travels(story: &Story, home: Home, how: &dyn Handover) {
    let Story { agent, world, cloud, .. } = story;
    let control = story.sent_by_id(cloud);
    how.init(cloud);
    how.push(cloud);
    let laptop = world.laptop();
    how.init(&laptop);
    if home == Home::Used {
        agent.begin(&laptop, "[[greet]]");
    }

    cloud.hide();
    let start = how.resume(&laptop);
    assert_eq!(start, agent.start(&story.id));
    story.same("by id", &control, &story.sent_by_id(&laptop));
    story.same("latest", &control, &story.sent(&laptop, |at| drop(agent.latest(at, AFTER))));
    is_listed(*agent, &laptop);
    let start: Vec<&str> = start.split(' ').collect();
    for (what, command) in [("on a terminal", &start[..]), ("latest on a terminal", agent.picks_latest())] {
        if laptop.terminal(&["true"]).is_some() {
            story.same(what, &control, &story.sent(&laptop, |at| continue_on_terminal(at, command)));
        }
    }

    // Work there, and back again.
    let out = agent.resume(&laptop, &story.id, WORK);
    assert!(out.contains(WORKED), "{out}");
    let control = story.sent_by_id(&laptop);
    how.push(&laptop);
    cloud.show();
    laptop.hide();
    assert_eq!(how.resume(cloud), agent.start(&story.id));
    let back = story.sent_by_id(cloud);
    laptop.show();
    crate::compare::assert_same(&format!("{}/back", agent.name()), &control.blocks, &back.blocks);
    crate::compare::assert_no_path_of(&laptop, &back.body);
}

fn is_listed(agent: Agent, at: &Surface) {
    at.probe(|at| {
        if let Some(screen) = at.terminal(agent.picker()) {
            screen.shows(WORD);
        }
    });
}

fn continue_on_terminal(at: &Surface, command: &[&str]) {
    let screen = at.terminal(command).expect("a terminal was there before");
    screen.shows(WORD);
    screen.enter(AFTER);
    screen.shows(ANSWER);
}

#[test]
fn claude_to_a_fresh_home() {
    let Some(story) = Story::begin(Agent::Claude, record) else { return };
    travels(&story, Home::Fresh, &Program);
}

#[test]
fn claude_to_a_used_home() {
    let Some(story) = Story::begin(Agent::Claude, record) else { return };
    travels(&story, Home::Used, &Program);
}

#[test]
fn codex_to_a_fresh_home() {
    let Some(story) = Story::begin(Agent::Codex, record) else { return };
    travels(&story, Home::Fresh, &Program);
}

#[test]
fn codex_to_a_used_home() {
    let Some(story) = Story::begin(Agent::Codex, record) else { return };
    travels(&story, Home::Used, &Program);
}
