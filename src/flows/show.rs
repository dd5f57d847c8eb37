//! One session to read: from the store, or from an agent's own store here.

use serde::Serialize;

use crate::agents;
use crate::fault::AnyFault;
use crate::flows::{Ctx, Stuck, capture};
use crate::model::ids::SessionKey;
use crate::model::session::{Remark, Session};
use crate::store::records;

/// A session and where it was read from.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// The conversation.
    pub session: Session,
    /// What was not understood.
    pub remarks: Vec<Remark>,
    /// `handed over`, or `on this machine`.
    pub origin: String,
    /// The stored log (an agent's own one is shown only as a conversation).
    #[serde(skip)]
    pub log: Vec<u8>,
}

impl Ctx {
    /// The session that a text names: a branch's newest, or an id or the beginning of one.
    pub fn show(&self, what: Option<&str>) -> Result<Shown, AnyFault> {
        let known = self.sessions_known()?;
        let key = match what {
            Some(text) => match self.session_of_branch(text)? {
                Some(key) => Some(key),
                None => named_in(&known, text)?,
            },
            None => {
                let lane = self.lane(None, None)?;
                self.session_of_branch(lane.local.as_str())?
            }
        };
        if let Some(key) = key {
            return self.shown(&key);
        }
        match what {
            Some(text) => {
                let candidate = self.named(text)?;
                let raw = candidate.agent.load(&self.env, &candidate.found)?;
                let (session, remarks) = candidate.agent.parse(&candidate.found.key.id, &raw.log);
                Ok(Shown { session, remarks, origin: "on this machine, not handed over".into(), log: Vec::new() })
            }
            None => {
                Err(Stuck::usage("this branch was not handed over", "name a session; `git handoff status` lists them")
                    .into())
            }
        }
    }

    fn shown(&self, key: &SessionKey) -> Result<Shown, AnyFault> {
        let lane_remote = self.usual_remote();
        let (mut stored, _) = capture::stored(self, key, lane_remote.as_deref())?;
        if let (None, Some(remote)) = (&stored, &lane_remote) {
            self.fetch_logs(remote, std::slice::from_ref(key))?;
            (stored, _) = capture::stored(self, key, Some(remote))?;
        }
        let Some(stored) = stored else {
            let what = format!("the log of {} {} is not here", key.agent, key.id.short());
            return Err(Stuck::failed(what, "where it was recorded, `git handoff push` sends it").into());
        };
        let Some(agent) = agents::by_name(key.agent.as_str()) else {
            let what = format!("{} is an agent that this version does not know", key.agent);
            let name = crate::format::refs::log(key);
            let next = format!("`git archive {name} log | tar -xO` prints its log as it is");
            return Err(Stuck::failed(what, next).into());
        };
        let log = stored.main.main.bytes().to_vec();
        let (session, remarks) = agent.parse(&key.id, &log);
        Ok(Shown { session, remarks, origin: "as handed over".into(), log })
    }

    fn session_of_branch(&self, text: &str) -> Result<Option<SessionKey>, AnyFault> {
        let Ok(lane) = self.lane(Some(text), None) else { return Ok(None) };
        let known = records::find(&self.repo, &lane.server, lane.remote.as_deref())?.stored;
        Ok(known.and_then(|k| k.record.sessions.last().map(|s| s.key.clone())))
    }

    /// Every session that a record or a log here names.
    pub fn sessions_known(&self) -> Result<Vec<SessionKey>, AnyFault> {
        let mut keys: Vec<SessionKey> = Vec::new();
        for (_, summary) in records::list(&self.repo)? {
            keys.extend(summary.into_iter().flat_map(|s| s.sessions.into_iter().map(|s| s.key)));
        }
        for (name, _) in self.repo.list_refs(crate::format::refs::LOGS)? {
            keys.extend(name[crate::format::refs::LOGS.len()..].parse::<SessionKey>());
        }
        keys.sort();
        keys.dedup();
        Ok(keys)
    }
}

/// The one session of a list that an id, or the beginning of one, names; an error if several do.
pub fn named_in(known: &[SessionKey], text: &str) -> Result<Option<SessionKey>, Stuck> {
    let hits: Vec<&SessionKey> =
        known.iter().filter(|k| k.id.as_str().starts_with(text) || k.to_string().starts_with(text)).collect();
    match hits.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some((*only).clone())),
        several => {
            let names: Vec<String> = several.iter().take(5).map(ToString::to_string).collect();
            Err(Stuck::usage(
                format!("{} sessions begin with {text:?}", several.len()),
                format!("name one: {}", names.join(", ")),
            ))
        }
    }
}
