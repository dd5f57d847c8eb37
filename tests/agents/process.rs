//! Runs one program to its end, or ends it and all that it started when it takes too long.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than any turn takes on a busy machine; an agent that waits for the network would wait for ever.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a program said and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code; `None`: it took too long or was ended by a signal.
    pub code: Option<i32>,
    /// Its data.
    pub out: String,
    /// Its talk.
    pub err: String,
}

/// Runs `words` in `dir` with `vars` and nothing else, with no input.
#[expect(clippy::disallowed_methods, reason = "the suite starts the agents, git and the program under test")]
pub fn run<S: AsRef<OsStr>>(words: &[S], dir: &Path, vars: &[(OsString, OsString)]) -> Ran {
    let talk = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| File::create(talk.path().join(name)).expect("a file in it");
    let text = |name: &str| {
        let bytes = std::fs::read(talk.path().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).current_dir(dir).env_clear().envs(vars.iter().cloned());
    // Files and not pipes: whatever an agent leaves behind cannot keep us waiting for an end of file.
    command.stdin(Stdio::null()).stdout(file("out")).stderr(file("err")).process_group(0);
    let mut child = command.spawn().unwrap_or_else(|e| panic!("{:?}: {e}", words[0].as_ref()));
    let code = wait(&mut child);
    Ran { code, out: text("out"), err: text("err") }
}

fn wait(child: &mut Child) -> Option<i32> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().expect("our own child") {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    end_group(child);
    None
}

/// Ends the child and its own children; the child was made the leader of a group for that.
#[expect(clippy::disallowed_methods, reason = "the standard library ends one process, not a group")]
fn end_group(child: &mut Child) {
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status();
    let _ = child.wait();
}
