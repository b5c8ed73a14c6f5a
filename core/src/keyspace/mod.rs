//! The keyspace: databases, expiry, LRU and LFU fields, and the write guard through which all change goes.
//!
//! - [`db`]: one database: the table of entries, the slab of large values, the expiry index.
//! - [`entry`]: what the table stores with a key, byte by byte.
//! - [`access`]: a database as a command sees it: lookups with their side effects.
//! - [`write`]: the write guard and its single commit. [`edit`]: the guard of a collection that is being changed.
//! - [`effects`]: what a call did to the data, for the engine to act on afterwards.
//! - [`discarded`]: data that was flushed and is still to be freed.
//! - [`recency`]: the LRU clock and the LFU counter.
//! - [`snapshot`]: the data at one moment, for encoders on other threads.

pub mod access;
pub mod db;
pub mod discarded;
pub mod edit;
pub mod effects;
pub mod entry;
pub mod expiry;
pub mod recency;
pub mod snapshot;
pub mod write;

pub use access::{Database, Lookup};
pub use db::Db;

pub use discarded::Discarded;
pub use edit::Edit;
pub use effects::{Effects, Event, EventClass};
pub use recency::Recency;
pub use snapshot::Snapshot;
pub use write::{Detached, Write};

use crate::structures::HashSeed;

/// Number of a database, as SELECT takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DbIndex(pub u32);

/// All databases of one server. Clone: a few pointers a database, and the expiry indices.
#[derive(Clone)]
pub struct Keyspace {
    dbs: Vec<Db>,
}

impl Keyspace {
    /// `count` empty databases, hashed with keys derived from `seed`.
    pub fn new(count: usize, seed: HashSeed) -> Keyspace {
        Keyspace { dbs: (0..count).map(|_| Db::new(seed)).collect() }
    }

    /// The secret of the tables.
    pub fn seed(&self) -> HashSeed {
        self.dbs.first().expect("there is one database at least").table().seed()
    }

    /// Number of databases (`databases` of the configuration).
    pub fn count(&self) -> usize {
        self.dbs.len()
    }

    pub fn db(&self, index: DbIndex) -> &Db {
        &self.dbs[index.0 as usize]
    }

    pub fn db_mut(&mut self, index: DbIndex) -> &mut Db {
        &mut self.dbs[index.0 as usize]
    }

    /// Databases in order, with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (DbIndex, &Db)> {
        self.dbs.iter().enumerate().map(|(i, db)| (DbIndex(i as u32), db))
    }

    /// Exchanges the contents of two databases. O(1).
    pub fn swap(&mut self, a: DbIndex, b: DbIndex) {
        self.dbs.swap(a.0 as usize, b.0 as usize);
    }

    /// Keys in all databases.
    pub fn len(&self) -> usize {
        self.dbs.iter().map(Db::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of all databases that hold live data.
    pub fn live_bytes(&self) -> usize {
        self.dbs.iter().map(Db::live_bytes).sum()
    }

    /// Bytes of heap held by all databases.
    pub fn heap_bytes(&self) -> usize {
        self.dbs.iter().map(Db::heap_bytes).sum()
    }
}
