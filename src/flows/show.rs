//! One session to read: from the store, or from an agent's own store here.

use serde::Serialize;

use crate::agents::{self, Agent, Finished, Head, RawFile};
use crate::fault::AnyFault;
use crate::flows::{Ctx, Stuck, capture};
use crate::jsonl::Lines;
use crate::model::ids::SessionKey;
use crate::model::session::{Event, Remark, Session};
use crate::store::files::StoredFile;
use crate::store::records;

/// A session, and where it is read from.
pub struct Shown {
    /// Which.
    pub key: SessionKey,
    /// `as handed over`, or `on this machine`.
    pub origin: &'static str,
    /// What the log says as a whole.
    pub head: Head,
    /// How many events it has.
    pub events: u64,
    /// What was not understood.
    pub remarks: Vec<Remark>,
    agent: &'static dyn Agent,
    source: Source,
    amend: Box<dyn Fn(&mut Event)>,
}

enum Source {
    Stored(StoredFile),
    Native(RawFile),
}

/// A whole session, for those who want it at once.
#[derive(Debug, Serialize)]
pub struct Whole<'a> {
    /// The conversation.
    pub session: Session,
    /// What was not understood.
    pub remarks: &'a [Remark],
    /// `as handed over`, or `on this machine`.
    pub origin: &'static str,
}

impl Shown {
    fn new(
        ctx: &Ctx,
        key: SessionKey,
        agent: &'static dyn Agent,
        source: Source,
        origin: &'static str,
    ) -> Result<Shown, AnyFault> {
        let (mut parser, mut events, mut count) = (agent.parser(None), Vec::new(), 0);
        let mut lines = source.lines(ctx);
        while let Some(line) = lines.next()? {
            parser.line(&line, &mut events);
            count += events.drain(..).count() as u64;
        }
        drop(lines);
        let Finished { head, remarks, amend } = parser.finish();
        Ok(Shown { key, origin, head, events: count, remarks, agent, source, amend })
    }

    /// Gives one event after the other; none but that one is held.
    pub fn each(&self, ctx: &Ctx, mut take: impl FnMut(Event)) -> Result<(), AnyFault> {
        let (mut parser, mut events) = (self.agent.parser(None), Vec::new());
        let mut lines = self.source.lines(ctx);
        while let Some(line) = lines.next()? {
            parser.line(&line, &mut events);
            for mut event in events.drain(..) {
                (self.amend)(&mut event);
                take(event);
            }
        }
        Ok(())
    }

    /// The whole session.
    pub fn whole(&self, ctx: &Ctx) -> Result<Whole<'_>, AnyFault> {
        let mut events = Vec::new();
        self.each(ctx, |event| events.push(event))?;
        let Head { title, agent_version, model } = self.head.clone();
        let SessionKey { agent, id } = self.key.clone();
        let session = Session { agent, id, title, agent_version, model, events };
        Ok(Whole { session, remarks: &self.remarks, origin: self.origin })
    }

    /// The stored log as it is, a line at a time. An agent's own one is shown only as a conversation.
    pub fn log(&self, ctx: &Ctx, mut take: impl FnMut(&[u8])) -> Result<(), AnyFault> {
        let Source::Stored(log) = &self.source else { return Ok(()) };
        let mut lines = log.lines(&ctx.repo);
        while let Some(mut line) = lines.next()? {
            line.push(b'\n');
            take(&line);
        }
        Ok(())
    }
}

impl Source {
    fn lines<'a>(&'a self, ctx: &'a Ctx) -> Box<dyn Lines + 'a> {
        match self {
            Source::Stored(log) => Box::new(log.lines(&ctx.repo)),
            Source::Native(log) => Box::new(log.lines()),
        }
    }
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
                let source = Source::Native(candidate.agent.log(&self.env, &candidate.found)?);
                let origin = "on this machine, not handed over";
                Shown::new(self, candidate.found.key, candidate.agent, source, origin)
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
        Shown::new(self, key.clone(), agent, Source::Stored(stored.main.main), "as handed over")
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
