//! Golden logs: `tests/golden/<agent>/<case>/` with the native log, what is stored of it, and the conversation in it.
//!
//! Each case says in `why.txt` what it is there for. `SNAPSHOTS=overwrite cargo test golden` writes the expected files
//! anew; read the difference before it is committed.

use std::fs;
use std::path::{Path, PathBuf};

use git_handoff::agents::{self, Agent};
use git_handoff::env::Env;
use git_handoff::jsonl::complete_lines;
use git_handoff::model::session::What;
use snapbox::Data;

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).expect("a folder of golden logs").map(|e| e.expect("an entry").path());
    let mut folders: Vec<PathBuf> = entries.filter(|p| p.is_dir()).collect();
    folders.sort();
    folders
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|n| n.to_str()).expect("a plain name")
}

/// What is stored of a log, line by line.
fn carried(agent: &dyn Agent, log: &[u8]) -> Vec<u8> {
    let mut carry = agent.carry(None);
    let mut stored = Vec::new();
    for line in complete_lines(log).0 {
        if let Some(line) = carry.line(line) {
            stored.extend_from_slice(&line);
            stored.push(b'\n');
        }
    }
    stored
}

fn settled(agent: &dyn Agent, stored: &[u8]) -> Vec<u8> {
    let env = Env::new(Default::default(), "/home/ada".into(), "/home/ada".into());
    let mut settle = agent.settle(&env, 0);
    let mut native = Vec::new();
    for line in complete_lines(stored).0 {
        native.extend_from_slice(&settle.line(line));
        native.push(b'\n');
    }
    native
}

/// The conversation without the lines it stands on, which differ between a native log and what is stored of it.
fn conversation(agent: &dyn Agent, log: &[u8]) -> Vec<(bool, What)> {
    let (session, _) = agent.parse(&"golden".parse().expect("an id"), log);
    session.events.into_iter().map(|e| (e.side, e.what)).collect()
}

#[test]
fn golden_logs_are_carried_and_read_as_expected() {
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for (agent_dir, case) in folders(&root).iter().flat_map(|a| folders(a).into_iter().map(move |c| (a.clone(), c))) {
        let agent = agents::by_name(name(&agent_dir)).expect("a folder is named after an agent");
        let log = fs::read(case.join("log.jsonl")).expect("log.jsonl");
        assert!(case.join("why.txt").is_file(), "{}: why.txt is missing", case.display());

        let stored = carried(agent, &log);
        let expect = |file: &str| Data::read_from(&case.join(file), None).raw();
        assert.eq(Data::text(String::from_utf8_lossy(&stored).into_owned()).raw(), expect("stored.jsonl"));
        assert!(carried(agent, &settled(agent, &stored)) == stored, "{}: carry(settle(x)) is not x", case.display());
        assert_eq!(conversation(agent, &stored), conversation(agent, &log), "{}", case.display());

        let (session, remarks) = agent.parse(&"golden".parse().expect("an id"), &stored);
        let read = serde_json::json!({ "remarks": remarks, "session": session });
        let read = serde_json::to_string_pretty(&read).expect("serialises") + "\n";
        assert.eq(Data::text(read).raw(), expect("session.json"));
    }
}
