//! An ordered map from stream ids to small values: what pending entries lie in.
//!
//! ```text
//!   tree: node ─► [ count │ lowest id │ page ] …        page: up to 64 (id, value), sorted, behind a pointer
//! ```
//!
//! Redis keeps a radix tree here; this is a [counted tree](super::counted_tree) of sorted pages. Ids mostly arrive in order:
//! a full page at the end is left full, and a new one begun.
//!
//! - get, insert, remove, change: O(log n);
//! - iteration from any id on: O(1) an element, amortised;
//! - clone: O(1), apart from what the first write after it copies.

use std::mem::size_of;
use std::sync::Arc;

use super::counted_tree::{CountedTree, Page as TreePage, Path};
use super::directory::ARC_HEAD_BYTES;
use super::shed::Shed;
use super::stream_index::StreamId;

/// Elements in a page at most.
const PAGE_LEN_MAX: usize = 64;
/// A page with fewer is merged with a neighbour.
const SPARSE: usize = PAGE_LEN_MAX / 4;

#[derive(Clone, Debug)]
struct Page<V>(Arc<Vec<(StreamId, V)>>);

impl<V: Clone> TreePage for Page<V> {
    fn count(&self) -> u64 {
        self.0.len() as u64
    }

    fn heap_bytes(&self) -> usize {
        ARC_HEAD_BYTES + size_of::<Vec<(StreamId, V)>>() + self.0.capacity() * size_of::<(StreamId, V)>()
    }

    fn is_sparse(&self) -> bool {
        self.0.len() < SPARSE
    }

    fn absorb(&mut self, next: &Self) -> bool {
        let fits = self.0.len() + next.0.len() <= PAGE_LEN_MAX;
        if fits {
            Arc::make_mut(&mut self.0).extend_from_slice(&next.0);
        }
        fits
    }
}

/// See the module's head. `Clone` is a snapshot.
#[derive(Debug)]
pub struct IdMap<V> {
    tree: CountedTree<Page<V>, StreamId>,
}

impl<V> Clone for IdMap<V> {
    fn clone(&self) -> Self {
        Self { tree: self.tree.clone() }
    }
}

impl<V: Clone> Default for IdMap<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: Clone> IdMap<V> {
    pub const fn new() -> Self {
        Self { tree: CountedTree::new() }
    }

    /// O(1).
    pub fn len(&self) -> usize {
        self.tree.count() as usize
    }

    pub fn is_empty(&self) -> bool {
        self.tree.count() == 0
    }

    /// Bytes of all that is allocated. O(1).
    pub fn heap_bytes(&self) -> usize {
        self.tree.heap_bytes()
    }

    pub fn get(&self, id: StreamId) -> Option<&V> {
        let (_, page) = self.page_of(id)?;
        let at = page.0.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(&page.0[at].1)
    }

    pub fn contains(&self, id: StreamId) -> bool {
        self.get(id).is_some()
    }

    /// Sets the value of an id. Returns the one it had.
    pub fn insert(&mut self, id: StreamId, value: V) -> Option<V> {
        let Some((path, page)) = self.page_of(id) else {
            self.tree.start(id, Page(Arc::new(vec![(id, value)])));
            return None;
        };
        let is_last = path.before + page.count() == self.tree.count();
        self.tree.edit(&path, |page, after| {
            let items = Arc::make_mut(&mut page.0);
            let at = match items.binary_search_by_key(&id, |(id, _)| *id) {
                Ok(at) => return Some(std::mem::replace(&mut items[at].1, value)),
                Err(at) => at,
            };
            if items.len() < PAGE_LEN_MAX {
                items.insert(at, (id, value));
            } else if is_last && at == items.len() {
                after.push((id, Page(Arc::new(vec![(id, value)]))));
            } else {
                let mut right = items.split_off(PAGE_LEN_MAX / 2);
                match at.checked_sub(items.len()) {
                    Some(at) => right.insert(at, (id, value)),
                    None => items.insert(at, (id, value)),
                }
                items.shrink_to_fit();
                after.push((right[0].0, Page(Arc::new(right))));
            }
            None
        })
    }

    /// Removes an id. Returns its value.
    pub fn remove(&mut self, id: StreamId) -> Option<V> {
        let (path, page) = self.page_of(id)?;
        let at = page.0.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(self.tree.edit(&path, |page, _| Arc::make_mut(&mut page.0).remove(at).1))
    }

    /// The lowest id with its value.
    pub fn first(&self) -> Option<(StreamId, &V)> {
        self.iter_from(StreamId::MIN).next()
    }

    /// The highest id with its value.
    pub fn last(&self) -> Option<(StreamId, &V)> {
        let (_, page, at) = self.tree.seek(self.tree.count().checked_sub(1)?)?;
        page.0.get(at as usize).map(|(id, value)| (*id, value))
    }

    /// All from `id` on, in order. O(log n) to begin with.
    pub fn iter_from(&self, id: StreamId) -> impl Iterator<Item = (StreamId, &V)> {
        let mut next = match self.page_of(id) {
            None => 0,
            Some((path, page)) => path.before + page.0.partition_point(|(other, _)| *other < id) as u64,
        };
        let mut page: &[(StreamId, V)] = &[];
        std::iter::from_fn(move || {
            if page.is_empty() {
                let (_, found, at) = self.tree.seek(next)?;
                page = &found.0[at as usize..];
                next += page.len() as u64;
            }
            let ((id, value), rest) = page.split_first()?;
            page = rest;
            Some((*id, value))
        })
    }

    fn page_of(&self, id: StreamId) -> Option<(Path, &Page<V>)> {
        self.tree.seek_key(|key| key.cmp(&id))
    }
}

impl<V> Shed for IdMap<V> {
    fn shed(&mut self) -> bool {
        self.tree.shed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_is_a_map_and_its_snapshots_stay(
            ops in prop::collection::vec((0u8..5, 0u64..400, any::<u8>()), 1..900),
        ) {
            let (mut map, mut model, mut snapshots) = (IdMap::new(), BTreeMap::new(), Vec::new());
            for (op, at, value) in ops {
                let id = StreamId::new(at / 7, at % 7);
                match op {
                    0..=2 => prop_assert_eq!(map.insert(id, value), model.insert(id, value)),
                    3 => prop_assert_eq!(map.remove(id), model.remove(&id)),
                    _ if value == 0 => snapshots.push((map.clone(), model.clone())),
                    _ => prop_assert_eq!(map.get(id), model.get(&id)),
                }
                prop_assert!(map.iter_from(id).map(|(id, v)| (id, *v)).eq(model.range(id..).map(|(id, v)| (*id, *v))));
            }
            snapshots.push((map, model));
            for (map, model) in snapshots {
                prop_assert!(map.iter_from(StreamId::MIN).map(|(id, v)| (id, *v)).eq(model.iter().map(|(id, v)| (*id, *v))));
                prop_assert_eq!(map.len(), model.len());
                prop_assert_eq!(map.heap_bytes(), map.tree.recount());
                prop_assert_eq!(map.first().map(|(id, _)| id), model.keys().next().copied());
                prop_assert_eq!(map.last().map(|(id, _)| id), model.keys().next_back().copied());
            }
        }
    }

    #[test]
    fn ids_in_order_fill_their_pages() {
        let mut map = IdMap::new();
        (1..=6400).for_each(|ms| _ = map.insert(StreamId::new(ms, 0), ()));
        assert_eq!(map.tree.page_count(), 100);
    }
}
