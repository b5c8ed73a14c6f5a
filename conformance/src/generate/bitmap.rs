//! The bitmap family: strings of every encoding and of several chunks, offsets at the edges of bytes, chunks and limits.

use super::atoms::{self, Holds};
use super::{Entry, Generator, any_type, entry};
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("SETBIT", 20, setbit),
    entry("GETBIT", 8, getbit),
    entry("BITCOUNT", 12, bitcount),
    entry("BITPOS", 14, bitpos),
    entry("BITOP", 14, bitop),
    entry("BITFIELD", 24, |g| bitfield(g, "BITFIELD")),
    entry("BITFIELD_RO", 6, |g| bitfield(g, "BITFIELD_RO")),
    entry("SET", 10, set),
    entry("GETRANGE", 2, getrange),
    entry("STRLEN", 3, |g| any_type::whole(g, "STRLEN", key)),
    entry("OBJECT|ENCODING", 6, |g| any_type::whole(g, "OBJECT ENCODING", key)),
    entry("DUMP", 3, |g| any_type::whole(g, "DUMP", key)),
    entry("DEL", 5, |g| any_type::whole(g, "DEL", key)),
    entry("APPEND", 2, append),
    entry("PEXPIREAT", 1, |g| any_type::expire(g, key)),
    entry("PERSIST", 1, |g| any_type::whole(g, "PERSIST", key)),
    entry("COPY", 2, |g| any_type::two_keys(g, "COPY", key, key)),
    entry("RENAME", 1, |g| any_type::two_keys(g, "RENAME", key, key)),
    entry("HSET", 1, |g| super::string::other_type(g, &["HSET", "t3", "f", "v"])),
];

const KEYS: &[&[u8]] = &[b"b1", b"b2", b"b3", b"b4", b"{b}5"];

fn key(g: &mut Generator) -> Vec<u8> {
    match g.random.below(30) {
        0 => atoms::key(&mut g.random, Holds::Any),
        _ => g.random.pick(KEYS).to_vec(),
    }
}

/// The number of a bit: mostly near, now and then in another chunk, at a limit or no number.
fn bit(g: &mut Generator) -> Vec<u8> {
    let bit = match g.random.below(40) {
        // Not any number: a string of 512 MB takes its time.
        0 => return g.random.pick::<[u8]>(&[b"", b"x", b"01", b"+1", b" 1", b"1.5", b"-9223372036854775808"]).to_vec(),
        1 => return g.random.pick::<[u8]>(&[b"4294967296", b"4294967304", b"-1", b"9223372036854775807"]).to_vec(),
        2..=3 => 131_072 + g.random.below(64) - 32,
        4 => g.random.below(400_000),
        5..=8 => g.random.below(3000),
        _ => g.random.below(130),
    };
    bit.to_string().into_bytes()
}

/// One end of a range.
fn end(g: &mut Generator) -> Vec<u8> {
    match g.random.below(24) {
        0 => atoms::integer(&mut g.random),
        1 => {
            g.random.pick::<[u8]>(&[b"-9223372036854775808", b"9223372036854775807", b"-9223372036854775807"]).to_vec()
        }
        2..=3 => (16_384 + g.random.below(16) as i64 - 8).to_string().into_bytes(),
        4 => (g.random.below(600_000) as i64 - 300_000).to_string().into_bytes(),
        5..=12 => (g.random.below(9) as i64 - 4).to_string().into_bytes(),
        _ => (g.random.below(200) as i64 - 100).to_string().into_bytes(),
    }
}

fn unit(g: &mut Generator) -> Vec<u8> {
    let word = ["BIT", "BYTE", "BITS"][if g.random.chance(95) { g.random.below(2) } else { 2 }];
    atoms::recased(&mut g.random, word)
}

fn setbit(g: &mut Generator) {
    let value = g.random.pick::<[u8]>(&[b"1", b"1", b"1", b"1", b"0", b"0", b"0", b"2", b"-1", b"x", b"01"]).to_vec();
    let words = words!["SETBIT", key(g), bit(g), value];
    g.command(words);
}

fn getbit(g: &mut Generator) {
    let words = words!["GETBIT", key(g), bit(g)];
    g.command(words);
}

fn bitcount(g: &mut Generator) {
    let mut words = words!["BITCOUNT", key(g)];
    if g.random.chance(85) {
        words.extend([end(g), end(g)]);
        if g.random.chance(60) {
            words.push(unit(g));
        }
        if g.random.chance(5) {
            words.pop();
        }
    }
    g.command(words);
}

fn bitpos(g: &mut Generator) {
    let value = g.random.pick::<[u8]>(&[b"0", b"1", b"0", b"1", b"0", b"1", b"0", b"1", b"2", b"x"]).to_vec();
    let mut words = words!["BITPOS", key(g), value];
    if g.random.chance(80) {
        words.push(end(g));
        if g.random.chance(75) {
            words.push(end(g));
            if g.random.chance(60) {
                words.push(unit(g));
            }
        }
    }
    g.command(words);
}

fn bitop(g: &mut Generator) {
    let name = ["AND", "OR", "XOR", "NOT", "NOT", "NAND"][g.random.below(6)];
    let name = atoms::recased(&mut g.random, name);
    let mut words = words!["BITOP", name, key(g), key(g)];
    let more = if name.eq_ignore_ascii_case(b"not") && g.random.chance(90) { 0 } else { g.random.below(4) };
    for _ in 0..more {
        words.push(key(g));
    }
    g.command(words);
}

fn field_type(g: &mut Generator) -> Vec<u8> {
    match g.random.below(40) {
        0 => g
            .random
            .pick::<[u8]>(&[
                b"u64", b"i65", b"u0", b"i0", b"U8", b"x8", b"u", b"", b"u08", b"i-1", b"u8\0x", b"8", b"i064",
            ])
            .to_vec(),
        1..=10 => g.random.pick::<[u8]>(&[b"i64", b"u63", b"i63", b"u1", b"i1", b"u8", b"i8", b"u16", b"i32"]).to_vec(),
        _ => {
            let (sign, bits) = if g.random.chance(50) { ('i', 64) } else { ('u', 63) };
            let bits = if g.random.chance(60) { g.random.between(1, 12) } else { g.random.between(1, bits) };
            format!("{sign}{bits}").into_bytes()
        }
    }
}

fn field_offset(g: &mut Generator) -> Vec<u8> {
    match g.random.below(20) {
        0 => g
            .random
            .pick::<[u8]>(&[
                b"#",
                b"##1",
                b"#x",
                b"#-1",
                b"#9223372036854775807",
                b"#4611686018427387905",
                b"#2305843009213693953",
            ])
            .to_vec(),
        1..=5 => format!("#{}", g.random.below(20)).into_bytes(),
        _ => bit(g),
    }
}

fn amount(g: &mut Generator) -> Vec<u8> {
    match g.random.below(10) {
        0..=2 => atoms::integer(&mut g.random),
        3 => ((g.random.draw() >> g.random.below(60)) as i64).to_string().into_bytes(),
        4..=5 => (g.random.below(600) as i64 - 300).to_string().into_bytes(),
        _ => atoms::small(&mut g.random),
    }
}

fn bitfield(g: &mut Generator, name: &str) {
    let mut words = words![name, key(g)];
    let read_only = name == "BITFIELD_RO" && g.random.chance(85);
    let count = if g.random.chance(5) { 0 } else { g.random.between(1, 4) };
    for _ in 0..count {
        let kind = if read_only { 0 } else { g.random.below(20) };
        if kind >= 14 {
            let how = ["WRAP", "SAT", "FAIL", "FAIL", "NONE"][if g.random.chance(96) { g.random.below(4) } else { 4 }];
            words.extend([b"OVERFLOW".to_vec(), atoms::recased(&mut g.random, how)]);
        }
        let action = ["GET", "SET", "INCRBY", "PUT"][match kind {
            0..=5 => 0,
            6..=11 => 1,
            19 if g.random.chance(10) => 3,
            _ => 2,
        }];
        words.extend([atoms::recased(&mut g.random, action), field_type(g), field_offset(g)]);
        if action != "GET" {
            words.push(amount(g));
        }
    }
    g.command(words);
}

fn set(g: &mut Generator) {
    let value = match g.random.below(12) {
        0..=1 => vec![0xff; g.random.below(30)],
        2 => vec![0; g.random.below(30)],
        3 => vec![[0, 0xff][g.random.below(2)]; 16_384 + g.random.below(20) - 10],
        4..=6 => atoms::integer(&mut g.random),
        _ => atoms::value(&mut g.random),
    };
    let words = words!["SET", key(g), value];
    g.command(words);
}

fn getrange(g: &mut Generator) {
    let words = words!["GETRANGE", key(g), end(g), end(g)];
    g.command(words);
}

fn append(g: &mut Generator) {
    let words = words!["APPEND", key(g), "\u{0}x"];
    g.command(words);
}
