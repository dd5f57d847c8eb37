//! What others may put on the server: newer formats, names that would leave their place, and text that drives terminals.

use super::session::Session;
use super::world::{BRANCH, Surface, World};

fn handed_over<'w>(world: &'w World, session: &Session) -> (Surface<'w>, Surface<'w>) {
    let (ada, bob) = (world.surface("ada", "src/demo"), world.surface("bob", "work/demo"));
    ada.begin(BRANCH);
    session.turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    ada.ok(&["push"]);
    (ada, bob)
}

const RECORD: &str = "refs/handoff/branches/feature%2Flogin";

/// `handoff.yaml` and the message of the record at the server.
fn record(world: &World) -> (String, String) {
    let show = |what: &str| world.lab.git(&world.lab.path("server.git"), &["show", "--no-patch", "--format=%B", what]);
    (show(&format!("{RECORD}:handoff.yaml")), show(RECORD))
}

/// Puts a record of these at the server.
fn forge(world: &World, (yaml, message): (String, String)) {
    let server = world.lab.path("server.git");
    let files = world.lab.path("forged");
    world.lab.write(&files, "handoff.yaml", &yaml);
    world.lab.write(&files, "message", &message);
    let path = |file: &str| files.join(file).display().to_string();
    let blob = world.lab.git(&server, &["hash-object", "-w", &path("handoff.yaml")]);
    world.lab.write(&files, "tree", &format!("100644 blob {blob}\thandoff.yaml\n"));
    let line = format!("git mktree < '{}'", path("tree"));
    let tree = String::from_utf8(world.lab.run(&server, "sh", &["-c", &line]).stdout).unwrap();
    let commit = world.lab.git(&server, &["commit-tree", tree.trim(), "-F", &path("message")]);
    world.lab.git(&server, &["update-ref", RECORD, &commit]);
}

/// No command may end in a crash or let a control character through.
fn survives(surface: &Surface<'_>, session: &Session) -> String {
    let mut heard = String::new();
    let commands: [&[&str]; 9] = [
        &["fetch", "--logs"],
        &["list"],
        &["list", "--json"],
        &["status"],
        &["check", BRANCH],
        &["show", BRANCH],
        &["show", &session.id],
        &["resume", BRANCH],
        &["resume", BRANCH, "--json"],
    ];
    for command in commands {
        let said = surface.handoff(command);
        assert!((0..=3).contains(&said.code), "{command:?}\n{said}");
        let raw = |c: char| (c.is_control() && c != '\n' && c != '\t') || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!said.all().contains(raw), "{command:?} lets a control character through: {:?}", said.all());
        heard.push_str(&said.all());
    }
    heard
}

#[test]
fn a_newer_format_says_so_and_stops() {
    let world = World::new();
    let session = Session::claude(&world);
    let (_ada, bob) = handed_over(&world, &session);
    let (yaml, message) = record(&world);
    forge(&world, (yaml.replace("version: \"1\"", "version: \"2\""), message.replace("Version: 1", "Version: 2")));
    let heard = survives(&bob, &session);
    assert!(heard.contains("format version 2"), "{heard}");
    bob.ends(1, &["resume", BRANCH]).says(&["this program knows version 1", "update git-handoff"]);
    bob.ok(&["list"]).says(&["feature/login", "format version 2"]);
    assert!(session.text(&bob).is_empty());
}

#[test]
fn names_that_would_leave_their_place_are_refused() {
    let world = World::new();
    let session = Session::claude(&world);
    let (_ada, bob) = handed_over(&world, &session);
    let (yaml, message) = record(&world);
    for (member, good, bad) in [
        ("id", session.id.as_str(), "../../x"),
        ("id", &session.id, "-rf"),
        ("agent", session.agent, "../x"),
        ("agent", session.agent, "Claude"),
    ] {
        let forged = yaml.replace(&format!("{member}: \"{good}\""), &format!("{member}: \"{bad}\""));
        assert!(forged.contains(bad), "{forged}");
        forge(&world, (forged, message.replace(good, bad)));
        let heard = survives(&bob, &session);
        assert!(heard.contains("is not allowed"), "{heard}");
        assert!(session.text(&bob).is_empty());
    }
}

#[test]
fn another_branch_in_a_branchs_place_is_not_taken() {
    let world = World::new();
    let session = Session::claude(&world);
    let (_ada, bob) = handed_over(&world, &session);
    let (yaml, message) = record(&world);
    for bad in ["main", "../../heads/main"] {
        let line = |text: &str, start: &str| text.lines().find(|l| l.starts_with(start)).unwrap().to_owned();
        let forged = yaml.replace(&line(&yaml, "branch:"), &format!("branch: \"{bad}\""));
        let trailer = line(&message, "Handoff-Branch:");
        forge(&world, (forged, message.replace(&trailer, &format!("Handoff-Branch: {bad}"))));
        let before = bob.git(&["rev-parse", "refs/heads/main"]);
        survives(&bob, &session);
        assert_eq!(bob.git(&["rev-parse", "refs/heads/main"]), before);
        assert_eq!(bob.git(&["branch", "--show-current"]), "main", "{bad}");
    }
}

#[test]
fn text_that_drives_a_terminal_is_shown_and_not_obeyed() {
    let world = World::new();
    let session = Session::claude(&world);
    let (ada, bob) = (world.surface("ada", "src/demo"), world.surface("bob", "work/demo"));
    ada.begin(BRANCH);
    session.turn(&ada, "Title \u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}gnp", "Answer \u{1b}[31mred\u{9b}5m\r");
    ada.ok(&["init"]);
    ada.ok(&["push"]);
    let (yaml, message) = record(&world);
    let holder = yaml.lines().find(|l| l.trim_start().starts_with("holder:")).unwrap().to_owned();
    let forged = yaml.replace(&holder, "  holder: \"x\\e[2J\\u202ey\"");
    forge(&world, (forged, message.replace("by ada", "by \u{1b}[2J")));
    let heard = survives(&bob, &session);
    assert!(heard.contains("Title"), "{heard}");
    session.holds(&bob, &["Title"]);
}
