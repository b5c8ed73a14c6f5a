//! Shrinking: the shortest list of steps that still fails, by removing ever smaller runs of them (delta debugging).
//!
//! Any failure counts, not only the first one's text: a shorter way into another bug is welcome too.

use crate::network::Cut;
use crate::plan::{Plan, StepKind};

/// Runs of a plan that shrinking may take.
const RUNS_MAX: usize = 5_000;

/// The smallest failing plan found. `plan` fails.
pub fn shrink(plan: &Plan) -> Plan {
    let mut best = plan.clone();
    let mut runs = 0;
    let mut chunk = best.steps.len().div_ceil(2).max(1);
    loop {
        let before = best.steps.len();
        let mut at = 0;
        while at < best.steps.len() && runs < RUNS_MAX {
            let mut candidate = best.clone();
            let end = (at + chunk).min(candidate.steps.len());
            let waited: u64 = candidate.steps[at..end].iter().map(|s| s.after_us).sum();
            candidate.steps.drain(at..end);
            // First with the time that the removed steps took, then without.
            let mut delayed = candidate.clone();
            if let Some(next) = delayed.steps.get_mut(at) {
                next.after_us += waited;
            }
            runs += 2;
            if fails(&candidate) {
                best = candidate;
            } else if fails(&delayed) {
                best = delayed;
            } else {
                at += chunk;
            }
        }
        if chunk > 1 {
            chunk = chunk.div_ceil(2);
        } else if best.steps.len() == before || runs >= RUNS_MAX {
            break;
        }
    }
    split_pipelines(&mut best);
    simplify(&mut best);
    best
}

/// Drops single commands out of pipelined sendings.
fn split_pipelines(best: &mut Plan) {
    for index in 0..best.steps.len() {
        let mut at = 0;
        loop {
            let mut candidate = best.clone();
            let StepKind::Send { commands, .. } = &mut candidate.steps[index].kind else { break };
            if commands.len() < 2 || at >= commands.len() {
                break;
            }
            commands.remove(at);
            if fails(&candidate) {
                *best = candidate;
            } else {
                at += 1;
            }
        }
    }
}

/// Undoes what makes a trace hard to read, where it isn't what fails: bytes that arrive one by one, RESP3, inline requests.
fn simplify(best: &mut Plan) {
    for index in 0..best.steps.len() {
        let plainer = match &best.steps[index].kind {
            StepKind::Send { client, commands, .. } => {
                StepKind::Send { client: *client, commands: commands.clone(), inline: false, cut: Cut::Whole }
            }
            StepKind::Connect { client, .. } => StepKind::Connect { client: *client, resp3: false },
            _ => continue,
        };
        let mut candidate = best.clone();
        candidate.steps[index].kind = plainer;
        if fails(&candidate) {
            *best = candidate;
        }
    }
}

fn fails(plan: &Plan) -> bool {
    crate::campaign::run_caught(plan, false).failure.is_some()
}
