//! Lists: quicklists. OBJECT ENCODING calls every list `quicklist`, however small (7.0).
//!
//! | inside | while |
//! |---|---|
//! | [`List::Listpack`] | the quicklist has one node, and that is packed (or none at all, on the way in or out) |
//! | [`List::Nodes`] | it has several nodes, or its only one is plain; see [`Quicklist`] |
//!
//! A quicklist remembers `list-max-listpack-size` and `list-compress-depth` of the moment when it was made: CONFIG SET does
//! not reach lists that exist. The single listpack says so behind its end, unless they are the defaults:
//!
//! ```text
//!   listpack … 0xFF                               fill -2, depth 0
//!   listpack … 0xFF | u16 depth | u16 (fill + 5)  any other; its last byte, the high one of the fill, is never 0xFF
//! ```
//!
//! Deviation: nodes are never compressed in memory, whatever `list-compress-depth` says; what else it changes in 7.0.15 is
//! the same here: a field of DEBUG OBJECT, and the inner nodes in RDB objects under `rdbcompression no`, which 7.0.15 writes as
//! they lie ([`ListRef::is_compressed`]; of nodes that grew by LINSERT, history decides there).
//!
//! Complexity: O(1) at both ends (a walk down a flat tree), O(log n) to reach an index, O(bytes of a node) to change
//! something there. Source: observed, 7.0.15.

mod node;
mod quicklist;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::digest::Digest;
use super::{Collection, Limits, Object, PackedKind, ValueRef};
use crate::numbers::integer::DecimalBuffer;
use crate::structures::{Item, ListpackMut, ListpackRef, Packed};

pub use node::Node;
pub use quicklist::Quicklist;

use node::{Settings, is_large};

/// An end of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// LEFT, the head.
    Left,
    /// RIGHT, the tail.
    Right,
}

/// A list, owned. Clone: one reference count.
#[derive(Clone, Debug)]
pub enum List {
    /// A quicklist of one packed node, and its settings.
    Listpack(Packed),
    Nodes(Arc<Quicklist>),
}

/// A list, borrowed.
#[derive(Clone, Copy, Debug)]
pub enum ListRef<'a> {
    Listpack(ListpackRef<'a>, Settings),
    Nodes(&'a Quicklist),
}

impl<'a> ListRef<'a> {
    pub fn of_packed(bytes: &'a [u8]) -> ListRef<'a> {
        let (listpack, settings) = split_settings(bytes);
        ListRef::Listpack(ListpackRef::new(listpack), settings)
    }

    pub fn encoding_name(self) -> &'static str {
        "quicklist"
    }

    /// Number of elements.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            ListRef::Listpack(listpack, _) => listpack.len(),
            ListRef::Nodes(nodes) => nodes.len(),
        }
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Number of nodes of the quicklist.
    pub fn node_count(self) -> usize {
        match self {
            ListRef::Listpack(listpack, _) => usize::from(!listpack.is_empty()),
            ListRef::Nodes(nodes) => nodes.node_count(),
        }
    }

    /// The size of its nodes, as `list-max-listpack-size` says it.
    pub fn fill(self) -> i16 {
        self.settings().fill()
    }

    /// The nodes at each end that are not to be compressed, as `list-compress-depth` says it; 0: all.
    pub fn compress_depth(self) -> u16 {
        self.settings().compress_depth()
    }

    /// Whether node number `index` is to be compressed.
    pub fn is_compressed(self, index: usize) -> bool {
        let depth = usize::from(self.compress_depth());
        depth > 0 && index >= depth && index + depth < self.node_count()
    }

    /// The element at an index; a negative one counts from the tail. O(1) near the ends, O(log n) elsewhere.
    #[inline]
    pub fn get(self, index: i64) -> Option<Item<'a>> {
        match self {
            ListRef::Listpack(listpack, _) => listpack.seek(index).map(|place| listpack.get(place)),
            ListRef::Nodes(nodes) => {
                let index = if index < 0 { index.checked_add_unsigned(nodes.len() as u64)? } else { index };
                nodes.get(u64::try_from(index).ok()?)
            }
        }
    }

    /// The elements from number `index` on, towards the tail.
    pub fn forward(self, index: usize) -> impl Iterator<Item = Item<'a>> {
        let (listpack, nodes) = match self {
            ListRef::Listpack(listpack, _) => {
                (listpack.seek(index as i64).map(|place| listpack.iter_from(place)), None)
            }
            ListRef::Nodes(nodes) => (None, Some(nodes.forward(index as u64))),
        };
        listpack.into_iter().flatten().chain(nodes.into_iter().flatten())
    }

    /// The elements from number `index` on, towards the head.
    pub fn backward(self, index: usize) -> impl Iterator<Item = Item<'a>> {
        let (listpack, nodes) = match self {
            ListRef::Listpack(listpack, _) => {
                (Some(listpack.iter().rev().skip(listpack.len().saturating_sub(index + 1))), None)
            }
            ListRef::Nodes(nodes) => (None, Some(nodes.backward(index as u64))),
        };
        listpack.into_iter().flatten().chain(nodes.into_iter().flatten())
    }

    /// All elements from head to tail.
    pub fn iter(self) -> impl Iterator<Item = Item<'a>> {
        self.forward(0)
    }

    /// The nodes from head to tail, as an RDB file shows them.
    pub fn for_each_node(self, mut visit: impl FnMut(NodeRef<'a>)) {
        match self {
            ListRef::Listpack(listpack, _) if listpack.is_empty() => {}
            ListRef::Listpack(listpack, _) => visit(NodeRef::Packed(listpack)),
            ListRef::Nodes(nodes) => nodes.nodes().for_each(|node| visit(node.view())),
        }
    }

    /// Gives the nodes from that with element number `element` on to `visit`, with their numbers of elements, until it says
    /// stop.
    pub fn visit_nodes_from(self, element: u64, mut visit: impl FnMut(NodeRef<'a>, u64) -> bool) {
        match self {
            ListRef::Listpack(listpack, _) if element == 0 && !listpack.is_empty() => {
                visit(NodeRef::Packed(listpack), listpack.len() as u64);
            }
            ListRef::Listpack(..) => {}
            ListRef::Nodes(nodes) => {
                for node in nodes.nodes_from(element).map(Node::view) {
                    let len = match node {
                        NodeRef::Packed(listpack) => listpack.len() as u64,
                        NodeRef::Plain(_) => 1,
                    };
                    if !visit(node, len) {
                        return;
                    }
                }
            }
        }
    }

    /// Adds the contents to a digest, in order.
    pub fn digest(self, digest: &mut Digest) {
        let mut buffer = DecimalBuffer::new();
        self.iter().for_each(|item| digest.mix(item.text(&mut buffer)));
    }
}

/// A node, borrowed.
#[derive(Clone, Copy, Debug)]
pub enum NodeRef<'a> {
    Packed(ListpackRef<'a>),
    /// One element, too large for a listpack.
    Plain(&'a [u8]),
}

impl List {
    /// A list of these nodes; those without elements are left out.
    pub fn of_nodes(nodes: impl IntoIterator<Item = Node>, limits: &Limits) -> List {
        let mut list = Quicklist::new(Settings::of(limits));
        nodes.into_iter().for_each(|node| list.append_node(node));
        let mut list = List::Nodes(Arc::new(list));
        list.gather();
        list
    }

    /// Whether lists made under these limits keep no settings with their bytes: then a listpack alone is one.
    pub fn has_usual_settings(limits: &Limits) -> bool {
        Settings::of(limits) == Settings::DEFAULT
    }

    /// Adds an element at an end.
    pub fn push(&mut self, end: End, text: &[u8], limits: &Limits) {
        if let List::Listpack(packed) = self {
            let (bytes, settings) = split_settings(packed.bytes());
            let listpack = ListpackRef::new(bytes);
            if !is_large(text, limits) && (listpack.is_empty() || settings.allows_insert(listpack, text.len())) {
                let item = Item::parse(text);
                return edit_listpack(packed, |listpack| match end {
                    End::Left => listpack.push_front(item),
                    End::Right => listpack.push_back(item),
                });
            }
        }
        self.edit_nodes(|nodes| nodes.push(end, text, limits));
    }

    /// Removes `count` elements from number `index` on, all of which exist.
    pub fn remove_range(&mut self, index: usize, count: usize) {
        match self {
            _ if count == 0 => {}
            List::Listpack(packed) => edit_listpack(packed, |listpack| listpack.remove_range(index as i64, count)),
            List::Nodes(_) => self.edit_nodes(|nodes| nodes.remove_range(index as u64, count as u64)),
        }
    }

    /// Removes the element at an end: index and count are known to be there.
    pub fn remove_ends(&mut self, end: End, count: usize) {
        let index = match end {
            End::Left => 0,
            End::Right => self.borrowed().len() - count,
        };
        self.remove_range(index, count);
    }

    /// Inserts an element before or (`after`) behind number `index`, which exists.
    pub fn insert(&mut self, index: usize, text: &[u8], after: bool, limits: &Limits) {
        if let List::Listpack(packed) = self {
            let (bytes, settings) = split_settings(packed.bytes());
            let listpack = ListpackRef::new(bytes);
            if !is_large(text, limits) && settings.allows_insert(listpack, text.len()) {
                let place = listpack.seek(index as i64).expect("the caller found the element");
                return edit_listpack(packed, |listpack| {
                    match after {
                        true => listpack.insert_after(place, Item::parse(text)),
                        false => listpack.insert_before(place, Item::parse(text)),
                    };
                });
            }
        }
        self.edit_nodes(|nodes| nodes.insert(index as u64, text, after, limits));
    }

    /// Replaces the element at number `index`, which exists.
    pub fn replace(&mut self, index: usize, text: &[u8], limits: &Limits) {
        if let List::Listpack(packed) = self
            && !is_large(text, limits)
        {
            return edit_listpack(packed, |listpack| {
                let place = listpack.as_ref().seek(index as i64).expect("the caller knows that it exists");
                listpack.replace(place, Item::parse(text));
            });
        }
        self.edit_nodes(|nodes| nodes.replace(index as u64, text, limits));
    }

    /// Removes up to `count` elements equal to `text`, from an end on. Returns how many. O(n).
    pub fn remove_equal(&mut self, text: &[u8], count: usize, from: End) -> usize {
        match self {
            List::Listpack(packed) => {
                if node::find(ListRef::of_packed(packed.bytes()).listpack(), text).is_none() {
                    return 0;
                }
                edit_listpack(packed, |listpack| node::remove_equal(listpack, text, count, from))
            }
            List::Nodes(_) => self.edit_nodes(|nodes| nodes.remove_equal(text, count, from)),
        }
    }

    pub fn packed(&self) -> Option<(PackedKind, &Packed)> {
        match self {
            List::Listpack(packed) => Some((PackedKind::List, packed)),
            List::Nodes(_) => None,
        }
    }

    /// Bytes of heap held. O(1).
    pub fn heap_bytes(&self) -> usize {
        const ARC_BYTES: usize = 16;
        match self {
            List::Listpack(packed) => packed.heap_bytes(),
            List::Nodes(nodes) => ARC_BYTES + size_of::<Quicklist>() + nodes.heap_bytes(),
        }
    }

    /// Panics on a broken invariant. O(n).
    pub fn check(&self) {
        match self {
            List::Listpack(packed) => {
                crate::structures::listpack::validate(split_settings(packed.bytes()).0).expect("a valid listpack");
            }
            List::Nodes(nodes) => nodes.check(),
        }
    }

    /// Works on the list as a sequence of nodes, and keeps the rule of the module's head about what is a listpack.
    fn edit_nodes<R>(&mut self, change: impl FnOnce(&mut Quicklist) -> R) -> R {
        if let List::Listpack(packed) = self {
            let settings = split_settings(packed.bytes()).1;
            let mut listpack = std::mem::replace(packed, Packed::blank());
            if settings != Settings::DEFAULT {
                detach_settings(listpack.edit());
            }
            let mut nodes = Quicklist::new(settings);
            nodes.append_node(Node::Packed(listpack));
            *self = List::Nodes(Arc::new(nodes));
        }
        let List::Nodes(nodes) = self else { unreachable!("it was made nodes above") };
        let result = change(Arc::make_mut(nodes));
        self.gather();
        result
    }

    /// Makes it a listpack if it is one packed node, or none.
    fn gather(&mut self) {
        let List::Nodes(nodes) = self else { return };
        let Some(mut packed) = nodes.only_packed() else { return };
        let settings = nodes.settings();
        // The other owner goes first: what follows may want to write in place.
        *self = List::Listpack(Packed::blank());
        if settings != Settings::DEFAULT {
            attach_settings(packed.edit(), settings);
        }
        *self = List::Listpack(packed);
    }
}

impl<'a> ListRef<'a> {
    fn settings(self) -> Settings {
        match self {
            ListRef::Listpack(_, settings) => settings,
            ListRef::Nodes(nodes) => nodes.settings(),
        }
    }

    fn listpack(self) -> ListpackRef<'a> {
        match self {
            ListRef::Listpack(listpack, _) => listpack,
            ListRef::Nodes(_) => unreachable!("packed bytes are a listpack"),
        }
    }
}

/// The listpack and the settings of packed bytes.
#[inline]
fn split_settings(bytes: &[u8]) -> (&[u8], Settings) {
    match bytes {
        [.., 0xff] => (bytes, Settings::DEFAULT),
        [listpack @ .., a, b, c, d] => (listpack, Settings::decode([*a, *b, *c, *d])),
        _ => unreachable!("a listpack has a header"),
    }
}

fn detach_settings(bytes: &mut Vec<u8>) {
    bytes.truncate(bytes.len() - size_of::<[u8; 4]>());
}

fn attach_settings(bytes: &mut Vec<u8>, settings: Settings) {
    bytes.extend_from_slice(&settings.encode());
}

/// Changes the listpack in front of the settings.
fn edit_listpack<R>(packed: &mut Packed, change: impl FnOnce(&mut ListpackMut<'_>) -> R) -> R {
    let bytes = packed.edit();
    let settings = split_settings(bytes).1;
    if settings == Settings::DEFAULT {
        return change(&mut ListpackMut::new(bytes));
    }
    detach_settings(bytes);
    let result = change(&mut ListpackMut::new(bytes));
    attach_settings(bytes, settings);
    result
}

impl Collection for List {
    type Ref<'a> = ListRef<'a>;

    #[inline]
    fn of(value: ValueRef<'_>) -> Option<ListRef<'_>> {
        match value {
            ValueRef::List(list) => Some(list),
            _ => None,
        }
    }

    fn of_object(object: Object) -> Option<List> {
        match object {
            Object::List(list) => Some(list),
            _ => None,
        }
    }

    fn of_packed(kind: PackedKind, packed: Packed) -> List {
        assert_eq!(kind, PackedKind::List);
        List::Listpack(packed)
    }

    fn empty(mut scratch: Packed, limits: &Limits) -> List {
        let bytes = scratch.edit();
        ListpackMut::init(bytes);
        let settings = Settings::of(limits);
        if settings != Settings::DEFAULT {
            attach_settings(bytes, settings);
        }
        List::Listpack(scratch)
    }

    fn borrowed(&self) -> ListRef<'_> {
        match self {
            List::Listpack(packed) => ListRef::of_packed(packed.bytes()),
            List::Nodes(nodes) => ListRef::Nodes(nodes),
        }
    }

    fn is_empty(&self) -> bool {
        self.borrowed().is_empty()
    }
}

impl From<List> for Object {
    fn from(list: List) -> Object {
        Object::List(list)
    }
}
