//! The baton: who has a branch, taken, let go, lost at a tie, and what happens where a remote cannot be told.

mod change;
mod fork;
mod named;
mod untold;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::stories::session::Session;
use crate::stories::world::{BRANCH, Said, Surface, World};

/// Ada has handed the branch over with one turn; everybody may write to the server.
fn handed_over<'w>(world: &'w World, session: &Session, names: &[&str]) -> Vec<Surface<'w>> {
    let all: Vec<Surface<'w>> = names.iter().map(|name| world.surface(name, "src/demo")).collect();
    all.iter().for_each(|surface| drop(surface.ok(&["init"])));
    all[0].begin(BRANCH);
    session.turn(&all[0], "Write the login", "Written.");
    all[0].ok(&["push"]);
    all
}

/// The trailer of the record at the server that says who has the branch.
fn at_server(world: &World, branch: &str) -> String {
    let name = format!("refs/handoff/branches/{}", branch.replace('/', "%2F"));
    let message = world.lab.git(&world.lab.path("server.git"), &["log", "-1", "--format=%B", &name]);
    let baton = message.lines().find_map(|line| line.strip_prefix("Handoff-Baton: "));
    baton.expect("a baton").to_owned()
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}:\n{said}"))
}

/// The server takes nothing any more; what it says of that.
fn read_only(world: &World) -> std::path::PathBuf {
    let hook = world.lab.path("server.git/hooks/update");
    fs::create_dir_all(hook.parent().expect("a folder")).expect("a folder");
    fs::write(&hook, "#!/bin/sh\necho 'this token may only read' >&2\nexit 1\n").expect("a hook");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("a mode");
    hook
}
