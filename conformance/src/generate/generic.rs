//! The generic family: keys as keys, whatever they hold.

use super::atoms::{self, Holds};
use super::string::other_type;
use super::{Entry, Generator, entry, lapse, sort};
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("SET", 14, fresh),
    entry("RPUSH", 2, |g| other_type(g, &["RPUSH", "t1", "a"])),
    entry("SADD", 2, |g| other_type(g, &["SADD", "t2", "1", "2"])),
    entry("HSET", 2, |g| other_type(g, &["HSET", "t3", "f", "v"])),
    entry("ZADD", 1, |g| other_type(g, &["ZADD", "t1", "1.5", "m"])),
    entry("SELECT", 1, select),
    entry("COPY", 6, copy),
    entry("DEL", 4, |g| several(g, "DEL")),
    entry("DUMP", 4, |g| single(g, &["DUMP"])),
    entry("EXISTS", 4, |g| several(g, "EXISTS")),
    entry("EXPIRE", 6, |g| expire(g, "EXPIRE")),
    entry("EXPIREAT", 6, |g| expire(g, "EXPIREAT")),
    entry("EXPIRETIME", 3, |g| single(g, &["EXPIRETIME"])),
    entry("KEYS", 3, keys),
    entry("MOVE", 4, move_key),
    entry("OBJECT|ENCODING", 4, |g| single(g, &["OBJECT", "ENCODING"])),
    entry("OBJECT|FREQ", 1, |g| single(g, &["OBJECT", "FREQ"])),
    entry("OBJECT|IDLETIME", 1, |g| single(g, &["OBJECT", "IDLETIME"])),
    entry("OBJECT|REFCOUNT", 2, |g| single(g, &["OBJECT", "REFCOUNT"])),
    entry("OBJECT|HELP", 1, |g| g.say("OBJECT HELP")),
    entry("PERSIST", 4, |g| single(g, &["PERSIST"])),
    entry("PEXPIRE", 6, |g| expire(g, "PEXPIRE")),
    entry("PEXPIREAT", 6, |g| expire(g, "PEXPIREAT")),
    entry("PEXPIRETIME", 3, |g| single(g, &["PEXPIRETIME"])),
    entry("PTTL", 3, |g| single(g, &["PTTL"])),
    entry("TTL", 3, |g| single(g, &["TTL"])),
    entry("RANDOMKEY", 1, random_key),
    entry("OBJECT|IDLETIME", 1, idle_under_lfu),
    entry("RENAME", 4, |g| two(g, "RENAME")),
    entry("RENAMENX", 4, |g| two(g, "RENAMENX")),
    entry("RESTORE", 6, restore),
    entry("SCAN", 4, scan),
    entry("SORT", 3, |g| sort::emit(g, "SORT")),
    entry("SORT_RO", 1, |g| sort::emit(g, "SORT_RO")),
    entry("TOUCH", 3, |g| several(g, "TOUCH")),
    entry("TOUCH", 1, lapse::lapse),
    entry("TYPE", 3, |g| single(g, &["TYPE"])),
    entry("UNLINK", 2, |g| several(g, "UNLINK")),
];

fn any_key(g: &mut Generator) -> Vec<u8> {
    atoms::key(&mut g.random, Holds::Any)
}

fn single(g: &mut Generator, name: &[&str]) {
    let mut words: Vec<Vec<u8>> = name.iter().map(|word| atoms::recased(&mut g.random, word)).collect();
    words.push(any_key(g));
    g.command(words);
}

fn several(g: &mut Generator, name: &str) {
    let mut words = words![name];
    for _ in 0..g.random.between(1, 3) {
        words.push(any_key(g));
    }
    g.command(words);
}

fn two(g: &mut Generator, name: &str) {
    let (from, to) = (any_key(g), any_key(g));
    let to = if g.random.chance(10) { from.clone() } else { to };
    g.command(words![name, from, to]);
}

fn fresh(g: &mut Generator) {
    let (key, value) = (any_key(g), atoms::value(&mut g.random));
    let mut words = words!["SET", key, value];
    if g.random.chance(30) {
        words.extend(words!["PXAT", atoms::unix_millis(&mut g.random)]);
    }
    g.command(words);
}

fn select(g: &mut Generator) {
    let db = atoms::db(&mut g.random);
    g.command(words!["SELECT", db]);
}

fn copy(g: &mut Generator) {
    let (from, to) = (any_key(g), any_key(g));
    let mut words = words!["COPY", from, to];
    for _ in 0..g.random.below(3) {
        if g.random.chance(50) {
            words.push(atoms::recased(&mut g.random, "REPLACE"));
        } else {
            words.push(atoms::recased(&mut g.random, "DB"));
            words.push(atoms::db(&mut g.random));
        }
    }
    g.command(words);
}

fn move_key(g: &mut Generator) {
    let (key, db) = (any_key(g), atoms::db(&mut g.random));
    g.command(words!["MOVE", key, db]);
}

fn expire(g: &mut Generator, name: &str) {
    let key = any_key(g);
    let time = match name {
        "EXPIRE" => atoms::ttl_seconds(&mut g.random),
        "PEXPIRE" => atoms::ttl_millis(&mut g.random),
        "EXPIREAT" => atoms::unix_seconds(&mut g.random),
        _ => atoms::unix_millis(&mut g.random),
    };
    let mut words = words![name, key, time];
    for _ in 0..[0, 0, 1, 1, 1, 2][g.random.below(6)] {
        let option = ["NX", "XX", "GT", "LT"][g.random.below(4)];
        words.push(atoms::recased(&mut g.random, option));
    }
    g.command(words);
}

fn keys(g: &mut Generator) {
    let pattern = atoms::pattern(&mut g.random);
    g.command(words!["KEYS", pattern]);
}

fn random_key(g: &mut Generator) {
    lay_ghosts(g);
    g.say("RANDOMKEY");
}

/// A whole walk deletes every overdue key of the database, so that what meets some of them at random afterwards
/// leaves both sides with the same keys.
fn lay_ghosts(g: &mut Generator) {
    g.say("SCAN 0 COUNT 1000000");
}

fn scan(g: &mut Generator) {
    lay_ghosts(g);
    let cursor: &[u8] = match g.random.below(20) {
        0 => g.random.pick(&[b"abc", b"-1", b"", b"18446744073709551616", b"1x", b" 0"]),
        _ => b"0",
    };
    let mut words = words!["SCAN", cursor];
    for _ in 0..g.random.below(4) {
        match g.random.below(8) {
            0..=2 => words.extend(words!["MATCH", atoms::pattern(&mut g.random)]),
            3 => words.extend(words!["COUNT", atoms::integer(&mut g.random)]),
            4..=5 => words.extend(words!["count", "1000"]),
            _ => {
                let kind = g.random.pick(&["string", "list", "hash", "nosuchtype", "STRING", "zset", "stream", "set"]);
                words.extend(words!["TYPE", kind]);
            }
        }
    }
    // One page holds all that the run makes, and then the answer is a set.
    if !words.iter().any(|word| word.eq_ignore_ascii_case(b"count")) {
        words.extend(words!["COUNT", "2000"]);
    }
    g.command(words);
}

/// Payloads made by DUMP of 7.0.15: `hello`, 12345, an empty string, forty times `a` (compressed), 100, -1,
/// 100000, 99999999999.
const PAYLOADS: &[&[u8]] = &[
    b"\x00\x05hello\n\x00cr\xdfve4 \n",
    b"\x00\xc190\n\x00\x9d\x94\xea'\x93\xfc\x08\xb9",
    b"\x00\x00\n\x00]\x9b\\@\x0f\x7f\xa2\xda",
    b"\x00\xc3\x09(\x01aa\xe0\x1b\x00\x01aa\n\x00\xcf\x09/\xaa\xae%\x83\x1d",
    b"\x00\xc0d\n\x00\x87)\x951`\x0e\x8d\xb3",
    b"\x00\xc0\xff\n\x00\x0c\x93~$\x85\x08\x9d\xc5",
    b"\x00\xc2\xa0\x86\x01\x00\n\x00\xf1$\x03Po/\xa6t",
    b"\x00\x0b99999999999\n\x00#\xb0H\xfb\x0e\xdb\xef\x7f",
];

fn restore(g: &mut Generator) {
    let key = any_key(g);
    let absolute = g.random.chance(25);
    let ttl = match g.random.below(4) {
        0..=1 => b"0".to_vec(),
        _ if absolute => atoms::unix_millis(&mut g.random),
        _ => atoms::ttl_millis(&mut g.random),
    };
    let mut payload = PAYLOADS[g.random.below(PAYLOADS.len())].to_vec();
    if g.random.chance(10) {
        let at = g.random.below(payload.len());
        payload[at] ^= 1 << g.random.below(8);
    }
    let mut words = words!["RESTORE", key, ttl, payload];
    if g.random.chance(70) {
        words.push(atoms::recased(&mut g.random, "REPLACE"));
    }
    if absolute {
        words.push(atoms::recased(&mut g.random, "ABSTTL"));
    }
    if g.random.chance(15) {
        words.extend(words!["IDLETIME", atoms::small(&mut g.random)]);
    }
    if g.random.chance(15) {
        words.extend(words!["FREQ", atoms::integer(&mut g.random)]);
    }
    g.command(words);
}

/// Idle times and frequencies are kept in one place: under a policy there is one or the other.
fn idle_under_lfu(g: &mut Generator) {
    // Without a limit: what would be evicted is random.
    g.say("CONFIG SET maxmemory 0 maxmemory-policy allkeys-lfu");
    g.say("SET s1 x");
    g.say("OBJECT IDLETIME s1");
    g.say("CONFIG SET maxmemory-policy noeviction");
    g.say("OBJECT FREQ s1");
    // What comes last may be mutated.
    g.say("EXISTS s1");
}
