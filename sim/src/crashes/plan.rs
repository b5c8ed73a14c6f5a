//! From a seed to a plan of the disk profile: the settings of the node, how its disk behaves, and what happens.
//!
//! Swarm: each seed draws its own mix of commands, faults and settings. Every step has a seed of its own, so that removing some
//! (shrinking) changes nothing in the others.

use etalon_core::config::{AppendFsync, Config, ProtectedAction, SavePoint};
use etalon_core::structures::Rng;

use super::workload::{Mix, shown};
use crate::campaign;
use crate::disk::{Fault, Survival, Tail};
use crate::plan::Command;

/// How a process ends that nobody has asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// SIGKILL: what was written is there.
    Kill,
    /// The machine loses its power.
    Power { survival: Survival, tail: Tail },
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// A client sends commands in one go; it connects first if it has to.
    Send { client: usize, commands: Vec<Command> },
    /// Its connection breaks.
    Break { client: usize },
    /// A crash, when that many file operations have begun or ended; and a second one, so many after the restart.
    Crash { after: u32, crash: Crash, again: Option<u32> },
    /// The file operation (that a fault of this kind fits) after so many others goes wrong.
    Fault { after: u32, fault: Fault },
    /// So many bytes are free on the disk; none named: enough.
    Space { free_bytes: Option<usize> },
    /// SIGTERM, and a new process once it has ended.
    Terminate,
    /// The power fails, and a file has changed when it is back: a bit, or a sector.
    Rot { at: u64, sector: bool },
}

impl StepKind {
    fn turns_log_on(&self) -> bool {
        const WORDS: [&[u8]; 4] = [b"CONFIG", b"SET", b"appendonly", b"yes"];
        matches!(self, StepKind::Send { commands, .. } if commands.iter().any(|words| *words == WORDS))
    }
}

impl std::fmt::Display for StepKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StepKind::Send { client, commands } => {
                write!(f, "c{} sends {}", client + 1, shown(commands))
            }
            StepKind::Break { client } => write!(f, "c{} breaks off", client + 1),
            StepKind::Crash { after, crash, again } => {
                write!(f, "crash after {after} file events ({crash:?}), again after {again:?}")
            }
            StepKind::Fault { after, fault } => write!(f, "file operation {after} from now: {fault:?}"),
            StepKind::Space { free_bytes } => write!(f, "free on the disk: {free_bytes:?}"),
            StepKind::Terminate => write!(f, "SIGTERM"),
            StepKind::Rot { at, sector } => write!(f, "rot at {at:x}, {}", if *sector { "a sector" } else { "a bit" }),
        }
    }
}

/// A step of this profile.
pub type Step = campaign::Step<StepKind>;

/// Settings and steps of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub seed: u64,
    pub clients: usize,
    pub databases: u32,
    pub hz: u32,
    pub save: Vec<(i64, i32)>,
    /// Some of the commands are about the log.
    pub has_log: bool,
    pub appendonly: bool,
    pub appendfsync: AppendFsync,
    pub rewrite_percentage: u32,
    pub rewrite_min_bytes: u64,
    pub preamble: bool,
    pub compression: bool,
    pub timestamps: bool,
    pub no_sync_on_rewrite: bool,
    /// Longest time of a file operation, microseconds; syncs take ten times as long.
    pub latency_us_max: u64,
    pub steps: Vec<Step>,
}

/// What a seed draws about what goes wrong.
struct Trouble {
    crashes: u64,
    faults: u64,
    full: u64,
    rot: bool,
    survivals: Vec<Survival>,
    tails: Vec<Tail>,
}

impl Plan {
    /// The plan of a seed. `has_log`: with an append-only file, most of the time.
    pub fn of_seed(seed: u64, has_log: bool) -> Plan {
        let mut rng = Rng::new(seed ^ 0xd15c_0000_e7a1_0000);
        let rng = &mut rng;
        let databases = 1 + rng.below(3) as u32;
        let appendonly = has_log && rng.below(8) > 0;
        let trouble = Trouble::draw(rng);
        let is_sound = trouble.faults == 0 && trouble.full == 0;
        let mix = Mix::draw(rng, databases, has_log, is_sound);
        let mut plan = Plan {
            seed,
            clients: 1 + rng.below(3) as usize,
            databases,
            hz: [10, 10, 100][rng.below(3) as usize],
            save: match rng.below(4) {
                0 if appendonly => Vec::new(),
                1 => Vec::new(),
                2 => vec![(1, 1)],
                _ => vec![(1, 1 + rng.below(5) as i32), (3, 1)],
            },
            has_log,
            appendonly,
            appendfsync: [
                AppendFsync::Always,
                AppendFsync::Always,
                AppendFsync::EverySec,
                AppendFsync::EverySec,
                AppendFsync::No,
            ][rng.below(5) as usize],
            rewrite_percentage: [0, 1, 20, 100][rng.below(4) as usize],
            rewrite_min_bytes: [1, 100, 1000][rng.below(3) as usize],
            preamble: rng.below(4) > 0,
            compression: rng.below(2) == 0,
            timestamps: rng.below(4) == 0,
            no_sync_on_rewrite: rng.below(8) == 0,
            latency_us_max: [50, 2_000, 100_000][rng.below(3) as usize],
            steps: Vec::new(),
        };
        let pause_us_max = [1_000, 100_000, 1_500_000][rng.below(3) as usize];
        for _ in 0..8 + rng.below(40) {
            let client = rng.below(plan.clients as u64) as usize;
            let kind =
                trouble.step(rng, client).unwrap_or_else(|| StepKind::Send { client, commands: mix.commands(rng) });
            let after_us = if rng.below(4) == 0 { rng.below(pause_us_max) } else { rng.below(300) };
            if kind.turns_log_on() && rng.below(3) == 0 {
                // Somewhere among the operations that this takes.
                let kind = StepKind::Crash { after: rng.below(48) as u32, crash: trouble.crash(rng), again: None };
                plan.steps.push(Step { after_us: 0, seed: rng.next_u64(), kind });
            }
            plan.steps.push(Step { after_us, seed: rng.next_u64(), kind });
        }
        plan
    }

    /// Whether there may be a log at some time.
    pub fn logs(&self) -> bool {
        self.has_log
    }

    /// The configuration that the first process starts with.
    pub fn config(&self) -> Config {
        Config {
            save: self.save.iter().map(|&(seconds, changes)| SavePoint { seconds, changes }).collect(),
            databases: self.databases,
            hz: self.hz,
            appendonly: self.appendonly,
            appendfsync: self.appendfsync,
            auto_aof_rewrite_percentage: self.rewrite_percentage,
            auto_aof_rewrite_min_size: self.rewrite_min_bytes,
            aof_use_rdb_preamble: self.preamble,
            aof_timestamp_enabled: self.timestamps,
            no_appendfsync_on_rewrite: self.no_sync_on_rewrite,
            rdbcompression: self.compression,
            enable_debug_command: ProtectedAction::Yes,
            ..Config::default()
        }
    }
}

impl Trouble {
    fn draw(rng: &mut Rng) -> Trouble {
        use Survival::{Everything, Nothing, Prefix, Subset};
        let rot = rng.below(16) == 0;
        Trouble {
            crashes: 1 + rng.below(3),
            // Rot has runs of its own: its weaker promises hide nothing elsewhere.
            faults: if rot { 0 } else { rng.below(3) },
            full: if rot { 0 } else { rng.below(4) / 3 },
            rot,
            survivals: match rng.below(3) {
                0 => vec![Prefix],
                1 => vec![Nothing, Everything, Prefix, Subset],
                _ => vec![Prefix, Subset],
            },
            tails: match rng.below(3) {
                0 => vec![Tail::Whole],
                1 => vec![Tail::Torn],
                _ => vec![Tail::Whole, Tail::Torn, Tail::Zeros, Tail::Garbage],
            },
        }
    }

    fn crash(&self, rng: &mut Rng) -> Crash {
        match rng.below(4) {
            0 => Crash::Kill,
            _ => Crash::Power { survival: *one_of(rng, &self.survivals), tail: *one_of(rng, &self.tails) },
        }
    }

    fn step(&self, rng: &mut Rng, client: usize) -> Option<StepKind> {
        Some(match rng.below(48) {
            at if at < self.crashes => {
                let after = if rng.below(4) == 0 { 0 } else { rng.below(16) as u32 };
                let again = (rng.below(3) == 0).then(|| rng.below(8) as u32);
                StepKind::Crash { after, crash: self.crash(rng), again }
            }
            4 => StepKind::Terminate,
            5 => StepKind::Break { client },
            6..=9 if self.faults > 0 => {
                let faults = [
                    Fault::Refused,
                    Fault::Short(rng.below(256) as u8),
                    Fault::SyncKeepsNew,
                    Fault::SyncKeepsOld,
                    Fault::WriteBack,
                ];
                StepKind::Fault { after: rng.below(8) as u32, fault: *one_of(rng, &faults) }
            }
            10..=11 if self.full > 0 => StepKind::Space { free_bytes: Some(rng.below(600) as usize) },
            12..=13 if self.full > 0 => StepKind::Space { free_bytes: None },
            14 if self.rot => StepKind::Rot { at: rng.next_u64(), sector: rng.below(4) == 0 },
            _ => return None,
        })
    }
}

fn one_of<'a, T>(rng: &mut Rng, all: &'a [T]) -> &'a T {
    &all[rng.below(all.len() as u64) as usize]
}
