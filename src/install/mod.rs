//! What `init` puts into a clone, line by line, so that it can say each and take exactly those back.

mod block;
mod config_hooks;
pub mod hooks;
pub mod managers;
pub mod refspec;
