//! The end of a process or of the machine, and the start of the next.

use etalon_core::aof::manifest::Manifest;

use super::super::{MANIFEST, in_log_folder};
use super::*;

impl World<'_> {
    pub(super) fn is_crash_due(&self) -> bool {
        self.armed.is_some_and(|armed| armed.left == 0)
    }

    pub(super) fn crash_or_restart(&mut self) -> Checked {
        if self.is_crash_due() {
            let armed = self.armed.take().expect("just seen");
            self.crash(armed.crash)?;
            self.restart(armed.again.map(|left| ArmedCrash { left, crash: armed.crash, again: None }))?;
        }
        if let Some(code) = self.exit.take() {
            self.exited(code)?;
        }
        Ok(())
    }

    pub(super) fn exited(&mut self, code: i32) -> Checked {
        self.row(Actor::Node, None, || format!("exits with {code}"));
        let line = self.last_lines.iter().rev().find(|line| line.contains("offset")).cloned().unwrap_or_default();
        if code != 0 && !self.is_loaded {
            if self.is_cache_faulty {
                // A sync that failed has dropped what the process before had written and never synced.
                self.note_crash(self.stream.durable());
            }
            self.refused(&line)?;
        } else if code != 0 {
            let always = self.engine.config().appendfsync == AppendFsync::Always;
            if !always || !self.is_faulty {
                return Err(self.fail(format!("the node exits with {code}: {:?}", self.last_lines.last())));
            }
            self.marks.sometimes(true, "the node ended over a failure of the log");
            self.note_crash(self.kept_by_system());
        } else {
            // In order: everything is there.
            let whole = self.log_state == LogState::On && !self.is_faulty && self.is_loaded;
            self.note_crash(match whole {
                true => self.stream.len(),
                false if !self.is_loaded => self.stream.durable(),
                false => self.kept_by_system(),
            });
        }
        self.disk.after_kill();
        let armed = self.armed.take();
        self.restart(armed)
    }

    /// A process that does not start must have been given a file that no crash leaves, and say where.
    pub(super) fn refused(&mut self, line: &str) -> Checked {
        if let Some(disk) = self.unrotten.take() {
            if !line.contains("dump.rdb") {
                return Err(self.fail(format!("P5: the refusal names no file and offset: {:?}", self.last_lines)));
            }
            self.marks.sometimes(true, "a rotten file was refused");
            self.disk = disk;
            return Ok(());
        }
        if self.is_faulty {
            // It could not make the files that it needs.
            self.marks.sometimes(true, "a failing disk kept the node from starting");
            return Ok(());
        }
        let place =
            line.rsplit_once("(file ").and_then(|(_, place)| place.trim_end_matches(')').split_once(", offset "));
        let place = place.and_then(|(path, offset)| Some((path.as_bytes().to_vec(), offset.parse::<u64>().ok()?)));
        let Some((path, offset)) = place.filter(|_| self.is_damaged) else {
            return Err(self.refused_to_load(format!("the node refuses to load: {:?}", self.last_lines)));
        };
        // As redis-check-aof does it: cut behind the last unit that is whole.
        let mut content = self.disk.content(&path).unwrap_or_default().to_vec();
        content.truncate(offset as usize);
        let whole = split(&mut content, |_| {});
        self.disk.execute(FileOp::Truncate { path, bytes: whole as u64 }, None);
        self.marks.sometimes(true, "a log with a hole was refused and cut");
        Ok(())
    }

    /// A refusal to start. The manifest is read even while the log is off, and is of the log all the same.
    fn refused_to_load(&self, what: String) -> Failure {
        let is_of_log = self.log_is_on || what.contains("MANIFEST FILE ERROR");
        let property = if is_of_log { "P6" } else { "P5" };
        self.fail(format!("{property}: {what}"))
    }

    /// What is still there when the process is gone: what was written, unless the system has dropped some of it.
    pub(super) fn kept_by_system(&self) -> usize {
        if self.is_cache_faulty { self.stream.durable() } else { self.stream.written() }
    }

    /// From there on everything may be lost. The earlier of two crashes without a recovery counts.
    pub(super) fn note_crash(&mut self, from: usize) {
        // A sync has failed and the rewrite after it is not done: the log may lack anything.
        self.is_damaged |= self.stream.is_broken();
        self.recovered_from = if self.is_loaded { from } else { self.recovered_from.min(from) };
    }

    /// The process or the machine stops here and now.
    pub(super) fn crash(&mut self, crash: Crash) -> Checked {
        self.marks.sometimes(!self.is_loaded, "a crash came during a recovery");
        let mut rng = self.rng.fork();
        for lane in &mut self.lanes {
            let Some((_, op)) = lane.ops.pop_front().filter(|_| lane.is_busy) else { continue };
            let kind = op_mark(&op);
            match rng.below(3) {
                0 => {}
                1 => _ = self.disk.execute(op, None),
                _ => self.disk.execute_in_part(op, &mut |bound| rng.below(bound)),
            }
            self.marks.sometimes(kind.is_some(), kind.unwrap_or_default());
        }
        self.row(Actor::World, Some(Actor::Node), || format!("crash: {crash:?}"));
        let begins = self.log_state == LogState::Waiting;
        self.marks.sometimes(begins, "a crash came while the log was being turned on");
        let may_be_edited = !self.log_is_on && self.old_log.is_some() && self.unrotten.is_none();
        if may_be_edited && (begins || rng.below(4) == 0) {
            // Somebody has written `appendonly yes` into the file with the settings.
            self.starts_with = self.old_log.take().map(|ends_with| (ends_with, self.may_begin_at));
            self.log_is_on = true;
        }
        match crash {
            Crash::Kill => {
                self.note_crash(self.kept_by_system());
                self.disk.after_kill();
            }
            Crash::Power { survival, tail } => {
                let settled = self.disk.is_settled();
                self.machine_ran_on = false;
                self.note_crash(self.stream.durable());
                let before: BTreeMap<Vec<u8>, Vec<u8>> = self.logs_on_disk();
                let manifest = self.disk.content(MANIFEST).unwrap_or_default().to_vec();
                self.disk = self.disk.after_crash(survival, tail, &mut |bound| rng.below(bound));
                let after = self.logs_on_disk();
                self.check_damage(&manifest, &before, &after)?;
                self.is_damaged |= after
                    .iter()
                    .any(|(path, content)| before.get(path).is_some_and(|before| !before.starts_with(content)));
                self.marks.sometimes(!settled, "the power failed with changes that were not durable");
            }
        }
        match self.log_is_on {
            true => self.look_at_save(),
            false => Ok(()),
        }
    }

    /// P5 of a node that will not read its `dump.rdb`: what the crash has left there.
    fn look_at_save(&mut self) -> Checked {
        let config = Config { appendonly: false, ..self.engine.config().clone() };
        let now_ms = self.clock.now().unix_ms().0;
        let found =
            recover(&config, self.disk.clone(), &self.clock).map_err(|what| self.fail(format!("P5: {what}")))?;
        let is_old = self.saves.recover(&found, now_ms, self.machine_ran_on).map_err(|what| self.fail(what))?;
        self.marks.sometimes(is_old, "a crash undid the rename of a save");
        Ok(())
    }

    /// P1: what a crash damages is not covered by a sync. The last increment that has anything is the only one that is not.
    fn check_damage(
        &self,
        manifest: &[u8],
        before: &BTreeMap<Vec<u8>, Vec<u8>>,
        after: &BTreeMap<Vec<u8>, Vec<u8>>,
    ) -> Checked {
        // Increments that are history are not covered by anything any more.
        let increments = Manifest::parse(manifest).map(|manifest| manifest.increments).unwrap_or_default();
        let paths = increments.iter().rev().map(|part| in_log_folder(&part.name));
        let mut full = paths.filter_map(|path| before.get_key_value(&path)).filter(|(_, content)| !content.is_empty());
        let Some((path, content)) = full.next() else { return Ok(()) };
        let Some(left) = after.get(path).filter(|left| !content.starts_with(left)) else { return Ok(()) };
        if self.stream.is_broken() || !self.is_loaded || self.log_state != LogState::On {
            return Ok(());
        }
        let intact = content.iter().zip(left).take_while(|(a, b)| a == b).count();
        let units = |bytes: &[u8]| {
            let mut count = 0;
            split(&mut bytes.to_vec(), |_| count += 1);
            count
        };
        let lost: usize = units(content) - units(&content[..intact]);
        let durable = self.stream.durable();
        let in_file = self.stream.in_file();
        match in_file < durable + lost {
            true => Err(self.fail(format!(
                "P1: {durable} units were synced, and a crash has damaged the last {lost} of {in_file}"
            ))),
            false => Ok(()),
        }
    }

    pub(super) fn logs_on_disk(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let logs = self.disk.files().filter(|(path, _)| path.ends_with(b".incr.aof"));
        logs.map(|(path, content)| (path.to_vec(), content.to_vec())).collect()
    }

    pub(super) fn restart(&mut self, armed: Option<ArmedCrash>) -> Checked {
        self.epoch += 1;
        self.is_loaded = false;
        self.exit = None;
        self.timeout_at = None;
        self.lanes = Default::default();
        self.log_rests();
        self.stream.close();
        self.faults.clear();
        self.held.clear();
        (self.flushed, self.may_be_empty, self.increment) = (Flushed::No, None, None);
        self.last_lines.clear();
        self.clients.iter_mut().for_each(|client| *client = None);
        self.armed = armed;
        let config = Config { appendonly: self.log_is_on, ..self.engine.config().clone() };
        self.log_state = LogState::Off;
        (self.is_faulty, self.is_cache_faulty, self.is_rewritten) = (false, false, false);
        (self.health, self.log_ends_with) = (Health::default(), None);
        if self.may_begin_at.take().is_some() {
            // The old log or the new one: what the process does now with a log that is off is not followed.
            self.old_log = None;
        }
        if self.rng.below(4) == 0 && self.unrotten.is_none() && !self.is_damaged {
            self.foreseen =
                Some(recover(&config, self.disk.clone(), &self.clock).map_err(|what| self.refused_to_load(what))?);
        } else {
            self.foreseen = None;
        }
        let seed = self.plan.seed.wrapping_add(u64::from(self.epoch) << 40);
        self.engine = Engine::new(config, seed, self.clock.now());
        self.engine.keep_journal(self.plan.logs());
        self.row(Actor::Node, None, || "starts".into());
        self.engine.load_at_start(self.clock.now());
        self.turn()
    }

    pub(super) fn rot(&mut self, at: u64, sector: bool) -> Checked {
        if !self.is_loaded || self.log_is_on {
            return Ok(());
        }
        // It comes back with the file that rots.
        let old_log = self.old_log.take();
        self.crash(Crash::Power { survival: Survival::Everything, tail: Tail::Whole })?;
        self.old_log = old_log;
        let before = self.disk.clone();
        let name = self.engine.config().dbfilename.clone();
        if let Some(inode) = self.disk.inode_mut(&name)
            && !inode.content().is_empty()
        {
            let place = (at % inode.content().len() as u64) as usize;
            if sector {
                let start = inode.content()[..inode.content().len().min(512)].to_vec();
                inode.misdirect(place - place % 512, &start);
            } else {
                inode.flip_bit(place, (at >> 32) as u32);
            }
            self.unrotten = Some(before);
            self.row(Actor::World, Some(Actor::Disk), || format!("rot at {place}"));
        }
        let armed = self.armed.take();
        self.restart(armed)
    }
}
