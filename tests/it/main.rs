//! One test binary: what a person sees, on real repositories.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests run programs and may fail loudly"
)]

mod baton;
mod completions;
mod crashes;
mod divergence;
mod format_doc;
mod fuzz;
mod golden;
mod harness;
mod hooks;
mod hostile_objects;
mod layering;
mod manual;
mod servers;
mod stored;
mod stories;
mod transports;
mod two_writers;
