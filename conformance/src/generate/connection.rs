//! The connection family: protocols, reply modes, names, and clients that end each other.

use super::atoms::{self, Holds};
use super::{Entry, Generator, entry};
use crate::script::{Step, has_placeholder};
use crate::words;

pub const TABLE: &[Entry] = &[
    entry("SET", 4, |g| {
        let (key, value) = (atoms::key(&mut g.random, Holds::Any), atoms::value(&mut g.random));
        g.command(words!["SET", key, value]);
    }),
    entry("GET", 8, |g| {
        let key = atoms::key(&mut g.random, Holds::Any);
        g.command(words!["GET", key]);
    }),
    entry("ECHO", 6, |g| {
        let value = atoms::value(&mut g.random);
        g.command(words!["ECHO", value]);
    }),
    entry("PING", 6, ping),
    entry("SELECT", 6, |g| {
        let db = atoms::db(&mut g.random);
        g.command(words!["SELECT", db]);
    }),
    entry("HELLO", 6, hello),
    entry("RESET", 1, |g| g.say("RESET")),
    entry("QUIT", 1, quit),
    entry("AUTH", 2, auth),
    entry("CLIENT|ID", 2, |g| g.say("CLIENT ID")),
    entry("CLIENT|INFO", 2, |g| g.say("CLIENT INFO")),
    entry("CLIENT|LIST", 3, list),
    entry("CLIENT|GETNAME", 4, |g| g.say("CLIENT GETNAME")),
    entry("CLIENT|SETNAME", 5, setname),
    entry("CLIENT|GETREDIR", 2, |g| g.say("CLIENT GETREDIR")),
    entry("CLIENT|TRACKINGINFO", 3, |g| g.say("CLIENT TRACKINGINFO")),
    entry("CLIENT|TRACKING", 4, tracking),
    entry("CLIENT|CACHING", 3, caching),
    entry("CLIENT|NO-EVICT", 2, |g| {
        let mode = g.random.pick(&["ON", "OFF", "on", "maybe"]);
        g.command(words!["CLIENT", "NO-EVICT", mode]);
    }),
    entry("CLIENT|REPLY", 2, reply),
    entry("CLIENT|KILL", 2, kill),
    entry("CLIENT|UNBLOCK", 2, unblock),
    entry("CLIENT|UNPAUSE", 2, |g| g.say("CLIENT UNPAUSE")),
    entry("CLIENT|HELP", 1, |g| g.say("CLIENT HELP")),
];

fn ping(g: &mut Generator) {
    if g.random.chance(50) {
        g.say("PING");
    } else {
        let value = atoms::value(&mut g.random);
        g.command(words!["PING", value]);
    }
}

fn hello(g: &mut Generator) {
    let mut words = words![atoms::recased(&mut g.random, "HELLO")];
    if g.random.chance(90) {
        let version = g.random.pick(&["2", "3", "2", "3", "2", "3", "4", "1", "abc", "-1", "03", ""]);
        words.push(version.as_bytes().to_vec());
    }
    for _ in 0..g.random.below(3) {
        match g.random.below(5) {
            0..=2 => words.extend(words!["SETNAME", name(g)]),
            3 => words.extend(words!["AUTH", "default", "secret"]),
            _ => words.extend(words![["AUTH", "SETNAME", "nosuch"][g.random.below(3)]]),
        }
    }
    g.command(words);
}

fn name(g: &mut Generator) -> Vec<u8> {
    let names: &[&[u8]] = &[b"one", b"two", b"", b"with space", b"new\nline", b"\xc3\xa9", b"~", b"a=b", b"\x7f", b"!"];
    g.random.pick(names).to_vec()
}

fn setname(g: &mut Generator) {
    let name = name(g);
    g.command(words!["CLIENT", "SETNAME", name]);
}

fn quit(g: &mut Generator) {
    // A connection costs as much as a hundred commands.
    if g.random.chance(10) {
        if g.random.chance(50) {
            g.say("QUIT");
        } else {
            g.say("quit now please");
        }
    } else {
        g.say("PING");
    }
}

fn auth(g: &mut Generator) {
    let line = g.random.pick(&["AUTH x", "AUTH default x", "AUTH nosuch x", "AUTH a b c", "AUTH"]);
    g.say(line);
}

fn another(g: &mut Generator) -> usize {
    g.random.between(1, g.clients)
}

fn list(g: &mut Generator) {
    let other = another(g);
    let mut words = words!["CLIENT", "LIST"];
    match g.random.below(6) {
        0..=1 => {}
        2..=3 => {
            let kind = g.random.pick(&["normal", "pubsub", "master", "replica", "slave", "NORMAL", "nosuch"]);
            words.extend(words!["TYPE", kind]);
        }
        4 => words.extend(words!["ID", format!("${{id:c{other}}}")]),
        _ => words.extend(words!["ID", atoms::integer(&mut g.random), "99999"]),
    }
    g.command(words);
}

/// CLIENT CACHING, half the time in a mode of tracking that has a use for it.
fn caching(g: &mut Generator) {
    let mode = g.random.pick(&["YES", "NO", "yes", "MAYBE"]);
    let caching = words!["CLIENT", "CACHING", mode];
    if g.random.chance(50) {
        return g.command(caching);
    }
    g.say("CLIENT TRACKING OFF");
    let option = g.random.pick(&["OPTIN", "OPTOUT"]);
    g.command(words!["CLIENT", "TRACKING", "ON", option]);
    g.command(caching);
    g.say("GET s1");
    g.say("CLIENT TRACKING OFF");
    // What comes last may be mutated.
    g.say("CLIENT GETNAME");
}

fn tracking(g: &mut Generator) {
    let mode = if g.random.chance(60) { "ON" } else { "OFF" };
    let mut words = words!["CLIENT", "TRACKING", atoms::recased(&mut g.random, mode)];
    if g.random.chance(4) {
        return g.command(words!["CLIENT", "TRACKING", "ON", "REDIRECT", "${id:c1}", "REDIRECT", "${id:c1}"]);
    }
    if g.random.chance(4) {
        // Prefixes that overlap, and no broadcast that could come.
        let (one, other) = [("s", "s1"), ("s1", "s"), ("", "i"), ("k", "k")][g.random.below(4)];
        g.command(words!["CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", one, "PREFIX", other]);
        g.say("CLIENT TRACKING OFF");
        return g.say("CLIENT GETNAME");
    }
    if g.random.chance(4) {
        g.command(words!["CLIENT", "TRACKING", "ON", "REDIRECT", "${id:c1}"]);
        g.say("CLIENT TRACKING OFF");
        return g.say("CLIENT GETNAME");
    }
    for _ in 0..g.random.below(4) {
        match g.random.below(7) {
            0 => words.extend(words!["BCAST"]),
            1 => words.extend(words!["PREFIX", g.random.pick(&["s", "i", "k", "", "s1"])]),
            2 => words.extend(words!["NOLOOP"]),
            3 => words.extend(words!["OPTIN"]),
            4 => words.extend(words!["OPTOUT"]),
            5 => words.extend(words!["REDIRECT", "999999"]),
            _ => words.extend(words!["nosuch"]),
        }
    }
    // Broadcasts are sent once per turn of the server's loop, and how commands fall into turns is not promised.
    let broadcasts = words.iter().any(|word| word.eq_ignore_ascii_case(b"bcast"));
    g.command(words);
    if broadcasts || g.random.chance(50) {
        g.say("CLIENT TRACKING OFF");
        // What comes last may be mutated.
        g.say("CLIENT GETNAME");
    }
}

fn reply(g: &mut Generator) {
    match g.random.below(4) {
        0 => {
            g.say("CLIENT REPLY SKIP");
            g.say("PING skipped");
        }
        1 => {
            g.say("CLIENT REPLY OFF");
            for _ in 0..g.random.below(4) {
                g.say("SET s1 unheard");
            }
            g.say("CLIENT REPLY ON");
            // What comes last may be mutated, and must not be what turns replies on again: a client that ends
            // itself unheard is closed or not, depending on how its bytes were read.
            g.say("PING");
        }
        2 => g.say("CLIENT REPLY ON"),
        _ => g.say("CLIENT REPLY maybe"),
    }
}

fn kill(g: &mut Generator) {
    let other = another(g);
    let words = match g.random.below(24) {
        0 => words!["CLIENT", "KILL", format!("${{addr:c{other}}}")],
        1 => words!["CLIENT", "KILL", "ID", format!("${{id:c{other}}}")],
        2 => words!["CLIENT", "KILL", "ADDR", format!("${{addr:c{other}}}"), "SKIPME", "no"],
        3 => words!["CLIENT", "KILL", "LADDR", "${laddr}", "ID", format!("${{id:c{other}}}")],
        4 => words!["CLIENT", "KILL", "TYPE", "normal", "ID", format!("${{id:c{other}}}"), "SKIPME", "yes"],
        5 => words!["CLIENT", "KILL", "USER", "default", "ID", format!("${{id:c{other}}}")],
        6..=7 => words!["CLIENT", "KILL", "TYPE", g.random.pick(&["pubsub", "master", "replica", "slave", "nosuch"])],
        8..=9 => words!["CLIENT", "KILL", "USER", g.random.pick(&["nosuch", ""])],
        10..=11 => words!["CLIENT", "KILL", "ID", atoms::integer(&mut g.random), "ID", "99999"],
        12..=13 => words!["CLIENT", "KILL", "SKIPME", g.random.pick(&["yes", "maybe"]), "ID", "99999"],
        14..=15 => words!["CLIENT", "KILL", "1.2.3.4:5"],
        16..=17 => words!["CLIENT", "KILL", "ADDR", "1.2.3.4:5", "LADDR", "1.2.3.4:6"],
        18 => words!["CLIENT", "KILL"],
        19 => words!["CLIENT", "KILL", "nosuch", "option"],
        _ => words!["CLIENT", "KILL", "ID", "99999", "SKIPME"],
    };
    if words.iter().any(|word| has_placeholder(word)) {
        // Ends the batch: a push that waits for the victim is sent by then, or lost, depending on how the killer's
        // bytes were read.
        g.steps.push(Step::Sleep { ms: 0 });
    }
    g.command(words);
}

fn unblock(g: &mut Generator) {
    let id = if g.random.chance(50) {
        format!("${{id:c{}}}", another(g)).into_bytes()
    } else {
        atoms::integer(&mut g.random)
    };
    let mut words = words!["CLIENT", "UNBLOCK", id];
    if g.random.chance(60) {
        words.push(g.random.pick(&["TIMEOUT", "ERROR", "error", "nosuch"]).as_bytes().to_vec());
    }
    g.command(words);
}
