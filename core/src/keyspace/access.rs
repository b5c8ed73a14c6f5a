//! A database as a command sees it: lookups with their side effects, and the way to the write guard.
//!
//! A key whose expiry has passed is not there: whoever finds it deletes it first, and the deletion goes to the journal
//! before the command that found it. `expiry < now`, not `<=`: at its very millisecond a key still lives.

use super::db::Db;
use super::edit::Edit;
use super::effects::{AwaitedTypes, Effects, Event, EventClass, Touch, Touched};
use super::recency::{Recency, RecencyPolicy};
use super::write::Write;
use super::{DbIndex, Discarded, Keyspace};
use crate::error::CommandError;
use crate::structures::{KeyHash, Rng, Slot};
use crate::time::{Now, UnixMillis};
use crate::types::{Collection, Hash, HashRef, Limits, StringRef, ValueRef, ValueType};

/// A flushed database with no more keys is freed then and there; it takes no time.
const FREED_AT_ONCE_KEYS: usize = 1000;

bitflags::bitflags! {
    /// What a lookup leaves out.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Lookup: u8 {
        /// An ordinary read.
        const NORMAL = 0;
        /// Don't count as a use for LRU and LFU (TTL, TYPE, OBJECT…).
        const NO_TOUCH = 1 << 0;
        /// Don't count as a hit or miss.
        const NO_STATS = 1 << 1;
        /// No keymiss event.
        const NO_NOTIFY = 1 << 2;
    }
}

/// What lookups depend on, besides the data.
#[derive(Clone, Copy, Debug, Default)]
pub struct DataPolicy {
    pub recency: RecencyPolicy,
    /// `lazyfree-lazy-expire`: an expired key is propagated as UNLINK.
    pub lazy_expire: bool,
    /// `proto-max-bulk-len`: the longest string.
    pub string_bytes_max: u64,
    /// `lazyfree-lazy-user-del`: a key deleted by a command other than UNLINK is propagated as UNLINK.
    pub lazy_user_del: bool,
    pub rdb_compression: bool,
    /// CLIENT PAUSE is in force: an overdue key is not found, but stays.
    pub overdue_keys_stay: bool,
    /// No recency is written while a snapshot is alive: reading must not copy pages.
    pub frozen_recency: bool,
    /// RESTORE takes payloads whose checksum is wrong (DEBUG SET-SKIP-CHECKSUM-VALIDATION).
    pub skip_checksum: bool,
    /// The calls come from a journal or a master: what was once propagated is not argued with.
    pub replays: bool,
    /// Integers below 10,000 are shared objects: OBJECT REFCOUNT shows it.
    pub shared_integers: bool,
    /// When packed collections become big ones.
    pub limits: Limits,
}

/// The selected database.
pub struct Database<'e> {
    pub(super) keyspace: &'e mut Keyspace,
    pub(super) index: DbIndex,
    pub(super) effects: &'e mut Effects,
    pub(super) rng: &'e mut Rng,
    pub(super) now: Now,
    pub(super) policy: DataPolicy,
}

impl<'e> Database<'e> {
    pub fn new(
        keyspace: &'e mut Keyspace,
        index: DbIndex,
        effects: &'e mut Effects,
        rng: &'e mut Rng,
        now: Now,
        policy: DataPolicy,
    ) -> Database<'e> {
        Database { keyspace, index, effects, rng, now, policy }
    }

    pub fn index(&self) -> DbIndex {
        self.index
    }

    /// Another database, with the same surroundings.
    pub fn at(&mut self, index: DbIndex) -> Database<'_> {
        Database {
            keyspace: self.keyspace,
            index,
            effects: self.effects,
            rng: self.rng,
            now: self.now,
            policy: self.policy,
        }
    }

    /// The data itself, for walks that count no hits (KEYS, SCAN, DBSIZE).
    pub fn db(&self) -> &Db {
        self.keyspace.db(self.index)
    }

    pub fn effects(&mut self) -> &mut Effects {
        self.effects
    }

    pub fn keyspace(&self) -> &Keyspace {
        self.keyspace
    }

    pub fn now(&self) -> Now {
        self.now
    }

    pub fn policy(&self) -> DataPolicy {
        self.policy
    }

    pub fn rng(&mut self) -> &mut Rng {
        self.rng
    }

    /// The value of `key`, counted as a hit or miss and as a use.
    #[inline]
    pub fn read(&mut self, key: &[u8]) -> Option<ValueRef<'_>> {
        self.read_with(key, Lookup::NORMAL)
    }

    /// The string at `key`. Errors: WrongType.
    #[inline]
    pub fn read_string(&mut self, key: &[u8]) -> Result<Option<StringRef<'_>>, CommandError> {
        match self.read(key) {
            None => Ok(None),
            Some(value) => value.as_string().map(Some).ok_or(CommandError::WrongType),
        }
    }

    /// The collection at `key`. Errors: WrongType.
    #[inline]
    pub fn read_collection<T: Collection>(&mut self, key: &[u8]) -> Result<Option<T::Ref<'_>>, CommandError> {
        match self.read(key) {
            None => Ok(None),
            Some(value) => T::of(value).map(Some).ok_or(CommandError::WrongType),
        }
    }

    /// The hash at `key`. Errors: WrongType.
    #[inline]
    pub fn read_hash(&mut self, key: &[u8]) -> Result<Option<HashRef<'_>>, CommandError> {
        self.read_collection::<Hash>(key)
    }

    /// The collection at `key`, to be changed; an empty one if the key is missing. Errors: WrongType.
    pub fn edit<'g, T: Collection>(&'g mut self, key: &'g [u8]) -> Result<Edit<'g, 'e, T>, CommandError> {
        self.write(key).edit()
    }

    /// The collection at `key`, to be changed, if the key exists. Errors: WrongType.
    pub fn edit_existing<'g, T: Collection>(
        &'g mut self,
        key: &'g [u8],
    ) -> Result<Option<Edit<'g, 'e, T>>, CommandError> {
        let write = self.write(key);
        if write.exists() { write.edit().map(Some) } else { Ok(None) }
    }

    /// The value of `key`, with some side effects left out.
    #[inline]
    pub fn read_with(&mut self, key: &[u8], lookup: Lookup) -> Option<ValueRef<'_>> {
        let slot = self.lookup(key, lookup)?;
        Some(self.db().value(slot))
    }

    /// Where `key` is, with the side effects of a read.
    pub fn lookup(&mut self, key: &[u8], lookup: Lookup) -> Option<Slot> {
        let hash = self.db().hash(key);
        let found = self.find_live(hash, key);
        if !lookup.contains(Lookup::NO_STATS) {
            match found {
                Some(_) => self.effects.counters.hits += 1,
                None => self.effects.counters.misses += 1,
            }
        }
        match found {
            Some(slot) if !lookup.contains(Lookup::NO_TOUCH) => self.touch(slot),
            None if !lookup.contains(Lookup::NO_NOTIFY) => {
                self.effects.notify(Event::new(EventClass::KEY_MISS, "keymiss"), self.index, key);
            }
            _ => {}
        }
        found
    }

    /// Whether the key exists and is not overdue; deletes it if it is. No other side effect.
    pub fn exists(&mut self, key: &[u8]) -> bool {
        let hash = self.db().hash(key);
        self.find_live(hash, key).is_some()
    }

    /// The guard through which `key` is changed.
    #[inline]
    pub fn write<'g>(&'g mut self, key: &'g [u8]) -> Write<'g, 'e> {
        let hash = self.db().hash(key);
        let mut slot = self.db().find(hash, key);
        if let Some(found) = slot {
            if self.is_overdue(found) {
                // Even if overdue keys stay: what is written now must not meet it.
                self.delete_expired(hash, found, key);
                slot = None;
            } else {
                self.touch(found);
            }
        }
        Write::new(self, key, hash, slot)
    }

    /// As [`write`](Self::write), but a key that is overdue counts as there: for what replaces it without looking.
    pub fn write_unexamined<'g>(&'g mut self, key: &'g [u8]) -> Write<'g, 'e> {
        let hash = self.db().hash(key);
        let slot = self.db().find(hash, key);
        Write::new(self, key, hash, slot)
    }

    /// The guard for the destination of a …STORE command. Where there is nothing to store, an overdue key is deleted as any
    /// other; else it expires before the result takes its place.
    pub fn write_result<'g>(&'g mut self, key: &'g [u8], is_empty: bool) -> Write<'g, 'e> {
        if is_empty { self.write_unexamined(key) } else { self.write(key) }
    }

    /// The guard for a key that [`Database::lookup`] has just found at `slot`: it was used once, not twice.
    pub fn write_found<'g>(&'g mut self, key: &'g [u8], slot: Slot) -> Write<'g, 'e> {
        let hash = self.db().hash(key);
        debug_assert_eq!(self.db().find(hash, key), Some(slot));
        Write::new(self, key, hash, Some(slot))
    }

    /// When `key` expires; `None` if it is missing, `Some(None)` if it never does.
    pub fn expiry(&mut self, key: &[u8]) -> Option<Option<UnixMillis>> {
        let slot = self.lookup(key, Lookup::NO_TOUCH)?;
        Some(self.db().payload(slot).expiry())
    }

    /// A key chosen uniformly among those that are not overdue. Overdue ones met on the way are deleted.
    pub fn random_key(&mut self) -> Option<Vec<u8>> {
        /// When overdue keys stay, there may be no other.
        const TRIES_MAX: usize = 100;
        let mut tries = 0;
        while tries < TRIES_MAX {
            let slot = self.keyspace.db(self.index).random(self.rng)?;
            let key = self.db().key(slot).to_vec();
            if !self.is_overdue(slot) {
                return Some(key);
            }
            if self.policy.overdue_keys_stay {
                tries += 1;
            } else {
                let hash = self.db().hash(&key);
                self.delete_expired(hash, slot, &key);
            }
        }
        None
    }

    /// Deletes up to `budget` keys that are due, the earliest first. Returns how many; fewer than `budget` means that
    /// none is left. O(log n) each.
    pub fn expire_due(&mut self, budget: usize) -> usize {
        let now = self.now.unix_ms();
        let mut count = 0;
        while count < budget {
            let Some((at, hash)) = self.db().expiry_index().first() else { break };
            if at >= now {
                break;
            }
            let slot = self.db().find_expiring(hash, at).expect("an indexed key exists");
            let key = self.db().key(slot).to_vec();
            self.delete_expired(hash, slot, &key);
            count += 1;
        }
        count
    }

    /// Removes a key because memory is short. `lazily`: `lazyfree-lazy-eviction`, which is propagated as UNLINK.
    pub fn evict(&mut self, key: &[u8], lazily: bool) {
        let hash = self.db().hash(key);
        let Some(slot) = self.db().find(hash, key) else { return };
        self.mark_end_of_stream(slot, key);
        self.db_mut().remove(slot, hash);
        self.discard_leavings();
        self.propagate_deletion(key, lazily);
        let index = self.index;
        self.effects.notify(Event::new(EventClass::EVICTED, "evicted"), index, key);
        self.effects.touch(index, key, false);
    }

    /// Removes every key of this database. Returns how many there were.
    pub fn flush(&mut self) -> usize {
        let count = self.db().len();
        self.effects.flushed = true;
        self.effects.mark_replaced(self.index);
        let touch = |key: &[u8]| Touched { db: self.index, key: key.into(), exists: false, how: Touch::Flush };
        let gone = self.effects.watched.of(self.index).filter(|key| self.db().find(self.db().hash(key), key).is_some());
        let gone: Vec<Touched> = gone.map(touch).collect();
        self.effects.touched.extend(gone);
        let discarded = self.keyspace.db_mut(self.index).take();
        if count > FREED_AT_ONCE_KEYS || discarded.has_large_values() {
            self.effects.discarded.push(Discarded::new(discarded));
        }
        count
    }

    /// Clients that wait for a value of that type at `key` have to be looked at, though the key was not created (which says
    /// so by itself).
    pub fn mark_ready(&mut self, key: &[u8], value_type: ValueType) {
        self.effects.mark_ready(self.index, key, value_type);
    }

    /// Exchanges the contents of two databases; a watched key that exists in either counts as touched.
    pub fn swap(&mut self, a: DbIndex, b: DbIndex) {
        let mut touched = Vec::new();
        let exists = |index: DbIndex, key: &[u8]| {
            let db = self.keyspace.db(index);
            db.find(db.hash(key), key).is_some()
        };
        for (before, after) in [(a, b), (b, a)] {
            for key in self.effects.watched.of(before) {
                let (existed, exists) = (exists(before, key), exists(after, key));
                if existed || exists {
                    touched.push(Touched { db: before, key: key.into(), exists, how: Touch::Swap { existed } });
                }
            }
        }
        self.effects.touched.append(&mut touched);
        self.keyspace.swap(a, b);
        self.effects.mark_replaced(a);
        self.effects.mark_replaced(b);
    }

    /// Has large values that were removed or replaced freed elsewhere.
    #[inline]
    pub(super) fn discard_leavings(&mut self) {
        let values = self.db_mut().take_leavings();
        if !values.is_empty() {
            self.effects.discarded.push(Discarded::values(values));
        }
    }

    pub(super) fn db_mut(&mut self) -> &mut Db {
        self.keyspace.db_mut(self.index)
    }

    /// The mark of a key created by this call.
    pub(super) fn created(&self) -> Recency {
        Recency::created(self.now, self.policy.recency)
    }

    #[inline]
    fn find_live(&mut self, hash: KeyHash, key: &[u8]) -> Option<Slot> {
        let slot = self.db().find(hash, key)?;
        if self.is_overdue(slot) {
            if !self.policy.overdue_keys_stay {
                self.delete_expired(hash, slot, key);
            }
            return None;
        }
        Some(slot)
    }

    #[inline]
    fn is_overdue(&self, slot: Slot) -> bool {
        self.db().payload(slot).expiry().is_some_and(|at| at < self.now.unix_ms() && !self.policy.replays)
    }

    #[cold]
    fn delete_expired(&mut self, hash: KeyHash, slot: Slot, key: &[u8]) {
        self.mark_end_of_stream(slot, key);
        self.db_mut().remove(slot, hash);
        self.discard_leavings();
        // Not a change of the caller's, so the dirty count stays: a GETDEL that finds an overdue key did nothing.
        self.effects.counters.expired_keys += 1;
        let index = self.index;
        self.propagate_deletion(key, self.policy.lazy_expire);
        self.effects.notify(Event::new(EventClass::EXPIRED, "expired"), index, key);
        self.effects.touch(index, key, false);
    }

    /// A key is about to go: readers of a stream's groups may wait for it.
    fn mark_end_of_stream(&mut self, slot: Slot, key: &[u8]) {
        if self.effects.awaited.contains(AwaitedTypes::STREAM) && matches!(self.db().value(slot), ValueRef::Stream(_)) {
            self.effects.mark_ready(self.index, key, ValueType::Stream);
        }
    }

    fn propagate_deletion(&mut self, key: &[u8], lazily: bool) {
        if self.effects.record_journal {
            let verb: &[u8] = if lazily { b"UNLINK" } else { b"DEL" };
            let deletion = [verb, key].into_iter().collect();
            self.effects.deletions.push((self.index, deletion));
        }
    }

    #[inline]
    fn touch(&mut self, slot: Slot) {
        if self.policy.frozen_recency {
            return;
        }
        let old = self.db().payload(slot).recency();
        let new = old.touched(self.now, self.policy.recency, self.rng);
        // Mostly the second has not changed: then the page is left alone.
        if new != old {
            self.db_mut().set_recency(slot, new);
        }
    }
}
