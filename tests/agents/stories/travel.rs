//! A session is handed over, found in every way that its agent offers, continued there, and comes back.

use crate::agent::Agent;
use crate::compare::{assert_no_path_of, assert_same};
use crate::handover::{Handover, Program};
use crate::script::{AFTER, ANSWER, SECRET, WORD, WORK, WORKED, record};
use crate::story::Story;
use crate::surface::Surface;

/// What the receiving home has seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Home {
    /// The agent never ran.
    Fresh,
    /// The agent has a session of its own in the same clone, and lists of it.
    Used,
}

fn travels(agent: Agent, home: Home) {
    let Some(story) = Story::begin(agent, record) else { return };
    let Story { world, cloud, .. } = &story;
    let control = story.sent_by_id(cloud);
    let start = agent.start(&story.id);
    let by_id: Vec<&str> = start.split(' ').collect();
    let terminal_control = cloud.terminal(&["true"]).map(|_| story.sent(cloud, |at| continue_on_terminal(at, &by_id)));
    Program.init(cloud);
    Program.push(cloud);
    let laptop = world.laptop();
    Program.init(&laptop);
    if home == Home::Used {
        agent.begin(&laptop, "[[greet]]");
    }

    cloud.hide();
    assert_eq!(Program.resume(&laptop), start);
    let sent = story.sent_by_id(&laptop);
    story.same("by id", &control, &sent);
    assert!(!sent.body.to_string().contains(SECRET), "a secret travelled");
    story.same("latest", &control, &story.sent(&laptop, |at| drop(agent.latest(at, AFTER))));
    is_listed(agent, &laptop);
    if let Some(control) = terminal_control {
        for (what, command) in [("on a terminal", &by_id[..]), ("latest on a terminal", agent.picks_latest())] {
            story.same(what, &control, &story.sent(&laptop, |at| continue_on_terminal(at, command)));
        }
    }

    // Work there, and back again.
    let out = agent.resume(&laptop, &story.id, WORK);
    assert!(out.contains(WORKED), "{out}");
    let control = story.sent_by_id(&laptop);
    Program.push(&laptop);
    cloud.show();
    laptop.hide();
    assert_eq!(Program.resume(cloud), start);
    let back = story.sent_by_id(cloud);
    laptop.show();
    assert_same(&format!("{}/back", agent.name()), &control.blocks, &back.blocks);
    assert_no_path_of(&laptop, &back.body);
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
    travels(Agent::Claude, Home::Fresh);
}

#[test]
fn claude_to_a_used_home() {
    travels(Agent::Claude, Home::Used);
}

#[test]
fn codex_to_a_fresh_home() {
    travels(Agent::Codex, Home::Fresh);
}

#[test]
fn codex_to_a_used_home() {
    travels(Agent::Codex, Home::Used);
}
