//! A whole data set as commands: the base of a log without `aof-use-rdb-preamble`.
//!
//! ```text
//!   #TS:…  FUNCTION LOAD …  SELECT 0  SET k v  RPUSH l …  PEXPIREAT k …  SELECT 1 …
//! ```
//!
//! Collections travel in commands of up to 64 elements; scores have 17 digits, so that they are read back as what they are. Form and
//! order are those of 7.0.15, keys come in the order of the table.
//!
//! A chunk ends behind a key, however large that is. Deviation: a stream with pending entries that are no longer in it is written as
//! RESTORE. XCLAIM does not bring them back, and 7.0.15 forgets them.

use super::request::{append_argument, append_count, append_request};
use crate::args::OwnedArgs;
use crate::keyspace::{DbIndex, Snapshot};
use crate::numbers::double;
use crate::numbers::integer::DecimalBuffer;
use crate::rdb::dump::dump;
use crate::structures::StreamId;
use crate::time::UnixMillis;
use crate::types::stream::Group;
use crate::types::{Stream, ValueRef};

/// A chunk ends behind the first key beyond so many bytes.
const CHUNK_BYTES: usize = 64 * 1024;
/// Elements of one command.
const ELEMENTS_MAX: usize = 64;

/// Commands in the making.
#[derive(Clone)]
pub struct CommandEncoder {
    snapshot: Snapshot,
    head: Vec<u8>,
    /// What comes next: database, page, record.
    at: (u32, usize, usize),
    keys_written: u64,
    bytes_written: u64,
}

impl CommandEncoder {
    /// `timestamp_s`: with `aof-timestamp-enabled`. `libraries`: source code of functions.
    pub fn new(snapshot: Snapshot, timestamp_s: Option<u64>, libraries: &[Vec<u8>]) -> CommandEncoder {
        let mut head = Vec::new();
        if let Some(seconds) = timestamp_s {
            head.extend_from_slice(format!("#TS:{seconds}\r\n").as_bytes());
        }
        for code in libraries {
            append_request(&mut head, OwnedArgs::from_iter([b"FUNCTION".as_slice(), b"LOAD", code]).as_args());
        }
        CommandEncoder { snapshot, head, at: (0, 0, 0), keys_written: 0, bytes_written: 0 }
    }

    /// Replaces `chunk` by the next bytes of the file. `false`: there are no more. O(chunk).
    pub fn next_chunk(&mut self, chunk: &mut Vec<u8>) -> bool {
        chunk.clear();
        chunk.append(&mut self.head);
        while chunk.len() < CHUNK_BYTES && (self.at.0 as usize) < self.snapshot.count() {
            self.append_page(chunk);
        }
        self.bytes_written += chunk.len() as u64;
        !chunk.is_empty()
    }

    pub fn keys_written(&self) -> u64 {
        self.keys_written
    }

    pub fn bytes_written(&self) -> u64 {
        self.bytes_written
    }

    /// Keys that the whole file will have.
    pub fn keys_total(&self) -> u64 {
        self.snapshot.len() as u64
    }

    /// The data, to be let go in pieces.
    pub fn into_snapshot(self) -> Snapshot {
        self.snapshot
    }

    /// Appends what is left of a page, or a chunk's worth of it.
    fn append_page(&mut self, out: &mut Vec<u8>) {
        let (index, page, record) = self.at;
        let db = self.snapshot.db(DbIndex(index));
        if (page, record) == (0, 0) {
            if db.is_empty() {
                self.at = (index + 1, 0, 0);
                return;
            }
            append_request(out, OwnedArgs::from_iter(["SELECT", &index.to_string()]).as_args());
        }
        for (at, (key, payload, value)) in db.page_entries(page).enumerate().skip(record) {
            append_value(out, key, value);
            if let Some(UnixMillis(at_ms)) = payload.expiry() {
                let mut digits = DecimalBuffer::new();
                append_words(out, &[b"PEXPIREAT", key, digits.format(at_ms)]);
            }
            self.keys_written += 1;
            if out.len() >= CHUNK_BYTES {
                self.at = (index, page, at + 1);
                return;
            }
        }
        self.at = if page + 1 < db.page_count() { (index, page + 1, 0) } else { (index + 1, 0, 0) };
    }
}

fn append_value(out: &mut Vec<u8>, key: &[u8], value: ValueRef<'_>) {
    match value {
        ValueRef::String(text) => append_words(out, &[b"SET", key, &text.bytes()]),
        ValueRef::List(list) => {
            let mut batches = Batches::new(out, b"RPUSH", key, list.len(), 1);
            list.iter().for_each(|item| batches.push(&[&item.bytes()]));
        }
        ValueRef::Set(set) => {
            let mut batches = Batches::new(out, b"SADD", key, set.len(), 1);
            set.iter().for_each(|item| batches.push(&[&item.bytes()]));
        }
        ValueRef::SortedSet(set) => {
            let mut batches = Batches::new(out, b"ZADD", key, set.len(), 2);
            set.iter().for_each(|(item, score)| batches.push(&[double::format(score).as_bytes(), &item.bytes()]));
        }
        ValueRef::Hash(hash) => {
            let mut batches = Batches::new(out, b"HMSET", key, hash.len(), 2);
            hash.iter().for_each(|(field, value)| batches.push(&[&field.bytes(), &value.bytes()]));
        }
        ValueRef::Stream(stream) if has_lost_pending(stream) => {
            append_words(out, &[b"RESTORE", key, b"0", &dump(value, false)]);
        }
        ValueRef::Stream(stream) => append_stream(out, key, stream),
    }
}

fn append_words(out: &mut Vec<u8>, words: &[&[u8]]) {
    append_count(out, words.len());
    words.iter().for_each(|word| append_argument(out, word));
}

/// Elements of a collection, spread over commands.
struct Batches<'o> {
    out: &'o mut Vec<u8>,
    name: &'static [u8],
    key: &'o [u8],
    /// Elements to come, and those that fit the command that is being written.
    left: usize,
    room: usize,
    /// Arguments of an element.
    width: usize,
}

impl<'o> Batches<'o> {
    fn new(out: &'o mut Vec<u8>, name: &'static [u8], key: &'o [u8], len: usize, width: usize) -> Batches<'o> {
        Batches { out, name, key, left: len, room: 0, width }
    }

    fn push(&mut self, element: &[&[u8]]) {
        if self.room == 0 {
            self.room = self.left.min(ELEMENTS_MAX);
            append_count(self.out, 2 + self.room * self.width);
            append_argument(self.out, self.name);
            append_argument(self.out, self.key);
        }
        element.iter().for_each(|argument| append_argument(self.out, argument));
        self.room -= 1;
        self.left -= 1;
    }
}

fn id_text(id: StreamId) -> Vec<u8> {
    format!("{}-{}", id.ms, id.seq).into_bytes()
}

/// Whether a group waits for the acknowledgement of an entry that was deleted.
fn has_lost_pending(stream: &Stream) -> bool {
    let is_lost = |id: StreamId| stream.get(id).is_none();
    stream.groups().any(|(_, group)| group.pending().iter_from(StreamId::MIN).any(|(id, _)| is_lost(id)))
}

fn append_stream(out: &mut Vec<u8>, key: &[u8], stream: &Stream) {
    for entry in stream.range(StreamId::MIN, StreamId::MAX) {
        append_count(out, 3 + 2 * entry.field_count());
        for word in [b"XADD".as_slice(), key, &id_text(entry.id)] {
            append_argument(out, word);
        }
        for (field, value) in entry.fields() {
            append_argument(out, &field.bytes());
            append_argument(out, &value.bytes());
        }
    }
    if stream.is_empty() {
        // Creates it, and leaves nothing in it.
        append_words(out, &[b"XADD", key, b"MAXLEN", b"0", b"0-1", b"x", b"y"]);
    }
    let counters = stream.counters();
    let mut digits = DecimalBuffer::new();
    append_words(
        out,
        &[
            b"XSETID",
            key,
            &id_text(counters.last_id),
            b"ENTRIESADDED",
            digits.format(counters.entries_added),
            b"MAXDELETEDID",
            &id_text(counters.max_deleted_id),
        ],
    );
    for (name, group) in stream.groups() {
        append_group(out, key, name, group);
    }
}

fn append_group(out: &mut Vec<u8>, key: &[u8], name: &[u8], group: &Group) {
    let (mut digits, mut more_digits) = (DecimalBuffer::new(), DecimalBuffer::new());
    append_words(
        out,
        &[b"XGROUP", b"CREATE", key, name, &id_text(group.last_id), b"ENTRIESREAD", digits.format(group.entries_read)],
    );
    for consumer in group.consumers() {
        if consumer.pending().is_empty() {
            append_words(out, &[b"XGROUP", b"CREATECONSUMER", key, name, &consumer.name]);
        }
        for (id, ()) in consumer.pending().iter_from(StreamId::MIN) {
            let Some(pending) = group.pending().get(id) else { continue };
            append_words(
                out,
                &[
                    b"XCLAIM",
                    key,
                    name,
                    &consumer.name,
                    b"0",
                    &id_text(id),
                    b"TIME",
                    digits.format(pending.delivered_ms),
                    b"RETRYCOUNT",
                    more_digits.format(pending.deliveries),
                    b"JUSTID",
                    b"FORCE",
                ],
            );
        }
    }
}

/// Equal are encoders that stand at the same place of equal files, as far as one can tell without reading the data.
impl PartialEq for CommandEncoder {
    fn eq(&self, other: &CommandEncoder) -> bool {
        (self.at, &self.head, self.keys_written) == (other.at, &other.head, other.keys_written)
            && self.keys_total() == other.keys_total()
    }
}

impl Eq for CommandEncoder {}

impl std::fmt::Debug for CommandEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CommandEncoder({} of {} keys)", self.keys_written, self.keys_total())
    }
}

const _: fn() = || {
    fn can_go_to_another_thread<T: Send + 'static>() {}
    can_go_to_another_thread::<CommandEncoder>();
};
