//! Hashes: a listpack of fields and values, or a map over the paged table.
//!
//! | encoding | inside | while |
//! |---|---|---|
//! | `listpack` | field, value, field, value… in order of creation; a changed value stays in its place | at most `hash-max-listpack-entries` fields, none of field and value longer than `hash-max-listpack-value` |
//! | `hashtable` | [`ByteMap`] | ever after |
//!
//! Lengths are looked at before anything is written (HSET with one long value converts first, also if the field exists),
//! the number of fields after each new one. A hash never becomes a listpack again. Source: observed, 7.0.15.
//!
//! Complexity: O(fields) in a listpack, O(1) in a table.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::digest::Digest;
use super::{Collection, Limits, Object, PackedKind, ValueRef};
use crate::numbers::integer::DecimalBuffer;
use crate::structures::{ByteMap, Item, ListpackMut, ListpackRef, Packed, Rng};

/// A hash, owned. Clone: one reference count.
#[derive(Clone, Debug)]
pub enum Hash {
    Listpack(Packed),
    Table(Arc<ByteMap>),
}

/// A hash, borrowed.
#[derive(Clone, Copy, Debug)]
pub enum HashRef<'a> {
    Listpack(ListpackRef<'a>),
    Table(&'a ByteMap),
}

impl<'a> HashRef<'a> {
    pub fn of_packed(bytes: &'a [u8]) -> HashRef<'a> {
        HashRef::Listpack(ListpackRef::new(bytes))
    }

    pub fn encoding_name(self) -> &'static str {
        match self {
            HashRef::Listpack(_) => "listpack",
            HashRef::Table(_) => "hashtable",
        }
    }

    /// Number of fields.
    pub fn len(self) -> usize {
        match self {
            HashRef::Listpack(listpack) => listpack.len() / 2,
            HashRef::Table(map) => map.len(),
        }
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The value of a field.
    #[inline]
    pub fn get(self, field: &[u8]) -> Option<Item<'a>> {
        match self {
            HashRef::Listpack(listpack) => {
                let place = listpack.find(listpack.first(), field, 1)?;
                Some(listpack.get(listpack.next(place).expect("a field has a value")))
            }
            HashRef::Table(map) => map.get(field).map(Item::Bytes),
        }
    }

    /// All fields with their values: of a listpack in order of creation, of a table in no particular order.
    pub fn iter(self) -> impl Iterator<Item = (Item<'a>, Item<'a>)> {
        let (listpack, map) = match self {
            HashRef::Listpack(listpack) => (Some(listpack.pairs()), None),
            HashRef::Table(map) => (None, Some(map.iter())),
        };
        let map = map.into_iter().flatten().map(|(field, value)| (Item::Bytes(field), Item::Bytes(value)));
        listpack.into_iter().flatten().chain(map)
    }

    /// A field with its value, each with the same probability; `None` if there is none.
    pub fn random(self, rng: &mut Rng) -> Option<(Item<'a>, Item<'a>)> {
        match self {
            HashRef::Listpack(listpack) => {
                let len = listpack.len() as u64 / 2;
                let index = rng.below((len > 0).then_some(len)?) as i64;
                let place = listpack.seek(index * 2)?;
                Some((listpack.get(place), listpack.get(listpack.next(place)?)))
            }
            HashRef::Table(map) => map.random(rng).map(|(field, value)| (Item::Bytes(field), Item::Bytes(value))),
        }
    }

    /// Gives `visit` `count` different fields with their values, each such choice with the same probability. There must be that
    /// many. O(count log count), and never more than O(n).
    pub fn sample(self, count: usize, rng: &mut Rng, mut visit: impl FnMut((Item<'a>, Item<'a>))) {
        let len = self.len();
        debug_assert!(count <= len);
        let map = match self {
            HashRef::Table(map) if count.saturating_mul(3) <= len => map,
            _ => {
                // Selection sampling (Knuth, algorithm S): one walk, the answer in the order of the hash.
                let (mut left, mut missing) = (len as u64, count as u64);
                for pair in self.iter() {
                    if missing > 0 && rng.below(left) < missing {
                        visit(pair);
                        missing -= 1;
                    }
                    left -= 1;
                }
                return;
            }
        };
        // At most a third is drawn: two draws of three are new ones.
        let mut drawn = BTreeSet::new();
        while drawn.len() < count {
            let (field, value) = map.random(rng).expect("the hash is larger than the choice");
            if drawn.insert(field) {
                visit((Item::Bytes(field), Item::Bytes(value)));
            }
        }
    }

    /// Fields with their values from `cursor` on, and the next cursor; 0 when nothing is left. A listpack is given whole.
    pub fn scan(self, cursor: u64, count: usize, mut visit: impl FnMut(Item<'_>, Item<'_>)) -> u64 {
        match self {
            HashRef::Listpack(listpack) => {
                listpack.pairs().for_each(|(field, value)| visit(field, value));
                0
            }
            HashRef::Table(map) => {
                map.scan(cursor, count, |field, value| visit(Item::Bytes(field), Item::Bytes(value)))
            }
        }
    }

    /// Adds the contents to a digest, without regard to their order.
    pub fn digest(self, digest: &mut Digest) {
        let mut buffer = DecimalBuffer::new();
        for (field, value) in self.iter() {
            let mut pair = Digest::default();
            pair.mix(field.text(&mut buffer));
            pair.mix(value.text(&mut buffer));
            digest.xor(pair.as_bytes());
        }
    }
}

impl Hash {
    /// Sets a field. Whether it is new. Converts to a table if the limits say so.
    pub fn set(&mut self, field: &[u8], value: &[u8], limits: &Limits) -> bool {
        self.prepare([field, value], limits);
        match self {
            Hash::Listpack(packed) => {
                let mut listpack = packed.listpack_mut();
                let created = set_in_listpack(&mut listpack, field, value);
                if listpack.len() as u64 / 2 > limits.hash_listpack_entries_max {
                    self.convert(limits);
                }
                created
            }
            Hash::Table(map) => Arc::make_mut(map).insert(field, value),
        }
    }

    /// Converts to a table if one of the texts is too long for a listpack: done for all arguments of a call before the first is
    /// written.
    pub fn prepare<'t>(&mut self, texts: impl IntoIterator<Item = &'t [u8]>, limits: &Limits) {
        if let Hash::Listpack(_) = self
            && texts.into_iter().any(|text| text.len() as u64 > limits.hash_listpack_value_bytes_max)
        {
            self.convert(limits);
        }
    }

    /// Removes a field. Whether it was there.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        match self {
            Hash::Listpack(packed) => {
                let view = packed.listpack();
                let Some(place) = view.find(view.first(), field, 1) else { return false };
                packed.listpack_mut().remove(place, 2);
                true
            }
            Hash::Table(map) => Arc::make_mut(map).remove(field),
        }
    }

    /// Makes it a table, if it isn't. O(n).
    pub fn convert(&mut self, limits: &Limits) {
        let Hash::Listpack(packed) = self else { return };
        let mut map = ByteMap::new(limits.seed);
        let (mut a, mut b) = (DecimalBuffer::new(), DecimalBuffer::new());
        for (field, value) in packed.listpack().pairs() {
            map.insert(field.text(&mut a), value.text(&mut b));
        }
        *self = Hash::Table(Arc::new(map));
    }

    pub fn packed(&self) -> Option<(PackedKind, &Packed)> {
        match self {
            Hash::Listpack(packed) => Some((PackedKind::Hash, packed)),
            Hash::Table(_) => None,
        }
    }

    /// Bytes of heap held. O(1).
    pub fn heap_bytes(&self) -> usize {
        const ARC_BYTES: usize = 16;
        match self {
            Hash::Listpack(packed) => packed.heap_bytes(),
            Hash::Table(map) => ARC_BYTES + size_of::<ByteMap>() + map.heap_bytes(),
        }
    }

    /// Panics on a broken invariant. O(n).
    pub fn check(&self) {
        match self {
            Hash::Listpack(packed) => {
                let listpack = crate::structures::listpack::validate(packed.bytes()).expect("a valid listpack");
                assert!(listpack.len().is_multiple_of(2), "each field has a value");
            }
            Hash::Table(map) => map.check(),
        }
    }
}

impl Collection for Hash {
    type Ref<'a> = HashRef<'a>;

    #[inline]
    fn of(value: ValueRef<'_>) -> Option<HashRef<'_>> {
        match value {
            ValueRef::Hash(hash) => Some(hash),
            _ => None,
        }
    }

    fn of_object(object: Object) -> Option<Hash> {
        match object {
            Object::Hash(hash) => Some(hash),
            _ => None,
        }
    }

    fn of_packed(kind: PackedKind, packed: Packed) -> Hash {
        assert_eq!(kind, PackedKind::Hash);
        Hash::Listpack(packed)
    }

    fn empty(mut scratch: Packed, _: &Limits) -> Hash {
        ListpackMut::init(scratch.edit());
        Hash::Listpack(scratch)
    }

    fn borrowed(&self) -> HashRef<'_> {
        match self {
            Hash::Listpack(packed) => HashRef::Listpack(packed.listpack()),
            Hash::Table(map) => HashRef::Table(map),
        }
    }

    fn is_empty(&self) -> bool {
        self.borrowed().is_empty()
    }
}

impl From<Hash> for Object {
    fn from(hash: Hash) -> Object {
        Object::Hash(hash)
    }
}

fn set_in_listpack(listpack: &mut ListpackMut<'_>, field: &[u8], value: &[u8]) -> bool {
    let view = listpack.as_ref();
    let Some(place) = view.find(view.first(), field, 1) else {
        listpack.push_back(Item::parse(field));
        listpack.push_back(Item::parse(value));
        return true;
    };
    let place = view.next(place).expect("a field has a value");
    listpack.replace(place, Item::parse(value));
    false
}
