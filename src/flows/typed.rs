//! The command as it was typed, so that the ways on that are printed repeat what it said.

use crate::fault::Choice;
use crate::flows::quote;

/// A subcommand and its flags.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    command: &'static str,
    /// Whether it names a branch by `--branch`, and not by an argument.
    by_flag: bool,
    flags: Vec<(&'static str, Option<String>)>,
}

/// The flags that any command takes that goes on with the same branch.
const EVERYWHERE: [&str; 1] = ["--remote"];

impl Typed {
    /// A subcommand whose argument is the branch.
    pub fn command(command: &'static str) -> Typed {
        Typed { command, ..Typed::default() }
    }

    /// A subcommand that names the branch by `--branch`.
    pub fn by_flag(command: &'static str) -> Typed {
        Typed { command, by_flag: true, ..Typed::default() }
    }

    /// With a flag and its value, if it was given.
    pub fn value(mut self, flag: &'static str, value: Option<&str>) -> Typed {
        self.flags.extend(value.map(|v| (flag, Some(quote(v)))));
        self
    }

    /// With a flag, if it was given.
    pub fn flag(mut self, flag: &'static str, given: bool) -> Typed {
        self.flags.extend(given.then_some((flag, None)));
        self
    }

    /// The same command for a branch (or the shell's word for one).
    pub fn again(&self, branch: &str) -> String {
        let command = if self.command.is_empty() { "push" } else { self.command };
        let by = if self.by_flag || self.command.is_empty() { "--branch " } else { "" };
        format!("git handoff {command} {by}{branch}{}", self.flags(|_| true))
    }

    /// `git handoff resume` for a branch, with the flags that were typed: all of them if that was the command. A choice
    /// that names a folder of its own has no place for the one that was typed.
    pub fn resume(&self, branch: &str) -> String {
        format!("git handoff resume {}{}", quote(branch), self.resume_flags(true))
    }

    /// The same without the session that was typed, for a choice that names another.
    pub fn other_session(&self, branch: &str) -> String {
        let flags = if self.command == "resume" { self.flags(|flag| flag != "--session") } else { self.everywhere() };
        format!("git handoff resume {}{flags}", quote(branch))
    }

    /// `git handoff push`, to the remote that was typed.
    pub fn push(&self) -> String {
        let flags = if self.command == "push" { self.flags(|_| true) } else { self.everywhere() };
        format!("git handoff push{flags}")
    }

    /// Choices that name `git handoff resume BRANCH`, with what was typed.
    pub fn repeated(&self, mut choices: Vec<Choice>, branch: &str) -> Vec<Choice> {
        let plain = format!("git handoff resume {}", quote(branch));
        for choice in &mut choices {
            let beside = choice.command.contains(&format!("{plain} --worktree"));
            choice.command = choice.command.replace(&plain, &format!("{plain}{}", self.resume_flags(!beside)));
        }
        choices
    }

    fn resume_flags(&self, worktree: bool) -> String {
        match self.command {
            "resume" => self.flags(|flag| worktree || flag != "--worktree"),
            _ => self.everywhere(),
        }
    }

    fn everywhere(&self) -> String {
        self.flags(|flag| EVERYWHERE.contains(&flag))
    }

    fn flags(&self, wanted: impl Fn(&str) -> bool) -> String {
        let flag = |(name, value): &(&str, Option<String>)| match value {
            Some(value) => format!(" {name} {value}"),
            None => format!(" {name}"),
        };
        self.flags.iter().filter(|(name, _)| wanted(name)).map(flag).collect()
    }
}
