//! The marked lines of ours in a hook file: put in, recognised, taken out. Text only; foreign lines are never touched.

/// The beginning of the first line of every block, whatever its version.
const FIRST: &str = "# git-handoff >>>";
/// The last line.
const LAST: &str = "# git-handoff <<<";
/// Shells that understand the block.
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"];

/// What a hook file has of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    None,
    /// The block of this version.
    Current,
    /// The block of another version, or one that was changed.
    Other,
    /// A block whose last line is missing.
    Torn,
}

/// Which lines of a text are ours, as a range of bytes.
fn range(text: &str) -> Option<std::ops::Range<usize>> {
    let mut at = 0;
    let mut start = None;
    for line in text.split_inclusive('\n') {
        if line.starts_with(FIRST) && start.is_none() {
            start = Some(at);
        }
        at += line.len();
        if let Some(start) = start.filter(|_| line.starts_with(LAST)) {
            return Some(start..at);
        }
    }
    None
}

/// The block of one of the scripts in `hooks/`: all but its first line.
pub(super) fn of_script(script: &str) -> &str {
    script.split_once('\n').map_or("", |(_, block)| block)
}

/// What a hook file has of a block.
pub(super) fn find(text: &str, block: &str) -> Found {
    match range(text) {
        Some(at) if text[at.clone()] == *block => Found::Current,
        Some(_) => Found::Other,
        None if text.lines().any(|line| line.starts_with(FIRST)) => Found::Torn,
        None => Found::None,
    }
}

/// Whether a file is run by a shell that understands the block. Without a `#!` line git takes `sh`.
pub(super) fn is_shell(text: &str) -> bool {
    let Some(first) = text.lines().next().and_then(|line| line.strip_prefix("#!")) else {
        return !text.contains('\0');
    };
    let mut words = first.split_whitespace().filter(|word| !word.starts_with('-') && !word.contains('='));
    let name = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let program = match words.next().map(name) {
        Some(program) if program == "env" => words.next().map(name),
        program => program,
    };
    program.is_some_and(|program| SHELLS.contains(&program.as_str()))
}

/// The text with the block in front of everything but the `#!` line, in the place of an older one.
pub(super) fn put(text: &str, block: &str) -> String {
    if let Some(at) = range(text) {
        return [&text[..at.start], block, &text[at.end..]].concat();
    }
    let (first, rest) = match text.split_once('\n') {
        Some((first, rest)) if first.starts_with("#!") => (format!("{first}\n"), rest),
        None if text.starts_with("#!") => (format!("{text}\n"), ""),
        _ => (String::new(), text),
    };
    [&first, block, rest].concat()
}

/// The text without the block; `None`: nothing is left but a `#!` line.
pub(super) fn take(text: &str) -> Option<String> {
    let rest = match range(text) {
        Some(at) => [&text[..at.start], &text[at.end..]].concat(),
        None => text.to_owned(),
    };
    let says_something = |line: &str| !line.trim().is_empty() && !line.starts_with("#!");
    rest.lines().any(says_something).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = "# git-handoff >>> 2: x\ncall\n# git-handoff <<<\n";

    #[test]
    fn foreign_lines_stay_as_they_are() {
        for (before, after) in [
            ("#!/bin/sh\nmake test\n", "#!/bin/sh\nBmake test\n"),
            ("make test", "Bmake test"),
            ("#!/bin/sh", "#!/bin/sh\nB"),
            ("#!/bin/sh\n# git-handoff >>> 1\nold\n# git-handoff <<<\nrest", "#!/bin/sh\nBrest"),
        ] {
            let text = put(before, BLOCK);
            assert_eq!(text, after.replace('B', BLOCK), "{before:?}");
            assert_eq!(put(&text, BLOCK), text, "twice");
            assert_eq!(find(&text, BLOCK), Found::Current);
        }
        assert_eq!(take(&put("#!/bin/sh\nmake test\n", BLOCK)).as_deref(), Some("#!/bin/sh\nmake test\n"));
        assert_eq!(take(&put("#!/bin/sh\n", BLOCK)), None);
        assert_eq!(find("# git-handoff >>> 1\n# git-handoff <<<\n", BLOCK), Found::Other);
        assert_eq!(find("# git-handoff >>> 1\nmake", BLOCK), Found::Torn);
        assert_eq!(find("git-handoff hook pre-push", BLOCK), Found::None);
    }

    #[test]
    fn a_shell_is_known_by_its_name() {
        for yes in ["#!/bin/sh\n", "#!/usr/bin/env bash\n", "#! /usr/bin/env -S bash -e\n", "#!/bin/dash -e", "make"] {
            assert!(is_shell(yes), "{yes}");
        }
        for no in ["#!/usr/bin/env python3\n", "#!/usr/bin/fish", "#!/usr/bin/env", "\u{7f}ELF\0"] {
            assert!(!is_shell(no), "{no}");
        }
    }
}
