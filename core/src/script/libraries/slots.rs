//! How much of Lua's stack a library function of the original would hold, and where that ends.
//!
//! The originals go down into nested data with a few slots of the stack a level, and fail when a function would hold more than
//! [`SLOTS_MAX`]. Here nested data lies elsewhere; the count is kept because the depth at which it ends is observable.

/// Slots of the stack that a function of C may hold (`LUAI_MAXCSTACK` of Lua 5.1).
pub(super) const SLOTS_MAX: usize = 8000;

/// Whether a function that holds `held` slots may ask for `more`.
pub(super) fn has_room(held: usize, more: usize) -> bool {
    held + more <= SLOTS_MAX
}
