//! Uncommitted work that goes along with a branch: taken by a push, looked at by a check, put back by a resume.

use std::path::Path;

use serde::Serialize;

use crate::canon::redact::Redactor;
use crate::fault::{AnyFault, Choice};
use crate::flows::check::Examined;
use crate::flows::local::Local;
use crate::flows::record::WorkChange;
use crate::flows::{Ctx, HalfDone, Lane, Stuck, Undecided, quote};
use crate::format::refs;
use crate::git::tree::{self, Rescue, work};
use crate::model::divergence::{Action, Snapshot, Start};
use crate::model::ids::{BranchName, Oid};
use crate::model::record::Record;
use crate::model::work::{LeftOut, Work};
use crate::store;

/// Whether uncommitted work goes along.
#[derive(Debug, Clone, Default)]
pub struct WorkAsk {
    /// It does; else `handoff.work` says.
    pub take: bool,
    /// Files that go along although they look secret, as the person named them.
    pub include: Vec<String>,
}

/// What a push took.
#[derive(Debug, Clone, Default, Serialize)]
pub struct WorkTaken {
    /// The commit that holds it; `None`: nothing was there to take.
    #[serde(skip)]
    pub commit: Option<Oid>,
    /// The paths that differ.
    pub files: Vec<String>,
    /// What stays here, and why.
    pub left_out: Vec<LeftOut>,
    /// Paths with an unfinished merge, taken as they are in the work tree.
    pub unmerged: Vec<String>,
}

/// Uncommitted work that a handoff has, and what putting it back would do.
#[derive(Debug, Clone, Default, Serialize)]
pub struct WorkState {
    /// The paths that differ.
    pub files: Vec<String>,
    /// Those on which this work tree has changes that go together with them.
    pub merged: Vec<String>,
    /// Those on which it has others, or where something is in the way.
    pub conflicts: Vec<String>,
    /// What its writer left behind, and why.
    pub left_out: Vec<LeftOut>,
    /// It was put back here before.
    pub was_restored: bool,
    /// Why it cannot be put back, whatever is here.
    pub problem: Option<String>,
}

/// What a resume put back.
#[derive(Debug, Clone, Serialize)]
pub struct WorkRestored {
    /// The paths.
    pub files: Vec<String>,
    /// Those on which it was merged with what was here.
    pub merged: Vec<String>,
    /// Nothing had to be done.
    pub was_there: bool,
    /// The tree as it was before, if it had changes of its own.
    pub rescue: Option<Rescue>,
}

/// The file that says, for each work tree, which work was put into it last.
fn note(branch: &BranchName) -> String {
    format!("restored/{}", refs::component(branch))
}

impl Ctx {
    /// Takes the uncommitted work of a lane, if that is asked for or the clone is set so. `None`: it is not.
    pub fn take_work(&self, ask: &WorkAsk, lane: &Lane, remote: &str) -> Result<Option<WorkTaken>, AnyFault> {
        if !ask.take && !self.repo.flag("handoff.work").unwrap_or(false) {
            return Ok(None);
        }
        let head = self.repo.head()?;
        let is_here = match &head.branch {
            Some(branch) => *branch == lane.local,
            None => head.commit.is_some() && head.commit == self.repo.branch_tip(&lane.local)?,
        };
        if !is_here || self.repo.workdir().is_none() || head.commit.is_none() {
            if !ask.take {
                return Ok(None);
            }
            let what = format!("{} is not checked out here, so no uncommitted work is its own", lane.local);
            return Err(Stuck::usage(what, "run it in the work tree that has the branch, or without --work").into());
        }
        let included: Vec<String> = ask.include.iter().map(|p| self.below_root(p)).collect();
        let gate = |path: &str, bytes: &[u8]| secret(path, bytes).filter(|_| !included.iter().any(|p| p == path));
        let work = work::take(&self.repo, &gate)?;
        let files = work.paths().into_iter().map(str::to_owned).collect();
        let taken = WorkTaken { commit: None, files, left_out: work.left_out.clone(), unmerged: work.unmerged.clone() };
        if work.is_empty() {
            return Ok(Some(taken));
        }
        let commit = store::work::save(&self.repo, &self.env, &lane.server, &work, Some(remote))?;
        // Whoever hands it over has it already.
        Local::of_work_tree(&self.repo).write(&note(&lane.server), &format!("{commit}\n"))?;
        Ok(Some(WorkTaken { commit: Some(commit), ..taken }))
    }

    /// A path that the person named, relative to the root of the work tree.
    fn below_root(&self, named: &str) -> String {
        let whole = self.env.cwd().join(named);
        let parent = whole.parent().and_then(|p| p.canonicalize().ok()).unwrap_or_default();
        let whole = parent.join(whole.file_name().unwrap_or_default());
        let root = self.repo.workdir().and_then(|r| r.canonicalize().ok()).unwrap_or_default();
        whole.strip_prefix(root).ok().and_then(Path::to_str).map_or(named.to_owned(), |p| p.replace('\\', "/"))
    }

    /// Brings what a remote has of a branch's work; it may have none.
    pub fn fetch_work(&self, remote: &str, branch: &BranchName) -> Result<(), AnyFault> {
        let name = refs::work(branch);
        let tracking = refs::tracking(remote, &name).unwrap_or_default();
        let options: &[&str] = if self.repo.is_partial(remote) { &["--no-filter"] } else { &[] };
        self.repo.fetch_present(remote, &[format!("+{name}:{tracking}")], options, false)?;
        Ok(())
    }

    /// Whether the branch's local ref has that work: what only the remote has needs no push.
    pub fn work_is_ours(&self, lane: &Lane, commit: &Oid) -> bool {
        self.repo.find_ref(&refs::work(&lane.server)).is_ok_and(|tip| tip.as_ref() == Some(commit))
    }

    /// After a lost race: the work of this push on top of what the remote has meanwhile. Without any of our own, what
    /// the others wrote stands.
    pub fn caught_up(
        &self,
        lane: &Lane,
        remote: &str,
        ours: Option<Oid>,
        taken: Option<&mut WorkTaken>,
    ) -> Result<WorkChange, AnyFault> {
        let (Some(commit), Some(taken)) = (ours, taken) else { return Ok(WorkChange::Keep) };
        if taken.commit.as_ref() != Some(&commit) {
            return Ok(WorkChange::Keep);
        }
        self.fetch_work(remote, &lane.server)?;
        let again = store::work::save_again(&self.repo, &self.env, &lane.server, &commit, remote)?;
        Local::of_work_tree(&self.repo).write(&note(&lane.server), &format!("{again}\n"))?;
        taken.commit = Some(again.clone());
        Ok(WorkChange::Is(Some(again)))
    }

    /// How many bytes of objects a push of this record brings to a remote, as they are stored here.
    pub fn bytes_to_send(&self, remote: &str, record: &Record, commit: &Oid) -> Result<u64, AnyFault> {
        if self.repo.is_partial(remote) {
            return Ok(0); // To count them would be to download them.
        }
        let mut new: Vec<Oid> = vec![record.head.clone(), commit.clone()];
        new.extend(record.sessions.iter().map(|s| s.commit.clone()));
        new.extend(record.work.clone());
        new.retain(|oid| self.repo.has(oid));
        Ok(self.repo.bytes_of(&new, &[format!("refs/remotes/{remote}/"), refs::tracking_root(remote)])?)
    }

    /// The work that a record names, and what putting it back would do here. `None`: it names none.
    pub fn work_state(
        &self,
        lane: &Lane,
        record: &Record,
        remote: Option<&str>,
        snapshot: &Snapshot,
        action: &Action,
    ) -> Result<Option<(WorkState, Option<Work>)>, AnyFault> {
        let Some(commit) = &record.work else { return Ok(None) };
        if let Some(remote) = remote {
            // An object that no ref holds may go at any time, so it is the ref that counts.
            let tracking = refs::tracking(remote, &refs::work(&lane.server)).unwrap_or_default();
            if self.repo.find_ref(&tracking)?.as_ref() != Some(commit) {
                self.fetch_work(remote, &lane.server)?;
            }
        }
        let problem = |why: String| Ok(Some((WorkState { problem: Some(why), ..WorkState::default() }, None)));
        if !self.repo.has(commit) {
            return problem("it is not there yet".into());
        }
        let work = match store::work::read(&self.repo, commit) {
            Ok(work) => work,
            Err(fault) => return problem(fault.to_string()),
        };
        let files = work.paths().into_iter().map(str::to_owned).collect();
        let mut state = WorkState { files, left_out: work.left_out.clone(), ..WorkState::default() };
        let noted = Local::of_work_tree(&self.repo).read(&note(&lane.server));
        let beside = matches!(action, Action::NewWorktree { .. });
        state.was_restored = !beside && noted.is_some_and(|n| n.trim() == commit.as_str());
        let to = match action {
            Action::Proceed => snapshot.here(),
            Action::FastForward { to } | Action::Follow { to } => Some(to),
            Action::CreateBranch { at } | Action::NewWorktree { start: Start::At(at), .. } => Some(at),
            Action::Checkout | Action::NewWorktree { start: Start::Existing, .. } => {
                snapshot.local.as_ref().map(|l| &l.oid)
            }
            Action::Stop | Action::FetchFirst | Action::DeepenFirst => None,
        };
        if let Some(to) = to.filter(|to| !state.was_restored && self.repo.has(to)) {
            if !self.repo.has(&work.head) {
                return problem(format!("{}, which it differs from, is not here", work.head.short()));
            }
            let before = if beside { None } else { self.work_before(&lane.server, commit) };
            let plan = work::plan(&self.repo, &work, before.as_ref(), to, beside)?;
            (state.merged, state.conflicts) = (plan.merged, plan.conflicts);
        }
        Ok(Some((state, Some(work))))
    }

    /// The work that this work tree was given or that was taken from it last, if `commit` goes on from that.
    fn work_before(&self, branch: &BranchName, commit: &Oid) -> Option<Work> {
        let noted: Oid = Local::of_work_tree(&self.repo).read(&note(branch))?.trim().parse().ok()?;
        let goes_on = self.repo.has(&noted) && self.repo.is_ancestor(&noted, commit);
        let work = store::work::read(&self.repo, &noted).ok().filter(|_| goes_on)?;
        self.repo.has(&work.head).then_some(work)
    }

    /// Stops before anything is changed if the work cannot be put back.
    pub fn may_restore_work(&self, examined: &Examined) -> Result<(), AnyFault> {
        let Some(state) = &examined.checked.work else { return Ok(()) };
        let branch = quote(examined.lane.server.as_str());
        if let Some(problem) = &state.problem {
            let next = format!(
                "`git handoff push --work` where it was taken sends it again; `git handoff resume {branch} --no-work` goes on without it"
            );
            return Err(Stuck::failed(format!("the uncommitted work cannot be put back: {problem}"), next).into());
        }
        if state.conflicts.is_empty() {
            return Ok(());
        }
        Err(Undecided {
            what: format!(
                "{:15}its uncommitted files do not go together with yours: {}",
                "work",
                some(&state.conflicts)
            ),
            choices: self.ways_on(examined),
        }
        .into())
    }

    /// What a person can do where the work does not go together with what is here.
    pub fn ways_on(&self, examined: &Examined) -> Vec<Choice> {
        let branch = examined.lane.server.as_str();
        let resume = format!("git handoff resume {}", quote(branch));
        let folder = quote(&examined.snapshot.free_folder.to_string_lossy());
        let commit = examined.stored.record.work.as_ref().map_or(String::new(), ToString::to_string);
        let choices = vec![
            Choice::new("see them", format!("git show {commit}")),
            Choice::new("beside yours", format!("{resume} --worktree {folder}")),
            Choice::new("without them", format!("{resume} --no-work")),
        ];
        self.typed.repeated(choices, branch)
    }

    /// Puts the work into this work tree, whose code is in place. What was here is kept first.
    pub fn restore_work(&self, examined: &Examined) -> Result<Option<WorkRestored>, AnyFault> {
        let (Some(work), Some(state)) = (&examined.work, &examined.checked.work) else { return Ok(None) };
        let files = state.files.clone();
        let mut restored = WorkRestored { files, merged: Vec::new(), was_there: true, rescue: None };
        let Some(commit) = examined.stored.record.work.as_ref().filter(|_| !state.was_restored) else {
            return Ok(Some(restored));
        };
        let Some(head) = self.repo.head()?.commit else { return Ok(None) };
        let before = self.work_before(&examined.lane.server, commit);
        let plan = work::plan(&self.repo, work, before.as_ref(), &head, false)?;
        if !plan.conflicts.is_empty() {
            let what = format!("its uncommitted files do not go together with yours: {}", some(&plan.conflicts));
            let done = format!("the code is at {}; no file of yours was touched", head.short());
            return Err(HalfDone { what, done, choices: self.ways_on(examined) }.into());
        }
        if !plan.is_done() {
            if plan.dirty {
                let root = self.repo.workdir().unwrap_or(Path::new(""));
                let stands = |p: &Path| root.join(p).symlink_metadata().is_ok_and(|m| !m.is_dir());
                let touched = plan.worktree.iter().map(|c| Path::new(&c.path).to_path_buf()).filter(|p| stands(p));
                let reason = format!("before the uncommitted work of {}", examined.lane.server);
                restored.rescue = tree::rescue(&self.repo, &self.env, &reason, &touched.collect::<Vec<_>>())?;
            }
            work::apply(&self.repo, &plan)?;
            restored.was_there = false;
        }
        Local::of_work_tree(&self.repo).write(&note(&examined.lane.server), &format!("{commit}\n"))?;
        Ok(Some(WorkRestored { merged: plan.merged, ..restored }))
    }
}

/// The first two paths, and how many more.
pub fn some(paths: &[String]) -> String {
    let shown = |p: &String| p.chars().map(|c| if c.is_control() { '?' } else { c }).take(80).collect::<String>();
    let mut text = paths.iter().take(2).map(shown).collect::<Vec<_>>().join(", ");
    if paths.len() > 2 {
        text.push_str(&format!(", +{}", paths.len() - 2));
    }
    text
}

/// Why a file that was never committed is taken for a secret: its name, or what it says.
fn secret(path: &str, bytes: &[u8]) -> Option<String> {
    const NAMES: &[&str] =
        &[".env", ".npmrc", ".pypirc", ".netrc", ".git-credentials", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"];
    const ENDS: &[&str] = &[".pem", ".key", ".p12", ".pfx", ".tfvars"];
    const PATTERNS: &[&str] = &[".example", ".sample", ".template", ".dist"];
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let is_pattern = PATTERNS.iter().any(|end| name.ends_with(end));
    let variant = name.starts_with(".env.") && !is_pattern;
    if NAMES.contains(&name.as_str())
        || variant
        || (name.starts_with("credentials") && !is_pattern)
        || ENDS.iter().any(|end| name.ends_with(end))
    {
        return Some("it looks secret".into());
    }
    let found = Redactor::new().find(None, &String::from_utf8_lossy(bytes));
    (!found.is_empty()).then(|| "it has what looks like a secret".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_name_and_by_what_they_say() {
        for name in
            [".env", "a/.ENV", ".env.local", "x.pem", "deploy/id_rsa", "credentials.json", "prod.tfvars", "x.key"]
        {
            assert!(secret(name, b"").is_some(), "{name}");
        }
        for name in [".env.example", "environment.rs", "keys.rs", "id_rsa.md"] {
            assert_eq!(secret(name, b"PORT=80\n"), None, "{name}");
        }
        let token = format!("token = \"ghp_{}\"\n", "a1B2c3D4e5F6".repeat(3));
        assert!(secret("notes.txt", token.as_bytes()).is_some());
    }
}
