//! The HyperLogLog family: sparse ones near the limit and beyond it, dense ones, copies that were SET, damaged ones.

use super::atoms::{self, Holds};
use super::{Entry, Generator, any_type, entry};
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("PFADD", 30, pfadd),
    entry("PFCOUNT", 14, |g| keys(g, "PFCOUNT")),
    entry("PFMERGE", 8, |g| keys(g, "PFMERGE")),
    entry("PFDEBUG", 6, pfdebug),
    entry("GET", 6, |g| any_type::whole(g, "GET", key)),
    entry("SET", 3, set),
    entry("SETRANGE", 2, damage),
    entry("OBJECT|ENCODING", 4, |g| any_type::whole(g, "OBJECT ENCODING", key)),
    entry("STRLEN", 3, |g| any_type::whole(g, "STRLEN", key)),
    entry("DUMP", 2, |g| any_type::whole(g, "DUMP", key)),
    entry("DEL", 4, |g| any_type::whole(g, "DEL", key)),
    entry("COPY", 3, |g| any_type::two_keys(g, "COPY", key, key)),
    entry("RENAME", 1, |g| any_type::two_keys(g, "RENAME", key, key)),
    entry("PEXPIREAT", 1, |g| any_type::expire(g, key)),
    entry("CONFIG|SET", 1, |g| any_type::setting(g, SETTINGS)),
    entry("HSET", 1, |g| super::string::other_type(g, &["HSET", "t3", "f", "v"])),
];

const SETTINGS: &[(&str, &[&[u8]])] = &[("hll-sparse-max-bytes", &[b"3000", b"3000", b"100", b"0", b"16000", b"1000"])];

const KEYS: &[&[u8]] = &[b"p1", b"p2", b"p3", b"p4", b"{p}5"];

/// Whole HyperLogLogs, sound and damaged: without elements, with a cached cardinality, with runs that are too few or too many,
/// cut short, with a long run of few registers, with a bad head.
const WRITTEN: &[&[u8]] = &[
    b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff",
    b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80\x7f\xff",
    b"HYLL\x01\0\0\0\x09\0\0\0\0\0\0\0\x7f\xff",
    b"HYLL\x01abc\0\0\0\0\0\0\0\x80\x40\0\x84\x7f\xfd",
    b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80\x7f\xfe",
    b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80",
    b"HYLL\x01\0\0\0\0\0\0\0\0\0\0",
    b"HYLL\x02\0\0\0\0\0\0\0\0\0\0\x80\x7f\xff",
    b"HYLL\0\0\0\0\0\0\0\0\0\0\0\x80\x7f\xff",
    b"hyll\x01\0\0\0\0\0\0\0\0\0\0\x80\x7f\xff",
];

fn key(g: &mut Generator) -> Vec<u8> {
    match g.random.below(40) {
        0 => atoms::key(&mut g.random, Holds::Any),
        _ => g.random.pick(KEYS).to_vec(),
    }
}

fn element(g: &mut Generator) -> Vec<u8> {
    match g.random.below(20) {
        0 => atoms::value(&mut g.random),
        1..=6 => g.random.below(40).to_string().into_bytes(),
        _ => format!("e{}", g.random.below(20_000)).into_bytes(),
    }
}

fn pfadd(g: &mut Generator) {
    let mut words = words!["PFADD", key(g)];
    let count = match g.random.below(10) {
        0 => 0,
        1..=2 => g.random.between(50, 400),
        _ => g.random.between(1, 8),
    };
    for _ in 0..count {
        words.push(element(g));
    }
    g.command(words);
}

fn keys(g: &mut Generator, name: &str) {
    let mut words = words![name, key(g)];
    let more = if g.random.chance(50) { 0 } else { g.random.below(4) };
    for _ in 0..more {
        words.push(key(g));
    }
    g.command(words);
}

fn pfdebug(g: &mut Generator) {
    let name = ["DECODE", "DECODE", "ENCODING", "ENCODING", "TODENSE", "GETREG", "NOTHING"][g.random.below(7)];
    let words = words!["PFDEBUG", atoms::recased(&mut g.random, name), key(g)];
    g.command(words);
}

fn set(g: &mut Generator) {
    let value = g.random.pick(WRITTEN).to_vec();
    let words = words!["SET", key(g), value];
    g.command(words);
}

/// Only the cached cardinality is written over: 7.0.15 reads beyond the end of runs that are cut short, and writes there.
fn damage(g: &mut Generator) {
    let value = [b"\x80", b"\0"][g.random.below(2)];
    let words = words!["SETRANGE", key(g), "15", value];
    g.command(words);
}
