//! The hash family: few keys and few fields, so that they collide; sizes on both sides of every threshold.

use super::atoms::{self, Holds};
use super::{Entry, Generator, any_type, entry};
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("HSET", 22, |g| hset(g, "HSET")),
    entry("HMSET", 6, |g| hset(g, "HMSET")),
    entry("HSETNX", 6, hsetnx),
    entry("HGET", 6, |g| one_field(g, "HGET")),
    entry("HMGET", 4, |g| some_fields(g, "HMGET")),
    entry("HGETALL", 4, |g| any_type::whole(g, "HGETALL", key)),
    entry("HKEYS", 3, |g| any_type::whole(g, "HKEYS", key)),
    entry("HVALS", 3, |g| any_type::whole(g, "HVALS", key)),
    entry("HLEN", 3, |g| any_type::whole(g, "HLEN", key)),
    entry("HSTRLEN", 4, |g| one_field(g, "HSTRLEN")),
    entry("HEXISTS", 4, |g| one_field(g, "HEXISTS")),
    entry("HDEL", 12, |g| some_fields(g, "HDEL")),
    entry("HINCRBY", 8, hincrby),
    entry("HINCRBYFLOAT", 8, hincrbyfloat),
    entry("HRANDFIELD", 5, |g| any_type::random_elements(g, "HRANDFIELD", key, "WITHVALUES")),
    entry("HSCAN", 5, |g| any_type::scan(g, "HSCAN", key, "f")),
    entry("DEL", 2, |g| any_type::whole(g, "DEL", key)),
    entry("OBJECT|ENCODING", 5, |g| any_type::whole(g, "OBJECT ENCODING", key)),
    entry("DUMP", 3, |g| any_type::whole(g, "DUMP", key)),
    entry("RESTORE", 2, |g| any_type::restore(g, key, PAYLOADS)),
    entry("COPY", 2, |g| any_type::two_keys(g, "COPY", key, key)),
    entry("RENAME", 1, |g| any_type::two_keys(g, "RENAME", key, key)),
    entry("TYPE", 1, |g| any_type::whole(g, "TYPE", key)),
    entry("PEXPIREAT", 1, |g| any_type::expire(g, key)),
    entry("CONFIG|SET", 2, |g| any_type::setting(g, SETTINGS)),
    entry("SET", 1, |g| any_type::string(g, key)),
];

const SETTINGS: &[(&str, &[&[u8]])] = &[
    ("hash-max-listpack-entries", &[b"512", b"512", b"3", b"8", b"0", b"20"]),
    ("hash-max-listpack-value", &[b"64", b"64", b"10", b"0", b"200"]),
];

const PAYLOADS: &[&[u8]] = include!("hash_payloads.in");
const KEYS: &[&[u8]] = &[b"h1", b"h2", b"h3", b"h4", b"{h}5"];
const FIELDS: &[&[u8]] = &[b"a", b"b", b"c", b"field", b"1", b"-1", b"007", b"12345", b"", b"9223372036854775807"];

fn key(g: &mut Generator) -> Vec<u8> {
    match g.random.below(30) {
        0 => atoms::key(&mut g.random, Holds::Any),
        _ => g.random.pick(KEYS).to_vec(),
    }
}

fn field(g: &mut Generator) -> Vec<u8> {
    match g.random.below(40) {
        0 => atoms::value(&mut g.random),
        1..=2 => vec![b'f'; g.random.between(60, 68)],
        3..=8 => format!("f{}", g.random.below(30)).into_bytes(),
        9..=11 => (g.random.below(3000) as i64 - 1500).to_string().into_bytes(),
        _ => g.random.pick(FIELDS).to_vec(),
    }
}

fn value(g: &mut Generator) -> Vec<u8> {
    match g.random.below(12) {
        0 => vec![b'v'; g.random.between(60, 68)],
        1..=2 => atoms::float(&mut g.random),
        3..=6 => atoms::integer(&mut g.random),
        7 => atoms::value(&mut g.random),
        _ => atoms::small(&mut g.random),
    }
}

fn hset(g: &mut Generator, name: &str) {
    let mut words = words![name, key(g)];
    let pairs = if g.random.chance(10) { g.random.between(5, 40) } else { g.random.between(1, 4) };
    for _ in 0..pairs {
        let (field, value) = (field(g), value(g));
        words.extend([field, value]);
    }
    if g.random.chance(3) {
        words.pop();
    }
    g.command(words);
}

fn hsetnx(g: &mut Generator) {
    let words = words!["HSETNX", key(g), field(g), value(g)];
    g.command(words);
}

fn one_field(g: &mut Generator, name: &str) {
    let words = words![name, key(g), field(g)];
    g.command(words);
}

fn some_fields(g: &mut Generator, name: &str) {
    let mut words = words![name, key(g)];
    let count = if g.random.chance(10) { 12 } else { g.random.between(1, 4) };
    for _ in 0..count {
        words.push(field(g));
    }
    g.command(words);
}

fn hincrby(g: &mut Generator) {
    let (key, field) = (key(g), field(g));
    if g.random.chance(30) {
        let start = atoms::integer(&mut g.random);
        g.command(words!["HSET", key, field, start]);
    }
    let by = if g.random.chance(60) { atoms::small(&mut g.random) } else { atoms::integer(&mut g.random) };
    g.command(words!["HINCRBY", key, field, by]);
}

fn hincrbyfloat(g: &mut Generator) {
    let (key, field) = (key(g), field(g));
    if g.random.chance(50) {
        let start = atoms::float(&mut g.random);
        g.command(words!["HSET", key, field, start]);
    }
    let by = atoms::float(&mut g.random);
    g.command(words!["HINCRBYFLOAT", key, field, by]);
}
