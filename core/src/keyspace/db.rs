//! One database: the table of entries, the slab of large values, the expiry index. Data only: expiry is not applied
//! here, and nothing is counted or announced; see [`access`](super::access) and [`write`](super::write) for that.

use super::discarded::FREED_AT_ONCE_BYTES;
use super::entry::{self, HEADER_BYTES, INLINE_BYTES_MAX, Kind, Payload, header_bytes};
use super::expiry::{self, ExpiryIndex};
use super::recency::Recency;
use super::snapshot;
use crate::structures::{HashSeed, KeyHash, Packed, Rng, Slab, Slot, Table};
use crate::time::UnixMillis;
use crate::types::string::EMBSTR_BYTES_MAX;
use crate::types::{INLINE_PACKED_BYTES_MAX, LargeString, Object, PackedKind, ValueRef};

/// A value about to be stored.
#[derive(Clone, Debug)]
pub enum NewValue<'a> {
    /// Bytes that a client wrote whole: `int`, `embstr` or `raw` by their contents.
    String(&'a [u8]),
    /// Bytes that stay text even if they look like an integer (INCRBYFLOAT): `embstr` or `raw` by their length.
    Text(&'a [u8]),
    /// The result of a modification in place: `raw`, however short.
    RawString(&'a [u8]),
    Int(i64),
    /// An integer that is not shared, however small (COPY makes those).
    OwnInt(i64),
    /// The bytes of a packed collection.
    Packed(PackedKind, &'a [u8]),
    Object(Object),
}

/// A database. Clone is the point-in-time view: a few pointers for the data (and the expiry index, copied).
#[derive(Clone)]
pub struct Db {
    table: Table,
    objects: Slab<Object>,
    /// Heap behind the objects of the slab.
    object_bytes: usize,
    expiry: ExpiryIndex,
    /// Where packed collections of the table's pages are changed; kept for its memory.
    scratch: Option<Packed>,
    /// Large values that were removed or replaced, to be freed by others.
    leavings: Vec<Object>,
}

impl Db {
    pub fn new(seed: HashSeed) -> Db {
        Db {
            table: Table::new(seed),
            objects: Slab::new(),
            object_bytes: 0,
            expiry: ExpiryIndex::default(),
            scratch: None,
            leavings: Vec::new(),
        }
    }

    /// Number of keys, those that are overdue included.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The table underneath (SCAN, statistics).
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The keys that expire.
    pub fn expiry_index(&self) -> &ExpiryIndex {
        &self.expiry
    }

    /// Bytes that hold live data: the heap, less garbage and room inside the table's pages.
    pub fn live_bytes(&self) -> usize {
        self.table.live_bytes()
            + self.object_bytes
            + self.objects.len() * size_of::<Object>()
            + self.expiry.heap_bytes()
    }

    /// Bytes of heap held.
    pub fn heap_bytes(&self) -> usize {
        self.table.heap_bytes() + self.objects.heap_bytes() + self.object_bytes + self.expiry.heap_bytes()
    }

    #[inline]
    pub fn hash(&self, key: &[u8]) -> KeyHash {
        self.table.hash(key)
    }

    #[inline]
    pub fn find(&self, hash: KeyHash, key: &[u8]) -> Option<Slot> {
        self.table.find(hash, key)
    }

    pub fn key(&self, slot: Slot) -> &[u8] {
        self.table.key(slot)
    }

    #[inline]
    pub fn payload(&self, slot: Slot) -> Payload<'_> {
        Payload::new(self.table.payload(slot))
    }

    /// The value of an entry.
    #[inline]
    pub fn value(&self, slot: Slot) -> ValueRef<'_> {
        self.decode(self.payload(slot))
    }

    /// The value of a payload of this database.
    #[inline]
    pub fn decode<'a>(&'a self, payload: Payload<'a>) -> ValueRef<'a> {
        snapshot::decode(&self.objects, payload)
    }

    pub(super) fn objects(&self) -> &Slab<Object> {
        &self.objects
    }

    /// Bytes that an entry takes: its record with key and value, what its object holds, its place in the expiry index
    /// (MEMORY USAGE).
    pub fn entry_bytes(&self, slot: Slot) -> usize {
        let payload = self.table.payload(slot);
        let object = match Payload::new(payload).kind() {
            Kind::Object => {
                let object = self.object(Payload::new(payload).object_id());
                size_of::<Object>() + object.heap_bytes()
            }
            _ => 0,
        };
        let expiry = if Payload::new(payload).expires() { expiry::ELEMENT_BYTES } else { 0 };
        self.table.record_bytes(slot) + object + expiry
    }

    /// A key chosen uniformly.
    pub fn random(&self, rng: &mut Rng) -> Option<Slot> {
        self.table.random(rng)
    }

    /// An entry with that hash and exactly that expiry.
    pub fn find_expiring(&self, hash: KeyHash, at: UnixMillis) -> Option<Slot> {
        self.table.find_hash(hash, |slot| self.payload(slot).expiry() == Some(at))
    }

    /// All entries: key, payload.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Payload<'_>)> {
        self.table.iter().map(|(key, payload)| (key, Payload::new(payload)))
    }

    /// Stores a value under `key`, whose slot is given if it exists. Returns where it is now. O(value).
    pub fn store(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        slot: Option<Slot>,
        value: NewValue<'_>,
        expiry: Option<UnixMillis>,
        recency: Recency,
    ) -> Slot {
        if let Some(slot) = slot
            && self.overwrite_large(slot, &value)
        {
            self.set_recency(slot, recency);
            return self.set_expiry(slot, hash, expiry);
        }
        if let Some(slot) = slot {
            self.detach(slot, hash, expiry);
        }
        if let Some(at) = expiry {
            self.expiry.insert(at, hash);
        }
        match value {
            NewValue::Int(value) => {
                let (body, len) = entry::int_body(value);
                self.write(hash, key, slot, Kind::Int, &body[..len], expiry, recency)
            }
            NewValue::OwnInt(value) => self.write(hash, key, slot, Kind::Int, &value.to_le_bytes(), expiry, recency),
            NewValue::String(bytes) => {
                if let Some(value) = encodable_integer(bytes) {
                    let (body, len) = entry::int_body(value);
                    return self.write(hash, key, slot, Kind::Int, &body[..len], expiry, recency);
                }
                self.store_text(hash, key, slot, bytes, expiry, recency)
            }
            NewValue::Text(bytes) => self.store_text(hash, key, slot, bytes, expiry, recency),
            NewValue::RawString(bytes) => self.store_raw(hash, key, slot, bytes, expiry, recency),
            NewValue::Packed(kind, bytes) if bytes.len() <= INLINE_PACKED_BYTES_MAX => {
                self.write(hash, key, slot, kind.into(), bytes, expiry, recency)
            }
            NewValue::Packed(kind, bytes) => {
                let object = Object::from_packed(kind, Packed::from_bytes(bytes));
                self.store_object(hash, key, slot, object, expiry, recency)
            }
            NewValue::Object(object) => match packed_within(object, INLINE_PACKED_BYTES_MAX) {
                Ok((kind, packed)) => {
                    let slot = self.write(hash, key, slot, kind.into(), packed.bytes(), expiry, recency);
                    self.scratch = Some(packed);
                    slot
                }
                Err(mut object) => {
                    object.tighten();
                    self.store_object(hash, key, slot, object, expiry, recency)
                }
            },
        }
    }

    /// Writes a large string over another of the same length, without allocating. `false`: they don't fit each other.
    fn overwrite_large(&mut self, slot: Slot, value: &NewValue<'_>) -> bool {
        let (NewValue::String(bytes) | NewValue::Text(bytes) | NewValue::RawString(bytes)) = value else {
            return false;
        };
        let payload = self.payload(slot);
        if bytes.len() <= INLINE_BYTES_MAX || payload.kind() != Kind::Object {
            return false;
        }
        let object = self.objects.get_mut(payload.object_id()).expect("an entry's object is in the slab");
        let Object::String(large) = &mut *object else { return false };
        large.overwrite(bytes)
    }

    /// Prepares for so many entries, as [`Table::expect`].
    pub fn expect(&mut self, entries: usize, bytes_max: usize) {
        self.table.expect(entries, bytes_max);
    }

    /// What was expected has come, as [`Table::settle`]. O(bytes).
    pub fn settle(&mut self) {
        self.table.settle();
    }

    /// Changes the expiry of an entry and nothing else.
    pub fn set_expiry(&mut self, slot: Slot, hash: KeyHash, expiry: Option<UnixMillis>) -> Slot {
        let payload = self.payload(slot);
        let (old, kind, recency) = (payload.expiry(), payload.kind(), payload.recency());
        if old == expiry {
            return slot;
        }
        if let Some(at) = old {
            self.expiry.remove(at, hash);
        }
        if let Some(at) = expiry {
            self.expiry.insert(at, hash);
        }
        if old.is_some() == expiry.is_some() {
            entry::write_header(self.table.payload_mut(slot), kind, recency, expiry);
            return slot;
        }
        // The body moves by the eight bytes of the expiry; it is small, so that a copy on the stack does.
        let mut body = [0u8; BODY_BYTES_MAX];
        let len = self.payload(slot).body().len();
        body[..len].copy_from_slice(self.payload(slot).body());
        let header = header_bytes(expiry.is_some());
        let (slot, payload) = self.table.resize_payload(slot, header + len);
        entry::write_header(payload, kind, recency, expiry);
        payload[header..].copy_from_slice(&body[..len]);
        slot
    }

    /// Replaces the recency of an entry.
    pub fn set_recency(&mut self, slot: Slot, recency: Recency) {
        entry::write_recency(self.table.payload_mut(slot), recency);
    }

    /// The large string of an entry, to be changed in place; `None` if the value isn't one.
    pub fn with_large_string<R>(&mut self, slot: Slot, change: impl FnOnce(&mut LargeString) -> R) -> Option<R> {
        let payload = self.payload(slot);
        if payload.kind() != Kind::Object {
            return None;
        }
        let id = payload.object_id();
        let object = self.objects.get_mut(id).expect("an entry's object is in the slab");
        let before = object.heap_bytes();
        let Object::String(large) = &mut *object else { return None };
        let result = change(large);
        self.object_bytes = self.object_bytes - before + object.heap_bytes();
        Some(result)
    }

    /// Removes an entry. O(value).
    pub fn remove(&mut self, slot: Slot, hash: KeyHash) {
        self.detach(slot, hash, None);
        self.table.remove(slot);
    }

    /// Takes an entry's value out as it would be stored elsewhere (RENAME, MOVE, COPY).
    pub fn copy_value(&self, slot: Slot) -> NewValue<'_> {
        let payload = self.payload(slot);
        match payload.kind() {
            Kind::Int if payload.is_shared_int() => NewValue::Int(payload.int()),
            Kind::Int => NewValue::OwnInt(payload.int()),
            Kind::Embstr => NewValue::Text(payload.body()),
            Kind::Raw => NewValue::RawString(payload.body()),
            Kind::Object => NewValue::Object(self.object(payload.object_id()).clone()),
            kind => NewValue::Packed(kind.packed().expect("all other kinds are packed"), payload.body()),
        }
    }

    /// Takes a collection out, to be changed: a packed one is copied, a big one leaves its place in the slab vacant. It
    /// comes back by [`Db::put_back`], or the entry is removed. O(packed bytes).
    pub(super) fn take_out(&mut self, slot: Slot) -> Object {
        let payload = self.payload(slot);
        let Some(kind) = payload.kind().packed() else {
            let object = self.objects.get_mut(payload.object_id()).expect("an entry's object is in the slab");
            let object = std::mem::replace(object, Object::Vacant);
            self.object_bytes -= object.heap_bytes();
            return object;
        };
        let mut packed = self.scratch.take().unwrap_or_else(Packed::blank);
        packed.overwrite(self.payload(slot).body());
        Object::from_packed(kind, packed)
    }

    /// Memory for a packed collection; whatever bytes are in it are nobody's.
    pub(super) fn take_scratch(&mut self) -> Packed {
        self.scratch.take().unwrap_or_else(Packed::blank)
    }

    /// Keeps the memory of a collection that is no longer needed.
    pub(super) fn keep_scratch(&mut self, object: Object) {
        if let Ok((_, packed)) = object.into_packed() {
            self.scratch = Some(packed);
        }
    }

    /// Puts a collection back that was taken out of this entry. Expiry and recency stay. Returns where the entry is now.
    pub(super) fn put_back(&mut self, slot: Slot, object: Object) -> Slot {
        let payload = self.payload(slot);
        let outside = (payload.kind() == Kind::Object).then(|| payload.object_id());
        // Once outside, it has to shrink a good deal before it moves in again.
        let inline_max = if outside.is_some() { INLINE_PACKED_BYTES_MAX / 2 } else { INLINE_PACKED_BYTES_MAX };
        match packed_within(object, inline_max) {
            Ok((kind, packed)) => {
                if let Some(id) = outside {
                    self.objects.remove(id);
                }
                let slot = self.rewrite_body(slot, kind.into(), packed.bytes());
                self.scratch = Some(packed);
                slot
            }
            Err(mut object) => {
                object.tighten();
                self.object_bytes += object.heap_bytes();
                match outside {
                    Some(id) => {
                        *self.objects.get_mut(id).expect("an entry's object is in the slab") = object;
                        slot
                    }
                    None => {
                        let id = self.objects.insert(object).to_le_bytes();
                        self.rewrite_body(slot, Kind::Object, &id)
                    }
                }
            }
        }
    }

    /// Gives an entry another kind and body and nothing else.
    fn rewrite_body(&mut self, slot: Slot, kind: Kind, body: &[u8]) -> Slot {
        let payload = self.payload(slot);
        let (expiry, recency) = (payload.expiry(), payload.recency());
        let header = header_bytes(expiry.is_some());
        let (slot, payload) = self.table.resize_payload(slot, header + body.len());
        entry::write_header(payload, kind, recency, expiry);
        payload[header..].copy_from_slice(body);
        slot
    }

    /// Removes everything, and hands it over: freeing millions of keys takes a while. O(1).
    pub fn take(&mut self) -> Db {
        let emptied = self.table.emptied();
        Db {
            table: std::mem::replace(&mut self.table, emptied),
            objects: std::mem::take(&mut self.objects),
            object_bytes: std::mem::take(&mut self.object_bytes),
            expiry: std::mem::take(&mut self.expiry),
            scratch: None,
            leavings: Vec::new(),
        }
    }

    /// What it consists of, to be freed: table, objects, expiry index, large values on their way out.
    pub(super) fn into_parts(self) -> (Table, Slab<Object>, ExpiryIndex, Vec<Object>) {
        (self.table, self.objects, self.expiry, self.leavings)
    }

    /// Checks the accounting and the indices against a recount; panics on a difference. O(n).
    pub fn check(&self) {
        assert_eq!(self.table.heap_bytes(), self.table.recount(), "table accounting");
        let mut volatile = 0;
        let mut objects = 0;
        let mut object_bytes = 0;
        for (key, payload) in self.iter() {
            if let Some(at) = payload.expiry() {
                volatile += 1;
                let hash = self.hash(key);
                assert!(self.find_expiring(hash, at).is_some(), "an indexed key is found");
            }
            if payload.kind() == Kind::Object {
                objects += 1;
                let object = self.object(payload.object_id());
                object.check();
                object_bytes += object.heap_bytes();
            } else if let Some(kind) = payload.kind().packed() {
                Object::from_packed(kind, Packed::from_bytes(payload.body())).check();
            }
        }
        assert_eq!(volatile, self.expiry.len(), "the expiry index has every volatile key");
        for (at, hash) in self.expiry.iter() {
            assert!(self.find_expiring(hash, at).is_some(), "an indexed key exists");
        }
        assert_eq!(objects, self.objects.len(), "each object belongs to one entry");
        assert_eq!(object_bytes, self.object_bytes, "object accounting");
    }

    fn object(&self, id: u32) -> &Object {
        self.objects.get(id).expect("an entry's object is in the slab")
    }

    /// Frees what hangs on an entry's payload: its object, its place in the expiry index (unless `keep` says that it
    /// will have the same expiry again).
    fn detach(&mut self, slot: Slot, hash: KeyHash, keep: Option<UnixMillis>) {
        let payload = self.payload(slot);
        let expiry = payload.expiry();
        let object = (payload.kind() == Kind::Object).then(|| payload.object_id());
        if let Some(at) = expiry
            && keep != Some(at)
        {
            self.expiry.remove(at, hash);
        }
        if let Some(id) = object {
            let object = self.objects.remove(id).expect("an entry's object is in the slab");
            let bytes = object.heap_bytes();
            self.object_bytes -= bytes;
            if bytes > FREED_AT_ONCE_BYTES {
                self.leavings.push(object);
            }
        }
    }

    /// Large values that were removed or replaced since the last call.
    #[inline]
    pub(super) fn take_leavings(&mut self) -> Vec<Object> {
        std::mem::take(&mut self.leavings)
    }

    /// Removes an entry whose value lives on elsewhere: dropping it here frees nothing. O(1).
    pub(super) fn remove_carried(&mut self, slot: Slot, hash: KeyHash) {
        let before = self.leavings.len();
        self.remove(slot, hash);
        self.leavings.truncate(before);
    }

    /// Whether freeing the whole takes long because of single values.
    pub(super) fn has_large_values(&self) -> bool {
        self.object_bytes > FREED_AT_ONCE_BYTES
    }

    fn store_text(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        slot: Option<Slot>,
        bytes: &[u8],
        expiry: Option<UnixMillis>,
        recency: Recency,
    ) -> Slot {
        if bytes.len() <= EMBSTR_BYTES_MAX {
            return self.write(hash, key, slot, Kind::Embstr, bytes, expiry, recency);
        }
        self.store_raw(hash, key, slot, bytes, expiry, recency)
    }

    fn store_raw(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        slot: Option<Slot>,
        bytes: &[u8],
        expiry: Option<UnixMillis>,
        recency: Recency,
    ) -> Slot {
        if bytes.len() <= INLINE_BYTES_MAX {
            return self.write(hash, key, slot, Kind::Raw, bytes, expiry, recency);
        }
        let object = Object::String(LargeString::new(bytes));
        self.store_object(hash, key, slot, object, expiry, recency)
    }

    fn store_object(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        slot: Option<Slot>,
        object: Object,
        expiry: Option<UnixMillis>,
        recency: Recency,
    ) -> Slot {
        self.object_bytes += object.heap_bytes();
        let id = self.objects.insert(object).to_le_bytes();
        self.write(hash, key, slot, Kind::Object, &id, expiry, recency)
    }

    #[inline]
    #[allow(clippy::too_many_arguments)]
    fn write(
        &mut self,
        hash: KeyHash,
        key: &[u8],
        slot: Option<Slot>,
        kind: Kind,
        body: &[u8],
        expiry: Option<UnixMillis>,
        recency: Recency,
    ) -> Slot {
        let header = header_bytes(expiry.is_some());
        let len = header + body.len();
        let (slot, payload) = match slot {
            None => self.table.insert(hash, key, len),
            Some(slot) if self.table.payload(slot).len() == len => (slot, self.table.payload_mut(slot)),
            Some(slot) => self.table.resize_payload(slot, len),
        };
        entry::write_header(payload, kind, recency, expiry);
        payload[header..].copy_from_slice(body);
        slot
    }
}

/// The integer that a string is stored as: it prints as it was written.
fn encodable_integer(bytes: &[u8]) -> Option<i64> {
    // Longest: -9223372036854775808.
    if bytes.len() > 20 { None } else { crate::numbers::integer::parse_i64(bytes) }
}

/// The bytes of a packed collection that is short enough. Errors: the collection.
fn packed_within(object: Object, bytes_max: usize) -> Result<(PackedKind, Packed), Object> {
    match object.packed() {
        Some((_, packed)) if packed.len() <= bytes_max => object.into_packed(),
        _ => Err(object),
    }
}

/// Longest body of any kind.
const BODY_BYTES_MAX: usize =
    if INLINE_BYTES_MAX > INLINE_PACKED_BYTES_MAX { INLINE_BYTES_MAX } else { INLINE_PACKED_BYTES_MAX };

const _: () = assert!(HEADER_BYTES + 8 + BODY_BYTES_MAX <= 1024);
