//! Story 2: the cloud hands over while the laptop, cut off, works on the same branch too.

use std::fs;

use super::session::{Session, files};
use super::world::{BRANCH, Said, Surface, World};

/// The cloud began, the laptop took over, and both went on with the branch and with the session.
fn both_go_on(world: &World) -> (Surface<'_>, Surface<'_>, Session) {
    let (cloud, laptop) = (world.surface("cloud", "workspace/demo"), world.surface("laptop", "code/demo"));
    let session = Session::claude(world);
    cloud.begin(BRANCH);
    session.turn(&cloud, "Write the login", "Written.");
    cloud.ok(&["init"]);
    cloud.ok(&["push"]);
    laptop.ok(&["resume", BRANCH]);
    session.turn(&cloud, "Add a test", "Tested in the cloud.");
    cloud.commit("cloud.txt", "cloud\n");
    cloud.ok(&["push"]);
    session.turn(&laptop, "Add a page", "Page made on the laptop.");
    laptop.commit("laptop.txt", "laptop\n");
    (cloud, laptop, session)
}

/// Both sides of the session are in the agent's store, under whatever ids.
fn both_are_kept(surface: &Surface<'_>) {
    let logs = files(&surface.home.join(".claude/projects")).into_iter();
    let logs: Vec<String> = logs.map(|f| fs::read_to_string(f).unwrap()).collect();
    for words in ["Page made on the laptop.", "Tested in the cloud."] {
        assert!(logs.iter().any(|l| l.contains(words)), "{words} is lost");
    }
}

fn stopped(laptop: &Surface<'_>, session: &Session) -> Said {
    let before = (laptop.git(&["rev-parse", "HEAD"]), session.text(laptop));
    let stopped = laptop.stops(&["resume"]);
    stopped.says(&["1 commit", "nothing was changed"]);
    assert_eq!(before, (laptop.git(&["rev-parse", "HEAD"]), session.text(laptop)));
    laptop.types(&stopped.choice("see both"));
    stopped
}

#[test]
fn the_laptop_stops_and_goes_on_by_a_rebase() {
    let world = World::new();
    let (cloud, laptop, session) = both_go_on(&world);
    let stopped = stopped(&laptop, &session);
    let resumed = laptop.types(&stopped.choice("rebase"));
    resumed.says(&["went on differently", &session.id, "claude --resume"]);
    session.holds(&laptop, &["Page made on the laptop."]);
    both_are_kept(&laptop);
    laptop.git(&["cat-file", "-e", "HEAD:cloud.txt"]);
    // And back: the cloud gets the laptop's work and loses nothing of its own.
    laptop.ok(&["init"]);
    laptop.ok(&["push"]).says(&["both are kept"]).never_says(&["not taken"]);
    let back = cloud.ok(&["resume"]);
    back.says(&["went on differently"]);
    assert_eq!(cloud.git(&["rev-parse", "HEAD"]), laptop.git(&["rev-parse", "HEAD"]));
    both_are_kept(&cloud);
    session.holds(&cloud, &["Tested in the cloud."]);
    cloud.ok(&["check"]).says(&["1 fork kept beside"]);
}

#[test]
fn or_in_a_work_tree_beside() {
    let world = World::new();
    let (_cloud, laptop, session) = both_go_on(&world);
    let stopped = stopped(&laptop, &session);
    laptop.types(&stopped.choice("beside")).says(&["claude --resume"]);
    session.holds(&laptop, &["Page made on the laptop."]);
    both_are_kept(&laptop);
    assert!(laptop.clone.join("laptop.txt").is_file() && !laptop.clone.join("cloud.txt").exists());
}

#[test]
fn without_a_network_it_says_as_of_when_and_goes_on_with_what_is_here() {
    let world = World::new();
    let (cloud, laptop) = (world.surface("cloud", "workspace/demo"), world.surface("laptop", "code/demo"));
    let session = Session::codex(&world);
    cloud.begin(BRANCH);
    session.turn(&cloud, "Write the login", "Written.");
    cloud.ok(&["init"]);
    cloud.ok(&["push"]);
    laptop.ok(&["fetch", "--logs"]).says(&[BRANCH]);
    laptop.git(&["fetch", "--quiet"]);
    let (server, away) = (world.lab.path("server.git"), world.lab.path("away.git"));
    fs::rename(&server, &away).unwrap();
    let resumed = laptop.ok(&["resume", BRANCH]);
    resumed.says(&["offline", "what is known of it is of 2", "yours here", "codex resume"]);
    session.holds(&laptop, &["Written."]);
    session.turn(&laptop, "Add a page", "Page made on the laptop.");
    laptop.commit("laptop.txt", "laptop\n");
    laptop.ok(&["status"]).says(&["held by you", "not pushed"]);
    laptop.ok(&["save"]);
    laptop.ok(&["init"]);
    laptop.ends(1, &["push"]).says(&["could not reach origin", "saved here"]);
    fs::rename(&away, &server).unwrap();
    laptop.ok(&["push"]);
    cloud.ok(&["resume"]).says(&["added to the one here"]);
    session.holds(&cloud, &["Page made on the laptop."]);
}
