//! A map from bytes to bytes of any length: the table, and a slab for values too long for its pages. Big hashes are one.
//!
//! ```text
//!   payload of a record   the value itself, if it has at most INLINE_BYTES_MAX bytes
//!                         0xFF and the id in the slab (5 bytes) otherwise
//! ```
//!
//! A value of 5 bytes that begins with 0xFF could be taken for the second; such values live in the slab, too.
//!
//! Invariants: each object of the slab belongs to one record; `long_bytes` is what they hold.

use std::sync::Arc;

use super::directory::ARC_HEAD_BYTES;
use super::rng::Rng;
use super::shed::Shed;
use super::slab::Slab;
use super::table::{HashSeed, Repeated, Slot, Table, TableBuilder};

/// Longest value kept inside a page.
const INLINE_BYTES_MAX: usize = 512;
const OUTSIDE: u8 = 0xff;
const OUTSIDE_BYTES: usize = 5;

/// A map with snapshots: Clone is a few pointers.
#[derive(Clone, Debug)]
pub struct ByteMap {
    table: Table,
    long: Slab<Arc<[u8]>>,
    long_bytes: usize,
}

impl ByteMap {
    pub fn new(seed: HashSeed) -> ByteMap {
        ByteMap { table: Table::new(seed), long: Slab::new(), long_bytes: 0 }
    }

    pub fn len(&self) -> usize {
        self.table.len()
    }

    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The table underneath, for its statistics.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The value of `key`. O(1).
    #[inline]
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        let slot = self.table.find(self.table.hash(key), key)?;
        Some(self.decode(self.table.payload(slot)))
    }

    pub fn contains(&self, key: &[u8]) -> bool {
        self.table.find(self.table.hash(key), key).is_some()
    }

    /// Sets the value of `key`. Whether the key is new. O(1).
    pub fn insert(&mut self, key: &[u8], value: &[u8]) -> bool {
        let hash = self.table.hash(key);
        let slot = self.table.find(hash, key);
        if let Some(slot) = slot {
            self.free_outside(slot);
        }
        let mut outside = [OUTSIDE; OUTSIDE_BYTES];
        let payload = if fits_inside(value) {
            value
        } else {
            self.long_bytes += ARC_HEAD_BYTES + value.len();
            outside[1..].copy_from_slice(&self.long.insert(value.into()).to_le_bytes());
            &outside
        };
        let (_, place) = match slot {
            Some(slot) => self.table.resize_payload(slot, payload.len()),
            None => self.table.insert(hash, key, payload.len()),
        };
        place.copy_from_slice(payload);
        slot.is_none()
    }

    /// Removes `key`. Whether it was there. O(1).
    pub fn remove(&mut self, key: &[u8]) -> bool {
        let Some(slot) = self.table.find(self.table.hash(key), key) else { return false };
        self.free_outside(slot);
        self.table.remove(slot);
        true
    }

    /// All keys and values, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.table.iter().map(|(key, payload)| (key, self.decode(payload)))
    }

    /// The keys and values of one page of the table, for walking piece by piece.
    pub fn iter_page(&self, page: usize) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.table.iter_page(page).map(|(key, payload)| (key, self.decode(payload)))
    }

    /// A key with its value, each with the same probability.
    pub fn random(&self, rng: &mut Rng) -> Option<(&[u8], &[u8])> {
        let slot = self.table.random(rng)?;
        Some((self.table.key(slot), self.decode(self.table.payload(slot))))
    }

    /// As [`Table::scan`].
    pub fn scan(&self, cursor: u64, count: usize, mut visit: impl FnMut(&[u8], &[u8])) -> u64 {
        self.table.scan(cursor, count, |key, payload| visit(key, self.decode(payload)))
    }

    /// Bytes of heap held. O(1).
    pub fn heap_bytes(&self) -> usize {
        self.table.heap_bytes() + self.long.heap_bytes() + self.long_bytes
    }

    /// Panics on a broken invariant. O(n).
    pub fn check(&self) {
        assert_eq!(self.table.recount(), self.table.heap_bytes());
        let outside: Vec<&[u8]> = self
            .table
            .iter()
            .filter(|(_, payload)| is_outside(payload))
            .map(|(_, payload)| self.decode(payload))
            .collect();
        assert_eq!(outside.len(), self.long.len());
        let bytes: usize = outside.iter().map(|value| ARC_HEAD_BYTES + value.len()).sum();
        assert_eq!(bytes, self.long_bytes);
        assert!(outside.iter().all(|value| !fits_inside(value)));
    }

    #[inline]
    fn decode<'a>(&'a self, payload: &'a [u8]) -> &'a [u8] {
        if is_outside(payload) {
            self.long.get(outside_id(payload)).expect("a long value is in the slab")
        } else {
            payload
        }
    }

    fn free_outside(&mut self, slot: Slot) {
        let payload = self.table.payload(slot);
        if is_outside(payload) {
            let value = self.long.remove(outside_id(payload)).expect("a long value is in the slab");
            self.long_bytes -= ARC_HEAD_BYTES + value.len();
        }
    }
}

impl Shed for ByteMap {
    fn shed(&mut self) -> bool {
        self.table.shed() || self.long.shed()
    }
}

/// A map made of many pairs at once, for loading.
#[derive(Clone, Debug)]
pub struct ByteMapBuilder {
    table: TableBuilder,
    long: Slab<Arc<[u8]>>,
    long_bytes: usize,
}

impl ByteMapBuilder {
    /// `expected`: the number of pairs, as far as it is known.
    pub fn new(seed: HashSeed, expected: usize) -> ByteMapBuilder {
        ByteMapBuilder { table: TableBuilder::new(seed, expected), long: Slab::new(), long_bytes: 0 }
    }

    /// Adds a key with its value. O(its bytes) on average.
    #[inline]
    pub fn add(&mut self, key: &[u8], value: &[u8]) {
        if fits_inside(value) {
            return self.table.add(key, value);
        }
        self.long_bytes += ARC_HEAD_BYTES + value.len();
        let mut outside = [OUTSIDE; OUTSIDE_BYTES];
        outside[1..].copy_from_slice(&self.long.insert(value.into()).to_le_bytes());
        self.table.add(key, &outside);
    }

    /// The map. Errors: a key was added twice.
    pub fn finish(self) -> Result<ByteMap, Repeated> {
        Ok(ByteMap { table: self.table.finish()?, long: self.long, long_bytes: self.long_bytes })
    }
}

#[inline]
fn is_outside(payload: &[u8]) -> bool {
    payload.len() == OUTSIDE_BYTES && payload[0] == OUTSIDE
}

fn fits_inside(value: &[u8]) -> bool {
    value.len() <= INLINE_BYTES_MAX && !is_outside(value)
}

fn outside_id(payload: &[u8]) -> u32 {
    u32::from_le_bytes(payload[1..].try_into().expect("four bytes of an id"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..9),
            prop::collection::vec(prop::sample::select(vec![0xff, 0u8]), 5),
            (500usize..2000, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
        ]
    }

    proptest! {
        #[test]
        fn a_map_that_is_built_is_that_map(pairs in prop::collection::btree_map("[a-z]{0,9}", value(), 0..300)) {
            let mut builder = ByteMapBuilder::new(HashSeed(1, 2), 0);
            pairs.iter().for_each(|(key, value)| builder.add(key.as_bytes(), value));
            let map = builder.finish().expect("keys differ");
            map.check();
            prop_assert_eq!(map.len(), pairs.len());
            prop_assert!(pairs.iter().all(|(key, value)| map.get(key.as_bytes()) == Some(value)));
        }

        #[test]
        fn it_is_a_map_and_its_snapshots_stay(
            ops in prop::collection::vec((0u16..60, prop::option::of(value()), prop::bool::weighted(0.05)), 1..300),
        ) {
            let (mut map, mut model) = (ByteMap::new(HashSeed(1, 2)), BTreeMap::new());
            let mut snapshots = Vec::new();
            for (key, value, snapshot) in ops {
                let key = vec![b'k'; usize::from(key) * 5 + 1];
                match value {
                    Some(value) => prop_assert_eq!(map.insert(&key, &value), model.insert(key, value).is_none()),
                    None => prop_assert_eq!(map.remove(&key), model.remove(&key).is_some()),
                }
                if snapshot {
                    snapshots.push((map.clone(), model.clone()));
                }
            }
            snapshots.push((map, model));
            for (map, model) in snapshots {
                map.check();
                prop_assert_eq!(map.len(), model.len());
                let found: BTreeMap<Vec<u8>, Vec<u8>> = map.iter().map(|(k, v)| (k.to_vec(), v.to_vec())).collect();
                prop_assert_eq!(&found, &model);
                prop_assert!(model.iter().all(|(key, value)| map.get(key) == Some(value)));
            }
        }
    }
}
