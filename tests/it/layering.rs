//! Who may import whom, and what stands in one place only: the walls of the house, as a table.

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use source::Source;

/// A top-level module and what it may import of ours: a module, or a part of one.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("fault", &[]),
    ("env", &[]),
    ("jsonl", &["fault"]),
    ("model", &["fault"]),
    ("canon", &["fault", "jsonl", "model"]),
    ("format", &["fault", "model"]),
    ("brief", &["fault", "model"]),
    ("environment", &["fault", "model"]),
    ("render", &["fault", "model"]),
    ("git", &["env", "fault", "model"]),
    ("agents", &["canon::paths", "env", "fault", "jsonl", "model"]),
    ("store", &["canon", "env", "fault", "format", "git", "jsonl", "model"]),
    ("forge", &["env", "fault", "git", "model"]),
    ("backends", &["env", "fault", "git", "model"]),
    ("install", &["env", "fault", "git", "model"]),
    (
        "flows",
        &[
            "agents",
            "backends",
            "brief",
            "canon",
            "env",
            "environment",
            "fault",
            "forge",
            "format",
            "git",
            "install",
            "jsonl",
            "model",
            "render",
            "store",
        ],
    ),
    ("ui", &["env", "fault", "model"]),
    ("error", &["env", "fault", "model", "ui"]),
    ("commands", &["env", "error", "fault", "flows", "model", "render", "store", "ui"]),
    ("main", &["commands", "env"]),
    ("lib", &[]),
];

/// Files that may start a process.
const MAY_SPAWN: &[&str] = &["git/spawn.rs", "flows/run.rs", "agents/codex/app_server.rs"];

/// Lines that a file of the program may have.
const LONGEST_FILE: usize = 450;

/// Something that stands where it should not.
type Finding = String;

/// What one source imports that its module may not.
fn forbidden_imports(source: &Source) -> Vec<Finding> {
    let module = source.module();
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
        return vec![format!("{}: the table says nothing of the module {module}", source.file())];
    };
    let fits = |path: &str, to: &str| path == to || path.strip_prefix(to).is_some_and(|rest| rest.starts_with("::"));
    let ours = |path: &str| fits(path, module) || allowed.iter().any(|to| fits(path, to));
    let all = source.paths_of_ours();
    let bad = all.into_iter().filter(|(_, path)| !ours(path));
    bad.map(|(line, path)| format!("{}:{line}: {module} may not import {path}", source.file())).collect()
}

/// What one source does that only other files may do.
fn out_of_place(source: &Source) -> Vec<Finding> {
    let file = source.file();
    let mut found = Vec::new();
    let mut no = |line: usize, what: &str| found.push(format!("{file}:{line}: {what}"));
    if !file.starts_with("git/") {
        source.words("gix").into_iter().for_each(|line| no(line, "gix is named in git/ only"));
    }
    if !MAY_SPAWN.contains(&file) {
        let spawns = source.paths("std").into_iter().filter(|(_, path)| path.starts_with("process::Command"));
        spawns.for_each(|(line, _)| no(line, "processes are started in three files only"));
    }
    if file != "ui.rs" {
        for print in ["println!", "print!", "eprintln!", "eprint!", "dbg!"] {
            source.words(print).into_iter().for_each(|line| no(line, "only ui.rs prints"));
        }
    }
    if !source.text().starts_with("//!") {
        no(1, "the first line does not say what the file is for (`//! …`)");
    }
    let lines = source.text().lines().count();
    if lines > LONGEST_FILE {
        no(LONGEST_FILE + 1, &format!("{lines} lines are too many for one purpose"));
    }
    found
}

/// A ring of modules that import each other, if there is one.
fn circle(imports: &BTreeMap<String, BTreeSet<String>>) -> Option<String> {
    fn walk<'a>(
        at: &'a str,
        imports: &'a BTreeMap<String, BTreeSet<String>>,
        way: &mut Vec<&'a str>,
    ) -> Option<String> {
        if let Some(start) = way.iter().position(|m| *m == at) {
            return Some([&way[start..], &[at]].concat().join(" -> "));
        }
        way.push(at);
        let found = imports.get(at).into_iter().flatten().find_map(|next| walk(next, imports, way));
        way.pop();
        found
    }
    imports.keys().find_map(|module| walk(module, imports, &mut Vec::new()))
}

fn rust_files(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn the_house_stands_as_the_table_says() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    files.sort();
    let read = |path: &PathBuf| {
        let file = path.strip_prefix(&src).expect("below src").to_string_lossy().replace('\\', "/");
        Source::new(file, fs::read_to_string(path).expect("UTF-8"))
    };
    let sources: Vec<Source> = files.iter().map(read).collect();
    let for_tests: BTreeSet<String> = sources.iter().flat_map(Source::test_files).collect();
    let mut found = Vec::new();
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in &sources {
        if for_tests.contains(source.file()) {
            continue;
        }
        found.extend(forbidden_imports(source));
        found.extend(out_of_place(source));
        let others = source.paths_of_ours().into_iter().filter_map(|(_, p)| p.split("::").next().map(str::to_owned));
        imports.entry(source.module().to_owned()).or_default().extend(others.filter(|m| m != source.module()));
    }
    found.extend(circle(&imports).map(|ring| format!("an import circle: {ring}")));
    assert!(found.is_empty(), "{} findings\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_checker_finds_what_is_forbidden() {
    let check = |file: &str, text: &str| forbidden_imports(&Source::new(file.into(), text.into()));
    assert_eq!(
        check("format/x.rs", "//! X.\n\nuse crate::{fault::Fault, store::{self, logs::Log}};\n"),
        ["format/x.rs:3: format may not import store", "format/x.rs:3: format may not import store::logs::Log"]
    );
    assert_eq!(
        check("model/x.rs", "fn f() { super::super::git::Repo }"),
        ["model/x.rs:1: model may not import git::Repo"]
    );
    assert_eq!(check("agents/x.rs", "use crate::canon::{paths::Root, Canon};").len(), 1);
    assert_eq!(check("nowhere/x.rs", ""), ["nowhere/x.rs: the table says nothing of the module nowhere"]);
    let fine = "use crate::format::refs; // crate::store\nconst T: &str = \"crate::store\";\n\
                #[cfg(test)]\nmod tests {\n    use crate::store;\n}\n";
    assert!(check("format/x.rs", fine).is_empty());

    let check = |file: &str, text: &str| out_of_place(&Source::new(file.into(), text.into())).len();
    assert_eq!(check("store/x.rs", "//! X.\nfn f(x: gix::ObjectId) { println!(\"{x}\"); }"), 2);
    assert_eq!(check("store/x.rs", "//! X.\nuse std::{fs, process::{Command, Stdio}};"), 1);
    assert_eq!(check("store/x.rs", "use std::process::Stdio;"), 1, "no first line");
    assert_eq!(check("store/x.rs", &"//! X.\n".repeat(451)), 1);
}

#[test]
fn the_checker_finds_a_circle() {
    let imports = |pairs: &[(&str, &str)]| {
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in pairs {
            all.entry((*from).into()).or_default().insert((*to).into());
        }
        all
    };
    assert_eq!(circle(&imports(&[("a", "b"), ("b", "c"), ("a", "c")])), None);
    assert_eq!(circle(&imports(&[("a", "b"), ("b", "c"), ("c", "b")])).as_deref(), Some("b -> c -> b"));
}
