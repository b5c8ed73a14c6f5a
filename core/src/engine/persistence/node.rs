//! An engine with a disk whose operations happen when a test says so: any of them may fail, and a copy of the disk at any moment is
//! what a crash would leave behind.

use std::collections::VecDeque;

use super::file::{FileOp, Lane};
use super::memory::MemoryDisk;
use crate::config::{Config, ProtectedAction};
use crate::engine::Engine;
use crate::engine::action::{Action, ActionId, Outcome};
use crate::engine::client::{ClientId, Peer};
use crate::engine::turn::Turn;
use crate::time::Now;

/// When every test begins.
const START: Now = Now { unix_us: 1_700_000_000_000_000, monotonic_us: 1 };

/// One process and its disk.
pub struct Node {
    pub engine: Engine,
    pub now: Now,
    pub disk: MemoryDisk,
    pub asked: VecDeque<(ActionId, Lane, FileOp)>,
    pub received: Vec<(ClientId, Vec<u8>)>,
    pub log: Vec<String>,
    pub exit: Option<i32>,
    pub loaded: bool,
    /// What becomes of the next batch, if it doesn't go well.
    pub batch_failure: Option<Outcome>,
}

impl Node {
    /// A process that has begun to load what is on the disk.
    pub fn start(disk: MemoryDisk, settings: impl FnOnce(&mut Config)) -> Node {
        let mut config = Config { enable_debug_command: ProtectedAction::Yes, ..Config::default() };
        settings(&mut config);
        let mut node = Node {
            engine: Engine::new(config, 1, START),
            now: START,
            disk,
            asked: VecDeque::new(),
            received: Vec::new(),
            log: Vec::new(),
            exit: None,
            loaded: false,
            batch_failure: None,
        };
        node.engine.load_at_start(START);
        node.turn();
        node
    }

    /// One that has loaded it.
    pub fn running(disk: MemoryDisk, settings: impl FnOnce(&mut Config)) -> Node {
        let mut node = Node::start(disk, settings);
        node.run();
        assert!(node.loaded, "{:?}", node.log);
        node
    }

    /// Ends the turn: what is journalled is appended, replies are received, actions are noted.
    pub fn turn(&mut self) {
        let permit = match self.engine.end_turn(self.now) {
            Turn::Clean(permit) => permit,
            Turn::Journal(batch) => {
                let outcome = match self.batch_failure.take() {
                    None => self.disk.append(batch.file(), batch.bytes()),
                    Some(Outcome::Short { bytes, reason }) => {
                        self.disk.append(batch.file(), &batch.bytes()[..bytes as usize]);
                        Outcome::Short { bytes, reason }
                    }
                    Some(failure) => failure,
                };
                self.engine.journal_written(batch, outcome, self.now)
            }
        };
        while let Some(id) = self.engine.next_writable(&permit) {
            let output = self.engine.output(id, &permit).to_vec();
            self.engine.sent(id, output.len(), self.now);
            match self.received.iter_mut().find(|(known, _)| *known == id) {
                Some((_, received)) => received.extend(output),
                None => self.received.push((id, output)),
            }
        }
        while let Some(action) = self.engine.poll_action() {
            match action {
                Action::File { id, lane, op } => self.asked.push_back((id, lane, op)),
                Action::Log(_, text) => self.log.push(text),
                Action::Exit(code) => self.exit = Some(code),
                Action::Loaded => self.loaded = true,
                _ => {}
            }
        }
    }

    /// Carries out the next operation, or has it fail. Whether there was one.
    pub fn step(&mut self, failure: Option<&str>) -> bool {
        let Some((id, _, op)) = self.asked.pop_front() else { return false };
        let outcome = match (failure, op) {
            (None, op) => self.disk.execute(op),
            (Some(reason), FileOp::Encode { encoder, .. }) => Outcome::Encoded { encoder, error: Some(reason.into()) },
            (Some(reason), _) => Outcome::Failed(reason.into()),
        };
        self.engine.complete(id, outcome, self.now);
        self.turn();
        true
    }

    pub fn run(&mut self) {
        while self.step(None) {}
    }

    pub fn pass_ms(&mut self, ms: u64) {
        self.now.unix_us += ms * 1000;
        self.now.monotonic_us += ms * 1000;
        self.engine.handle_timeout(self.now);
        self.turn();
    }

    pub fn connect(&mut self) -> ClientId {
        let id = self.engine.connect(Peer { loopback: true, ..Peer::default() }, self.now);
        id.expect("there is room")
    }

    pub fn send(&mut self, id: ClientId, line: &str) {
        self.engine.query_buffer(id).extend(format!("{line}\r\n").as_bytes());
        self.engine.handle_readable(id, self.now);
        self.turn();
    }

    pub fn take(&mut self, id: ClientId) -> String {
        let at = self.received.iter().position(|(known, _)| *known == id);
        let bytes = at.map(|at| self.received.remove(at).1).unwrap_or_default();
        String::from_utf8_lossy(&bytes).trim_end().replace("\r\n", " ")
    }

    pub fn ask(&mut self, id: ClientId, line: &str) -> String {
        self.send(id, line);
        self.take(id)
    }

    /// The reply once all operations are done.
    pub fn ask_and_run(&mut self, id: ClientId, line: &str) -> String {
        self.send(id, line);
        self.run();
        self.take(id)
    }

    pub fn digest(&mut self) -> String {
        let client = self.connect();
        self.ask_and_run(client, "DEBUG DIGEST")
    }

    pub fn logged(&self, part: &str) -> bool {
        self.log.iter().any(|line| line.contains(part))
    }

    pub fn field(&mut self, id: ClientId, name: &str) -> String {
        let mut info = self.ask(id, "INFO persistence");
        if info.is_empty() {
            // It waits for a sync.
            self.run();
            info = self.take(id);
        }
        let at = info.find(&format!("{name}:")).unwrap_or_else(|| panic!("{name} in {info}"));
        info[at + name.len() + 1..].split(' ').next().expect("a value").to_string()
    }
}
