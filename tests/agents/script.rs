//! What the agents are asked in the stories, and what the model then does.

use serde_json::json;

use crate::agent::Agent;
use crate::model::{Act, Scripts, say, shell, think};
use crate::surface::Surface;

/// A word that the prompts of a recorded session have and others do not, to be looked for on a screen.
pub const WORD: &str = "zebra";

/// Goes on after a handoff, with words only.
pub const AFTER: &str = "[[after]] go on with the zebra";

/// The answer to it.
pub const ANSWER: &str = "Here it goes on.";

/// Goes on with work: a command, a change, a commit.
pub const WORK: &str = "[[work]] write the zebra down";

/// The answer to it at the end.
pub const WORKED: &str = "Written down on the other surface.";

/// Looks like a key and is nobody's.
pub const SECRET: &str = concat!("gh", "p_", "k7QmX2vTb9LzR4n", "Wc8YpJ1dHs5GfUa", "45yWfq");

/// Prompts with a failing command, an edit, a commit, a secret, delegated work and a long result.
pub const RECORDED: [&str; 4] = [
    "[[fix]] the zebra sum",
    "[[secret]] show the zebra key",
    "[[delegate]] count the zebra files",
    "[[long]] list the zebra numbers",
];

/// Has the agent go through several turns; the session's id.
pub fn record(agent: Agent, at: &Surface) -> String {
    let id = agent.begin(at, RECORDED[0]);
    for prompt in &RECORDED[1..] {
        agent.resume(at, &id, prompt);
    }
    id
}

/// The scripts that all stories choose from, for a first clone at `clone`.
pub fn scripts(agent: Agent, clone: &str) -> Scripts {
    let calc = format!("{clone}/calc.sh");
    let (old, new) = ("  echo $(($1 - $2))".into(), "  echo $(($1 + $2))".into());
    Scripts::new()
        .with(
            "fix",
            [
                vec![think("The check comes first."), say("I run the check."), shell("sh check.sh")],
                vec![say("It subtracts."), Act::Read(calc.clone())],
                vec![Act::Edit { path: calc, old, new }],
                vec![shell("sh check.sh && git status --short"), shell("pwd")],
                vec![shell("git commit -qam 'add in sum'")],
                vec![say("Fixed: sum subtracted.")],
            ],
        )
        .with("secret", [vec![shell(&format!("echo the key is {SECRET}"))], vec![say("That was the key.")]])
        .with("delegate", delegation(agent))
        .with("part", [vec![shell("ls | wc -l")], vec![say("A few files.")]])
        .with("long", [vec![shell("seq 1 9000")], vec![say("That was long.")]])
        .with("bulk", [vec![shell("seq 1 9000"); 24], vec![say("That was a lot.")]])
        .with("after", [vec![say(ANSWER)]])
        .with(
            "work",
            [vec![shell("echo seen >> notes && git add notes && git commit -qm note && pwd")], vec![say(WORKED)]],
        )
        .with("hand-over", [vec![say("I hand it over."), shell("git handoff push")], vec![say("Handed over.")]])
        .with("look", [vec![Act::Read(format!("{clone}/dot.png"))], vec![say("A dot.")]])
        .with("greet", [vec![say("Hello.")]])
        .with(
            "tidy",
            [vec![Act::Tool { name: "Skill", space: None, input: json!({"skill": "tidy"}) }], vec![say("Tidy.")]],
        )
}

/// Hands the script `part` to another agent and waits for it.
fn delegation(agent: Agent) -> Vec<Vec<Act>> {
    let prompt = "[[part]] Count the files.";
    let mut turns = match agent {
        Agent::Claude => {
            let input = json!({
                "description": "count the files", "prompt": prompt, "subagent_type": "general-purpose",
                "run_in_background": false,
            });
            vec![vec![say("Somebody else may count."), Act::Tool { name: "Agent", space: None, input }]]
        }
        Agent::Codex => {
            let space = Some("multi_agent_v1");
            let spawn = Act::Tool { name: "spawn_agent", space, input: json!({"message": prompt}) };
            let input = json!({"targets": ["{last-uuid}"], "timeout_ms": 20_000});
            let wait = Act::Tool { name: "wait_agent", space, input };
            vec![vec![say("Somebody else may count."), spawn], vec![wait]]
        }
    };
    turns.push(vec![say("Counted.")]);
    turns
}
