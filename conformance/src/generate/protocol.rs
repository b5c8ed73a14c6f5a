//! The protocol family: bytes that are almost requests.
//!
//! Each case speaks on a connection of its own: everything is sent, in pieces or whole, then the writing side is
//! closed and whatever the server said is compared, byte for byte. What came after an error must not have run:
//! the keys it would have set are part of the post-state.

use super::atoms;
use super::{Entry, Generator, entry};
use crate::quote;
use crate::random::Random;
use crate::resp;
use crate::script::{Read, Step};
use crate::words;

pub const TABLE: &[Entry] = &[entry("", 10, conversation)];

/// The client number of raw conversations: never one of the others.
const RAW_CLIENT: usize = 9;

fn conversation(g: &mut Generator) {
    let client = RAW_CLIENT;
    g.steps.push(Step::Reconnect { client });
    let mut bytes = Vec::new();
    for _ in 0..g.random.between(5, 120) {
        piece(&mut g.random, &mut bytes);
    }
    if g.random.chance(25) {
        bytes.truncate(g.random.below(bytes.len() + 1));
    }
    // The server reads up to 16 KiB at once; a close with bytes unread could cost the client its last reply.
    bytes.truncate(12_000);
    let mut rest = &bytes[..];
    // A line that looks like HTTP ends the connection at once, with what was not yet written: what that is
    // depends on how the bytes were read, so they must come in one piece.
    let http =
        [&b"host:"[..], b"post"].iter().any(|word| bytes.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word)));
    while !http && g.random.chance(20) && rest.len() > 1 {
        let (first, second) = rest.split_at(g.random.between(1, rest.len() - 1));
        g.steps.push(Step::Raw { client, bytes: first.to_vec() });
        rest = second;
    }
    g.steps.push(Step::Raw { client, bytes: rest.to_vec() });
    g.steps.push(Step::Read { client, what: Read::End });
}

/// A request, most of the time a good one.
fn piece(random: &mut Random, out: &mut Vec<u8>) {
    match random.below(40) {
        0..=19 => resp::encode_command(&request(random), out),
        20..=30 => inline(random, out),
        31 => out.extend_from_slice(b"\r\n"),
        32 => out.extend_from_slice(random.pick::<[u8]>(&[b"*0\r\n", b"*-1\r\n", b"*-5\r\n", b"\n", b" \r\n"])),
        33 if random.chance(30) => malformed(random, out),
        34 => {
            // The two bytes after a bulk are skipped, whatever they are.
            out.extend_from_slice(b"*1\r\n$4\r\nPINGxx");
        }
        35 => out.extend_from_slice(b"*3\r\n$3\r\nSET\r\n$2\r\npk\r\n$5\r\na\r\nbc\r\n"),
        36 => out.extend_from_slice(b"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n"),
        _ => out.extend_from_slice(b"PING\r\n"),
    }
}

fn request(random: &mut Random) -> Vec<Vec<u8>> {
    match random.below(10) {
        0..=2 => words!["SET", format!("p{}", random.below(4)), atoms::value(random)],
        3..=4 => words!["GET", format!("p{}", random.below(4))],
        5 => words!["ECHO", atoms::value(random)],
        6 => words!["APPEND", format!("p{}", random.below(4)), atoms::small(random)],
        7 => words![atoms::value(random), atoms::value(random), atoms::value(random)],
        8 => words!["HELLO", ["2", "3"][random.below(2)], "SETNAME", "x"],
        _ => words!["PING"],
    }
}

fn inline(random: &mut Random, out: &mut Vec<u8>) {
    let end: &[u8] = random.pick(&[b"\r\n", b"\n", b"\r\n"]);
    let lines: &[&[u8]] = &[
        b"PING",
        b"  PING  ",
        b"ECHO \"a b\\x41\\n\"",
        b"ECHO 'it\\'s'",
        b"ECHO \"unbalanced",
        b"ECHO 'a'b",
        b"ECHO \"a\"b",
        b"SET p1 x y",
        b"get p1",
        b"ECHO \"\\q\\x4\"",
        b"ECHO ''",
        b"ECHO a\tb",
        b"\tPING",
        b"ECHO a\0b",
        b"NOSUCH a b c",
        b"PING \"\"",
        b"ECHO \xff\xfe",
    ];
    match random.below(4) {
        0 => {
            let args: Vec<Vec<u8>> = request(random)
                .into_iter()
                .map(|mut arg| {
                    arg.truncate(300);
                    arg
                })
                .collect();
            out.extend_from_slice(quote::join(&args).as_bytes());
        }
        _ => out.extend_from_slice(random.pick(lines)),
    }
    out.extend_from_slice(end);
}

/// What ends a connection.
fn malformed(random: &mut Random, out: &mut Vec<u8>) {
    let cases: &[&[u8]] = &[
        b"*1048577\r\n",
        b"*2147483648\r\n",
        b"*abc\r\n",
        b"*1\r\nPING\r\n",
        b"*1\r\n$-1\r\n",
        b"*1\r\n$abc\r\n",
        b"*1\r\n$536870913\r\n",
        b"*1\r\n:1\r\n",
        b"*1x\r\n",
        b"* 1\r\n",
        b"*1\r\n$4x\r\nPING\r\n",
        b"*+1\r\n$4\r\nPING\r\n",
        b"*01\r\n$4\r\nPING\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\n",
        b"*1\r\n\r\n",
        b"*2\r\n$4\r\nECHO\r\n*1\r\n",
        b"*99999999999999999999\r\n",
        b"*1\n$4\nPING\n",
        b"\"\r\n",
        b"*\r\n",
        b"*1\r\n$\r\n",
    ];
    out.extend_from_slice(random.pick(cases));
}
