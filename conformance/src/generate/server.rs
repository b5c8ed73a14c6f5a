//! The server family: introspection, configuration, whole databases.

use super::atoms::{self, Holds};
use super::{Entry, Generator, entry};
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("SET", 12, |g| {
        let (key, value) = (atoms::key(&mut g.random, Holds::Any), atoms::value(&mut g.random));
        g.command(words!["SET", key, value]);
    }),
    entry("GET", 6, |g| key_of(g, &["GET"])),
    entry("SELECT", 2, |g| {
        let db = atoms::db(&mut g.random);
        g.command(words!["SELECT", db]);
    }),
    entry("DBSIZE", 4, |g| g.say("DBSIZE")),
    entry("FLUSHDB", 1, |g| flush(g, "FLUSHDB")),
    entry("FLUSHALL", 1, |g| flush(g, "FLUSHALL")),
    entry("SWAPDB", 3, |g| {
        let (a, b) = (atoms::db(&mut g.random), atoms::db(&mut g.random));
        g.command(words!["SWAPDB", a, b]);
    }),
    entry("TIME", 1, |g| g.say("TIME")),
    entry("LOLWUT", 1, |g| {
        let line = g.random.pick(&[
            "LOLWUT",
            "LOLWUT VERSION 5 10 10 1",
            "LOLWUT VERSION 6 4 4",
            "LOLWUT VERSION x",
            "LOLWUT VERSION",
        ]);
        g.say(line);
    }),
    entry("INFO", 1, |g| {
        let line = g.random.pick(&["INFO server", "INFO clients", "INFO nosuch", "INFO keyspace", "INFO cpu modules"]);
        g.say(line);
    }),
    entry("CONFIG|GET", 4, config_get),
    entry("CONFIG|SET", 6, config_set),
    entry("CONFIG|RESETSTAT", 1, |g| g.say("CONFIG RESETSTAT")),
    entry("CONFIG|HELP", 1, |g| g.say("CONFIG HELP")),
    entry("COMMAND|COUNT", 1, |g| g.say("COMMAND COUNT")),
    entry("COMMAND|DOCS", 2, |g| about(g, "DOCS")),
    entry("COMMAND|INFO", 2, |g| about(g, "INFO")),
    entry("COMMAND|GETKEYS", 4, |g| getkeys(g, "GETKEYS")),
    entry("COMMAND|GETKEYSANDFLAGS", 4, |g| getkeys(g, "GETKEYSANDFLAGS")),
    entry("COMMAND|LIST", 1, list),
    entry("COMMAND|HELP", 1, |g| g.say("COMMAND HELP")),
    entry("MEMORY|USAGE", 3, memory_usage),
    entry("LASTSAVE", 1, |g| g.say("LASTSAVE")),
    entry("SAVE", 1, |g| {
        // Waits for the disk.
        let line = if g.random.chance(25) { g.random.pick(&["SAVE", "SAVE", "SAVE", "SAVE now"]) } else { "LASTSAVE" };
        g.say(line);
    }),
    entry("REPLCONF", 1, replconf),
    entry("MIGRATE", 1, migrate),
    entry("DEBUG|DIGEST", 2, |g| g.say("DEBUG DIGEST")),
    entry("DEBUG|DIGEST-VALUE", 3, digest_value),
    entry("DEBUG|DIGEST-VALUE", 1, |g| g.say("DEBUG DIGEST-VALUE")),
    entry("DEBUG|OBJECT", 2, |g| key_of(g, &["DEBUG", "OBJECT"])),
    entry("DEBUG|POPULATE", 1, populate),
    entry("DEBUG|PROTOCOL", 3, protocol),
    entry("DEBUG|SLEEP", 1, |g| g.say("DEBUG SLEEP 0")),
    entry("DEBUG|SET-ACTIVE-EXPIRE", 1, |g| g.say("DEBUG SET-ACTIVE-EXPIRE 0")),
    entry("DEBUG|STRINGMATCH-TEST", 0, |_| {}),
    entry("DEBUG|QUICKLIST-PACKED-THRESHOLD", 1, |g| {
        let size = g.random.pick(&["1073741824", "1gb", "x", "5gb", "-1"]);
        g.command(words!["DEBUG", "QUICKLIST-PACKED-THRESHOLD", size]);
    }),
    entry("DEBUG|SET-DISABLE-DENY-SCRIPTS", 1, |g| g.say("DEBUG SET-DISABLE-DENY-SCRIPTS 0")),
    entry("DEBUG|SET-SKIP-CHECKSUM-VALIDATION", 1, |g| g.say("DEBUG SET-SKIP-CHECKSUM-VALIDATION 0")),
    // Succeeds for hash tables only, which the string family never makes.
    entry("DEBUG|HTSTATS-KEY", 0, |_| {}),
    entry("DEBUG|CONFIG-REWRITE-FORCE-ALL", 0, |_| {}),
    entry("DEBUG|CHANGE-REPL-ID", 1, |g| g.say("DEBUG CHANGE-REPL-ID")),
    entry("DEBUG|PAUSE-CRON", 1, |g| g.say("DEBUG PAUSE-CRON 0")),
    entry("DEBUG|REPLYBUFFER", 1, replybuffer),
    entry("DEBUG|HTSTATS", 1, |g| one_of(g, &["DEBUG HTSTATS 0", "DEBUG HTSTATS 99", "DEBUG HTSTATS x"])),
    entry("DEBUG|HTSTATS", 1, |g| key_of(g, &["DEBUG", "HTSTATS-KEY"])),
    entry("DEBUG", 0, |_| {}),
    entry("DEBUG|LOG", 1, |g| g.say("DEBUG LOG hello")),
    entry("DEBUG|HELP", 1, |g| g.say("DEBUG HELP")),
    entry("DEBUG|HELP", 1, |g| one_of(g, &["DEBUG nosuch", "DEBUG", "DEBUG OBJECT", "DEBUG DIGEST x", "DEBUG SLEEP"])),
];

fn one_of(g: &mut Generator, lines: &[&str]) {
    let line = g.random.pick(lines);
    g.say(line);
}

fn key_of(g: &mut Generator, name: &[&str]) {
    let mut words: Vec<Vec<u8>> = name.iter().map(|word| word.as_bytes().to_vec()).collect();
    words.push(atoms::key(&mut g.random, Holds::Any));
    g.command(words);
}

fn flush(g: &mut Generator, name: &str) {
    let mut words = words![name];
    match g.random.below(6) {
        0 => words.extend(words!["SYNC"]),
        1 => words.extend(words!["async"]),
        2 => words.extend(words!["nosuch"]),
        _ => {}
    }
    g.command(words);
}

const PARAMETERS: &[(&str, &[&str])] = &[
    ("maxmemory", &["0", "100mb", "1gb", "-1", "1xb", "1k", "1KB"]),
    ("maxmemory-samples", &["5", "1", "0", "-1", "x"]),
    ("timeout", &["0", "100000", "-1", "abc"]),
    ("tcp-keepalive", &["300", "0", "-1"]),
    ("slowlog-log-slower-than", &["10000", "-1", "0"]),
    ("slowlog-max-len", &["128", "-1", "0"]),
    ("latency-tracking", &["yes", "no", "maybe"]),
    ("lazyfree-lazy-user-del", &["yes", "no", "YES", "1"]),
    ("lazyfree-lazy-expire", &["yes", "no"]),
    ("lfu-log-factor", &["10", "0", "-1"]),
    ("hash-max-listpack-entries", &["512", "128", "-1", "x"]),
    ("hash-max-ziplist-entries", &["512", "64"]),
    ("list-max-listpack-size", &["-2", "128", "x"]),
    ("zset-max-listpack-value", &["64", "32"]),
    ("set-max-intset-entries", &["512", "1"]),
    ("notify-keyspace-events", &["", "KEA", "AKE", "xyz", "Kx", "g$lshzxetdmn"]),
    (
        "client-output-buffer-limit",
        &["normal 0 0 0", "normal 1mb 1mb 60", "nosuch 0 0 0", "normal 0 0", "slave 1gb 1gb 10 pubsub 32mb 8mb 60"],
    ),
    ("proto-max-bulk-len", &["512mb", "1mb", "100", "x"]),
    ("hz", &["10", "100", "0", "1000"]),
    ("appendfsync", &["everysec", "no", "always", "maybe"]),
    // Any other policy evicts at random.
    ("maxmemory-policy", &["noeviction", "nosuch"]),
    ("oom-score-adj-values", &["0 200 800", "1 2", "1 2 x"]),
    ("nosuchparameter", &["1"]),
    ("databases", &["32"]),
    ("activedefrag", &["no"]),
    ("repl-timeout", &["60", "0"]),
    ("lua-time-limit", &["5000", "-1"]),
    ("busy-reply-threshold", &["5000"]),
    ("replica-priority", &["100"]),
    ("slave-priority", &["100", "10"]),
];

fn config_get(g: &mut Generator) {
    let mut words = words!["CONFIG", "GET"];
    for _ in 0..g.random.between(1, 3) {
        let word = match g.random.below(4) {
            0 => g.random.pick(&[
                "*max*",
                "slow*",
                "hash-*",
                "*ziplist*",
                "*listpack*",
                "slave*",
                "replica*",
                "[a-b]*",
                "lfu-*",
            ]),
            1 => g.random.pick(&["MAXMEMORY", "", "nosuch*", "?z", "save", "requirepass", "databases"]),
            _ => PARAMETERS[g.random.below(PARAMETERS.len())].0,
        };
        words.push(word.as_bytes().to_vec());
    }
    g.command(words);
}

fn config_set(g: &mut Generator) {
    let mut words = words!["CONFIG", "SET"];
    for _ in 0..[1, 1, 1, 2, 3][g.random.below(5)] {
        let (name, values) = PARAMETERS[g.random.below(PARAMETERS.len())];
        // Most of the time a good value: a set of several fails whole if one is bad.
        let value = if g.random.chance(70) { values[0] } else { g.random.pick(values) };
        words.extend(words![atoms::recased(&mut g.random, name), value]);
    }
    g.command(words);
}

const COMMANDS: &[&str] = &[
    "get",
    "SET",
    "mget",
    "config",
    "CONFIG|GET",
    "config|nosuch",
    "client",
    "client|kill",
    "nosuch",
    "object|encoding",
    "copy",
    "restore",
    "lcs",
    "",
    "debug",
    "memory|usage",
    "command",
    "hello",
    "scan",
    "mset",
    "getex",
    "expire",
    "eval",
    "sort",
];

/// Only rows that exist on both servers are asked about; the rest would differ while commands are missing.
fn about(g: &mut Generator, what: &str) {
    let mut words = words!["COMMAND", what];
    for _ in 0..g.random.between(1, 3) {
        words.push(g.random.pick(&COMMANDS[..COMMANDS.len() - 2]).as_bytes().to_vec());
    }
    g.command(words);
}

fn getkeys(g: &mut Generator, what: &str) {
    let line = g.random.pick(&[
        "GET a",
        "MSET a 1 b 2",
        "MGET a b c",
        "SET a 1 GET",
        "SET a 1",
        "COPY a b",
        "LCS a b",
        "PING",
        "CONFIG GET a",
        "GET",
        "nosuch a",
        "MSETNX a 1 b",
        "OBJECT ENCODING a",
        "DEL a b",
        "RENAME a b",
        "MEMORY USAGE a",
        "RESTORE a 0 b",
        "ZUNION 0 a",
        "SINTERCARD x a",
        "GETEX a",
        "object freq a",
        "MSET a 1 b",
        "TOUCH a a",
        "SET",
        "LCS a",
        "GETDEL a",
        "EXISTS a b",
        "CLIENT ID",
        "OBJECT HELP",
    ]);
    let mut words = words!["COMMAND", what];
    words.extend(line.split(' ').map(|word| word.as_bytes().to_vec()));
    g.command(words);
}

fn list(g: &mut Generator) {
    let line = g.random.pick(&[
        "COMMAND LIST FILTERBY PATTERN get*",
        "COMMAND LIST FILTERBY PATTERN *config*",
        "COMMAND LIST FILTERBY PATTERN nosuch",
        "COMMAND LIST FILTERBY MODULE nosuch",
        "COMMAND LIST FILTERBY ACLCAT nosuch",
        "COMMAND LIST FILTERBY nosuch x",
        "COMMAND LIST FILTERBY",
        "COMMAND LIST nosuch",
    ]);
    g.say(line);
}

fn memory_usage(g: &mut Generator) {
    let mut words = words!["MEMORY", "USAGE", atoms::key(&mut g.random, Holds::Any)];
    if g.random.chance(40) {
        words.extend(words!["SAMPLES", atoms::integer(&mut g.random)]);
    }
    g.command(words);
}

/// What a client that is no replica may say of itself.
fn replconf(g: &mut Generator) {
    let long = "x".repeat(300);
    let words = match g.random.below(8) {
        0 => words!["REPLCONF"],
        1 => words!["REPLCONF", "listening-port", g.random.pick(&["6380", "x", ""])],
        2 => words!["REPLCONF", "ip-address", g.random.pick(&["10.0.0.1", "", &long])],
        3 => words!["REPLCONF", "ip-address", long],
        4 => words!["REPLCONF", "rdb-only", g.random.pick(&["0", "2", "x", "-1"])],
        5 => words!["REPLCONF", "capa", g.random.pick(&["eof", "psync2", "nosuch"])],
        6 => words!["REPLCONF", "listening-port", "1", "nosuch", "2"],
        _ => words!["REPLCONF", "nosuch", "1"],
    };
    g.command(words);
}

/// What is refused before a link is opened.
fn migrate(g: &mut Generator) {
    let line = g.random.pick(&[
        "MIGRATE 127.0.0.1 1 nosuchkey 0 100",
        "MIGRATE 127.0.0.1 1 nosuchkey 0 100 COPY REPLACE",
        "MIGRATE 127.0.0.1 1 k x 100",
        "MIGRATE 127.0.0.1 1 k 0 x",
        "MIGRATE 127.0.0.1 1 k 0 100 WRONG",
        "MIGRATE 127.0.0.1 1 k 0 100 AUTH",
        "MIGRATE 127.0.0.1 1 k 0 100 AUTH2 user",
        "MIGRATE 127.0.0.1 1 k 0 100 KEYS k",
        "MIGRATE 127.0.0.1 1 \"\" 0 100 KEYS nosuchkey nosucheither",
        "MIGRATE 127.0.0.1 1 nosuchkey 0 100 AUTH word AUTH2 user word",
        "MIGRATE",
    ]);
    let words = line.split(' ').map(|word| word.trim_matches('"').as_bytes().to_vec());
    g.command(words.collect());
    // What comes last may be mutated.
    g.say("PING");
}

fn digest_value(g: &mut Generator) {
    let (a, b) = (atoms::key(&mut g.random, Holds::Any), atoms::key(&mut g.random, Holds::Any));
    g.command(words!["DEBUG", "DIGEST-VALUE", a, b]);
}

fn populate(g: &mut Generator) {
    let (count, size) = (g.random.below(20).to_string(), g.random.below(80).to_string());
    match g.random.below(4) {
        0 => g.command(words!["DEBUG", "POPULATE", count]),
        1 => g.command(words!["DEBUG", "POPULATE", count, "pop"]),
        2 => g.command(words!["DEBUG", "POPULATE", count, "", size]),
        _ => g.command(words!["DEBUG", "POPULATE", count, "pop", size]),
    }
}

fn protocol(g: &mut Generator) {
    let kind = g.random.pick(&[
        "string", "integer", "double", "null", "array", "set", "map", "attrib", "push", "verbatim", "true", "false",
        "bignum", "nosuch",
    ]);
    g.command(words!["DEBUG", "PROTOCOL", kind]);
}

fn replybuffer(g: &mut Generator) {
    let line = g.random.pick(&[
        "DEBUG REPLYBUFFER PEAK-RESET-TIME NEVER",
        "DEBUG REPLYBUFFER PEAK-RESET-TIME RESET",
        "DEBUG REPLYBUFFER PEAK-RESET-TIME 100",
        "DEBUG REPLYBUFFER PEAK-RESET-TIME x",
        "DEBUG REPLYBUFFER RESIZING 1",
        "DEBUG REPLYBUFFER nosuch 1",
    ]);
    g.say(line);
}
