//! The sorted-set family: few keys, members and scores, so that they collide; sizes on both sides of every threshold.
//!
//! Two groups of keys: in `z…` scores differ, in `level…` they are all 0, since a range by member among different scores depends
//! on chance in a skiplist of 7.0.15. What could break that is followed by a harmless command, which the mutations take.

use super::atoms::{self, Holds};
use super::{Entry, Generator, any_type, blocking, entry};
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("ZADD", 26, zadd),
    entry("ZADD", 10, zadd_level),
    entry("ZINCRBY", 8, zincrby),
    entry("ZREM", 8, |g| some_members(g, "ZREM")),
    entry("ZREM", 3, zrem_level),
    entry("ZCARD", 2, |g| any_type::whole(g, "ZCARD", key)),
    entry("ZSCORE", 4, |g| one_member(g, "ZSCORE")),
    entry("ZMSCORE", 3, |g| some_members(g, "ZMSCORE")),
    entry("ZRANK", 3, |g| one_member(g, "ZRANK")),
    entry("ZREVRANK", 3, |g| one_member(g, "ZREVRANK")),
    entry("ZCOUNT", 4, |g| by_score(g, "ZCOUNT", false)),
    entry("ZLEXCOUNT", 4, |g| by_member(g, "ZLEXCOUNT", false)),
    entry("ZRANGE", 14, |g| range(g, false)),
    entry("ZRANGESTORE", 8, |g| range(g, true)),
    entry("ZREVRANGE", 4, zrevrange),
    entry("ZRANGEBYSCORE", 5, |g| by_score(g, "ZRANGEBYSCORE", true)),
    entry("ZREVRANGEBYSCORE", 5, |g| by_score(g, "ZREVRANGEBYSCORE", true)),
    entry("ZRANGEBYLEX", 4, |g| by_member(g, "ZRANGEBYLEX", true)),
    entry("ZREVRANGEBYLEX", 4, |g| by_member(g, "ZREVRANGEBYLEX", true)),
    entry("ZREMRANGEBYRANK", 3, zremrangebyrank),
    entry("ZREMRANGEBYSCORE", 3, |g| by_score(g, "ZREMRANGEBYSCORE", false)),
    entry("ZREMRANGEBYLEX", 3, |g| by_member(g, "ZREMRANGEBYLEX", false)),
    entry("ZPOPMIN", 3, |g| pop(g, "ZPOPMIN")),
    entry("ZPOPMAX", 3, |g| pop(g, "ZPOPMAX")),
    entry("ZMPOP", 4, zmpop),
    entry("ZUNION", 4, |g| combine(g, "ZUNION")),
    entry("ZINTER", 4, |g| combine(g, "ZINTER")),
    entry("ZDIFF", 4, |g| combine(g, "ZDIFF")),
    entry("ZUNIONSTORE", 4, |g| combine(g, "ZUNIONSTORE")),
    entry("ZINTERSTORE", 4, |g| combine(g, "ZINTERSTORE")),
    entry("ZDIFFSTORE", 4, |g| combine(g, "ZDIFFSTORE")),
    entry("ZINTERCARD", 4, |g| combine(g, "ZINTERCARD")),
    entry("ZINCRBY", 1, not_a_number),
    entry("ZUNIONSTORE", 1, too_few_words),
    entry("ZRANDMEMBER", 4, |g| any_type::random_elements(g, "ZRANDMEMBER", key, "WITHSCORES")),
    entry("ZSCAN", 4, |g| any_type::scan(g, "ZSCAN", key, "m")),
    entry("BZPOPMIN", 1, |g| blocking::pop(g, "BZPOPMIN")),
    entry("BZPOPMAX", 1, |g| blocking::pop(g, "BZPOPMAX")),
    entry("BZMPOP", 1, blocking::bzmpop),
    entry("", 8, blocking::stir),
    entry("DEL", 2, |g| any_type::whole(g, "DEL", key)),
    entry("OBJECT|ENCODING", 5, |g| any_type::whole(g, "OBJECT ENCODING", key)),
    entry("DUMP", 4, |g| any_type::whole(g, "DUMP", key)),
    entry("RESTORE", 2, |g| any_type::restore(g, uneven, PAYLOADS)),
    entry("COPY", 2, |g| copied(g, "COPY")),
    entry("RENAME", 1, |g| copied(g, "RENAME")),
    entry("TYPE", 1, |g| any_type::whole(g, "TYPE", key)),
    entry("PEXPIREAT", 1, |g| any_type::expire(g, key)),
    entry("CONFIG|SET", 2, |g| any_type::setting(g, SETTINGS)),
    entry("SET", 1, |g| any_type::string(g, uneven)),
    entry("SADD", 3, sadd),
];

const SETTINGS: &[(&str, &[&[u8]])] = &[
    ("zset-max-listpack-entries", &[b"128", b"128", b"3", b"8", b"0", b"20"]),
    ("zset-max-listpack-value", &[b"64", b"64", b"10", b"0", b"200"]),
];

const PAYLOADS: &[&[u8]] = include!("sorted_set_payloads.in");
const KEYS: &[&[u8]] = &[b"z1", b"z2", b"z3", b"z4", b"{z}5"];
/// Sorted sets whose scores are all 0.
const LEVEL_KEYS: &[&[u8]] = &[b"level1", b"level2"];
const MEMBERS: &[&[u8]] = &[b"a", b"b", b"c", b"member", b"1", b"-1", b"007", b"12345", b"", b"9223372036854775807"];
const SCORES: &[&[u8]] = &[
    b"0",
    b"-0",
    b"1",
    b"-1",
    b"2",
    b"3",
    b"0.1",
    b"0.2",
    b"0.3",
    b"inf",
    b"-inf",
    b"+inf",
    b"1e300",
    b"-1e300",
    b"1e-300",
    b"0x10",
    b"4611686018427387904",
    b"4611686018427387905",
    b"9007199254740993",
    b"100000000000000000",
    b"1e17",
    b"1e400",
    b"1e-400",
    b"nan",
    b"3.0",
    b" 1",
    b"",
    b"infinity",
    b"5e-324",
    b"-4611686018427387904",
];

fn key(g: &mut Generator) -> Vec<u8> {
    match g.random.below(40) {
        0 => atoms::key(&mut g.random, Holds::Any),
        1..=3 => g.random.pick(LEVEL_KEYS).to_vec(),
        4 => b"s1".to_vec(),
        _ => g.random.pick(KEYS).to_vec(),
    }
}

/// A key that may get elements of any score.
fn uneven(g: &mut Generator) -> Vec<u8> {
    match g.random.below(40) {
        0 => atoms::key(&mut g.random, Holds::Any),
        _ => g.random.pick(KEYS).to_vec(),
    }
}

fn level(g: &mut Generator) -> Vec<u8> {
    g.random.pick(LEVEL_KEYS).to_vec()
}

fn member(g: &mut Generator) -> Vec<u8> {
    match g.random.below(40) {
        0 => atoms::value(&mut g.random),
        1..=2 => vec![b'm'; g.random.between(60, 68)],
        3..=12 => format!("m{}", g.random.below(30)).into_bytes(),
        13..=15 => (g.random.below(3000) as i64 - 1500).to_string().into_bytes(),
        _ => g.random.pick(MEMBERS).to_vec(),
    }
}

fn score(g: &mut Generator) -> Vec<u8> {
    match g.random.below(20) {
        0 => atoms::float(&mut g.random),
        1..=4 => g.random.pick(SCORES).to_vec(),
        5..=7 => format!("{}.{}", g.random.below(100), g.random.below(1000)).into_bytes(),
        _ => (g.random.below(12) as i64 - 4).to_string().into_bytes(),
    }
}

fn score_bound(g: &mut Generator) -> Vec<u8> {
    let score = match g.random.below(10) {
        0 => b"-inf".to_vec(),
        1 => b"+inf".to_vec(),
        _ => score(g),
    };
    if g.random.chance(25) { [&b"("[..], &score].concat() } else { score }
}

fn member_bound(g: &mut Generator) -> Vec<u8> {
    match g.random.below(12) {
        0 => b"-".to_vec(),
        1 => b"+".to_vec(),
        2 => g.random.pick::<[u8]>(&[b"", b"a", b"+x", b"-x", b"+\0", b"[", b"("]).to_vec(),
        n => [if n % 2 == 0 { &b"["[..] } else { b"(" }, &member(g)].concat(),
    }
}

fn rank(g: &mut Generator) -> Vec<u8> {
    match g.random.below(25) {
        0 => atoms::integer(&mut g.random),
        1..=6 => b"0".to_vec(),
        7..=12 => b"-1".to_vec(),
        _ => (g.random.below(30) as i64 - 12).to_string().into_bytes(),
    }
}

fn count(g: &mut Generator) -> Vec<u8> {
    match g.random.below(20) {
        0 => g.random.pick::<[u8]>(&[b"x", b"", b"-1", b"0", b"9223372036854775808"]).to_vec(),
        _ => g.random.between(0, 6).to_string().into_bytes(),
    }
}

fn pairs(g: &mut Generator, words: &mut Vec<Vec<u8>>, level: bool) {
    let pairs = if g.random.chance(10) { g.random.between(5, 50) } else { g.random.between(1, 4) };
    for _ in 0..pairs {
        let score = if level { b"0".to_vec() } else { score(g) };
        words.push(score);
        words.push(member(g));
    }
}

fn zadd(g: &mut Generator) {
    let mut words = words!["ZADD", uneven(g)];
    for (option, percent) in [("NX", 8), ("XX", 8), ("GT", 8), ("LT", 8), ("CH", 15), ("INCR", 8)] {
        if g.random.chance(percent) {
            words.push(atoms::recased(&mut g.random, option));
        }
    }
    pairs(g, &mut words, false);
    if g.random.chance(2) {
        words.pop();
    }
    g.command(words);
}

fn zadd_level(g: &mut Generator) {
    let mut words = words!["ZADD", level(g)];
    pairs(g, &mut words, true);
    g.command(words);
    any_type::whole(g, "ZCARD", key);
}

fn zrem_level(g: &mut Generator) {
    let words = words!["ZREM", level(g), member(g), member(g), member(g)];
    g.command(words);
}

fn zincrby(g: &mut Generator) {
    let words = words!["ZINCRBY", uneven(g), score(g), member(g)];
    g.command(words);
}

fn one_member(g: &mut Generator, name: &str) {
    let words = words![name, key(g), member(g)];
    g.command(words);
}

fn some_members(g: &mut Generator, name: &str) {
    let mut words = words![name, key(g)];
    let count = if g.random.chance(10) { 12 } else { g.random.between(1, 4) };
    for _ in 0..count {
        words.push(member(g));
    }
    g.command(words);
}

fn limit(g: &mut Generator, words: &mut Vec<Vec<u8>>, percent: usize) {
    if g.random.chance(percent) {
        words.push(atoms::recased(&mut g.random, "LIMIT"));
        let (offset, limit) = (count(g), if g.random.chance(20) { b"-1".to_vec() } else { count(g) });
        words.push(offset);
        words.push(limit);
    }
}

fn by_score(g: &mut Generator, name: &str, options: bool) {
    let mut words = words![name, key(g), score_bound(g), score_bound(g)];
    if options && g.random.chance(40) {
        words.push(atoms::recased(&mut g.random, "WITHSCORES"));
    }
    limit(g, &mut words, if options { 40 } else { 1 });
    g.command(words);
}

fn by_member(g: &mut Generator, name: &str, options: bool) {
    let mut words = words![name, level(g), member_bound(g), member_bound(g)];
    limit(g, &mut words, if options { 40 } else { 1 });
    g.command(words);
    any_type::whole(g, "ZCARD", key);
}

/// ZRANGE, or ZRANGESTORE into a key of either group, as its scores allow.
fn range(g: &mut Generator, stores: bool) {
    let mut words = if stores { words!["ZRANGESTORE", uneven(g)] } else { words!["ZRANGE"] };
    let kind = g.random.below(10);
    match kind {
        0..=1 => {
            let (key, min, max) = (level(g), member_bound(g), member_bound(g));
            words.extend([key, min, max, atoms::recased(&mut g.random, "BYLEX")]);
        }
        2..=4 => {
            let (key, min, max) = (key(g), score_bound(g), score_bound(g));
            words.extend([key, min, max, atoms::recased(&mut g.random, "BYSCORE")]);
        }
        _ => {
            let (key, start, stop) = (key(g), rank(g), rank(g));
            words.extend([key, start, stop]);
        }
    }
    if g.random.chance(30) {
        words.push(atoms::recased(&mut g.random, "REV"));
    }
    limit(g, &mut words, if kind < 5 { 40 } else { 3 });
    if g.random.chance(if stores || kind < 2 { 2 } else { 50 }) {
        words.push(atoms::recased(&mut g.random, "WITHSCORES"));
    }
    g.command(words);
    any_type::whole(g, "ZCARD", key);
}

fn zrevrange(g: &mut Generator) {
    let mut words = words!["ZREVRANGE", key(g), rank(g), rank(g)];
    if g.random.chance(50) {
        words.push(atoms::recased(&mut g.random, "WITHSCORES"));
    }
    g.command(words);
}

fn zremrangebyrank(g: &mut Generator) {
    let (start, stop) = if g.random.chance(80) { (rank(g), b"-9".to_vec()) } else { (rank(g), rank(g)) };
    let words = words!["ZREMRANGEBYRANK", key(g), start, stop];
    g.command(words);
}

fn pop(g: &mut Generator, name: &str) {
    let mut words = words![name, key(g)];
    if g.random.chance(60) {
        words.push(count(g));
    }
    g.command(words);
}

/// A count of keys with the keys; the count is wrong now and then.
fn keys(g: &mut Generator, words: &mut Vec<Vec<u8>>) -> usize {
    let keys = g.random.between(1, 4);
    words.push(match g.random.below(40) {
        0 => g.random.pick::<[u8]>(&[b"0", b"-1", b"x", b"9", b"9223372036854775807"]).to_vec(),
        _ => keys.to_string().into_bytes(),
    });
    for _ in 0..keys {
        words.push(key(g));
    }
    keys
}

fn zmpop(g: &mut Generator) {
    let mut words = words!["ZMPOP"];
    keys(g, &mut words);
    let end = g.random.pick::<str>(&["MIN", "MAX", "MIN", "MAX", "MIDDLE"]).to_string();
    words.push(atoms::recased(&mut g.random, &end));
    if g.random.chance(60) {
        words.push(atoms::recased(&mut g.random, "COUNT"));
        words.push(count(g));
    }
    g.command(words);
}

fn combine(g: &mut Generator, name: &str) {
    let mut words = words![name];
    let stores = name.ends_with("STORE");
    if stores {
        words.push(uneven(g));
    }
    let keys = keys(g, &mut words);
    let scored = !name.starts_with("ZDIFF") && name != "ZINTERCARD";
    if g.random.chance(if scored { 40 } else { 2 }) {
        words.push(atoms::recased(&mut g.random, "WEIGHTS"));
        for _ in 0..keys {
            words.push(score(g));
        }
    }
    if g.random.chance(if scored { 40 } else { 2 }) {
        let how = g.random.pick::<str>(&["SUM", "MIN", "MAX", "SUM", "MIN", "MAX", "AVG"]).to_string();
        words.push(b"AGGREGATE".to_vec());
        words.push(atoms::recased(&mut g.random, &how));
    }
    if g.random.chance(if name == "ZINTERCARD" { 50 } else { 2 }) {
        words.push(atoms::recased(&mut g.random, "LIMIT"));
        words.push(count(g));
    }
    if g.random.chance(if stores || name == "ZINTERCARD" { 2 } else { 70 }) {
        words.push(atoms::recased(&mut g.random, "WITHSCORES"));
    }
    g.command(words);
    if stores {
        any_type::whole(g, "ZCARD", key);
    }
}

/// To a key whose scores may differ; the harmless command behind it takes the mutations.
fn copied(g: &mut Generator, name: &str) {
    any_type::two_keys(g, name, key, uneven);
    any_type::whole(g, "ZCARD", key);
}

/// A set, which the combinations read too.
fn sadd(g: &mut Generator) {
    let words = words!["SADD", "s1", member(g), member(g)];
    g.command(words);
}

/// Infinity and its opposite.
fn not_a_number(g: &mut Generator) {
    let key = uneven(g);
    let (first, second) = if g.random.chance(50) { ("inf", "-inf") } else { ("-inf", "+inf") };
    g.command(words!["ZADD", key, first, "unbounded"]);
    match g.random.below(2) {
        0 => g.command(words!["ZINCRBY", key, second, "unbounded"]),
        _ => g.command(words!["ZADD", key, "INCR", second, "unbounded"]),
    }
    g.command(words!["ZREM", key, "unbounded"]);
}

/// Those that are followed by another command, and so hardly ever cut short.
fn too_few_words(g: &mut Generator) {
    let names = &["ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE", "ZRANGESTORE", "ZRANGEBYLEX", "ZREVRANGEBYLEX", "GEOPOS"];
    let words = words![g.random.pick(names), key(g)];
    g.command(words);
}
