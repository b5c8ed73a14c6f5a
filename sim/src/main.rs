//! `etalon-sim`: runs campaigns of seeds, replays one, shrinks a failure.

use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, Parser, Subcommand};
use etalon_core::config::AppendFsync;
use etalon_sim::campaign::Scenario;
use etalon_sim::crashes::exhaustive;
use etalon_sim::world::Failure;
use etalon_sim::{Plan, campaign, crashes, diagram, queues, shrink};

#[derive(Parser)]
#[command(name = "etalon-sim", about = "Runs the engine in a simulated world, from seeds")]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs many seeds; the first failure is shrunk and printed.
    Run(RunOptions),
    /// Runs every workload of a few commands with every crash that its disk can have.
    Exhaustive {
        #[arg(long, default_value_t = 3)]
        commands: usize,
        /// `disk`: saves; `log`: the append-only file.
        #[arg(long, default_value = "disk")]
        profile: String,
        /// How the log is synced: `always`, `everysec` or `no`; all of them one after the other by default.
        #[arg(long)]
        appendfsync: Option<String>,
        /// How many crashes the log meets in a row, all but the first during a recovery; at least two.
        #[arg(long, default_value_t = 2)]
        crashes: u32,
    },
    /// Runs one seed and prints its trace.
    Replay {
        seed: u64,
        /// `client`, `disk` or `log`.
        #[arg(long, default_value = "client")]
        profile: String,
        /// Shrink it first, if it fails.
        #[arg(long)]
        shrink: bool,
        /// Write a page with a space-time diagram.
        #[arg(long)]
        page: Option<String>,
    },
}

#[derive(Args)]
struct RunOptions {
    /// `client`: one node and what may happen to its clients; `queues`: clients that wait for lists; `disk`: a node whose
    /// disk fails and crashes; `log`: the same with an append-only file.
    #[arg(long, default_value = "client")]
    profile: String,
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Threads; all cores by default.
    #[arg(long)]
    jobs: Option<usize>,
    /// Fail if a mark was never reached.
    #[arg(long)]
    marks: bool,
    /// Stop after so many seeds that fail; if not after the first, or if not all count, each is printed in a line and none is
    /// shrunk.
    #[arg(long, default_value_t = 1)]
    failures: usize,
    /// Only those count that violate one of these properties (`P1,P6`).
    #[arg(long, value_delimiter = ',')]
    of: Vec<String>,
}

fn main() -> ExitCode {
    match Options::parse().command {
        Command::Run(options) => match options.profile.as_str() {
            "client" => run::<Plan>(&options),
            "disk" => run::<crashes::Plan>(&options),
            "log" => run::<crashes::LogPlan>(&options),
            "queues" => run_queues(options.from, options.seeds),
            profile => no_such_profile(profile, "client, disk, log, queues"),
        },
        Command::Exhaustive { commands, profile, appendfsync, crashes } => match profile.as_str() {
            "disk" => exhaust("saves", || exhaustive::run_saves(commands)),
            "log" => exhaust_log(commands, crashes, appendfsync.as_deref()),
            profile => no_such_profile(profile, "disk, log"),
        },
        Command::Replay { seed, profile, shrink, page } => match profile.as_str() {
            "client" => replay::<Plan>(seed, shrink, page.as_deref()),
            "disk" => replay::<crashes::Plan>(seed, shrink, page.as_deref()),
            "log" => replay::<crashes::LogPlan>(seed, shrink, page.as_deref()),
            _ => no_such_profile(&profile, "client, disk, log"),
        },
    }
}

fn exhaust(what: &str, run: impl FnOnce() -> Result<exhaustive::Summary, String>) -> ExitCode {
    let started = Instant::now();
    match run() {
        Ok(summary) => {
            println!("{what}: {:.1} s, {summary:?}", started.elapsed().as_secs_f64());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("{what}: FAILED: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn exhaust_log(commands: usize, crashes: u32, policy: Option<&str>) -> ExitCode {
    let all = [("always", AppendFsync::Always), ("everysec", AppendFsync::EverySec), ("no", AppendFsync::No)];
    let chosen: Vec<_> = all.into_iter().filter(|(name, _)| policy.is_none_or(|policy| policy == *name)).collect();
    if chosen.is_empty() {
        eprintln!("no such policy: {} (there are: always, everysec, no)", policy.unwrap_or_default());
        return ExitCode::FAILURE;
    }
    let failed = |(name, policy): (&str, AppendFsync)| {
        exhaust(&format!("log, appendfsync {name}"), || exhaustive::run_log(commands, crashes, policy))
            != ExitCode::SUCCESS
    };
    if chosen.into_iter().any(failed) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn no_such_profile(profile: &str, known: &str) -> ExitCode {
    eprintln!("no such profile: {profile} (there are: {known})");
    ExitCode::FAILURE
}

fn run<S: Scenario>(options: &RunOptions) -> ExitCode {
    let jobs = options.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get()));
    let started = Instant::now();
    let counts = |failure: &Failure| {
        options.of.is_empty() || options.of.iter().any(|property| failure.what.starts_with(&format!("{property}:")))
    };
    let summary = campaign::run::<S>(options.from, options.seeds, jobs, options.failures, counts);
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{} seeds, {} commands, {:.1} s, {:.0} seeds/s, hash {:016x}",
        summary.seeds,
        summary.executed,
        seconds,
        summary.seeds as f64 / seconds,
        summary.hash
    );
    for mark in S::MARKS {
        println!("{:>12}  {mark}", summary.marks.count(mark));
    }
    println!();
    for (seed, failure) in &summary.failures {
        println!("seed {seed} failed at {} us: {}", failure.at_us, failure.what);
    }
    if let Some((seed, _)) = summary.failures.first() {
        println!("replay with: etalon-sim replay {seed} --profile {} --shrink\n", options.profile);
        if options.failures == 1 && options.of.is_empty() {
            replay::<S>(*seed, true, None);
        }
        return ExitCode::FAILURE;
    }
    let missed = summary.marks.missed(S::MARKS);
    if options.marks && !missed.is_empty() {
        println!("marks never reached: {}", missed.join("; "));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn run_queues(from: u64, seeds: u64) -> ExitCode {
    const EVENTS: usize = 400;
    let started = Instant::now();
    let mut total = queues::Summary::default();
    for seed in from..from + seeds {
        match queues::run_seed(seed, EVENTS) {
            Ok(summary) => {
                total.commands += summary.commands;
                total.waited += summary.waited;
                total.timeouts += summary.timeouts;
                total.breaks += summary.breaks;
            }
            Err(what) => {
                println!("FAILED: {what}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("{seeds} seeds in {:.1} s: {total:?}", started.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}

fn replay<S: Scenario>(seed: u64, shrunk: bool, page: Option<&str>) -> ExitCode {
    let mut plan = S::draw(seed);
    let mut report = campaign::run_caught(&plan, true);
    if shrunk && report.failure.is_some() {
        let steps = plan.steps();
        plan = shrink::shrink(&plan);
        report = campaign::run_caught(&plan, true);
        println!("shrunk from {steps} to {} steps:", plan.steps());
        for step in plan.describe() {
            println!("  {step}");
        }
        println!();
    }
    print!("{}", report.trace.to_text());
    println!("trace hash {:016x}, {} commands", report.trace.hash(), report.executed);
    if let Some(path) = page {
        let title = format!("Seed {seed}");
        if let Err(error) = std::fs::write(path, diagram::page(&title, &report.trace)) {
            eprintln!("can't write {path}: {error}");
            return ExitCode::FAILURE;
        }
    }
    match report.failure {
        Some(failure) => {
            println!("FAILED at {} us: {}", failure.at_us, failure.what);
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}
