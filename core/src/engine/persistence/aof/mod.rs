//! The append-only file: every change goes into a log before its reply leaves, and the log is rewritten when it has grown.
//!
//! ```text
//!   journal ─► log.rs: Append (the driver's loop) ─► Sync (lane of the log) ─► replies (engine/commit.rs)
//!   start.rs: manifest ─► load.rs: base, then increments, by the one executor ─► the last increment is opened
//!   rewrite.rs: next increment ─► snapshot ─► base.rs: base ─► manifest ─► history is removed
//! ```
//!
//! **What is on the disk** (`appenddirname`): a base, increments, and the manifest that names them ([`Manifest`]). The manifest is replaced by a
//! rename, and names nothing that is not there and durable: a folder is synced before a manifest that names its new files takes
//! its place, and after. An increment is complete and synced before the manifest names the next, so that only the last one can
//! end in the middle of something; 7.0.15 syncs it later. What is journalled meanwhile waits in memory.
//!
//! **Plans** ([`plan`]). Several operations in a row whose outcome is one yes or no are a plan; plans run one after the other.
//!
//! Source: observed behaviour of 7.0.15. Deviations: the folder of the data is synced after `appenddirname` was created in it; a
//! MULTI whose EXEC a torn tail has lost is cut off, so that what is logged next is not queued behind it, and so is half a timestamp; after a sync that failed
//! the log is rewritten, since the system may have dropped what it could not write, and MISCONF lasts until then.

mod base;
pub mod fuzz;
pub mod load;
pub mod log;
pub mod plan;
pub mod rewrite;
pub mod start;

#[cfg(test)]
mod tests;

use super::super::action::ActionId;
use super::super::journal::Readers;
use super::file::FileId;
use super::{Engine, NOBODY};
use crate::aof::manifest::Manifest;
use crate::config::AppendFsync;
use crate::engine::client::ClientId;
use plan::Plan;
use rewrite::Rewrite;
use std::collections::VecDeque;

/// Whether there is a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogState {
    #[default]
    Off,
    /// Turned on while running: on when the first rewrite is over.
    Waiting,
    On,
}

/// The file that the journal goes to.
#[derive(Clone, Debug)]
pub(super) struct OpenLog {
    pub file: FileId,
    pub path: Vec<u8>,
    /// Its length, whole batches only.
    pub bytes: u64,
}

/// State of the append-only file.
#[derive(Clone, Debug, Default)]
pub struct Aof {
    pub state: LogState,
    pub(super) manifest: Manifest,
    pub(super) log: Option<OpenLog>,
    pub(super) plans: VecDeque<Plan>,
    /// A step of the first of them is under way, or its end is being acted on.
    pub(super) plan_runs: bool,
    /// At the start: the manifest while it is read, and what is logged once the log is open.
    pub(super) manifest_file: FileId,
    pub(super) manifest_text: Vec<u8>,
    pub(super) start_line: String,
    /// Length of the file that a plan opened last.
    pub(super) opened_bytes: u64,
    pub(super) rewrite: Option<Rewrite>,
    /// A rewrite begins as soon as nothing else is being saved.
    pub rewrite_scheduled: bool,
    /// A manifest could not be put in the place of the old one, or not durably: the disk may have either.
    pub(super) manifest_unsure: bool,
    /// After a write that failed: when the next is tried, microseconds of the monotonic clock.
    pub(super) retry_us: u64,
    /// The log is not written to for now: it is being replaced by the next increment.
    pub(super) is_held: bool,
    /// The process ends over a failure: nothing is written any more.
    pub(super) is_over: bool,
    /// How much of the batch that is being cut off was written; until that is done nothing is written behind it.
    pub(super) partial_bytes: u64,
    /// Bytes of the journal that [`GroupCommit`](crate::engine::commit::GroupCommit) knows of.
    pub(super) counted_bytes: usize,
    /// When the last sync began, microseconds of the monotonic clock.
    pub(super) last_sync_us: u64,
    pub(super) postponed_since_us: Option<u64>,
    /// Writes that did not wait for a sync any longer.
    pub delayed_syncs: u64,
    /// Why the last write failed, and the last sync.
    pub(super) write_error: Option<String>,
    pub(super) sync_error: Option<String>,
    /// The file whose sync has failed.
    pub(super) doubtful: FileId,
    pub(super) write_error_logged_s: Option<u64>,
    /// What happens when everything is written and synced.
    pub(super) when_synced: VecDeque<log::WhenSynced>,
    /// All files together, and what that was after the last rewrite.
    pub current_bytes: u64,
    pub base_bytes: u64,
    pub rewrites: u64,
    pub consecutive_failures: u64,
    pub last_rewrite_failed: bool,
    pub last_rewrite_s: Option<u64>,
    pub(super) limit: rewrite::Limit,
    /// The process ends when the rewrite under way has been put away.
    pub(in crate::engine) ends_process: bool,
    /// The end of the process was asked for while the log was being turned on.
    pub(in crate::engine) ends_while_turned_on: bool,
}

impl Aof {
    /// Why writes are refused, if they are.
    pub fn error(&self) -> Option<&str> {
        let error = self.write_error.as_ref().or(self.sync_error.as_ref());
        error.filter(|_| self.state != LogState::Off).map(String::as_str)
    }

    /// Whether the last write went well.
    pub fn last_write_ok(&self) -> bool {
        self.write_error.is_none() && self.sync_error.is_none()
    }

    /// Whether the log is being completed by somebody whom all others wait for, as they would for a call that blocks.
    pub(super) fn stands_still(&self) -> bool {
        // Not if that may take as long as the disk is broken.
        !self.manifest_unsure
            && self
                .when_synced
                .iter()
                .any(|waiting| matches!(waiting, log::WhenSynced::Stop(_) | log::WhenSynced::Load(_)))
    }

    /// Whether nothing may be written now.
    pub(super) fn holds_writes(&self) -> bool {
        self.is_held || self.is_over || self.partial_bytes > 0
    }

    pub fn is_rewriting(&self) -> bool {
        self.rewrite.is_some()
    }

    /// When the rewrite under way began.
    pub fn rewrite_started_s(&self) -> Option<u64> {
        self.rewrite.as_ref().map(|rewrite| rewrite.started_s)
    }
}

impl Engine {
    /// A name in the folder of the log.
    pub(super) fn in_log_folder(&self, name: &[u8]) -> Vec<u8> {
        [&self.log_folder(), b"/".as_slice(), name].concat()
    }

    pub(super) fn log_folder(&self) -> Vec<u8> {
        self.in_data_folder(&self.config.appenddirname)
    }

    /// `dir`, to be synced.
    pub(super) fn data_folder(&self) -> Vec<u8> {
        if self.config.dir.is_empty() { b".".to_vec() } else { self.config.dir.clone() }
    }

    /// Whether replies wait for a sync of the log.
    pub(in crate::engine) fn logs_with_sync(&self) -> bool {
        self.persistence.aof.log.is_some()
            && self.config.appendfsync == AppendFsync::Always
            && !(self.config.no_appendfsync_on_rewrite && self.saves_in_background())
    }

    /// Whether a sync has failed since the log was last made anew: the system may have dropped what it could not write, whatever
    /// later syncs say.
    pub(in crate::engine) fn has_doubtful_log(&self) -> bool {
        self.persistence.aof.sync_error.is_some()
    }

    /// Whether a snapshot is being written in the background.
    pub(super) fn saves_in_background(&self) -> bool {
        self.persistence.aof.is_rewriting() || self.persistence.background_s(self.now).is_some()
    }

    /// Whether the log was turned on and its first base is being written.
    pub(in crate::engine) fn writes_first_log(&self) -> bool {
        self.persistence.aof.state == LogState::Waiting && self.persistence.aof.is_rewriting()
    }

    /// A rewrite is over, one way or another.
    pub(super) fn end_if_waited_for(&mut self) {
        if std::mem::take(&mut self.persistence.aof.ends_process) {
            self.exit_with_whole_log();
        }
    }

    /// The process ends. A log that was being turned on when that was asked for, and is in force now, is completed like any other.
    pub(in crate::engine) fn exit_with_whole_log(&mut self) {
        let aof = &mut self.persistence.aof;
        let came_into_force =
            std::mem::take(&mut aof.ends_while_turned_on) && aof.state == LogState::On && aof.log.is_some();
        let is_behind = self.commit.positions.is_behind() || !self.journal.log.bytes.is_empty();
        match came_into_force && is_behind {
            true => self.when_log_synced(log::WhenSynced::End { client: NOBODY, forced: true, saves: false }),
            false => self.exit(0),
        }
    }

    /// From now on the journal goes to the log, or no longer.
    pub(super) fn keep_log(&mut self, keeps: bool) {
        self.journal.log.db = None;
        self.set_reader(Readers::LOG, keeps);
    }

    /// Bytes that wait to be written to the log.
    pub(crate) fn log_buffer_bytes(&self) -> usize {
        self.journal.log.bytes.len()
    }

    /// Whether a sync of the log is under way.
    pub(crate) fn is_log_syncing(&self) -> bool {
        self.commit.positions.is_syncing()
    }
}

/// Text of a name for the log.
pub(super) fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

/// Whom nobody waits for.
pub(super) const ALONE: ClientId = NOBODY;
/// An operation that was not asked for.
pub(super) const NO_ACTION: ActionId = ActionId(0);
