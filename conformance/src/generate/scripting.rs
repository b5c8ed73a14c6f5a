//! Scripts and functions: commands of every type called by scripts, what comes back, errors, flags, transactions.
//!
//! The bodies are a small pool, so that they are cached and called by name; what varies is their keys and arguments. FUNCTION LIST
//! and DUMP are compared of one library only: the order of several is the real server's chance.

use super::atoms::{self, Holds};
use super::{Entry, Generator, entry};
use crate::script::Step;
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("EVAL", 40, |g| eval(g, "EVAL")),
    entry("EVAL", 20, scripted),
    entry("EVAL_RO", 6, |g| eval(g, "EVAL_RO")),
    entry("EVALSHA", 12, |g| evalsha(g, "EVALSHA")),
    entry("EVALSHA_RO", 4, |g| evalsha(g, "EVALSHA_RO")),
    entry("SCRIPT|LOAD", 4, load),
    entry("SCRIPT|EXISTS", 2, |g| g.say("SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db nosuch")),
    entry("SCRIPT|FLUSH", 1, |g| say_one_of(g, &["SCRIPT FLUSH", "SCRIPT FLUSH SYNC", "SCRIPT FLUSH ASYNC"])),
    // Nothing runs that could be killed, so that they always fail: a test of the engine has scripts that do.
    entry("SCRIPT|KILL", 0, |g| g.say("SCRIPT KILL")),
    entry("SCRIPT|FLUSH", 1, |g| say_one_of(g, &["SCRIPT KILL", "FUNCTION KILL"])),
    entry("SCRIPT|DEBUG", 1, debug),
    entry("SCRIPT|HELP", 1, |g| g.say("SCRIPT HELP")),
    entry("FUNCTION|LOAD", 4, library),
    entry("FUNCTION|DELETE", 1, |g| g.say("FUNCTION DELETE lib")),
    entry("FUNCTION|FLUSH", 1, |g| say_one_of(g, &["FUNCTION FLUSH", "FUNCTION FLUSH SYNC", "FUNCTION FLUSH ASYNC"])),
    entry("FUNCTION|KILL", 0, |g| g.say("FUNCTION KILL")),
    entry("FUNCTION|LIST", 1, list),
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

fn say_one_of(g: &mut Generator, lines: &[&str]) {
    let line = g.random.pick(lines);
    g.say(line);
}

/// No mode that would have a debugger. What comes last may be mutated, and must not become one.
fn debug(g: &mut Generator) {
    say_one_of(g, &["SCRIPT DEBUG NO", "SCRIPT DEBUG no", "SCRIPT DEBUG nosuch"]);
    g.say("PING");
}

fn eval(g: &mut Generator, command: &str) {
    let body = g.random.pick(CALLING);
    let mut words = words![command, body, "1", atoms::key(&mut g.random, Holds::Any)];
    words.extend(called(g));
    g.command(words);
}

/// Bodies that do anything and return nothing of it, since replies of sets and hash tables have no order.
const SILENT: &[&str] = &[
    "redis.call(unpack(ARGV)) return 1",
    "local reply = redis.pcall(unpack(ARGV)) return type(reply)",
    "redis.setresp(3) return type(redis.pcall(unpack(ARGV)))",
    "redis.call('SET', KEYS[1], 'x') redis.call('DEL', KEYS[1]) redis.call(unpack(ARGV)) return {}",
    "return redis.pcall(unpack(ARGV)).err",
];

/// A command of any type, called by a script. Not SPOP, whose choice can't be adopted then, and not RESTORE, before which its
/// generator has a setting made that scripts can't make.
fn scripted(g: &mut Generator) {
    let from = g.steps.len();
    g.data_commands(&["SPOP", "RESTORE"]);
    let body = g.random.pick(SILENT);
    let key = atoms::key(&mut g.random, Holds::Any);
    for step in &mut g.steps[from..] {
        let Step::Command { args, .. } = step else { continue };
        args.splice(0..0, words!["EVAL", body, "1", key]);
    }
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

fn list(g: &mut Generator) {
    say_one_of(g, &["FUNCTION LIST LIBRARYNAME lib WITHCODE", "FUNCTION LIST LIBRARYNAME"]);
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
