//! Sets: an intset, a listpack or a table.
//!
//! Not built yet: nothing makes a set so far.

use std::sync::Arc;

use super::digest::Digest;
use super::{Collection, Limits, Object, PackedKind, ValueRef};
use crate::structures::{ListpackRef, Packed, Table};

/// A set, owned. Clone: one reference count.
#[derive(Clone, Debug)]
pub enum Set {
    /// Integers in order, as Redis packs them.
    Intset(Packed),
    /// A few members of any kind. OBJECT ENCODING says `hashtable`.
    Listpack(Packed),
    Table(Arc<Table>),
}

/// A set, borrowed.
#[derive(Clone, Copy, Debug)]
pub enum SetRef<'a> {
    Intset(&'a [u8]),
    Listpack(ListpackRef<'a>),
    Table(&'a Table),
}

impl<'a> SetRef<'a> {
    pub fn of_packed(kind: PackedKind, bytes: &'a [u8]) -> SetRef<'a> {
        match kind {
            PackedKind::SetIntset => SetRef::Intset(bytes),
            PackedKind::SetListpack => SetRef::Listpack(ListpackRef::new(bytes)),
            _ => unreachable!("the kind of another type"),
        }
    }

    pub fn encoding_name(self) -> &'static str {
        match self {
            SetRef::Intset(_) => "intset",
            SetRef::Listpack(_) | SetRef::Table(_) => "hashtable",
        }
    }

    /// Number of members.
    pub fn len(self) -> usize {
        match self {
            SetRef::Intset(_) => unreachable!("nothing makes a set yet"),
            SetRef::Listpack(listpack) => listpack.len(),
            SetRef::Table(table) => table.len(),
        }
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Adds the contents to a digest, without regard to their order.
    pub fn digest(self, _: &mut Digest) {
        unreachable!("nothing makes a set yet")
    }
}

impl Set {
    pub fn packed(&self) -> Option<(PackedKind, &Packed)> {
        match self {
            Set::Intset(packed) => Some((PackedKind::SetIntset, packed)),
            Set::Listpack(packed) => Some((PackedKind::SetListpack, packed)),
            Set::Table(_) => None,
        }
    }

    /// Bytes of heap held. O(1).
    pub fn heap_bytes(&self) -> usize {
        const ARC_BYTES: usize = 16;
        match self {
            Set::Intset(packed) | Set::Listpack(packed) => packed.heap_bytes(),
            Set::Table(table) => ARC_BYTES + size_of::<Table>() + table.heap_bytes(),
        }
    }

    /// Panics on a broken invariant. O(n).
    pub fn check(&self) {
        match self {
            Set::Intset(_) => unreachable!("nothing makes a set yet"),
            Set::Listpack(packed) => {
                crate::structures::listpack::validate(packed.bytes()).expect("a valid listpack");
            }
            Set::Table(table) => assert_eq!(table.recount(), table.heap_bytes()),
        }
    }
}

impl Collection for Set {
    type Ref<'a> = SetRef<'a>;

    #[inline]
    fn of(value: ValueRef<'_>) -> Option<SetRef<'_>> {
        match value {
            ValueRef::Set(set) => Some(set),
            _ => None,
        }
    }

    fn of_object(object: Object) -> Option<Set> {
        match object {
            Object::Set(set) => Some(set),
            _ => None,
        }
    }

    fn of_packed(kind: PackedKind, packed: Packed) -> Set {
        match kind {
            PackedKind::SetIntset => Set::Intset(packed),
            PackedKind::SetListpack => Set::Listpack(packed),
            _ => unreachable!("the kind of another type"),
        }
    }

    fn empty(_: Packed, _: &Limits) -> Set {
        unreachable!("nothing makes a set yet")
    }

    fn borrowed(&self) -> SetRef<'_> {
        match self {
            Set::Intset(packed) => SetRef::Intset(packed.bytes()),
            Set::Listpack(packed) => SetRef::Listpack(packed.listpack()),
            Set::Table(table) => SetRef::Table(table),
        }
    }

    fn is_empty(&self) -> bool {
        self.borrowed().is_empty()
    }
}

impl From<Set> for Object {
    fn from(set: Set) -> Object {
        Object::Set(set)
    }
}
