//! Streams as the commands that make them, in pieces.
//!
//! ```text
//!   XADD … (an entry each)  XSETID …  XGROUP CREATE …  XGROUP CREATECONSUMER …  XCLAIM … (what is pending, one by one)
//! ```
//!
//! **What is pending and no longer there** (trimmed or deleted before it was acknowledged): XCLAIM does not bring it back, and
//! 7.0.15 forgets it in a plain base. Here such an entry is made for as long as it takes to claim it:
//!
//! ```text
//!   XADD … with the lost entries in between  XGROUP …  XCLAIM …  XTRIM MINID …  XDEL …  XSETID …
//! ```
//!
//! What lay before the first entry goes by XTRIM, which leaves no trace in the counters, as when it was trimmed.

use super::request::{append_argument, append_count};
use super::value::append_words;
use crate::numbers::integer::DecimalBuffer;
use crate::structures::StreamId;
use crate::types::Stream;
use crate::types::stream::{Entry, Group};

/// Where the writing of a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamPlace {
    /// Something is pending that is no longer there.
    has_lost: bool,
    at: At,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Entries from that id on.
    Entries(StreamId),
    Counters,
    /// Group and consumer by number, and what is pending from that id on.
    Groups(usize, usize, StreamId),
    /// Lost entries go: those before the first entry, then the others from that id on.
    Trim,
    Delete(StreamId),
    LateCounters,
    Over,
}

impl StreamPlace {
    /// O(pending).
    pub fn begin(stream: &Stream) -> StreamPlace {
        let is_lost = |id: StreamId| stream.get(id).is_none();
        let has_lost =
            stream.groups().any(|(_, group)| group.pending().iter_from(StreamId::MIN).any(|(id, _)| is_lost(id)));
        StreamPlace { has_lost, at: At::Entries(StreamId::MIN) }
    }
}

/// Appends commands until `out` has `stop_bytes`. Whether that was all.
pub fn append_piece(
    out: &mut Vec<u8>,
    key: &[u8],
    stream: &Stream,
    place: &mut StreamPlace,
    stop_bytes: usize,
) -> bool {
    while place.at != At::Over && out.len() < stop_bytes {
        place.at = match place.at {
            At::Entries(from) => append_entries(out, key, stream, place.has_lost, from, stop_bytes),
            At::Counters if place.has_lost => At::Groups(0, 0, StreamId::MIN),
            At::Counters => {
                if stream.is_empty() {
                    // Creates it, and leaves nothing in it.
                    append_words(out, &[b"XADD", key, b"MAXLEN", b"0", b"0-1", b"x", b"y"]);
                }
                append_counters(out, key, stream);
                At::Groups(0, 0, StreamId::MIN)
            }
            At::Groups(group, consumer, from) => match stream.groups().nth(group) {
                Some((name, found)) => append_group(out, key, (group, name, found), (consumer, from), stop_bytes),
                None if place.has_lost => At::Trim,
                None => At::Over,
            },
            At::Trim => match stream.first() {
                Some(first) => {
                    append_words(out, &[b"XTRIM", key, b"MINID", &id_text(first.id)]);
                    At::Delete(first.id)
                }
                None => {
                    append_words(out, &[b"XTRIM", key, b"MAXLEN", b"0"]);
                    At::LateCounters
                }
            },
            At::Delete(from) => delete_lost(out, key, stream, from, stop_bytes),
            At::LateCounters => {
                append_counters(out, key, stream);
                At::Over
            }
            At::Over => At::Over,
        };
    }
    place.at == At::Over
}

/// Entries in order from an id on, and between them (`with_lost`) the ids that are only pending.
fn entries_from(
    stream: &Stream,
    from: StreamId,
    with_lost: bool,
) -> impl Iterator<Item = (StreamId, Option<Entry<'_>>)> {
    let groups = stream.groups().filter(move |_| with_lost);
    let mut pending: Vec<_> =
        groups.map(|(_, group)| group.pending().iter_from(from).map(|(id, _)| id).peekable()).collect();
    let mut entries = stream.range(from, StreamId::MAX).peekable();
    std::iter::from_fn(move || {
        let next = entries.peek().map(|entry| entry.id);
        let id = pending.iter_mut().filter_map(|ids| ids.peek().copied()).chain(next).min()?;
        pending.iter_mut().for_each(|ids| _ = ids.next_if_eq(&id));
        Some((id, entries.next_if(|entry| entry.id == id)))
    })
}

fn append_entries(
    out: &mut Vec<u8>,
    key: &[u8],
    stream: &Stream,
    has_lost: bool,
    from: StreamId,
    stop_bytes: usize,
) -> At {
    for (id, entry) in entries_from(stream, from, has_lost) {
        let text = id_text(id);
        match entry {
            None => append_words(out, &[b"XADD", key, &text, b"x", b"y"]),
            Some(entry) => {
                append_count(out, 3 + 2 * entry.field_count());
                [b"XADD".as_slice(), key, &text].iter().for_each(|word| append_argument(out, word));
                for (field, value) in entry.fields() {
                    append_argument(out, &field.bytes());
                    append_argument(out, &value.bytes());
                }
            }
        }
        if out.len() >= stop_bytes {
            return id.next().map_or(At::Counters, At::Entries);
        }
    }
    At::Counters
}

fn append_counters(out: &mut Vec<u8>, key: &[u8], stream: &Stream) {
    let counters = stream.counters();
    let mut digits = DecimalBuffer::new();
    let (last_id, max_deleted_id) = (id_text(counters.last_id), id_text(counters.max_deleted_id));
    let added = digits.format(counters.entries_added);
    append_words(out, &[b"XSETID", key, &last_id, b"ENTRIESADDED", added, b"MAXDELETEDID", &max_deleted_id]);
}

/// Appends a group from a consumer and an id on.
fn append_group(
    out: &mut Vec<u8>,
    key: &[u8],
    (number, name, group): (usize, &[u8], &Group),
    (consumer, from): (usize, StreamId),
    stop_bytes: usize,
) -> At {
    if (consumer, from) == (0, StreamId::MIN) {
        let (mut digits, last_id) = (DecimalBuffer::new(), id_text(group.last_id));
        let read = digits.format(group.entries_read);
        append_words(out, &[b"XGROUP", b"CREATE", key, name, &last_id, b"ENTRIESREAD", read]);
    }
    let mut from = from;
    for (at, consumer) in group.consumers().enumerate().skip(consumer) {
        if consumer.pending().is_empty() {
            append_words(out, &[b"XGROUP", b"CREATECONSUMER", key, name, &consumer.name]);
        }
        for (id, ()) in consumer.pending().iter_from(from) {
            if out.len() >= stop_bytes && id > from {
                return At::Groups(number, at, id);
            }
            append_claim(out, key, name, &consumer.name, (id, group));
        }
        from = StreamId::MIN;
        if out.len() >= stop_bytes {
            return At::Groups(number, at + 1, from);
        }
    }
    At::Groups(number + 1, 0, StreamId::MIN)
}

fn append_claim(out: &mut Vec<u8>, key: &[u8], name: &[u8], consumer: &[u8], (id, group): (StreamId, &Group)) {
    let Some(pending) = group.pending().get(id) else { return };
    let (mut digits, mut more_digits, id) = (DecimalBuffer::new(), DecimalBuffer::new(), id_text(id));
    let (time, count) = (digits.format(pending.delivered_ms), more_digits.format(pending.deliveries));
    let words = [b"XCLAIM", key, name, consumer, b"0", &id, b"TIME", time, b"RETRYCOUNT", count, b"JUSTID", b"FORCE"];
    append_words(out, &words);
}

fn delete_lost(out: &mut Vec<u8>, key: &[u8], stream: &Stream, from: StreamId, stop_bytes: usize) -> At {
    for (id, _) in entries_from(stream, from, true).filter(|(_, entry)| entry.is_none()) {
        append_words(out, &[b"XDEL", key, &id_text(id)]);
        if out.len() >= stop_bytes {
            return id.next().map_or(At::LateCounters, At::Delete);
        }
    }
    At::LateCounters
}

fn id_text(id: StreamId) -> Vec<u8> {
    format!("{}-{}", id.ms, id.seq).into_bytes()
}
