//! From the records of a data set to the keyspace.
//!
//! Short values are gathered and stored some dozens at a time; whatever else comes in between has them stored first, so that the order
//! of the file counts. How many keys there will be is believed only as far as the rest of the file can stand for.

use super::{Engine, Loading, Purpose};
use crate::config::LogLevel;
use crate::keyspace::db::NewValue;
use crate::keyspace::{DbIndex, Recency};
use crate::rdb::decoder::{KeyRecord, Record};
use crate::rdb::value::Loaded;
use crate::structures::KeyHash;
use crate::time::UnixMillis;
use crate::types::{INLINE_PACKED_BYTES_MAX, PackedKind};

/// Short values that are stored together, so that their places in memory are fetched together: on ten million small keys
/// a third of the time was waiting for memory.
const BATCH_KEYS: usize = 64;
/// Key and value of a short value, in bytes.
const BATCHED_BYTES_MAX: usize = INLINE_PACKED_BYTES_MAX + 128;
/// After so many keys of a database it is known how long they are, and the table is prepared for all.
const KEYS_SAMPLED: usize = 2048;
/// In a table keys and values are thought to be at most so much longer than in the file.
const EXPANSION_EXPECTED_MAX: usize = 4;
/// Empty keys that are named in the log.
const EMPTY_KEYS_NAMED: u64 = 10;

/// Short values of one database that have been decoded and are not stored yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    entries: Vec<BatchEntry>,
}

/// Key and value lie in the batch's bytes, one after the other.
#[derive(Clone, Copy, Debug)]
struct BatchEntry {
    hash: KeyHash,
    key_start: u32,
    value_start: u32,
    value_end: u32,
    /// `None`: a string.
    kind: Option<PackedKind>,
    expiry: Option<UnixMillis>,
    recency: Recency,
}

/// What ends the loading.
pub(super) struct Failure {
    pub text: String,
    /// Where in the file, if it is not where the decoder stands.
    pub offset: Option<u64>,
}

impl Failure {
    fn here(text: String) -> Failure {
        Failure { text, offset: None }
    }
}

impl Engine {
    pub(super) fn decode_into(&mut self, loading: &mut Loading) -> Result<bool, Failure> {
        let limits = self.policy.limits;
        let may_replace = matches!(loading.purpose, Purpose::Reload(_, options) if options.merge);
        // In the base of a log they stay: what follows in the log was done to them while they lived.
        let drops_expired = !matches!(loading.purpose, Purpose::StartOfLog | Purpose::LogAgain(_));
        loop {
            match loading.decoder.next(&limits) {
                Ok(Record::Wants(_)) => return self.store_batch(loading).map(|()| false),
                Ok(Record::Key(record)) => {
                    if drops_expired && record.expiry.is_some_and(|at| at < loading.started.unix_ms()) {
                        loading.keys_expired += 1;
                        continue;
                    }
                    loading.keys_loaded += 1;
                    let (recency, expiry) = (self.loaded_recency(&record), record.expiry);
                    let hash = self.keyspace.db(loading.db).hash(&record.key);
                    if let Some((kind, value)) = batched(&record) {
                        loading.batch.push(hash, &record.key, kind, value, expiry, recency);
                        if loading.batch.entries.len() == BATCH_KEYS {
                            self.store_batch(loading)?;
                        }
                        continue;
                    }
                    let (key, mut value) = (record.key.into_owned(), record.value.into_owned());
                    if loading.batch.entries.iter().any(|entry| entry.hash == hash) {
                        // The same key, perhaps: the order counts.
                        self.store_batch(loading)?;
                    }
                    self.store_loaded(loading.db, hash, &key, value.take_new(), expiry, recency, may_replace)?;
                }
                Ok(Record::Select(number)) => {
                    self.store_batch(loading)?;
                    self.keyspace.db_mut(loading.db).settle();
                    if number >= self.keyspace.count() as u64 {
                        let count = self.keyspace.count();
                        return Err(Failure::here(format!(
                            "FATAL: Data file was created with a Redis server configured to handle more than {count} \
                             databases. Exiting"
                        )));
                    }
                    loading.db = DbIndex(number as u32);
                }
                Ok(Record::Resize { keys, .. }) => loading.keys_expected = keys,
                Ok(Record::Fact { name, value }) => {
                    let (name, value) = (name.into_owned(), value.into_owned());
                    self.note_fact(loading, &name, &value);
                }
                Ok(Record::Library(code)) => {
                    let code = code.into_owned();
                    if let Err(reason) = self.take_in_library(&code, may_replace) {
                        let reason = String::from_utf8_lossy(&reason).into_owned();
                        return Err(Failure::here(format!("Failed creating the library: {reason}")));
                    }
                }
                Ok(Record::EmptyKey(key)) => {
                    if loading.keys_empty < EMPTY_KEYS_NAMED {
                        let key = String::from_utf8_lossy(&key).into_owned();
                        self.warn(format!("rdbLoadObject skipping empty key: {key}"));
                    }
                    loading.keys_empty += 1;
                }
                Ok(Record::End { has_checksum }) => {
                    self.store_batch(loading)?;
                    self.keyspace.db_mut(loading.db).settle();
                    if !has_checksum && self.config.rdbchecksum {
                        self.log(LogLevel::Notice, "RDB file was saved with checksum disabled: no check performed.");
                    }
                    return Ok(true);
                }
                Err(error) => {
                    return Err(Failure { text: error.reason.to_string(), offset: Some(error.offset) });
                }
            }
        }
    }

    fn loaded_recency(&self, record: &KeyRecord<'_>) -> Recency {
        let policy = self.policy.recency;
        match (policy.lfu, record.frequency, record.idle_s) {
            (true, Some(frequency), _) => Recency::with_frequency(self.now, frequency),
            (false, _, Some(idle_s)) => Recency::idle_for(self.now, idle_s as i64),
            _ => Recency::created(self.now, policy),
        }
    }

    /// Stores what has been gathered. Errors: a key is there already.
    fn store_batch(&mut self, loading: &mut Loading) -> Result<(), Failure> {
        let may_replace = matches!(loading.purpose, Purpose::Reload(_, options) if options.merge);
        let batch = &mut loading.batch;
        self.keyspace.db(loading.db).table().warm(batch.entries.iter().map(|entry| entry.hash));
        for entry in &batch.entries {
            let key = &batch.bytes[entry.key_start as usize..entry.value_start as usize];
            let value = &batch.bytes[entry.value_start as usize..entry.value_end as usize];
            let value = match entry.kind {
                None => NewValue::String(value),
                Some(kind) => NewValue::Packed(kind, value),
            };
            self.store_loaded(loading.db, entry.hash, key, value, entry.expiry, entry.recency, may_replace)?;
        }
        batch.bytes.clear();
        batch.entries.clear();
        let db = self.keyspace.db_mut(loading.db);
        if loading.keys_expected > 0 && db.len() >= KEYS_SAMPLED {
            // A claim: what the rest of the file can stand for is the most.
            let rest_bytes = loading.file_bytes.saturating_sub(loading.decoder.offset());
            let keys = std::mem::take(&mut loading.keys_expected).min(rest_bytes);
            db.expect(keys as usize, (rest_bytes as usize).saturating_mul(EXPANSION_EXPECTED_MAX));
        }
        Ok(())
    }

    /// Stores a key. Errors: it is there already, and may not be replaced.
    #[allow(clippy::too_many_arguments)]
    fn store_loaded(
        &mut self,
        index: DbIndex,
        hash: KeyHash,
        key: &[u8],
        value: NewValue<'_>,
        expiry: Option<UnixMillis>,
        recency: Recency,
        may_replace: bool,
    ) -> Result<(), Failure> {
        let db = self.keyspace.db_mut(index);
        let slot = db.find(hash, key);
        if slot.is_some() && !may_replace {
            let key = String::from_utf8_lossy(key);
            return Err(Failure::here(format!("RDB has duplicated key '{key}' in DB {}", index.0)));
        }
        db.store(hash, key, slot, value, expiry, recency);
        Ok(())
    }

    /// Says in the log what a file says of itself.
    fn note_fact(&mut self, loading: &mut Loading, name: &[u8], value: &[u8]) {
        let shown = String::from_utf8_lossy(value).into_owned();
        let number = shown.parse::<u64>().unwrap_or(0);
        let text = match &name.to_ascii_lowercase()[..] {
            b"redis-ver" => format!("Loading RDB produced by version {shown}"),
            b"ctime" => format!("RDB age {} seconds", self.now.unix_s().saturating_sub(number)),
            b"used-mem" => {
                loading.used_memory_bytes = number;
                format!("RDB memory usage when created {:.2} Mb", number as f64 / (1024.0 * 1024.0))
            }
            b"aof-preamble" if number == 1 => "RDB has an AOF tail".into(),
            [b'%', ..] => format!("RDB '{}': {shown}", String::from_utf8_lossy(name)),
            _ => return,
        };
        self.log(LogLevel::Notice, text);
    }
}

impl Batch {
    fn push(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        kind: Option<PackedKind>,
        value: &[u8],
        expiry: Option<UnixMillis>,
        recency: Recency,
    ) {
        let key_start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(key);
        let value_start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(value);
        let value_end = self.bytes.len() as u32;
        self.entries.push(BatchEntry { hash, key_start, value_start, value_end, kind, expiry, recency });
    }
}

/// The bytes of a value that is short enough for a batch; of a packed collection with its kind.
fn batched<'r>(record: &'r KeyRecord<'_>) -> Option<(Option<PackedKind>, &'r [u8])> {
    let (kind, value) = match &record.value {
        Loaded::String(value) => (None, value),
        Loaded::Packed(kind, value) => (Some(*kind), value),
        Loaded::Object(_) => return None,
    };
    (record.key.len() + value.len() <= BATCHED_BYTES_MAX).then_some((kind, value))
}
