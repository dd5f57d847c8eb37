//! What a turn on the second surface adds to a long log: its own bytes, and no copy of what was there.

use std::collections::BTreeMap;

use crate::agent::Agent;
use crate::handover::{Handover, Program};
use crate::script::WORK;
use crate::story::Story;
use crate::surface::Surface;

/// A session whose log is several segments long.
fn record(agent: Agent, at: &Surface) -> String {
    agent.begin(at, "[[bulk]] list the zebra numbers")
}

/// What is stored of a log: object id and size by path.
type Stored = BTreeMap<String, (String, u64)>;

/// What the remote has of the log.
fn stored(story: &Story, at: &Surface) -> Stored {
    let name = format!("refs/handoff/logs/{}.{}", story.agent.name(), story.id);
    let remote = story.world.remote();
    let remote = remote.to_str().expect("the suite's folders are plain");
    let listed = at.git(&["--git-dir", remote, "ls-tree", "-r", "-l", &name]);
    let entry = |line: &str| {
        let (about, path) = line.split_once('\t').expect("git lists a path after a tab");
        let mut about = about.split_ascii_whitespace().skip(2);
        let object = about.next().expect("an object").to_owned();
        (path.to_owned(), (object, about.next().and_then(|n| n.parse().ok()).expect("a size")))
    };
    listed.lines().map(entry).collect()
}

fn grows_by_its_own_bytes(agent: Agent) {
    let Some(story) = Story::begin(agent, record) else { return };
    let Story { world, cloud, id, .. } = &story;
    Program.init(cloud);
    Program.push(cloud);
    let before = stored(&story, cloud);
    let laptop = world.laptop();
    Program.init(&laptop);
    Program.resume(&laptop);
    let native = agent.log_size(&laptop, id);
    agent.resume(&laptop, id, WORK);
    let native = agent.log_size(&laptop, id) - native;
    Program.push(&laptop);
    let after = stored(&story, &laptop);

    let segments: Vec<&String> = before.keys().filter(|path| path.starts_with("log/")).collect();
    assert!(segments.len() > 2, "the log is too short to tell: {segments:?}");
    let (tail, closed) = segments.split_last().expect("there are some");
    for path in closed {
        assert_eq!(before[*path], after[*path], "{path} was closed and is another now");
    }
    assert_ne!(before[*tail], after[*tail], "the turn is not in the log's tail");
    assert!(!after.keys().any(|path| path.starts_with("forks/")), "a turn that follows is no fork");
    for (path, object) in before.iter().filter(|(path, _)| path.starts_with("files/")) {
        assert_eq!(after.get(path), Some(object), "{path} did not change on the second surface");
    }
    let size = |stored: &Stored| stored.iter().filter(|(p, _)| p.starts_with("log/")).map(|(_, (_, n))| n).sum::<u64>();
    let grown = size(&after) - size(&before);
    assert!(0 < grown && grown <= native, "the log grew by {grown} bytes where the agent wrote {native}");
    story.tell(&format!("grown: {grown} bytes stored of {native} written, {} segments kept", closed.len()));
}

#[test]
fn claude() {
    grows_by_its_own_bytes(Agent::Claude);
}

#[test]
fn codex() {
    grows_by_its_own_bytes(Agent::Codex);
}
