//! Many writers hand over one session on one branch at the same time, and nothing of anybody is lost.
//!
//! 4 writers with 4 handoffs each; 8 with 12 where `GIT_HANDOFF_TORTURE=1`.

use std::process::Child;
use std::time::{Duration, Instant};

use crate::servers::Server;
use crate::stories::session::Session;
use crate::stories::world::{BRANCH, Surface, World};

/// What a push may say at exit 1 and mean: again, nothing is lost.
const AGAIN: [&str; 2] = ["run `git handoff push` again", "run the same command again"];

struct Writer<'w> {
    surface: Surface<'w>,
    done: usize,
    again: usize,
    busy: Option<Child>,
}

fn marker(writer: usize, turn: usize) -> String {
    format!("answer-{writer:02}-{turn:02}.")
}

fn all_at_once(url: impl Fn(&World) -> (String, Option<Server>), name: &str, limit: Duration) {
    let full = std::env::var("GIT_HANDOFF_TORTURE").is_ok_and(|v| v == "1");
    let (writers, turns) = if full { (8, 12) } else { (4, 4) };
    let world = World::new();
    let (url, _server) = url(&world);
    let session = Session::claude(&world);
    let mut all: Vec<Writer<'_>> = Vec::new();
    for n in 0..writers {
        let surface = world.surface(&format!("w{n}"), "src/demo");
        surface.git(&["remote", "set-url", "origin", &url]);
        if n == 0 {
            surface.begin(BRANCH);
            session.turn(&surface, "Write the login", "Written.");
        } else {
            surface.ok(&["resume", BRANCH, "--take"]);
        }
        surface.ok(&["init"]);
        if n == 0 {
            surface.ok(&["push"]);
        }
        all.push(Writer { surface, done: 0, again: 0, busy: None });
    }
    let started = Instant::now();
    while all.iter().any(|w| w.done < turns) {
        assert!(started.elapsed() < limit, "{name}: not done after {limit:?}");
        for (n, writer) in all.iter_mut().enumerate() {
            step(&session, n, writer, turns);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let (took, again) = (started.elapsed(), all.iter().map(|w| w.again).sum::<usize>());
    eprintln!("{name}: {writers} writers, {turns} handoffs each, {:.1} s, {again} runs again", took.as_secs_f64());

    let refs = [format!("refs/handoff/logs/{}", session.key()), "refs/handoff/branches/feature%2Flogin".to_owned()];
    let server = world.lab.path("server.git");
    let text = stored(&world, &server, &refs[0]);
    for (n, turn) in (0..writers).flat_map(|n| (0..turns).map(move |turn| (n, turn))) {
        assert!(text.contains(&marker(n, turn)), "{name}: {} is lost", marker(n, turn));
    }
    world.lab.git(&server, &["fsck", "--no-dangling", "--no-progress"]);
    for writer in &all {
        writer.surface.ok(&["fetch", "--logs"]);
        let here = |at: &str| writer.surface.git(&["rev-parse", &format!("{at}^{{tree}}")]);
        let there = |at: &str| world.lab.git(&server, &["rev-parse", &format!("{at}^{{tree}}")]);
        assert_eq!(here(&refs[0]), there(&refs[0]), "{name}: the log at {}", writer.surface.name);
        let tracking = refs[1].replace("refs/handoff/", "refs/handoff-remotes/origin/");
        assert_eq!(here(&tracking), there(&refs[1]), "{name}: the record at {}", writer.surface.name);
        for turn in 0..turns {
            let own = all.iter().position(|w| w.surface.name == writer.surface.name).expect("a writer");
            session.holds(&writer.surface, &[&marker(own, turn)]);
        }
    }
}

/// Starts the next handoff of a writer, or sees what became of the one under way.
fn step(session: &Session, n: usize, writer: &mut Writer<'_>, turns: usize) {
    let Some(mut child) = writer.busy.take() else {
        if writer.done < turns {
            session.turn(&writer.surface, &format!("Writer {n} asks"), &marker(n, writer.done));
            writer.busy = Some(writer.surface.start(&["handoff", "push"]));
        }
        return;
    };
    if child.try_wait().expect("a child").is_none() {
        writer.busy = Some(child);
        return;
    }
    let out = child.wait_with_output().expect("git");
    let said = String::from_utf8_lossy(&out.stderr);
    match out.status.code() {
        Some(0) => writer.done += 1,
        Some(1) if AGAIN.iter().any(|words| said.contains(words)) => {
            writer.again += 1;
            writer.busy = Some(writer.surface.start(&["handoff", "push"]));
        }
        code => panic!("writer {n}: {code:?}\n{said}"),
    }
}

/// All logs of a session at the server, one after the other.
fn stored(world: &World, server: &std::path::Path, name: &str) -> String {
    let listed = world.lab.git(server, &["ls-tree", "-r", "--name-only", name]);
    let logs = listed.lines().filter(|l| l.contains("log/"));
    logs.map(|path| world.lab.git(server, &["show", &format!("{name}:{path}")])).collect()
}

#[test]
fn nothing_is_lost_over_file() {
    let url = |world: &World| (world.lab.path("server.git").display().to_string(), None);
    all_at_once(url, "file", Duration::from_secs(300));
}

#[test]
fn nothing_is_lost_over_http() {
    let url = |world: &World| {
        let server = Server::http(&world.lab, false);
        (format!("{}/server.git", server.url), Some(server))
    };
    all_at_once(url, "http", Duration::from_secs(600));
}
