//! The agent hands its own running session over; what it still says in that turn is no fork.

use crate::agent::Agent;
use crate::compare::assert_no_path_of;
use crate::conversation::{Kind, conversation};
use crate::handover::{Handover, Program};
use crate::script::{AFTER, RECORDED, WORK, WORKED, record};
use crate::story::{Sent, Story};
use crate::surface::{BRANCH, Surface};

fn hands_itself_over(agent: Agent) {
    let Some(story) = Story::begin(agent, |agent, at| {
        Program.init(at);
        let id = record(agent, at);
        agent.resume(at, &id, "[[hand-over]] the zebra");
        id
    }) else {
        return;
    };
    let Story { world, cloud, id, .. } = &story;
    let told = conversation(&world.model.asked_for("hand-over/1").body);
    let told = told.iter().rfind(|b| b.is(Kind::Result, "")).expect("the call has a result");
    assert!(told.is(Kind::Result, "git handoff resume"), "the agent was not told how to continue elsewhere: {told}");

    let laptop = world.laptop();
    Program.init(&laptop);
    cloud.hide();
    assert_eq!(Program.resume(&laptop), agent.start(id));
    let there = story.sent_by_id(&laptop);
    assert_no_path_of(cloud, &there.body);
    let says = |sent: &Sent, text| sent.blocks.iter().any(|b| b.is(Kind::Model, text));
    assert!(says(&there, "I hand it over."), "the turn that handed over is missing");
    let out = agent.resume(&laptop, id, WORK);
    assert!(out.contains(WORKED), "{out}");
    Program.push(&laptop);

    cloud.show();
    laptop.hide();
    let start = resume_without_a_fork(cloud);
    let back = story.sent(cloud, |at| drop(at.done(&agent.start_with(&start, AFTER))));
    assert!(says(&back, WORKED), "the turn of the second surface did not come back");
    let prompts = back.blocks.iter().filter(|b| b.is(Kind::User, "[[")).count();
    assert_eq!(prompts, RECORDED.len() + 3, "each prompt is there once: recorded, handed over, worked, gone on");
    laptop.show();
}

fn resume_without_a_fork(at: &Surface) -> String {
    let ran = at.run(&["git", "handoff", "resume", BRANCH, "--no-run"]);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.out, ran.err);
    assert!(!ran.err.contains("fork") && !ran.out.contains("fork"), "a fork was reported:\n{}\n{}", ran.out, ran.err);
    let stored = at.git(&["for-each-ref", "--format=%(refname)", "refs/handoff/logs/"]);
    for name in stored.lines() {
        // What the agent still said in its turn is kept beside the log as its closing.
        let beside = at.git(&["ls-tree", "-r", "--name-only", name, "forks/"]);
        for manifest in beside.lines().filter(|path| path.ends_with("/session.yaml")) {
            let said = at.git(&["show", &format!("{name}:{manifest}")]);
            assert!(said.contains("fork: \"closing\""), "{name} has a fork: {said}");
        }
    }
    ran.out.trim_end().lines().last().expect("resume prints the command").to_owned()
}

#[test]
fn claude() {
    hands_itself_over(Agent::Claude);
}

#[test]
fn codex() {
    hands_itself_over(Agent::Codex);
}
