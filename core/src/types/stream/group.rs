//! Consumer groups: how far a group has read, who its consumers are, and what was delivered but not acknowledged.
//!
//! ```text
//!   group     last id │ entries read │ pending: id ─► (consumer, delivered at, deliveries)
//!   consumer  name │ seen at │ pending: id
//! ```
//!
//! Invariant: an id is pending in a group if and only if it is pending in exactly one of its consumers, the one that the
//! group's entry names. Consumers are numbered within their group, so an entry needs no name.

use std::collections::BTreeMap;
use std::mem::size_of;

use crate::structures::{IdMap, Shed, StreamId};

/// The number of entries read is not known.
pub const ENTRIES_READ_UNKNOWN: i64 = -1;

/// An entry that was delivered and not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Number of the consumer that owns it.
    pub consumer: u32,
    pub delivered_ms: i64,
    pub deliveries: u64,
}

#[derive(Clone, Debug)]
pub struct Consumer {
    pub name: Box<[u8]>,
    pub seen_ms: i64,
    pending: IdMap<()>,
}

impl Consumer {
    /// What it owns.
    pub fn pending(&self) -> &IdMap<()> {
        &self.pending
    }

    fn heap_bytes(&self) -> usize {
        // The name twice: in the order of names too.
        2 * self.name.len() + size_of::<(u32, Consumer)>() + size_of::<(Box<[u8]>, u32)>() + self.pending.heap_bytes()
    }
}

#[derive(Clone, Debug)]
pub struct Group {
    pub last_id: StreamId,
    /// [`ENTRIES_READ_UNKNOWN`], or how many entries of the stream's whole life are at or before `last_id`.
    pub entries_read: i64,
    pending: IdMap<Pending>,
    consumers: BTreeMap<u32, Consumer>,
    by_name: BTreeMap<Box<[u8]>, u32>,
    next_consumer: u32,
    consumers_bytes: usize,
}

impl Group {
    pub fn new(last_id: StreamId, entries_read: i64) -> Group {
        Group {
            last_id,
            entries_read,
            pending: IdMap::new(),
            consumers: BTreeMap::new(),
            by_name: BTreeMap::new(),
            next_consumer: 0,
            consumers_bytes: 0,
        }
    }

    /// All that is delivered and not acknowledged.
    pub fn pending(&self) -> &IdMap<Pending> {
        &self.pending
    }

    pub fn consumer_count(&self) -> usize {
        self.consumers.len()
    }

    /// Consumers in order of their names.
    pub fn consumers(&self) -> impl Iterator<Item = &Consumer> {
        self.by_name.values().map(|number| &self.consumers[number])
    }

    pub fn find_consumer(&self, name: &[u8]) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    /// Panics if there is none of this number.
    pub fn consumer(&self, number: u32) -> &Consumer {
        &self.consumers[&number]
    }

    /// A new consumer; `None` if the name is taken.
    pub fn create_consumer(&mut self, name: &[u8], seen_ms: i64) -> Option<u32> {
        if self.by_name.contains_key(name) {
            return None;
        }
        let number = self.next_consumer;
        self.next_consumer += 1;
        let consumer = Consumer { name: name.into(), seen_ms, pending: IdMap::new() };
        self.consumers_bytes += consumer.heap_bytes();
        self.by_name.insert(name.into(), number);
        self.consumers.insert(number, consumer);
        Some(number)
    }

    /// Removes a consumer and all that it owns. Returns how much that was. O(its pending entries).
    pub fn delete_consumer(&mut self, number: u32) -> usize {
        let consumer = self.consumers.remove(&number).expect("a consumer of this number");
        self.consumers_bytes -= consumer.heap_bytes();
        self.by_name.remove(&consumer.name);
        for (id, ()) in consumer.pending.iter_from(StreamId::MIN) {
            self.pending.remove(id);
        }
        consumer.pending.len()
    }

    /// A consumer was active.
    pub fn see(&mut self, number: u32, now_ms: i64) {
        self.consumers.get_mut(&number).expect("a consumer of this number").seen_ms = now_ms;
    }

    /// Makes an entry pending, or changes what is told of it, whoever owned it before. O(log n).
    pub fn assign(&mut self, id: StreamId, pending: Pending) {
        match self.pending.insert(id, pending) {
            Some(old) if old.consumer == pending.consumer => return,
            Some(old) => self.change_consumer(old.consumer, |owned| _ = owned.remove(id)),
            None => {}
        }
        self.change_consumer(pending.consumer, |owned| _ = owned.insert(id, ()));
    }

    /// An entry is pending no more. Whether it was. O(log n).
    pub fn acknowledge(&mut self, id: StreamId) -> bool {
        let Some(old) = self.pending.remove(id) else { return false };
        self.change_consumer(old.consumer, |owned| _ = owned.remove(id));
        true
    }

    fn change_consumer(&mut self, number: u32, change: impl FnOnce(&mut IdMap<()>)) {
        let consumer = self.consumers.get_mut(&number).expect("a pending entry has an owner");
        self.consumers_bytes -= consumer.pending.heap_bytes();
        change(&mut consumer.pending);
        self.consumers_bytes += consumer.pending.heap_bytes();
    }

    /// Bytes of heap held. O(1).
    pub fn heap_bytes(&self) -> usize {
        self.pending.heap_bytes() + self.consumers_bytes
    }

    /// Panics on a broken invariant. O(n).
    pub fn check(&self) {
        let owned: usize = self.consumers.values().map(|consumer| consumer.pending.len()).sum();
        assert_eq!(owned, self.pending.len(), "each pending entry has one owner");
        for (id, pending) in self.pending.iter_from(StreamId::MIN) {
            assert!(self.consumers[&pending.consumer].pending.contains(id), "the owner knows what it owns");
        }
        assert_eq!(self.consumers_bytes, self.consumers.values().map(Consumer::heap_bytes).sum::<usize>());
        assert!(self.by_name.iter().all(|(name, number)| self.consumers[number].name == *name));
        assert_eq!(self.by_name.len(), self.consumers.len());
    }
}

impl Shed for Group {
    fn shed(&mut self) -> bool {
        if self.pending.shed() {
            return true;
        }
        let Some(mut last) = self.consumers.last_entry() else { return false };
        if !last.get_mut().pending.shed() {
            last.remove();
        }
        !self.consumers.is_empty()
    }
}
