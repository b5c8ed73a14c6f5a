//! Strings as RDB objects.
//!
//! ```text
//! length, bytes                                  raw
//! 0xc0 i8 | 0xc1 i16 | 0xc2 i32                  a canonical integer, little end first
//! 0xc3 compressed-length length bytes            LZF
//! ```
//!
//! Which form 7.0.15 writes: an integer if the text is the canonical form of one of 32 bits; else LZF if compression is on, the text
//! is longer than 20 bytes and at least four bytes are saved; else raw.

use super::length::{Length, Reader, append_length, append_special};
use super::{Corrupt, lzf};
use crate::numbers::integer::{DecimalBuffer, parse_i64};
use std::borrow::Cow;

const INT8: u8 = 0;
const INT16: u8 = 1;
const INT32: u8 = 2;
const LZF: u8 = 3;

/// Up to this length LZF cannot save anything.
const UNCOMPRESSED_LEN_MAX: usize = 20;

/// No text of a 32-bit integer is longer.
const INTEGER_LEN_MAX: usize = 11;

/// Appends a string, compressed if `compression` (the parameter `rdbcompression`) allows it. O(length).
pub fn append_string(out: &mut Vec<u8>, value: &[u8], compression: bool) {
    if value.len() <= INTEGER_LEN_MAX
        && let Some(integer) = parse_i64(value)
        && append_small_integer(out, integer)
    {
        return;
    }
    if compression && value.len() > UNCOMPRESSED_LEN_MAX && append_compressed(out, value, value.len() - 4, usize::MAX) {
        return;
    }
    append_length(out, value.len() as u64);
    out.extend_from_slice(value);
}

/// Appends a string compressed, if that is possible in `output_max` bytes and takes no more than `kept_max`. Whether it did;
/// the compressor gives up somewhat before its output is full. O(length).
pub(super) fn append_compressed(out: &mut Vec<u8>, value: &[u8], output_max: usize, kept_max: usize) -> bool {
    let Some(packed) = lzf::compress(value, output_max).filter(|packed| packed.len() <= kept_max) else {
        return false;
    };
    append_special(out, LZF);
    append_length(out, packed.len() as u64);
    append_length(out, value.len() as u64);
    out.extend_from_slice(&packed);
    true
}

/// Appends an integer as the string that it prints as (what a value of int encoding is).
pub fn append_integer(out: &mut Vec<u8>, value: i64) {
    if !append_small_integer(out, value) {
        let mut buffer = DecimalBuffer::new();
        let text = buffer.format(value);
        append_length(out, text.len() as u64);
        out.extend_from_slice(text);
    }
}

fn append_small_integer(out: &mut Vec<u8>, value: i64) -> bool {
    if let Ok(value) = i8::try_from(value) {
        append_special(out, INT8);
        out.extend_from_slice(&value.to_le_bytes());
    } else if let Ok(value) = i16::try_from(value) {
        append_special(out, INT16);
        out.extend_from_slice(&value.to_le_bytes());
    } else if let Ok(value) = i32::try_from(value) {
        append_special(out, INT32);
        out.extend_from_slice(&value.to_le_bytes());
    } else {
        return false;
    }
    true
}

/// A string as it was read. [`Text::bytes`] gives the bytes without allocating.
#[derive(Clone, Debug)]
pub enum Text<'a> {
    Raw(&'a [u8]),
    Integer(i32),
    Unpacked(Vec<u8>),
}

impl Text<'_> {
    /// The bytes; an integer is printed into `buffer`.
    #[inline]
    pub fn bytes<'b>(&'b self, buffer: &'b mut DecimalBuffer) -> &'b [u8] {
        match self {
            Text::Raw(bytes) => bytes,
            Text::Integer(integer) => buffer.format(*integer),
            Text::Unpacked(bytes) => bytes,
        }
    }
}

/// Reads a string: borrowed if it stands there raw. O(length).
pub fn read_string<'a>(reader: &mut Reader<'a>) -> Result<Cow<'a, [u8]>, Corrupt> {
    Ok(match read_text(reader)? {
        Text::Raw(bytes) => Cow::Borrowed(bytes),
        Text::Integer(integer) => Cow::Owned(DecimalBuffer::new().format(integer).to_vec()),
        Text::Unpacked(bytes) => Cow::Owned(bytes),
    })
}

/// Reads a string, without allocating unless it is compressed. O(length).
#[inline]
pub fn read_text<'a>(reader: &mut Reader<'a>) -> Result<Text<'a>, Corrupt> {
    Ok(Text::Integer(match reader.length()? {
        Length::Plain(length) => return reader.bytes(length).map(Text::Raw),
        Length::Special(INT8) => i8::from_le_bytes(reader.array()?).into(),
        Length::Special(INT16) => i16::from_le_bytes(reader.array()?).into(),
        Length::Special(INT32) => i32::from_le_bytes(reader.array()?),
        Length::Special(LZF) => {
            let packed_len = reader.length_or_marker()?;
            let length = reader.length_or_marker()?;
            let packed = reader.bytes(packed_len)?;
            // Redis takes a decompression of 0 bytes for a failed one, and accepts it where 0 were claimed.
            if length == 0 {
                return Ok(Text::Raw(b""));
            }
            return lzf::decompress(packed, length).map(Text::Unpacked);
        }
        Length::Special(_) => return Err(Corrupt),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    fn packed(value: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        append_string(&mut out, value, true);
        out
    }

    #[test]
    fn integers_take_the_smallest_form_they_fit() {
        assert_eq!(packed(b"-128"), [0xc0, 0x80]);
        assert_eq!(packed(b"128"), [0xc1, 0x80, 0]);
        assert_eq!(packed(b"32768"), [0xc2, 0, 0x80, 0, 0]);
        assert_eq!(packed(b"2147483648"), b"\x0a2147483648");
        assert_eq!(packed(b"+1"), b"\x02+1");
        assert_eq!(packed(b"01"), b"\x0201");
    }

    #[test]
    fn compression_can_be_turned_off() {
        let mut out = Vec::new();
        append_string(&mut out, &[b'a'; 30], false);
        assert_eq!(out.len(), 31);
        assert!(packed(&[b'a'; 30]).len() == 12);
        assert_eq!(packed(&[b'a'; 20]).len(), 21);
    }

    quickcheck! {
        fn a_string_reads_back(value: Vec<u8>, repeat: u8) -> bool {
            let value = value.repeat(usize::from(repeat % 9));
            let bytes = packed(&value);
            let mut reader = Reader::new(&bytes);
            read_string(&mut reader).as_deref() == Ok(&value[..]) && reader.rest().is_empty()
        }

        fn an_integer_is_written_as_its_text_would_be(value: i64, shift: u8) -> bool {
            let value = value >> (shift % 64);
            let mut out = Vec::new();
            append_integer(&mut out, value);
            out == packed(value.to_string().as_bytes())
        }
    }
}
