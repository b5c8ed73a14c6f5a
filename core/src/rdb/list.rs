//! Lists as RDB objects. Not built yet: payloads of lists are refused, and nothing makes a list to be written.

use super::Corrupt;
use super::length::Reader;
use crate::types::{Limits, ListRef, Object};

/// The type byte of what [`append`] writes.
pub(super) fn type_of(_: ListRef<'_>) -> u8 {
    unreachable!("nothing makes lists yet")
}

/// Appends the object. O(value).
pub(super) fn append(_: &mut Vec<u8>, _: ListRef<'_>, _compression: bool) {
    unreachable!("nothing makes lists yet")
}

/// Reads an object of one of the types of lists. Errors: whatever 7.0.15 refuses, and all that is damaged inside.
pub(super) fn read(_kind: u8, _: &mut Reader<'_>, _: &Limits) -> Result<Object, Corrupt> {
    Err(Corrupt)
}
