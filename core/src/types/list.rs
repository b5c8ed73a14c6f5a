//! Lists: a quicklist, whose only node may be packed in the table's page.
//!
//! Not built yet: nothing makes a list so far.

use std::sync::Arc;

use super::digest::Digest;
use super::{Collection, Limits, Object, PackedKind, ValueRef};
use crate::structures::{ListpackMut, ListpackRef, Packed};

/// A list, owned. Clone: one reference count.
#[derive(Clone, Debug)]
pub enum List {
    /// A quicklist of one plain listpack.
    Listpack(Packed),
    Nodes(Arc<Quicklist>),
}

/// The nodes of a longer list.
#[derive(Clone, Debug)]
pub struct Quicklist {}

/// A list, borrowed.
#[derive(Clone, Copy, Debug)]
pub enum ListRef<'a> {
    Listpack(ListpackRef<'a>),
    Nodes(&'a Quicklist),
}

impl<'a> ListRef<'a> {
    pub fn of_packed(bytes: &'a [u8]) -> ListRef<'a> {
        ListRef::Listpack(ListpackRef::new(bytes))
    }

    pub fn encoding_name(self) -> &'static str {
        "quicklist"
    }

    /// Number of elements.
    pub fn len(self) -> usize {
        match self {
            ListRef::Listpack(listpack) => listpack.len(),
            ListRef::Nodes(_) => unreachable!("nothing makes a list yet"),
        }
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Adds the contents to a digest, in order.
    pub fn digest(self, _: &mut Digest) {
        unreachable!("nothing makes a list yet")
    }
}

impl List {
    pub fn packed(&self) -> Option<(PackedKind, &Packed)> {
        match self {
            List::Listpack(packed) => Some((PackedKind::List, packed)),
            List::Nodes(_) => None,
        }
    }

    /// Bytes of heap held. O(1).
    pub fn heap_bytes(&self) -> usize {
        match self {
            List::Listpack(packed) => packed.heap_bytes(),
            List::Nodes(_) => unreachable!("nothing makes a list yet"),
        }
    }

    /// Panics on a broken invariant. O(n).
    pub fn check(&self) {
        match self {
            List::Listpack(packed) => {
                crate::structures::listpack::validate(packed.bytes()).expect("a valid listpack");
            }
            List::Nodes(_) => unreachable!("nothing makes a list yet"),
        }
    }
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

    fn empty(mut scratch: Packed, _: &Limits) -> List {
        ListpackMut::init(scratch.edit());
        List::Listpack(scratch)
    }

    fn borrowed(&self) -> ListRef<'_> {
        match self {
            List::Listpack(packed) => ListRef::Listpack(packed.listpack()),
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
