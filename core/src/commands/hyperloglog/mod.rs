//! The HyperLogLog family: estimates of how many distinct elements were seen, kept in strings.
//!
//! - [`count`]: PFADD, PFCOUNT, PFMERGE. [`debug`]: PFDEBUG, PFSELFTEST.
//!
//! The representation is [`structures::hyperloglog`](crate::structures::hyperloglog). A dense one is 12 KiB on a page of its
//! own and is changed in place, two bytes an element; a sparse one, of up to `hll-sparse-max-bytes`, is copied, changed and
//! stored again. Every command but PFCOUNT of several keys makes the encoding of the string raw, also where it changes nothing.

mod count;
mod debug;
pub mod rows;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use count::*;
use debug::*;

use crate::commands::CommandError;
use crate::structures::hyperloglog::{Corrupted, HyperLogLog};
use crate::types::StringRef;

impl From<Corrupted> for CommandError {
    fn from(_: Corrupted) -> CommandError {
        CommandError::Text("INVALIDOBJ Corrupted HLL object detected")
    }
}

/// The bytes of a string that is a HyperLogLog by its head. Errors: it isn't.
fn checked(value: StringRef<'_>) -> Result<Cow<'_, [u8]>, CommandError> {
    let bytes = value.bytes();
    match HyperLogLog::check(&bytes) {
        Ok(_) => Ok(bytes),
        Err(_) => Err(CommandError::Text("WRONGTYPE Key is not a valid HyperLogLog string value.")),
    }
}

/// What [`checked`] let through.
fn view(bytes: &[u8]) -> HyperLogLog<'_> {
    HyperLogLog::check(bytes).expect("its head was checked, and no change harms it")
}
