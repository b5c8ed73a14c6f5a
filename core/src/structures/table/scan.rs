//! Walking the table: SCAN by cursor, all records, and a random one.
//!
//! **Order.** A record's place is `g = reverse(hash) >> 16`: 48 bits, of which the first choose the page. A cursor is
//! the place of the first record that is still to come; 0 starts, and 0 says that nothing is left. All records of one place
//! are given in the same call. So whatever is there throughout a scan is given exactly once, however the table changes
//! between the calls: places depend on the hash only. 48 bits, because some clients keep a cursor in a double.

use std::sync::Arc;

use super::page;
use super::{KeyHash, Slot, Table};
use crate::structures::rng::Rng;

const PLACE_BITS: u32 = 48;

/// The place of a hash in the order of the scan.
pub(super) fn place(hash: KeyHash) -> u64 {
    hash.0.reverse_bits() >> (64 - PLACE_BITS)
}

/// The least hash at a place (the bits that a place has not are 0).
pub(super) fn hash_at(place: u64) -> KeyHash {
    KeyHash((place << (64 - PLACE_BITS)).reverse_bits())
}

impl Table {
    /// Gives `visit` the keys and payloads from `cursor` on, at least `count` of them while there are so many, and
    /// returns the cursor for the next call: 0 when nothing is left. Any number is a valid cursor.
    /// O(count) and the records of two pages.
    pub fn scan(&self, cursor: u64, count: usize, mut visit: impl FnMut(&[u8], &[u8])) -> u64 {
        let mut from = cursor;
        let mut given = 0;
        let mut order: Vec<(u64, usize)> = Vec::new();
        while from >> PLACE_BITS == 0 {
            let at = self.page_of(hash_at(from));
            let page = self.page(at);
            order.clear();
            order.extend((0..page::count(page)).filter_map(|index| {
                let position = page::position(page, index);
                let place = place(self.record_hash(page, position));
                (place >= from).then_some((place, position))
            }));
            order.sort_unstable();
            for (i, &(place, position)) in order.iter().enumerate() {
                if given >= count.max(1) && (i == 0 || order[i - 1].0 != place) {
                    return place;
                }
                let (key, payload) = page::record(page, position);
                visit(self.key_bytes(key), payload);
                given += 1;
            }
            from = self.end_of_page(at);
        }
        0
    }

    /// The first place after those of page `at`.
    pub(super) fn end_of_page(&self, at: usize) -> u64 {
        let start = place(KeyHash(at as u64));
        // A page that has been split, or came from a split, is chosen by one bit more than the others.
        let half = (self.mask + 1) >> 1;
        let split = at >= half || at + half < self.pages.len();
        let bits = half.trailing_zeros() + u32::from(split);
        start + (1 << (PLACE_BITS - bits))
    }

    /// A record, each with exactly the same probability; `None` when there is none. About two page visits expected.
    pub fn random(&self, rng: &mut Rng) -> Option<Slot> {
        if self.len == 0 {
            return None;
        }
        let (pages, fullest) = (self.pages.len() as u64, self.counts.len() as u64 - 1);
        loop {
            // One draw for a page and an index that the fullest page has: where the page lacks it, draw again.
            let drawn = rng.below(pages * fullest);
            let (at, index) = ((drawn / fullest) as usize, (drawn % fullest) as usize);
            let page = self.page(at);
            if index < page::count(page) {
                return Some(Slot::new(at, (index, page::position(page, index))));
            }
        }
    }

    /// All records, in no particular order.
    pub fn iter(&self) -> Iter<'_> {
        Iter { table: self, page: 0, index: 0 }
    }

    /// The records of one page, for walking a snapshot piece by piece: pages are numbered from 0 to
    /// [`Table::page_count`].
    pub fn iter_page(&self, page: usize) -> impl Iterator<Item = (&[u8], &[u8])> {
        let page = self.page(page);
        (0..page::count(page)).map(move |index| self.record_at(page, index))
    }

    fn record_at<'a>(&'a self, page: &'a [u8], index: usize) -> (&'a [u8], &'a [u8]) {
        let (key, payload) = page::record(page, page::position(page, index));
        (self.key_bytes(key), payload)
    }

    /// How many of the pages this table shares with `other`, a snapshot of it: what copying has not yet cost.
    pub fn pages_shared_with(&self, other: &Table) -> usize {
        let pairs = self.pages.iter().zip(other.pages.iter());
        pairs.filter(|(a, b)| matches!((a, b), (Some(a), Some(b)) if Arc::ptr_eq(a, b))).count()
    }
}

/// The records of a table: keys with payloads.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    table: &'a Table,
    page: usize,
    index: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        while self.page < self.table.pages.len() {
            let page = self.table.page(self.page);
            if self.index < page::count(page) {
                self.index += 1;
                return Some(self.table.record_at(page, self.index - 1));
            }
            self.page += 1;
            self.index = 0;
        }
        None
    }
}
