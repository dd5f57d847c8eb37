//! Values, no I/O: what the program talks about, apart from how it is stored or shown.

pub mod divergence;
pub mod ids;
pub mod record;
pub mod session;
pub mod shell;
pub mod work;
