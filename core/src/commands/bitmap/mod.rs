//! The bitmap family: bits and fields of bits within strings.
//!
//! - [`bit`]: GETBIT, SETBIT. [`field`]: BITFIELD, BITFIELD_RO. [`scan`]: BITCOUNT, BITPOS. [`combine`]: BITOP.
//! - [`place`]: offsets and bytes of strings, as all of them need them.
//!
//! Bit 0 is the highest of byte 0. Strings above 16 KiB are walked chunk by chunk, and a change touches the chunk it is in.

mod bit;
mod combine;
mod field;
mod place;
pub mod rows;
mod scan;
#[cfg(test)]
mod tests;

use bit::*;
use combine::*;
use field::*;
use scan::*;
