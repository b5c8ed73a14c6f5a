//! Checks on the log while the node runs (P3), and on what it came back with (P1, P5).

use super::*;

/// everysec: how long something may wait for its sync while the log has nothing else to do. A second, and a turn of the loop.
const EVERYSEC_US_MAX: u64 = 1_010_000;

impl World<'_> {
    /// What was executed is part of the stream.
    pub(super) fn note_executed(&mut self) {
        let propagated = self.engine.take_propagated();
        self.stream.executed(&propagated, self.patience_us());
    }

    /// Whether the log is on, and has been synced every second.
    pub(super) fn follow_log(&mut self) {
        let aof = &self.engine.persistence().aof;
        if aof.state != self.log_state {
            match (self.log_state, aof.state) {
                (LogState::Waiting, LogState::On) => {
                    self.stream.has_base_of(self.base_position);
                    self.log_is_on = true;
                    self.marks.sometimes(true, "the log was turned on while running");
                }
                (_, LogState::On) => self.log_is_on = true,
                (before, LogState::Off) => {
                    self.log_is_on = false;
                    // A base that is still being named is that of a log that nobody wants any more.
                    self.base_begins_log = false;
                    self.health.append_failed = false;
                    let ends_with = self.log_ends_with.take();
                    if self.may_begin_at.take().is_some() {
                        self.old_log = None;
                    }
                    if before == LogState::On && !self.is_faulty && !self.health.manifest_is_new {
                        self.old_log = ends_with;
                    }
                    self.marks.sometimes(true, "the log was turned off while running");
                }
                _ => {}
            }
            self.log_state = aof.state;
            if self.log_state == LogState::On {
                (self.old_log, self.log_ends_with, self.may_begin_at) = (None, None, None);
            }
        }
        let may_heal = !self.engine.is_exiting() || std::mem::take(&mut self.is_rewritten);
        if may_heal && aof.error().is_none() {
            self.stream.heal(self.base_position);
            self.health.sync_failed = false;
        }
        let config = self.engine.config();
        self.log_is_on &= config.appendonly;
        let every_second = config.appendfsync == AppendFsync::EverySec && !config.no_appendfsync_on_rewrite;
        let is_kept =
            self.log_state == LogState::On && self.is_loaded && !self.engine.is_frozen() && aof.error().is_none();
        if !every_second || !is_kept || self.is_faulty || self.engine.is_exiting() {
            self.everysec_since_us = self.patience_us();
        }
    }

    /// A clock that stands still while an operation of the log runs. The time of a sync, and whatever queues with it, is the disk's:
    /// all other time is the node's.
    fn patience_us(&self) -> u64 {
        let now_us = self.clock.now().monotonic_us;
        let busy_us = self.log_busy_since_us.map_or(0, |since_us| now_us - since_us);
        now_us - self.log_busy_us - busy_us
    }

    /// The operation of the log that was under way is over.
    pub(super) fn log_rests(&mut self) {
        let now_us = self.clock.now().monotonic_us;
        self.log_busy_us += self.log_busy_since_us.take().map_or(0, |since_us| now_us - since_us);
    }

    /// P3: what a crash here and now could lose is not older than a second, the disk's own time aside.
    pub(super) fn check_every_second(&mut self) -> Checked {
        let durable = self.stream.durable();
        let Some(executed_us) = self.stream.executed_us(durable) else { return Ok(()) };
        let age_us = self.patience_us() - executed_us.max(self.everysec_since_us);
        let is_old = age_us > EVERYSEC_US_MAX / 2;
        self.marks.sometimes(is_old, "something waited long for the sync of every second");
        if age_us <= EVERYSEC_US_MAX {
            return Ok(());
        }
        let shown = self.stream.shown(durable);
        Err(self.fail(format!("P3: not synced after {age_us} us (at most {EVERYSEC_US_MAX}): {shown}")))
    }

    pub(super) fn loaded_again(&mut self) -> Result<(), String> {
        self.marks.sometimes(true, "DEBUG LOADAOF brought the data back");
        let now_ms = self.clock.now().unix_ms().0;
        let (found, expected) = (self.image(), &self.before_load);
        match found.digest(now_ms) == expected.digest(now_ms) || self.is_faulty {
            true => Ok(()),
            false => Err(format!("P6: DEBUG LOADAOF changed the data; {}", found.difference(expected, now_ms))),
        }
    }

    pub(super) fn reloaded(&mut self) -> Result<(), String> {
        self.marks.sometimes(true, "DEBUG RELOAD brought the data back");
        let now_ms = self.clock.now().unix_ms().0;
        let (found, expected) = (self.image(), self.saves.opened());
        match found.digest(now_ms) == expected.digest(now_ms) {
            true => Ok(()),
            false => Err(format!("P5: DEBUG RELOAD changed the data; {}", found.difference(expected, now_ms))),
        }
    }

    /// The process has read what it found: this must be something that may be there.
    pub(super) fn loaded(&mut self) -> Checked {
        self.is_loaded = true;
        if self.epoch == 0 {
            self.follow_log();
            return Ok(());
        }
        let now_ms = self.clock.now().unix_ms().0;
        let found = self.image();
        let digest = found.digest(now_ms);
        self.trace.mix_number(digest);
        self.row(Actor::Node, None, || format!("has loaded {} keys", found.len(now_ms)));
        if self.foreseen.take().is_some_and(|foreseen| foreseen.digest(now_ms) != digest) {
            return Err(self.fail("P1: recovering twice gave different data".into()));
        }
        if let Some((expected, new_log)) = self.starts_with.take() {
            self.marks.sometimes(true, "appendonly yes found the log of an earlier time");
            let images = new_log.map(|from| self.stream.images(from, self.plan.databases, false)).unwrap_or_default();
            if images.iter().chain([&expected]).all(|image| image.digest(now_ms) != digest) && !self.is_damaged {
                let difference = found.difference(&expected, now_ms);
                return Err(self.fail(format!("P6: a log that was turned off does not give its end; {difference}")));
            }
        } else if self.engine.config().appendonly {
            self.recovered_log(&found, now_ms)?;
        } else {
            let ran_on = self.machine_ran_on;
            let is_old = self.saves.recover(&found, now_ms, ran_on).map_err(|what| self.fail(what))?;
            self.marks.sometimes(is_old, "a crash undid the rename of a save");
        }
        if self.plan.logs() {
            self.stream.rebase(self.engine.keyspace().snapshot());
            self.base_position = 0;
            self.engine.take_propagated();
        }
        self.is_damaged = false;
        self.follow_log();
        self.unrotten = None;
        self.machine_ran_on = true;
        Ok(())
    }

    /// P1: the data are those of the base and the stream up to some unit that may be the last.
    pub(super) fn recovered_log(&mut self, found: &Image, now_ms: i64) -> Checked {
        let digest = found.digest(now_ms);
        let (from, shown) = (self.recovered_from, self.trace.verbose());
        let images = self.stream.images(from, self.plan.databases, shown);
        let Some(at) = images.iter().rposition(|image| image.digest(now_ms) == digest) else {
            if self.is_damaged {
                // Bytes of a value have no checksum.
                self.marks.sometimes(true, "a crash damaged a value in the log and the format can't show it");
                return Ok(());
            }
            let what = (0..from).rev().find(|&k| {
                let images = self.stream.images(k, self.plan.databases, false);
                images[0].digest(now_ms) == digest
            });
            let what = what.map_or("no prefix at all".into(), |k| format!("the first {k} units only"));
            return Err(self.fail(format!(
                "P1: the node came back with {what}; it must have {from} and may have {}; the next is {}; {}",
                self.stream.len(),
                self.stream.shown(from),
                found.difference(&images[0], now_ms)
            )));
        };
        let lost = images.len() - 1 - at;
        self.marks.sometimes(lost > 0, "a crash lost the tail of the log");
        self.marks.sometimes(lost == 0 && images.len() > 1, "a crash lost nothing although not all was synced");
        self.row(Actor::World, None, || format!("the log gave {} units, {lost} are lost", from + at));
        Ok(())
    }
}
