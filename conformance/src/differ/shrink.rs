//! From thousands of steps to the few that matter.
//!
//! Delta debugging over the list of steps (whole halves first, then ever smaller pieces), then over the words of
//! each command that is left. Every trial starts from a clean state. A trial counts if it shows a difference of
//! the same kind at the same command, so that one defect is not shrunk into another.
//!
//! Source: Zeller, Hildebrandt: "Simplifying and isolating failure-inducing input" (2002).

use super::Difference;
use super::session::Session;
use crate::report::Tally;
use crate::script::Step;
use std::time::{Duration, Instant};

/// The least that was found, and what it shows.
#[derive(Debug)]
pub struct Shrunk {
    pub steps: Vec<Step>,
    pub difference: Difference,
    pub trials: usize,
    /// False if the difference did not come again: something is not deterministic.
    pub reproduced: bool,
}

/// Shrinks `steps`, which showed `first`.
pub fn shrink(session: &mut Session, steps: &[Step], first: &Difference, within: Duration) -> Result<Shrunk, String> {
    let upto = first.step.as_ref().map_or(steps.len(), |failed| (failed.0 + 1).min(steps.len()));
    // A reply that is missing must not cost a minute a trial; a server that outgrows its memory takes its time.
    let short = Duration::from_millis(if first.kind.contains("its memory passed") { 20_000 } else { 500 });
    let patience = std::mem::replace(&mut session.pair.patience, short);
    let mut search = Search { session, first, deadline: Instant::now() + within, trials: 0, failure: None };
    let mut kept = steps[..upto].to_vec();
    let mut best = search.shows(&kept);
    if best.is_none() && upto < steps.len() {
        kept = steps.to_vec();
        best = search.shows(&kept);
    }
    let Some(mut difference) = best else {
        let (trials, failure) = (search.trials, search.failure.take());
        session.pair.patience = patience;
        if let Some(error) = failure {
            return Err(error);
        }
        return Ok(Shrunk { steps: kept, difference: first.clone(), trials, reproduced: false });
    };
    loop {
        let before = size(&kept);
        search.fewer_steps(&mut kept, &mut difference);
        search.fewer_words(&mut kept, &mut difference);
        if size(&kept) == before || search.spent() {
            break;
        }
    }
    let trials = search.trials;
    session.pair.patience = patience;
    Ok(Shrunk { steps: kept, difference, trials, reproduced: true })
}

fn size(steps: &[Step]) -> usize {
    let weight = |step: &Step| match step {
        Step::Command { args, .. } | Step::Send { args, .. } => 1 + args.iter().map(|arg| arg.len() + 1).sum::<usize>(),
        Step::Raw { bytes, .. } => 1 + bytes.len(),
        _ => 1,
    };
    steps.iter().map(weight).sum()
}

struct Search<'s> {
    session: &'s mut Session,
    first: &'s Difference,
    deadline: Instant,
    trials: usize,
    failure: Option<String>,
}

impl Search<'_> {
    fn spent(&self) -> bool {
        Instant::now() > self.deadline || self.failure.is_some()
    }

    /// The difference that these steps show, if it is the one we are after.
    fn shows(&mut self, steps: &[Step]) -> Option<Difference> {
        self.trials += 1;
        let mut tally = Tally::default();
        match self.session.attempt(steps, &mut tally) {
            Ok(Some(difference)) if same_kind(&difference, self.first) => Some(difference),
            Ok(_) => None,
            Err(error) => {
                self.failure = Some(error);
                None
            }
        }
    }

    fn fewer_steps(&mut self, kept: &mut Vec<Step>, difference: &mut Difference) {
        let mut piece = kept.len().div_ceil(2);
        while piece > 0 && !self.spent() {
            let mut at = 0;
            let mut removed = false;
            while at < kept.len() && !self.spent() {
                let end = (at + piece).min(kept.len());
                let candidate: Vec<Step> = kept[..at].iter().chain(&kept[end..]).cloned().collect();
                match self.shows(&candidate) {
                    Some(found) => {
                        *kept = candidate;
                        *difference = found;
                        removed = true;
                    }
                    None => at = end,
                }
            }
            if piece == 1 && !removed {
                break;
            }
            piece = if piece == 1 { 1 } else { piece / 2 };
        }
    }

    fn fewer_words(&mut self, kept: &mut Vec<Step>, difference: &mut Difference) {
        for index in 0..kept.len() {
            let mut variant = 0;
            while !self.spent() {
                let Some(simpler) = simpler(&kept[index], variant) else {
                    break;
                };
                let mut candidate = kept.clone();
                candidate[index] = simpler;
                match self.shows(&candidate) {
                    Some(found) => {
                        *kept = candidate;
                        *difference = found;
                        variant = 0;
                    }
                    None => variant += 1,
                }
            }
        }
    }
}

/// The same defect, as far as can be told: the same command (or the post-state), the same kind.
fn same_kind(found: &Difference, wanted: &Difference) -> bool {
    let name = |difference: &Difference| match difference.step.as_ref().map(|failed| &failed.1) {
        Some(Step::Command { args, .. }) => args.first().map(|arg| arg.to_ascii_uppercase()),
        Some(_) => Some(b"(raw)".to_vec()),
        None => None,
    };
    // Of a post-state only that it is one: which key shows it may change while keys are removed.
    name(found) == name(wanted) && (found.step.is_none() || first_word(&found.kind) == first_word(&wanted.kind))
}

fn first_word(text: &str) -> &str {
    text.split([' ', ':']).next().unwrap_or(text)
}

/// The `variant`th simplification of a step, if there are so many.
fn simpler(step: &Step, variant: usize) -> Option<Step> {
    match step {
        Step::Command { client, args, how } => {
            let mut variants = Vec::new();
            for at in 1..args.len() {
                let mut fewer = args.clone();
                fewer.remove(at);
                variants.push(fewer);
            }
            for (at, arg) in args.iter().enumerate().skip(1).filter(|(_, arg)| arg.len() > 1) {
                for short in [&arg[..arg.len() / 2], &arg[arg.len() / 2..], &arg[1..]] {
                    let mut shorter = args.clone();
                    shorter[at] = short.to_vec();
                    variants.push(shorter);
                }
            }
            // Another client than the first only if it matters.
            let mut steps: Vec<Step> =
                variants.into_iter().map(|args| Step::Command { client: *client, args, how: how.clone() }).collect();
            if *client > 1 {
                steps.push(Step::Command { client: 1, args: args.clone(), how: how.clone() });
            }
            steps.into_iter().nth(variant)
        }
        Step::Send { client, args } => {
            let at = 1 + variant;
            let mut fewer = args.get(at).map(|_| args.clone())?;
            fewer.remove(at);
            Some(Step::Send { client: *client, args: fewer })
        }
        Step::Raw { client, bytes } => {
            let mut piece = bytes.len() / 2;
            let mut ranges = Vec::new();
            while piece > 0 {
                ranges.extend((0..bytes.len()).step_by(piece).map(|at| (at, (at + piece).min(bytes.len()))));
                piece /= 2;
            }
            let (from, to) = *ranges.get(variant)?;
            Some(Step::Raw { client: *client, bytes: [&bytes[..from], &bytes[to..]].concat() })
        }
        _ => None,
    }
}
