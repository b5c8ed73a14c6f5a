//! Hashes as RDB objects.
//!
//! ```text
//! 16   a string that is the listpack
//! 4    count, then field and value as strings, in any order
//! 13   a string that is a ziplist (before 7.0)        9   a string that is a zipmap (before 2.6)
//! ```
//!
//! What was packed stays packed unless it has more fields than the limit; lengths are not looked at (they are in zipmaps).
//! A hash of strings (4) begins as a listpack and becomes a table as the limits say. A field that occurs twice is corrupt
//! in all of them.

use std::borrow::Cow;
use std::sync::Arc;

use super::length::{Reader, append_length};
use super::string::{append_string, read_string, read_text};
use super::value::{Loaded, Place, TYPE_HASH, TYPE_HASH_LISTPACK, TYPE_HASH_ZIPLIST, TYPE_HASH_ZIPMAP, read_count};
use super::{Corrupt, ziplist, zipmap};
use crate::numbers::integer::DecimalBuffer;
use crate::structures::byte_map::{ByteMap, ByteMapBuilder};
use crate::structures::table::Repeated;
use crate::structures::{ListpackRef, Packed, listpack};
use crate::types::{Collection, Hash, HashRef, Limits, Object, PackedKind};

/// The type byte of what [`append`] writes.
pub(super) fn type_of(hash: HashRef<'_>) -> u8 {
    match hash {
        HashRef::Listpack(_) => TYPE_HASH_LISTPACK,
        HashRef::Table(_) => TYPE_HASH,
    }
}

/// Appends the object. O(value).
pub(super) fn append(out: &mut Vec<u8>, hash: HashRef<'_>, compression: bool) {
    if let HashRef::Listpack(listpack) = hash {
        return append_string(out, listpack.bytes(), compression);
    }
    if let HashRef::Table(map) = hash {
        append_pages(out, map, compression, &mut Place::default(), usize::MAX);
    }
}

/// Appends a table page by page, until `out` has `stop_bytes`. Whether it is complete.
pub(super) fn append_pages(
    out: &mut Vec<u8>,
    map: &ByteMap,
    compression: bool,
    place: &mut Place,
    stop_bytes: usize,
) -> bool {
    if place.done == 0 {
        append_length(out, map.len() as u64);
    }
    while place.done < map.table().page_count() as u64 {
        for (field, value) in map.iter_page(place.done as usize) {
            append_string(out, field, compression);
            append_string(out, value, compression);
        }
        place.done += 1;
        if out.len() >= stop_bytes {
            break;
        }
    }
    place.done == map.table().page_count() as u64
}

/// Reads an object of one of the types of hashes. Errors: whatever 7.0.15 refuses, and all that is damaged inside.
pub(super) fn read<'a>(kind: u8, reader: &mut Reader<'a>, limits: &Limits) -> Result<Loaded<'a>, Corrupt> {
    match kind {
        TYPE_HASH => read_strings(reader, limits),
        TYPE_HASH_LISTPACK => {
            let bytes = read_string(reader)?;
            of_listpack(bytes, reader, limits)
        }
        TYPE_HASH_ZIPLIST => {
            let bytes = ziplist::to_listpack(&read_string(reader)?)?;
            of_listpack(bytes.into(), reader, limits)
        }
        TYPE_HASH_ZIPMAP => {
            let bytes = zipmap::to_listpack(&read_string(reader)?)?;
            let mut elements = ListpackRef::new(&bytes).iter();
            let too_long = elements.any(|element| element.len() as u64 > limits.hash_listpack_value_bytes_max);
            match of_listpack(bytes.into(), reader, limits)? {
                Loaded::Packed(kind, bytes) if too_long => {
                    let mut hash = Hash::of_packed(kind, Packed::from_bytes(&bytes));
                    hash.convert(limits);
                    Ok(Object::from(hash).into())
                }
                loaded => Ok(loaded),
            }
        }
        _ => Err(Corrupt),
    }
}

fn read_strings<'a>(reader: &mut Reader<'_>, limits: &Limits) -> Result<Loaded<'a>, Corrupt> {
    let count = read_count(reader)?;
    if count == 0 {
        return Err(reader.empty_collection());
    }
    let (mut a, mut b) = (DecimalBuffer::new(), DecimalBuffer::new());
    if count as u64 <= limits.hash_listpack_entries_max {
        let mut hash = Hash::empty(Packed::blank(), limits);
        for _ in 0..count {
            let (field, value) = (read_text(reader)?, read_text(reader)?);
            if !hash.set(field.bytes(&mut a), value.bytes(&mut b), limits) {
                return Err(Corrupt);
            }
        }
        return Ok(Object::from(hash).into());
    }
    let mut map = ByteMapBuilder::new(limits.seed, count);
    for _ in 0..count {
        let (field, value) = (read_text(reader)?, read_text(reader)?);
        map.add(field.bytes(&mut a), value.bytes(&mut b));
    }
    let map = map.finish().map_err(|Repeated| Corrupt)?;
    Ok(Object::from(Hash::Table(Arc::new(map))).into())
}

fn of_listpack<'a>(bytes: Cow<'a, [u8]>, reader: &mut Reader<'_>, limits: &Limits) -> Result<Loaded<'a>, Corrupt> {
    let listpack = listpack::validate(&bytes).map_err(|_| Corrupt)?;
    let count = listpack.len();
    if count % 2 != 0 || !listpack::all_differ(listpack, 2) {
        return Err(Corrupt);
    }
    if count == 0 {
        return Err(reader.empty_collection());
    }
    if count as u64 / 2 <= limits.hash_listpack_entries_max {
        return Ok(Loaded::Packed(PackedKind::Hash, bytes));
    }
    let mut hash = Hash::of_packed(PackedKind::Hash, Packed::from_bytes(&bytes));
    hash.convert(limits);
    Ok(Object::from(hash).into())
}
