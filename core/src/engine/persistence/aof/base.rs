//! The base of a rewritten log: from the snapshot to the file that the manifest names. Steps 4 and 5 of a [rewrite](super::rewrite).
//!
//! ```text
//!   Create ─► Encode ─► Sync ─► Close ─► Rename (and that of the first increment) ─► folders ─► manifest ─► in force
//!                │ any failure, or given up: Close, Remove
//! ```
//!
//! It is written beside the folder of the log, under a temporary name. Nothing names it before it is complete and synced.

use super::super::file::FileOp;
use super::plan::Step;
use super::rewrite::{Rewrite, RewriteStep, Starter, nothing_follows};
use super::{ALONE, Engine, LogState, shown};
use crate::aof::manifest::Manifest;
use crate::config::LogLevel;
use crate::engine::action::Outcome;
use crate::engine::client::ClientId;

/// As much is handed to the disk at a time (`aof-rewrite-incremental-fsync`).
const SYNC_EVERY_BYTES: u64 = 4 << 20;

impl Engine {
    /// Step 4.
    pub(super) fn encode_base(&mut self) {
        let pid = self.process.process_id;
        self.log(LogLevel::Notice, format!("Background append only file rewriting started by pid {pid}"));
        let now_s = self.now.unix_s();
        self.persistence.aof.rewrites += 1;
        self.persistence.aof.rewrite_scheduled = false;
        let rewrite = self.persistence.aof.rewrite.as_mut().expect("it is being rewritten");
        rewrite.started_s = now_s;
        rewrite.step = RewriteStep::Create;
        let starter = std::mem::replace(&mut rewrite.starter, Starter::Nobody);
        let op = FileOp::Create { file: rewrite.file, path: rewrite.temporary.clone() };
        let action = self.ask_file(ALONE, op, base_step_done);
        self.persistence.aof.rewrite.as_mut().expect("still").action = action;
        self.tell_starter(starter, true);
    }

    fn advance_base(&mut self, outcome: Outcome) {
        let Some(mut rewrite) = self.persistence.aof.rewrite.take() else { return };
        let (outcome, encoder) = match outcome {
            Outcome::Encoded { encoder, error } => (error.map_or(Outcome::Done, Outcome::Failed), Some(encoder)),
            outcome => (outcome, None),
        };
        if let Some(encoder) = &encoder {
            rewrite.base_bytes = encoder.bytes_written();
        }
        self.discard_encoder(encoder);
        let failure = if let Outcome::Failed(reason) = outcome { Some(reason) } else { None };
        if let Some(reason) = failure.as_ref().filter(|_| !rewrite.is_cancelled) {
            match rewrite.step {
                RewriteStep::Create => {
                    self.warn(format!("Opening the temp file for AOF rewrite in rewriteAppendOnlyFile(): {reason}"));
                }
                RewriteStep::Encode | RewriteStep::Sync | RewriteStep::Close => {
                    self.warn(format!("Write error writing append only file on disk: {reason}"));
                }
                _ => {}
            }
        }
        let failed = failure.is_some() || rewrite.is_cancelled;
        rewrite.step = match rewrite.step {
            RewriteStep::Create if failure.is_some() => return self.base_failed(rewrite),
            RewriteStep::Create | RewriteStep::Encode | RewriteStep::Sync if failed => RewriteStep::CloseBroken,
            RewriteStep::Close if failed => RewriteStep::Remove,
            RewriteStep::Create => RewriteStep::Encode,
            RewriteStep::Encode => RewriteStep::Sync,
            RewriteStep::Sync => RewriteStep::Close,
            RewriteStep::Close => return self.name_base(rewrite),
            RewriteStep::CloseBroken => RewriteStep::Remove,
            _ => return self.base_failed(rewrite),
        };
        let op = match rewrite.step {
            RewriteStep::Encode => {
                let encoder = rewrite.encoder.take().expect("it is encoded once");
                let sync_every_bytes = if self.config.aof_rewrite_incremental_fsync { SYNC_EVERY_BYTES } else { 0 };
                FileOp::Encode { file: rewrite.file, encoder, sync_every_bytes, key_delay: rewrite.key_delay }
            }
            RewriteStep::Sync => FileOp::Sync { file: rewrite.file },
            RewriteStep::Close | RewriteStep::CloseBroken => FileOp::Close { file: rewrite.file },
            _ => FileOp::Remove { path: rewrite.temporary.clone() },
        };
        rewrite.action = self.ask_file(ALONE, op, base_step_done);
        self.persistence.aof.rewrite = Some(rewrite);
    }

    /// Step 5.
    fn name_base(&mut self, mut rewrite: Rewrite) {
        self.thaw_recency();
        let temporary = rewrite.temporary.rsplit(|&byte| byte == b'/').next().unwrap_or_default().to_vec();
        let temporary = shown(&temporary);
        self.log(LogLevel::Notice, format!("Successfully created the temporary AOF base file {temporary}"));
        self.log(LogLevel::Notice, "Background AOF rewrite terminated with success");
        let (mut steps, manifest, base) = self.naming_of_base(&rewrite, &temporary);
        steps.extend(self.steps_of_manifest(manifest.to_text()));
        rewrite.named = Some(manifest);
        self.log(
            LogLevel::Notice,
            format!("Successfully renamed the temporary AOF base file {temporary} into {}", shown(&base)),
        );
        rewrite.step = RewriteStep::Name;
        self.persistence.aof.rewrite = Some(rewrite);
        self.carry_out_plan(steps, base_named);
    }

    /// The manifest as it will be, the steps before it is written, and the name of the base.
    fn naming_of_base(&mut self, rewrite: &Rewrite, temporary: &str) -> (Vec<Step>, Manifest, Vec<u8>) {
        let stem = self.config.appendfilename.clone();
        let mut manifest = self.persistence.aof.manifest.clone();
        let base = manifest.add_base(&stem, rewrite.is_rdb);
        let path = self.in_log_folder(&base);
        let mut steps = vec![Step::must(
            FileOp::Rename { from: rewrite.temporary.clone(), to: path.clone() },
            format!("Error trying to rename the temporary AOF base file {temporary} into {}", shown(&path)),
        )];
        if let (LogState::Waiting, Some((_, from))) = (self.persistence.aof.state, &rewrite.next) {
            let to = self.in_log_folder(&manifest.add_increment(&stem));
            let from = self.in_log_folder(from);
            let complaint =
                format!("Error trying to rename the temporary AOF incr file {} into {}", shown(&from), shown(&to));
            steps.push(Step::must(FileOp::Rename { from, to }, complaint));
        }
        manifest.retire_increments(usize::from(self.persistence.aof.log.is_some()));
        // The folder that the base came from, too: if its old name came back after a crash, the next rewrite would write into it.
        for folder in [self.log_folder(), self.data_folder()] {
            let complaint = format!("Fail to fsync AOF directory {}", shown(&folder));
            steps.push(Step::must(FileOp::SyncFolder { path: folder }, complaint));
        }
        (steps, manifest, base)
    }

    /// The new base is in force.
    fn end_rewrite(&mut self, rewrite: Rewrite) {
        self.persistence.aof.manifest = rewrite.named.expect("it was named");
        // A rewrite that began before `appendonly yes` has no increment: the log begins with the next one.
        if self.persistence.aof.state == LogState::Waiting && self.persistence.aof.log.is_some() {
            self.persistence.aof.state = LogState::On;
            let to = self.persistence.aof.manifest.increments.last().map(|part| part.name.clone()).unwrap_or_default();
            let path = self.in_log_folder(&to);
            if let Some(log) = &mut self.persistence.aof.log {
                log.path = path;
            }
            let from = rewrite.next.map(|(_, name)| name).unwrap_or_default();
            let text = format!("Successfully renamed the temporary AOF incr file {} into {}", shown(&from), shown(&to));
            self.log(LogLevel::Notice, text);
        }
        let now_s = self.now.unix_s();
        let aof = &mut self.persistence.aof;
        if let Some(log) = &aof.log {
            aof.current_bytes = rewrite.base_bytes + log.bytes;
            aof.base_bytes = aof.current_bytes;
        }
        aof.last_rewrite_failed = false;
        aof.consecutive_failures = 0;
        // What failed in the present increment, no base has: then the rewrite that is scheduled helps.
        if aof.log.as_ref().is_none_or(|log| log.file != aof.doubtful) {
            aof.sync_error = None;
        }
        aof.last_rewrite_s = Some(now_s.saturating_sub(rewrite.started_s));
        match self.has_doubtful_log() {
            false => self.release_after_doubt(),
            // Of a log that was only being turned on when its sync failed, none is scheduled yet.
            true => self.persistence.aof.rewrite_scheduled |= self.persistence.aof.state == LogState::On,
        }
        self.log(LogLevel::Notice, "Background AOF rewrite finished successfully");
        self.remove_named_history();
        self.end_if_waited_for();
    }

    /// The base could not be made, or not be named.
    fn base_failed(&mut self, mut rewrite: Rewrite) {
        let encoder = rewrite.encoder.take();
        self.discard_encoder(encoder);
        self.thaw_recency();
        let now_s = self.now.unix_s();
        let aof = &mut self.persistence.aof;
        aof.last_rewrite_s = Some(now_s.saturating_sub(rewrite.started_s));
        if rewrite.is_cancelled {
            self.warn("Background AOF rewrite terminated by signal 10".into());
        } else {
            aof.last_rewrite_failed = true;
            aof.consecutive_failures += 1;
            self.warn("Background AOF rewrite terminated with error".into());
        }
        if self.has_doubtful_log() && self.persistence.aof.state == LogState::On {
            self.persistence.aof.rewrite_scheduled = true;
        }
        if rewrite.step == RewriteStep::Name {
            // What the manifest may name by now stays until it is sure to name the old files again.
            let steps = vec![Step::tidy(FileOp::Remove { path: rewrite.temporary.clone() })];
            self.carry_out_plan(steps, nothing_follows);
            self.restore_manifest();
        }
        if self.persistence.aof.state == LogState::Waiting {
            // The next try begins anew, unless the log is being turned off.
            self.drop_waiting_increment(&rewrite);
            self.persistence.aof.rewrite_scheduled = self.config.appendonly;
            if !self.persistence.aof.when_synced.is_empty() {
                self.go_on_when_synced();
            }
        }
        self.end_if_waited_for();
    }

    fn drop_waiting_increment(&mut self, rewrite: &Rewrite) {
        self.keep_log(false);
        self.let_go_of_log();
        self.forget_log_errors();
        if let Some((file, name)) = &rewrite.next {
            let text = format!("Removing the temp incr aof file {} in the background", shown(name));
            self.log(LogLevel::Notice, text);
            let path = self.in_log_folder(name);
            let steps = vec![Step::tidy(FileOp::Close { file: *file }), Step::tidy(FileOp::Remove { path })];
            self.carry_out_plan(steps, nothing_follows);
        }
    }
}

fn base_step_done(engine: &mut Engine, _: ClientId, outcome: Outcome) {
    engine.advance_base(outcome);
}

fn base_named(engine: &mut Engine, well: bool) {
    let Some(rewrite) = engine.persistence.aof.rewrite.take() else { return };
    match well {
        true => engine.end_rewrite(rewrite),
        false => engine.base_failed(rewrite),
    }
}
