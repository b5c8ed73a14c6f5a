//! Counters behind INFO. Reset by CONFIG RESETSTAT.

use crate::commands::lookup::CommandId;
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
    pub peak_memory_bytes: usize,
    /// By command id.
    pub commands: Vec<CommandStats>,
    /// By error code, at most 128 kinds, sorted.
    pub errors: std::collections::BTreeMap<Vec<u8>, u64>,
    pub operations_rate: Rate,
    pub input_rate: Rate,
    pub output_rate: Rate,
    pub started_at: Now,
}

impl Stats {
    pub fn new(commands: usize, now: Now) -> Stats {
        Stats { commands: vec![CommandStats::default(); commands], started_at: now, ..Stats::default() }
    }

    /// CONFIG RESETSTAT: everything but the time of start.
    pub fn reset(&mut self) {
        *self = Stats::new(self.commands.len(), self.started_at);
    }

    pub fn command(&mut self, id: CommandId) -> &mut CommandStats {
        &mut self.commands[id.0 as usize]
    }

    /// Counts an error reply under its code. `text` has no leading `-`.
    pub fn count_error(&mut self, text: &[u8]) {
        const KINDS_MAX: usize = 128;
        self.error_replies += 1;
        let code = text.split(|&b| b == b' ').next().unwrap_or(b"");
        if let Some(count) = self.errors.get_mut(code) {
            *count += 1;
        } else if self.errors.len() < KINDS_MAX {
            self.errors.insert(code.to_vec(), 1);
        }
    }
}
