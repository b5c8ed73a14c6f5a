//! Changing a counted tree: the way down to a page, and putting counts, bytes and shapes right on the way up.

use std::mem::replace;
use std::sync::Arc;

use super::{After, CountedTree, Down, Entry, FANOUT, Key, Node, Page, Path, SPARSE};

/// What an edit changed below a node, for those above.
#[derive(Default)]
struct Ledger {
    count: i64,
    bytes: isize,
    pages: isize,
}

impl<P: Page, K: Key> CountedTree<P, K> {
    /// Changes the page at `path`. Pages that `change` pushes come right after it, in that order. A page left without
    /// elements goes; a sparse one is merged with a neighbour if both agree. O(log n).
    pub fn edit<R>(&mut self, path: &Path, change: impl FnOnce(&mut P, &mut After<P, K>) -> R) -> R {
        self.edit_or_remove(path, false, change)
    }

    /// Takes the page at `path` out, whatever is in it. O(log n).
    pub fn remove_page(&mut self, path: &Path) {
        self.edit_or_remove(path, true, |_, _| ());
    }

    fn edit_or_remove<R>(
        &mut self,
        path: &Path,
        remove: bool,
        change: impl FnOnce(&mut P, &mut After<P, K>) -> R,
    ) -> R {
        let root = self.root.as_mut().expect("a path leads into a tree with pages");
        let mut ledger = Ledger::default();
        let (result, sibling) = edit_node(root, &path.at, remove, change, &mut ledger);
        self.count = add(self.count, ledger.count);
        self.bytes = self.bytes.checked_add_signed(ledger.bytes).expect("the ledger takes what was booked");
        self.pages = self.pages.checked_add_signed(ledger.pages).expect("the ledger takes what was booked");
        if let Some(sibling) = sibling {
            self.grow(sibling);
        }
        self.lower();
        result
    }

    /// Puts a root over the old one and its new sibling.
    fn grow(&mut self, sibling: Entry<P, K>) {
        let old = self.root.take().expect("a root was split");
        let first = Entry { count: old.count(), key: sibling.key.clone(), down: Down::Node(old) };
        self.bytes += first.key.heap_bytes();
        let root = Node { entries: vec![first, sibling] };
        self.bytes += root.heap_bytes();
        self.root = Some(Arc::new(root));
        self.height += 1;
    }

    /// Takes away roots with a single node below them, and a root without entries.
    fn lower(&mut self) {
        while let Some(root) = &self.root {
            let below = match root.entries.as_slice() {
                [] => None,
                [Entry { key, down: Down::Node(below), .. }] => {
                    self.bytes -= key.heap_bytes();
                    Some(Arc::clone(below))
                }
                _ => return,
            };
            self.bytes -= root.heap_bytes();
            self.root = below;
            self.height -= 1;
        }
        debug_assert_eq!((self.count, self.bytes, self.pages), (0, 0, 0));
    }
}

fn add(count: u64, change: i64) -> u64 {
    count.checked_add_signed(change).expect("no more elements go than were there")
}

/// Edits below one node; returns the right half if the node had to be split. Its bytes are booked; its key's are those of
/// an entry that is there already.
fn edit_node<P: Page, K: Key, R>(
    shared: &mut Arc<Node<P, K>>,
    path: &[u8],
    remove: bool,
    change: impl FnOnce(&mut P, &mut After<P, K>) -> R,
    ledger: &mut Ledger,
) -> (R, Option<Entry<P, K>>) {
    ledger.bytes -= shared.heap_bytes() as isize;
    // Book first: a copy may have another capacity.
    let node = Arc::make_mut(shared);
    let at = usize::from(path[0]);
    let result = match &mut node.entries[at].down {
        Down::Page(page) => {
            let mut after = After::new();
            ledger.bytes -= page.heap_bytes() as isize;
            let result = change(page, &mut after);
            ledger.bytes += page.heap_bytes() as isize;
            let count = if remove { 0 } else { page.count() };
            node.settle_page(at, count, after, ledger);
            result
        }
        Down::Node(below) => {
            let (result, sibling) = edit_node(below, &path[1..], remove, change, ledger);
            node.settle_node(at, sibling, ledger);
            result
        }
    };
    let sibling = node.split_if_full(at, ledger);
    node.release_slack();
    ledger.bytes += node.heap_bytes() as isize;
    (result, sibling)
}

impl<P: Page, K: Key> Node<P, K> {
    /// After a page was edited: its count `new`, its new neighbours, its end.
    fn settle_page(&mut self, at: usize, new: u64, after: After<P, K>, ledger: &mut Ledger) {
        let entry = &mut self.entries[at];
        let Down::Page(page) = &entry.down else { unreachable!("a page was edited") };
        let old = replace(&mut entry.count, new);
        ledger.count += new as i64 - old as i64;
        let sparse = new > 0 && page.is_sparse();
        self.reserve(after.len());
        for (i, (key, page)) in after.into_iter().enumerate() {
            let count = page.count();
            debug_assert!(count > 0);
            ledger.count += count as i64;
            ledger.pages += 1;
            ledger.bytes += (key.heap_bytes() + page.heap_bytes()) as isize;
            self.entries.insert(at + 1 + i, Entry { count, key, down: Down::Page(page) });
        }
        if new == 0 {
            self.drop_page(at, ledger);
        } else if sparse && !(at + 1 < self.entries.len() && self.merge_pages(at, ledger)) && at > 0 {
            self.merge_pages(at - 1, ledger);
        }
    }

    fn drop_page(&mut self, at: usize, ledger: &mut Ledger) {
        let gone = self.entries.remove(at);
        let Down::Page(page) = gone.down else { unreachable!("pages have pages for neighbours") };
        ledger.pages -= 1;
        ledger.bytes -= (gone.key.heap_bytes() + page.heap_bytes()) as isize;
    }

    /// Merges page `at + 1` into page `at` if the pages agree.
    fn merge_pages(&mut self, at: usize, ledger: &mut Ledger) -> bool {
        let [left, right] = &mut self.entries[at..at + 2] else { unreachable!("two of a slice of two") };
        let (Down::Page(page), Down::Page(next)) = (&mut left.down, &right.down) else {
            unreachable!("pages have pages for neighbours")
        };
        let bytes_before = page.heap_bytes() as isize;
        if !page.absorb(next) {
            return false;
        }
        ledger.bytes += page.heap_bytes() as isize - bytes_before;
        left.count += right.count;
        debug_assert_eq!(left.count, page.count());
        self.drop_page(at + 1, ledger);
        true
    }

    /// After an edit below entry `at`: its count, its new sibling, its end.
    fn settle_node(&mut self, at: usize, sibling: Option<Entry<P, K>>, ledger: &mut Ledger) {
        let entry = &mut self.entries[at];
        entry.count = add(entry.count, ledger.count);
        if let Some(sibling) = sibling {
            entry.count -= sibling.count;
            self.reserve(1);
            self.entries.insert(at + 1, sibling);
            return;
        }
        let Down::Node(below) = &entry.down else { unreachable!("a node was edited") };
        if below.entries.is_empty() {
            ledger.bytes -= (below.heap_bytes() + entry.key.heap_bytes()) as isize;
            self.entries.remove(at);
        } else if below.entries.len() < SPARSE
            && !(at + 1 < self.entries.len() && self.merge_nodes(at, ledger))
            && at > 0
        {
            self.merge_nodes(at - 1, ledger);
        }
    }

    /// Moves the entries of node `at + 1` into node `at`, if that leaves room for growth.
    fn merge_nodes(&mut self, at: usize, ledger: &mut Ledger) -> bool {
        let [left, right] = &mut self.entries[at..at + 2] else { unreachable!("two of a slice of two") };
        let (Down::Node(into), Down::Node(from)) = (&mut left.down, &mut right.down) else {
            unreachable!("nodes have nodes for neighbours")
        };
        if into.entries.len() + from.entries.len() > FANOUT * 3 / 4 {
            return false;
        }
        ledger.bytes -= (into.heap_bytes() + from.heap_bytes() + from.entries[0].key.heap_bytes()) as isize;
        let (into, from) = (Arc::make_mut(into), Arc::make_mut(from));
        // The first entry of a node may hold less than its own key says; the node's key is the true bound.
        from.entries[0].key = right.key.clone();
        into.reserve(from.entries.len());
        into.entries.append(&mut from.entries);
        ledger.bytes += into.heap_bytes() as isize;
        left.count += right.count;
        self.entries.remove(at + 1);
        true
    }

    /// Splits an overfull node around entry `at`, where entries came in: at the end, so that what is filled in order is
    /// filled wholly; else in the middle.
    fn split_if_full(&mut self, at: usize, ledger: &mut Ledger) -> Option<Entry<P, K>> {
        let len = self.entries.len();
        if len <= FANOUT {
            return None;
        }
        assert!(len <= 2 * FANOUT, "an edit adds few pages");
        let keep = if at + 2 >= len { FANOUT } else { len / 2 };
        let entries: Vec<_> = self.entries.drain(keep..).collect();
        let key = entries[0].key.clone();
        let sibling = Node { entries };
        ledger.bytes += (sibling.heap_bytes() + key.heap_bytes()) as isize;
        Some(Entry { count: sibling.count(), key, down: Down::Node(Arc::new(sibling)) })
    }

    /// Makes room in steps of doubling from one: most trees of small values have a single page.
    fn reserve(&mut self, more: usize) {
        let (len, capacity) = (self.entries.len(), self.entries.capacity());
        if len + more > capacity {
            self.entries.reserve_exact(more.max(capacity.min(FANOUT + 4 - capacity.min(FANOUT))));
        }
    }

    fn release_slack(&mut self) {
        if self.entries.capacity() > 4 * self.entries.len().max(1) {
            self.entries.shrink_to(2 * self.entries.len());
        }
    }
}
