//! Sets as RDB objects.
//!
//! ```text
//! 11   a string that is the intset
//! 2    count, then the members as strings, in any order
//! ```
//!
//! An intset stays one unless it has more members than the limit. A set of strings (2) begins as an intset if the count
//! allows it and stays one while all members are integers, so a hash table of a few integers comes back as an intset.
//! A member that occurs twice is corrupt.

use std::sync::Arc;

use super::Corrupt;
use super::length::{Reader, append_length};
use super::string::{append_string, read_string, read_text};
use super::value::{Loaded, Place, TYPE_SET, TYPE_SET_INTSET, read_count};
use crate::numbers::integer::DecimalBuffer;
use crate::structures::table::{Repeated, TableBuilder};
use crate::structures::{IntSetRef, Packed, Table};
use crate::types::set::LISTPACK_BYTES_MAX;
use crate::types::{Collection, Limits, Object, PackedKind, Set, SetRef};

/// The small form of a set never has more members: they take two bytes at least.
const LISTPACK_MEMBERS_MAX: usize = LISTPACK_BYTES_MAX / 2;

/// The type byte of what [`append`] writes.
pub(super) fn type_of(set: SetRef<'_>) -> u8 {
    match set {
        SetRef::Intset(_) => TYPE_SET_INTSET,
        SetRef::Listpack(_) | SetRef::Table(_) => TYPE_SET,
    }
}

/// Appends the object. O(value).
pub(super) fn append(out: &mut Vec<u8>, set: SetRef<'_>, compression: bool) {
    if let SetRef::Intset(ints) = set {
        return append_string(out, ints.as_bytes(), compression);
    }
    if let SetRef::Table(table) = set {
        append_pages(out, table, compression, &mut Place::default(), usize::MAX);
        return;
    }
    append_length(out, set.len() as u64);
    let mut buffer = DecimalBuffer::new();
    for member in set.iter() {
        append_string(out, member.text(&mut buffer), compression);
    }
}

/// Appends a table page by page, until `out` has `stop_bytes`. Whether it is complete.
pub(super) fn append_pages(
    out: &mut Vec<u8>,
    table: &Table,
    compression: bool,
    place: &mut Place,
    stop_bytes: usize,
) -> bool {
    if place.done == 0 {
        append_length(out, table.len() as u64);
    }
    while place.done < table.page_count() as u64 {
        for (member, _) in table.iter_page(place.done as usize) {
            append_string(out, member, compression);
        }
        place.done += 1;
        if out.len() >= stop_bytes {
            break;
        }
    }
    place.done == table.page_count() as u64
}

/// Reads an object of one of the types of sets. Errors: whatever 7.0.15 refuses, and all that is damaged inside.
pub(super) fn read<'a>(kind: u8, reader: &mut Reader<'a>, limits: &Limits) -> Result<Loaded<'a>, Corrupt> {
    match kind {
        TYPE_SET => read_strings(reader, limits),
        TYPE_SET_INTSET => {
            let bytes = read_string(reader)?;
            let len = IntSetRef::validate(&bytes, true).map_err(|_| Corrupt)?.len();
            if len as u64 <= limits.set_intset_entries_max {
                return Ok(Loaded::Packed(PackedKind::SetIntset, bytes));
            }
            let mut set = Set::of_packed(PackedKind::SetIntset, Packed::from_bytes(&bytes));
            set.convert(limits);
            Ok(Object::from(set).into())
        }
        _ => Err(Corrupt),
    }
}

fn read_strings<'a>(reader: &mut Reader<'_>, limits: &Limits) -> Result<Loaded<'a>, Corrupt> {
    let count = read_count(reader)?;
    if count == 0 {
        return Err(reader.empty_collection());
    }
    let mut buffer = DecimalBuffer::new();
    let is_hashtable = count as u64 > limits.set_intset_entries_max;
    if is_hashtable && count > LISTPACK_MEMBERS_MAX {
        let mut table = TableBuilder::new(limits.seed, count);
        for _ in 0..count {
            table.add(read_text(reader)?.bytes(&mut buffer), &[]);
        }
        let table = table.finish().map_err(|Repeated| Corrupt)?;
        return Ok(Object::from(Set::Table(Arc::new(table))).into());
    }
    let mut set = if is_hashtable { Set::new_hashtable() } else { Set::new() };
    for _ in 0..count {
        if !set.add(read_text(reader)?.bytes(&mut buffer), limits) {
            return Err(Corrupt);
        }
    }
    Ok(Object::from(set).into())
}
