//! `git handoff push`

use clap::Args;

use super::check::left_out;
use super::{CaptureArgs, captured_line, tell_lost};
use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::Ctx;
use crate::flows::push::PushReport;
use crate::flows::work::{WorkAsk, some};
use crate::render::words;
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(super) struct PushArgs {
    #[command(flatten)]
    what: CaptureArgs,
    /// Take uncommitted files along (always with the setting handoff.work=true)
    #[arg(long)]
    work: bool,
    /// An uncommitted file that goes along although it looks secret (repeatable)
    #[arg(long, value_name = "PATH")]
    include: Vec<String>,
}

pub(super) fn run(args: &PushArgs, env: &Env, ui: &Ui) -> Result<u8, AnyFault> {
    let typed = args.what.typed("push").flag("--work", args.work);
    let ctx =
        Ctx::open(env)?.typed(args.include.iter().fold(typed, |typed, path| typed.value("--include", Some(path))));
    let ask = args.what.ask();
    // On a terminal the first push to a remote asks; elsewhere the choices are printed.
    let question = ctx.first_push(&ask)?;
    let confirmed = question.and_then(|q| ui.confirm(&format!("{q}\nsend them?"))).unwrap_or(false);
    let report = ctx.push(
        &ask,
        &WorkAsk { take: args.work || !args.include.is_empty(), include: args.include.clone() },
        confirmed,
    )?;
    print(&report, env, ui);
    // Who is told that the baton stays with another needs no second line.
    match report.saved.lost.as_ref().filter(|_| !report.baton.mine) {
        Some(lost) => ctx.told(lost),
        None => tell_lost(report.saved.lost.as_ref(), &ctx, ui),
    }
    ui.report(&report);
    Ok(0)
}

/// `, 3 uncommitted files, 48 KB`
fn along(report: &PushReport) -> String {
    let files = report.work.as_ref().map_or(0, |w| w.files.len() as u64);
    let files = if files == 0 { String::new() } else { format!(", {}", words::count(files, "uncommitted file")) };
    let size = match report.bytes {
        0 => return files,
        bytes @ 1..1_000 => format!("{bytes} B"),
        bytes @ 1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        bytes => format!("{:.1} MB", bytes as f64 / 1e6),
    };
    format!("{files}, {size}")
}

fn print(report: &PushReport, env: &Env, ui: &Ui) {
    report.saved.sessions.iter().for_each(|c| ui.field(9, "saved", captured_line(c)));
    let commits = match (report.branch_moved, report.commits) {
        (false, _) => "nothing new in the code".to_owned(),
        (true, None) => "new there".to_owned(),
        (true, Some(n)) => words::count(n as u64, "commit"),
    };
    ui.field(9, "pushed", format!("{} -> {}   {commits}{}", report.branch, report.remote, along(report)));
    match report.baton.mine {
        true => ui.field(9, "offered", format!("the baton, by {}", report.baton.holder)),
        false => {
            let since = words::ago(report.baton.since, env.now());
            ui.field(9, "baton", format!("stays with {}, who took it {since}", report.baton.holder));
        }
    }
    for other in &report.saved.others {
        let name = words::session(other.key.agent.as_str(), other.key.id.short(), other.title.as_deref());
        ui.say(format!("not taken: {name}; add it with `git handoff push --session {}`", other.key));
    }
    if report.uncommitted > 0 {
        let files = words::count(report.uncommitted as u64, "file");
        ui.say(format!(
            "not taken: {files} with changes that are not committed; `git handoff push --work` takes them along"
        ));
    }
    if let Some(work) = &report.work {
        left_out(&work.left_out, ui);
        if !work.unmerged.is_empty() {
            ui.say(format!("unmerged, taken as in the work tree: {}", some(&work.unmerged)));
        }
    }
    let next = if report.baton.mine {
        "continue it anywhere with"
    } else {
        "what you pushed is there for them; to hand over yourself"
    };
    ui.out(format!("\n{next}\n  {}", report.next));
}
