//! The write guard: the only way to change a key, and the one place where a change takes effect.
//!
//! ```text
//!   db.write(key) ──► look ──► change, as often as needed ──► commit(event…)
//!                                                              ├─ dirty count
//!                                                              ├─ touched: WATCH, client tracking, blocked clients
//!                                                              ├─ keyspace events
//!                                                              └─ (with the call) the journal
//! ```
//!
//! A collection is changed in its owned form: `db.write(key).edit::<Hash>()` takes it out and `commit` puts it back; see
//! [`edit`](super::edit).
//!
//! A guard that changed something and is dropped without a commit is our bug, and panics in debug builds.

use super::DbIndex;
use super::access::Database;
use super::db::NewValue;
use super::effects::{AwaitedTypes, Event, EventClass};
use super::recency::Recency;
use crate::error::CommandError;
use crate::structures::{KeyHash, Slot};
use crate::time::UnixMillis;
use crate::types::{Collection, LargeString, Object, PackedKind, StringEncoding, StringRef, ValueRef, ValueType};

/// What happens to a key's expiry when its value is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    Clear,
    Keep,
    At(UnixMillis),
}

/// A value with all that belongs to it but its key: what RENAME, MOVE and COPY carry from one place to another.
#[derive(Clone, Debug)]
pub struct Detached {
    value: DetachedValue,
    pub expiry: Option<UnixMillis>,
    recency: Recency,
}

#[derive(Clone, Debug)]
enum DetachedValue {
    Text(Vec<u8>),
    RawString(Vec<u8>),
    Int(i64),
    OwnInt(i64),
    Packed(PackedKind, Vec<u8>),
    Object(Object),
}

impl Detached {
    pub fn value_type(&self) -> ValueType {
        match &self.value {
            DetachedValue::Packed(kind, bytes) => ValueRef::of_packed(*kind, bytes).value_type(),
            DetachedValue::Object(object) => object.borrowed().value_type(),
            _ => ValueType::String,
        }
    }
}

impl Database<'_> {
    /// A copy of the value at `slot` and what belongs to it. O(1) for large values, whose pages are shared until one of
    /// the owners writes to them.
    pub fn detached(&self, slot: Slot) -> Detached {
        let value = match self.db().copy_value(slot) {
            NewValue::String(bytes) | NewValue::Text(bytes) => DetachedValue::Text(bytes.to_vec()),
            NewValue::RawString(bytes) => DetachedValue::RawString(bytes.to_vec()),
            NewValue::Int(value) => DetachedValue::Int(value),
            NewValue::OwnInt(value) => DetachedValue::OwnInt(value),
            NewValue::Packed(kind, bytes) => DetachedValue::Packed(kind, bytes.to_vec()),
            NewValue::Object(object) => DetachedValue::Object(object),
        };
        let payload = self.db().payload(slot);
        Detached { value, expiry: payload.expiry(), recency: payload.recency() }
    }
}

/// One key, open for change.
#[must_use]
pub struct Write<'g, 'e> {
    pub(super) db: &'g mut Database<'e>,
    pub(super) key: &'g [u8],
    pub(super) hash: KeyHash,
    pub(super) slot: Option<Slot>,
    pub(super) changed: bool,
}

impl<'g, 'e> Write<'g, 'e> {
    pub(super) fn new(db: &'g mut Database<'e>, key: &'g [u8], hash: KeyHash, slot: Option<Slot>) -> Write<'g, 'e> {
        Write { db, key, hash, slot, changed: false }
    }

    pub fn exists(&self) -> bool {
        self.slot.is_some()
    }

    pub fn key(&self) -> &[u8] {
        self.key
    }

    /// The value as it is now.
    #[inline]
    pub fn value(&self) -> Option<ValueRef<'_>> {
        self.slot.map(|slot| self.db.db().value(slot))
    }

    /// The string as it is now. Errors: WrongType.
    #[inline]
    pub fn string(&self) -> Result<Option<StringRef<'_>>, CommandError> {
        match self.value() {
            None => Ok(None),
            Some(value) => value.as_string().map(Some).ok_or(CommandError::WrongType),
        }
    }

    /// The collection as it is now. Errors: WrongType.
    #[inline]
    pub fn collection<T: Collection>(&self) -> Result<Option<T::Ref<'_>>, CommandError> {
        match self.value() {
            None => Ok(None),
            Some(value) => T::of(value).map(Some).ok_or(CommandError::WrongType),
        }
    }

    /// When the key expires, if it exists and ever does.
    pub fn expiry(&self) -> Option<UnixMillis> {
        self.db.db().payload(self.slot?).expiry()
    }

    /// Replaces the whole value, whatever its type. A use counts as creation for LRU.
    #[inline]
    pub fn set(&mut self, value: NewValue<'_>, ttl: Ttl) {
        let expiry = match ttl {
            Ttl::Clear => None,
            Ttl::Keep => self.expiry(),
            Ttl::At(at) => Some(at),
        };
        let recency = match self.slot {
            // An overwritten key keeps its frequency; under LRU, looking it up has set the clock already.
            Some(slot) => self.db.db().payload(slot).recency(),
            None => self.db.created(),
        };
        let (hash, key, slot) = (self.hash, self.key, self.slot);
        self.announce_new();
        self.mark_end_of_stream();
        self.slot = Some(self.db.db_mut().store(hash, key, slot, value, expiry, recency));
        self.changed = true;
        if slot.is_none() {
            self.mark_creation();
        }
    }

    /// Appends to the string, or creates it. The encoding becomes raw. Returns the new length. The caller has checked the
    /// type and the length. O(suffix), amortised.
    pub fn append(&mut self, suffix: &[u8]) -> usize {
        match self.slot {
            None => {
                self.set(NewValue::String(suffix), Ttl::Clear);
                suffix.len()
            }
            Some(_) => {
                let offset = self.string_or_empty().len();
                self.write_at(offset, suffix);
                offset + suffix.len()
            }
        }
    }

    /// Overwrites the string from `offset` on, growing it with zero bytes as needed. The encoding becomes raw. Returns
    /// the new length. The caller has checked the type and the length.
    pub fn write_at(&mut self, offset: usize, data: &[u8]) -> usize {
        self.changed = true;
        let len = self.string_or_empty().len().max(offset + data.len());
        if let Some(slot) = self.slot {
            let written = self.db.db_mut().with_large_string(slot, |large| large.write_at(offset, data));
            if written.is_some() {
                return len;
            }
        }
        let mut bytes = self.string_or_empty().bytes().into_owned();
        if len > super::entry::INLINE_BYTES_MAX {
            let mut large = LargeString::new(&bytes);
            large.write_at(offset, data);
            self.set(NewValue::Object(Object::String(large)), Ttl::Keep);
        } else {
            bytes.resize(len, 0);
            bytes[offset..offset + data.len()].copy_from_slice(data);
            self.set(NewValue::RawString(&bytes), Ttl::Keep);
        }
        len
    }

    /// Sets or clears the expiry. The key exists.
    pub fn set_expiry(&mut self, expiry: Option<UnixMillis>) {
        let slot = self.slot.expect("an expiry belongs to an existing key");
        self.slot = Some(self.db.db_mut().set_expiry(slot, self.hash, expiry));
        self.changed = true;
    }

    /// Replaces the recency (RESTORE's IDLETIME and FREQ). The key exists.
    pub fn set_recency(&mut self, recency: Recency) {
        let slot = self.slot.expect("recency belongs to an existing key");
        self.db.db_mut().set_recency(slot, recency);
        self.changed = true;
    }

    /// A copy of the value and what belongs to it; see [`Database::detached`].
    pub fn detached(&self) -> Option<Detached> {
        self.slot.map(|slot| self.db.detached(slot))
    }

    /// Makes the key anew from what was taken elsewhere: value and expiry; for a move (not a copy) also the recency.
    pub fn put(&mut self, detached: Detached, moved: bool) {
        let recency = if moved { detached.recency } else { self.db.created() };
        let value = match &detached.value {
            DetachedValue::Text(bytes) => NewValue::Text(bytes),
            DetachedValue::RawString(bytes) => NewValue::RawString(bytes),
            DetachedValue::Int(value) if moved => NewValue::Int(*value),
            DetachedValue::Int(value) | DetachedValue::OwnInt(value) => NewValue::OwnInt(*value),
            DetachedValue::Packed(kind, bytes) => NewValue::Packed(*kind, bytes),
            DetachedValue::Object(object) => NewValue::Object(object.clone()),
        };
        self.remove();
        self.announce_new();
        let (hash, key) = (self.hash, self.key);
        self.slot = Some(self.db.db_mut().store(hash, key, None, value, detached.expiry, recency));
        self.changed = true;
        self.mark_creation();
    }

    /// Removes the key. Whether it was there.
    pub fn remove(&mut self) -> bool {
        self.mark_end_of_stream();
        let Some(slot) = self.slot.take() else { return false };
        self.db.db_mut().remove(slot, self.hash);
        self.changed = true;
        true
    }

    /// Removes the key, whose value (see [`detached`](Self::detached)) goes on living elsewhere. The key exists.
    pub fn remove_carried(&mut self) {
        self.mark_end_of_stream();
        let slot = self.slot.take().expect("what is carried away was there");
        self.db.db_mut().remove_carried(slot, self.hash);
        self.changed = true;
    }

    /// The change is complete: one event.
    #[inline]
    pub fn commit(self, event: Event) {
        self.commit_all(&[event], 1);
    }

    /// The change is complete: several events in order (`SETEX`: `set`, `expire`), and how many changes it counts for.
    #[inline]
    pub fn commit_all(mut self, events: &[Event], dirty: u64) {
        self.take_effect(events, dirty, true);
    }

    /// What changed is how the value is held (its encoding, a cache inside), not what it is: nobody is told, and WATCH does
    /// not trip. `dirty`: as in [`Write::commit_all`].
    pub fn settle(mut self, dirty: u64) {
        self.changed = false;
        self.db.effects.dirty += dirty;
    }

    /// Makes the string's encoding raw, as every command does that is about to change bytes in place, even if it then does
    /// not. A missing key stays missing. The caller has checked the type. O(1), the value being short if it isn't raw.
    pub fn make_raw(&mut self) {
        let Some(value) = self.value().and_then(ValueRef::as_string) else { return };
        if value.encoding() != StringEncoding::Raw {
            let bytes = value.bytes().into_owned();
            self.set(NewValue::RawString(&bytes), Ttl::Keep);
        }
    }

    /// The change is told: of `seen` ones those hear that watch the key or track it.
    pub(super) fn take_effect(&mut self, events: &[Event], dirty: u64, seen: bool) {
        if seen {
            let exists = self.slot.is_some();
            self.db.effects.touch(self.db.index, self.key, exists);
        }
        self.changed = false;
        self.db.discard_leavings();
        let (index, key) = (self.db.index, self.key);
        let effects = &mut *self.db.effects;
        effects.dirty += dirty;
        for &event in events {
            effects.notify(event, index, key);
        }
    }

    /// The change is complete, and with it the move from another key, whose event comes first (`rename_from`,
    /// `rename_to`). Both together count as one change.
    pub fn commit_moved(self, (from_index, from_key): (DbIndex, &[u8]), left: Event, arrived: Event) {
        self.db.effects.notify(left, from_index, from_key);
        self.commit(arrived);
    }

    /// A key that is about to be created has an event of its own, before that of the command.
    #[inline]
    pub(super) fn announce_new(&mut self) {
        if self.slot.is_none() {
            let index = self.db.index;
            self.db.effects.notify(Event::new(EventClass::NEW, "new"), index, self.key);
        }
    }

    /// The key was created: clients may have waited for it. Overwriting a key is none of it, whatever its type was.
    #[inline]
    fn mark_creation(&mut self) {
        if !self.db.effects.awaited.is_empty()
            && let Some(value_type) = self.value().map(ValueRef::value_type)
        {
            self.db.effects.mark_ready(self.db.index, self.key, value_type);
        }
    }

    /// The value goes. If it is a stream, readers of its groups may wait for more of it in vain.
    #[inline]
    fn mark_end_of_stream(&mut self) {
        if self.db.effects.awaited.contains(AwaitedTypes::STREAM)
            && let Some(ValueRef::Stream(_)) = self.value()
        {
            self.db.effects.mark_ready(self.db.index, self.key, ValueType::Stream);
        }
    }

    fn string_or_empty(&self) -> StringRef<'_> {
        self.value().and_then(ValueRef::as_string).unwrap_or(StringRef::Raw(b""))
    }
}

impl Drop for Write<'_, '_> {
    fn drop(&mut self) {
        if cfg!(debug_assertions) {
            assert!(!self.changed, "a change was not committed");
        }
    }
}
