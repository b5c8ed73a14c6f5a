//! The paged table: lookups, updates, inserts, churn and snapshots, in cache and out of it.
//!
//! Keys are 16 bytes and payloads 12, as the keyspace stores a small string. `ETALON_BENCH_KEYS` overrides the size of
//! the large table (1,000,000).

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use etalon_core::structures::{HashSeed, KeyHash, Rng, Table};

type Key = [u8; 16];

fn key(number: u64) -> Key {
    let mut key = *b"key:000000000000";
    let mut rest = number;
    for digit in key[4..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    key
}

fn hashed(table: &Table, number: u64) -> (KeyHash, Key) {
    let key = key(number);
    (table.hash(&key), key)
}

fn filled(keys: u64) -> Table {
    let mut table = Table::new(HashSeed(1, 2));
    for number in 0..keys {
        let (hash, key) = hashed(&table, number);
        table.insert(hash, &key, 12).1.copy_from_slice(b"00000000    ");
    }
    table
}

fn update(table: &mut Table, number: u64, value: u64) {
    let (hash, key) = hashed(table, number);
    let slot = table.find(hash, &key).expect("the table has every number below its size");
    table.payload_mut(slot)[..8].copy_from_slice(&value.to_le_bytes());
}

fn sizes() -> [u64; 2] {
    let large = std::env::var("ETALON_BENCH_KEYS").ok().and_then(|keys| keys.parse().ok());
    [10_000, large.unwrap_or(1_000_000)]
}

fn table(c: &mut Criterion) {
    let mut group = c.benchmark_group("table");
    for keys in sizes() {
        let mut table = filled(keys);
        let mut rng = Rng::new(7);
        println!("{keys} keys: {:.2} bytes a key", table.heap_bytes() as f64 / keys as f64);

        group.bench_function(BenchmarkId::new("find", keys), |b| {
            b.iter(|| {
                let (hash, key) = hashed(&table, rng.below(keys));
                let slot = table.find(hash, &key).expect("the table has every number below its size");
                table.payload(slot)[0]
            });
        });
        group.bench_function(BenchmarkId::new("find missing", keys), |b| {
            b.iter(|| {
                let (hash, key) = hashed(&table, keys + rng.below(keys));
                table.find(hash, &key)
            });
        });
        group.bench_function(BenchmarkId::new("update", keys), |b| {
            b.iter(|| update(&mut table, rng.below(keys), 1));
        });
        let snapshot = table.clone();
        group.bench_function(BenchmarkId::new("update under a snapshot", keys), |b| {
            b.iter(|| update(&mut table, rng.below(keys), 2));
        });
        drop(snapshot);
        group.bench_function(BenchmarkId::new("resize", keys), |b| {
            b.iter(|| {
                let (hash, key) = hashed(&table, rng.below(keys));
                let slot = table.find(hash, &key).expect("the table has every number below its size");
                table.resize_payload(slot, 8 + rng.below(9) as usize).0
            });
        });
        group.bench_function(BenchmarkId::new("insert or remove", keys), |b| {
            b.iter(|| {
                let (hash, key) = hashed(&table, keys + rng.below(keys));
                match table.find(hash, &key) {
                    Some(slot) => table.remove(slot),
                    None => _ = table.insert(hash, &key, 12),
                }
            });
        });
        group.bench_function(BenchmarkId::new("random", keys), |b| b.iter(|| table.random(&mut rng)));
        group.bench_function(BenchmarkId::new("scan 10", keys), |b| {
            let mut cursor = 0;
            b.iter(|| cursor = table.scan(cursor, 10, |key, _| _ = black_box(key)));
        });
        group.bench_function(BenchmarkId::new("snapshot", keys), |b| {
            b.iter_batched(|| (), |()| table.clone(), BatchSize::SmallInput);
        });
    }
    group.sample_size(10);
    group.bench_function(BenchmarkId::new("insert from empty", 100_000), |b| b.iter(|| filled(100_000)));
    group.finish();
}

criterion_group!(benches, table);
criterion_main!(benches);
