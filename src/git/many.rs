//! A second way to the objects, for who reads many: packs are mapped into memory a page at a time as they are read, and
//! only letting go of a handle gives those pages back.

use std::cell::{Cell, RefCell};

/// How many bytes are read through the repository's own handle before another is taken.
const FEW: u64 = 4 << 20;
/// How many bytes are read through a handle before it is let go of.
const MANY: u64 = 16 << 20;

/// The second way.
#[derive(Default)]
pub(super) struct Many {
    handle: RefCell<Option<gix::Repository>>,
    read: Cell<u64>,
}

impl Many {
    /// Reads through the handle whose turn it is; `read` also says how many bytes that were.
    pub(super) fn with<T>(&self, own: &gix::Repository, read: impl FnOnce(&gix::Repository) -> (T, u64)) -> T {
        let so_far = self.read.get();
        let mut handle = self.handle.borrow_mut();
        if so_far > MANY || (handle.is_none() && so_far > FEW) {
            *handle = None;
            *handle = gix::open_opts(own.git_dir(), own.open_options().clone()).ok();
            self.read.set(FEW + 1);
        }
        let (what, bytes) = read(handle.as_ref().unwrap_or(own));
        self.read.set(self.read.get().saturating_add(bytes));
        what
    }
}
