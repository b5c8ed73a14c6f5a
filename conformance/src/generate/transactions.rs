//! Transactions of commands of every type, some watched keys among them, some spoilt.
//!
//! SPOP is left out: its choice is adopted command by command, and nobody can come in between here. What blocks has
//! transactions of its own (`blocking.rs`).

use super::atoms::{self, Holds};
use super::{Entry, Generator, entry};
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("EXEC", 30, |g| transaction(g, "EXEC")),
    entry("DISCARD", 3, |g| transaction(g, "DISCARD")),
    entry("WATCH", 12, watched),
    entry("UNWATCH", 1, |g| g.say("UNWATCH")),
    entry("MULTI", 1, nested),
    entry("", 10, |g| g.data_commands(&[])),
];

/// Commands whose outcome in a transaction can't be compared.
const NOT_QUEUED: &[&str] = &["SPOP"];

const KEYS: &[&[u8]] = &[b"h1", b"z1", b"s1", b"list1", b"i1", b"x1", b"missing"];

fn key(g: &mut Generator) -> Vec<u8> {
    if g.random.chance(50) { g.random.pick(KEYS).to_vec() } else { atoms::key(&mut g.random, Holds::Any) }
}

/// MULTI, some commands, and the end.
fn transaction(g: &mut Generator, end: &str) {
    g.say("MULTI");
    for _ in 0..g.random.between(0, 6) {
        match g.random.below(40) {
            0 => g.say("SET only-a-key"),
            1 => g.say("NOSUCH command"),
            2 => g.say("WATCH k"),
            3 => g.say("MULTI"),
            4 => {
                let line = g.random.pick(&["SELECT 1", "SELECT 1", "SSUBSCRIBE refused"]);
                g.say(line);
            }
            5..=6 => {
                let words = words!["PEXPIREAT", key(g), g.random.pick(&["1", "99999999999999"])];
                g.command(words);
            }
            7 => {
                let words = words!["RENAME", key(g), key(g)];
                g.command(words);
            }
            _ => g.data_commands(NOT_QUEUED),
        }
    }
    g.say(end);
    g.say("SELECT 0");
}

/// WATCH, changes by others or by itself, and EXEC.
fn watched(g: &mut Generator) {
    let keys = [key(g), key(g)];
    g.command(words!["WATCH", keys[0], keys[1]]);
    let me = g.client;
    for _ in 0..g.random.below(3) {
        g.client = g.random.between(1, g.clients);
        let watched = keys[g.random.below(2)].clone();
        match g.random.below(14) {
            0 => g.command(words!["DEL", watched]),
            1 => g.command(words!["SET", watched, "new"]),
            2 => g.command(words!["PEXPIREAT", watched, "99999999999999"]),
            3 => g.command(words!["PEXPIREAT", watched, "1"]),
            4 => g.command(words!["PERSIST", watched]),
            5 => g.command(words!["RENAME", watched, "elsewhere"]),
            6 => g.command(words!["COPY", "h1", watched, "REPLACE"]),
            7 => g.command(words!["APPEND", watched, ""]),
            8 => {
                let line = g.random.pick(&["SWAPDB 0 1", "SWAPDB 0 1", "SWAPDB 0 0", "SWAPDB 1 2"]);
                g.say(line);
            }
            9 => {
                let line = g.random.pick(&["FLUSHDB", "FLUSHALL", "UNWATCH", "WATCH another"]);
                g.say(line);
            }
            10 => g.command(words!["MOVE", watched, "1"]),
            11 => g.command(words!["TOUCH", watched]),
            _ => g.data_commands(&[]),
        }
    }
    g.client = me;
    transaction(g, "EXEC");
}

/// What is said at the wrong time.
fn nested(g: &mut Generator) {
    let line = g.random.pick(&["EXEC", "DISCARD", "EXEC now", "MULTI now", "DISCARD it", "WATCH"]);
    g.say(line);
    g.say("PING");
}
