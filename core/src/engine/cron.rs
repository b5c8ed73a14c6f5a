//! What happens by itself: active expiry, client timeouts, pauses and freezes that end, samples for INFO.
//!
//! The driver calls [`Engine::handle_timeout`] when [`Engine::next_timeout`] has come. Nothing here reads a clock or
//! runs longer than its budget.

use super::Engine;
use super::client::{ClientFlags, ClientId};
use crate::config::LogLevel;
use crate::keyspace::{Database, DbIndex};
use crate::time::Now;

/// Keys that active expiry deletes in one call at most, so that a million keys that are due at once don't stall clients.
const EXPIRE_BUDGET: usize = 400;
/// An idle client's empty buffers are given back after that long.
const RELEASE_IDLE_US: u64 = 2_000_000;
/// Expiry and eviction that are not done go on after that long.
const GO_ON_US: u64 = 1_000;
const SAMPLE_US: u64 = 100_000;
/// CLIENT LIST's `rbp` is the largest output of such a period.
const PEAK_US: u64 = 5_000_000;

/// State of what is periodic.
#[derive(Clone, Debug)]
pub struct Cron {
    next_us: u64,
    /// When the clients are looked at again, `hz` times a second; expiry may want to go on before.
    next_clients_us: u64,
    next_sample_us: u64,
    /// Until then no command runs (DEBUG SLEEP); monotonic.
    pub frozen_until_us: Option<u64>,
    /// CLIENT PAUSE: until when, and whether only writes wait; monotonic.
    pub pause: Option<Pause>,
    /// A pause ended or got milder: who waits for it is looked at again at the end of the turn.
    pub pause_ended: bool,
    /// In which minute an attack was last logged: once is enough.
    pub attack_logged_minute: Option<u64>,
    /// DEBUG SET-ACTIVE-EXPIRE
    pub active_expire: bool,
    /// DEBUG PAUSE-CRON
    pub paused: bool,
    /// Where the next run goes on looking at clients.
    next_slot: usize,
    /// How often the cron ran.
    pub runs: u64,
}

/// CLIENT PAUSE in force. Over once its last millisecond has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    pub until_us: u64,
    pub writes_only: bool,
}

impl Cron {
    pub fn new(now: Now) -> Cron {
        Cron {
            next_us: now.monotonic_us,
            next_clients_us: now.monotonic_us,
            next_sample_us: now.monotonic_us,
            frozen_until_us: None,
            pause: None,
            pause_ended: false,
            attack_logged_minute: None,
            active_expire: true,
            paused: false,
            next_slot: 0,
            runs: 0,
        }
    }
}

impl Engine {
    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next (on the monotonic clock, microseconds).
    pub fn next_timeout(&self) -> Option<u64> {
        if let Some(until) = self.cron.frozen_until_us {
            return Some(until);
        }
        if self.persistence.stands_still() || self.migrations.stands_still() {
            return None;
        }
        let mut next = self.cron.next_us;
        if let Some(deadline_ms) = self.blocking.waiters.next_deadline_ms() {
            // Over once its last millisecond has passed.
            next = next.min(deadline_ms.saturating_add(1).saturating_mul(1000));
        }
        if let Some(due_us) = self.next_log_sync_us() {
            next = next.min(due_us);
        }
        if let Some(pause) = self.cron.pause {
            next = next.min(pause.until_us.saturating_add(1));
        }
        Some(next)
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Now) {
        self.advance(now);
        if self.cron.frozen_until_us.is_some_and(|until| until <= now.monotonic_us) {
            self.cron.frozen_until_us = None;
            // What arrived meanwhile comes too late for them.
            self.end_overdue_waits();
            self.resume_waiting_input();
        }
        if self.is_frozen() {
            return;
        }
        self.end_overdue_waits();
        self.end_pause_if_over();
        if self.cron.next_us > now.monotonic_us {
            return;
        }
        let started = self.stopwatch_us();
        let keeps_still = self.cron.paused || self.persistence.is_loading();
        let more = !keeps_still && (self.expire_cycle() | self.evict_cycle());
        self.serve_ready();
        let elapsed_us = self.stopwatch_us().saturating_sub(started);
        self.stats.expire_cycle_us += elapsed_us;
        self.note_latency("expire-cycle", elapsed_us);
        let period_us = 1_000_000 / self.config.hz.clamp(1, 500) as u64;
        let clients_due = self.cron.next_clients_us <= now.monotonic_us;
        if clients_due {
            self.cron.next_clients_us = now.monotonic_us + period_us;
        }
        self.cron.next_us = if more { now.monotonic_us + GO_ON_US } else { self.cron.next_clients_us };
        if self.cron.paused {
            return;
        }
        if clients_due {
            self.cron.runs += 1;
            self.clients_cron();
            self.save_if_due();
            self.rewrite_if_due();
            self.close_unused_links();
            self.replicas_cron();
        }
        if self.cron.next_sample_us <= now.monotonic_us {
            self.cron.next_sample_us = now.monotonic_us + SAMPLE_US;
            self.sample();
        }
    }

    /// Deletes keys that are due, up to the budget. Whether some are left.
    fn expire_cycle(&mut self) -> bool {
        if !self.cron.active_expire || self.cron.pause.is_some() {
            return false;
        }
        let mut budget = EXPIRE_BUDGET;
        for index in 0..self.keyspace.count() {
            let index = DbIndex(index as u32);
            if self.keyspace.db(index).expiry_index().is_empty() {
                continue;
            }
            let mut db =
                Database::new(&mut self.keyspace, index, &mut self.effects, &mut self.rng, self.now, self.policy);
            budget -= db.expire_due(budget);
            self.flush_effects(None);
            if budget == 0 {
                return true;
            }
        }
        false
    }

    /// Timeouts of idle clients, soft limits of output, memory of idle buffers: of a share of the clients, so that each is
    /// looked at about once a second however many there are.
    fn clients_cron(&mut self) {
        let now = self.now.monotonic_us;
        let timeout_us = self.config.timeout as u64 * 1_000_000;
        let resizing = self.debug.reply_buffer_resizing;
        let mut closing: Vec<ClientId> = Vec::new();
        let (mut input_bytes, mut output_bytes) = (0, 0);
        for _ in 0..share_of(self.clients.len(), self.config.hz) {
            let Some((id, next_slot)) = self.clients.next_in_round(self.cron.next_slot) else { break };
            self.cron.next_slot = next_slot;
            let client = self.client_mut(id);
            input_bytes = input_bytes.max(client.query.capacity() + client.parser.argument_bytes());
            output_bytes = output_bytes.max(client.output_bytes());
            // A turn within a script may have been later than this one's time.
            if now.saturating_sub(client.peak_since_us) >= PEAK_US {
                client.peak_since_us = now;
                client.reply_peak_bytes = client.reply.len();
            }
            let idle_us = now.saturating_sub(client.last_interaction.monotonic_us);
            if timeout_us > 0
                && idle_us > timeout_us
                && !client.flags.intersects(ClientFlags::POSTPONED | ClientFlags::BLOCKED | ClientFlags::MONITOR)
            {
                closing.push(id);
                continue;
            }
            if idle_us > RELEASE_IDLE_US {
                client.query.release();
                if resizing && client.reply.is_empty() {
                    client.reply.buffer = Vec::new();
                }
            }
            self.count_client(id);
            self.enforce_output_limit(id);
        }
        self.stats.recent_input.add(input_bytes, now / 1_000_000);
        self.stats.recent_output.add(output_bytes, now / 1_000_000);
        for id in closing {
            self.log(LogLevel::Verbose, "Closing idle client");
            self.drop_client(id);
        }
    }

    fn sample(&mut self) {
        let now = self.now.monotonic_us;
        let stats = &mut self.stats;
        stats.operations_rate.sample(stats.commands_processed, now);
        stats.input_rate.sample(stats.net_input_bytes, now);
        stats.output_rate.sample(stats.net_output_bytes, now);
        let used = self.memory_estimate_bytes();
        self.stats.peak_memory_bytes = self.stats.peak_memory_bytes.max(used);
    }
}

/// How many of the clients one run looks at.
fn share_of(clients: usize, hz: u32) -> usize {
    const CLIENTS_MIN: usize = 5;
    (clients / hz.clamp(1, 500) as usize).max(CLIENTS_MIN).min(clients)
}
