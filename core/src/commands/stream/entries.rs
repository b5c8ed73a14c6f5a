//! Entries and ids as replies.

use super::ids;
use crate::resp::Reply;
use crate::structures::StreamId;
use crate::types::ReplyItem;
use crate::types::stream::{Entry, Stream};

/// An id as a bulk string.
pub fn reply_id(reply: &mut Reply, id: StreamId) {
    reply.bulk(&ids::text(id));
}

/// An entry: its id, and an array of fields and values in turn.
pub fn reply_entry(reply: &mut Reply, entry: Entry<'_>) {
    reply.array(2);
    reply_id(reply, entry.id);
    reply.array(2 * entry.field_count());
    for (field, value) in entry.fields() {
        field.reply_bulk(reply);
        value.reply_bulk(reply);
    }
}

/// An entry that may be missing: null then.
pub fn reply_entry_or_null(reply: &mut Reply, entry: Option<Entry<'_>>) {
    match entry {
        Some(entry) => reply_entry(reply, entry),
        None => reply.null(),
    }
}

/// An array of the entries that `range` gives, at most `count` (0: all).
pub fn reply_entries<'a>(reply: &mut Reply, range: impl Iterator<Item = Entry<'a>>, count: u64) {
    let place = reply.deferred();
    let mut emitted = 0;
    for entry in range {
        reply_entry(reply, entry);
        emitted += 1;
        if emitted as u64 == count {
            break;
        }
    }
    reply.array_at(place, emitted);
}

/// The names and numbers with which XINFO begins.
pub fn reply_field(reply: &mut Reply, name: &str, value: u64) {
    reply.bulk(name.as_bytes());
    reply.integer(value as i64);
}

/// How many entries a group has still to read, where that can be told.
pub fn lag(stream: &Stream, last_id: StreamId, entries_read: i64) -> Option<i64> {
    let added = stream.counters().entries_added as i64;
    if added == 0 {
        return Some(0);
    }
    if entries_read != -1 && !stream.has_tombstone_from(last_id) {
        return Some(added.wrapping_sub(entries_read));
    }
    match stream.entries_read_up_to(last_id) {
        -1 => None,
        read => Some(added.wrapping_sub(read)),
    }
}
