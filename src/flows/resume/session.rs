//! Which session a resume continues, and which of the ways that it went.

use crate::fault::{AnyFault, Choice};
use crate::flows::check::Examined;
use crate::flows::resume::ResumeAsk;
use crate::flows::show::named_in;
use crate::flows::{Ctx, Stuck, ways};
use crate::model::ids::SessionKey;
use crate::store::logs::Logs;
use crate::store::records;

/// The session to continue.
pub(super) struct Chosen {
    key: Option<SessionKey>,
    /// Which of its ways, if that was said.
    way: Option<String>,
}

/// What is to be restored.
pub(super) struct Wanted {
    pub(super) key: SessionKey,
    pub(super) logs: Logs,
    /// Which of the logs is meant.
    pub(super) tip: Option<String>,
}

impl Ctx {
    /// The session to continue, and the others with their commands.
    pub(super) fn session_of(&self, examined: &Examined, ask: &ResumeAsk) -> Result<(Chosen, Vec<Choice>), AnyFault> {
        let keys: Vec<SessionKey> = examined.stored.record.sessions.iter().map(|s| s.key.clone()).collect();
        let (named, way) = match ask.session.as_deref().map(ways::named) {
            Some((text, way)) => {
                let key = named_in(&keys, text)?.ok_or_else(|| {
                    let all: Vec<String> = keys.iter().map(ToString::to_string).collect();
                    Stuck::usage(
                        format!("no session of {} begins with {text:?}", examined.lane.server),
                        format!("it has: {}", all.join(", ")),
                    )
                })?;
                (Some(key), way.map(str::to_owned))
            }
            None => (examined.named.clone(), None),
        };
        let key = named.or_else(|| keys.last().cloned());
        let branch = examined.lane.server.as_str();
        let command = |session: &str| format!("{} --session {session}", self.typed.other_session(branch));
        let mut others: Vec<Choice> = Vec::new();
        for k in &keys {
            let name = format!("{} {}", k.agent, k.id.short());
            if Some(k) != key.as_ref() {
                others.push(Choice::new(name.clone(), command(&k.to_string())));
            }
            let Some((_, logs)) = examined.whole.iter().find(|(whole, _)| whole == k) else { continue };
            for way in self.ways(k, logs)? {
                others.push(Choice::new(format!("{name} {}", ways::words(&way, &self.env)), command(&way.session)));
            }
        }
        Ok((Chosen { key, way }, others))
    }

    /// What is to be restored: for a fork the log alone, under a new id.
    pub(super) fn wanted(&self, examined: &Examined, chosen: Chosen, fork: bool) -> Result<Option<Wanted>, AnyFault> {
        let Some(key) = chosen.key else { return Ok(None) };
        let logs = whole(examined, &key)?;
        let tip = match &chosen.way {
            Some(way) => Some(self.tip_of_way(&key, logs, way)?),
            None => self.handed_over(examined, &key)?,
        };
        if !fork {
            return Ok(Some(Wanted { key, logs: logs.clone(), tip }));
        }
        let logs = match &tip {
            Some(tip) => logs.clone().led_by(|log| log.went_through(&self.repo, tip))?,
            None => logs.clone(),
        };
        let (key, logs) = self.under_new_id(&key, &logs.main)?;
        Ok(Some(Wanted { key, logs, tip: None }))
    }

    /// Which of a session's logs is handed over: what the remote's record says counts before what was saved here.
    fn handed_over(&self, examined: &Examined, key: &SessionKey) -> Result<Option<String>, AnyFault> {
        let tips = records::tips(&self.repo, &examined.lane.server, examined.remote.as_deref())?;
        let record = tips.remote.map(|commit| records::read(&self.repo, &commit)).transpose()?.map(|s| s.record);
        let record = record.as_ref().unwrap_or(&examined.stored.record);
        Ok(record.sessions.iter().find(|entry| entry.key == *key).and_then(|entry| entry.tip.clone()))
    }
}

fn whole<'a>(examined: &'a Examined, key: &SessionKey) -> Result<&'a Logs, Stuck> {
    if let Some((_, logs)) = examined.whole.iter().find(|(k, _)| k == key) {
        return Ok(logs);
    }
    let state = examined.checked.logs.iter().find(|l| l.key == *key);
    let problem = state.and_then(|s| s.problem.clone()).unwrap_or_else(|| "its log is not there yet".into());
    let hint = state.and_then(|s| s.hint.clone());
    let next = hint.unwrap_or_else(|| "`git handoff push` where it was recorded sends it again".into());
    Err(Stuck::failed(format!("{} {}: {problem}", key.agent, key.id.short()), next))
}
