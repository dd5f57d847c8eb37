//! Two clones of one server, a branch between them, and what must never be lost.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use git_handoff::git::Repo;
use git_handoff::git::observe::{Ask, observe};
use git_handoff::git::tree::{Done, carry_out, deepen, fetch_commit};
use git_handoff::model::divergence::{Action, DefaultBranch, ServerHead, Snapshot, State, Verdict, Where, judge};

use crate::harness::Lab;

/// `a` hands over, `b` resumes; both have `main` and the branch with one commit, `b` has it checked out.
pub(super) struct World {
    pub(super) lab: Lab,
    pub(super) a: PathBuf,
    pub(super) b: PathBuf,
    pub(super) branch: String,
    pub(super) head: String,
    pub(super) rewrites: Vec<(String, String)>,
    pub(super) base: Option<String>,
    pub(super) offline: bool,
}

/// How a resume went.
pub(super) struct Resumed {
    pub(super) steps: Vec<(Snapshot, Verdict, Done)>,
}

impl Resumed {
    pub(super) fn last(&self) -> &Verdict {
        &self.steps.last().expect("a step").1
    }
    pub(super) fn first(&self) -> &Verdict {
        &self.steps[0].1
    }
    pub(super) fn states(&self) -> Vec<State> {
        self.steps.iter().map(|(_, verdict, _)| verdict.state).collect()
    }
    pub(super) fn rescues(&self) -> Vec<git_handoff::git::tree::Rescue> {
        self.steps.iter().filter_map(|(_, _, done)| done.rescue.clone()).collect()
    }
}

impl World {
    pub(super) fn new() -> World {
        World::with("feature", &[])
    }

    pub(super) fn with(branch: &str, init: &[&str]) -> World {
        let lab = Lab::new();
        let (server, a, b) = (lab.path("server.git"), lab.path("a"), lab.path("b"));
        let root = lab.path("");
        let words = [&["init", "--quiet", "--bare", "-b", "main"], init, &[server.to_str().expect("UTF-8")]].concat();
        lab.git(&root, &words);
        for setting in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
            lab.git(&server, &["config", setting, "true"]);
        }
        // Not a clone: git 2.39 gives an empty clone SHA-1 whatever the server has.
        lab.git(&root, &[&["init", "--quiet", "-b", "main"], init, &["a"]].concat());
        lab.git(&a, &["remote", "add", "origin", server.to_str().expect("UTF-8")]);
        lab.commit(
            &a,
            &[("app.txt", "1\n2\n3\n4\n5\n"), ("lib.txt", "lib\n"), (".gitignore", "*.log\nbuild/\n")],
            "begin",
        );
        lab.git(&a, &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
        lab.git(&a, &["switch", "--quiet", "-c", branch]);
        let head = lab.commit(&a, &[("work.txt", "one\n")], "one");
        lab.git(&a, &["push", "--quiet", "-u", "origin", branch]);
        lab.git(&root, &["clone", "--quiet", "server.git", "b"]);
        lab.git(&b, &["switch", "--quiet", branch]);
        let note = format!(
            "#!/bin/sh\npwd > '{0}'\nfor a; do printf '%s\\n' \"$a\"; done >> '{0}'\n",
            lab.path("called").display()
        );
        lab.script("git-handoff", &note);
        World { lab, a, b, branch: branch.into(), head, rewrites: Vec::new(), base: None, offline: false }
    }

    /// A further commit of the sender, handed over.
    pub(super) fn hand_over(&mut self, files: &[(&str, &str)]) {
        self.head = self.lab.commit(&self.a, files, "more");
        self.lab.git(&self.a, &["push", "--quiet", "origin", self.branch.as_str()]);
    }

    pub(super) fn git(&self, args: &[&str]) -> String {
        self.lab.git(&self.b, args)
    }

    pub(super) fn look(&self, dir: &Path, place: Where) -> (Repo, Snapshot) {
        let env = self.lab.env(dir);
        let repo = Repo::open(&env).expect("a repository");
        let heads = self.lab.git(dir, &["ls-remote", "origin", "refs/heads/*"]);
        let at = |name: &str| {
            let wanted = format!("refs/heads/{name}");
            let find = |line: &str| line.split_once('\t').filter(|(_, n)| *n == wanted).map(|(oid, _)| oid.to_owned());
            heads.lines().find_map(find)
        };
        let ask = Ask {
            branch: self.branch.parse().expect("a branch name"),
            head: self.head.parse().expect("an id"),
            remote: Some("origin".into()),
            base: self.base.as_ref().map(|oid| oid.parse().expect("an id")),
            rewrites: self.rewrites.iter().map(|(a, b)| (a.parse().expect("id"), b.parse().expect("id"))).collect(),
            default_branch: at("main")
                .map(|oid| DefaultBranch { name: "main".into(), head: oid.parse().expect("an id") }),
            server: match at(&self.branch) {
                _ if self.offline => ServerHead::Offline { as_of: None },
                Some(oid) => ServerHead::Known(oid.parse().expect("an id")),
                None => ServerHead::Gone,
            },
            place,
        };
        let snapshot = observe(&repo, &env, &ask).expect("a snapshot");
        (repo, snapshot)
    }

    /// What a resume does with the code: look, judge, step, until there is nothing more to do.
    pub(super) fn resume_in(&self, dir: &Path, folder: Option<&Path>) -> Resumed {
        let before = self.treasure(dir);
        let mut steps = Vec::new();
        let place = if folder.is_some() { Where::Beside } else { Where::Here };
        for turn in 0..8 {
            let (repo, snapshot) = self.look(dir, place);
            let verdict = judge(&snapshot);
            let done = carry_out(&repo, &self.lab.env(dir), &snapshot, &verdict, folder).expect("a step");
            match verdict.action {
                Action::FetchFirst => fetch_commit(&repo, "origin", &snapshot.branch, &snapshot.head).expect("a fetch"),
                Action::DeepenFirst => deepen(&repo, "origin", turn).expect("more history"),
                _ => {}
            }
            let over = matches!(verdict.action, Action::Proceed | Action::Stop | Action::NewWorktree { .. });
            steps.push((snapshot, verdict, done));
            if over {
                self.nothing_lost(dir, &before, &[]);
                return Resumed { steps };
            }
        }
        panic!("no end: {:?}", steps.iter().map(|(_, v, _)| (v.state, &v.action)).collect::<Vec<_>>());
    }

    pub(super) fn resume(&self) -> Resumed {
        self.resume_in(&self.b, None)
    }

    /// Every choice of a stop, taken in a copy of the clone, runs and (where it ends in a resume) leads on.
    #[track_caller]
    pub(super) fn choices_work(&self, verdict: &Verdict) {
        assert_eq!(verdict.action, Action::Stop);
        assert!(!verdict.choices.is_empty(), "{:?} leaves no way on", verdict.state);
        for (n, choice) in verdict.choices.iter().enumerate() {
            let copy = self.lab.path(&format!("try-{n}/b"));
            fs::create_dir_all(copy.parent().expect("a folder")).expect("a folder");
            let from = self.b.to_str().expect("UTF-8");
            assert!(self.lab.run(&self.b, "cp", &["-a", from, copy.to_str().expect("UTF-8")]).status.success());
            let sender = choice.what == "where it was made";
            self.choice_works(if sender { &self.a } else { &copy }, &choice.command, sender.then_some(&copy));
            fs::remove_dir_all(copy.parent().expect("a folder")).expect("gone");
        }
    }

    #[track_caller]
    pub(super) fn choice_works(&self, dir: &Path, command: &str, then: Option<&PathBuf>) {
        let called = self.lab.path("called");
        let _ = fs::remove_file(&called);
        let before = self.treasure(dir);
        let out = self.lab.run(dir, "sh", &["-c", command]);
        assert!(out.status.success(), "{command}\n{}", String::from_utf8_lossy(&out.stderr));
        // What is undone on request is not lost by accident.
        if !command.contains("--abort") {
            self.nothing_lost(dir, &before, &["--reflog"]);
        }
        let call = fs::read_to_string(&called).unwrap_or_default();
        let words: Vec<&str> = call.lines().collect();
        let resumed = match (words.as_slice(), then) {
            ([], Some(then)) => self.resume_in(then, None),
            ([], None) => return,
            ([cwd, "resume", branch, rest @ ..], _) => {
                assert_eq!(*branch, self.branch, "{command}");
                let folder = match rest {
                    [] => None,
                    ["--worktree", folder] => Some(Path::new(*folder)),
                    odd => panic!("{command}: {odd:?}"),
                };
                self.resume_in(Path::new(cwd), folder)
            }
            (odd, _) => panic!("{command}: {odd:?}"),
        };
        let last = resumed.last();
        assert!(last.action != Action::Stop, "{command} leads nowhere: {:?} {:?}", last.state, last.summary);
        if let Some(folder) = resumed.steps.last().and_then(|(_, _, done)| done.folder.as_ref()) {
            assert_eq!(self.lab.git(folder, &["status", "--porcelain"]), "");
            self.lab.git(dir, &["worktree", "remove", "--force", folder.to_str().expect("UTF-8")]);
        }
    }

    /// The ids of everything a person may miss: files as they are, what the index has, every commit.
    fn treasure(&self, dir: &Path) -> BTreeSet<String> {
        let mut files = Vec::new();
        walk(dir, &mut files);
        let mut ids: BTreeSet<String> = BTreeSet::new();
        if !files.is_empty() {
            let mut args = vec!["hash-object".to_owned(), "--no-filters".into(), "--".into()];
            args.extend(files.iter().map(|f| f.to_str().expect("UTF-8").to_owned()));
            ids.extend(self.lab.git(dir, &args).lines().map(str::to_owned));
        }
        let staged = self.lab.git(dir, &["ls-files", "--stage"]);
        ids.extend(staged.lines().filter_map(|line| line.split_whitespace().nth(1)).map(str::to_owned));
        let head = self.lab.run(dir, "git", &["rev-parse", "--verify", "--quiet", "HEAD"]);
        let head = if head.status.success() { vec!["HEAD"] } else { Vec::new() };
        let args = [&["rev-list", "--glob=refs/"][..], &head].concat();
        ids.extend(self.lab.git(dir, &args).lines().map(str::to_owned));
        ids
    }

    /// Each of them is still in the work tree, the index or reachable from a ref (or from what `also` names).
    #[track_caller]
    fn nothing_lost(&self, dir: &Path, before: &BTreeSet<String>, also: &[&str]) {
        let mut now = self.treasure(dir);
        let head = self.lab.run(dir, "git", &["rev-parse", "--verify", "--quiet", "HEAD"]);
        let head = if head.status.success() { vec!["HEAD"] } else { Vec::new() };
        let args = [&["rev-list", "--objects", "--missing=allow-any", "--glob=refs/"][..], &head, also].concat();
        let objects = self.lab.git(dir, &args);
        now.extend(objects.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned));
        let lost: Vec<_> = before.difference(&now).collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
    }
}

fn walk(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a folder") {
        let entry = entry.expect("an entry");
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() && entry.file_name() != ".git" {
            walk(&entry.path(), files);
        } else if kind.is_file() && entry.file_name() != ".git" {
            files.push(entry.path());
        }
    }
}
