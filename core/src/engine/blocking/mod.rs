//! Blocked clients: who waits for a key, who is served when it is ready, and how a wait ends otherwise.
//!
//! ```text
//!   call ─► Flow::Block(wait) ─► waiters                        (the client's input stands still)
//!   any call ─► effects.ready, effects.replaced ─► ready keys   (only while somebody waits)
//!   end of a request, of a cron run ─► serve: key by key, in each key's queue from the front
//!        served, or an error ─► reply, own place in the journal ─► unblocked ─► its input goes on when the turn ends
//!   deadline, CLIENT UNBLOCK, a group or stream that is gone ─► null or an error ─► unblocked
//!   disconnect ─► forgotten
//! ```
//!
//! - **Ready** is a key that was created with a type somebody waits for, a stream that got an entry or lost a group, a stream
//!   that is gone, and of a database that was flushed or swapped what now holds such a type or has lost its stream. A key
//!   that is *overwritten* is not ready, even if it holds the right type now (`SET k`, then `SORT … STORE k`): 7.0.15 does
//!   not look at it either.
//! - The moment of serving is the end of a whole request: what a client pushes and pops again within one transaction wakes
//!   nobody. Keys are served in the order in which they got ready; those that serving makes ready (BLMOVE) come in the next
//!   round, so a chain of moves runs to its end, and a circle ends because each client is served once.
//! - Clients of one key are served in the order in which they began to wait, those that wait for another type are passed over,
//!   until the key is empty.
//! - Whoever is served propagates the plain command (`LPOP`, `LMOVE`, `XCLAIM`…), behind the one that woke it.
//!
//! Source: observed behaviour of 7.0.15. Where it leaves the order to chance (awaited keys after FLUSHALL or SWAPDB) it is
//! the order of the keys' bytes.

pub(crate) mod waiters;

use std::collections::{BTreeSet, VecDeque};

use super::Engine;
use super::client::{ClientFlags, ClientId, ReplyStart};
use super::journal::Readers;
use crate::commands::lookup::CommandId;
use crate::commands::wait::Wait;
use crate::commands::{CommandError, Ctx};
use crate::keyspace::effects::AwaitedTypes;
use crate::keyspace::{Database, DbIndex, Lookup};
use crate::types::ValueType;
use waiters::{Place, Ticket, Waiters};

/// Blocked clients and what is to be done about them.
#[derive(Clone, Debug, Default)]
pub struct Blocking {
    pub(crate) waiters: Waiters,
    /// Keys to be looked at when the running request is over, in order, each once.
    ready: VecDeque<(DbIndex, Box<[u8]>)>,
    known_ready: BTreeSet<(DbIndex, Box<[u8]>)>,
    /// Clients that wait no more and whose input has not been looked at since.
    unblocked: VecDeque<ClientId>,
}

const GONE: CommandError = CommandError::Text("UNBLOCKED the stream key no longer exists");
const UNBLOCKED: CommandError = CommandError::Text("UNBLOCKED client unblocked via CLIENT UNBLOCK");

impl Blocking {
    /// Whether keys wait to be looked at.
    #[inline]
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }
}

impl Engine {
    /// A client's command has found nothing: it waits from now on. Of the command: its arguments' length, and how long it ran.
    pub(super) fn block(&mut self, id: ClientId, wait: Box<Wait>, argument_bytes: usize, ran_us: u64) {
        let now_ms = self.now.monotonic_ms();
        let deadline_ms = wait.timeout_ms.map(|timeout_ms| now_ms.saturating_add(timeout_ms));
        let client = self.client_mut(id);
        client.flags.insert(ClientFlags::BLOCKED);
        let db = client.db;
        self.blocking.waiters.insert(id, Place { db, deadline_ms, argument_bytes, ran_us }, wait);
        self.effects.awaited = self.blocking.waiters.types();
    }

    /// Takes over what calls have left about keys that somebody may wait for.
    #[inline]
    pub(super) fn gather_ready(&mut self) {
        if !self.effects.ready.is_empty() || !self.effects.replaced.is_empty() {
            self.gather_marked();
        }
    }

    #[cold]
    fn gather_marked(&mut self) {
        for (db, key) in std::mem::take(&mut self.effects.ready) {
            self.blocking.mark(db, key);
        }
        for db in std::mem::take(&mut self.effects.replaced) {
            let keys: Vec<Box<[u8]>> = self.blocking.waiters.keys(db).map(Box::from).collect();
            for key in keys {
                if self.may_be_ready(db, &key) {
                    self.blocking.mark(db, key);
                }
            }
        }
    }

    /// Whether a key of a database that was replaced holds something that somebody waits for, or lost the stream that somebody
    /// needs. All others keep their place in the order: they get ready when a command creates them.
    fn may_be_ready(&self, db: DbIndex, key: &[u8]) -> bool {
        let data = self.keyspace.db(db);
        let held = data.find(data.hash(key), key).map(|slot| data.value(slot).value_type());
        held.is_some_and(|held| self.effects.awaited.intersects(AwaitedTypes::of(held)))
            || self.next_who_needs_value(db, key, None).is_some()
    }

    /// The next in a key's queue who gives up when the key is gone: a reader of a stream's group.
    fn next_who_needs_value(&self, db: DbIndex, key: &[u8], mut after: Option<Ticket>) -> Option<(Ticket, ClientId)> {
        loop {
            let (ticket, id) = self.blocking.waiters.next_in_queue(db, key, after)?;
            if self.blocking.waiters.get(id).is_some_and(|waiting| waiting.wait.needs_value) {
                return Some((ticket, id));
            }
            after = Some(ticket);
        }
    }

    /// Serves the clients of all keys that are ready, and of those that become ready thereby.
    #[inline]
    pub(super) fn serve_ready(&mut self) {
        // Not while the driver has a turn in the middle of a script.
        if self.blocking.has_ready() && !self.script_runs() {
            self.serve_marked();
        }
    }

    #[cold]
    fn serve_marked(&mut self) {
        while !self.blocking.ready.is_empty() {
            for entry in std::mem::take(&mut self.blocking.ready) {
                self.blocking.known_ready.remove(&entry);
                let (db, key) = entry;
                self.serve_key(db, &key);
            }
        }
    }

    /// Serves the clients that wait for one key.
    fn serve_key(&mut self, db: DbIndex, key: &[u8]) {
        let found = self.look_at(db, key);
        if let Some(value_type) = found {
            let mut after = None;
            while let Some((ticket, id)) = self.blocking.waiters.next_in_queue(db, key, after) {
                after = Some(ticket);
                if self.waits_for_type(id, value_type) {
                    self.serve_client(id, db, key);
                    if !self.holds(db, key, value_type) {
                        break;
                    }
                }
            }
        }
        if found != Some(ValueType::Stream) {
            self.end_waits_for_stream(db, key);
        }
    }

    /// The type of the value that a key holds. An overdue one is deleted.
    fn look_at(&mut self, db: DbIndex, key: &[u8]) -> Option<ValueType> {
        let mut database =
            Database::new(&mut self.keyspace, db, &mut self.effects, &mut self.rng, self.now, self.policy);
        let value = database.read_with(key, Lookup::NO_STATS | Lookup::NO_NOTIFY);
        let found = value.map(|value| value.value_type());
        self.flush_effects(None);
        found
    }

    /// Whether a key holds a value of that type, without looking at it as a command would.
    fn holds(&self, db: DbIndex, key: &[u8], value_type: ValueType) -> bool {
        let db = self.keyspace.db(db);
        let slot = db.find(db.hash(key), key);
        slot.is_some_and(|slot| db.value(slot).value_type() == value_type)
    }

    fn waits_for_type(&self, id: ClientId, value_type: ValueType) -> bool {
        self.blocking.waiters.get(id).is_some_and(|waiting| waiting.wait.value_type == value_type)
    }

    /// Answers a client from a key that holds what it waits for, unless there is still nothing for it.
    fn serve_client(&mut self, id: ClientId, db: DbIndex, key: &[u8]) {
        let waiting = self.blocking.waiters.get(id).expect("it stands in the queue");
        let (serve, request) = (waiting.wait.serve, waiting.wait.request.as_args());
        let errors = self.stats.error_replies;
        let dirty = self.effects.dirty;
        let started = self.stopwatch_us();
        let client = self.clients.get_mut(id).expect("who disconnects is forgotten");
        let start = client.reply_start();
        let mut ctx = Ctx {
            db: Database::new(&mut self.keyspace, db, &mut self.effects, &mut self.rng, self.now, self.policy),
            reply: &mut client.reply,
            deny_blocking: true,
            in_script: false,
            serves_waiter: true,
        };
        let result = serve(&mut ctx, request, key);
        let changed = self.effects.dirty != dirty;
        if let Ok(false) = result {
            assert!(!changed, "nothing was found");
            self.flush_effects(None);
            return;
        }
        if let Err(error) = result {
            self.reply_error(id, &error.text());
        }
        let served_us = self.stopwatch_us().saturating_sub(started);
        if self.effects.record_journal {
            let command = self.clients.get(id).and_then(|client| client.last_command);
            let row = self.commands.row(command.expect("it runs a command"));
            let waiting = self.blocking.waiters.get(id).expect("it has just been served");
            // Cloned: the journal is the engine's, too.
            let request = waiting.wait.request.clone();
            self.journal_call(db, row, changed, request.as_args(), Readers::all());
        }
        self.flush_effects(Some(id));
        let failed = self.stats.error_replies != errors;
        self.count_served(id, served_us, failed);
        self.unblock(id, start);
    }

    /// The key holds no stream: nothing will come for readers of its groups.
    fn end_waits_for_stream(&mut self, db: DbIndex, key: &[u8]) {
        let mut after = None;
        while let Some((ticket, id)) = self.next_who_needs_value(db, key, after) {
            after = Some(ticket);
            let start = self.client(id).reply_start();
            self.reply_error(id, &GONE.text());
            self.count_served(id, 0, true);
            self.unblock(id, start);
        }
    }

    /// A blocked command is complete: its call was counted when it began to wait.
    fn count_served(&mut self, id: ClientId, served_us: u64, failed: bool) {
        let Some(command) = self.clients.get(id).and_then(|client| client.last_command) else { return };
        let ran_us = self.blocking.waiters.get(id).map_or(0, |waiting| waiting.place.ran_us);
        let stats = self.stats.command(command);
        stats.usec += served_us;
        stats.failed += failed as u64;
        if self.config.latency_tracking {
            self.stats.record_latency(command, ran_us + served_us);
        }
        if ran_us + served_us >= self.observe_from_us {
            self.observe_served(id, command, ran_us, served_us);
        }
    }

    /// The whole call may be slow, and so may its end by itself.
    #[cold]
    fn observe_served(&mut self, id: ClientId, command: CommandId, ran_us: u64, served_us: u64) {
        if let Some(waiting) = self.blocking.waiters.get(id) {
            let request = waiting.wait.request.clone();
            self.log_if_slow(id, self.commands.row(command), request.as_args(), ran_us + served_us);
        }
        self.note_latency("command-unblocking", served_us);
    }

    /// A client has its reply, which begins at `start`: it waits no more.
    fn unblock(&mut self, id: ClientId, start: ReplyStart) {
        self.forget_wait(id);
        let client = self.client_mut(id);
        client.flags.remove(ClientFlags::BLOCKED);
        client.flags.insert(ClientFlags::UNBLOCKED);
        client.mute(start);
        self.finish_request(id);
        self.mark_pending(id);
        self.blocking.unblocked.push_back(id);
    }

    /// A client waits no more, whatever the reason.
    pub(super) fn forget_wait(&mut self, id: ClientId) {
        if self.blocking.waiters.remove(id).is_some() {
            self.effects.awaited = self.blocking.waiters.types();
        }
    }

    /// Waits whose time is over end with null: a null array, also where the command would answer with a bulk string.
    pub(super) fn end_overdue_waits(&mut self) {
        let now_ms = self.now.monotonic_ms();
        while let Some(id) = self.blocking.waiters.overdue(now_ms) {
            self.time_out(id);
        }
    }

    fn time_out(&mut self, id: ClientId) {
        let client = self.client_mut(id);
        let start = client.reply_start();
        client.reply.null_array();
        self.unblock(id, start);
    }

    /// CLIENT UNBLOCK: ends the wait of the client with that CLIENT ID, as a timeout does or with an error. Whether it waited.
    pub(crate) fn unblock_client(&mut self, number: u64, with_error: bool) -> bool {
        let Some(id) = self.blocking.waiters.by_number(number) else { return false };
        if with_error {
            let start = self.client(id).reply_start();
            self.reply_error(id, &UNBLOCKED.text());
            self.count_served(id, 0, true);
            self.unblock(id, start);
        } else {
            self.count_served(id, 0, true);
            self.time_out(id);
        }
        true
    }

    /// The turn ends: who was unblocked goes on with what it had sent behind its blocked command.
    pub(super) fn resume_unblocked(&mut self) {
        while let Some(id) = self.blocking.unblocked.pop_front() {
            if let Some(client) = self.clients.get_mut(id) {
                client.flags.remove(ClientFlags::UNBLOCKED);
            }
            self.process_input(id);
        }
    }

    /// Clients that wait: INFO's `blocked_clients`. Those of a pause count. O(number of clients).
    pub fn blocked_clients(&self) -> usize {
        let waiting = ClientFlags::POSTPONED | ClientFlags::BLOCKED;
        self.clients.iter().filter(|client| client.flags.intersects(waiting)).count()
    }

    /// Who waits for which key.
    pub fn waiters(&self) -> &Waiters {
        &self.blocking.waiters
    }
}

impl Blocking {
    /// A key may be ready: all who wait for it are looked at, since what is there now may be of another type than what marked
    /// it (`ZUNIONSTORE` over a stream).
    fn mark(&mut self, db: DbIndex, key: Box<[u8]>) {
        if !self.waiters.waits_for(db, &key) {
            return;
        }
        let entry = (db, key);
        if !self.known_ready.contains(&entry) {
            self.known_ready.insert(entry.clone());
            self.ready.push_back(entry);
        }
    }
}
