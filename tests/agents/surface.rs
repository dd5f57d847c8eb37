//! A surface: a home folder, a clone and the programs, with nothing of the machine that runs the suite in it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;

use crate::installed::Installed;
use crate::model::{Model, Scripts};
use crate::process::{self, Ran};
use crate::terminal::Terminal;

/// Not a key of anybody.
const KEY: &str = "sk-ant-no-key-000000000000";

/// One test's world: the model, a remote, and the surfaces made in it.
#[derive(Debug)]
pub struct World {
    place: PathBuf,
    installed: Installed,
    /// The model that all agents in it talk to.
    pub model: Model,
    _removed_at_the_end: TempDir,
}

impl World {
    /// A world with an empty remote and a model that follows what `scripts` makes of the path of the first clone.
    pub fn new(installed: Installed, scripts: impl FnOnce(&str) -> Scripts) -> World {
        let dir = tempfile::Builder::new().prefix("handoff").tempdir().expect("a temporary folder");
        // Agents note the folder that they really are in; the temporary one may be reached over a link.
        let place = dir.path().canonicalize().expect("it is there");
        let scripts = scripts(text(&place.join(CLOUD[2])));
        let model = Model::start(scripts, &place.join("requests.jsonl"));
        let world = World { place, installed, model, _removed_at_the_end: dir };
        let remote = world.remote();
        fs::create_dir(&remote).expect("a folder for the remote");
        let vars = [("PATH".into(), world.installed.path(&[]))];
        process::run(&["git", "init", "-q", "--bare", "-b", "main"], &remote, &vars);
        world
    }

    /// A place in this world that is on no surface.
    pub fn aside(&self, name: &str) -> PathBuf {
        self.place.join(name)
    }

    /// The remote that the clones share.
    pub fn remote(&self) -> PathBuf {
        self.aside("remote.git")
    }

    /// The first surface, with a new repository that has a failing check, pushed to the remote.
    pub fn cloud(&self) -> Surface {
        let cloud = self.surface(CLOUD);
        fs::create_dir_all(&cloud.clone).expect("a folder for the clone");
        cloud.git(&["init", "-q", "-b", "main", "."]);
        fs::write(cloud.clone.join("calc.sh"), "sum() {\n  echo $(($1 - $2))\n}\n").expect("a file");
        let check = ". ./calc.sh\n[ \"$(sum 2 3)\" = 5 ] && echo passed || { echo 'sum 2 3 is not 5'; exit 1; }\n";
        fs::write(cloud.clone.join("check.sh"), check).expect("a file");
        cloud.git(&["add", "-A"]);
        cloud.git(&["commit", "-qm", "begin"]);
        cloud.git(&["remote", "add", "origin", text(&self.remote())]);
        cloud.git(&["push", "-qu", "origin", "main"]);
        cloud.git(&["checkout", "-qb", BRANCH]);
        cloud
    }

    /// The second surface, elsewhere and with another home, with a clone of the remote.
    pub fn laptop(&self) -> Surface {
        self.clone_at(LAPTOP)
    }

    /// A third one.
    pub fn desktop(&self) -> Surface {
        self.clone_at(DESKTOP)
    }

    fn clone_at(&self, places: [&str; 3]) -> Surface {
        let surface = self.surface(places);
        let parent = surface.clone.parent().expect("a clone has a parent");
        fs::create_dir_all(parent).expect("a folder for the clone");
        surface.at(parent, &["git", "clone", "-q", text(&self.remote()), text(&surface.clone)]);
        surface
    }

    fn surface(&self, places: [&str; 3]) -> Surface {
        let [root, home, clone] = places.map(|place| self.place.join(place));
        let surface = Surface { root, home, clone, installed: self.installed.clone(), model: self.model.url() };
        surface.furnish();
        surface
    }
}

/// The branch that is worked on.
pub const BRANCH: &str = "feature/sum";

/// Where the surfaces have their root, home and clone: no two at the same depth.
const CLOUD: [&str; 3] = ["cloud", "cloud/home/agent", "cloud/workspace/demo"];
const LAPTOP: [&str; 3] = ["laptop", "laptop/Users/ada", "laptop/Users/ada/src/my.demo"];
const DESKTOP: [&str; 3] = ["desktop", "desktop/ada", "desktop/demo"];

/// One surface.
#[derive(Debug)]
pub struct Surface {
    root: PathBuf,
    /// Its home folder.
    pub home: PathBuf,
    /// Its clone.
    pub clone: PathBuf,
    installed: Installed,
    model: String,
}

impl Surface {
    /// Runs a program in the clone.
    pub fn run<S: AsRef<OsStr>>(&self, words: &[S]) -> Ran {
        process::run(words, &self.clone, &self.vars())
    }

    /// Runs a program in the clone that must do well; its data.
    pub fn done<S: AsRef<OsStr>>(&self, words: &[S]) -> String {
        self.at(&self.clone, words)
    }

    /// Runs git in the clone; its data.
    pub fn git(&self, args: &[&str]) -> String {
        self.done(&[&["git"], args].concat())
    }

    /// Runs a program on a terminal in the clone, where this machine has what makes one.
    pub fn terminal(&self, words: &[&str]) -> Option<Terminal> {
        let can = self.installed.all(&["tmux"]);
        can.then(|| Terminal::start(self.root.join("screen"), words, &self.clone, &self.vars()))
    }

    /// Does something with the surface and puts it back as it was.
    pub fn probe<T>(&self, what: impl FnOnce(&Surface) -> T) -> T {
        let kept = self.root.with_extension("kept");
        self.at(Path::new("/"), &["cp", "-a", text(&self.root), text(&kept)]);
        let got = what(self);
        fs::remove_dir_all(&self.root).expect("the surface can be removed");
        fs::rename(&kept, &self.root).expect("and put back");
        got
    }

    /// Takes the whole surface out of sight, so that nothing can be read from it, until [`Surface::show`].
    pub fn hide(&self) {
        fs::rename(&self.root, self.root.with_extension("hidden")).expect("the surface can be moved");
    }

    /// Brings it back.
    pub fn show(&self) {
        fs::rename(self.root.with_extension("hidden"), &self.root).expect("the surface can be moved back");
    }

    /// What this surface's own paths begin with, by name, the longest first; and the name that Claude makes of the clone's.
    pub fn roots(&self) -> Vec<(&'static str, String)> {
        let path = |path: &Path| text(path).to_owned();
        vec![
            ("repo", path(&self.clone)),
            ("home", path(&self.home)),
            ("surface", path(&self.root)),
            ("folder", folder_name(&self.clone)),
        ]
    }

    fn at<S: AsRef<OsStr>>(&self, dir: &Path, words: &[S]) -> String {
        let ran = process::run(words, dir, &self.vars());
        let words: Vec<_> = words.iter().map(AsRef::as_ref).collect();
        assert_eq!(ran.code, Some(0), "{words:?} in {dir:?}\nout: {}\nerr: {}", ran.out, ran.err);
        ran.out
    }

    fn vars(&self) -> Vec<(OsString, OsString)> {
        let path = self.installed.path(&[&self.root.join("bin")]);
        let mut vars: Vec<(OsString, OsString)> =
            vec![("PATH".into(), path), ("HOME".into(), self.home.clone().into())];
        vars.push(("TMPDIR".into(), self.root.join("tmp").into()));
        let plain = [
            ("LANG", "C.UTF-8"),
            ("TERM", "xterm-256color"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("ANTHROPIC_BASE_URL", &self.model),
            ("ANTHROPIC_API_KEY", KEY),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
            ("DISABLE_AUTOUPDATER", "1"),
            ("DISABLE_TELEMETRY", "1"),
            ("DISABLE_ERROR_REPORTING", "1"),
            ("IS_SANDBOX", "1"),
            ("MODEL_KEY", "none"),
        ];
        vars.extend(plain.map(|(name, value)| (name.into(), value.into())));
        vars
    }

    /// What a person's machine has before the first session: the program, git's identity, the agents past their
    /// first-run questions and pointed at the model.
    fn furnish(&self) {
        let (bin, codex) = (self.root.join("bin"), self.home.join(".codex"));
        for dir in [&bin, &codex, &self.root.join("tmp")] {
            fs::create_dir_all(dir).expect("a folder");
        }
        symlink(env!("CARGO_BIN_EXE_git-handoff"), bin.join("git-handoff")).expect("a link to the program");
        // Codex runs commands in a login shell, which begins with the system's own PATH.
        let profile = format!("PATH=\"{}:$PATH\"\n", text(&bin));
        fs::write(self.home.join(".profile"), profile).expect("the shell's configuration");
        let person = "[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n";
        fs::write(self.home.join(".gitconfig"), person).expect("git's configuration");
        let claude = json!({
            "hasCompletedOnboarding": true, "theme": "dark",
            "customApiKeyResponses": {"approved": [&KEY[KEY.len() - 20..]], "rejected": []},
            "projects": {text(&self.clone): {"hasTrustDialogAccepted": true, "hasCompletedProjectOnboarding": true}},
        });
        fs::write(self.home.join(".claude.json"), claude.to_string()).expect("Claude's configuration");
        let config = format!(
            "model = \"scripted\"\nmodel_provider = \"loopback\"\napproval_policy = \"never\"\n\
             sandbox_mode = \"danger-full-access\"\ncheck_for_update_on_startup = false\n\
             [model_providers.loopback]\nname = \"loopback\"\nbase_url = \"{}/v1\"\nwire_api = \"responses\"\n\
             env_key = \"MODEL_KEY\"\nrequest_max_retries = 0\nstream_max_retries = 0\n\
             [analytics]\nenabled = false\n[features]\ndaemon_auto_start = false\n[projects.\"{}\"]\ntrust_level = \"trusted\"\n",
            self.model,
            text(&self.clone)
        );
        fs::write(codex.join("config.toml"), config).expect("Codex's configuration");
    }
}

/// The name of a folder in Claude's store: the path of the clone with a dash for all but ASCII letters and digits.
pub fn folder_name(clone: &Path) -> String {
    text(clone).chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// A path of the suite's own making as text.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("the suite's folders are plain")
}
