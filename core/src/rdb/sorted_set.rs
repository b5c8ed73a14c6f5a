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

use std::collections::BTreeSet;

use super::length::{Reader, append_length};
use super::string::{append_string, read_string};
use super::value::{
    Place, TYPE_SORTED_SET, TYPE_SORTED_SET_2, TYPE_SORTED_SET_LISTPACK, TYPE_SORTED_SET_ZIPLIST, read_count,
};
use super::{Corrupt, ziplist};
use crate::numbers::double;
use crate::structures::{Packed, listpack};
use crate::types::sorted_set::{ScoreTable, ScoreTree, in_order};
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
pub(super) fn read(kind: u8, reader: &mut Reader<'_>, limits: &Limits) -> Result<Object, Corrupt> {
    let set = match kind {
        TYPE_SORTED_SET => read_elements(reader, limits, read_text_score)?,
        TYPE_SORTED_SET_2 => read_elements(reader, limits, |reader| Ok(f64::from_le_bytes(reader.array()?)))?,
        TYPE_SORTED_SET_LISTPACK => read_listpack(&read_string(reader)?, limits)?,
        TYPE_SORTED_SET_ZIPLIST => read_listpack(&ziplist::to_listpack(&read_string(reader)?)?, limits)?,
        _ => return Err(Corrupt),
    };
    if set.is_empty() { Err(reader.empty_collection()) } else { Ok(set.into()) }
}

fn read_elements(
    reader: &mut Reader<'_>,
    limits: &Limits,
    read_score: impl Fn(&mut Reader<'_>) -> Result<f64, Corrupt>,
) -> Result<SortedSet, Corrupt> {
    let mut scores = ScoreTable::new(limits.seed);
    for _ in 0..read_count(reader)? {
        let member = read_string(reader)?;
        let score = read_score(reader)?;
        if score.is_nan() || !scores.set(&member, score) {
            return Err(Corrupt);
        }
    }
    let mut set = SortedSet::Tree(std::sync::Arc::new(scores.into_tree()));
    set.pack_if_small(limits);
    Ok(set)
}

fn read_text_score(reader: &mut Reader<'_>) -> Result<f64, Corrupt> {
    match reader.byte()? {
        253 => Err(Corrupt),
        254 => Ok(f64::INFINITY),
        255 => Ok(f64::NEG_INFINITY),
        len => double::parse_prefix(reader.bytes(len.into())?).ok_or(Corrupt),
    }
}

fn read_listpack(bytes: &[u8], limits: &Limits) -> Result<SortedSet, Corrupt> {
    let listpack = listpack::validate(bytes).map_err(|_| Corrupt)?;
    if !in_order(listpack) {
        return Err(Corrupt);
    }
    let mut seen = BTreeSet::new();
    for (member, _) in listpack.pairs() {
        if !seen.insert(member.to_vec()) {
            return Err(Corrupt);
        }
    }
    let count = listpack.len() as u64 / 2;
    let mut set = SortedSet::of_packed(PackedKind::SortedSet, Packed::from_bytes(bytes));
    if count > limits.sorted_set_listpack_entries_max {
        set.convert(limits);
    }
    Ok(set)
}
