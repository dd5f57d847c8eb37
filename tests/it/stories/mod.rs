//! The ten stories: what people do with a session and a branch on several machines, told with the real program, real
//! git, and sessions in the agents' own stores.

pub(crate) mod session;
pub(crate) mod world;

mod bare_machine;
mod clones;
mod detached;
mod first_push;
mod hostile;
mod moved;
mod offline;
mod privacy;
mod remotes;
mod renamed;
mod running;
mod two_branches;
mod two_people;
mod uncommitted;
mod work_trees;
