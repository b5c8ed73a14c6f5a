//! One connection as the world sees it: both pipes, what was sent and not executed yet, what is expected to come back.

use std::collections::VecDeque;
use std::ops::Range;

use etalon_core::engine::client::ClientId;

use super::scan::Scan;
use crate::model::{Expect, Session};
use crate::network::{Cut, Pipe};
use crate::plan::{Command, request};
use crate::trace::printable;

/// Something a client sent that the node will act on once it is complete.
pub enum Sent {
    Command(Command),
    Scan,
    Garbage,
}

pub struct Connection {
    pub id: ClientId,
    pub incarnation: u32,
    pub to_node: Pipe,
    pub to_client: Pipe,
    pub to_node_scheduled: bool,
    pub to_client_scheduled: bool,
    pub cut: Cut,
    /// Bytes sent and bytes delivered, in total.
    sent_bytes: u64,
    pub delivered: u64,
    /// Sent and not executed: where it lies in the stream, and what it is.
    unexecuted: VecDeque<(Range<u64>, Sent)>,
    pub expected: VecDeque<Expect>,
    /// Bytes of a reply that is not complete.
    pub received: Vec<u8>,
    pub session: Session,
    /// A protocol error is on its way: the node will close.
    pub ending: bool,
    pub closed_by_node: bool,
    pub scan: Option<Scan>,
}

impl Connection {
    pub fn new(id: ClientId, incarnation: u32) -> Connection {
        Connection {
            id,
            incarnation,
            to_node: Pipe::default(),
            to_client: Pipe::default(),
            to_node_scheduled: false,
            to_client_scheduled: false,
            cut: Cut::Whole,
            sent_bytes: 0,
            delivered: 0,
            unexecuted: VecDeque::new(),
            expected: VecDeque::new(),
            received: Vec::new(),
            session: Session::default(),
            ending: false,
            closed_by_node: false,
            scan: None,
        }
    }

    pub fn send(&mut self, command: Command, inline: bool) {
        let bytes = if inline { inline_request(&command) } else { request(&command) };
        let sent = if command[0] == b"SCAN" { Sent::Scan } else { Sent::Command(command) };
        self.push(&bytes, sent);
    }

    pub fn send_garbage(&mut self, bytes: &[u8]) {
        self.ending = true;
        self.push(bytes, Sent::Garbage);
    }

    fn push(&mut self, bytes: &[u8], sent: Sent) {
        self.to_node.send(bytes);
        let start = self.sent_bytes;
        self.sent_bytes += bytes.len() as u64;
        self.unexecuted.push_back((start..self.sent_bytes, sent));
    }

    /// The next request whose last byte has been delivered.
    pub fn next_arrived(&mut self) -> Option<Sent> {
        let (span, _) = self.unexecuted.front()?;
        if span.end > self.delivered {
            return None;
        }
        self.unexecuted.pop_front().map(|(_, sent)| sent)
    }

    /// Requests after a protocol error are never executed.
    pub fn forget_unexecuted(&mut self) {
        self.unexecuted.clear();
    }

    /// Whether the node has a part of a request.
    pub fn is_inside_request(&self) -> bool {
        self.unexecuted.front().is_some_and(|(span, _)| self.delivered > span.start)
    }

    /// Nothing is under way in either direction.
    pub fn is_quiet(&self) -> bool {
        self.to_node.is_empty() && self.to_client.is_empty() && !self.closed_by_node
    }

    /// Takes the next complete reply out of what was received.
    pub fn next_reply(&mut self) -> Option<Vec<u8>> {
        let length = reply_length(&self.received)?;
        let rest = self.received.split_off(length);
        Some(std::mem::replace(&mut self.received, rest))
    }
}

fn inline_request(command: &Command) -> Vec<u8> {
    let mut out = command.join(&b' ');
    out.extend_from_slice(b"\r\n");
    out
}

/// Bytes of the first reply in `bytes`, if it is complete.
pub fn reply_length(bytes: &[u8]) -> Option<usize> {
    let line_end = bytes.windows(2).position(|w| w == b"\r\n")? + 2;
    let number = || std::str::from_utf8(&bytes[1..line_end - 2]).ok()?.parse::<i64>().ok();
    let children = match bytes[0] {
        b'$' | b'=' => {
            let length = number()?;
            let end = if length < 0 { line_end } else { line_end + length as usize + 2 };
            return (bytes.len() >= end).then_some(end);
        }
        b'*' | b'~' | b'>' => number()?.max(0),
        b'%' => 2 * number()?,
        _ => return Some(line_end),
    };
    let mut at = line_end;
    for _ in 0..children {
        at += reply_length(&bytes[at..])?;
    }
    Some(at)
}

/// The elements of an array (or set) of bulk strings.
pub fn bulk_elements(reply: &[u8]) -> Option<Vec<Vec<u8>>> {
    let line_end = reply.windows(2).position(|w| w == b"\r\n")? + 2;
    let mut at = line_end;
    let mut out = Vec::new();
    while at < reply.len() {
        let length = reply_length(&reply[at..])?;
        let element = &reply[at..at + length];
        let head = element.windows(2).position(|w| w == b"\r\n")? + 2;
        out.push(element.get(head..length - 2).unwrap_or(b"").to_vec());
        at += length;
    }
    Some(out)
}

/// Whether a reply is what was expected; otherwise what was.
pub fn matches(expected: &Expect, reply: &[u8]) -> Result<(), String> {
    let good = match expected {
        Expect::Exact(bytes) => bytes == reply,
        Expect::Unordered(elements) => {
            let (mut got, mut wanted) = (bulk_elements(reply).unwrap_or_default(), elements.clone());
            got.sort();
            wanted.sort();
            reply.starts_with(b"*") && got == wanted
        }
        Expect::OneOf(choices, null) => match choices.is_empty() {
            true => reply == null,
            false => choices.iter().any(|c| reply == [format!("${}\r\n", c.len()).as_bytes(), c, b"\r\n"].concat()),
        },
        Expect::Between(low, high) => {
            let number = reply.strip_prefix(b":").and_then(|r| r.strip_suffix(b"\r\n"));
            let number = number.and_then(|n| std::str::from_utf8(n).ok()).and_then(|n| n.parse::<i64>().ok());
            number.is_some_and(|n| (*low..=*high).contains(&n))
        }
        Expect::Scan => true,
        Expect::ProtocolError => reply.starts_with(b"-ERR Protocol error: "),
    };
    let wanted = || match expected {
        Expect::Exact(bytes) => printable(bytes),
        other => format!("{other:?}"),
    };
    if good { Ok(()) } else { Err(wanted()) }
}
