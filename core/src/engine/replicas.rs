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
//! Source: the protocol of SYNC as 7.0.15 speaks it to its replicas and to `redis-cli --rdb`. Not there yet: PSYNC, with its
//! backlog and partial copies (a replica falls back to SYNC), copies without a file, WAIT.

use std::collections::BTreeMap;

use super::Engine;
use super::action::Outcome;
use super::client::{ClientFlags, ClientId};
use super::journal::Readers;
use super::persistence::file::{FileId, FileOp};
use crate::commands::{CommandError, OwnedArgs};
use crate::config::LogLevel;

/// A piece of the copy.
const PIECE_BYTES: usize = 256 * 1024;

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
        let address = self.client(client).peer.address.clone();
        self.log(LogLevel::Notice, format!("Replica {address} asks for synchronization"));
        self.announced(client).phase = Phase::Waiting;
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

    /// A replica's socket has taken everything: the next piece of the copy.
    pub(super) fn replica_took_all(&mut self, client: ClientId) {
        let Some(replica) = self.replicas.by_client.get_mut(&client) else { return };
        if let Phase::Sending { file, reads, .. } = &mut replica.phase
            && !std::mem::replace(reads, true)
        {
            let op = FileOp::Read { file: *file, bytes_max: PIECE_BYTES };
            self.ask_file(client, op, piece_read);
        }
    }

    /// The next piece of the copy is there. Nothing: the file ended too early.
    fn send_piece(&mut self, client: ClientId, piece: &[u8]) {
        let Some(replica) = self.replicas.by_client.get_mut(&client) else { return };
        let Phase::Sending { file, left_bytes, reads } = &mut replica.phase else { return };
        *left_bytes = left_bytes.saturating_sub(piece.len() as u64);
        *reads = false;
        let (file, is_last) = (*file, *left_bytes == 0);
        if piece.is_empty() && !is_last {
            return self.drop_client(client);
        }
        if is_last {
            replica.phase = Phase::Online;
        }
        let kept = if is_last { std::mem::take(&mut replica.kept) } else { Vec::new() };
        let (copy_only, address) = (replica.copy_only, self.client(client).peer.address.clone());
        let output = &mut self.client_mut(client).reply.buffer;
        output.extend_from_slice(piece);
        if is_last && !copy_only {
            output.extend_from_slice(&kept);
        }
        if is_last {
            self.close_file(file);
            self.log(LogLevel::Notice, format!("Synchronization with replica {address} succeeded"));
        }
        if is_last && copy_only {
            self.client_mut(client).flags.insert(ClientFlags::CLOSE_AFTER_REPLY);
        }
        self.mark_pending(client);
    }

    /// Hands what was propagated to the replicas. Called when a turn ends.
    #[inline]
    pub(super) fn feed_replicas(&mut self) {
        if !self.replicas.by_client.is_empty() && !self.journal.replicas.bytes.is_empty() {
            self.hand_out();
        }
    }

    #[cold]
    fn hand_out(&mut self) {
        let bytes = std::mem::take(&mut self.journal.replicas.bytes);
        self.replicas.offset += bytes.len() as u64;
        let mut fed = Vec::new();
        for (&client, replica) in &mut self.replicas.by_client {
            match replica.phase {
                Phase::Announced | Phase::Waiting => {}
                Phase::Saving | Phase::Sending { .. } => replica.kept.extend_from_slice(&bytes),
                Phase::Online => fed.push(client),
            }
        }
        for client in fed {
            let Some(replica) = self.clients.get_mut(client) else { continue };
            replica.reply.buffer.extend_from_slice(&bytes);
            self.mark_pending(client);
            self.check_output_limit(client);
        }
    }

    /// Signs of life. Called about once a second and more often.
    pub(super) fn replicas_cron(&mut self) {
        if self.replicas.by_client.is_empty() {
            return;
        }
        self.copy_if_wanted();
        let now_s = self.now.unix_s();
        if now_s < self.replicas.next_ping_s {
            return;
        }
        let is_waiting = |phase: &Phase| matches!(phase, Phase::Waiting | Phase::Saving);
        for client in self.clients_in(is_waiting) {
            self.client_mut(client).reply.buffer.push(b'\n');
            self.mark_pending(client);
        }
        self.replicas.next_ping_s = now_s + 1;
        if now_s.is_multiple_of(u64::from(self.config.repl_ping_replica_period)) {
            self.journal_to_replicas(OwnedArgs::from_iter(["PING"]).as_args());
        }
    }

    /// The connection is gone. What was open for it is closed.
    pub(super) fn forget_replica(&mut self, client: ClientId) {
        let Some(gone) = self.replicas.by_client.remove(&client) else { return };
        if let Phase::Sending { file, .. } = gone.phase {
            self.close_file(file);
        }
        if self.replicas.iter().next().is_none() {
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
