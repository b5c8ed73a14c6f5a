//! The string family: every command by hand, since a documented argument alone rarely finds a number to add to.

use super::atoms::{self, Holds};
use super::lapse;
use super::{Entry, Generator, entry};
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("APPEND", 6, append),
    entry("DECR", 4, |g| one_key(g, "DECR", Holds::Integer)),
    entry("DECRBY", 5, |g| by(g, "DECRBY")),
    entry("GET", 8, |g| one_key(g, "GET", Holds::Any)),
    entry("GETDEL", 3, |g| one_key(g, "GETDEL", Holds::Any)),
    entry("GETEX", 6, getex),
    entry("GETRANGE", 6, |g| range(g, "GETRANGE")),
    entry("GETSET", 4, |g| key_value(g, "GETSET")),
    entry("INCR", 6, |g| one_key(g, "INCR", Holds::Integer)),
    entry("INCRBY", 6, |g| by(g, "INCRBY")),
    entry("INCRBYFLOAT", 8, incrbyfloat),
    entry("LCS", 5, lcs),
    entry("MGET", 4, mget),
    entry("MSET", 5, |g| mset(g, "MSET")),
    entry("MSETNX", 3, |g| mset(g, "MSETNX")),
    entry("PSETEX", 3, psetex),
    entry("SET", 24, set),
    entry("SETEX", 3, setex),
    entry("SETNX", 4, |g| key_value(g, "SETNX")),
    entry("SETRANGE", 6, setrange),
    entry("STRLEN", 4, |g| one_key(g, "STRLEN", Holds::Any)),
    entry("SUBSTR", 3, |g| range(g, "SUBSTR")),
    entry("TOUCH", 1, lapse::lapse),
    // The pool has few keys: without deletions every NX would fail.
    entry("DEL", 3, |g| one_key(g, "DEL", Holds::Any)),
    // Keys of other types, where both servers have them.
    entry("RPUSH", 1, |g| other_type(g, &["RPUSH", "t1", "a"])),
    entry("SADD", 1, |g| other_type(g, &["SADD", "t2", "1", "2"])),
    entry("HSET", 1, |g| other_type(g, &["HSET", "t3", "f", "v"])),
];

fn one_key(g: &mut Generator, name: &str, holds: Holds) {
    let key = atoms::key(&mut g.random, holds);
    let name = atoms::recased(&mut g.random, name);
    g.command(words![name, key]);
}

fn key_value(g: &mut Generator, name: &str) {
    let (key, value) = pair(g);
    g.command(words![name, key, value]);
}

/// A key and a value of its kind.
fn pair(g: &mut Generator) -> (Vec<u8>, Vec<u8>) {
    let holds = [Holds::Integer, Holds::Integer, Holds::Float, Holds::Text, Holds::Text, Holds::Any][g.random.below(6)];
    (atoms::key(&mut g.random, holds), atoms::value_for(&mut g.random, holds))
}

pub fn other_type(g: &mut Generator, line: &[&str]) {
    let mut words: Vec<Vec<u8>> = line.iter().map(|word| word.as_bytes().to_vec()).collect();
    if g.random.chance(15) {
        words[1] = atoms::key(&mut g.random, Holds::Any);
    }
    g.command(words);
}

fn append(g: &mut Generator) {
    let key = atoms::key(&mut g.random, Holds::Any);
    let value = if g.random.chance(70) { b"x".repeat(g.random.below(12)) } else { atoms::value(&mut g.random) };
    g.command(words!["APPEND", key, value]);
    // Appending alone makes every key long; a fresh start keeps the encodings mixed.
    if g.random.chance(20) {
        let (key, value) = pair(g);
        g.command(words!["SET", key, value]);
    }
}

fn by(g: &mut Generator, name: &str) {
    let key = atoms::key(&mut g.random, Holds::Integer);
    let amount = if g.random.chance(60) { atoms::small(&mut g.random) } else { atoms::integer(&mut g.random) };
    g.command(words![name, key, amount]);
}

fn incrbyfloat(g: &mut Generator) {
    let holds = if g.random.chance(70) { Holds::Float } else { Holds::Integer };
    let key = atoms::key(&mut g.random, holds);
    let amount = atoms::float(&mut g.random);
    if g.random.chance(30) {
        // A known start: sums drift towards the largest number otherwise.
        let start = atoms::value_for(&mut g.random, Holds::Float);
        g.command(words!["SET", key, start]);
    }
    g.command(words!["INCRBYFLOAT", key, amount]);
}

fn range(g: &mut Generator, name: &str) {
    let key = atoms::key(&mut g.random, Holds::Any);
    let (start, end) = (atoms::offset(&mut g.random), atoms::offset(&mut g.random));
    g.command(words![name, key, start, end]);
}

fn setrange(g: &mut Generator) {
    let key = atoms::key(&mut g.random, Holds::Text);
    // Never an offset that would succeed with hundreds of megabytes.
    let edges: &[&[u8]] =
        &[b"-1", b"536870912", b"9223372036854775807", b"-9223372036854775808", b"abc", b"1.5", b"4096", b"20000"];
    let offset = match g.random.below(10) {
        0..=7 => g.random.below(80).to_string().into_bytes(),
        _ => g.random.pick(edges).to_vec(),
    };
    let value = if g.random.chance(20) { Vec::new() } else { b"y".repeat(g.random.below(9)) };
    g.command(words!["SETRANGE", key, offset, value]);
}

fn mget(g: &mut Generator) {
    let mut words = words!["MGET"];
    for _ in 0..g.random.between(1, 6) {
        words.push(atoms::key(&mut g.random, Holds::Any));
    }
    g.command(words);
}

fn mset(g: &mut Generator, name: &str) {
    if name == "MSETNX" && g.random.chance(60) {
        // Some of the keys, so that it can succeed.
        g.command(words!["DEL", "s4", "s5", "f3"]);
        g.command(words!["MSETNX", "s4", "1", "s5", "two", "f3", "3.5"]);
        return;
    }
    let mut words = words![name];
    for _ in 0..g.random.between(1, 4) {
        let (key, value) = pair(g);
        words.extend([key, value]);
    }
    g.command(words);
}

fn setex(g: &mut Generator) {
    let (key, value) = pair(g);
    let ttl = atoms::ttl_seconds(&mut g.random);
    g.command(words!["SETEX", key, ttl, value]);
}

fn psetex(g: &mut Generator) {
    let (key, value) = pair(g);
    let ttl = atoms::ttl_millis(&mut g.random);
    g.command(words!["PSETEX", key, ttl, value]);
}

/// An expiry option with its argument.
fn expiry(g: &mut Generator, words: &mut Vec<Vec<u8>>) {
    let (option, time) = match g.random.below(4) {
        0 => ("EX", atoms::ttl_seconds(&mut g.random)),
        1 => ("PX", atoms::ttl_millis(&mut g.random)),
        2 => ("EXAT", atoms::unix_seconds(&mut g.random)),
        _ => ("PXAT", atoms::unix_millis(&mut g.random)),
    };
    words.push(atoms::recased(&mut g.random, option));
    words.push(time);
}

fn getex(g: &mut Generator) {
    let mut words = words!["GETEX", atoms::key(&mut g.random, Holds::Any)];
    match g.random.below(10) {
        0..=2 => {}
        3..=6 => expiry(g, &mut words),
        7..=8 => words.push(atoms::recased(&mut g.random, "PERSIST")),
        _ => {
            words.push(b"PERSIST".to_vec());
            expiry(g, &mut words);
        }
    }
    g.command(words);
}

fn set(g: &mut Generator) {
    let (key, value) = pair(g);
    let mut words = words!["SET", key, value];
    let options = match g.random.below(20) {
        0..=9 => 0,
        10..=14 => 1,
        15..=17 => 2,
        _ => g.random.between(3, 4),
    };
    for _ in 0..options {
        match g.random.below(8) {
            0 => words.push(atoms::recased(&mut g.random, "NX")),
            1 => words.push(atoms::recased(&mut g.random, "XX")),
            2..=3 => words.push(atoms::recased(&mut g.random, "GET")),
            4 => words.push(atoms::recased(&mut g.random, "KEEPTTL")),
            _ => expiry(g, &mut words),
        }
    }
    g.command(words);
}

fn lcs(g: &mut Generator) {
    // Keys of its own with short values: the table of LCS grows with the product of the lengths.
    if g.random.chance(50) {
        let mut words = words!["MSET"];
        for key in ["lcs:a", "lcs:b"] {
            let length = g.random.below(60);
            let value: Vec<u8> = (0..length).map(|_| b'a' + g.random.below(3) as u8).collect();
            words.extend(words![key, value]);
        }
        g.command(words);
    }
    let mut words = words!["LCS"];
    for _ in 0..2 {
        let key: &[u8] = g.random.pick(&[b"lcs:a", b"lcs:b", b"lcs:a", b"lcs:b", b"missing", b"f1", b"t1"]);
        words.push(key.to_vec());
    }
    for option in ["LEN", "IDX", "WITHMATCHLEN"] {
        if g.random.chance(35) {
            words.push(atoms::recased(&mut g.random, option));
        }
    }
    if g.random.chance(35) {
        words.push(atoms::recased(&mut g.random, "MINMATCHLEN"));
        words.push(atoms::small(&mut g.random));
    }
    g.command(words);
}
