//! Arguments: small pools that collide, and the edges of every number.

use crate::random::Random;

/// What a key usually holds, so that commands find values they can work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Integer,
    Float,
    Text,
    /// Whatever is there, other types included.
    Any,
}

const INTEGER_KEYS: &[&[u8]] = &[b"i1", b"i2", b"i3", b"i4", b"{i}5"];
const FLOAT_KEYS: &[&[u8]] = &[b"f1", b"f2", b"f3"];
const TEXT_KEYS: &[&[u8]] = &[b"s1", b"s2", b"s3", b"s4", b"s5", b"key:000000000001", b"{i}6"];
const ODD_KEYS: &[&[u8]] =
    &[b"", b"\0", b"a b", b"\xff\xfe\r\n", b"t1", b"t2", b"t3", b"h*llo", b"missing", &[b'K'; 130]];

/// A key, mostly of a kind.
pub fn key(random: &mut Random, holds: Holds) -> Vec<u8> {
    let pool = match (random.below(20), holds) {
        (0, _) => ODD_KEYS,
        (1..=2, _) => [INTEGER_KEYS, FLOAT_KEYS, TEXT_KEYS][random.below(3)],
        (_, Holds::Integer) => INTEGER_KEYS,
        (_, Holds::Float) => FLOAT_KEYS,
        (_, Holds::Text) => TEXT_KEYS,
        (_, Holds::Any) => [INTEGER_KEYS, FLOAT_KEYS, TEXT_KEYS, ODD_KEYS][random.below(4)],
    };
    random.pick(pool).to_vec()
}

const INTEGERS: &[&[u8]] = &[
    b"0",
    b"1",
    b"-1",
    b"2",
    b"10",
    b"100",
    b"9999",
    b"10000",
    b"65536",
    b"2147483647",
    b"-2147483648",
    b"4294967296",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"9223372036854775806",
    b"-9223372036854775807",
];
const BAD_INTEGERS: &[&[u8]] = &[
    b"",
    b" 1",
    b"1 ",
    b"+1",
    b"01",
    b"-0",
    b"--1",
    b"1.0",
    b"1e3",
    b"0x10",
    b"abc",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"99999999999999999999999",
    b"1\0",
    b"\xd9\xa1",
];
const FLOATS: &[&[u8]] = &[
    b"0",
    b"-0",
    b"0.1",
    b"0.2",
    b"1.5",
    b"-2.25",
    b"3.0e3",
    b"1e-5",
    b"1e17",
    b"1e18",
    b"123456789.123456789",
    b"0.30000000000000004",
    b"5.0",
    b"3000",
    b"1e300",
    b"1e-300",
    b"2.2250738585072014e-308",
    b"17.179869184",
];
const BAD_FLOATS: &[&[u8]] = &[
    b"inf",
    b"-inf",
    b"+inf",
    b"nan",
    b"",
    b" 1.5",
    b"1.5 ",
    b"1.5x",
    b"abc",
    b"0x1p3",
    b"1e5000",
    b"-1e5000",
    b".",
    b"1e",
    b".5",
    b"5.",
    b"+1.5",
    b"infinity",
];

/// An integer; one of ten is none.
pub fn integer(random: &mut Random) -> Vec<u8> {
    match random.below(20) {
        0..=1 => random.pick(BAD_INTEGERS).to_vec(),
        2..=9 => random.pick(INTEGERS).to_vec(),
        10..=16 => (random.below(200) as i64 - 100).to_string().into_bytes(),
        _ => ((random.draw() >> random.below(60)) as i64).to_string().into_bytes(),
    }
}

/// A small integer that is always one.
pub fn small(random: &mut Random) -> Vec<u8> {
    (random.below(41) as i64 - 20).to_string().into_bytes()
}

/// A float; one of ten is none.
pub fn float(random: &mut Random) -> Vec<u8> {
    match random.below(20) {
        0..=1 => random.pick(BAD_FLOATS).to_vec(),
        2..=9 => random.pick(FLOATS).to_vec(),
        10..=13 => format!("{}.{}", random.below(2000) as i64 - 1000, random.below(1000)).into_bytes(),
        14..=16 => format!("{:e}", (random.draw() as i64) as f64 / 1e12).into_bytes(),
        _ => small(random),
    }
}

/// Lengths around the limits of encodings (44 is the longest embedded string) and of buffers.
const LENGTHS: &[usize] = &[0, 1, 2, 3, 7, 8, 12, 20, 21, 43, 44, 45, 46, 63, 64, 65, 128, 255, 256, 1000];
const BIG_LENGTHS: &[usize] = &[4096, 16_383, 16_384, 16_385, 20_000, 32_768, 70_000];

/// A value of any kind.
pub fn value(random: &mut Random) -> Vec<u8> {
    match random.below(100) {
        0..=24 => integer(random),
        25..=39 => float(random),
        40..=59 => text(random),
        60..=89 => bytes(random, LENGTHS),
        90..=98 => binary(random),
        _ if random.chance(20) => bytes(random, BIG_LENGTHS),
        _ => text(random),
    }
}

/// A value that the kind of key usually holds.
pub fn value_for(random: &mut Random, holds: Holds) -> Vec<u8> {
    match (holds, random.below(10)) {
        (Holds::Integer, 1..) => small(random),
        (Holds::Float, 1..) => random.pick(FLOATS).to_vec(),
        (_, _) => value(random),
    }
}

fn bytes(random: &mut Random, lengths: &[usize]) -> Vec<u8> {
    let length = lengths[random.below(lengths.len())];
    if random.chance(50) {
        // Compressible: DUMP must make the same choices.
        return vec![b'a' + random.below(3) as u8; length];
    }
    (0..length).map(|_| b'a' + random.below(26) as u8).collect()
}

fn text(random: &mut Random) -> Vec<u8> {
    let pool: &[&[u8]] =
        &[b"", b"a", b"ab", b"hello", b"hello world", b"ohmytext", b"mynewtext", b"\"quoted\"", b"abcabcabc"];
    random.pick(pool).to_vec()
}

fn binary(random: &mut Random) -> Vec<u8> {
    let length = random.between(1, 40);
    (0..length).map(|_| random.draw() as u8).collect()
}

/// An offset or an index into a string.
pub fn offset(random: &mut Random) -> Vec<u8> {
    match random.below(30) {
        0..=1 => integer(random),
        2 => b"536870912".to_vec(),
        _ => (random.below(120) as i64 - 50).to_string().into_bytes(),
    }
}

/// Seconds from now: far, past or invalid; never a time that could lapse during the run.
pub fn ttl_seconds(random: &mut Random) -> Vec<u8> {
    match random.below(20) {
        0 => random.pick(BAD_INTEGERS).to_vec(),
        1 => random.pick::<[u8]>(&[b"0", b"-1", b"-1000", b"-9223372036854775808", b"9223372036854775807"]).to_vec(),
        2 => random.pick::<[u8]>(&[b"9223372036854775", b"9223372036854776", b"-9223372036854776"]).to_vec(),
        _ => (100_000 + random.below(1_000_000_000)).to_string().into_bytes(),
    }
}

/// Milliseconds from now, likewise.
pub fn ttl_millis(random: &mut Random) -> Vec<u8> {
    match random.below(20) {
        0 => random.pick(BAD_INTEGERS).to_vec(),
        1..=2 => {
            random.pick::<[u8]>(&[b"0", b"-1", b"-1000", b"-9223372036854775808", b"9223372036854775807"]).to_vec()
        }
        _ => (100_000_000 + random.below(1_000_000_000_000)).to_string().into_bytes(),
    }
}

/// A Unix time in seconds. The far ones collide on purpose: they are absolute, so GT and LT are decided.
pub fn unix_seconds(random: &mut Random) -> Vec<u8> {
    let pool: &[&[u8]] = &[b"4102444800", b"4102444801", b"5000000000", b"9999999999"];
    match random.below(20) {
        0 => random.pick(BAD_INTEGERS).to_vec(),
        1 => random
            .pick::<[u8]>(&[b"0", b"-1", b"1", b"1000000000", b"9223372036854775807", b"9223372036854775"])
            .to_vec(),
        _ => random.pick(pool).to_vec(),
    }
}

/// A Unix time in milliseconds, likewise.
pub fn unix_millis(random: &mut Random) -> Vec<u8> {
    let pool: &[&[u8]] = &[b"4102444800000", b"4102444800001", b"5000000000000", b"9999999999999"];
    match random.below(20) {
        0 => random.pick(BAD_INTEGERS).to_vec(),
        1 => random.pick::<[u8]>(&[b"0", b"-1", b"1", b"1000000000000", b"9223372036854775807"]).to_vec(),
        _ => random.pick(pool).to_vec(),
    }
}

/// A glob pattern.
pub fn pattern(random: &mut Random) -> Vec<u8> {
    let pool: &[&[u8]] = &[
        b"*",
        b"i*",
        b"?1",
        b"[is]*",
        b"[^i]*",
        b"[a-i]?",
        b"s[1-3]",
        b"*[0-9]",
        b"h\\*llo",
        b"h?llo",
        b"",
        b"**",
        b"[",
        b"[a",
        b"\\",
        b"nothing*",
        b"key:*",
        b"{i}*",
        b"[z-a]1",
        b"[\\]]",
        b"?",
    ];
    random.pick(pool).to_vec()
}

/// A database index.
pub fn db(random: &mut Random) -> Vec<u8> {
    match random.below(20) {
        0 => random.pick(BAD_INTEGERS).to_vec(),
        1 => random.pick::<[u8]>(&[b"16", b"-1", b"15", b"2147483648", b"4294967296"]).to_vec(),
        _ => random.below(3).to_string().into_bytes(),
    }
}

/// The word in another case.
pub fn recased(random: &mut Random, word: &str) -> Vec<u8> {
    match random.below(10) {
        0..=5 => word.to_ascii_uppercase().into_bytes(),
        6..=8 => word.to_ascii_lowercase().into_bytes(),
        _ => word.bytes().map(|b| if random.chance(50) { b.to_ascii_lowercase() } else { b }).collect(),
    }
}
