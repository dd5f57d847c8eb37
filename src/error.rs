//! The one place that prints an error and picks the exit code.

use serde::Serialize;

use crate::fault::{Choice, Fault};
use crate::ui::Ui;

#[derive(Serialize)]
struct Report<'a> {
    error: String,
    code: &'static str,
    hint: Option<String>,
    choices: &'a [Choice],
    exit_code: u8,
}

/// Prints a fault in git's manner: what, then the next step or the numbered ways on. Returns the exit code.
pub fn print(ui: &Ui, fault: &dyn Fault) -> u8 {
    let blame = fault.blame();
    let choices = fault.choices();
    let text = fault.to_string();
    let (code, hint, exit_code) = (fault.code(), fault.hint(), blame.exit_code());
    ui.report(&Report { error: text.clone(), code, hint, choices: &choices, exit_code });
    if choices.is_empty() {
        ui.say(format!("error: {text}"));
    } else {
        ui.say(text);
        print_choices(ui, &choices, &format!("{}. choose:", fault.so_far()));
    }
    if let Some(hint) = fault.hint() {
        ui.say(format!("hint: {hint}"));
    }
    blame.exit_code()
}

/// Prints numbered ways on, each with its command.
pub fn print_choices(ui: &Ui, choices: &[Choice], head: &str) {
    ui.say(format!("\n{head}"));
    let width = choices.iter().map(|c| c.what.chars().count()).max().unwrap_or(0) + 2;
    for (n, choice) in choices.iter().enumerate() {
        ui.say(format!("  {}  {:width$}{}", n + 1, choice.what, choice.command));
    }
}
