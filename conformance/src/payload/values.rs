//! Commands that make a value, under the key `k`, for every type, encoding and odd content.
//!
//! Every case sets the parameters that it needs; [`DEFAULTS`] puts them back.

use super::Words;
use crate::random::Random;
use crate::words;

/// A value, and how it is made.
#[derive(Debug)]
pub struct Made {
    pub name: String,
    pub commands: Vec<Words>,
}

/// Parameters that decide about encodings, with their values by default.
pub const DEFAULTS: &[(&str, &str)] = &[
    ("rdbcompression", "yes"),
    ("hash-max-listpack-entries", "512"),
    ("hash-max-listpack-value", "64"),
    ("set-max-intset-entries", "512"),
    ("zset-max-listpack-entries", "128"),
    ("zset-max-listpack-value", "64"),
    ("list-max-listpack-size", "-2"),
    ("list-compress-depth", "0"),
    ("stream-node-max-entries", "100"),
    ("stream-node-max-bytes", "4096"),
];

/// Limits under which next to nothing is small.
pub const TIGHT: &[(&str, &str)] = &[
    ("hash-max-listpack-entries", "2"),
    ("set-max-intset-entries", "2"),
    ("zset-max-listpack-entries", "2"),
    ("list-max-listpack-size", "3"),
    ("stream-node-max-entries", "2"),
];

/// CONFIG SET of each.
pub fn config(parameters: &[(&str, &str)]) -> Vec<Words> {
    parameters.iter().map(|(name, value)| words!["CONFIG", "SET", name, value]).collect()
}

/// Elements at the borders of how they are written.
const ODD: &[&[u8]] = &[
    b"",
    b"0",
    b"-1",
    b"12",
    b"13",
    b"127",
    b"128",
    b"-128",
    b"-129",
    b"4095",
    b"4096",
    b"-4096",
    b"-4097",
    b"32767",
    b"32768",
    b"-32768",
    b"-32769",
    b"8388607",
    b"8388608",
    b"-8388608",
    b"-8388609",
    b"2147483647",
    b"2147483648",
    b"-2147483648",
    b"-2147483649",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"9223372036854775808",
    b"01",
    b"+1",
    b"-0",
    b" 1",
    b"1.5",
    b"a",
    b"\0",
    b"\xff\xfe",
    b"\r\n",
    b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

/// Something at a border of the lengths, or out of [`ODD`].
fn element(random: &mut Random, long: bool) -> Vec<u8> {
    const LENGTHS: &[usize] = &[20, 21, 44, 45, 63, 64, 65, 127, 128, 253, 254, 255];
    const LONG: &[usize] = &[4095, 4096, 16_383, 16_384, 65_536];
    match random.below(10) {
        0..=5 => random.pick(ODD).to_vec(),
        6 if long => {
            let len = LONG[random.below(LONG.len())];
            text(random, len)
        }
        7 => random.draw().to_string().into_bytes(),
        _ => {
            let len = LENGTHS[random.below(LENGTHS.len())];
            text(random, len)
        }
    }
}

/// Text that compresses well, a little, or not at all.
fn text(random: &mut Random, len: usize) -> Vec<u8> {
    match random.below(3) {
        0 => vec![b'x'; len],
        1 => (0..len).map(|i| b"abc "[(i * i + i / 7) % 4]).collect(),
        _ => (0..len).map(|_| random.draw() as u8).collect(),
    }
}

/// A case of every kind, with contents drawn from `random`.
pub fn all(random: &mut Random) -> Vec<Made> {
    let mut out = Vec::new();
    strings(random, &mut out);
    lists(random, &mut out);
    sets(random, &mut out);
    sorted_sets(random, &mut out);
    hashes(random, &mut out);
    streams(random, &mut out);
    out
}

fn made(out: &mut Vec<Made>, name: &str, parameters: &[(&str, &str)], commands: Vec<Words>) {
    let mut all = config(parameters);
    all.extend(commands);
    out.push(Made { name: name.to_string(), commands: all });
}

fn strings(random: &mut Random, out: &mut Vec<Made>) {
    for value in ODD {
        made(out, "string", &[], vec![words!["SET", "k", value]]);
    }
    for len in [43, 44, 45, 4096, 65_536] {
        made(out, "string by length", &[], vec![words!["SET", "k", text(random, len)]]);
    }
    made(out, "string, raw integer", &[], vec![words!["SET", "k", "1"], words!["APPEND", "k", "2"]]);
    made(out, "string, not compressed", &[("rdbcompression", "no")], vec![words!["SET", "k", vec![b'a'; 300]]]);
    let registers: Vec<Vec<u8>> =
        (0..random.between(1, 3000)).map(|_| random.draw().to_string().into_bytes()).collect();
    made(out, "hyperloglog", &[], vec![[words!["PFADD", "k"], registers].concat()]);
}

fn lists(random: &mut Random, out: &mut Vec<Made>) {
    let mut push = |count: usize, long: bool| {
        (0..count).map(|i| words![["RPUSH", "LPUSH"][i % 2], "k", element(random, long)]).collect::<Vec<_>>()
    };
    made(out, "list, one node", &[], push(12, false));
    made(out, "list, long elements", &[], push(40, true));
    for fill in ["-1", "-5", "1", "3", "128"] {
        made(out, "list by fill", &[("list-max-listpack-size", fill)], push(150, true));
    }
    made(
        out,
        "list, compressed inside",
        &[("list-max-listpack-size", "4"), ("list-compress-depth", "1")],
        push(60, false),
    );
    let mut plain = vec![words!["DEBUG", "QUICKLIST-PACKED-THRESHOLD", "60"]];
    plain.extend(push(30, true));
    plain.push(words!["DEBUG", "QUICKLIST-PACKED-THRESHOLD", "0"]);
    made(out, "list, plain nodes", &[], plain);
    made(out, "list, one empty element", &[], vec![words!["RPUSH", "k", ""]]);
}

fn sets(random: &mut Random, out: &mut Vec<Made>) {
    let integers = |random: &mut Random, bits: u32, count: usize| {
        let members = (0..count).map(|_| (random.draw() as i64 >> (64 - bits)).to_string().into_bytes());
        [words!["SADD", "k"], members.collect()].concat()
    };
    for bits in [8, 16, 32, 64] {
        made(out, &format!("set, integers of {bits} bits"), &[], vec![integers(random, bits, 50)]);
    }
    // It stays wide once it was.
    let wide = vec![words!["SADD", "k", "1", "2", "9223372036854775807"], words!["SREM", "k", "9223372036854775807"]];
    made(out, "set, wide intset of small integers", &[], wide);
    made(out, "set, many integers", &[], vec![integers(random, 64, 1500)]);
    made(out, "set, integers in a table", &[], vec![words!["SADD", "k", "x", "1", "2"], words!["SREM", "k", "x"]]);
    for count in [1, 20, 700] {
        let members = (0..count).map(|_| element(random, count < 100)).collect();
        made(out, "set of strings", &[], vec![[words!["SADD", "k"], members].concat()]);
    }
}

fn sorted_sets(random: &mut Random, out: &mut Vec<Made>) {
    const SCORES: &[&[u8]] = &[
        b"0",
        b"-0",
        b"1",
        b"-1",
        b"1.5",
        b"inf",
        b"-inf",
        b"1e300",
        b"-1e300",
        b"5e-324",
        b"0.1",
        b"3.0000000000000004",
        b"9007199254740993",
        b"9223372036854775807",
        b"-9223372036854775808",
        b"1e19",
        b"127",
        b"128",
        b"4096",
        b"1e17",
    ];
    for (name, count, long) in
        [("listpack", 1, false), ("listpack", 30, false), ("skiplist", 300, false), ("skiplist", 40, true)]
    {
        let mut words = words!["ZADD", "k"];
        for _ in 0..count {
            words.push(random.pick(SCORES).to_vec());
            words.push(element(random, long));
        }
        made(out, &format!("sorted set, {name}"), &[], vec![words]);
    }
    let members = vec![words!["ZADD", "k", "1", vec![b'm'; 65], "2", "b"], words!["ZREM", "k", vec![b'm'; 65]]];
    made(out, "sorted set, skiplist of one", &[], members);
}

fn hashes(random: &mut Random, out: &mut Vec<Made>) {
    for (name, count, long) in
        [("listpack", 1, false), ("listpack", 40, false), ("table", 600, false), ("table", 30, true)]
    {
        let mut words = words!["HSET", "k"];
        for _ in 0..count {
            words.push(element(random, long));
            words.push(element(random, long));
        }
        made(out, &format!("hash, {name}"), &[], vec![words]);
    }
    made(out, "hash, table of one", &[], vec![words!["HSET", "k", "f", vec![b'v'; 65]], words!["HSET", "k", "f", "1"]]);
}

fn streams(random: &mut Random, out: &mut Vec<Made>) {
    let add = |random: &mut Random, count: usize, long: bool| {
        let mut ms = 1;
        let entry = |_| {
            ms += random.below(3);
            let mut words = words!["XADD", "k", format!("{ms}-*")];
            match random.below(3) {
                0 => words.extend(words!["field", element(random, long)]),
                1 => words.extend(words!["field", element(random, long), "other", element(random, long)]),
                _ => words.extend(words![element(random, false), element(random, false)]),
            }
            words
        };
        (0..count).map(entry).collect::<Vec<_>>()
    };
    made(out, "stream", &[], add(random, 30, false));
    made(out, "stream, long", &[], add(random, 250, true));
    made(out, "stream, short nodes", &[("stream-node-max-entries", "3")], add(random, 40, false));
    made(out, "stream, empty", &[], vec![words!["XGROUP", "CREATE", "k", "g", "$", "MKSTREAM"]]);
    let mut emptied = add(random, 5, false);
    emptied.push(words!["XTRIM", "k", "MAXLEN", "0"]);
    made(out, "stream, emptied", &[], emptied);
    let mut ids = add(random, 5, false);
    ids.push(words!["XSETID", "k", "18446744073709551615-7", "ENTRIESADDED", "4294967296", "MAXDELETEDID", "2-3"]);
    made(out, "stream, far ids", &[], ids);
    for node in ["100", "4"] {
        let mut commands = add(random, 60, false);
        groups(random, &mut commands);
        made(out, "stream with groups", &[("stream-node-max-entries", node)], commands);
    }
}

/// Groups that have read, claimed, acknowledged and lost entries.
fn groups(random: &mut Random, commands: &mut Vec<Words>) {
    for group in ["g", "h", "", "12"] {
        commands.push(words!["XGROUP", "CREATE", "k", group, "0"]);
        for consumer in ["c", "d", "", "7"] {
            let count = random.between(1, 20).to_string();
            commands.push(words!["XREADGROUP", "GROUP", group, consumer, "COUNT", count, "STREAMS", "k", ">"]);
        }
        commands.push(words!["XGROUP", "CREATECONSUMER", "k", group, "idle"]);
        commands.push(words!["XACK", "k", group, "2-0", "3-0", "5-0"]);
        let times = random.between(1, 100_000).to_string();
        let claim = words!["XCLAIM", "k", group, "d", "0", "7-0", "8-0", "TIME", "1600000000000", "RETRYCOUNT", times];
        commands.push(claim);
    }
    commands.push(words!["XGROUP", "CREATE", "k", "unread", "$", "ENTRIESREAD", "33"]);
    commands.push(words!["XDEL", "k", "4-0", "7-0", "9-0"]);
    commands.push(words!["XTRIM", "k", "MAXLEN", "50"]);
}
