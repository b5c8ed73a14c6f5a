//! Shrinking: the shortest list of steps that still fails, by removing ever smaller runs of them (delta debugging).
//!
//! Any failure counts, not only the first one's text: a shorter way into another bug is welcome too.

use crate::campaign::{Scenario, run_caught};

/// Runs of a plan that shrinking may take.
const RUNS_MAX: usize = 5_000;

/// The smallest failing plan found. `plan` fails.
pub fn shrink<S: Scenario>(plan: &S) -> S {
    let mut best = plan.clone();
    let mut runs = 0;
    let mut chunk = best.steps().div_ceil(2).max(1);
    loop {
        let before = best.steps();
        let mut at = 0;
        while at < best.steps() && runs < RUNS_MAX {
            let end = (at + chunk).min(best.steps());
            // First without the time that the removed steps took, then with it.
            runs += 2;
            match [false, true].map(|keep_time| best.without(at, end, keep_time)).into_iter().find(fails) {
                Some(smaller) => best = smaller,
                None => at += chunk,
            }
        }
        if chunk > 1 {
            chunk = chunk.div_ceil(2);
        } else if best.steps() == before || runs >= RUNS_MAX {
            break;
        }
    }
    // Single steps: fewer commands, and nothing that makes a trace hard to read where it isn't what fails.
    for step in 0..best.steps() {
        while let Some(plainer) = best.plainer(step).into_iter().find(fails) {
            best = plainer;
        }
    }
    best
}

fn fails<S: Scenario>(plan: &S) -> bool {
    run_caught(plan, false).failure.is_some()
}
