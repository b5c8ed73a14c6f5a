//! Every crash of every short workload with saves: what comes back is a save that may be there (P5).

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use etalon_core::Engine;
use etalon_core::config::Config;
use etalon_core::engine::action::Outcome;
use etalon_core::engine::persistence::file::{FileOp, Lane};

use super::super::saves::Saves;
use super::super::world::recover;
use super::Summary;
use super::leftovers::each_leftover;
use super::node::{Ghost, Node};
use crate::disk::{Disk, Survival, Tail};
use crate::image::Image;

const ALPHABET: &[&str] =
    &["SET a 1", "SET b 2", "DEL a", "SAVE", "BGSAVE", "FLUSHALL", "MULTI\r\nSET a 3\r\nSET c 4\r\nEXEC"];

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
    all.summary.orders = all.summary.workloads;
    Ok(all.summary)
}

struct Exhaustive {
    summary: Summary,
    seen: HashSet<u64>,
}

impl Ghost for Saves {
    fn asked(&mut self, engine: &Engine, op: &FileOp) {
        if matches!(op, FileOp::Create { .. }) {
            self.begin(Image::of(engine.keyspace(), false));
        }
    }

    fn begins(&mut self, op: &FileOp) {
        if matches!(op, FileOp::Rename { .. }) {
            self.begin_rename();
        }
    }

    fn ended(&mut self, op: &FileOp, outcome: &Outcome) {
        if matches!(op, FileOp::Rename { .. }) {
            self.end_rename(*outcome == Outcome::Done);
        }
    }

    fn logged(&mut self, line: &str) -> Result<(), String> {
        if line == "DB saved on disk" { self.call_done() } else { Ok(()) }
    }
}

impl Exhaustive {
    fn workload(&mut self, workload: &[&str]) -> Result<(), String> {
        let config = Config { databases: 1, ..Config::default() };
        let mut node = Node::new(config, Disk::new(), Saves::default());
        for command in workload {
            node.send(command)?;
            // A save in the background goes on while the next command comes: half of its operations are done by then.
            let until = if *command == "BGSAVE" { 3 } else { u32::MAX };
            while node.next(Lane::Snapshot).is_some_and(|op| steps_before(op) < until) {
                self.step(&mut node)?;
            }
        }
        while !node.is_idle() {
            self.step(&mut node)?;
        }
        self.crash_point(&node, &node.disk)
    }

    /// One operation, with the crash points at its beginning and in its middle.
    fn step(&mut self, node: &mut Node<Saves>) -> Result<(), String> {
        self.crash_point(node, &node.disk)?;
        if let Some(half) = node.half_done(Lane::Snapshot) {
            self.crash_point(node, &half)?;
        }
        node.step(Lane::Snapshot)
    }

    /// Everything that a crash here and now can leave.
    fn crash_point(&mut self, node: &Node<Saves>, disk: &Disk) -> Result<(), String> {
        self.summary.crash_points += 1;
        each_leftover(
            disk,
            |_| Tail::Whole,
            |after| {
                self.summary.crashes += 1;
                self.recover(node, &after)
            },
        )
    }

    fn recover(&mut self, node: &Node<Saves>, disk: &Disk) -> Result<(), String> {
        let now_ms = node.clock.now().unix_ms().0;
        let mut hasher = DefaultHasher::new();
        disk.hash(&mut hasher);
        node.ghost.allowed_digests(now_ms).hash(&mut hasher);
        if !self.seen.insert(hasher.finish()) {
            return Ok(());
        }
        self.summary.states += 1;
        let first = recover(node.engine.config(), disk.clone(), &node.clock)?.digest(now_ms);
        // A second crash, during or after the recovery: loading a data set changes nothing on the disk.
        let again = disk.after_crash(Survival::Nothing, Tail::Whole, &mut |_| 0);
        self.summary.later_crashes += 1;
        if again != *disk || recover(node.engine.config(), again, &node.clock)?.digest(now_ms) != first {
            return Err("P1: recovering twice gave different data".into());
        }
        match node.ghost.allowed_digests(now_ms).contains(&first) {
            true => Ok(()),
            false => Err("P5: the node came back with what is no save that may be there".into()),
        }
    }
}

/// How many operations of a save come before that one.
fn steps_before(op: &FileOp) -> u32 {
    match op {
        FileOp::Create { .. } => 0,
        FileOp::Encode { .. } => 1,
        FileOp::Sync { .. } => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_crash_of_two_commands_leaves_a_save() {
        let summary = super::run(2).unwrap_or_else(|what| panic!("{what}"));
        assert!(summary.states > 35 && summary.crashes > 500, "a vacuous run: {summary:?}");
    }
}
