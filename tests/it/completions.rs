//! Completions as a shell asks for them: `git-handoff` by our script alone, `git handoff` through git's own.

use std::fs;
use std::path::Path;

use crate::stories::session::Session;
use crate::stories::world::{BRANCH, Surface, World};

/// Where packages put git's completion for bash.
const GITS_OWN: [&str; 4] = [
    "/usr/share/bash-completion/completions/git",
    "/etc/bash_completion.d/git-completion.bash",
    "/usr/local/etc/bash_completion.d/git-completion.bash",
    "/opt/homebrew/etc/bash_completion.d/git-completion.bash",
];

/// What bash offers after a line; `function` is what it was told to ask.
fn offered(on: &Surface<'_>, sources: &str, function: &str, line: &[&str]) -> Vec<String> {
    let words: Vec<String> = line.iter().map(|w| format!("'{w}'")).collect();
    let (last, before) = (line.len() - 1, line[line.len().saturating_sub(2)]);
    let script = format!(
        "{sources}\nCOMP_WORDS=({words}); COMP_CWORD={last}; COMP_LINE='{joined}'; COMP_POINT=${{#COMP_LINE}}\n\
         {function} {first} '{current}' '{before}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words = words.join(" "),
        joined = line.join(" "),
        first = line[0],
        current = line[last],
    );
    let said = on.run("bash", &["--norc", "-c", &script]);
    assert_eq!(said.err, "", "{line:?}\n{said}");
    said.out.lines().map(|l| l.trim_end().to_owned()).filter(|l| !l.is_empty()).collect()
}

#[test]
fn bash_completes_both_ways_to_call_it() {
    let world = World::new();
    let ada = world.surface("ada", "src/demo");
    if ada.run("bash", &["-c", ":"]).code != 0 {
        println!("skipped: completions::bash_completes_both_ways_to_call_it: there is no bash");
        return;
    }
    ada.begin(BRANCH);
    Session::claude(&world).turn(&ada, "Write the login", "Written.");
    ada.ok(&["init"]);
    ada.ok(&["push"]);
    ada.git(&["switch", "--quiet", "main"]);
    let file = ada.home.join("completion.bash");
    fs::write(&file, ada.ok(&["completions", "bash"]).out).expect("a script");
    let own = format!("source '{}'", file.display());
    let alone = |line: &[&str]| offered(&ada, &own, "_git__handoff", line);
    assert_eq!(alone(&["git-handoff", "res"]), ["resume"]);
    assert_eq!(alone(&["git-handoff", "push", "--wo"]), ["--work"]);

    let Some(gits) = GITS_OWN.into_iter().find(|file| Path::new(file).exists()) else {
        println!("skipped: completions::bash_completes_both_ways_to_call_it: git's own completion is not installed");
        return;
    };
    let both = format!("source {gits}\n{own}");
    let git = |line: &[&str]| offered(&ada, &both, "__git_wrap__git_main", line);
    assert_eq!(git(&["git", "handoff", "pu"]), ["push"]);
    assert_eq!(git(&["git", "-C", ".", "handoff", "res"]), ["resume"]);
    let all = git(&["git", "handoff", ""]);
    assert!(["push", "resume", "status", "--json"].iter().all(|w| all.iter().any(|a| a == w)), "{all:?}");
    let options = git(&["git", "handoff", "push", "--w"]);
    assert_eq!(options, ["--work"]);
    for prefix in ["", "fea"] {
        let names = git(&["git", "handoff", "resume", prefix]);
        assert!(names.contains(&BRANCH.to_owned()) && !names.iter().any(|n| n.starts_with('[')), "{names:?}");
    }
}
