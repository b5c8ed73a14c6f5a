//! Sorted sets as RDB objects.
//!
//! ```text
//! 17   a string that is the listpack
//! 5    count, then member as a string and score as 8 bytes (little end first), the greatest first
//! 3    the same with scores as text (before 4.0): its length, or 253 nan, 254 inf, 255 -inf; then the text
//! 12   a string that is a ziplist (before 7.0)
//! ```
//!
//! What was packed stays packed unless it has more members than the limit; lengths are not looked at. What was not packed is packed
//! once it is read, if the limits allow it. Corrupt are a score that is not a number, and a member that occurs twice.
//!
//! Deviation: a packed one whose elements are out of order is corrupt; 7.0.15 takes it and then finds members or doesn't.

use std::borrow::Cow;
use std::sync::Arc;

use super::length::{Reader, append_length};
use super::string::{append_string, read_string, read_text};
use super::value::{
    Loaded, Place, TYPE_SORTED_SET, TYPE_SORTED_SET_2, TYPE_SORTED_SET_LISTPACK, TYPE_SORTED_SET_ZIPLIST, read_count,
};
use super::{Corrupt, ziplist};
use crate::numbers::double;
use crate::numbers::integer::DecimalBuffer;
use crate::structures::table::Repeated;
use crate::structures::{Packed, listpack};
use crate::types::sorted_set::{ScoreTree, ScoreTreeBuilder, in_order};
use crate::types::{Collection, Limits, Object, PackedKind, SortedSet, SortedSetRef};

/// The type byte of what [`append`] writes.
pub(super) fn type_of(set: SortedSetRef<'_>) -> u8 {
    match set {
        SortedSetRef::Listpack(_) => TYPE_SORTED_SET_LISTPACK,
        SortedSetRef::Tree(_) => TYPE_SORTED_SET_2,
    }
}

/// Appends the object. O(value).
pub(super) fn append(out: &mut Vec<u8>, set: SortedSetRef<'_>, compression: bool) {
    match set {
        SortedSetRef::Listpack(listpack) => append_string(out, listpack.bytes(), compression),
        SortedSetRef::Tree(tree) => {
            append_members(out, tree, compression, &mut Place::default(), usize::MAX);
        }
    }
}

/// Appends members from the greatest down, until `out` has `stop_bytes`. Whether that was all.
pub(super) fn append_members(
    out: &mut Vec<u8>,
    tree: &ScoreTree,
    compression: bool,
    place: &mut Place,
    stop_bytes: usize,
) -> bool {
    let len = tree.len() as u64;
    if place.done == 0 {
        append_length(out, len);
    }
    for (score, member) in tree.order().range(0..len - place.done).rev() {
        append_string(out, member, compression);
        out.extend_from_slice(&score.to_le_bytes());
        place.done += 1;
        if out.len() >= stop_bytes {
            break;
        }
    }
    place.done == len
}

/// Reads an object of one of the types of sorted sets. Errors: whatever 7.0.15 refuses, and all that is damaged inside.
pub(super) fn read<'a>(kind: u8, reader: &mut Reader<'a>, limits: &Limits) -> Result<Loaded<'a>, Corrupt> {
    match kind {
        TYPE_SORTED_SET => read_elements(reader, limits, read_text_score),
        TYPE_SORTED_SET_2 => read_elements(reader, limits, |reader| Ok(f64::from_le_bytes(reader.array()?))),
        TYPE_SORTED_SET_LISTPACK => {
            let bytes = read_string(reader)?;
            of_listpack(bytes, reader, limits)
        }
        TYPE_SORTED_SET_ZIPLIST => {
            let bytes = ziplist::to_listpack(&read_string(reader)?)?;
            of_listpack(bytes.into(), reader, limits)
        }
        _ => Err(Corrupt),
    }
}

fn read_elements<'a>(
    reader: &mut Reader<'_>,
    limits: &Limits,
    read_score: impl Fn(&mut Reader<'_>) -> Result<f64, Corrupt>,
) -> Result<Loaded<'a>, Corrupt> {
    let count = read_count(reader)?;
    if count == 0 {
        return Err(reader.empty_collection());
    }
    let mut tree = ScoreTreeBuilder::new(limits.seed, count);
    let mut buffer = DecimalBuffer::new();
    for _ in 0..count {
        let member = read_text(reader)?;
        let score = read_score(reader)?;
        if score.is_nan() {
            return Err(Corrupt);
        }
        tree.add(member.bytes(&mut buffer), score);
    }
    let tree = tree.finish().map_err(|Repeated| Corrupt)?;
    let mut set = SortedSet::Tree(Arc::new(tree));
    set.pack_if_small(limits);
    Ok(Object::from(set).into())
}

fn read_text_score(reader: &mut Reader<'_>) -> Result<f64, Corrupt> {
    match reader.byte()? {
        253 => Err(Corrupt),
        254 => Ok(f64::INFINITY),
        255 => Ok(f64::NEG_INFINITY),
        len => double::parse_prefix(reader.bytes(len.into())?).ok_or(Corrupt),
    }
}

fn of_listpack<'a>(bytes: Cow<'a, [u8]>, reader: &mut Reader<'_>, limits: &Limits) -> Result<Loaded<'a>, Corrupt> {
    let listpack = listpack::validate(&bytes).map_err(|_| Corrupt)?;
    if !in_order(listpack) || !listpack::all_differ(listpack, 2) {
        return Err(Corrupt);
    }
    let count = listpack.len() as u64 / 2;
    if count == 0 {
        return Err(reader.empty_collection());
    }
    if count <= limits.sorted_set_listpack_entries_max {
        return Ok(Loaded::Packed(PackedKind::SortedSet, bytes));
    }
    let mut set = SortedSet::of_packed(PackedKind::SortedSet, Packed::from_bytes(&bytes));
    set.convert(limits);
    Ok(Object::from(set).into())
}
