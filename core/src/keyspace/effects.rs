//! What a call did to the data: gathered by the write guard, acted on by the engine when the call is over.
//!
//! The dirty count, statistics, keyspace events, touched keys (WATCH, client tracking), keys that are ready for
//! blocked clients and the journal all start here. When nobody listens to a kind, nothing is recorded for it, so that a plain SET
//! allocates nothing.

use super::{DbIndex, Discarded};
use crate::args::OwnedArgs;
use crate::types::ValueType;
use std::collections::{BTreeMap, BTreeSet};

/// Classes of keyspace events, as `notify-keyspace-events` spells them.
pub use crate::config::NotifyEvents as EventClass;

/// One kind of event: its class and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub class: EventClass,
    pub name: &'static str,
}

impl Event {
    pub const fn new(class: EventClass, name: &'static str) -> Event {
        Event { class, name }
    }

    /// An event of class `g`.
    pub const fn generic(name: &'static str) -> Event {
        Event::new(EventClass::GENERIC, name)
    }

    /// An event of class `$`.
    pub const fn string(name: &'static str) -> Event {
        Event::new(EventClass::STRING, name)
    }

    /// An event of class `l`.
    pub const fn list(name: &'static str) -> Event {
        Event::new(EventClass::LIST, name)
    }

    /// An event of class `h`.
    pub const fn hash(name: &'static str) -> Event {
        Event::new(EventClass::HASH, name)
    }

    /// An event of class `s`.
    pub const fn set(name: &'static str) -> Event {
        Event::new(EventClass::SET, name)
    }

    /// An event of class `z`.
    pub const fn sorted_set(name: &'static str) -> Event {
        Event::new(EventClass::ZSET, name)
    }

    /// An event of class `t`.
    pub const fn stream(name: &'static str) -> Event {
        Event::new(EventClass::STREAM, name)
    }
}

/// An event that happened to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEvent {
    pub event: Event,
    pub db: DbIndex,
    pub key: Box<[u8]>,
}

/// A key whose value changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    pub db: DbIndex,
    pub key: Box<[u8]>,
    /// Whether it holds a value now.
    pub exists: bool,
    pub how: Touch,
}

/// How a key was touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// By itself.
    Key,
    /// Its database was flushed: recorded for watched keys only.
    Flush,
    /// Its database was exchanged for another: recorded for watched keys only.
    Swap {
        /// Whether it was there before.
        existed: bool,
    },
}

/// The keys that clients watch, by database.
#[derive(Clone, Debug, Default)]
pub struct WatchedKeys {
    keys: BTreeMap<DbIndex, BTreeSet<Box<[u8]>>>,
}

impl WatchedKeys {
    pub fn insert(&mut self, db: DbIndex, key: &[u8]) {
        self.keys.entry(db).or_default().insert(key.into());
    }

    pub fn remove(&mut self, db: DbIndex, key: &[u8]) {
        if let Some(keys) = self.keys.get_mut(&db) {
            keys.remove(key);
            if keys.is_empty() {
                self.keys.remove(&db);
            }
        }
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub fn contains(&self, db: DbIndex, key: &[u8]) -> bool {
        self.keys.get(&db).is_some_and(|keys| keys.contains(key))
    }

    /// The watched keys of a database, in order.
    pub fn of(&self, db: DbIndex) -> impl Iterator<Item = &[u8]> {
        self.keys.get(&db).into_iter().flatten().map(|key| &**key)
    }
}

bitflags::bitflags! {
    /// Types of values that a command can wait for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub struct AwaitedTypes: u8 {
        const LIST = 1 << 0;
        const SORTED_SET = 1 << 1;
        const STREAM = 1 << 2;
    }
}

impl AwaitedTypes {
    /// The one of that type; empty if nobody can wait for it.
    pub fn of(value_type: ValueType) -> AwaitedTypes {
        match value_type {
            ValueType::List => AwaitedTypes::LIST,
            ValueType::SortedSet => AwaitedTypes::SORTED_SET,
            ValueType::Stream => AwaitedTypes::STREAM,
            ValueType::String | ValueType::Set | ValueType::Hash => AwaitedTypes::empty(),
        }
    }
}

/// What the journal gets instead of the command as it was called.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Propagation {
    /// The command itself, if it changed anything.
    #[default]
    Verbatim,
    /// Nothing.
    Nothing,
    /// These commands.
    Instead(Vec<OwnedArgs>),
    /// The command itself, even if the dirty count says that nothing changed.
    Forced,
    /// The same, but never into the log: it is a message, no data.
    ForcedToReplicas,
}

/// Lookup and expiry counters, as INFO's Stats section shows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyspaceCounters {
    pub hits: u64,
    pub misses: u64,
    pub expired_keys: u64,
}

/// Gathered over one call. Kept between calls for its memory.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// Changes to the data since the server started (INFO's `rdb_changes_since_last_save` counts from here).
    pub dirty: u64,
    pub counters: KeyspaceCounters,
    /// Events that have listeners at all (`notify-keyspace-events`; empty: nothing is recorded).
    pub notify: EventClass,
    /// Whether every touched key is to be recorded (someone tracks).
    pub record_touched: bool,
    /// The types that blocked clients wait for: keys that may be ready for them are recorded.
    pub awaited: AwaitedTypes,
    /// Keys of which touches are recorded in any case.
    pub watched: WatchedKeys,
    /// Whether propagated commands are to be recorded (an AOF or a replica takes them).
    pub record_journal: bool,
    pub events: Vec<KeyEvent>,
    pub touched: Vec<Touched>,
    /// Keys that were created, and streams that got an entry or are gone, in order.
    pub ready: Vec<(DbIndex, Box<[u8]>)>,
    /// Databases whose whole content is another one now (FLUSHDB, SWAPDB), if someone is blocked.
    pub replaced: Vec<DbIndex>,
    /// A database was flushed.
    pub flushed: bool,
    /// FLUSHALL was called.
    pub flushed_all: bool,
    /// What was flushed and is large: whoever takes it frees it.
    pub discarded: Vec<Discarded>,
    /// Deletions of expired keys found on the way; they precede the command itself in the journal.
    pub deletions: Vec<(DbIndex, OwnedArgs)>,
    pub propagation: Propagation,
}

impl Effects {
    /// Records an event if somebody may listen.
    #[inline]
    pub fn notify(&mut self, event: Event, db: DbIndex, key: &[u8]) {
        if self.notify.intersects(event.class) {
            self.events.push(KeyEvent { event, db, key: key.into() });
        }
    }

    /// Records that the value of a key changed.
    #[inline]
    pub fn touch(&mut self, db: DbIndex, key: &[u8], exists: bool) {
        if self.record_touched || !self.watched.is_empty() {
            self.record_touch(db, key, exists);
        }
    }

    #[cold]
    fn record_touch(&mut self, db: DbIndex, key: &[u8], exists: bool) {
        if self.record_touched || self.watched.contains(db, key) {
            self.touched.push(Touched { db, key: key.into(), exists, how: Touch::Key });
        }
    }

    /// Records that clients which wait for a value of that type at `key` have to be looked at.
    #[inline]
    pub fn mark_ready(&mut self, db: DbIndex, key: &[u8], value_type: ValueType) {
        if self.awaited.intersects(AwaitedTypes::of(value_type)) {
            self.ready.push((db, key.into()));
        }
    }

    /// Records the same of every key of a database.
    pub fn mark_replaced(&mut self, db: DbIndex) {
        if !self.awaited.is_empty() {
            self.replaced.push(db);
        }
    }

    /// Makes the journal get `args` instead of the command as it was called.
    pub fn propagate_instead<A: AsRef<[u8]>>(&mut self, args: impl IntoIterator<Item = A>) {
        if self.record_journal {
            self.propagation = Propagation::Instead(vec![args.into_iter().collect()]);
        }
    }

    /// Makes the journal get one more command, after those already given.
    pub fn propagate_also<A: AsRef<[u8]>>(&mut self, args: impl IntoIterator<Item = A>) {
        if self.record_journal {
            let args = args.into_iter().collect();
            match &mut self.propagation {
                Propagation::Instead(list) => list.push(args),
                other => *other = Propagation::Instead(vec![args]),
            }
        }
    }

    /// Nothing of this call goes to the journal.
    pub fn propagate_nothing(&mut self) {
        if self.record_journal {
            self.propagation = Propagation::Nothing;
        }
    }

    /// The call goes to replicas as it is, and not into the log (PUBLISH).
    pub fn propagate_to_replicas(&mut self) {
        if self.record_journal {
            self.propagation = Propagation::ForcedToReplicas;
        }
    }

    /// The call goes to the journal as it is, even if it changed nothing (FLUSHALL of an empty server).
    pub fn propagate_always(&mut self) {
        if self.record_journal {
            self.propagation = Propagation::Forced;
        }
    }
}
