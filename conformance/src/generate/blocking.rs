//! Clients that wait, and what wakes them.
//!
//! ```text
//!   waiters (c11 … c14)   wait: a blocking command is sent, executed, not waited for; perhaps an ECHO behind it
//!   speakers (c1 …)       stir: commands that create, change and remove the few keys that are waited for, of every type
//!                         release: CLIENT UNBLOCK, CLIENT KILL, or the connection is closed
//! ```
//!
//! Nothing depends on time: a wait has no timeout or one that is far away, and a waiter is released before it is sent
//! something new. Nothing depends on how a server cuts its input into rounds either: what stands behind a blocked command
//! changes nothing. SWAPDB looks at the awaited keys in an order that 7.0.15 leaves to its hash seed, so it only comes while
//! one key is awaited at most.

use super::{Entry, Generator, entry, spec};
use crate::script::Step;
use crate::target::BELL;
use crate::words;
use std::collections::{BTreeMap, BTreeSet};

/// The family that does nothing else. The families of the types have the same commands among theirs.
pub const TABLE: &[Entry] = &[
    entry("BLPOP", 3, |g| pop(g, "BLPOP")),
    entry("BRPOP", 2, |g| pop(g, "BRPOP")),
    entry("BLMOVE", 4, blmove),
    entry("BRPOPLPUSH", 2, brpoplpush),
    entry("BLMPOP", 3, blmpop),
    entry("BZPOPMIN", 3, |g| pop(g, "BZPOPMIN")),
    entry("BZPOPMAX", 2, |g| pop(g, "BZPOPMAX")),
    entry("BZMPOP", 3, bzmpop),
    entry("XREAD", 3, xread),
    entry("XREADGROUP", 5, xreadgroup),
    entry("SWAPDB", 1, |g| g.say("SWAPDB 0 1")),
    entry("EXEC", 3, transaction),
    entry("", 60, stir),
];

const WAITERS: std::ops::Range<usize> = BELL - 4..BELL;

/// Keys that come and go, so that there is something to wait for.
const KEYS: &[&[u8]] = &[b"b1", b"b2", b"b3", b"b4"];

/// What each waiter waits for, unless it has been served.
pub type Waiting = BTreeMap<usize, BTreeSet<Vec<u8>>>;

fn key(g: &mut Generator) -> Vec<u8> {
    g.random.pick(KEYS).to_vec()
}

fn keys(g: &mut Generator) -> Vec<Vec<u8>> {
    let count = if g.random.chance(60) { 1 } else { g.random.between(2, 4) };
    (0..count).map(|_| key(g)).collect()
}

/// Seconds: for ever, far away, or wrong.
fn seconds(g: &mut Generator) -> Vec<u8> {
    match g.random.below(40) {
        0..=25 => b"0".to_vec(),
        26..=36 => g.random.pick::<[u8]>(&[b"1000000", b"99999.5", b"1e9", b"0x1000000", b"-0.0001"]).to_vec(),
        _ => g.random.pick::<[u8]>(&[b"-1", b"x", b"inf", b"nan", b"", b"1e400", b"-1e-3"]).to_vec(),
    }
}

fn millis(g: &mut Generator) -> Vec<u8> {
    match g.random.below(40) {
        0..=37 => g.random.pick::<[u8]>(&[b"0", b"0", b"1000000000", b"9223372036854775807"]).to_vec(),
        _ => g.random.pick::<[u8]>(&[b"-1", b"x", b"0.5", b""]).to_vec(),
    }
}

fn side(g: &mut Generator) -> &'static str {
    g.random.pick(&["LEFT", "RIGHT", "left"])
}

/// BLPOP and its like.
pub fn pop(g: &mut Generator, name: &str) {
    let mut words = words![name];
    let keys = keys(g);
    words.extend(keys.iter().cloned());
    words.push(seconds(g));
    wait(g, words, keys);
}

pub fn blmove(g: &mut Generator) {
    let (source, to) = (key(g), key(g));
    let words = words!["BLMOVE", source, to, side(g), side(g), seconds(g)];
    wait(g, words, vec![source]);
}

pub fn brpoplpush(g: &mut Generator) {
    let (source, to) = (key(g), key(g));
    let words = words!["BRPOPLPUSH", source, to, seconds(g)];
    wait(g, words, vec![source]);
}

pub fn blmpop(g: &mut Generator) {
    let end = side(g);
    many_keys(g, "BLMPOP", end);
}

pub fn bzmpop(g: &mut Generator) {
    let end = g.random.pick(&["MIN", "MAX", "max"]);
    many_keys(g, "BZMPOP", end);
}

fn many_keys(g: &mut Generator, name: &str, end: &str) {
    let keys = keys(g);
    let mut words = words![name, seconds(g), keys.len().to_string()];
    words.extend(keys.iter().cloned());
    words.push(end.as_bytes().to_vec());
    if g.random.chance(60) {
        words.extend(words!["COUNT", g.random.between(1, 4).to_string()]);
    }
    wait(g, words, keys);
}

pub fn xread(g: &mut Generator) {
    read(g, words!["XREAD"], |g| match g.random.below(10) {
        0..=5 => b"$".to_vec(),
        6..=7 => b"0".to_vec(),
        _ => g.steps.len().to_string().into_bytes(),
    });
}

pub fn xreadgroup(g: &mut Generator) {
    let mut words = words!["XREADGROUP", "GROUP", g.random.pick(&["g", "h"]), g.random.pick(&["alice", "bob"])];
    if g.random.chance(30) {
        words.push(b"NOACK".to_vec());
    }
    // A group must be there.
    if g.random.chance(80) {
        let create = words!["XGROUP", "CREATE", key(g), words[2], "$", "MKSTREAM"];
        g.command(create);
    }
    read(g, words, |g| if g.random.chance(97) { b">".to_vec() } else { b"0".to_vec() });
}

fn read(g: &mut Generator, mut words: Vec<Vec<u8>>, mut id: impl FnMut(&mut Generator) -> Vec<u8>) {
    if g.random.chance(40) {
        words.extend(words!["COUNT", g.random.between(1, 3).to_string()]);
    }
    words.extend(words!["BLOCK", millis(g), "STREAMS"]);
    let keys = keys(g);
    words.extend(keys.iter().cloned());
    for _ in &keys {
        let id = id(g);
        words.push(id);
    }
    wait(g, words, keys);
}

/// Lets a waiter send a command that may block.
fn wait(g: &mut Generator, mut words: Vec<Vec<u8>>, keys: Vec<Vec<u8>>) {
    let waiter = g.random.between(WAITERS.start, WAITERS.end - 1);
    release(g, waiter);
    if g.random.chance(4) {
        let mut mutated = words.clone();
        spec::mutate(&mut g.random, &mut mutated);
        // Not so that it waits for a moment only.
        if !mutated.iter().any(|word| is_soon(word)) || mutated.len() < words.len() {
            words = mutated;
        }
    }
    if g.random.chance(5) {
        let args = words!["SELECT", g.random.pick(&["0", "1", "2"])];
        g.steps.push(Step::Send { client: waiter, args });
    }
    g.steps.push(Step::Send { client: waiter, args: words });
    if g.random.chance(20) {
        let args = words!["ECHO", g.steps.len().to_string()];
        g.steps.push(Step::Send { client: waiter, args });
    }
    if g.random.chance(30) {
        g.steps.push(Step::Arrived);
    }
    g.waiting.insert(waiter, keys.into_iter().collect());
}

/// A number that is a time within the run.
fn is_soon(word: &[u8]) -> bool {
    let number: Option<f64> = std::str::from_utf8(word).ok().and_then(|text| text.parse().ok());
    number.is_some_and(|number| number > 0.0 && number < 50_000.0)
}

/// Ends the wait of a waiter, if it has not been served anyway.
fn release(g: &mut Generator, waiter: usize) {
    if g.waiting.remove(&waiter).is_none() {
        return;
    }
    match g.random.below(12) {
        0 => {
            g.steps.push(Step::Arrived);
            g.steps.push(Step::Reconnect { client: waiter });
        }
        1 => {
            g.steps.push(Step::Arrived);
            g.command(words!["CLIENT", "KILL", "ID", format!("${{id:c{waiter}}}")]);
            g.steps.push(Step::Reconnect { client: waiter });
        }
        _ => {
            let mut words = words!["CLIENT", "UNBLOCK", format!("${{id:c{waiter}}}")];
            if g.random.chance(50) {
                words.push(g.random.pick(&["TIMEOUT", "ERROR", "error"]).as_bytes().to_vec());
            }
            g.command(words);
            g.steps.push(Step::Arrived);
        }
    }
}

/// Ends every wait.
pub fn release_all(g: &mut Generator) {
    for waiter in WAITERS {
        release(g, waiter);
    }
}

/// What has been appended since `from` may have to come later: SWAPDB when nobody waits for several keys, CLIENT LIST at the
/// beginning of a round.
pub fn put_in_order(g: &mut Generator, from: usize) {
    let swaps = |step: &Step| matches!(step, Step::Command { args, .. } if args[0].eq_ignore_ascii_case(b"SWAPDB"));
    let awaited: BTreeSet<&Vec<u8>> = g.waiting.values().flatten().collect();
    if awaited.len() > 1 && g.steps[from..].iter().any(swaps) {
        let appended = g.steps.split_off(from);
        release_all(g);
        g.steps.extend(appended);
    } else if !awaited.is_empty() && g.steps[from..].iter().any(lists_clients) {
        // A client is shown as unblocked until the server's round ends, which is not the same moment on both sides.
        g.steps.insert(from, Step::Arrived);
    }
}

fn lists_clients(step: &Step) -> bool {
    let Step::Command { args, .. } = step else { return false };
    args[0].eq_ignore_ascii_case(b"CLIENT") && args.get(1).is_some_and(|word| word.eq_ignore_ascii_case(b"LIST"))
}

/// A command on the keys that are waited for: creates, feeds, overwrites, moves, empties, removes.
pub fn stir(g: &mut Generator) {
    let (a, b) = (key(g), key(g));
    let element = format!("e{}", g.steps.len());
    let id = format!("{}-1", g.steps.len());
    let words = match g.random.below(44) {
        0..=5 => words![g.random.pick(&["RPUSH", "LPUSH"]), a, element],
        6..=7 => words!["RPUSH", a, element, "y", "z"],
        8..=11 => words!["ZADD", a, g.random.below(5).to_string(), element],
        12 => words!["ZADD", a, "1", "m", "2.5", element, "inf", "o"],
        13 => words!["ZINCRBY", a, "1", "m"],
        14..=17 => words!["XADD", a, id, "f", element],
        18 => words!["XADD", a, "MAXLEN", "0", id, "f", "v"],
        19 => words!["XGROUP", g.random.pick(&["CREATE", "SETID"]), a, "g", "$"],
        20 => words!["XGROUP", "DESTROY", a, g.random.pick(&["g", "h"])],
        21 => words!["XREADGROUP", "GROUP", "g", "carol", "STREAMS", a, ">"],
        22..=23 => words!["SET", a, element],
        24..=28 => words![g.random.pick(&["DEL", "UNLINK"]), a],
        29..=30 => words![g.random.pick(&["RENAME", "RENAMENX"]), a, b],
        31 => words!["COPY", a, b, "REPLACE"],
        32 => words!["MOVE", a, g.random.pick(&["0", "1"])],
        33..=34 => words!["LMOVE", a, b, side(g), side(g)],
        35 => words!["RPOPLPUSH", a, b],
        36 => words![g.random.pick(&["ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE"]), a, "1", b],
        37 => words!["ZRANGESTORE", a, b, "0", "1"],
        38 => words![g.random.pick(&["LPOP", "ZPOPMIN", "ZPOPMAX"]), a],
        39 => words!["PEXPIREAT", a, g.random.pick(&["1", "99999999999999"])],
        40 => words!["RESTORE", a, "0", ONE_ELEMENT, "REPLACE"],
        41 => words!["SELECT", g.random.pick(&["0", "0", "1"])],
        42 if g.random.chance(20) => words![g.random.pick(&["FLUSHALL", "FLUSHDB"])],
        _ => words!["SELECT", "0"],
    };
    g.command(words);
    if g.random.chance(15) {
        g.steps.push(Step::Arrived);
    }
}

/// Several changes at once: who waits is looked at when all are done.
fn transaction(g: &mut Generator) {
    g.say("MULTI");
    for _ in 0..g.random.between(1, 5) {
        stir(g);
    }
    g.say("EXEC");
}

/// A list of one element, as 7.0.15 dumps it.
const ONE_ELEMENT: &[u8] = b"\x12\x01\x02\x09\x09\x00\x00\x00\x01\x00\x07\x01\xff\x0a\x00TLY\xcb0\xee\xee\xf8";
