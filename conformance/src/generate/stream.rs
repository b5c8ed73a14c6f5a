//! The stream family: few keys, ids that collide, small nodes, groups with few consumers.
//!
//! An id of `*` is the clock's, which differs between the servers: scripts cover it.

use super::atoms::{self, Holds};
use super::{Entry, Generator, any_type, blocking, entry};
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("XADD", 34, xadd),
    entry("XLEN", 3, |g| any_type::whole(g, "XLEN", key)),
    entry("XRANGE", 8, |g| range(g, "XRANGE")),
    entry("XREVRANGE", 6, |g| range(g, "XREVRANGE")),
    entry("XDEL", 10, xdel),
    entry("XTRIM", 6, xtrim),
    entry("XREAD", 6, xread),
    entry("XSETID", 2, xsetid),
    entry("XGROUP|CREATE", 6, xgroup_create),
    entry("XGROUP|SETID", 3, xgroup_setid),
    entry("XGROUP|CREATECONSUMER", 2, |g| consumer_command(g, "CREATECONSUMER")),
    entry("XGROUP|DELCONSUMER", 2, |g| consumer_command(g, "DELCONSUMER")),
    entry("XGROUP|DESTROY", 1, xgroup_destroy),
    entry("XGROUP|HELP", 1, |g| g.say("XGROUP HELP")),
    entry("XREADGROUP", 14, xreadgroup),
    entry("XREADGROUP", 5, delivered),
    entry("XACK", 8, xack),
    entry("XPENDING", 8, xpending),
    entry("XCLAIM", 8, xclaim),
    entry("XCLAIM", 4, xclaim_option),
    entry("XADD", 2, refused),
    entry("XSETID", 1, exhausted),
    entry("XAUTOCLAIM", 5, xautoclaim),
    entry("XINFO|STREAM", 6, xinfo_stream),
    entry("XINFO|GROUPS", 5, |g| any_type::whole(g, "XINFO GROUPS", key)),
    entry("XINFO|CONSUMERS", 3, xinfo_consumers),
    entry("XINFO|HELP", 1, |g| g.say("XINFO HELP")),
    entry("XREAD", 1, blocking::xread),
    entry("XREADGROUP", 2, blocking::xreadgroup),
    entry("", 8, blocking::stir),
    entry("DEL", 2, |g| any_type::whole(g, "DEL", key)),
    entry("OBJECT|ENCODING", 1, |g| any_type::whole(g, "OBJECT ENCODING", key)),
    entry("DUMP", 3, dump),
    entry("COPY", 1, copy),
    entry("TYPE", 1, |g| any_type::whole(g, "TYPE", key)),
    entry("CONFIG|SET", 2, setting),
    entry("SET", 1, |g| any_type::string(g, key)),
];

const NODE_ENTRIES: &[&str] = &["100", "4", "4", "1", "0", "2"];

/// Limits of a node's bytes, of which an epoch uses those of one row: in a row, the memory that 7.0.15 allocates ahead for a
/// node is of one size class. When the limit falls by a class, the memory that a full node gives back can become that of
/// the next one just when this outgrows its own, and 7.0.15 then keeps the address of what it has freed: XRANGE
/// and its like answer nonsense, without end, or crash.
const NODE_BYTES: &[&[&str]] =
    &[&["4096", "0", "3600", "4095"], &["80", "65", "79"], &["200", "193", "224"], &["4096", "0", "3600"]];

/// Chooses what this epoch uses, before there are streams.
pub fn begin(g: &mut Generator) {
    g.stream_node_class = g.random.below(NODE_BYTES.len());
    let bytes = NODE_BYTES[g.stream_node_class][0];
    g.command(words!["CONFIG", "SET", "stream-node-max-bytes", bytes]);
}

fn setting(g: &mut Generator) {
    if g.random.chance(50) {
        let entries = g.random.pick(NODE_ENTRIES);
        return g.command(words!["CONFIG", "SET", "stream-node-max-entries", entries]);
    }
    let bytes = g.random.pick(NODE_BYTES[g.stream_node_class]);
    g.command(words!["CONFIG", "SET", "stream-node-max-bytes", bytes]);
}

const KEYS: &[&[u8]] = &[b"x1", b"x2", b"x3"];
/// Streams that never get a group: their DUMP holds no time.
const PLAIN_KEYS: &[&[u8]] = &[b"p1", b"p2"];
const GROUPS: &[&[u8]] = &[b"g1", b"g2", b"1"];
const CONSUMERS: &[&[u8]] = &[b"alice", b"bob", b"c", b""];

fn key(g: &mut Generator) -> Vec<u8> {
    match g.random.below(30) {
        0 => atoms::key(&mut g.random, Holds::Any),
        1..=6 => g.random.pick(PLAIN_KEYS).to_vec(),
        _ => g.random.pick(KEYS).to_vec(),
    }
}

fn group_key(g: &mut Generator) -> Vec<u8> {
    if g.random.chance(3) { b"nosuch".to_vec() } else { g.random.pick(KEYS).to_vec() }
}

fn group(g: &mut Generator) -> Vec<u8> {
    g.random.pick(GROUPS).to_vec()
}

fn consumer(g: &mut Generator) -> Vec<u8> {
    g.random.pick(CONSUMERS).to_vec()
}

/// An id near those that [`xadd`] gives.
fn id(g: &mut Generator) -> Vec<u8> {
    match g.random.below(40) {
        0 => g
            .random
            .pick::<[u8]>(&[b"x", b"", b"1-", b"-1", b"1-x", b"007-1", b"18446744073709551615", b"0-0"])
            .to_vec(),
        1..=8 => g.random.below(60).to_string().into_bytes(),
        _ => format!("{}-{}", g.random.below(60), g.random.below(4)).into_bytes(),
    }
}

fn bound(g: &mut Generator, whole: &[u8]) -> Vec<u8> {
    match g.random.below(10) {
        0..=3 => whole.to_vec(),
        4..=5 => [b"(".to_vec(), id(g)].concat(),
        6 if g.random.chance(20) => g.random.pick::<[u8]>(&[b"(-", b"(+", b"(", b"(0-0"]).to_vec(),
        _ => id(g),
    }
}

fn count(g: &mut Generator, words: &mut Vec<Vec<u8>>, percent: u64) {
    if g.random.chance(percent as usize) {
        words.push(atoms::recased(&mut g.random, "COUNT"));
        words.push(match g.random.below(20) {
            0 => g.random.pick::<[u8]>(&[b"x", b"-1", b"0", b""]).to_vec(),
            _ => g.random.between(1, 8).to_string().into_bytes(),
        });
    }
}

fn trim(g: &mut Generator, words: &mut Vec<Vec<u8>>) {
    let by_length = g.random.chance(50);
    words.push(atoms::recased(&mut g.random, if by_length { "MAXLEN" } else { "MINID" }));
    let sign = g.random.below(3);
    if sign > 0 {
        words.push(if sign == 1 { b"~".to_vec() } else { b"=".to_vec() });
    }
    words.push(match by_length {
        true if g.random.chance(4) => b"-1".to_vec(),
        true => g.random.below(30).to_string().into_bytes(),
        false => id(g),
    });
    if g.random.chance(if sign == 1 { 40 } else { 3 }) {
        words.push(b"LIMIT".to_vec());
        words.push(g.random.pick::<[u8]>(&[b"0", b"1", b"3", b"10", b"100", b"-1", b"x"]).to_vec());
    }
}

fn xadd(g: &mut Generator) {
    let mut words = words!["XADD", key(g)];
    if g.random.chance(10) {
        words.push(atoms::recased(&mut g.random, "NOMKSTREAM"));
    }
    if g.random.chance(12) {
        trim(g, &mut words);
    }
    words.push(match g.random.below(10) {
        0 => id(g),
        1 => format!("{}-*", g.random.below(60)).into_bytes(),
        // Mostly upwards: the millisecond of the last id, whatever that is, is below this.
        2 => format!("{}-{}", 60 + g.random.below(200), g.random.below(3)).into_bytes(),
        _ => format!("{}-*", g.random.between(20, 62)).into_bytes(),
    });
    let pairs = if g.random.chance(5) { 10 } else { g.random.between(1, 3) };
    for index in 0..pairs {
        words.push(if g.random.chance(80) { format!("f{index}").into_bytes() } else { atoms::small(&mut g.random) });
        words.push(if g.random.chance(80) { atoms::small(&mut g.random) } else { atoms::value(&mut g.random) });
    }
    if g.random.chance(2) {
        words.pop();
    }
    g.command(words);
}

fn range(g: &mut Generator, name: &str) {
    let ends: [&[u8]; 2] = if name == "XRANGE" { [b"-", b"+"] } else { [b"+", b"-"] };
    let mut words = words![name, key(g), bound(g, ends[0]), bound(g, ends[1])];
    count(g, &mut words, 40);
    g.command(words);
}

fn ids(g: &mut Generator, words: &mut Vec<Vec<u8>>) {
    for _ in 0..g.random.between(1, 6) {
        words.push(id(g));
    }
}

fn xdel(g: &mut Generator) {
    let mut words = words!["XDEL", key(g)];
    ids(g, &mut words);
    g.command(words);
}

fn xtrim(g: &mut Generator) {
    let mut words = words!["XTRIM", key(g)];
    trim(g, &mut words);
    g.command(words);
}

fn streams(g: &mut Generator, words: &mut Vec<Vec<u8>>, special: &[u8], grouped: bool) {
    words.push(atoms::recased(&mut g.random, "STREAMS"));
    let number = g.random.between(1, 2);
    for _ in 0..number {
        words.push(if grouped { group_key(g) } else { key(g) });
    }
    for _ in 0..number {
        words.push(if g.random.chance(if grouped { 75 } else { 10 }) { special.to_vec() } else { id(g) });
    }
    if g.random.chance(2) {
        words.pop();
    }
}

fn xread(g: &mut Generator) {
    let mut words = words!["XREAD"];
    count(g, &mut words, 50);
    let special = if g.random.chance(90) { b"$" } else { b">" };
    streams(g, &mut words, special, false);
    g.command(words);
}

/// On a key of its own, which is not trimmed: an id set back below a node that MINID left without a living entry makes 7.0.15
/// crash at a later read.
fn xsetid(g: &mut Generator) {
    let (first, second) = (id(g), id(g));
    g.command(words!["XADD", "sid", first, "a", "b"]);
    g.command(words!["XDEL", "sid", second]);
    let mut words = words!["XSETID", if g.random.chance(5) { "nosuch" } else { "sid" }, id(g)];
    if g.random.chance(30) {
        words.extend(words!["ENTRIESADDED", atoms::small(&mut g.random)]);
    }
    if g.random.chance(30) {
        words.extend(words!["MAXDELETEDID", id(g)]);
    }
    g.command(words);
    g.command(words!["XINFO", "STREAM", "sid"]);
}

fn group_id(g: &mut Generator) -> Vec<u8> {
    match g.random.below(6) {
        0..=1 => b"$".to_vec(),
        2..=3 => b"0".to_vec(),
        _ => id(g),
    }
}

fn entries_read(g: &mut Generator, words: &mut Vec<Vec<u8>>) {
    if g.random.chance(20) {
        words.push(atoms::recased(&mut g.random, "ENTRIESREAD"));
        words.push(g.random.pick::<[u8]>(&[b"0", b"1", b"5", b"20", b"-1", b"-2", b"x"]).to_vec());
    }
}

fn xgroup_create(g: &mut Generator) {
    let mut words = words!["XGROUP", "CREATE", group_key(g), group(g), group_id(g)];
    if g.random.chance(70) {
        words.push(atoms::recased(&mut g.random, "MKSTREAM"));
    }
    entries_read(g, &mut words);
    g.command(words);
}

fn xgroup_setid(g: &mut Generator) {
    let mut words = words!["XGROUP", "SETID", group_key(g), group(g), group_id(g)];
    entries_read(g, &mut words);
    g.command(words);
}

fn consumer_command(g: &mut Generator, name: &str) {
    let words = words!["XGROUP", name, group_key(g), group(g), consumer(g)];
    g.command(words);
}

fn xgroup_destroy(g: &mut Generator) {
    let words = words!["XGROUP", "DESTROY", group_key(g), group(g)];
    g.command(words);
}

fn xreadgroup(g: &mut Generator) {
    let mut words = words!["XREADGROUP", "GROUP", group(g), consumer(g)];
    count(g, &mut words, 70);
    if g.random.chance(20) {
        words.push(b"NOACK".to_vec());
    }
    streams(g, &mut words, b">", true);
    g.command(words);
}

fn xack(g: &mut Generator) {
    let mut words = words!["XACK", group_key(g), group(g)];
    ids(g, &mut words);
    g.command(words);
}

fn xpending(g: &mut Generator) {
    let mut words = words!["XPENDING", group_key(g), group(g)];
    if g.random.chance(60) {
        if g.random.chance(20) {
            words.extend(words!["IDLE", if g.random.chance(50) { "0" } else { "100000000" }]);
        }
        words.extend([bound(g, b"-"), bound(g, b"+"), g.random.between(0, 12).to_string().into_bytes()]);
        if g.random.chance(30) {
            words.push(consumer(g));
        }
    }
    g.command(words);
}

/// Either nothing is too young, or everything is.
fn idle(g: &mut Generator) -> Vec<u8> {
    if g.random.chance(80) { b"0".to_vec() } else { b"100000000000".to_vec() }
}

/// Entries that were delivered to a group and not acknowledged, and what is done with them. Else, among commands of
/// all families, hardly a stream has a group when XCLAIM comes.
fn delivered(g: &mut Generator) {
    let (key, group) = (g.random.pick(KEYS).to_vec(), group(g));
    let entries = [0, 1].map(|at| format!("{}-{at}", 60 + g.random.below(200)).into_bytes());
    g.command(words!["XGROUP", "CREATE", key, group, "0", "MKSTREAM"]);
    for entry in &entries {
        g.command(words!["XADD", key, entry, "f", "v"]);
    }
    let first = consumer(g);
    g.command(words!["XREADGROUP", "GROUP", group, first, "STREAMS", key, ">"]);
    for _ in 0..g.random.between(1, 3) {
        let name = consumer(g);
        let mut words = match g.random.below(7) {
            0 => words!["XACK", key, group],
            1 => words!["XREADGROUP", "GROUP", group, name, "STREAMS", key, "0"],
            2 => words!["XPENDING", key, group],
            3 => words!["XAUTOCLAIM", key, group, name, "0", "0"],
            _ => words!["XCLAIM", key, group, name, "0"],
        };
        match words[0].as_slice() {
            b"XACK" => words.push(entries[0].clone()),
            b"XCLAIM" => {
                words.extend(entries.iter().cloned());
                words.extend(g.random.chance(50).then(|| b"JUSTID".to_vec()));
            }
            b"XAUTOCLAIM" => words.extend(g.random.chance(50).then(|| b"JUSTID".to_vec())),
            _ => {}
        }
        g.command(words);
    }
}

fn xclaim(g: &mut Generator) {
    let mut words = words!["XCLAIM", group_key(g), group(g), consumer(g), idle(g)];
    ids(g, &mut words);
    if g.random.chance(40) {
        words.push(atoms::recased(&mut g.random, "FORCE"));
    }
    if g.random.chance(30) {
        words.push(atoms::recased(&mut g.random, "JUSTID"));
    }
    if g.random.chance(15) {
        words.extend(words!["RETRYCOUNT", atoms::small(&mut g.random)]);
    }
    if g.random.chance(10) {
        words.extend(words!["LASTID", id(g)]);
    }
    if g.random.chance(3) {
        words.push(b"NOSUCH".to_vec());
    }
    g.command(words);
}

fn xautoclaim(g: &mut Generator) {
    let mut words = words!["XAUTOCLAIM", group_key(g), group(g), consumer(g), idle(g), bound(g, b"-")];
    count(g, &mut words, 70);
    if g.random.chance(30) {
        words.push(b"JUSTID".to_vec());
    }
    g.command(words);
}

fn xinfo_stream(g: &mut Generator) {
    let mut words = words!["XINFO", "STREAM", key(g)];
    if g.random.chance(30) {
        // With groups, FULL tells times.
        words[2] = g.random.pick(PLAIN_KEYS).to_vec();
        words.push(atoms::recased(&mut g.random, "FULL"));
        count(g, &mut words, 50);
    }
    g.command(words);
}

fn xinfo_consumers(g: &mut Generator) {
    let words = words!["XINFO", "CONSUMERS", group_key(g), group(g)];
    g.command(words);
}

fn dump(g: &mut Generator) {
    let words = words!["DUMP", g.random.pick(PLAIN_KEYS)];
    g.command(words);
}

fn copy(g: &mut Generator) {
    let from = g.random.pick(PLAIN_KEYS).to_vec();
    let words = words!["COPY", from, g.random.pick(PLAIN_KEYS), "REPLACE"];
    g.command(words);
}

/// One option of XCLAIM at a time, good or bad.
fn xclaim_option(g: &mut Generator) {
    let mut words = words!["XCLAIM", group_key(g), group(g), "c1", "0"];
    if g.random.chance(10) {
        words[4] = b"x".to_vec();
    }
    words.extend(words!["1-1", "2-0"]);
    let option = ["IDLE", "TIME", "RETRYCOUNT", "LASTID"][g.random.below(4)];
    words.push(atoms::recased(&mut g.random, option));
    words.push(g.random.pick::<[u8]>(&[b"0", b"100", b"1600000000000", b"x", b"-1"]).to_vec());
    g.command(words);
}

/// Options that do not go together, or not with this command.
fn refused(g: &mut Generator) {
    let tails: &[&str] = &[
        "XREAD GROUP g c STREAMS ? 0",
        "XREAD NOACK STREAMS ? 0",
        "XREADGROUP GROUP g1 c STREAMS ? $",
        "XREADGROUP COUNT 1 NOACK STREAMS ? >",
        "XADD ? LIMIT 10 1-1 a b",
        "XADD ? MAXLEN 5 MINID 1 1-1 a b",
        "XADD ? MAXLEN 5 LIMIT 3 1-1 a b",
        "XTRIM ? LIMIT 5",
        "XTRIM ? MAXLEN 5 MINID 1",
        "XRANGE ? (18446744073709551615-18446744073709551615 +",
        "XREVRANGE ? + (18446744073709551615-18446744073709551615",
        "XRANGE ? - (0-0",
        "XSETID ?",
    ];
    let line = tails[g.random.below(tails.len())];
    let key = key(g);
    let words = line.split(' ').map(|word| if word == "?" { key.clone() } else { word.as_bytes().to_vec() }).collect();
    g.command(words);
    // What comes last may be mutated.
    g.command(words!["XLEN", key]);
}

/// A stream without room for another id.
fn exhausted(g: &mut Generator) {
    g.say("XADD {full} 1-1 a b");
    g.say("XSETID {full} 18446744073709551615-18446744073709551615");
    g.say("XADD {full} * a b");
    g.say("XADD {full} 5-* a b");
    g.say("DEL {full}");
    g.say("XLEN {full}");
}
