//! Values of all types as RDB objects: which type byte, and whose file reads and writes it.
//!
//! ```text
//!   type                 written      read as well
//!   string               0
//!   list                 18           1 (strings), 10 (ziplist), 14 (quicklist of ziplists)
//!   set                  2, 11 (intset)
//!   sorted set           5, 17        3 (scores as text), 12 (ziplist)
//!   hash                 4, 16        9 (zipmap), 13 (ziplist)
//!   stream               19           15
//!   modules              –            – (6, 7)
//! ```

use std::borrow::Cow;

use super::length::Reader;
use super::{Corrupt, hash, list, set, sorted_set, stream, string};
use crate::keyspace::db::NewValue;
use crate::structures::Packed;
use crate::types::{
    HashRef, INLINE_PACKED_BYTES_MAX, Limits, Object, PackedKind, SetRef, SortedSetRef, StringRef, ValueRef,
};

pub const TYPE_STRING: u8 = 0;
pub const TYPE_LIST: u8 = 1;
pub const TYPE_SET: u8 = 2;
pub const TYPE_SORTED_SET: u8 = 3;
pub const TYPE_HASH: u8 = 4;
/// Sorted set with scores as eight bytes.
pub const TYPE_SORTED_SET_2: u8 = 5;
pub(super) const TYPE_MODULE: u8 = 6;
pub(super) const TYPE_MODULE_2: u8 = 7;
pub const TYPE_HASH_ZIPMAP: u8 = 9;
pub const TYPE_LIST_ZIPLIST: u8 = 10;
pub const TYPE_SET_INTSET: u8 = 11;
pub const TYPE_SORTED_SET_ZIPLIST: u8 = 12;
pub const TYPE_HASH_ZIPLIST: u8 = 13;
pub const TYPE_LIST_QUICKLIST: u8 = 14;
pub const TYPE_STREAM: u8 = 15;
pub const TYPE_HASH_LISTPACK: u8 = 16;
pub const TYPE_SORTED_SET_LISTPACK: u8 = 17;
pub const TYPE_LIST_QUICKLIST_2: u8 = 18;
pub const TYPE_STREAM_2: u8 = 19;

/// A value read.
#[derive(Clone, Debug)]
pub enum Loaded<'a> {
    String(Cow<'a, [u8]>),
    /// The bytes of a packed collection, as they stand in the file or unpacked from it.
    Packed(PackedKind, Cow<'a, [u8]>),
    Object(Object),
}

impl Loaded<'_> {
    /// The value on its own, its bytes copied if it has borrowed them.
    pub fn into_owned(self) -> Loaded<'static> {
        match self {
            Loaded::String(bytes) => Loaded::String(Cow::Owned(bytes.into_owned())),
            Loaded::Packed(kind, bytes) => Loaded::Packed(kind, Cow::Owned(bytes.into_owned())),
            Loaded::Object(object) => Loaded::Object(object),
        }
    }

    /// The value as the keyspace takes it. What is large is moved out; nothing should be asked of the rest.
    pub fn take_new(&mut self) -> NewValue<'_> {
        match self {
            Loaded::String(bytes) => NewValue::String(bytes),
            Loaded::Packed(kind, Cow::Owned(bytes)) if bytes.len() > INLINE_PACKED_BYTES_MAX => {
                NewValue::Object(Object::from_packed(*kind, Packed::from_vec(std::mem::take(bytes))))
            }
            Loaded::Packed(kind, bytes) => NewValue::Packed(*kind, bytes),
            Loaded::Object(object) => NewValue::Object(std::mem::replace(object, Object::Vacant)),
        }
    }
}

impl From<Object> for Loaded<'_> {
    fn from(object: Object) -> Self {
        Loaded::Object(object)
    }
}

/// The type byte of a value as it is written.
pub fn type_of(value: ValueRef<'_>) -> u8 {
    match value {
        ValueRef::String(_) => TYPE_STRING,
        ValueRef::List(list) => list::type_of(list),
        ValueRef::Set(set) => set::type_of(set),
        ValueRef::SortedSet(set) => sorted_set::type_of(set),
        ValueRef::Hash(hash) => hash::type_of(hash),
        ValueRef::Stream(stream) => stream::type_of(stream),
    }
}

/// Appends a value, its type byte left out. `compression` is the parameter `rdbcompression`. O(value).
pub fn append(out: &mut Vec<u8>, value: ValueRef<'_>, compression: bool) {
    match value {
        ValueRef::String(StringRef::Int(number)) => string::append_integer(out, number),
        ValueRef::String(text) => string::append_string(out, &text.bytes(), compression),
        ValueRef::List(list) => list::append(out, list, compression),
        ValueRef::Set(set) => set::append(out, set, compression),
        ValueRef::SortedSet(set) => sorted_set::append(out, set, compression),
        ValueRef::Hash(hash) => hash::append(out, hash, compression),
        ValueRef::Stream(stream) => stream::append(out, stream, compression),
    }
}

/// Whether values of that type can be read.
pub(super) fn is_type(kind: u8) -> bool {
    matches!(kind, TYPE_STRING..=TYPE_SORTED_SET_2 | TYPE_HASH_ZIPMAP..=TYPE_STREAM_2)
}

/// Where the writing of one value stands, for values that are written in pieces. Begins as the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// What has been written of it, in the units of its type: pages, members, elements, nodes; 0: not even its length.
    pub(super) done: u64,
    /// Nodes of a list; the second half of a stream's id.
    pub(super) more: u64,
}

/// Appends a value, its type byte left out, and stops soon after `out` has `stop_bytes`; the next call goes on at `place`.
/// Whether it is complete. Strings, packed values and the groups of streams are written in one piece.
pub fn append_piece(
    out: &mut Vec<u8>,
    value: ValueRef<'_>,
    compression: bool,
    place: &mut Place,
    stop_bytes: usize,
) -> bool {
    match value {
        ValueRef::List(list) => list::append_piece(out, list, compression, place, stop_bytes),
        ValueRef::Set(SetRef::Table(table)) => set::append_pages(out, table, compression, place, stop_bytes),
        ValueRef::SortedSet(SortedSetRef::Tree(tree)) => {
            sorted_set::append_members(out, tree, compression, place, stop_bytes)
        }
        ValueRef::Hash(HashRef::Table(map)) => hash::append_pages(out, map, compression, place, stop_bytes),
        ValueRef::Stream(stream) => stream::append_piece(out, stream, compression, place, stop_bytes),
        _ => {
            append(out, value, compression);
            true
        }
    }
}

/// Reads a value of the given type. Whatever is inside is checked: nothing that was read makes a later command fail.
/// Errors: Corrupt, also for an empty collection and for types that 7.0.15 does not know.
pub fn read<'a>(kind: u8, reader: &mut Reader<'a>, limits: &Limits) -> Result<Loaded<'a>, Corrupt> {
    match kind {
        TYPE_STRING => string::read_string(reader).map(Loaded::String),
        TYPE_LIST | TYPE_LIST_ZIPLIST | TYPE_LIST_QUICKLIST | TYPE_LIST_QUICKLIST_2 => list::read(kind, reader, limits),
        TYPE_SET | TYPE_SET_INTSET => set::read(kind, reader, limits),
        TYPE_SORTED_SET | TYPE_SORTED_SET_2 | TYPE_SORTED_SET_ZIPLIST | TYPE_SORTED_SET_LISTPACK => {
            sorted_set::read(kind, reader, limits)
        }
        TYPE_HASH | TYPE_HASH_ZIPMAP | TYPE_HASH_ZIPLIST | TYPE_HASH_LISTPACK => hash::read(kind, reader, limits),
        TYPE_STREAM | TYPE_STREAM_2 => stream::read(kind, reader).map(Loaded::Object),
        _ => Err(Corrupt),
    }
}

/// Reads a count of elements. A count that the rest cannot hold (each takes a byte at least) is corrupt, so nothing is
/// allocated for a claim. A marker counts as the number in its low bits, as 7.0.15 reads it.
pub(super) fn read_count(reader: &mut Reader<'_>) -> Result<usize, Corrupt> {
    reader.count()
}
