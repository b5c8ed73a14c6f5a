//! SORT and SORT_RO: lists, sets and sorted sets of few elements that have weights under `w_…` and in hashes under `o_…`.
//!
//! What 7.0.15 answers by chance is not asked: sets in their own order, and which of equal texts comes first in a set or sorted
//! set (there the weights themselves are the answer). Mutations could ask it, so a harmless command follows each SORT and
//! takes them; mistakes are made here, on lists.
//!
//! 7.0.15 fails to sort good numbers after any number out of range that it has read (see `divergences.toml`). A command that
//! reads a number within range makes it forget that.

use super::atoms::{self, Holds};
use super::{Entry, Generator, any_type, entry};
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("SORT", 40, sort),
    entry("SORT_RO", 16, sort_ro),
    entry("RPUSH", 14, |g| fill(g, "RPUSH")),
    entry("SADD", 8, |g| fill(g, "SADD")),
    entry("ZADD", 8, zadd),
    entry("LPOP", 3, |g| any_type::whole(g, "LPOP", list)),
    entry("DEL", 2, |g| any_type::whole(g, "DEL", source)),
    entry("SET", 10, set_weight),
    entry("HSET", 8, set_field),
    entry("DEL", 3, |g| any_type::whole(g, "DEL", weight_key)),
    entry("PEXPIREAT", 1, |g| any_type::expire(g, weight_key)),
    entry("LRANGE", 5, lrange),
    entry("OBJECT|ENCODING", 5, |g| any_type::whole(g, "OBJECT ENCODING", source)),
    entry("DUMP", 4, |g| any_type::whole(g, "DUMP", list)),
    entry("DEBUG|OBJECT", 2, |g| any_type::whole(g, "DEBUG OBJECT", list)),
    entry("CONFIG|SET", 1, |g| any_type::setting(g, SETTINGS)),
];

const SETTINGS: &[(&str, &[&[u8]])] = &[
    ("list-max-listpack-size", &[b"-2", b"-2", b"4", b"1"]),
    ("zset-max-listpack-entries", &[b"128", b"128", b"3", b"0"]),
    ("set-max-intset-entries", &[b"512", b"512", b"3", b"0"]),
];
const LISTS: &[&[u8]] = &[b"sort:l1", b"sort:l2", b"sort:l3", b"{sort}:l4"];
const SETS: &[&[u8]] = &[b"sort:s1", b"sort:s2"];
const SORTED_SETS: &[&[u8]] = &[b"sort:z1", b"sort:z2"];
const NUMBERS: &[&[u8]] = &[
    b"1.0",
    b"01",
    b"1e0",
    b"0x1",
    b"0",
    b"-0",
    b"inf",
    b"-inf",
    b".5",
    b"1e300",
    b"9007199254740993",
    b"2.5",
    b"-3.25",
];
/// No numbers, numbers out of range, and what only C takes for one.
const ODD: &[&[u8]] =
    &[b"a", b"b", b"abc", b"", b" 2", b"2 ", b"1e400", b"5e-324", b"0x1p-1074", b"nan", b"\xff", b"1e-400"];
/// Equal as numbers and as C's texts: only lists keep an order among them.
const WITH_NUL: &[&[u8]] = &[b"2\0z", b"2\0a", b"2\0"];

fn list(g: &mut Generator) -> Vec<u8> {
    g.random.pick(LISTS).to_vec()
}

fn source(g: &mut Generator) -> Vec<u8> {
    let pool = [LISTS, LISTS, SETS, SORTED_SETS][g.random.below(4)];
    g.random.pick(pool).to_vec()
}

fn number(g: &mut Generator) -> Vec<u8> {
    match g.random.below(12) {
        0..=1 => g.random.pick(NUMBERS).to_vec(),
        2 => (g.random.below(200_000) as i64 - 100_000).to_string().into_bytes(),
        _ => (g.random.below(30) as i64 - 5).to_string().into_bytes(),
    }
}

fn odd(g: &mut Generator) -> Vec<u8> {
    g.random.pick(ODD).to_vec()
}

fn weight_key(g: &mut Generator) -> Vec<u8> {
    let prefix = [&b"w_"[..], b"w_", b"o_"][g.random.below(3)];
    [prefix, &number(g)].concat()
}

fn fill(g: &mut Generator, name: &str) {
    let mut words = words![name, if name == "RPUSH" { list(g) } else { g.random.pick(SETS).to_vec() }];
    let count = if g.random.chance(10) { g.random.between(20, 120) } else { g.random.between(1, 12) };
    for _ in 0..count {
        words.push(number(g));
    }
    if g.random.chance(12) {
        let element = match name {
            "RPUSH" if g.random.chance(50) => g.random.pick(WITH_NUL).to_vec(),
            "RPUSH" => odd(g),
            _ => b"text".to_vec(),
        };
        words.push(element);
    }
    g.command(words);
}

fn zadd(g: &mut Generator) {
    let mut words = words!["ZADD", g.random.pick(SORTED_SETS)];
    let count = if g.random.chance(10) { g.random.between(20, 150) } else { g.random.between(1, 8) };
    for _ in 0..count {
        words.push(g.random.below(20).to_string().into_bytes());
        words.push(number(g));
    }
    g.command(words);
    g.say("PING");
}

fn set_weight(g: &mut Generator) {
    let key = weight_key(g);
    let value = if g.random.chance(4) { odd(g) } else { number(g) };
    g.command(words!["SET", key, value]);
}

fn set_field(g: &mut Generator) {
    let key = [&b"o_"[..], &number(g)].concat();
    let value = if g.random.chance(4) { odd(g) } else { number(g) };
    g.command(words!["HSET", key, "f", value]);
}

fn lrange(g: &mut Generator) {
    let words = words!["LRANGE", list(g), "0", "-1"];
    g.command(words);
}

fn limit(g: &mut Generator, words: &mut Vec<Vec<u8>>, percent: usize) {
    if !g.random.chance(percent) {
        return;
    }
    words.push(atoms::recased(&mut g.random, "LIMIT"));
    for _ in 0..2 {
        words.push(match g.random.below(60) {
            0 => b"x".to_vec(),
            1 => b"9223372036854775807".to_vec(),
            2 => b"-9223372036854775808".to_vec(),
            3 => b"9223372036854775808".to_vec(),
            _ => (g.random.below(25) as i64 - 3).to_string().into_bytes(),
        });
    }
}

fn get(g: &mut Generator, words: &mut Vec<Vec<u8>>) {
    const PATTERNS: &[&[u8]] = &[
        b"#",
        b"#",
        b"w_*",
        b"w_*",
        b"o_*->f",
        b"o_*",
        b"o_*->",
        b"nosuch_*",
        b"constant",
        b"w_*->f",
        b"*",
        b"",
        b"o_*->g",
        b"*_*",
    ];
    for _ in 0..[0, 0, 0, 1, 1, 2, 3][g.random.below(7)] {
        words.push(atoms::recased(&mut g.random, "GET"));
        words.push(g.random.pick(PATTERNS).to_vec());
    }
}

fn by(g: &mut Generator, words: &mut Vec<Vec<u8>>, patterns: &[&[u8]]) {
    words.push(atoms::recased(&mut g.random, "BY"));
    words.push(g.random.pick(patterns).to_vec());
}

fn sort(g: &mut Generator) {
    emit(g, "SORT");
}

fn sort_ro(g: &mut Generator) {
    emit(g, "SORT_RO");
}

pub fn emit(g: &mut Generator, name: &str) {
    const BY: &[&[u8]] = &[b"w_*", b"w_*", b"o_*->f", b"o_*->f", b"nosuch_*", b"o_*", b"w_*->f", b"*"];
    const BY_ANY: &[&[u8]] = &[b"w_*", b"o_*->f", b"nosort", b"nosort", b"", b"#", b"w_", b"nosuch_*"];
    g.say("GEORADIUS_RO nosuchkey 1 1 1 m");
    let mut words = words![name];
    let stores = name == "SORT" && g.random.chance(30);
    match g.random.below(20) {
        // By text: the scores of a small sorted set may be the numbers out of range.
        0 => words.extend([atoms::key(&mut g.random, Holds::Any), b"ALPHA".to_vec()]),
        1..=4 => {
            words.push(g.random.pick(SETS).to_vec());
            of_set(g, &mut words, stores);
        }
        5..=8 => {
            words.push(g.random.pick(SORTED_SETS).to_vec());
            if g.random.chance(40) {
                by(g, &mut words, &[b"nosort", b"", b"#"]);
                limit(g, &mut words, 60);
                get(g, &mut words);
            } else {
                of_set(g, &mut words, false);
            }
        }
        _ => {
            words.push(list(g));
            let alpha = g.random.chance(35);
            if g.random.chance(55) {
                let patterns = if g.random.chance(50) { BY } else { BY_ANY };
                by(g, &mut words, patterns);
            }
            if alpha {
                words.push(atoms::recased(&mut g.random, "ALPHA"));
            }
            get(g, &mut words);
            limit(g, &mut words, 45);
            mistake(g, &mut words);
        }
    }
    for (option, percent) in [("ASC", 8), ("DESC", 40), ("ASC", 3)] {
        if g.random.chance(percent) {
            words.push(atoms::recased(&mut g.random, option));
        }
    }
    if stores || g.random.chance(1) {
        words.push(atoms::recased(&mut g.random, "STORE"));
        words.push(list(g));
    }
    g.command(words);
    any_type::whole(g, "TYPE", list);
}

/// Options for elements that have no order of their own: either their weights decide about all of them, or the weights are
/// what is answered.
fn of_set(g: &mut Generator, words: &mut Vec<Vec<u8>>, stores: bool) {
    const PATTERNS: &[&[u8]] = &[b"w_*", b"o_*->f", b"nosuch_*"];
    match g.random.below(10) {
        0..=3 => {
            by(g, words, PATTERNS);
            get(g, words);
        }
        4..=5 => {
            let pattern = g.random.pick(PATTERNS).to_vec();
            words.extend(words!["BY", pattern, "GET", pattern, "alpha"]);
        }
        6 if stores => {
            by(g, words, &[b"nosort", b"#"]);
            get(g, words);
        }
        7 => get(g, words),
        _ => {
            words.push(atoms::recased(&mut g.random, "ALPHA"));
            get(g, words);
        }
    }
    limit(g, words, 45);
}

/// Something is missing or too much.
fn mistake(g: &mut Generator, words: &mut Vec<Vec<u8>>) {
    match g.random.below(40) {
        0 => _ = words.pop(),
        1 => words.push(b"nosuchoption".to_vec()),
        2 => _ = words.remove(g.random.below(words.len() - 1) + 1),
        3 => words.push(b"LIMIT".to_vec()),
        4 => words.push(b"BY".to_vec()),
        _ => {}
    }
}
