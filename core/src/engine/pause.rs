//! CLIENT PAUSE and DEBUG SLEEP: times in which requests wait.
//!
//! - *Paused*: requests that the pause concerns stay with their connections, everything else goes on. The data set
//!   keeps still: nothing expires or is evicted; a key that is overdue is not found, but stays.
//! - *Frozen*: nothing at all happens until the time is over, as in a server that sleeps.
//!
//! A second CLIENT PAUSE can only add: the later end and the stricter mode hold.

use super::Engine;
use super::cron::Pause;

impl Engine {
    /// CLIENT PAUSE.
    pub(crate) fn pause_clients(&mut self, until_us: u64, writes_only: bool) {
        self.end_pause_if_over();
        let new = match self.cron.pause {
            None => Pause { until_us, writes_only },
            Some(old) => Pause { until_us: old.until_us.max(until_us), writes_only: old.writes_only && writes_only },
        };
        self.cron.pause = Some(new);
        self.policy.overdue_keys_stay = true;
    }

    /// CLIENT UNPAUSE.
    pub(crate) fn unpause_clients(&mut self) {
        self.policy.overdue_keys_stay = false;
        if self.cron.pause.take().is_some() {
            // Not now: a command is running. Those who wait go on when the turn ends.
            self.cron.pause_ended = true;
        }
    }

    /// Ends the pause if its time is over.
    pub(crate) fn end_pause_if_over(&mut self) {
        if self.cron.pause.is_some_and(|pause| pause.until_us < self.now.monotonic_us) {
            self.unpause_clients();
        }
    }

    /// Makes the whole server stand still for a time (DEBUG SLEEP). The caller has replied; the reply leaves afterwards.
    pub fn freeze(&mut self, duration_us: u64) {
        if duration_us > 0 {
            // A transaction may sleep several times.
            let from_us = self.cron.frozen_until_us.unwrap_or(self.now.monotonic_us);
            self.cron.frozen_until_us = Some(from_us.saturating_add(duration_us));
            // The driver will only wait for it later, the call that sleeps takes that long now.
            self.slept_us = self.slept_us.saturating_add(duration_us);
        }
    }

    /// Whether the server stands still: DEBUG SLEEP, a save in the foreground, MIGRATE.
    pub fn is_frozen(&self) -> bool {
        self.cron.frozen_until_us.is_some() || self.persistence.stands_still() || self.migrations.stands_still()
    }
}
