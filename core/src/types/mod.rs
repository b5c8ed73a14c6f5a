//! The value types: what a key can hold, and how it is encoded inside.
//!
//! ```text
//!   value            small                             big
//!   string           bytes in the table's page         Object::String: shared chunks
//!   list             one listpack                      Object::List: nodes in a counted sequence
//!   hash             one listpack: field, value, …     Object::Hash: a map over the paged table
//!   set              an intset, or one listpack        Object::Set: the paged table
//!   sorted set       one listpack: member, score, …    Object::SortedSet: a table and an ordered tree
//!   stream                                             Object::Stream
//! ```
//!
//! A packed value ([`PackedKind`]) is one piece of bytes. Up to [`INLINE_PACKED_BYTES_MAX`] it lies in the table's page beside
//! its key, beyond that it is an [`Object`]; no type sees the difference. When a packed value becomes a big one is the
//! business of its type, by the [`Limits`] of the configuration, at the moment when 7.0.15 does it.
//!
//! Every type has an owned form (to change it), a borrowed one (to read it; `Copy`, allocates nothing) and implements
//! [`Collection`]. Cloning an owned form is O(1) or a few pointers: that is what snapshots and COPY do.

mod collection;
pub mod digest;
pub mod hash;
pub mod item;
pub mod lcs;
pub mod list;
pub mod set;
pub mod sorted_set;
pub mod stream;
pub mod string;

pub use collection::{Collection, Limits, PackedKind};
pub use hash::{Hash, HashRef};
pub use item::ReplyItem;
pub use list::{End, List, ListRef, NodeRef};
pub use set::{Set, SetRef};
pub use sorted_set::{SortedSet, SortedSetRef};
pub use stream::Stream;
pub use string::{LargeString, StringEncoding, StringRef};

use crate::structures::{Packed, Shed};

/// The longest packed value that lies in a page of the table.
pub const INLINE_PACKED_BYTES_MAX: usize = 512;

/// A value too large or too rich to live inside the table's page, or any collection while it is being changed.
#[derive(Clone, Debug)]
pub enum Object {
    String(LargeString),
    List(List),
    Hash(Hash),
    Set(Set),
    SortedSet(SortedSet),
    Stream(Stream),
    /// The place of a value that is being changed elsewhere. Nobody meets it.
    Vacant,
}

const _: () = assert!(size_of::<Object>() <= 32);

impl Object {
    /// Bytes of heap that the value holds, beyond its own `size_of`. O(1).
    pub fn heap_bytes(&self) -> usize {
        match self {
            Object::String(string) => string.heap_bytes(),
            Object::List(list) => list.heap_bytes(),
            Object::Hash(hash) => hash.heap_bytes(),
            Object::Set(set) => set.heap_bytes(),
            Object::SortedSet(set) => set.heap_bytes(),
            Object::Stream(stream) => stream.heap_bytes(),
            Object::Vacant => 0,
        }
    }

    /// The value as it is read.
    #[inline]
    pub fn borrowed(&self) -> ValueRef<'_> {
        match self {
            Object::String(string) => ValueRef::String(StringRef::Large(string)),
            Object::List(list) => ValueRef::List(list.borrowed()),
            Object::Hash(hash) => ValueRef::Hash(hash.borrowed()),
            Object::Set(set) => ValueRef::Set(set.borrowed()),
            Object::SortedSet(set) => ValueRef::SortedSet(set.borrowed()),
            Object::Stream(stream) => ValueRef::Stream(stream),
            Object::Vacant => unreachable!("a value that is being changed is not read"),
        }
    }

    /// The bytes of a packed value.
    pub fn packed(&self) -> Option<(PackedKind, &Packed)> {
        match self {
            Object::List(list) => list.packed(),
            Object::Hash(hash) => hash.packed(),
            Object::Set(set) => set.packed(),
            Object::SortedSet(set) => set.packed(),
            Object::String(_) | Object::Stream(_) | Object::Vacant => None,
        }
    }

    /// The bytes of a packed value, taken out. Errors: the value, if it is not packed.
    pub fn into_packed(self) -> Result<(PackedKind, Packed), Object> {
        // An `Arc` more and one less: cheaper than a second match for every type to keep right.
        match self.packed() {
            Some((kind, packed)) => {
                let packed = packed.clone();
                drop(self);
                Ok((kind, packed))
            }
            None => Err(self),
        }
    }

    /// The value of packed bytes.
    pub fn from_packed(kind: PackedKind, packed: Packed) -> Object {
        match kind {
            PackedKind::List => Object::List(List::of_packed(kind, packed)),
            PackedKind::Hash => Object::Hash(Hash::of_packed(kind, packed)),
            PackedKind::SetIntset | PackedKind::SetListpack => Object::Set(Set::of_packed(kind, packed)),
            PackedKind::SortedSet => Object::SortedSet(SortedSet::of_packed(kind, packed)),
        }
    }

    /// Gives spare memory of a packed value back.
    pub fn tighten(&mut self) {
        match self {
            Object::List(List::Listpack(packed))
            | Object::Hash(Hash::Listpack(packed))
            | Object::Set(Set::Intset(packed) | Set::Listpack(packed))
            | Object::SortedSet(SortedSet::Listpack(packed)) => packed.tighten(),
            _ => {}
        }
    }

    /// Panics on a broken invariant within the value. O(n).
    pub fn check(&self) {
        match self {
            Object::String(_) => {}
            Object::List(list) => list.check(),
            Object::Hash(hash) => hash.check(),
            Object::Set(set) => set.check(),
            Object::SortedSet(set) => set.check(),
            Object::Stream(stream) => stream.check(),
            Object::Vacant => panic!("a value was taken out and never put back"),
        }
    }
}

impl Shed for Object {
    fn shed(&mut self) -> bool {
        match self {
            Object::String(LargeString::Chunked(chunks)) => chunks.shed(),
            Object::List(List::Nodes(nodes)) => nodes.shed(),
            Object::Hash(Hash::Table(map)) => map.shed(),
            Object::Set(Set::Table(table)) => table.shed(),
            Object::SortedSet(SortedSet::Tree(tree)) => tree.shed(),
            Object::Stream(stream) => stream.shed(),
            _ => false,
        }
    }
}

/// A value, borrowed from the keyspace.
#[derive(Clone, Copy, Debug)]
pub enum ValueRef<'a> {
    String(StringRef<'a>),
    List(ListRef<'a>),
    Hash(HashRef<'a>),
    Set(SetRef<'a>),
    SortedSet(SortedSetRef<'a>),
    Stream(&'a Stream),
}

/// The types that TYPE names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueType {
    String,
    List,
    Set,
    SortedSet,
    Hash,
    Stream,
}

impl ValueType {
    /// The name that TYPE answers and SCAN's TYPE option takes.
    pub fn name(self) -> &'static str {
        match self {
            ValueType::String => "string",
            ValueType::List => "list",
            ValueType::Set => "set",
            ValueType::SortedSet => "zset",
            ValueType::Hash => "hash",
            ValueType::Stream => "stream",
        }
    }

    /// The number inside digests (and of the original's objects; 5 is a module's).
    pub fn number(self) -> u32 {
        match self {
            ValueType::String => 0,
            ValueType::List => 1,
            ValueType::Set => 2,
            ValueType::SortedSet => 3,
            ValueType::Hash => 4,
            ValueType::Stream => 6,
        }
    }
}

impl<'a> ValueRef<'a> {
    /// The value of packed bytes that lie in a page.
    #[inline]
    pub fn of_packed(kind: PackedKind, bytes: &'a [u8]) -> ValueRef<'a> {
        match kind {
            PackedKind::List => ValueRef::List(ListRef::of_packed(bytes)),
            PackedKind::Hash => ValueRef::Hash(HashRef::of_packed(bytes)),
            PackedKind::SetIntset | PackedKind::SetListpack => ValueRef::Set(SetRef::of_packed(kind, bytes)),
            PackedKind::SortedSet => ValueRef::SortedSet(SortedSetRef::of_packed(bytes)),
        }
    }

    pub fn value_type(self) -> ValueType {
        match self {
            ValueRef::String(_) => ValueType::String,
            ValueRef::List(_) => ValueType::List,
            ValueRef::Hash(_) => ValueType::Hash,
            ValueRef::Set(_) => ValueType::Set,
            ValueRef::SortedSet(_) => ValueType::SortedSet,
            ValueRef::Stream(_) => ValueType::Stream,
        }
    }

    /// Number of elements: fields, members, entries; of a string, bytes.
    pub fn len(self) -> usize {
        match self {
            ValueRef::String(string) => string.len(),
            ValueRef::List(list) => list.len(),
            ValueRef::Hash(hash) => hash.len(),
            ValueRef::Set(set) => set.len(),
            ValueRef::SortedSet(set) => set.len(),
            ValueRef::Stream(stream) => stream.len(),
        }
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// What OBJECT ENCODING answers.
    pub fn encoding_name(self) -> &'static str {
        match self {
            ValueRef::String(string) => string.encoding().name(),
            ValueRef::List(list) => list.encoding_name(),
            ValueRef::Hash(hash) => hash.encoding_name(),
            ValueRef::Set(set) => set.encoding_name(),
            ValueRef::SortedSet(set) => set.encoding_name(),
            ValueRef::Stream(stream) => stream.encoding_name(),
        }
    }

    /// Adds the whole value to a digest (nothing, or the key's name). O(value).
    pub fn digest(self, digest: &mut digest::Digest, expires: bool) {
        digest.mix_type(self.value_type().number());
        match self {
            ValueRef::String(string) => digest.mix(&string.bytes()),
            ValueRef::List(list) => list.digest(digest),
            ValueRef::Hash(hash) => hash.digest(digest),
            ValueRef::Set(set) => set.digest(digest),
            ValueRef::SortedSet(set) => set.digest(digest),
            ValueRef::Stream(stream) => stream.digest(digest),
        }
        digest.finish_value(expires);
    }

    /// The string, if it is one.
    #[inline]
    pub fn as_string(self) -> Option<StringRef<'a>> {
        match self {
            ValueRef::String(string) => Some(string),
            _ => None,
        }
    }
}
