//! Writing the log: what a turn journalled is appended when it ends, and synced as `appendfsync` says.
//!
//! | policy | a turn's bytes | replies leave | sync |
//! |---|---|---|---|
//! | always | are written when no sync is under way | when a sync covers them | at once, one for all that waited |
//! | everysec | are written; during a sync up to 2 s later | when written, or postponed | a second after the last began |
//! | no | are written | when written | never, except at the end of a file |
//!
//! **Failures.** Under always the process ends with code 1, and nothing that waited for the write or the sync is ever sent. Under the
//! others what could not be written is kept and tried again, a part that was written is cut off, and writes are refused
//! (MISCONF) until it has worked. After a sync that failed the log is rewritten.

use super::super::file::{FileOp, Lane};
use super::{ALONE, Engine, LogState};
use crate::config::{AppendFsync, LogLevel};
use crate::engine::action::Outcome;
use crate::engine::client::ClientId;
use crate::engine::turn::JournalBatch;

/// `everysec`: that long after the last one began, the next sync begins.
const SYNC_EVERY_US: u64 = 1_000_000;
/// A write waits that long for a sync.
const POSTPONED_MAX_US: u64 = 2_000_000;
/// After a write that failed the next is tried that much later, unless somebody waits for it.
pub(super) const RETRY_US: u64 = 100_000;
/// Failed writes are logged that often.
const ERROR_LINE_S: u64 = 30;
/// A buffer that is larger is not kept.
const KEPT_BYTES: usize = 64 * 1024;

/// What waits for the log to be written and synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum WhenSynced {
    /// The next increment takes over: the snapshot has been taken, and nothing is written until then.
    Replace,
    /// `appendonly no`
    Stop(ClientId),
    /// SHUTDOWN.
    End { client: ClientId, forced: bool, saves: bool },
    /// DEBUG LOADAOF.
    Load(ClientId),
}

impl Engine {
    /// What has to be written to the log before replies leave, if it is to be written now. Called when a turn ends.
    #[inline]
    pub(in crate::engine) fn batch_to_log(&mut self) -> Option<JournalBatch> {
        match self.persistence.aof.log {
            None => None,
            Some(_) => self.next_batch(),
        }
    }

    fn next_batch(&mut self) -> Option<JournalBatch> {
        if self.is_frozen() && self.persistence.aof.when_synced.is_empty() {
            return None;
        }
        let bytes = self.journal.log.bytes.len();
        let aof = &mut self.persistence.aof;
        self.commit.positions.journalled((bytes - aof.counted_bytes) as u64);
        aof.counted_bytes = bytes;
        let is_too_early =
            aof.write_error.is_some() && self.now.monotonic_us < aof.retry_us && aof.when_synced.is_empty();
        if aof.holds_writes() || is_too_early {
            return None;
        }
        if bytes == 0 {
            self.after_write();
            return None;
        }
        if self.commit.positions.is_syncing() && !self.may_write_during_sync() {
            return None;
        }
        let aof = &mut self.persistence.aof;
        aof.postponed_since_us = None;
        aof.counted_bytes = 0;
        let file = aof.log.as_ref().expect("there is a log").file;
        Some(JournalBatch::new(file, std::mem::take(&mut self.journal.log.bytes)))
    }

    /// Whether bytes are written although a sync is under way.
    fn may_write_during_sync(&mut self) -> bool {
        let now_us = self.now.monotonic_us;
        let aof = &mut self.persistence.aof;
        match self.config.appendfsync {
            AppendFsync::No => true,
            AppendFsync::Always => false,
            AppendFsync::EverySec if !aof.when_synced.is_empty() || aof.rewrite_wants_switch() => true,
            AppendFsync::EverySec => {
                let since_us = *aof.postponed_since_us.get_or_insert(now_us);
                if now_us - since_us < POSTPONED_MAX_US {
                    return false;
                }
                aof.delayed_syncs += 1;
                self.log(
                    LogLevel::Notice,
                    "Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for \
                     fsync to complete, this may slow down Redis.",
                );
                true
            }
        }
    }

    /// The driver has appended a batch, or not.
    pub(in crate::engine) fn batch_logged(&mut self, batch: JournalBatch, outcome: Outcome) {
        let mut bytes = batch.into_bytes();
        let (written, reason) = match outcome {
            Outcome::Failed(reason) => (0, Some(reason)),
            Outcome::Short { bytes, reason } => (bytes, Some(reason)),
            _ => (bytes.len() as u64, None),
        };
        let Some(reason) = reason else {
            self.count_written(written);
            if self.persistence.aof.write_error.take().is_some() {
                self.warn("AOF write error looks solved, Redis can write again.".into());
            }
            bytes.clear();
            if bytes.capacity() <= KEPT_BYTES && self.journal.log.bytes.capacity() == 0 {
                self.journal.log.bytes = bytes;
            }
            return self.after_write();
        };
        let expected = bytes.len();
        self.persistence.aof.counted_bytes = bytes.len();
        bytes.append(&mut self.journal.log.bytes);
        self.journal.log.bytes = bytes;
        self.write_failed(written, expected, reason);
    }

    fn count_written(&mut self, bytes: u64) {
        self.commit.positions.written(bytes);
        let aof = &mut self.persistence.aof;
        aof.current_bytes += bytes;
        if let Some(log) = &mut aof.log {
            log.bytes += bytes;
        }
    }

    fn write_failed(&mut self, written: u64, expected: usize, reason: String) {
        let now_s = self.now.unix_s();
        let aof = &mut self.persistence.aof;
        let logs = aof.write_error_logged_s.is_none_or(|logged_s| now_s.abs_diff(logged_s) > ERROR_LINE_S);
        let text = match written {
            0 => format!("Error writing to the AOF file: {reason}"),
            _ => format!("Short write while writing to the AOF file: (nwritten={written}, expected={expected})"),
        };
        aof.write_error = Some(reason);
        aof.retry_us = self.now.monotonic_us + RETRY_US;
        if logs {
            aof.write_error_logged_s = Some(now_s);
        }
        let log = aof.log.as_ref().expect("it was written to");
        let cut = (written > 0).then(|| FileOp::Truncate { path: log.path.clone(), bytes: log.bytes });
        if logs {
            self.warn(text);
        }
        if self.logs_with_sync() {
            self.exit_over_log("Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...");
        } else if let Some(op) = cut {
            self.persistence.aof.partial_bytes = written;
            self.ask_on(Lane::Log, ALONE, op, cut_off);
        } else {
            self.give_up_waiting();
        }
    }

    /// Nothing of what waits for the log will ever be sent.
    fn exit_over_log(&mut self, text: &str) {
        self.warn(text.into());
        self.persistence.aof.is_over = true;
        self.exiting = true;
        self.exit(1);
    }

    /// Everything journalled has been written: goes on with what waits for that, or syncs.
    fn after_write(&mut self) {
        if !self.logs_with_sync() {
            self.release_without_sync();
        }
        if self.persistence.aof.rewrite_wants_switch() {
            return self.switch_log();
        }
        if self.commit.positions.is_syncing() {
            return;
        }
        if !self.persistence.aof.when_synced.is_empty() {
            return self.begin_log_sync();
        }
        if !self.commit.positions.needs_sync() || self.config.no_appendfsync_on_rewrite && self.saves_in_background() {
            return;
        }
        let due_us = self.persistence.aof.last_sync_us + SYNC_EVERY_US;
        match self.config.appendfsync {
            AppendFsync::Always => self.begin_log_sync(),
            AppendFsync::EverySec if self.now.monotonic_us >= due_us => self.begin_log_sync(),
            _ => {}
        }
    }

    /// When the log has to be synced without anything else happening, microseconds of the monotonic clock.
    pub(in crate::engine) fn next_log_sync_us(&self) -> Option<u64> {
        let aof = &self.persistence.aof;
        let waits = aof.log.is_some() && self.commit.positions.needs_sync() && !self.commit.positions.is_syncing();
        // While it is held the sync is not begun, and nobody need be woken for it.
        let waits = waits && !aof.holds_writes();
        let waits = waits && self.config.appendfsync == AppendFsync::EverySec && aof.write_error.is_none();
        let waits = waits && !(self.config.no_appendfsync_on_rewrite && self.saves_in_background());
        waits.then_some(aof.last_sync_us + SYNC_EVERY_US)
    }

    pub(super) fn begin_log_sync(&mut self) {
        let aof = &mut self.persistence.aof;
        let file = aof.log.as_ref().expect("there is a log").file;
        aof.last_sync_us = self.now.monotonic_us;
        self.begin_commit();
        self.ask_on(Lane::Log, ALONE, FileOp::Sync { file }, synced);
    }

    fn log_synced(&mut self, failure: Option<String>) {
        let always = self.logs_with_sync();
        let well = failure.is_none();
        if let Some(reason) = failure {
            if always {
                self.exit_over_log(&format!(
                    "Can't persist AOF for fsync error when the AOF fsync policy is 'always': {reason}. Exiting..."
                ));
                return;
            }
            if self.persistence.aof.sync_error.is_none() {
                self.warn(format!("Fail to fsync the AOF file: {reason}"));
            }
            let aof = &mut self.persistence.aof;
            aof.sync_error = Some(reason);
            aof.doubtful = aof.log.as_ref().map_or(aof.doubtful, |log| log.file);
            // What was not written may be gone, whatever the next sync says.
            self.persistence.aof.rewrite_scheduled |= self.persistence.aof.state == LogState::On;
        }
        self.end_commit(well);
        if !well && self.persistence.aof.when_synced.front() == Some(&WhenSynced::Replace) {
            // The old increment is not complete: no other may be named behind it.
            self.persistence.aof.when_synced.pop_front();
            self.fail_to_begin(false);
        }
        if self.persistence.aof.when_synced.is_empty() {
            return;
        }
        let aof = &self.persistence.aof;
        if well && !aof.holds_writes() && !self.journal.log.bytes.is_empty() {
            // More was journalled meanwhile: the end of the turn writes it, and a sync follows.
            return;
        }
        match well && self.commit.positions.needs_sync() {
            true => self.begin_log_sync(),
            false => self.go_on_when_synced(),
        }
    }

    /// The log is written and synced, or can't be: what waited for it happens.
    pub(super) fn go_on_when_synced(&mut self) {
        let Some(waiting) = self.persistence.aof.when_synced.pop_front() else { return };
        match waiting {
            WhenSynced::Replace => self.name_next_increment(),
            WhenSynced::Stop(client) => self.stopped(client),
            WhenSynced::End { client, forced, saves } => self.save_to_end(client, forced, saves),
            WhenSynced::Load(client) => self.answer_later(client, |engine| engine.load_again(client)),
        }
        // Whose input has waited goes on when the turn ends.
        self.cron.pause_ended |= !self.is_frozen();
        if self.persistence.aof.log.is_none() {
            // Without a log nothing is left to wait for: a shutdown that came behind `appendonly no` goes on.
            self.go_on_when_synced();
        } else if self.persistence.aof.when_synced.front() == Some(&WhenSynced::Replace) && !self.is_log_syncing() {
            // The log is held for it: no end of a turn begins the sync.
            self.begin_log_sync();
        }
    }

    /// What is forced out goes on without having been written.
    pub(super) fn give_up_waiting(&mut self) {
        if self.persistence.aof.rewrite_wants_switch() {
            // A snapshot needs a log that is complete up to it.
            self.fail_to_begin(false);
        }
        match self.persistence.aof.when_synced.front() {
            Some(WhenSynced::Stop(_) | WhenSynced::End { .. } | WhenSynced::Load(_)) => self.go_on_when_synced(),
            Some(WhenSynced::Replace) | None => {}
        }
    }

    /// The end of the process: the log is completed before anything is saved. Whether it goes on by itself.
    pub(in crate::engine) fn end_log(&mut self, client: ClientId, forced: bool, saves: bool) -> bool {
        if self.persistence.aof.is_rewriting() {
            self.warn("There is a child rewriting the AOF. Killing it!".into());
            self.cancel_rewrite();
        }
        // At the start nothing has been logged, and the file may not be open yet.
        if self.persistence.aof.log.is_none() || self.persistence.aof.state != LogState::On {
            return false;
        }
        self.log(LogLevel::Notice, "Calling fsync() on the AOF file.");
        self.when_log_synced(WhenSynced::End { client, forced, saves });
        true
    }

    /// Has everything written and synced, and then `what` happen.
    pub(super) fn when_log_synced(&mut self, what: WhenSynced) {
        self.persistence.aof.when_synced.push_back(what);
    }
}

fn synced(engine: &mut Engine, _: ClientId, outcome: Outcome) {
    let failure = if let Outcome::Failed(reason) = outcome { Some(reason) } else { None };
    engine.log_synced(failure);
}

/// The part of a batch that was written has been cut off again, or not.
fn cut_off(engine: &mut Engine, _: ClientId, outcome: Outcome) {
    let partial = std::mem::take(&mut engine.persistence.aof.partial_bytes);
    if partial == 0 {
        // That log is no longer written to.
        return;
    }
    if let Outcome::Failed(reason) = outcome {
        engine.journal.log.bytes.drain(..partial as usize);
        engine.persistence.aof.counted_bytes -= partial as usize;
        engine.count_written(partial);
        engine.warn(format!(
            "Could not remove short write from the append-only file.  Redis may refuse to load the AOF the next time it \
             starts.  ftruncate: {reason}"
        ));
    }
    engine.give_up_waiting();
}
