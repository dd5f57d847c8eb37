//! The manual page: complete, found by `man`, and nobody else's page is overwritten.

use std::fs;

use crate::stories::world::{Said, World};

/// The names of all commands, as `-h` lists them.
fn commands(help: &Said) -> Vec<String> {
    let listed = help.out.lines().skip_while(|l| *l != "Commands:").skip(1).take_while(|l| !l.is_empty());
    let names =
        listed.filter(|l| l.starts_with("  ") && !l.starts_with("   ")).filter_map(|l| l.split_whitespace().next());
    names.map(str::to_owned).collect()
}

#[test]
fn the_page_has_every_command() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    let page = ada.ok(&["man"]).out;
    let names = commands(&ada.ok(&["-h"]));
    assert!(names.len() > 10, "{names:?}");
    for name in names.iter().filter(|n| *n != "help") {
        assert!(page.contains(&format!("\n.SS git handoff {name}\n")), "{name}\n{page}");
    }
    assert!(page.contains("\\fB\\-\\-worktree\\fR \\fI<FOLDER>\\fR\n"), "{page}");
    assert_eq!(page.matches(".ds Aq").count(), 2, "one preamble");
    let json = ada.ok(&["man", "--json"]).out;
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value["text"].as_str(), Some(page.as_str()));
}

#[test]
fn it_is_put_where_man_finds_it() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    let page = ada.home.join(".local/share/man/man1/git-handoff.1");
    let said = ada.ok(&["man", "--install"]);
    said.says(&["written", &page.display().to_string(), "export MANPATH="]);
    assert_eq!(fs::read_to_string(&page).expect("the page"), ada.ok(&["man"]).out);
    ada.ok(&["man", "--install"]).says(&["there "]);
    fs::write(&page, ".TH git-handoff 1 \"\" \"git-handoff 0.0.1\" \"\"\n.SH NAME\nolder\n").expect("a page");
    ada.ok(&["man", "--install"]).says(&["written"]);

    let others = ada.home.join("pages/man1/git-handoff.1");
    fs::create_dir_all(others.parent().expect("a folder")).expect("a folder");
    fs::write(&others, "mine\n").expect("a file");
    let said = ada.ends(1, &["man", "--install", "../../pages"]);
    said.says(&["is no page of git-handoff", "move it away"]);
    assert_eq!(fs::read_to_string(&others).expect("a file"), "mine\n");

    let line = ada.ok(&["man", "--install"]).err;
    let line = line.lines().find_map(|l| l.strip_prefix("  export ")).expect("the line to add").to_owned();
    // git shows a manual page for `--help`; `cat` stands in for the pager.
    if ada.run("sh", &["-c", "command -v man && echo .TH x 1 | man --warnings -l -"]).code != 0 {
        println!("skipped: manual::it_is_put_where_man_finds_it: there is no `man` that works here");
        return;
    }
    let shown = ada.run("sh", &["-c", &format!("export {line} MANPAGER=cat; git handoff --help")]);
    assert_eq!(shown.code, 0, "{shown}");
    shown.says(&["git handoff push", "Pick up: bring the branch", "SEE ALSO"]);
    // What man-db looks for beside a folder of programs needs no line.
    let bin = ada.home.join(".local/bin");
    fs::create_dir_all(&bin).expect("a folder");
    let by_path = format!("PATH={}:$PATH; export PATH MANPAGER=cat; unset MANPATH", bin.display());
    let shown = ada.run("sh", &["-c", &format!("{by_path}; git handoff man --install && git handoff --help")]);
    shown.never_says(&["export MANPATH"]).says(&["SEE ALSO"]);
}
