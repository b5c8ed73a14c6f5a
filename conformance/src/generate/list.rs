//! The list family: few keys and few elements, so that they are met again; node sizes of a few elements, so that nodes
//! split and merge all the time.

use super::atoms::{self, Holds};
use super::{Entry, Generator, any_type, blocking, entry};
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("LPUSH", 10, |g| push(g, "LPUSH")),
    entry("RPUSH", 16, |g| push(g, "RPUSH")),
    entry("LPUSHX", 3, |g| push(g, "LPUSHX")),
    entry("RPUSHX", 3, |g| push(g, "RPUSHX")),
    entry("LPOP", 6, |g| pop(g, "LPOP")),
    entry("RPOP", 6, |g| pop(g, "RPOP")),
    entry("LLEN", 3, |g| any_type::whole(g, "LLEN", key)),
    entry("LINDEX", 5, lindex),
    entry("LRANGE", 5, |g| range(g, "LRANGE")),
    entry("LTRIM", 3, |g| range(g, "LTRIM")),
    entry("LSET", 10, lset),
    entry("LINSERT", 18, linsert),
    entry("LREM", 6, lrem),
    entry("LPOS", 10, lpos),
    entry("LMOVE", 8, lmove),
    entry("RPOPLPUSH", 4, |g| any_type::two_keys(g, "RPOPLPUSH", key, key)),
    entry("LMPOP", 6, lmpop),
    entry("BLPOP", 1, |g| blocking::pop(g, "BLPOP")),
    entry("BRPOP", 1, |g| blocking::pop(g, "BRPOP")),
    entry("BLMOVE", 1, blocking::blmove),
    entry("BRPOPLPUSH", 1, blocking::brpoplpush),
    entry("BLMPOP", 1, blocking::blmpop),
    entry("", 8, blocking::stir),
    entry("DEL", 1, |g| any_type::whole(g, "DEL", key)),
    entry("OBJECT|ENCODING", 2, |g| any_type::whole(g, "OBJECT ENCODING", key)),
    entry("DUMP", 10, |g| any_type::whole(g, "DUMP", key)),
    entry("RESTORE", 2, |g| any_type::restore(g, key, PAYLOADS)),
    entry("COPY", 2, |g| any_type::two_keys(g, "COPY", key, key)),
    entry("RENAME", 1, |g| any_type::two_keys(g, "RENAME", key, key)),
    entry("TYPE", 1, |g| any_type::whole(g, "TYPE", key)),
    entry("PEXPIREAT", 1, |g| any_type::expire(g, key)),
    entry("CONFIG|SET", 2, |g| any_type::setting(g, SETTINGS)),
    entry("", 1, threshold),
    entry("SET", 1, |g| any_type::string(g, key)),
];

const SETTINGS: &[(&str, &[&[u8]])] = &[
    ("list-max-listpack-size", &[b"-2", b"-1", b"2", b"3", b"5", b"8", b"0", b"1", b"-5", b"128"]),
    ("list-max-listpack-size", &[b"-2", b"-1", b"2", b"3", b"5", b"8", b"0", b"1", b"-5", b"128"]),
    ("list-compress-depth", &[b"0", b"1", b"1", b"2", b"3", b"65536"]),
];

const PAYLOADS: &[&[u8]] = include!("list_payloads.in");
const KEYS: &[&[u8]] = &[b"l1", b"l2", b"l3", b"l4", b"{l}5"];
const ELEMENTS: &[&[u8]] =
    &[b"a", b"b", b"c", b"d", b"e", b"1", b"2", b"-1", b"007", b"12345", b"", b"9223372036854775807"];

fn key(g: &mut Generator) -> Vec<u8> {
    match g.random.below(30) {
        0 => atoms::key(&mut g.random, Holds::Any),
        _ => g.random.pick(KEYS).to_vec(),
    }
}

fn element(g: &mut Generator) -> Vec<u8> {
    match g.random.below(30) {
        0 => atoms::value(&mut g.random),
        1 => atoms::integer(&mut g.random),
        2 => vec![b'v'; g.random.between(8, 130)],
        3 => vec![b'w'; g.random.between(1000, 9000)],
        4..=9 => format!("e{}", g.random.below(20)).into_bytes(),
        _ => g.random.pick(ELEMENTS).to_vec(),
    }
}

fn index(g: &mut Generator) -> Vec<u8> {
    match g.random.below(20) {
        0 => atoms::integer(&mut g.random),
        1 => g.random.pick::<[u8]>(&[b"x", b"", b"9223372036854775808", b"1.0"]).to_vec(),
        _ => (g.random.below(50) as i64 - 25).to_string().into_bytes(),
    }
}

fn push(g: &mut Generator, name: &str) {
    let mut words = words![name, key(g)];
    let count = if g.random.chance(10) { g.random.between(5, 30) } else { g.random.between(1, 4) };
    for _ in 0..count {
        words.push(element(g));
    }
    g.command(words);
}

fn pop(g: &mut Generator, name: &str) {
    let mut words = words![name, key(g)];
    if g.random.chance(50) {
        words.push(index(g));
    }
    g.command(words);
}

fn lindex(g: &mut Generator) {
    let words = words!["LINDEX", key(g), index(g)];
    g.command(words);
}

fn range(g: &mut Generator, name: &str) {
    let mut words = words![name, key(g), index(g), index(g)];
    if g.random.chance(50) {
        (words[2], words[3]) = (b"0".to_vec(), b"-1".to_vec());
    } else if g.random.chance(60) {
        (words[2], words[3]) = (g.random.below(4).to_string().into_bytes(), b"-2".to_vec());
    }
    g.command(words);
}

fn lset(g: &mut Generator) {
    let words = words!["LSET", key(g), index(g), element(g)];
    g.command(words);
}

fn linsert(g: &mut Generator) {
    let side = match g.random.below(30) {
        0 => b"AROUND".to_vec(),
        1..=14 => atoms::recased(&mut g.random, "BEFORE"),
        _ => atoms::recased(&mut g.random, "AFTER"),
    };
    let words = words!["LINSERT", key(g), side, element(g), element(g)];
    g.command(words);
}

fn lrem(g: &mut Generator) {
    let mut words = words!["LREM", key(g), index(g), element(g)];
    if g.random.chance(70) {
        words[2] = (g.random.below(5) as i64 - 2).to_string().into_bytes();
    }
    g.command(words);
}

fn lpos(g: &mut Generator) {
    let mut words = words!["LPOS", key(g), element(g)];
    for _ in 0..g.random.below(4) {
        let option = *g.random.pick(&[&"RANK", &"COUNT", &"MAXLEN"]);
        words.push(atoms::recased(&mut g.random, option));
        words.push(match g.random.below(8) {
            0 => index(g),
            1 => b"-1".to_vec(),
            _ => g.random.below(6).to_string().into_bytes(),
        });
    }
    if g.random.chance(3) {
        words.push(b"COUNT".to_vec());
    }
    g.command(words);
}

fn side(g: &mut Generator) -> Vec<u8> {
    match g.random.below(40) {
        0 => b"MIDDLE".to_vec(),
        1..=20 => atoms::recased(&mut g.random, "LEFT"),
        _ => atoms::recased(&mut g.random, "RIGHT"),
    }
}

fn lmove(g: &mut Generator) {
    let words = words!["LMOVE", key(g), key(g), side(g), side(g)];
    g.command(words);
}

fn lmpop(g: &mut Generator) {
    let count = g.random.between(1, 4);
    let mut words = words!["LMPOP", count.to_string()];
    for _ in 0..count {
        words.push(key(g));
    }
    if g.random.chance(5) {
        words[1] = index(g);
    }
    words.push(side(g));
    if g.random.chance(60) {
        words.push(atoms::recased(&mut g.random, "COUNT"));
        words.push(match g.random.below(10) {
            0 => index(g),
            _ => g.random.between(1, 6).to_string().into_bytes(),
        });
    }
    g.command(words);
}

fn threshold(g: &mut Generator) {
    let value = g.random.pick::<[u8]>(&[b"0", b"0", b"5", b"100", b"2000"]).to_vec();
    g.command(words!["DEBUG", "QUICKLIST-PACKED-THRESHOLD", value]);
}
