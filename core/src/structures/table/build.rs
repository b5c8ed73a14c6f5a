//! A table made of many records at once, for loading.
//!
//! Records are gathered, then each page is made in its final size, its records one after the other: no page grows, splits
//! or is copied. What is gathered is bounded; of a larger table the first records are built so and the others inserted in
//! batches, whose pages are asked of the memory together.

use std::sync::Arc;

use super::grow::page_len_for;
use super::page::{self, INLINE_KEY_MAX, KeyPart, Tags};
use super::{HashSeed, KeyHash, PAGE_BYTES_AVERAGE, Table};

/// What is gathered before the first pages are built.
const RECORDS_MAX: usize = 1 << 16;
const BYTES_MAX: usize = 4 << 20;
/// Records of a later batch.
const BATCH_RECORDS: usize = 64;

/// A key was given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated;

/// Gathers records with different keys.
#[derive(Clone, Debug)]
pub struct TableBuilder {
    table: Table,
    /// Keys and payloads, one after the other.
    bytes: Vec<u8>,
    records: Vec<Gathered>,
    is_repeated: bool,
}

#[derive(Clone, Copy, Debug)]
struct Gathered {
    hash: KeyHash,
    key_start: u32,
    payload_start: u32,
    end: u32,
}

impl TableBuilder {
    /// `expected`: the number of records, as far as it is known.
    pub fn new(seed: HashSeed, expected: usize) -> TableBuilder {
        let records = Vec::with_capacity(expected.min(RECORDS_MAX));
        TableBuilder { table: Table::new(seed), bytes: Vec::new(), records, is_repeated: false }
    }

    /// Adds a record. O(its bytes) on average. Panics above [`super::PAYLOAD_BYTES_MAX`].
    #[inline]
    pub fn add(&mut self, key: &[u8], payload: &[u8]) {
        assert!(payload.len() <= super::PAYLOAD_BYTES_MAX);
        let hash = self.table.hash(key);
        if key.len() > INLINE_KEY_MAX {
            self.flush();
            return self.insert(hash, key, payload);
        }
        let key_start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(key);
        let payload_start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(payload);
        self.records.push(Gathered { hash, key_start, payload_start, end: self.bytes.len() as u32 });
        let is_full = match self.table.is_empty() {
            true => self.records.len() == RECORDS_MAX || self.bytes.len() > BYTES_MAX,
            false => self.records.len() == BATCH_RECORDS,
        };
        if is_full {
            self.flush();
        }
    }

    /// The table. Errors: a key was added twice.
    pub fn finish(mut self) -> Result<Table, Repeated> {
        self.flush();
        if self.is_repeated { Err(Repeated) } else { Ok(self.table) }
    }

    fn flush(&mut self) {
        if self.table.is_empty() {
            self.build();
        } else {
            self.table.warm(self.records.iter().map(|record| record.hash));
            let (bytes, records) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.records));
            for record in &records {
                self.insert(record.hash, record.key(&bytes), record.payload(&bytes));
            }
            (self.bytes, self.records) = (bytes, records);
        }
        self.bytes.clear();
        self.records.clear();
    }

    fn insert(&mut self, hash: KeyHash, key: &[u8], payload: &[u8]) {
        if self.table.find(hash, key).is_some() {
            self.is_repeated = true;
        } else {
            self.table.insert(hash, key, payload.len()).1.copy_from_slice(payload);
        }
    }

    /// Makes the pages of an empty table of what has been gathered.
    fn build(&mut self) {
        let Self { table, bytes, records, is_repeated } = self;
        let live = records.iter().map(|record| record.len() + page::SLOT_BYTES).sum::<usize>();
        for _ in table.pages.len()..live.div_ceil(PAGE_BYTES_AVERAGE) {
            table.pages.push(None);
        }
        table.mask = (2 << table.pages.len().ilog2()) - 1;
        // Sorted by page: how many come before each, then every record to its place.
        let mut ends = vec![0u32; table.pages.len()];
        records.iter().for_each(|record| ends[table.page_of(record.hash)] += 1);
        let mut before = 0;
        for end in &mut ends {
            (*end, before) = (before, before + *end);
        }
        let mut order = vec![0u32; records.len()];
        for (index, record) in records.iter().enumerate() {
            let end = &mut ends[table.page_of(record.hash)];
            order[*end as usize] = index as u32;
            *end += 1;
        }
        table.counts.clear();
        let mut start = 0;
        for (at, &end) in ends.iter().enumerate() {
            let here = order[start..end as usize].iter().map(|&index| &records[index as usize]);
            let made = made_page(here, bytes);
            *is_repeated |= made.is_repeated;
            table.live += made.live;
            table.len += made.records;
            if made.records >= table.counts.len() {
                table.counts.resize(made.records + 1, 0);
            }
            table.counts[made.records] += 1;
            table.set_page(at, made.page);
            start = end as usize;
        }
    }
}

impl Gathered {
    fn key(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.key_start as usize..self.payload_start as usize]
    }

    fn payload(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.payload_start as usize..self.end as usize]
    }

    /// Bytes of the record in a page.
    fn len(self) -> usize {
        let payload_len = (self.end - self.payload_start) as usize;
        page::head_len(payload_len) + (self.end - self.key_start) as usize
    }
}

/// A page, and what it adds to the table's sums.
struct Made {
    page: Option<Arc<[u8]>>,
    records: usize,
    live: usize,
    is_repeated: bool,
}

fn made_page<'r>(records: impl ExactSizeIterator<Item = &'r Gathered> + Clone, bytes: &[u8]) -> Made {
    let count = records.len();
    if count == 0 {
        return Made { page: None, records: 0, live: 0, is_repeated: false };
    }
    let needed: usize = records.clone().map(|record| record.len()).sum();
    let mut page = page::blank(page_len_for(page::bytes_for(count, needed), needed / count));
    let to = Arc::get_mut(&mut page).expect("nobody else has seen the new page");
    let mut is_repeated = false;
    for record in records {
        let (key, payload, tags) = (record.key(bytes), record.payload(bytes), Tags::of(record.hash.0));
        if page::search(to, tags, |_, position| page::has_inline_key(to, position, key)).is_some() {
            is_repeated = true;
            continue;
        }
        let position = page::push(to, tags, KeyPart::Inline(key), payload.len());
        page::payload_mut(to, position).copy_from_slice(payload);
    }
    let records = page::count(to);
    let live = page::record_bytes(to) + records * page::SLOT_BYTES;
    Made { page: Some(page), records, live, is_repeated }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    fn built(records: &[(Vec<u8>, Vec<u8>)]) -> Result<Table, Repeated> {
        let mut builder = TableBuilder::new(HashSeed(1, 2), records.len());
        records.iter().for_each(|(key, payload)| builder.add(key, payload));
        builder.finish()
    }

    fn assert_holds(table: &Table, records: &BTreeMap<Vec<u8>, Vec<u8>>) {
        assert_eq!(table.recount(), table.heap_bytes());
        assert_eq!(table.len(), records.len());
        for (key, payload) in records {
            let slot = table.find(table.hash(key), key).expect("it was added");
            assert_eq!(table.payload(slot), payload);
        }
    }

    proptest! {
        #[test]
        fn a_table_that_is_built_holds_what_was_added_and_goes_on_living(
            records in prop::collection::btree_map(
                prop::collection::vec(any::<u8>(), 0..300),
                prop::collection::vec(any::<u8>(), 0..300),
                0..400,
            ),
        ) {
            let all: Vec<_> = records.clone().into_iter().collect();
            let mut table = built(&all).expect("keys of a map differ");
            assert_holds(&table, &records);
            for (key, _) in all.iter().step_by(2) {
                table.remove(table.find(table.hash(key), key).expect("it is there"));
            }
            for number in 0..200u32 {
                let key = number.to_le_bytes();
                let hash = table.hash(&key);
                if table.find(hash, &key).is_none() {
                    table.insert(hash, &key, 3);
                }
            }
            prop_assert_eq!(table.recount(), table.heap_bytes());
        }

        #[test]
        fn a_table_with_expectations_is_the_same_and_no_larger_in_the_end(
            first in 1u32..300, more in 0u32..3000, expected in 0usize..5000, bytes_max in 0usize..400_000,
        ) {
            let mut table = Table::new(HashSeed(1, 2));
            let add = |table: &mut Table, number: u32| {
                let key = format!("key {number}").into_bytes();
                table.insert(table.hash(&key), &key, 9);
            };
            (0..first).for_each(|number| add(&mut table, number));
            table.expect(expected, bytes_max);
            (first..first + more).for_each(|number| add(&mut table, number));
            prop_assert_eq!(table.recount(), table.heap_bytes());
            table.settle();
            prop_assert_eq!(table.recount(), table.heap_bytes());
            prop_assert_eq!(table.len(), (first + more) as usize);
            let mut plain = Table::new(HashSeed(1, 2));
            (0..first + more).for_each(|number| add(&mut plain, number));
            if expected <= (first + more) as usize {
                prop_assert!(table.heap_bytes() <= plain.heap_bytes() + plain.heap_bytes() / 16 + 300);
            }
            (0..first + more).for_each(|number| {
                let key = format!("key {number}").into_bytes();
                table.remove(table.find(table.hash(&key), &key).expect("it is there"));
            });
            prop_assert_eq!((table.recount(), table.page_count()), (table.heap_bytes(), 1));
        }

        #[test]
        fn a_key_given_twice_is_noticed(count in 1usize..3000, first: u16, second: u16) {
            let (first, second) = (usize::from(first) % count, usize::from(second) % count);
            let mut records: Vec<_> = (0..count).map(|at| (format!("key {at}").into_bytes(), vec![])).collect();
            records[first] = records[second].clone();
            prop_assert_eq!(built(&records).is_err(), first != second);
        }
    }

    #[test]
    fn more_than_is_gathered_at_once_is_inserted_afterwards() {
        let count = RECORDS_MAX + 3 * BATCH_RECORDS + 7;
        let mut records: Vec<_> = (0..count).map(|at| (format!("key {at}").into_bytes(), vec![at as u8])).collect();
        let table = built(&records).expect("keys differ");
        assert_holds(&table, &records.iter().cloned().collect());
        records[count - 1].0 = b"key 5".to_vec();
        assert!(built(&records).is_err());
    }
}
