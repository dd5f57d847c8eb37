//! Claude's files on this machine: where a session is, and its bytes.

use std::fs::{self, DirEntry, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::super::{Found, RawFile};
use crate::canon::paths::Root;
use crate::env::Env;
use crate::fault::{AnyFault, FileFault};
use crate::jsonl::Tape;
use crate::model::ids::SessionId;

/// Longer encoded paths are cut here and get a hash (measured at 200, 201 and 313).
const MAX_NAME: usize = 200;
/// How much of a log is read to learn where it works; copies of requests stand before the first answer.
const MAX_HEAD: u64 = 16 << 20;
/// How deep side files lie below the session's folder.
const MAX_DEPTH: usize = 3;

/// The folder of Claude's settings and sessions.
pub(super) fn config(env: &Env) -> PathBuf {
    env.var("CLAUDE_CONFIG_DIR").map_or_else(|| env.home().join(".claude"), PathBuf::from)
}

/// The folder with one folder for each place that was worked in.
pub(super) fn projects(env: &Env) -> PathBuf {
    config(env).join("projects")
}

/// The folder of the sessions that work in `cwd`.
pub(super) fn project(env: &Env, cwd: &Path) -> PathBuf {
    projects(env).join(folder_name(&real(cwd)))
}

/// What `@{store}` and `@{config}` stand for. Claude writes the folder as its variables spell it, so that comes first.
pub(super) fn roots(env: &Env, cwd: &Path) -> Vec<Root> {
    let spellings = |path: PathBuf| {
        let resolved = real(&path);
        if resolved == path { vec![path] } else { vec![path, resolved] }
    };
    let config = spellings(config(env));
    let name = folder_name(&real(cwd));
    let store = config.iter().map(|c| c.join("projects").join(&name)).collect();
    vec![Root { name: "store", paths: store }, Root { name: "config", paths: config }]
}

/// A path with its symlinks resolved, or as it is where it does not exist.
fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

/// A path as Claude names a folder after it: every UTF-16 unit that is not a letter or digit of ASCII becomes `-`.
fn encoded(path: &Path) -> String {
    let unit = |u: u16| char::from_u32(u.into()).filter(char::is_ascii_alphanumeric).unwrap_or('-');
    path.to_string_lossy().encode_utf16().map(unit).collect()
}

/// The folder's whole name: a long one is cut, and the rest told by a 32-bit hash of the path.
fn folder_name(path: &Path) -> String {
    let name = encoded(path);
    if name.len() <= MAX_NAME {
        return name;
    }
    let step = |hash: i32, unit: u16| hash.wrapping_shl(5).wrapping_sub(hash).wrapping_add(unit.into());
    let hash = path.to_string_lossy().encode_utf16().fold(0i32, step);
    format!("{}-{}", &name[..MAX_NAME], base36(hash.unsigned_abs()))
}

fn base36(mut number: u32) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit(number % 36, 36).unwrap_or('0'));
        number /= 36;
        if number == 0 {
            return digits.iter().rev().collect();
        }
    }
}

/// The sessions that work in one of `places` or below, newest first.
pub(super) fn find(env: &Env, places: &[PathBuf]) -> Result<Vec<Found>, AnyFault> {
    let places: Vec<PathBuf> = places.iter().map(|p| real(p)).collect();
    // The encoding is not reversible: it only rules folders out, and the log itself decides.
    let starts: Vec<String> = places.iter().map(|p| encoded(p).chars().take(MAX_NAME).collect()).collect();
    let mut all = Vec::new();
    for dir in project_dirs(env)? {
        let name = dir.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if starts.iter().any(|s| name.starts_with(s.as_str())) {
            let inside = |found: &Found| places.iter().any(|p| works_in(&found.cwd, p));
            all.extend(logs(&dir).filter_map(|(id, path)| look(id, path)).filter(inside));
        }
    }
    all.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| a.path.cmp(&b.path)));
    Ok(all)
}

/// The session of that id: Claude finds it in any folder.
pub(super) fn locate(env: &Env, id: &SessionId, near: &Path) -> Result<Option<Found>, AnyFault> {
    let near = real(near);
    let file = format!("{id}.jsonl");
    let dirs = project_dirs(env)?;
    let here = dirs.iter().map(|dir| dir.join(&file)).filter(|path| is_file(path));
    let found = here.filter_map(|path| look(id.clone(), path));
    Ok(found.max_by_key(|f| (works_in(&f.cwd, &near), f.modified)))
}

fn works_in(cwd: &Path, place: &Path) -> bool {
    cwd.starts_with(place) || real(cwd).starts_with(place)
}

fn project_dirs(env: &Env) -> Result<Vec<PathBuf>, AnyFault> {
    let root = projects(env);
    match fs::read_dir(&root) {
        Ok(entries) => Ok(entries.flatten().map(|e| e.path()).filter(|p| p.is_dir()).collect()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(FileFault::on("read", &root)(e).into()),
    }
}

/// The logs in a project folder. What cannot be read is passed over: it is not ours.
fn logs(dir: &Path) -> impl Iterator<Item = (SessionId, PathBuf)> {
    fs::read_dir(dir).into_iter().flatten().flatten().filter_map(|entry| {
        let path = entry.path();
        let id = path.file_name()?.to_str()?.strip_suffix(".jsonl")?.parse().ok()?;
        is_file(&path).then_some((id, path))
    })
}

fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|m| m.is_file())
}

/// A log with at least one message and a working folder: the first one that it names.
fn look(id: SessionId, path: PathBuf) -> Option<Found> {
    let file = File::open(&path).ok()?;
    let modified = file.metadata().and_then(|m| m.modified()).ok().and_then(|t| Timestamp::try_from(t).ok())?;
    let mut head = BufReader::new(file.take(MAX_HEAD));
    let (mut cwd, mut spoken, mut line) = (None, false, Vec::new());
    while cwd.is_none() || !spoken {
        line.clear();
        if head.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        let Some(tape) = Tape::read(line.trim_ascii_end()) else { continue };
        spoken |= matches!(tape.text(&["type"]).as_deref(), Some("user" | "assistant"));
        cwd = cwd.or_else(|| Some(PathBuf::from(tape.text(&["cwd"])?.into_owned())));
    }
    Some(Found { key: super::key(id), path, cwd: cwd?, modified })
}

/// The side files of a session, by name.
pub(super) fn files(found: &Found) -> Result<Vec<(String, RawFile)>, AnyFault> {
    let mut files = Vec::new();
    let beside = found.path.with_extension("");
    if beside.symlink_metadata().is_ok_and(|m| m.is_dir()) {
        side_files(&beside, "", 1, &mut files)?;
    }
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(files)
}

/// Regular files with plain names below a session's folder; a log among them up to its last complete line.
fn side_files(dir: &Path, prefix: &str, depth: usize, files: &mut Vec<(String, RawFile)>) -> Result<(), AnyFault> {
    for entry in fs::read_dir(dir).map_err(FileFault::on("read", dir))?.flatten() {
        let (Some(name), Ok(kind)) = (plain_name(&entry), entry.file_type()) else { continue };
        let (name, path) = (format!("{prefix}{name}"), entry.path());
        if kind.is_dir() && depth < MAX_DEPTH {
            side_files(&path, &format!("{name}/"), depth + 1, files)?;
        } else if kind.is_file() {
            let file = if name.ends_with(".jsonl") { RawFile::whole_lines(&path)? } else { RawFile::whole(&path)? };
            files.push((name, file));
        }
    }
    Ok(())
}

fn plain_name(entry: &DirEntry) -> Option<String> {
    let name = entry.file_name().into_string().ok()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (name.len() <= 128 && !name.starts_with(['.', '-']) && name.bytes().all(plain)).then_some(name)
}

/// The process that has the session open: it leaves `sessions/<pid>.json` while it runs.
pub(super) fn live(env: &Env, id: &SessionId) -> Option<u32> {
    let signs = fs::read_dir(config(env).join("sessions")).ok()?;
    signs.flatten().find_map(|entry| {
        let path = entry.path();
        let pid: u32 = path.file_name()?.to_str()?.strip_suffix(".json")?.parse().ok()?;
        let mut bytes = Vec::new();
        File::open(&path).ok()?.take(1 << 16).read_to_end(&mut bytes).ok()?;
        let sign: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
        (sign["sessionId"] == id.as_str() && runs(pid, sign["procStart"].as_str())).then_some(pid)
    })
}

/// Whether a process runs and, where the system tells, began when the sign says so (a number may be given out again).
#[cfg(target_os = "linux")]
fn runs(pid: u32, start: Option<&str>) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    // proc(5): the start time is field 22; the name, field 2, may hold spaces and ends at the last bracket.
    let began = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(19));
    start.is_none() || began.is_none() || start == began
}

/// Elsewhere the sign itself must do: Claude takes it away when it ends.
#[cfg(not(target_os = "linux"))]
fn runs(_pid: u32, _start: Option<&str>) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn env(home: &Path) -> Env {
        Env::new(BTreeMap::new(), home.to_path_buf(), home.to_path_buf())
    }

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        fs::write(path, text).expect("file");
    }

    #[test]
    fn folders_are_named_as_claude_names_them() {
        assert_eq!(folder_name(Path::new("/home/ada/src/my_demo v2")), "-home-ada-src-my-demo-v2");
        assert_eq!(folder_name(Path::new("/é/😀")), "-----");
        let at_limit = format!("/{}", "a".repeat(199));
        assert_eq!(folder_name(Path::new(&at_limit)).len(), 200);
        // One unit more gets the hash (checked against the real program).
        let long = format!("/{}", "a".repeat(200));
        assert_eq!(folder_name(Path::new(&long)), format!("-{}-b6ymvl", "a".repeat(199)));
    }

    #[test]
    fn finds_by_folder_and_believes_the_log() {
        let home = tempfile::tempdir().expect("home");
        let repo = real(home.path()).join("demo");
        fs::create_dir_all(repo.join("sub")).expect("repo");
        let env = env(home.path());
        let line = |cwd: &Path| format!("{{\"type\":\"mode\"}}\n{{\"type\":\"user\",\"cwd\":\"{}\"}}\n", cwd.display());
        write(&project(&env, &repo).join("one.jsonl"), &line(&repo));
        write(&project(&env, &repo.join("sub")).join("two.jsonl"), &line(&repo.join("sub")));
        // Encoded alike, but elsewhere; nothing said; a bad name; a folder.
        write(&project(&env, &repo).join("three.jsonl"), &line(&repo.with_file_name("demo-sub")));
        write(&project(&env, &repo).join("four.jsonl"), "{\"type\":\"mode\"}\n");
        write(&project(&env, &repo).join("a b.jsonl"), &line(&repo));
        write(&project(&env, &repo).join("memory/notes.jsonl"), &line(&repo));
        let mut ids: Vec<_> =
            find(&env, std::slice::from_ref(&repo)).expect("finds").iter().map(|f| f.key.to_string()).collect();
        ids.sort();
        assert_eq!(ids, ["claude.one", "claude.two"]);
        assert_eq!(find(&env, &[repo.join("sub")]).expect("finds").len(), 1);

        write(&projects(&env).join("elsewhere/one.jsonl"), &line(Path::new("/nowhere")));
        let one = "one".parse().expect("id");
        let near = |place: &Path| locate(&env, &one, place).expect("locates").expect("one").cwd;
        assert_eq!((near(&repo), near(Path::new("/nowhere"))), (repo.clone(), PathBuf::from("/nowhere")));
        assert_eq!(locate(&env, &"none".parse().expect("id"), &repo).expect("locates"), None);
    }

    #[test]
    fn a_home_without_claude_has_no_sessions() {
        let home = tempfile::tempdir().expect("home");
        assert!(find(&env(home.path()), &[home.path().to_path_buf()]).expect("finds").is_empty());
    }

    #[test]
    fn takes_complete_lines_and_plain_side_files() {
        let home = tempfile::tempdir().expect("home");
        let path = home.path().join("one.jsonl");
        write(&path, "{}\n{\"type\":\"us");
        let beside = home.path().join("one");
        write(&beside.join("subagents/agent-1.jsonl"), "{}\n{\"to");
        write(&beside.join("tool-results/b.txt"), "out");
        write(&beside.join("a/b/deep.txt"), "kept");
        write(&beside.join("a/b/c/deeper.txt"), "not kept");
        write(&beside.join("odd name.txt"), "not kept");
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/passwd", beside.join("link.txt")).expect("link");
        let found = Found {
            key: super::super::key("one".parse().expect("id")),
            path,
            cwd: "/".into(),
            modified: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(RawFile::whole_lines(&found.path).expect("reads").len(), 3);
        let files = files(&found).expect("reads");
        let names: Vec<_> = files.iter().map(|(n, b)| (n.as_str(), b.len())).collect();
        assert_eq!(names, [("a/b/deep.txt", 4), ("subagents/agent-1.jsonl", 3), ("tool-results/b.txt", 3)]);
    }

    #[test]
    fn a_sign_of_a_dead_process_counts_for_nothing() {
        let home = tempfile::tempdir().expect("home");
        let env = env(home.path());
        let (me, id) = (std::process::id(), "one".parse().expect("id"));
        let sign = |pid: u32, more: &str| {
            write(&config(&env).join(format!("sessions/{pid}.json")), &format!("{{\"sessionId\":\"one\"{more}}}"));
        };
        write(&config(&env).join("sessions/1.abc.key"), "key");
        assert_eq!(live(&env, &id), None);
        sign(me, "");
        assert_eq!(live(&env, &id), Some(me));
        assert_eq!(live(&env, &"two".parse().expect("id")), None);
        #[cfg(target_os = "linux")]
        {
            sign(me, ",\"procStart\":\"1\"");
            assert_eq!(live(&env, &id), None);
        }
    }
}
