//! Freeing what is large piece by piece.
//!
//! Freed at once, ten million keys are a hundred thousand blocks that the C library's allocator sorts on the next allocations,
//! milliseconds each, whoever makes these. Freed in pieces, whoever frees can let it sort each piece.

use std::sync::Arc;

/// What can be freed piece by piece. After the first piece it is good for nothing but being freed further, or dropped.
pub trait Shed {
    /// Frees one piece: a few large pages, some dozens of small ones, or a few thousand small things. Whether anything large is left.
    fn shed(&mut self) -> bool;
}

/// What others hold too is not freed, so there is nothing large.
impl<T: Shed> Shed for Arc<T> {
    fn shed(&mut self) -> bool {
        Arc::get_mut(self).is_some_and(T::shed)
    }
}
