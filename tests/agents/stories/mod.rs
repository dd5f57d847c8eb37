//! One file a story; each is what a person does, with the real agents.

mod compaction;
mod comparison;
mod growth;
mod inside;
mod media;
mod travel;
