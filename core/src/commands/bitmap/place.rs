//! Where bits are: offsets as clients write them, and the bytes of a string that hold them.

use crate::commands::CommandError;
use crate::numbers::integer::{DecimalBuffer, parse_i64};
use crate::types::StringRef;
use crate::types::string::CHUNK_BYTES;

const CHUNK_BITS: u64 = CHUNK_BYTES as u64 * 8;
const BAD_OFFSET: CommandError = CommandError::Text("ERR bit offset is not an integer or out of range");

/// A bit's number, as SETBIT takes it. Errors: it is none, or beyond the longest string (`string_bytes_max`).
pub(super) fn parse_offset(text: &[u8], string_bytes_max: u64) -> Result<u64, CommandError> {
    within(parse_i64(text).ok_or(BAD_OFFSET)?, string_bytes_max)
}

/// The number of a field's first bit, as BITFIELD takes it: `#2` is that of the third field of `field_bits` bits.
pub(super) fn parse_field_offset(text: &[u8], field_bits: u32, string_bytes_max: u64) -> Result<u64, CommandError> {
    let Some(number) = text.strip_prefix(b"#") else { return parse_offset(text, string_bytes_max) };
    // Redis multiplies in 64 bits, whatever comes of it.
    within(parse_i64(number).ok_or(BAD_OFFSET)?.wrapping_mul(i64::from(field_bits)), string_bytes_max)
}

fn within(offset: i64, string_bytes_max: u64) -> Result<u64, CommandError> {
    u64::try_from(offset).ok().filter(|offset| offset / 8 < string_bytes_max).ok_or(BAD_OFFSET)
}

/// Whether an argument is a word, as C compares them: in any case, up to the first NUL.
pub(super) fn is_word(arg: &[u8], word: &str) -> bool {
    let end = memchr::memchr(0, arg).unwrap_or(arg.len());
    arg[..end].eq_ignore_ascii_case(word.as_bytes())
}

/// Byte `at` of a string; zeros follow its end. O(1).
pub(super) fn byte_at(value: Option<StringRef<'_>>, at: u64) -> u8 {
    let mut byte = [0];
    copy_from(value, at, &mut byte);
    byte[0]
}

/// Fills `out` with the bytes of a string from `at` on; zeros follow its end. O(out).
pub(super) fn copy_from(value: Option<StringRef<'_>>, at: u64, out: &mut [u8]) {
    out.fill(0);
    let Some(value) = value else { return };
    let (len, at) = (value.len(), at as usize);
    let end = len.min(at.saturating_add(out.len()));
    if at >= end {
        return;
    }
    let out = &mut out[..end - at];
    match value {
        StringRef::Int(number) => out.copy_from_slice(&DecimalBuffer::new().format(number)[at..end]),
        StringRef::Embstr(bytes) | StringRef::Raw(bytes) => out.copy_from_slice(&bytes[at..end]),
        StringRef::Large(large) => out.copy_from_slice(&large.range(at, end)),
    }
}

/// Shows `look` the pieces of a string that hold `bits`, in order, each with the number of its first bit, until it answers.
/// Nothing is copied. O(pieces) besides what `look` does.
pub(super) fn find_in_pieces<T>(
    value: StringRef<'_>,
    bits: &std::ops::Range<u64>,
    mut look: impl FnMut(&[u8], u64) -> Option<T>,
) -> Option<T> {
    match value {
        StringRef::Int(number) => look(DecimalBuffer::new().format(number), 0),
        StringRef::Embstr(bytes) | StringRef::Raw(bytes) => look(bytes, 0),
        StringRef::Large(large) => {
            let (first, end) = ((bits.start / CHUNK_BITS) as usize, bits.end.div_ceil(CHUNK_BITS) as usize);
            let mut pieces = (first..end).zip(large.chunks_from(first));
            pieces.find_map(|(index, piece)| look(piece, index as u64 * CHUNK_BITS))
        }
    }
}
