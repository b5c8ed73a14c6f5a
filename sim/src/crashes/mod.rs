//! The disk profile: one node that saves and logs on a disk which fails, and crashes at any file operation; what it comes back
//! with is checked against what it had said.
//!
//! - [`plan`], [`workload`]: from a seed to a list of steps.
//! - [`world`]: runs a plan: clocks, the lanes of file operations with their delays, crashes, restarts.
//! - [`exhaustive`]: all crashes of short workloads, of saves and of the log.
//! - [`saves`]: ghost state of `dump.rdb`, for P5. [`stream`]: what was propagated, for the log. [`refusals`]: what has failed.
//!
//! Properties are those of FAULTS.md:
//!
//! | | how it is checked |
//! |---|---|
//! | P0 | some seeds run twice and must give the same trace; tables and indices are recounted; a recovery on a copy gives the same |
//! | P1, P4, P6 | after every crash the data are a prefix of the stream of propagated units, no shorter than what was synced (killed: written) and never inside of a transaction; a log of an earlier time, found by `appendonly yes`, gives what it ended with |
//! | P2 | under always, no reply leaves before a sync covers everything that was executed when it was made |
//! | P3 | under everysec, nothing is ever unsynced that is older than a second and the time of the log's operations; after a failure writes are refused until it has healed, and no longer |
//! | P5 | after every crash the data are those of the last save that the node has called done, or of a later one whose rename was under way; each save's data are noted at the moment when it begins |
//!
//! The log has no checksums: where a crash leaves anything but a prefix of what was written (a sector missing, garbage), the node may
//! refuse the file, naming the place, and is started again after it was cut there; or the damage lies within a value and can't be seen.
//! Such crashes are counted by marks of their own; all others are held to the letter.
//!
//! Deviation from a real disk: operations of a lane are carried out at one moment, at their end; a crash in between leaves a part of
//! what they write.

pub mod exhaustive;
pub mod plan;
mod refusals;
mod saves;
mod stream;
mod workload;
pub mod world;

pub use plan::Plan;
pub use world::run_plan;

use crate::campaign::{self, Scenario};
use crate::marks;
use crate::world::Report;

/// Where the log's manifest is, by the settings of every plan.
const MANIFEST: &[u8] = b"appendonlydir/appendonly.aof.manifest";

/// The path of a part of the log.
fn in_log_folder(name: &[u8]) -> Vec<u8> {
    [b"appendonlydir/", name].concat()
}

impl Scenario for Plan {
    const MARKS: &'static [&'static str] = marks::DISK;

    fn draw(seed: u64) -> Plan {
        Plan::of_seed(seed, false)
    }

    fn run(&self, keep_rows: bool) -> Report {
        run_plan(self, keep_rows)
    }

    fn steps(&self) -> usize {
        self.steps.len()
    }

    fn without(&self, from: usize, to: usize, keep_time: bool) -> Plan {
        let mut plan = self.clone();
        campaign::remove_steps(&mut plan.steps, from..to, keep_time);
        plan
    }

    fn plainer(&self, index: usize) -> Vec<Plan> {
        let mut all = Vec::new();
        if let plan::StepKind::Send { commands, .. } = &self.steps[index].kind
            && commands.len() > 1
        {
            for at in 0..commands.len() {
                let mut plan = self.clone();
                let plan::StepKind::Send { commands, .. } = &mut plan.steps[index].kind else { unreachable!() };
                commands.remove(at);
                all.push(plan);
            }
        }
        all
    }

    fn describe(&self) -> Vec<String> {
        let settings = Plan { steps: Vec::new(), ..self.clone() };
        let steps = self.steps.iter().map(|step| format!("+{} us  {}", step.after_us, step.kind));
        std::iter::once(format!("{settings:?}")).chain(steps).collect()
    }
}

/// The same with an append-only file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPlan(pub Plan);

impl Scenario for LogPlan {
    const MARKS: &'static [&'static str] = marks::LOG;

    fn draw(seed: u64) -> LogPlan {
        LogPlan(Plan::of_seed(seed, true))
    }

    fn run(&self, keep_rows: bool) -> Report {
        run_plan(&self.0, keep_rows)
    }

    fn steps(&self) -> usize {
        self.0.steps.len()
    }

    fn without(&self, from: usize, to: usize, keep_time: bool) -> LogPlan {
        LogPlan(self.0.without(from, to, keep_time))
    }

    fn plainer(&self, step: usize) -> Vec<LogPlan> {
        self.0.plainer(step).into_iter().map(LogPlan).collect()
    }

    fn describe(&self) -> Vec<String> {
        self.0.describe()
    }
}
