//! A plain `git push` takes the sessions of what it pushes along, says so in one line, and never fails for it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::stories::session::Session;
use crate::stories::world::{BRANCH, Surface, World};

/// Ada with a session on the branch and the hooks installed.
pub(super) fn ada<'w>(world: &'w World, session: &Session) -> Surface<'w> {
    let ada = world.surface("ada", "src/demo");
    ada.begin(BRANCH);
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    ada
}

/// `git ARGS`, which must succeed, and what it said of handoffs.
#[track_caller]
pub(super) fn told(on: &Surface<'_>, args: &[&str]) -> Vec<String> {
    let said = on.run("git", args);
    assert_eq!(said.code, 0, "{}$ git {args:?}\n{said}", on.name);
    said.err.lines().filter_map(|l| l.strip_prefix("handoff: ")).map(str::to_owned).collect()
}

fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    fs::write(path, text).expect("a script");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
}

#[test]
fn a_plain_push_takes_the_session_along_and_keeps_the_baton() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = ada(&world, &session);
    let said = told(&ada, &["push", "origin", BRANCH]);
    assert_eq!(said, [format!("pushed 5 events of claude {} with {BRANCH}", &session.id[..8])]);
    assert_eq!(world.server_refs("refs/handoff").len(), 2);
    ada.ok(&["status"]).says(&["held by you"]);

    // Nothing new: nothing is said, and nothing is connected to.
    let tip = ada.git(&["for-each-ref", "--format=%(objectname)", "refs/handoff"]);
    assert!(told(&ada, &["push", "origin", BRANCH]).is_empty());
    assert_eq!(ada.git(&["for-each-ref", "--format=%(objectname)", "refs/handoff"]), tip, "no new record");

    // A turn without a commit goes along with a push that has nothing else to send.
    session.turn(&ada, "Test it", "Tested.");
    assert_eq!(told(&ada, &["push", "origin", BRANCH]).len(), 1);
    // A commit without a turn: the record follows, in silence.
    let head = ada.commit("login.txt", "login\n");
    assert!(told(&ada, &["push", "origin", BRANCH]).is_empty());
    let bob = world.surface("bob", "work/demo");
    bob.ok(&["fetch"]);
    bob.ok(&["list", "--json"]).says(&[&head]);
    bob.ok(&["resume", BRANCH, "--take"]);
    session.holds(&bob, &["Tested."]);
}

#[test]
fn only_the_pushed_branch_and_only_to_the_remote_that_was_opted_in() {
    let world = World::new();
    let (session, elsewhere) = (Session::claude(&world), Session::codex(&world));
    let ada = ada(&world, &session);
    let other = world.server("other.git");
    ada.git(&["remote", "add", "other", other.to_str().unwrap()]);
    ada.begin("quiet");
    ada.begin("busy");
    elsewhere.turn(&ada, "Something else", "Done.");
    for args in [
        &["push", "other", BRANCH, "busy"][..],
        &["push", other.to_str().unwrap(), BRANCH],
        &["push", "origin", "quiet"],
        &["push", "--no-verify", "origin", "main"],
        &["push", "-n", "origin", BRANCH],
        &["push", "--dry-run", "origin", BRANCH],
    ] {
        assert!(told(&ada, args).is_empty(), "{args:?}");
        assert!(world.server_refs("refs/handoff").is_empty(), "{args:?}");
    }
    assert!(world.lab.git(&other, &["for-each-ref", "refs/handoff"]).is_empty());
    assert_eq!(told(&ada, &["push", "origin", "busy"]).len(), 1);
    assert_eq!(world.server_refs("refs/handoff/branches"), ["refs/handoff/branches/busy"]);
    // Several at once, one line.
    let said = told(&ada, &["push", "origin", BRANCH, "main", &format!("{BRANCH}:refs/heads/copy")]);
    assert_eq!(said.len(), 1, "{said:?}");
    // A branch that goes away takes nothing along.
    assert!(told(&ada, &["push", "origin", ":quiet"]).is_empty());
}

#[test]
fn what_follows_reads_what_git_said() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = world.surface("ada", "src/demo");
    ada.begin(BRANCH);
    session.turn(&ada, "Write the login", "Written.");
    let seen = world.lab.path("seen");
    let hook = ada.clone.join(".git/hooks/pre-push");
    script(&hook, &format!("#!/bin/sh -eu\necho \"$@\" > {0}\ncat >> {0}\n", seen.display()));
    ada.ok(&["init"]);
    let head = ada.git(&["rev-parse", "HEAD"]);
    let said = told(&ada, &["push", "origin", BRANCH]);
    assert_eq!(said.len(), 1);
    let zero = "0".repeat(40);
    let url = world.lab.path("server.git");
    let first = format!("origin {}\n", url.display());
    let line = format!("refs/heads/{BRANCH} {head} refs/heads/{BRANCH} {zero}\n");
    assert_eq!(fs::read_to_string(&seen).unwrap(), format!("{first}{line}"));
    told(&ada, &["push", "origin", BRANCH]);
    assert_eq!(fs::read_to_string(&seen).unwrap(), first, "nothing stays nothing");
    // Theirs still decides.
    script(&hook, &fs::read_to_string(&hook).unwrap().replace("cat >>", "exit 1\ncat >>"));
    ada.commit("x.txt", "x\n");
    assert_ne!(ada.run("git", &["push", "origin", BRANCH]).code, 0);
}

#[test]
fn a_missing_program_and_a_broken_one_stop_nothing() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = ada(&world, &session);
    let program = world.lab.path("bin/git-handoff");
    fs::remove_file(&program).unwrap();
    let said = ada.run("git", &["push", "origin", BRANCH]);
    assert_eq!((said.code, said.err.contains("handoff")), (0, false), "{said}");
    script(&program, "#!/bin/sh\necho broken >&2\nexit 3\n");
    ada.commit("x.txt", "x\n");
    assert_eq!(ada.run("git", &["push", "origin", BRANCH]).code, 0);
}

#[test]
fn a_mirror_is_warned_of_once() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = ada(&world, &session);
    ada.git(&["push", "--quiet", "origin", BRANCH]);
    let mirror = world.server("mirror.git");
    ada.git(&["remote", "add", "mirror", mirror.to_str().unwrap()]);
    let said = told(&ada, &["push", "--mirror", "mirror"]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("publishes 4 handoff refs at mirror"), "{said:?}");
}

#[test]
fn where_others_went_on_nothing_of_theirs_is_replaced() {
    let world = World::new();
    let session = Session::claude(&world);
    let ada = ada(&world, &session);
    ada.ok(&["push"]);
    let bob = world.surface("bob", "work/demo");
    bob.ok(&["resume", BRANCH]);
    bob.ok(&["init"]);
    bob.commit("b.txt", "b\n");
    session.turn(&bob, "Go on", "Went on.");
    bob.ok(&["push"]);
    let record =
        || world.lab.git(&world.lab.path("server.git"), &["rev-parse", "refs/handoff/branches/feature%2Flogin"]);
    let theirs = record();
    // Ada knows nothing of it, and git refuses her branch.
    ada.commit("a.txt", "a\n");
    let said = ada.run("git", &["push", "origin", BRANCH]);
    assert_ne!(said.code, 0);
    said.never_says(&["handoff:"]);
    assert_eq!(record(), theirs);
    // A rewritten branch that was hers is hers to replace.
    ada.git(&["fetch", "--quiet"]);
    ada.git(&["rebase", "--quiet", &format!("origin/{BRANCH}")]);
    ada.git(&["push", "--quiet", "origin", BRANCH]);
    ada.git(&["commit", "--quiet", "--amend", "-m", "another"]);
    ada.git(&["push", "--quiet", "--force-with-lease", "origin", BRANCH]);
    assert_ne!(record(), theirs);
    let head = ada.git(&["rev-parse", "HEAD"]);
    ada.git(&["fetch", "--quiet"]);
    ada.ok(&["list", "--json"]).says(&[&head]);
}

#[test]
fn two_who_push_at_once_lose_nothing() {
    let world = World::new();
    let (hers, his) = (Session::claude(&world), Session::claude(&world));
    let ada = ada(&world, &hers);
    let bob = world.surface("bob", "work/demo");
    bob.begin(BRANCH);
    his.turn(&bob, "Also here", "Me too.");
    bob.ok(&["init"]);
    ada.git(&["push", "--quiet", "origin", BRANCH]);
    // Bob never fetched; his branch is refused, his session arrives with hers in one record when he fetched.
    bob.git(&["reset", "--quiet", "--hard", "origin/main"]);
    bob.git(&["pull", "--quiet", "origin", BRANCH]);
    bob.commit("b.txt", "b\n");
    assert_eq!(told(&bob, &["push", "origin", BRANCH]).len(), 1);
    assert_eq!(world.server_refs("refs/handoff/logs").len(), 2);
    let server = world.lab.path("server.git");
    let record = world.lab.git(&server, &["show", "refs/handoff/branches/feature%2Flogin:handoff.yaml"]);
    assert!(record.contains(&hers.id) && record.contains(&his.id), "{record}");
    // Both wrote to one session: the hook leaves that to the next command that fetches.
    let carol = world.surface("carol", "demo");
    carol.ok(&["resume", BRANCH, "--session", &his.key(), "--take"]);
    carol.ok(&["init"]);
    his.turn(&carol, "Carol asks", "Carol's answer.");
    assert_eq!(told(&carol, &["push", "origin", BRANCH]).len(), 1);
    his.turn(&bob, "Bob asks", "Bob's answer.");
    bob.commit("c.txt", "c\n");
    let said = told(&bob, &["push", "origin", BRANCH]);
    assert!(said[0].contains("`git handoff fetch --logs` joins both"), "{said:?}");
    bob.ok(&["fetch", "--logs"]);
    assert!(told(&bob, &["push", "origin", BRANCH]).iter().all(|line| line.starts_with("pushed")));
    let dave = world.surface("dave", "demo");
    dave.ok(&["fetch", "--logs"]);
    let all = String::from_utf8_lossy(&world.objects(&dave.clone)).into_owned();
    assert!(all.contains("Carol's answer.") && all.contains("Bob's answer."));
}
