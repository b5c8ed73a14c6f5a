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
use super::refusals::{Expected, Health, writes};
use super::saves::Saves;
use super::stream::{Stream, split};
use super::workload::shown;
use crate::clock::Clock;
use crate::disk::{Disk, Fault, Survival, Tail, describe};
use crate::image::Image;
use crate::marks::Marks;
use crate::plan::{Command, request};
use crate::trace::{Actor, Row, Trace, printable};
use crate::world::connection::reply_length;
use crate::world::{Failure, Report};

mod checks;
mod clients;
mod files;
mod restarts;

use clients::Connection;

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

/// Whether a transaction has emptied everything and gone on: what the save that follows has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flushed {
    No,
    Yes,
    /// The end of the process was asked for since then.
    Perhaps,
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
    flushed: Flushed,
    /// The file of a save that may have been taken when everything had been emptied.
    may_be_empty: Option<FileId>,
    /// The data when the end was asked for.
    at_end: Image,
    /// The machine has not crashed since the data were loaded last: what is visible counts.
    machine_ran_on: bool,
    /// The disk before it rotted, and the last lines that the process has logged.
    unrotten: Option<Disk>,
    last_lines: Vec<String>,
    health: Health,
    /// The log.
    stream: Stream,
    /// It is what the node starts with.
    log_is_on: bool,
    log_state: LogState,
    /// What the log on the disk ends with while none is kept; unless that is not known.
    old_log: Option<Image>,
    /// The data when it was turned off, until that is done.
    log_ends_with: Option<Image>,
    /// The manifest of a log that is being turned on may be in the place of the old one: it goes on from that position.
    may_begin_at: Option<usize>,
    /// The process starts with the log of an earlier time, which ended with that, or with a new one.
    starts_with: Option<(Image, Option<usize>)>,
    /// The increment that was opened last.
    increment: Option<FileId>,
    /// Executed when the snapshot of the rewrite under way was taken.
    base_position: usize,
    /// The log was being turned on then: its base is one of a new log.
    base_begins_log: bool,
    /// Data before DEBUG LOADAOF.
    before_load: Image,
    /// Something went wrong with the disk since the process began; with what it has in memory.
    is_faulty: bool,
    is_cache_faulty: bool,
    /// A rewrite has ended well since the process was asked to end.
    is_rewritten: bool,
    /// What has to be there after the restart.
    recovered_from: usize,
    /// A crash has left something in a log that no prefix has.
    is_damaged: bool,
    /// The log is synced every second, without exception, since then: on the clock of [`World::patience_us`].
    everysec_since_us: u64,
    /// How long operations of the log have run, and since when one does.
    log_busy_us: u64,
    log_busy_since_us: Option<u64>,
    /// What a recovery on a copy gave.
    foreseen: Option<Image>,
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
            flushed: Flushed::No,
            may_be_empty: None,
            at_end: Image::default(),
            machine_ran_on: true,
            unrotten: None,
            last_lines: Vec::new(),
            health: Health::default(),
            stream: Stream::default(),
            log_is_on: plan.appendonly,
            log_state: LogState::Off,
            old_log: (plan.has_log && !plan.appendonly).then(Image::default),
            log_ends_with: None,
            may_begin_at: None,
            starts_with: None,
            increment: None,
            base_position: 0,
            base_begins_log: false,
            before_load: Image::default(),
            is_faulty: false,
            is_cache_faulty: false,
            is_rewritten: false,
            recovered_from: 0,
            is_damaged: false,
            everysec_since_us: 0,
            log_busy_us: 0,
            log_busy_since_us: None,
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
            self.count_event()?;
            self.clock.jump_to(at);
            match event {
                Event::Step(index) => {
                    steps_left -= 1;
                    self.step(&self.plan.steps[index])?;
                    if steps_left == 0 {
                        // A node that can't write goes on trying.
                        self.disk.set_free(None);
                    }
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

    fn count_event(&mut self) -> Checked {
        self.events += 1;
        if self.events > EVENTS_MAX {
            return Err(self.fail("the run does not end".into()));
        }
        Ok(())
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

    /// Ends turns of the node until nothing follows, and looks when it wants to be woken.
    fn turn(&mut self) -> Checked {
        self.take_actions()?;
        // What a completion has made durable counts for the answers that leave now.
        self.follow_log();
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
                let expected = connection.expected.pop_front();
                if let Some(Err(what)) = expected.map(|expected| expected.check(&rest[..length])) {
                    let reply = printable(&rest[..length]);
                    return Err(self.fail(format!("P3: {what}: c{} is answered {reply}", client + 1)));
                }
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
        self.check_every_second()
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

    /// The last save overtakes that of a FLUSHALL which has not begun; unless the process may not end now.
    fn note_end(&mut self) {
        self.at_end = self.image();
        if self.flushed == Flushed::Yes {
            self.flushed = Flushed::Perhaps;
        }
    }

    fn image(&self) -> Image {
        Image::of(self.engine.keyspace(), self.trace.verbose())
    }

    fn logged(&mut self, text: String) -> Checked {
        self.row(Actor::Node, None, || format!("logs: {text}"));
        let result = match &text[..] {
            "DB saved on disk" => {
                self.health.save_failed = false;
                self.saves.call_done()
            }
            "Background saving error" => {
                self.health.save_failed = true;
                Ok(())
            }
            "Background AOF rewrite finished successfully" => {
                self.is_rewritten = self.engine.is_exiting();
                Ok(())
            }
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

    /// P0, and a last restart.
    fn check_end(&mut self) -> Checked {
        for (_, db) in self.engine.keyspace().iter() {
            db.check();
        }
        self.note_crash(self.kept_by_system());
        self.disk.after_kill();
        self.restart(None)?;
        while !self.is_loaded {
            let Some(Reverse((at, _, event))) = self.queue.pop() else {
                return Err(self.fail("the node never ends loading".into()));
            };
            self.count_event()?;
            self.clock.jump_to(at);
            match event {
                Event::FileDone(lane, epoch) if epoch == self.epoch => self.file_done(lane)?,
                _ => continue,
            }
            self.turn()?;
            // It may refuse what a disk that failed has left; then it is started again.
            self.crash_or_restart()?;
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
    OpenLog(FileId),
    /// A manifest gets its content; it takes the place of the old one; its folder is synced.
    WriteManifest,
    NameManifest,
    SyncLogFolder,
}

impl Role {
    fn of(op: &FileOp) -> Option<Role> {
        match op {
            FileOp::Rename { to, .. } if to.ends_with(b"dump.rdb") => Some(Role::Rename),
            FileOp::Open { path, .. } if path.ends_with(b"dump.rdb") => Some(Role::Open),
            FileOp::Sync { file } => Some(Role::Sync(*file)),
            FileOp::Truncate { .. } => Some(Role::Cut),
            FileOp::OpenAppend { file, .. } => Some(Role::OpenLog(*file)),
            FileOp::Create { path, .. } if path.ends_with(b".manifest") => Some(Role::WriteManifest),
            FileOp::Append { .. } => Some(Role::WriteManifest),
            FileOp::Rename { to, .. } if to.ends_with(b".manifest") => Some(Role::NameManifest),
            FileOp::SyncFolder { path } if path.ends_with(b"appendonlydir") => Some(Role::SyncLogFolder),
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

/// What a process makes of a disk when nothing disturbs it. Errors: it refuses.
pub(super) fn recover(config: &Config, mut disk: Disk, clock: &Clock) -> Result<Image, String> {
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
                    return Ok(Image::of(engine.keyspace(), false));
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
