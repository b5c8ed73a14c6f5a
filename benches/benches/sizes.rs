//! Commands on collections of 100 to 10 million elements: each keeps the complexity that Redis documents.
//!
//! A case is one line of [`CASES`]: how the key `k` is filled (a command for each element), and the command that is
//! measured (`i` goes through the elements pseudo-randomly). The figures of an O(1) command differ between sizes by what the
//! caches make of it, those of an O(log n) one by that and a few nanoseconds for each power of ten.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use etalon_benches::load::append_request;
use etalon_core::config::Config;
use etalon_core::engine::client::{ClientId, Peer};
use etalon_core::engine::turn::Turn;
use etalon_core::{Engine, Now};
use std::hint::black_box;
use std::time::Duration;

const NOW: Now = Now { unix_us: 1_700_000_000_000_000, monotonic_us: 1 };
const SIZES: [u64; 4] = [100, 10_000, 1_000_000, 10_000_000];

/// Appends a request about element `i`.
type Command = fn(u64, &mut Vec<u8>);

struct Case {
    name: &'static str,
    fill: Command,
    command: Command,
}

const CASES: &[Case] = &[
    Case { name: "HGET", fill: hset, command: |i, out| append_request(out, &[b"HGET", b"k", &element(i)]) },
    Case { name: "HSET", fill: hset, command: |i, out| append_request(out, &[b"HSET", b"k", &element(i), b"value-2"]) },
    Case { name: "HINCRBY", fill: hset, command: |i, out| append_request(out, &[b"HINCRBY", b"k", &number(i), b"1"]) },
    Case { name: "HDEL, HSET", fill: hset, command: delete_and_set },
    Case { name: "HRANDFIELD", fill: hset, command: |_, out| append_request(out, &[b"HRANDFIELD", b"k"]) },
    Case { name: "HSCAN", fill: hset, command: |i, out| append_request(out, &[b"HSCAN", b"k", &number(i << 20)]) },
    Case { name: "COPY", fill: hset, command: |_, out| append_request(out, &[b"COPY", b"k", b"c", b"REPLACE"]) },
];

fn element(i: u64) -> Vec<u8> {
    format!("element:{i:09}").into_bytes()
}

fn number(i: u64) -> Vec<u8> {
    (i % (1 << 40)).to_string().into_bytes()
}

fn hset(i: u64, out: &mut Vec<u8>) {
    append_request(out, &[b"HSET", b"k", &element(i), b"value-1"]);
}

fn delete_and_set(i: u64, out: &mut Vec<u8>) {
    append_request(out, &[b"HDEL", b"k", &element(i)]);
    hset(i, out);
}

fn turn(engine: &mut Engine, client: ClientId, request: &[u8]) {
    engine.query_buffer(client).extend(request);
    engine.handle_readable(client, NOW);
    let Turn::Clean(permit) = engine.end_turn(NOW) else { unreachable!("no journal is kept") };
    while let Some(id) = engine.next_writable(&permit) {
        let count = black_box(engine.output(id, &permit)).len();
        engine.sent(id, count, NOW);
    }
    while engine.poll_action().is_some() {}
}

fn filled(case: &Case, size: u64) -> (Engine, ClientId) {
    let mut engine = Engine::new(Config::default(), 1, NOW);
    let client = engine.connect(Peer { loopback: true, ..Peer::default() }, NOW).expect("let in");
    let mut request = Vec::new();
    for i in 0..size {
        (case.fill)(i, &mut request);
        if request.len() > 8192 || i + 1 == size {
            turn(&mut engine, client, &request);
            request.clear();
        }
    }
    (engine, client)
}

fn sizes(c: &mut Criterion) {
    for case in CASES {
        let mut group = c.benchmark_group(case.name);
        for size in SIZES {
            // Filled once, and only if a filter lets the case through: the closure runs for every sample.
            let mut world = None;
            let mut request = Vec::new();
            let mut i = 0u64;
            group.bench_function(BenchmarkId::from_parameter(size), |b| {
                let (engine, client) = world.get_or_insert_with(|| filled(case, size));
                b.iter(|| {
                    i = i.wrapping_add(2_654_435_761);
                    request.clear();
                    (case.command)(i % size, &mut request);
                    turn(engine, *client, &request);
                });
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = sizes
}
criterion_main!(benches);
