//! Objects by `u32` id: where the keyspace keeps values too large for a table's page.
//!
//! ```text
//!   pages: Directory<Option<Arc<Page>>>     a page: used: u64, one bit a slot; slots: [Option<T>; 64]
//!   room:  Vec<u64>                         one bit a page: it has a free slot
//! ```
//!
//! An id is `page * 64 + slot`. The lowest free id is given out first, so that pages at the end empty out and go;
//! an emptied page elsewhere is freed too and costs its handle only. A clone shares all pages; a write copies the page it
//! touches, cloning its objects, which therefore should be handles themselves.
//!
//! Invariants: a bit of `used` is set exactly where the slot is `Some`; a page without objects is `None`; the last
//! page is not `None`; bits of `room` below `hint * 64` are clear.

use std::mem::size_of;
use std::sync::Arc;

use super::directory::{ARC_HEAD_BYTES, Directory};
use super::shed::Shed;

const PAGE: usize = 64;

#[derive(Clone, Debug)]
struct Page<T> {
    used: u64,
    slots: [Option<T>; PAGE],
}

/// Objects addressed by small ids. `Clone` is cheap: it shares every page.
#[derive(Clone, Debug)]
pub struct Slab<T> {
    pages: Directory<Option<Arc<Page<T>>>>,
    room: Vec<u64>,
    hint: usize,
    len: usize,
    pages_held: usize,
}

impl<T: Clone> Default for Slab<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone> Slab<T> {
    pub fn new() -> Self {
        Self { pages: Directory::new(), room: Vec::new(), hint: 0, len: 0, pages_held: 0 }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Stores `value` and returns its id: the lowest that is free. O(1) amortised. Panics beyond 2^32 objects.
    pub fn insert(&mut self, value: T) -> u32 {
        let at = self.page_with_room();
        let page = self.pages.get_mut(at);
        if page.is_none() {
            self.pages_held += 1;
        }
        let page = Arc::make_mut(page.get_or_insert_with(|| Arc::new(Page { used: 0, slots: [const { None }; PAGE] })));
        let slot = page.used.trailing_ones() as usize;
        page.used |= 1 << slot;
        page.slots[slot] = Some(value);
        if page.used == u64::MAX {
            self.room[at / 64] &= !(1 << (at % 64));
        }
        self.len += 1;
        u32::try_from(at * PAGE + slot).expect("a slab holds fewer than 2^32 objects")
    }

    /// The object, if the id is in use. O(1).
    #[inline]
    pub fn get(&self, id: u32) -> Option<&T> {
        let at = id as usize / PAGE;
        if at >= self.pages.len() {
            return None;
        }
        self.pages.get(at).as_ref()?.slots[id as usize % PAGE].as_ref()
    }

    /// The object, for changing: copies its page first if a clone shares it. O(1).
    #[inline]
    pub fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.get(id)?;
        let page = self.pages.get_mut(id as usize / PAGE).as_mut()?;
        Arc::make_mut(page).slots[id as usize % PAGE].as_mut()
    }

    /// Takes the object out and frees its id. O(1) amortised.
    pub fn remove(&mut self, id: u32) -> Option<T> {
        self.get(id)?;
        let at = id as usize / PAGE;
        let handle = self.pages.get_mut(at);
        let page = Arc::make_mut(handle.as_mut()?);
        let value = page.slots[id as usize % PAGE].take();
        page.used &= !(1 << (id as usize % PAGE));
        let emptied = page.used == 0;
        if emptied {
            *handle = None;
            self.pages_held -= 1;
        }
        self.len -= 1;
        self.room[at / 64] |= 1 << (at % 64);
        self.hint = self.hint.min(at / 64);
        if emptied {
            self.drop_trailing_pages();
        }
        value
    }

    /// Every object with its id, in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.pages.iter().enumerate().filter_map(|(at, page)| Some((at, page.as_ref()?))).flat_map(|(at, page)| {
            let objects = page.slots.iter().enumerate();
            objects.filter_map(move |(slot, value)| Some(((at * PAGE + slot) as u32, value.as_ref()?)))
        })
    }

    /// Takes objects out, up to 4096, for freeing: the rest is no slab any more. `None`: nothing is left. Those that a
    /// clone holds too are none.
    pub fn shed_values(&mut self) -> Option<Vec<T>> {
        let mut chunk = self.pages.shed_chunk()?;
        let pages = Arc::get_mut(&mut chunk).unwrap_or_default().iter_mut();
        let owned = pages.filter_map(|page| Arc::into_inner(page.take()?));
        Some(owned.flat_map(|page| page.slots).flatten().collect())
    }

    /// Bytes of the slab's own allocations, not of what the objects point to. O(1).
    pub fn heap_bytes(&self) -> usize {
        self.pages.heap_bytes()
            + self.pages_held * (ARC_HEAD_BYTES + size_of::<Page<T>>())
            + self.room.capacity() * size_of::<u64>()
    }

    fn page_with_room(&mut self) -> usize {
        while let Some(&word) = self.room.get(self.hint) {
            if word != 0 {
                return self.hint * 64 + word.trailing_zeros() as usize;
            }
            self.hint += 1;
        }
        let at = self.pages.len();
        self.pages.push(None);
        if at / 64 == self.room.len() {
            self.room.push(0);
        }
        self.room[at / 64] |= 1 << (at % 64);
        self.hint = at / 64;
        at
    }

    fn drop_trailing_pages(&mut self) {
        while self.pages.len() > 0 && self.pages.get(self.pages.len() - 1).is_none() {
            self.pages.pop();
            let at = self.pages.len();
            self.room[at / 64] &= !(1 << (at % 64));
            self.room.truncate(at.div_ceil(64));
        }
        self.hint = self.hint.min(self.room.len());
        if self.pages.len() == 0 {
            *self = Self::new();
        }
    }
}

impl<T: Clone> Shed for Slab<T> {
    fn shed(&mut self) -> bool {
        self.pages.shed()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Op {
        Insert(u64),
        Remove(u16),
        Change(u16, u64),
        Snapshot,
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            6 => any::<u64>().prop_map(Op::Insert),
            5 => any::<u16>().prop_map(Op::Remove),
            3 => (any::<u16>(), any::<u64>()).prop_map(|(at, value)| Op::Change(at, value)),
            1 => Just(Op::Snapshot),
        ]
    }

    fn contents(slab: &Slab<u64>) -> BTreeMap<u32, u64> {
        slab.iter().map(|(id, &value)| (id, value)).collect()
    }

    fn check(slab: &Slab<u64>, model: &BTreeMap<u32, u64>) {
        assert_eq!(&contents(slab), model);
        assert_eq!(slab.len(), model.len());
        let held = slab.pages.iter().flatten().count();
        assert_eq!(held, slab.pages_held);
        assert!(slab.pages.len() == 0 || slab.pages.get(slab.pages.len() - 1).is_some());
        for (at, page) in slab.pages.iter().enumerate() {
            let used = page.as_ref().map_or(0, |p| p.used);
            assert_eq!(slab.room[at / 64] >> (at % 64) & 1 == 1, used != u64::MAX);
        }
        assert!(slab.room.iter().take(slab.hint).all(|&word| word == 0));
    }

    proptest! {
        #[test]
        fn a_slab_behaves_like_a_map_and_its_snapshots_stay(ops in prop::collection::vec(op(), 1..800)) {
            let mut slab = Slab::new();
            let mut model = BTreeMap::new();
            let mut snapshots = Vec::new();
            let pick = |model: &BTreeMap<u32, u64>, at: u16| {
                model.keys().nth(at as usize % model.len().max(1)).copied()
            };
            for op in ops {
                match op {
                    Op::Insert(value) => {
                        let id = slab.insert(value);
                        let lowest = (0..).find(|id| !model.contains_key(id));
                        prop_assert_eq!(Some(id), lowest);
                        model.insert(id, value);
                    }
                    Op::Remove(at) => {
                        let id = pick(&model, at).unwrap_or(u32::from(at));
                        prop_assert_eq!(slab.remove(id), model.remove(&id));
                    }
                    Op::Change(at, value) => {
                        let id = pick(&model, at).unwrap_or(u32::from(at));
                        let (a, b) = (slab.get_mut(id), model.get_mut(&id));
                        prop_assert_eq!(a.is_some(), b.is_some());
                        if let (Some(a), Some(b)) = (a, b) {
                            (*a, *b) = (value, value);
                        }
                    }
                    Op::Snapshot => snapshots.push((slab.clone(), model.clone())),
                }
            }
            check(&slab, &model);
            for (slab, model) in &snapshots {
                check(slab, model);
            }
        }
    }

    #[test]
    fn freed_pages_give_their_memory_back() {
        let mut slab = Slab::new();
        for i in 0..100_000u64 {
            assert_eq!(slab.insert(i), i as u32);
        }
        let full = slab.heap_bytes();
        for id in 0..100_000 {
            assert_eq!(slab.remove(id), Some(u64::from(id)));
        }
        assert!(full > 1_600_000, "{full}");
        assert_eq!(slab.heap_bytes(), 0);
        assert_eq!(slab.get(5), None);
        assert_eq!(slab.remove(5), None);
    }
}
