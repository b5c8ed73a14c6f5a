//! Any bytes as a file: refused with a place, or a data set that is sound and makes a file that reads back as the same.

use super::decoder::{RdbDecoder, RdbError, Record};
use super::encoder::{EncodeOptions, RdbEncoder, UseNote};
use crate::keyspace::recency::RecencyPolicy;
use crate::keyspace::{DbIndex, Keyspace, Recency};
use crate::structures::HashSeed;
use crate::time::Now;
use crate::types::Limits;

const DATABASES: usize = 16;
/// Small, so that records lie across chunks.
const CHUNK_BYTES: usize = 48;

/// What `cargo fuzz run rdb` calls; the checksum is not looked at, or nothing would get behind it.
pub fn fuzz_file(data: &[u8]) {
    let keyspace = match decoded(data) {
        Ok(keyspace) => keyspace,
        Err(error) => return assert!(error.offset <= data.len() as u64, "{error}"),
    };
    keyspace.iter().for_each(|(_, db)| db.check());
    let options = EncodeOptions {
        compression: true,
        checksum: true,
        use_note: UseNote::Nothing,
        recency: RecencyPolicy::default(),
        now: Now::default(),
        redis_version: "7.0.15",
        used_memory_bytes: 0,
        aof_base: false,
        replication: None,
        libraries: Vec::new(),
    };
    let mut encoder = RdbEncoder::new(keyspace.snapshot(), options);
    let (mut file, mut chunk) = (Vec::new(), Vec::new());
    while encoder.next_chunk(&mut chunk) {
        file.extend_from_slice(&chunk);
    }
    let again = decoded(&file).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(keyspace.len(), again.len());
}

fn decoded(file: &[u8]) -> Result<Keyspace, RdbError> {
    let limits = Limits::default();
    let mut keyspace = Keyspace::new(DATABASES, HashSeed(1, 2));
    let mut decoder = RdbDecoder::new(file.len() as u64, false);
    let (mut fed, mut db) = (0, DbIndex(0));
    loop {
        match decoder.next(&limits)? {
            Record::Wants(bytes) => {
                let end = file.len().min(fed + CHUNK_BYTES.max(bytes as usize));
                assert!(end > fed, "what it wants is there");
                decoder.feed(&file[fed..end]);
                fed = end;
            }
            Record::Select(number) => db = DbIndex((number % DATABASES as u64) as u32),
            Record::Key(mut record) => {
                let db = keyspace.db_mut(db);
                let hash = db.hash(&record.key);
                let slot = db.find(hash, &record.key);
                db.store(hash, &record.key, slot, record.value.take_new(), record.expiry, Recency::from_bits(0));
            }
            Record::EmptyKey(_) | Record::Fact { .. } | Record::Library(_) | Record::Resize { .. } => {}
            Record::End { .. } => return Ok(keyspace),
        }
    }
}
