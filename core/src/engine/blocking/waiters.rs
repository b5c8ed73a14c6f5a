//! Who waits for which key, and since when: the index behind blocking commands.
//!
//! ```text
//!   waits:      client ─► { wait, ticket, database, deadline }
//!   queues:     database, key ─► { ticket ─► client }        a ticket is a place in every queue at once
//!   deadlines:  (deadline, client)
//! ```
//!
//! - Tickets ascend, so a queue in order of tickets is first come, first served; whoever waits for a key twice stands in
//!   its queue once.
//! - A client waits once at most. Its queues and its deadline go with it; an empty queue does not stay.
//! - O(log n) for each key of a wait, to begin, to end and to find the next one; nothing at all while nobody waits.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};

use crate::commands::wait::Wait;
use crate::engine::client::ClientId;
use crate::keyspace::DbIndex;
use crate::keyspace::effects::AwaitedTypes;
use crate::types::ValueType;

/// A place in the queues: who comes first has the lower one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

/// A client that waits.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub wait: Box<Wait>,
    pub place: Place,
    ticket: Ticket,
}

/// Where and since when a client waits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    pub db: DbIndex,
    /// Milliseconds of the monotonic clock.
    pub deadline_ms: Option<u64>,
    /// The request as it was sent: its length without framing, in bytes.
    pub argument_bytes: usize,
    /// How long the command had run when it began to wait, microseconds.
    pub ran_us: u64,
}

type Queue = BTreeMap<Ticket, ClientId>;

/// All clients that wait for keys.
#[derive(Clone, Debug, Default)]
pub struct Waiters {
    waits: BTreeMap<ClientId, Waiting>,
    queues: BTreeMap<DbIndex, BTreeMap<Box<[u8]>, Queue>>,
    /// Milliseconds of the monotonic clock.
    deadlines: BTreeSet<(u64, ClientId)>,
    /// How many wait for each type.
    by_type: BTreeMap<ValueType, usize>,
    next_ticket: u64,
}

impl Waiters {
    /// Number of clients that wait.
    pub fn len(&self) -> usize {
        self.waits.len()
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.waits.is_empty()
    }

    /// How many of them have a deadline.
    pub fn deadlines(&self) -> usize {
        self.deadlines.len()
    }

    /// The earliest deadline, milliseconds of the monotonic clock.
    #[inline]
    pub fn next_deadline_ms(&self) -> Option<u64> {
        self.deadlines.first().map(|&(deadline_ms, _)| deadline_ms)
    }

    /// The client whose deadline passed first, if one's did: its last millisecond is over.
    pub fn overdue(&self, now_ms: u64) -> Option<ClientId> {
        let &(deadline_ms, id) = self.deadlines.first()?;
        (deadline_ms < now_ms).then_some(id)
    }

    /// A client begins to wait, behind all others. It does not wait yet.
    pub(crate) fn insert(&mut self, id: ClientId, place: Place, wait: Box<Wait>) {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let queues = self.queues.entry(place.db).or_default();
        for key in wait.keys() {
            match queues.get_mut(key) {
                Some(queue) => queue.insert(ticket, id),
                None => queues.entry(key.into()).or_default().insert(ticket, id),
            };
        }
        if let Some(deadline_ms) = place.deadline_ms {
            self.deadlines.insert((deadline_ms, id));
        }
        *self.by_type.entry(wait.value_type).or_default() += 1;
        let previous = self.waits.insert(id, Waiting { wait, place, ticket });
        assert!(previous.is_none(), "a client waits once at most");
    }

    /// A client waits no more.
    pub(crate) fn remove(&mut self, id: ClientId) -> Option<Waiting> {
        let waiting = self.waits.remove(&id)?;
        if let Some(deadline_ms) = waiting.place.deadline_ms {
            self.deadlines.remove(&(deadline_ms, id));
        }
        *self.by_type.get_mut(&waiting.wait.value_type).expect("it was counted") -= 1;
        let queues = self.queues.get_mut(&waiting.place.db).expect("its keys have queues");
        for key in waiting.wait.keys() {
            // A key that was given twice has its queue left once.
            let Some(queue) = queues.get_mut(key) else { continue };
            queue.remove(&waiting.ticket);
            if queue.is_empty() {
                queues.remove(key);
            }
        }
        if queues.is_empty() {
            self.queues.remove(&waiting.place.db);
        }
        Some(waiting)
    }

    /// The length of the request with which a client waits, bytes without framing; 0 if it does not wait.
    pub fn argument_bytes(&self, id: ClientId) -> usize {
        self.waits.get(&id).map_or(0, |waiting| waiting.place.argument_bytes)
    }

    /// What a client waits for.
    pub(crate) fn get(&self, id: ClientId) -> Option<&Waiting> {
        self.waits.get(&id)
    }

    /// The client with that CLIENT ID, if it waits.
    pub(crate) fn by_number(&self, number: u64) -> Option<ClientId> {
        let (&id, _) = self.waits.range(ClientId { id: number, slot: 0 }..).next()?;
        (id.id == number).then_some(id)
    }

    /// The types that are waited for.
    pub(crate) fn types(&self) -> AwaitedTypes {
        let awaited = self.by_type.iter().filter(|&(_, &count)| count > 0);
        awaited.map(|(&value_type, _)| AwaitedTypes::of(value_type)).collect()
    }

    /// Whether somebody waits for the key, whatever the type.
    pub(crate) fn waits_for(&self, db: DbIndex, key: &[u8]) -> bool {
        self.queues.get(&db).is_some_and(|queues| queues.contains_key(key))
    }

    /// The next client in a key's queue behind a ticket; `None`: the first one.
    pub(crate) fn next_in_queue(&self, db: DbIndex, key: &[u8], after: Option<Ticket>) -> Option<(Ticket, ClientId)> {
        let queue = self.queues.get(&db)?.get(key)?;
        let behind = after.map_or(Unbounded, Excluded);
        queue.range((behind, Unbounded)).next().map(|(&ticket, &id)| (ticket, id))
    }

    /// Panics if the parts disagree. O(waits).
    pub(crate) fn check(&self) {
        let places: usize = self.queues.values().flat_map(BTreeMap::values).map(BTreeMap::len).sum();
        let keys = |waiting: &Waiting| waiting.wait.keys().collect::<BTreeSet<_>>().len();
        assert_eq!(places, self.waits.values().map(keys).sum::<usize>(), "places in queues");
        assert_eq!(self.by_type.values().sum::<usize>(), self.waits.len(), "waits by type");
        let with_deadline = self.waits.values().filter(|waiting| waiting.place.deadline_ms.is_some()).count();
        assert_eq!(self.deadlines.len(), with_deadline, "deadlines");
        assert!(self.queues.values().flat_map(BTreeMap::values).all(|queue| !queue.is_empty()), "empty queues");
    }

    /// All keys of a database that somebody waits for, ascending.
    pub(crate) fn keys(&self, db: DbIndex) -> impl Iterator<Item = &[u8]> {
        self.queues.get(&db).into_iter().flat_map(|queues| queues.keys().map(|key| &key[..]))
    }
}

#[cfg(test)]
mod tests;
