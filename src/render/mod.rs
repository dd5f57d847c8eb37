//! Values as text for people. No I/O, no colour.

pub mod conversation;
pub mod words;
