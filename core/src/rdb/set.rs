//! Sets as RDB objects. Not built yet: payloads of sets are refused, and nothing makes a set to be written.

use super::Corrupt;
use super::length::Reader;
use crate::types::{Limits, Object, SetRef};

/// The type byte of what [`append`] writes.
pub(super) fn type_of(_: SetRef<'_>) -> u8 {
    unreachable!("nothing makes sets yet")
}

/// Appends the object. O(value).
pub(super) fn append(_: &mut Vec<u8>, _: SetRef<'_>, _compression: bool) {
    unreachable!("nothing makes sets yet")
}

/// Reads an object of one of the types of sets. Errors: whatever 7.0.15 refuses, and all that is damaged inside.
pub(super) fn read(_kind: u8, _: &mut Reader<'_>, _: &Limits) -> Result<Object, Corrupt> {
    Err(Corrupt)
}
