//! Zipmaps, the packed hashes before 2.6: read from old payloads and files, never written.
//!
//! ```text
//!   count u8 | length, field, length, spare u8, value, spare bytes | … | 0xFF
//!   length: 1 byte below 254, else 0xFE and 4 bytes, little end first
//! ```

use super::Corrupt;
use super::length::Reader;
use crate::structures::{Item, ListpackMut};

const COUNT_UNKNOWN: u8 = 254;

/// The listpack with the same fields and values. O(bytes). Errors: Corrupt.
pub(super) fn to_listpack(bytes: &[u8]) -> Result<Vec<u8>, Corrupt> {
    let mut reader = Reader::new(bytes);
    let claimed = reader.byte()?;
    let mut out = Vec::with_capacity(bytes.len());
    let mut listpack = ListpackMut::init(&mut out);
    let mut count = 0usize;
    while let Some(len) = read_len(&mut reader)? {
        listpack.push_back(Item::parse(reader.bytes(len)?));
        let len = read_value_len(&mut reader)?;
        let spare = reader.byte()?;
        listpack.push_back(Item::parse(reader.bytes(len)?));
        reader.bytes(spare.into())?;
        count += 1;
    }
    if !reader.rest().is_empty() || claimed != COUNT_UNKNOWN && usize::from(claimed) != count {
        return Err(Corrupt);
    }
    Ok(out)
}

/// The length of a value, before which 7.0.15 does not look for the end: 255 is as good as 254.
fn read_value_len(reader: &mut Reader<'_>) -> Result<u64, Corrupt> {
    match reader.byte()? {
        254.. => Ok(u32::from_le_bytes(reader.array()?).into()),
        len => Ok(len.into()),
    }
}

/// A length; `None` at the end.
fn read_len(reader: &mut Reader<'_>) -> Result<Option<u64>, Corrupt> {
    match reader.byte()? {
        255 => Ok(None),
        254 => Ok(Some(u32::from_le_bytes(reader.array()?).into())),
        len => Ok(Some(len.into())),
    }
}
