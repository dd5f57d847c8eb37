//! Story 7: the agent is running, here or around the command itself.

use std::fs;

use super::session::Session;
use super::world::{BRANCH, Surface, World};

/// Ada hands over from inside the session: what stands after the open call is the closing of that turn.
fn handed_over_from_inside<'w>(world: &'w World, ada: &Surface<'w>, session: &Session) -> Surface<'w> {
    ada.begin(BRANCH);
    session.turn(ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    session.ask(ada, "Hand it over");
    let inside = match session.agent {
        "claude" => ada.with("CLAUDECODE", "1").with("CLAUDE_CODE_SESSION_ID", &session.id),
        _ => ada.with("CODEX_SESSION_ID", &session.id),
    };
    inside.ok(&["push"]).says(&["up to the call that ran this", "Write the login"]);
    world.surface("bob", "work/demo")
}

#[test]
fn a_push_from_inside_stores_up_to_the_open_call_and_the_closing_is_no_fork() {
    for kind in [Session::claude, Session::codex] {
        let world = World::new();
        let session = kind(&world);
        let ada = world.surface("ada", "src/demo");
        let bob = handed_over_from_inside(&world, &ada, &session);
        // Bob takes it before the turn has ended there.
        bob.ok(&["resume", BRANCH]).says(&["Write the login"]);
        let text = session.text(&bob);
        let calls = text.matches("tool_use\"").count() + text.matches("function_call\"").count();
        assert!(text.contains("Hand it over") && text.contains("Written.") && calls == 1, "{text}");
        session.answer(&ada, "I have handed it over.");
        session.turn(&bob, "Add a page", "Page made.");
        bob.ok(&["init"]);
        bob.ok(&["push"]);
        let back = ada.ok(&["resume"]);
        back.says(&["added to the one here"]).never_says(&["differently", "fork"]);
        session.holds(&ada, &["I have handed it over.", "Page made."]);
        ada.ok(&["status"]).never_says(&["fork"]);
        session.turn(&ada, "Thanks", "You are welcome.");
        ada.ok(&["push"]).never_says(&["two ways"]);
        ada.ok(&["status"]).never_says(&["fork"]).says(&["synced"]);
        bob.ok(&["resume"]).never_says(&["differently"]);
        session.holds(&bob, &["Page made.", "You are welcome."]);
    }
}

#[test]
fn a_closing_that_is_saved_before_the_other_takes_it_belongs_to_the_session() {
    for kind in [Session::claude, Session::codex] {
        let world = World::new();
        let session = kind(&world);
        let ada = world.surface("ada", "src/demo");
        let bob = handed_over_from_inside(&world, &ada, &session);
        session.answer(&ada, "I have handed it over.");
        ada.ok(&["push"]);
        bob.ok(&["resume", BRANCH]);
        session.holds(&bob, &["I have handed it over."]);
        session.turn(&bob, "Add a page", "Page made.");
        bob.ok(&["init"]);
        bob.ok(&["push"]);
        ada.ok(&["resume"]).never_says(&["differently"]);
        session.holds(&ada, &["I have handed it over.", "Page made."]);
    }
}

#[test]
fn a_session_that_is_open_here_is_not_written_to() {
    let world = World::new();
    for session in [Session::claude(&world), Session::codex(&world)] {
        let branch = format!("feature/{}", session.agent);
        let name = |who: &str| format!("{who}-{}", session.agent);
        let (ada, bob) = (world.surface(&name("ada"), "src/demo"), world.surface(&name("bob"), "work/demo"));
        ada.begin(&branch);
        session.turn(&ada, "Write the login", "Written.");
        ada.ok(&["init"]);
        ada.ok(&["push"]);
        bob.ok(&["resume", &branch]);
        session.turn(&ada, "Add a page", "Page made.");
        let new_head = ada.commit("page.txt", "page\n");
        ada.ok(&["push"]);
        // Codex keeps a lock while it runs, Claude leaves a sign with its process.
        let lock = match session.agent {
            "claude" => {
                let me = std::process::id();
                let sign = bob.home.join(format!(".claude/sessions/{me}.json"));
                fs::create_dir_all(sign.parent().unwrap()).unwrap();
                fs::write(&sign, format!("{{\"pid\":{me},\"sessionId\":\"{}\"}}", session.id)).unwrap();
                None
            }
            _ => {
                let lock = bob.home.join(format!(".codex/thread-writer-locks/{}.lock", session.id));
                fs::create_dir_all(lock.parent().unwrap()).unwrap();
                let lock = fs::File::create(lock).unwrap();
                lock.lock().unwrap();
                Some(lock)
            }
        };
        let before = (session.text(&bob), bob.git(&["rev-parse", "HEAD"]));
        let stopped = bob.stops(&["resume"]);
        stopped.says(&["open here", &std::process::id().to_string(), "nothing was changed"]);
        assert_eq!(
            before,
            (session.text(&bob), bob.git(&["rev-parse", "HEAD"])),
            "nothing was changed, so nothing may"
        );
        drop(lock);
        let _ = fs::remove_dir_all(bob.home.join(".claude/sessions"));
        bob.types(&stopped.choice("end it"));
        session.holds(&bob, &["Page made."]);
        assert_eq!(bob.git(&["rev-parse", "HEAD"]), new_head);
    }
}
