//! File operations of the simulated node: lanes, delays, what goes wrong, and what the ghost states learn of it.

use super::*;

impl World<'_> {
    pub(super) fn append(&mut self, op: FileOp) -> Outcome {
        let fault = self.fault_for(&op);
        let text = if self.trace.verbose() { describe(&op) } else { String::new() };
        let FileOp::Append { file, bytes } = op.clone() else { unreachable!("it appends") };
        self.count_file_event();
        let outcome = self.disk.execute(op, fault);
        self.health.append_failed = outcome != Outcome::Done;
        match &outcome {
            Outcome::Done => self.stream.wrote(file, &bytes),
            Outcome::Short { bytes: count, .. } => self.stream.wrote_partly(file, &bytes[..*count as usize]),
            _ => {}
        }
        self.marks.sometimes(matches!(outcome, Outcome::Short { .. }), "a part of a batch was written to the log");
        self.row(Actor::Node, Some(Actor::Disk), || format!("{text}: {outcome:?}"));
        outcome
    }

    pub(super) fn file_asked(&mut self, id: ActionId, lane: Lane, op: FileOp) {
        match &op {
            FileOp::Create { file, path } if path.ends_with(b".rdb") => self.save_begins(*file),
            FileOp::Create { path, .. } if path.ends_with(b".aof") => self.base_begins(),
            FileOp::Encode { file, encoder, .. } if self.may_be_empty == Some(*file) && encoder.keys_total() == 0 => {
                self.saves.begin(Image::default());
            }
            _ => {}
        }
        self.lanes[lane as usize].ops.push_back((id, op));
    }

    fn save_begins(&mut self, file: FileId) {
        let (is_frozen, is_loading) = (self.engine.is_frozen(), self.engine.persistence().is_loading());
        let image = match self.flushed {
            Flushed::Yes if is_frozen => Image::default(),
            // The last save, taken before a DEBUG RELOAD that came first has emptied everything.
            _ if is_loading => self.at_end.clone(),
            _ => self.image(),
        };
        self.saves.begin(image);
        self.may_be_empty = (self.flushed == Flushed::Perhaps && is_frozen).then_some(file);
    }

    fn base_begins(&mut self) {
        self.note_executed();
        self.base_begins_log = self.engine.persistence().aof.state == LogState::Waiting;
        if self.base_begins_log {
            self.base_position = self.stream.len();
            self.stream.begin_log();
            // Of the file of an earlier try, which nobody has.
            self.health.append_failed = false;
        } else {
            // The snapshot was taken when everything was written, and what came later went to the new increment.
            self.base_position = self.stream.written_before(self.increment);
        }
    }

    /// A cancelled operation ends soon with a failure, or as if nothing had been said.
    pub(super) fn cancel(&mut self, id: ActionId) {
        if self.rng.below(2) == 0 {
            for lane in &mut self.lanes {
                if let Some((_, FileOp::Encode { sync_every_bytes, .. })) =
                    lane.ops.iter_mut().find(|(of, _)| *of == id)
                {
                    *sync_every_bytes = CANCELLED;
                }
            }
        }
    }

    pub(super) fn begin_file_op(&mut self, index: usize) {
        let lane = &mut self.lanes[index];
        let Some((_, op)) = lane.ops.front().filter(|_| !lane.is_busy) else { return };
        lane.is_busy = true;
        if index == Lane::Log as usize {
            self.log_busy_since_us = Some(self.clock.now().monotonic_us);
        }
        self.disk.begin(op);
        if let FileOp::Sync { file } = op {
            self.stream.sync_begins(*file);
        }
        let is_sync = matches!(op, FileOp::Sync { .. } | FileOp::SyncFolder { .. } | FileOp::Encode { .. });
        let (renames, names) = (Role::of(op) == Some(Role::Rename), Role::of(op) == Some(Role::NameManifest));
        let is_read = matches!(op, FileOp::Open { .. } | FileOp::Read { .. });
        let latency_us = match (is_sync, is_read) {
            (true, _) if self.is_loaded => self.plan.latency_us_max * 10,
            (_, false) if self.is_loaded => self.plan.latency_us_max,
            // The start is quick: what clients send meanwhile is only refused.
            _ => 50,
        };
        let at = self.clock.now().monotonic_us + 1 + self.rng.below(latency_us);
        self.schedule(at, Event::FileDone(index, self.epoch));
        if renames {
            self.saves.begin_rename();
        }
        if names {
            self.health.manifest_is_new = true;
            match self.base_begins_log && self.log_state == LogState::Waiting {
                true => self.may_begin_at = Some(self.base_position),
                // What a log that is off has is not followed when it is rewritten.
                false => self.old_log = None,
            }
        }
        self.count_file_event();
    }

    pub(super) fn count_file_event(&mut self) {
        if let Some(armed) = &mut self.armed {
            armed.left = armed.left.saturating_sub(1);
        }
    }

    pub(super) fn file_done(&mut self, index: usize) -> Checked {
        self.count_file_event();
        if self.is_crash_due() {
            // In the middle of it.
            return Ok(());
        }
        let lane = &mut self.lanes[index];
        lane.is_busy = false;
        if index == Lane::Log as usize {
            self.log_rests();
        }
        let lane = &mut self.lanes[index];
        let (id, op) = lane.ops.pop_front().expect("it was under way");
        let fault = self.fault_for(&op);
        let file_role = Role::of(&op);
        let text = if self.trace.verbose() { describe(&op) } else { String::new() };
        let outcome = match op {
            FileOp::Encode { encoder, sync_every_bytes: CANCELLED, .. } => {
                self.marks.sometimes(true, "a save was cancelled while it was being written");
                Outcome::Encoded { encoder, error: Some("Cancelled".into()) }
            }
            op => self.disk.execute(op, fault),
        };
        match file_role {
            Some(Role::OpenLog(file)) => self.increment = Some(file),
            Some(Role::Sync(file)) => self.stream.sync_ends(file, outcome == Outcome::Done),
            Some(Role::Cut) => self.stream.cut(outcome == Outcome::Done),
            Some(Role::Rename) => self.saves.end_rename(outcome == Outcome::Done),
            Some(Role::Open) => self.saves.open(),
            Some(Role::WriteManifest | Role::NameManifest | Role::SyncLogFolder) | None => {}
        }
        self.trace.mix_number(match &outcome {
            Outcome::Done => 1,
            Outcome::Failed(_) => 2,
            _ => 3,
        });
        self.row(Actor::Node, Some(Actor::Disk), || match &outcome {
            Outcome::Content(bytes) => format!("{text}: {} bytes", bytes.len()),
            Outcome::Encoded { error, .. } => format!("{text}: {error:?}"),
            outcome => format!("{text}: {outcome:?}"),
        });
        if index == Lane::Log as usize {
            self.note_manifest(file_role, outcome == Outcome::Done);
        }
        self.engine.complete(id, outcome, self.clock.now());
        Ok(())
    }

    /// How far a manifest has come.
    fn note_manifest(&mut self, role: Option<Role>, well: bool) {
        let health = &mut self.health;
        match role {
            Some(Role::SyncLogFolder) if well => {
                health.manifest_failed &= !health.manifest_is_new;
                health.manifest_is_new = false;
            }
            Some(Role::WriteManifest | Role::NameManifest | Role::SyncLogFolder) => health.manifest_failed |= !well,
            Some(Role::Sync(_)) if !well => (health.manifest_failed, health.sync_failed) = (true, true),
            _ => {}
        }
    }

    /// What goes wrong with this operation, if anything. Faults that fit it come nearer with each.
    pub(super) fn fault_for(&mut self, op: &FileOp) -> Option<Fault> {
        let fits = |fault: &Fault| match (op, fault) {
            (FileOp::Open { .. } | FileOp::Read { .. } | FileOp::Close { .. }, _) => false,
            (_, Fault::Refused) => true,
            (FileOp::Encode { .. } | FileOp::Append { .. }, Fault::Short(_) | Fault::WriteBack) => true,
            (FileOp::Sync { .. }, Fault::SyncKeepsNew | Fault::SyncKeepsOld) => true,
            _ => false,
        };
        let at = self.faults.iter_mut().position(|(left, fault)| {
            let due = fits(fault) && *left == 0;
            *left = left.saturating_sub(u32::from(fits(fault)));
            due
        })?;
        let (_, fault) = self.faults.remove(at);
        self.is_faulty = true;
        self.is_cache_faulty |= matches!(fault, Fault::SyncKeepsOld | Fault::SyncKeepsNew | Fault::WriteBack);
        self.mark_fault(op, fault);
        Some(fault)
    }

    pub(super) fn mark_fault(&mut self, op: &FileOp, fault: Fault) {
        let marks = &mut self.marks;
        match (op, fault) {
            (_, Fault::SyncKeepsNew) => marks.sometimes(true, "a sync failed and the cache kept the new content"),
            (_, Fault::SyncKeepsOld) => {
                marks.sometimes(true, "a sync failed and the cache fell back to the old content")
            }
            (_, Fault::WriteBack) => marks.sometimes(true, "writing back failed and the next sync said so"),
            (_, Fault::Short(_)) => marks.sometimes(true, "a write was short"),
            (FileOp::Rename { .. }, _) => marks.sometimes(true, "a rename failed"),
            (FileOp::SyncFolder { .. }, _) => marks.sometimes(true, "the sync of a folder failed"),
            (FileOp::Create { .. }, _) => marks.sometimes(true, "a file could not be created"),
            (FileOp::Remove { .. }, _) => marks.sometimes(true, "a temporary file could not be removed"),
            _ => {}
        }
    }
}
