//! Small scope, exhaustively: every workload of a few commands × every crash point × every subset of what was not durable × a second
//! crash, on the real engine. Of saves so far, not of the log.
//!
//! A crash point is the beginning of a file operation, its middle (writes are half done), and its end. What a crash may leave is
//! enumerated by counting through all choices that [`Disk::after_crash`] makes. Equal states (disk and what may come back) are
//! looked at once.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use etalon_core::Engine;
use etalon_core::config::Config;
use etalon_core::engine::action::{Action, ActionId, Outcome};
use etalon_core::engine::client::{ClientId, Peer};
use etalon_core::engine::persistence::file::FileOp;
use etalon_core::engine::turn::Turn;

use super::saves::Saves;
use super::world::recover;
use crate::clock::Clock;
use crate::disk::{Disk, Fault, Survival, Tail};
use crate::image::Image;

const ALPHABET: &[&str] =
    &["SET a 1", "SET b 2", "DEL a", "SAVE", "BGSAVE", "FLUSHALL", "MULTI\r\nSET a 3\r\nSET c 4\r\nEXEC"];

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub workloads: u64,
    pub crash_points: u64,
    /// Disks that a crash can leave, all choices counted.
    pub crashes: u64,
    /// Different ones, each recovered from twice.
    pub states: u64,
}

/// All workloads of up to so many commands. Errors: the first violation.
pub fn run(commands_max: usize) -> Result<Summary, String> {
    let mut all = Exhaustive { summary: Summary::default(), seen: HashSet::new() };
    for count in 1..=commands_max {
        let total = ALPHABET.len().pow(count as u32);
        for number in 0..total {
            let mut rest = number;
            let workload: Vec<&str> = (0..count)
                .map(|_| {
                    let command = ALPHABET[rest % ALPHABET.len()];
                    rest /= ALPHABET.len();
                    command
                })
                .collect();
            all.summary.workloads += 1;
            all.workload(&workload).map_err(|what| format!("{workload:?}: {what}"))?;
        }
    }
    Ok(all.summary)
}

struct Exhaustive {
    summary: Summary,
    seen: HashSet<u64>,
}

/// A node whose operations are carried out one by one.
struct Node {
    engine: Engine,
    clock: Clock,
    client: ClientId,
    disk: Disk,
    asked: Vec<(ActionId, FileOp)>,
    saves: Saves,
}

impl Exhaustive {
    fn workload(&mut self, workload: &[&str]) -> Result<(), String> {
        let mut node = Node::new();
        for command in workload {
            node.send(command)?;
            // A save in the background goes on while the next command comes: half of its operations are done by then.
            let until = if *command == "BGSAVE" { 3 } else { u32::MAX };
            while !node.asked.is_empty() && node.saves_steps() < until {
                self.step(&mut node)?;
            }
        }
        while !node.asked.is_empty() {
            self.step(&mut node)?;
        }
        self.crash_point(&node, &node.disk)
    }

    /// One operation, with the crash points at its beginning and in its middle.
    fn step(&mut self, node: &mut Node) -> Result<(), String> {
        let (id, op) = node.asked.remove(0);
        if matches!(&op, FileOp::Rename { .. }) {
            node.saves.begin_rename();
        }
        self.crash_point(node, &node.disk)?;
        if matches!(op, FileOp::Encode { .. }) {
            let mut half = node.disk.clone();
            half.execute(op.clone(), Some(Fault::Short(128)));
            self.crash_point(node, &half)?;
        }
        node.complete(id, op)
    }

    /// Everything that a crash here and now can leave.
    fn crash_point(&mut self, node: &Node, disk: &Disk) -> Result<(), String> {
        self.summary.crash_points += 1;
        let mut digits: Vec<(u64, u64)> = Vec::new();
        loop {
            let mut at = 0;
            let after = disk.after_crash(Survival::Subset, Tail::Whole, &mut |bound| {
                if at == digits.len() {
                    digits.push((0, bound));
                }
                at += 1;
                digits[at - 1].0
            });
            self.summary.crashes += 1;
            self.recover(node, &after)?;
            // The next number: choices that come later count faster.
            while digits.last().is_some_and(|(digit, bound)| digit + 1 == *bound) {
                digits.pop();
            }
            match digits.last_mut() {
                Some((digit, _)) => *digit += 1,
                None => return Ok(()),
            }
        }
    }

    fn recover(&mut self, node: &Node, disk: &Disk) -> Result<(), String> {
        let mut hasher = DefaultHasher::new();
        disk.hash(&mut hasher);
        node.saves.allowed_digests(now_ms(&node.clock)).hash(&mut hasher);
        if !self.seen.insert(hasher.finish()) {
            return Ok(());
        }
        self.summary.states += 1;
        let now_ms = now_ms(&node.clock);
        let first = recover(node.engine.config(), disk.clone(), &node.clock)?.digest(now_ms);
        // A second crash, during or after the recovery: loading a data set changes nothing on the disk.
        let again = disk.after_crash(Survival::Nothing, Tail::Whole, &mut |_| 0);
        if again != *disk || recover(node.engine.config(), again, &node.clock)?.digest(now_ms) != first {
            return Err("P1: recovering twice gave different data".into());
        }
        match node.saves.allowed_digests(now_ms).contains(&first) {
            true => Ok(()),
            false => Err("P5: the node came back with what is no save that may be there".into()),
        }
    }
}

fn now_ms(clock: &Clock) -> i64 {
    clock.now().unix_ms().0
}

impl Node {
    fn new() -> Node {
        let clock = Clock::new();
        let config = Config { databases: 1, ..Config::default() };
        let mut engine = Engine::new(config, 1, clock.now());
        let client = engine.connect(Peer { loopback: true, ..Peer::default() }, clock.now()).expect("there is room");
        Node { engine, clock, client, disk: Disk::new(), asked: Vec::new(), saves: Saves::default() }
    }

    /// How many operations of the save under way have been carried out.
    fn saves_steps(&self) -> u32 {
        match self.asked.first().map(|(_, op)| op) {
            Some(FileOp::Create { .. }) => 0,
            Some(FileOp::Encode { .. }) => 1,
            Some(FileOp::Sync { .. }) => 2,
            _ => 3,
        }
    }

    fn send(&mut self, command: &str) -> Result<(), String> {
        self.engine.query_buffer(self.client).extend(format!("{command}\r\n").as_bytes());
        self.engine.handle_readable(self.client, self.clock.now());
        self.turn()
    }

    fn complete(&mut self, id: ActionId, op: FileOp) -> Result<(), String> {
        let renames = matches!(op, FileOp::Rename { .. });
        self.disk.begin(&op);
        let outcome = self.disk.execute(op, None);
        if renames {
            self.saves.end_rename(outcome == Outcome::Done);
        }
        self.engine.complete(id, outcome, self.clock.now());
        self.turn()
    }

    fn turn(&mut self) -> Result<(), String> {
        self.take_actions()?;
        let Turn::Clean(permit) = self.engine.end_turn(self.clock.now()) else { unreachable!("there is no log") };
        while let Some(id) = self.engine.next_writable(&permit) {
            let count = self.engine.output(id, &permit).len();
            self.engine.sent(id, count, self.clock.now());
        }
        self.take_actions()
    }

    fn take_actions(&mut self) -> Result<(), String> {
        while let Some(action) = self.engine.poll_action() {
            match action {
                Action::File { id, op, .. } => {
                    if matches!(&op, FileOp::Create { .. }) {
                        self.saves.begin(Image::of(self.engine.keyspace(), false));
                    }
                    self.asked.push((id, op));
                }
                Action::Log(_, text) if text == "DB saved on disk" => self.saves.call_done()?,
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_crash_of_two_commands_leaves_a_save() {
        let summary = super::run(2).unwrap_or_else(|what| panic!("{what}"));
        assert!(summary.states > 40 && summary.crashes > 500, "a vacuous run: {summary:?}");
    }
}
