//! A node driven by hand: its file operations are carried out one by one, in an order that somebody else decides.

use std::collections::VecDeque;
use std::rc::Rc;

use etalon_core::Engine;
use etalon_core::config::Config;
use etalon_core::engine::action::{Action, ActionId, Outcome};
use etalon_core::engine::client::{ClientId, Peer};
use etalon_core::engine::persistence::file::{FileId, FileOp, Lane};
use etalon_core::engine::turn::Turn;

use crate::clock::Clock;
use crate::disk::{Disk, Fault, describe};

/// Half of a write, in 256ths.
const HALF: Fault = Fault::Short(128);

/// Who follows a node from outside. Errors: what it does is wrong.
pub trait Ghost: Clone {
    /// It asks for an operation.
    fn asked(&mut self, _engine: &Engine, _op: &FileOp) {}

    /// That operation is the first of its lane from now on.
    fn begins(&mut self, _op: &FileOp) {}

    fn ended(&mut self, _op: &FileOp, _outcome: &Outcome) {}

    /// A batch is in the log.
    fn appended(&mut self, _file: FileId, _bytes: &[u8]) {}

    fn logged(&mut self, _line: &str) -> Result<(), String> {
        Ok(())
    }

    fn connected(&mut self, _client: ClientId) {}

    /// A turn ends; nothing that it has executed has been written, and no reply has left.
    fn executed(&mut self, _engine: &mut Engine) -> Result<(), String> {
        Ok(())
    }

    /// A reply leaves.
    fn answered(&mut self, _engine: &Engine, _client: ClientId) -> Result<(), String> {
        Ok(())
    }

    /// What has been asked for is known, and its state may be another.
    fn follow(&mut self, _engine: &Engine) {}
}

/// What has happened, newest first.
struct Trail {
    what: String,
    before: Option<Rc<Trail>>,
}

/// One process and its disk.
#[derive(Clone)]
pub struct Node<G> {
    pub engine: Engine,
    pub clock: Clock,
    pub disk: Disk,
    pub ghost: G,
    /// The data are loaded.
    pub is_loaded: bool,
    /// The process has ended.
    pub has_ended: bool,
    /// How many commands it was sent.
    pub commands: usize,
    /// The disk when half of the last batch was written, if there was one since the last step.
    pub half_batch: Option<Disk>,
    lanes: [VecDeque<(ActionId, FileOp)>; 2],
    /// An encoding that it has given up.
    cancelled: Option<ActionId>,
    last_line: Rc<str>,
    trail: Option<Rc<Trail>>,
}

impl<G: Ghost> Node<G> {
    pub fn new(config: Config, disk: Disk, ghost: G) -> Node<G> {
        let clock = Clock::new();
        Node {
            engine: Engine::new(config, 1, clock.now()),
            clock,
            disk,
            ghost,
            is_loaded: false,
            has_ended: false,
            commands: 0,
            half_batch: None,
            lanes: Default::default(),
            cancelled: None,
            last_line: "".into(),
            trail: None,
        }
    }

    /// The process begins to load. Errors: what the ghost finds wrong, here and below.
    pub fn load(&mut self) -> Result<(), String> {
        self.engine.load_at_start(self.clock.now());
        self.turn()
    }

    /// A client of its own sends a command, or several in lines.
    pub fn send(&mut self, command: &str) -> Result<(), String> {
        self.note(|| command.replace("\r\n", " | "));
        self.commands += 1;
        let now = self.clock.now();
        let client = self.engine.connect(Peer { loopback: true, ..Peer::default() }, now).expect("there is room");
        self.ghost.connected(client);
        self.engine.query_buffer(client).extend(format!("{command}\r\n").as_bytes());
        self.engine.handle_readable(client, now);
        self.turn()
    }

    /// Time goes on, and nothing else happens.
    pub fn wait_us(&mut self, us: u64) -> Result<(), String> {
        self.note(|| format!("({us} us later)"));
        self.clock.jump_to(self.clock.now().monotonic_us + us);
        self.engine.handle_timeout(self.clock.now());
        self.turn()
    }

    /// The operation that is next in that lane.
    pub fn next(&self, lane: Lane) -> Option<&FileOp> {
        self.lanes[lane as usize].front().map(|(_, op)| op)
    }

    /// Whether that operation has been given up.
    pub fn is_cancelled(&self, lane: Lane) -> bool {
        self.lanes[lane as usize].front().is_some_and(|(id, _)| Some(*id) == self.cancelled)
    }

    pub fn is_idle(&self) -> bool {
        self.lanes.iter().all(VecDeque::is_empty)
    }

    /// The disk when the next operation of that lane is half done, if it writes.
    pub fn half_done(&self, lane: Lane) -> Option<Disk> {
        let op = self.next(lane).filter(|op| matches!(op, FileOp::Encode { .. } | FileOp::Append { .. }))?;
        let mut half = self.disk.clone();
        half.execute(op.clone(), Some(HALF));
        Some(half)
    }

    /// Carries out the next operation of that lane.
    pub fn step(&mut self, lane: Lane) -> Result<(), String> {
        self.end_op(lane, |disk, op| disk.execute(op, None))
    }

    /// Lets it end because it was given up.
    pub fn step_cancelled(&mut self, lane: Lane) -> Result<(), String> {
        self.end_op(lane, |_, op| match op {
            FileOp::Encode { encoder, .. } => Outcome::Encoded { encoder, error: Some("Cancelled".into()) },
            op => unreachable!("only an encoding is given up: {op:?}"),
        })
    }

    fn end_op(&mut self, lane: Lane, execute: impl FnOnce(&mut Disk, FileOp) -> Outcome) -> Result<(), String> {
        let (id, op) = self.lanes[lane as usize].pop_front().expect("there is an operation");
        self.note(|| format!("  {}", describe(&op)));
        let outcome = execute(&mut self.disk, op.clone());
        self.ghost.ended(&op, &outcome);
        self.begin_next(lane);
        self.engine.complete(id, outcome, self.clock.now());
        self.turn()
    }

    fn begin_next(&mut self, lane: Lane) {
        if let Some((_, op)) = self.lanes[lane as usize].front() {
            self.disk.begin(op);
            self.ghost.begins(op);
        }
    }

    fn turn(&mut self) -> Result<(), String> {
        self.take_actions()?;
        self.ghost.follow(&self.engine);
        let now = self.clock.now();
        self.half_batch = None;
        let turn = self.engine.end_turn(now);
        self.ghost.executed(&mut self.engine)?;
        let permit = match turn {
            Turn::Clean(permit) => permit,
            Turn::Journal(batch) => {
                let (file, bytes) = (batch.file(), batch.bytes().to_vec());
                self.ghost.appended(file, &bytes);
                let op = FileOp::Append { file, bytes };
                self.note(|| format!("  {} in the turn", describe(&op)));
                let mut half = self.disk.clone();
                half.execute(op.clone(), Some(HALF));
                self.half_batch = Some(half);
                let outcome = self.disk.execute(op, None);
                self.engine.journal_written(batch, outcome, now)
            }
        };
        while let Some(client) = self.engine.next_writable(&permit) {
            let count = self.engine.output(client, &permit).len();
            self.ghost.answered(&self.engine, client)?;
            self.engine.sent(client, count, now);
            // Files of saves tell how much memory is used: fewer clients are fewer states.
            self.engine.disconnect(client, now);
        }
        self.take_actions()?;
        self.ghost.follow(&self.engine);
        Ok(())
    }

    fn take_actions(&mut self) -> Result<(), String> {
        while let Some(action) = self.engine.poll_action() {
            match action {
                Action::File { id, lane, op } => {
                    self.ghost.asked(&self.engine, &op);
                    let queue = &mut self.lanes[lane as usize];
                    queue.push_back((id, op));
                    if queue.len() == 1 {
                        self.begin_next(lane);
                    }
                }
                Action::Log(_, text) => {
                    self.ghost.logged(&text)?;
                    self.last_line = text.into();
                }
                Action::Loaded => self.is_loaded = true,
                Action::Exit(_) => self.has_ended = true,
                Action::Cancel(id) => self.cancelled = Some(id),
                Action::Close(_) | Action::Discard(_) => {}
                other => return Err(format!("the node asks for {other:?}")),
            }
        }
        Ok(())
    }

    pub fn last_line(&self) -> &str {
        &self.last_line
    }

    fn note(&mut self, what: impl FnOnce() -> String) {
        self.trail = Some(Rc::new(Trail { what: what(), before: self.trail.take() }));
    }

    /// What has happened, in order, a line each.
    pub fn trail(&self) -> String {
        let (mut lines, mut at) = (Vec::new(), &self.trail);
        while let Some(trail) = at {
            lines.push(&trail.what[..]);
            at = &trail.before;
        }
        lines.reverse();
        lines.join("\n")
    }
}
