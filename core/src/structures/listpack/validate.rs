//! Whether bytes from elsewhere (RESTORE, an RDB file) are a listpack.

use super::{COUNT_UNKNOWN, EMPTY_BYTES, END, HEADER_BYTES, ListpackRef, back_len, body_len};

/// The bytes are no listpack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The listpack that `bytes` are, every entry looked at: the total, the count, each length and its repetition. O(bytes).
pub fn validate(bytes: &[u8]) -> Result<ListpackRef<'_>, Malformed> {
    if bytes.len() < EMPTY_BYTES || bytes[bytes.len() - 1] != END {
        return Err(Malformed);
    }
    let total = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
    if total != bytes.len() {
        return Err(Malformed);
    }
    let end = total - 1;
    let (mut at, mut count) = (HEADER_BYTES, 0usize);
    while at < end {
        at = entry_end(&bytes[..end], at).ok_or(Malformed)?;
        count += 1;
    }
    let claimed = usize::from(u16::from_le_bytes([bytes[4], bytes[5]]));
    if claimed != COUNT_UNKNOWN && claimed != count {
        return Err(Malformed);
    }
    Ok(ListpackRef::new(bytes))
}

/// Where the entry at `at` ends, if all of it lies within `bytes` and its length is repeated at its end.
fn entry_end(bytes: &[u8], at: usize) -> Option<usize> {
    let head = match bytes[at] {
        0xe0..=0xef => 2,
        0xf0 => 5,
        0xf5..=0xff => return None,
        _ => 1,
    };
    if at + head > bytes.len() {
        return None;
    }
    let body = body_len(bytes, at);
    let back = back_len(body);
    let end = at.checked_add(body)?.checked_add(back)?;
    let repeated = bytes.get(at + body..end)?;
    let mut value = 0usize;
    for (i, &byte) in repeated.iter().enumerate() {
        if (byte & 0x80 != 0) != (i > 0) {
            return None;
        }
        value = value << 7 | usize::from(byte & 0x7f);
    }
    (value == body).then_some(end)
}
