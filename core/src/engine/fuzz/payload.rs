//! What the fuzzers of payloads run: bytes as an object of RDB, restored, looked at from every side, and dumped.
//!
//! ```text
//!   byte 0     bits 0 … 6: a type byte of the family (others stand for one of them); bit 7: mended
//!   then       as it is: the object, as it stands between a payload's type byte and its footer
//!              mended, of one packed string: the entries of a listpack; its header, end and length are put around them
//!              mended, of a stream: length (2 bytes), so many bytes of entries of the node 1-1, then what follows the nodes
//! ```
//!
//! Mended objects let the fuzzer get past the lengths, to what only looks sound.
//!
//! What must hold of an accepted one: it can be checked, under limits that keep it small and under limits that do not, with one digest;
//! its dump restores to the same digest; no command of its family fails on it or leaves the database unsound.

use crate::args::OwnedArgs;
use crate::config::{Config, ProtectedAction};
use crate::engine::Engine;
use crate::engine::client::{ClientId, Peer};
use crate::time::Now;

/// What a payload holds: its types, and what is then done with the value under the key `k`.
struct Family {
    /// Type bytes.
    kinds: &'static [u8],
    /// Those of `kinds` whose object is one string that is a listpack.
    packed: &'static [u8],
    /// Parameters that make nothing small.
    tight: &'static str,
    commands: &'static [&'static str],
}

const STREAM_KINDS: &[u8] = &[15, 19];

/// Strings: plain, integers, compressed.
pub fn fuzz_string(data: &[u8]) {
    let commands =
        &["STRLEN k", "GETRANGE k -3 -1", "INCR k", "BITCOUNT k", "PFCOUNT k", "APPEND k x", "SETRANGE k 3 x"];
    run(data, &Family { kinds: &[0], packed: &[], tight: "rdbcompression no", commands });
}

/// Lists: of strings, a ziplist, quicklists of ziplists and of listpacks.
pub fn fuzz_list(data: &[u8]) {
    let commands = &[
        "LLEN k",
        "LRANGE k 0 -1",
        "LPOS k a RANK -1",
        "LINDEX k 1",
        "LINDEX k -2",
        "LINSERT k BEFORE a b",
        "LSET k 0 c",
        "LREM k 1 1",
        "LPUSH k x",
        "LTRIM k 1 -2",
        "RPOP k 3",
        "LPOP k",
    ];
    run(data, &Family { kinds: &[1, 10, 14, 18], packed: &[], tight: "list-max-listpack-size 1", commands });
}

/// Sets: of strings, and intsets.
pub fn fuzz_set(data: &[u8]) {
    let commands = &[
        "SCARD k",
        "SMEMBERS k",
        "SISMEMBER k 1",
        "SRANDMEMBER k -5",
        "SINTER k k",
        "SSCAN k 0",
        "SADD k 70000",
        "SREM k 1 2 3",
        "SPOP k",
        "SADD k text",
        "SPOP k 3",
    ];
    run(data, &Family { kinds: &[2, 11], packed: &[], tight: "set-max-intset-entries 1", commands });
}

/// Sorted sets: with scores as text, as numbers, a ziplist, a listpack.
pub fn fuzz_sorted_set(data: &[u8]) {
    let commands = &[
        "ZCARD k",
        "ZRANGE k 0 -1 WITHSCORES",
        "ZRANGE k + - BYLEX REV",
        "ZRANGEBYSCORE k -inf (2 WITHSCORES",
        "ZRANK k a",
        "ZREVRANK k b",
        "ZCOUNT k -inf 1",
        "ZLEXCOUNT k - +",
        "ZRANDMEMBER k 3",
        "ZINCRBY k 1 a",
        "ZADD k 3 c -1 b",
        "ZREM k a",
        "ZREMRANGEBYRANK k 1 1",
        "ZREMRANGEBYSCORE k 0 1",
        "ZPOPMIN k",
    ];
    run(data, &Family { kinds: &[3, 5, 12, 17], packed: &[17], tight: "zset-max-listpack-entries 1", commands });
}

/// Hashes: of strings, a zipmap, a ziplist, a listpack.
pub fn fuzz_hash(data: &[u8]) {
    let commands = &[
        "HLEN k",
        "HGETALL k",
        "HGET k a",
        "HRANDFIELD k -3 WITHVALUES",
        "HSCAN k 0",
        "HINCRBY k n 1",
        "HSET k a 1 b 2",
        "HDEL k a",
        "HSETNX k c 3",
    ];
    run(data, &Family { kinds: &[4, 9, 13, 16], packed: &[16], tight: "hash-max-listpack-entries 1", commands });
}

/// Streams, of 7.0 and older. The committed ones have a group `g` with a consumer `c`.
pub fn fuzz_stream(data: &[u8]) {
    let commands = &[
        "XLEN k",
        "XRANGE k - +",
        "XREVRANGE k + - COUNT 2",
        "XRANGE k 1-1 1-2",
        "XINFO STREAM k FULL COUNT 0",
        "XINFO GROUPS k",
        "XINFO CONSUMERS k g",
        "XPENDING k g - + 10",
        "XREADGROUP GROUP g c STREAMS k 0",
        "XREADGROUP GROUP g d COUNT 1 STREAMS k >",
        "XCLAIM k g c 0 1-1 1-2",
        "XAUTOCLAIM k g d 0 -",
        "XACK k g 1-1",
        "XDEL k 1-1 1-2",
        "XADD k * a b",
        "XTRIM k MAXLEN 3",
        "XTRIM k MINID 1-3",
        "XGROUP DELCONSUMER k g c",
        "XGROUP SETID k g $",
        "XGROUP DESTROY k g",
        "XADD k NOMKSTREAM MAXLEN 1 * c d",
    ];
    run(data, &Family { kinds: STREAM_KINDS, packed: &[], tight: "stream-node-max-entries 1", commands });
}

fn run(data: &[u8], family: &Family) {
    let Some((&first, rest)) = data.split_first() else { return };
    let payload = payload(first, rest, family);
    let mut world = World::new();
    if world.ask(&[b"RESTORE", b"k", b"0", &payload]) != b"+OK\r\n" {
        return;
    }
    world.engine.keyspace().iter().for_each(|(_, db)| db.check());
    let digest = world.digest("k");
    let dump = world.ask(&[b"DUMP", b"k"]);
    world.say(&format!("CONFIG SET {}", family.tight));
    for payload in [&payload[..], bulk(&dump)] {
        let reply = world.ask(&[b"RESTORE", b"again", b"0", payload, b"REPLACE"]);
        assert_eq!(reply, b"+OK\r\n", "it restores once more");
        // A listpack holds the score -0 as 0, as in Redis.
        let minus_zero = world.say("ZRANGEBYSCORE again 0 0 WITHSCORES").windows(4).any(|text| text == b"\n-0\r");
        assert!(minus_zero || world.digest("again") == digest, "limits change the form only");
    }
    world.say("DEL again");
    for command in ["TYPE k", "OBJECT ENCODING k", "MEMORY USAGE k", "COPY k copy"].iter().chain(family.commands) {
        world.say(command);
        world.engine.keyspace().iter().for_each(|(_, db)| db.check());
    }
    assert!(world.say("EXISTS copy") == b":0\r\n" || world.digest("copy") == digest, "a copy is a value of its own");
}

/// The payload that the bytes stand for. Its checksum is not looked at.
fn payload(first: u8, rest: &[u8], family: &Family) -> Vec<u8> {
    let (mended, kind) = (first & 0x80 != 0, first & 0x7f);
    let known = family.kinds.contains(&kind);
    let kind = if known { kind } else { family.kinds[usize::from(kind) % family.kinds.len()] };
    let mut out = vec![kind];
    if mended && STREAM_KINDS.contains(&kind) {
        let (head, rest) = rest.split_at(rest.len().min(2));
        let len = head.iter().fold(0, |len, &byte| len << 8 | usize::from(byte));
        let (entries, rest) = rest.split_at(len.min(rest.len()));
        out.extend_from_slice(b"\x01\x10\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01");
        append_listpack(&mut out, entries);
        out.extend_from_slice(rest);
    } else if mended && family.packed.contains(&kind) {
        append_listpack(&mut out, rest);
    } else {
        out.extend_from_slice(rest);
    }
    out.extend_from_slice(b"\x0a\0\0\0\0\0\0\0\0\0");
    out
}

/// Appends a string that is a listpack of these entries; their number is left unknown.
fn append_listpack(out: &mut Vec<u8>, entries: &[u8]) {
    let len = entries.len() as u32 + 7;
    out.push(0x80);
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&[0xff, 0xff]);
    out.extend_from_slice(entries);
    out.push(0xff);
}

/// An engine with one client, which is not asked for checksums.
struct World {
    engine: Engine,
    client: ClientId,
}

const NOW: Now = Now { unix_us: 1_700_000_000_000_000, monotonic_us: 1 };

impl World {
    fn new() -> World {
        let config = Config { databases: 1, enable_debug_command: ProtectedAction::Yes, ..Config::default() };
        let mut engine = Engine::new(config, 1, NOW);
        let peer = Peer { address: "127.0.0.1:1".into(), loopback: true, ..Peer::default() };
        let client = engine.connect(peer, NOW).expect("the first client is let in");
        let mut world = World { engine, client };
        assert_eq!(world.say("DEBUG SET-SKIP-CHECKSUM-VALIDATION 1"), b"+OK\r\n");
        world
    }

    fn ask(&mut self, words: &[&[u8]]) -> Vec<u8> {
        let args: OwnedArgs = words.iter().collect();
        self.engine.run_command(self.client, args.as_args(), NOW)
    }

    fn say(&mut self, line: &str) -> Vec<u8> {
        let args: OwnedArgs = line.split(' ').collect();
        self.engine.run_command(self.client, args.as_args(), NOW)
    }

    fn digest(&mut self, key: &str) -> Vec<u8> {
        self.say(&format!("DEBUG DIGEST-VALUE {key}"))
    }
}

/// What a bulk reply holds.
fn bulk(reply: &[u8]) -> &[u8] {
    let head = reply.iter().position(|&byte| byte == b'\n').expect("a bulk has a length");
    &reply[head + 1..reply.len() - 2]
}
