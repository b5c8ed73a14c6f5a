//! The hot path in process: parsing, dispatch, whole commands through the engine's surface, reply writing.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use etalon_benches::load::append_request;
use etalon_core::commands::lookup::CommandTable;
use etalon_core::config::Config;
use etalon_core::engine::client::{ClientId, Peer};
use etalon_core::engine::turn::Turn;
use etalon_core::resp::{Limits, Protocol, Reply, Request, RequestParser};
use etalon_core::{Engine, Now};
use std::hint::black_box;

const NOW: Now = Now { unix_us: 1_700_000_000_000_000, monotonic_us: 1 };
const PIPELINE: u64 = 16;
const KEYS: u64 = 100_000;

fn parse(c: &mut Criterion) {
    let mut request = Vec::new();
    append_request(&mut request, &[b"SET", b"key:000000000001", b"value-of-16-byte"]);
    let limits = Limits { bulk_bytes_max: 512 << 20, authenticated: true };
    let mut parser = RequestParser::new();
    c.bench_function("parse SET", |b| {
        b.iter(|| {
            let parsed = parser.parse(black_box(&request), limits).expect("a request");
            assert!(matches!(parsed, Request::Complete { .. }));
            parser.reset();
        });
    });
}

fn dispatch(c: &mut Criterion) {
    let table = CommandTable::new();
    c.bench_function("find a command", |b| b.iter(|| table.find(black_box(b"GetRange"))));
}

fn reply(c: &mut Criterion) {
    let mut group = c.benchmark_group("reply");
    for protocol in [Protocol::Resp2, Protocol::Resp3] {
        group.bench_function(format!("{protocol:?} bulk of 16, integer, double, null"), |b| {
            b.iter_batched_ref(
                || Reply::new(protocol),
                |reply| {
                    reply.bulk(black_box(b"value-of-16-byte"));
                    reply.integer(black_box(123_456));
                    reply.double(black_box(0.1));
                    reply.null();
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn turn(engine: &mut Engine, client: ClientId, request: &[u8]) {
    engine.query_buffer(client).extend(request);
    engine.handle_readable(client, NOW);
    let Turn::Clean(permit) = engine.end_turn(NOW) else { unreachable!("no journal is kept") };
    while let Some(id) = engine.next_writable(&permit) {
        let count = black_box(engine.output(id, &permit)).len();
        engine.sent(id, count, NOW);
    }
}

fn commands(c: &mut Criterion) {
    let mut engine = Engine::new(Config::default(), 1, NOW);
    let client = engine.connect(Peer { loopback: true, ..Peer::default() }, NOW).expect("let in");
    let key = |i: u64| format!("key:{:012}", i.wrapping_mul(2_654_435_761) % KEYS).into_bytes();
    for i in 0..KEYS {
        let mut request = Vec::new();
        append_request(&mut request, &[b"SET", format!("key:{i:012}").as_bytes(), b"value-of-16-byte"]);
        turn(&mut engine, client, &request);
    }
    let mut group = c.benchmark_group("pipelines of 16");
    group.throughput(Throughput::Elements(PIPELINE));
    type Command = fn(&[u8], &mut Vec<u8>);
    let commands: [(&str, Command); 4] = [
        ("PING", |_, out| append_request(out, &[b"PING"])),
        ("GET", |key, out| append_request(out, &[b"GET", key])),
        ("SET", |key, out| append_request(out, &[b"SET", key, b"value-of-16-byte"])),
        ("INCR", |key, out| append_request(out, &[b"INCR", &[b"n".as_slice(), key].concat()])),
    ];
    for (name, command) in commands {
        let requests: Vec<Vec<u8>> = (0..4096)
            .map(|batch| {
                let mut out = Vec::new();
                for i in 0..PIPELINE {
                    command(&key(batch * PIPELINE + i), &mut out);
                }
                out
            })
            .collect();
        let mut at = 0;
        group.bench_function(name, |b| {
            b.iter(|| {
                at = (at + 1) % requests.len();
                turn(&mut engine, client, &requests[at]);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, parse, dispatch, reply, commands);
criterion_main!(benches);
