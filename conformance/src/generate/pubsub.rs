//! Listeners, messages, and keyspace events of commands of every type.
//!
//! Listeners are clients of their own, which are sent commands without waiting and read now and then. Each has one pattern
//! at most, and leaves channels by name: 7.0.15 takes several in the order of its hash seed. Expiry and misses (`x`, `m`) are
//! not among the events: overdue keys and the elements of a set that is sorted are met in that order, too.

use super::{Entry, Generator, entry};
use crate::script::Step;
use crate::target::BELL;
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("SUBSCRIBE", 3, |g| listen(g, "SUBSCRIBE", CHANNELS)),
    entry("UNSUBSCRIBE", 2, |g| listen(g, "UNSUBSCRIBE", CHANNELS)),
    entry("PSUBSCRIBE", 3, listen_to_pattern),
    entry("PUNSUBSCRIBE", 1, |g| listen(g, "PUNSUBSCRIBE", PATTERNS)),
    entry("SSUBSCRIBE", 2, |g| listen(g, "SSUBSCRIBE", CHANNELS)),
    entry("SUNSUBSCRIBE", 1, |g| listen(g, "SUNSUBSCRIBE", CHANNELS)),
    entry("PUBLISH", 12, |g| publish(g, "PUBLISH")),
    entry("SPUBLISH", 4, |g| publish(g, "SPUBLISH")),
    entry("PUBSUB|NUMSUB", 2, |g| ask(g, "NUMSUB")),
    entry("PUBSUB|SHARDNUMSUB", 1, |g| ask(g, "SHARDNUMSUB")),
    entry("PUBSUB|NUMPAT", 1, |g| g.say("PUBSUB NUMPAT")),
    entry("PUBSUB|CHANNELS", 2, |g| names(g, "CHANNELS")),
    entry("PUBSUB|SHARDCHANNELS", 1, |g| names(g, "SHARDCHANNELS")),
    entry("PUBSUB|HELP", 1, |g| g.say("PUBSUB HELP")),
    entry("", 1, wrong),
    entry("CONFIG|SET", 2, events),
    entry("", 40, |g| g.data_commands(&[])),
    entry("", 4, leave),
];

const LISTENERS: std::ops::Range<usize> = BELL - 8..BELL - 4;

const CHANNELS: &[&[u8]] = &[
    b"news",
    b"n",
    b"",
    b"__keyevent@0__:del",
    b"__keyevent@0__:set",
    b"__keyspace@0__:h1",
    b"__keyspace@0__:list1",
    b"__keyevent@0__:hset",
    b"__keyevent@0__:new",
];

const PATTERNS: &[&[u8]] = &[b"*", b"n*", b"__key*", b"__keyevent@*", b"__keyspace@0__:*", b"?", b"[", b""];

fn listener(g: &mut Generator) -> usize {
    g.random.between(LISTENERS.start, LISTENERS.end - 1)
}

fn send(g: &mut Generator, client: usize, args: Vec<Vec<u8>>) {
    g.steps.push(Step::Send { client, args });
    if g.random.chance(40) {
        g.steps.push(Step::Arrived);
    }
}

fn listen(g: &mut Generator, name: &str, pool: &[&[u8]]) {
    let mut words = words![name];
    for _ in 0..g.random.between(1, 3) {
        words.push(g.random.pick(pool).to_vec());
    }
    let client = listener(g);
    send(g, client, words);
}

/// Leaves the other patterns first.
fn listen_to_pattern(g: &mut Generator) {
    let client = listener(g);
    let mut words = words!["PUNSUBSCRIBE"];
    words.extend(PATTERNS.iter().map(|pattern| pattern.to_vec()));
    send(g, client, words);
    let words = words!["PSUBSCRIBE", g.random.pick(PATTERNS)];
    send(g, client, words);
}

fn publish(g: &mut Generator, name: &str) {
    let words = words![name, g.random.pick(CHANNELS), format!("message {}", g.steps.len())];
    g.command(words);
    if g.random.chance(20) {
        g.steps.push(Step::Arrived);
    }
}

fn ask(g: &mut Generator, name: &str) {
    let mut words = words!["PUBSUB", name];
    for _ in 0..g.random.below(4) {
        words.push(g.random.pick(CHANNELS).to_vec());
    }
    g.command(words);
}

fn names(g: &mut Generator, name: &str) {
    let mut words = words!["PUBSUB", name];
    if g.random.chance(60) {
        words.push(g.random.pick(PATTERNS).to_vec());
    }
    g.command(words);
}

/// Which events are told.
fn events(g: &mut Generator) {
    let classes = g.random.pick(&["", "KEg$lshztdn", "Kn", "E$", "KElg", "Es", "KEz", "Eht", "g$", "KEt", "wrong"]);
    g.command(words!["CONFIG", "SET", "notify-keyspace-events", classes]);
}

/// Without a name, by one who is not to listen.
fn wrong(g: &mut Generator) {
    let name = g.random.pick(&["SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"]);
    g.say(name);
    // What comes last may be mutated.
    g.say("PING");
}

/// A listener says something else, begins anew, or goes.
fn leave(g: &mut Generator) {
    let client = listener(g);
    match g.random.below(5) {
        0 => {
            g.steps.push(Step::Arrived);
            g.steps.push(Step::Reconnect { client });
        }
        1 => send(g, client, words!["RESET"]),
        2 => send(g, client, words!["PING"]),
        3 => send(g, client, words!["ECHO", "refused in RESP2"]),
        _ => {
            // What it was told has to have left before.
            g.steps.push(Step::Arrived);
            g.command(words!["CLIENT", "KILL", "ID", format!("${{id:c{client}}}")]);
            g.steps.push(Step::Arrived);
            g.steps.push(Step::Reconnect { client });
        }
    }
}
