//! Sorted sets as RDB objects. Not built yet: payloads of sorted sets are refused, and nothing makes a sorted set to be written.

use super::Corrupt;
use super::length::Reader;
use crate::types::{Limits, Object, SortedSetRef};

/// The type byte of what [`append`] writes.
pub(super) fn type_of(_: SortedSetRef<'_>) -> u8 {
    unreachable!("nothing makes sorted sets yet")
}

/// Appends the object. O(value).
pub(super) fn append(_: &mut Vec<u8>, _: SortedSetRef<'_>, _compression: bool) {
    unreachable!("nothing makes sorted sets yet")
}

/// Reads an object of one of the types of sorted sets. Errors: whatever 7.0.15 refuses, and all that is damaged inside.
pub(super) fn read(_kind: u8, _: &mut Reader<'_>, _: &Limits) -> Result<Object, Corrupt> {
    Err(Corrupt)
}
