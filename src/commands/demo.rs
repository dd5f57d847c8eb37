//! `git handoff demo`

use clap::{Args, Parser};

use super::Cli;
use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::Stuck;
use crate::flows::demo::{BRANCH, Stage, Surface};
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {}

pub(super) fn run(_: &DemoArgs, env: &Env, ui: &Ui) -> Result<u8, AnyFault> {
    if ui.is_json() {
        return Err(Stuck::usage("the demo is a story and has no JSON", "run it without --json").into());
    }
    let stage = Stage::set(env)?;
    ui.out(format!("A remote, a cloud machine and a laptop, all in {}.", stage.folder().display()));
    ui.out("Two homes, two clones at different paths; what follows is the program itself on real git.\n");

    ui.out("In the cloud an agent finds a bug and fixes it. Its work is committed; then");
    stage.work_in_cloud()?;
    let mut failed = play(&stage.cloud, "cloud", &["init"], ui);
    failed |= play(&stage.cloud, "cloud", &["push"], ui);

    ui.out("On the laptop there is a clone, and nothing else. What waits, is it safe, go on:");
    stage.clone_of(&stage.laptop)?;
    failed |= play(&stage.laptop, "laptop", &["fetch"], ui);
    failed |= play(&stage.laptop, "laptop", &["check", BRANCH], ui);
    failed |= play(&stage.laptop, "laptop", &["resume", BRANCH, "--no-run"], ui);
    let (own, others) = stage.laptop.mentions(&stage.cloud)?;
    ui.out(format!(
        "The session stands in the agent's own store: {own} mentions of the laptop's folders, {others} of the cloud's."
    ));
    ui.out("The secret that the cloud's agent printed was never written into git.\n");

    ui.out("The laptop's agent does the rest and hands back; the cloud picks up what it lacks:");
    stage.work_on_laptop()?;
    failed |= play(&stage.laptop, "laptop", &["init"], ui);
    failed |= play(&stage.laptop, "laptop", &["push"], ui);
    failed |= play(&stage.cloud, "cloud", &["resume", "--no-run"], ui);
    ui.out("That is all. In a clone of yours: git handoff init, and then push and resume.");
    Ok(u8::from(failed))
}

/// Runs one command as a person on that surface would, and shows it. Whether it went wrong.
fn play(surface: &Surface, name: &str, args: &[&str], ui: &Ui) -> bool {
    ui.out(format!("\n{name}$ git handoff {}", args.join(" ")));
    let cli = Cli::parse_from(["git-handoff", "--verbose"].iter().chain(args));
    let code = super::run(cli, &surface.env);
    ui.out("");
    code != 0
}
