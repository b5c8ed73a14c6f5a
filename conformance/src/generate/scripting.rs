//! Scripts and functions: commands of every type called by scripts, what comes back, errors, flags, transactions.
//!
//! The bodies are a small pool, so that they are cached and called by name; what varies is their keys and arguments. FUNCTION LIST
//! and DUMP are compared of one library only: the order of several is the real server's chance.

use super::atoms::{self, Holds};
use super::{Entry, Generator, entry};
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("EVAL", 40, |g| eval(g, "EVAL")),
    entry("EVAL_RO", 6, |g| eval(g, "EVAL_RO")),
    entry("EVALSHA", 12, |g| evalsha(g, "EVALSHA")),
    entry("EVALSHA_RO", 4, |g| evalsha(g, "EVALSHA_RO")),
    entry("SCRIPT|LOAD", 4, load),
    entry("SCRIPT|EXISTS", 2, |g| g.say("SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db nosuch")),
    entry("SCRIPT|FLUSH", 1, |g| g.say("SCRIPT FLUSH")),
    entry("SCRIPT|HELP", 1, |g| g.say("SCRIPT HELP")),
    entry("FUNCTION|LOAD", 4, library),
    entry("FUNCTION|DELETE", 1, |g| g.say("FUNCTION DELETE lib")),
    entry("FUNCTION|FLUSH", 1, |g| g.say("FUNCTION FLUSH")),
    entry("FUNCTION|LIST", 1, |g| g.say("FUNCTION LIST LIBRARYNAME lib WITHCODE")),
    entry("FUNCTION|DUMP", 1, |g| g.say("FUNCTION DUMP")),
    entry("FUNCTION|RESTORE", 1, restore),
    entry("FUNCTION|STATS", 1, |g| g.say("FUNCTION STATS")),
    entry("FUNCTION|HELP", 1, |g| g.say("FUNCTION HELP")),
    entry("FCALL", 10, |g| fcall(g, "FCALL")),
    entry("FCALL_RO", 4, |g| fcall(g, "FCALL_RO")),
];

/// Bodies that call what they are given.
const CALLING: &[&str] = &[
    "return redis.call(unpack(ARGV))",
    "return redis.pcall(unpack(ARGV))",
    "redis.setresp(3) return redis.call(unpack(ARGV))",
    "redis.call('INCR', KEYS[1]) return redis.pcall(unpack(ARGV))",
    "local reply = redis.pcall(unpack(ARGV)) return {type(reply), reply}",
    "return {pcall(redis.call, unpack(ARGV))}",
    "#!lua flags=no-writes\nreturn redis.call(unpack(ARGV))",
    "#!lua\nreturn redis.call(unpack(ARGV))",
    "redis.set_repl(redis.REPL_NONE) redis.call(unpack(ARGV)) redis.set_repl(redis.REPL_ALL) return redis.call('INCR', 'n')",
    "redis.call('SELECT', 1) return redis.call(unpack(ARGV))",
    "local first = redis.call(unpack(ARGV)) local second = redis.pcall(unpack(ARGV)) return {first, second}",
];

/// What they are given: commands whose replies have one order.
fn called(g: &mut Generator) -> Vec<Vec<u8>> {
    let r = &mut g.random;
    let any = atoms::key(r, Holds::Any);
    match r.below(16) {
        0 => words!["GET", any],
        1 => words!["SET", any, atoms::value(r)],
        2 => words!["INCR", any],
        3 => words!["LPUSH", any, atoms::value(r), atoms::value(r)],
        4 => words!["LRANGE", any, "0", "-1"],
        5 => words!["HSET", any, atoms::value(r), atoms::value(r)],
        6 => words!["ZADD", any, atoms::float(r), atoms::value(r)],
        7 => words!["ZRANGE", any, "0", "-1", "WITHSCORES"],
        8 => words!["ZSCORE", any, atoms::value(r)],
        9 => words!["DEL", any],
        10 => words!["TYPE", any],
        11 => words!["APPEND", any, atoms::value(r)],
        12 => words!["INCRBYFLOAT", any, atoms::float(r)],
        13 => words!["EXISTS", any, any],
        14 => words!["MGET", any, any, "missing"],
        _ => words!["NOSUCH", any],
    }
}

fn eval(g: &mut Generator, command: &str) {
    let body = g.random.pick(CALLING);
    let mut words = words![command, body, "1", atoms::key(&mut g.random, Holds::Any)];
    words.extend(called(g));
    g.command(words);
}

fn evalsha(g: &mut Generator, command: &str) {
    // `return redis.call(unpack(ARGV))`, and one that nobody loads.
    let sha = g.random.pick(&["3c44b7a40779a5c68a6e3920550ff76660a813aa", "ffffffffffffffffffffffffffffffffffffffff"]);
    let mut words = words![command, sha, "0"];
    words.extend(called(g));
    g.command(words);
}

fn load(g: &mut Generator) {
    let body = g.random.pick(CALLING);
    g.command(words!["SCRIPT", "LOAD", body]);
}

const LIBRARY: &str =
    "#!lua name=lib\nredis.register_function('run', function(keys, args) return redis.call(unpack(args)) end)";
const READER: &str = "#!lua name=lib\nredis.register_function{function_name='run', flags={'no-writes'}, \
                      callback=function(keys, args) return redis.pcall(unpack(args)) end}";

fn library(g: &mut Generator) {
    let code = g.random.pick(&[LIBRARY, READER, "#!lua name=lib\nreturn 1", "no library"]);
    let words = if g.random.chance(60) {
        words!["FUNCTION", "LOAD", "REPLACE", code]
    } else {
        words!["FUNCTION", "LOAD", code]
    };
    g.command(words);
}

/// A payload of no libraries, and one that is none.
fn restore(g: &mut Generator) {
    let payload: &[u8] = if g.random.chance(70) { b"\n\x00]\x9b\\@\x0f\x7f\xa2\xda" } else { b"payload" };
    let policy = g.random.pick(&["APPEND", "REPLACE", "FLUSH", "NOSUCH"]);
    g.command(words!["FUNCTION", "RESTORE", payload, policy]);
}

fn fcall(g: &mut Generator, command: &str) {
    let name = g.random.pick(&["run", "RUN", "nosuch"]);
    let mut words = words![command, name, "0"];
    words.extend(called(g));
    g.command(words);
}
