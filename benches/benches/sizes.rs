//! Commands on collections of 100 to 10 million elements: each keeps the complexity that Redis documents.
//!
//! `cargo bench -p etalon-benches --bench sizes -- [TYPE]` prints nanoseconds for each operation of
//! [`big_keys`](etalon_benches::big_keys) and size: medians, less that of a PING. The figures of an O(1) command differ between sizes by what
//! the caches make of it, those of an O(log n) one by that and some nanoseconds for each power of ten.
//! `ETALON_BENCH_ELEMENTS` sets the greatest size.

use etalon_benches::big_keys::{KINDS, Kind, Operation};
use etalon_benches::load::append_request;
use etalon_benches::world::{Latencies, World};

/// Operations of each kind at most, and at least.
const OPERATIONS: std::ops::RangeInclusive<u64> = 500..=5000;

fn main() {
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let largest = std::env::var("ETALON_BENCH_ELEMENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000_000);
    let sizes: Vec<u64> = (2..).map(|power| 10u64.pow(power)).take_while(|&size| size <= largest).collect();
    for kind in KINDS.iter().filter(|kind| only.as_ref().is_none_or(|only| kind.name == only)) {
        let columns: Vec<Vec<u64>> = sizes.iter().map(|&size| column(kind, size)).collect();
        let heads: String = sizes.iter().map(|size| format!("{size:>10}")).collect();
        println!("{:<28}{heads}", format!("{}, ns", kind.name));
        for (row, operation) in operations(kind).enumerate() {
            let cells: String = columns.iter().map(|column| format!("{:>10}", column[row])).collect();
            println!("{:<28}{cells}", operation.name);
        }
        println!();
    }
}

fn operations(kind: &Kind) -> impl Iterator<Item = &Operation> {
    kind.operations.iter().filter(|operation| !operation.is_linear)
}

/// The medians of all operations on a key of that size.
fn column(kind: &Kind, size: u64) -> Vec<u64> {
    let mut world = World::new();
    for i in 0..size {
        world.request(|out| (kind.fill)(i, out));
        if world.waiting_bytes() > 8192 || i + 1 == size {
            world.turn();
        }
    }
    let count = size.clamp(*OPERATIONS.start(), *OPERATIONS.end());
    let ping = median(&mut world, count, |_, out| append_request(out, &[b"PING"]));
    let each = |operation: &Operation| median(&mut world, count, |i, out| (operation.request)(i, size, out));
    operations(kind).map(each).map(|ns| ns.saturating_sub(ping)).collect()
}

fn median(world: &mut World, count: u64, request: impl Fn(u64, &mut Vec<u8>)) -> u64 {
    let mut turns = Latencies::new();
    for i in 0..count {
        world.request(|out| request(i, out));
        turns.push(world.turn());
    }
    turns.percentiles_ns().0
}
