//! Streams as RDB objects. Not built yet: payloads of streams are refused, and nothing makes a stream to be written.

use super::Corrupt;
use super::length::Reader;
use crate::types::{Limits, Object, Stream};

/// The type byte of what [`append`] writes.
pub(super) fn type_of(_: &Stream) -> u8 {
    unreachable!("nothing makes streams yet")
}

/// Appends the object. O(value).
pub(super) fn append(_: &mut Vec<u8>, _: &Stream, _compression: bool) {
    unreachable!("nothing makes streams yet")
}

/// Reads an object of one of the types of streams. Errors: whatever 7.0.15 refuses, and all that is damaged inside.
pub(super) fn read(_kind: u8, _: &mut Reader<'_>, _: &Limits) -> Result<Object, Corrupt> {
    Err(Corrupt)
}
