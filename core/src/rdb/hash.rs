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

use super::length::{Reader, append_length};
use super::string::{append_string, read_string};
use super::value::{Place, TYPE_HASH, TYPE_HASH_LISTPACK, TYPE_HASH_ZIPLIST, TYPE_HASH_ZIPMAP, read_count};
use super::{Corrupt, ziplist, zipmap};
use crate::structures::{ByteMap, Packed, listpack};
use crate::types::{Collection, Hash, HashRef, Limits, Object, PackedKind};
use std::collections::BTreeSet;

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
pub(super) fn read(kind: u8, reader: &mut Reader<'_>, limits: &Limits) -> Result<Object, Corrupt> {
    let hash = match kind {
        TYPE_HASH => read_strings(reader, limits)?,
        TYPE_HASH_LISTPACK => read_listpack(&read_string(reader)?, limits)?,
        TYPE_HASH_ZIPLIST => read_listpack(&ziplist::to_listpack(&read_string(reader)?)?, limits)?,
        TYPE_HASH_ZIPMAP => {
            let mut hash = read_listpack(&zipmap::to_listpack(&read_string(reader)?)?, limits)?;
            let too_long = hash
                .borrowed()
                .iter()
                .any(|(field, value)| field.len().max(value.len()) as u64 > limits.hash_listpack_value_bytes_max);
            if too_long {
                hash.convert(limits);
            }
            hash
        }
        _ => return Err(Corrupt),
    };
    if hash.is_empty() { Err(reader.empty_collection()) } else { Ok(hash.into()) }
}

fn read_strings(reader: &mut Reader<'_>, limits: &Limits) -> Result<Hash, Corrupt> {
    let count = read_count(reader)?;
    let mut hash = Hash::empty(Packed::blank(), limits);
    if count as u64 > limits.hash_listpack_entries_max {
        hash.convert(limits);
    }
    for _ in 0..count {
        let (field, value) = (read_string(reader)?, read_string(reader)?);
        if !hash.set(&field, &value, limits) {
            return Err(Corrupt);
        }
    }
    Ok(hash)
}

fn read_listpack(bytes: &[u8], limits: &Limits) -> Result<Hash, Corrupt> {
    let listpack = listpack::validate(bytes).map_err(|_| Corrupt)?;
    let count = listpack.len();
    if count % 2 != 0 {
        return Err(Corrupt);
    }
    let mut seen = BTreeSet::new();
    for (field, _) in listpack.pairs() {
        if !seen.insert(field.to_vec()) {
            return Err(Corrupt);
        }
    }
    let mut hash = Hash::of_packed(PackedKind::Hash, Packed::from_bytes(bytes));
    if count as u64 / 2 > limits.hash_listpack_entries_max {
        hash.convert(limits);
    }
    Ok(hash)
}
