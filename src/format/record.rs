//! `handoff.yaml` and `removed.yaml`: the record of a branch as bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::format::{FormatError, VERSION, refs, yaml};
use crate::model::ids::SessionKey;
use crate::model::record::{Baton, BatonState, Record, SessionEntry};

/// How many rewritten commits a record remembers.
pub const MOST_REWRITES: usize = 200;

#[derive(Serialize, Deserialize)]
struct Wire {
    version: String,
    repository: Option<String>,
    branch: String,
    head: String,
    upstream: Option<String>,
    base: Option<String>,
    sequence: u64,
    previous: Option<String>,
    renamed_from: Option<String>,
    #[serde(default)]
    rewrites: Vec<RewriteWire>,
    baton: BatonWire,
    #[serde(default)]
    sessions: Vec<SessionWire>,
    work: Option<String>,
    #[serde(default)]
    tool: String,
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct RewriteWire {
    old: String,
    new: String,
}

#[derive(Serialize, Deserialize)]
struct BatonWire {
    epoch: u64,
    state: String,
    holder: String,
    since: String,
}

#[derive(Serialize, Deserialize)]
struct SessionWire {
    agent: String,
    id: String,
    #[serde(rename = "ref")]
    ref_name: String,
    commit: String,
    events: u64,
    last_event: Option<String>,
    tip: Option<String>,
    title: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct RemovedWire {
    version: String,
    #[serde(default)]
    ids: Vec<String>,
}

/// The bytes of `handoff.yaml`.
pub fn write(record: &Record) -> String {
    let session = |s: &SessionEntry| SessionWire {
        agent: s.key.agent.to_string(),
        id: s.key.id.to_string(),
        ref_name: refs::log(&s.key),
        commit: s.commit.to_string(),
        events: s.events,
        last_event: s.last_event.map(|t| t.to_string()),
        tip: s.tip.clone(),
        title: s.title.clone(),
    };
    let wire = Wire {
        version: VERSION.into(),
        repository: record.repository.as_ref().map(ToString::to_string),
        branch: record.branch.to_string(),
        head: record.head.to_string(),
        upstream: record.upstream.clone(),
        base: record.base.as_ref().map(ToString::to_string),
        sequence: record.sequence,
        previous: record.previous.as_ref().map(ToString::to_string),
        renamed_from: record.renamed_from.as_ref().map(ToString::to_string),
        rewrites: record.rewrites.iter().map(|(o, n)| RewriteWire { old: o.to_string(), new: n.to_string() }).collect(),
        baton: BatonWire {
            epoch: record.baton.epoch,
            state: record.baton.state.as_str().into(),
            holder: record.baton.holder.clone(),
            since: record.baton.since.to_string(),
        },
        sessions: record.sessions.iter().map(session).collect(),
        work: record.work.as_ref().map(ToString::to_string),
        tool: record.tool.clone(),
        unknown: record.unknown.clone(),
    };
    yaml::write(&serde_json::to_value(wire).expect("plain values"))
}

/// The bytes of `removed.yaml`; `None` if nothing was removed.
pub fn write_removed(record: &Record) -> Option<String> {
    let wire = RemovedWire { version: VERSION.into(), ids: record.removed.clone() };
    (!wire.ids.is_empty()).then(|| yaml::write(&serde_json::to_value(wire).expect("plain values")))
}

/// Reads `handoff.yaml` and, if there is one, `removed.yaml`. `object` names the commit in errors.
pub fn read(object: &str, bytes: &[u8], removed: Option<&[u8]>) -> Result<Record, FormatError> {
    let wire: Wire = yaml::read(object, bytes)?;
    let removed = match removed {
        Some(bytes) => yaml::read::<RemovedWire>(&format!("removed.yaml of {object}"), bytes)?.ids,
        None => Vec::new(),
    };
    let bad = |why: String| FormatError::Invalid { object: object.to_owned(), why };
    let oid = |text: &String| text.parse().map_err(|e: crate::model::ids::BadName| bad(e.to_string()));
    let baton = Baton {
        epoch: wire.baton.epoch,
        state: BatonState::named(&wire.baton.state)
            .ok_or_else(|| bad(format!("the baton's state is {:?}", wire.baton.state)))?,
        holder: wire.baton.holder.chars().filter(|c| !c.is_control()).take(100).collect(),
        since: wire.baton.since.parse().map_err(FormatError::invalid(object))?,
    };
    let session = |s: &SessionWire| {
        let key = SessionKey {
            agent: s.agent.parse().map_err(FormatError::invalid(object))?,
            id: s.id.parse().map_err(FormatError::invalid(object))?,
        };
        // It only orders a list: one that cannot be read is as good as none.
        let last_event = s.last_event.as_ref().and_then(|t| t.parse().ok());
        let (commit, tip, title) = (oid(&s.commit)?, s.tip.clone(), s.title.clone());
        Ok(SessionEntry { commit, events: s.events, last_event, tip, title, key })
    };
    Ok(Record {
        repository: wire.repository.as_ref().map(oid).transpose()?,
        branch: wire.branch.parse().map_err(FormatError::invalid(object))?,
        head: oid(&wire.head)?,
        upstream: wire.upstream,
        base: wire.base.as_ref().map(oid).transpose()?,
        sequence: wire.sequence,
        previous: wire.previous.as_ref().map(oid).transpose()?,
        renamed_from: wire.renamed_from.map(|b| b.parse()).transpose().map_err(FormatError::invalid(object))?,
        rewrites: wire
            .rewrites
            .iter()
            .skip(wire.rewrites.len().saturating_sub(MOST_REWRITES))
            .map(|r| Ok((oid(&r.old)?, oid(&r.new)?)))
            .collect::<Result<_, FormatError>>()?,
        baton,
        sessions: wire.sessions.iter().map(session).collect::<Result<_, FormatError>>()?,
        work: wire.work.as_ref().map(oid).transpose()?,
        tool: wire.tool,
        removed,
        unknown: wire.unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::json;

    use crate::model::ids::Oid;

    fn any_record() -> impl Strategy<Value = Record> {
        let oid = || "[0-9a-f]{40}".prop_map(|t| t.parse::<Oid>().expect("an id"));
        let time = || (0i64..4_000_000_000).prop_map(|s| Timestamp::from_second(s).expect("a time"));
        let baton = (any::<u64>(), 0..3usize, "[a-z-]{1,9}", time()).prop_map(|(epoch, state, holder, since)| {
            let state = [BatonState::Free, BatonState::Offered, BatonState::Held][state];
            Baton { epoch, state, holder, since }
        });
        let title = prop::option::of("[^\u{0}]{1,20}");
        let session = ("[a-z]{1,5}\\.[0-9a-f]{8}", oid(), any::<u64>(), prop::option::of(time()), title).prop_map(
            |(key, commit, events, last_event, title)| SessionEntry {
                key: key.parse().expect("a key"),
                commit,
                events,
                last_event,
                tip: title.as_ref().map(|_| "0f1e2d3c4b5a6978".into()),
                title,
            },
        );
        let ids = (oid(), prop::option::of(oid()), prop::option::of(oid()), vec((oid(), oid()), 0..3));
        (ids, baton, vec(session, 0..3), any::<u64>(), vec("[a-z]\\.[0-9]", 0..2)).prop_map(
            |((head, base, work, rewrites), baton, sessions, sequence, removed)| Record {
                repository: base.clone(),
                branch: "feature/ünï".parse().expect("a branch"),
                head,
                upstream: work.as_ref().map(|_| "origin/x".into()),
                previous: work.clone(),
                renamed_from: base.as_ref().map(|_| "old".parse().expect("a branch")),
                base,
                sequence,
                rewrites,
                baton,
                sessions,
                work,
                tool: "git-handoff 0.1.0".into(),
                removed,
                unknown: BTreeMap::from([("later".into(), json!([{"a": "no", "n": 1}]))]),
            },
        )
    }

    proptest! {
        #[test]
        fn a_record_comes_back(record in any_record()) {
            let removed = write_removed(&record);
            prop_assert_eq!(removed.is_some(), !record.removed.is_empty());
            let again = read("x", write(&record).as_bytes(), removed.as_ref().map(String::as_bytes)).expect("readable");
            prop_assert_eq!(again, record);
        }

        #[test]
        fn foreign_bytes_are_no_panic(bytes in "(version: \"1\"\n)?(branch: \"a\"\nsequence: 1\n)?\\PC{0,80}") {
            let _ = read("x", bytes.as_bytes(), Some(bytes.as_bytes()));
        }
    }

    #[test]
    fn the_newest_rewrites_stay() {
        let pair = |n: usize| format!("  - old: \"{n:040x}\"\n    new: \"{n:040x}\"\n");
        let text = format!(
            "version: \"1\"\nbranch: \"b\"\nhead: \"{}\"\nsequence: 1\nbaton:\n  epoch: 1\n  state: \"held\"\n  holder: \"h\"\n  \
             since: \"2026-03-01T10:00:00Z\"\nrewrites:\n{}",
            "a".repeat(40),
            (0..MOST_REWRITES + 5).map(pair).collect::<String>()
        );
        let record = read("x", text.as_bytes(), None).expect("readable");
        assert_eq!(record.rewrites.len(), MOST_REWRITES);
        assert_eq!(record.rewrites[0].0.as_str(), format!("{:040x}", 5));
    }
}
