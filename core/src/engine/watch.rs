//! WATCH: whose transaction a change of a key outdates.
//!
//! ```text
//!   WATCH ─► watched key (client, database, name, whether it was overdue) ─► effects.watched: touches are recorded
//!   any call ─► effects.touched ─► every client that watches the key is outdated, and watches nothing any more
//!   EXEC ─► a watched key that has expired since outdates, too
//! ```
//!
//! A key that was overdue when WATCH saw it counts as missing: its deletion is no change. SWAPDB and a flush change the keys
//! that exist before or after; an overdue one in the new content counts as missing there.
//!
//! Costs: O(log n) a watched key; a call pays nothing while nobody watches.
//!
//! Source: observed behaviour of 7.0.15.

use std::collections::BTreeMap;

use super::Engine;
use super::client::{ClientFlags, ClientId};
use crate::keyspace::DbIndex;
use crate::keyspace::effects::{Touch, Touched};

/// A key that a client watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    pub db: DbIndex,
    pub key: Box<[u8]>,
    /// It was overdue already, so it counts as missing.
    pub was_overdue: bool,
}

/// Who watches which key, in the order in which they began to.
#[derive(Clone, Debug, Default)]
pub struct Watchers {
    clients: BTreeMap<(DbIndex, Box<[u8]>), Vec<ClientId>>,
}

impl Watchers {
    /// Whether anybody watches anything.
    #[inline]
    pub fn is_active(&self) -> bool {
        !self.clients.is_empty()
    }
}

impl Engine {
    /// WATCH of one key.
    pub(crate) fn watch(&mut self, id: ClientId, key: &[u8]) {
        let client = self.client(id);
        let db = client.db;
        if client.watched.iter().any(|watched| watched.db == db && *watched.key == *key) {
            return;
        }
        let was_overdue = self.is_overdue(db, key);
        self.client_mut(id).watched.push(Watched { db, key: key.into(), was_overdue });
        self.watchers.clients.entry((db, key.into())).or_default().push(id);
        self.effects.watched.insert(db, key);
    }

    /// A client watches nothing any more.
    pub(crate) fn unwatch_all(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(id) else { return };
        for watched in std::mem::take(&mut client.watched) {
            let entry = (watched.db, watched.key);
            if let Some(clients) = self.watchers.clients.get_mut(&entry) {
                clients.retain(|client| *client != id);
                if clients.is_empty() {
                    self.watchers.clients.remove(&entry);
                    self.effects.watched.remove(entry.0, &entry.1);
                }
            }
        }
    }

    /// Whether a key that the client watches has expired since.
    pub(crate) fn watched_key_expired(&self, id: ClientId) -> bool {
        let watched = &self.client(id).watched;
        watched.iter().any(|watched| !watched.was_overdue && self.is_overdue(watched.db, &watched.key))
    }

    /// Outdates the transactions of those who watch what a call has touched.
    #[cold]
    pub(super) fn outdate_watchers(&mut self) {
        let touched = std::mem::take(&mut self.effects.touched);
        for touch in &touched {
            let entry = (touch.db, touch.key.clone());
            for id in self.watchers.clients.get(&entry).cloned().unwrap_or_default() {
                if self.is_change(id, touch) {
                    self.client_mut(id).flags.insert(ClientFlags::DIRTY_WATCH);
                    self.unwatch_all(id);
                }
            }
        }
        self.effects.touched = touched;
    }

    /// Whether a touch changes what a client has seen; if not, what it has seen is brought up to date.
    fn is_change(&mut self, id: ClientId, touch: &Touched) -> bool {
        let overdue_now = matches!(touch.how, Touch::Swap { .. }) && self.is_overdue(touch.db, &touch.key);
        let seen = self.client_mut(id).watched.iter_mut();
        let mut seen = seen.filter(|watched| watched.db == touch.db && watched.key == touch.key);
        let Some(seen) = seen.next() else { return false };
        if seen.was_overdue {
            seen.was_overdue = touch.exists && overdue_now;
            return touch.exists && !overdue_now;
        }
        if matches!(touch.how, Touch::Swap { existed: false }) && overdue_now {
            seen.was_overdue = true;
            return false;
        }
        true
    }

    /// Whether a key is there and its time is over.
    fn is_overdue(&self, db: DbIndex, key: &[u8]) -> bool {
        let db = self.keyspace.db(db);
        let expiry = db.find(db.hash(key), key).and_then(|slot| db.payload(slot).expiry());
        expiry.is_some_and(|at| at < self.now.unix_ms())
    }
}
