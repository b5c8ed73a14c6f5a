//! Many seeds on all cores: stops at the first failure (or after some more), counts marks, and now and then runs a seed twice to see that
//! it gives the same trace.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::marks::Marks;
use crate::trace::Trace;
use crate::world::{Failure, Report};

/// What a seed stands for, and how it runs: a profile.
pub trait Scenario: Clone {
    /// Rare situations that a campaign must reach.
    const MARKS: &'static [&'static str];

    /// The scenario of a seed.
    fn draw(seed: u64) -> Self;

    /// Runs it to its end or to the first failure. Rows of the trace are kept if asked for.
    fn run(&self, keep_rows: bool) -> Report;

    /// Number of its steps.
    fn steps(&self) -> usize;

    /// The same without the steps from `from` up to `to`; what follows comes earlier, or (`keep_time`) when it did.
    fn without(&self, from: usize, to: usize, keep_time: bool) -> Self;

    /// The same with a step that is easier to read, or smaller.
    fn plainer(&self, step: usize) -> Vec<Self>;

    /// Its steps, for a person.
    fn describe(&self) -> Vec<String>;
}

/// A step of a scenario, and the time that passes before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<Kind> {
    pub after_us: u64,
    pub seed: u64,
    pub kind: Kind,
}

/// Takes steps away; what follows comes earlier, or (`keep_time`) when it did.
pub fn remove_steps<Kind>(steps: &mut Vec<Step<Kind>>, range: Range<usize>, keep_time: bool) {
    let from = range.start;
    let waited: u64 = steps.drain(range).map(|step| step.after_us).sum();
    if let Some(next) = steps.get_mut(from).filter(|_| keep_time) {
        next.after_us += waited;
    }
}

/// One seed in that many runs twice.
const TWICE_EVERY: u64 = 16;

/// What a campaign found.
#[derive(Debug, Default)]
pub struct Summary {
    pub seeds: u64,
    pub executed: u64,
    pub marks: Marks,
    /// By seed.
    pub failures: Vec<(u64, Failure)>,
    /// Over all traces, independent of the order in which seeds ran.
    pub hash: u64,
}

/// Runs `count` seeds from `first` on, on `jobs` threads, or until so many have failed in a way that `counts`.
pub fn run<S: Scenario>(
    first: u64,
    count: u64,
    jobs: usize,
    failures_max: usize,
    counts: impl Fn(&Failure) -> bool + Sync,
) -> Summary {
    let next = AtomicU64::new(first);
    let failed = AtomicUsize::new(0);
    let total = Mutex::new(Summary::default());
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                let mut own = Summary::default();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count || failed.load(Ordering::Relaxed) >= failures_max {
                        break;
                    }
                    let report = run_seed::<S>(seed);
                    own.seeds += 1;
                    own.executed += report.executed;
                    own.hash ^= report.trace.hash().rotate_left((seed % 63) as u32);
                    own.marks.merge(&report.marks);
                    if let Some(failure) = report.failure {
                        failed.fetch_add(usize::from(counts(&failure)), Ordering::Relaxed);
                        own.failures.push((seed, failure));
                    }
                }
                let mut total = total.lock().expect("no campaign thread panics");
                total.seeds += own.seeds;
                total.executed += own.executed;
                total.hash ^= own.hash;
                total.marks.merge(&own.marks);
                total.failures.append(&mut own.failures);
            });
        }
    });
    let mut total = total.into_inner().expect("no campaign thread panics");
    total.failures.sort_by_key(|(seed, _)| *seed);
    total
}

/// Runs one seed; some twice.
pub fn run_seed<S: Scenario>(seed: u64) -> Report {
    let plan = S::draw(seed);
    let mut report = run_caught(&plan, false);
    if seed.is_multiple_of(TWICE_EVERY) && report.failure.is_none() {
        let again = run_caught(&plan, false);
        if again.trace.hash() != report.trace.hash() {
            let what = "the same seed gave another trace".to_string();
            report.failure = Some(Failure { at_us: 0, what });
        }
    }
    report
}

/// Runs a plan; a panic of the engine is a failure like any other.
pub fn run_caught<S: Scenario>(plan: &S, keep_rows: bool) -> Report {
    catch_unwind(AssertUnwindSafe(|| plan.run(keep_rows))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|s| s.to_string()));
        let what = format!("panic: {}", text.unwrap_or_else(|| "of unknown kind".into()));
        Report {
            failure: Some(Failure { at_us: 0, what }),
            trace: Trace::new(false),
            marks: Marks::default(),
            executed: 0,
        }
    })
}
