//! Numbers, times and names as people say them.

use jiff::Timestamp;

/// `1 event`, `3 events`.
pub fn count(n: impl TryInto<u64>, one: &str) -> String {
    let n = n.try_into().unwrap_or(0);
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// `4 minutes ago`.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - then.as_second();
    let (n, unit) = match seconds {
        ..60 => return "just now".into(),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        86_400..2_592_000 => (seconds / 86_400, "day"),
        2_592_000..31_536_000 => (seconds / 2_592_000, "month"),
        _ => (seconds / 31_536_000, "year"),
    };
    format!("{} ago", count(n, unit))
}

/// `claude 434d9315 "Fix the auth redirect"`.
pub fn session(agent: &str, short: &str, title: Option<&str>) -> String {
    match title {
        Some(title) => format!("{agent} {short} \"{}\"", cut(title, 48)),
        None => format!("{agent} {short}"),
    }
}

/// The beginning of a text, with `…` where it was cut.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{}…", kept.trim_end())
}
