//! A list of several nodes: where nodes begin, end, split and merge is what 7.0.15 does, since DUMP shows it.
//!
//! ```text
//!   push      into the outer node if it takes the element, else a new node
//!   insert    into the node; if it is full and the place is at its edge, into the neighbour, or a new node between; if
//!             inside, split there, then merge: the two nodes before, the two behind, the centre with each side
//!   replace   in place, whatever the size
//!   remove    nothing merges; an empty node goes
//!   large     a plain node of its own: at an edge beside the node, inside between its halves
//! ```

use super::node::{self, Node, Settings, is_large};
use super::{End, NodeRef};
use crate::structures::sequence::Position;
use crate::structures::{Item, ListpackMut, Packed, Sequence, Shed};
use crate::types::Limits;

/// A sequence of nodes.
#[derive(Clone, Debug)]
pub struct Quicklist {
    nodes: Sequence<Node>,
    settings: Settings,
}

impl Quicklist {
    pub(super) fn new(settings: Settings) -> Quicklist {
        Quicklist { nodes: Sequence::new(), settings }
    }

    pub(super) fn settings(&self) -> Settings {
        self.settings
    }

    /// Number of elements. O(1).
    pub fn len(&self) -> usize {
        self.nodes.element_count() as usize
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// O(1).
    pub fn node_count(&self) -> usize {
        self.nodes.item_count()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.nodes.heap_bytes()
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().map(|(_, node)| node)
    }

    /// The nodes from that with element number `element` on.
    pub(super) fn nodes_from(&self, element: u64) -> impl Iterator<Item = &Node> {
        self.nodes.iter_from(element).map(|(_, node)| node)
    }

    pub(super) fn get(&self, index: u64) -> Option<Item<'_>> {
        let (_, node, within) = self.nodes.seek(index)?;
        node.get(within)
    }

    pub(super) fn forward(&self, index: u64) -> impl Iterator<Item = Item<'_>> {
        let within = self.nodes.seek(index).map_or(0, |(_, _, within)| within);
        self.nodes.iter_from(index).flat_map(|(_, node)| node.iter()).skip(within as usize)
    }

    pub(super) fn backward(&self, index: u64) -> impl Iterator<Item = Item<'_>> {
        let behind = self.nodes.seek(index).map_or(0, |(_, node, within)| node.len() - within - 1);
        self.nodes.iter_to(index).rev().flat_map(|(_, node)| node.iter().rev()).skip(behind as usize)
    }

    /// The bytes of the only node, if it is packed; an empty listpack if there is no node.
    pub(super) fn only_packed(&self) -> Option<Packed> {
        if self.nodes.is_empty() {
            let mut packed = Packed::blank();
            ListpackMut::init(packed.edit());
            return Some(packed);
        }
        match self.nodes.first() {
            Some((_, Node::Packed(packed))) if self.nodes.item_count() == 1 => Some(packed.clone()),
            _ => None,
        }
    }

    /// Adds a node behind all others, if it has an element.
    pub(super) fn append_node(&mut self, node: Node) {
        if node.len() > 0 {
            self.nodes.push_back(node);
        }
    }

    pub(super) fn push(&mut self, end: End, text: &[u8], limits: &Limits) {
        let outer = match end {
            End::Left => self.nodes.first(),
            End::Right => self.nodes.last(),
        };
        if let Some((at, node)) = outer
            && !is_large(text, limits)
            && self.settings.allows_insert_into(Some(node), text.len())
        {
            return self.nodes.edit(at, |node| push_into(node, end, text));
        }
        if let Some((at, _)) = outer {
            self.nodes.edit(at, Node::close);
        }
        let node = if is_large(text, limits) { Node::plain(text) } else { Node::of_element(text) };
        match end {
            End::Left => self.nodes.push_front(node),
            End::Right => self.nodes.push_back(node),
        }
    }

    pub(super) fn insert(&mut self, index: u64, text: &[u8], after: bool, limits: &Limits) {
        let (at, node, within) = self.nodes.seek(index).expect("the caller found the element");
        let at_edge = if after { within == node.len() - 1 } else { within == 0 };
        let split_at = within + u64::from(after);
        if is_large(text, limits) {
            let plain = Node::plain(text);
            return match at_edge {
                true => self.put_beside(at, plain, after),
                false => self.nodes.edit_and_insert(at, |node, others| {
                    let rest = node.split_off(split_at);
                    others.extend([plain, rest]);
                }),
            };
        }
        if self.settings.allows_insert_into(Some(node), text.len()) {
            return self.nodes.edit(at, |node| {
                let mut listpack = node.listpack_mut();
                let place = listpack.as_ref().seek(within as i64).expect("the element was found here");
                match after {
                    true => listpack.insert_after(place, Item::parse(text)),
                    false => listpack.insert_before(place, Item::parse(text)),
                };
            });
        }
        if at_edge {
            let beside = match after {
                true => self.nodes.seek(at.first_element + node.len()),
                false => at.first_element.checked_sub(1).and_then(|before| self.nodes.seek(before)),
            };
            match beside {
                Some((beside, neighbour, _)) if self.settings.allows_insert_into(Some(neighbour), text.len()) => {
                    let end = if after { End::Left } else { End::Right };
                    self.nodes.edit(beside, |node| push_into(node, end, text));
                }
                _ => self.put_beside(at, Node::of_element(text), after),
            }
            return;
        }
        self.nodes.edit_and_insert(at, |node, others| {
            let mut rest = node.split_off(split_at);
            match after {
                true => push_into(&mut rest, End::Left, text),
                false => push_into(node, End::Right, text),
            }
            others.push(rest);
        });
        // The half that keeps the element looked for is the centre.
        self.merge_around(if after { at.first_element } else { at.first_element + within + 1 });
    }

    pub(super) fn replace(&mut self, index: u64, text: &[u8], limits: &Limits) {
        let (at, node, within) = self.nodes.seek(index).expect("the caller knows that it exists");
        match (node.is_plain(), is_large(text, limits)) {
            (false, false) => self.nodes.edit(at, |node| {
                let mut listpack = node.listpack_mut();
                let place = listpack.as_ref().seek(within as i64).expect("the element is here");
                listpack.replace(place, Item::parse(text));
            }),
            (true, true) => self.nodes.edit(at, |node| *node = Node::plain(text)),
            _ => {
                // Behind the old one, which goes then.
                self.insert(index, text, true, limits);
                self.remove_range(index, 1);
            }
        }
    }

    pub(super) fn remove_range(&mut self, index: u64, count: u64) {
        let mut left = count;
        while left > 0 {
            let (at, node, within) = self.nodes.seek(index).expect("the elements exist");
            let here = (node.len() - within).min(left);
            if here == node.len() {
                self.nodes.remove(at);
            } else {
                self.nodes.edit(at, |node| node.listpack_mut().remove_range(within as i64, here as usize));
            }
            left -= here;
        }
    }

    pub(super) fn remove_equal(&mut self, text: &[u8], count: usize, from: End) -> usize {
        let mut removed = 0;
        // The number of elements that have been passed, from the end in question.
        let mut passed = 0;
        while removed < count && passed < self.nodes.element_count() {
            let element = match from {
                End::Left => passed,
                End::Right => self.nodes.element_count() - 1 - passed,
            };
            let (at, node, _) = self.nodes.seek(element).expect("it is within the list");
            let before = node.len();
            let here = match node.view() {
                NodeRef::Plain(bytes) if bytes == text => {
                    self.nodes.remove(at);
                    1
                }
                NodeRef::Packed(listpack) if node::find(listpack, text).is_some() => self
                    .nodes
                    .edit(at, |node| node::remove_equal(&mut node.listpack_mut(), text, count - removed, from)),
                _ => 0,
            };
            removed += here;
            passed += before - here as u64;
        }
        removed
    }

    pub(super) fn check(&self) {
        let mut count = 0;
        for node in self.nodes() {
            if let Node::Packed(packed) = node {
                let listpack = crate::structures::listpack::validate(packed.bytes()).expect("a valid listpack");
                assert!(!listpack.is_empty(), "no node is empty");
            }
            count += node.len();
        }
        assert_eq!(count, self.nodes.element_count(), "elements are counted");
        assert!(self.only_packed().is_none(), "one packed node is a listpack");
    }

    fn put_beside(&mut self, at: Position, node: Node, after: bool) {
        match after {
            true => self.nodes.insert_after(at, node),
            false => self.nodes.insert_before(at, node),
        }
    }

    /// Merges what may be merged around the node whose first element has the number `centre`.
    fn merge_around(&mut self, mut centre: u64) {
        if let Some(previous) = self.first_of_previous(centre)
            && let Some(before) = self.first_of_previous(previous)
        {
            self.merge(before);
        }
        self.merge(centre + self.len_at(centre));
        if let Some(previous) = self.first_of_previous(centre)
            && self.merge(previous)
        {
            centre = previous;
        }
        self.merge(centre);
    }

    /// Number of the first element of the node before that which begins at `first`.
    fn first_of_previous(&self, first: u64) -> Option<u64> {
        let (at, _, _) = self.nodes.seek(first.checked_sub(1)?)?;
        Some(at.first_element)
    }

    fn len_at(&self, first: u64) -> u64 {
        self.nodes.seek(first).map_or(0, |(_, node, _)| node.len())
    }

    /// Merges the node that begins at `first` with the next, if both are there and it is allowed.
    fn merge(&mut self, first: u64) -> bool {
        let Some((_, left, _)) = self.nodes.seek(first) else { return false };
        let Some((right_at, right, _)) = self.nodes.seek(first + left.len()) else { return false };
        if !self.settings.allows_merge(left, right) {
            return false;
        }
        let right = self.nodes.remove(right_at);
        let (left_at, _, _) = self.nodes.seek(first).expect("the left one is still there");
        self.nodes.edit(left_at, |left| match right.view() {
            NodeRef::Packed(right) => left.listpack_mut().append(right),
            NodeRef::Plain(_) => unreachable!("plain nodes never merge"),
        });
        true
    }
}

impl Shed for Quicklist {
    fn shed(&mut self) -> bool {
        self.nodes.shed()
    }
}

fn push_into(node: &mut Node, end: End, text: &[u8]) {
    match end {
        End::Left => node.listpack_mut().push_front(Item::parse(text)),
        End::Right => node.listpack_mut().push_back(Item::parse(text)),
    }
}
