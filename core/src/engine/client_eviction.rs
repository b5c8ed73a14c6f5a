//! `maxmemory-clients`: what all connections may take together, and who is closed when they take more.
//!
//! ```text
//!   counted: the memory of each client when it was last looked at, and the sum
//!     always               by the cron, a share of the clients each run
//!     while there is a limit   also when a client's input was processed and when it got output
//!   over the limit ─► the clients of the largest size go, until the sum is within it
//! ```
//!
//! - Sizes are told apart by powers of two, from 32 KiB; within a size the oldest connection goes first. Redis takes the one
//!   that has been of that size for longest.
//! - CLIENT NO-EVICT spares a connection; its memory counts.
//! - A limit below 128 KiB counts as that; one in percent is of `maxmemory`, and none without it.
//! - Looked at before each command, and when a turn ends. Who is evicted in its own command has no reply.
//!
//! Cost: two comparisons a command without a limit.
//!
//! Source: the description of `maxmemory-clients` in redis.conf, and which connections 7.0.15 closes.

use super::Engine;
use super::client::{Client, ClientFlags, ClientId};
use crate::config::LogLevel;

const LIMIT_BYTES_MIN: usize = 128 * 1024;
/// Sizes below 2^15 are one, sizes from 2^32 on are one.
const SMALLEST_LOG: u32 = 14;
const LARGEST_LOG: u32 = 32;

/// Memory of connections.
#[derive(Clone, Debug, Default)]
pub struct ClientMemory {
    /// Of all connections, as each was last counted.
    pub sum_bytes: usize,
    /// 0: there is no limit.
    limit_bytes: usize,
}

impl ClientMemory {
    #[inline]
    fn is_over(&self) -> bool {
        self.limit_bytes > 0 && self.sum_bytes > self.limit_bytes
    }
}

/// Which power of two a client's memory reaches.
fn size_log(bytes: usize) -> u32 {
    bytes.checked_ilog2().unwrap_or(0).clamp(SMALLEST_LOG, LARGEST_LOG)
}

impl Engine {
    /// Derives the limit. Called after every change of the configuration.
    pub(super) fn choose_client_limit(&mut self) {
        let limit_bytes = match self.config.maxmemory_clients {
            0 => 0,
            percent @ ..0 if self.config.maxmemory > 0 => {
                (self.config.maxmemory as f64 * percent.unsigned_abs() as f64 / 100.0) as usize
            }
            ..0 => 0,
            bytes => usize::try_from(bytes).unwrap_or(usize::MAX),
        };
        let is_set = limit_bytes > 0;
        self.client_memory.limit_bytes = if is_set { limit_bytes.max(LIMIT_BYTES_MIN) } else { 0 };
        if is_set {
            self.clients.ids().into_iter().for_each(|id| self.count_client(id));
        }
    }

    /// Looks at a client's memory again. O(1).
    pub(super) fn count_client(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(id) else { return };
        let bytes = client.memory_bytes() + client.query_bytes + client.query_free_bytes;
        self.client_memory.sum_bytes = self.client_memory.sum_bytes - client.counted_bytes + bytes;
        client.counted_bytes = bytes;
    }

    /// The same, if it matters at once.
    #[inline]
    pub(super) fn count_client_if_limited(&mut self, id: ClientId) {
        if self.client_memory.limit_bytes > 0 {
            self.count_client(id);
        }
    }

    /// A client is gone.
    pub(super) fn uncount_client(&mut self, client: &Client) {
        self.client_memory.sum_bytes -= client.counted_bytes;
    }

    /// Closes clients while all together take too much. `caller`: whose command is about to run. Whether it is among them.
    #[inline]
    pub(super) fn evict_clients(&mut self, caller: Option<ClientId>) -> bool {
        self.client_memory.is_over() && self.evict_largest_clients(caller)
    }

    #[cold]
    fn evict_largest_clients(&mut self, caller: Option<ClientId>) -> bool {
        let mut victims: Vec<(u32, ClientId)> =
            self.evictable_clients().map(|client| (size_log(client.counted_bytes), client.id)).collect();
        victims.sort_by_key(|&(size, id)| (std::cmp::Reverse(size), id));
        let mut caller_is_evicted = false;
        for (_, id) in victims {
            if !self.client_memory.is_over() {
                break;
            }
            let line = self.client_line_text(id);
            self.log(LogLevel::Notice, format!("Evicting client: {line}"));
            self.stats.evicted_clients += 1;
            if caller == Some(id) {
                // Its request is being read: the connection closes when the turn ends.
                caller_is_evicted = true;
                let client = self.client_mut(id);
                client.flags.insert(ClientFlags::CLOSE_ASAP);
                let counted = std::mem::take(&mut client.counted_bytes);
                self.client_memory.sum_bytes -= counted;
                self.mark_pending(id);
            } else {
                self.drop_client(id);
            }
        }
        if self.client_memory.is_over() {
            self.log(LogLevel::Warning, "Over client maxmemory after evicting all evictable clients");
        }
        caller_is_evicted
    }

    fn evictable_clients(&self) -> impl Iterator<Item = &Client> {
        self.clients.iter().filter(|client| !client.flags.intersects(ClientFlags::NO_EVICT | ClientFlags::CLOSE_ASAP))
    }

    /// DEBUG CLIENT-EVICTION: evictable clients by size. None while `maxmemory-clients` is 0.
    pub(crate) fn client_sizes_text(&self) -> Option<String> {
        if self.config.maxmemory_clients == 0 {
            return None;
        }
        let mut sizes = [(0, 0); (LARGEST_LOG - SMALLEST_LOG + 1) as usize];
        for client in self.evictable_clients() {
            let (bytes, clients) = &mut sizes[(size_log(client.counted_bytes) - SMALLEST_LOG) as usize];
            *bytes += client.counted_bytes;
            *clients += 1;
        }
        let lines = sizes.iter().zip(SMALLEST_LOG..).map(|((bytes, clients), log)| {
            let range = match log {
                SMALLEST_LOG => format!("{:>10} - {:>10}", 0, (1u64 << (log + 1)) - 1),
                LARGEST_LOG => format!("{:>10}+            ", 1u64 << log),
                _ => format!("{:>10} - {:>10}", 1u64 << log, (1u64 << (log + 1)) - 1),
            };
            format!("bucket {range}: tot-mem: {bytes:>10}, clients: {clients}\n")
        });
        Some(lines.collect())
    }
}
