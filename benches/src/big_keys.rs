//! One big key of each type: how it is filled, what is done with it, how it is emptied, one element after the other.
//!
//! `k` is the big key. Numbers of operations go up from 0; [`spread`] makes of them elements all over the key.

use crate::load::append_request;

/// Appends the requests about number `i`, of a key with `size` elements.
pub type Request = fn(i: u64, size: u64, out: &mut Vec<u8>);

pub struct Kind {
    pub name: &'static str,
    /// Adds element `i`.
    pub fill: fn(u64, &mut Vec<u8>),
    /// Takes any element out.
    pub drain: fn(u64, &mut Vec<u8>),
    pub operations: &'static [Operation],
}

pub struct Operation {
    pub name: &'static str,
    pub request: Request,
    /// Redis documents it as O(n), and so it is.
    pub is_linear: bool,
}

pub const KINDS: &[Kind] = &[
    Kind {
        name: "hash",
        fill: |i, out| request(out, &[b"HSET", b"k", &element(i), b"value-1"]),
        drain: |i, out| request(out, &[b"HDEL", b"k", &element(i)]),
        operations: HASH,
    },
    Kind {
        name: "set",
        fill: |i, out| request(out, &[b"SADD", b"k", &element(i)]),
        drain: |_, out| request(out, &[b"SPOP", b"k"]),
        operations: SET,
    },
    Kind {
        name: "zset",
        fill: |i, out| request(out, &[b"ZADD", b"k", &score(i), &element(i)]),
        drain: |_, out| request(out, &[b"ZPOPMIN", b"k"]),
        operations: SORTED_SET,
    },
    Kind {
        name: "geo",
        fill: |i, out| geoadd(i, i, out),
        drain: |_, out| request(out, &[b"ZPOPMIN", b"k"]),
        operations: GEO,
    },
    Kind {
        name: "list",
        fill: |i, out| request(out, &[b"RPUSH", b"k", &element(i)]),
        drain: |_, out| request(out, &[b"LPOP", b"k"]),
        operations: LIST,
    },
    Kind {
        name: "stream",
        fill: |i, out| request(out, &[b"XADD", b"k", &id(i), b"temp", &number(i % 100), b"hum", &number(i % 37)]),
        drain: |i, out| request(out, &[b"XDEL", b"k", &id(i)]),
        operations: STREAM,
    },
    Kind {
        name: "string",
        fill: |_, out| request(out, &[b"APPEND", b"k", &[b'x'; STRING_STEP]]),
        drain: |_, out| request(out, &[b"STRLEN", b"k"]),
        operations: STRING,
    },
];

/// Bytes of a string for each element of other types: ten million are 480 MB, near the limit of 512.
const STRING_STEP: usize = 48;

const fn op(name: &'static str, request: Request) -> Operation {
    Operation { name, request, is_linear: false }
}

const fn linear(name: &'static str, request: Request) -> Operation {
    Operation { name, request, is_linear: true }
}

const HASH: &[Operation] = &[
    op("HGET", |i, n, out| request(out, &[b"HGET", b"k", &any(i, n)])),
    op("HSET, same length", |i, n, out| request(out, &[b"HSET", b"k", &any(i, n), b"value-2"])),
    op("HSET, other length", |i, n, out| {
        request(out, &[b"HSET", b"k", &any(i, n), &b"a longer value"[..(i % 14) as usize]])
    }),
    op("HSET new, HDEL", |i, n, out| {
        request(out, &[b"HSET", b"k", &element(n + i), b"value-1"]);
        request(out, &[b"HDEL", b"k", &element(n + i)]);
    }),
    op("HSET long, HSET short", |i, n, out| {
        request(out, &[b"HSET", b"k", &any(i, n), &[b'x'; 2000]]);
        request(out, &[b"HSET", b"k", &any(i, n), b"value-1"]);
    }),
    op("HINCRBY", |i, _, out| request(out, &[b"HINCRBY", b"k", b"counter", &number(i)])),
    op("HMGET 10", |i, n, out| {
        let fields: Vec<_> = (0..10).map(|j| any(10 * i + j, n)).collect();
        let mut args: Vec<&[u8]> = vec![b"HMGET", b"k"];
        args.extend(fields.iter().map(Vec::as_slice));
        request(out, &args);
    }),
    op("HLEN", |_, _, out| request(out, &[b"HLEN", b"k"])),
    op("HRANDFIELD", |_, _, out| request(out, &[b"HRANDFIELD", b"k"])),
    op("HRANDFIELD 10 WITHVALUES", |_, _, out| request(out, &[b"HRANDFIELD", b"k", b"10", b"WITHVALUES"])),
    op("HRANDFIELD -10", |_, _, out| request(out, &[b"HRANDFIELD", b"k", b"-10"])),
    op("HSCAN", |i, _, out| request(out, &[b"HSCAN", b"k", &cursor(i)])),
    RENAME,
    MOVE,
    COPY,
    EXPIRE,
    ENCODING,
    USAGE,
    DUMP,
];

const SET: &[Operation] = &[
    op("SISMEMBER", |i, n, out| request(out, &[b"SISMEMBER", b"k", &any(i, n)])),
    op("SADD new, SREM", |i, n, out| {
        request(out, &[b"SADD", b"k", &element(n + i)]);
        request(out, &[b"SREM", b"k", &element(n + i)]);
    }),
    op("SREM, SADD", |i, n, out| {
        request(out, &[b"SREM", b"k", &any(i, n)]);
        request(out, &[b"SADD", b"k", &any(i, n)]);
    }),
    op("SPOP, SADD", |i, n, out| {
        request(out, &[b"SPOP", b"k"]);
        request(out, &[b"SADD", b"k", &element(n + i)]);
    }),
    op("SRANDMEMBER", |_, _, out| request(out, &[b"SRANDMEMBER", b"k"])),
    op("SRANDMEMBER 10", |_, _, out| request(out, &[b"SRANDMEMBER", b"k", b"10"])),
    op("SMOVE", |i, n, out| {
        request(out, &[b"SADD", b"k", &any(i, n)]);
        request(out, &[b"SMOVE", b"k", b"d", &any(i, n)]);
        request(out, &[b"SMOVE", b"d", b"k", &any(i, n)]);
    }),
    op("SINTER with a small one", |i, n, out| {
        request(out, &[b"SADD", b"small", b"1", b"2", b"x", &any(i, n)]);
        request(out, &[b"SINTER", b"k", b"small"]);
        request(out, &[b"DEL", b"small"]);
    }),
    op("SDIFF a small one", |i, n, out| {
        request(out, &[b"SADD", b"small", b"1", b"2", b"x", &any(i, n)]);
        request(out, &[b"SDIFF", b"small", b"k"]);
        request(out, &[b"DEL", b"small"]);
    }),
    op("SINTERCARD LIMIT 10", |_, _, out| request(out, &[b"SINTERCARD", b"2", b"k", b"k", b"LIMIT", b"10"])),
    op("SSCAN", |i, _, out| request(out, &[b"SSCAN", b"k", &cursor(i)])),
    RENAME,
    MOVE,
    COPY,
    EXPIRE,
    ENCODING,
    USAGE,
];

const SORTED_SET: &[Operation] = &[
    op("ZSCORE", |i, n, out| request(out, &[b"ZSCORE", b"k", &any(i, n)])),
    op("ZRANK", |i, n, out| request(out, &[b"ZRANK", b"k", &any(i, n)])),
    op("ZADD, another score", |i, n, out| request(out, &[b"ZADD", b"k", &score(i + 1), &any(i, n)])),
    op("ZADD new, ZREM", |i, n, out| {
        request(out, &[b"ZADD", b"k", &score(i), &element(n + i)]);
        request(out, &[b"ZREM", b"k", &element(n + i)]);
    }),
    op("ZADD long member, ZREM", |i, _, out| {
        let member = [element(i), vec![b'x'; 500]].concat();
        request(out, &[b"ZADD", b"k", &score(i), &member]);
        request(out, &[b"ZREM", b"k", &member]);
    }),
    op("ZINCRBY", |i, n, out| request(out, &[b"ZINCRBY", b"k", b"1.5", &any(i, n)])),
    op("ZCOUNT", |i, _, out| request(out, &[b"ZCOUNT", b"k", &score(i), b"+inf"])),
    op("ZRANGE, ten by rank", |i, n, out| {
        let rank = spread(i, n);
        request(out, &[b"ZRANGE", b"k", &number(rank), &number(rank + 9)]);
    }),
    op("ZRANGEBYSCORE LIMIT 0 10", |i, _, out| {
        request(out, &[b"ZRANGEBYSCORE", b"k", &score(i), b"+inf", b"LIMIT", b"0", b"10"]);
    }),
    op("ZREVRANGEBYSCORE LIMIT 0 10", |i, _, out| {
        request(out, &[b"ZREVRANGEBYSCORE", b"k", &score(i), b"-inf", b"LIMIT", b"0", b"10"]);
    }),
    op("ZRANGESTORE, ten", |i, n, out| {
        let rank = spread(i, n);
        request(out, &[b"ZRANGESTORE", b"d", b"k", &number(rank), &number(rank + 9)]);
    }),
    op("ZRANDMEMBER", |_, _, out| request(out, &[b"ZRANDMEMBER", b"k"])),
    op("ZRANDMEMBER 10", |_, _, out| request(out, &[b"ZRANDMEMBER", b"k", b"10"])),
    op("ZSCAN", |i, _, out| request(out, &[b"ZSCAN", b"k", &cursor(i)])),
    op("ZPOPMIN, ZADD", |i, n, out| {
        request(out, &[b"ZPOPMIN", b"k"]);
        request(out, &[b"ZADD", b"k", &score(i), &element(n + i)]);
    }),
    op("ZREMRANGEBYRANK, ZADD", |i, n, out| {
        let rank = number(spread(i, n));
        request(out, &[b"ZREMRANGEBYRANK", b"k", &rank, &rank]);
        request(out, &[b"ZADD", b"k", &score(i), &element(3 * n + i)]);
    }),
    RENAME,
    MOVE,
    COPY,
    EXPIRE,
    ENCODING,
    USAGE,
];

const GEO: &[Operation] = &[
    op("GEOADD, other place", |i, n, out| geoadd(spread(i, n), n + i, out)),
    op("GEOPOS", |i, n, out| request(out, &[b"GEOPOS", b"k", &any(i, n)])),
    op("GEOHASH", |i, n, out| request(out, &[b"GEOHASH", b"k", &any(i, n)])),
    op("GEODIST", |i, n, out| request(out, &[b"GEODIST", b"k", &any(i, n), &any(i + 1, n)])),
    op("GEOSEARCH BYRADIUS 100 m", |i, n, out| {
        request(out, &[b"GEOSEARCH", b"k", b"FROMMEMBER", &any(i, n), b"BYRADIUS", b"100", b"m", b"ASC"]);
    }),
    op("SORT BY nosort LIMIT", |i, n, out| {
        let start = number(spread(i, n));
        request(out, &[b"SORT", b"k", b"BY", b"nosort", b"DESC", b"LIMIT", &start, b"10"]);
    }),
];

const LIST: &[Operation] = &[
    op("SORT BY nosort LIMIT", |i, n, out| {
        let start = number(spread(i, n));
        request(out, &[b"SORT", b"k", b"BY", b"nosort", b"DESC", b"LIMIT", &start, b"10"]);
    }),
    op("LPUSH, LPOP", |i, _, out| {
        request(out, &[b"LPUSH", b"k", &element(i)]);
        request(out, &[b"LPOP", b"k"]);
    }),
    op("RPUSH, RPOP", |i, _, out| {
        request(out, &[b"RPUSH", b"k", &element(i)]);
        request(out, &[b"RPOP", b"k"]);
    }),
    op("LINDEX anywhere", |i, n, out| request(out, &[b"LINDEX", b"k", &number(spread(i, n))])),
    op("LINDEX -1", |_, _, out| request(out, &[b"LINDEX", b"k", b"-1"])),
    op("LSET anywhere", |i, n, out| request(out, &[b"LSET", b"k", &number(spread(i, n)), &element(i)])),
    op("LRANGE, ten anywhere", |i, n, out| {
        let index = spread(i, n - 10);
        request(out, &[b"LRANGE", b"k", &number(index), &number(index + 9)]);
    }),
    op("LMOVE", |_, _, out| request(out, &[b"LMOVE", b"k", b"k", b"LEFT", b"RIGHT"])),
    op("LTRIM at both ends", |i, _, out| {
        request(out, &[b"LTRIM", b"k", b"1", b"-2"]);
        request(out, &[b"LPUSH", b"k", &element(i)]);
        request(out, &[b"RPUSH", b"k", &element(i)]);
    }),
    op("LPOS near the head", |i, _, out| {
        request(out, &[b"LPUSH", b"k", &number(i)]);
        request(out, &[b"LPOS", b"k", &number(i)]);
        request(out, &[b"LPOP", b"k"]);
    }),
    op("LINSERT near the head", |i, _, out| {
        request(out, &[b"LPUSH", b"k", &number(i)]);
        request(out, &[b"LINSERT", b"k", b"AFTER", &number(i), b"new"]);
        request(out, &[b"LPOP", b"k", b"2"]);
    }),
    RENAME,
    MOVE,
    COPY,
    EXPIRE,
    ENCODING,
    USAGE,
];

const STREAM: &[Operation] = &[
    op("XLEN", |_, _, out| request(out, &[b"XLEN", b"k"])),
    op("XRANGE, one by id", |i, n, out| {
        let id = id(spread(i, n));
        request(out, &[b"XRANGE", b"k", &id, &id]);
    }),
    op("XRANGE COUNT 10", |i, n, out| request(out, &[b"XRANGE", b"k", &id(spread(i, n)), b"+", b"COUNT", b"10"])),
    op("XREVRANGE COUNT 10", |i, n, out| request(out, &[b"XREVRANGE", b"k", &id(spread(i, n)), b"-", b"COUNT", b"10"])),
    op("XADD", |i, n, out| request(out, &[b"XADD", b"k", &id(2 * n + i), b"temp", b"1", b"hum", b"2"])),
    op("XDEL anywhere, XADD", |i, n, out| {
        request(out, &[b"XDEL", b"k", &id(spread(i, n))]);
        request(out, &[b"XADD", b"k", b"*", b"temp", b"1", b"hum", b"2"]);
    }),
    op("XADD MAXLEN ~", |_, n, out| {
        request(
            out,
            &[b"XADD", b"k", b"MAXLEN", b"~", &number(n.saturating_sub(100_000).max(n / 2)), b"*", b"temp", b"1"],
        );
    }),
    op("XREAD COUNT 1", |i, n, out| request(out, &[b"XREAD", b"COUNT", b"1", b"STREAMS", b"k", &id(spread(i, n))])),
    op("XGROUP SETID, XREADGROUP", |i, n, out| {
        if i == 0 {
            request(out, &[b"XGROUP", b"CREATE", b"k", b"g", b"$"]);
        }
        request(out, &[b"XGROUP", b"SETID", b"k", b"g", &id(spread(i, n))]);
        request(out, &[b"XREADGROUP", b"GROUP", b"g", b"c", b"COUNT", b"10", b"STREAMS", b"k", b">"]);
    }),
    op("XACK", |i, n, out| request(out, &[b"XACK", b"k", b"g", &id(spread(i, n))])),
    op("XPENDING, ten", |i, n, out| request(out, &[b"XPENDING", b"k", b"g", &id(spread(i, n)), b"+", b"10"])),
    op("XPENDING", |_, _, out| request(out, &[b"XPENDING", b"k", b"g"])),
    op("XAUTOCLAIM", |i, n, out| request(out, &[b"XAUTOCLAIM", b"k", b"g", b"d", b"0", &id(spread(i, n))])),
    op("XINFO GROUPS", |_, _, out| request(out, &[b"XINFO", b"GROUPS", b"k"])),
    op("XINFO STREAM", |_, _, out| request(out, &[b"XINFO", b"STREAM", b"k"])),
    RENAME,
    MOVE,
    COPY,
    EXPIRE,
    ENCODING,
    USAGE,
];

const STRING: &[Operation] = &[
    op("STRLEN", |_, _, out| request(out, &[b"STRLEN", b"k"])),
    op("GETRANGE anywhere", |i, n, out| {
        let at = spread(i, n * STRING_STEP as u64);
        request(out, &[b"GETRANGE", b"k", &number(at), &number(at + 99)]);
    }),
    op("SETRANGE anywhere", |i, n, out| {
        request(out, &[b"SETRANGE", b"k", &number(spread(i, (n - 1) * STRING_STEP as u64)), b"hello"]);
    }),
    op("GETBIT anywhere", |i, n, out| {
        request(out, &[b"GETBIT", b"k", &number(spread(i, 8 * n * STRING_STEP as u64))]);
    }),
    op("SETBIT anywhere", |i, n, out| {
        request(out, &[b"SETBIT", b"k", &number(spread(i, 8 * n * STRING_STEP as u64)), &number(i % 2)]);
    }),
    op("BITFIELD SET anywhere", |i, n, out| {
        request(out, &[b"BITFIELD", b"k", b"SET", b"u16", &number(spread(i, 8 * (n - 1) * STRING_STEP as u64)), b"77"]);
    }),
    op("BITCOUNT of 100 bytes", |i, n, out| {
        let at = spread(i, n * STRING_STEP as u64);
        request(out, &[b"BITCOUNT", b"k", &number(at), &number(at + 99)]);
    }),
    op("BITPOS of 100 bytes", |i, n, out| {
        let at = spread(i, n * STRING_STEP as u64);
        request(out, &[b"BITPOS", b"k", b"1", &number(at), &number(at + 99)]);
    }),
    op("APPEND", |_, _, out| request(out, &[b"APPEND", b"k", b"hello, world"])),
    RENAME,
    MOVE,
    COPY,
    EXPIRE,
    ENCODING,
    USAGE,
    linear("BITCOUNT", |_, _, out| request(out, &[b"BITCOUNT", b"k"])),
];

const RENAME: Operation = op("RENAME there and back", |_, _, out| {
    request(out, &[b"RENAME", b"k", b"other"]);
    request(out, &[b"RENAME", b"other", b"k"]);
});

const MOVE: Operation = op("MOVE there and back", |_, _, out| {
    request(out, &[b"MOVE", b"k", b"1"]);
    request(out, &[b"SELECT", b"1"]);
    request(out, &[b"MOVE", b"k", b"0"]);
    request(out, &[b"SELECT", b"0"]);
});

const COPY: Operation = op("COPY, UNLINK", |_, _, out| {
    request(out, &[b"COPY", b"k", b"copy"]);
    request(out, &[b"UNLINK", b"copy"]);
});

const EXPIRE: Operation = op("EXPIRE, PERSIST", |_, _, out| {
    request(out, &[b"EXPIRE", b"k", b"100"]);
    request(out, &[b"PERSIST", b"k"]);
});

const ENCODING: Operation = op("OBJECT ENCODING", |_, _, out| request(out, &[b"OBJECT", b"ENCODING", b"k"]));

const USAGE: Operation = op("MEMORY USAGE SAMPLES 5", |_, _, out| {
    request(out, &[b"MEMORY", b"USAGE", b"k", b"SAMPLES", b"5"]);
});

const DUMP: Operation = linear("DUMP", |_, _, out| request(out, &[b"DUMP", b"k"]));

fn request(out: &mut Vec<u8>, args: &[&[u8]]) {
    append_request(out, args);
}

/// One of `0..count`, the same for the same number, all over the range.
pub fn spread(i: u64, count: u64) -> u64 {
    (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_right(24) % count.max(1)
}

pub fn element(i: u64) -> Vec<u8> {
    format!("element:{i:09}").into_bytes()
}

fn any(i: u64, count: u64) -> Vec<u8> {
    element(spread(i, count))
}

pub fn number(i: u64) -> Vec<u8> {
    i.to_string().into_bytes()
}

/// Puts element `i` to place number `place`: all over the map.
fn geoadd(i: u64, place: u64, out: &mut Vec<u8>) {
    let degrees = |count: u64, seed: u64| spread(2 * place + seed, count) as f64 / 1e5;
    let (longitude, latitude) = (degrees(36_000_000, 0) - 180.0, degrees(16_000_000, 1) - 80.0);
    let (longitude, latitude) = (longitude.to_string().into_bytes(), latitude.to_string().into_bytes());
    request(out, &[b"GEOADD", b"k", &longitude, &latitude, &element(i)]);
}

/// Scores in no order.
pub fn score(i: u64) -> Vec<u8> {
    number(spread(i, 1_000_000_007))
}

pub fn id(i: u64) -> Vec<u8> {
    format!("{}-{}", 1_600_000_000_000 + i / 10, i % 10 + 1).into_bytes()
}

/// A cursor somewhere in the 48 bits.
fn cursor(i: u64) -> Vec<u8> {
    number(spread(i, 1 << 48))
}
