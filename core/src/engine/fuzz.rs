//! What the fuzzers run: arbitrary bytes as the traffic of a few connections. Called by `cargo fuzz` and, over a committed
//! corpus, by `cargo test`. Payloads have functions of their own, in `payload`.

pub mod payload;

use super::Engine;
use super::action::{Action, Outcome};
use super::client::{ClientFlags, ClientId, Peer};
use super::persistence::memory::MemoryDisk;
use super::turn::Turn;
use crate::config::Config;
use crate::time::Now;

/// Lets `data` loose on an engine, and checks that nothing panics and that accounting and indices equal a recount.
///
/// ```text
///   byte 0             settings: bit 0 keep a journal, bit 1 two databases only
///   then records:      client (2 bits), kind (2 bits), amount (4 bits), and what the kind takes
///     kind 0, 1        the following `amount * 8 + 1` bytes arrive from the client
///     kind 2           `amount` squared milliseconds pass
///     kind 3           the client disconnects, and connects anew
/// ```
pub fn fuzz_traffic(data: &[u8]) {
    let Some((&settings, mut rest)) = data.split_first() else { return };
    let mut world = FuzzWorld::new(settings);
    while let Some((&head, tail)) = rest.split_first() {
        rest = tail;
        let (client, kind, amount) = (head as usize & 3, head >> 2 & 3, (head >> 4) as usize);
        match kind {
            0 | 1 => {
                let (bytes, tail) = rest.split_at((amount * 8 + 1).min(rest.len()));
                rest = tail;
                world.arrive(client, bytes);
            }
            2 => world.pass(amount as u64 * amount as u64 * 1000),
            _ => world.reconnect(client),
        }
        world.turn();
    }
    for (_, db) in world.engine.keyspace().iter() {
        db.check();
    }
    world.engine.waiters().check();
    let blocked = world.engine.clients().iter().filter(|client| client.flags.contains(ClientFlags::BLOCKED)).count();
    assert_eq!(blocked, world.engine.waiters().len(), "blocked clients are those that wait");
}

struct FuzzWorld {
    engine: Engine,
    now: Now,
    disk: MemoryDisk,
    clients: [Option<ClientId>; 4],
}

impl FuzzWorld {
    fn new(settings: u8) -> FuzzWorld {
        let now = Now { unix_us: 1_700_000_000_000_000, monotonic_us: 1 };
        let config = Config {
            databases: if settings & 2 == 0 { 16 } else { 2 },
            // Small limits: the fuzzer shall find logic, not memory.
            proto_max_bulk_len: 1 << 20,
            client_query_buffer_limit: 1 << 20,
            maxmemory: 256 << 20,
            ..Config::default()
        };
        let mut engine = Engine::new(config, 1, now);
        engine.keep_journal(settings & 1 != 0);
        FuzzWorld { engine, now, disk: MemoryDisk::default(), clients: [None; 4] }
    }

    fn client(&mut self, index: usize) -> ClientId {
        let known = self.clients[index].filter(|&id| self.engine.is_connected(id));
        known.unwrap_or_else(|| {
            let peer = Peer { address: "127.0.0.1:1".into(), loopback: true, ..Peer::default() };
            let id = self.engine.connect(peer, self.now).expect("few clients are let in");
            self.clients[index] = Some(id);
            id
        })
    }

    fn arrive(&mut self, index: usize, bytes: &[u8]) {
        let id = self.client(index);
        self.engine.query_buffer(id).extend(bytes);
        self.engine.handle_readable(id, self.now);
    }

    fn pass(&mut self, us: u64) {
        self.now.unix_us += us;
        self.now.monotonic_us += us;
        self.engine.handle_timeout(self.now);
    }

    fn reconnect(&mut self, index: usize) {
        if let Some(id) = self.clients[index].take() {
            self.engine.disconnect(id, self.now);
        }
    }

    fn turn(&mut self) {
        let permit = match self.engine.end_turn(self.now) {
            Turn::Clean(permit) => permit,
            Turn::Journal(batch) => {
                let outcome = self.disk.append(batch.file(), batch.bytes());
                self.engine.journal_written(batch, outcome, self.now)
            }
        };
        while let Some(id) = self.engine.next_writable(&permit) {
            let count = self.engine.output(id, &permit).len();
            self.engine.sent(id, count, self.now);
        }
        while let Some(action) = self.engine.poll_action() {
            if let Action::File { id, op, .. } = action {
                let outcome = self.disk.execute(op);
                self.engine.complete(id, outcome, self.now);
            } else if let Action::Link { id, op } = action {
                self.engine.complete(id, op.without_network(), self.now);
            } else if let Action::Reconfigure { id, .. } | Action::WriteFile { id, .. } | Action::ReadFile { id, .. } =
                action
            {
                self.engine.complete(id, Outcome::Failed("not here".into()), self.now);
            }
        }
    }
}
