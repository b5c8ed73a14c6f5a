//! A collection that is being changed: taken out of the keyspace in its owned form, put back by the commit.
//!
//! ```text
//!   db.edit::<Hash>(key)?  ──► Edit ── deref ──► Hash: set, remove, …  ──► commit(event)
//!   missing key: an empty collection                                        ├─ still empty and missing: not allowed
//!                                                                           ├─ created: event `new` before the others
//!                                                                           └─ emptied: the key goes, event `del` after them
//! ```
//!
//! Dropped without a commit, it puts back what it took: the command only looked, or changed nothing. Whoever changes
//! something must commit; debug builds notice it for packed collections in pages.

use std::ops::{Deref, DerefMut};

use super::effects::Event;
use super::write::Write;
use crate::error::CommandError;
use crate::structures::Rng;
use crate::types::{Collection, Limits, Object};

/// One collection, open for change.
#[must_use]
pub struct Edit<'g, 'e, T: Collection> {
    write: Write<'g, 'e>,
    /// `None` once it has been put back.
    value: Option<T>,
}

impl<'g, 'e> Write<'g, 'e> {
    /// Takes the collection out, or an empty one if the key is missing. Errors: WrongType.
    pub fn edit<T: Collection>(self) -> Result<Edit<'g, 'e, T>, CommandError> {
        let value = match self.slot {
            None => {
                let scratch = self.db.db_mut().take_scratch();
                T::empty(scratch, &self.db.policy().limits)
            }
            Some(slot) => {
                T::of(self.db.db().value(slot)).ok_or(CommandError::WrongType)?;
                T::of_object(self.db.db_mut().take_out(slot)).expect("the type was just checked")
            }
        };
        Ok(Edit { write: self, value: Some(value) })
    }
}

impl<T: Collection> Edit<'_, '_, T> {
    /// Whether the key was there.
    pub fn existed(&self) -> bool {
        self.write.slot.is_some()
    }

    /// The limits of the configuration.
    pub fn limits(&self) -> Limits {
        self.write.db.policy().limits
    }

    /// The collection and the generator at once.
    pub fn with_rng(&mut self) -> (&mut T, &mut Rng) {
        (self.value.as_mut().expect("put back by the commit only"), self.write.db.rng)
    }

    /// The change is complete: one event. Returns whether the key still exists.
    pub fn commit(self, event: Event) -> bool {
        self.commit_all(&[event], 1)
    }

    /// The change is complete, but of a kind that WATCH and tracking don't see (pending entries, groups of a stream). Returns
    /// whether the key still exists.
    pub fn commit_unseen(self, events: &[Event], dirty: u64) -> bool {
        debug_assert!(self.existed(), "nobody is not told of a new key");
        self.finish(events, dirty, false)
    }

    /// The change is complete: several events in order, and how many changes it counts for. Returns whether the key still
    /// exists.
    pub fn commit_all(self, events: &[Event], dirty: u64) -> bool {
        self.finish(events, dirty, true)
    }

    fn finish(mut self, events: &[Event], dirty: u64, seen: bool) -> bool {
        let value = self.value.take().expect("there is one commit");
        let write = &mut self.write;
        if !value.is_empty() || T::STAYS_EMPTY {
            match write.slot {
                Some(slot) => write.slot = Some(write.db.db_mut().put_back(slot, value.into())),
                None => write.set(super::db::NewValue::Object(value.into()), super::write::Ttl::Clear),
            }
            write.take_effect(events, dirty, seen);
            return true;
        }
        let slot = write.slot.take().expect("an empty collection is not created");
        write.db.db_mut().remove(slot, write.hash);
        write.db.db_mut().keep_scratch(value.into());
        write.take_effect(events, dirty, seen);
        let (index, key) = (write.db.index, write.key);
        write.db.effects.notify(Event::generic("del"), index, key);
        false
    }
}

impl<T: Collection> Deref for Edit<'_, '_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("put back by the commit only")
    }
}

impl<T: Collection> DerefMut for Edit<'_, '_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("put back by the commit only")
    }
}

impl<T: Collection> Drop for Edit<'_, '_, T> {
    fn drop(&mut self) {
        let Some(value) = self.value.take() else { return };
        let empty = value.is_empty();
        let object: Object = value.into();
        let db = self.write.db.db_mut();
        match self.write.slot {
            None => {
                debug_assert!(empty || T::STAYS_EMPTY, "a change was not committed");
                db.keep_scratch(object);
            }
            Some(slot) => {
                if cfg!(debug_assertions) && db.payload(slot).kind().packed().is_some() {
                    let unchanged =
                        object.packed().is_some_and(|(_, packed)| packed.bytes() == db.payload(slot).body());
                    assert!(unchanged, "a change was not committed");
                }
                db.put_back(slot, object);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::keyspace::access::DataPolicy;
    use crate::keyspace::effects::EventClass;
    use crate::keyspace::{Database, DbIndex, Effects, Event, Keyspace, Lookup};
    use crate::structures::{HashSeed, Rng};
    use crate::time::Now;
    use crate::types::{Collection, Hash, INLINE_PACKED_BYTES_MAX};

    const NOW: Now = Now { unix_us: 1_795_000_000_000_000, monotonic_us: 0 };

    /// A keyspace, and everything that a command finds around it.
    struct World {
        keyspace: Keyspace,
        effects: Effects,
        rng: Rng,
        policy: DataPolicy,
    }

    impl World {
        fn new() -> World {
            let effects = Effects { notify: EventClass::all(), record_touched: true, ..Effects::default() };
            let keyspace = Keyspace::new(1, HashSeed(1, 2));
            World { keyspace, effects, rng: Rng::new(7), policy: DataPolicy::default() }
        }

        fn database(&mut self) -> Database<'_> {
            Database::new(&mut self.keyspace, DbIndex(0), &mut self.effects, &mut self.rng, NOW, self.policy)
        }

        fn set(&mut self, field: &[u8], value: &[u8]) {
            let mut db = self.database();
            let mut hash = db.edit::<Hash>(b"h").expect("a hash");
            let limits = hash.limits();
            hash.set(field, value, &limits);
            assert!(hash.commit(Event::hash("hset")));
            self.check();
        }

        fn remove(&mut self, field: &[u8]) -> bool {
            let mut db = self.database();
            let mut hash = db.edit_existing::<Hash>(b"h").expect("a hash").expect("it is there");
            assert!(hash.remove(field));
            let exists = hash.commit(Event::hash("hdel"));
            self.check();
            exists
        }

        /// Whether the value lies in the table's page.
        fn is_inline(&mut self) -> bool {
            let mut db = self.database();
            let slot = db.lookup(b"h", Lookup::NO_TOUCH).expect("it is there");
            db.db().payload(slot).kind().packed().is_some()
        }

        fn check(&self) {
            self.keyspace.db(DbIndex(0)).check();
        }

        fn events(&mut self) -> Vec<&'static str> {
            self.effects.events.drain(..).map(|e| e.event.name).collect()
        }
    }

    #[test]
    fn a_key_is_announced_when_created_and_deleted_when_emptied() {
        let mut world = World::new();
        world.set(b"a", b"1");
        assert_eq!(world.events(), ["new", "hset"]);
        assert_eq!(world.effects.dirty, 1);
        assert!(!world.remove(b"a"));
        assert_eq!(world.events(), ["hdel", "del"]);
        let exists: Vec<bool> = world.effects.touched.iter().map(|touched| touched.exists).collect();
        assert_eq!(exists, [true, false]);
        assert!(!world.database().exists(b"h"));
    }

    #[test]
    fn dropping_an_edit_puts_everything_back_as_it_was() {
        let mut world = World::new();
        drop(world.database().edit::<Hash>(b"h").expect("nothing is there yet"));
        assert!(!world.database().exists(b"h"));
        for (field, value) in [(&b"a"[..], vec![b'1'; 3]), (b"b", vec![b'2'; 60]), (b"c", vec![b'3'; 100])] {
            world.set(field, &value);
            let before = world.keyspace.snapshot();
            drop(world.database().edit::<Hash>(b"h").expect("a hash"));
            world.check();
            let mut db = world.database();
            let hash = db.read_hash(b"h").expect("a hash").expect("it is there");
            let (_, old) = before.iter().next().expect("one database");
            let (_, _, old) = old.iter().next().expect("one key");
            assert_eq!(hash.len(), Hash::of(old).expect("a hash").len());
        }
        assert_eq!(world.events().len(), 4, "only the commits said something");
    }

    #[test]
    #[should_panic(expected = "a change was not committed")]
    fn a_change_without_a_commit_is_our_bug() {
        let mut world = World::new();
        world.set(b"a", b"1");
        let mut db = world.database();
        let mut hash = db.edit::<Hash>(b"h").expect("a hash");
        hash.remove(b"a");
    }

    #[test]
    fn a_packed_value_moves_out_of_the_page_and_in_again() {
        let mut world = World::new();
        let fields = INLINE_PACKED_BYTES_MAX / 20 + 10;
        let field = |i: usize| format!("field:{i:03}").into_bytes();
        let mut moved_out = false;
        for i in 0..fields {
            world.set(&field(i), b"0123456789");
            assert!(!moved_out || !world.is_inline(), "it does not move to and fro");
            moved_out |= !world.is_inline();
        }
        assert!(moved_out && !world.is_inline());
        let slot_encoding = |world: &mut World| world.database().read(b"h").map(|value| value.encoding_name());
        assert_eq!(slot_encoding(&mut world), Some("listpack"));
        for i in 1..fields {
            assert!(world.remove(&field(i)));
        }
        assert!(world.is_inline());
        assert_eq!(slot_encoding(&mut world), Some("listpack"));
        assert!(!world.remove(&field(0)));
    }

    #[test]
    fn an_edit_of_another_type_is_refused_and_changes_nothing() {
        let mut world = World::new();
        let mut db = world.database();
        let mut string = db.write(b"h");
        string.set(crate::keyspace::db::NewValue::String(b"x"), crate::keyspace::write::Ttl::Clear);
        string.commit(Event::string("set"));
        assert!(db.edit::<Hash>(b"h").is_err());
        assert!(db.read_string(b"h").is_ok_and(|found| found.is_some()));
        world.check();
    }

    #[test]
    fn a_large_value_is_handed_over_to_be_freed_and_a_moved_one_is_not() {
        let mut world = World::new();
        for i in 0..5000 {
            let mut db = world.database();
            let mut hash = db.edit::<Hash>(b"h").expect("a hash");
            let limits = hash.limits();
            hash.set(format!("field:{i}").as_bytes(), b"some value or other", &limits);
            hash.commit(Event::hash("hset"));
        }
        let mut db = world.database();
        let carried = db.write(b"h").detached().expect("it is there");
        let mut source = db.write(b"h");
        source.remove_carried();
        source.commit_all(&[], 0);
        let mut target = db.write(b"h2");
        target.put(carried, true);
        target.commit(Event::generic("rename_to"));
        assert!(world.effects.discarded.is_empty());
        let mut db = world.database();
        let mut key = db.write(b"h2");
        assert!(key.remove());
        key.commit(Event::generic("del"));
        assert_eq!(world.effects.discarded.len(), 1);
        world.check();
        assert_eq!(world.keyspace.db(DbIndex(0)).len(), 0);
    }
}
