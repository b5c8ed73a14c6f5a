//! Writing an RDB file from a snapshot, chunk by chunk: what SAVE, BGSAVE and the base of an AOF consist of.
//!
//! An encoder owns its snapshot and is `Send`: whoever runs it, on another thread or step by step, gets the same bytes. A
//! chunk has a few tens of KiB; only a single string, a packed value or the consumer groups of one stream can make it larger.
//!
//! Order and form are those of 7.0.15; keys come in the order of the table.

use super::RDB_VERSION;
use super::file::*;
use super::length::append_length;
use super::string::{append_integer, append_string};
use super::value::{self, Place};
use crate::checksum::crc64::crc64;
use crate::keyspace::entry::Payload;
use crate::keyspace::recency::RecencyPolicy;
use crate::keyspace::{DbIndex, Snapshot};
use crate::time::{Now, UnixMillis};
use crate::types::ValueRef;

/// A chunk ends soon after so many bytes.
const CHUNK_BYTES: usize = 64 * 1024;

/// What is noted of each key's use; `maxmemory-policy` decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseNote {
    Nothing,
    /// LRU policies.
    IdleTime,
    /// LFU policies.
    Frequency,
}

/// Facts and switches of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodeOptions {
    /// `rdbcompression`
    pub compression: bool,
    /// `rdbchecksum`
    pub checksum: bool,
    pub use_note: UseNote,
    pub recency: RecencyPolicy,
    /// The moment of the snapshot.
    pub now: Now,
    pub redis_version: &'static str,
    pub used_memory_bytes: u64,
    /// The file is the base of an AOF.
    pub aof_base: bool,
    /// Where the data stands in the history of its replication, if it has one: database, id, offset.
    pub replication: Option<(u32, String, u64)>,
    /// Source code of the libraries of functions.
    pub libraries: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Head,
    /// The database that comes next.
    Database(u32),
    /// Database, page, record within it.
    Keys(u32, usize, usize),
    /// As before: in the middle of that record's value.
    Value(u32, usize, usize, Place),
    End,
    Over,
}

/// A file in the making.
#[derive(Clone)]
pub struct RdbEncoder {
    snapshot: Snapshot,
    options: EncodeOptions,
    stage: Stage,
    checksum: u64,
    keys_written: u64,
    bytes_written: u64,
}

impl RdbEncoder {
    pub fn new(snapshot: Snapshot, options: EncodeOptions) -> RdbEncoder {
        RdbEncoder { snapshot, options, stage: Stage::Head, checksum: 0, keys_written: 0, bytes_written: 0 }
    }

    /// Replaces `chunk` by the next bytes of the file. `false`: there are no more. O(chunk).
    pub fn next_chunk(&mut self, chunk: &mut Vec<u8>) -> bool {
        chunk.clear();
        if self.stage == Stage::Over {
            return false;
        }
        while chunk.len() < CHUNK_BYTES && self.stage != Stage::Over {
            self.stage = self.step(chunk);
        }
        if self.options.checksum {
            // Of the whole chunk: many short pieces would take longer.
            self.checksum = crc64(self.checksum, chunk);
        }
        if self.stage == Stage::Over {
            chunk.extend_from_slice(&self.checksum.to_le_bytes());
        }
        self.bytes_written += chunk.len() as u64;
        true
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

    fn step(&mut self, out: &mut Vec<u8>) -> Stage {
        match self.stage {
            Stage::Head => {
                self.append_head(out);
                Stage::Database(0)
            }
            Stage::Database(db) if db as usize == self.snapshot.count() => Stage::End,
            Stage::Database(db) => self.append_database(out, db),
            Stage::Keys(db, page, record) => self.append_keys(out, db, page, record),
            Stage::Value(db, page, record, place) => self.append_value(out, db, page, record, place),
            Stage::End => {
                out.push(OPCODE_END);
                Stage::Over
            }
            Stage::Over => Stage::Over,
        }
    }

    fn append_head(&self, out: &mut Vec<u8>) {
        let options = &self.options;
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(format!("{RDB_VERSION:04}").as_bytes());
        append_aux(out, "redis-ver", options.redis_version.as_bytes());
        append_aux(out, "redis-bits", b"64");
        append_aux_number(out, "ctime", options.now.unix_s());
        append_aux_number(out, "used-mem", options.used_memory_bytes);
        if let Some((db, id, offset)) = &options.replication {
            append_aux_number(out, "repl-stream-db", u64::from(*db));
            append_aux(out, "repl-id", id.as_bytes());
            append_aux_number(out, "repl-offset", *offset);
        }
        append_aux_number(out, "aof-base", u64::from(options.aof_base));
        for code in &options.libraries {
            out.push(OPCODE_FUNCTION);
            append_string(out, code, options.compression);
        }
    }

    fn append_database(&self, out: &mut Vec<u8>, index: u32) -> Stage {
        let db = self.snapshot.db(DbIndex(index));
        if db.is_empty() {
            return Stage::Database(index + 1);
        }
        out.push(OPCODE_SELECT);
        append_length(out, u64::from(index));
        out.push(OPCODE_RESIZE);
        append_length(out, db.len() as u64);
        append_length(out, db.volatile_count() as u64);
        Stage::Keys(index, 0, 0)
    }

    /// Appends the keys of one page from number `record` on, up to one whose value is so big that it takes pieces.
    fn append_keys(&mut self, out: &mut Vec<u8>, db: u32, page: usize, record: usize) -> Stage {
        let stop_bytes = out.len().max(CHUNK_BYTES);
        let data = self.snapshot.db(DbIndex(db));
        for (at, (key, payload, value)) in data.page_entries(page).enumerate().skip(record) {
            append_key(out, key, payload, value, &self.options);
            let mut place = Place::default();
            if !value::append_piece(out, value, self.options.compression, &mut place, stop_bytes) {
                return Stage::Value(db, page, at, place);
            }
            self.keys_written += 1;
        }
        if page + 1 < data.page_count() { Stage::Keys(db, page + 1, 0) } else { Stage::Database(db + 1) }
    }

    fn append_value(&mut self, out: &mut Vec<u8>, db: u32, page: usize, record: usize, mut place: Place) -> Stage {
        let entry = self.snapshot.db(DbIndex(db)).page_entries(page).nth(record);
        let (_, _, value) = entry.expect("a snapshot does not change");
        if !value::append_piece(out, value, self.options.compression, &mut place, CHUNK_BYTES) {
            return Stage::Value(db, page, record, place);
        }
        self.keys_written += 1;
        Stage::Keys(db, page, record + 1)
    }
}

/// What precedes a value: expiry, use, type, key.
fn append_key(out: &mut Vec<u8>, key: &[u8], payload: Payload<'_>, value: ValueRef<'_>, options: &EncodeOptions) {
    if let Some(UnixMillis(at)) = payload.expiry() {
        out.push(OPCODE_EXPIRY_MS);
        out.extend_from_slice(&at.to_le_bytes());
    }
    match options.use_note {
        UseNote::Nothing => {}
        UseNote::IdleTime => {
            out.push(OPCODE_IDLE);
            append_length(out, payload.recency().idle_s(options.now));
        }
        UseNote::Frequency => {
            out.push(OPCODE_FREQUENCY);
            out.push(payload.recency().decayed(options.now, options.recency));
        }
    }
    out.push(value::type_of(value));
    append_string(out, key, options.compression);
}

fn append_aux(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.push(OPCODE_AUX);
    append_string(out, name.as_bytes(), true);
    append_string(out, value, true);
}

fn append_aux_number(out: &mut Vec<u8>, name: &str, value: u64) {
    out.push(OPCODE_AUX);
    append_string(out, name.as_bytes(), true);
    append_integer(out, value as i64);
}

/// Equal are encoders that stand at the same place of equal files, as far as one can tell without reading the data.
impl PartialEq for RdbEncoder {
    fn eq(&self, other: &RdbEncoder) -> bool {
        (self.stage, self.checksum, self.keys_written) == (other.stage, other.checksum, other.keys_written)
            && self.options == other.options
            && self.keys_total() == other.keys_total()
    }
}

impl Eq for RdbEncoder {}

impl std::fmt::Debug for RdbEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RdbEncoder({} of {} keys)", self.keys_written, self.keys_total())
    }
}

const _: fn() = || {
    fn can_go_to_another_thread<T: Send + 'static>() {}
    can_go_to_another_thread::<RdbEncoder>();
};
