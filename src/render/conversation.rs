//! A session as readable text: who said what, what was run, what failed.

use crate::model::session::{Event, What};

/// Longest text shown of one event, in lines, unless the whole is asked for.
const MOST_LINES: usize = 12;

/// One event, as a block with an empty line behind it; `None`: it is shown only with `whole`, with which nothing is cut.
pub fn block(n: usize, event: &Event, whole: bool) -> Option<String> {
    let (who, text) = match &event.what {
        What::User { text, images: 0 } => ("user".to_owned(), text.clone()),
        What::User { text, images } => (format!("user, with {images} pictures"), text.clone()),
        What::Assistant { text } => ("agent".to_owned(), text.clone()),
        What::Call { tool, input, .. } => (format!("runs {tool}"), input.clone()),
        What::Output { text, failed, exit_code, .. } => {
            let state = match (failed, exit_code) {
                (true, Some(code)) => format!("failed with {code}"),
                (true, None) => "failed".to_owned(),
                (false, _) => "result".to_owned(),
            };
            (state, text.clone())
        }
        What::Compaction { summary } => ("compacted".to_owned(), summary.clone()),
        What::Context { .. } | What::Reasoning { .. } if !whole => return None,
        What::Context { text } => ("context".to_owned(), text.clone()),
        What::Reasoning { text } => ("thinking".to_owned(), text.clone()),
    };
    let side = if event.side { " (aside)" } else { "" };
    Some(format!("[{n}] {who}{side}\n{}", indented(&text, whole)))
}

fn indented(text: &str, whole: bool) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let shown = if whole { lines.len() } else { lines.len().min(MOST_LINES) };
    let mut out: String = lines[..shown].iter().map(|l| format!("    {l}\n")).collect();
    if shown < lines.len() {
        out.push_str(&format!("    … {} more lines\n", lines.len() - shown));
    }
    out
}
