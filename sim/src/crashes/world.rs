//! The world of the disk profile: the real engine, its disk, its clients, both clocks; runs a plan and checks what comes back.
//!
//! File operations of a lane run one after the other, each with a delay of its own; lanes don't wait for each other. The beginning and
//! the end of an operation are *file events*: crashes are timed by counting them, so that they fall between any two operations
//! and inside of any of them, during a recovery as well.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use etalon_core::Engine;
use etalon_core::config::{AppendFsync, Config};
use etalon_core::engine::action::{Action, ActionId, Outcome};
use etalon_core::engine::client::{ClientId, Peer};
use etalon_core::engine::persistence::aof::LogState;
use etalon_core::engine::persistence::file::{FileId, FileOp, Lane};
use etalon_core::engine::shutdown::ShutdownSignal;
use etalon_core::engine::turn::Turn;
use etalon_core::structures::Rng;

use super::plan::{Crash, Plan, Step, StepKind};
use super::saves::Saves;
use super::stream::{Stream, split};
use super::workload::shown;
use crate::clock::Clock;
use crate::disk::{Disk, Fault, Survival, Tail, describe};
use crate::image::Image;
use crate::marks::Marks;
use crate::plan::Command;
use crate::trace::{Actor, Row, Trace, printable};
use crate::world::connection::reply_length;
use crate::world::{Failure, Report};

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
    /// The operation under way in that lane ends; of that process.
    FileDone(usize, u32),
    Timeout(u32),
}

/// Operations that were asked for and have not ended; the first one is under way.
#[derive(Default)]
struct LaneQueue {
    ops: VecDeque<(ActionId, FileOp)>,
    is_busy: bool,
}

/// A crash that will come.
#[derive(Clone, Copy)]
struct ArmedCrash {
    left: u32,
    crash: Crash,
    again: Option<u32>,
}

struct Connection {
    id: ClientId,
    /// A transaction is open, and has a FLUSHALL in it.
    flushes: bool,
    is_in_transaction: bool,
    sent: u64,
    answered: u64,
    /// The last command that may load again, or turn the log on or off, is answered with so many replies.
    reload_answered: u64,
    /// The last command that may wait, likewise.
    wait_answered: u64,
    /// Bytes taken from it, and what must be durable before which of its bytes: (bytes produced, position).
    taken: u64,
    needs: VecDeque<(u64, usize)>,
}

pub(super) struct World<'p> {
    plan: &'p Plan,
    engine: Engine,
    /// Processes so far.
    epoch: u32,
    is_loaded: bool,
    exit: Option<i32>,
    disk: Disk,
    clock: Clock,
    queue: BinaryHeap<Reverse<(u64, u64, Event)>>,
    sequence: u64,
    timeout_at: Option<u64>,
    lanes: [LaneQueue; 2],
    clients: Vec<Option<Connection>>,
    /// Sent, and not arrived.
    held: VecDeque<(usize, Command)>,
    armed: Option<ArmedCrash>,
    faults: Vec<(u32, Fault)>,
    saves: Saves,
    /// A transaction has emptied everything and gone on: what the save that follows has.
    flushed: bool,
    /// The data when the end was asked for.
    at_end: Image,
    /// The machine has not crashed since the data were loaded last: what is visible counts.
    machine_ran_on: bool,
    /// The disk before it rotted, and the last lines that the process has logged.
    unrotten: Option<Disk>,
    last_lines: Vec<String>,
    /// The log.
    stream: Stream,
    /// It is what the node starts with.
    log_is_on: bool,
    log_state: LogState,
    /// Executed when the snapshot of the rewrite under way was taken.
    base_position: usize,
    /// Data before DEBUG LOADAOF.
    before_load: Image,
    /// Something went wrong with the disk since the process began; with what it has in memory.
    is_faulty: bool,
    is_cache_faulty: bool,
    /// What has to be there after the restart.
    recovered_from: usize,
    crashed_us: u64,
    /// A crash has left something in a log that no prefix has.
    is_damaged: bool,
    /// The log is synced every second, without exception, since then.
    everysec_since_us: u64,
    /// Whether `dump.rdb` is one of several since the power failed.
    saves_unsure: bool,
    /// What a recovery on a copy gave.
    foreseen: Option<u64>,
    trace: Trace,
    marks: Marks,
    executed: u64,
    answered: u64,
    events: u64,
    wall_start_ms: i64,
    rng: Rng,
}

type Checked = Result<(), Failure>;

impl<'p> World<'p> {
    fn new(plan: &'p Plan, keep_rows: bool) -> World<'p> {
        let clock = Clock::new();
        World {
            engine: Engine::new(plan.config(), plan.seed, clock.now()),
            epoch: 0,
            is_loaded: false,
            exit: None,
            disk: Disk::new(),
            wall_start_ms: clock.now().unix_ms().0,
            clock,
            queue: BinaryHeap::new(),
            sequence: 0,
            timeout_at: None,
            lanes: Default::default(),
            clients: (0..plan.clients).map(|_| None).collect(),
            held: VecDeque::new(),
            armed: None,
            faults: Vec::new(),
            saves: Saves::default(),
            flushed: false,
            at_end: Image::default(),
            machine_ran_on: true,
            unrotten: None,
            last_lines: Vec::new(),
            stream: Stream::default(),
            log_is_on: plan.appendonly,
            log_state: LogState::Off,
            base_position: 0,
            before_load: Image::default(),
            is_faulty: false,
            is_cache_faulty: false,
            recovered_from: 0,
            crashed_us: 0,
            is_damaged: false,
            everysec_since_us: 0,
            saves_unsure: false,
            foreseen: None,
            trace: Trace::new(keep_rows),
            marks: Marks::default(),
            executed: 0,
            answered: 0,
            events: 0,
            rng: Rng::new(plan.seed),
            plan,
        }
    }

    fn run(&mut self) -> Checked {
        self.engine.keep_journal(self.plan.logs());
        self.engine.load_at_start(self.clock.now());
        self.turn()?;
        let mut at = self.clock.now().monotonic_us;
        for (index, step) in self.plan.steps.iter().enumerate() {
            at += step.after_us;
            self.schedule(at, Event::Step(index));
        }
        let mut steps_left = self.plan.steps.len();
        loop {
            if steps_left == 0 && self.is_quiet() {
                break;
            }
            let Some(Reverse((at, _, event))) = self.queue.pop() else {
                return Err(self.fail("nothing happens any more, and something is under way".into()));
            };
            self.events += 1;
            if self.events > EVENTS_MAX {
                return Err(self.fail("the run does not end".into()));
            }
            self.clock.jump_to(at);
            match event {
                Event::Step(index) => {
                    steps_left -= 1;
                    if steps_left == 0 {
                        // A node that can't write goes on trying.
                        self.disk.set_free(None);
                    }
                    self.step(&self.plan.steps[index])?;
                }
                Event::FileDone(lane, epoch) if epoch == self.epoch => self.file_done(lane)?,
                Event::Timeout(epoch) if epoch == self.epoch => {
                    self.timeout_at = None;
                    self.engine.handle_timeout(self.clock.now());
                }
                Event::FileDone(..) | Event::Timeout(_) => continue,
            }
            self.turn()?;
            if !self.held.is_empty() {
                self.deliver()?;
                self.turn()?;
            }
            self.crash_or_restart()?;
        }
        self.check_end()
    }

    fn is_quiet(&self) -> bool {
        self.is_loaded && self.held.is_empty() && self.lanes.iter().all(|lane| lane.ops.is_empty())
    }

    fn schedule(&mut self, at: u64, event: Event) {
        self.sequence += 1;
        self.queue.push(Reverse((at, self.sequence, event)));
    }

    pub(super) fn row(&mut self, actor: Actor, peer: Option<Actor>, event: impl FnOnce() -> String) {
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
            StepKind::Send { client, commands } => self.send(*client, commands)?,
            StepKind::Break { client } => {
                let reloads = |c: &Connection| c.answered < c.reload_answered;
                if self.clients[*client].as_ref().is_some_and(reloads) {
                    return Ok(());
                }
                if let Some(connection) = self.clients[*client].take() {
                    self.engine.disconnect(connection.id, self.clock.now());
                    self.row(Actor::Client(*client), Some(Actor::Node), || "breaks off".into());
                }
            }
            StepKind::Crash { after, crash, again } => {
                self.armed = Some(ArmedCrash { left: *after, crash: *crash, again: *again });
            }
            StepKind::Fault { after, fault } => self.faults.push((*after, *fault)),
            StepKind::Space { free_bytes } => {
                self.disk.set_free(*free_bytes);
                self.is_faulty |= free_bytes.is_some();
                self.row(Actor::World, None, || format!("free on the disk: {free_bytes:?}"));
            }
            StepKind::Terminate => {
                self.row(Actor::World, Some(Actor::Node), || "SIGTERM".into());
                self.note_end();
                self.engine.shutdown(ShutdownSignal::Terminate, self.clock.now());
            }
            StepKind::Rot { at, sector } => self.rot(*at, *sector)?,
        }
        Ok(())
    }

    /// Commands go to the node one by one, and wait outside while it stands still or loads again: a save has the data of the moment
    /// after the command that began it, and what was loaded is compared before anybody changes it.
    fn send(&mut self, client: usize, commands: &[Command]) -> Checked {
        self.row(Actor::Client(client), Some(Actor::Node), || format!("sends {}", shown(commands)));
        self.held.extend(commands.iter().map(|command| (client, command.clone())));
        self.deliver()
    }

    fn deliver(&mut self) -> Checked {
        while !self.held.is_empty() && !self.engine.is_frozen() && !self.engine.is_exiting() {
            if self.clients.iter().flatten().any(|connection| connection.answered < connection.reload_answered) {
                break;
            }
            self.flushed = false;
            let waits = |client: usize| self.clients[client].as_ref().is_some_and(|c| c.answered < c.wait_answered);
            let Some(next) = self.held.iter().position(|(client, _)| !waits(*client)) else { break };
            let (client, command) = self.held.remove(next).expect("just found");
            let is_queued = self.clients[client].as_ref().is_some_and(|connection| connection.is_in_transaction);
            let is_stale =
                command[1..].first().is_some_and(|word| word == b"LOADAOF") && self.log_state != LogState::On;
            if (is_queued || is_stale) && command[0] == b"DEBUG" {
                // What follows in the transaction would change what was loaded before it can be compared; and a log that was
                // turned off has old data.
                continue;
            }
            let now = self.clock.now();
            let known = self.clients[client].as_ref().map(|connection| connection.id);
            let id = match known.filter(|id| self.engine.is_connected(*id)) {
                Some(id) => id,
                None => {
                    let peer = Peer { loopback: true, ..Peer::default() };
                    let id = self.engine.connect(peer, now).expect("a local connection is let in");
                    self.clients[client] = Some(Connection {
                        id,
                        flushes: false,
                        is_in_transaction: false,
                        sent: 0,
                        answered: 0,
                        reload_answered: 0,
                        wait_answered: 0,
                        taken: 0,
                        needs: VecDeque::new(),
                    });
                    id
                }
            };
            if command[0] == b"DEBUG" {
                self.before_load = self.image();
            }
            if command[0] == b"SHUTDOWN" {
                self.note_end();
            }
            self.engine.query_buffer(id).extend(&request(&command));
            self.engine.handle_readable(id, now);
            self.executed += 1;
            self.note_command(client, &command);
            self.take_actions()?;
        }
        Ok(())
    }

    fn note_command(&mut self, client: usize, command: &Command) {
        let connection = self.clients[client].as_mut().expect("it has just sent something");
        match &command[0][..] {
            b"MULTI" if connection.is_in_transaction => {}
            b"MULTI" | b"DISCARD" => connection.flushes = false,
            b"FLUSHALL" => connection.flushes = true,
            b"EXEC" => self.flushed = std::mem::take(&mut connection.flushes) && self.engine.is_frozen(),
            _ => {}
        }
        match &command[0][..] {
            b"MULTI" => connection.is_in_transaction = true,
            b"EXEC" | b"DISCARD" => connection.is_in_transaction = false,
            _ => {}
        }
        connection.sent += 1;
        if matches!(&command[0][..], b"EXEC" | b"DEBUG" | b"CONFIG") {
            connection.reload_answered = connection.sent;
        }
        if command[0].starts_with(b"B") {
            connection.wait_answered = connection.sent;
        }
    }

    /// Ends turns of the node until nothing follows, and looks when it wants to be woken.
    fn turn(&mut self) -> Checked {
        self.take_actions()?;
        let now = self.clock.now();
        let turn = self.engine.end_turn(now);
        self.note_executed();
        self.note_needs();
        let permit = match turn {
            Turn::Clean(permit) => permit,
            Turn::Journal(batch) => {
                // The driver's loop appends, it does not wait for the lane.
                let op = FileOp::Append { file: batch.file(), bytes: batch.bytes().to_vec() };
                let outcome = self.append(op);
                self.engine.journal_written(batch, outcome, now)
            }
        };
        while let Some(id) = self.engine.next_writable(&permit) {
            let output = self.engine.output(id, &permit).to_vec();
            self.engine.sent(id, output.len(), now);
            self.answered += output.len() as u64;
            self.trace.mix(&output);
            let Some(client) = self.clients.iter().position(|c| c.as_ref().is_some_and(|c| c.id == id)) else {
                continue;
            };
            self.check_needs(client, output.len())?;
            let connection = self.clients[client].as_mut().expect("just found");
            let mut rest = &output[..];
            while let Some(length) = reply_length(rest) {
                connection.answered += 1;
                rest = &rest[length..];
            }
            let refused = output.starts_with(b"-MISCONF");
            self.marks.sometimes(refused, "writes were refused after a failed save");
            self.marks.sometimes(output.starts_with(b"-LOADING"), "a command was refused while loading");
            self.row(Actor::Node, Some(Actor::Client(client)), || format!("answers {}", printable(&output)));
        }
        self.take_actions()?;
        self.follow_log();
        self.schedule_timeout();
        Ok(())
    }

    /// What was executed is part of the stream.
    fn note_executed(&mut self) {
        let propagated = self.engine.take_propagated();
        self.stream.executed(&propagated, self.clock.now().monotonic_us);
    }

    /// P2: what has been answered in this turn may show everything that has been executed.
    fn note_needs(&mut self) {
        let config = self.engine.config();
        let is_on = self.log_state == LogState::On && config.appendonly;
        let always = is_on && config.appendfsync == AppendFsync::Always;
        for connection in self.clients.iter_mut().flatten() {
            let Some(client) = self.engine.clients().get(connection.id) else { continue };
            let produced = connection.taken + client.output_bytes() as u64;
            if produced > connection.needs.back().map_or(connection.taken, |(bytes, _)| *bytes) {
                connection.needs.push_back((produced, if always { self.stream.len() } else { 0 }));
            }
        }
    }

    fn check_needs(&mut self, client: usize, sent: usize) -> Checked {
        let config = self.engine.config();
        let is_on = self.log_state == LogState::On && config.appendonly;
        let always = is_on && config.appendfsync == AppendFsync::Always;
        let no_sync = config.no_appendfsync_on_rewrite;
        let connection = self.clients[client].as_mut().expect("it is answered");
        let mut begin = connection.taken;
        connection.taken += sent as u64;
        let mut needed = 0;
        while let Some(&(end, position)) = connection.needs.front().filter(|_| begin < connection.taken) {
            needed = needed.max(position);
            if end > connection.taken {
                break;
            }
            begin = end;
            connection.needs.pop_front();
        }
        let durable = self.stream.durable();
        if always && !no_sync && needed > durable {
            return Err(self.fail(format!(
                "P2: c{} is answered when {durable} units are synced and it may see {needed}; not synced is {}",
                client + 1,
                self.stream.shown(durable)
            )));
        }
        Ok(())
    }

    /// Whether the log is on, and has been synced every second.
    fn follow_log(&mut self) {
        let aof = &self.engine.persistence().aof;
        if aof.state != self.log_state {
            match (self.log_state, aof.state) {
                (LogState::Waiting, LogState::On) => {
                    self.stream.has_base_of(self.base_position);
                    self.log_is_on = true;
                    self.marks.sometimes(true, "the log was turned on while running");
                }
                (_, LogState::On) => self.log_is_on = true,
                (_, LogState::Off) => {
                    self.log_is_on = false;
                    self.marks.sometimes(true, "the log was turned off while running");
                }
                _ => {}
            }
            self.log_state = aof.state;
        }
        if aof.error().is_none() && !self.engine.is_exiting() {
            self.stream.heal(self.base_position);
        }
        let config = self.engine.config();
        self.log_is_on &= config.appendonly;
        let every_second = config.appendfsync == AppendFsync::EverySec && !config.no_appendfsync_on_rewrite;
        let is_kept =
            self.log_state == LogState::On && self.is_loaded && !self.engine.is_frozen() && aof.error().is_none();
        if !every_second || !is_kept || self.is_faulty || self.engine.is_exiting() {
            self.everysec_since_us = self.clock.now().monotonic_us;
        }
    }

    /// P3: how long something may stay unsynced.
    fn everysec_bound_us(&self) -> u64 {
        let file_op_us = self.plan.latency_us_max * 10;
        1_300_000 + 24 * file_op_us
    }

    /// P3: nothing that is older than that may be missing.
    fn check_every_second(&self, from: usize, at_us: u64) -> Checked {
        let Some(executed_us) = self.stream.executed_us(from) else { return Ok(()) };
        let since_us = executed_us.max(self.everysec_since_us);
        if at_us > since_us + self.everysec_bound_us() {
            let shown = self.stream.shown(from);
            let (age, bound) = (at_us - since_us, self.everysec_bound_us());
            return Err(self.fail(format!("P3: not synced after {age} us (at most {bound}): {shown}")));
        }
        Ok(())
    }

    fn append(&mut self, op: FileOp) -> Outcome {
        let fault = self.fault_for(&op);
        let text = if self.trace.verbose() { describe(&op) } else { String::new() };
        let FileOp::Append { file, bytes } = op.clone() else { unreachable!("it appends") };
        self.count_file_event();
        let outcome = self.disk.execute(op, fault);
        match &outcome {
            Outcome::Done => self.stream.wrote(file, &bytes),
            Outcome::Short { bytes: count, .. } => self.stream.wrote_partly(&bytes[..*count as usize]),
            _ => {}
        }
        self.marks.sometimes(matches!(outcome, Outcome::Short { .. }), "a part of a batch was written to the log");
        self.row(Actor::Node, Some(Actor::Disk), || format!("{text}: {outcome:?}"));
        outcome
    }

    fn schedule_timeout(&mut self) {
        let Some(next) = self.engine.next_timeout() else { return };
        let next = next.max(self.clock.now().monotonic_us);
        if self.timeout_at.is_none_or(|at| next < at) {
            self.timeout_at = Some(next);
            self.schedule(next, Event::Timeout(self.epoch));
        }
    }

    /// What the node asks for.
    fn take_actions(&mut self) -> Checked {
        while let Some(action) = self.engine.poll_action() {
            match action {
                Action::File { id, lane, op } => self.file_asked(id, lane, op),
                Action::Log(_, text) => self.logged(text)?,
                Action::Exit(code) => self.exit = Some(code),
                Action::Loaded => self.loaded()?,
                Action::Cancel(id) => self.cancel(id),
                Action::Close(_) | Action::Discard(_) => {}
                other => return Err(self.fail(format!("the node asks for {other:?}"))),
            }
        }
        for lane in 0..self.lanes.len() {
            self.begin_file_op(lane);
        }
        Ok(())
    }

    fn file_asked(&mut self, id: ActionId, lane: Lane, op: FileOp) {
        if let FileOp::Create { path, .. } = &op
            && path.ends_with(b".rdb")
        {
            let image = match (self.flushed && self.engine.is_frozen(), self.engine.persistence().is_loading()) {
                (true, _) => Image::default(),
                // The last save, taken before a DEBUG RELOAD that came first has emptied everything.
                (_, true) => self.at_end.clone(),
                _ => self.image(),
            };
            self.saves.begin(image);
        }
        if let FileOp::Create { path, .. } = &op
            && path.ends_with(b".aof")
        {
            self.note_executed();
            self.base_position = self.stream.len();
            if self.engine.persistence().aof.state == LogState::Waiting {
                self.stream.begin_log();
            }
        }
        self.lanes[lane as usize].ops.push_back((id, op));
    }

    /// The last save overtakes that of a FLUSHALL which has not begun.
    fn note_end(&mut self) {
        self.at_end = self.image();
        self.flushed = false;
    }

    fn image(&self) -> Image {
        Image::of(self.engine.keyspace(), self.trace.verbose())
    }

    /// A cancelled operation ends soon with a failure, or as if nothing had been said.
    fn cancel(&mut self, id: ActionId) {
        if self.rng.below(2) == 0 {
            for lane in &mut self.lanes {
                if let Some((_, FileOp::Encode { sync_every_bytes, .. })) =
                    lane.ops.iter_mut().find(|(of, _)| *of == id)
                {
                    *sync_every_bytes = CANCELLED;
                }
            }
        }
    }

    fn begin_file_op(&mut self, index: usize) {
        let lane = &mut self.lanes[index];
        let Some((_, op)) = lane.ops.front().filter(|_| !lane.is_busy) else { return };
        lane.is_busy = true;
        self.disk.begin(op);
        if let FileOp::Sync { file } = op {
            self.stream.sync_begins(*file);
        }
        let is_sync = matches!(op, FileOp::Sync { .. } | FileOp::SyncFolder { .. } | FileOp::Encode { .. });
        let renames = Role::of(op) == Some(Role::Rename);
        let is_read = matches!(op, FileOp::Open { .. } | FileOp::Read { .. });
        let latency_us = match (is_sync, is_read) {
            (true, _) if self.is_loaded => self.plan.latency_us_max * 10,
            (_, false) if self.is_loaded => self.plan.latency_us_max,
            // The start is quick: what clients send meanwhile is only refused.
            _ => 50,
        };
        let at = self.clock.now().monotonic_us + 1 + self.rng.below(latency_us);
        self.schedule(at, Event::FileDone(index, self.epoch));
        if renames {
            self.saves.begin_rename();
        }
        self.count_file_event();
    }

    fn count_file_event(&mut self) {
        if let Some(armed) = &mut self.armed {
            armed.left = armed.left.saturating_sub(1);
        }
    }

    fn file_done(&mut self, index: usize) -> Checked {
        self.count_file_event();
        if self.is_crash_due() {
            // In the middle of it.
            return Ok(());
        }
        let lane = &mut self.lanes[index];
        lane.is_busy = false;
        let (id, op) = lane.ops.pop_front().expect("it was under way");
        let fault = self.fault_for(&op);
        let file_role = Role::of(&op);
        let text = if self.trace.verbose() { describe(&op) } else { String::new() };
        let outcome = match op {
            FileOp::Encode { encoder, sync_every_bytes: CANCELLED, .. } => {
                self.marks.sometimes(true, "a save was cancelled while it was being written");
                Outcome::Encoded { encoder, error: Some("Cancelled".into()) }
            }
            op => self.disk.execute(op, fault),
        };
        match file_role {
            Some(Role::Sync(file)) => self.stream.sync_ends(file, outcome == Outcome::Done),
            Some(Role::Cut) => self.stream.cut(outcome == Outcome::Done),
            Some(Role::Rename) => self.saves.end_rename(outcome == Outcome::Done),
            Some(Role::Open) => self.saves.open(),
            None => {}
        }
        self.trace.mix_number(match &outcome {
            Outcome::Done => 1,
            Outcome::Failed(_) => 2,
            _ => 3,
        });
        self.row(Actor::Node, Some(Actor::Disk), || match &outcome {
            Outcome::Content(bytes) => format!("{text}: {} bytes", bytes.len()),
            Outcome::Encoded { error, .. } => format!("{text}: {error:?}"),
            outcome => format!("{text}: {outcome:?}"),
        });
        self.engine.complete(id, outcome, self.clock.now());
        Ok(())
    }

    /// What goes wrong with this operation, if anything. Faults that fit it come nearer with each.
    fn fault_for(&mut self, op: &FileOp) -> Option<Fault> {
        let fits = |fault: &Fault| match (op, fault) {
            (FileOp::Open { .. } | FileOp::Read { .. } | FileOp::Close { .. }, _) => false,
            (_, Fault::Refused) => true,
            (FileOp::Encode { .. } | FileOp::Append { .. }, Fault::Short(_) | Fault::WriteBack) => true,
            (FileOp::Sync { .. }, Fault::SyncKeepsNew | Fault::SyncKeepsOld) => true,
            _ => false,
        };
        let at = self.faults.iter_mut().position(|(left, fault)| {
            let due = fits(fault) && *left == 0;
            *left = left.saturating_sub(u32::from(fits(fault)));
            due
        })?;
        let (_, fault) = self.faults.remove(at);
        self.is_faulty = true;
        self.is_cache_faulty |= matches!(fault, Fault::SyncKeepsOld | Fault::SyncKeepsNew | Fault::WriteBack);
        self.mark_fault(op, fault);
        Some(fault)
    }

    fn mark_fault(&mut self, op: &FileOp, fault: Fault) {
        let marks = &mut self.marks;
        match (op, fault) {
            (_, Fault::SyncKeepsNew) => marks.sometimes(true, "a sync failed and the cache kept the new content"),
            (_, Fault::SyncKeepsOld) => {
                marks.sometimes(true, "a sync failed and the cache fell back to the old content")
            }
            (_, Fault::WriteBack) => marks.sometimes(true, "writing back failed and the next sync said so"),
            (_, Fault::Short(_)) => marks.sometimes(true, "a write was short"),
            (FileOp::Rename { .. }, _) => marks.sometimes(true, "a rename failed"),
            (FileOp::SyncFolder { .. }, _) => marks.sometimes(true, "the sync of a folder failed"),
            (FileOp::Create { .. }, _) => marks.sometimes(true, "a file could not be created"),
            (FileOp::Remove { .. }, _) => marks.sometimes(true, "a temporary file could not be removed"),
            _ => {}
        }
    }

    fn logged(&mut self, text: String) -> Checked {
        self.row(Actor::Node, None, || format!("logs: {text}"));
        let result = match &text[..] {
            "DB saved on disk" => self.saves.call_done(),
            "DB reloaded by DEBUG RELOAD" => self.reloaded(),
            "Append Only File loaded by DEBUG LOADAOF" => self.loaded_again(),
            _ => Ok(()),
        };
        self.marks.sometimes(text.ends_with("Killing it!"), "SHUTDOWN met a save in the background");
        self.marks.sometimes(text == "Background saving error", "a save in the background failed");
        self.marks.sometimes(text.ends_with("can't exit."), "the last save failed and the node went on");
        self.last_lines.push(text);
        result.map_err(|what| self.fail(what))
    }

    fn loaded_again(&mut self) -> Result<(), String> {
        self.marks.sometimes(true, "DEBUG LOADAOF brought the data back");
        let now_ms = self.clock.now().unix_ms().0;
        let (found, expected) = (self.image(), &self.before_load);
        match found.digest(now_ms) == expected.digest(now_ms) || self.is_faulty {
            true => Ok(()),
            false => Err(format!("P6: DEBUG LOADAOF changed the data; {}", found.difference(expected, now_ms))),
        }
    }

    fn reloaded(&mut self) -> Result<(), String> {
        self.marks.sometimes(true, "DEBUG RELOAD brought the data back");
        let now_ms = self.clock.now().unix_ms().0;
        let (found, expected) = (self.image(), self.saves.opened());
        match found.digest(now_ms) == expected.digest(now_ms) {
            true => Ok(()),
            false => Err(format!("P5: DEBUG RELOAD changed the data; {}", found.difference(expected, now_ms))),
        }
    }

    /// The process has read what it found: this must be something that may be there.
    fn loaded(&mut self) -> Checked {
        self.is_loaded = true;
        if self.epoch == 0 {
            self.follow_log();
            return Ok(());
        }
        let now_ms = self.clock.now().unix_ms().0;
        let found = self.image();
        let digest = found.digest(now_ms);
        self.trace.mix_number(digest);
        self.row(Actor::Node, None, || format!("has loaded {} keys", found.len(now_ms)));
        if self.foreseen.take().is_some_and(|foreseen| foreseen != digest) && !found.has_expiries() {
            return Err(self.fail("P1: recovering twice gave different data".into()));
        }
        if self.engine.config().appendonly {
            self.recovered_log(&found, now_ms)?;
            self.saves_unsure |= !self.machine_ran_on;
        } else {
            let ran_on = self.machine_ran_on && !self.saves_unsure;
            let is_old = self.saves.recover(&found, now_ms, ran_on).map_err(|what| self.fail(what))?;
            self.saves_unsure &= self.machine_ran_on;
            self.marks.sometimes(is_old, "a crash undid the rename of a save");
        }
        if self.plan.logs() {
            self.stream.rebase(self.engine.keyspace().snapshot());
            self.engine.take_propagated();
        }
        self.is_damaged = false;
        self.follow_log();
        self.unrotten = None;
        self.machine_ran_on = true;
        Ok(())
    }

    /// P1: the data are those of the base and the stream up to some unit that may be the last.
    fn recovered_log(&mut self, found: &Image, now_ms: i64) -> Checked {
        let digest = found.digest(now_ms);
        let (from, shown) = (self.recovered_from, self.trace.verbose());
        let images = self.stream.images(from, self.plan.databases, shown);
        let Some(at) = images.iter().rposition(|image| image.digest(now_ms) == digest) else {
            if self.is_damaged {
                // Bytes of a value have no checksum.
                self.marks.sometimes(true, "a crash damaged a value in the log and the format can't show it");
                return Ok(());
            }
            let what = (0..from).rev().find(|&k| {
                let images = self.stream.images(k, self.plan.databases, false);
                images[0].digest(now_ms) == digest
            });
            let what = what.map_or("no prefix at all".into(), |k| format!("the first {k} units only"));
            return Err(self.fail(format!(
                "P1: the node came back with {what}; it must have {from} and may have {}; the next is {}; {}",
                self.stream.len(),
                self.stream.shown(from),
                found.difference(&images[0], now_ms)
            )));
        };
        let lost = images.len() - 1 - at;
        self.marks.sometimes(lost > 0, "a crash lost the tail of the log");
        self.marks.sometimes(lost == 0 && images.len() > 1, "a crash lost nothing although not all was synced");
        self.row(Actor::World, None, || format!("the log gave {} units, {lost} are lost", from + at));
        match lost > 0 && !self.is_damaged {
            true => self.check_every_second(from + at, self.crashed_us),
            false => Ok(()),
        }
    }

    fn is_crash_due(&self) -> bool {
        self.armed.is_some_and(|armed| armed.left == 0)
    }

    fn crash_or_restart(&mut self) -> Checked {
        if self.is_crash_due() {
            let armed = self.armed.take().expect("just seen");
            self.crash(armed.crash);
            self.restart(armed.again.map(|left| ArmedCrash { left, crash: armed.crash, again: None }))?;
        }
        if let Some(code) = self.exit.take() {
            self.exited(code)?;
        }
        Ok(())
    }

    fn exited(&mut self, code: i32) -> Checked {
        self.row(Actor::Node, None, || format!("exits with {code}"));
        let line = self.last_lines.iter().rev().find(|line| line.contains("offset")).cloned().unwrap_or_default();
        if code != 0 && !self.is_loaded {
            self.refused(&line)?;
        } else if code != 0 {
            let always = self.engine.config().appendfsync == AppendFsync::Always;
            if !always || !self.is_faulty {
                return Err(self.fail(format!("the node exits with {code}: {:?}", self.last_lines.last())));
            }
            self.marks.sometimes(true, "the node ended over a failure of the log");
            self.note_crash(if self.is_cache_faulty { self.stream.durable() } else { self.stream.written() });
        } else {
            // In order: everything is there.
            let whole = self.log_state == LogState::On && !self.is_faulty && self.is_loaded;
            let unsound = self.is_cache_faulty || !self.is_loaded;
            self.note_crash(match (whole, unsound) {
                (true, _) => self.stream.len(),
                (_, true) => self.stream.durable(),
                _ => self.stream.written(),
            });
        }
        self.disk.after_kill();
        let armed = self.armed.take();
        self.restart(armed)
    }

    /// A process that does not start must have been given a file that no crash leaves, and say where.
    fn refused(&mut self, line: &str) -> Checked {
        if let Some(disk) = self.unrotten.take() {
            if !line.contains("dump.rdb") {
                return Err(self.fail(format!("P5: the refusal names no file and offset: {:?}", self.last_lines)));
            }
            self.marks.sometimes(true, "a rotten file was refused");
            self.disk = disk;
            return Ok(());
        }
        if self.is_faulty {
            // It could not make the files that it needs.
            self.marks.sometimes(true, "a failing disk kept the node from starting");
            return Ok(());
        }
        let place =
            line.rsplit_once("(file ").and_then(|(_, place)| place.trim_end_matches(')').split_once(", offset "));
        let place = place.and_then(|(path, offset)| Some((path.as_bytes().to_vec(), offset.parse::<u64>().ok()?)));
        let Some((path, offset)) = place.filter(|_| self.is_damaged) else {
            return Err(self.fail(format!("P1: the node refuses to load: {:?}", self.last_lines)));
        };
        // As redis-check-aof does it: cut behind the last unit that is whole.
        let mut content = self.disk.content(&path).unwrap_or_default().to_vec();
        content.truncate(offset as usize);
        let whole = split(&mut content, |_| {});
        self.disk.execute(FileOp::Truncate { path, bytes: whole as u64 }, None);
        self.marks.sometimes(true, "a log with a hole was refused and cut");
        Ok(())
    }

    /// From there on everything may be lost. The earlier of two crashes without a recovery counts.
    fn note_crash(&mut self, from: usize) {
        // A sync has failed and the rewrite after it is not done: the log may lack anything.
        self.is_damaged |= self.stream.is_broken();
        self.recovered_from = if self.is_loaded { from } else { self.recovered_from.min(from) };
        if self.is_loaded {
            self.crashed_us = self.clock.now().monotonic_us;
        }
    }

    /// The process or the machine stops here and now.
    fn crash(&mut self, crash: Crash) {
        self.marks.sometimes(!self.is_loaded, "a crash came during a recovery");
        let mut rng = self.rng.fork();
        for lane in &mut self.lanes {
            let Some((_, op)) = lane.ops.pop_front().filter(|_| lane.is_busy) else { continue };
            let kind = op_mark(&op);
            match rng.below(3) {
                0 => {}
                1 => _ = self.disk.execute(op, None),
                _ => self.disk.execute_in_part(op, &mut |bound| rng.below(bound)),
            }
            self.marks.sometimes(kind.is_some(), kind.unwrap_or_default());
        }
        self.row(Actor::World, Some(Actor::Node), || format!("crash: {crash:?}"));
        match crash {
            Crash::Kill => {
                self.note_crash(if self.is_cache_faulty { self.stream.durable() } else { self.stream.written() });
                self.disk.after_kill();
            }
            Crash::Power { survival, tail } => {
                let settled = self.disk.is_settled();
                self.machine_ran_on = false;
                self.note_crash(self.stream.durable());
                let before: BTreeMap<Vec<u8>, Vec<u8>> = self.logs_on_disk();
                self.disk = self.disk.after_crash(survival, tail, &mut |bound| rng.below(bound));
                let after = self.logs_on_disk();
                self.is_damaged |= after
                    .iter()
                    .any(|(path, content)| before.get(path).is_some_and(|before| !before.starts_with(content)));
                self.marks.sometimes(!settled, "the power failed with changes that were not durable");
            }
        }
    }

    fn logs_on_disk(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let logs = self.disk.files().filter(|(path, _)| path.ends_with(b".incr.aof"));
        logs.map(|(path, content)| (path.to_vec(), content.to_vec())).collect()
    }

    fn restart(&mut self, armed: Option<ArmedCrash>) -> Checked {
        self.epoch += 1;
        self.is_loaded = false;
        self.exit = None;
        self.timeout_at = None;
        self.lanes = Default::default();
        self.faults.clear();
        self.held.clear();
        self.flushed = false;
        self.last_lines.clear();
        self.clients.iter_mut().for_each(|client| *client = None);
        self.armed = armed;
        let config = Config { appendonly: self.log_is_on, ..self.engine.config().clone() };
        self.log_state = LogState::Off;
        (self.is_faulty, self.is_cache_faulty) = (false, false);
        if self.rng.below(4) == 0 && self.unrotten.is_none() && !self.is_damaged {
            self.foreseen = Some(recover(&config, self.disk.clone(), &self.clock).map_err(|what| self.fail(what))?);
        } else {
            self.foreseen = None;
        }
        let seed = self.plan.seed.wrapping_add(u64::from(self.epoch) << 40);
        self.engine = Engine::new(config, seed, self.clock.now());
        self.engine.keep_journal(self.plan.logs());
        self.row(Actor::Node, None, || "starts".into());
        self.engine.load_at_start(self.clock.now());
        self.turn()
    }

    fn rot(&mut self, at: u64, sector: bool) -> Checked {
        if !self.is_loaded || self.log_is_on {
            return Ok(());
        }
        self.crash(Crash::Power { survival: Survival::Everything, tail: Tail::Whole });
        let before = self.disk.clone();
        let name = self.engine.config().dbfilename.clone();
        if let Some(inode) = self.disk.inode_mut(&name)
            && !inode.content().is_empty()
        {
            let place = (at % inode.content().len() as u64) as usize;
            if sector {
                let start = inode.content()[..inode.content().len().min(512)].to_vec();
                inode.misdirect(place - place % 512, &start);
            } else {
                inode.flip_bit(place, (at >> 32) as u32);
            }
            self.unrotten = Some(before);
            self.row(Actor::World, Some(Actor::Disk), || format!("rot at {place}"));
        }
        let armed = self.armed.take();
        self.restart(armed)
    }

    /// P0, and a last restart.
    fn check_end(&mut self) -> Checked {
        for (_, db) in self.engine.keyspace().iter() {
            db.check();
        }
        self.note_crash(if self.is_cache_faulty { self.stream.durable() } else { self.stream.written() });
        self.disk.after_kill();
        self.restart(None)?;
        while !self.is_loaded {
            let Some(Reverse((at, _, event))) = self.queue.pop() else {
                return Err(self.fail("the node never ends loading".into()));
            };
            self.clock.jump_to(at);
            match event {
                Event::FileDone(lane, epoch) if epoch == self.epoch => self.file_done(lane)?,
                _ => continue,
            }
            self.turn()?;
            if self.exit.is_some() {
                return Err(self.fail(format!("the node does not come back: {:?}", self.last_lines)));
            }
        }
        Ok(())
    }
}

/// Operations that the ghost state follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Rename,
    Open,
    Sync(FileId),
    Cut,
}

impl Role {
    fn of(op: &FileOp) -> Option<Role> {
        match op {
            FileOp::Rename { to, .. } if to.ends_with(b"dump.rdb") => Some(Role::Rename),
            FileOp::Open { path, .. } if path.ends_with(b"dump.rdb") => Some(Role::Open),
            FileOp::Sync { file } => Some(Role::Sync(*file)),
            FileOp::Truncate { .. } => Some(Role::Cut),
            _ => None,
        }
    }
}

/// Events of one run; a run that takes more never ends.
const EVENTS_MAX: u64 = 100_000;

/// A mark on an operation that the driver has been told to give up.
const CANCELLED: u64 = u64::MAX;

/// The mark of a crash inside of an operation.
fn op_mark(op: &FileOp) -> Option<&'static str> {
    Some(match op {
        FileOp::Encode { .. } => "a crash came inside of the encoding of a save",
        FileOp::Rename { .. } => "a crash came inside of a rename",
        FileOp::SyncFolder { .. } => "a crash came before the folder was synced",
        FileOp::Sync { .. } => "a crash came inside of a sync",
        FileOp::Read { .. } => "a crash came while the data were read",
        _ => return None,
    })
}

/// What a process makes of a disk when nothing disturbs it: the digest of its data. Errors: it refuses.
pub(super) fn recover(config: &Config, mut disk: Disk, clock: &Clock) -> Result<u64, String> {
    let now = clock.now();
    let mut engine = Engine::new(config.clone(), 1, now);
    engine.load_at_start(now);
    let mut lines = Vec::new();
    loop {
        let mut asked = Vec::new();
        while let Some(action) = engine.poll_action() {
            match action {
                Action::File { id, op, .. } => asked.push((id, op)),
                Action::Loaded => {
                    return Ok(Image::of(engine.keyspace(), false).digest(now.unix_ms().0));
                }
                Action::Exit(_) => return Err(format!("the node refuses to load: {lines:?}")),
                Action::Log(_, text) => lines.push(text),
                _ => {}
            }
        }
        if asked.is_empty() {
            return Err(format!("the node never ends loading: {lines:?}"));
        }
        for (id, op) in asked {
            disk.begin(&op);
            let outcome = disk.execute(op, None);
            engine.complete(id, outcome, now);
        }
    }
}

pub(super) fn request(command: &Command) -> Vec<u8> {
    let mut out = format!("*{}\r\n", command.len()).into_bytes();
    for arg in command {
        out.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
    out
}
