//! Replicas, as the primary serves them: a full copy for whoever sends SYNC, and after it what is propagated.
//!
//! ```text
//!   REPLCONF … ─► SYNC ─► Waiting ─► Saving ─► Sending ─────────────► Online ◄─ the journal, turn by turn
//!                            │          │         │ the file, a piece whenever the socket has taken the one before
//!                            │          └─────────┴─ what is propagated meanwhile is kept for later
//!                            └─ another save is under way; the copy's own comes after it
//! ```
//!
//! The copy is `dbfilename` as a save in the background leaves it; it is read from the file that was opened when the save
//! ended, whatever later saves do. A line feed a second tells who waits that the server lives.
//!
//! What is kept for a replica during its copy counts as its output: `client-output-buffer-limit replica` ends the connection. A save
//! whose last replica has gone is given up, unless there are save points. With `rdb-del-sync-files` the file is removed when
//! nobody needs it any more, if the server keeps no data on disk.
//!
//! Source: the protocol of SYNC as 7.0.15 speaks it to its replicas and to `redis-cli --rdb`. Not there yet: PSYNC, with its
//! backlog and partial copies (a replica falls back to SYNC), copies without a file, WAIT.

use std::collections::BTreeMap;

use super::Engine;
use super::action::Outcome;
use super::client::{ClientFlags, ClientId};
use super::journal::Readers;
use super::persistence::aof::LogState;
use super::persistence::file::{FileId, FileOp};
use super::persistence::{NOBODY, ignored};
use crate::commands::{CommandError, OwnedArgs};
use crate::config::LogLevel;

/// A piece of the copy.
const PIECE_BYTES: usize = 256 * 1024;
/// What replicas are to get is measured in blocks of that size, each with its head.
const BLOCK_BYTES: usize = 20_440;
const BLOCK_HEAD_BYTES: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// It has said something about itself and not asked for anything.
    Announced,
    Waiting,
    Saving,
    Sending {
        file: FileId,
        left_bytes: u64,
        reads: bool,
    },
    Online,
}

/// One connection that is a replica's, or may become one.
#[derive(Clone, Debug)]
pub(crate) struct Replica {
    phase: Phase,
    pub listening_port: i64,
    pub address: Vec<u8>,
    /// It wants the copy only.
    pub copy_only: bool,
    /// The last offset that it has confirmed, and when.
    acknowledged: i64,
    acknowledged_s: u64,
    /// What was propagated since the snapshot of its copy.
    kept: Vec<u8>,
}

/// All replicas.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replicas {
    by_client: BTreeMap<ClientId, Replica>,
    /// Bytes that were propagated so far (`master_repl_offset`).
    pub offset: u64,
    next_ping_s: u64,
    /// `dbfilename` was written for replicas, and `rdb-del-sync-files` was on.
    has_copy_on_disk: bool,
}

impl Replicas {
    /// Those that follow: the client, how it is doing as INFO names it, and itself.
    pub fn iter(&self) -> impl Iterator<Item = (ClientId, &'static str, &Replica)> {
        self.by_client.iter().filter_map(|(id, replica)| {
            let state = match replica.phase {
                Phase::Announced => return None,
                Phase::Waiting | Phase::Saving => "wait_bgsave",
                Phase::Sending { .. } => "send_bulk",
                Phase::Online => "online",
            };
            Some((*id, state, replica))
        })
    }

    /// What is kept for those that still get their copies.
    pub fn kept_bytes(&self) -> usize {
        self.by_client.values().map(|replica| replica.kept.capacity()).sum()
    }

    /// Blocks of the stream that a replica has not taken yet, and their memory. `output_bytes`: what waits to be sent to it.
    pub fn waiting_blocks(&self, client: ClientId, output_bytes: usize) -> (usize, usize) {
        let bytes = match self.by_client.get(&client) {
            // The copy itself does not count.
            Some(replica) if replica.phase != Phase::Online => replica.kept.len(),
            _ => output_bytes,
        };
        let blocks = bytes.div_ceil(BLOCK_BYTES);
        (blocks, blocks * (BLOCK_BYTES + BLOCK_HEAD_BYTES))
    }

    /// How many are online and have confirmed something within `lag_max_s`.
    pub fn good(&self, now_s: u64, lag_max_s: u64) -> usize {
        let is_good = |replica: &Replica| replica.phase == Phase::Online && replica.lag_s(now_s) <= lag_max_s;
        self.by_client.values().filter(|replica| is_good(replica)).count()
    }
}

impl Replica {
    fn new(now_s: u64) -> Replica {
        Replica {
            phase: Phase::Announced,
            listening_port: 0,
            address: Vec::new(),
            copy_only: false,
            acknowledged: 0,
            acknowledged_s: now_s,
            kept: Vec::new(),
        }
    }

    pub fn lag_s(&self, now_s: u64) -> u64 {
        now_s.saturating_sub(self.acknowledged_s)
    }

    pub fn acknowledged(&self) -> i64 {
        self.acknowledged
    }
}

impl Engine {
    /// What a connection has said of itself as a replica; REPLCONF adds to it.
    pub(crate) fn announced(&mut self, client: ClientId) -> &mut Replica {
        let now_s = self.now.unix_s();
        self.replicas.by_client.entry(client).or_insert_with(|| Replica::new(now_s))
    }

    /// A replica has confirmed that it has the stream up to there.
    pub(crate) fn acknowledge(&mut self, client: ClientId, offset: i64) {
        let now_s = self.now.unix_s();
        if let Some(replica) = self.replicas.by_client.get_mut(&client) {
            replica.acknowledged = replica.acknowledged.max(offset);
            replica.acknowledged_s = now_s;
        }
    }

    /// SYNC: the client becomes a replica and gets a copy. Errors: it has not read all replies.
    pub(crate) fn synchronise(&mut self, client: ClientId) -> Result<(), CommandError> {
        if self.client(client).flags.contains(ClientFlags::REPLICA) {
            return Ok(());
        }
        if self.client(client).output_bytes() > 0 {
            return Err(CommandError::Text("ERR SYNC and PSYNC are invalid with pending output"));
        }
        self.announced(client).phase = Phase::Waiting;
        let name = self.replica_name(client);
        self.log(LogLevel::Notice, format!("Replica {name} asks for synchronization"));
        self.client_mut(client).flags.insert(ClientFlags::REPLICA);
        self.copy_if_wanted();
        Ok(())
    }

    /// Begins the save that replicas wait for, unless another is under way.
    pub(super) fn copy_if_wanted(&mut self) {
        let waits = |replica: &Replica| replica.phase == Phase::Waiting;
        let is_free = self.may_begin_save();
        if !is_free || !self.replicas.by_client.values().any(waits) {
            return;
        }
        self.log(LogLevel::Notice, "Starting BGSAVE for SYNC with target: disk");
        // Those that follow already get what came before the snapshot; from here on the new ones, too.
        self.feed_replicas();
        self.begin_background_save();
        self.replicas.has_copy_on_disk = self.config.rdb_del_sync_files;
        self.set_reader(Readers::REPLICAS, true);
        self.journal.replicas.db = None;
        self.replicas.by_client.values_mut().filter(|replica| waits(replica)).for_each(|replica| {
            replica.phase = Phase::Saving;
        });
    }

    /// The save in the background has ended.
    pub(super) fn copy_is_saved(&mut self, saved: bool) {
        let waiting: Vec<ClientId> = self.clients_in(|phase| *phase == Phase::Saving);
        for client in waiting {
            if !saved {
                self.log(LogLevel::Warning, "SYNC failed. BGSAVE child returned an error");
                self.drop_client(client);
                continue;
            }
            let (file, path) = (self.new_file(), self.in_data_folder(&self.config.dbfilename));
            self.replica(client).phase = Phase::Sending { file, left_bytes: 0, reads: true };
            self.ask_file(client, FileOp::Open { file, path }, copy_opened);
        }
    }

    fn clients_in(&self, is_wanted: impl Fn(&Phase) -> bool) -> Vec<ClientId> {
        self.replicas.by_client.iter().filter(|(_, replica)| is_wanted(&replica.phase)).map(|(id, _)| *id).collect()
    }

    fn replica(&mut self, client: ClientId) -> &mut Replica {
        self.replicas.by_client.get_mut(&client).expect("it is a replica")
    }

    /// How the log calls a replica: its address, and the port where it listens.
    fn replica_name(&self, client: ClientId) -> String {
        let Some(replica) = self.replicas.by_client.get(&client) else { return String::new() };
        let peer = &self.client(client).peer.address;
        let peer = peer.rsplit_once(':').map_or(&peer[..], |(address, _)| address);
        let address = match replica.address.is_empty() {
            true => peer.into(),
            false => String::from_utf8_lossy(&replica.address),
        };
        match replica.listening_port {
            0 => format!("{address}:<unknown-replica-port>"),
            port => format!("{address}:{port}"),
        }
    }

    /// A replica's socket has taken everything: the next piece of the copy, or what comes after it.
    pub(super) fn replica_took_all(&mut self, client: ClientId) {
        let Some(replica) = self.replicas.by_client.get_mut(&client) else { return };
        let Phase::Sending { file, left_bytes, reads } = &mut replica.phase else { return };
        if std::mem::replace(reads, true) {
            return;
        }
        let file = *file;
        match *left_bytes {
            0 => self.end_copy(client, file),
            _ => _ = self.ask_file(client, FileOp::Read { file, bytes_max: PIECE_BYTES }, piece_read),
        }
    }

    /// The next piece of the copy is there. Nothing: the file ended too early.
    fn send_piece(&mut self, client: ClientId, piece: &[u8]) {
        let Some(replica) = self.replicas.by_client.get_mut(&client) else { return };
        let Phase::Sending { left_bytes, reads, .. } = &mut replica.phase else { return };
        if piece.is_empty() {
            return self.drop_client(client);
        }
        *left_bytes = left_bytes.saturating_sub(piece.len() as u64);
        *reads = false;
        self.client_mut(client).reply.buffer.extend_from_slice(piece);
        self.mark_pending(client);
    }

    /// The replica has the copy: the stream follows.
    fn end_copy(&mut self, client: ClientId, file: FileId) {
        self.close_file(file);
        let name = self.replica_name(client);
        let replica = self.replica(client);
        replica.phase = Phase::Online;
        if replica.copy_only {
            let text = format!("RDB transfer completed, rdb only replica ({name}) should be disconnected asap");
            self.log(LogLevel::Notice, text);
            return self.drop_client(client);
        }
        let kept = std::mem::take(&mut replica.kept);
        self.client_mut(client).reply.buffer.extend_from_slice(&kept);
        self.mark_pending(client);
        self.log(LogLevel::Notice, format!("Synchronization with replica {name} succeeded"));
    }

    /// Hands what was propagated to the replicas. Called when a turn ends.
    #[inline]
    pub(super) fn feed_replicas(&mut self) {
        if !self.replicas.by_client.is_empty() && !self.journal.replicas.bytes.is_empty() {
            self.hand_out();
        }
    }

    /// Whether somebody follows, or will once there is a copy to begin with.
    pub(super) fn has_followers(&self) -> bool {
        self.replicas.iter().next().is_some()
    }

    #[cold]
    fn hand_out(&mut self) {
        if !self.has_followers() {
            return;
        }
        let bytes = std::mem::take(&mut self.journal.replicas.bytes);
        if let Some(kept) = &mut self.journal.kept {
            kept.extend_from_slice(&bytes);
        }
        self.replicas.offset += bytes.len() as u64;
        let mut fed = Vec::new();
        for (&client, replica) in &mut self.replicas.by_client {
            match replica.phase {
                Phase::Announced | Phase::Waiting => continue,
                Phase::Saving | Phase::Sending { .. } => replica.kept.extend_from_slice(&bytes),
                Phase::Online => {
                    let Some(client) = self.clients.get_mut(client) else { continue };
                    client.reply.buffer.extend_from_slice(&bytes);
                }
            }
            fed.push(client);
        }
        for client in fed {
            self.mark_pending(client);
            self.check_output_limit(client);
        }
    }

    /// Signs of life. Called about once a second and more often.
    pub(super) fn replicas_cron(&mut self) {
        if self.replicas.by_client.is_empty() && !self.replicas.has_copy_on_disk {
            return;
        }
        self.copy_if_wanted();
        let now_s = self.now.unix_s();
        if now_s < self.replicas.next_ping_s {
            return;
        }
        self.remove_copy_if_unused();
        let is_waiting = |phase: &Phase| matches!(phase, Phase::Waiting | Phase::Saving);
        for client in self.clients_in(is_waiting) {
            self.client_mut(client).reply.buffer.push(b'\n');
            self.mark_pending(client);
        }
        self.replicas.next_ping_s = now_s + 1;
        if now_s.is_multiple_of(u64::from(self.config.repl_ping_replica_period)) {
            self.journal_to_replicas(OwnedArgs::from_iter(["ping"]).as_args());
        }
    }

    fn remove_copy_if_unused(&mut self) {
        let keeps_data = !self.config.save.is_empty() || self.persistence.aof.state != LogState::Off;
        let is_needed = |replica: &Replica| !matches!(replica.phase, Phase::Announced | Phase::Online);
        let unused = !self.replicas.by_client.values().any(is_needed);
        if keeps_data || !unused || !self.config.rdb_del_sync_files || !self.replicas.has_copy_on_disk {
            return;
        }
        self.replicas.has_copy_on_disk = false;
        let text = "Removing the RDB file used to feed replicas in a persistence-less instance";
        self.log(LogLevel::Notice, text);
        let path = self.in_data_folder(&self.config.dbfilename);
        self.ask_file(NOBODY, FileOp::Remove { path }, ignored);
    }

    /// The connection is gone. What was open for it is closed.
    pub(super) fn forget_replica(&mut self, client: ClientId) {
        let name = self.replica_name(client);
        let Some(gone) = self.replicas.by_client.remove(&client) else { return };
        if gone.phase != Phase::Announced {
            self.log(LogLevel::Warning, format!("Connection with replica {name} lost."));
        }
        if let Phase::Sending { file, .. } = gone.phase {
            self.close_file(file);
        }
        let is_saving = |replica: &Replica| replica.phase == Phase::Saving;
        if is_saving(&gone) && self.config.save.is_empty() && !self.replicas.by_client.values().any(is_saving) {
            // Nobody wants that save any more, and the next replica need not wait for it.
            self.cancel_save();
        }
        if !self.has_followers() && self.journal.kept.is_none() {
            self.set_reader(Readers::REPLICAS, false);
            self.journal.replicas.bytes = Vec::new();
        }
    }
}

fn copy_opened(engine: &mut Engine, client: ClientId, outcome: Outcome) {
    // It may have gone meanwhile.
    let Some(replica) = engine.replicas.by_client.get_mut(&client) else { return };
    let Phase::Sending { left_bytes, reads, .. } = &mut replica.phase else { return };
    let Outcome::Opened { bytes } = outcome else {
        engine.log(LogLevel::Warning, "SYNC failed. Can't open/stat DB after BGSAVE");
        return engine.drop_client(client);
    };
    (*left_bytes, *reads) = (bytes, false);
    engine.client_mut(client).reply.buffer.extend_from_slice(format!("${bytes}\r\n").as_bytes());
    engine.mark_pending(client);
}

fn piece_read(engine: &mut Engine, client: ClientId, outcome: Outcome) {
    match outcome {
        Outcome::Content(piece) => engine.send_piece(client, &piece),
        _ => engine.drop_client(client),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, OutputBufferLimit};
    use crate::engine::persistence::memory::MemoryDisk;
    use crate::engine::persistence::node::Node;

    /// A server without save points, a client, and a replica that waits for its copy.
    fn copying(settings: impl FnOnce(&mut Config)) -> (Node, ClientId, ClientId) {
        let mut node = Node::running(MemoryDisk::default(), |config| {
            config.save = Vec::new();
            settings(config);
        });
        let (client, replica) = (node.connect(), node.connect());
        node.ask(client, "SET k 1");
        node.send(replica, "SYNC");
        (node, client, replica)
    }

    fn limited(hard_bytes: u64, soft_bytes: u64, soft_seconds: i32) -> impl FnOnce(&mut Config) {
        move |config| {
            config.repl_backlog_size = 1;
            config.client_output_buffer_limit[1] = OutputBufferLimit { hard_bytes, soft_bytes, soft_seconds };
        }
    }

    fn write(node: &mut Node, client: ClientId, bytes: usize) {
        let line = format!("SET big {}", "x".repeat(bytes));
        assert_eq!(node.ask(client, &line), "+OK");
    }

    #[test]
    fn what_is_written_during_the_copy_follows_it() {
        let (mut node, client, replica) = copying(|_| {});
        write(&mut node, client, 100);
        while !node.logged("succeeded") {
            write(&mut node, client, 100);
            assert!(node.step(None));
        }
        write(&mut node, client, 3);
        let received = node.take(replica);
        assert!(received.contains("REDIS0010") && received.ends_with("SET $3 big $3 xxx"), "{received}");
        assert!(node.logged("Synchronization with replica "));
    }

    #[test]
    fn a_replica_for_which_too_much_is_kept_is_closed_and_its_save_given_up() {
        let (mut node, client, replica) = copying(limited(50_000, 0, 0));
        write(&mut node, client, 20_000);
        assert!(node.engine.is_connected(replica));
        let line = node.ask(client, "CLIENT LIST TYPE REPLICA");
        assert!(line.contains(" obl=0 oll=1 omem=20504 "), "{line}");
        write(&mut node, client, 40_000);
        assert!(node.logged("scheduled to be closed ASAP for overcoming of output buffer limits."));
        assert!(!node.engine.is_connected(replica));
        assert!(node.logged("Connection with replica "));
        node.run();
        assert!(node.logged("Background saving terminated by signal 10"));
        assert!(node.disk.files.is_empty(), "{:?}", node.disk.files.keys());
        assert_eq!(node.field(client, "rdb_last_bgsave_status"), "ok");
    }

    #[test]
    fn a_replica_for_which_much_is_kept_for_long_is_closed() {
        let (mut node, client, replica) = copying(limited(0, 10_000, 2));
        node.pass_ms(5000);
        write(&mut node, client, 20_000);
        node.pass_ms(1000);
        // The length of the copy has been sent, so that no output waits, but the stream does.
        while !node.received.iter().any(|(id, bytes)| *id == replica && bytes.contains(&b'$')) {
            assert!(node.step(None));
        }
        node.pass_ms(1000);
        assert!(node.engine.is_connected(replica));
        node.pass_ms(1000);
        assert!(!node.engine.is_connected(replica));
        assert!(node.logged(" closed for overcoming of output buffer limits."));
    }

    #[test]
    fn a_save_for_replicas_goes_on_if_somebody_else_wants_it() {
        let (mut node, client, replica) = copying(|_| {});
        node.ask(client, "CONFIG SET save \"3600 1\"");
        node.engine.disconnect(replica, node.now);
        node.turn();
        node.run();
        assert!(node.logged("Background saving terminated with success"));
    }

    #[test]
    fn the_copy_is_removed_when_nobody_needs_it_and_nothing_is_kept_on_disk() {
        for (setting, removed) in
            [("appendonly no", true), ("save \"3600 1\"", false), ("rdb-del-sync-files no", false)]
        {
            let (mut node, client, _) = copying(|config| config.rdb_del_sync_files = true);
            assert_eq!(node.ask(client, &format!("CONFIG SET {setting}")), "+OK");
            while !node.logged("succeeded") {
                node.pass_ms(1000);
                assert!(!node.logged("Removing the RDB file used to feed replicas in a persistence-less instance"));
                assert!(node.step(None));
            }
            for _ in 0..3 {
                node.pass_ms(1000);
                node.run();
            }
            assert_eq!(node.disk.files.is_empty(), removed, "{setting}");
        }
    }
}
