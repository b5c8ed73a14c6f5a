//! A run: epochs until enough commands were sent, the post-state after each, the verdict at the end.

use super::Difference;
use super::pair::Pair;
use super::reset::{Baseline, reset};
use super::shrink::{self, Shrunk};
use super::{poststate, propagation};
use crate::divergences::Divergences;
use crate::generate::Generator;
use crate::random::Random;
use crate::report::Tally;
use crate::rows::Rows;
use crate::script::Step;
use crate::target::Target;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Commands of one epoch: few enough that shrinking starts from little, many enough that state builds up.
pub const EPOCH_COMMANDS: usize = 20_000;

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub family: String,
    pub commands: u64,
    pub seed: u64,
    pub clients: usize,
    pub resp: u8,
    /// Only this epoch of the seed.
    pub epoch: Option<u64>,
    pub epoch_commands: usize,
    /// Compare what both propagate, too.
    pub propagation: bool,
    /// How long a difference may be shrunk.
    pub shrink_for: Duration,
}

impl Default for Plan {
    fn default() -> Self {
        Plan {
            family: "all".into(),
            commands: 100_000,
            seed: 1,
            clients: 3,
            resp: 2,
            epoch: None,
            epoch_commands: EPOCH_COMMANDS,
            propagation: false,
            shrink_for: Duration::from_secs(60),
        }
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    pub tally: Tally,
    pub took: Duration,
    pub expected_rows: BTreeSet<String>,
    pub difference: Option<Found>,
    /// What `divergences.toml` was needed for.
    pub divergences: Vec<String>,
}

/// A difference, and the least that shows it.
#[derive(Debug)]
pub struct Found {
    pub epoch: u64,
    pub first: Difference,
    pub shrunk: Shrunk,
}

/// Makes both servers give the next connection the same number, which replies and monitored lines show: a server that starts
/// slowly was asked more than once whether it is there. Errors: one that does not answer.
fn level_client_ids(a: &mut dyn Target, b: &mut dyn Target) -> Result<(), String> {
    let control = poststate::CONTROL;
    let id = |target: &mut dyn Target| -> Result<i64, String> {
        let reply = target.ask(control, &[b"CLIENT", b"ID"]).map_err(|error| error.to_string())?;
        Ok(reply.as_integer().unwrap_or_default())
    };
    for _ in 0..100 {
        let connected = match id(a)?.cmp(&id(b)?) {
            std::cmp::Ordering::Less => a.connect(control),
            std::cmp::Ordering::Equal => break,
            std::cmp::Ordering::Greater => b.connect(control),
        };
        connected.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Two servers, ready to run steps on.
pub struct Session {
    pub pair: Pair,
    pub baselines: [Baseline; 2],
    /// Commands that the second server says it does not have or does not support.
    pub left_out: Vec<String>,
    /// Whether [`attempt`](Self::attempt) compares what both propagate.
    pub propagation: bool,
}

impl Session {
    /// Learns what both servers have. Errors: one that does not answer.
    pub fn new(
        mut a: Box<dyn Target>,
        mut b: Box<dyn Target>,
        resp: u8,
        divergences: Divergences,
    ) -> Result<Session, String> {
        let control = poststate::CONTROL;
        for target in [&mut a, &mut b] {
            target.connect(control).map_err(|error| format!("{}: {error}", target.name()))?;
        }
        level_client_ids(&mut *a, &mut *b)?;
        let mut shared = Rows::fetch(&mut *a, control).map_err(|error| format!("{}: {error}", a.name()))?;
        if let Ok(rows) = Rows::fetch(&mut *b, control) {
            shared = shared.intersection(&rows);
        }
        let left_out = shared.probe(&mut *b, control)?;
        let baselines = [Baseline::read(&mut *a)?, Baseline::read(&mut *b)?];
        Ok(Session { pair: Pair::new(a, b, resp, shared, divergences), baselines, left_out, propagation: false })
    }

    /// Runs steps from a clean state and compares what is left.
    pub fn attempt(&mut self, steps: &[Step], tally: &mut Tally) -> Result<Option<Difference>, String> {
        reset(&mut self.pair, &self.baselines)?;
        if self.propagation {
            propagation::begin(&mut self.pair)?;
            // One side has been connected to more often.
            for target in [&mut self.pair.a, &mut self.pair.b] {
                target.connect(poststate::CONTROL).map_err(|error| error.to_string())?;
            }
            level_client_ids(&mut *self.pair.a, &mut *self.pair.b)?;
            self.pair.a.disconnect(poststate::CONTROL);
            self.pair.b.disconnect(poststate::CONTROL);
        }
        let mut compared = self.pair.run(steps, tally).and_then(|()| poststate::compare(&mut self.pair, tally));
        if self.propagation {
            compared = compared.and_then(|()| propagation::compare(&mut self.pair, tally));
        }
        Ok(compared.err().map(|difference| self.explained(difference)))
    }

    /// A difference because a server runs no more is that one.
    fn explained(&self, mut difference: Difference) -> Difference {
        // What a process leaves is seen a moment before its end.
        let lost = ["Closed", "no reply", "said nothing", "could not go on"];
        if lost.iter().any(|text| difference.kind.contains(text)) {
            std::thread::sleep(Duration::from_millis(20));
        }
        for target in [&self.pair.a, &self.pair.b] {
            if let Some(reason) = target.why_ended() {
                difference.kind = format!("{} runs no more: {reason}", target.name());
            }
        }
        difference
    }

    /// Runs a plan. Errors are of the harness; a difference is an outcome.
    pub fn run(&mut self, plan: &Plan) -> Result<Outcome, String> {
        self.propagation = plan.propagation;
        loop {
            let outcome = self.run_once(plan)?;
            let unsupported =
                outcome.difference.as_ref().and_then(|found| found.first.unsupported_row(&self.pair.rows));
            let Some(row) = unsupported else { return Ok(outcome) };
            // Not a difference in behaviour but a command that is yet to be written: named, and left out.
            self.pair.rows.rows.remove(&row);
            self.left_out.push(row);
        }
    }

    fn generator(&self, plan: &Plan, epoch: u64) -> Result<Generator, String> {
        let random = Random::lane(plan.seed, epoch);
        Generator::new(&plan.family, &self.pair.rows, plan.clients, random)
    }

    /// The steps of an epoch, of at most about so many commands.
    pub fn steps(&self, plan: &Plan, epoch: u64, commands_max: u64) -> Result<Vec<Step>, String> {
        let count = plan.epoch_commands.min(usize::try_from(commands_max).unwrap_or(usize::MAX).saturating_add(1));
        let mut steps = self.generator(plan, epoch)?.epoch(count);
        if plan.propagation {
            let rows = &self.pair.rows;
            steps.retain(|step| match step {
                Step::Command { args, .. } | Step::Send { args, .. } => !propagation::sees_replicas(args, rows),
                _ => true,
            });
        }
        Ok(steps)
    }

    fn run_once(&mut self, plan: &Plan) -> Result<Outcome, String> {
        let started = Instant::now();
        let mut tally = Tally::default();
        let mut expected_rows = self.generator(plan, 0)?.expected_rows();
        if plan.propagation {
            expected_rows.retain(|row| !propagation::SEES_REPLICAS.contains(&row.as_str()));
        }
        let mut difference = None;
        let mut took = Duration::ZERO;
        for epoch in plan.epoch.unwrap_or(0).. {
            let left = plan.commands.saturating_sub(tally.commands);
            let steps = self.steps(plan, epoch, left)?;
            let found = self.attempt(&steps, &mut tally)?;
            tally.epochs += 1;
            took = started.elapsed();
            if let Some(first) = found {
                if first.unsupported_row(&self.pair.rows).is_some() {
                    let steps = Vec::new();
                    let shrunk = Shrunk { steps, difference: first.clone(), trials: 0, reproduced: false };
                    difference = Some(Found { epoch, first, shrunk });
                    break;
                }
                let shrunk = shrink::shrink(self, &steps, &first, plan.shrink_for)?;
                difference = Some(Found { epoch, first, shrunk });
                break;
            }
            if tally.commands >= plan.commands || plan.epoch.is_some() {
                break;
            }
        }
        let divergences = self.pair.divergences.account();
        Ok(Outcome { tally, took, expected_rows, difference, divergences })
    }
}
