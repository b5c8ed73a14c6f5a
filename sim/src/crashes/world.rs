//! The world of the disk profile: the real engine, its disk, its clients, both clocks; runs a plan and checks what comes back.
//!
//! File operations of a lane run one after the other, each with a delay of its own; lanes don't wait for each other. The beginning and
//! the end of an operation are *file events*: crashes are timed by counting them, so that they fall between any two operations
//! and inside of any of them, during a recovery as well.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use etalon_core::Engine;
use etalon_core::config::Config;
use etalon_core::engine::action::{Action, ActionId, Outcome};
use etalon_core::engine::client::{ClientId, Peer};
use etalon_core::engine::persistence::file::{FileOp, Lane};
use etalon_core::engine::shutdown::ShutdownSignal;
use etalon_core::engine::turn::Turn;
use etalon_core::structures::Rng;

use super::plan::{Crash, Plan, Step, StepKind};
use super::saves::Saves;
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
    /// The last command that may load again is answered with so many replies.
    reload_answered: u64,
    /// The last command that may wait, likewise.
    wait_answered: u64,
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
            if is_queued && command[0] == b"DEBUG" {
                // What follows in the transaction would change what was loaded before it can be compared.
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
                    });
                    id
                }
            };
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
        if matches!(&command[0][..], b"EXEC" | b"DEBUG") {
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
        let permit = match self.engine.end_turn(now) {
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
        self.schedule_timeout();
        Ok(())
    }

    fn append(&mut self, op: FileOp) -> Outcome {
        let fault = self.fault_for(&op);
        let text = if self.trace.verbose() { describe(&op) } else { String::new() };
        let outcome = self.disk.execute(op, fault);
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
        let is_sync = matches!(op, FileOp::Sync { .. } | FileOp::SyncFolder { .. } | FileOp::Encode { .. });
        let renames = Role::of(op) == Some(Role::Rename);
        // Reading is quick: what clients send meanwhile is only refused.
        let is_read = matches!(op, FileOp::Open { .. } | FileOp::Read { .. });
        let latency_us = match (is_sync, is_read) {
            (true, _) => self.plan.latency_us_max * 10,
            (_, true) => 50,
            _ => self.plan.latency_us_max,
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
            _ => Ok(()),
        };
        self.marks.sometimes(text.ends_with("Killing it!"), "SHUTDOWN met a save in the background");
        self.marks.sometimes(text == "Background saving error", "a save in the background failed");
        self.marks.sometimes(text.ends_with("can't exit."), "the last save failed and the node went on");
        self.last_lines.push(text);
        result.map_err(|what| self.fail(what))
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
        let is_old = self.saves.recover(&found, now_ms, self.machine_ran_on).map_err(|what| self.fail(what))?;
        self.marks.sometimes(is_old, "a crash undid the rename of a save");
        self.unrotten = None;
        self.machine_ran_on = true;
        Ok(())
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
        if code != 0 && !self.is_loaded {
            let line = self.last_lines.iter().rev().nth(1).cloned().unwrap_or_default();
            let Some(disk) = self.unrotten.take() else {
                return Err(self.fail(format!("P5: the node refuses to load: {line}")));
            };
            if !line.contains("dump.rdb") || !line.contains("offset") {
                return Err(self.fail(format!("P5: the refusal names no file and offset: {line}")));
            }
            self.marks.sometimes(true, "a rotten file was refused");
            self.disk = disk;
        } else if code != 0 {
            return Err(self.fail(format!("the node exits with {code}")));
        }
        self.row(Actor::Node, None, || format!("exits with {code}"));
        self.disk.after_kill();
        let armed = self.armed.take();
        self.restart(armed)
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
            Crash::Kill => self.disk.after_kill(),
            Crash::Power { survival, tail } => {
                let settled = self.disk.is_settled();
                self.machine_ran_on = false;
                self.disk = self.disk.after_crash(survival, tail, &mut |bound| rng.below(bound));
                self.marks.sometimes(!settled, "the power failed with changes that were not durable");
            }
        }
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
        let config = self.engine.config().clone();
        if self.rng.below(4) == 0 && self.unrotten.is_none() {
            self.foreseen = Some(recover(&config, self.disk.clone(), &self.clock).map_err(|what| self.fail(what))?);
        } else {
            self.foreseen = None;
        }
        let seed = self.plan.seed.wrapping_add(u64::from(self.epoch) << 40);
        self.engine = Engine::new(config, seed, self.clock.now());
        self.row(Actor::Node, None, || "starts".into());
        self.engine.load_at_start(self.clock.now());
        self.turn()
    }

    fn rot(&mut self, at: u64, sector: bool) -> Checked {
        if !self.is_loaded {
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

/// Operations on `dump.rdb` that the ghost state follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Rename,
    Open,
}

impl Role {
    fn of(op: &FileOp) -> Option<Role> {
        match op {
            FileOp::Rename { to, .. } if to.ends_with(b".rdb") => Some(Role::Rename),
            FileOp::Open { path, .. } if path.ends_with(b".rdb") => Some(Role::Open),
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
