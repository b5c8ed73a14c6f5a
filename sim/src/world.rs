//! The world: one node, its clients, the network between them, and both clocks; runs a plan and checks what comes back.
//!
//! The clock jumps to the next event. What the node does is done by the real engine through the same surface that the
//! server uses; the world only supplies bytes and time. A command counts as executed when its last byte has been
//! delivered: at that moment the model executes it too, and says what the reply must be.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use etalon_core::Engine;
use etalon_core::config::Config;
use etalon_core::engine::action::{Action, Outcome};
use etalon_core::engine::client::{ClientId, Peer};
use etalon_core::engine::persistence::memory::MemoryDisk;
use etalon_core::engine::turn::Turn;
use etalon_core::keyspace::{DbIndex, Snapshot};
use etalon_core::structures::Rng;

use crate::clock::Clock;
use crate::marks::Marks;
use crate::model::{Expect, Model, overdue};
use crate::network::Cut;
use crate::plan::{Plan, Step, StepKind};
use crate::trace::{Actor, Row, Trace, printable};

pub(crate) mod connection;
mod scan;

use connection::{Connection, Sent};

/// What was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Simulated time, microseconds.
    pub at_us: u64,
    pub what: String,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Report {
    pub failure: Option<Failure>,
    pub trace: Trace,
    pub marks: Marks,
    /// Commands that the node executed and the model predicted.
    pub executed: u64,
}

/// Runs a plan to its end or to the first failure. Rows are kept if asked for.
pub fn run_plan(plan: &Plan, keep_rows: bool) -> Report {
    let mut world = World::new(plan, keep_rows);
    let failure = world.run().err();
    if let Some(failure) = &failure {
        let what = failure.what.clone();
        world.row(Actor::World, None, || format!("FAILED: {what}"));
    }
    Report { failure, trace: world.trace, marks: world.marks, executed: world.executed }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Step(usize),
    /// Bytes arrive at the node; of that incarnation of the client's connection.
    ToNode(usize, u32),
    ToClient(usize, u32),
    /// The client's socket takes output again.
    Writable(usize, u32),
    Timeout,
}

struct SavedSnapshot {
    data: Snapshot,
    contents: Vec<(DbIndex, Vec<u8>, Vec<u8>)>,
    writes_at: u64,
}

struct World<'p> {
    plan: &'p Plan,
    engine: Engine,
    /// It never fails so far.
    disk: MemoryDisk,
    clock: Clock,
    queue: BinaryHeap<Reverse<(u64, u64, Event)>>,
    sequence: u64,
    timeout_at: Option<u64>,
    /// Sockets that took a part of the output, and will take the rest.
    writables: usize,
    clients: Vec<Option<Connection>>,
    incarnations: Vec<u32>,
    model: Model,
    snapshots: Vec<SavedSnapshot>,
    trace: Trace,
    marks: Marks,
    executed: u64,
    answered: u64,
    wall_start_ms: i64,
    /// Randomness of deliveries, from the seed of the step that caused them.
    rng: Rng,
}

type Checked = Result<(), Failure>;

impl<'p> World<'p> {
    fn new(plan: &'p Plan, keep_rows: bool) -> World<'p> {
        let clock = Clock::new();
        // Without save points: the disk has no faults so far, and FLUSHALL would wait for it.
        let save = Vec::new();
        let config =
            Config { save, databases: plan.databases, hz: plan.hz, timeout: plan.timeout_s, ..Config::default() };
        World {
            engine: Engine::new(config, plan.seed, clock.now()),
            disk: MemoryDisk::default(),
            wall_start_ms: clock.now().unix_ms().0,
            clock,
            queue: BinaryHeap::new(),
            sequence: 0,
            timeout_at: None,
            writables: 0,
            clients: (0..plan.clients).map(|_| None).collect(),
            incarnations: vec![0; plan.clients],
            model: Model::new(plan.databases as usize, plan.broken_model),
            snapshots: Vec::new(),
            trace: Trace::new(keep_rows),
            marks: Marks::default(),
            executed: 0,
            answered: 0,
            rng: Rng::new(plan.seed),
            plan,
        }
    }

    fn run(&mut self) -> Checked {
        let mut at = self.clock.now().monotonic_us;
        for (index, step) in self.plan.steps.iter().enumerate() {
            at += step.after_us;
            self.schedule(at, Event::Step(index));
        }
        let mut steps_left = self.plan.steps.len();
        self.schedule_timeout();
        while let Some(Reverse((at, _, event))) = self.queue.pop() {
            // After the last step the world runs on until nothing is under way.
            if event == Event::Timeout && steps_left == 0 && self.quiet() {
                break;
            }
            self.clock.jump_to(at);
            match event {
                Event::Step(index) => {
                    steps_left -= 1;
                    self.step(&self.plan.steps[index])?;
                }
                Event::ToNode(client, incarnation) => self.deliver_to_node(client, incarnation)?,
                Event::ToClient(client, incarnation) => self.deliver_to_client(client, incarnation)?,
                Event::Writable(client, incarnation) => {
                    self.writables -= 1;
                    self.writable(client, incarnation);
                }
                Event::Timeout => {
                    self.timeout_at = None;
                    self.timeout();
                }
            }
            self.turn()?;
            self.schedule_timeout();
        }
        self.check_end()
    }

    fn quiet(&self) -> bool {
        self.writables == 0 && self.clients.iter().flatten().all(Connection::is_quiet)
    }

    fn schedule(&mut self, at: u64, event: Event) {
        self.sequence += 1;
        self.queue.push(Reverse((at, self.sequence, event)));
    }

    fn schedule_timeout(&mut self) {
        let Some(next) = self.engine.next_timeout() else { return };
        let next = next.max(self.clock.now().monotonic_us);
        if self.timeout_at.is_none_or(|at| next < at) {
            self.timeout_at = Some(next);
            self.schedule(next, Event::Timeout);
        }
    }

    fn delay(&mut self) -> u64 {
        self.clock.now().monotonic_us + 1 + self.rng.below(self.plan.latency_us_max)
    }

    fn row(&mut self, actor: Actor, peer: Option<Actor>, event: impl FnOnce() -> String) {
        let now = self.clock.now();
        let wall_ms = now.unix_ms().0 - self.wall_start_ms - now.monotonic_us as i64 / 1000;
        let (executed, answered) = (self.executed, self.answered);
        self.trace.row(|| Row {
            monotonic_us: now.monotonic_us,
            wall_ms,
            actor,
            peer,
            event: event(),
            executed,
            answered,
        });
    }

    fn fail(&self, what: String) -> Failure {
        Failure { at_us: self.clock.now().monotonic_us, what }
    }

    fn step(&mut self, step: &Step) -> Checked {
        self.rng = Rng::new(step.seed);
        match &step.kind {
            StepKind::Connect { client, resp3 } => self.connect(*client, *resp3)?,
            StepKind::Send { client, commands, inline, cut } => {
                for command in commands {
                    self.send(*client, command, *inline, *cut);
                }
                self.marks.sometimes(*inline, "a client spoke inline");
            }
            StepKind::SendGarbage { client, bytes } => self.send_garbage(*client, bytes),
            StepKind::Break { client, arrives } => self.break_connection(*client, *arrives)?,
            StepKind::Scan { client, count } => self.begin_scan(*client, *count),
            StepKind::StepWall { delta_ms } => self.step_wall(*delta_ms),
            StepKind::Snapshot => self.take_snapshot(),
        }
        Ok(())
    }

    fn connect(&mut self, client: usize, resp3: bool) -> Checked {
        if self.clients[client].is_some() {
            return Ok(());
        }
        let peer = Peer {
            address: format!("127.0.0.1:{}", 40_000 + client),
            local_address: "127.0.0.1:6379".into(),
            fd: 8 + client as i32,
            unix_socket: false,
            loopback: true,
        };
        let id = self.engine.connect(peer, self.clock.now());
        let id = id.map_err(|refused| self.fail(format!("connection refused: {refused:?}")))?;
        self.incarnations[client] += 1;
        self.clients[client] = Some(Connection::new(id, self.incarnations[client]));
        self.row(Actor::Client(client), Some(Actor::Node), || "connects".into());
        if resp3 {
            let hello = vec![b"HELLO".to_vec(), b"3".to_vec()];
            self.send(client, &hello, false, Cut::Whole);
            self.marks.sometimes(true, "a client used RESP3");
        }
        Ok(())
    }

    fn send(&mut self, client: usize, command: &[Vec<u8>], inline: bool, cut: Cut) {
        let Some(connection) = &mut self.clients[client] else { return };
        if connection.ending {
            return;
        }
        connection.cut = cut;
        connection.send(command.to_vec(), inline);
        let text = self.trace.verbose().then(|| command.iter().map(|a| printable(a)).collect::<Vec<_>>().join(" "));
        self.row(Actor::Client(client), Some(Actor::Node), || format!("sends {}", text.unwrap_or_default()));
        self.schedule_to_node(client);
    }

    fn send_garbage(&mut self, client: usize, bytes: &[u8]) {
        let Some(connection) = &mut self.clients[client] else { return };
        if connection.ending {
            return;
        }
        connection.send_garbage(bytes);
        self.row(Actor::Client(client), Some(Actor::Node), || format!("sends garbage {}", printable(bytes)));
        self.schedule_to_node(client);
    }

    fn schedule_to_node(&mut self, client: usize) {
        let at = self.delay();
        let Some(connection) = &mut self.clients[client] else { return };
        if !connection.to_node_scheduled && !connection.to_node.is_empty() {
            connection.to_node_scheduled = true;
            let incarnation = connection.incarnation;
            self.schedule(at, Event::ToNode(client, incarnation));
        }
    }

    fn schedule_to_client(&mut self, client: usize) {
        let at = self.delay();
        let Some(connection) = &mut self.clients[client] else { return };
        if !connection.to_client_scheduled {
            connection.to_client_scheduled = true;
            let incarnation = connection.incarnation;
            self.schedule(at, Event::ToClient(client, incarnation));
        }
    }

    /// The connection of that client, if it is still the same one.
    fn connection(&mut self, client: usize, incarnation: u32) -> Option<&mut Connection> {
        self.clients[client].as_mut().filter(|c| c.incarnation == incarnation)
    }

    fn deliver_to_node(&mut self, client: usize, incarnation: u32) -> Checked {
        let mut rng = self.rng.clone();
        let Some(connection) = self.connection(client, incarnation) else { return Ok(()) };
        connection.to_node_scheduled = false;
        if connection.to_node.is_empty() {
            return Ok(());
        }
        let count = connection.cut.take(connection.to_node.len(), &mut rng);
        self.rng = rng;
        self.arrive_at_node(client, count)?;
        self.schedule_to_node(client);
        Ok(())
    }

    /// `count` bytes of a client arrive at the node and are handled.
    fn arrive_at_node(&mut self, client: usize, count: usize) -> Checked {
        let now = self.clock.now();
        let Some(connection) = &mut self.clients[client] else { return Ok(()) };
        let bytes = connection.to_node.deliver(count);
        let id = connection.id;
        if !self.engine.is_connected(id) {
            return Ok(());
        }
        self.trace.mix(&bytes);
        self.marks.sometimes(bytes.last() == Some(&b'\r'), "a piece ended between CR and LF");
        self.row(Actor::Node, Some(Actor::Client(client)), || format!("receives {}", printable(&bytes)));
        self.engine.query_buffer(id).extend(&bytes);
        self.engine.handle_readable(id, now);
        let before = self.executed;
        self.predict(client, count as u64);
        self.marks.sometimes(self.executed > before + 1, "several requests arrived in one piece");
        let cut = self.clients[client].as_ref().is_some_and(Connection::is_inside_request);
        self.marks.sometimes(cut, "a request arrived in more than one piece");
        Ok(())
    }

    /// The model executes what has arrived completely.
    fn predict(&mut self, client: usize, count: u64) {
        let now_ms = self.clock.now().unix_ms().0;
        let Some(mut connection) = self.clients[client].take() else { return };
        connection.delivered += count;
        while let Some(sent) = connection.next_arrived() {
            match sent {
                Sent::Garbage => {
                    connection.expected.push_back(Expect::ProtocolError);
                    connection.ending = true;
                    connection.forget_unexecuted();
                    self.marks.sometimes(true, "a protocol error closed a connection");
                    break;
                }
                Sent::Scan => {
                    self.scan_executed(&mut connection);
                    connection.expected.push_back(Expect::Scan);
                }
                Sent::Command(command) if command[0].eq_ignore_ascii_case(b"hello") => {
                    connection.session.resp3 = true;
                    connection.expected.push_back(Expect::Scan);
                }
                Sent::Command(command) => {
                    let met = self.model.overdue_met;
                    let expected = self.model.execute(&mut connection.session, &command, now_ms);
                    self.marks.sometimes(self.model.overdue_met > met, "a key was found expired by a command");
                    self.mark_command(&command, &expected);
                    connection.expected.push_back(expected);
                }
            }
            self.executed += 1;
            self.scans_notice(&mut connection);
        }
        self.clients[client] = Some(connection);
    }

    fn mark_command(&mut self, command: &[Vec<u8>], expected: &Expect) {
        let name = command[0].to_ascii_uppercase();
        let reply: &[u8] = if let Expect::Exact(reply) = expected { reply } else { b"" };
        self.marks.sometimes(reply.ends_with(b"would overflow\r\n"), "an increment overflowed");
        self.marks.sometimes(reply == b"-ERR syntax error\r\n", "an option conflict was refused");
        self.marks.sometimes(name == b"MOVE" && reply == b":1\r\n", "a key moved between databases");
        self.marks
            .sometimes(name == b"SWAPDB" && reply == b"+OK\r\n", "a database was swapped under a connected client");
        let large = name == b"APPEND" && reply.len() >= 8 || name == b"SETRANGE" && reply.len() >= 8;
        self.marks.sometimes(large, "a large value was changed in place");
        self.marks.sometimes(command.iter().any(|arg| arg.len() > 20_000), "a value became large");
    }

    fn deliver_to_client(&mut self, client: usize, incarnation: u32) -> Checked {
        let mut rng = self.rng.clone();
        let Some(connection) = self.connection(client, incarnation) else { return Ok(()) };
        connection.to_client_scheduled = false;
        let available = connection.to_client.len();
        if available > 0 {
            let count = connection.cut.take(available, &mut rng);
            let bytes = connection.to_client.deliver(count);
            connection.received.extend_from_slice(&bytes);
            self.rng = rng;
            self.trace.mix(&bytes);
            self.answered += bytes.len() as u64;
            self.marks.sometimes(count < available, "a reply left in more than one piece");
            self.row(Actor::Client(client), Some(Actor::Node), || format!("gets {}", printable(&bytes)));
            self.check_received(client)?;
        }
        let Some(connection) = self.connection(client, incarnation) else { return Ok(()) };
        if !connection.to_client.is_empty() {
            self.schedule_to_client(client);
        } else if connection.closed_by_node {
            let complete = connection.received.is_empty() && connection.expected.is_empty();
            let expected = connection.ending && complete;
            let idle = self.plan.timeout_s > 0;
            self.clients[client] = None;
            self.row(Actor::Client(client), Some(Actor::Node), || "sees the end of the connection".into());
            if !expected && !idle {
                return Err(self.fail(format!("the node closed the connection of c{} unasked", client + 1)));
            }
            self.marks.sometimes(idle && !expected, "an idle client was closed");
        }
        Ok(())
    }

    /// Compares complete replies with what was expected.
    fn check_received(&mut self, client: usize) -> Checked {
        loop {
            let Some(connection) = &mut self.clients[client] else { return Ok(()) };
            let Some(reply) = connection.next_reply() else { return Ok(()) };
            let Some(expected) = connection.expected.pop_front() else {
                return Err(self.fail(format!(
                    "c{} got a reply it did not ask for: {}",
                    client + 1,
                    printable(&reply)
                )));
            };
            if expected == Expect::Scan && connection.scan.is_some() && !reply.starts_with(b"%") {
                self.scan_answered(client, &reply)?;
            } else if let Err(wanted) = connection::matches(&expected, &reply) {
                let number = client + 1;
                return Err(self.fail(format!("c{number} got {}, expected {wanted}", printable(&reply))));
            }
        }
    }

    fn break_connection(&mut self, client: usize, arrives: u8) -> Checked {
        let Some(connection) = &self.clients[client] else { return Ok(()) };
        let under_way = connection.to_node.len();
        let id = connection.id;
        let replies_lost = !connection.expected.is_empty() || !connection.to_client.is_empty();
        let count = under_way * arrives as usize / 256;
        if count > 0 {
            self.arrive_at_node(client, count)?;
        }
        let inside = self.clients[client].as_ref().is_some_and(Connection::is_inside_request);
        self.marks.sometimes(inside, "a connection broke inside a request");
        self.marks.sometimes(replies_lost, "a connection broke with replies under way");
        self.clients[client] = None;
        self.engine.disconnect(id, self.clock.now());
        self.row(Actor::Client(client), Some(Actor::Node), || "breaks off".into());
        Ok(())
    }

    /// Moves the wall clock. Overdue keys that the node has deleted already stay deleted when the clock goes back.
    fn step_wall(&mut self, delta_ms: i64) {
        let before = self.clock.now().unix_ms();
        let mut removed = 0;
        for (index, map) in self.model.dbs.iter_mut().enumerate() {
            let db = self.engine.keyspace().db(DbIndex(index as u32));
            map.retain(|key, entry| {
                let gone = overdue(entry, before.0) && db.find(db.hash(key), key).is_none();
                removed += gone as u32;
                !gone
            });
        }
        self.clock.step_wall(delta_ms * 1000);
        let after = self.clock.now().unix_ms().0;
        let expiries = self.model.dbs.iter().flat_map(|m| m.values()).filter_map(|e| e.expires_ms);
        let (mut back, mut forward) = (removed > 0 && delta_ms < 0, false);
        for at in expiries {
            back |= at < before.0 && at >= after;
            forward |= at >= before.0 && at < after;
        }
        self.marks.sometimes(back, "the wall clock stepped back over an expiry");
        self.marks.sometimes(forward, "the wall clock stepped forward over an expiry");
        self.row(Actor::World, None, || format!("wall clock steps by {delta_ms} ms"));
    }

    fn take_snapshot(&mut self) {
        let data = self.engine.keyspace().snapshot();
        let contents = dump(&data);
        self.row(Actor::World, None, || format!("a snapshot of {} keys", contents.len()));
        let writes_at = self.executed;
        self.snapshots.push(SavedSnapshot { data, contents, writes_at });
    }

    fn timeout(&mut self) {
        let now = self.clock.now();
        let before = self.engine.keyspace().len();
        self.engine.handle_timeout(now);
        let expired = before - self.engine.keyspace().len();
        self.trace.mix_number(expired as u64);
        self.marks.sometimes(expired > 0, "a key expired actively");
        if expired > 0 {
            self.row(Actor::Node, None, || format!("expires {expired} keys"));
        }
    }

    /// Ends a turn of the node: replies leave, requests to the driver are carried out.
    fn turn(&mut self) -> Checked {
        // What is completed may be answered, and that leaves at the end of another turn.
        while self.end_turn()? {}
        Ok(())
    }

    /// Whether something was completed.
    fn end_turn(&mut self) -> Result<bool, Failure> {
        let now = self.clock.now();
        let permit = match self.engine.end_turn(now) {
            Turn::Clean(permit) => permit,
            Turn::Journal(batch) => {
                let outcome = self.disk.append(batch.file(), batch.bytes());
                self.engine.journal_written(batch, outcome, now)
            }
        };
        while let Some(id) = self.engine.next_writable(&permit) {
            let output = self.engine.output(id, &permit).to_vec();
            let Some(client) = self.client_of(id) else { continue };
            // Sometimes the socket takes only a part, and the rest when it is writable again.
            let count = if output.len() > 1 && self.rng.below(8) == 0 {
                1 + self.rng.below(output.len() as u64 - 1) as usize
            } else {
                output.len()
            };
            self.node_sends(client, &output[..count]);
            if count < output.len() {
                let at = self.delay();
                let incarnation = self.incarnations[client];
                self.writables += 1;
                self.schedule(at, Event::Writable(client, incarnation));
            }
        }
        let mut completed = false;
        while let Some(action) = self.engine.poll_action() {
            match action {
                Action::Close(id) => {
                    if let Some(client) = self.client_of(id) {
                        let connection = self.clients[client].as_mut().expect("just found");
                        connection.closed_by_node = true;
                        self.row(Actor::Node, Some(Actor::Client(client)), || "closes the connection".into());
                        self.schedule_to_client(client);
                    }
                }
                Action::Log(_, text) => self.row(Actor::Node, None, || format!("logs: {text}")),
                Action::Exit(code) => return Err(self.fail(format!("the node exits with {code}"))),
                // Dropped here and now; what is carried out at once can't be called off.
                Action::Discard(_) | Action::Cancel(_) => {}
                Action::File { id, op, .. } => {
                    let outcome = self.disk.execute(op);
                    self.engine.complete(id, outcome, now);
                    completed = true;
                }
                Action::Reconfigure { id, .. } | Action::WriteFile { id, .. } | Action::ReadFile { id, .. } => {
                    self.engine.complete(id, Outcome::Failed("no such thing here".into()), now);
                    completed = true;
                }
                other => return Err(self.fail(format!("the node asks for {other:?}"))),
            }
        }
        Ok(completed)
    }

    fn node_sends(&mut self, client: usize, bytes: &[u8]) {
        let Some(connection) = &mut self.clients[client] else { return };
        let id = connection.id;
        connection.to_client.send(bytes);
        self.engine.sent(id, bytes.len(), self.clock.now());
        self.schedule_to_client(client);
    }

    fn writable(&mut self, client: usize, incarnation: u32) {
        let now = self.clock.now();
        let Some(connection) = self.connection(client, incarnation) else { return };
        let id = connection.id;
        let Turn::Clean(permit) = self.engine.end_turn(now) else { unreachable!("the simulator keeps no journal yet") };
        let output = self.engine.output(id, &permit).to_vec();
        if !output.is_empty() {
            self.node_sends(client, &output);
        }
    }

    fn client_of(&self, id: ClientId) -> Option<usize> {
        self.clients.iter().position(|c| c.as_ref().is_some_and(|c| c.id == id))
    }

    /// P0 and the final state: accounting and indices equal a recount, the data equals the model, snapshots are as they were.
    fn check_end(&mut self) -> Checked {
        for index in 0..self.clients.len() {
            if let Some(connection) = &self.clients[index]
                && !connection.expected.is_empty()
            {
                let missing = connection.expected.len();
                return Err(self.fail(format!("c{} never got {missing} replies", index + 1)));
            }
        }
        let now_ms = self.clock.now().unix_ms();
        for (index, db) in self.engine.keyspace().iter() {
            db.check();
            let map = &self.model.dbs[index.0 as usize];
            let mut live = 0;
            for (key, payload) in db.iter() {
                if payload.expiry().is_some_and(|at| at < now_ms) {
                    continue;
                }
                live += 1;
                let value = db.decode(payload);
                let string = value.as_string().expect("the plan makes strings only");
                let expected = map.get(key).filter(|e| !overdue(e, now_ms.0));
                let same = expected.is_some_and(|e| {
                    e.value == string.bytes().as_ref()
                        && e.expires_ms == payload.expiry().map(|at| at.0)
                        && e.encoding == value.encoding_name()
                });
                if !same {
                    let (key, value) = (printable(key), printable(&string.bytes()));
                    return Err(self.fail(format!(
                        "db{} holds {key} = {value} ({}, {:?}), expected {expected:?}",
                        index.0,
                        string.encoding().name(),
                        payload.expiry()
                    )));
                }
            }
            let expected = map.values().filter(|e| !overdue(e, now_ms.0)).count();
            if live != expected {
                return Err(self.fail(format!("db{} holds {live} keys, expected {expected}", index.0)));
            }
            self.trace.mix_number(live as u64);
        }
        for snapshot in &self.snapshots {
            if dump(&snapshot.data) != snapshot.contents {
                return Err(self.fail("a snapshot changed under later writes".into()));
            }
            let written = snapshot.writes_at < self.executed && !snapshot.contents.is_empty();
            self.marks.sometimes(written, "a snapshot was alive while a key was written");
        }
        Ok(())
    }
}

/// Everything a snapshot holds, in its own order.
fn dump(snapshot: &Snapshot) -> Vec<(DbIndex, Vec<u8>, Vec<u8>)> {
    let mut all = Vec::new();
    for (index, db) in snapshot.iter() {
        for (key, _, value) in db.iter() {
            let value = value.as_string().expect("the plan makes strings only").bytes().into_owned();
            all.push((index, key.to_vec(), value));
        }
    }
    all
}
