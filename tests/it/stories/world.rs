//! A server and the surfaces that work with it: each with a home of its own, a clone at another path, one clock.

use std::cell::Cell;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use jiff::{SignedDuration, Timestamp};

use crate::harness::Lab;

/// The branch of most stories.
pub(crate) const BRANCH: &str = "feature/login";

/// A server with a `main` of one commit, and whoever clones it.
pub(crate) struct World {
    pub(crate) lab: Lab,
    minutes: Cell<i64>,
    ids: Cell<u64>,
}

/// One machine: a home, and a clone in it.
pub(crate) struct Surface<'w> {
    pub(crate) world: &'w World,
    pub(crate) name: String,
    pub(crate) home: PathBuf,
    pub(crate) clone: PathBuf,
    vars: Vec<(String, String)>,
}

/// What a command said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl World {
    pub(crate) fn new() -> World {
        World::of("sha1")
    }

    /// The same with the longer object ids.
    pub(crate) fn sha256() -> World {
        World::of("sha256")
    }

    fn of(format: &str) -> World {
        let lab = Lab::new();
        // The stories type `git handoff …`, so git must find the program under test.
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_git-handoff"), lab.path("bin/git-handoff")).expect("a link");
        let world = World { lab, minutes: Cell::new(0), ids: Cell::new(0) };
        let root = world.lab.path("");
        let format = format!("--object-format={format}");
        world.lab.git(&root, &["init", "--quiet", "--bare", "-b", "main", &format, "server.git"]);
        world.lab.git(&root, &["init", "--quiet", "-b", "main", &format, "seed"]);
        let seed = world.lab.path("seed");
        world.lab.git(&seed, &["remote", "add", "origin", "../server.git"]);
        world.lab.commit(&seed, &[("app.txt", "1\n2\n3\n")], "begin");
        world.lab.git(&seed, &["push", "--quiet", "origin", "main"]);
        world
    }

    /// A further, empty server.
    pub(crate) fn server(&self, name: &str) -> PathBuf {
        self.lab.git(&self.lab.path(""), &["init", "--quiet", "--bare", "-b", "main", name]);
        self.lab.path(name)
    }

    /// A machine with a clone of the server at `clone` below its home.
    pub(crate) fn surface(&self, name: &str, clone: &str) -> Surface<'_> {
        let home = self.lab.path(name);
        let clone = home.join(clone);
        fs::create_dir_all(clone.parent().expect("a folder")).expect("a home");
        let vars = vec![("HOSTNAME".to_owned(), name.to_owned())];
        let surface = Surface { world: self, name: name.into(), home: home.clone(), clone: home, vars };
        surface.git(&["clone", "--quiet", self.lab.path("server.git").to_str().unwrap(), clone.to_str().unwrap()]);
        Surface { clone, ..surface }
    }

    /// The present moment; every command takes a minute.
    pub(crate) fn now(&self) -> Timestamp {
        let start: Timestamp = crate::harness::NOW.parse().expect("a time");
        start + SignedDuration::from_mins(self.minutes.get())
    }

    /// A day goes by.
    pub(crate) fn next_day(&self) {
        self.minutes.set(self.minutes.get() + 24 * 60);
    }

    /// A UUID that no other thing in this world has.
    pub(crate) fn id(&self) -> String {
        self.ids.set(self.ids.get() + 1);
        // Of version 7, as Codex wants it, and different at both ends, where people look.
        let n = self.ids.get();
        format!("{:08x}-41b0-7022-b007-{:012x}", 0x01a2_0000 + n, 0xaee7_0000 + n)
    }

    /// All objects of a repository, as one heap of bytes.
    pub(crate) fn objects(&self, repository: &Path) -> Vec<u8> {
        let mut cat = self.lab.command(repository, "git");
        cat.args(["cat-file", "--batch-all-objects", "--batch"]);
        cat.output().expect("git").stdout
    }

    /// The ids of the refs of the server below a prefix.
    pub(crate) fn server_refs(&self, prefix: &str) -> Vec<String> {
        let listed = self.lab.git(&self.lab.path("server.git"), &["for-each-ref", "--format=%(refname)", prefix]);
        listed.lines().map(str::to_owned).collect()
    }
}

impl<'w> Surface<'w> {
    /// The same machine, in another folder.
    pub(crate) fn at(&self, dir: &Path) -> Surface<'w> {
        Surface {
            world: self.world,
            name: self.name.clone(),
            home: self.home.clone(),
            clone: dir.to_path_buf(),
            vars: self.vars.clone(),
        }
    }

    /// The same machine with a variable set.
    pub(crate) fn with(&self, name: &str, value: &str) -> Surface<'w> {
        let mut surface = self.at(&self.clone);
        surface.vars.push((name.into(), value.into()));
        surface
    }

    /// `git ARGS`, at work while others are.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        let mut command = self.command("git", args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("git")
    }

    pub(crate) fn run(&self, program: &str, args: &[&str]) -> Said {
        let out = self.command(program, args).output().unwrap_or_else(|error| panic!("{program}: {error}"));
        Said {
            code: out.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&out.stdout).into_owned(),
            err: String::from_utf8_lossy(&out.stderr).into_owned(),
        }
    }

    pub(crate) fn command(&self, program: &str, args: &[&str]) -> Command {
        let world = self.world;
        world.minutes.set(world.minutes.get() + 1);
        let now = world.now().to_string();
        let mut command = world.lab.command(&self.clone, program);
        command.args(args).env("HOME", &self.home).env("PATH", self.path());
        for name in ["GIT_HANDOFF_NOW", "GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"] {
            command.env(name, &now);
        }
        command.envs(self.vars.iter().map(|(k, v)| (k, v)));
        command
    }

    /// Where this machine finds programs: no agent that happens to be installed here is among them.
    fn path(&self) -> OsString {
        let all = self.world.lab.env(&self.clone);
        let path = all.vars().find(|(name, _)| *name == "PATH").expect("a PATH").1.to_owned();
        let plain = |dir: &PathBuf| !["claude", "codex"].iter().any(|agent| dir.join(agent).exists());
        std::env::join_paths(std::env::split_paths(&path).filter(plain)).expect("a PATH")
    }

    /// `git ARGS`, which must succeed.
    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let said = self.run("git", args);
        assert_eq!(said.code, 0, "{}$ git {args:?}\n{said}", self.name);
        said.out.trim_end_matches('\n').to_owned()
    }

    /// `git handoff ARGS`, however it ends.
    pub(crate) fn handoff(&self, args: &[&str]) -> Said {
        self.run("git", &[&["handoff"], args].concat())
    }

    /// `git handoff ARGS`, which must succeed.
    #[track_caller]
    pub(crate) fn ok(&self, args: &[&str]) -> Said {
        self.ends(0, args)
    }

    /// `git handoff ARGS`, which must stop with choices.
    #[track_caller]
    pub(crate) fn stops(&self, args: &[&str]) -> Said {
        let said = self.ends(3, args);
        assert!(!said.choices().is_empty(), "{}$ git handoff {args:?}: no choices\n{said}", self.name);
        said
    }

    /// `git handoff ARGS`, which must end with a code.
    #[track_caller]
    pub(crate) fn ends(&self, code: i32, args: &[&str]) -> Said {
        let said = self.handoff(args);
        assert_eq!(said.code, code, "{}$ git handoff {args:?}\n{said}", self.name);
        said
    }

    /// A line that was printed as a way on, which must work as it stands.
    #[track_caller]
    pub(crate) fn types(&self, line: &str) -> Said {
        let said = self.run("sh", &["-c", line]);
        assert_eq!(said.code, 0, "{}$ {line}\n{said}", self.name);
        said
    }

    /// The branch is made here and gets a commit.
    pub(crate) fn begin(&self, branch: &str) {
        self.git(&["switch", "--quiet", "--no-track", "-c", branch, "origin/main"]);
        self.commit(&format!("{}.txt", branch.replace('/', "-")), "begun\n");
    }

    /// A commit of one file.
    pub(crate) fn commit(&self, file: &str, text: &str) -> String {
        fs::write(self.clone.join(file), text).expect("a file");
        self.git(&["add", file]);
        self.git(&["commit", "--quiet", "-m", &format!("change {file}")]);
        self.git(&["rev-parse", "HEAD"])
    }
}

impl Said {
    /// Both channels.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    /// It must say each of the words.
    #[track_caller]
    pub(crate) fn says(&self, words: &[&str]) -> &Said {
        let all = self.all();
        for word in words {
            assert!(all.contains(word), "does not say {word:?}:\n{self}");
        }
        self
    }

    /// It must say none of the words.
    #[track_caller]
    pub(crate) fn never_says(&self, words: &[&str]) -> &Said {
        let all = self.all();
        for word in words {
            assert!(!all.contains(word), "says {word:?}:\n{self}");
        }
        self
    }

    /// The numbered ways on: words and command.
    pub(crate) fn choices(&self) -> Vec<(String, String)> {
        let numbered = |line: &str| {
            let (number, rest) = line.strip_prefix("  ")?.split_once("  ")?;
            number.parse::<u8>().ok()?;
            let (what, command) = rest.split_once("  ")?;
            Some((what.to_owned(), command.trim().to_owned()))
        };
        self.err.lines().filter_map(numbered).collect()
    }

    /// The command of the choice with these words.
    #[track_caller]
    pub(crate) fn choice(&self, what: &str) -> String {
        let found = self.choices().into_iter().find(|(words, _)| words.contains(what));
        found.unwrap_or_else(|| panic!("no choice {what:?}:\n{self}")).1
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {}\n{}{}", self.code, self.out, self.err)
    }
}
