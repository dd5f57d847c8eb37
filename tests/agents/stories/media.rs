//! Images, slash commands and skills: what the agent itself adds to a prompt arrives as well.

use std::fs;

use crate::agent::Agent;
use crate::conversation::Kind;
use crate::handover::Program;
use crate::story::Story;
use crate::surface::Surface;

/// One grey dot.
const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 0,
    0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 10, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63, 0x68, 0, 0, 0, 0x82, 0,
    0x81, 0x77, 0xcd, 0x72, 0xb6, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

/// What a skill says that nothing else does.
const TIDY: &str = "Put every brush back in its jar.";

/// Commits an image, a slash command and a skill.
fn furnish(at: &Surface) {
    let write = |name: &str, bytes: &[u8]| {
        let path = at.clone.join(name);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    };
    write("dot.png", PNG);
    write(".claude/commands/greet.md", b"---\ndescription: greets\n---\n[[greet]] Greet $ARGUMENTS politely.\n");
    let skill = format!("---\nname: tidy\ndescription: tidies up\n---\n{TIDY}\n");
    write(".claude/skills/tidy/SKILL.md", skill.as_bytes());
    at.git(&["add", "-A"]);
    at.git(&["commit", "-qm", "an image, a command, a skill"]);
}

fn record(agent: Agent, at: &Surface) -> String {
    match agent {
        Agent::Claude => {
            let id = agent.begin(at, "[[look]] at the zebra");
            agent.resume(at, &id, "[[greet]] what is shown in @dot.png");
            agent.resume(at, &id, "/greet the zebra");
            agent.resume(at, &id, "[[tidy]] up after the zebra");
            id
        }
        Agent::Codex => agent.begin_with(at, &["-i", "dot.png"], "[[greet]] what is shown here"),
    }
}

fn arrives_with_media(agent: Agent) {
    let Some(story) = Story::begin_with(agent, furnish, record) else { return };
    let sent = story.sent_by_id(&story.cloud);
    assert!(sent.blocks.iter().any(|b| b.is(Kind::Image, "iVBORw0KGgo")), "no image was sent");
    if agent == Agent::Claude {
        assert!(sent.blocks.iter().any(|b| b.is(Kind::Result, "iVBORw0KGgo")), "no image came from a tool");
        assert!(sent.blocks.iter().any(|b| b.is(Kind::User, "Greet the zebra politely.")), "no command was expanded");
        assert!(sent.blocks.iter().any(|b| b.is(Kind::User, TIDY)), "no skill was read");
    }
    story.arrives("with media", &Program);
}

#[test]
fn claude() {
    arrives_with_media(Agent::Claude);
}

#[test]
fn codex() {
    arrives_with_media(Agent::Codex);
}
