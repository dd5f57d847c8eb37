//! The `git push` that runs a hook: what its command line says and git tells its hooks by no other way.

use std::fs;
use std::path::Path;

/// How many processes above a hook are looked at: git, its shell, a hook manager, its shell, …
const MOST_ANCESTORS: usize = 16;

/// Options of `git push` whose value is a word of its own.
const WITH_VALUE: &[&str] = &["--push-option", "--repo", "--receive-pack", "--exec"];
/// Options of `git` itself whose value is a word of its own.
const GLOBAL_WITH_VALUE: &[&str] =
    &["-C", "-c", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--config-env", "--attr-source"];

/// Whether the nearest `git push` above this process only tries (`--dry-run`). `false` where the system does not tell.
pub fn is_dry_run() -> bool {
    ancestors().find_map(|argv| push_options(&argv).map(|options| dry_run(&options))).unwrap_or(false)
}

/// The command lines of the processes above this one, the nearest first (proc(5)); none where there is no /proc.
fn ancestors() -> impl Iterator<Item = Vec<String>> {
    let parent = |pid: u32| -> Option<u32> {
        let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
        // The name of the program, field 2, may hold spaces and ends at the last bracket; the parent is field 4.
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok().filter(|pid| *pid > 1)
    };
    let argv = |pid: u32| -> Vec<String> {
        let bytes = fs::read(Path::new("/proc").join(pid.to_string()).join("cmdline")).unwrap_or_default();
        bytes.split(|b| *b == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect()
    };
    std::iter::successors(parent(std::process::id()), move |pid| parent(*pid)).take(MOST_ANCESTORS).map(argv)
}

/// The words after `push` if a command line is one of `git push`.
fn push_options(argv: &[String]) -> Option<Vec<&str>> {
    let mut words = argv.iter().map(String::as_str);
    let program = words.next()?.rsplit(['/', '\\']).next()?;
    if program == "git-push" {
        return Some(words.collect());
    }
    if program != "git" && program != "git.exe" {
        return None;
    }
    while let Some(word) = words.next() {
        if GLOBAL_WITH_VALUE.contains(&word) {
            words.next();
        } else if !word.starts_with('-') {
            return (word == "push").then(|| words.collect());
        }
    }
    None
}

fn dry_run(options: &[&str]) -> bool {
    let mut dry = false;
    let mut words = options.iter();
    while let Some(word) = words.next() {
        match *word {
            "--" => break,
            "--no-dry-run" => dry = false,
            // As git takes any beginning that is no other option's.
            long if long.len() > 3 && "--dry-run".starts_with(long) => dry = true,
            long if WITH_VALUE.contains(&long) => drop(words.next()),
            long if long.starts_with("--") => {}
            short if short.starts_with('-') => {
                let (flags, value) = short[1..].split_once('o').map_or((&short[1..], None), |(f, v)| (f, Some(v)));
                dry |= flags.contains('n');
                if value == Some("") {
                    words.next();
                }
            }
            _ => {}
        }
    }
    dry
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dry(line: &str) -> Option<bool> {
        let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
        push_options(&argv).map(|options| dry_run(&options))
    }

    #[test]
    fn a_push_that_only_tries_is_told_by_its_words() {
        for line in
            ["git push -n", "git push -fn origin", "git -C x -c a=b push --dry-run", "/usr/bin/git push o --dry"]
        {
            assert_eq!(dry(line), Some(true), "{line}");
        }
        for line in [
            "git push",
            "git push -- -n",
            "git push -o n o",
            "git push -on",
            "git push -n --no-dry-run",
            "git push --d",
        ] {
            assert_eq!(dry(line), Some(false), "{line}");
        }
        for line in ["git pull -n", "sh -c push", "git commit -m push", "git", "git -C"] {
            assert_eq!(dry(line), None, "{line}");
        }
    }
}
