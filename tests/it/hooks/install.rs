//! `init` and `uninstall`: every line that is changed is said, foreign lines stay, and exactly ours go again.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use crate::stories::world::{Surface, World};

pub(super) const HOOKS: [&str; 4] = ["pre-push", "post-checkout", "post-merge", "post-rewrite"];

pub(super) fn hook(on: &Surface<'_>, name: &str) -> std::path::PathBuf {
    on.clone.join(".git/hooks").join(name)
}

/// Puts an executable file there.
pub(super) fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    fs::write(path, text).expect("a script");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
}

/// All files of the clone's git folder that a person may have written, with their bytes.
fn settings(on: &Surface<'_>) -> Vec<(String, String)> {
    let mut all = vec![("config".to_owned(), fs::read_to_string(on.clone.join(".git/config")).unwrap())];
    for entry in fs::read_dir(on.clone.join(".git/hooks")).into_iter().flatten().flatten() {
        let text = fs::read(entry.path()).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default();
        all.push((entry.file_name().to_string_lossy().into_owned(), text));
    }
    all.sort();
    all
}

#[test]
fn what_init_puts_in_uninstall_takes_out() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    script(&hook(&ada, "pre-push"), "#!/usr/bin/env bash\nset -e\nmake test\n");
    let before = settings(&ada);
    let said = ada.ok(&["init"]);
    said.says(&[
        "added    remote.origin.handoff = true in .git/config",
        "added    remote.origin.fetch = +refs/handoff/",
    ]);
    for name in HOOKS {
        said.says(&[&format!("added    {name} in .git/hooks/{name}")]);
        let mode = hook(&ada, name).metadata().unwrap().mode();
        assert_eq!(mode & 0o111, 0o111, "{name} is {mode:o}");
    }
    let text = fs::read_to_string(hook(&ada, "pre-push")).unwrap();
    assert!(
        text.starts_with("#!/usr/bin/env bash\n# git-handoff >>>") && text.ends_with("set -e\nmake test\n"),
        "{text}"
    );
    let after = settings(&ada);
    ada.ok(&["init"]).says(&["all of it was there already"]);
    assert_eq!(settings(&ada), after, "idempotent");
    ada.ok(&["doctor"]).says(&["ok       hooks    pre-push, post-checkout, post-merge, post-rewrite"]);

    // An older block, and an x bit that was lost, are brought up to date.
    let old = text.replace(">>> 1:", ">>> 0:").replace("unset git_handoff_in", ":");
    script(&hook(&ada, "pre-push"), &old);
    fs::set_permissions(hook(&ada, "post-merge"), fs::Permissions::from_mode(0o644)).unwrap();
    ada.ends(1, &["doctor"]).says(&["another version", "post-merge is not executable", "git handoff init"]);
    ada.ok(&["init"]).says(&["updated  pre-push", "enabled  post-merge"]);
    assert_eq!(settings(&ada), after);

    let gone = ada.ok(&["uninstall"]);
    gone.says(&[
        "removed  pre-push from .git/hooks/pre-push",
        "removed  remote.origin.fetch = ",
        "removed  remote.origin.handoff",
    ]);
    assert_eq!(settings(&ada), before);
    ada.ok(&["uninstall"]).says(&["nothing of it was there"]);
    ada.ends(1, &["doctor"]).says(&["no remote gets sessions"]);
}

#[test]
fn without_hooks_there_are_none() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    ada.ok(&["init", "--no-hooks"]).never_says(&["pre-push"]);
    assert!(HOOKS.iter().all(|name| !hook(&ada, name).exists()));
}

#[test]
fn a_hook_that_is_not_for_us_to_change_is_left_and_the_call_is_said() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    script(&hook(&ada, "pre-push"), "#!/usr/bin/env python3\nprint('hi')\n");
    fs::write(hook(&ada, "post-merge"), "#!/bin/sh\necho off\n").unwrap();
    std::os::unix::fs::symlink("../../post-rewrite.sh", hook(&ada, "post-rewrite")).unwrap();
    let said = ada.ok(&["init"]);
    said.says(&[
        "left     pre-push: it is no shell script",
        "git-handoff hook pre-push",
        "not executable",
        "it is a link",
    ]);
    assert_eq!(fs::read_to_string(hook(&ada, "pre-push")).unwrap(), "#!/usr/bin/env python3\nprint('hi')\n");
    assert_eq!(fs::read_to_string(hook(&ada, "post-merge")).unwrap(), "#!/bin/sh\necho off\n");
    ada.ends(1, &["doctor"]).says(&["problem  hooks    git does not run pre-push of ours"]);
    // The person adds the call, and it counts.
    let python = "#!/usr/bin/env python3\nimport subprocess, sys\nsubprocess.run('git-handoff hook pre-push'.split() + sys.argv[1:])\n";
    script(&hook(&ada, "pre-push"), python);
    ada.ok(&["doctor"]).says(&["ok       hooks    pre-push"]);
}

#[test]
fn a_linked_work_tree_has_the_hooks_of_its_clone() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    let beside = ada.home.join("beside");
    ada.git(&["worktree", "add", "--quiet", "-b", "side", beside.to_str().unwrap()]);
    let there = ada.at(&beside);
    there.ok(&["init"]).says(&["pre-push"]);
    assert!(hook(&ada, "pre-push").exists());
    there.ok(&["doctor"]);
    let session = crate::stories::session::Session::claude(&world);
    session.turn(&there, "On the side", "Done.");
    there.commit("s.txt", "s\n");
    there.git(&["push", "--quiet", "origin", "side"]);
    assert_eq!(world.server_refs("refs/handoff/branches"), ["refs/handoff/branches/side"]);
}

#[test]
fn what_a_remote_left_behind_is_named_with_the_command_that_deletes_it() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    let session = crate::stories::session::Session::claude(&world);
    ada.begin("x");
    session.turn(&ada, "Begin", "Begun.");
    ada.ok(&["init"]);
    ada.git(&["push", "--quiet", "origin", "x"]);
    ada.git(&["remote", "rename", "origin", "server"]);
    ada.ends(1, &["doctor"]).says(&["server was renamed", "git handoff init --remote server", "2 refs of origin"]);
    ada.ok(&["init", "--remote", "server"]).says(&["removed  remote.server.fetch", "added    remote.server.fetch"]);
    let said = ada.ok(&["doctor"]);
    let command = said.out.lines().find(|l| l.contains("update-ref --stdin")).expect("a command");
    ada.types(command.trim());
    ada.ok(&["doctor"]).never_says(&["leftover"]);
}

#[test]
fn a_git_that_runs_hooks_from_settings_gets_no_files() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    ada.ok(&["init"]);
    let real = world.lab.run(&ada.clone, "sh", &["-c", "command -v git"]).stdout;
    let real = String::from_utf8_lossy(&real).trim().to_owned();
    // Only its version is new: what such a git does with the settings was measured with the real one.
    world.lab.script(
        "git",
        &format!("#!/bin/sh\n[ \"$1\" = version ] && {{ echo git version 2.54.0; exit; }}\nexec {real} \"$@\"\n"),
    );
    // Not by `git handoff`: git puts its own folder in front of PATH.
    let run = |args: &[&str]| {
        let said = ada.run("git-handoff", args);
        assert_eq!(said.code, 0, "{said}");
        said
    };
    let said = run(&["init"]);
    said.says(&["added    pre-push in .git/config", "removed  pre-push from .git/hooks/pre-push"]);
    assert!(HOOKS.iter().all(|name| !hook(&ada, name).exists()));
    run(&["init"]).says(&["all of it was there already"]);
    run(&["doctor"]).says(&["ok       hooks    pre-push, post-checkout, post-merge, post-rewrite"]);
    let command = ada.git(&["config", "hook.handoff-pre-push.command"]);
    let failing = ada.run("sh", &["-c", &format!("{command} \"$@\""), "x", "nowhere", "u"]);
    assert_eq!(failing.code, 0);
    run(&["uninstall"]).says(&["removed  pre-push from .git/config"]);
    assert_eq!(ada.run("git", &["config", "--get-regexp", "^hook\\."]).code, 1);
}
