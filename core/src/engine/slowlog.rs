//! The slow log: calls that took at least `slowlog-log-slower-than` microseconds, the latest `slowlog-max-len` of them.
//!
//! - An entry keeps 32 arguments at most, of each 128 bytes; what was cut is counted in their place.
//! - The log is trimmed when something is added, not when `slowlog-max-len` changes.
//! - Numbers go on after SLOWLOG RESET.
//! - A command that waited is logged when it is answered; waiting itself takes no time.
//!
//! Source: observed entries of 7.0.15.

use std::collections::VecDeque;

use super::Engine;
use super::client::{ClientFlags, ClientId};
use crate::commands::Args;
use crate::commands::row::{Command, CommandFlags};

const ARGS_MAX: usize = 32;
const ARG_BYTES_MAX: usize = 128;
/// The address of what a script calls.
const NOBODY: &str = "?:0";

/// One slow call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlowCall {
    pub number: u64,
    /// When it had run, in Unix seconds.
    pub at_s: u64,
    pub elapsed_us: u64,
    /// Its arguments, cut.
    pub args: Vec<Vec<u8>>,
    pub address: String,
    pub client_name: Vec<u8>,
}

/// The log, the latest call first.
#[derive(Clone, Debug, Default)]
pub struct SlowLog {
    calls: VecDeque<SlowCall>,
    next_number: u64,
}

impl SlowLog {
    /// The latest call first.
    pub fn calls(&self) -> impl ExactSizeIterator<Item = &SlowCall> {
        self.calls.iter()
    }

    /// SLOWLOG RESET.
    pub fn clear(&mut self) {
        self.calls.clear();
    }

    fn add(&mut self, call: SlowCall, len_max: u64) {
        self.calls.push_front(SlowCall { number: self.next_number, ..call });
        self.next_number += 1;
        self.calls.truncate(usize::try_from(len_max).unwrap_or(usize::MAX));
    }
}

impl Engine {
    /// Logs a call that took at least as long as is configured. O(length of what is kept).
    pub(super) fn log_if_slow(&mut self, id: ClientId, row: &Command, args: Args<'_>, elapsed_us: u64) {
        let threshold_us = self.config.slowlog_log_slower_than;
        if threshold_us < 0 || elapsed_us < threshold_us as u64 || row.flags.contains(CommandFlags::SKIP_SLOWLOG) {
            return;
        }
        let client = self.clients.get(id).filter(|client| !client.flags.contains(ClientFlags::SCRIPT));
        let call = SlowCall {
            number: 0,
            at_s: self.now.unix_s(),
            elapsed_us,
            args: cut(args),
            address: client.map(|client| client.peer.address.clone()).unwrap_or_else(|| NOBODY.to_string()),
            client_name: client.map(|client| client.name.clone()).unwrap_or_default(),
        };
        self.slow_log.add(call, self.config.slowlog_max_len);
    }
}

/// What an entry keeps of the arguments.
fn cut(args: Args<'_>) -> Vec<Vec<u8>> {
    let shown = if args.len() > ARGS_MAX { ARGS_MAX - 1 } else { args.len() };
    let mut kept: Vec<Vec<u8>> = args.first(shown).iter().map(cut_argument).collect();
    if shown < args.len() {
        kept.push(format!("... ({} more arguments)", args.len() - shown).into_bytes());
    }
    kept
}

fn cut_argument(arg: &[u8]) -> Vec<u8> {
    if arg.len() <= ARG_BYTES_MAX {
        return arg.to_vec();
    }
    let more = format!("... ({} more bytes)", arg.len() - ARG_BYTES_MAX);
    [&arg[..ARG_BYTES_MAX], more.as_bytes()].concat()
}
