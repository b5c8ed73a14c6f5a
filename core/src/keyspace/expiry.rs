//! The expiry index: which keys of a database expire, in order of time.
//!
//! A key is named by its hash, so that an element costs 16 bytes and no copy of the key; the table finds the
//! record again, and the record's own expiry decides. Active expiry takes from the front and so costs O(log n) for
//! each key that is due, and nothing for the millions that are not; the original samples instead.
//!
//! Invariant: `(expiry, hash)` is in the index exactly if a record of the table has that hash and that expiry. (Two keys of one
//! hash and one expiry would share an element; with a 64-bit keyed hash that is not going to happen, and if it did, one
//! of them would be left to lazy expiry.)

use std::collections::BTreeSet;

use crate::structures::{KeyHash, Rng, Shed};
use crate::time::UnixMillis;

/// Volatile keys by expiry.
#[derive(Clone, Debug, Default)]
pub struct ExpiryIndex {
    order: BTreeSet<(UnixMillis, u64)>,
    /// Sum of all expiries: INFO's `avg_ttl` comes from it.
    sum_ms: i128,
}

/// What an element costs in the tree, nodes two thirds full.
pub(super) const ELEMENT_BYTES: usize = 24;

impl ExpiryIndex {
    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// O(log n).
    pub fn insert(&mut self, at: UnixMillis, hash: KeyHash) {
        if self.order.insert((at, hash.0)) {
            self.sum_ms += at.0 as i128;
        }
    }

    /// O(log n).
    pub fn remove(&mut self, at: UnixMillis, hash: KeyHash) {
        if self.order.remove(&(at, hash.0)) {
            self.sum_ms -= at.0 as i128;
        }
    }

    /// The key that expires first. O(log n).
    pub fn first(&self) -> Option<(UnixMillis, KeyHash)> {
        self.order.first().map(|&(at, hash)| (at, KeyHash(hash)))
    }

    /// An element near a random moment between the first and the last: not uniform where expiries lie unevenly.
    /// O(log n).
    pub fn near_random(&self, rng: &mut Rng) -> Option<(UnixMillis, KeyHash)> {
        let (first, last) = (self.order.first()?.0.0, self.order.last()?.0.0);
        let span = last.wrapping_sub(first) as u64;
        let at = first.wrapping_add(rng.below(span.saturating_add(1)) as i64);
        let from = (UnixMillis(at), rng.next_u64());
        let found = self.order.range(from..).next().or_else(|| self.order.first());
        found.map(|&(at, hash)| (at, KeyHash(hash)))
    }

    /// All elements in order of expiry.
    pub fn iter(&self) -> impl Iterator<Item = (UnixMillis, KeyHash)> + '_ {
        self.order.iter().map(|&(at, hash)| (at, KeyHash(hash)))
    }

    /// Mean time to live in milliseconds, 0 if there are no keys (or they are overdue).
    pub fn average_ttl_ms(&self, now: UnixMillis) -> u64 {
        if self.order.is_empty() {
            return 0;
        }
        let mean = self.sum_ms / self.order.len() as i128 - now.0 as i128;
        u64::try_from(mean).unwrap_or(0)
    }

    /// Bytes of heap, estimated.
    pub fn heap_bytes(&self) -> usize {
        self.order.len() * ELEMENT_BYTES
    }
}

impl Shed for ExpiryIndex {
    fn shed(&mut self) -> bool {
        for _ in 0..1024 {
            self.order.pop_last();
        }
        !self.order.is_empty()
    }
}
