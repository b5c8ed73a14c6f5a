//! Keys that expire while both servers watch.
//!
//! Expiry is the one behaviour that needs time to pass. Keys are given one or two milliseconds as the last thing
//! of a batch, everybody sleeps, and then each lapsed key meets a different command. All of them touch the key,
//! so that none stays in memory as a ghost: DEBUG DIGEST and DBSIZE see ghosts.

use super::Generator;
use crate::script::Step;
use crate::words;

const KEYS: &[&str] = &["lapse:a", "lapse:b", "lapse:c", "lapse:d"];

/// What may happen to a key that has lapsed.
const MEETINGS: &[&[&str]] = &[
    &["GET", "K"],
    &["EXISTS", "K"],
    &["INCR", "K"],
    &["APPEND", "K", "x"],
    &["SETRANGE", "K", "2", "x"],
    &["GETSET", "K", "new"],
    &["SET", "K", "new", "XX"],
    &["SET", "K", "new", "NX"],
    &["SET", "K", "new", "KEEPTTL"],
    &["SET", "K", "new", "GET"],
    &["GETDEL", "K"],
    &["GETEX", "K", "PERSIST"],
    &["STRLEN", "K"],
    &["TTL", "K"],
    &["TYPE", "K"],
    &["PERSIST", "K"],
    &["EXPIRE", "K", "1000000"],
    &["EXPIRETIME", "K"],
    &["RENAME", "K", "s1"],
    &["RENAMENX", "s1", "K"],
    &["RENAME", "s2", "K"],
    &["COPY", "K", "s1"],
    &["COPY", "s1", "K"],
    &["DUMP", "K"],
    &["OBJECT", "ENCODING", "K"],
    &["DEL", "K"],
    &["UNLINK", "K"],
    &["TOUCH", "K"],
    &["SETNX", "K", "new"],
    &["MSETNX", "K", "1"],
    &["MGET", "K", "s1"],
    &["MOVE", "K", "1"],
    &["INCRBYFLOAT", "K", "1.5"],
];

/// Emits keys that lapse, the sleep, and what they meet.
pub fn lapse(g: &mut Generator) {
    // A sleep costs as much as hundreds of commands.
    if !g.random.chance(1) {
        let key = KEYS[g.random.below(KEYS.len())];
        g.command(words!["TOUCH", key]);
        return;
    }
    for (index, key) in KEYS.iter().enumerate() {
        g.command(match index {
            0 => words!["SET", key, "10", "PX", "1"],
            1 => words!["PSETEX", key, "2", "text"],
            2 => words!["SET", key, "1.5", "PX", "2"],
            _ => words!["SET", key, "", "PX", "1"],
        });
    }
    g.steps.push(Step::Sleep { ms: 5 });
    for key in KEYS {
        let meeting = MEETINGS[g.random.below(MEETINGS.len())];
        let args = meeting.iter().map(|word| if *word == "K" { key.as_bytes() } else { word.as_bytes() });
        g.command(args.map(<[u8]>::to_vec).collect());
        g.command(words!["TOUCH", key]);
    }
    // What comes last may be mutated, and a ghost that stays is met by RANDOMKEY or SCAN at random.
    g.command(words!["TOUCH", KEYS[0]]);
}
