//! The event loop: one thread that moves bytes between sockets and the engine. It decides nothing about Redis.
//!
//! ```text
//!   wait ─► accept ─► read ─► engine.handle_readable ─┐ (every socket of one wake)
//!     ▲                                               ▼
//!     └── carry out actions ◄── write ◄── end_turn ◄── handle_timeout, if due
//! ```
//!
//! Invariants:
//! - One read and one write per request, and no other system call: sockets are registered edge-triggered for reading,
//!   a short read means that nothing is left, and replies are written at once. Only a socket whose buffer is full is
//!   registered for writing, until it has taken everything.
//! - New connections are taken in first, when all actions of the last turn are done: the engine may give a slot to a
//!   new client only after the connection that had it is gone from the table here.
//! - Clocks are read once a wake. Nothing is allocated for an event.

use std::io::ErrorKind;
use std::time::Duration;

use mio::{Events, Interest, Poll, Token};

use etalon_core::config::LogLevel;
use etalon_core::engine::client::{ClientId, Peer};
use etalon_core::engine::turn::{Permit, Turn};
use etalon_core::{Engine, Now};

use crate::connection::{Connection, Stream};
use crate::files::Files;
use crate::listeners::{LISTENERS_MAX, Listener, Listeners};
use crate::log::Log;
use crate::process::Facts;
use crate::reclaim::Reclaimer;
use crate::signals::{Signals, Wish};
use crate::{clock, os};

/// Token of the pipe that signals write to.
pub const SIGNALS: Token = Token(0);
/// Tokens of listeners follow, then that of completed file operations, then those of connections.
pub const FILES: Token = Token(LISTENERS_MAX + 1);
const FIRST_CONNECTION: usize = LISTENERS_MAX + 2;
/// Events taken in one wake at most.
const EVENTS_MAX: usize = 1024;
/// Connections accepted from one listener in one wake at most, so that a storm of them doesn't starve clients.
const ACCEPTS_MAX: usize = 1000;
/// After the process has run out of descriptors, accepting is tried again that much later.
const ACCEPT_RETRY_US: u64 = 100_000;
/// How often the facts about the process are refreshed.
const FACTS_US: u64 = 100_000;

/// The running server.
pub struct Server {
    pub(crate) engine: Engine,
    pub(crate) log: Log,
    pub(crate) poll: Poll,
    pub(crate) listeners: Listeners,
    /// By the client's index.
    pub(crate) connections: Vec<Option<Connection>>,
    signals: Signals,
    /// Sockets that may hold more than the last read took: of this wake, and of the last one while it is worked off.
    unread: Vec<ClientId>,
    unread_before: Vec<ClientId>,
    /// Sockets that were full and take output again.
    writable: Vec<ClientId>,
    /// When to try listeners again that still had connections to accept.
    accept_again_us: Option<u64>,
    facts: Facts,
    facts_due_us: u64,
    /// Events of sockets and signals since then.
    events_since_facts: usize,
    /// Set when the process is to end.
    pub(crate) exit: Option<i32>,
    pub(crate) reclaimer: Reclaimer,
    pub(crate) files: Files,
}

impl Server {
    pub fn new(engine: Engine, log: Log, poll: Poll, listeners: Listeners, signals: Signals, files: Files) -> Server {
        Server {
            engine,
            log,
            poll,
            listeners,
            connections: Vec::new(),
            signals,
            unread: Vec::new(),
            unread_before: Vec::new(),
            writable: Vec::new(),
            accept_again_us: None,
            facts: Facts::new(),
            facts_due_us: 0,
            events_since_facts: 0,
            exit: None,
            reclaimer: Reclaimer::new(),
            files,
        }
    }

    /// Serves until the process is to end, and returns its exit code.
    pub fn run(&mut self) -> i32 {
        self.engine.load_at_start(clock::now());
        self.end_turns(clock::now());
        let mut events = Events::with_capacity(EVENTS_MAX);
        loop {
            let timeout = self.time_to_wait(clock::monotonic_us());
            match self.poll.poll(&mut events, timeout) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.log.warning(&format!("Waiting for events: {}", os::reason(&error)));
                    return 1;
                }
            }
            let now = clock::now();
            self.accept(&events, now);
            self.read_unread(now);
            self.events_since_facts += events.iter().count();
            for event in &events {
                let token = event.token().0;
                if token >= FIRST_CONNECTION {
                    self.on_event(token - FIRST_CONNECTION, event, now);
                }
            }
            if now.monotonic_us >= self.facts_due_us {
                self.facts_due_us = now.monotonic_us + FACTS_US;
                self.facts.refresh(self.engine.process_info());
                self.engine.process_info().save_keys_processed = self.files.keys_written();
                self.log.set_level(self.engine.config().loglevel);
                let is_quiet = std::mem::take(&mut self.events_since_facts) == 0;
                self.reclaimer.observe(self.engine.memory_used_bytes(), is_quiet);
            }
            while let Some((id, outcome)) = self.files.take() {
                self.engine.complete(id, outcome, now);
            }
            if self.engine.next_timeout().is_some_and(|due_us| due_us <= now.monotonic_us) {
                self.engine.handle_timeout(now);
            }
            self.end_turns(now);
            if let Some(code) = self.exit {
                return code;
            }
        }
    }

    /// How long nothing has to be done without an event.
    fn time_to_wait(&self, now_us: u64) -> Option<Duration> {
        if !self.unread.is_empty() {
            return Some(Duration::ZERO);
        }
        let due_us =
            self.engine.next_timeout().into_iter().chain(self.accept_again_us).chain([self.facts_due_us]).min()?;
        Some(Duration::from_micros(due_us.saturating_sub(now_us)))
    }

    /// Takes in signals and new connections.
    fn accept(&mut self, events: &Events, now: Now) {
        let again = self.accept_again_us.is_some_and(|due_us| due_us <= now.monotonic_us);
        if again {
            self.accept_again_us = None;
            let tokens: Vec<Token> = self.listeners.tokens().collect();
            tokens.into_iter().for_each(|token| self.accept_from(token, now));
        }
        for event in events {
            let token = event.token();
            if token == SIGNALS {
                self.take_signals(now);
            } else if token.0 < FILES.0 && !again {
                self.accept_from(token, now);
            }
        }
    }

    fn take_signals(&mut self, now: Now) {
        if let Some(Wish::Shutdown(signal)) = self.signals.take() {
            self.log.signal_line(signal.received_text());
            self.engine.shutdown(signal, now);
        }
    }

    /// Accepts until there is nothing left, the budget is used up, or the process has no descriptor left.
    fn accept_from(&mut self, token: Token, now: Now) {
        for _ in 0..ACCEPTS_MAX {
            let accepted = match self.listeners.get(token) {
                Some(Listener::Tcp(listener)) => listener.accept().map(|(stream, from)| {
                    let address = from.to_string();
                    let local_address = stream.local_addr().map_or_else(|_| String::new(), |local| local.to_string());
                    let loopback = from.ip().to_canonical().is_loopback();
                    (Stream::Tcp(stream), Peer { address, local_address, loopback, ..Peer::default() })
                }),
                Some(Listener::Unix(listener, path)) => listener.accept().map(|(stream, _)| {
                    let path = path.to_string_lossy();
                    let (address, local_address) = (format!("{path}:0"), format!("{path}:0"));
                    (Stream::Unix(stream), Peer { address, local_address, unix_socket: true, ..Peer::default() })
                }),
                None => return,
            };
            match accepted {
                Ok((stream, peer)) => self.take_in(stream, peer, now),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return,
                    // The other end gave up before it was accepted.
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                    _ => {
                        self.log.warning(&format!("Accepting client connection: accept: {}", os::reason(&error)));
                        self.accept_again_us = Some(now.monotonic_us + ACCEPT_RETRY_US);
                        return;
                    }
                },
            }
        }
        // Edge-triggered: no event will come for those that still wait.
        self.accept_again_us = Some(now.monotonic_us);
    }

    fn take_in(&mut self, mut stream: Stream, peer: Peer, now: Now) {
        stream.tune(self.engine.config().tcp_keepalive);
        let peer = Peer { fd: stream.fd(), ..peer };
        match self.engine.connect(peer, now) {
            Err(refused) => {
                // A fresh socket has room for one line; if not, the close says it as well.
                let _ = stream.write(refused.reply);
            }
            Ok(client) => {
                let index = client.index();
                let token = Token(index + FIRST_CONNECTION);
                if let Err(error) = self.poll.registry().register(stream.source(), token, Interest::READABLE) {
                    self.log.warning(&format!("Error registering fd event for the new client: {}", os::reason(&error)));
                    self.engine.disconnect(client, now);
                    return;
                }
                if self.connections.len() <= index {
                    self.connections.resize_with(index + 1, || None);
                }
                assert!(self.connections[index].is_none(), "a slot is free before it is given to a new client");
                self.connections[index] = Some(Connection { stream, client, full: false });
            }
        }
    }

    #[inline]
    fn on_event(&mut self, index: usize, event: &mio::event::Event, now: Now) {
        let Some(Some(connection)) = self.connections.get(index) else { return };
        let client = connection.client;
        if connection.full && event.is_writable() {
            self.writable.push(client);
        }
        if event.is_readable() {
            let ended = event.is_read_closed();
            self.read(client, ended, now);
        }
    }

    /// Goes on with sockets that had more to read than one read takes.
    fn read_unread(&mut self, now: Now) {
        std::mem::swap(&mut self.unread, &mut self.unread_before);
        for at in 0..self.unread_before.len() {
            self.read(self.unread_before[at], false, now);
        }
        self.unread_before.clear();
    }

    /// One read, and the commands that it brought. `ended`: the end of the stream is known to be there.
    #[inline]
    fn read(&mut self, client: ClientId, ended: bool, now: Now) {
        let Some(Some(connection)) = self.connections.get_mut(client.index()) else { return };
        if connection.client != client || !self.engine.is_connected(client) {
            return;
        }
        let query = self.engine.query_buffer(client);
        let spare = query.spare();
        let offered = spare.len();
        match connection.stream.read(spare) {
            Ok(0) => self.hang_up(client, now),
            Ok(count) => {
                query.filled(count);
                self.engine.count_input(count);
                self.engine.handle_readable(client, now);
                // Less than there was room for: the socket is empty, and the next bytes bring an event.
                if count == offered || ended {
                    self.unread.push(client);
                }
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => {}
                ErrorKind::Interrupted => self.unread.push(client),
                _ => {
                    self.log.line(LogLevel::Verbose, &format!("Reading from client: {}", os::reason(&error)));
                    self.hang_up(client, now);
                }
            },
        }
    }

    /// The other end is gone: so is the client.
    fn hang_up(&mut self, client: ClientId, now: Now) {
        self.engine.disconnect(client, now);
        self.forget(client);
    }

    /// Closes a client's socket. The engine has forgotten it already.
    pub(crate) fn forget(&mut self, client: ClientId) {
        if let Some(slot) = self.connections.get_mut(client.index())
            && slot.as_ref().is_some_and(|connection| connection.client == client)
        {
            *slot = None;
        }
    }

    /// Ends the turn: replies leave, actions are carried out; what these answer makes a turn of its own.
    fn end_turns(&mut self, now: Now) {
        loop {
            let permit = match self.engine.end_turn(now) {
                Turn::Clean(permit) => permit,
                // The journal has no file so far: the engine is never asked to keep one.
                Turn::Journal(batch) => self.engine.journal_written(batch, now),
            };
            while let Some(client) = self.engine.next_writable(&permit) {
                self.write(client, &permit, now);
            }
            while let Some(client) = self.writable.pop() {
                if let Some(Some(connection)) = self.connections.get_mut(client.index())
                    && connection.client == client
                {
                    let token = Token(client.index() + FIRST_CONNECTION);
                    let _ = connection.set_full(false, self.poll.registry(), token);
                    self.write(client, &permit, now);
                }
            }
            if !self.carry_out_actions(now) {
                return;
            }
        }
    }

    /// Offers a client's replies to its socket.
    #[inline]
    fn write(&mut self, client: ClientId, permit: &Permit, now: Now) {
        let Some(Some(connection)) = self.connections.get_mut(client.index()) else { return };
        if connection.client != client || connection.full {
            return;
        }
        let output = self.engine.output(client, permit);
        if output.is_empty() {
            return;
        }
        let offered = output.len();
        let failure = match connection.stream.write(output) {
            Ok(count) => {
                self.engine.sent(client, count, now);
                if count == offered {
                    return;
                }
                None
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => None,
            Err(error) => Some(error),
        };
        let token = Token(client.index() + FIRST_CONNECTION);
        let failure = failure.or_else(|| connection.set_full(true, self.poll.registry(), token).err());
        if let Some(error) = failure {
            self.log.line(LogLevel::Verbose, &format!("Error writing to client: {}", os::reason(&error)));
            self.hang_up(client, now);
        }
    }
}
