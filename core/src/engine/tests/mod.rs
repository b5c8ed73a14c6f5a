//! Tests of the engine through its surface: bytes in, turns, bytes out, with a clock that stands until it is moved.

mod admission;
mod blocking;
mod connections;
mod limits;
mod monitoring;
mod pauses;
mod plain_base;
mod pubsub;
#[cfg(feature = "lua")]
mod scripts;
mod tracking;
mod transactions;

use super::Engine;
use super::action::Action;
use super::client::{ClientId, Peer};
use super::turn::Turn;
use crate::config::{Config, ProtectedAction};
use crate::time::Now;

/// An engine and its driver: sockets that take everything, and a clock.
struct World {
    engine: Engine,
    now: Now,
    /// Connections that the engine had closed.
    closed: Vec<ClientId>,
    log: Vec<String>,
    /// What has been sent to each connection and not been looked at yet.
    received: Vec<(ClientId, Vec<u8>)>,
    /// What the driver was asked for, by tests that answer.
    asked: Option<Vec<Action>>,
}

impl World {
    fn new() -> World {
        World::with(Config::default())
    }

    fn with(config: Config) -> World {
        // Nothing is carried out here, so nothing is saved by itself.
        let config = Config { enable_debug_command: ProtectedAction::Yes, save: Vec::new(), ..config };
        let now = Now { unix_us: 1_700_000_000_000_000, monotonic_us: 5_000_000 };
        let engine = Engine::new(config, 7, now);
        World { engine, now, closed: Vec::new(), log: Vec::new(), received: Vec::new(), asked: None }
    }

    fn connect(&mut self) -> ClientId {
        let peer = Peer { address: "127.0.0.1:9".into(), loopback: true, ..Peer::default() };
        self.engine.connect(peer, self.now).expect("a local connection is let in")
    }

    /// Bytes arrive; nothing is sent yet.
    fn arrive(&mut self, id: ClientId, bytes: &[u8]) {
        self.engine.query_buffer(id).extend(bytes);
        self.engine.handle_readable(id, self.now);
    }

    /// Ends the turn and sends everything.
    fn turn(&mut self) {
        let permit = match self.engine.end_turn(self.now) {
            Turn::Clean(permit) => permit,
            Turn::Journal(_) => unreachable!("there is no log"),
        };
        while let Some(id) = self.engine.next_writable(&permit) {
            let output = self.engine.output(id, &permit).to_vec();
            let count = output.len();
            match self.received.iter_mut().find(|(known, _)| *known == id) {
                Some((_, received)) => received.extend(output),
                None => self.received.push((id, output)),
            }
            self.engine.sent(id, count, self.now);
        }
        while let Some(action) = self.engine.poll_action() {
            match action {
                Action::Close(id) => self.closed.push(id),
                Action::Log(_, text) => self.log.push(text),
                other => self.asked.as_mut().expect("this test expects no action").push(other),
            }
        }
    }

    /// What a connection has been sent since the last look.
    fn take(&mut self, id: ClientId) -> String {
        let at = self.received.iter().position(|(known, _)| *known == id);
        let bytes = at.map(|at| self.received.remove(at).1).unwrap_or_default();
        bytes.escape_ascii().to_string()
    }

    /// Sends bytes, ends the turn, and returns the answer with its line ends escaped.
    fn ask(&mut self, id: ClientId, bytes: &str) -> String {
        self.arrive(id, bytes.as_bytes());
        self.turn();
        self.take(id)
    }

    /// Time passes, and what is due happens.
    fn pass_ms(&mut self, ms: u64) {
        self.now.unix_us += ms * 1000;
        self.now.monotonic_us += ms * 1000;
        self.engine.handle_timeout(self.now);
        self.turn();
    }

    fn is_closed(&self, id: ClientId) -> bool {
        self.closed.contains(&id)
    }
}
