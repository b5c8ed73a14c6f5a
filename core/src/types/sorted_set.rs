//! Sorted sets: a listpack of members and scores, or a table of scores and an ordered tree.
//!
//! Not built yet: nothing makes a sorted set so far.

use std::sync::Arc;

use super::digest::Digest;
use super::{Collection, Limits, Object, PackedKind, ValueRef};
use crate::structures::{ListpackMut, ListpackRef, Packed};

/// A sorted set, owned. Clone: one reference count.
#[derive(Clone, Debug)]
pub enum SortedSet {
    /// Member, score, member, score… in order of score, then member.
    Listpack(Packed),
    Tree(Arc<ScoreTree>),
}

/// Members by name and by score.
#[derive(Clone, Debug)]
pub struct ScoreTree {}

/// A sorted set, borrowed.
#[derive(Clone, Copy, Debug)]
pub enum SortedSetRef<'a> {
    Listpack(ListpackRef<'a>),
    Tree(&'a ScoreTree),
}

impl<'a> SortedSetRef<'a> {
    pub fn of_packed(bytes: &'a [u8]) -> SortedSetRef<'a> {
        SortedSetRef::Listpack(ListpackRef::new(bytes))
    }

    pub fn encoding_name(self) -> &'static str {
        match self {
            SortedSetRef::Listpack(_) => "listpack",
            SortedSetRef::Tree(_) => "skiplist",
        }
    }

    /// Number of members.
    pub fn len(self) -> usize {
        match self {
            SortedSetRef::Listpack(listpack) => listpack.len() / 2,
            SortedSetRef::Tree(_) => unreachable!("nothing makes a sorted set yet"),
        }
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Adds the contents to a digest, without regard to their order.
    pub fn digest(self, _: &mut Digest) {
        unreachable!("nothing makes a sorted set yet")
    }
}

impl SortedSet {
    pub fn packed(&self) -> Option<(PackedKind, &Packed)> {
        match self {
            SortedSet::Listpack(packed) => Some((PackedKind::SortedSet, packed)),
            SortedSet::Tree(_) => None,
        }
    }

    /// Bytes of heap held. O(1).
    pub fn heap_bytes(&self) -> usize {
        match self {
            SortedSet::Listpack(packed) => packed.heap_bytes(),
            SortedSet::Tree(_) => unreachable!("nothing makes a sorted set yet"),
        }
    }

    /// Panics on a broken invariant. O(n).
    pub fn check(&self) {
        match self {
            SortedSet::Listpack(packed) => {
                crate::structures::listpack::validate(packed.bytes()).expect("a valid listpack");
            }
            SortedSet::Tree(_) => unreachable!("nothing makes a sorted set yet"),
        }
    }
}

impl Collection for SortedSet {
    type Ref<'a> = SortedSetRef<'a>;

    #[inline]
    fn of(value: ValueRef<'_>) -> Option<SortedSetRef<'_>> {
        match value {
            ValueRef::SortedSet(list) => Some(list),
            _ => None,
        }
    }

    fn of_object(object: Object) -> Option<SortedSet> {
        match object {
            Object::SortedSet(set) => Some(set),
            _ => None,
        }
    }

    fn of_packed(kind: PackedKind, packed: Packed) -> SortedSet {
        assert_eq!(kind, PackedKind::SortedSet);
        SortedSet::Listpack(packed)
    }

    fn empty(mut scratch: Packed, _: &Limits) -> SortedSet {
        ListpackMut::init(scratch.edit());
        SortedSet::Listpack(scratch)
    }

    fn borrowed(&self) -> SortedSetRef<'_> {
        match self {
            SortedSet::Listpack(packed) => SortedSetRef::Listpack(packed.listpack()),
            SortedSet::Tree(tree) => SortedSetRef::Tree(tree),
        }
    }

    fn is_empty(&self) -> bool {
        self.borrowed().is_empty()
    }
}

impl From<SortedSet> for Object {
    fn from(set: SortedSet) -> Object {
        Object::SortedSet(set)
    }
}
