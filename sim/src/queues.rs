//! The queue workload: producers and consumers of a few lists, consumers that wait, and what may happen to them.
//!
//! A seed decides everything: commands arrive in pieces that end anywhere, clients pipeline behind a command that blocks, give
//! up after a timeout, break off, rename lists under those who wait. A naive model (lists as lists, those who wait in order of
//! arrival) says after every event what each client must have received, byte for byte. Beyond that, at the end: no element
//! was given to two clients, and none is lost: what was pushed has been given away, dropped with its list, or is still there.
//!
//! Source: the manual's promises about BLPOP (first come, first served) and BLMOVE, and the order in which 7.0.15 serves.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use etalon_core::Engine;
use etalon_core::config::Config;
use etalon_core::engine::action::Action;
use etalon_core::engine::client::{ClientId, Peer};
use etalon_core::engine::turn::Turn;
use etalon_core::structures::Rng;

use crate::clock::Clock;

mod model;

use model::{Command, End, Model};

const CLIENTS: usize = 6;
const KEYS: u64 = 4;

/// What a run did, for those who ask whether it did anything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Summary {
    pub commands: u64,
    /// Elements that somebody got who had waited.
    pub waited: u64,
    pub timeouts: u64,
    pub breaks: u64,
}

/// Runs a seed. Errors: what was wrong.
pub fn run_seed(seed: u64, events: usize) -> Result<Summary, String> {
    let mut world = World::new(seed);
    for event in 0..events {
        world.event();
        world.compare().map_err(|what| format!("seed {seed}, event {event}: {what}"))?;
    }
    world.account().map_err(|what| format!("seed {seed}: {what}"))?;
    Ok(world.summary)
}

/// A connection of the world.
struct Connection {
    id: ClientId,
    /// Sent and not arrived yet.
    under_way: VecDeque<u8>,
    /// The commands in there: each with the number of its bytes that have not arrived.
    sent: VecDeque<(Command, usize)>,
    received: Vec<u8>,
}

struct World {
    engine: Engine,
    clock: Clock,
    rng: Rng,
    connections: Vec<Connection>,
    model: Model,
    pushed: u64,
    summary: Summary,
}

impl World {
    fn new(seed: u64) -> World {
        let clock = Clock::new();
        let mut engine = Engine::new(Config { save: Vec::new(), ..Config::default() }, seed, clock.now());
        let connections = (0..CLIENTS).map(|_| connect(&mut engine, &clock)).collect();
        let model = Model::new(CLIENTS);
        World { engine, clock, rng: Rng::new(seed), connections, model, pushed: 0, summary: Summary::default() }
    }

    fn event(&mut self) {
        let client = self.rng.below(CLIENTS as u64) as usize;
        match self.rng.below(20) {
            0 => self.break_off(client),
            1..=3 => self.pass(),
            4..=11 => {
                for _ in 0..=self.rng.below(3) {
                    self.send(client);
                }
                self.deliver(client);
            }
            _ => self.deliver(client),
        }
        self.end_turn();
    }

    fn send(&mut self, client: usize) {
        let command = self.draw();
        let request = command.request();
        let connection = &mut self.connections[client];
        connection.sent.push_back((command, request.len()));
        connection.under_way.extend(request);
    }

    fn draw(&mut self) -> Command {
        let rng = &mut self.rng;
        let key = rng.below(KEYS) as u8;
        let other = rng.below(KEYS) as u8;
        let end = if rng.below(2) == 0 { End::Left } else { End::Right };
        let to = if rng.below(2) == 0 { End::Left } else { End::Right };
        let timeout_ms = if rng.below(3) == 0 { 1 + rng.below(60) } else { 0 };
        let keys = (0..=rng.below(3)).map(|_| rng.below(KEYS) as u8).collect();
        match rng.below(16) {
            0..=4 => {
                let count = 1 + rng.below(3);
                let first = self.pushed;
                self.pushed += count;
                Command::Push { key, end, elements: (first..first + count).collect() }
            }
            5 => Command::Pop { key, end },
            6..=8 => Command::BlockingPop { keys, end, timeout_ms },
            9..=10 => Command::BlockingPopMany { keys, end, count: 1 + rng.below(3) as usize, timeout_ms },
            11..=12 => Command::BlockingMove { from: key, to: other, ends: (end, to), timeout_ms },
            13 => Command::Move { from: key, to: other, ends: (end, to) },
            14 => Command::Rename { from: key, to: other },
            _ => Command::Delete { key },
        }
    }

    /// Some of what is under way arrives, cut anywhere.
    fn deliver(&mut self, client: usize) {
        let connection = &mut self.connections[client];
        let len = connection.under_way.len();
        let count = match self.rng.below(3) {
            0 => self.rng.below(len as u64 + 1) as usize,
            _ => len,
        };
        if count == 0 {
            return;
        }
        let bytes: Vec<u8> = connection.under_way.drain(..count).collect();
        let mut left = count;
        while let Some((command, missing)) = connection.sent.front_mut() {
            if *missing > left {
                *missing -= left;
                break;
            }
            left -= *missing;
            self.model.arrive(client, command.clone());
            self.summary.commands += 1;
            connection.sent.pop_front();
        }
        self.engine.query_buffer(connection.id).extend(&bytes);
        self.engine.handle_readable(connection.id, self.clock.now());
        self.model.run(client, self.clock.now().monotonic_ms());
    }

    fn break_off(&mut self, client: usize) {
        self.engine.disconnect(self.connections[client].id, self.clock.now());
        self.connections[client] = connect(&mut self.engine, &self.clock);
        self.model.forget(client);
        self.summary.breaks += 1;
    }

    /// Time passes; the node is woken whenever it wants to be.
    fn pass(&mut self) {
        let until_us = self.clock.now().monotonic_us + self.rng.below(40_000);
        while let Some(due_us) = self.engine.next_timeout().filter(|&due_us| due_us <= until_us) {
            self.clock.jump_to(due_us.max(self.clock.now().monotonic_us));
            self.engine.handle_timeout(self.clock.now());
            let numbers: Vec<u64> = self.connections.iter().map(|connection| connection.id.id).collect();
            self.summary.timeouts += self.model.time_out(self.clock.now().monotonic_ms(), &numbers);
            self.end_turn();
        }
        self.clock.jump_to(until_us);
    }

    fn end_turn(&mut self) {
        let now = self.clock.now();
        self.model.end_turn(now.monotonic_ms());
        let Turn::Clean(permit) = self.engine.end_turn(now) else { unreachable!("no journal is kept") };
        while let Some(id) = self.engine.next_writable(&permit) {
            let output = self.engine.output(id, &permit);
            let count = output.len();
            let connection = self.connections.iter_mut().find(|connection| connection.id == id);
            connection.expect("the engine knows these only").received.extend_from_slice(output);
            self.engine.sent(id, count, now);
        }
        while let Some(action) = self.engine.poll_action() {
            assert!(matches!(action, Action::Log(..)), "nothing was asked for: {action:?}");
        }
    }

    /// Everybody has received what the model says, no more and no less.
    fn compare(&mut self) -> Result<(), String> {
        for (client, connection) in self.connections.iter_mut().enumerate() {
            let received = std::mem::take(&mut connection.received);
            let expected = std::mem::take(&mut self.model.replies[client]);
            if received != expected {
                let (received, expected) = (received.escape_ascii(), expected.escape_ascii());
                return Err(format!("client {client} received {received} and should have {expected}"));
            }
        }
        Ok(())
    }

    /// Every element is in one place.
    fn account(&mut self) -> Result<(), String> {
        self.summary.waited = self.model.given_to_waiting;
        let places = [&self.model.given[..], &self.model.dropped[..]].concat();
        let left = self.model.lists.values().flatten().copied();
        let unsent = self.connections.iter().flat_map(|connection| &connection.sent);
        let mut seen = BTreeSet::new();
        for element in places.into_iter().chain(left) {
            if !seen.insert(element) {
                return Err(format!("element {element} was given twice"));
            }
        }
        let pending = self.model.backlogs.iter().flatten().chain(unsent.map(|(command, _)| command));
        let pending: BTreeSet<u64> = pending.flat_map(Command::elements).copied().collect();
        // What was under way on a connection that broke never arrived.
        let lost = self.model.executed_pushes.iter().find(|element| !seen.contains(element));
        match lost {
            Some(element) => Err(format!("element {element} is lost")),
            None if pending.intersection(&seen).next().is_some() => {
                Err("an element was seen before its push ran".into())
            }
            None => self.lists_agree(),
        }
    }

    /// The lists of the engine are those of the model.
    fn lists_agree(&mut self) -> Result<(), String> {
        let lists: BTreeMap<u8, VecDeque<u64>> = self.model.lists.clone();
        let reader = connect(&mut self.engine, &self.clock);
        self.connections.push(reader);
        for (key, list) in lists {
            let reader = self.connections.last_mut().expect("just pushed");
            let request = format!("LRANGE k{key} 0 -1\r\n");
            self.engine.query_buffer(reader.id).extend(request.as_bytes());
            self.engine.handle_readable(reader.id, self.clock.now());
            self.end_turn();
            let received = std::mem::take(&mut self.connections.last_mut().expect("just pushed").received);
            let expected = model::array(list.iter().map(|element| model::element(*element)));
            if received != expected {
                return Err(format!("list k{key} is {}", received.escape_ascii()));
            }
        }
        self.connections.pop();
        Ok(())
    }
}

fn connect(engine: &mut Engine, clock: &Clock) -> Connection {
    let peer = Peer { address: "127.0.0.1:9".into(), loopback: true, ..Peer::default() };
    let id = engine.connect(peer, clock.now()).expect("a local connection is let in");
    Connection { id, under_way: VecDeque::new(), sent: VecDeque::new(), received: Vec::new() }
}
