//! Ziplists, the packed form before listpacks (7.0): read from old payloads and files, never written.
//!
//! ```text
//!   bytes u32 | offset of last entry u32 | count u16 | entry … | 0xFF
//!
//!   entry     length of the previous entry: 1 byte below 254, else 0xFE and 4 bytes
//!             00llllll  01llllll l  10000000 llll     string of 6, 14 (big end first), 32 bits (big end first) of length
//!             C0 i16  D0 i32  E0 i64  F0 i24  FE i8    integer, little end first
//!             F1 … FD                                  integer 0 … 12
//! ```

use super::Corrupt;
use super::length::Reader;
use crate::structures::{Item, ListpackMut};

const HEADER_BYTES: usize = 10;
const COUNT_UNKNOWN: usize = u16::MAX as usize;

/// The listpack with the same elements. O(bytes). Errors: Corrupt, if the ziplist is not sound in every part.
pub(super) fn to_listpack(bytes: &[u8]) -> Result<Vec<u8>, Corrupt> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut listpack = ListpackMut::init(&mut out);
    each_item(bytes, |item| listpack.push_back(item))?;
    Ok(out)
}

/// Gives every element to `visit`, in order. Errors: Corrupt; some elements may have been given then.
pub(super) fn each_item(bytes: &[u8], mut visit: impl FnMut(Item<'_>)) -> Result<(), Corrupt> {
    let mut header = Reader::new(bytes);
    let total = u32::from_le_bytes(header.array()?) as usize;
    let last = u32::from_le_bytes(header.array()?) as usize;
    let claimed = usize::from(u16::from_le_bytes(header.array()?));
    if total != bytes.len() || bytes.last() != Some(&0xff) || total <= HEADER_BYTES {
        return Err(Corrupt);
    }
    let end = total - 1;
    let (mut at, mut previous, mut count) = (HEADER_BYTES, 0, 0);
    let mut last_seen = HEADER_BYTES;
    while at < end {
        let mut reader = Reader::new(&bytes[at..end]);
        if read_previous_len(&mut reader)? != previous {
            return Err(Corrupt);
        }
        visit(read_item(&mut reader)?);
        last_seen = at;
        previous = end - at - reader.rest().len();
        at += previous;
        count += 1;
    }
    if last_seen != last || claimed != COUNT_UNKNOWN && claimed != count {
        return Err(Corrupt);
    }
    Ok(())
}

fn read_previous_len(reader: &mut Reader<'_>) -> Result<usize, Corrupt> {
    match reader.byte()? {
        254 => Ok(u32::from_le_bytes(reader.array()?) as usize),
        255 => Err(Corrupt),
        len => Ok(len.into()),
    }
}

fn read_item<'a>(reader: &mut Reader<'a>) -> Result<Item<'a>, Corrupt> {
    let first = reader.byte()?;
    let len = match first {
        0x00..=0x3f => u64::from(first),
        0x40..=0x7f => u64::from(first & 0x3f) << 8 | u64::from(reader.byte()?),
        0x80 => u32::from_be_bytes(reader.array()?).into(),
        0xc0 => return Ok(Item::Int(i16::from_le_bytes(reader.array()?).into())),
        0xd0 => return Ok(Item::Int(i32::from_le_bytes(reader.array()?).into())),
        0xe0 => return Ok(Item::Int(i64::from_le_bytes(reader.array()?))),
        0xf0 => {
            let [a, b, c] = reader.array()?;
            return Ok(Item::Int((i32::from_le_bytes([0, a, b, c]) >> 8).into()));
        }
        0xfe => return Ok(Item::Int((reader.byte()? as i8).into())),
        0xf1..=0xfd => return Ok(Item::Int(i64::from(first) - 0xf1)),
        _ => return Err(Corrupt),
    };
    Ok(Item::parse(reader.bytes(len)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ziplist of these entries: encodings with their data, without the lengths before them.
    fn ziplist(entries: &[&[u8]]) -> Vec<u8> {
        let (mut body, mut previous, mut last) = (Vec::new(), 0usize, HEADER_BYTES);
        for entry in entries {
            last = HEADER_BYTES + body.len();
            let before = body.len();
            if previous < 254 {
                body.push(previous as u8);
            } else {
                body.push(254);
                body.extend_from_slice(&(previous as u32).to_le_bytes());
            }
            body.extend_from_slice(entry);
            previous = body.len() - before;
        }
        let mut out = ((HEADER_BYTES + body.len() + 1) as u32).to_le_bytes().to_vec();
        out.extend_from_slice(&(last as u32).to_le_bytes());
        out.extend_from_slice(&(entries.len() as u16).to_le_bytes());
        out.extend_from_slice(&body);
        out.push(0xff);
        out
    }

    fn items(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Corrupt> {
        let mut items = Vec::new();
        each_item(bytes, |item| items.push(item.to_vec()))?;
        Ok(items)
    }

    #[test]
    fn every_encoding_reads_as_its_element() {
        let long = [&[0x41, 0x2c][..], &[b'x'; 300]].concat();
        let longer = [&[0x80, 0, 0, 0, 2][..], b"yz"].concat();
        let entries: [(&[u8], &[u8]); 11] = [
            (b"\x03abc", b"abc"),
            (&long, &[b'x'; 300]),
            (&longer, b"yz"),
            (&[0xc0, 0x18, 0xfc], b"-1000"),
            (&[0xd0, 0x90, 0xee, 0xfe, 0xff], b"-70000"),
            (&[0xe0, 0, 0, 0, 0, 0, 0, 0, 0x80], b"-9223372036854775808"),
            (&[0xf0, 0xff, 0xff, 0xff], b"-1"),
            (&[0xfe, 0x80], b"-128"),
            (&[0xf1], b"0"),
            (&[0xfd], b"12"),
            (b"\x00", b""),
        ];
        let bytes = ziplist(&entries.map(|(encoded, _)| encoded));
        assert_eq!(items(&bytes).expect("a sound ziplist"), entries.map(|(_, text)| text.to_vec()));
        let listpack = to_listpack(&bytes).expect("a sound ziplist");
        assert_eq!(crate::structures::ListpackRef::new(&listpack).len(), entries.len());
    }

    #[test]
    fn each_part_of_the_header_and_each_length_is_checked() {
        let good = ziplist(&[b"\x01a", b"\x01b"]);
        assert!(items(&good).is_ok());
        for at in [0, 4, 8, 10, 13] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert_eq!(items(&bad), Err(Corrupt), "byte {at}");
        }
        for cut in 1..good.len() {
            assert_eq!(items(&good[..good.len() - cut]), Err(Corrupt));
        }
        assert_eq!(items(&ziplist(&[&[0xff]])), Err(Corrupt));
        assert_eq!(items(&ziplist(&[&[0x05, b'a']])), Err(Corrupt));
    }
}
