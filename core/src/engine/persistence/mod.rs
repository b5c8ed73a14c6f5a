//! Persistence: what is kept on disk, and when. File operations are asked of the driver one by one and completed by it.
//!
//! ```text
//!   SAVE, BGSAVE, save points,      ┌─► Create ─► Encode ─► Sync ─► Close ─► Rename ─► SyncFolder ─► saved
//!   FLUSHALL, SHUTDOWN, RELOAD ──► job (save.rs)                │ any failure: Close, Remove ─► failed
//!
//!   start, DEBUG RELOAD ──► loading (load.rs): Open ─► Read ─► Read … ─► Close, clients served in between
//! ```
//!
//! **The layer** ([`file`]). A [`FileOp`](file::FileOp) is small: after any of them the disk has a state that a crash can leave
//! behind, and the simulator may crash between any two (and inside `Encode`, which appends chunk by chunk). The driver only
//! executes: it keeps open files under the [`FileId`](file::FileId) that the engine has given, works off the operations of one
//! file in the order in which they were asked, and hands back an outcome each. It knows neither names nor order nor
//! what a failure means. What may take long (`Encode` of a snapshot, `Sync`) runs on a thread of the driver; the engine goes on.
//!
//! **Who owns what.** The engine owns names, order, retries and every decision. An encoder owns its snapshot, travels with
//! `Encode` to the driver and comes back with the outcome, so that the engine has the snapshot freed in pieces. There is
//! one save at a time; a request that must not be refused (FLUSHALL, SHUTDOWN, DEBUG RELOAD) waits for the one under way,
//! which is cancelled ([`Action::Cancel`](super::action::Action::Cancel)) where Redis would kill its child.
//!
//! **Standing still.** A save in the foreground (SAVE, FLUSHALL under save points, SHUTDOWN) freezes the server as DEBUG SLEEP
//! does: nothing runs and no reply leaves until it is over ([`Engine::is_frozen`](super::Engine::is_frozen)). While loading the server does not stand still:
//! commands that are not for that time are refused with LOADING.
//!
//! **The log** ([`aof`]) is on the same layer. Its file stays open; what a turn journals is appended by the driver itself before the
//! turn's replies leave ([`JournalBatch`](super::turn::JournalBatch)), as `Append` would. Its `Sync` must not queue behind the `Encode` of a snapshot: a
//! driver keeps one queue for each [`Lane`](file::Lane).
//!
//! Source: observed behaviour of 7.0.15. Deviations: a save in the background is part of this process, so log lines show its
//! own pid and say nothing of copied memory; a save that FLUSHALL or SHUTDOWN cancels is waited for, instead of killed.

pub mod aof;
pub mod file;
pub mod load;
pub mod memory;
#[cfg(test)]
pub(in crate::engine) mod node;
pub mod save;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use crate::aof::encoder::CommandEncoder;
use crate::config::LogLevel;
use crate::keyspace::{Database, DbIndex};
use crate::time::Now;

use super::Engine;
use super::action::{Action, ActionId, Outcome};
use super::client::ClientId;
use aof::Aof;
use file::{Encoder, FileId, FileOp, Lane};
use load::Loading;
use save::SaveJob;

/// State of all that concerns the disk.
#[derive(Clone, Debug)]
pub struct Persistence {
    /// The save under way.
    pub(super) job: Option<SaveJob>,
    /// The saves that begin when that one is over, in order.
    pub(super) next_jobs: VecDeque<SaveJob>,
    pub(super) loading: Option<Loading>,
    /// The process has begun, and what there is to load is being looked for.
    pub(super) is_starting: bool,
    pub aof: Aof,
    /// `Effects::dirty` as it is saved.
    pub(super) saved_dirty: u64,
    /// LASTSAVE, in seconds of the wall clock.
    pub last_save_s: u64,
    /// When a save in the background began last, and whether it went well.
    pub(super) last_background_try_s: u64,
    pub last_background_ok: bool,
    /// How long the last one took.
    pub last_background_s: Option<u64>,
    /// BGSAVE of a transaction: as soon as possible.
    pub(super) background_scheduled: bool,
    /// Saves begun: SAVE, BGSAVE and save points.
    pub saves: u64,
    pub last_load_keys_loaded: u64,
    pub last_load_keys_expired: u64,
    /// Without Lua: the libraries of functions that were loaded, kept so that the next save has them, too.
    #[cfg(not(feature = "lua"))]
    libraries: Vec<Vec<u8>>,
    next_file: u32,
}

impl Persistence {
    pub(super) fn new(now: Now) -> Persistence {
        Persistence {
            job: None,
            next_jobs: VecDeque::new(),
            loading: None,
            is_starting: false,
            aof: Aof::default(),
            saved_dirty: 0,
            // The start counts as a save.
            last_save_s: now.unix_s(),
            last_background_try_s: 0,
            last_background_ok: true,
            last_background_s: None,
            background_scheduled: false,
            saves: 0,
            last_load_keys_loaded: 0,
            last_load_keys_expired: 0,
            #[cfg(not(feature = "lua"))]
            libraries: Vec::new(),
            next_file: 0,
        }
    }

    /// Whether the server stands still for a save.
    pub(super) fn stands_still(&self) -> bool {
        self.job.iter().chain(&self.next_jobs).any(SaveJob::is_in_foreground) || self.aof.stands_still()
    }

    /// Whether a snapshot is alive.
    pub(super) fn is_saving(&self) -> bool {
        self.job.is_some()
    }

    pub fn is_loading(&self) -> bool {
        self.loading.is_some() || self.is_starting
    }

    /// What is being loaded, for INFO.
    pub fn loading(&self) -> Option<&Loading> {
        self.loading.as_ref()
    }

    /// Seconds since the save in the background began, if there is one.
    pub fn background_s(&self, now: Now) -> Option<u64> {
        let job = self.job.as_ref().filter(|job| job.is_in_background())?;
        Some(now.unix_s().saturating_sub(job.started_s))
    }

    /// Keys that the save under way has to write.
    pub fn save_keys_total(&self) -> u64 {
        self.job.as_ref().map_or(0, |job| job.keys_total)
    }
}

/// Completes what no client waits for.
pub(super) const NOBODY: ClientId = ClientId { id: 0, slot: u32::MAX };

impl Engine {
    /// What is kept on disk, and how that goes.
    pub fn persistence(&self) -> &Persistence {
        &self.persistence
    }

    /// Changes of the data since it was last saved.
    pub(crate) fn unsaved_changes(&self) -> u64 {
        self.effects.dirty.saturating_sub(self.persistence.saved_dirty)
    }

    pub(super) fn new_file(&mut self) -> FileId {
        self.persistence.next_file += 1;
        FileId(self.persistence.next_file)
    }

    /// Asks for a file operation among those of whole data sets; `then` is called with its outcome.
    pub(super) fn ask_file(
        &mut self,
        client: ClientId,
        op: FileOp,
        then: fn(&mut Engine, ClientId, Outcome),
    ) -> ActionId {
        self.ask_on(Lane::Snapshot, client, op, then)
    }

    /// The same, on that lane.
    pub(super) fn ask_on(
        &mut self,
        lane: Lane,
        client: ClientId,
        op: FileOp,
        then: fn(&mut Engine, ClientId, Outcome),
    ) -> ActionId {
        let mut asked = None;
        self.request(client, then, |id| {
            asked = Some(id);
            Action::File { id, lane, op }
        });
        asked.expect("the action was made")
    }

    /// A name in the folder of the data (`dir`), which may be another one when the operation is carried out.
    pub(super) fn in_data_folder(&self, name: &[u8]) -> Vec<u8> {
        match &self.config.dir[..] {
            b"" | b"." => name.to_vec(),
            folder => [folder, b"/", name].concat(),
        }
    }

    pub(super) fn warn(&mut self, text: String) {
        self.log(LogLevel::Warning, text);
    }
}

/// Functions in files.
#[cfg(feature = "lua")]
impl Engine {
    fn library_codes(&self) -> Vec<Vec<u8>> {
        self.scripts.libraries.iter().map(|(_, library)| library.code.to_vec()).collect()
    }

    /// Errors: why the library can't be used.
    fn take_in_library(&mut self, code: &[u8], may_replace: bool) -> Result<(), Vec<u8>> {
        self.load_library(code, may_replace).map(|_| ()).map_err(|error| error.text().into_owned())
    }

    fn forget_libraries(&mut self) {
        self.flush_libraries();
    }
}

/// Functions in files: carried along by a server that can't run them.
#[cfg(not(feature = "lua"))]
impl Engine {
    fn library_codes(&self) -> Vec<Vec<u8>> {
        self.persistence.libraries.clone()
    }

    fn take_in_library(&mut self, code: &[u8], _: bool) -> Result<(), Vec<u8>> {
        self.persistence.libraries.push(code.to_vec());
        Ok(())
    }

    fn forget_libraries(&mut self) {
        self.persistence.libraries.clear();
    }
}

impl Engine {
    /// Empties all databases, functions included, without a trace in the journal.
    pub(super) fn empty_everything(&mut self) {
        for index in 0..self.keyspace.count() {
            let index = DbIndex(index as u32);
            Database::new(&mut self.keyspace, index, &mut self.effects, &mut self.rng, self.now, self.policy).flush();
        }
        self.forget_libraries();
        self.flush_effects(None);
    }

    /// Closes a file of the log's lane; nothing depends on it.
    pub(super) fn close_on_log_lane(&mut self, file: FileId) {
        self.ask_on(Lane::Log, NOBODY, FileOp::Close { file }, ignored);
    }

    /// What becomes the base of a log.
    pub(super) fn base_encoder(&self) -> Encoder {
        match self.config.aof_use_rdb_preamble {
            true => Encoder::Rdb(self.encoder(true)),
            false => {
                let timestamp_s = self.config.aof_timestamp_enabled.then(|| self.now.unix_s());
                let libraries = self.library_codes();
                Encoder::Commands(CommandEncoder::new(self.keyspace.snapshot(), timestamp_s, &libraries))
            }
        }
    }
}

/// Nothing follows from that outcome.
pub(in crate::engine) fn ignored(_: &mut Engine, _: ClientId, _: Outcome) {}
