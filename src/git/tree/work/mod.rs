//! Uncommitted work: looked at and taken without touching the real index, planned, and put into a work tree.

mod apply;
mod look;
mod plan;
mod take;

pub use apply::apply;
pub use plan::{Plan, plan};
pub use take::{Gate, MOST_BYTES, MOST_BYTES_IN_ALL, take};
