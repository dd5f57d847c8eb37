//! One test binary: what a person sees, on real repositories.

mod golden;
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests run programs and may fail loudly")]

mod divergence;
mod harness;
