//! The stage of `git handoff demo`: a throwaway remote, two surfaces with homes of their own, and a recorded session.

use std::fs;
use std::path::{Path, PathBuf};

use crate::agents;
use crate::canon;
use crate::canon::paths::{Root, Roots};
use crate::env::Env;
use crate::fault::{AnyFault, FileFault};
use crate::git::spawn::Git;
use crate::model::ids::SessionId;

/// The session as it was recorded in the cloud, and the turn that the laptop adds: stored form, so with tokens.
const CLOUD: &str = include_str!("demo/cloud.jsonl");
const LAPTOP: &str = include_str!("demo/laptop.jsonl");
const SESSION: &str = "5d0c1a77-3b1e-4d0f-9a55-2f6f7c8e4b10";

/// The branch of the story.
pub const BRANCH: &str = "feature/login";

/// The files of the project: name, before, after the fix of the cloud, after that of the laptop.
const FILES: &[[&str; 4]] = &[
    [
        "login.py",
        "def after_login(wanted):\n    return wanted.split(\"?\")[0] if wanted.startswith(\"/login\") else \"/\"\n",
        "def after_login(wanted):\n    return \"/\" if wanted.startswith(\"/login\") else wanted\n",
        "def after_login(wanted):\n    inside = wanted.startswith(\"/\") and not wanted.startswith((\"//\", \"/login\"))\n    return wanted if inside else \"/\"\n",
    ],
    ["test_login.py", TEST, TEST, TEST],
];
const TEST: &str =
    "from login import after_login\n\nassert after_login(\"/cart?item=7\") == \"/cart?item=7\"\nprint(\"ok\")\n";

/// Where one half of the story plays.
pub struct Surface {
    /// Its surroundings: own home, own clone.
    pub env: Env,
    clone: PathBuf,
    home: PathBuf,
}

/// Everything of the story, in one folder that goes away with it.
pub struct Stage {
    /// The cloud machine.
    pub cloud: Surface,
    /// The laptop.
    pub laptop: Surface,
    folder: tempfile::TempDir,
}

impl Stage {
    /// Makes the remote and the cloud's clone, with the project at its first commit.
    pub fn set(env: &Env) -> Result<Stage, AnyFault> {
        let folder = tempfile::Builder::new().prefix("git-handoff-demo-").tempdir();
        let folder = folder.map_err(FileFault::on("make a folder in", Path::new("the temporary folder")))?;
        let root = folder.path().canonicalize().map_err(FileFault::on("open", folder.path()))?;
        let surface = |name: &str, clone: &str| -> Result<Surface, AnyFault> {
            let home = root.join(name);
            make(&home)?;
            let vars = [
                ("CLAUDE_CONFIG_DIR", ""),
                ("CLAUDECODE", ""),
                ("CODEX_HOME", ""),
                ("CODEX_THREAD_ID", ""),
                ("CODEX_SESSION_ID", ""),
                ("GIT_DIR", ""),
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_AUTHOR_NAME", "Ada"),
                ("GIT_AUTHOR_EMAIL", "ada@example.com"),
                ("GIT_COMMITTER_NAME", "Ada"),
                ("GIT_COMMITTER_EMAIL", "ada@example.com"),
                ("HOSTNAME", name),
            ];
            let clone = home.join(clone);
            Ok(Surface { env: env.with(&home, &vars).at(&clone), clone, home })
        };
        let stage =
            Stage { cloud: surface("cloud", "workspace/shop")?, laptop: surface("laptop", "code/shop")?, folder };
        let at_root = Git::new(&stage.cloud.env, &root);
        at_root.run(&["init", "--quiet", "--bare", "--initial-branch=main", "remote.git"])?;
        stage.clone_of(&stage.cloud)?;
        let git = Git::new(&stage.cloud.env, &stage.cloud.clone);
        git.run(&["switch", "--quiet", "-c", "main"])?;
        stage.commit(&stage.cloud, 1, "A shop with a login")?;
        git.run(&["push", "--quiet", "-u", "origin", "main"])?;
        git.run(&["switch", "--quiet", "-c", BRANCH])?;
        stage.cloud.env.take_ran();
        Ok(stage)
    }

    /// The folder of the stage.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Clones the remote to a surface.
    pub fn clone_of(&self, surface: &Surface) -> Result<(), AnyFault> {
        let parent = surface.clone.parent().unwrap_or(&surface.home);
        make(parent)?;
        let remote = self.folder.path().join("remote.git");
        let args = ["clone".as_ref(), "--quiet".as_ref(), remote.as_os_str(), surface.clone.as_os_str()];
        Git::new(&surface.env, &surface.home).run(&args)?;
        surface.env.take_ran();
        Ok(())
    }

    /// The agent works in the cloud: its session, and a commit.
    pub fn work_in_cloud(&self) -> Result<(), AnyFault> {
        // Built here, so that nobody's scanner takes the source for a leak.
        let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0".repeat(2).get(..36).unwrap_or_default());
        self.cloud.record(&CLOUD.replace("@SECRET@", &token))?;
        self.commit(&self.cloud, 2, "Follow the page that was asked for")
    }

    /// The agent goes on at the laptop.
    pub fn work_on_laptop(&self) -> Result<(), AnyFault> {
        self.laptop.record(LAPTOP)?;
        self.commit(&self.laptop, 3, "Follow pages of this site only")
    }

    fn commit(&self, surface: &Surface, state: usize, message: &str) -> Result<(), AnyFault> {
        for file in FILES {
            let path = surface.clone.join(file[0]);
            fs::write(&path, file[state]).map_err(FileFault::on("write", &path))?;
        }
        let git = Git::new(&surface.env, &surface.clone);
        git.run(&["add", "--all"])?;
        git.run(&["commit", "--quiet", "--message", message])?;
        surface.env.take_ran();
        Ok(())
    }
}

impl Surface {
    /// Appends lines to the session in the agent's store here, as the agent itself would write them.
    fn record(&self, stored: &str) -> Result<(), AnyFault> {
        let path = self.session_path()?;
        let roots = Roots::new(&[Root { name: "repo", paths: vec![self.clone.clone()] }]);
        let lines = canon::localise_file(&roots, "session.jsonl", stored.as_bytes());
        make(path.parent().unwrap_or(&self.home))?;
        let mut all = fs::read(&path).unwrap_or_default();
        all.extend_from_slice(&lines);
        Ok(fs::write(&path, all).map_err(FileFault::on("write", &path))?)
    }

    /// The session's log in the agent's store of this surface.
    pub fn session_path(&self) -> Result<PathBuf, AnyFault> {
        let id: SessionId = SESSION.parse()?;
        let agent = agents::AGENTS[0];
        Ok(agent.place(&self.env, &id, &self.clone, None)?.log)
    }

    /// How many lines of the session's log here name a path, and how often the other surface's folder is among them.
    pub fn mentions(&self, other: &Surface) -> Result<(usize, usize), AnyFault> {
        let path = self.session_path()?;
        let text = fs::read_to_string(&path).map_err(FileFault::on("read", &path))?;
        let count = |surface: &Surface| text.matches(&*surface.home.to_string_lossy()).count();
        Ok((count(self), count(other)))
    }
}

fn make(folder: &Path) -> Result<(), FileFault> {
    fs::create_dir_all(folder).map_err(FileFault::on("create", folder))
}
