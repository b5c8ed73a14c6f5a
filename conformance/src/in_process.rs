//! The engine in this process as a [`Target`]: no sockets, no server, and time that only passes when asked.
//!
//! It is a driver like the server and the simulator: it supplies bytes and time, ends turns, and carries out the
//! engine's actions as far as they mean something here. Files exist in memory only; changes of ports and folders
//! are accepted and have no effect.
//!
//! | clock    | used for        | what passes                                                       |
//! |----------|-----------------|-------------------------------------------------------------------|
//! | `Real`   | the differ      | the machine's time, since a real server stands beside             |
//! | `Manual` | scripts         | only what `@sleep` says, or a wait for a reply that needs a timeout |

use crate::target::{Progress, Received, Target, Want};
use etalon_core::Now;
use etalon_core::config::{Config, LogLevel, ProtectedAction};
use etalon_core::engine::Engine;
use etalon_core::engine::action::{Action, Outcome};
use etalon_core::engine::client::{ClientId, Peer};
use etalon_core::engine::persistence::memory::MemoryDisk;
use etalon_core::engine::turn::Turn;
use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant, SystemTime};

/// Where the engine's time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    Real,
    Manual,
}

/// The engine, driven.
pub struct EngineTarget {
    engine: Engine,
    clock: Clock,
    seed: u64,
    now: Now,
    origin: Instant,
    clients: Vec<Option<Connection>>,
    files: BTreeMap<String, Vec<u8>>,
    disk: MemoryDisk,
    next_port: u16,
    exited: bool,
    /// Warnings of the last start.
    log: Vec<String>,
    /// What was propagated and not yet asked for; none until it is asked for the first time.
    propagated: Option<Vec<u8>>,
}

struct Connection {
    /// None if the engine refused it.
    id: Option<ClientId>,
    address: String,
    inbox: Vec<u8>,
    closed: bool,
}

const SERVER_ADDRESS: &str = "127.0.0.1:6379";
/// The wall clock at which scripts start: 2024-01-01, of no importance.
const START_UNIX_US: u64 = 1_704_067_200_000_000;

impl EngineTarget {
    /// An engine configured as the launcher configures servers.
    pub fn new(clock: Clock, seed: u64) -> EngineTarget {
        let config = Config { enable_debug_command: ProtectedAction::Yes, ..Config::default() };
        let origin = Instant::now();
        let unix_us = match clock {
            Clock::Manual => START_UNIX_US,
            Clock::Real => unix_now_us(),
        };
        let now = Now { unix_us, monotonic_us: 1 };
        let engine = Engine::new(config, seed, now);
        let (clients, files) = (Vec::new(), BTreeMap::new());
        let mut target = EngineTarget {
            engine,
            clock,
            seed,
            now,
            origin,
            clients,
            files,
            disk: MemoryDisk::default(),
            next_port: 40_000,
            exited: false,
            log: Vec::new(),
            propagated: None,
        };
        // As the launcher does, and over one connection, as its probe: so that ids agree.
        target.connect(0).expect("a new engine accepts");
        target.ask(0, &[b"CONFIG", b"SET", b"save", b""]).expect("a new engine answers");
        target.disconnect(0);
        target
    }

    /// An engine with an append-only file, started on what that disk holds. Errors: it ends instead, with what it has logged.
    pub fn with_log(seed: u64, disk: MemoryDisk) -> Result<EngineTarget, String> {
        let mut target = EngineTarget::new(Clock::Real, seed);
        let mut config = target.engine.config().clone();
        config.appendonly = true;
        let now = target.now();
        target.engine = Engine::new(config, seed, now);
        target.clients.clear();
        target.disk = disk;
        target.engine.load_at_start(now);
        target.turn();
        if target.exited { Err(target.log.join("\n")) } else { Ok(target) }
    }

    /// The engine itself, for checks of its insides.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Its disk.
    pub fn disk(&mut self) -> &mut MemoryDisk {
        &mut self.disk
    }

    fn keep_journal(&mut self) {
        self.engine.keep_journal(true);
        self.propagated = Some(Vec::new());
    }

    fn now(&mut self) -> Now {
        if self.clock == Clock::Real {
            let monotonic_us = self.origin.elapsed().as_micros() as u64 + 1;
            self.now = Now { unix_us: unix_now_us(), monotonic_us: monotonic_us.max(self.now.monotonic_us) };
        }
        self.now
    }

    fn pass(&mut self, span: Duration) {
        match self.clock {
            Clock::Real => std::thread::sleep(span),
            Clock::Manual => {
                self.now.unix_us += span.as_micros() as u64;
                self.now.monotonic_us += span.as_micros() as u64;
            }
        }
        let now = self.now();
        if self.engine.next_timeout().is_some_and(|at| at <= now.monotonic_us) {
            self.engine.handle_timeout(now);
        }
        self.turn();
    }

    /// Ends the turn: replies move to the inboxes, actions are carried out; again while that makes more.
    fn turn(&mut self) {
        loop {
            let now = self.now();
            let permit = match self.engine.end_turn(now) {
                Turn::Clean(permit) => permit,
                Turn::Journal(batch) => {
                    let outcome = self.disk.append(batch.file(), batch.bytes());
                    self.engine.journal_written(batch, outcome, now)
                }
            };
            if let Some(propagated) = &mut self.propagated {
                propagated.append(&mut self.engine.take_propagated());
            }
            while let Some(id) = self.engine.next_writable(&permit) {
                let output = self.engine.output(id, &permit);
                let count = output.len();
                if let Some(connection) = self.clients.iter_mut().flatten().find(|c| c.id == Some(id)) {
                    connection.inbox.extend_from_slice(output);
                }
                self.engine.sent(id, count, now);
            }
            if !self.act(now) {
                return;
            }
        }
    }

    /// Carries out what the engine asks for; true if something was completed.
    fn act(&mut self, now: Now) -> bool {
        let mut completed = false;
        while let Some(action) = self.engine.poll_action() {
            let (id, outcome) = match action {
                Action::Close(client) => {
                    if let Some(connection) = self.clients.iter_mut().flatten().find(|c| c.id == Some(client)) {
                        connection.closed = true;
                    }
                    continue;
                }
                Action::Exit(_) | Action::Abort => {
                    self.exited = true;
                    self.clients.iter_mut().flatten().for_each(|connection| connection.closed = true);
                    continue;
                }
                Action::Log(LogLevel::Warning, text) => {
                    self.log.push(text);
                    continue;
                }
                Action::Log(..) | Action::Discard(_) | Action::Cancel(_) | Action::Loaded => continue,
                Action::File { id, op, .. } => (id, self.disk.execute(op)),
                Action::Link { id, op } => (id, op.without_network()),
                Action::Reconfigure { id, .. } => (id, Outcome::Done),
                Action::WriteFile { id, path, content } => {
                    self.files.insert(path, content);
                    (id, Outcome::Done)
                }
                Action::ReadFile { id, path } => match self.files.get(&path) {
                    Some(content) => (id, Outcome::Content(content.clone())),
                    None => (id, Outcome::Failed("No such file or directory".into())),
                },
            };
            self.engine.complete(id, outcome, now);
            completed = true;
        }
        completed
    }

    fn connection(&mut self, client: usize) -> Option<&mut Connection> {
        self.clients.get_mut(client)?.as_mut()
    }
}

fn unix_now_us() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.expect("the clock of this machine is past 1970").as_micros() as u64
}

impl Target for EngineTarget {
    fn name(&self) -> &str {
        "engine"
    }

    fn connect(&mut self, client: usize) -> io::Result<()> {
        self.disconnect(client);
        if self.exited {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        while self.clients.len() <= client {
            self.clients.push(None);
        }
        self.next_port = self.next_port.checked_add(1).unwrap_or(40_000);
        let address = format!("127.0.0.1:{}", self.next_port);
        let peer = Peer {
            address: address.clone(),
            local_address: SERVER_ADDRESS.to_string(),
            fd: 8 + client as i32,
            unix_socket: false,
            loopback: true,
        };
        let now = self.now();
        let (id, inbox, closed) = match self.engine.connect(peer, now) {
            Ok(id) => (Some(id), Vec::new(), false),
            Err(refused) => (None, refused.reply.to_vec(), true),
        };
        self.clients[client] = Some(Connection { id, address, inbox, closed });
        self.turn();
        Ok(())
    }

    fn disconnect(&mut self, client: usize) {
        let now = self.now();
        if let Some(connection) = self.clients.get_mut(client).and_then(Option::take)
            && !connection.closed
            && let Some(id) = connection.id
        {
            self.engine.disconnect(id, now);
            self.turn();
        }
    }

    fn send(&mut self, client: usize, bytes: &[u8]) {
        let Some(Some(connection)) = self.clients.get(client) else { return };
        let Some(id) = connection.id.filter(|_| !connection.closed) else { return };
        // A real driver reads pieces too, and looks at the clock before each.
        for piece in bytes.chunks(16 * 1024) {
            if !self.engine.is_connected(id) {
                return;
            }
            let now = self.now();
            self.engine.query_buffer(id).extend(piece);
            self.engine.handle_readable(id, now);
            self.turn();
        }
    }

    fn half_close(&mut self, client: usize) {
        self.turn();
        let now = self.now();
        if let Some(connection) = self.connection(client)
            && !connection.closed
            && let Some(id) = connection.id
        {
            connection.closed = true;
            self.engine.disconnect(id, now);
            self.turn();
        }
    }

    fn receive(&mut self, client: usize, want: Want, timeout: Duration, into: &mut Vec<u8>) -> Received {
        let mut progress = Progress::default();
        let mut left = timeout;
        loop {
            let Some(connection) = self.connection(client) else { return Received::Closed };
            let outcome = progress.scan(&connection.inbox, want);
            if let Some(outcome) = outcome.or(connection.closed.then_some(Received::Closed)) {
                let upto = if outcome == Received::Complete { progress.scanned } else { connection.inbox.len() };
                into.extend(connection.inbox.drain(..upto));
                let expected_end = want == Want::Close && outcome == Received::Closed;
                return if expected_end { Received::Complete } else { outcome };
            }
            if left.is_zero() {
                into.append(&mut connection.inbox);
                return Received::TimedOut;
            }
            // Only time can bring more (DEBUG SLEEP, a pause, a blocked client).
            let step = Duration::from_millis(1).min(left);
            self.pass(step);
            left -= step;
        }
    }

    fn arrived(&mut self, client: usize, into: &mut Vec<u8>) -> bool {
        let Some(connection) = self.connection(client) else { return false };
        into.append(&mut connection.inbox);
        !connection.closed
    }

    fn sleep(&mut self, span: Duration) {
        let mut left = span;
        while !left.is_zero() {
            let step = Duration::from_millis(1).min(left);
            self.pass(step);
            left -= step;
        }
    }

    fn restart(&mut self) -> bool {
        let keeps_journal = self.propagated.is_some();
        *self = EngineTarget::new(self.clock, self.seed);
        if keeps_journal {
            self.keep_journal();
        }
        true
    }

    fn propagated(&mut self) -> io::Result<Vec<u8>> {
        match &mut self.propagated {
            Some(propagated) => Ok(std::mem::take(propagated)),
            None => {
                self.keep_journal();
                Ok(Vec::new())
            }
        }
    }

    fn client_addr(&self, client: usize) -> Option<String> {
        self.clients.get(client)?.as_ref().map(|connection| connection.address.clone())
    }

    fn server_addr(&self) -> String {
        SERVER_ADDRESS.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::Value;

    #[test]
    fn the_engine_answers_and_time_stands_still_until_asked() {
        let mut target = EngineTarget::new(Clock::Manual, 1);
        target.connect(1).expect("it accepts");
        assert_eq!(target.ask(1, &[b"SET", b"k", b"v", b"PX", b"50"]).expect("a reply"), Value::Simple(b"OK".to_vec()));
        assert_eq!(target.ask(1, &[b"PTTL", b"k"]).expect("a reply").as_integer(), Some(50));
        target.sleep(Duration::from_millis(51));
        assert!(target.ask(1, &[b"GET", b"k"]).expect("a reply").is_null());
    }

    #[test]
    fn a_connection_that_the_engine_closes_is_closed() {
        let mut target = EngineTarget::new(Clock::Manual, 1);
        target.connect(1).expect("it accepts");
        target.send(1, b"*abc\r\n");
        let mut said = Vec::new();
        assert_eq!(target.receive(1, Want::Close, Duration::from_millis(5), &mut said), Received::Complete);
        assert_eq!(said, b"-ERR Protocol error: invalid multibulk length\r\n");
    }
}
