//! Every kind of clone picks up and hands back: SHA-256, shallow, of one branch, without blobs; and one kind is refused.

use super::session::Session;
use super::world::{BRANCH, Surface, World};

fn there_and_back(world: &World, ada: &Surface<'_>, options: &[&str]) {
    let session = Session::claude(world);
    ada.begin(BRANCH);
    session.turn(ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    ada.ok(&["push"]);
    let plain = world.surface("bob", "plain/demo");
    let (server, clone) = (world.lab.path("server.git"), plain.home.join("work/demo"));
    let url = format!("file://{}", server.display());
    plain.git(&[&["clone", "--quiet"], options, &[&url, clone.to_str().expect("utf-8")]].concat());
    let bob = plain.at(&clone);
    bob.ok(&["resume", BRANCH]).says(&["all of them", "claude --resume"]);
    session.holds(&bob, &["Written."]);
    assert_eq!(bob.git(&["status", "--porcelain"]), "");
    session.turn(&bob, "Add a page", "Page made.");
    bob.commit("page.txt", "page\n");
    bob.ok(&["init"]);
    bob.ok(&["push"]).says(&["1 commit"]);
    ada.ok(&["resume"]).says(&["added to the one here"]);
    session.holds(ada, &["Page made."]);
    bob.git(&["fsck", "--connectivity-only"]);
}

#[test]
fn shallow_single_and_partial_clones() {
    for options in
        [&["--depth=1"][..], &["--depth=1", "--no-single-branch"], &["--single-branch"], &["--filter=blob:none"]]
    {
        let world = World::new();
        world.lab.git(&world.lab.path("server.git"), &["config", "uploadpack.allowFilter", "true"]);
        let ada = world.surface("ada", "src/demo");
        there_and_back(&world, &ada, options);
    }
}

#[test]
fn sha256_repositories() {
    let world = World::sha256();
    let ada = world.surface("ada", "src/demo");
    there_and_back(&world, &ada, &[]);
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that cannot run here says so")]
fn a_repository_whose_refs_would_be_misread_is_refused() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    let made = ada.run("git", &["init", "--quiet", "--ref-format=reftable", "other"]);
    if made.code != 0 {
        println!("skipped: this git knows no reftable ({})", made.err.trim());
        return;
    }
    let other = ada.at(&ada.clone.join("other"));
    for command in ["status", "list", "check", "save"] {
        other.ends(2, &[command]).says(&["reftable", "git refs migrate --ref-format=files"]);
    }
}
