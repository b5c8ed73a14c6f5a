//! Group commit: which replies wait for which sync of the log (`appendfsync always`).
//!
//! ```text
//!   turn ends ─► log written ─► sync begins ──────────────────► it is done: what waited for it may leave
//!                    ▲                │ turns that end meanwhile: their replies wait for the next sync, unless
//!                    └────────────────┘ nothing was logged since this one began: then for this one
//! ```
//!
//! A reply, to a read as well, may show whatever has been journalled by the end of its turn: it leaves when the log is synced
//! up to there. Positions count bytes of the log as they are journalled; [`GroupCommit`] keeps them and is what the
//! interleavings of loop and syncing thread are tried on (`server/src/handover.rs`).

use super::Engine;
use super::client::{ClientFlags, ClientId};

/// How far the log is journalled and synced. Bytes since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupCommit {
    journalled: u64,
    written: u64,
    syncing: Option<u64>,
    synced: u64,
}

impl GroupCommit {
    /// So many bytes more are in the journal.
    pub fn journalled(&mut self, bytes: u64) {
        self.journalled += bytes;
    }

    /// So many bytes more of it are in the file.
    pub fn written(&mut self, bytes: u64) {
        self.written += bytes;
    }

    /// Whether something was written that no sync has covered.
    pub fn needs_sync(&self) -> bool {
        self.synced < self.written
    }

    /// Whether there is anything that no sync has covered.
    pub fn is_behind(&self) -> bool {
        self.synced < self.journalled
    }

    pub fn is_syncing(&self) -> bool {
        self.syncing.is_some()
    }

    /// Whether the sync under way covers all there is.
    pub fn sync_covers_all(&self) -> bool {
        self.syncing == Some(self.journalled)
    }

    /// A sync of all that has been written begins. None may be under way.
    pub fn begin(&mut self) {
        assert!(self.syncing.is_none(), "one sync at a time");
        self.syncing = Some(self.written);
    }

    /// The sync under way is done. `well`: what it covers is on the disk. Where the log is synced to now.
    pub fn end(&mut self, well: bool) -> u64 {
        let target = self.syncing.take().expect("a sync was under way");
        if well {
            self.synced = self.synced.max(target);
        }
        self.synced
    }

    /// Nothing waits for a sync any more: there is no log.
    pub(super) fn forget(&mut self) {
        (self.written, self.synced) = (self.journalled, self.journalled);
    }
}

/// Positions, and whose replies wait.
#[derive(Clone, Debug, Default)]
pub(crate) struct Commit {
    pub positions: GroupCommit,
    /// Clients whose replies the sync under way covers, up to `Client::covered`.
    current: Vec<ClientId>,
    /// Clients with replies that need the next sync.
    next: Vec<ClientId>,
}

impl Engine {
    /// What has been answered in this turn leaves, or waits for a sync.
    pub(super) fn release_or_hold(&mut self) {
        if self.is_frozen() {
            return;
        }
        let pending = std::mem::take(&mut self.clients.pending_output);
        let waits = self.replies_wait();
        let joins = waits && self.commit.positions.sync_covers_all();
        let mut closing = Vec::new();
        for &id in &pending {
            let Some(client) = self.clients.get_mut(id) else { continue };
            client.flags.remove(ClientFlags::PENDING_OUTPUT);
            if client.flags.contains(ClientFlags::CLOSE_ASAP) {
                closing.push(id);
            } else if !waits {
                client.released = client.reply.len();
                self.clients.releasable.push(id);
            } else if joins {
                client.covered = client.reply.len();
                self.commit.current.push(id);
            } else {
                self.commit.next.push(id);
            }
        }
        self.clients.give_back_pending(pending);
        for id in closing {
            self.drop_client(id);
        }
    }

    /// Whether replies may not leave before a sync. Those of other policies don't overtake what already waits.
    fn replies_wait(&self) -> bool {
        self.logs_with_sync() && (self.commit.positions.is_behind() || self.has_doubtful_log())
            || !self.commit.next.is_empty()
            || !self.commit.current.is_empty()
    }

    /// A sync of everything written begins. If that is everything journalled, it covers whatever has waited for the next one.
    pub(super) fn begin_commit(&mut self) {
        self.commit.positions.begin();
        if !self.commit.positions.sync_covers_all() {
            return;
        }
        for id in self.commit.next.drain(..) {
            if let Some(client) = self.clients.get_mut(id) {
                client.covered = client.reply.len();
                self.commit.current.push(id);
            }
        }
    }

    /// The sync has ended; if well, what it covers may leave.
    pub(super) fn end_commit(&mut self, well: bool) {
        self.commit.positions.end(well);
        if well && !self.has_doubtful_log() || !self.logs_with_sync() {
            self.release_covered();
        }
    }

    /// A rewrite has put a sound log in the place of a doubtful one: what waited for that leaves, unless it waits for a sync, too.
    pub(super) fn release_after_doubt(&mut self) {
        if !self.commit.positions.is_behind() && !self.commit.positions.is_syncing() {
            self.release_next();
        }
    }

    /// The policy asks for no sync any more: what waits for one that has not begun leaves.
    pub(super) fn release_without_sync(&mut self) {
        if !self.commit.next.is_empty() && !self.commit.positions.is_syncing() {
            self.release_next();
        }
    }

    fn release_next(&mut self) {
        for id in std::mem::take(&mut self.commit.next) {
            if let Some(client) = self.clients.get_mut(id) {
                client.covered = client.reply.len();
                self.commit.current.push(id);
            }
        }
        self.release_covered();
    }

    /// There is no log any more: nothing waits for it.
    pub(super) fn forget_commits(&mut self) {
        self.commit.positions.forget();
        self.release_next();
    }

    fn release_covered(&mut self) {
        for id in self.commit.current.drain(..) {
            if let Some(client) = self.clients.get_mut(id) {
                client.released = client.released.max(client.covered);
                self.clients.releasable.push(id);
            }
        }
    }

    /// Whether the turn has changed something that is to be synced before its replies leave, and no sync is under way.
    pub fn needs_sync_this_turn(&self) -> bool {
        self.logs_with_sync() && !self.commit.positions.is_syncing() && !self.journal.log.bytes.is_empty()
    }

    /// Clients whose replies wait for a sync.
    pub fn held_clients(&self) -> usize {
        self.commit.current.len() + self.commit.next.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_journalled_during_a_sync_needs_the_next() {
        let mut commit = GroupCommit::default();
        assert!(!commit.is_behind());
        commit.journalled(10);
        commit.written(10);
        commit.begin();
        assert!(commit.sync_covers_all());
        commit.journalled(5);
        assert!(!commit.sync_covers_all());
        assert_eq!(commit.end(true), 10);
        assert!(commit.is_behind() && !commit.is_syncing() && !commit.needs_sync());
        commit.written(5);
        commit.begin();
        assert_eq!(commit.end(false), 10);
        commit.begin();
        assert_eq!(commit.end(true), 15);
        assert!(!commit.is_behind());
    }
}
