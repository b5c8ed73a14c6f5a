//! Rewriting the log: a new base from a snapshot, and an increment for what comes after it.
//!
//! ```text
//!   BGREWRITEAOF, growth, appendonly yes
//!     1 the next increment is created, empty; its folder is synced
//!     2 a turn ends with everything written: the snapshot is taken, writing stands still
//!     3 the old increment is synced; the manifest names the new one; writing goes on there
//!     4 the snapshot is encoded beside the folder (lane of snapshots)
//!     5 the base gets its name; the manifest names it, and everything before it as history
//!     6 history is removed, and named no longer
//! ```
//!
//! A failure before 3 is done leaves the log as it was; one after it leaves one increment more. When the log has only just been turned on,
//! the increment has a temporary name until 5, and no manifest names it. With `appendonly no` there is no increment at all.
//!
//! Source: names, lines and replies of 7.0.15. Deviation: the order of 2 and 3; there the manifest names the new increment first.

use super::super::file::{Encoder, FileId, FileOp, KeyDelay, Lane};
use super::log::{RETRY_US, WhenSynced};
use super::plan::Step;
use super::start::config_applied;
use super::{ALONE, Engine, LogState, NO_ACTION, OpenLog, shown};
use crate::aof::manifest::Manifest;
use crate::commands::CommandError;
use crate::config::LogLevel;
use crate::engine::action::{Action, ActionId};
use crate::engine::client::{ClientFlags, ClientId};

/// After so many failures in a row the next try waits.
const FAILURES_MAX: u64 = 3;
const MINUTES_MAX: u64 = 60;
/// Who wants to know that a rewrite has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Starter {
    Nobody,
    /// BGREWRITEAOF
    Command(ClientId),
    /// CONFIG SET appendonly yes
    Config(ClientId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RewriteStep {
    /// The increment is being prepared (1).
    Prepare,
    /// The snapshot is taken when the turn ends (2).
    Switch,
    /// The old increment ends (3).
    Replace,
    Create,
    Encode,
    Sync,
    Close,
    /// Names (5).
    Name,
    CloseBroken,
    Remove,
}

/// A rewrite under way.
#[derive(Clone, Debug)]
pub(in super::super) struct Rewrite {
    pub(super) step: RewriteStep,
    pub(super) starter: Starter,
    /// The increment to come: file and name. Of a log that is on, until the manifest names it.
    pub(super) next: Option<(FileId, Vec<u8>)>,
    pub(super) file: FileId,
    pub(super) temporary: Vec<u8>,
    pub(super) encoder: Option<Box<Encoder>>,
    pub(super) key_delay: KeyDelay,
    pub keys_total: u64,
    pub(super) base_bytes: u64,
    pub(super) is_rdb: bool,
    /// The manifest that names the base.
    pub(super) named: Option<Manifest>,
    pub started_s: u64,
    pub(super) action: ActionId,
    pub(super) is_cancelled: bool,
}

/// When a rewrite may begin by itself after several have failed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limit {
    delay_minutes: u64,
    until_s: Option<u64>,
}

impl super::Aof {
    /// Whether the next increment is ready and only waits for the end of a turn.
    pub(super) fn rewrite_wants_switch(&self) -> bool {
        self.rewrite.as_ref().is_some_and(|rewrite| rewrite.step == RewriteStep::Switch)
    }

    pub fn rewrite_keys_total(&self) -> u64 {
        self.rewrite.as_ref().map_or(0, |rewrite| rewrite.keys_total)
    }

    /// Whether the snapshot of a rewrite is alive.
    pub(in super::super) fn holds_snapshot(&self) -> bool {
        self.rewrite.as_ref().is_some_and(|r| {
            !matches!(r.step, RewriteStep::Prepare | RewriteStep::Switch | RewriteStep::Name | RewriteStep::Remove)
        })
    }
}

impl Engine {
    /// BGREWRITEAOF. `None`: the reply follows. Errors: one is under way.
    pub(crate) fn rewrite_for(&mut self, client: ClientId) -> Result<Option<&'static str>, CommandError> {
        if self.persistence.aof.is_rewriting() {
            return Err(CommandError::Text("ERR Background append only file rewriting already in progress"));
        }
        let in_transaction = self.client(client).flags.contains(ClientFlags::MULTI);
        if self.persistence.is_saving() || in_transaction || self.persistence.aof.manifest_unsure {
            self.persistence.aof.rewrite_scheduled = true;
            self.persistence.aof.consecutive_failures = 0;
            return Ok(Some("Background append only file rewriting scheduled"));
        }
        self.begin_rewrite(Starter::Command(client));
        Ok(None)
    }

    /// Looks at a rewrite that was scheduled, and at how the log has grown. Called by the cron.
    pub(in crate::engine) fn rewrite_if_due(&mut self) {
        if self.persistence.aof.manifest_unsure {
            if !self.persistence.aof.plan_runs && self.now.monotonic_us >= self.persistence.aof.retry_us {
                self.restore_manifest();
            }
            return;
        }
        let busy = self.persistence.is_saving() || self.persistence.aof.is_rewriting() || self.persistence.is_loading();
        if busy || self.exiting || !self.persistence.aof.when_synced.is_empty() {
            return;
        }
        if self.persistence.aof.rewrite_scheduled && !self.rewrite_is_limited() {
            return self.begin_rewrite(Starter::Nobody);
        }
        let (aof, config) = (&self.persistence.aof, &self.config);
        let percentage = u64::from(config.auto_aof_rewrite_percentage);
        if aof.state != LogState::On || percentage == 0 || aof.current_bytes <= config.auto_aof_rewrite_min_size {
            return;
        }
        let base = aof.base_bytes.max(1);
        let growth = (u128::from(aof.current_bytes) * 100 / u128::from(base)).saturating_sub(100);
        if growth >= u128::from(percentage) && !self.rewrite_is_limited() {
            self.log(LogLevel::Notice, format!("Starting automatic rewriting of AOF on {growth}% growth"));
            self.begin_rewrite(Starter::Nobody);
        }
    }

    fn rewrite_is_limited(&mut self) -> bool {
        let now_s = self.now.unix_s();
        let aof = &mut self.persistence.aof;
        if aof.consecutive_failures < FAILURES_MAX {
            aof.limit = Limit::default();
            return false;
        }
        if let Some(until_s) = aof.limit.until_s {
            let over = now_s >= until_s;
            if over {
                aof.limit.until_s = None;
            }
            return !over;
        }
        let minutes = (aof.limit.delay_minutes * 2).clamp(1, MINUTES_MAX);
        aof.limit = Limit { delay_minutes: minutes, until_s: Some(now_s + minutes * 60) };
        self.warn(format!(
            "Background AOF rewrite has repeatedly failed and triggered the limit, will retry in {minutes} minutes"
        ));
        true
    }

    /// Prepares the next increment.
    pub(super) fn begin_rewrite(&mut self, starter: Starter) {
        let stem = self.config.appendfilename.clone();
        let next = match self.persistence.aof.state {
            LogState::Off => None,
            LogState::Waiting => Some([b"temp-", &stem[..], b".incr"].concat()),
            LogState::On => Some(self.persistence.aof.manifest.clone().add_increment(&stem)),
        };
        let next = next.map(|name| (self.new_file(), name));
        let pid = self.process.process_id;
        let rewrite = Rewrite {
            step: RewriteStep::Prepare,
            starter,
            next: next.clone(),
            file: self.new_file(),
            temporary: self.in_data_folder(format!("temp-rewriteaof-bg-{pid}.aof").as_bytes()),
            encoder: None,
            key_delay: KeyDelay(self.config.rdb_key_save_delay),
            keys_total: 0,
            base_bytes: 0,
            is_rdb: self.config.aof_use_rdb_preamble,
            named: None,
            started_s: self.now.unix_s(),
            action: NO_ACTION,
            is_cancelled: false,
        };
        self.persistence.aof.rewrite = Some(rewrite);
        let mut steps = self.steps_to_make_folder();
        if let Some((file, name)) = next {
            let path = self.in_log_folder(&name);
            steps.extend(self.steps_to_open_new(file, &path, &shown(&name)));
            let folder = self.log_folder();
            steps.push(Step::must(
                FileOp::SyncFolder { path: folder.clone() },
                format!("Fail to fsync AOF directory {}", shown(&folder)),
            ));
        }
        self.carry_out_plan(steps, prepared);
    }

    pub(super) fn steps_to_make_folder(&mut self) -> Vec<Step> {
        let folder = self.log_folder();
        let complaint = format!("Can't open or create append-only dir {}", shown(&self.config.appenddirname));
        let above = FileOp::SyncFolder { path: self.data_folder() };
        vec![Step::must(FileOp::MakeFolder { path: folder }, complaint.clone()), Step::must(above, complaint)]
    }

    /// Step 2, when everything journalled has been written. Puts it off while a transaction or a script is half done, and while the
    /// data is being loaded again: the half that is there would replace the whole.
    pub(super) fn switch_log(&mut self) {
        if self.is_gathering() || self.persistence.is_loading() {
            return;
        }
        let state = self.persistence.aof.state;
        let encoder = self.base_encoder();
        let mut rewrite = self.persistence.aof.rewrite.take().expect("it wants to switch");
        rewrite.keys_total = encoder.keys_total();
        rewrite.encoder = Some(Box::new(encoder));
        rewrite.step = RewriteStep::Replace;
        self.policy.frozen_recency = true;
        let next = rewrite.next.clone();
        self.persistence.aof.rewrite = Some(rewrite);
        match (state, next) {
            (LogState::On, Some(_)) => {
                self.persistence.aof.is_held = true;
                // What is journalled from now on goes to the new file, whose reader has selected nothing.
                self.journal.log.db = None;
                self.when_log_synced(WhenSynced::Replace);
                if !self.is_log_syncing() {
                    self.begin_log_sync();
                }
            }
            (LogState::Waiting, Some((file, name))) => {
                self.note_new_increment(&name);
                self.open_log(file, &name, 0);
                self.keep_log(true);
                self.encode_base();
            }
            _ => self.encode_base(),
        }
    }

    /// Step 3: the old increment is complete.
    pub(super) fn name_next_increment(&mut self) {
        let stem = self.config.appendfilename.clone();
        let mut manifest = self.persistence.aof.manifest.clone();
        manifest.add_increment(&stem);
        let steps = self.steps_of_manifest(manifest.to_text());
        self.carry_out_plan(steps, increment_named);
    }

    fn note_new_increment(&mut self, name: &[u8]) {
        self.log(LogLevel::Notice, format!("Creating AOF incr file {} on background rewrite", shown(name)));
    }

    /// The journal goes to that file from now on.
    pub(super) fn open_log(&mut self, file: FileId, name: &[u8], bytes: u64) {
        let path = self.in_log_folder(name);
        self.journal.log.db = None;
        self.persistence.aof.log = Some(OpenLog { file, path, bytes });
    }

    pub(super) fn tell_starter(&mut self, starter: Starter, begun: bool) {
        match (starter, begun) {
            (Starter::Nobody, _) => {}
            (Starter::Command(client), true) => self.answer_later(client, |engine| {
                engine.reply(client).status("Background append only file rewriting started");
            }),
            (Starter::Command(client), false) => self.answer_later(client, |engine| {
                engine.reply_error(
                    client,
                    b"ERR Can't execute an AOF background rewriting. Please check the server logs for more information.",
                );
            }),
            (Starter::Config(client), begun) => self.answer_later(client, |engine| {
                let well = engine.log_turned_on(begun);
                config_applied(engine, client, well);
            }),
        }
    }

    /// The rewrite could not begin: everything is as before. `named`: the manifest may name the new increment.
    pub(super) fn fail_to_begin(&mut self, named: bool) {
        let Some(mut rewrite) = self.persistence.aof.rewrite.take() else { return };
        self.discard_encoder(rewrite.encoder.take());
        self.thaw_recency();
        self.persistence.aof.last_rewrite_failed = true;
        // While the manifest may name a file behind the present one, this one must not grow: it could be torn.
        self.persistence.aof.is_held = named;
        if let Some((file, name)) = rewrite.next.take() {
            let path = self.in_log_folder(&name);
            let mut steps = vec![Step::tidy(FileOp::Close { file })];
            if !named {
                steps.push(Step::tidy(FileOp::Remove { path }));
            }
            self.carry_out_plan(steps, nothing_follows);
        }
        if named {
            self.persistence.aof.write_error = Some("the manifest could not be replaced".into());
            self.restore_manifest();
        }
        self.tell_starter(rewrite.starter, false);
        self.end_if_waited_for();
    }

    /// Puts the manifest of the files in force in its place again: a new one was written, and it is not known whether the disk has
    /// it. Until that is done no rewrite begins: it would use the names of the new one for other files.
    pub(super) fn restore_manifest(&mut self) {
        self.persistence.aof.manifest_unsure = true;
        self.persistence.aof.retry_us = self.now.monotonic_us + RETRY_US;
        let text = self.persistence.aof.manifest.to_text();
        let steps = if text.is_empty() { self.steps_without_manifest() } else { self.steps_of_manifest(text) };
        self.carry_out_plan(steps, manifest_restored);
    }

    /// Gives a rewrite up; it ends soon. Nobody is told.
    pub(super) fn cancel_rewrite(&mut self) {
        let pid = self.process.process_id;
        let Some(rewrite) = &mut self.persistence.aof.rewrite else { return };
        if rewrite.is_cancelled {
            return;
        }
        rewrite.is_cancelled = true;
        let (step, action) = (rewrite.step, rewrite.action);
        self.log(LogLevel::Notice, format!("Killing running AOF rewrite child: {pid}"));
        match step {
            RewriteStep::Encode => self.actions.push_back(Action::Cancel(action)),
            RewriteStep::Switch => self.fail_to_begin(false),
            _ => {}
        }
    }

    /// Removes files that the manifest names as history, once it is durable: a process that was killed may have left it in the cache
    /// of the system only, and to the manifest before, the files are what the data are made of.
    pub(crate) fn remove_history(&mut self) {
        if self.has_history_to_remove() {
            let folder = self.log_folder();
            let complaint = format!("Fail to fsync AOF directory {}", shown(&folder));
            self.carry_out_plan(vec![Step::must(FileOp::SyncFolder { path: folder }, complaint)], history_named);
        }
    }

    fn has_history_to_remove(&self) -> bool {
        // While the log is being loaded again, these files may be what is read; it comes back here.
        let is_read = self.persistence.loading.as_ref().is_some_and(|loading| loading.log.is_some());
        !self.config.aof_disable_auto_gc && !self.persistence.aof.manifest.history.is_empty() && !is_read
    }

    /// The same when the manifest is known to be durable. Afterwards it names them no longer.
    pub(super) fn remove_named_history(&mut self) {
        if !self.has_history_to_remove() {
            return;
        }
        let history = std::mem::take(&mut self.persistence.aof.manifest.history);
        let mut steps = Vec::new();
        for part in history {
            let text = format!("Removing the history file {} in the background", shown(&part.name));
            self.log(LogLevel::Notice, text);
            steps.push(Step::tidy(FileOp::Remove { path: self.in_log_folder(&part.name) }));
        }
        let text = self.persistence.aof.manifest.to_text();
        steps.extend(self.steps_of_manifest(text));
        self.carry_out_plan(steps, nothing_follows);
    }
}

pub(super) fn nothing_follows(_: &mut Engine, _: bool) {}

fn prepared(engine: &mut Engine, well: bool) {
    let Some(rewrite) = &mut engine.persistence.aof.rewrite else { return };
    if !well || rewrite.is_cancelled {
        return engine.fail_to_begin(false);
    }
    rewrite.step = RewriteStep::Switch;
    if engine.persistence.aof.log.is_none() {
        // Nothing to be written before.
        engine.switch_log();
    }
}

fn history_named(engine: &mut Engine, well: bool) {
    if well {
        engine.remove_named_history();
    }
}

fn increment_named(engine: &mut Engine, well: bool) {
    if engine.persistence.aof.rewrite.is_some() && !well {
        return engine.fail_to_begin(true);
    }
    // From now on it is the log's: whatever becomes of the rewrite, it stays.
    let Some(rewrite) = &mut engine.persistence.aof.rewrite else { return };
    let (file, name) = rewrite.next.take().expect("there is an increment");
    engine.note_new_increment(&name);
    let stem = engine.config.appendfilename.clone();
    engine.persistence.aof.manifest.add_increment(&stem);
    let old = engine.persistence.aof.log.take();
    engine.open_log(file, &name, 0);
    if let Some(old) = old {
        engine.ask_on(Lane::Log, ALONE, FileOp::Close { file: old.file }, super::super::ignored);
    }
    engine.persistence.aof.is_held = false;
    engine.encode_base();
}

fn manifest_restored(engine: &mut Engine, well: bool) {
    engine.persistence.aof.manifest_unsure = !well;
    if !well {
        return engine.give_up_waiting();
    }
    engine.persistence.aof.is_held = false;
    if engine.journal.log.bytes.is_empty() {
        engine.persistence.aof.write_error = None;
    }
}
