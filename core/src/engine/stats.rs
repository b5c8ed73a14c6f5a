//! Counters behind INFO. Reset by CONFIG RESETSTAT.

use crate::commands::lookup::CommandId;
use crate::engine::latency::LatencyHistogram;
use crate::time::Now;

/// Calls of one command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommandStats {
    pub calls: u64,
    /// Time spent, microseconds.
    pub usec: u64,
    /// Refused before running.
    pub rejected: u64,
    /// Ended in an error.
    pub failed: u64,
}

/// Samples of an increasing counter, for the `instantaneous_*` fields: 16 samples, one each 100 ms.
#[derive(Clone, Debug, Default)]
pub struct Rate {
    samples: [u64; 16],
    at: usize,
    last_value: u64,
    last_us: u64,
}

impl Rate {
    /// Takes a sample of the counter.
    pub fn sample(&mut self, value: u64, now_us: u64) {
        let elapsed = now_us.saturating_sub(self.last_us);
        if elapsed == 0 {
            return;
        }
        let delta = value.saturating_sub(self.last_value);
        self.samples[self.at] = delta * 1_000_000 / elapsed;
        self.at = (self.at + 1) % self.samples.len();
        self.last_value = value;
        self.last_us = now_us;
    }

    /// Mean of the samples, per second.
    pub fn per_second(&self) -> u64 {
        self.samples.iter().sum::<u64>() / self.samples.len() as u64
    }
}

/// The maximum of the last eight seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecentMax {
    seconds: [usize; 8],
    current_s: u64,
}

impl RecentMax {
    /// Takes a value into account that was seen at that second.
    pub fn add(&mut self, value: usize, now_s: u64) {
        let slots = self.seconds.len() as u64;
        for passed in self.current_s + 1..=now_s.min(self.current_s + slots) {
            self.seconds[(passed % slots) as usize] = 0;
        }
        if now_s > self.current_s + slots {
            self.seconds = Default::default();
        }
        self.current_s = now_s.max(self.current_s);
        let slot = &mut self.seconds[(self.current_s % slots) as usize];
        *slot = (*slot).max(value);
    }

    pub fn get(&self) -> usize {
        self.seconds.iter().copied().max().unwrap_or(0)
    }
}

/// All counters of the engine that are not part of the data.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    pub connections_received: u64,
    pub connections_rejected: u64,
    pub commands_processed: u64,
    pub net_input_bytes: u64,
    pub net_output_bytes: u64,
    pub error_replies: u64,
    pub unexpected_error_replies: u64,
    pub protocol_errors: u64,
    pub client_query_buffer_limit_disconnections: u64,
    pub client_output_buffer_limit_disconnections: u64,
    pub reads_processed: u64,
    pub writes_processed: u64,
    pub evicted_clients: u64,
    pub evicted_keys: u64,
    pub acl_denied_auth: u64,
    /// Not reset.
    pub peak_memory_bytes: usize,
    /// Heap of the empty server. Not reset.
    pub startup_memory_bytes: usize,
    /// Time spent in active expiry, microseconds.
    pub expire_cycle_us: u64,
    /// Largest input and output buffers of the last seconds, bytes. Not reset.
    pub recent_input: RecentMax,
    pub recent_output: RecentMax,
    /// By command id.
    pub commands: Vec<CommandStats>,
    /// By command id; none before the first call that is timed.
    pub latencies: Vec<Option<Box<LatencyHistogram>>>,
    /// By error code, sorted. 7.0.15 keeps as many kinds as there are, too.
    pub errors: std::collections::BTreeMap<Vec<u8>, u64>,
    pub operations_rate: Rate,
    pub input_rate: Rate,
    pub output_rate: Rate,
    pub started_at: Now,
}

impl Stats {
    pub fn new(commands: usize, now: Now) -> Stats {
        Stats {
            commands: vec![CommandStats::default(); commands],
            latencies: vec![None; commands],
            started_at: now,
            ..Stats::default()
        }
    }

    /// CONFIG RESETSTAT: everything but the time of start and what is measured of memory.
    pub fn reset(&mut self) {
        *self = Stats {
            peak_memory_bytes: self.peak_memory_bytes,
            startup_memory_bytes: self.startup_memory_bytes,
            recent_input: self.recent_input,
            recent_output: self.recent_output,
            ..Stats::new(self.commands.len(), self.started_at)
        };
    }

    /// Counts a call of that many microseconds in the command's histogram.
    #[inline]
    pub fn record_latency(&mut self, id: CommandId, usec: u64) {
        let histogram = self.latencies[id.0 as usize].get_or_insert_default();
        histogram.record(usec.saturating_mul(1000));
    }

    pub fn command(&mut self, id: CommandId) -> &mut CommandStats {
        &mut self.commands[id.0 as usize]
    }

    /// Counts an error reply under its code. `text` has no leading `-`.
    pub fn count_error(&mut self, text: &[u8]) {
        const CODE_BYTES_MAX: usize = 31;
        self.error_replies += 1;
        // A first word that is too long to be a code counts as `ERR`.
        let code =
            memchr::memchr(b' ', &text[..text.len().min(CODE_BYTES_MAX)]).map_or(&b"ERR"[..], |end| &text[..end]);
        if let Some(count) = self.errors.get_mut(code) {
            *count += 1;
        } else {
            self.errors.insert(code.to_vec(), 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recent_maximum_is_forgotten_after_eight_seconds() {
        let mut recent = RecentMax::default();
        recent.add(9, 100);
        recent.add(5, 107);
        assert_eq!(recent.get(), 9);
        recent.add(1, 108);
        assert_eq!(recent.get(), 5);
        recent.add(0, 1000);
        assert_eq!(recent.get(), 0);
    }

    #[test]
    fn a_reset_keeps_the_peak_of_memory_only() {
        let mut stats = Stats::new(3, Now::default());
        stats.peak_memory_bytes = 7;
        stats.commands_processed = 7;
        stats.record_latency(CommandId(1), 3);
        stats.reset();
        assert_eq!((stats.peak_memory_bytes, stats.commands_processed), (7, 0));
        assert!(stats.latencies.iter().all(Option::is_none));
    }
}
