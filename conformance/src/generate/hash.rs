//! The hash family: few keys and few fields, so that they collide; sizes on both sides of every threshold.

use super::atoms::{self, Holds};
use super::{Entry, Generator, entry};
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("HSET", 22, |g| hset(g, "HSET")),
    entry("HMSET", 6, |g| hset(g, "HMSET")),
    entry("HSETNX", 6, hsetnx),
    entry("HGET", 6, |g| one_field(g, "HGET")),
    entry("HMGET", 4, |g| some_fields(g, "HMGET")),
    entry("HGETALL", 4, |g| whole(g, "HGETALL")),
    entry("HKEYS", 3, |g| whole(g, "HKEYS")),
    entry("HVALS", 3, |g| whole(g, "HVALS")),
    entry("HLEN", 3, |g| whole(g, "HLEN")),
    entry("HSTRLEN", 4, |g| one_field(g, "HSTRLEN")),
    entry("HEXISTS", 4, |g| one_field(g, "HEXISTS")),
    entry("HDEL", 12, |g| some_fields(g, "HDEL")),
    entry("HINCRBY", 8, hincrby),
    entry("HINCRBYFLOAT", 8, hincrbyfloat),
    entry("HRANDFIELD", 5, hrandfield),
    entry("HSCAN", 5, hscan),
    entry("DEL", 2, |g| whole(g, "DEL")),
    entry("OBJECT|ENCODING", 5, encoding),
    entry("DUMP", 3, |g| whole(g, "DUMP")),
    entry("RESTORE", 2, restore),
    entry("COPY", 2, |g| two_keys(g, "COPY")),
    entry("RENAME", 1, |g| two_keys(g, "RENAME")),
    entry("TYPE", 1, |g| whole(g, "TYPE")),
    entry("PEXPIREAT", 1, expire),
    entry("CONFIG|SET", 2, thresholds),
    entry("SET", 1, string),
];

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

fn whole(g: &mut Generator, name: &str) {
    let words = words![name, key(g)];
    g.command(words);
}

fn encoding(g: &mut Generator) {
    let words = words!["OBJECT", "ENCODING", key(g)];
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

fn hrandfield(g: &mut Generator) {
    let mut words = words!["HRANDFIELD", key(g)];
    if g.random.chance(80) {
        words.push(match g.random.below(12) {
            // Not the large ones: a negative count is a promise to answer that many.
            0 => g.random.pick::<[u8]>(&[b"x", b"", b"1.5", b"9223372036854775807", b"-9223372036854775808"]).to_vec(),
            _ => (g.random.below(30) as i64 - 12).to_string().into_bytes(),
        });
        if g.random.chance(40) {
            words.push(atoms::recased(&mut g.random, "WITHVALUES"));
        } else if g.random.chance(5) {
            words.push(b"VALUES".to_vec());
        }
    }
    g.command(words);
}

fn hscan(g: &mut Generator) {
    let mut words = words!["HSCAN", key(g), "0"];
    if g.random.chance(10) {
        words[2] = g.random.pick::<[u8]>(&[b"17", b"x", b"-1", b"", b"18446744073709551616"]).to_vec();
    }
    if g.random.chance(40) {
        words.push(atoms::recased(&mut g.random, "MATCH"));
        words.push(g.random.pick::<[u8]>(&[b"*", b"f*", b"?", b"[a-c]", b"1*", b"", b"nothing"]).to_vec());
    }
    if g.random.chance(80) {
        words.push(atoms::recased(&mut g.random, "COUNT"));
        words.push(g.random.pick::<[u8]>(&[b"1000", b"100000", b"1000", b"1", b"10", b"0", b"-1", b"x"]).to_vec());
    }
    g.command(words);
}

/// Payloads of hashes as 7.0.15 dumped them, of older encodings, and damaged in every way. Unsanitised, 7.0.15 takes some
/// of the damaged ones; Etalon never does.
fn restore(g: &mut Generator) {
    g.say("CONFIG SET sanitize-dump-payload yes");
    const PAYLOADS: &[&[u8]] = include!("hash_payloads.in");
    let payload = g.random.pick(PAYLOADS).to_vec();
    let mut words = words!["RESTORE", key(g), "0", payload];
    if g.random.chance(80) {
        words.push(b"REPLACE".to_vec());
    }
    g.command(words);
}

fn two_keys(g: &mut Generator, name: &str) {
    let mut words = words![name, key(g), key(g)];
    if name == "COPY" && g.random.chance(60) {
        words.push(b"REPLACE".to_vec());
    }
    g.command(words);
}

fn expire(g: &mut Generator) {
    let time = atoms::unix_millis(&mut g.random);
    let words = words!["PEXPIREAT", key(g), time];
    g.command(words);
}

fn thresholds(g: &mut Generator) {
    let (option, values): (&str, &[&[u8]]) = match g.random.below(2) {
        0 => ("hash-max-listpack-entries", &[b"512", b"512", b"3", b"8", b"0", b"20"]),
        _ => ("hash-max-listpack-value", &[b"64", b"64", b"10", b"0", b"200"]),
    };
    let value = g.random.pick(values).to_vec();
    g.command(words!["CONFIG", "SET", option, value]);
}

fn string(g: &mut Generator) {
    let words = words!["SET", key(g), "x"];
    g.command(words);
}
