//! Sets: an intset, a listpack or a table.
//!
//! | encoding | inside | while |
//! |---|---|---|
//! | `intset` | the integers in order, as Redis packs them | all members are integers, and at most `set-max-intset-entries` of them |
//! | `hashtable` | one listpack of members, our own small form | it has at most [`LISTPACK_BYTES_MAX`] bytes |
//! | `hashtable` | the paged table, payloads empty | ever after |
//!
//! The first member decides: an integer begins an intset, whatever the limit is; the next member that doesn't fit converts
//! it. The limit is looked at after an integer was added, so with a limit of 0 even `SADD k 1` makes a hash table. No set
//! becomes an intset again, except that SPOP of most members (see `commands/set/pop.rs`) makes a new set of the others.
//! Source: observed, 7.0.15.
//!
//! Deviation: 7.0 has no packed sets of strings. The small form takes a quarter of the memory of a table, lies beside its
//! key, and since its bytes are bounded a search in it is O(1), too.
//!
//! Complexity: search O(log n) in an intset, O(1) elsewhere; add and remove O(n) in an intset (one move of bytes), O(1)
//! elsewhere; a random member O(1).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::digest::Digest;
use super::{Collection, Limits, Object, PackedKind, ValueRef};
use crate::numbers::integer::{DecimalBuffer, parse_i64};
use crate::structures::{IntSet, IntSetRef, Item, ListpackMut, ListpackRef, Packed, Rng, Table, listpack, table};

/// The longest listpack of a small set of strings.
pub const LISTPACK_BYTES_MAX: usize = 1024;

/// Whatever `set-max-intset-entries` says, an intset has at most this many members.
const INTSET_ENTRIES_MAX: u64 = 1 << 30;

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
    Intset(IntSetRef<'a>),
    Listpack(ListpackRef<'a>),
    Table(&'a Table),
}

/// The members of a set, one after the other.
pub enum Members<'a> {
    Intset { set: IntSetRef<'a>, index: usize },
    Listpack(listpack::Iter<'a>),
    Table(table::Iter<'a>),
}

impl<'a> Iterator for Members<'a> {
    type Item = Item<'a>;

    #[inline]
    fn next(&mut self) -> Option<Item<'a>> {
        match self {
            Members::Intset { set, index } => {
                *index += 1;
                set.get(*index - 1).map(Item::Int)
            }
            Members::Listpack(iter) => iter.next(),
            Members::Table(iter) => iter.next().map(|(member, _)| Item::Bytes(member)),
        }
    }
}

impl<'a> SetRef<'a> {
    pub fn of_packed(kind: PackedKind, bytes: &'a [u8]) -> SetRef<'a> {
        match kind {
            PackedKind::SetIntset => SetRef::Intset(IntSetRef::new(bytes)),
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
            SetRef::Intset(set) => set.len(),
            SetRef::Listpack(listpack) => listpack.len(),
            SetRef::Table(table) => table.len(),
        }
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether `member` is one.
    #[inline]
    pub fn contains(self, member: &[u8]) -> bool {
        match self {
            SetRef::Intset(set) => parse_i64(member).is_some_and(|value| set.contains(value)),
            SetRef::Listpack(listpack) => listpack.find(listpack.first(), member, 0).is_some(),
            SetRef::Table(table) => table.find(table.hash(member), member).is_some(),
        }
    }

    /// As [`SetRef::contains`], for a member of another set.
    #[inline]
    pub fn contains_item(self, member: Item<'_>) -> bool {
        match (self, member) {
            (SetRef::Intset(set), Item::Int(value)) => set.contains(value),
            (_, member) => self.contains(member.text(&mut DecimalBuffer::new())),
        }
    }

    /// All members: of an intset rising, else in no particular order.
    pub fn iter(self) -> Members<'a> {
        match self {
            SetRef::Intset(set) => Members::Intset { set, index: 0 },
            SetRef::Listpack(listpack) => Members::Listpack(listpack.iter()),
            SetRef::Table(table) => Members::Table(table.iter()),
        }
    }

    /// A member, each with the same probability; `None` if there is none. O(1).
    pub fn random(self, rng: &mut Rng) -> Option<Item<'a>> {
        match self {
            SetRef::Intset(set) => set.random(rng).map(Item::Int),
            SetRef::Listpack(listpack) => {
                let len = listpack.len() as u64;
                let index = rng.below((len > 0).then_some(len)?) as i64;
                Some(listpack.get(listpack.seek(index)?))
            }
            SetRef::Table(table) => table.random(rng).map(|slot| Item::Bytes(table.key(slot))),
        }
    }

    /// Gives `visit` `count` different members, each such choice with the same probability. There must be that many.
    /// O(count log count), and never more than O(n).
    pub fn sample(self, count: usize, rng: &mut Rng, mut visit: impl FnMut(Item<'a>)) {
        let len = self.len();
        debug_assert!(count <= len);
        if count.saturating_mul(3) > len || matches!(self, SetRef::Listpack(_)) {
            // Selection sampling (Knuth, algorithm S): one walk, the answer in the order of the set.
            let (mut left, mut missing) = (len as u64, count as u64);
            for member in self.iter() {
                if missing > 0 && rng.below(left) < missing {
                    visit(member);
                    missing -= 1;
                }
                left -= 1;
            }
            return;
        }
        // At most a third is drawn: two draws of three are new ones.
        let (mut integers, mut texts) = (BTreeSet::new(), BTreeSet::new());
        while integers.len() + texts.len() < count {
            let member = self.random(rng).expect("the set is larger than the choice");
            let new = match member {
                Item::Int(value) => integers.insert(value),
                Item::Bytes(text) => texts.insert(text),
            };
            if new {
                visit(member);
            }
        }
    }

    /// Members from `cursor` on, and the next cursor; 0 when nothing is left. What is packed is given whole.
    pub fn scan(self, cursor: u64, count: usize, mut visit: impl FnMut(Item<'_>)) -> u64 {
        match self {
            SetRef::Table(table) => table.scan(cursor, count, |member, _| visit(Item::Bytes(member))),
            _ => {
                self.iter().for_each(visit);
                0
            }
        }
    }

    /// Adds the contents to a digest, without regard to their order.
    pub fn digest(self, digest: &mut Digest) {
        let mut buffer = DecimalBuffer::new();
        self.iter().for_each(|member| digest.xor(member.text(&mut buffer)));
    }
}

impl Set {
    /// An empty set, to be filled.
    pub fn new() -> Set {
        let mut packed = Packed::blank();
        IntSet::init(packed.edit());
        Set::Intset(packed)
    }

    /// An empty set that calls itself a hash table, to be filled.
    pub fn new_hashtable() -> Set {
        let mut packed = Packed::blank();
        ListpackMut::init(packed.edit());
        Set::Listpack(packed)
    }

    /// Adds a member. Whether it is new. Converts as the limits say.
    pub fn add(&mut self, member: &[u8], limits: &Limits) -> bool {
        self.add_item(Item::parse(member), limits)
    }

    /// As [`Set::add`], for a member of another set.
    pub fn add_item(&mut self, member: Item<'_>, limits: &Limits) -> bool {
        match self {
            Set::Intset(packed) => {
                let Some(value) = member.as_i64() else {
                    self.convert(limits);
                    return self.add_item(member, limits);
                };
                if !IntSet::edit(packed.edit(), |set| set.insert(value)) {
                    return false;
                }
                let len = IntSetRef::new(packed.bytes()).len() as u64;
                if len > limits.set_intset_entries_max.min(INTSET_ENTRIES_MAX) {
                    self.convert(limits);
                }
                true
            }
            Set::Listpack(packed) => {
                let mut buffer = DecimalBuffer::new();
                let (view, text) = (packed.listpack(), member.text(&mut buffer));
                if view.find(view.first(), text, 0).is_some() {
                    return false;
                }
                if packed.len() + listpack::entry_bytes(member) > LISTPACK_BYTES_MAX {
                    self.make_table(limits);
                    return self.add_item(member, limits);
                }
                packed.listpack_mut().push_back(member);
                true
            }
            Set::Table(table) => {
                let mut buffer = DecimalBuffer::new();
                let text = member.text(&mut buffer);
                let hash = table.hash(text);
                if table.find(hash, text).is_some() {
                    return false;
                }
                Arc::make_mut(table).insert(hash, text, 0);
                true
            }
        }
    }

    /// Removes a member. Whether it was there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match self {
            Set::Intset(packed) => {
                let Some(value) = parse_i64(member) else { return false };
                let Ok(index) = IntSetRef::new(packed.bytes()).search(value) else { return false };
                IntSet::edit(packed.edit(), |set| set.remove_at(index));
                true
            }
            Set::Listpack(packed) => {
                let view = packed.listpack();
                let Some(place) = view.find(view.first(), member, 0) else { return false };
                packed.listpack_mut().remove(place, 1);
                true
            }
            Set::Table(table) => {
                let Some(slot) = table.find(table.hash(member), member) else { return false };
                Arc::make_mut(table).remove(slot);
                true
            }
        }
    }

    /// Makes an intset what is called a hash table. O(n).
    pub fn convert(&mut self, limits: &Limits) {
        let Set::Intset(packed) = self else { return };
        let mut packed = std::mem::replace(packed, Packed::blank());
        if IntSetRef::new(packed.bytes()).is_empty() {
            // The way of every new set of strings: in the memory that is there.
            ListpackMut::init(packed.edit());
            *self = Set::Listpack(packed);
            return;
        }
        match small_listpack(IntSetRef::new(packed.bytes())) {
            Some(bytes) => {
                packed.overwrite(&bytes);
                *self = Set::Listpack(packed);
            }
            None => {
                *self = Set::Intset(packed);
                self.make_table(limits);
            }
        }
    }

    /// Makes it a table. O(n).
    fn make_table(&mut self, limits: &Limits) {
        let mut table = Table::new(limits.seed);
        let mut buffer = DecimalBuffer::new();
        for member in self.borrowed().iter() {
            let text = member.text(&mut buffer);
            table.insert(table.hash(text), text, 0);
        }
        *self = Set::Table(Arc::new(table));
    }

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
            Set::Intset(packed) => {
                IntSetRef::validate(packed.bytes(), true).expect("a valid intset with members");
            }
            Set::Listpack(packed) => {
                let listpack = listpack::validate(packed.bytes()).expect("a valid listpack");
                assert!(packed.len() <= LISTPACK_BYTES_MAX, "a small set is small");
                let members: BTreeSet<Vec<u8>> = listpack.iter().map(Item::to_vec).collect();
                assert_eq!(members.len(), listpack.len(), "no member twice");
            }
            Set::Table(table) => {
                assert_eq!(table.recount(), table.heap_bytes());
                assert!(table.iter().all(|(_, payload)| payload.is_empty()));
            }
        }
    }
}

impl Default for Set {
    fn default() -> Set {
        Set::new()
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

    /// An intset without members: the first member decides what becomes of it.
    fn empty(mut scratch: Packed, _: &Limits) -> Set {
        IntSet::init(scratch.edit());
        Set::Intset(scratch)
    }

    fn borrowed(&self) -> SetRef<'_> {
        match self {
            Set::Intset(packed) => SetRef::Intset(IntSetRef::new(packed.bytes())),
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

/// The listpack with the same members, if it may be one.
fn small_listpack(set: IntSetRef<'_>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut listpack = ListpackMut::init(&mut bytes);
    for item in set.iter().map(Item::Int) {
        if listpack.as_ref().bytes().len() + listpack::entry_bytes(item) > LISTPACK_BYTES_MAX {
            return None;
        }
        listpack.push_back(item);
    }
    Some(bytes)
}
