//! The latency budget of big keys: no operation but those that are O(n) takes longer than 1 ms at ten million elements.
//!
//! `cargo run --release -p etalon-benches --bin big-key-latency [ELEMENTS] [TYPE]`
//!
//! In process, one key of each type: every insert while it grows, every operation without and with a live snapshot
//! (which makes writes copy pages), every removal while it shrinks. A snapshot is taken anew every few hundred operations. Times are CPU
//! times of the engine's thread, so that neighbours on the machine count less.
//!
//! They still count: interrupts, and what it costs to be taken off the core, are booked on the thread. In ten million turns of fixed
//! arithmetic some take 0.5 to 1.5 ms here. But the engine is deterministic: what it does itself at one insert it does there again.
//! So the key is grown and emptied twice, and the time of an insert is the lesser of the two; what a single round showed is
//! printed beside it.

use std::fmt::Write as _;

use etalon_benches::big_keys::{KINDS, Kind, Operation};
use etalon_benches::world::{Latencies, World};
use etalon_core::keyspace::Discarded;

/// Operations of each kind without a snapshot, and with one.
const OPERATIONS: u64 = 20_000;
const OPERATIONS_A_SNAPSHOT: u64 = 500;
const SNAPSHOTS: u64 = 8;
const BUDGET_NS: u64 = 1_000_000;

fn main() {
    let mut args = std::env::args().skip(1);
    let size = args.next().and_then(|n| n.parse().ok()).unwrap_or(10_000_000);
    let only = args.next();
    let mut over = Vec::new();
    println!(
        "{:<28} {:>42} {:>42} {:>10}",
        "", "no snapshot, µs: median    99.9 %       max", "live snapshot", "clock"
    );
    for kind in KINDS.iter().filter(|kind| only.as_ref().is_none_or(|only| kind.name == only)) {
        measure(kind, size, &mut over);
    }
    println!("\nover 1 ms and not O(n): {}", if over.is_empty() { "none".into() } else { over.join(", ") });
}

fn measure(kind: &Kind, size: u64, over: &mut Vec<String>) {
    let mut world = World::new();
    let (mut grown, mut shrunk) = (Walk::default(), Walk::default());
    grown.round(&mut world, size, kind.fill);
    shrunk.round(&mut world, size, kind.drain);

    let mut world = World::new();
    grown.round(&mut world, size, kind.fill);
    println!("-- {}: {size} elements, {:.1} heap bytes each", kind.name, world.heap_bytes() as f64 / size as f64);
    grown.report(kind, "every insert", over);
    for operation in kind.operations {
        run(&mut world, kind, operation, size, over);
    }
    shrunk.round(&mut world, size, kind.drain);
    shrunk.report(kind, "every removal", over);
}

/// One turn for each element, in several rounds.
#[derive(Default)]
struct Walk {
    /// The least time of each turn.
    least: Option<Latencies>,
    /// What each round showed: the longest turn, and how many took longer than the budget.
    rounds: Vec<(u64, u64)>,
}

impl Walk {
    fn round(&mut self, world: &mut World, size: u64, request: fn(u64, &mut Vec<u8>)) {
        let mut latencies = Latencies::new();
        let mut over = 0;
        for i in 0..size {
            world.request(|out| request(i, out));
            let cpu_ns = world.turn();
            latencies.push(cpu_ns);
            over += u64::from(cpu_ns > BUDGET_NS);
        }
        self.rounds.push((latencies.max_ns(), over));
        match &mut self.least {
            Some(least) => least.keep_least(&latencies),
            None => self.least = Some(latencies),
        }
    }

    fn report(&mut self, kind: &Kind, name: &str, over: &mut Vec<String>) {
        let least = self.least.as_mut().expect("there was a round");
        check(kind, name, least.max_ns(), over);
        let row = row(name, least, None);
        let rounds = self.rounds.iter().map(|(max_ns, over)| format!("{:.1} ({over} > 1 ms)", *max_ns as f64 / 1e3));
        println!("{row}   longest of each round: {}", rounds.collect::<Vec<_>>().join(", "));
    }
}

fn run(world: &mut World, kind: &Kind, operation: &Operation, size: u64, over: &mut Vec<String>) {
    let mut alone = Latencies::new();
    let count = if operation.is_linear { 4 } else { OPERATIONS };
    for i in 0..count {
        world.request(|out| (operation.request)(i, size, out));
        alone.push(world.turn());
    }
    let mut beside = Latencies::new();
    for round in 0..SNAPSHOTS {
        let snapshot = world.snapshot();
        let count = if operation.is_linear { 2 } else { OPERATIONS_A_SNAPSHOT };
        for i in 0..count {
            world.request(|out| (operation.request)(count * (1000 + round) + i, size, out));
            beside.push(world.turn());
        }
        world.discard(Discarded::snapshot(snapshot));
    }
    let longest = alone.max_ns().max(beside.max_ns());
    println!("{}", row(operation.name, &mut alone, Some(&mut beside)));
    if !operation.is_linear {
        check(kind, operation.name, longest, over);
    }
}

fn check(kind: &Kind, name: &str, longest_ns: u64, over: &mut Vec<String>) {
    if longest_ns > BUDGET_NS {
        over.push(format!("{} {name} ({:.1} ms)", kind.name, longest_ns as f64 / 1e6));
    }
}

fn row(name: &str, alone: &mut Latencies, beside: Option<&mut Latencies>) -> String {
    let mut columns = String::new();
    let mut write = |latencies: &mut Latencies| {
        let (median, high, max) = latencies.percentiles_ns();
        let us = |ns: u64| ns as f64 / 1e3;
        write!(columns, "{:>22.2} {:>9.1} {:>9.1}", us(median), us(high), us(max)).expect("a string takes all");
    };
    write(alone);
    if let Some(beside) = beside {
        write(beside);
    }
    format!("{name:<28} {columns}")
}
