//! The order of a stream: nodes of entries, by the id of each node's first entry.
//!
//! ```text
//!   tree: node ─► [ count │ id │ stream node ] …        stream node: (id, item), the item a listpack of up to
//!                                                       stream-node-max-bytes / -entries behind a pointer
//! ```
//!
//! Redis keeps a radix tree of 16-byte keys here; this is a [counted tree](super::counted_tree). A node's id is that of its
//! master entry, which the entries within are written against, so it stays even when that entry is deleted. The item counts
//! its living entries; a node left without any goes, as in Redis.
//!
//! - append, seek by id or by number of entry, change, remove: O(log n);
//! - iteration: O(1) a node amortised, either way, from anywhere;
//! - clone: O(1), apart from what the first write after it copies.
//!
//! Invariants: ids of nodes rise strictly; every node has a living entry.

#[cfg(test)]
mod tests;

use super::counted_tree::{CountedTree, Key, Page, Path};
use super::sequence::Item;
use super::shed::Shed;

/// The id of an entry: milliseconds, then a number within the millisecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    pub ms: u64,
    pub seq: u64,
}

impl StreamId {
    /// `0-0`, which no entry has.
    pub const MIN: StreamId = StreamId { ms: 0, seq: 0 };
    /// The last id of all.
    pub const MAX: StreamId = StreamId { ms: u64::MAX, seq: u64::MAX };

    pub const fn new(ms: u64, seq: u64) -> Self {
        Self { ms, seq }
    }

    /// The id right after this one, unless this is the last.
    pub fn next(self) -> Option<Self> {
        match self.seq.checked_add(1) {
            Some(seq) => Some(Self { ms: self.ms, seq }),
            None => Some(Self { ms: self.ms.checked_add(1)?, seq: 0 }),
        }
    }

    /// The id right before this one, unless this is the first.
    pub fn previous(self) -> Option<Self> {
        match self.seq.checked_sub(1) {
            Some(seq) => Some(Self { ms: self.ms, seq }),
            None => Some(Self { ms: self.ms.checked_sub(1)?, seq: u64::MAX }),
        }
    }

    /// The sixteen bytes that stand for the id in RDB files: both numbers big endian, so that bytes order as ids do.
    pub fn to_bytes(self) -> [u8; 16] {
        (u128::from(self.ms) << 64 | u128::from(self.seq)).to_be_bytes()
    }

    /// From the bytes that `to_bytes` gives.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let both = u128::from_be_bytes(bytes);
        Self { ms: (both >> 64) as u64, seq: both as u64 }
    }
}

impl Key for StreamId {}

#[derive(Clone, Debug)]
struct Node<T> {
    id: StreamId,
    item: T,
}

impl<T: Item> Page for Node<T> {
    fn count(&self) -> u64 {
        self.item.count()
    }

    fn heap_bytes(&self) -> usize {
        self.item.heap_bytes()
    }
}

/// Stream nodes by id. `Clone` is a snapshot.
#[derive(Debug)]
pub struct StreamIndex<T> {
    tree: CountedTree<Node<T>, StreamId>,
}

impl<T> Clone for StreamIndex<T> {
    fn clone(&self) -> Self {
        Self { tree: self.tree.clone() }
    }
}

/// Where a node is, valid until the index changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    path: Path,
    /// Living entries before the node.
    pub entries_before: u64,
}

/// A node that was found: where it is, its id and its item.
pub type Found<'a, T> = (Position, StreamId, &'a T);

impl<T: Item> Default for StreamIndex<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Item> StreamIndex<T> {
    pub const fn new() -> Self {
        Self { tree: CountedTree::new() }
    }

    /// An index of these nodes, whose ids rise. O(nodes).
    pub fn from_nodes(nodes: impl IntoIterator<Item = (StreamId, T)>) -> Self {
        let pages: Vec<_> = nodes.into_iter().map(|(id, item)| (id, Node { id, item })).collect();
        debug_assert!(pages.windows(2).all(|pair| pair[0].0 < pair[1].0), "ids of nodes rise");
        Self { tree: CountedTree::from_pages(pages) }
    }

    /// Living entries in all nodes. O(1).
    pub fn entry_count(&self) -> u64 {
        self.tree.count()
    }

    /// What XINFO STREAM calls `radix-tree-keys`. O(1).
    pub fn node_count(&self) -> usize {
        self.tree.page_count()
    }

    pub fn is_empty(&self) -> bool {
        self.tree.count() == 0
    }

    /// Bytes of all that is allocated, items included, shared with snapshots or not. O(1).
    pub fn heap_bytes(&self) -> usize {
        self.tree.heap_bytes()
    }

    /// The node with living entry number `entry`, and the number of that entry among the node's living ones. O(log n).
    pub fn seek_entry(&self, entry: u64) -> Option<(Found<'_, T>, u64)> {
        let (path, node, within) = self.tree.seek(entry)?;
        Some((found(path, node), within))
    }

    pub fn first(&self) -> Option<Found<'_, T>> {
        self.tree.first().map(|(path, node)| found(path, node))
    }

    pub fn last(&self) -> Option<Found<'_, T>> {
        self.tree.last().map(|(path, node)| found(path, node))
    }

    /// The last node with an id of at most `id`: the only one that can hold an entry with just that id. O(log n).
    pub fn at_or_before(&self, id: StreamId) -> Option<Found<'_, T>> {
        let (path, node) = self.tree.seek_key(|key| key.cmp(&id))?;
        if node.id <= id {
            return Some(found(path, node));
        }
        // The tree's key can be that of a node which is gone: then what is sought ends before this one.
        self.seek_entry(path.before.checked_sub(1)?).map(|(found, _)| found)
    }

    /// The first node with an id of at least `id`. O(log n).
    pub fn at_or_after(&self, id: StreamId) -> Option<Found<'_, T>> {
        let (path, node) = self.tree.seek_key(|key| key.cmp(&id))?;
        if node.id >= id {
            return Some(found(path, node));
        }
        self.seek_entry(path.before + node.count()).map(|(found, _)| found)
    }

    /// Adds a node behind all others. O(log n). Panics unless `id` is above that of the last node.
    pub fn append(&mut self, id: StreamId, item: T) {
        match self.last() {
            None => self.tree.start(id, Node { id, item }),
            Some((at, last, _)) => {
                assert!(last < id, "ids of nodes rise");
                self.tree.edit(&at.path, |_, after| after.push((id, Node { id, item })));
            }
        }
    }

    /// Changes a node's item; one left without entries is dropped. O(log n). The position stays valid for this node, if it
    /// is still there.
    pub fn edit<R>(&mut self, at: Position, change: impl FnOnce(&mut T) -> R) -> R {
        self.tree.edit(&at.path, |node, _| change(&mut node.item))
    }

    /// Takes a node out. O(log n).
    pub fn remove(&mut self, at: Position) -> (StreamId, T) {
        let ((_, id, item), _) = self.seek_entry(at.entries_before).expect("valid until the index changes");
        let removed = (id, item.clone());
        self.tree.remove_page(&at.path);
        removed
    }

    /// All nodes, from either end.
    pub fn iter(&self) -> Nodes<'_, T> {
        Nodes { index: self, next: 0, end: self.entry_count() }
    }

    /// The nodes that can hold entries from `start` to `end`, both included; from either end. O(log n) to begin with.
    pub fn range(&self, start: StreamId, end: StreamId) -> Nodes<'_, T> {
        let next = self.at_or_before(start).map_or(0, |(at, ..)| at.entries_before);
        let end = self.at_or_before(end).map_or(0, |(at, _, item)| at.entries_before + item.count());
        Nodes { index: self, next, end: end.max(next) }
    }
}

impl<T> Shed for StreamIndex<T> {
    fn shed(&mut self) -> bool {
        self.tree.shed()
    }
}

fn found<T>(path: Path, node: &Node<T>) -> Found<'_, T> {
    (Position { path, entries_before: path.before }, node.id, &node.item)
}

/// Nodes in order, from either end.
#[derive(Clone, Debug)]
pub struct Nodes<'a, T> {
    index: &'a StreamIndex<T>,
    next: u64,
    end: u64,
}

impl<'a, T: Item> Iterator for Nodes<'a, T> {
    type Item = Found<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let (found, _) = self.index.seek_entry(self.next)?;
        self.next = found.0.entries_before + found.2.count();
        Some(found)
    }
}

impl<T: Item> DoubleEndedIterator for Nodes<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let (found, _) = self.index.seek_entry(self.end - 1)?;
        self.end = found.0.entries_before;
        Some(found)
    }
}
