//! The real agents, against a scripted model on loopback: what they themselves send after a handoff is compared with
//! what they would have sent had the session never moved.
//!
//! Without the agents (see [`installed`]) every test says that it is skipped and passes.
#![cfg(unix)]
#![allow(unreachable_pub, reason = "nothing outside a test binary can reach anything")]

mod agent;
mod compare;
mod conversation;
mod handover;
mod installed;
mod model;
mod process;
mod script;
mod stand_in;
mod stories;
mod story;
mod surface;
mod terminal;
