//! One thin file a subcommand: arguments, one flow, what is printed. Adding one is a file and a line in `Command`.

mod check;
mod completions;
mod demo;
mod doctor;
mod fetch;
mod hook;
mod init;
mod list;
mod man;
mod push;
mod release;
mod resume;
mod save;
mod show;
mod status;
mod uninstall;

use clap::{Args, Parser, Subcommand};

use crate::env::Env;
use crate::error;
use crate::fault::AnyFault;
use crate::flows::typed::Typed;
use crate::flows::{baton, run};
use crate::model::record::BatonState;
use crate::ui::Ui;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "git-handoff", bin_name = "git handoff", version, about, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a decision is yours (the choices are printed), 70 a bug.\n\
                        Without a subcommand: status."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Print one JSON value on stdout instead of text
    #[arg(long, global = true)]
    json: bool,
    /// Say which git commands were run
    #[arg(long, short, global = true)]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// This branch at a glance: its sessions, what is not pushed, who holds the baton, what waits
    Status(status::StatusArgs),
    /// Let this clone hand sessions over: opt a remote in, fetch its records with every `git fetch`, send sessions with
    /// every `git push`
    Init(init::InitArgs),
    /// Take back what init changed
    Uninstall(uninstall::UninstallArgs),
    /// Capture the branch's sessions here, without sending anything
    Save(save::SaveArgs),
    /// Hand over: capture, offer the baton, push the branch with its sessions
    Push(push::PushArgs),
    /// Let go of the branch without offering it
    Release(release::ReleaseArgs),
    /// Fetch what others handed over
    Fetch(fetch::FetchArgs),
    /// Say how the code, the logs and the baton here relate to a handoff, and what may safely be done
    Check(check::CheckArgs),
    /// Pick up: bring the branch, restore the session, start the agent
    Resume(resume::ResumeArgs),
    /// The handoffs of all branches
    List(list::ListArgs),
    /// Read a session
    Show(show::ShowArgs),
    /// Say what is in the way, and what mends it
    Doctor(doctor::DoctorArgs),
    /// The whole story on this machine, with a throwaway remote and a recorded session
    Demo(demo::DemoArgs),
    /// What the hooks that `init` installs call
    #[command(hide = true)]
    Hook(hook::HookArgs),
    /// Print the completions of a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or put it where `git handoff --help` finds it
    Man(man::ManArgs),
}

/// Runs the command line and returns the exit code.
pub fn run(cli: Cli, env: &Env) -> u8 {
    let ui = Ui::new(cli.json);
    let code = match dispatch(cli.command, env, &ui) {
        Ok(code) => code,
        Err(fault) => error::print(&ui, &*fault),
    };
    if cli.verbose {
        ran(env).iter().for_each(|line| ui.say(line));
    }
    code
}

/// The git commands that were run: each that talks to a remote or changes something, and how many only read.
fn ran(env: &Env) -> Vec<String> {
    const TELLING: &[&str] =
        &["fetch", "push", "merge", "switch", "worktree", "update-ref", "clone", "branch", "reset", "config"];
    let all = env.take_ran();
    let tells = |argv: &&Vec<String>| argv.first().is_some_and(|c| TELLING.contains(&c.as_str()));
    let mut lines: Vec<String> =
        all.iter().filter(tells).map(|argv| format!("+ git {}", run::shell_line(argv))).collect();
    let quiet = all.len() - lines.len();
    if quiet > 0 {
        lines.push(format!("+ {} that only read", crate::render::words::count(quiet as u64, "more git command")));
    }
    lines
}

fn dispatch(command: Option<Command>, env: &Env, ui: &Ui) -> Result<u8, AnyFault> {
    match command.unwrap_or(Command::Status(status::StatusArgs::default())) {
        Command::Status(args) => status::run(&args, env, ui),
        Command::Init(args) => init::run(&args, env, ui),
        Command::Uninstall(args) => uninstall::run(&args, env, ui),
        Command::Save(args) => save::run(&args, env, ui),
        Command::Push(args) => push::run(&args, env, ui),
        Command::Release(args) => release::run(&args, env, ui),
        Command::Fetch(args) => fetch::run(&args, env, ui),
        Command::Check(args) => check::run(&args, env, ui),
        Command::Resume(args) => resume::run(&args, env, ui),
        Command::List(args) => list::run(&args, env, ui),
        Command::Show(args) => show::run(&args, env, ui),
        Command::Doctor(args) => doctor::run(&args, env, ui),
        Command::Demo(args) => demo::run(&args, env, ui),
        Command::Hook(args) => hook::run(args, env, ui),
        Command::Completions(args) => completions::run(&args, ui),
        Command::Man(args) => man::run(&args, env, ui),
    }
}

/// Which branch and remote, for commands that take both.
#[derive(Debug, Args, Default)]
pub struct LaneArgs {
    /// The branch; the current one unless given
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// The remote; the branch's own, else the usual one
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,
}

/// Which sessions, for commands that capture.
#[derive(Debug, Args, Default)]
pub struct CaptureArgs {
    #[command(flatten)]
    lane: LaneArgs,
    /// A session by its id or the beginning of it (repeatable); chosen by the branch unless given
    #[arg(long = "session", value_name = "ID")]
    sessions: Vec<String>,
    /// Every session that had a turn on the branch, not only the newest
    #[arg(long)]
    all: bool,
}

impl CaptureArgs {
    /// The command that these were typed with; the branch is what it asks for, so it is not among them.
    fn typed(&self, command: &'static str) -> Typed {
        let typed = Typed::by_flag(command).value("--remote", self.lane.remote.as_deref()).flag("--all", self.all);
        self.sessions.iter().fold(typed, |typed, id| typed.value("--session", Some(id)))
    }

    fn ask(&self) -> crate::flows::save::Ask {
        crate::flows::save::Ask {
            branch: self.lane.branch.clone(),
            remote: self.lane.remote.clone(),
            sessions: self.sessions.clone(),
            all: self.all,
            ..Default::default()
        }
    }
}

/// One line to whoever had a branch that another surface took, once.
fn tell_lost(lost: Option<&baton::Lost>, ctx: &crate::flows::Ctx, ui: &Ui) {
    let Some(lost) = lost else { return };
    let branch = crate::flows::quote(&lost.branch);
    ui.say(format!(
        "handoff: {} is no longer yours: {}; `git handoff resume {branch}` shows the ways on",
        lost.branch,
        baton::words(&lost.now, &ctx.env)
    ));
    ctx.told(lost);
}

/// What a remote could be told of now, a line each.
fn tell_settled(settled: &[baton::Settled], remote: &str, ui: &Ui) {
    for baton::Settled { branch, state } in settled {
        let what = if *state == BatonState::Free { "you let go of it" } else { "you have it" };
        ui.say(format!("handoff: {branch}: {remote} knows now that {what}"));
    }
}

/// `12 new, 2 secrets redacted` after a captured session.
fn captured_line(c: &crate::flows::capture::Captured) -> String {
    use crate::render::words;
    let name = words::session(c.key.agent.as_str(), c.key.id.short(), c.title.as_deref());
    let mut line = format!("{name}   {}", words::count(c.events, "event"));
    if c.new_events > 0 && c.new_events < c.events {
        line.push_str(&format!(", {} new", c.new_events));
    }
    if c.redacted > 0 {
        line.push_str(&format!(", {} redacted", words::count(c.redacted, "secret")));
    }
    if c.open_turn {
        line.push_str(", up to the call that ran this");
    }
    if c.forked {
        line.push_str(", went two ways: both are kept");
    }
    line
}

/// What was changed, `added X in Y` a line.
fn changed(lines: &[String], ui: &Ui) {
    for (did, what) in lines.iter().filter_map(|line| line.split_once(' ')) {
        ui.field(9, did, what);
    }
}

/// Lines in a file that is not ours to change.
fn advised(advice: &crate::flows::Advice, what: &str, ui: &Ui) {
    ui.field(9, "left", format!("{}: {}; {what} {}", advice.hook, advice.why, advice.file.display()));
    advice.add.iter().for_each(|line| ui.out(format!("{:11}{line}", "")));
}

/// What to say when not even the working folder can be read.
pub fn no_surroundings(error: &std::io::Error) -> std::process::ExitCode {
    Ui::new(false).say(format!("error: the working folder cannot be read: {error}"));
    std::process::ExitCode::FAILURE
}
