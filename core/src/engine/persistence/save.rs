//! Saving: one job at a time, from the snapshot to the file under its final name.
//!
//! | who | in the foreground | a save is under way | afterwards |
//! |---|---|---|---|
//! | BGSAVE, save points | no | refused, or scheduled | status for MISCONF |
//! | SAVE | yes | refused | a reply |
//! | FLUSHALL under save points | yes | cancels it | nothing |
//! | DEBUG RELOAD | yes | waits for it | loading |
//! | SHUTDOWN, signals | yes | cancels it | the end, or a reply |
//!
//! The new file is complete and synced under a temporary name (`temp-<pid>.rdb`) before it takes the place of the old one, and the
//! folder is synced after: at every instant `dbfilename` is wholly the old or wholly the new one.

use super::file::{Encoder, FileId, FileOp, KeyDelay};
use super::load::ReloadOptions;
use super::{Engine, NOBODY, ignored};
use crate::commands::CommandError;
use crate::config::{LogLevel, MaxmemoryPolicy};
use crate::engine::REDIS_VERSION;
use crate::engine::action::{Action, ActionId, Outcome};
use crate::engine::client::ClientId;
use crate::keyspace::Discarded;
use crate::rdb::encoder::{EncodeOptions, RdbEncoder, UseNote};

/// After a failure save points wait that long, seconds.
const RETRY_S: u64 = 5;
/// As much is handed to the disk at a time (`rdb-save-incremental-fsync`).
const SYNC_EVERY_BYTES: u64 = 4 << 20;

/// On whose behalf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Background,
    Command(ClientId),
    Flush,
    Reload(ClientId, ReloadOptions),
    Shutdown {
        client: ClientId,
        forced: bool,
    },
    /// Nothing is written: the end waits for the save before it to be put away.
    ShutdownUnsaved,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Create,
    Encode,
    Sync,
    Close,
    Rename,
    SyncFolder,
    /// After a failure.
    CloseBroken,
    Remove,
}

/// A save under way.
#[derive(Clone, Debug)]
pub struct SaveJob {
    purpose: Purpose,
    step: Step,
    file: FileId,
    temporary: Vec<u8>,
    target: Vec<u8>,
    folder: Vec<u8>,
    /// Until it is handed to the driver.
    encoder: Option<Box<Encoder>>,
    key_delay: KeyDelay,
    pub(super) keys_total: u64,
    /// `Effects::dirty` of the snapshot.
    dirty: u64,
    pub(super) started_s: u64,
    action: ActionId,
    is_cancelled: bool,
}

impl SaveJob {
    pub(super) fn is_in_background(&self) -> bool {
        self.purpose == Purpose::Background
    }

    pub(super) fn is_in_foreground(&self) -> bool {
        !self.is_in_background()
    }

    /// Who waits for it, if it is a client.
    fn client(&self) -> ClientId {
        match self.purpose {
            Purpose::Command(client) | Purpose::Reload(client, _) | Purpose::Shutdown { client, .. } => client,
            _ => NOBODY,
        }
    }
}

impl Engine {
    /// SAVE. Errors: one is under way.
    pub(crate) fn save_for(&mut self, client: ClientId) -> Result<(), CommandError> {
        self.refuse_second_save()?;
        self.persistence.saves += 1;
        self.begin_save(Purpose::Command(client));
        Ok(())
    }

    /// BGSAVE. `is_transaction`: only when it is over; `may_wait`: when nothing else is being written. Whether the save has begun,
    /// else it is scheduled. Errors: one is under way, or the log is being rewritten.
    pub(crate) fn save_in_background(&mut self, is_transaction: bool, may_wait: bool) -> Result<bool, CommandError> {
        self.refuse_second_save()?;
        let is_rewriting = self.persistence.aof.is_rewriting();
        if is_rewriting && !may_wait && !is_transaction {
            return Err(CommandError::Text(
                "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a \
                 BGSAVE whenever possible.",
            ));
        }
        if is_transaction || is_rewriting {
            self.persistence.background_scheduled = true;
            return Ok(false);
        }
        self.begin_background_save();
        Ok(true)
    }

    /// Recency is written again if no snapshot is alive.
    pub(super) fn thaw_recency(&mut self) {
        let state = &self.persistence;
        self.policy.frozen_recency = state.job.is_some() || !state.next_jobs.is_empty() || state.aof.holds_snapshot();
    }

    fn refuse_second_save(&self) -> Result<(), CommandError> {
        match self.persistence.is_saving() {
            true => Err(CommandError::Text("ERR Background save already in progress")),
            false => Ok(()),
        }
    }

    pub(in crate::engine) fn begin_background_save(&mut self) {
        let pid = self.process.process_id;
        self.log(LogLevel::Notice, format!("Background saving started by pid {pid}"));
        self.persistence.saves += 1;
        self.persistence.last_background_try_s = self.now.unix_s();
        self.begin_save(Purpose::Background);
    }

    /// FLUSHALL has emptied everything: under save points the file is emptied at once, and what a save in the background still
    /// writes is of no use.
    pub(crate) fn save_after_flush(&mut self) {
        self.cancel_save();
        if !self.config.save.is_empty() && !self.persistence.is_loading() {
            self.begin_save(Purpose::Flush);
        }
    }

    /// DEBUG RELOAD with a save before.
    pub(super) fn save_to_reload(&mut self, client: ClientId, options: ReloadOptions) {
        self.begin_save(Purpose::Reload(client, options));
    }

    /// The last save before the end, or (not `saves`) nothing but the end of the one under way.
    pub(in crate::engine) fn save_to_end(&mut self, client: ClientId, forced: bool, saves: bool) {
        // Half a data set must not replace the whole one. A loading that was asked for before the end may have begun by now.
        let saves = saves && !self.persistence.is_loading();
        if self.persistence.job.as_ref().is_some_and(SaveJob::is_in_background) {
            self.warn("There is a child saving an .rdb. Killing it!".into());
        }
        self.cancel_save();
        if saves {
            self.log(LogLevel::Notice, "Saving the final RDB snapshot before exiting.");
        }
        match (saves, self.persistence.is_saving()) {
            (false, false) => self.exit_in_order(),
            (false, true) => self.begin_save(Purpose::ShutdownUnsaved),
            (true, _) => self.begin_save(Purpose::Shutdown { client, forced }),
        }
    }

    /// Whether nothing else is being saved, loaded or ended.
    pub(in crate::engine) fn may_begin_save(&self) -> bool {
        let busy = self.persistence.is_saving() || self.persistence.aof.is_rewriting();
        !busy && !self.persistence.is_loading() && !self.exiting
    }

    /// Looks at the save points, and at a save that was scheduled. Called by the cron.
    pub(in crate::engine) fn save_if_due(&mut self) {
        if !self.may_begin_save() {
            return;
        }
        let now_s = self.now.unix_s();
        let state = &self.persistence;
        let may_try = state.last_background_ok || now_s.saturating_sub(state.last_background_try_s) > RETRY_S;
        if !may_try {
            return;
        }
        let (changes, age_s) = (self.unsaved_changes(), now_s.saturating_sub(state.last_save_s));
        let due = self.config.save.iter().find(|point| {
            i64::try_from(changes).unwrap_or(i64::MAX) >= i64::from(point.changes)
                && i64::try_from(age_s).unwrap_or(i64::MAX) > point.seconds
        });
        if let Some(point) = due {
            let text = format!("{} changes in {} seconds. Saving...", point.changes, point.seconds);
            self.log(LogLevel::Notice, text);
            self.begin_background_save();
        } else if std::mem::take(&mut self.persistence.background_scheduled) {
            self.begin_background_save();
        }
    }

    /// What of the current state goes into a file, and how. `aof_base`: it is the base of a log.
    pub(super) fn encoder(&self, aof_base: bool) -> RdbEncoder {
        use MaxmemoryPolicy as P;
        let config = &self.config;
        let options = EncodeOptions {
            compression: config.rdbcompression,
            checksum: config.rdbchecksum,
            use_note: match config.maxmemory_policy {
                P::AllkeysLru | P::VolatileLru => UseNote::IdleTime,
                P::AllkeysLfu | P::VolatileLfu => UseNote::Frequency,
                _ => UseNote::Nothing,
            },
            recency: self.policy.recency,
            now: self.now,
            redis_version: REDIS_VERSION,
            used_memory_bytes: self.memory_used_bytes() as u64,
            aof_base,
            replication: None,
            libraries: self.library_codes(),
        };
        RdbEncoder::new(self.keyspace.snapshot(), options)
    }

    /// Takes the snapshot now, and begins to write it when nothing else is being written.
    fn begin_save(&mut self, purpose: Purpose) {
        let encoder = Box::new(Encoder::Rdb(self.encoder(false)));
        let job = SaveJob {
            purpose,
            step: Step::Create,
            file: self.new_file(),
            temporary: self.in_data_folder(format!("temp-{}.rdb", self.process.process_id).as_bytes()),
            target: self.in_data_folder(&self.config.dbfilename),
            folder: self.config.dir.clone(),
            keys_total: encoder.keys_total(),
            encoder: Some(encoder),
            key_delay: KeyDelay(self.config.rdb_key_save_delay),
            dirty: self.effects.dirty,
            started_s: self.now.unix_s(),
            action: ActionId(0),
            is_cancelled: false,
        };
        self.policy.frozen_recency = true;
        if self.persistence.job.is_none() {
            self.start_job(job);
        } else {
            // Two FLUSHALLs in one transaction: the later one counts. Whoever waits for another save gets it.
            let next = &mut self.persistence.next_jobs;
            let is_overtaken = next.back().is_some_and(|last| last.purpose == Purpose::Flush);
            let overtaken = if is_overtaken { next.pop_back() } else { None };
            next.push_back(job);
            self.discard_encoder(overtaken.and_then(|job| job.encoder));
        }
    }

    fn start_job(&mut self, mut job: SaveJob) {
        if job.purpose == Purpose::ShutdownUnsaved {
            self.discard_encoder(job.encoder);
            self.thaw_recency();
            return self.exit_in_order();
        }
        let op = FileOp::Create { file: job.file, path: job.temporary.clone() };
        job.action = self.ask_file(job.client(), op, step_done);
        self.persistence.job = Some(job);
    }

    /// Gives the save under way up; it ends soon.
    pub(in crate::engine) fn cancel_save(&mut self) {
        if let Some(job) = self.persistence.job.as_mut().filter(|job| !job.is_cancelled) {
            job.is_cancelled = true;
            let action = job.action;
            if job.step == Step::Encode {
                self.actions.push_back(Action::Cancel(action));
            }
        }
    }

    pub(super) fn discard_encoder(&mut self, encoder: Option<Box<Encoder>>) {
        if let Some(encoder) = encoder {
            self.actions.push_back(Action::Discard(Discarded::snapshot(encoder.into_snapshot())));
        }
    }

    /// One step is done: asks for the next, or ends the job.
    fn advance_save(&mut self, outcome: Outcome) {
        let mut job = self.persistence.job.take().expect("a step belongs to a job");
        let (outcome, encoder) = match outcome {
            Outcome::Encoded { encoder, error } => (error.map_or(Outcome::Done, Outcome::Failed), Some(encoder)),
            outcome => (outcome, None),
        };
        self.discard_encoder(encoder);
        let failure = match outcome {
            Outcome::Failed(reason) => Some(reason),
            _ => None,
        };
        if let Some(reason) = &failure
            && !job.is_cancelled
        {
            self.log_failure(&job, reason);
        }
        let failed = failure.is_some() || job.is_cancelled && !matches!(job.step, Step::SyncFolder);
        let next = match job.step {
            // It was not created, so there is nothing to remove.
            Step::Create if failure.is_some() => return self.end_save(job, false),
            Step::Create | Step::Encode | Step::Sync if failed => Step::CloseBroken,
            Step::Close | Step::Rename if failed => Step::Remove,
            Step::Create => Step::Encode,
            Step::Encode => Step::Sync,
            Step::Sync => Step::Close,
            Step::Close => Step::Rename,
            Step::Rename => Step::SyncFolder,
            Step::SyncFolder => return self.end_save(job, !failed),
            Step::CloseBroken => Step::Remove,
            Step::Remove => return self.end_save(job, false),
        };
        job.step = next;
        let op = match next {
            Step::Encode => {
                let encoder = job.encoder.take().expect("it is encoded once");
                let sync_every_bytes = if self.config.rdb_save_incremental_fsync { SYNC_EVERY_BYTES } else { 0 };
                FileOp::Encode { file: job.file, encoder, sync_every_bytes, key_delay: job.key_delay }
            }
            Step::Sync => FileOp::Sync { file: job.file },
            Step::Close | Step::CloseBroken => FileOp::Close { file: job.file },
            Step::Rename => FileOp::Rename { from: job.temporary.clone(), to: job.target.clone() },
            Step::SyncFolder => FileOp::SyncFolder { path: job.folder.clone() },
            Step::Remove => FileOp::Remove { path: job.temporary.clone() },
            Step::Create => unreachable!("a job begins with it"),
        };
        job.action = self.ask_file(job.client(), op, step_done);
        self.persistence.job = Some(job);
    }

    fn log_failure(&mut self, job: &SaveJob, reason: &str) {
        let name = |path: &[u8]| {
            let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
            String::from_utf8_lossy(name).into_owned()
        };
        let (temporary, target, folder) =
            (name(&job.temporary), name(&job.target), String::from_utf8_lossy(&job.folder));
        let text = match job.step {
            Step::Create => {
                format!(
                    "Failed opening the temp RDB file {temporary} (in server root dir {folder}) for saving: {reason}"
                )
            }
            Step::Rename => format!(
                "Error moving temp DB file {temporary} on the final destination {target} (in server root dir {folder}): \
                 {reason}"
            ),
            Step::Encode | Step::Sync | Step::Close => {
                let call = match job.step {
                    Step::Encode => "rdbSaveRio",
                    Step::Sync => "fsync",
                    _ => "fclose",
                };
                format!("Write error saving DB on disk({call}): {reason}")
            }
            Step::SyncFolder => format!("Write error saving DB on disk(fsyncFileDir): {reason}"),
            Step::CloseBroken | Step::Remove => return,
        };
        self.warn(text);
    }

    /// The job is over, well or not.
    fn end_save(&mut self, mut job: SaveJob, saved: bool) {
        let unused = job.encoder.take();
        self.discard_encoder(unused);
        self.thaw_recency();
        if saved {
            self.log(LogLevel::Notice, "DB saved on disk");
            self.persistence.saved_dirty = job.dirty;
            self.persistence.last_save_s = self.now.unix_s();
            self.persistence.last_background_ok = true;
        }
        if job.is_in_foreground() {
            // Whose input has waited goes on when the turn ends.
            self.cron.pause_ended = true;
        }
        match job.purpose {
            Purpose::Background => self.end_background_save(&job, saved),
            Purpose::Command(client) if saved => self.reply(client).ok(),
            Purpose::Command(client) => self.reply_error(client, b"ERR"),
            Purpose::Flush => {}
            Purpose::Reload(client, options) if saved => self.reload_now(client, options),
            Purpose::Reload(client, _) => self.reply_error(client, b"ERR"),
            Purpose::Shutdown { client, forced } => self.end_after_save(client, saved, forced),
            Purpose::ShutdownUnsaved => unreachable!("it does not become a job"),
        }
        if let Some(next) = self.persistence.next_jobs.pop_front() {
            self.start_job(next);
        }
    }

    fn end_background_save(&mut self, job: &SaveJob, saved: bool) {
        self.copy_is_saved(saved);
        self.persistence.last_background_s = Some(self.now.unix_s().saturating_sub(job.started_s));
        if saved {
            self.log(LogLevel::Notice, "Background saving terminated with success");
        } else if job.is_cancelled {
            // Whoever cancels it says why; it is no failure.
            self.warn("Background saving terminated by signal 10".into());
        } else {
            self.warn("Background saving error".into());
            self.persistence.last_background_ok = false;
        }
    }
}

fn step_done(engine: &mut Engine, _: ClientId, outcome: Outcome) {
    engine.advance_save(outcome);
}

impl Engine {
    /// Closes a file; nothing depends on it.
    pub(in crate::engine) fn close_file(&mut self, file: FileId) {
        self.ask_file(NOBODY, FileOp::Close { file }, ignored);
    }
}
