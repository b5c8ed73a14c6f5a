//! A long sequence of values of which each stands for several elements: what a quicklist is made of.
//!
//! ```text
//!   tree: node ─► [ count │ item ] [ count │ item ] …       item: a listpack of up to 8 KiB behind a pointer, say
//! ```
//!
//! A [counted tree](super::counted_tree) whose pages are the items. Items are addressed by the number of an element in
//! them ([`seek`](Sequence::seek)), or as first and last; what lies in an item is the user's affair. Items are never
//! merged or split by the sequence: `OBJECT ENCODING`'s kin (`DEBUG LISTPACK`, quicklist node counts, RDB) show how they
//! lie, so the type decides.
//!
//! - push, pop and change at either end: a walk down one side, ⌈log₆₄ items⌉ nodes: two for a million short elements;
//! - seek, insert and remove anywhere: O(log n);
//! - iteration: O(1) an item amortised, either way, from anywhere;
//! - clone: O(1), apart from what the first write after it copies.
//!
//! Invariant: every item has one element or more.

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use super::counted_tree::{CountedTree, Page, Path};
use super::shed::Shed;

/// What a sequence holds. Clones should be cheap: a write after a snapshot clones up to 64 of them.
pub trait Item: Clone {
    /// Elements inside. An item that has none is dropped by the sequence.
    fn count(&self) -> u64;

    /// Bytes of heap behind it.
    fn heap_bytes(&self) -> usize;
}

#[derive(Clone, Debug)]
struct Held<T>(T);

impl<T: Item> Page for Held<T> {
    fn count(&self) -> u64 {
        self.0.count()
    }

    fn heap_bytes(&self) -> usize {
        self.0.heap_bytes()
    }
}

/// See the module's head. `Clone` is a snapshot.
#[derive(Debug)]
pub struct Sequence<T> {
    tree: CountedTree<Held<T>, ()>,
}

impl<T> Clone for Sequence<T> {
    fn clone(&self) -> Self {
        Self { tree: self.tree.clone() }
    }
}

/// Where an item is, valid until the sequence changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    path: Path,
    /// Number of the item's first element.
    pub first_element: u64,
}

impl<T: Item> Default for Sequence<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Item> Sequence<T> {
    pub const fn new() -> Self {
        Self { tree: CountedTree::new() }
    }

    /// Elements in all items. O(1).
    #[inline]
    pub fn element_count(&self) -> u64 {
        self.tree.count()
    }

    /// O(1).
    #[inline]
    pub fn item_count(&self) -> usize {
        self.tree.page_count()
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.tree.count() == 0
    }

    /// Bytes of all that is allocated, items included, shared with snapshots or not. O(1).
    pub fn heap_bytes(&self) -> usize {
        self.tree.heap_bytes()
    }

    /// The item that holds element number `element`, and the number of that element within the item. O(log n).
    pub fn seek(&self, element: u64) -> Option<(Position, &T, u64)> {
        let (path, item, within) = self.tree.seek(element)?;
        Some((Position { path, first_element: path.before }, &item.0, within))
    }

    pub fn first(&self) -> Option<(Position, &T)> {
        let (path, item) = self.tree.first()?;
        Some((Position { path, first_element: 0 }, &item.0))
    }

    pub fn last(&self) -> Option<(Position, &T)> {
        let (path, item) = self.tree.last()?;
        Some((Position { path, first_element: path.before }, &item.0))
    }

    /// The item at `at`. O(log n).
    pub fn get(&self, at: Position) -> &T {
        self.seek(at.first_element).expect("a position is valid until the sequence changes").1
    }

    /// Changes an item; one left without elements is dropped. O(log n). The position stays valid for this item, if it is
    /// still there.
    pub fn edit<R>(&mut self, at: Position, change: impl FnOnce(&mut T) -> R) -> R {
        self.tree.edit(&at.path, |item, _| change(&mut item.0))
    }

    /// Changes an item and puts others right after it, in their order. O(log n). Up to 64 items.
    pub fn edit_and_insert<R>(&mut self, at: Position, change: impl FnOnce(&mut T, &mut Vec<T>) -> R) -> R {
        self.tree.edit(&at.path, |item, after| {
            let mut others = Vec::new();
            let result = change(&mut item.0, &mut others);
            after.extend(others.into_iter().map(|other| ((), Held(other))));
            result
        })
    }

    /// Adds an item before all others. O(log n).
    pub fn push_front(&mut self, item: T) {
        match self.first() {
            Some((at, _)) => self.insert_before(at, item),
            None => self.tree.start((), Held(item)),
        }
    }

    /// Adds an item after all others. O(log n).
    pub fn push_back(&mut self, item: T) {
        match self.last() {
            Some((at, _)) => self.insert_after(at, item),
            None => self.tree.start((), Held(item)),
        }
    }

    /// Adds an item right before that at `at`. O(log n).
    pub fn insert_before(&mut self, at: Position, item: T) {
        self.tree.edit(&at.path, |old, after| after.push(((), std::mem::replace(old, Held(item)))));
    }

    /// Adds an item right after that at `at`. O(log n).
    pub fn insert_after(&mut self, at: Position, item: T) {
        self.tree.edit(&at.path, |_, after| after.push(((), Held(item))));
    }

    /// Takes an item out. O(log n).
    pub fn remove(&mut self, at: Position) -> T {
        let item = self.get(at).clone();
        self.tree.remove_page(&at.path);
        item
    }

    /// Takes the first item out.
    pub fn pop_front(&mut self) -> Option<T> {
        let (at, _) = self.first()?;
        Some(self.remove(at))
    }

    /// Takes the last item out.
    pub fn pop_back(&mut self) -> Option<T> {
        let (at, _) = self.last()?;
        Some(self.remove(at))
    }

    /// Changes every item in turn, until `change` says to break: O(n). An item must keep its elements, not its bytes: this is
    /// for what compresses or re-encodes.
    pub fn for_each_mut(&mut self, mut change: impl FnMut(Position, &mut T) -> ControlFlow<()>) {
        let mut next = 0;
        while let Some((at, _, _)) = self.seek(next) {
            let flow = self.edit(at, |item| {
                let count = item.count();
                let flow = change(at, item);
                assert_eq!(item.count(), count, "an item must keep its elements");
                next += count;
                flow
            });
            if flow.is_break() {
                return;
            }
        }
    }

    /// The items from the first to the last, and from the last to the first by `rev`.
    pub fn iter(&self) -> Items<'_, T> {
        Items { sequence: self, next: 0, end: self.element_count() }
    }

    /// The items from that with element number `element` on; by `rev` from the last down to that.
    pub fn iter_from(&self, element: u64) -> Items<'_, T> {
        let next = self.seek(element).map_or(self.element_count(), |(at, _, _)| at.first_element);
        Items { sequence: self, next, end: self.element_count() }
    }

    /// The items up to that with element number `element`, inclusive; by `rev` from that down to the first.
    pub fn iter_to(&self, element: u64) -> Items<'_, T> {
        let end = self.seek(element).map_or(self.element_count(), |(at, item, _)| at.first_element + item.count());
        Items { sequence: self, next: 0, end }
    }
}

impl<T> Shed for Sequence<T> {
    fn shed(&mut self) -> bool {
        self.tree.shed()
    }
}

impl<T: Item> Extend<T> for Sequence<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        items.into_iter().for_each(|item| self.push_back(item));
    }
}

/// Items with their positions, from either end.
#[derive(Clone, Debug)]
pub struct Items<'a, T> {
    sequence: &'a Sequence<T>,
    next: u64,
    end: u64,
}

impl<'a, T: Item> Iterator for Items<'a, T> {
    type Item = (Position, &'a T);

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let (at, item, _) = self.sequence.seek(self.next)?;
        self.next = at.first_element + item.count();
        Some((at, item))
    }
}

impl<T: Item> DoubleEndedIterator for Items<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let (at, item, _) = self.sequence.seek(self.end - 1)?;
        self.end = at.first_element;
        Some((at, item))
    }
}
