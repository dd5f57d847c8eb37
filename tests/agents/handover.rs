//! The program under test as a person uses it: setting up, handing over, picking up.

use crate::surface::{BRANCH, Surface};

/// Something that hands the branch and its sessions over.
pub trait Handover {
    /// Sets a clone up, once.
    fn init(&self, at: &Surface);

    /// Gives the branch and its sessions away.
    fn push(&self, from: &Surface);

    /// Picks them up; the command that continues the session.
    fn resume(&self, at: &Surface) -> String;
}

/// The program under test.
#[derive(Debug)]
pub struct Program;

impl Handover for Program {
    fn init(&self, at: &Surface) {
        at.git(&["handoff", "init"]);
    }

    fn push(&self, from: &Surface) {
        from.git(&["handoff", "push"]);
    }

    fn resume(&self, at: &Surface) -> String {
        let out = at.git(&["handoff", "resume", BRANCH, "--no-run"]);
        out.trim_end().lines().last().expect("resume prints the command").to_owned()
    }
}
