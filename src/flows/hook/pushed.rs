//! Which branches a `git push` sends: what git tells its pre-push hook (githooks, "pre-push").

use crate::fault::AnyFault;
use crate::flows::{Ctx, Lane};
use crate::format::refs;
use crate::model::ids::{BranchName, Oid};

/// No more lines than this are looked at.
const MOST_LINES: usize = 10_000;
/// No more branches than this are synced by one push.
pub(super) const MOST_BRANCHES: usize = 50;

/// One ref that is pushed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its name here; anything that names a commit.
    from: String,
    /// What it becomes; `None`: it is deleted.
    new: Option<Oid>,
    /// Its full name there.
    to: String,
    /// What it is there; `None`: nothing.
    old: Option<Oid>,
}

/// Reads the lines `<local ref> <local id> <remote ref> <remote id>`; what is none is passed over.
pub(super) fn read(input: &[u8]) -> Vec<Line> {
    let id = |text: &str| if text.bytes().all(|b| b == b'0') { Some(None) } else { text.parse().ok().map(Some) };
    let line = |text: &str| {
        let mut words = text.split(' ');
        let line = Line {
            from: words.next()?.to_owned(),
            new: id(words.next()?)?,
            to: words.next()?.to_owned(),
            old: id(words.next()?)?,
        };
        words.next().is_none().then_some(line)
    };
    String::from_utf8_lossy(input).lines().take(MOST_LINES).filter_map(line).collect()
}

impl Line {
    /// Whether it is one of ours, which only a mirror sends.
    pub(super) fn is_handoff(&self) -> bool {
        [refs::ROOT, refs::REMOTES, refs::RESCUE].iter().any(|root| self.to.starts_with(root))
    }

    /// Whether it goes.
    pub(super) fn is_deletion(&self) -> bool {
        self.new.is_none()
    }
}

/// A branch that is pushed, with the commit it gets there.
#[derive(Debug, Clone)]
pub(super) struct Pushed {
    pub(super) lane: Lane,
    pub(super) head: Oid,
}

impl Ctx {
    /// The branches that a push to a remote sends. Without a line there is nothing new to send: then it is the current
    /// branch, if the remote has all of it.
    pub(super) fn pushed(&self, remote: &str, lines: &[Line]) -> Result<Vec<Pushed>, AnyFault> {
        if lines.is_empty() {
            return self.up_to_date(remote).map(|branch| branch.into_iter().collect());
        }
        let mut branches = Vec::new();
        for line in lines {
            if branches.len() < MOST_BRANCHES {
                branches.extend(self.branch_of(remote, line)?);
            }
        }
        Ok(branches)
    }

    fn up_to_date(&self, remote: &str) -> Result<Option<Pushed>, AnyFault> {
        let here = self.repo.head()?;
        let Some((branch, head)) = here.branch.zip(here.commit) else { return Ok(None) };
        let lane = self.lane(Some(branch.as_str()), Some(remote))?;
        let there = self.repo.find_ref(&format!("refs/remotes/{remote}/{}", lane.server))?;
        Ok((there.as_ref() == Some(&head)).then_some(Pushed { lane, head }))
    }

    /// The branch that a line is about; `None`: it is about none, or git is going to refuse it.
    fn branch_of(&self, remote: &str, line: &Line) -> Result<Option<Pushed>, AnyFault> {
        let name = |full: &str| full.strip_prefix("refs/heads/")?.parse::<BranchName>().ok();
        let (Some(new), Some(server)) = (&line.new, name(&line.to)) else { return Ok(None) };
        let local = match name(&line.from) {
            Some(local) => local,
            None => {
                let here = self.repo.head()?;
                let current = here.branch.filter(|_| here.commit.as_ref() == Some(new));
                current.unwrap_or_else(|| server.clone())
            }
        };
        // Where the server has what this branch never was, others went on: their handoff is not to be replaced.
        let forward = line
            .old
            .as_ref()
            .is_none_or(|old| self.repo.has(old) && (self.repo.is_ancestor(old, new) || self.repo.was_at(&local, old)));
        let lane = Lane { local, server, remote: Some(remote.to_owned()) };
        Ok(forward.then(|| Pushed { lane, head: new.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_noise_is_not() {
        let (a, b, zero) = ("a".repeat(40), "b".repeat(40), "0".repeat(40));
        let text = format!(
            "refs/heads/x {a} refs/heads/y {zero}\n\n(delete) {zero} refs/handoff/branches/x {b}\nx {a} y\nq {a} r {b} s\n\
             HEAD not-an-id refs/heads/x {b}\n"
        );
        let lines = read(text.as_bytes());
        assert_eq!(lines.len(), 2);
        assert_eq!(
            (lines[0].from.as_str(), lines[0].to.as_str(), &lines[0].old),
            ("refs/heads/x", "refs/heads/y", &None)
        );
        assert!(lines[1].is_handoff() && lines[1].is_deletion() && !lines[0].is_handoff());
        assert!(read(&[0xff, b'\n', 0]).is_empty());
        let long = format!("refs/heads/x {a} refs/heads/x {b}\n").repeat(MOST_LINES + 1);
        assert_eq!(read(long.as_bytes()).len(), MOST_LINES);
    }
}
