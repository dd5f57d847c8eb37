//! stdout, stderr, colour and `--json`: the one place that prints.
//!
//! Data goes to stdout, talk to stderr. Whatever is printed may hold foreign text (titles, branch names, messages of
//! servers), so control characters and text-direction tricks are made visible here, for all of it.

use std::io::{BufRead, IsTerminal, Write};

use serde::Serialize;

/// Where a command's output goes.
pub struct Ui {
    json: bool,
}

impl Ui {
    /// `json`: stdout is one JSON value, made by [`Ui::report`]; everything for people is left out of it.
    pub fn new(json: bool) -> Ui {
        Ui { json }
    }

    /// Whether stdout is JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// A line of data.
    pub fn out(&self, line: impl AsRef<str>) {
        if !self.json {
            write(&mut std::io::stdout().lock(), &format!("{}\n", safe(line.as_ref())));
        }
    }

    /// A line of talk.
    pub fn say(&self, line: impl AsRef<str>) {
        write(&mut std::io::stderr().lock(), &format!("{}\n", safe(line.as_ref())));
    }

    /// A line of data with a label in front, in a column `width` wide.
    pub fn field(&self, width: usize, label: &str, text: impl AsRef<str>) {
        for (n, line) in text.as_ref().lines().enumerate() {
            let label = if n == 0 { label } else { "" };
            self.out(format!("{label:width$}{line}").trim_end());
        }
    }

    /// Data as it is: a log, a completion script. Only where nothing of it can reach a terminal unseen; as JSON, the
    /// one value `{"text": …}`.
    pub fn raw(&self, bytes: &[u8]) {
        if self.json {
            return self.report(&serde_json::json!({ "text": String::from_utf8_lossy(bytes) }));
        }
        let mut out = std::io::stdout().lock();
        if std::io::stdout().is_terminal() {
            write(&mut out, &safe(&String::from_utf8_lossy(bytes)));
        } else {
            let _ = out.write_all(bytes);
        }
    }

    /// The report of a command as JSON, if that was asked for.
    pub fn report(&self, report: &impl Serialize) {
        if self.json {
            let text = serde_json::to_string_pretty(report).unwrap_or_default();
            let escaped: String =
                text.chars().map(|c| if hidden(c) { format!("\\u{:04x}", c as u32) } else { c.into() }).collect();
            write(&mut std::io::stdout().lock(), &format!("{escaped}\n"));
        }
    }

    /// Asks a yes-or-no question on the terminal; `None` where there is none to ask.
    pub fn confirm(&self, question: &str) -> Option<bool> {
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() || self.json {
            return None;
        }
        write(&mut std::io::stderr().lock(), &format!("{} [y/N] ", safe(question)));
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer).ok()?;
        Some(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    /// Whether a person sits in front of stdin and stdout.
    pub fn is_interactive(&self) -> bool {
        !self.json && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
    }
}

/// A reader that went away (`| head`) is no error of ours.
fn write(to: &mut impl Write, text: &str) {
    let _ = to.write_all(text.as_bytes());
}

/// Text that can do nothing to a terminal: control characters as `^[`, text-direction and zero-width characters as
/// their code.
pub fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            '\u{0}'..='\u{1f}' => out.extend(['^', (c as u8 + 0x40) as char]),
            '\u{7f}' => out.push_str("^?"),
            c if hidden(c) => out.push_str(&format!("<U+{:04X}>", c as u32)),
            _ => out.push(c),
        }
    }
    out
}

/// C1 controls, and what has no width or turns the direction of text.
fn hidden(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(super::safe("a\u{1b}[2Jb\u{202e}c\r\u{9b}d\n"), "a^[[2Jb<U+202E>c^M<U+009B>d\n");
    }
}
