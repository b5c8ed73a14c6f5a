//! Data that belongs to no database any more and is still to be freed.
//!
//! FLUSHALL of millions of keys answers at once, and so do DEL and UNLINK of a collection with millions of elements; the
//! memory is freed wherever the last handle is dropped, on another thread if the driver likes. The engine never looks
//! inside again, so it can't matter when that happens.

use std::sync::Arc;

use super::Db;
use crate::types::Object;

/// A value that holds no more than that is freed then and there.
pub(super) const FREED_AT_ONCE_BYTES: usize = 64 * 1024;

/// A handle to discarded data. Equal are handles to the same data.
#[derive(Clone)]
pub struct Discarded(Arc<Contents>);

enum Contents {
    Database(Box<Db>),
    Values(Vec<Object>),
}

impl Discarded {
    /// A whole database.
    pub fn new(db: Db) -> Discarded {
        Discarded(Arc::new(Contents::Database(Box::new(db))))
    }

    /// The values of single keys.
    pub fn values(values: Vec<Object>) -> Discarded {
        Discarded(Arc::new(Contents::Values(values)))
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        match &*self.0 {
            Contents::Database(db) => db.len(),
            Contents::Values(values) => values.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
