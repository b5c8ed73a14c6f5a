//! A leaf of the ordered tree: packed records of score and member.
//!
//! ```text
//!   0        2       4         6                  6 + 2n                  len − data          len
//!   ┌────────┬───────┬─────────┬─────────────────┬───────── free ─────────┬────────┬───┬────────┐
//!   │ count  │ data  │ garbage │ n positions u16 │                        │ record │ … │ record │
//!   └────────┴───────┴─────────┴─────────────────┴────────────────────────┴────────┴───┴────────┘
//!
//!   record: ┌───────────┬────────┬────────┐    length 255: the member is outside, and
//!           │ score f64 │ length │ member │    a u32 id stands for it
//!           └───────────┴────────┴────────┘
//! ```
//!
//! Positions are in the order of the tree; records lie as they came. A position is the distance from a record's first
//! byte to the page's *end*. `data` counts the bytes at the back that were ever given out, `garbage` those of them that no
//! record needs any more. A page without room is written anew, without garbage and with an eighth of slack.
//!
//! Invariants: all integers are little endian; `data − garbage` is the length of all records together.

use std::ops::Range;
use std::sync::Arc;

use crate::structures::counted_tree;
use crate::structures::directory::ARC_HEAD_BYTES;

/// A leaf holds at most this many bytes.
pub(super) const PAGE_BYTES_MAX: usize = 2048;
/// A leaf with fewer live bytes wants a neighbour.
const SPARSE_BYTES: usize = PAGE_BYTES_MAX / 4;
/// Two leaves are merged if both fit in this.
const MERGED_BYTES_MAX: usize = PAGE_BYTES_MAX * 3 / 4;
/// Longer members live outside the page.
pub(super) const INLINE_MEMBER_MAX: usize = 200;
pub(super) const HEADER: usize = 6;
pub(super) const POSITION: usize = 2;
const OUTSIDE: u8 = 255;
const SCORE: usize = 8;
/// Score, length.
pub(super) const RECORD_HEAD: usize = SCORE + 1;

#[derive(Clone, Debug)]
pub(super) struct LeafPage {
    bytes: Arc<[u8]>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Member<'a> {
    Inline(&'a [u8]),
    Outside(u32),
}

/// A record's bytes, on the stack until they are in a page.
pub(super) struct RecordBytes {
    bytes: [u8; RECORD_HEAD + INLINE_MEMBER_MAX],
    len: usize,
}

impl RecordBytes {
    pub fn new(score: f64, member: Member<'_>) -> Self {
        let mut bytes = [0; RECORD_HEAD + INLINE_MEMBER_MAX];
        bytes[..SCORE].copy_from_slice(&score.to_le_bytes());
        let id_bytes;
        let (len, member) = match member {
            Member::Inline(member) => (member.len() as u8, member),
            Member::Outside(id) => {
                id_bytes = id.to_le_bytes();
                (OUTSIDE, &id_bytes[..])
            }
        };
        bytes[SCORE] = len;
        bytes[RECORD_HEAD..RECORD_HEAD + member.len()].copy_from_slice(member);
        Self { bytes, len: RECORD_HEAD + member.len() }
    }

    pub fn get(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl LeafPage {
    /// A page with one record and no slack.
    pub fn with(record: &RecordBytes) -> Self {
        Self::pack([record.get()].into_iter(), 1, record.len, 0)
    }

    /// A page of records that lie one after the other in `bytes`, the last in order first, and end at `ends`; no slack.
    pub fn of_descending(bytes: &[u8], ends: &[u16]) -> Self {
        let start = |index: usize| index.checked_sub(1).map_or(0, |before| usize::from(ends[before]));
        let records = (0..ends.len()).rev().map(|index| &bytes[start(index)..usize::from(ends[index])]);
        Self::pack(records, ends.len(), bytes.len(), 0)
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.header(0)
    }

    /// The record's score.
    #[inline]
    pub fn score(&self, index: usize) -> f64 {
        let at = self.start(index);
        f64::from_le_bytes(self.bytes[at..at + SCORE].try_into().expect("eight bytes were sliced"))
    }

    /// The record's member.
    #[inline]
    pub fn member(&self, index: usize) -> Member<'_> {
        let at = self.start(index) + SCORE;
        match self.bytes[at] {
            OUTSIDE => {
                let id = self.bytes[at + 1..at + 5].try_into().expect("four bytes were sliced");
                Member::Outside(u32::from_le_bytes(id))
            }
            len => Member::Inline(&self.bytes[at + 1..at + 1 + usize::from(len)]),
        }
    }

    /// The number of records at the front for which `before` holds; it must hold for none after one it fails for.
    #[inline]
    pub fn partition_point(&self, before: impl Fn(&Self, usize) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if before(self, middle) { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Puts a record at `index`, unless the page would become too large.
    pub fn insert(&mut self, index: usize, record: &RecordBytes) -> bool {
        let (count, data) = (self.len(), self.header(2));
        let needed = HEADER + (count + 1) * POSITION + data + record.len;
        if needed > self.bytes.len() {
            let needed = needed - self.header(4);
            if needed > PAGE_BYTES_MAX {
                return false;
            }
            let spare = (needed / 8).min(PAGE_BYTES_MAX - needed);
            self.rewrite(0..count, record.len + POSITION + spare);
        }
        let data = self.header(2) + record.len;
        let page = Arc::make_mut(&mut self.bytes);
        let start = page.len() - data;
        page[start..start + record.len].copy_from_slice(record.get());
        let at = HEADER + index * POSITION;
        page.copy_within(at..HEADER + count * POSITION, at + POSITION);
        set_u16(page, at, data);
        set_u16(page, 0, count + 1);
        set_u16(page, 2, data);
        true
    }

    /// Takes the records of `range` out.
    pub fn remove(&mut self, range: Range<usize>) {
        let count = self.len();
        let garbage = self.header(4) + range.clone().map(|index| self.record(index).len()).sum::<usize>();
        let page = Arc::make_mut(&mut self.bytes);
        page.copy_within(HEADER + range.end * POSITION..HEADER + count * POSITION, HEADER + range.start * POSITION);
        set_u16(page, 0, count - range.len());
        set_u16(page, 4, garbage);
        // Less than half alive: give the memory back.
        if self.len() > 0 && 2 * self.live_bytes() + 64 < self.bytes.len() {
            self.rewrite(0..self.len(), self.live_bytes() / 8);
        }
    }

    /// The record's score becomes `score`, which doesn't change its place.
    pub fn set_score(&mut self, index: usize, score: f64) {
        let at = self.start(index);
        Arc::make_mut(&mut self.bytes)[at..at + SCORE].copy_from_slice(&score.to_le_bytes());
    }

    /// Where to split: the first record of the right half, by bytes.
    pub fn middle(&self) -> usize {
        let half = (self.header(2) - self.header(4)) / 2;
        let mut bytes = 0;
        let found = (0..self.len()).position(|index| {
            bytes += self.record(index).len();
            bytes > half
        });
        found.unwrap_or(0).clamp(1, self.len() - 1)
    }

    /// Keeps the records before `index` and returns a page of the others. Both have an eighth of slack.
    pub fn split_off(&mut self, index: usize) -> Self {
        let mut right = self.clone();
        right.rewrite(index..self.len(), self.live_bytes() / 16);
        self.rewrite(0..index, self.live_bytes() / 16);
        right
    }

    /// Gives up garbage and slack: nothing more is expected to come in here.
    pub fn compact(&mut self) {
        if self.live_bytes() < self.bytes.len() {
            self.rewrite(0..self.len(), 0);
        }
    }

    /// What the page needs at least.
    fn live_bytes(&self) -> usize {
        HEADER + self.len() * POSITION + self.header(2) - self.header(4)
    }

    fn record(&self, index: usize) -> &[u8] {
        let at = self.start(index);
        let len = match self.bytes[at + SCORE] {
            OUTSIDE => 4,
            len => usize::from(len),
        };
        &self.bytes[at..at + RECORD_HEAD + len]
    }

    #[inline]
    fn start(&self, index: usize) -> usize {
        debug_assert!(index < self.len());
        self.bytes.len() - self.header(HEADER + index * POSITION)
    }

    #[inline]
    fn header(&self, at: usize) -> usize {
        usize::from(u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]]))
    }

    /// A new allocation with the records of `range` and `slack` free bytes.
    fn rewrite(&mut self, range: Range<usize>, slack: usize) {
        let bytes = range.clone().map(|index| self.record(index).len()).sum();
        *self = Self::pack(range.clone().map(|index| self.record(index)), range.len(), bytes, slack);
    }

    fn pack<'a>(records: impl Iterator<Item = &'a [u8]>, count: usize, bytes: usize, slack: usize) -> Self {
        let len = HEADER + count * POSITION + bytes + slack;
        let mut page: Arc<[u8]> = std::iter::repeat_n(0, len).collect();
        let target = Arc::get_mut(&mut page).expect("nobody else has it yet");
        let mut data = 0;
        for (index, record) in records.enumerate() {
            data += record.len();
            target[len - data..len - data + record.len()].copy_from_slice(record);
            set_u16(target, HEADER + index * POSITION, data);
        }
        set_u16(target, 0, count);
        set_u16(target, 2, data);
        Self { bytes: page }
    }
}

impl counted_tree::Page for LeafPage {
    fn count(&self) -> u64 {
        self.len() as u64
    }

    fn heap_bytes(&self) -> usize {
        ARC_HEAD_BYTES + self.bytes.len()
    }

    fn is_sparse(&self) -> bool {
        self.live_bytes() < SPARSE_BYTES
    }

    fn absorb(&mut self, next: &Self) -> bool {
        let together = self.live_bytes() + next.live_bytes() - HEADER;
        if together > MERGED_BYTES_MAX {
            return false;
        }
        let (count, bytes) = (self.len() + next.len(), together - HEADER - (self.len() + next.len()) * POSITION);
        let records = (0..self.len()).map(|index| self.record(index));
        let records = records.chain((0..next.len()).map(|index| next.record(index)));
        *self = Self::pack(records, count, bytes, together / 8);
        true
    }
}

#[inline]
fn set_u16(page: &mut [u8], at: usize, value: usize) {
    debug_assert!(value <= usize::from(u16::MAX));
    page[at..at + 2].copy_from_slice(&(value as u16).to_le_bytes());
}
