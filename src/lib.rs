//! git-handoff: an AI agent's session travels with its branch.
//!
//! The library is the program: `main` only turns arguments into a call and an outcome into an exit code. Follow one
//! thing through it: an agent's log is found and loaded ([`agents`]), cleaned of secrets and machine paths
//! ([`canon`]), cut into segments ([`mod@format`]), written as git objects ([`store`] through [`git`]) and pushed; the way
//! back is the same in reverse. [`flows`] are what the program does, [`commands`] what a person types. Nothing outside
//! `git/` names gix or spawns git, nothing outside `canon/` can make a value that the store would take, and nothing
//! outside [`ui`] prints.

pub mod agents;
pub mod canon;
pub mod commands;
pub mod env;
pub mod error;
pub mod fault;
pub mod flows;
pub mod format;
pub mod git;
pub mod install;
pub mod jsonl;
pub mod model;
pub mod render;
pub mod store;
pub mod ui;
