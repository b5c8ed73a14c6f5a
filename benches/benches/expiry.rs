//! Active expiry: what a cron call costs when a million keys have an expiry and none is due (it must cost as much as
//! with none), what each key costs that is due, and what the index adds to a SET.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use etalon_core::commands::OwnedArgs;
use etalon_core::config::Config;
use etalon_core::engine::client::{ClientId, Peer};
use etalon_core::{Engine, Now};
use std::hint::black_box;

const START_MS: u64 = 1_700_000_000_000;
/// Long after every bench has ended.
const FAR_MS: u64 = START_MS + 1_000_000_000_000;
const KEYS: u64 = 1_000_000;
/// As many as one call of the cron deletes.
const DUE: u64 = 400;

fn at(ms: u64) -> Now {
    Now { unix_us: (START_MS + ms) * 1000, monotonic_us: ms * 1000 }
}

fn run(engine: &mut Engine, client: ClientId, words: &[&[u8]], now: Now) {
    let args: OwnedArgs = words.iter().collect();
    black_box(engine.run_command(client, args.as_args(), now));
}

/// An engine with `count` keys that expire one millisecond after the other, the first at `first_ms`.
fn filled(count: u64, first_ms: Option<u64>) -> (Engine, ClientId) {
    let mut engine = Engine::new(Config::default(), 1, at(0));
    let client = engine.connect(Peer { loopback: true, ..Peer::default() }, at(0)).expect("admitted");
    for number in 0..count {
        let key = format!("key:{number:012}");
        match first_ms {
            Some(first) => {
                let expiry = (first + number).to_string();
                run(&mut engine, client, &[b"SET", key.as_bytes(), b"value", b"PXAT", expiry.as_bytes()], at(0));
            }
            None => run(&mut engine, client, &[b"SET", key.as_bytes(), b"value"], at(0)),
        }
    }
    (engine, client)
}

fn idle_cron(c: &mut Criterion) {
    let mut group = c.benchmark_group("cron, nothing due");
    for (name, count) in [("no volatile key", 0), ("a million volatile keys", KEYS)] {
        let (mut engine, _) = filled(count, Some(FAR_MS));
        let mut ms = 1000;
        group.bench_function(name, |b| {
            b.iter(|| {
                ms += 100;
                engine.handle_timeout(at(ms));
            });
        });
        assert_eq!(engine.keyspace().len() as u64, count, "nothing was due");
    }
    group.finish();
}

fn busy_cron(c: &mut Criterion) {
    let (engine, _) = filled(KEYS, Some(START_MS + 1));
    let mut group = c.benchmark_group("cron, keys due");
    group.throughput(Throughput::Elements(DUE));
    group.sample_size(20);
    group.bench_function("400 of a million", |b| {
        // A clone shares pages with the original, so this includes copying those that are written to.
        b.iter_batched_ref(|| engine.clone(), |engine| engine.handle_timeout(at(KEYS + 1000)), BatchSize::PerIteration);
    });
    group.bench_function("400 of a million, one call after the other", |b| {
        let mut owned = filled(KEYS, Some(START_MS + 1)).0;
        let mut ms = KEYS + 1000;
        b.iter(|| {
            if owned.keyspace().is_empty() {
                owned = filled(KEYS, Some(START_MS + 1)).0;
            }
            ms += 1;
            owned.handle_timeout(at(ms));
        });
    });
    group.finish();
}

fn set(c: &mut Criterion) {
    let mut group = c.benchmark_group("SET among a million keys");
    for (name, first) in [("plain", None), ("with a new expiry", Some(FAR_MS))] {
        let (mut engine, client) = filled(KEYS, first);
        let mut number = 0;
        group.bench_function(name, |b| {
            b.iter(|| {
                number = (number + 7919) % KEYS;
                let key = format!("key:{number:012}");
                let expiry = (FAR_MS + number + 1).to_string();
                match first {
                    Some(_) => {
                        run(
                            &mut engine,
                            client,
                            &[b"SET", key.as_bytes(), b"value", b"PXAT", expiry.as_bytes()],
                            at(1),
                        );
                    }
                    None => run(&mut engine, client, &[b"SET", key.as_bytes(), b"value"], at(1)),
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, idle_cron, busy_cron, set);
criterion_main!(benches);
