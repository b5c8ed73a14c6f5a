//! A tree of pages that counts: the frame of the ordered tree, the sequence and the stream index.
//!
//! ```text
//!   root ─► node ─► [ count │ key │ down ] [ … ] …        up to 64 entries, all of one level
//!                                  │
//!                                  ├─► node ─► [ … ]      while there are levels below
//!                                  └─► page               at the lowest level: what the user stores
//! ```
//!
//! A page holds one or more elements; an entry knows how many are below it, so an element is found by its number in
//! O(log n), and so is the number of an element. A key is a lower bound of what is below its entry and above everything
//! before it; users without an order take `()`. The tree knows nothing of how elements lie in a page: edits are
//! closures that change one page, split it or empty it.
//!
//! A clone shares everything: O(1). An edit goes down through `Arc::make_mut`, so after a clone it copies one node a level
//! and (as the page's own type decides) one page.
//!
//! Iterators need no stack: when a page is exhausted, the next is sought by number, O(log n) for a whole page.
//!
//! Invariants: an entry's count is that of all pages below it; no page is empty; no node is empty; the key of a node's
//! first entry is never compared (what is smaller than all keys goes there, and may be smaller than that key); `bytes`, `count` and `pages` equal a recount.

mod edit;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::mem::size_of;
use std::sync::Arc;

use super::directory::ARC_HEAD_BYTES;
use super::shed::Shed;

/// Entries in a node at most. An edit after a clone copies that many handles a level; more levels would cost more.
const FANOUT: usize = 64;
/// A node with fewer entries is merged with a neighbour if they fit together.
const SPARSE: usize = FANOUT / 4;
/// More than any tree needs: nodes are at least a quarter full but for chains beside full neighbours.
const HEIGHT_MAX: usize = 16;

/// What the tree stores.
pub(crate) trait Page: Clone {
    /// Elements inside. Zero only for a page that is to go.
    fn count(&self) -> u64;

    /// Bytes of heap behind it.
    fn heap_bytes(&self) -> usize;

    /// Whether the page should be merged with a neighbour if it can be.
    fn is_sparse(&self) -> bool {
        false
    }

    /// Takes over all elements of `next`, the page after it, unless they are too many. Returns whether it did.
    fn absorb(&mut self, _next: &Self) -> bool {
        false
    }
}

/// A lower bound of a subtree.
pub(crate) trait Key: Clone {
    /// Bytes of heap behind it.
    fn heap_bytes(&self) -> usize {
        0
    }
}

impl Key for () {}

/// See the module's head.
#[derive(Debug)]
pub(crate) struct CountedTree<P, K> {
    root: Option<Arc<Node<P, K>>>,
    height: usize,
    count: u64,
    pages: usize,
    bytes: usize,
}

#[derive(Clone, Debug)]
struct Node<P, K> {
    entries: Vec<Entry<P, K>>,
}

#[derive(Clone, Debug)]
struct Entry<P, K> {
    count: u64,
    key: K,
    down: Down<P, K>,
}

#[derive(Debug)]
enum Down<P, K> {
    Page(P),
    Node(Arc<Node<P, K>>),
}

/// The way to a page, valid until the next change of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    at: [u8; HEIGHT_MAX],
    /// Elements in the pages before.
    pub before: u64,
}

/// Pages that an edit puts after the one it was given, each with its key.
pub(crate) type After<P, K> = Vec<(K, P)>;

// Derived, it would ask `P: Clone` of the enum's user for nothing.
impl<P: Clone, K: Clone> Clone for Down<P, K> {
    fn clone(&self) -> Self {
        match self {
            Down::Page(page) => Down::Page(page.clone()),
            Down::Node(node) => Down::Node(Arc::clone(node)),
        }
    }
}

impl<P, K> Clone for CountedTree<P, K> {
    fn clone(&self) -> Self {
        let &Self { height, count, pages, bytes, .. } = self;
        Self { root: self.root.clone(), height, count, pages, bytes }
    }
}

impl<P: Page, K: Key> CountedTree<P, K> {
    pub const fn new() -> Self {
        Self { root: None, height: 0, count: 0, pages: 0, bytes: 0 }
    }

    /// Elements in all pages. O(1).
    #[inline]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// O(1).
    pub fn page_count(&self) -> usize {
        self.pages
    }

    /// Bytes of the nodes, keys and pages. O(1).
    pub fn heap_bytes(&self) -> usize {
        self.bytes
    }

    /// The page that holds element number `at`, and the number of that element within the page. O(log n).
    #[inline]
    pub fn seek(&self, at: u64) -> Option<(Path, &P, u64)> {
        if at >= self.count {
            return None;
        }
        let mut rest = at;
        let (path, page) = self.descend(|entries| {
            let start = rest;
            let found = entries.iter().position(|entry| match rest.checked_sub(entry.count) {
                Some(left) => {
                    rest = left;
                    false
                }
                None => true,
            });
            (found.expect("a node's counts add up to that of its entry"), start - rest)
        })?;
        Some((path, page, rest))
    }

    /// The last page whose key is not above what is looked for, or the first page. `compare` gives the order of a key
    /// against it. O(log n).
    #[inline]
    pub fn seek_key(&self, compare: impl Fn(&K) -> Ordering) -> Option<(Path, &P)> {
        self.descend(|entries| {
            let at = entries[1..].partition_point(|entry| compare(&entry.key) != Ordering::Greater);
            (at, entries[..at].iter().map(|entry| entry.count).sum())
        })
    }

    /// The first page. O(log n), one entry a node.
    pub fn first(&self) -> Option<(Path, &P)> {
        self.descend(|_| (0, 0))
    }

    /// The last page. O(log n), one entry a node.
    pub fn last(&self) -> Option<(Path, &P)> {
        let (mut path, page) = self.descend(|entries| (entries.len() - 1, 0))?;
        path.before = self.count - page.count();
        Some((path, page))
    }

    /// Puts the first page into an empty tree.
    pub fn start(&mut self, key: K, page: P) {
        assert!(self.root.is_none() && page.count() > 0);
        let count = page.count();
        let mut node = Node { entries: Vec::with_capacity(1) };
        self.bytes = page.heap_bytes() + key.heap_bytes();
        node.entries.push(Entry { count, key, down: Down::Page(page) });
        self.bytes += node.heap_bytes();
        (self.height, self.count, self.pages) = (1, count, 1);
        self.root = Some(Arc::new(node));
    }

    /// A tree of these pages, none of them empty, in order, each with its key. O(pages).
    pub fn from_pages(pages: Vec<(K, P)>) -> Self {
        let mut tree = Self { pages: pages.len(), ..Self::new() };
        let mut level: Vec<Entry<P, K>> = Vec::with_capacity(pages.len());
        for (key, page) in pages {
            tree.bytes += key.heap_bytes() + page.heap_bytes();
            tree.count += page.count();
            level.push(Entry { count: page.count(), key, down: Down::Page(page) });
        }
        while !level.is_empty() {
            // Evenly, so that no node is sparse.
            let (len, nodes) = (level.len(), level.len().div_ceil(FANOUT));
            let mut entries = level.into_iter();
            let mut above = Vec::with_capacity(nodes);
            for at in 0..nodes {
                let share = len * (at + 1) / nodes - len * at / nodes;
                let mut node = Node { entries: Vec::with_capacity(share) };
                node.entries.extend(entries.by_ref().take(share));
                tree.bytes += node.heap_bytes();
                above.push(Arc::new(node));
            }
            tree.height += 1;
            if let [root] = &above[..] {
                tree.root = Some(Arc::clone(root));
                break;
            }
            let entry_of = |node: Arc<Node<P, K>>| Entry {
                count: node.count(),
                key: node.entries[0].key.clone(),
                down: Down::Node(node),
            };
            level = above.into_iter().map(entry_of).collect();
            tree.bytes += level.iter().map(|entry| entry.key.heap_bytes()).sum::<usize>();
        }
        tree
    }

    /// `heap_bytes` counted anew.
    #[cfg(test)]
    pub fn recount(&self) -> usize {
        fn below<P: Page, K: Key>(node: &Node<P, K>) -> usize {
            let entries = node.entries.iter().map(|entry| match &entry.down {
                Down::Page(page) => entry.key.heap_bytes() + page.heap_bytes(),
                Down::Node(node) => entry.key.heap_bytes() + below(node),
            });
            node.heap_bytes() + entries.sum::<usize>()
        }
        self.root.as_deref().map_or(0, below)
    }

    /// Goes down, taking in each node the entry that `choose` names, with the number of elements in the entries before.
    #[inline]
    fn descend(&self, mut choose: impl FnMut(&[Entry<P, K>]) -> (usize, u64)) -> Option<(Path, &P)> {
        let mut node = self.root.as_deref()?;
        let mut path = Path { at: [0; HEIGHT_MAX], before: 0 };
        for level in 0.. {
            let (at, before) = choose(&node.entries);
            path.at[level] = at as u8;
            path.before += before;
            match &node.entries[at].down {
                Down::Page(page) => return Some((path, page)),
                Down::Node(below) => node = below,
            }
        }
        unreachable!("the lowest level holds pages")
    }
}

impl<P, K> Shed for CountedTree<P, K> {
    fn shed(&mut self) -> bool {
        let has_more = self.root.as_mut().is_some_and(shed_node);
        if !has_more {
            self.root = None;
        }
        has_more
    }
}

/// Pages that are freed at once. glibc's allocator sorts freed blocks of a page or so into lists that it walks, ten
/// microseconds each, and holds its lock for all of them: with 64 pages it took up to 0.7 ms.
const SHED_PAGES: usize = 8;

/// Frees the last pages below. Whether any is left.
fn shed_node<P, K>(node: &mut Arc<Node<P, K>>) -> bool {
    let Some(node) = Arc::get_mut(node) else { return false };
    match node.entries.last_mut() {
        Some(Entry { down: Down::Node(below), .. }) => {
            if !shed_node(below) {
                node.entries.pop();
            }
        }
        _ => node.entries.truncate(node.entries.len().saturating_sub(SHED_PAGES)),
    }
    !node.entries.is_empty()
}

impl<P, K> Node<P, K> {
    fn heap_bytes(&self) -> usize {
        ARC_HEAD_BYTES + size_of::<Self>() + self.entries.capacity() * size_of::<Entry<P, K>>()
    }

    fn count(&self) -> u64 {
        self.entries.iter().map(|entry| entry.count).sum()
    }
}
