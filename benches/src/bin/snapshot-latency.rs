//! The snapshot budget: taking one of ten million keys, and the writes after it, in process.
//!
//! `cargo run --release -p etalon-benches --bin snapshot-latency [KEYS]`

use std::time::{Duration, Instant};

use etalon_benches::load::append_request;
use etalon_core::config::Config;
use etalon_core::engine::client::{ClientId, Peer};
use etalon_core::engine::turn::Turn;
use etalon_core::{Engine, Now};

const NOW: Now = Now { unix_us: 1_700_000_000_000_000, monotonic_us: 1 };
const WRITES: u64 = 500_000;

fn main() {
    let keys = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(10_000_000);
    let mut engine = Engine::new(Config::default(), 1, NOW);
    let client = engine.connect(Peer { loopback: true, ..Peer::default() }, NOW).expect("let in");
    let mut request = Vec::new();
    let mut longest_insert = Duration::ZERO;
    for key in 0..keys {
        set(&mut request, key, key, key.is_multiple_of(4));
        longest_insert = longest_insert.max(turn(&mut engine, client, &request));
    }
    let bytes = engine.keyspace().heap_bytes() as f64 / keys as f64;
    println!("{keys} keys, a quarter with an expiry, {bytes:.1} heap bytes a key, longest insert {longest_insert:?}");
    report("writes, no snapshot", writes(&mut engine, client, keys, 1));

    let started = Instant::now();
    let snapshot = engine.keyspace().snapshot();
    println!("taking a snapshot: {:?}", started.elapsed());
    report("writes, snapshot alive", writes(&mut engine, client, keys, 2));
    let reader = std::thread::spawn(move || {
        let started = Instant::now();
        let count: usize = snapshot.iter().map(|(_, db)| db.iter().count()).sum();
        (count, started.elapsed())
    });
    report("writes, snapshot read on another thread", writes(&mut engine, client, keys, 3));
    let (count, elapsed) = reader.join().expect("the reader ends");
    println!("the other thread read {count} keys in {elapsed:?}");
}

fn set(request: &mut Vec<u8>, key: u64, value: u64, expires: bool) {
    request.clear();
    let (key, value) = (format!("key:{key:012}"), format!("v{:07}", value % 10_000_000));
    if expires {
        append_request(request, &[b"SET", key.as_bytes(), value.as_bytes(), b"EX", b"100000"]);
    } else {
        append_request(request, &[b"SET", key.as_bytes(), value.as_bytes()]);
    }
}

fn writes(engine: &mut Engine, client: ClientId, keys: u64, round: u64) -> Vec<Duration> {
    let mut request = Vec::new();
    let mut latencies = Vec::with_capacity(WRITES as usize);
    for i in 0..WRITES {
        let key = (i + round * 7_777_777).wrapping_mul(2_654_435_761) % keys;
        set(&mut request, key, i + round, key.is_multiple_of(4));
        latencies.push(turn(engine, client, &request));
    }
    latencies.sort();
    latencies
}

fn turn(engine: &mut Engine, client: ClientId, request: &[u8]) -> Duration {
    engine.query_buffer(client).extend(request);
    let started = Instant::now();
    engine.handle_readable(client, NOW);
    let elapsed = started.elapsed();
    let Turn::Clean(permit) = engine.end_turn(NOW) else { unreachable!("no journal is kept") };
    while let Some(id) = engine.next_writable(&permit) {
        let count = engine.output(id, &permit).len();
        engine.sent(id, count, NOW);
    }
    elapsed
}

fn report(what: &str, sorted: Vec<Duration>) {
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share) as usize];
    println!("{what:<42} median {:>8?}  p99 {:>8?}  p99.9 {:>8?}  max {:>8?}", at(0.5), at(0.99), at(0.999), at(1.0));
}
