//! Lists and those who wait for them, as plainly as possible.

use std::collections::{BTreeMap, VecDeque};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Left,
    Right,
}

/// A command of the workload. Times are milliseconds; 0 is for ever.
#[derive(Clone, Debug)]
pub enum Command {
    Push { key: u8, end: End, elements: Vec<u64> },
    Pop { key: u8, end: End },
    BlockingPop { keys: Vec<u8>, end: End, timeout_ms: u64 },
    BlockingPopMany { keys: Vec<u8>, end: End, count: usize, timeout_ms: u64 },
    BlockingMove { from: u8, to: u8, ends: (End, End), timeout_ms: u64 },
    Move { from: u8, to: u8, ends: (End, End) },
    Rename { from: u8, to: u8 },
    Delete { key: u8 },
}

impl Command {
    /// The bytes that a client sends.
    pub fn request(&self) -> Vec<u8> {
        let word = |end: &End| if *end == End::Left { "LEFT" } else { "RIGHT" };
        let names = |keys: &[u8]| keys.iter().map(|key| format!("k{key}")).collect::<Vec<_>>().join(" ");
        let seconds = |ms: &u64| format!("{}.{:03}", ms / 1000, ms % 1000);
        let line = match self {
            Command::Push { key, end, elements } => {
                let elements: Vec<String> = elements.iter().map(u64::to_string).collect();
                let name = if *end == End::Left { "LPUSH" } else { "RPUSH" };
                format!("{name} k{key} {}", elements.join(" "))
            }
            Command::Pop { key, end: End::Left } => format!("LPOP k{key}"),
            Command::Pop { key, end: End::Right } => format!("RPOP k{key}"),
            Command::BlockingPop { keys, end, timeout_ms } => {
                let name = if *end == End::Left { "BLPOP" } else { "BRPOP" };
                format!("{name} {} {}", names(keys), seconds(timeout_ms))
            }
            Command::BlockingPopMany { keys, end, count, timeout_ms } => {
                let timeout = seconds(timeout_ms);
                format!("BLMPOP {timeout} {} {} {} COUNT {count}", keys.len(), names(keys), word(end))
            }
            Command::BlockingMove { from, to, ends, timeout_ms } => {
                format!("BLMOVE k{from} k{to} {} {} {}", word(&ends.0), word(&ends.1), seconds(timeout_ms))
            }
            Command::Move { from, to, ends } => format!("LMOVE k{from} k{to} {} {}", word(&ends.0), word(&ends.1)),
            Command::Rename { from, to } => format!("RENAME k{from} k{to}"),
            Command::Delete { key } => format!("DEL k{key}"),
        };
        format!("{line}\r\n").into_bytes()
    }

    /// What it pushes.
    pub fn elements(&self) -> &[u64] {
        match self {
            Command::Push { elements, .. } => elements,
            _ => &[],
        }
    }

    /// Keys it may wait for, and for how long.
    fn waits(&self) -> Option<(Vec<u8>, u64)> {
        match self {
            Command::BlockingPop { keys, timeout_ms, .. } | Command::BlockingPopMany { keys, timeout_ms, .. } => {
                Some((keys.clone(), *timeout_ms))
            }
            Command::BlockingMove { from, timeout_ms, .. } => Some((vec![*from], *timeout_ms)),
            _ => None,
        }
    }
}

struct Waiter {
    client: usize,
    command: Command,
    keys: Vec<u8>,
    deadline_ms: Option<u64>,
}

#[derive(Default)]
pub struct Model {
    pub lists: BTreeMap<u8, VecDeque<u64>>,
    /// In order of arrival.
    waiters: Vec<Waiter>,
    /// Lists that were created since somebody was last served.
    ready: Vec<u8>,
    /// Clients that wait no more, until the turn ends.
    unblocked: VecDeque<usize>,
    /// Commands that have arrived and not run, by client.
    pub backlogs: Vec<VecDeque<Command>>,
    pub replies: Vec<Vec<u8>>,
    /// Elements that some client got, that went with their list, that ran as part of a push.
    pub given: Vec<u64>,
    pub dropped: Vec<u64>,
    pub executed_pushes: Vec<u64>,
    pub given_to_waiting: u64,
}

impl Model {
    pub fn new(clients: usize) -> Model {
        Model { backlogs: vec![VecDeque::new(); clients], replies: vec![Vec::new(); clients], ..Model::default() }
    }

    pub fn arrive(&mut self, client: usize, command: Command) {
        self.backlogs[client].push_back(command);
    }

    /// Runs what a client has sent, until it waits.
    pub fn run(&mut self, client: usize, now_ms: u64) {
        while !self.stands_still(client) {
            let Some(command) = self.backlogs[client].pop_front() else { return };
            self.execute(client, command, now_ms);
            self.serve();
        }
    }

    /// Waits, or waited until this very turn.
    fn stands_still(&self, client: usize) -> bool {
        self.waiters.iter().any(|waiter| waiter.client == client)
    }

    /// Those who were served go on, one after the other.
    pub fn end_turn(&mut self, now_ms: u64) {
        while let Some(client) = self.unblocked.pop_front() {
            self.run(client, now_ms);
        }
    }

    /// Ends the waits whose last millisecond is over; `numbers` are the clients' ids, which decide among equals. How many.
    pub fn time_out(&mut self, now_ms: u64, numbers: &[u64]) -> u64 {
        let mut count = 0;
        loop {
            let over = self.waiters.iter().enumerate().filter_map(|(at, waiter)| {
                let deadline_ms = waiter.deadline_ms.filter(|&deadline_ms| deadline_ms < now_ms)?;
                Some((deadline_ms, numbers[waiter.client], at))
            });
            let Some((_, _, at)) = over.min() else { return count };
            let waiter = self.waiters.remove(at);
            self.replies[waiter.client].extend_from_slice(b"*-1\r\n");
            self.unblocked.push_back(waiter.client);
            count += 1;
        }
    }

    /// A client has gone, and its successor begins with nothing.
    pub fn forget(&mut self, client: usize) {
        self.waiters.retain(|waiter| waiter.client != client);
        self.unblocked.retain(|&unblocked| unblocked != client);
        self.backlogs[client].clear();
        self.replies[client].clear();
    }

    fn execute(&mut self, client: usize, command: Command, now_ms: u64) {
        if let Some((keys, timeout_ms)) = command.waits() {
            match keys.iter().find(|key| self.lists.contains_key(key)) {
                Some(&key) => self.take(client, &command, key),
                None => {
                    let deadline_ms = (timeout_ms > 0).then(|| now_ms + timeout_ms);
                    self.waiters.push(Waiter { client, command, keys, deadline_ms });
                }
            }
            return;
        }
        let reply = match command {
            Command::Push { key, end, elements } => {
                self.executed_pushes.extend(&elements);
                elements.iter().for_each(|&element| self.push(key, end, element));
                format!(":{}\r\n", self.lists[&key].len()).into_bytes()
            }
            Command::Pop { key, end } => match self.pop(key, end) {
                Some(popped) => {
                    self.given.push(popped);
                    element(popped)
                }
                None => b"$-1\r\n".to_vec(),
            },
            Command::Move { from, to, ends } => match self.shift(from, to, ends) {
                Some(moved) => element(moved),
                None => b"$-1\r\n".to_vec(),
            },
            Command::Rename { from, to } => match self.lists.contains_key(&from) {
                true => {
                    self.rename(from, to);
                    b"+OK\r\n".to_vec()
                }
                false => b"-ERR no such key\r\n".to_vec(),
            },
            Command::Delete { key } => {
                let list = self.lists.remove(&key);
                self.dropped.extend(list.iter().flatten());
                format!(":{}\r\n", u8::from(list.is_some())).into_bytes()
            }
            _ => unreachable!("the others wait"),
        };
        self.replies[client].extend(reply);
    }

    /// A blocking command takes from a list that is there.
    fn take(&mut self, client: usize, command: &Command, key: u8) {
        let name = bulk(&format!("k{key}"));
        let reply = match command {
            Command::BlockingPop { end, .. } => {
                let popped = self.pop(key, *end).expect("the list is there");
                self.given.push(popped);
                array([name, element(popped)].into_iter())
            }
            Command::BlockingPopMany { end, count, .. } => {
                let popped: Vec<u64> = (0..*count).map_while(|_| self.pop(key, *end)).collect();
                self.given.extend(&popped);
                array([name, array(popped.into_iter().map(element))].into_iter())
            }
            Command::BlockingMove { to, ends, .. } => element(self.shift(key, *to, *ends).expect("the list is there")),
            _ => unreachable!("the others don't wait"),
        };
        self.replies[client].extend(reply);
    }

    /// Lists that were created are given to those who wait, in order; what that creates comes in the next round.
    fn serve(&mut self) {
        while !self.ready.is_empty() {
            for key in std::mem::take(&mut self.ready) {
                while self.lists.contains_key(&key) {
                    let Some(at) = self.waiters.iter().position(|waiter| waiter.keys.contains(&key)) else { break };
                    let waiter = self.waiters.remove(at);
                    self.take(waiter.client, &waiter.command, key);
                    self.given_to_waiting += 1;
                    self.unblocked.push_back(waiter.client);
                }
            }
        }
    }

    fn push(&mut self, key: u8, end: End, element: u64) {
        if !self.lists.contains_key(&key) {
            self.created(key);
        }
        let list = self.lists.entry(key).or_default();
        match end {
            End::Left => list.push_front(element),
            End::Right => list.push_back(element),
        }
    }

    fn created(&mut self, key: u8) {
        let awaited = self.waiters.iter().any(|waiter| waiter.keys.contains(&key));
        if awaited && !self.ready.contains(&key) {
            self.ready.push(key);
        }
    }

    fn pop(&mut self, key: u8, end: End) -> Option<u64> {
        let list = self.lists.get_mut(&key)?;
        let element = match end {
            End::Left => list.pop_front(),
            End::Right => list.pop_back(),
        };
        if list.is_empty() {
            self.lists.remove(&key);
        }
        element
    }

    fn shift(&mut self, from: u8, to: u8, ends: (End, End)) -> Option<u64> {
        if from == to {
            let list = self.lists.get_mut(&from)?;
            let element = if ends.0 == End::Left { list.pop_front() } else { list.pop_back() }?;
            if ends.1 == End::Left {
                list.push_front(element)
            } else {
                list.push_back(element)
            }
            return Some(element);
        }
        let element = self.pop(from, ends.0)?;
        self.push(to, ends.1, element);
        Some(element)
    }

    fn rename(&mut self, from: u8, to: u8) {
        if from == to {
            return;
        }
        let list = self.lists.remove(&from).expect("it is there");
        let overwritten = self.lists.insert(to, list);
        self.dropped.extend(overwritten.iter().flatten());
        self.created(to);
    }
}

/// An element as a reply.
pub fn element(element: u64) -> Vec<u8> {
    bulk(&element.to_string())
}

/// An array of replies.
pub fn array(items: impl ExactSizeIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut out = format!("*{}\r\n", items.len()).into_bytes();
    out.extend(items.flatten());
    out
}

fn bulk(text: &str) -> Vec<u8> {
    format!("${}\r\n{text}\r\n", text.len()).into_bytes()
}
