//! Data that belongs to no database any more and is still to be freed.
//!
//! FLUSHALL of millions of keys answers at once; the memory is freed wherever the last handle is dropped, on another thread
//! if the driver likes. The engine never looks inside again, so it can't matter when that happens.

use std::sync::Arc;

use super::Db;

/// A handle to discarded data. Equal are handles to the same data.
#[derive(Clone)]
pub struct Discarded(Arc<Db>);

impl Discarded {
    pub fn new(db: Db) -> Discarded {
        Discarded(Arc::new(db))
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for Discarded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Discarded({} keys)", self.len())
    }
}

impl PartialEq for Discarded {
    fn eq(&self, other: &Discarded) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Discarded {}

const _: fn() = || {
    fn can_go_to_another_thread<T: Send + 'static>() {}
    can_go_to_another_thread::<Discarded>();
};
