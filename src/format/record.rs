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
        title: s.title.clone(),
    };
    let wire = Wire {
        version: VERSION.into(),
        repository: record.repository.clone(),
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
            state: match record.baton.state {
                BatonState::Held => "held".into(),
                BatonState::Offered => "offered".into(),
            },
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
        state: match wire.baton.state.as_str() {
            "held" => BatonState::Held,
            "offered" => BatonState::Offered,
            other => return Err(bad(format!("the baton's state is {other:?}"))),
        },
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
        Ok(SessionEntry { commit: oid(&s.commit)?, events: s.events, last_event, title: s.title.clone(), key })
    };
    Ok(Record {
        repository: wire.repository,
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
            .take(MOST_REWRITES)
            .map(|r| Ok((oid(&r.old)?, oid(&r.new)?)))
            .collect::<Result<_, FormatError>>()?,
        baton,
        sessions: wire.sessions.iter().map(session).collect::<Result<_, FormatError>>()?,
        work: wire.work.as_ref().map(oid).transpose()?,
        tool: wire.tool,
        removed,
        unknown: wire.unknown.into_iter().filter(|(k, _)| k != "version").collect(),
    })
}
