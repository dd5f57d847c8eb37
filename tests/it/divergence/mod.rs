//! Every state of the divergence checker on real repositories: what is found, what is done, that each printed choice
//! works, and that nothing is lost.

mod commits;
mod rescue;
mod work_tree;
mod world;
