//! Clients that monitor, the slow log, and latency.
//!
//! Monitors are clients of their own, which are sent commands without waiting and read now and then. What is compared of a line is
//! all but the moment and the address (`monitor_line.rs`). The slow log is looked at after a burst of one client in which
//! everything is slow; nothing that happens between two bursts is, so that only the burst is in it.

use super::{Entry, Generator, atoms, entry};
use crate::script::Step;
use crate::target::BELL;
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("MONITOR", 3, |g| send(g, &["MONITOR"])),
    entry("MONITOR", 4, say),
    entry("MONITOR", 40, |g| g.data_commands(&[])),
    entry("MONITOR", 6, conversation),
    entry("MONITOR", 12, |g| g.steps.push(Step::Arrived)),
    entry("MONITOR", 1, leave),
    entry("SLOWLOG|GET", 4, slow_burst),
    entry("SLOWLOG|LEN", 0, |g| g.say("SLOWLOG LEN")),
    entry("SLOWLOG|RESET", 1, |g| g.say("SLOWLOG RESET")),
    entry("SLOWLOG|HELP", 1, |g| g.say("SLOWLOG HELP")),
    entry("SLOWLOG|GET", 1, wrong_slowlog),
    entry("LATENCY|HISTOGRAM", 2, histogram),
    entry("LATENCY|LATEST", 1, |g| g.say("LATENCY LATEST")),
    entry("LATENCY|HISTORY", 1, |g| event(g, "HISTORY")),
    // Without samples it always fails.
    entry("LATENCY|GRAPH", 0, |g| event(g, "GRAPH")),
    entry("LATENCY|HISTORY", 1, |g| event(g, "GRAPH")),
    entry("LATENCY|RESET", 1, |g| event(g, "RESET")),
    entry("LATENCY|DOCTOR", 1, |g| g.say("LATENCY DOCTOR")),
    entry("LATENCY|HELP", 1, |g| g.say("LATENCY HELP")),
];

const MONITORS: std::ops::Range<usize> = BELL + 1..BELL + 4;

fn monitor(g: &mut Generator) -> usize {
    g.random.between(MONITORS.start, MONITORS.end - 1)
}

fn say_one_of(g: &mut Generator, lines: &[&str]) {
    let line = g.random.pick(lines);
    g.say(line);
}

/// A command with a last argument of any kind.
fn with_value(g: &mut Generator, words: &[&str]) {
    let mut args: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
    args.push(atoms::value(&mut g.random));
    g.command(args);
}

fn send(g: &mut Generator, args: &[&str]) {
    let client = monitor(g);
    g.steps.push(Step::Send { client, args: args.iter().map(|arg| arg.as_bytes().to_vec()).collect() });
}

/// What a monitor says itself. No transaction: lines would stand inside of EXEC's array.
fn say(g: &mut Generator) {
    let lines: &[&[&str]] = &[
        &["PING"],
        &["GET", "str1"],
        &["SET", "str1", "refused if it monitors"],
        &["ECHO", "a\r\n\"\\\x07"],
        &["SELECT", "2"],
        &["SELECT", "0"],
        &["CLIENT", "SETNAME", "observer"],
        &["PUBLISH", "news", "x"],
        &["NOSUCH"],
        &["DBSIZE"],
        &["RESET"],
    ];
    let line = g.random.pick(lines);
    send(g, line);
}

/// Words of every kind, transactions, secrets, errors: how they are shown.
fn conversation(g: &mut Generator) {
    match g.random.below(8) {
        0 => with_value(g, &["ECHO"]),
        1 => {
            g.say("MULTI");
            // Its choice can't be adopted in there.
            g.data_commands(&["SPOP"]);
            say_one_of(g, &["EXEC", "DISCARD"]);
        }
        2 => say_one_of(g, &["AUTH secret", "AUTH user secret", "AUTH a b c", "HELLO 9 AUTH default secret"]),
        3 => with_value(g, &["GETT"]),
        4 => {
            let db = g.random.between(0, 9).to_string();
            g.command(words!["SELECT", db]);
            with_value(g, &["SET", "shown"]);
            g.say("SELECT 0");
        }
        5 => {
            // Refused in a transaction.
            g.say("MULTI");
            g.say("MONITOR");
            g.say("EXEC");
            g.say("MONITOR now");
        }
        6 => say_one_of(g, &["CONFIG GET databases", "CLIENT GETNAME", "COMMAND COUNT", "DEBUG SLEEP 0"]),
        _ => say_one_of(g, &["CLIENT SETNAME a", "CLIENT SETNAME b", "CLIENT SETNAME "]),
    }
    g.say("PING");
}

/// A monitor begins anew.
fn leave(g: &mut Generator) {
    let client = monitor(g);
    g.steps.push(Step::Arrived);
    g.steps.push(Step::Reconnect { client });
}

/// Everything that one client says is slow for a while.
fn slow_burst(g: &mut Generator) {
    // Who was woken before goes on when the server's round ends; in a burst of many bytes that may be in the middle.
    g.steps.push(Step::Arrived);
    g.say("CONFIG SET slowlog-log-slower-than -1 slowlog-max-len 128");
    g.say("SLOWLOG RESET");
    if g.random.chance(30) {
        say_one_of(
            g,
            &["CONFIG SET slowlog-max-len 0", "CONFIG SET slowlog-max-len 1", "CONFIG SET slowlog-max-len 3"],
        );
    }
    g.say("CONFIG SET slowlog-log-slower-than 0");
    for _ in 0..g.random.between(1, 4) {
        let mut args = words!["RPUSH", "slow"];
        for _ in 0..*g.random.pick(&[&1, &2, &29, &30, &31, &60]) {
            args.push(match g.random.chance(10) {
                true => vec![b'x'; g.random.between(126, 300)],
                false => atoms::small(&mut g.random),
            });
        }
        g.command(args);
        say_one_of(g, &["GET slow", "NOSUCH", "GET", "PING", "AUTH secret", "CONFIG SET nosuch 1 requirepass x"]);
    }
    g.say("DEL slow");
    g.say("SLOWLOG LEN");
    say_one_of(g, &["SLOWLOG GET -1", "SLOWLOG GET 0", "SLOWLOG GET 1", "SLOWLOG GET 5", "SLOWLOG GET 100"]);
    g.say("CONFIG SET slowlog-log-slower-than -1 slowlog-max-len 128");
    g.say("SLOWLOG GET");
    g.say("PING");
}

fn wrong_slowlog(g: &mut Generator) {
    say_one_of(g, &["SLOWLOG GET -2", "SLOWLOG GET x", "SLOWLOG GET 1 2", "SLOWLOG NOSUCH", "SLOWLOG"]);
    g.say("PING");
}

/// Calls that are counted anew.
fn histogram(g: &mut Generator) {
    g.say("CONFIG RESETSTAT");
    g.say("TYPE nokey");
    for _ in 0..g.random.below(4) {
        g.say("STRLEN nokey");
    }
    say_one_of(
        g,
        &[
            "LATENCY HISTOGRAM strlen",
            "LATENCY HISTOGRAM type STRLEN nosuch",
            "LATENCY HISTOGRAM config|resetstat",
            "LATENCY HISTOGRAM nosuch",
            "LATENCY HISTOGRAM config|nosuch strlen strlen",
        ],
    );
    // Without names it tells of the harness, too; what comes last may be mutated.
    g.say("PING");
}

/// Nothing is monitored: no event has samples.
fn event(g: &mut Generator, name: &str) {
    let event = g.random.pick(&["command", "fast-command", "nosuch", "a\0b", ""]);
    g.command(words!["LATENCY", name, event]);
}
