//! The intset: a sorted array of integers in the bytes that Redis stores, dumps and loads.
//!
//! ```text
//!   0            4          8
//!   ┌────────────┬──────────┬─────────┬─────────┬───┐
//!   │ width u32  │ count u32│ integer │ integer │ … │      all little endian, each integer `width` bytes
//!   └────────────┴──────────┴─────────┴─────────┴───┘
//! ```
//!
//! The width is 2, 4 or 8. An integer that needs more widens them all; the width never falls again, which `DUMP` shows.
//!
//! - search: O(log n);
//! - insert, remove: O(n), one move of bytes; with `set-max-intset-entries` at 512 that is 4 KiB at most;
//! - random, get: O(1).
//!
//! Source: the format as RDB files carry it. Invariants: sorted, without duplicates, of exactly the length that the head says.

use super::rng::Rng;

const HEADER: usize = 8;
const COUNT_AT: usize = 4;

/// An intset that owns its bytes. May be empty, which a stored one never is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntSet {
    bytes: Vec<u8>,
}

/// An intset in borrowed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntSetRef<'a> {
    bytes: &'a [u8],
}

/// The bytes are no intset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidIntSet;

/// Bytes for an integer: 2, 4 or 8.
fn width_of(value: i64) -> usize {
    if i16::try_from(value).is_ok() {
        2
    } else if i32::try_from(value).is_ok() {
        4
    } else {
        8
    }
}

#[inline]
fn read(bytes: &[u8], width: usize, index: usize) -> i64 {
    let at = HEADER + index * width;
    let bytes = &bytes[at..at + width];
    match width {
        2 => i64::from(i16::from_le_bytes(bytes.try_into().expect("two bytes"))),
        4 => i64::from(i32::from_le_bytes(bytes.try_into().expect("four bytes"))),
        _ => i64::from_le_bytes(bytes.try_into().expect("eight bytes")),
    }
}

#[inline]
fn read_u32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

impl<'a> IntSetRef<'a> {
    /// Takes bytes that may come from anywhere. `deep` checks the order of the integers as well: O(n); without it O(1). A
    /// set without integers is refused, as Redis refuses it.
    pub fn validate(bytes: &'a [u8], deep: bool) -> Result<Self, InvalidIntSet> {
        if bytes.len() < HEADER {
            return Err(InvalidIntSet);
        }
        let (width, count) = (read_u32(bytes, 0), read_u32(bytes, COUNT_AT));
        let wanted = HEADER as u64 + u64::from(width) * u64::from(count);
        if !matches!(width, 2 | 4 | 8) || bytes.len() as u64 != wanted || count == 0 {
            return Err(InvalidIntSet);
        }
        let set = Self { bytes };
        if deep && !set.iter().zip(set.iter().skip(1)).all(|(a, b)| a < b) {
            return Err(InvalidIntSet);
        }
        Ok(set)
    }

    /// Bytes that are known to be an intset: one of our own making, perhaps without integers.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Self {
        debug_assert_eq!(
            bytes.len() as u64,
            HEADER as u64 + u64::from(read_u32(bytes, 0)) * u64::from(read_u32(bytes, COUNT_AT)),
            "no intset"
        );
        Self { bytes }
    }

    #[inline]
    pub fn len(self) -> usize {
        read_u32(self.bytes, COUNT_AT) as usize
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Bytes of each integer: 2, 4 or 8.
    #[inline]
    pub fn width(self) -> usize {
        read_u32(self.bytes, 0) as usize
    }

    pub fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Integer number `index`, from the least. O(1).
    pub fn get(self, index: usize) -> Option<i64> {
        (index < self.len()).then(|| read(self.bytes, self.width(), index))
    }

    /// Where the integer is, or where it would be. O(log n).
    pub fn search(self, value: i64) -> Result<usize, usize> {
        let (width, len) = (self.width(), self.len());
        let (mut low, mut high) = (0, len);
        while low < high {
            let middle = usize::midpoint(low, high);
            if read(self.bytes, width, middle) < value { low = middle + 1 } else { high = middle }
        }
        if low < len && read(self.bytes, width, low) == value { Ok(low) } else { Err(low) }
    }

    /// O(log n).
    pub fn contains(self, value: i64) -> bool {
        self.search(value).is_ok()
    }

    /// Any of the integers, each equally likely. O(1).
    pub fn random(self, rng: &mut Rng) -> Option<i64> {
        let len = self.len();
        (len > 0).then(|| read(self.bytes, self.width(), rng.below(len as u64) as usize))
    }

    /// The integers, rising.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = i64> + ExactSizeIterator + 'a {
        let (bytes, width) = (self.bytes, self.width());
        (0..self.len()).map(move |index| read(bytes, width, index))
    }
}

impl Default for IntSet {
    fn default() -> Self {
        Self::new()
    }
}

impl IntSet {
    /// No integers, the least width.
    pub fn new() -> Self {
        Self { bytes: vec![2, 0, 0, 0, 0, 0, 0, 0] }
    }

    /// Makes `bytes`, whatever they are, the empty set.
    pub fn init(bytes: &mut Vec<u8>) {
        bytes.clear();
        bytes.extend_from_slice(&[2, 0, 0, 0, 0, 0, 0, 0]);
    }

    /// Changes the intset that `bytes` are known to be.
    #[inline]
    pub fn edit<R>(bytes: &mut Vec<u8>, change: impl FnOnce(&mut IntSet) -> R) -> R {
        let mut set = Self { bytes: std::mem::take(bytes) };
        let result = change(&mut set);
        *bytes = set.bytes;
        result
    }

    /// As [`IntSetRef::validate`], for bytes to keep.
    pub fn from_bytes(bytes: Vec<u8>, deep: bool) -> Result<Self, InvalidIntSet> {
        IntSetRef::validate(&bytes, deep)?;
        Ok(Self { bytes })
    }

    #[inline]
    pub fn view(&self) -> IntSetRef<'_> {
        IntSetRef { bytes: &self.bytes }
    }

    pub fn len(&self) -> usize {
        self.view().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn contains(&self, value: i64) -> bool {
        self.view().contains(value)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub fn heap_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// Adds the integer; returns whether it was missing. O(n).
    pub fn insert(&mut self, value: i64) -> bool {
        let width = self.view().width();
        if width_of(value) > width {
            self.widen_and_insert(value);
            return true;
        }
        let Err(at) = self.view().search(value) else { return false };
        let at = HEADER + at * width;
        // An eighth of slack: growth one by one moves few bytes, and wastes few.
        let len = self.bytes.len();
        if len + width > self.bytes.capacity() {
            self.bytes.reserve_exact(width + len / 8);
        }
        self.bytes.resize(len + width, 0);
        self.bytes.copy_within(at..len, at + width);
        self.bytes[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
        self.set_count(self.len() + 1);
        true
    }

    /// Removes the integer; returns whether it was there. O(n).
    pub fn remove(&mut self, value: i64) -> bool {
        let Ok(index) = self.view().search(value) else { return false };
        self.remove_at(index);
        true
    }

    /// Removes integer number `index`. O(n). Panics if there is none.
    pub fn remove_at(&mut self, index: usize) {
        let (width, count) = (self.view().width(), self.len());
        assert!(index < count);
        let at = HEADER + index * width;
        self.bytes.drain(at..at + width);
        if self.bytes.capacity() > 2 * self.bytes.len() + HEADER {
            self.bytes.shrink_to_fit();
        }
        self.set_count(count - 1);
    }

    /// The new integer needs more bytes than any of the others: it is less than all of them, or greater.
    fn widen_and_insert(&mut self, value: i64) {
        let (old, width) = (self.view(), width_of(value));
        let mut bytes = Vec::with_capacity(HEADER + (old.len() + 1) * width);
        bytes.extend_from_slice(&(width as u32).to_le_bytes());
        bytes.extend_from_slice(&(old.len() as u32 + 1).to_le_bytes());
        let mut put = |value: i64| bytes.extend_from_slice(&value.to_le_bytes()[..width]);
        if value < 0 {
            put(value);
        }
        old.iter().for_each(&mut put);
        if value > 0 {
            put(value);
        }
        self.bytes = bytes;
    }

    fn set_count(&mut self, count: usize) {
        self.bytes[COUNT_AT..HEADER].copy_from_slice(&(count as u32).to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use quickcheck::quickcheck;

    use super::*;
    use crate::structures::rng::Rng;

    fn integer() -> impl Strategy<Value = i64> {
        let edges = [i16::MIN as i64, i16::MAX as i64, i32::MIN as i64, i32::MAX as i64, i64::MIN, i64::MAX];
        prop_oneof![
            6 => -50..50i64,
            1 => (prop::sample::select(edges.to_vec()), -1..=1i64).prop_map(|(edge, by)| edge.saturating_add(by)),
            1 => any::<i64>(),
        ]
    }

    proptest! {
        #[test]
        fn an_intset_behaves_like_a_set(ops in prop::collection::vec((any::<bool>(), integer()), 0..300)) {
            let (mut set, mut model, mut width) = (IntSet::new(), BTreeSet::new(), 2);
            for (add, value) in ops {
                if add {
                    prop_assert_eq!(set.insert(value), model.insert(value));
                    width = width.max(width_of(value));
                } else {
                    prop_assert_eq!(set.remove(value), model.remove(&value));
                }
                prop_assert_eq!(set.contains(value), model.contains(&value));
                prop_assert_eq!(set.view().width(), width);
            }
            prop_assert!(set.view().iter().eq(model.iter().copied()));
            prop_assert!(set.view().iter().rev().eq(model.iter().rev().copied()));
            for (index, value) in model.iter().enumerate() {
                prop_assert_eq!(set.view().get(index), Some(*value));
            }
            prop_assert_eq!(set.view().get(model.len()), None);
            let valid = IntSetRef::validate(set.as_bytes(), true);
            prop_assert_eq!(valid.is_ok(), !model.is_empty());
        }
    }

    quickcheck! {
        fn whatever_the_validator_lets_through_is_sorted_and_readable(bytes: Vec<u8>, width: u8, count: u8) -> bool {
            let mut whole = vec![[2, 4, 8, 3][usize::from(width) % 4], 0, 0, 0, count % 6, 0, 0, 0];
            whole.extend(bytes);
            match IntSetRef::validate(&whole, true) {
                Ok(set) => {
                    let all: Vec<i64> = set.iter().collect();
                    all.is_sorted() && all.iter().all(|&value| set.contains(value)) && !all.is_empty()
                }
                Err(InvalidIntSet) => true,
            }
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_format() {
        let mut set = IntSet::new();
        [3, -1, 2].into_iter().for_each(|value| assert!(set.insert(value)));
        assert_eq!(set.as_bytes(), [2, 0, 0, 0, 3, 0, 0, 0, 0xff, 0xff, 2, 0, 3, 0]);
        assert!(set.insert(-70_000));
        let head = [4, 0, 0, 0, 4, 0, 0, 0, 0x90, 0xee, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(set.as_bytes()[..16], head);
        assert!(set.remove(-70_000) && set.view().width() == 4, "the width stays");
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let good = [2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 2, 0];
        assert!(IntSetRef::validate(&good, true).is_ok());
        let damaged = |at: usize, to: u8| {
            let mut bytes = good;
            bytes[at] = to;
            IntSetRef::validate(&bytes, true).is_err()
        };
        for (at, to) in [(0, 1), (0, 4), (1, 1), (4, 1), (4, 3), (7, 0x80), (8, 2), (9, 1), (11, 0x80)] {
            assert!(damaged(at, to), "{at} {to}");
        }
        assert!(
            IntSetRef::validate(&[2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 1, 0], false).is_ok(),
            "a shallow look sees no order"
        );
        assert!(IntSetRef::validate(&good[..11], true).is_err());
        assert!(IntSetRef::validate(&[2, 0, 0, 0, 0, 0, 0, 0], false).is_err(), "no integers");
        assert!((0..8).all(|len| IntSetRef::validate(&good[..len], false).is_err()));
    }

    #[test]
    fn random_gives_every_integer_equally_often() {
        let mut set = IntSet::new();
        (0..10).for_each(|value| assert!(set.insert(value * 1000)));
        let (mut rng, mut seen) = (Rng::new(1), [0u32; 10]);
        (0..10_000).for_each(|_| seen[set.view().random(&mut rng).expect("not empty") as usize / 1000] += 1);
        let chi_squared: f64 = seen.iter().map(|&n| (f64::from(n) - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi_squared < 27.9, "{chi_squared}: 9 degrees of freedom, one seed in a thousand is worse");
        assert_eq!(IntSet::new().view().random(&mut rng), None);
    }
}
