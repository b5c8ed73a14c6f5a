//! Every crash of every short workload with an append-only file, and every second crash: P1, P2, P6, and P3 of an idle node.
//!
//! ```text
//!   commands, at any boundary between file operations ─ crash ─► recovery ─► more commands ─ crash ─► recovery
//!                                                                    └ crash ─► recovery
//! ```
//!
//! The power fails, and of what was not durable any subset is left, the tail of an increment torn at any byte; or the process is
//! killed, and the next one finds everything, durable or not. Commands of different clients come between any two operations of those
//! before, and the operations of both lanes in any order. The values that are written depend on the place in the workload, and most
//! are appended: a unit that is missing or comes twice shows.
//!
//! Increments are shorter than a sector: what a crash leaves of one is a prefix, and the node may refuse nothing.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use etalon_core::aof::manifest::Manifest;
use etalon_core::config::{AppendFsync, Config};
use etalon_core::engine::persistence::file::Lane;

use super::super::world::recover;
use super::super::{MANIFEST, in_log_folder};
use super::Summary;
use super::ghost::{LogGhost, digest};
use super::leftovers::each_leftover;
use super::node::Node;
use crate::clock::Clock;
use crate::disk::{Disk, Tail};

/// `#`: how many commands came before.
const ALPHABET: &[&str] = &[
    "SET a #",
    "APPEND a #",
    "MULTI\r\nAPPEND a #\r\nAPPEND b #\r\nEXEC",
    "FLUSHALL",
    "BGREWRITEAOF",
    "CONFIG SET appendonly no",
    "CONFIG SET appendonly yes",
    "CONFIG SET appendfsync always",
    "CONFIG SET appendfsync everysec",
    "CONFIG SET appendfsync no",
];

/// What follows a recovery, one after the other: on a disk that a power failure left, on one that a killed process left, and with
/// `appendonly no`.
const AFTER_POWER: &[&str] = &["APPEND z z"];
const AFTER_KILL: &[&str] = &["APPEND z z", "BGREWRITEAOF"];
const AFTER_START_WITHOUT: &[&str] = &["APPEND z z", "CONFIG SET appendonly yes"];

/// As long as nothing is under way: so that the cron runs, and `everysec` syncs.
const PAUSE_US: u64 = 1_010_000;

/// All workloads of up to so many commands, under one policy at the start; from two to so many crashes, all but the first during a
/// recovery or right after it. Errors: the first violation, with how it came to it.
pub fn run(commands_max: usize, crashes_max: u32, policy: AppendFsync) -> Result<Summary, String> {
    let mut all = Exhaustive {
        policy,
        crashes_max: crashes_max.max(2),
        summary: Summary::default(),
        points: HashSet::new(),
        loaded: HashMap::new(),
        recovered: HashSet::new(),
    };
    let result = all.all(commands_max);
    result.map(|()| all.summary).map_err(|what| format!("{what}\nafter {:?}", all.summary))
}

struct Exhaustive {
    policy: AppendFsync,
    crashes_max: u32,
    summary: Summary,
    /// Crash points, and what may come back.
    points: HashSet<u64>,
    /// What a disk gives, and which of them have been recovered from with more crashes.
    loaded: HashMap<u64, u64>,
    recovered: HashSet<u64>,
}

/// One crash in a row of crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Crash {
    /// Counted from one.
    number: u32,
    /// What it leaves is loaded, and that is all.
    is_last: bool,
}

const FIRST: Crash = Crash { number: 1, is_last: false };

type Checked = Result<(), String>;
type LogNode = Node<LogGhost>;

impl Exhaustive {
    fn all(&mut self, commands_max: usize) -> Checked {
        for count in 0..=commands_max {
            self.summary.workloads += (ALPHABET.len() as u64).pow(count as u32);
            let node = LogNode::new(self.config(true), Disk::new(), LogGhost::of_start(vec![0]));
            let node = self.start(node, FIRST)?;
            self.walk(node, count)?;
        }
        Ok(())
    }

    fn config(&self, appendonly: bool) -> Config {
        Config { databases: 1, save: Vec::new(), appendonly, appendfsync: self.policy, ..Config::default() }
    }

    /// Has a process load what there is, with all crashes meanwhile.
    fn start(&mut self, mut node: LogNode, crash: Crash) -> Result<LogNode, String> {
        node.engine.keep_journal(true);
        self.act(&mut node, Node::load)?;
        while !node.is_loaded {
            self.crash_points(&node, crash)?;
            let lane = if node.next(Lane::Log).is_some() { Lane::Log } else { Lane::Snapshot };
            self.step(&mut node, lane, crash)?;
        }
        node.engine.take_propagated();
        let digest = digest(&node.engine);
        node.ghost.begin(digest);
        Ok(node)
    }

    /// Everything that can follow with so many commands to come.
    fn walk(&mut self, mut node: LogNode, commands: usize) -> Checked {
        loop {
            self.crash_points(&node, FIRST)?;
            if commands > 0 && !node.engine.is_frozen() {
                for command in ALPHABET {
                    let mut next = node.clone();
                    let command = command.replace('#', &next.commands.to_string());
                    self.act(&mut next, |node| node.send(&command))?;
                    self.walk(next, commands - 1)?;
                }
            }
            let Some(lane) = self.next_lane(&node, commands)? else {
                if commands == 0 {
                    self.summary.orders += 1;
                    self.idle(node, FIRST)?;
                }
                return Ok(());
            };
            self.step(&mut node, lane, FIRST)?;
        }
    }

    /// The lane that goes on, if there is something to do. Other possibilities are gone into before.
    fn next_lane(&mut self, node: &LogNode, commands: usize) -> Result<Option<Lane>, String> {
        if node.is_cancelled(Lane::Snapshot) {
            let mut cancelled = node.clone();
            self.act(&mut cancelled, |node| node.step_cancelled(Lane::Snapshot))?;
            self.walk(cancelled, commands)?;
        }
        match (node.next(Lane::Snapshot).is_some(), node.next(Lane::Log).is_some()) {
            (true, true) => {
                let mut other = node.clone();
                self.step(&mut other, Lane::Snapshot, FIRST)?;
                self.walk(other, commands)?;
                Ok(Some(Lane::Log))
            }
            (true, false) => Ok(Some(Lane::Snapshot)),
            (false, true) => Ok(Some(Lane::Log)),
            (false, false) => Ok(None),
        }
    }

    /// Ends what is under way, in one order.
    fn run(&mut self, node: &mut LogNode, crash: Crash) -> Checked {
        loop {
            self.crash_points(node, crash)?;
            if node.is_idle() {
                return Ok(());
            }
            let lane = if node.next(Lane::Log).is_some() { Lane::Log } else { Lane::Snapshot };
            self.step(node, lane, crash)?;
        }
    }

    /// Nothing is under way: time goes on until nothing follows.
    fn idle(&mut self, mut node: LogNode, crash: Crash) -> Checked {
        loop {
            self.act(&mut node, |node| node.wait_us(PAUSE_US))?;
            if node.is_idle() {
                break;
            }
            self.run(&mut node, crash)?;
        }
        self.crash_points(&node, crash)?;
        match node.engine.config().appendfsync == AppendFsync::No || node.ghost.is_settled() {
            true => Ok(()),
            false => Err(told(&node, "P3: nothing is under way, and not all is synced")),
        }
    }

    fn step(&mut self, node: &mut LogNode, lane: Lane, crash: Crash) -> Checked {
        if let Some(half) = node.half_done(lane) {
            self.crash_point(node, &half, &node.ghost.allowed_when_killed(), crash)?;
        }
        self.act(node, |node| node.step(lane))
    }

    fn act(&mut self, node: &mut LogNode, act: impl FnOnce(&mut LogNode) -> Checked) -> Checked {
        act(node).map_err(|what| told(node, &what))?;
        match node.has_ended {
            true => Err(told(node, &format!("P6: the node ends: {}", node.last_line()))),
            false => Ok(()),
        }
    }

    /// Here and now, and when half of what was just logged was written.
    fn crash_points(&mut self, node: &LogNode, crash: Crash) -> Checked {
        if let Some(half) = &node.half_batch {
            self.crash_point(node, half, &node.ghost.allowed(), crash)?;
        }
        self.crash_point(node, &node.disk, &node.ghost.allowed_when_killed(), crash)
    }

    /// Everything that a crash can leave of this disk. `if_killed`: what may come back if only the process ends.
    fn crash_point(&mut self, node: &LogNode, disk: &Disk, if_killed: &[u64], crash: Crash) -> Checked {
        self.summary.crash_points += 1;
        let allowed = node.ghost.allowed();
        let is_on = node.ghost.is_on();
        let mut hasher = DefaultHasher::new();
        (disk.digest(), &allowed, if_killed, is_on, crash).hash(&mut hasher);
        if !self.points.insert(hasher.finish()) {
            return Ok(());
        }
        let mut killed = disk.clone();
        killed.after_kill();
        self.leftover(&killed, if_killed, &allowed, is_on, crash)
            .map_err(|text| told(node, &format!("{text}; the process was killed")))?;
        let tail = |path: &[u8]| if path.ends_with(b".incr.aof") { Tail::Torn } else { Tail::Whole };
        each_leftover(disk, tail, |left| {
            self.leftover(&left, &allowed, &allowed, is_on, crash)
                .map_err(|text| told(node, &format!("{text}; the power failed and left {}", shown(&left))))
        })
    }

    /// One disk that a crash can leave. `later`: what may come back when the power fails after that.
    fn leftover(&mut self, disk: &Disk, allowed: &[u64], later: &[u64], is_on: bool, crash: Crash) -> Checked {
        match crash.number {
            1 => self.summary.crashes += 1,
            _ => self.summary.later_crashes += 1,
        }
        let found = self.load(disk, crash)?;
        if !allowed.contains(&found) {
            return Err("P1: the node came back with what is no prefix, or lacks what was synced".into());
        }
        if crash.is_last {
            return Ok(());
        }
        self.recover(disk, found, later, true, crash.number + 1)?;
        // CONFIG SET is not kept: it may start either way.
        if is_on { Ok(()) } else { self.recover(disk, found, later, false, crash.number + 1) }
    }

    /// What a process makes of that disk when nothing disturbs it.
    fn load(&mut self, disk: &Disk, crash: Crash) -> Result<u64, String> {
        let key = disk.digest();
        if let Some(found) = self.loaded.get(&key) {
            return Ok(*found);
        }
        if crash.number > 1 {
            self.summary.later_states += 1;
        }
        if let Some(text) = disk.content(MANIFEST) {
            let manifest = Manifest::parse(text).map_err(|error| format!("P6: the manifest: {}", error.reason))?;
            if let Some(part) = manifest.parts().find(|part| disk.content(&in_log_folder(&part.name)).is_none()) {
                return Err(format!("P6: the manifest names {}, which is not there", part.name.escape_ascii()));
            }
        }
        let clock = Clock::new();
        let image = recover(&self.config(true), disk.clone(), &clock).map_err(|what| format!("P6: {what}"))?;
        let found = image.digest(clock.now().unix_ms().0);
        self.loaded.insert(key, found);
        Ok(found)
    }

    /// The same step by step, then a few commands; all crashes meanwhile, which have that number.
    fn recover(&mut self, disk: &Disk, found: u64, later: &[u64], appendonly: bool, number: u32) -> Checked {
        // What was not durable may still be lost. What was gives the same again and again.
        let at_rest = if disk.is_settled() { vec![found] } else { later.to_vec() };
        let mut hasher = DefaultHasher::new();
        (disk.digest(), &at_rest, appendonly, number).hash(&mut hasher);
        if !self.recovered.insert(hasher.finish()) {
            return Ok(());
        }
        self.summary.states += 1;
        let node = LogNode::new(self.config(appendonly), disk.clone(), LogGhost::of_start(at_rest));
        let mut node = self.start(node, Crash { number, is_last: number == self.crashes_max })?;
        let expected = if appendonly { found } else { 0 };
        if digest(&node.engine) != expected {
            return Err(told(&node, "P1: recovering twice gave different data"));
        }
        let commands = match (appendonly, disk.is_settled()) {
            (true, true) => AFTER_POWER,
            (true, false) => AFTER_KILL,
            (false, _) => AFTER_START_WITHOUT,
        };
        let crash = Crash { number, is_last: true };
        for command in commands {
            self.act(&mut node, |node| node.send(command))?;
            self.run(&mut node, crash)?;
        }
        self.idle(node, crash)
    }
}

/// A failure, and how it came to it.
fn told(node: &LogNode, what: &str) -> String {
    format!("{what}\n--- {:?}, from the start of the process:\n{}", node.engine.config().appendfsync, node.trail())
}

fn shown(disk: &Disk) -> String {
    let files = disk.files().map(|(path, content)| format!("{}: {}", path.escape_ascii(), content.escape_ascii()));
    files.collect::<Vec<_>>().join("\n    ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_every_two_crashes_of_a_command_the_log_gives_a_prefix() {
        for policy in [AppendFsync::Always, AppendFsync::EverySec, AppendFsync::No] {
            let summary = run(1, 2, policy).unwrap_or_else(|what| panic!("{what}"));
            assert_eq!(summary.workloads, 11);
            assert!(summary.orders > 14 && summary.crash_points > 5_000, "a vacuous run: {summary:?}");
            assert!(summary.crashes > 500 && summary.states > 250, "a vacuous run: {summary:?}");
            assert!(summary.later_crashes > 5_000 && summary.later_states > 2_000, "a vacuous run: {summary:?}");
        }
    }

    #[test]
    fn a_first_start_that_crashes_again_and_again_comes_to_an_empty_log() {
        let [two, three] =
            [2, 3].map(|crashes| run(0, crashes, AppendFsync::Always).unwrap_or_else(|what| panic!("{what}")));
        assert_eq!((two.crashes, two.workloads), (three.crashes, 1));
        assert!(three.states > 3 * two.states && three.later_crashes > 5_000, "a vacuous run: {three:?}");
    }
}
