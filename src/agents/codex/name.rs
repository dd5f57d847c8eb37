//! File names of rollouts: `rollout-2026-11-22T06-42-49-<id>.jsonl`, below `sessions/2026/11/22/`.
//!
//! After going back to an earlier turn Codex goes on in a new file of the same session,
//! `rollout-<time>-<id>_<revision>.jsonl` (seen with 0.169.0). Nothing else is a rollout, whoever says so.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The name of a rollout file that keeps to the grammar.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RolloutName {
    /// `2026-11-22T06-42-49`
    time: String,
    id: String,
    revision: Option<String>,
}

impl RolloutName {
    /// The name for a session that begins now.
    pub(super) fn new(now: Timestamp, id: &str) -> Option<RolloutName> {
        let time = now.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H-%M-%S").to_string();
        is_uuid(id).then(|| RolloutName { time, id: id.to_owned(), revision: None })
    }

    /// A bare file name.
    pub(super) fn parse(name: &str) -> Option<RolloutName> {
        let rest = name.strip_prefix("rollout-")?.strip_suffix(".jsonl")?;
        let (time, rest) = (rest.get(..19)?, rest.get(19..)?.strip_prefix('-')?);
        let (id, revision) = match rest.split_once('_') {
            Some((id, revision)) => (id, Some(revision)),
            None => (rest, None),
        };
        let ok = is_time(time) && is_uuid(id) && revision.is_none_or(is_uuid);
        ok.then(|| RolloutName { time: time.into(), id: id.into(), revision: revision.map(str::to_owned) })
    }

    /// A path below the store with `/`, in the folders that belong to its name.
    pub(super) fn parse_path(path: &str) -> Option<RolloutName> {
        let name = RolloutName::parse(path.rsplit('/').next()?)?;
        (name.path() == path).then_some(name)
    }

    /// The name's place below the store.
    pub(super) fn path(&self) -> String {
        let revision = self.revision.as_ref().map(|r| format!("_{r}")).unwrap_or_default();
        let day = self.time[..10].replace('-', "/");
        format!("sessions/{day}/rollout-{}-{}{revision}.jsonl", self.time, self.id)
    }

    /// The same session's name as one file that stands on no other, under `id`.
    pub(super) fn whole(&self, id: &str) -> RolloutName {
        RolloutName { time: self.time.clone(), id: id.to_owned(), revision: None }
    }

    /// The session.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// What sets this file apart from earlier ones of the session.
    pub(super) fn revision(&self) -> Option<&str> {
        self.revision.as_deref()
    }

    /// What other rollouts call this one.
    pub(super) fn key(&self) -> &str {
        self.revision().unwrap_or(&self.id)
    }
}

/// 36 lower-case characters of a UUID.
pub(super) fn is_uuid(text: &str) -> bool {
    shaped(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
}

fn is_time(text: &str) -> bool {
    shaped(text, "dddd-dd-ddTdd-dd-dd")
}

fn shaped(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, want)| match want {
            b'x' => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            b'd' => byte.is_ascii_digit(),
            _ => byte == want,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01a201fe-41b0-7022-b007-aee762986d3e";

    #[test]
    fn names_keep_to_their_grammar() {
        let path = format!("sessions/2026/11/22/rollout-2026-11-22T06-42-49-{ID}.jsonl");
        let name = RolloutName::parse_path(&path).expect("a name");
        assert_eq!((name.id(), name.key(), name.path()), (ID, ID, path.clone()));
        for bad in [
            path.replace("2026/11", "2026/12"),
            path.replace("sessions/", "sessions/../sessions/"),
            path.replace("sessions/", "/sessions/"),
            path.replace(".jsonl", ".jsonl/"),
            path.replace(ID, "../../x"),
            path.replace(ID, &ID.to_uppercase()),
            path.replace(".jsonl", "_.jsonl"),
            path.replace("06-42", "06é42"),
            String::new(),
        ] {
            assert_eq!(RolloutName::parse_path(&bad), None, "{bad}");
        }
    }

    #[test]
    fn a_revision_is_the_same_session() {
        let later = "01a20dd3-04b4-7ec0-bd15-3cdf512dc8ca";
        let name = RolloutName::parse(&format!("rollout-2026-11-24T13-51-02-{ID}_{later}.jsonl")).expect("a name");
        assert_eq!((name.id(), name.key()), (ID, later));
        assert_eq!(name.whole(ID).path(), format!("sessions/2026/11/24/rollout-2026-11-24T13-51-02-{ID}.jsonl"));
    }
}
