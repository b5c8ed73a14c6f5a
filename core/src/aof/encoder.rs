//! A whole data set as commands: the base of a log without `aof-use-rdb-preamble`.
//!
//! ```text
//!   #TS:…  FUNCTION LOAD …  SELECT 0  SET k v  RPUSH l …  PEXPIREAT k …  SELECT 1 …
//! ```
//!
//! An encoder owns its snapshot and is `Send`. A chunk has a few tens of KiB, and a single element at most beyond that: large values are
//! written in pieces ([`value`](super::value)).
//!
//! Form and order are those of 7.0.15, keys come in the order of the table. Deviation: entries of streams that are pending but no
//! longer there ([`stream`](super::stream)).

use super::request::append_request;
use super::value::{Place, append_piece, append_words};
use crate::args::OwnedArgs;
use crate::keyspace::{DbIndex, Snapshot};
use crate::numbers::integer::DecimalBuffer;
use crate::time::UnixMillis;

/// A chunk ends soon after so many bytes.
const CHUNK_BYTES: usize = 64 * 1024;

/// Commands in the making.
#[derive(Clone)]
pub struct CommandEncoder {
    snapshot: Snapshot,
    head: Vec<u8>,
    /// What comes next: database, page, record, and where in its value.
    at: (u32, usize, usize, Place),
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
        CommandEncoder { snapshot, head, at: (0, 0, 0, Place::Begin), keys_written: 0, bytes_written: 0 }
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
        let (index, page, record, mut place) = self.at;
        let db = self.snapshot.db(DbIndex(index));
        if (page, record, place) == (0, 0, Place::Begin) {
            if db.is_empty() {
                self.at = (index + 1, 0, 0, Place::Begin);
                return;
            }
            append_request(out, OwnedArgs::from_iter(["SELECT", &index.to_string()]).as_args());
        }
        for (at, (key, payload, value)) in db.page_entries(page).enumerate().skip(record) {
            if !append_piece(out, key, value, &mut place, CHUNK_BYTES) {
                self.at = (index, page, at, place);
                return;
            }
            place = Place::Begin;
            if let Some(UnixMillis(at_ms)) = payload.expiry() {
                let mut digits = DecimalBuffer::new();
                append_words(out, &[b"PEXPIREAT", key, digits.format(at_ms)]);
            }
            self.keys_written += 1;
            if out.len() >= CHUNK_BYTES {
                self.at = (index, page, at + 1, Place::Begin);
                return;
            }
        }
        let is_last = page + 1 == db.page_count();
        self.at = if is_last { (index + 1, 0, 0, Place::Begin) } else { (index, page + 1, 0, Place::Begin) };
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
