//! Listpacks: a sequence of strings and integers in one piece of bytes, byte for byte as Redis keeps and DUMPs it.
//!
//! ```text
//!   0            4          6                                              total − 1
//!   ┌────────────┬──────────┬─────────┬─────────┬─────┬─────────┬──────────┐
//!   │ total u32  │ count u16│ entry   │ entry   │  …  │ entry   │ 0xFF     │     numbers: little end first
//!   └────────────┴──────────┴─────────┴─────────┴─────┴─────────┴──────────┘
//!   entry: encoding and data, then their length again (1 to 5 bytes), to be read from the end
//!
//!   0nnnnnnn                          integer 0 to 127
//!   110nnnnn nnnnnnnn                 integer of 13 bits, signed
//!   0xF1, F2, F3, F4 + 2, 3, 4, 8     integer of 16, 24, 32, 64 bits, signed, little end first
//!   10llllll + data                   string of up to 63 bytes
//!   1110llll llllllll + data          string of up to 4,095 bytes
//!   0xF0 + u32 + data                 longer string
//! ```
//!
//! A string that is the canonical form of a 64-bit integer is stored as that integer. A count of 65,535 means "count
//! them". The length at the end of an entry is written in groups of 7 bits, the last byte holding the lowest group; a
//! set high bit says that another byte stands before it.
//!
//! Invariant of [`ListpackRef`] and [`ListpackMut`]: the bytes are a valid listpack; [`validate`] decides for those that
//! come from elsewhere. Source: the bytes that DUMP of 7.0.15 gives, and the public description of the format.

mod distinct;
mod edit;
mod read;
#[cfg(test)]
mod tests;
mod validate;

pub use distinct::all_differ;
pub use edit::ListpackMut;
pub use read::{Iter, ListpackRef};
pub use validate::{Malformed, Walk, validate};

use std::borrow::Cow;

use crate::numbers::integer::{self, DecimalBuffer};

/// Total and count.
pub const HEADER_BYTES: usize = 6;
/// A listpack without entries: header and end.
pub const EMPTY_BYTES: usize = HEADER_BYTES + 1;
const END: u8 = 0xff;
/// The count that says nothing.
const COUNT_UNKNOWN: usize = u16::MAX as usize;

/// One element as packed forms hold it: a string, or the integer that it prints as.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    Int(i64),
    Bytes(&'a [u8]),
}

impl<'a> Item<'a> {
    /// An element as it is stored: an integer if the text is the canonical form of one.
    #[inline]
    pub fn parse(text: &'a [u8]) -> Item<'a> {
        match text {
            // Only digits and the sign begin an integer; most strings are sorted out here.
            [b'0'..=b'9' | b'-', ..] if text.len() <= integer::I64_LEN_MAX => {
                integer::parse_i64(text).map_or(Item::Bytes(text), Item::Int)
            }
            _ => Item::Bytes(text),
        }
    }

    /// Length of the text in bytes.
    pub fn len(self) -> usize {
        match self {
            Item::Int(value) => integer::decimal_len(value),
            Item::Bytes(bytes) => bytes.len(),
        }
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The text; an integer is printed into `buffer`. Allocates nothing.
    #[inline]
    pub fn text<'b>(self, buffer: &'b mut DecimalBuffer) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Item::Int(value) => buffer.format(value),
            Item::Bytes(bytes) => bytes,
        }
    }

    /// The text, copied for integers only.
    pub fn bytes(self) -> Cow<'a, [u8]> {
        match self {
            Item::Int(value) => Cow::Owned(DecimalBuffer::new().format(value).to_vec()),
            Item::Bytes(bytes) => Cow::Borrowed(bytes),
        }
    }

    /// The text in bytes of its own.
    pub fn to_vec(self) -> Vec<u8> {
        self.bytes().into_owned()
    }

    /// The element as a 64-bit integer, by the strict rule.
    pub fn as_i64(self) -> Option<i64> {
        match self {
            Item::Int(value) => Some(value),
            Item::Bytes(bytes) => integer::parse_i64(bytes),
        }
    }
}

impl PartialEq for Item<'_> {
    /// Equal texts.
    fn eq(&self, other: &Item<'_>) -> bool {
        match (*self, *other) {
            (Item::Int(a), Item::Int(b)) => a == b,
            (Item::Bytes(a), Item::Bytes(b)) => a == b,
            (Item::Int(a), Item::Bytes(b)) | (Item::Bytes(b), Item::Int(a)) => integer::parse_i64(b) == Some(a),
        }
    }
}

impl Eq for Item<'_> {}

/// Where an entry begins: valid until the next change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(usize);

/// Bytes of an entry's encoding and data, by its first bytes; without the length at its end. The caller knows that there is
/// an entry.
#[inline]
fn body_len(bytes: &[u8], at: usize) -> usize {
    let first = bytes[at];
    match first >> 4 {
        0..=7 => 1,
        0x8..=0xb => 1 + usize::from(first & 0x3f),
        0xc | 0xd => 2,
        0xe => 2 + (usize::from(first & 0x0f) << 8 | usize::from(bytes[at + 1])),
        _ => match first {
            0xf0 => 5 + u32::from_le_bytes([bytes[at + 1], bytes[at + 2], bytes[at + 3], bytes[at + 4]]) as usize,
            0xf1 => 3,
            0xf2 => 4,
            0xf3 => 5,
            0xf4 => 9,
            _ => unreachable!("no entry begins with {first:#x}"),
        },
    }
}

/// Bytes of the length at the end of an entry whose body has `body_len` bytes.
#[inline]
fn back_len(body_len: usize) -> usize {
    // The limits of the original, one short of what the bits would hold.
    match body_len {
        0..=127 => 1,
        128..=16_382 => 2,
        16_383..=2_097_150 => 3,
        2_097_151..=268_435_454 => 4,
        _ => 5,
    }
}

/// Bytes of a whole entry that holds `item`.
pub fn entry_bytes(item: Item<'_>) -> usize {
    let body = match item {
        Item::Int(value) => int_body_len(value),
        Item::Bytes(bytes) => match bytes.len() {
            len @ 0..=63 => 1 + len,
            len @ 64..=4095 => 2 + len,
            len => 5 + len,
        },
    };
    body + back_len(body)
}

fn int_body_len(value: i64) -> usize {
    match value {
        0..=127 => 1,
        -4096..=4095 => 2,
        -0x8000..=0x7fff => 3,
        -0x80_0000..=0x7f_ffff => 4,
        -0x8000_0000..=0x7fff_ffff => 5,
        _ => 9,
    }
}
