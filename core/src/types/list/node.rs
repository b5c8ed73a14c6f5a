//! The nodes of a quicklist, and the rule that says how much goes into one.
//!
//! | fill | a node takes a further element while |
//! |---|---|
//! | −1 … −5 | its bytes, the element's and 8 more are at most 4, 8, 16, 32, 64 KiB |
//! | 0 and more | the same sum is at most 8 KiB, and it has fewer elements than that |
//!
//! Elements from the packed threshold on (1 GiB, unless DEBUG QUICKLIST-PACKED-THRESHOLD says else) are *plain* nodes, which
//! hold nothing but their bytes. Source: observed, 7.0.15.

use super::{End, NodeRef};
use crate::structures::listpack::Place;
use crate::structures::{Item, ListpackMut, ListpackRef, Packed, sequence};
use crate::types::Limits;

/// Nodes whose size is given in elements end here nevertheless.
const SAFETY_BYTES_MAX: usize = 8192;
/// What an element is thought to add to its own bytes, at most.
const ENTRY_OVERHEAD_BYTES: usize = 8;
/// What a merged listpack is thought to save: header and end of a ziplist, though those of a listpack are 7.
const MERGE_SAVES_BYTES: usize = 11;
/// The largest size in elements; what is larger counts as this.
const FILL_MAX: i32 = 0x7fff;

/// A node.
#[derive(Clone, Debug)]
pub enum Node {
    /// A listpack with one element or more.
    Packed(Packed),
    /// One element.
    Plain(Packed),
}

impl Node {
    /// A packed node of one element.
    pub(super) fn of_element(text: &[u8]) -> Node {
        let mut packed = Packed::blank();
        ListpackMut::init(packed.edit()).push_back(Item::parse(text));
        Node::Packed(packed)
    }

    pub fn plain(text: &[u8]) -> Node {
        Node::Plain(Packed::from_bytes(text))
    }

    pub(super) fn view(&self) -> NodeRef<'_> {
        match self {
            Node::Packed(packed) => NodeRef::Packed(packed.listpack()),
            Node::Plain(bytes) => NodeRef::Plain(bytes.bytes()),
        }
    }

    pub(super) fn is_plain(&self) -> bool {
        matches!(self, Node::Plain(_))
    }

    /// Number of elements.
    pub(super) fn len(&self) -> u64 {
        match self {
            Node::Packed(packed) => packed.listpack().len() as u64,
            Node::Plain(_) => 1,
        }
    }

    /// The elements, from either end.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = Item<'_>> {
        let (packed, plain) = match self {
            Node::Packed(packed) => (Some(packed.listpack().iter()), None),
            Node::Plain(bytes) => (None, Some(Item::Bytes(bytes.bytes()))),
        };
        packed.into_iter().flatten().chain(plain)
    }

    /// The element at `within`.
    pub(super) fn get(&self, within: u64) -> Option<Item<'_>> {
        match self {
            Node::Packed(packed) => {
                let listpack = packed.listpack();
                Some(listpack.get(listpack.seek(within as i64)?))
            }
            Node::Plain(bytes) => (within == 0).then(|| Item::Bytes(bytes.bytes())),
        }
    }

    /// The listpack for changing. The node is packed.
    pub(super) fn listpack_mut(&mut self) -> ListpackMut<'_> {
        match self {
            Node::Packed(packed) => packed.listpack_mut(),
            Node::Plain(_) => unreachable!("a plain node is replaced, never edited"),
        }
    }

    /// A full node gives back the room that it kept for more elements.
    pub(super) fn close(&mut self) {
        if let Node::Packed(packed) = self {
            packed.fit();
        }
    }

    /// Keeps the first `at` elements; the others in a node of their own.
    pub(super) fn split_off(&mut self, at: u64) -> Node {
        let Node::Packed(packed) = self else { unreachable!("one element cannot be split") };
        let mut rest = Packed::from_bytes(packed.bytes());
        rest.listpack_mut().remove_range(0, at as usize);
        packed.listpack_mut().remove_range(at as i64, usize::MAX);
        rest.edit().shrink_to_fit();
        Node::Packed(rest)
    }
}

impl sequence::Item for Node {
    fn count(&self) -> u64 {
        self.len()
    }

    fn heap_bytes(&self) -> usize {
        match self {
            Node::Packed(bytes) | Node::Plain(bytes) => bytes.heap_bytes(),
        }
    }
}

/// Whether an element becomes a plain node.
#[inline]
pub(super) fn is_large(text: &[u8], limits: &Limits) -> bool {
    text.len() as u64 >= limits.list_packed_threshold_bytes
}

/// What a quicklist keeps of the configuration of the moment when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `list-max-listpack-size`: −5 … 32,767.
    fill: i16,
    /// `list-compress-depth`
    compress_depth: u16,
}

impl Settings {
    pub(super) const DEFAULT: Settings = Settings { fill: -2, compress_depth: 0 };

    pub(super) fn of(limits: &Limits) -> Settings {
        let fill = limits.list_listpack_size.clamp(-5, FILL_MAX) as i16;
        Settings { fill, compress_depth: limits.list_compress_depth.try_into().unwrap_or(u16::MAX) }
    }

    pub(super) fn fill(self) -> i16 {
        self.fill
    }

    pub(super) fn compress_depth(self) -> u16 {
        self.compress_depth
    }

    /// The last byte is never 0xFF.
    pub(super) fn encode(self) -> [u8; 4] {
        let [a, b] = self.compress_depth.to_le_bytes();
        let [c, d] = ((i32::from(self.fill) + 5) as u16).to_le_bytes();
        [a, b, c, d]
    }

    pub(super) fn decode([a, b, c, d]: [u8; 4]) -> Settings {
        let fill = (i32::from(u16::from_le_bytes([c, d])) - 5) as i16;
        Settings { fill, compress_depth: u16::from_le_bytes([a, b]) }
    }

    /// The limit in bytes, if it is given in bytes.
    fn bytes_max(self) -> Option<usize> {
        (self.fill < 0).then(|| 2048 << self.fill.unsigned_abs())
    }

    /// Whether a listpack takes a further element of that length.
    #[inline]
    pub(super) fn allows_insert(self, listpack: ListpackRef<'_>, element_len: usize) -> bool {
        let bytes = listpack.bytes().len() + element_len + ENTRY_OVERHEAD_BYTES;
        match self.bytes_max() {
            Some(max) => bytes <= max,
            None => bytes <= SAFETY_BYTES_MAX && listpack.len() < self.fill as usize,
        }
    }

    /// Whether a node takes a further element of that length (which is not large).
    pub(super) fn allows_insert_into(self, node: Option<&Node>, element_len: usize) -> bool {
        matches!(node, Some(Node::Packed(packed)) if self.allows_insert(packed.listpack(), element_len))
    }

    /// Whether two neighbours become one.
    pub(super) fn allows_merge(self, left: &Node, right: &Node) -> bool {
        let (Node::Packed(left), Node::Packed(right)) = (left, right) else { return false };
        let bytes = left.len() + right.len() - MERGE_SAVES_BYTES;
        match self.bytes_max() {
            Some(max) => bytes <= max,
            None => bytes <= SAFETY_BYTES_MAX && left.listpack().len() + right.listpack().len() <= self.fill as usize,
        }
    }
}

/// The first element equal to `text`.
pub(super) fn find(listpack: ListpackRef<'_>, text: &[u8]) -> Option<Place> {
    listpack.find(listpack.first(), text, 0)
}

/// Removes up to `count` elements equal to `text`, from an end on. Returns how many.
pub(super) fn remove_equal(listpack: &mut ListpackMut<'_>, text: &[u8], count: usize, from: End) -> usize {
    let mut removed = 0;
    match from {
        End::Left => {
            let mut next = listpack.as_ref().first();
            while removed < count {
                let Some(found) = listpack.as_ref().find(next, text, 0) else { break };
                next = listpack.remove(found, 1);
                removed += 1;
            }
        }
        End::Right => {
            let wanted = Item::parse(text);
            let mut next = listpack.as_ref().last();
            while let Some(place) = next
                && removed < count
            {
                let view = listpack.as_ref();
                next = view.previous(place);
                if view.get(place) == wanted {
                    listpack.remove(place, 1);
                    removed += 1;
                }
            }
        }
    }
    removed
}
