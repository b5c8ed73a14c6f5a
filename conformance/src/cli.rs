//! The command line: `diff`, `lua`, `payloads`, `exchange`, `crash`, `record`, `check`.

use crate::coverage;
use crate::crash;
use crate::differ::session::{EPOCH_COMMANDS, Outcome, Plan, Session};
use crate::divergences::Divergences;
use crate::exchange;
use crate::in_process::{Clock, EngineTarget};
use crate::launch::{self, Server};
use crate::lua;
use crate::payload;
use crate::quote;
use crate::rows::Rows;
use crate::script::{self, Script, snapshot};
use crate::target::{SocketTarget, Target};
use clap::{Args, Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Holds Redis-compatible servers against each other.
#[derive(Debug, Parser)]
#[command(name = "etalon-conformance", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Send the same generated commands to two servers and compare every reply and the state afterwards.
    Diff(DiffArgs),
    /// Exchange payloads of DUMP between the real server and the engine, sound ones and damaged ones.
    Payloads {
        /// Values of every kind are exchanged so many times, each time with other contents.
        #[arg(long, default_value_t = 5)]
        rounds: u64,
        /// Damaged payloads.
        #[arg(long, default_value_t = 100_000)]
        mutants: usize,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Exchange files between the real server and the engine, both directions: RDB files, or append-only files with `--logs`.
    Exchange {
        #[arg(long)]
        logs: bool,
        /// Generated data sets.
        #[arg(long, default_value_t = 100)]
        sets: u64,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Kill a server with an append-only file (SIGKILL) under load, start it again, and check what clients had been told.
    Crash {
        #[arg(long, default_value_t = 20)]
        rounds: u64,
        /// `always`, `everysec` or `no`
        #[arg(long, default_value = "always")]
        fsync: String,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Clients that write.
        #[arg(long, default_value_t = 6)]
        writers: usize,
        /// Command line of the server; our own, as it is built, without it.
        #[arg(long)]
        server: Option<String>,
    },
    /// Run generated Lua scripts on a real server and on the engine, and compare what they return.
    Lua(LuaArgs),
    /// Record the scripts from the real server (a redis-server 7.0 on the PATH). The only writer of snapshots.
    Record {
        /// Only scripts whose name contains this.
        #[arg(default_value = "")]
        filter: String,
    },
    /// Play the scripts on a server and compare with the recordings.
    Check {
        /// Command or address of the server, or `engine` for the engine in this process.
        server: String,
        /// Only scripts whose name contains this.
        #[arg(default_value = "")]
        filter: String,
    },
}

#[derive(Debug, Args)]
struct DiffArgs {
    /// Command line or address of the first server, the one that is right.
    #[arg(long, value_name = "CMD_OR_ADDR", default_value = "redis-server")]
    a: String,
    /// Command line or address of the second server.
    #[arg(long, value_name = "CMD_OR_ADDR", required_unless_present = "in_process")]
    b: Option<String>,
    /// Compare with the engine in this process.
    #[arg(long, conflicts_with = "b")]
    in_process: bool,
    /// string, hash, list, set, sorted-set, stream, bitmap, hyperloglog, geo, sort, generic,
    /// connection, server, protocol; `data` for those that only see data, or all.
    #[arg(long, default_value = "all")]
    family: String,
    #[arg(long, default_value_t = 100_000)]
    commands: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// 2 or 3.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=3))]
    resp: u8,
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=8))]
    clients: u8,
    /// Only this epoch of the seed (a difference names it).
    #[arg(long)]
    epoch: Option<u64>,
    /// Print the steps of that epoch and run nothing.
    #[arg(long, requires = "epoch")]
    print: bool,
    /// Commands between two resets of the state.
    #[arg(long, default_value_t = EPOCH_COMMANDS)]
    epoch_commands: usize,
    /// Run this script on both instead of generating.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Where the shrunk script of a difference goes.
    #[arg(long, value_name = "FILE", default_value = "difference.txt")]
    out: PathBuf,
    /// Where the whole report goes.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Seconds that shrinking may take.
    #[arg(long, default_value_t = 60)]
    shrink_seconds: u64,
    /// Compare what both propagate to replicas, too. For families that do not look at replicas or clients.
    #[arg(long)]
    propagation: bool,
    /// Fail a run that did not reach every command, option, error and shape of reply that is not explained in coverage.toml.
    #[arg(long)]
    require_coverage: bool,
    /// Add the shapes of replies of this run to those that later ones have to reach.
    #[arg(long)]
    write_shapes: bool,
    /// Do not fail a run that reached too little.
    #[arg(long)]
    allow_vacuous: bool,
}

#[derive(Debug, Args)]
struct LuaArgs {
    /// Command line or address of the first server, the one that is right.
    #[arg(long, value_name = "CMD_OR_ADDR", default_value = "redis-server")]
    a: String,
    /// Command line or address of the second server; the engine in this process without it.
    #[arg(long, value_name = "CMD_OR_ADDR")]
    b: Option<String>,
    /// How many scripts.
    #[arg(long, default_value_t = 100_000)]
    count: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// 2 or 3.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=3))]
    resp: u8,
    /// Stop after so many differences.
    #[arg(long, default_value_t = 1)]
    differences: usize,
    /// Only this epoch of the seed (a difference names it).
    #[arg(long)]
    epoch: Option<u64>,
    /// Print the scripts of that epoch and run nothing.
    #[arg(long, requires = "epoch")]
    print: bool,
    /// Do not fail a run that reached too little.
    #[arg(long)]
    allow_vacuous: bool,
}

/// Runs the program; the exit code is 0 if all is equal, 1 on a difference, 2 if the harness could not go on.
pub fn main() -> u8 {
    let result = match Cli::parse().command {
        Command::Diff(args) => diff(&args),
        Command::Lua(args) => generated_lua(&args),
        Command::Payloads { rounds, mutants, seed } => payloads(rounds, mutants, seed),
        Command::Exchange { logs, sets, seed } => exchange(logs, sets, seed),
        Command::Crash { rounds, fsync, seed, writers, server } => crash(rounds, fsync, seed, writers, server),
        Command::Record { filter } => record(&filter),
        Command::Check { server, filter } => check(&server, &filter),
    };
    result.unwrap_or_else(|error| {
        eprintln!("etalon-conformance: {error}");
        2
    })
}

fn open(name: &str, command_or_addr: &str) -> Result<Box<dyn Target>, String> {
    let server = Server::open(command_or_addr, &[]).map_err(|error| format!("{name}: {error}"))?;
    Ok(Box::new(SocketTarget::new(name, server)))
}

fn diff(args: &DiffArgs) -> Result<u8, String> {
    let a = open("a", &args.a)?;
    let b = match &args.b {
        Some(b) => open("b", b)?,
        None => Box::new(EngineTarget::new(Clock::Real, args.seed)),
    };
    let mut session = Session::new(a, b, args.resp, Divergences::committed()?)?;
    if let Some(path) = &args.script {
        return diff_script(&mut session, path);
    }
    let plan = Plan {
        family: args.family.clone(),
        commands: args.commands,
        seed: args.seed,
        clients: usize::from(args.clients),
        resp: args.resp,
        epoch: args.epoch,
        epoch_commands: args.epoch_commands,
        propagation: args.propagation,
        shrink_for: Duration::from_secs(args.shrink_seconds),
    };
    if args.print {
        print!("{}", script::print_steps(&session.steps(&plan, plan.epoch.unwrap_or(0), plan.commands)?));
        return Ok(0);
    }
    let outcome = session.run(&plan)?;
    if !session.left_out.is_empty() {
        println!("left out, b does not have them: {}", session.left_out.join(" "));
    }
    verdict(args, &session.pair.rows, &outcome)
}

fn verdict(args: &DiffArgs, rows: &Rows, outcome: &Outcome) -> Result<u8, String> {
    print!("{}", outcome.tally.summary(outcome.took));
    for line in &outcome.divergences {
        println!("  {line}");
    }
    let coverage = coverage::judge(&outcome.tally, rows, &outcome.expected_rows, &args.family, args.resp)?;
    if args.require_coverage {
        print!("{}", coverage.summary());
    }
    if args.write_shapes {
        coverage::write_shapes(&outcome.tally, &outcome.expected_rows, args.resp)?;
    }
    if let Some(path) = &args.report {
        let text = coverage.summary() + &outcome.tally.summary(outcome.took) + "\n" + &outcome.tally.details();
        std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if let Some(found) = &outcome.difference {
        let shrunk = &found.shrunk;
        let origin = format!("family {}, seed {}, epoch {}, RESP{}", args.family, args.seed, found.epoch, args.resp);
        let text = script::print_steps(&shrunk.steps);
        let told = shrunk.difference.describe("a", "b");
        println!("DIFFERENCE ({origin}), shrunk to {} steps in {} trials:", shrunk.steps.len(), shrunk.trials);
        if !shrunk.reproduced {
            println!("it did not come again when repeated: something depends on more than the commands");
        }
        let few = if shrunk.reproduced { &text[..] } else { "" };
        println!("{few}\n{told}");
        let comment: String = told.lines().map(|line| format!("# {line}\n")).collect();
        std::fs::write(&args.out, format!("# {origin}\n{comment}{text}"))
            .map_err(|error| format!("{}: {error}", args.out.display()))?;
        println!("saved to {}", args.out.display());
        return Ok(1);
    }
    let vacuous = outcome.tally.vacuous(&outcome.expected_rows);
    for reason in &vacuous {
        println!("vacuous: {reason}");
    }
    if !vacuous.is_empty() && !args.allow_vacuous || args.require_coverage && !coverage.missing.is_empty() {
        return Ok(1);
    }
    println!("no difference");
    Ok(0)
}

fn diff_script(session: &mut Session, path: &Path) -> Result<u8, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let script = Script::parse(&path.display().to_string(), &text)?;
    let mut tally = Default::default();
    match session.attempt(&script.steps, &mut tally)? {
        Some(difference) => {
            println!("DIFFERENCE\n{}", difference.describe("a", "b"));
            Ok(1)
        }
        None => {
            println!("no difference in {} steps", script.steps.len());
            Ok(0)
        }
    }
}

fn generated_lua(args: &LuaArgs) -> Result<u8, String> {
    if let (true, Some(epoch)) = (args.print, args.epoch) {
        for script in lua::run::scripts(args.seed, epoch, args.count) {
            println!("{}", quote::join(&script.words()));
        }
        return Ok(0);
    }
    let a = open("a", &args.a)?;
    let b = match &args.b {
        Some(b) => open("b", b)?,
        None => Box::new(EngineTarget::new(Clock::Real, args.seed)),
    };
    let plan = lua::run::Plan {
        count: args.count,
        seed: args.seed,
        resp: args.resp,
        differences: args.differences,
        epoch: args.epoch,
    };
    let outcome = lua::run::run(a, b, &plan)?;
    print!("{}", outcome.tally.summary());
    for difference in &outcome.differences {
        println!("DIFFERENCE (seed {}, RESP{}, {difference}", args.seed, args.resp);
    }
    if !outcome.differences.is_empty() {
        return Ok(1);
    }
    let vacuous = if args.allow_vacuous || args.epoch.is_some() { Vec::new() } else { outcome.tally.vacuous() };
    vacuous.iter().for_each(|reason| println!("vacuous: {reason}"));
    if vacuous.is_empty() {
        println!("no difference");
    }
    Ok(u8::from(!vacuous.is_empty()))
}

fn crash(rounds: u64, fsync: String, seed: u64, writers: usize, server: Option<String>) -> Result<u8, String> {
    let server = server.map_or_else(launch::etalon, Ok)?;
    let tally = crash::run(&crash::Plan { server, rounds, fsync, seed, writers })?;
    println!(
        "{} rounds ({} outlasted the window): {} steps answered, {} of them lost, {} there unanswered, {} rewrites; \
         the oldest loss had been answered {} ms before the kill",
        tally.rounds,
        tally.long_rounds,
        tally.answered,
        tally.lost,
        tally.unanswered,
        tally.rewrites,
        tally.oldest_lost.as_millis()
    );
    Ok(0)
}

fn payloads(rounds: u64, mutants: usize, seed: u64) -> Result<u8, String> {
    let mut two = payload::Two::start(&launch::oracle()?)?;
    match payload::exchange::run(&mut two, seed, rounds) {
        Ok(restored) => println!("{restored} sound payloads, each the same value on both"),
        Err(error) => {
            println!("DIFFERENCE\n{error}");
            return Ok(1);
        }
    }
    let tally = payload::damage::run(&mut two, seed, mutants)?;
    print!("{}", tally.summary());
    let unlisted = tally.unlisted();
    unlisted.iter().for_each(|line| println!("DIFFERENCE\n{line}"));
    Ok(u8::from(!unlisted.is_empty()))
}

fn exchange(logs: bool, sets: u64, seed: u64) -> Result<u8, String> {
    let command = launch::oracle()?;
    let (result, checker) = match logs {
        true => (exchange::run_logs(&command, seed, sets), "redis-check-aof"),
        false => (exchange::run(&command, seed, sets), "redis-check-rdb"),
    };
    match result {
        Ok(tally) => {
            let (sets, keys, megabytes) = (tally.sets, tally.keys, tally.bytes >> 20);
            println!("{sets} data sets ({keys} keys, {megabytes} MiB) are the same in both directions");
            println!("{} of them passed {checker}", tally.checked);
            Ok(0)
        }
        Err(error) => {
            println!("DIFFERENCE\n{error:.4000}");
            Ok(1)
        }
    }
}

fn record(filter: &str) -> Result<u8, String> {
    let oracle = launch::oracle()?;
    let (written, changed) = snapshot::record(&oracle, filter)?;
    println!("{written} recordings made, {changed} of them new or changed");
    Ok(0)
}

fn check(server: &str, filter: &str) -> Result<u8, String> {
    let mut divergences = Divergences::committed()?;
    let (mut played, mut failed) = (0, 0);
    let rows = match server {
        "engine" => snapshot::rows_of(&mut EngineTarget::new(Clock::Manual, 1))?,
        _ => snapshot::rows_of(&mut *open("server", server)?)?,
    };
    for script in snapshot::all_scripts()?.iter().filter(|script| script.name.contains(filter)) {
        if let Some(missing) = script.needs.iter().find(|row| !rows.has(row)) {
            println!("{}: skipped, there is no {missing}", script.name);
            continue;
        }
        for resp in snapshot::protocols(script) {
            let recorded = snapshot::load(script, resp)?;
            let transcript = match server {
                "engine" => script::run::play(&mut EngineTarget::new(Clock::Manual, 1), script, resp)?,
                _ => snapshot::play_fresh(server, script, resp)?,
            };
            let differences = snapshot::compare(script, &recorded, &transcript, &mut divergences);
            played += 1;
            failed += usize::from(!differences.is_empty());
            for difference in &differences {
                println!("{} RESP{resp}: {difference}", script.name);
            }
        }
    }
    println!("{played} recordings compared, {failed} differ");
    Ok(u8::from(failed > 0))
}
