//! The log at the start of the process, and turned on and off while it runs.
//!
//! ```text
//!   manifest ─┬─ appendonly no ─► dump.rdb
//!             └─ appendonly yes ─► a single old file? it becomes the base ─► base and increments are loaded
//!                                  ─► folder, empty base if there is nothing, last increment, manifest ─► ready
//! ```
//!
//! The manifest is read in any case: should the log be turned on, its numbers go on from there. Anything wrong on the way ends the
//! process with code 1, and leaves the files as they are.

use super::super::file::{FileOp, Lane};
use super::log::WhenSynced;
use super::plan::Step;
use super::rewrite::{Starter, nothing_follows};
use super::{ALONE, Engine, LogState, OpenLog, shown};
use crate::aof::manifest::{Manifest, ManifestError};
use crate::config::LogLevel;
use crate::engine::action::{Action, Outcome};
use crate::engine::client::{ClientFlags, ClientId};
use crate::time::Now;

/// A manifest is read in pieces of that size.
const READ_BYTES: usize = 64 * 1024;

impl Engine {
    /// Loads what is on the disk: the log with `appendonly yes`, otherwise `dbfilename`, whatever exists.
    /// [`Action::Loaded`] says that it is over. To be called once, before the first turn.
    pub fn load_at_start(&mut self, now: Now) {
        self.advance(now);
        self.persistence.is_starting = true;
        self.read_manifest();
    }

    fn manifest_path(&self) -> Vec<u8> {
        self.in_log_folder(&[&self.config.appendfilename[..], b".manifest"].concat())
    }

    fn read_manifest(&mut self) {
        let (file, path) = (self.new_file(), self.manifest_path());
        self.persistence.aof.manifest_file = file;
        self.persistence.aof.manifest_text = Vec::new();
        self.ask_on(Lane::Log, ALONE, FileOp::Open { file, path }, manifest_opened);
    }

    fn read_more_of_manifest(&mut self) {
        let op = FileOp::Read { file: self.persistence.aof.manifest_file, bytes_max: READ_BYTES };
        self.ask_on(Lane::Log, ALONE, op, manifest_read);
    }

    /// Ends the process before it has begun to serve.
    pub(super) fn fail_start(&mut self, text: String) {
        if !text.is_empty() {
            self.warn(text);
        }
        self.persistence.is_starting = false;
        self.exiting = true;
        self.exit(1);
    }

    fn fail_over_manifest(&mut self, error: &ManifestError) {
        self.warn("\n*** FATAL AOF MANIFEST FILE ERROR ***\n".into());
        if let Some(text) = &error.text {
            self.warn(format!("Reading the manifest file, at line {}\n", error.line));
            self.warn(format!(">>> '{}'\n", shown(text)));
        }
        let path = shown(&self.manifest_path());
        self.fail_start(format!("{} (file {path}, line {})\n", error.reason, error.line));
    }

    fn start_with(&mut self, manifest: Manifest) {
        self.persistence.aof.manifest = manifest;
        if !self.config.appendonly {
            self.remove_history();
            return self.load_file_at_start();
        }
        let (file, path) = (self.new_file(), self.in_data_folder(&self.config.appendfilename));
        self.persistence.aof.manifest_file = file;
        self.ask_on(Lane::Log, ALONE, FileOp::Open { file, path }, old_file_looked_for);
    }

    /// An old server has left a single file: it moves into the folder and becomes the base.
    fn adopt_old_file(&mut self) {
        let name = self.config.appendfilename.clone();
        self.persistence.aof.manifest.adopt(&name);
        let text = self.persistence.aof.manifest.to_text();
        let (from, to) = (self.in_data_folder(&name), self.in_log_folder(&name));
        let complaint = format!(
            "Error trying to move the old AOF file {} into dir {}",
            shown(&name),
            shown(&self.config.appenddirname)
        );
        let mut steps = self.steps_to_make_folder();
        steps.extend(self.steps_of_manifest(text));
        steps.push(Step::must(FileOp::Rename { from, to }, complaint.clone()));
        steps.push(Step::must(FileOp::SyncFolder { path: self.log_folder() }, complaint.clone()));
        steps.push(Step::must(FileOp::SyncFolder { path: self.data_folder() }, complaint));
        self.carry_out_plan(steps, old_file_adopted);
    }

    /// The data is loaded: opens the log to go on with it.
    pub(super) fn open_log_at_start(&mut self) {
        let stem = self.config.appendfilename.clone();
        let before = self.persistence.aof.manifest.clone();
        let mut steps = self.steps_to_make_folder();
        if before.is_empty() {
            steps.extend(self.steps_of_first_base());
        }
        steps.extend(self.steps_to_sync_loaded(&before));
        let manifest = &mut self.persistence.aof.manifest;
        let name = match manifest.increments.last() {
            Some(last) => last.name.clone(),
            None => manifest.add_increment(&stem),
        };
        let (file, path) = (self.new_file(), self.in_log_folder(&name));
        self.open_log(file, &name, 0);
        let complaint = format!("Can't open the append-only file {}", shown(&name));
        if before.increments.is_empty() {
            // Of that name may be what a crash has left of a rewrite that no manifest names.
            steps.extend(self.steps_to_open_new(file, &path, &shown(&name)));
        } else {
            steps.push(Step::must(FileOp::OpenAppend { file, path }, complaint.clone()));
        }
        // A tail that was cut off must not come back.
        steps.push(Step::must(FileOp::Sync { file }, complaint.clone()));
        steps.push(Step::must(FileOp::SyncFolder { path: self.log_folder() }, complaint));
        if self.persistence.aof.manifest != before {
            let text = self.persistence.aof.manifest.to_text();
            steps.extend(self.steps_of_manifest(text));
        }
        let verb = if before.increments.is_empty() { "Creating" } else { "Opening" };
        self.persistence.aof.start_line = format!("{verb} AOF incr file {} on server start", shown(&name));
        self.carry_out_plan(steps, log_opened);
    }

    /// What was loaded is served: it must not be in the cache of the system only, because a process before could not sync it and
    /// ended. The last increment is synced when it is opened.
    fn steps_to_sync_loaded(&mut self, manifest: &Manifest) -> Vec<Step> {
        let parts = manifest.parts().count();
        let complete = parts.saturating_sub(usize::from(!manifest.increments.is_empty()));
        let mut steps = Vec::new();
        for part in manifest.parts().take(complete) {
            let (file, path) = (self.new_file(), self.in_log_folder(&part.name));
            let complaint = format!("Fail to fsync the AOF file {}", shown(&part.name));
            steps.push(Step::must(FileOp::OpenAppend { file, path }, complaint.clone()));
            steps.push(Step::must(FileOp::Sync { file }, complaint));
            steps.push(Step::tidy(FileOp::Close { file }));
        }
        steps
    }

    /// The base of an empty data set, so that there is one.
    fn steps_of_first_base(&mut self) -> Vec<Step> {
        let stem = self.config.appendfilename.clone();
        let is_rdb = self.config.aof_use_rdb_preamble;
        let name = self.persistence.aof.manifest.add_base(&stem, is_rdb);
        let pid = self.process.process_id;
        let (file, path) = (self.new_file(), self.in_log_folder(&name));
        let temporary = self.in_data_folder(format!("temp-rewriteaof-{pid}.aof").as_bytes());
        let (mut encoder, mut chunk, mut bytes) = (self.base_encoder(), Vec::new(), Vec::new());
        while encoder.next_chunk(&mut chunk) {
            bytes.extend_from_slice(&chunk);
        }
        self.persistence.aof.base_bytes = bytes.len() as u64;
        self.persistence.aof.current_bytes = bytes.len() as u64;
        let failed = "Write error writing append only file on disk";
        let opening = "Opening the temp file for AOF rewrite in rewriteAppendOnlyFile()";
        let moving = "Error moving temp append only file on the final destination";
        let line = format!("Creating AOF base file {} on server start", shown(&name));
        self.log(LogLevel::Notice, line);
        vec![
            Step::must(FileOp::Create { file, path: temporary.clone() }, opening),
            Step::must(FileOp::Append { file, bytes }, failed),
            Step::must(FileOp::Sync { file }, failed),
            Step::tidy(FileOp::Close { file }),
            Step::must(FileOp::Rename { from: temporary, to: path }, moving),
            Step::must(FileOp::SyncFolder { path: self.data_folder() }, moving),
        ]
    }

    /// CONFIG SET appendonly. Whether it went well, if that is known; if not, `config::applied` follows.
    pub(crate) fn change_appendonly(&mut self, client: ClientId) -> Option<bool> {
        match (self.config.appendonly, self.persistence.aof.state) {
            (false, LogState::Off) => Some(true),
            (false, _) => self.stop_log(client),
            (true, LogState::Off) => self.start_log(client),
            (true, _) => Some(true),
        }
    }

    fn stop_log(&mut self, client: ClientId) -> Option<bool> {
        // What comes later is not logged any more; what was before is completed.
        self.keep_log(false);
        self.persistence.aof.rewrite_scheduled = false;
        self.cancel_rewrite();
        if self.persistence.aof.log.is_some() {
            self.when_log_synced(WhenSynced::Stop(client));
            return None;
        }
        self.close_log();
        Some(true)
    }

    /// The log is complete.
    pub(super) fn stopped(&mut self, client: ClientId) {
        self.close_log();
        self.answer_later(client, |engine| config_applied(engine, client, true));
    }

    fn close_log(&mut self) {
        self.persistence.aof.state = LogState::Off;
        self.persistence.aof.is_held = false;
        if let Some(log) = self.let_go_of_log() {
            let steps = vec![Step::tidy(FileOp::Close { file: log.file })];
            self.carry_out_plan(steps, nothing_follows);
        }
    }

    /// Nothing is written to the log any more, and nothing waits for it; its file is the caller's.
    pub(super) fn let_go_of_log(&mut self) -> Option<OpenLog> {
        self.journal.log.bytes = Vec::new();
        let aof = &mut self.persistence.aof;
        aof.counted_bytes = 0;
        aof.partial_bytes = 0;
        let log = aof.log.take();
        self.forget_commits();
        log
    }

    fn start_log(&mut self, client: ClientId) -> Option<bool> {
        self.persistence.aof.state = LogState::Waiting;
        if self.persistence.is_saving() {
            self.persistence.aof.rewrite_scheduled = true;
            self.warn(
                "AOF was enabled but there is already another background operation. An AOF background was scheduled to \
                 start when possible."
                    .into(),
            );
            return Some(self.log_turned_on(true));
        }
        if self.clients.get(client).is_some_and(|client| client.flags.contains(ClientFlags::MULTI)) {
            self.persistence.aof.rewrite_scheduled = true;
            self.warn(
                "AOF was enabled during a transaction. An AOF background was scheduled to start when possible.".into(),
            );
            return Some(self.log_turned_on(true));
        }
        if self.persistence.aof.is_rewriting() {
            self.warn(
                "AOF was enabled but there is already an AOF rewriting in background. Stopping background AOF and starting a \
                 rewrite now."
                    .into(),
            );
            self.cancel_rewrite();
            // It begins when that one has ended.
            self.persistence.aof.rewrite_scheduled = true;
            return Some(self.log_turned_on(true));
        }
        self.begin_rewrite(Starter::Config(client));
        None
    }

    /// The first rewrite has begun, or can't.
    pub(super) fn log_turned_on(&mut self, begun: bool) -> bool {
        if !begun {
            self.persistence.aof.state = LogState::Off;
            self.warn(
                "Redis needs to enable the AOF but can't trigger a background AOF rewrite operation. Check the above logs \
                 for more info about the error."
                    .into(),
            );
            return false;
        }
        self.persistence.aof.last_sync_us = self.now.monotonic_us;
        self.forget_log_errors();
        true
    }

    /// What failed before concerned another file.
    pub(super) fn forget_log_errors(&mut self) {
        let aof = &mut self.persistence.aof;
        let (sync_failed, write_failed) = (aof.sync_error.take().is_some(), aof.write_error.take().is_some());
        if sync_failed {
            self.warn("AOF reopen, just ignore the AOF fsync error in bio job".into());
        }
        if write_failed {
            self.warn("AOF reopen, just ignore the last error.".into());
        }
    }
}

/// CONFIG SET goes on.
pub(super) fn config_applied(engine: &mut Engine, client: ClientId, well: bool) {
    let outcome = if well { Outcome::Done } else { Outcome::Failed(String::new()) };
    crate::commands::server::config::applied(engine, client, outcome);
}

fn manifest_opened(engine: &mut Engine, _: ClientId, outcome: Outcome) {
    match outcome {
        Outcome::Opened { .. } => engine.read_more_of_manifest(),
        Outcome::Missing => engine.start_with(Manifest::default()),
        outcome => {
            let reason = if let Outcome::Failed(reason) = outcome { reason } else { String::new() };
            let path = shown(&engine.manifest_path());
            engine.fail_start(format!("Fatal error: can't open the AOF manifest file {path} for reading: {reason}"));
        }
    }
}

fn manifest_read(engine: &mut Engine, _: ClientId, outcome: Outcome) {
    match outcome {
        Outcome::Content(bytes) if !bytes.is_empty() => {
            engine.persistence.aof.manifest_text.extend_from_slice(&bytes);
            engine.read_more_of_manifest();
        }
        Outcome::Content(_) => {
            let text = std::mem::take(&mut engine.persistence.aof.manifest_text);
            engine.close_on_log_lane(engine.persistence.aof.manifest_file);
            match Manifest::parse(&text) {
                Ok(manifest) => engine.start_with(manifest),
                Err(error) => engine.fail_over_manifest(&error),
            }
        }
        _ => {
            let error = ManifestError { line: 0, text: None, reason: "Read AOF manifest failed" };
            engine.fail_over_manifest(&error);
        }
    }
}

/// Whether there is a file of an old server.
fn old_file_looked_for(engine: &mut Engine, _: ClientId, outcome: Outcome) {
    let exists = !matches!(outcome, Outcome::Missing);
    if matches!(outcome, Outcome::Opened { .. }) {
        engine.close_on_log_lane(engine.persistence.aof.manifest_file);
    }
    let manifest = &engine.persistence.aof.manifest;
    let is_named = |part: &crate::aof::manifest::Part| part.name == engine.config.appendfilename;
    if exists && manifest.is_empty() {
        engine.adopt_old_file();
    } else if exists && manifest.increments.is_empty() && manifest.base.as_ref().is_some_and(is_named) {
        let (file, path) = (engine.new_file(), engine.in_log_folder(&engine.config.appendfilename));
        engine.persistence.aof.manifest_file = file;
        engine.ask_on(Lane::Log, ALONE, FileOp::Open { file, path }, moved_file_looked_for);
    } else {
        engine.load_log_at_start();
    }
}

/// Whether it has been moved already.
fn moved_file_looked_for(engine: &mut Engine, _: ClientId, outcome: Outcome) {
    match outcome {
        Outcome::Missing => engine.adopt_old_file(),
        _ => {
            engine.close_on_log_lane(engine.persistence.aof.manifest_file);
            engine.load_log_at_start();
        }
    }
}

fn old_file_adopted(engine: &mut Engine, well: bool) {
    if !well {
        return engine.fail_start(String::new());
    }
    let text = format!(
        "Successfully migrated an old-style AOF file ({}) into the AOF directory ({}).",
        shown(&engine.config.appendfilename),
        shown(&engine.config.appenddirname)
    );
    engine.log(LogLevel::Notice, text);
    engine.load_log_at_start();
}

fn log_opened(engine: &mut Engine, well: bool) {
    if !well {
        return engine.fail_start(String::new());
    }
    let bytes = engine.persistence.aof.opened_bytes;
    let now_us = engine.now.monotonic_us;
    let line = std::mem::take(&mut engine.persistence.aof.start_line);
    let aof = &mut engine.persistence.aof;
    aof.state = LogState::On;
    aof.last_sync_us = now_us;
    if let Some(log) = &mut aof.log {
        log.bytes = bytes;
    }
    engine.log(LogLevel::Notice, line);
    engine.keep_log(true);
    engine.remove_named_history();
    engine.persistence.is_starting = false;
    engine.actions.push_back(Action::Loaded);
}
