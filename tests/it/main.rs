//! One test binary: what a person sees, on real repositories.

mod golden;
