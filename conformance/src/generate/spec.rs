//! Commands from their own documentation, and what may be wrong with a command.

use super::atoms::{self, Holds};
use crate::random::Random;
use crate::rows::{Arg, Row};
use crate::script::has_placeholder;

/// A command that its COMMAND DOCS allow.
pub fn command(random: &mut Random, row: &Row) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = row.name.split('|').map(|word| atoms::recased(random, word)).collect();
    for arg in &row.args {
        argument(random, arg, &mut words);
    }
    words
}

fn argument(random: &mut Random, arg: &Arg, words: &mut Vec<Vec<u8>>) {
    if arg.optional && !random.chance(40) {
        return;
    }
    let times = if arg.multiple { random.between(1, 3) } else { 1 };
    for turn in 0..times {
        if let Some(token) = &arg.token
            && !token.is_empty()
            && (turn == 0 || arg.multiple_token)
        {
            words.push(atoms::recased(random, token));
        }
        match arg.kind.as_str() {
            "oneof" if !arg.children.is_empty() => {
                let child = random.below(arg.children.len());
                argument(random, &arg.children[child], words);
            }
            "block" => arg.children.iter().for_each(|child| argument(random, child, words)),
            "pure-token" => {}
            "key" => words.push(atoms::key(random, Holds::Any)),
            "integer" => words.push(integer_named(random, &arg.name)),
            "double" => words.push(atoms::float(random)),
            "pattern" => words.push(atoms::pattern(random)),
            "unix-time" if arg.name.contains("milli") => words.push(atoms::unix_millis(random)),
            "unix-time" => words.push(atoms::unix_seconds(random)),
            _ => words.push(atoms::value(random)),
        }
    }
}

/// Names say more than types: `seconds` must not lapse during the run, `db` should exist.
fn integer_named(random: &mut Random, name: &str) -> Vec<u8> {
    match name {
        "seconds" => atoms::ttl_seconds(random),
        "milliseconds" => atoms::ttl_millis(random),
        name if name.contains("db") || name == "index" => atoms::db(random),
        "offset" | "start" | "end" => atoms::offset(random),
        _ => atoms::integer(random),
    }
}

/// Makes a command wrong, or at least unusual: arity, options, case, garbage.
pub fn mutate(random: &mut Random, args: &mut Vec<Vec<u8>>) {
    // An error would quote what a placeholder stands for, which is different on each side.
    if args.iter().any(|arg| has_placeholder(arg)) {
        return;
    }
    match random.below(8) {
        0 if args.len() > 1 => {
            // Also so short that no command with arguments takes it.
            let left = if random.chance(50) { args.len() - 1 } else { random.between(1, 2) };
            args.truncate(left);
        }
        1 => args.push(atoms::small(random)),
        2 if args.len() > 1 => {
            let at = random.between(1, args.len() - 1);
            args.remove(at);
        }
        3 if args.len() > 1 => {
            let at = random.between(1, args.len() - 1);
            let copy = args[at].clone();
            args.insert(at, copy);
        }
        4 => args[0] = args[0].iter().map(u8::to_ascii_lowercase).collect(),
        5 => {
            let options: &[&[u8]] =
                &[b"NX", b"XX", b"GT", b"KEEPTTL", b"GET", b"COUNT", b"nosuchoption", b"", b"REPLACE"];
            args.push(random.pick(options).to_vec());
        }
        6 if args[0].len() > 1 && !is_disruptive(args) => {
            args[0].pop();
        }
        _ if args.len() > 2 => {
            let (a, b) = (random.between(1, args.len() - 1), random.between(1, args.len() - 1));
            args.swap(a, b);
        }
        _ => {}
    }
    if is_unsafe(args) {
        *args = vec![b"PING".to_vec()];
    }
}

/// Cutting a letter from these could give another command that the run must not send.
fn is_disruptive(args: &[Vec<u8>]) -> bool {
    args[0].len() > 8
}

/// Mutations must not turn a command into one with a TTL that lapses at an unknown moment, or a pause.
fn is_unsafe(args: &[Vec<u8>]) -> bool {
    let name = args[0].to_ascii_uppercase();
    let timed =
        [&b"EX"[..], b"PX", b"EXPIRE", b"PEXPIRE", b"SETEX", b"PSETEX", b"RESTORE", b"SLEEP", b"PAUSE", b"TIMEOUT"];
    let mentions_time = args.iter().any(|arg| timed.iter().any(|word| arg.eq_ignore_ascii_case(word)));
    mentions_time && args.iter().any(|arg| soon(arg)) || name == b"SHUTDOWN"
}

/// A positive number small enough to be a near time.
fn soon(arg: &[u8]) -> bool {
    let number: Option<u64> = std::str::from_utf8(arg).ok().and_then(|text| text.parse().ok());
    number.is_some_and(|n| n > 0 && n < 100_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutation_never_makes_a_near_ttl() {
        let mut random = Random::new(3);
        for _ in 0..20_000 {
            let mut args = crate::words!["SET", "k", "5", "PX", "100000000"];
            mutate(&mut random, &mut args);
            let px = args.iter().position(|arg| arg.as_slice() == b"PX");
            assert!(px.is_none() || !args.iter().any(|arg| soon(arg)), "{args:?}");
        }
    }

    #[test]
    fn documented_arguments_are_all_used() {
        let arg = |name: &str, kind: &str, token: &str| Arg {
            name: name.into(),
            kind: kind.into(),
            token: (!token.is_empty()).then(|| token.to_string()),
            ..Arg::default()
        };
        let row = Row {
            name: "CONFIG|GET".into(),
            group: "server".into(),
            arity: -3,
            flags: Default::default(),
            args: vec![arg("k", "key", ""), arg("n", "integer", "LIMIT"), arg("x", "pure-token", "XX")],
        };
        let words = command(&mut Random::new(1), &row);
        assert_eq!(words.len(), 6);
        assert!(words[3].eq_ignore_ascii_case(b"LIMIT") && words[5].eq_ignore_ascii_case(b"XX"));
    }
}
