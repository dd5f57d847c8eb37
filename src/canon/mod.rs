//! Redaction and paths: the only maker of what the store takes, and its inverse.

pub mod paths;
pub mod redact;
