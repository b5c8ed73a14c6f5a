//! The latency budget of freeing: turns that allocate, while another thread frees ten million keys, a value of ten million elements,
//! or a snapshot of as many.
//!
//! `cargo run --release -p etalon-benches --bin release-latency [ELEMENTS] [TYPE|keys]`
//!
//! What counts is the time by the clock, less the time that the thread was ready but had no core: work and waiting for locks.
//! On a machine with other work to do the maximum is too high: whoever holds a lock of the allocator may have lost its core.

use std::time::Instant;

use etalon_benches::big_keys::{KINDS, element, number, score};
use etalon_benches::load::append_request;
use etalon_benches::process::own_wait_ns;
use etalon_benches::world::World;
use etalon_core::keyspace::Discarded;

fn main() {
    let size = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(10_000_000);
    println!("{:<36} {:>10} {:>34}", "", "freed in", "turns meanwhile, µs: median 99.9 % max");
    let only = std::env::args().nth(2);
    for kind in KINDS.iter().filter(|kind| only.as_ref().is_none_or(|only| kind.name == only)) {
        let mut world = World::new();
        fill(&mut world, size, kind.fill);
        report(&format!("UNLINK, {}", kind.name), &mut world, |world| command(world, &[b"UNLINK", b"k"]));
    }
    if only.is_some_and(|only| only != "keys") {
        return;
    }
    let mut world = World::new();
    fill(&mut world, size, set_key);
    report("FLUSHALL ASYNC", &mut world, |world| command(world, &[b"FLUSHALL", b"ASYNC"]));
    fill(&mut world, size, set_key);
    let snapshot = world.snapshot();
    fill(&mut world, size, set_key);
    report("a snapshot, all pages since copied", &mut world, |world| {
        world.discard(Discarded::snapshot(snapshot));
        0
    });
}

fn set_key(i: u64, out: &mut Vec<u8>) {
    append_request(out, &[b"SET", &element(i), &number(i)]);
}

fn command(world: &mut World, args: &[&[u8]]) -> u64 {
    world.request(|out| append_request(out, args));
    world.turn()
}

fn fill(world: &mut World, size: u64, request: fn(u64, &mut Vec<u8>)) {
    for i in 0..size {
        world.request(|out| request(i, out));
        if world.waiting_bytes() > 8192 || i + 1 == size {
            world.turn();
        }
    }
}

/// Lets go of something, and runs turns until it is freed.
fn report(name: &str, world: &mut World, release: impl FnOnce(&mut World) -> u64) {
    let started = Instant::now();
    let (clock, waited) = (Instant::now(), own_wait_ns());
    release(world);
    let mut turns = vec![(clock.elapsed().as_nanos() as u64).saturating_sub(own_wait_ns() - waited)];
    let mut i = 0;
    while !world.has_freed_all() {
        world.request(|out| append_request(out, &[b"ZADD", b"other", &score(i), &element(i)]));
        let (clock, waited) = (Instant::now(), own_wait_ns());
        world.turn();
        turns.push((clock.elapsed().as_nanos() as u64).saturating_sub(own_wait_ns() - waited));
        i += 1;
    }
    let freed = started.elapsed();
    turns.sort_unstable();
    let at = |share: f64| turns[((turns.len() - 1) as f64 * share) as usize] as f64 / 1e3;
    println!("{name:<36} {freed:>10.1?} {:>14.1} {:>9.1} {:>9.1}", at(0.5), at(0.999), at(1.0));
}
