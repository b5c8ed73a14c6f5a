//! The engine: one Redis process as a value.
//!
//! No I/O, no clock, no threads: bytes, time and completions come from a driver (the server, the simulator, a
//! test), and the same inputs give the same bytes out. A driver's loop:
//!
//! ```text
//!   let id = engine.connect(peer, now)?;
//!   read the socket into engine.query_buffer(id);  engine.handle_readable(id, now);
//!   engine.handle_timeout(now);                                    // when next_timeout() has come
//!   match engine.end_turn(now) { Clean(permit) => …, Journal(batch) => append it, engine.journal_written(batch, outcome, now) }
//!   while let Some(id) = engine.next_writable(&permit) { send engine.output(id, &permit); engine.sent(id, n, now) }
//!   while let Some(action) = engine.poll_action() { … engine.complete(action_id, outcome, now) }
//! ```
//!
//! - [`client`]: connections; [`turn`]: how replies leave; [`commit`]: which wait for a sync; [`action`]: what is asked of the driver.
//! - [`execute`]: parse, admission, call: the one executor. `admission`: what is refused, `limits`: what is closed,
//!   `pause`: what waits, `journal`: what is propagated. [`blocking`]: who waits for keys. [`tracking`]: client-side caching.
//! - [`transaction`], [`watch`]: MULTI and what outdates it. [`pubsub`]: subscriptions, messages, keyspace events.
//! - `client_eviction`: what connections may take together.
//! - [`persistence`]: saving and loading, and the file operations that it takes.
//! - [`cron`]: expiry, timeouts, sampling. [`shutdown`]: the end. [`stats`]: counters; [`latency`]: histograms.
//! - [`monitor`]: who is shown every command; [`slowlog`], [`spikes`]: what took long.

pub mod action;
mod admission;
pub mod blocking;
pub mod client;
mod client_eviction;
mod client_line;
pub mod commit;
pub mod cron;
pub mod debug;
mod evict;
pub mod execute;
pub mod fuzz;
pub(crate) mod journal;
pub mod latency;
mod limits;
pub mod link;
pub(crate) mod migrate;
pub mod monitor;
mod pause;
pub mod persistence;
pub mod pubsub;
pub(crate) mod replicas;
pub mod shutdown;
pub mod slowlog;
pub mod spikes;
pub mod stats;
pub mod tracking;
pub mod transaction;
pub mod turn;
pub mod watch;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use crate::commands::Flow;
use crate::commands::lookup::CommandTable;
use crate::config::{Config, LogLevel};
use crate::keyspace::access::DataPolicy;
use crate::keyspace::recency::RecencyPolicy;
use crate::keyspace::{Effects, Keyspace};
use crate::resp::{Protocol, QueryBuffer, Reply};
use crate::structures::{HashSeed, Rng};
use crate::time::Now;
use crate::types::Limits;

use action::{Action, ActionId, Outcome};
use client::{Client, ClientFlags, ClientId, Clients, Peer};
use stats::Stats;

/// The version whose behaviour is matched.
pub const REDIS_VERSION: &str = "7.0.15";
/// The version of Etalon.
pub const ETALON_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Facts about the process that only the driver knows; INFO shows them.
#[derive(Clone, Debug, Default)]
pub struct ProcessInfo {
    pub process_id: u32,
    pub os: String,
    pub arch_bits: u32,
    pub executable: String,
    /// Name of the memory allocator.
    pub allocator: &'static str,
    /// Resident memory, refreshed by the driver when it likes.
    pub resident_bytes: usize,
    pub total_system_memory_bytes: u64,
    /// CPU time used so far, microseconds: system, user (the process and its threads).
    pub cpu_system_us: u64,
    pub cpu_user_us: u64,
    /// Keys that the save under way has written so far.
    pub save_keys_processed: u64,
}

/// What is to happen when the driver completes an action.
type Continuation = fn(&mut Engine, ClientId, Outcome);

/// One Redis process.
#[derive(Clone)]
pub struct Engine {
    /// In a box, as what else is large and seldom used: scripts move the engine.
    pub(crate) config: Box<Config>,
    pub(crate) commands: Box<CommandTable>,
    pub(crate) keyspace: Keyspace,
    pub(crate) effects: Box<Effects>,
    pub(crate) clients: Clients,
    /// Storage lent to the connection that is being read.
    pub(crate) shared_query: QueryBuffer,
    pub(crate) blocking: Box<blocking::Blocking>,
    pub(crate) tracking: Box<tracking::Tracking>,
    pub(crate) watchers: watch::Watchers,
    pub(crate) pubsub: Box<pubsub::PubSub>,
    /// The transaction that waits for the driver; nobody else's input is looked at meanwhile.
    suspended: Option<Box<transaction::Suspended>>,
    /// Whose command runs, and the pushes that it has coming from it.
    caller: Option<ClientId>,
    own_pushes: Vec<u8>,
    #[cfg(feature = "lua")]
    pub(crate) scripts: Box<crate::script::Scripts>,
    pub(crate) stats: Box<Stats>,
    pub(crate) rng: Rng,
    pub(crate) now: Now,
    pub(crate) process: Box<ProcessInfo>,
    /// Forty hexadecimal digits, new for each process.
    pub(crate) run_id: String,
    /// Names the data set's history, in the same form.
    pub(crate) replication_id: String,
    pub(crate) actions: VecDeque<Action>,
    next_action: u64,
    /// Actions that will be completed: the client that waits, and what happens then.
    waiting: BTreeMap<ActionId, (ClientId, Continuation)>,
    /// CONFIG SETs that wait for the driver, by the client that sent them.
    pub(crate) config_changes: BTreeMap<ClientId, crate::commands::server::config::Pending>,
    pub(crate) journal: Box<journal::Journal>,
    /// Replies that wait for a sync.
    commit: Box<commit::Commit>,
    /// Takes the replies to clients that have gone.
    nowhere: Reply,
    pub(crate) persistence: Box<persistence::Persistence>,
    migrations: Box<migrate::Migrations>,
    pub(crate) replicas: Box<replicas::Replicas>,
    pub(crate) policy: DataPolicy,
    pub(crate) cron: Box<cron::Cron>,
    pub(crate) debug: debug::DebugSwitches,
    pub(crate) stopwatch: fn() -> u64,
    /// When the command before ended, within one pipeline: the next one's time begins there. Reading a clock takes as
    /// long as a simple command.
    pub(crate) lap: Option<u64>,
    /// Time that DEBUG SLEEP has added to what the stopwatch says, microseconds.
    slept_us: u64,
    /// Clients that are shown every command.
    monitors: Vec<ClientId>,
    pub(crate) client_memory: client_eviction::ClientMemory,
    pub(crate) slow_log: Box<slowlog::SlowLog>,
    pub(crate) spikes: spikes::Spikes,
    /// Calls of at least that many microseconds are looked at by [`observe`](Self::observe).
    observe_from_us: u64,
    /// The driver has been asked to end the process.
    pub(crate) exiting: bool,
}

fn no_stopwatch() -> u64 {
    0
}

/// The engine itself, with the largest of what it keeps in boxes.
pub(crate) const FIXED_BYTES: usize = size_of::<Engine>() + size_of::<Config>() + size_of::<Stats>();

/// Why a connection was not admitted: what to send before closing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    pub reply: &'static [u8],
}

impl Engine {
    /// A process with an empty keyspace. `seed` decides everything that Redis leaves to chance.
    pub fn new(config: Config, seed: u64, now: Now) -> Engine {
        let mut rng = Rng::new(seed);
        let hash_seed = HashSeed(rng.next_u64(), rng.next_u64());
        let mut commands = CommandTable::new();
        for (from, to) in &config.extra.renamed_commands {
            commands.rename(from, to);
        }
        let run_id = random_id(&mut rng);
        let replication_id = random_id(&mut rng);
        let mut engine = Engine {
            keyspace: Keyspace::new(config.databases as usize, hash_seed),
            stats: Box::new(Stats::new(commands.len(), now)),
            config: Box::new(config),
            commands: Box::new(commands),
            effects: Box::default(),
            clients: Clients::new(),
            shared_query: QueryBuffer::new(),
            blocking: Box::default(),
            tracking: Box::default(),
            watchers: watch::Watchers::default(),
            pubsub: Box::default(),
            suspended: None,
            caller: None,
            own_pushes: Vec::new(),
            #[cfg(feature = "lua")]
            scripts: Box::default(),
            nowhere: Reply::default(),
            rng,
            now,
            process: Box::new(ProcessInfo { arch_bits: 64, allocator: "libc", ..ProcessInfo::default() }),
            run_id,
            replication_id,
            actions: VecDeque::new(),
            next_action: 1,
            waiting: BTreeMap::new(),
            config_changes: BTreeMap::new(),
            journal: Box::default(),
            commit: Box::default(),
            persistence: Box::new(persistence::Persistence::new(now)),
            migrations: Box::default(),
            replicas: Box::default(),
            policy: DataPolicy::default(),
            cron: Box::new(cron::Cron::new(now)),
            debug: debug::DebugSwitches::default(),
            stopwatch: no_stopwatch,
            lap: None,
            slept_us: 0,
            monitors: Vec::new(),
            client_memory: client_eviction::ClientMemory::default(),
            slow_log: Box::default(),
            spikes: spikes::Spikes::default(),
            observe_from_us: 0,
            exiting: false,
        };
        engine.config_changed();
        engine.stats.startup_memory_bytes = engine.memory_used_bytes();
        engine
    }

    /// Facts for INFO, from the driver.
    pub fn process_info(&mut self) -> &mut ProcessInfo {
        &mut self.process
    }

    /// A source of elapsed microseconds for statistics (commandstats, SLOWLOG). It decides nothing; without one,
    /// every command takes no time.
    pub fn set_stopwatch(&mut self, stopwatch: fn() -> u64) {
        self.stopwatch = stopwatch;
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn keyspace(&self) -> &Keyspace {
        &self.keyspace
    }

    pub fn commands(&self) -> &CommandTable {
        &self.commands
    }

    pub fn clients(&self) -> &Clients {
        &self.clients
    }

    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Forty hexadecimal digits that name this process.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// A connection has been accepted. Errors: [`Refused`] with what to tell it (too many clients, protected mode).
    pub fn connect(&mut self, peer: Peer, now: Now) -> Result<ClientId, Refused> {
        self.advance(now);
        if self.logs(LogLevel::Verbose) {
            let text = match peer.unix_socket {
                true => {
                    let path = self.config.unixsocket.as_deref().unwrap_or_default();
                    format!("Accepted connection to {}", String::from_utf8_lossy(path))
                }
                false => format!("Accepted {}", peer.address),
            };
            self.log(LogLevel::Verbose, text);
        }
        if self.clients.len() >= self.config.maxclients as usize {
            self.stats.connections_rejected += 1;
            return Err(Refused { reply: b"-ERR max number of clients reached\r\n" });
        }
        let open = self.password().is_none();
        let local = peer.loopback || peer.unix_socket;
        let id = self.clients.insert(peer, now);
        if self.config.protected_mode && open && !local {
            // It has had its number, as in the original.
            self.clients.remove(id);
            self.stats.connections_rejected += 1;
            return Err(Refused { reply: PROTECTED_MODE_TEXT });
        }
        self.stats.connections_received += 1;
        self.client_mut(id).flags.set(ClientFlags::AUTHENTICATED, open);
        Ok(id)
    }

    /// The other end closed the connection, or it failed.
    pub fn disconnect(&mut self, client: ClientId, now: Now) {
        self.advance(now);
        if self.is_connected(client) && self.logs(LogLevel::Verbose) {
            let line = self.client_line_text(client);
            self.log(LogLevel::Verbose, format!("Client closed connection {line}"));
        }
        if self.is_suspended(client) || self.script_runs_for(client) {
            // Its transaction is completed first.
            self.client_mut(client).flags.insert(ClientFlags::GONE);
            return;
        }
        self.forget_client(client);
    }

    /// Makes a connection speak RESP2 or RESP3 from now on, as HELLO does.
    pub fn set_protocol(&mut self, client: ClientId, protocol: Protocol) {
        if let Some(client) = self.clients.get_mut(client) {
            client.reply.protocol = protocol;
        }
    }

    /// Where the driver puts what it read from a connection. Panics if the client is gone: check
    /// [`is_connected`](Self::is_connected).
    pub fn query_buffer(&mut self, client: ClientId) -> &mut QueryBuffer {
        let query = &mut self.clients.get_mut(client).expect("the client is connected").query;
        query.borrow_storage(&mut self.shared_query);
        query
    }

    /// Whether the engine still knows the client.
    pub fn is_connected(&self, client: ClientId) -> bool {
        self.clients.get(client).is_some()
    }

    /// The driver has done what it was asked. Each action completes at most once; others are ignored.
    pub fn complete(&mut self, action: ActionId, outcome: Outcome, now: Now) {
        self.advance(now);
        let Some((client, continuation)) = self.waiting.remove(&action) else { return };
        let start = self.clients.get(client).map(Client::reply_start);
        continuation(self, client, outcome);
        self.end_asking(client, start);
    }

    /// Answers a client whose request the driver has under way.
    pub(crate) fn answer_later(&mut self, client: ClientId, say: impl FnOnce(&mut Engine)) {
        let start = self.clients.get(client).map(Client::reply_start);
        say(self);
        self.end_asking(client, start);
    }

    /// Goes on with a client whose request was under way, unless it has asked for something more. `start`: where the reply begins.
    fn end_asking(&mut self, client: ClientId, start: Option<client::ReplyStart>) {
        self.nowhere.truncate(0);
        if self.waiting.values().any(|(waiting, _)| *waiting == client) {
            // It asked for something more.
            return;
        }
        if let Some(c) = self.clients.get_mut(client) {
            if let Some(start) = start {
                c.mute(start);
            }
            let suspended = self.is_suspended(client);
            if suspended && !matches!(self.run_queued(client), Flow::Done) {
                return;
            }
            self.client_mut(client).flags.remove(ClientFlags::UNDER_WAY);
            self.finish_request(client);
            self.serve_ready();
            self.process_input(client);
            if suspended {
                self.drop_if_gone(client);
                self.resume_waiting_input();
            }
        }
    }

    /// Asks the driver for something that will be completed; `client` waits for it.
    pub(crate) fn request(
        &mut self,
        client: ClientId,
        continuation: Continuation,
        action: impl FnOnce(ActionId) -> Action,
    ) {
        let id = ActionId(self.next_action);
        self.next_action += 1;
        self.waiting.insert(id, (client, continuation));
        self.actions.push_back(action(id));
    }

    /// The client of a running command.
    pub(crate) fn client(&self, id: ClientId) -> &Client {
        self.clients.get(id).expect("the client of a running command exists")
    }

    /// The client of a running command.
    pub(crate) fn client_mut(&mut self, id: ClientId) -> &mut Client {
        self.clients.get_mut(id).expect("the client of a running command exists")
    }

    /// The reply of a running command. Goes nowhere if the client has left before the command was completed.
    pub(crate) fn reply(&mut self, id: ClientId) -> &mut Reply {
        match self.clients.get_mut(id) {
            Some(client) => &mut client.reply,
            None => &mut self.nowhere,
        }
    }

    /// Heap that the engine holds, in bytes: data, clients, and a fixed part.
    pub fn memory_used_bytes(&self) -> usize {
        let clients: usize = self.clients.iter().map(Client::memory_bytes).sum();
        FIXED_BYTES + self.keyspace.heap_bytes() + clients + self.replicas.kept_bytes()
    }

    /// The same, with the clients as the cron last saw them. O(databases).
    pub(crate) fn memory_estimate_bytes(&self) -> usize {
        FIXED_BYTES + self.keyspace.heap_bytes() + self.client_memory.sum_bytes + self.replicas.kept_bytes()
    }

    /// What is measured against `maxmemory`: live data, and the clients as the cron last saw them. O(databases).
    ///
    /// Garbage inside pages does not count: it goes when its page is written next, and counting it would evict more
    /// keys than are too many.
    pub(crate) fn data_bytes(&self) -> usize {
        FIXED_BYTES + self.keyspace.live_bytes() + self.client_memory.sum_bytes
    }

    pub(crate) fn is_over_maxmemory(&self) -> bool {
        self.data_bytes() as u64 > self.config.maxmemory
    }

    /// Derives what is kept for speed from the configuration. Called after every change of it.
    pub(crate) fn config_changed(&mut self) {
        use crate::config::MaxmemoryPolicy as P;
        self.choose_what_to_observe();
        self.choose_client_limit();
        let c = &self.config;
        self.effects.notify = c.notify_keyspace_events;
        self.journal.log_timestamps = c.aof_timestamp_enabled;
        self.policy = DataPolicy {
            recency: RecencyPolicy {
                lfu: matches!(c.maxmemory_policy, P::AllkeysLfu | P::VolatileLfu),
                log_factor: c.lfu_log_factor,
                decay_minutes: c.lfu_decay_time,
            },
            lazy_expire: c.lazyfree_lazy_expire,
            lazy_user_del: c.lazyfree_lazy_user_del,
            string_bytes_max: c.proto_max_bulk_len,
            rdb_compression: c.rdbcompression,
            overdue_keys_stay: self.cron.pause.is_some(),
            frozen_recency: self.policy.frozen_recency,
            skip_checksum: self.policy.skip_checksum,
            replays: false,
            shared_integers: c.maxmemory == 0
                || !matches!(c.maxmemory_policy, P::AllkeysLru | P::VolatileLru | P::AllkeysLfu | P::VolatileLfu),
            limits: Limits {
                seed: self.keyspace.seed(),
                hash_listpack_entries_max: c.hash_max_listpack_entries,
                hash_listpack_value_bytes_max: c.hash_max_listpack_value,
                set_intset_entries_max: c.set_max_intset_entries,
                sorted_set_listpack_entries_max: c.zset_max_listpack_entries,
                sorted_set_listpack_value_bytes_max: c.zset_max_listpack_value,
                list_listpack_size: c.list_max_listpack_size,
                list_compress_depth: c.list_compress_depth,
                stream_node_bytes_max: c.stream_node_max_bytes,
                stream_node_entries_max: c.stream_node_max_entries as i64,
                hll_sparse_bytes_max: c.hll_sparse_max_bytes,
                list_packed_threshold_bytes: self.debug.quicklist_packed_threshold_bytes,
            },
        };
    }

    /// Time only goes on: an earlier wall clock is a step of the clock and is taken as it is; the monotonic clock never
    /// goes back.
    pub(crate) fn advance(&mut self, now: Now) {
        debug_assert!(now.monotonic_us >= self.now.monotonic_us, "the monotonic clock went back");
        self.now = now;
        if self.journal.log_timestamps {
            self.journal.now_s = now.unix_s();
        }
    }
}

/// Forty hexadecimal digits.
pub(crate) fn random_id(rng: &mut Rng) -> String {
    (0..40).map(|_| char::from(b"0123456789abcdef"[rng.below(16) as usize])).collect()
}

const PROTECTED_MODE_TEXT: &[u8] = b"-DENIED Redis is running in protected mode because protected \
mode is enabled and no password is set for the default user. In this mode connections are only \
accepted from the loopback interface. If you want to connect from external computers to Redis you \
may adopt one of the following solutions: 1) Just disable protected mode sending the command \
'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same \
host the server is running, however MAKE SURE Redis is not publicly accessible from internet if \
you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable \
the protected mode by editing the Redis configuration file, and setting the protected mode option \
to 'no', and then restarting the server. 3) If you started the server manually just for testing, \
restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the \
default user. NOTE: You only need to do one of the above things in order for the server to start \
accepting connections from the outside.\r\n";
