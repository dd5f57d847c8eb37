//! The adapter on stores laid out as Codex lays them out.

use std::ffi::OsString;
use std::fs;

use super::*;

const ID: &str = "01a20dd2-fe5a-78e3-b35d-187d8c088fe8";
const OLD: &str = "01a20dd1-b306-7771-a5a1-098833faa058";
const CHILD: &str = "01a20dd5-4892-7f73-a127-7cd96fcc4957";
const LATER: &str = "01a20dd3-04b4-7ec0-bd15-3cdf512dc8ca";

/// A home with a store, and the surroundings of a process in it.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        Home(tempfile::tempdir().expect("temp"))
    }

    fn env(&self, more: &[(&str, &str)]) -> Env {
        let vars = [("GIT_HANDOFF_NOW", "2026-11-24T13:51:08Z")].iter().chain(more);
        let vars = vars.map(|(k, v)| (OsString::from(k), OsString::from(v))).collect();
        Env::new(vars, self.0.path().to_path_buf(), self.0.path().to_path_buf())
    }

    fn dir(&self, name: &str) -> PathBuf {
        let dir = self.0.path().join(name);
        fs::create_dir_all(&dir).expect("folder");
        dir
    }

    fn rollout(&self, day: &str, name: &str, lines: &[String]) -> PathBuf {
        let path = self.dir(&format!(".codex/sessions/2026/11/{day}")).join(name);
        fs::write(&path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).expect("rollout");
        path
    }
}

fn meta(id: &str, cwd: &Path, rest: &str) -> String {
    let cwd = cwd.display();
    format!(r#"{{"timestamp":"t","ordinal":0,"type":"session_meta","payload":{{"id":"{id}","cwd":"{cwd}"{rest}}}}}"#)
}

fn line(ordinal: usize, text: &str) -> String {
    format!(
        r#"{{"timestamp":"t","ordinal":{ordinal},"type":"event_msg","payload":{{"type":"error","message":"{text}"}}}}"#
    )
}

fn file(time: &str, id: &str) -> String {
    format!("rollout-2026-11-24T{time}-{id}.jsonl")
}

fn id(text: &str) -> SessionId {
    text.parse().expect("an id")
}

fn ok<T>(result: Result<T, AnyFault>) -> T {
    result.map_err(|fault| fault.to_string()).expect("no fault")
}

#[test]
fn sessions_are_found_by_their_folder() {
    let home = Home::new();
    let (demo, demonstration) = (home.dir("src/demo"), home.dir("src/demonstration"));
    home.rollout("23", &file("01-00-00", OLD), &[meta(OLD, &demonstration, "")]);
    let spawn = format!(r#","source":{{"subagent":{{"thread_spawn":{{"parent_thread_id":"{ID}"}}}}}}"#);
    home.rollout("24", &file("03-00-00", CHILD), &[meta(CHILD, &demo, &spawn)]);
    home.rollout("24", "imported.jsonl", &[meta(LATER, &demo, "")]);
    home.rollout("24", &file("04-00-00", LATER), &["not json".into()]);
    let moved = format!(
        r#"{{"type":"event_msg","payload":{{"type":"thread_settings_applied","thread_settings":{{"cwd":"{}"}}}}}}"#,
        demo.join("deep").display()
    );
    let path = home.rollout("24", &file("02-00-00", ID), &[meta(ID, &home.dir("elsewhere"), ""), moved, line(2, "x")]);
    let env = home.env(&[]);
    let found = ok(Codex.find(&env, std::slice::from_ref(&demo)));
    assert_eq!(found.iter().map(|f| (&f.path, f.cwd.clone())).collect::<Vec<_>>(), [(&path, demo.join("deep"))]);
    assert_eq!(Codex.native_name(&env, &found[0]), Some(format!("sessions/2026/11/24/{}", file("02-00-00", ID))));
    assert_eq!(ok(Codex.locate(&env, &id(OLD), &demo)).expect("anywhere").cwd, demonstration);
    assert!(ok(Codex.find(&Home::new().env(&[]), &[demo])).is_empty());
}

#[test]
fn a_log_comes_with_what_it_stands_on_and_what_it_started() {
    let home = Home::new();
    let demo = home.dir("src/demo");
    let first = [meta(OLD, &demo, ""), line(1, "one"), line(2, "spawn"), line(3, "given up")];
    home.rollout("23", &file("01-00-00", OLD), &first);
    let base = format!(r#","history_base":{{"thread_id":"{OLD}","end_ordinal_exclusive":3}}"#);
    home.rollout("24", &file("02-00-00", ID), &[meta(ID, &demo, &base), line(4, "two"), line(5, "given up")]);
    let base = format!(r#","history_base":{{"thread_id":"{ID}","end_ordinal_exclusive":5}}"#);
    let head = meta(ID, &demo, &base);
    let path = home.rollout("24", &file("03-00-00", &format!("{ID}_{LATER}")), &[head.clone(), line(6, "three")]);
    fs::write(&path, [fs::read(&path).expect("read").as_slice(), b"{\"torn"].concat()).expect("write");
    let child = meta(CHILD, &demo, &format!(r#","source":{{"subagent":"review"}},"parent_thread_id":"{ID}""#));
    home.rollout("24", &file("04-00-00", CHILD), std::slice::from_ref(&child));

    let env = home.env(&[]);
    let found = ok(Codex.locate(&env, &id(ID), &demo)).expect("found");
    assert_eq!(found.path, path);
    let text = |file: &RawFile| std::io::read_to_string(ok(file.reader().map_err(AnyFault::from))).expect("text");
    let log = text(&ok(Codex.log(&env, &found)));
    let told: Vec<&str> = log.lines().map(|l| l.split("\"message\":").nth(1).map_or("meta", |m| &m[..4])).collect();
    assert_eq!(told, ["meta", "\"one", "\"spa", "meta", "\"two", "meta", "\"thr"]);
    let files = ok(Codex.files(&env, &found));
    let files: Vec<(&str, String)> = files.iter().map(|(name, file)| (name.as_str(), text(file))).collect();
    assert_eq!(files, [(&*format!("2026/11/24/{}", file("04-00-00", CHILD)), format!("{child}\n"))]);

    fs::remove_dir_all(home.dir(".codex/sessions/2026/11/23")).expect("remove");
    let fault = Codex.log(&env, &found).expect_err("a hole is named");
    assert!(fault.to_string().contains(OLD) && fault.hint().is_some());
}

#[test]
fn places_are_ours_alone() {
    let home = Home::new();
    let env = home.env(&[]);
    let place = |hint: Option<&str>| ok(Codex.place(&env, &id(ID), &home.dir("demo"), hint)).log;
    let store = home.0.path().join(".codex");
    let now = store.join("sessions/2026/11/24").join(file("13-51-08", ID));
    assert_eq!(place(None), now);
    for bad in ["", "../x", "/etc/passwd", "sessions/2026/11/24/../../x.jsonl", "sessions/2026/11/24/rollout-x.jsonl"] {
        assert_eq!(place(Some(bad)), now, "{bad}");
    }
    let elsewhere = format!("sessions/2026/11/24/{}", file("09-00-00", OLD));
    assert_eq!(place(Some(&elsewhere)), store.join("sessions/2026/11/24").join(file("09-00-00", ID)));
    let there = home.rollout("23", &file("01-00-00", ID), &[meta(ID, &home.dir("other"), "")]);
    assert_eq!(place(Some(&elsewhere)), there);
    assert!(Codex.place(&env, &id("ses_1"), &home.dir("demo"), None).is_err());
}

#[test]
fn an_open_session_is_seen_and_left_alone() {
    let home = Home::new();
    let env = home.env(&[]);
    let path = home.rollout("24", &file("02-00-00", ID), &[meta(ID, &home.dir("demo"), "")]);
    let found = found(Rollout { name: RolloutName::parse(&file("02-00-00", ID)).expect("name"), path }).expect("found");
    assert_eq!(Codex.live(&env, &found), None);
    let lock = fs::File::create(home.dir(".codex/thread-writer-locks").join(format!("{ID}.lock"))).expect("lock");
    assert_eq!(Codex.live(&env, &found), None);
    lock.lock().expect("lock");
    let holder = Codex.live(&env, &found).expect("open");
    assert!(holder == std::process::id() || holder == 0);
    lock.unlock().expect("unlock");
    assert_eq!(Codex.live(&env, &found), None);
    lock.try_lock().expect("nothing kept it");
}

#[test]
fn ids_are_codexs_own() {
    let home = Home::new();
    let new = Codex.new_id(&home.env(&[]));
    assert!(is_uuid(new.as_str()) && new.as_str().starts_with("01a20dd3-18e0-7"), "{new}");
    assert_ne!(new, Codex.new_id(&home.env(&[])));
    let inside = home.env(&[("CODEX_THREAD_ID", CHILD), ("CODEX_SESSION_ID", ID)]);
    assert_eq!(Codex.current(&inside), Some(id(ID)));
    assert_eq!(Codex.current(&home.env(&[("CODEX_THREAD_ID", CHILD)])), Some(id(CHILD)));
    assert_eq!(Codex.current(&home.env(&[("CODEX_THREAD_ID", "../x")])), None);

    let line = format!(r#"{{"payload":{{"id":"{OLD}","thread_id":"{OLD}","text":"{OLD}","call_id":"{OLD}"}}}}"#);
    let renamed = Codex.rename(line.as_bytes(), &id(OLD), &id(ID));
    let want = format!(r#"{{"payload":{{"id":"{ID}","thread_id":"{ID}","text":"{OLD}","call_id":"{OLD}"}}}}"#);
    assert_eq!(&*renamed, want.as_bytes());
}

/// Every case of `tests/golden/codex`: settled lines have contiguous ordinals, and damaged ones are nobody's panic.
#[test]
fn goldens_settle_and_survive_damage() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/codex");
    let home = Home::new();
    fs::write(home.dir(".codex").join("config.toml"), "model_provider = \"corp\"\napproval_policy = \"never\"\n")
        .expect("config");
    for case in fs::read_dir(root).expect("goldens").map(|e| e.expect("entry").path()) {
        let stored = fs::read(case.join("stored.jsonl")).expect("a golden file");
        let (lines, _) = crate::jsonl::complete_lines(&stored);
        let mut settle = Codex.settle(&home.env(&[]), 0);
        for (at, line) in lines.iter().enumerate() {
            let settled = settle.line(line);
            let ordinal = Tape::read(&settled).and_then(|t| t.get(&["ordinal"]).map(|n| t.raw(n).to_vec()));
            assert!(ordinal.is_none_or(|n| n == at.to_string().as_bytes()), "{} line {at}", case.display());
        }
        mangle(&fs::read(case.join("log.jsonl")).expect("a golden file"));
    }
}

/// Damaged lines are nobody's panic.
fn mangle(log: &[u8]) {
    for line in crate::jsonl::complete_lines(log).0 {
        for cut in (0..line.len()).step_by(97) {
            let mut bad = line[..cut].to_vec();
            bad.extend_from_slice(b"}");
            let _ = (Codex.carry(None).line(&bad), Codex.event_id(&bad), Codex.starts_turn(&bad));
            Codex.calls().line(&bad);
        }
    }
    let _ = Codex.parse(&id(ID), &log[..log.len() / 2]);
}
