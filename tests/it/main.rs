//! One test binary: what a person sees, on real repositories.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests run programs and may fail loudly")]

mod divergence;
mod format_doc;
mod golden;
mod harness;
mod layering;
mod stored;
mod stories;
