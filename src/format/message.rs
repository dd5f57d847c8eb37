//! The message of a record's commit: one line for people, trailers for `list`, `status` and plain `git log`.

use jiff::Timestamp;

use crate::format::{FormatError, VERSION};
use crate::model::ids::{BranchName, Oid, SessionKey};
use crate::model::record::{Baton, BatonState, Record};

/// What the trailers say: enough to list a handoff without reading its tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The branch.
    pub branch: BranchName,
    /// The commit it was at.
    pub head: Oid,
    /// Who holds it.
    pub baton: Baton,
    /// Its sessions, the one that was worked with last at the end.
    pub sessions: Vec<SessionLine>,
    /// The record's sequence number.
    pub sequence: u64,
}

/// What a trailer says of one session.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SessionLine {
    /// Which.
    pub key: SessionKey,
    /// How many events its log has.
    pub events: u64,
    /// Its title, one line.
    pub title: Option<String>,
}

/// The message of a record.
pub fn write(record: &Record) -> String {
    let baton = &record.baton;
    let state = baton.state.as_str();
    let done = if baton.state == BatonState::Free { "let go" } else { state };
    let mut out = format!("handoff: {} {done} by {}\n\n", record.branch, baton.holder);
    let mut trailer = |name: &str, value: &str| out.push_str(&format!("Handoff-{name}: {value}\n"));
    trailer("Version", VERSION);
    trailer("Branch", record.branch.as_str());
    trailer("Head", record.head.as_str());
    if let Some(base) = &record.base {
        trailer("Base", base.as_str());
    }
    for session in &record.sessions {
        let title = session.title.as_deref().map(one_line).unwrap_or_default();
        trailer("Sessions", format!("{} {} {title}", session.key, session.events).trim_end());
    }
    trailer("Baton", &format!("{state} {} {} {}", baton.epoch, baton.since, baton.holder));
    trailer("Sequence", &record.sequence.to_string());
    out
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(120).collect()
}

/// Reads the trailers of a record's commit. `object` names it in errors.
pub fn read(object: &str, message: &str) -> Result<Summary, FormatError> {
    let trailers: Vec<(&str, &str)> = message
        .lines()
        .filter_map(|l| l.strip_prefix("Handoff-")?.split_once(':').map(|(k, v)| (k, v.trim())))
        .collect();
    let all = |name: &'static str| trailers.iter().filter(move |(k, _)| *k == name).map(|(_, v)| *v);
    let missing =
        |name: &str| FormatError::Invalid { object: object.to_owned(), why: format!("it has no Handoff-{name}") };
    let one = |name: &'static str| all(name).next().ok_or_else(|| missing(name));
    let version = one("Version")?;
    if version != VERSION {
        return Err(FormatError::Newer { object: object.to_owned(), version: version.chars().take(20).collect() });
    }
    let sessions = all("Sessions").filter_map(session).take(1000).collect();
    Ok(Summary {
        branch: one("Branch")?.parse().map_err(FormatError::invalid(object))?,
        head: one("Head")?.parse().map_err(FormatError::invalid(object))?,
        baton: baton(one("Baton")?).ok_or_else(|| FormatError::invalid(object)("its Handoff-Baton is not readable"))?,
        sessions,
        sequence: one("Sequence")?.parse().map_err(FormatError::invalid(object))?,
    })
}

fn session(value: &str) -> Option<SessionLine> {
    let mut parts = value.splitn(3, ' ');
    let key = parts.next()?.parse().ok()?;
    let events = parts.next()?.parse().ok()?;
    Some(SessionLine { key, events, title: parts.next().map(str::to_owned) })
}

fn baton(value: &str) -> Option<Baton> {
    let mut parts = value.splitn(4, ' ');
    let state = BatonState::named(parts.next()?)?;
    let epoch = parts.next()?.parse().ok()?;
    let since: Timestamp = parts.next()?.parse().ok()?;
    // A holder without a name is written as nothing at all.
    Some(Baton { epoch, state, since, holder: parts.next().unwrap_or_default().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::record::SessionEntry;

    fn record(holder: &str, title: &str) -> Record {
        let oid = |c: &str| c.repeat(40).parse::<Oid>().expect("an id");
        let entry = |key: &str, title: Option<&str>| SessionEntry {
            key: key.parse().expect("a key"),
            commit: oid("b"),
            events: 7,
            last_event: None,
            tip: None,
            title: title.map(str::to_owned),
        };
        Record {
            repository: None,
            branch: "feature/ünï".parse().expect("a branch"),
            head: oid("a"),
            upstream: None,
            base: Some(oid("c")),
            sequence: 9,
            previous: None,
            renamed_from: None,
            rewrites: Vec::new(),
            baton: Baton {
                epoch: 3,
                state: BatonState::Offered,
                holder: holder.into(),
                since: "2026-03-01T10:00:00Z".parse().expect("a time"),
            },
            sessions: vec![entry("claude.1", Some(title)), entry("codex.2", None)],
            work: None,
            tool: "git-handoff".into(),
            removed: Vec::new(),
            unknown: Default::default(),
        }
    }

    #[test]
    fn a_message_says_what_its_record_says() {
        let record = record("cloud-9c5e4271", "Fix it");
        let message = write(&record);
        assert!(message.starts_with("handoff: feature/ünï offered by cloud-9c5e4271\n\nHandoff-Version: 1\n"));
        let summary = read("x", &message).expect("readable");
        assert_eq!((&summary.branch, &summary.head), (&record.branch, &record.head));
        assert_eq!((&summary.baton, summary.sequence), (&record.baton, 9));
        let line = |s: &SessionEntry| SessionLine { key: s.key.clone(), events: s.events, title: s.title.clone() };
        let sessions: Vec<SessionLine> = record.sessions.iter().map(line).collect();
        assert_eq!(summary.sessions, sessions);
    }

    #[test]
    fn whoever_lets_go_is_named() {
        let mut record = record("cloud-9c5e4271", "t");
        record.baton.state = BatonState::Free;
        let message = write(&record);
        assert!(message.starts_with("handoff: feature/ünï let go by cloud-9c5e4271\n"), "{message}");
        assert!(message.contains("\nHandoff-Baton: free 3 2026-03-01T10:00:00Z cloud-9c5e4271\n"), "{message}");
        assert_eq!(read("x", &message).expect("readable").baton, record.baton);
    }

    #[test]
    fn a_title_stays_on_its_line() {
        let message = write(&record("h", "a\nHandoff-Head: x\u{1b}[2J\r\n\nb"));
        let summary = read("x", &message).expect("readable");
        assert_eq!(summary.head.as_str(), "a".repeat(40));
        assert_eq!(summary.sessions[0].title.as_deref(), Some("a Handoff-Head: x[2J b"));
    }

    #[test]
    fn a_holder_without_a_name_is_no_damage() {
        let summary = read("x", &write(&record("", "t"))).expect("readable");
        assert_eq!((summary.baton.epoch, summary.baton.holder.as_str()), (3, ""));
    }

    #[test]
    fn newer_and_broken_messages_are_named() {
        let newer = read("x", "handoff: b\n\nHandoff-Version: 2\n").expect_err("newer");
        assert_eq!(newer.to_string(), "x has format version 2; this program knows version 1");
        let no = |message: &str| read("x", message).expect_err("broken").to_string();
        assert_eq!(no("a commit of code"), "x is not valid: it has no Handoff-Version");
        let broken = write(&record("h", "t")).replace("offered 3", "offered x");
        assert_eq!(no(&broken), "x is not valid: its Handoff-Baton is not readable");
    }
}
