//! Lists as RDB objects.
//!
//! ```text
//! 18   count of nodes, then each: container (1 plain, 2 packed), a string: the element, or the listpack
//! 14   count of nodes, then each as a string that is a ziplist (before 7.0)
//! 10   a string that is a ziplist                                1    count, then the elements as strings
//! ```
//!
//! A node that `list-compress-depth` has compressed is written so, even under `rdbcompression no`. Nodes are taken as they
//! are, whatever the limits say; elements that came one by one are pushed. Nodes without elements are left out; a list of
//! none is corrupt.

use std::borrow::Cow;

use super::length::{Reader, append_length};
use super::string::{append_compressed, append_string, read_string};
use super::value::{
    Loaded, Place, TYPE_LIST, TYPE_LIST_QUICKLIST, TYPE_LIST_QUICKLIST_2, TYPE_LIST_ZIPLIST, read_count,
};
use super::{Corrupt, ziplist};
use crate::numbers::integer::DecimalBuffer;
use crate::structures::{Packed, listpack};
use crate::types::list::Node;
use crate::types::{Collection, End, Limits, List, ListRef, NodeRef, Object, PackedKind};

const PLAIN: u64 = 1;
const PACKED: u64 = 2;
/// Shorter nodes are not compressed, nor are those that would become hardly shorter.
const COMPRESSED_NODE_BYTES_MIN: usize = 48;
const COMPRESSED_NODE_SAVED_BYTES_MIN: usize = 9;

/// The type byte of what [`append`] writes.
pub(super) fn type_of(_: ListRef<'_>) -> u8 {
    TYPE_LIST_QUICKLIST_2
}

/// Appends the object. O(value).
pub(super) fn append(out: &mut Vec<u8>, list: ListRef<'_>, compression: bool) {
    append_piece(out, list, compression, &mut Place::default(), usize::MAX);
}

/// Appends node by node, until `out` has `stop_bytes`. Whether that was all.
pub(super) fn append_piece(
    out: &mut Vec<u8>,
    list: ListRef<'_>,
    compression: bool,
    place: &mut Place,
    stop_bytes: usize,
) -> bool {
    if place.done == 0 {
        append_length(out, list.node_count() as u64);
    }
    list.visit_nodes_from(place.done, |node, len| {
        let (container, bytes) = match node {
            NodeRef::Packed(listpack) => (PACKED, listpack.bytes()),
            NodeRef::Plain(bytes) => (PLAIN, bytes),
        };
        append_length(out, container);
        let lies_compressed = list.is_compressed(place.more as usize)
            && bytes.len() >= COMPRESSED_NODE_BYTES_MIN
            && append_compressed(out, bytes, bytes.len(), bytes.len() - COMPRESSED_NODE_SAVED_BYTES_MIN);
        if !lies_compressed {
            append_string(out, bytes, compression);
        }
        place.done += len;
        place.more += 1;
        out.len() < stop_bytes
    });
    place.more == list.node_count() as u64
}

/// Reads an object of one of the types of lists. Errors: whatever 7.0.15 refuses, and all that is damaged inside.
pub(super) fn read<'a>(kind: u8, reader: &mut Reader<'a>, limits: &Limits) -> Result<Loaded<'a>, Corrupt> {
    let list = match kind {
        TYPE_LIST => read_strings(reader, limits)?,
        TYPE_LIST_ZIPLIST => {
            let mut list = List::empty(Packed::blank(), limits);
            let mut buffer = DecimalBuffer::new();
            ziplist::each_item(&read_string(reader)?, |item| {
                list.push(End::Right, item.text(&mut buffer), limits);
            })?;
            list
        }
        TYPE_LIST_QUICKLIST => read_nodes(kind, reader, limits)?,
        TYPE_LIST_QUICKLIST_2 => {
            if let Some(bytes) = read_only_node(reader, limits) {
                return Ok(Loaded::Packed(PackedKind::List, bytes));
            }
            read_nodes(kind, reader, limits)?
        }
        _ => return Err(Corrupt),
    };
    if list.is_empty() { Err(reader.empty_collection()) } else { Ok(Object::from(list).into()) }
}

/// The listpack of a list that is a single packed node, which then is the whole value. `None`, and nothing is read: it is something
/// else.
fn read_only_node<'a>(reader: &mut Reader<'a>, limits: &Limits) -> Option<Cow<'a, [u8]>> {
    let mut ahead = reader.clone();
    let is_only = ahead.count() == Ok(1) && ahead.length_or_marker() == Ok(PACKED) && List::has_usual_settings(limits);
    let bytes = if is_only { read_string(&mut ahead).ok()? } else { return None };
    let listpack = listpack::validate(&bytes).ok()?;
    if listpack.is_empty() {
        return None;
    }
    *reader = ahead;
    Some(bytes)
}

fn read_strings(reader: &mut Reader<'_>, limits: &Limits) -> Result<List, Corrupt> {
    let mut list = List::empty(Packed::blank(), limits);
    for _ in 0..read_count(reader)? {
        list.push(End::Right, &read_string(reader)?, limits);
    }
    Ok(list)
}

fn read_nodes(kind: u8, reader: &mut Reader<'_>, limits: &Limits) -> Result<List, Corrupt> {
    let mut nodes = Vec::new();
    for _ in 0..read_count(reader)? {
        let container = if kind == TYPE_LIST_QUICKLIST { PACKED } else { reader.length_or_marker()? };
        let bytes = read_string(reader)?;
        if bytes.is_empty() {
            return Err(Corrupt);
        }
        nodes.push(match (container, kind) {
            (PLAIN, _) => Node::plain(&bytes),
            (PACKED, TYPE_LIST_QUICKLIST) => Node::Packed(Packed::from_vec(ziplist::to_listpack(&bytes)?)),
            (PACKED, _) => {
                listpack::validate(&bytes).map_err(|_| Corrupt)?;
                Node::Packed(Packed::from_vec(bytes.into_owned()))
            }
            _ => return Err(Corrupt),
        });
    }
    Ok(List::of_nodes(nodes, limits))
}
