//! Turns: what was executed since the last one leaves together, the journal first, the replies it covers after.
//!
//! ```text
//!   handle_readable… ──► end_turn ──► Turn::Clean(permit) ──────────────────────► output(client, &permit)
//!                                └──► Turn::Journal(batch) ─ appended to the log ─► permit
//! ```
//!
//! A reply can only be read from the engine with a [`Permit`], and a permit for a turn that changed data only comes
//! from handing the batch back with what became of it. Getting the order wrong does not compile. Under `appendfsync always` the
//! permit shows nothing that a sync does not cover yet ([`commit`](super::commit)).

use super::Engine;
use super::action::{Action, Outcome};
use super::client::{ClientFlags, ClientId};
use super::persistence::file::FileId;
use crate::config::LogLevel;
use crate::time::Now;

/// The right to send what has been answered up to the end of a turn. Made by the engine only.
#[derive(Debug)]
pub struct Permit {
    _private: (),
}

/// Journal bytes that must be appended to the log before the turn's replies may leave.
#[derive(Debug)]
#[must_use]
pub struct JournalBatch {
    file: FileId,
    bytes: Vec<u8>,
}

impl JournalBatch {
    pub(super) fn new(file: FileId, bytes: Vec<u8>) -> JournalBatch {
        JournalBatch { file, bytes }
    }

    /// The log, which was opened with `FileOp::OpenAppend`.
    pub fn file(&self) -> FileId {
        self.file
    }

    /// What to append to it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// The end of a turn.
#[derive(Debug)]
#[must_use]
pub enum Turn {
    /// Nothing to write: replies may leave.
    Clean(Permit),
    /// Append this first, as `FileOp::Append` would, then call [`Engine::journal_written`].
    Journal(JournalBatch),
}

impl Engine {
    /// Ends a turn: what has been executed since the last one is now waiting to leave.
    pub fn end_turn(&mut self, now: Now) -> Turn {
        self.advance(now);
        if !self.is_frozen() {
            if self.cron.pause_ended {
                self.cron.pause_ended = false;
                self.resume_waiting_input();
            }
            self.resume_unblocked();
            self.send_broadcasts();
            self.evict_clients(None);
            self.feed_replicas();
        }
        match self.batch_to_log() {
            Some(batch) => Turn::Journal(batch),
            None => {
                self.release_or_hold();
                Turn::Clean(Permit { _private: () })
            }
        }
    }

    /// The driver has appended the batch, or failed to, with the outcome of `FileOp::Append`: the replies that it covers may leave.
    pub fn journal_written(&mut self, batch: JournalBatch, outcome: Outcome, now: Now) -> Permit {
        self.advance(now);
        self.batch_logged(batch, outcome);
        self.release_or_hold();
        Permit { _private: () }
    }

    /// The next client that has output to send and wasn't named since it got some.
    pub fn next_writable(&mut self, _permit: &Permit) -> Option<ClientId> {
        if self.is_frozen() {
            return None;
        }
        loop {
            let id = self.clients.releasable.pop()?;
            if self.clients.get(id).is_some() {
                return Some(id);
            }
        }
    }

    /// What may be sent to a client now. Empty if it is gone.
    pub fn output(&self, client: ClientId, _permit: &Permit) -> &[u8] {
        match self.clients.get(client) {
            Some(client) => &client.reply.buffer[client.sent..client.released],
            None => &[],
        }
    }

    /// The driver sent `count` bytes of [`output`](Self::output).
    pub fn sent(&mut self, client: ClientId, count: usize, now: Now) {
        /// An output buffer that is empty and larger than this gives its memory back.
        const KEPT_BYTES: usize = 64 * 1024;
        self.advance(now);
        let Some(c) = self.clients.get_mut(client) else { return };
        c.sent += count;
        c.reply_peak_bytes = c.reply_peak_bytes.max(c.reply.len());
        c.last_interaction = now;
        assert!(c.sent <= c.released, "the driver sent more than it was given");
        self.stats.net_output_bytes += count as u64;
        self.stats.writes_processed += 1;
        if c.sent == c.reply.len() {
            c.sent = 0;
            c.released = 0;
            c.covered = 0;
            if c.reply.buffer.capacity() > KEPT_BYTES {
                c.reply.buffer = Vec::new();
            } else {
                c.reply.buffer.clear();
            }
            let closes = c.flags.contains(ClientFlags::CLOSE_AFTER_REPLY);
            let replicates = c.flags.contains(ClientFlags::REPLICA);
            if !replicates {
                // More may be kept for a replica that has taken a piece of its copy.
                c.soft_limit_since_s = None;
            }
            self.count_client_if_limited(client);
            if closes {
                self.drop_client(client);
            } else if replicates {
                self.replica_took_all(client);
            }
        } else if c.sent > KEPT_BYTES && c.sent > c.reply.len() / 2 {
            // Keep the copying linear: at least half of the buffer goes.
            c.reply.buffer.drain(..c.sent);
            c.released -= c.sent;
            c.covered = c.covered.saturating_sub(c.sent);
            c.sent = 0;
        }
    }

    /// Takes the next request to the driver.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Whether `loglevel` lets lines of that level through.
    pub(crate) fn logs(&self, level: LogLevel) -> bool {
        level >= self.config.loglevel
    }

    /// Asks the driver to log a line, if `loglevel` lets it through.
    pub fn log(&mut self, level: LogLevel, text: impl Into<String>) {
        if self.logs(level) {
            self.actions.push_back(Action::Log(level, text.into()));
        }
    }

    /// Forgets a client and asks the driver to close its connection.
    pub(crate) fn drop_client(&mut self, client: ClientId) {
        if self.forget_client(client) {
            self.actions.push_back(Action::Close(client));
        }
    }

    /// Forgets a client. Whether it was known.
    pub(super) fn forget_client(&mut self, client: ClientId) -> bool {
        if self.clients.get(client).is_none() {
            return false;
        }
        self.disable_tracking(client);
        self.forget_suspended(client);
        self.unwatch_all(client);
        self.forget_subscriptions(client);
        self.stop_monitoring(client);
        self.forget_replica(client);
        self.forget_wait(client);
        match self.clients.remove(client) {
            Some(gone) => {
                self.uncount_client(&gone);
                true
            }
            None => false,
        }
    }

    /// Puts a client on the list of those with output.
    #[inline]
    pub(crate) fn mark_pending(&mut self, id: ClientId) {
        self.count_client_if_limited(id);
        if let Some(client) = self.clients.get_mut(id)
            && !client.flags.contains(ClientFlags::PENDING_OUTPUT)
            && (client.output_bytes() > 0 || client.flags.contains(ClientFlags::CLOSE_ASAP))
        {
            client.flags.insert(ClientFlags::PENDING_OUTPUT);
            self.clients.pending_output.push(id);
        }
    }
}
