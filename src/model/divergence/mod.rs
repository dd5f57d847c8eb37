//! How the code here relates to the code that was handed over, and what may safely be done about it.
//!
//! Four commits matter: L, the local branch; R, what was last seen of the server's; S, the server's head now; H, the
//! head that the record names. [`Snapshot`] is all that is known of them and of the work tree, as plain values;
//! [`judge()`] turns it into a [`Verdict`] without asking anything further. An action is one step: carry it out, look
//! again, judge again, until the verdict is [`Action::Proceed`] or [`Action::Stop`].

mod choices;
mod judge;
mod rewrites;
mod snapshot;
#[cfg(test)]
mod tests;
mod words;

pub use judge::{Action, Start, State, Verdict, judge};
pub use rewrites::Rewritten;
pub use snapshot::{
    DefaultBranch, Dirty, Elsewhere, InTheWay, Landed, Later, Operation, Place, Point, Relation, Roots, ServerHead,
    Sides, Snapshot, Where,
};
