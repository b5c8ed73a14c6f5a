//! The set family: few keys and few members, so that they collide; sizes on both sides of every threshold.
//!
//! SPOP is random: the differ has the second server go on with what the first has popped (choice.rs). A scratch key, all
//! members of which are alike, is looked at by its size and encoding in between.

use super::atoms::{self, Holds};
use super::{Entry, Generator, any_type, entry};
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("SADD", 24, sadd),
    entry("SREM", 12, srem),
    entry("SMOVE", 8, smove),
    entry("SCARD", 3, |g| any_type::whole(g, "SCARD", key)),
    entry("SMEMBERS", 4, |g| any_type::whole(g, "SMEMBERS", key)),
    entry("SISMEMBER", 5, sismember),
    entry("SMISMEMBER", 4, smismember),
    entry("SINTER", 6, |g| algebra(g, "SINTER")),
    entry("SUNION", 4, |g| algebra(g, "SUNION")),
    entry("SDIFF", 6, |g| algebra(g, "SDIFF")),
    entry("SINTERSTORE", 5, |g| algebra(g, "SINTERSTORE")),
    entry("SUNIONSTORE", 4, |g| algebra(g, "SUNIONSTORE")),
    entry("SDIFFSTORE", 5, |g| algebra(g, "SDIFFSTORE")),
    entry("SINTERCARD", 6, sintercard),
    entry("SRANDMEMBER", 5, srandmember),
    entry("SPOP", 5, spop),
    entry("SPOP", 3, spop_scratch),
    entry("SSCAN", 5, |g| any_type::scan(g, "SSCAN", key, "m")),
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

const SETTINGS: &[(&str, &[&[u8]])] =
    &[("set-max-intset-entries", &[b"512", b"512", b"3", b"8", b"0", b"20", b"100000"])];

const PAYLOADS: &[&[u8]] = include!("set_payloads.in");
const KEYS: &[&[u8]] = &[b"s1", b"s2", b"s3", b"s4", b"{s}5"];
const MEMBERS: &[&[u8]] = &[
    b"a",
    b"b",
    b"c",
    b"member",
    b"",
    b"1",
    b"-1",
    b"007",
    b"+1",
    b"-0",
    b"9223372036854775807",
    b"9223372036854775808",
];

fn key(g: &mut Generator) -> Vec<u8> {
    match g.random.below(30) {
        0 => atoms::key(&mut g.random, Holds::Any),
        _ => g.random.pick(KEYS).to_vec(),
    }
}

fn member(g: &mut Generator) -> Vec<u8> {
    match g.random.below(40) {
        0 => atoms::value(&mut g.random),
        1 => vec![b'm'; g.random.between(250, 260)],
        2 => atoms::integer(&mut g.random),
        3 => (g.random.below(200_000) as i64 - 100_000).to_string().into_bytes(),
        4 => g.random.pick(MEMBERS).to_vec(),
        5..=7 => format!("m{}", g.random.below(100)).into_bytes(),
        _ => small_integer(g),
    }
}

fn small_integer(g: &mut Generator) -> Vec<u8> {
    (g.random.below(60) as i64 - 10).to_string().into_bytes()
}

fn sadd(g: &mut Generator) {
    let mut words = words!["SADD", key(g)];
    match g.random.below(10) {
        // A run of integers, now and then beyond the default limit.
        0 => {
            let from = g.random.below(100);
            let count = if g.random.chance(10) { 600 } else { g.random.between(3, 80) };
            words.extend((0..count).map(|i| (from + i).to_string().into_bytes()));
        }
        1..=5 => {
            for _ in 0..g.random.between(1, 6) {
                words.push(small_integer(g));
            }
        }
        6 => {
            for _ in 0..g.random.between(5, 40) {
                words.push(member(g));
            }
        }
        _ => {
            for _ in 0..g.random.between(1, 4) {
                words.push(member(g));
            }
        }
    }
    g.command(words);
}

fn srem(g: &mut Generator) {
    let mut words = words!["SREM", key(g)];
    let count = if g.random.chance(15) { 30 } else { g.random.between(1, 5) };
    for _ in 0..count {
        words.push(member(g));
    }
    g.command(words);
}

fn smove(g: &mut Generator) {
    let words = words!["SMOVE", key(g), key(g), member(g)];
    g.command(words);
}

fn sismember(g: &mut Generator) {
    let words = words!["SISMEMBER", key(g), member(g)];
    g.command(words);
}

fn smismember(g: &mut Generator) {
    let mut words = words!["SMISMEMBER", key(g)];
    for _ in 0..g.random.between(1, 5) {
        words.push(member(g));
    }
    g.command(words);
}

fn algebra(g: &mut Generator, name: &str) {
    let mut words = words![name, key(g)];
    let more = if name.ends_with("STORE") { 1 } else { 0 };
    for _ in 0..g.random.between(more, 4) {
        words.push(key(g));
    }
    g.command(words);
}

fn sintercard(g: &mut Generator) {
    let count = g.random.between(1, 4);
    let numkeys = match g.random.below(15) {
        0 => g.random.pick::<[u8]>(&[b"0", b"-1", b"x", b"", b"9", b"9223372036854775807"]).to_vec(),
        1 => (count - 1).to_string().into_bytes(),
        _ => count.to_string().into_bytes(),
    };
    let mut words = words!["SINTERCARD", numkeys];
    for _ in 0..count {
        words.push(key(g));
    }
    let limits = if g.random.chance(5) { 2 } else { usize::from(g.random.chance(50)) };
    for _ in 0..limits {
        words.push(atoms::recased(&mut g.random, "LIMIT"));
        words.push(g.random.pick::<[u8]>(&[b"0", b"1", b"2", b"5", b"100", b"-1", b"x"]).to_vec());
    }
    g.command(words);
}

/// A count for SRANDMEMBER and errors of SPOP. Not the large negative ones: they are a promise to answer that many.
fn count(g: &mut Generator) -> Vec<u8> {
    match g.random.below(8) {
        0 => g.random.pick::<[u8]>(&[b"x", b"", b"1.5", b"9223372036854775807", b"-9223372036854775808"]).to_vec(),
        _ => (g.random.below(60) as i64 - 20).to_string().into_bytes(),
    }
}

fn srandmember(g: &mut Generator) {
    let mut words = words!["SRANDMEMBER", key(g)];
    if g.random.chance(75) {
        words.push(count(g));
        if g.random.chance(5) {
            words.push(b"1".to_vec());
        }
    }
    g.command(words);
}

/// One, some, everything, nothing, or an error.
fn spop(g: &mut Generator) {
    let counts: &[&[u8]] =
        &[b"1", b"2", b"3", b"7", b"30", b"100000", b"9223372036854775807", b"0", b"-1", b"x", b"9223372036854775808"];
    let mut words = words!["SPOP", key(g)];
    if g.random.chance(60) {
        words.push(g.random.pick(counts).to_vec());
        if g.random.chance(5) {
            words.push(b"1".to_vec());
        }
    }
    g.command(words);
}

/// Any number of members of a set of its own.
fn spop_scratch(g: &mut Generator) {
    g.say("DEL {spop}");
    let size = if g.random.chance(10) { 700 } else { g.random.between(1, 40) };
    let mut words = words!["SADD", "{spop}"];
    match g.random.below(4) {
        // Whatever comes first is taken; the empty member alone is an empty reply.
        3 => words.push(Vec::new()),
        0 => words.extend((0..size).map(|i| format!("member:{i:03}").into_bytes())),
        1 => words.extend((0..size).map(|i| (1000 + i).to_string().into_bytes())),
        // Integers in a hash table.
        _ => {
            words.extend((0..size).map(|i| (1000 + i).to_string().into_bytes()));
            g.command(words);
            g.say("SADD {spop} text");
            words = words!["SREM", "{spop}", "text"];
        }
    }
    g.command(words);
    g.say("SRANDMEMBER {spop}");
    for _ in 0..g.random.between(1, 3) {
        let mut words = words!["SPOP", "{spop}"];
        if g.random.chance(70) {
            let count = g.random.between(0, size + 2);
            words.push(count.to_string().into_bytes());
        }
        g.command(words);
        g.say("OBJECT ENCODING {spop}");
        g.say("SCARD {spop}");
    }
    g.say("DEL {spop}");
    any_type::whole(g, "SCARD", key);
}
