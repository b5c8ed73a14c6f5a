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

    /// The change is complete: several events in order, and how many changes it counts for. Returns whether the key still
    /// exists.
    pub fn commit_all(mut self, events: &[Event], dirty: u64) -> bool {
        let value = self.value.take().expect("there is one commit");
        let write = &mut self.write;
        if !value.is_empty() || T::STAYS_EMPTY {
            match write.slot {
                Some(slot) => write.slot = Some(write.db.db_mut().put_back(slot, value.into())),
                None => write.set(super::db::NewValue::Object(value.into()), super::write::Ttl::Clear),
            }
            write.take_effect(events, dirty);
            return true;
        }
        let slot = write.slot.take().expect("an empty collection is not created");
        write.db.db_mut().remove(slot, write.hash);
        write.db.db_mut().keep_scratch(value.into());
        write.take_effect(events, dirty);
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
        let object: Object = value.into();
        let db = self.write.db.db_mut();
        match self.write.slot {
            None => db.keep_scratch(object),
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
