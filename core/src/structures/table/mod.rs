//! The paged hash table: byte keys to small byte payloads, with snapshots, exact scans and uniform sampling.
//!
//! ```text
//!   hash(key) ──► page number ──► Directory (two levels of Arc) ──► page: Arc<[u8]>, a few KiB
//!       │             (arithmetic, no lookup)                          tags ─► position ─► key, payload
//!       └──► two tags
//! ```
//!
//! **Linear hashing** (Litwin, 1980) over elastic pages. With `N` pages and `2^L ≤ N < 2^(L+1)`, the page of hash `h` is its
//! low `L+1` bits if such a page exists, else its low `L` bits. Growth splits page `N − 2^L` and appends page `N`; shrinking
//! undoes that. An insert or a resize splits at most one page, a remove merges at most one pair. Unsplit pages hold up to twice
//! as much as split ones; pages are elastic, so that costs no memory.
//!
//! **Order.** The low bits of `h` are the high bits of the reversed hash `g`, so a page holds a contiguous range of
//! `g`, whatever `N` is. SCAN walks in order of `g`: a cursor stays exact under any growth and shrinking (`scan.rs`).
//!
//! **Snapshots.** `Clone` copies the directory's upper level; a later write copies the page it touches, once (and the 64
//! handles around it). Both mechanisms of the design were built and measured, in nanoseconds per operation, hash (25) included,
//! on 16-byte keys and 12-byte payloads (least of seven runs):
//!
//! | keys | mechanism | update | first write to a page under a snapshot | later ones | taking a snapshot | handing it over |
//! |---|---|---|---|---|---|---|
//! | 10,000 | pages in `Arc` | 78 | 452 | 79 | 917 | nothing |
//! | 10,000 | owned pages, stamped with an epoch | 63 | 235–410 | 63 | 28 | 58,000 |
//! | 1,000,000 | pages in `Arc` | 280 | 766 | 287 | 11,000 | nothing |
//! | 1,000,000 | owned pages, stamped with an epoch | 286 | 1,080 | 300 | 28 | 18,000,000 |
//!
//! `Arc` costs a write two atomic operations, 15 ns in cache and nothing measurable out of it. Owned pages cost the writing
//! thread a copy of every page during each snapshot, and a snapshot of them is a process and no value. So: `Arc`. At 10
//! million keys (2,594 chunks) a clone takes 60 µs when the counts are in cache and 100 to 370 µs when they are not; the
//! first write into a chunk then about 10 µs. What may cost more is the allocator: after a large snapshot is dropped at once, glibc
//! sorts 10,000 freed blocks on each of the next allocations (1 to 3 ms); whoever drops one should do it in pieces.
//!
//! **Page size.** An average of 1 KiB costs 1.4 bytes more a key; of 3 or 4 KiB, 0.5 less, slower lookups and larger
//! copies. At 2 KiB a key of 16 bytes with a payload of 12 takes 37.8 bytes of heap (41.6 resident, with glibc).
//!
//! **Long keys** (over 254 bytes) lie outside, in a slab of `Arc<[u8]>`; the record keeps their full hash.
//!
//! Invariants, checked by [`Table::recount`]: every record lies in the page of its hash; the counters (`len`, `live`,
//! `pages_bytes`, `outside_bytes`, `counts`) equal a recount; an empty page holds no memory.

mod build;
mod grow;
mod page;
mod scan;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use siphasher::sip::SipHasher13;

use self::page::{KeyPart, Tags};
use super::directory::{ARC_HEAD_BYTES, Directory};
use super::shed::Shed;
use super::slab::Slab;

pub use self::build::{Repeated, TableBuilder};
pub use self::scan::Iter;

/// The average of live bytes in a page up to which the table grows.
const PAGE_BYTES_AVERAGE: usize = 2048;
/// The longest payload. With the longest record, a page can't come near its limit of 64 KiB.
pub const PAYLOAD_BYTES_MAX: usize = 1536;

/// A page, shared with the snapshots that still need it; `None` is a page without records.
type PageRef = Option<Arc<[u8]>>;

/// The 128-bit secret that keeps an attacker from choosing keys which collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashSeed(pub u64, pub u64);

/// A key's hash under one table's seed, computed once a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyHash(pub u64);

/// Where a record is: valid until the next call that takes the table mutably.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    page: u32,
    index: u16,
    position: u16,
}

const _: () = assert!(size_of::<Slot>() == 8);

impl Slot {
    #[inline]
    fn new(page: usize, (index, position): (usize, usize)) -> Self {
        Self { page: page as u32, index: index as u16, position: position as u16 }
    }
}

/// What `DEBUG HTSTATS` and the memory report show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    pub pages: usize,
    pub records: usize,
    /// Bytes of the records and their slots.
    pub live_bytes: usize,
    /// Bytes of the pages' allocations.
    pub page_bytes: usize,
    /// `pages_by_records[n]` pages hold `n` records.
    pub pages_by_records: Vec<u32>,
}

/// A hash table from byte keys to byte payloads. `Clone` is a snapshot: a pointer for 64 pages.
#[derive(Clone)]
pub struct Table {
    hasher: SipHasher13,
    /// A test may keep only these bits of a hash, to get collisions.
    #[cfg(test)]
    hash_mask: u64,
    pages: Directory<PageRef>,
    /// `2^(L+1) − 1`, where `2^L` is the greatest power of two within the number of pages.
    mask: usize,
    len: usize,
    /// Bytes of all records and their slots: what growth and shrinking go by.
    live: usize,
    pages_bytes: usize,
    outside: Slab<Arc<[u8]>>,
    outside_bytes: usize,
    /// How many pages hold how many records; the last entry is not 0. Sampling needs the maximum.
    counts: Vec<u32>,
    /// While many records are to come ([`Table::expect`]): what a page has room for at least. Otherwise 0.
    page_bytes_min: usize,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({} records in {} pages, {} bytes)", self.len, self.page_count(), self.heap_bytes())
    }
}

impl Table {
    pub fn new(seed: HashSeed) -> Self {
        let mut pages = Directory::new();
        pages.push(None);
        Self {
            hasher: SipHasher13::new_with_keys(seed.0, seed.1),
            #[cfg(test)]
            hash_mask: u64::MAX,
            pages,
            mask: 1,
            len: 0,
            live: 0,
            pages_bytes: 0,
            outside: Slab::new(),
            outside_bytes: 0,
            counts: vec![1],
            page_bytes_min: 0,
        }
    }

    /// The secret that the table was made with.
    pub fn seed(&self) -> HashSeed {
        let (k0, k1) = self.hasher.keys();
        HashSeed(k0, k1)
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Removes everything. The pages are freed here and now, unless a snapshot holds them: to free them elsewhere,
    /// replace the table and drop the old one there.
    pub fn clear(&mut self) {
        *self = self.emptied();
    }

    /// An empty table with the same seed.
    pub fn emptied(&self) -> Self {
        let (k0, k1) = self.hasher.keys();
        Self {
            #[cfg(test)]
            hash_mask: self.hash_mask,
            ..Self::new(HashSeed(k0, k1))
        }
    }

    /// The hash of a key in this table.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> KeyHash {
        let hash = self.hasher.hash(key);
        #[cfg(test)]
        let hash = hash & self.hash_mask;
        KeyHash(hash)
    }

    /// The record with this key. O(1), two cache misses in a large table; `hash` must be the key's.
    #[inline]
    pub fn find(&self, hash: KeyHash, key: &[u8]) -> Option<Slot> {
        debug_assert_eq!(hash, self.hash(key));
        let at = self.page_of(hash);
        let page = self.page(at);
        let found = if key.len() <= page::INLINE_KEY_MAX {
            page::search(page, Tags::of(hash.0), |_, position| page::has_inline_key(page, position, key))
        } else {
            page::search(page, Tags::of(hash.0), |_, position| match page::key(page, position) {
                KeyPart::Inline(_) => false,
                KeyPart::Outside { hash: stored, id } => stored == hash.0 && self.outside_key(id) == key,
            })
        };
        found.map(|found| Slot::new(at, found))
    }

    /// Brings the pages of these hashes into the cache: memory is asked for all of them at once, where finding one after the
    /// other would wait for each. For callers that have many to look up. O(hashes).
    pub fn warm(&self, hashes: impl Iterator<Item = KeyHash>) {
        let read = |hash| page::touch(self.page(self.page_of(hash)));
        std::hint::black_box(hashes.map(read).fold(0, u32::wrapping_add));
    }

    /// Calls `visit` for all records with this full hash (nearly always one or none) until it returns true, and
    /// returns that record. O(1).
    pub fn find_hash(&self, hash: KeyHash, mut visit: impl FnMut(Slot) -> bool) -> Option<Slot> {
        let at = self.page_of(hash);
        let page = self.page(at);
        let found = page::search(page, Tags::of(hash.0), |index, position| {
            self.record_hash(page, position) == hash && visit(Slot::new(at, (index, position)))
        });
        found.map(|found| Slot::new(at, found))
    }

    /// The key of a record. O(1).
    #[inline]
    pub fn key(&self, slot: Slot) -> &[u8] {
        self.key_bytes(page::key(self.slot_page(slot), usize::from(slot.position)))
    }

    /// The payload of a record. O(1).
    #[inline]
    pub fn payload(&self, slot: Slot) -> &[u8] {
        page::payload(self.slot_page(slot), usize::from(slot.position))
    }

    /// Bytes that a record takes: key and payload with their framing, its slot in the page, a long key outside. O(1).
    pub fn record_bytes(&self, slot: Slot) -> usize {
        let page = self.slot_page(slot);
        let (key, payload) = page::record(page, usize::from(slot.position));
        let outside = match key {
            KeyPart::Inline(_) => 0,
            KeyPart::Outside { id, .. } => ARC_HEAD_BYTES + self.outside_key(id).len(),
        };
        page::record_len(key, payload.len()) + page::SLOT_BYTES + outside
    }

    /// The payload, for changing in place. Copies the page first if a snapshot holds it, else allocates nothing.
    #[inline]
    pub fn payload_mut(&mut self, slot: Slot) -> &mut [u8] {
        page::payload_mut(self.page_mut(slot.page as usize), usize::from(slot.position))
    }

    /// Changes the length of a payload and keeps what fits of it; new bytes are 0. The slot given is no longer
    /// valid, the one returned is. O(1), apart from at most one page rebuilt and one split.
    /// Panics above [`PAYLOAD_BYTES_MAX`].
    pub fn resize_payload(&mut self, slot: Slot, payload_len: usize) -> (Slot, &mut [u8]) {
        assert!(payload_len <= PAYLOAD_BYTES_MAX, "a payload of {payload_len} bytes belongs elsewhere");
        if self.payload(slot).len() == payload_len {
            return (slot, self.payload_mut(slot));
        }
        self.resized(slot, payload_len)
    }

    /// Adds a record with a payload of `payload_len` zeros. The key must be absent. O(1), apart from at most one page
    /// rebuilt and one split. Panics above [`PAYLOAD_BYTES_MAX`].
    pub fn insert(&mut self, hash: KeyHash, key: &[u8], payload_len: usize) -> (Slot, &mut [u8]) {
        assert!(payload_len <= PAYLOAD_BYTES_MAX, "a payload of {payload_len} bytes belongs elsewhere");
        debug_assert!(self.find(hash, key).is_none(), "a key is inserted twice");
        let key = self.part_for_insert(hash, key);
        let record_len = page::record_len(key, payload_len);
        self.live += record_len + page::SLOT_BYTES;
        self.split_if_due(None);
        let at = self.page_of(hash);
        if !page::has_room(self.page(at), record_len) {
            self.make_room(at, 1, record_len);
        }
        let index = page::count(self.page(at));
        self.len += 1;
        self.count_changed(index, index + 1);
        let page = self.page_mut(at);
        let position = page::push(page, Tags::of(hash.0), key, payload_len);
        (Slot::new(at, (index, position)), page::payload_mut(page, position))
    }

    /// Removes a record. O(1), apart from at most one page rebuilt and one pair merged.
    pub fn remove(&mut self, slot: Slot) {
        let at = slot.page as usize;
        if let KeyPart::Outside { id, .. } = page::key(self.page(at), usize::from(slot.position)) {
            let key = self.outside.remove(id).expect("a record's outside key is in the slab");
            self.outside_bytes -= ARC_HEAD_BYTES + key.len();
        }
        let page = self.page_mut(at);
        let count = page::count(page);
        let freed = page::remove(page, usize::from(slot.index));
        self.len -= 1;
        self.live -= freed + page::SLOT_BYTES;
        self.count_changed(count, count - 1);
        self.tighten(at);
        self.merge_if_due();
    }

    /// Bytes of all allocations of the table, those that a snapshot shares included. O(1).
    pub fn heap_bytes(&self) -> usize {
        self.pages_bytes
            + self.pages.heap_bytes()
            + self.outside.heap_bytes()
            + self.outside_bytes
            + self.counts.capacity() * size_of::<u32>()
    }

    pub fn page_count(&self) -> usize {
        self.pages.len()
    }

    /// Bytes of records and their slots, garbage and free room aside; long keys included. O(1).
    pub fn live_bytes(&self) -> usize {
        self.live + self.outside_bytes
    }

    pub fn stats(&self) -> Stats {
        Stats {
            pages: self.page_count(),
            records: self.len,
            live_bytes: self.live,
            page_bytes: self.pages_bytes,
            pages_by_records: self.counts.clone(),
        }
    }

    /// Walks everything, panics on a broken invariant, and returns what [`Table::heap_bytes`] should be. O(n).
    pub fn recount(&self) -> usize {
        let (mut len, mut live, mut pages_bytes, mut outside, mut outside_bytes) = (0, 0, 0, 0, 0);
        let mut counts = vec![0; self.counts.len()];
        for (at, handle) in self.pages.iter().enumerate() {
            let page = self.page(at);
            page::check(page);
            let count = page::count(page);
            assert_eq!(handle.is_some(), count > 0, "an empty page holds memory");
            pages_bytes += handle.as_ref().map_or(0, |page| ARC_HEAD_BYTES + page.len());
            counts[count] += 1;
            len += count;
            live += page::record_bytes(page) + count * page::SLOT_BYTES;
            for index in 0..count {
                let position = page::position(page, index);
                if let KeyPart::Outside { id, hash } = page::key(page, position) {
                    assert_eq!(self.hash(self.outside_key(id)).0, hash);
                    outside += 1;
                    outside_bytes += ARC_HEAD_BYTES + self.outside_key(id).len();
                }
                let hash = self.record_hash(page, position);
                assert_eq!(self.page_of(hash), at, "a record lies in the wrong page");
                let slot = Slot::new(at, (index, position));
                assert_eq!(self.find(hash, self.key(slot)), Some(slot), "a record is not found");
            }
        }
        assert_eq!((len, live, outside), (self.len, self.live, self.outside.len()));
        assert_eq!((pages_bytes, outside_bytes), (self.pages_bytes, self.outside_bytes));
        assert_eq!(counts, self.counts);
        pages_bytes
            + self.pages.heap_bytes()
            + self.outside.heap_bytes()
            + outside_bytes
            + self.counts.capacity() * size_of::<u32>()
    }

    #[inline]
    fn page_of(&self, hash: KeyHash) -> usize {
        let at = hash.0 as usize & self.mask;
        if at < self.pages.len() { at } else { at & (self.mask >> 1) }
    }

    #[inline]
    fn page(&self, at: usize) -> &[u8] {
        match self.pages.get(at) {
            Some(page) => page,
            None => &page::EMPTY,
        }
    }

    #[inline]
    fn slot_page(&self, slot: Slot) -> &[u8] {
        let page = self.page(slot.page as usize);
        debug_assert_eq!(page::position(page, usize::from(slot.index)), usize::from(slot.position));
        page
    }

    /// The page for writing: copied first if a snapshot holds it. It must not be empty.
    #[inline]
    fn page_mut(&mut self, at: usize) -> &mut [u8] {
        Arc::make_mut(self.pages.get_mut(at).as_mut().expect("only pages with room or records are written"))
    }

    #[inline]
    fn key_bytes<'a>(&'a self, part: KeyPart<'a>) -> &'a [u8] {
        match part {
            KeyPart::Inline(key) => key,
            KeyPart::Outside { id, .. } => self.outside_key(id),
        }
    }

    fn outside_key(&self, id: u32) -> &[u8] {
        self.outside.get(id).expect("a record's outside key is in the slab")
    }

    #[inline]
    fn record_hash(&self, page: &[u8], position: usize) -> KeyHash {
        match page::key(page, position) {
            KeyPart::Inline(key) => self.hash(key),
            KeyPart::Outside { hash, .. } => KeyHash(hash),
        }
    }

    fn part_for_insert<'a>(&mut self, hash: KeyHash, key: &'a [u8]) -> KeyPart<'a> {
        if key.len() <= page::INLINE_KEY_MAX {
            return KeyPart::Inline(key);
        }
        self.outside_bytes += ARC_HEAD_BYTES + key.len();
        KeyPart::Outside { hash: hash.0, id: self.outside.insert(key.into()) }
    }

    /// Keeps `counts` when a page goes from `old` to `new` records.
    #[inline]
    fn count_changed(&mut self, old: usize, new: usize) {
        self.counts[old] -= 1;
        if new >= self.counts.len() {
            self.counts.resize(new + 1, 0);
        }
        self.counts[new] += 1;
        while self.counts.last() == Some(&0) {
            self.counts.pop();
        }
    }
}

impl Shed for Table {
    fn shed(&mut self) -> bool {
        self.pages.shed() || self.outside.shed()
    }
}
