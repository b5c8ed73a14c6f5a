//! Streams as RDB objects.
//!
//! ```text
//! 19   nodes: count, then id (16 bytes, a string) and listpack (a string)
//!      length │ last id │ first id │ highest deleted id │ entries added            an id: two lengths
//!      groups: count, then
//!        name │ last id │ entries read (−1 as a u64)
//!        pending: count, then id (16 bytes), delivered at (8 bytes, ms), deliveries
//!        consumers: count, then name │ seen at (8 bytes, ms) │ pending: count, then id (16 bytes)
//! 15   the same without first id, highest deleted id, entries added, entries read (before 7.0)
//! ```
//!
//! Beyond what 7.0.15 refuses, these are corrupt: entries whose ids do not rise from node to node, flags of entries that mean nothing, a length other than the number of
//! living entries, a last id below an entry, a pending entry without an owner.

use super::Corrupt;
use super::length::{Reader, append_length};
use super::string::{append_string, read_string};
use super::value::{Place, TYPE_STREAM, TYPE_STREAM_2, read_count};
use crate::structures::StreamId;
use crate::types::stream::{Counters, Group, Pending, node};
use crate::types::{Object, Stream};
use std::collections::BTreeMap;

/// The type byte of what [`append`] writes.
pub(super) fn type_of(_: &Stream) -> u8 {
    TYPE_STREAM_2
}

/// Appends the object. O(value).
pub(super) fn append(out: &mut Vec<u8>, stream: &Stream, compression: bool) {
    append_piece(out, stream, compression, &mut Place::default(), usize::MAX);
}

/// Appends node by node until `out` has `stop_bytes`, and the rest with the last of them. Whether that was all. The id of the
/// next node is where it goes on.
pub(super) fn append_piece(
    out: &mut Vec<u8>,
    stream: &Stream,
    compression: bool,
    place: &mut Place,
    stop_bytes: usize,
) -> bool {
    let mut next = StreamId::new(place.done, place.more);
    if next == StreamId::MIN {
        append_length(out, stream.node_count() as u64);
    }
    for (id, bytes) in stream.node_bytes_from(next) {
        if out.len() >= stop_bytes && id != next {
            // This node is the next one's first.
            (place.done, place.more) = (id.ms, id.seq);
            return false;
        }
        append_string(out, &id.to_bytes(), compression);
        append_string(out, bytes, compression);
        next = id;
    }
    append_rest(out, stream, compression);
    true
}

/// What follows the nodes.
fn append_rest(out: &mut Vec<u8>, stream: &Stream, compression: bool) {
    append_length(out, stream.len() as u64);
    let counters = stream.counters();
    for id in [counters.last_id, counters.first_id, counters.max_deleted_id] {
        append_id(out, id);
    }
    append_length(out, counters.entries_added);
    append_length(out, stream.group_count() as u64);
    for (name, group) in stream.groups() {
        append_string(out, name, compression);
        append_group(out, group, compression);
    }
}

fn append_id(out: &mut Vec<u8>, id: StreamId) {
    append_length(out, id.ms);
    append_length(out, id.seq);
}

fn append_group(out: &mut Vec<u8>, group: &Group, compression: bool) {
    append_id(out, group.last_id);
    append_length(out, group.entries_read as u64);
    append_length(out, group.pending().len() as u64);
    for (id, pending) in group.pending().iter_from(StreamId::MIN) {
        out.extend_from_slice(&id.to_bytes());
        out.extend_from_slice(&pending.delivered_ms.to_le_bytes());
        append_length(out, pending.deliveries);
    }
    append_length(out, group.consumer_count() as u64);
    for consumer in group.consumers() {
        append_string(out, &consumer.name, compression);
        out.extend_from_slice(&consumer.seen_ms.to_le_bytes());
        append_length(out, consumer.pending().len() as u64);
        for (id, ()) in consumer.pending().iter_from(StreamId::MIN) {
            out.extend_from_slice(&id.to_bytes());
        }
    }
}

/// Reads an object of one of the types of streams. Errors: whatever 7.0.15 refuses, and all that is damaged inside.
pub(super) fn read(kind: u8, reader: &mut Reader<'_>) -> Result<Object, Corrupt> {
    if !matches!(kind, TYPE_STREAM | TYPE_STREAM_2) {
        return Err(Corrupt);
    }
    let mut nodes = Vec::new();
    for _ in 0..read_count(reader)? {
        let id: [u8; 16] = (*read_string(reader)?).try_into().map_err(|_| Corrupt)?;
        let (id, bytes) = (StreamId::from_bytes(id), read_string(reader)?);
        let examined = node::examine(id, &bytes).map_err(|_| Corrupt)?;
        nodes.push((id, bytes.into_owned(), examined));
    }
    // In any order; taken in that of their ids.
    if !nodes.is_sorted_by_key(|(id, ..)| *id) {
        nodes.sort_by_key(|(id, ..)| *id);
    }
    let length = read_number(reader)?;
    let last_id = read_id(reader)?;
    let mut stream = if kind == TYPE_STREAM_2 {
        let (first_id, max_deleted_id) = (read_id(reader)?, read_id(reader)?);
        let entries_added = read_number(reader)?;
        let counters = Counters { first_id, last_id, max_deleted_id, entries_added };
        Stream::from_nodes(nodes, length, counters).ok_or(Corrupt)?
    } else {
        let counters = Counters { last_id, entries_added: length, ..Counters::default() };
        let mut stream = Stream::from_nodes(nodes, length, counters).ok_or(Corrupt)?;
        // Without an entry the first is above all, as 7.0.15 has it here and nowhere else.
        stream.counters_mut().first_id = stream.first().map_or(StreamId::MAX, |entry| entry.id);
        stream
    };
    for _ in 0..read_count(reader)? {
        let (name, last_id) = (read_string(reader)?, read_id(reader)?);
        let entries_read =
            if kind == TYPE_STREAM_2 { read_number(reader)? as i64 } else { stream.entries_read_up_to(last_id) };
        let mut group = Group::new(last_id, entries_read);
        read_members(reader, &mut group)?;
        if !stream.create_group(&name, group) {
            return Err(Corrupt);
        }
    }
    Ok(stream.into())
}

fn read_id(reader: &mut Reader<'_>) -> Result<StreamId, Corrupt> {
    Ok(StreamId::new(read_number(reader)?, read_number(reader)?))
}

/// A number that is no count. As 7.0.15 reads it, a marker counts as its low bits, and an unknown form as the greatest number.
fn read_number(reader: &mut Reader<'_>) -> Result<u64, Corrupt> {
    match reader.rest().first() {
        Some(0x82..=0xbf) => reader.byte().map(|_| u64::MAX),
        _ => reader.length_or_marker(),
    }
}

/// Pending entries and consumers of a group.
fn read_members(reader: &mut Reader<'_>, group: &mut Group) -> Result<(), Corrupt> {
    let mut unowned = BTreeMap::new();
    for _ in 0..read_count(reader)? {
        let id = StreamId::from_bytes(reader.array()?);
        let delivered_ms = i64::from_le_bytes(reader.array()?);
        let deliveries = read_number(reader)?;
        if unowned.insert(id, (delivered_ms, deliveries)).is_some() {
            return Err(Corrupt);
        }
    }
    for _ in 0..read_count(reader)? {
        let name = read_string(reader)?;
        let seen_ms = i64::from_le_bytes(reader.array()?);
        let consumer = group.create_consumer(&name, seen_ms).ok_or(Corrupt)?;
        for _ in 0..read_count(reader)? {
            let id = StreamId::from_bytes(reader.array()?);
            let (delivered_ms, deliveries) = unowned.remove(&id).ok_or(Corrupt)?;
            group.assign(id, Pending { consumer, delivered_ms, deliveries });
        }
    }
    if unowned.is_empty() { Ok(()) } else { Err(Corrupt) }
}
