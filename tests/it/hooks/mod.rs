//! git's hooks as git runs them: what a plain `git push`, checkout, merge and rebase do for sessions, and how the hooks
//! come into a clone and out again.

mod install;
mod managers;
mod other_hooks;
mod pre_push;
mod pre_push_servers;
