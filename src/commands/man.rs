//! `git handoff man`: one manual page of the whole program, made from the same definition as the help texts.

use std::io;
use std::path::PathBuf;

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;

use super::Cli;
use crate::env::Env;
use crate::fault::AnyFault;
use crate::flows::manual;
use crate::ui::Ui;

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Put the page where `man` finds it, so that `git handoff --help` shows it; below DIR unless in your own folder
    #[arg(long, value_name = "DIR", num_args = 0..=1)]
    install: Option<Option<PathBuf>>,
}

pub(super) fn run(args: &ManArgs, env: &Env, ui: &Ui) -> Result<u8, AnyFault> {
    let page = page();
    let Some(folder) = &args.install else {
        ui.raw(page.as_bytes());
        return Ok(0);
    };
    let placed = manual::place(env, folder.as_deref(), page.as_bytes())?;
    let label = if placed.same { "there" } else { "written" };
    ui.field(9, label, placed.page.display().to_string());
    if let Some(line) = &placed.add {
        ui.say("hint: `man` does not look there yet; this line in your shell's start file lets it");
        ui.say(format!("  {line}"));
    }
    ui.report(&placed);
    Ok(0)
}

/// A straight apostrophe, for those roffs that would make a curly one of it; what is rendered here uses it.
const APOSTROPHE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// The page, in roff.
fn page() -> String {
    let program = Cli::command().subcommand_value_name("command");
    let about_all = Man::new(program.clone());
    let mut page = format!(".TH git-handoff 1 \"\" \"git-handoff {}\" \"\"\n", env!("CARGO_PKG_VERSION"));
    page.insert_str(0, APOSTROPHE);
    for part in [
        written(|to| about_all.render_name_section(to)),
        written(|to| about_all.render_synopsis_section(to)),
        written(|to| about_all.render_options_section(to)),
    ] {
        page.push_str(body(&part));
    }
    page.push_str(".SH COMMANDS\n");
    subcommands(&program, "git handoff", &mut page);
    page.push_str(".SH NOTES\n");
    page.push_str(text_of(&written(|to| about_all.render_extra_section(to))));
    page.push_str(".SH \"SEE ALSO\"\n.BR git (1),\n.BR git\\-push (1),\n.BR git\\-fetch (1)\n");
    page
}

/// Each command with what it takes; what all of them take is said once, above.
fn subcommands(of: &Command, name: &str, page: &mut String) {
    for command in of.get_subcommands().filter(|c| !c.is_hide_set()) {
        let name = format!("{name} {}", command.get_name());
        let command = command.clone().bin_name(&name).disable_help_flag(true).disable_help_subcommand(true);
        let man = Man::new(command.clone());
        page.push_str(&format!(".SS {}\n", name.replace('-', "\\-")));
        page.push_str(text_of(&written(|to| man.render_synopsis_section(to))));
        page.push_str(".PP\n");
        page.push_str(text_of(&written(|to| man.render_description_section(to))));
        if command.get_arguments().any(|a| !a.is_hide_set()) {
            page.push_str(text_of(&written(|to| man.render_options_section(to))));
        }
        subcommands(&command, &name, page);
    }
}

fn written(render: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    render(&mut bytes).expect("memory takes what is written to it");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A section as rendered alone, without the preamble that a page has once.
fn body(section: &str) -> &str {
    section.find(".SH ").map_or(section, |at| &section[at..])
}

/// A section without its heading.
fn text_of(section: &str) -> &str {
    body(section).split_once('\n').map_or("", |(_, text)| text)
}
