//! The event loop: one thread that moves bytes between sockets and the engine. It decides nothing about Redis.
//!
//! ```text
//!   wait ─► accept ─► read ─► engine.handle_readable ─┐ (every socket of one wake; once more if
//!     ▲                                               ▼  many are to share a sync: `gathering`)
//!     └── carry out actions ◄── write ◄── end_turn ◄── handle_timeout, if due
//! ```
//!
//! Invariants:
//! - One read and one write per request, and no other system call: sockets are registered edge-triggered for reading,
//!   a short read means that nothing is left, and replies are written at once. Only a socket whose buffer is full is
//!   registered for writing, until it has taken everything.
//! - New connections are taken in first, when all actions of the last turn are done: the engine may give a slot to a
//!   new client only after the connection that had it is gone from the table here.
//! - Clocks are read once for every look at the sockets. Nothing is allocated for an event.
//! - Whatever may run a script is called by [`Server::lending`]: a script that runs for too long has the loop turn again
//!   (see [`loan`](crate::loan)). So no list is walked by index while commands run; what a wake brought is taken off a
//!   queue, and a turn within a turn goes on with it.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::thread;
use std::time::Duration;

use mio::{Events, Interest, Poll, Token};

use etalon_core::config::LogLevel;
use etalon_core::engine::client::{ClientId, Peer};
use etalon_core::engine::turn::{Permit, Turn};
use etalon_core::{Engine, Now};

use crate::connection::{Connection, Stream};
use crate::files::Files;
use crate::gathering::{self, Activity, LastActive};
use crate::links::Links;
use crate::listeners::{LISTENERS_MAX, Listener, Listeners};
use crate::loan::Lendable;
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

/// The running server: the engine, and what drives it.
pub struct Server<'e> {
    pub(crate) engine: &'e mut Engine,
    pub(crate) driver: Lendable,
}

/// All that the loop has but the engine.
pub struct Driver {
    pub(crate) log: Log,
    pub(crate) poll: Poll,
    pub(crate) listeners: Listeners,
    /// By the client's index.
    pub(crate) connections: Vec<Option<Connection>>,
    signals: Signals,
    /// A signal was received and is not taken in yet.
    signalled: bool,
    /// Listeners with connections to accept.
    accepting: Vec<Token>,
    /// Events of connections that are not worked off.
    ready: VecDeque<Ready>,
    /// Sockets that may hold more than the last read took.
    unread: Vec<ClientId>,
    /// The storage of the list before.
    unread_spare: Vec<ClientId>,
    /// The time of this wake; a turn within a script moves it on.
    pub(crate) now: Now,
    /// Sockets that were full and take output again.
    writable: Vec<ClientId>,
    /// When to try listeners again that still had connections to accept.
    accept_again_us: Option<u64>,
    facts: Facts,
    facts_due_us: u64,
    /// Events of sockets and signals since then.
    events_since_facts: usize,
    activity: Activity,
    /// Set when the process is to end.
    pub(crate) exit: Option<i32>,
    pub(crate) reclaimer: Reclaimer,
    pub(crate) files: Files,
    pub(crate) links: Links,
}

/// What is known of a connection since the last wait.
struct Ready {
    index: usize,
    readable: bool,
    writable: bool,
    /// The end of the stream is known to be there.
    ended: bool,
}

impl Driver {
    pub fn new(log: Log, poll: Poll, listeners: Listeners, signals: Signals, files: Files) -> Driver {
        Driver {
            log,
            poll,
            listeners,
            connections: Vec::new(),
            signals,
            signalled: false,
            accepting: Vec::new(),
            ready: VecDeque::new(),
            unread: Vec::new(),
            unread_spare: Vec::new(),
            now: clock::now(),
            writable: Vec::new(),
            accept_again_us: None,
            facts: Facts::new(),
            facts_due_us: 0,
            events_since_facts: 0,
            activity: Activity::new(),
            exit: None,
            reclaimer: Reclaimer::new(),
            files,
            links: Links::default(),
        }
    }

    /// Notes what a wait has brought.
    fn take_events(&mut self, events: &Events) {
        for event in events {
            match event.token() {
                SIGNALS => self.signalled = true,
                // It has ended the wait; outcomes are looked for in every wake.
                FILES => {}
                token if token.0 < FIRST_CONNECTION => self.accepting.push(token),
                token => self.ready.push_back(Ready {
                    index: token.0 - FIRST_CONNECTION,
                    readable: event.is_readable(),
                    writable: event.is_writable(),
                    ended: event.is_read_closed(),
                }),
            }
            self.events_since_facts += 1;
        }
    }

    /// Closes a client's socket. The engine has forgotten it already.
    pub(crate) fn forget(&mut self, client: ClientId) {
        if let Some(slot) = self.connections.get_mut(client.index())
            && slot.as_ref().is_some_and(|connection| connection.client == client)
        {
            *slot = None;
        }
    }
}

impl Server<'_> {
    /// Serves until the process is to end, and returns its exit code.
    pub fn run(&mut self) -> i32 {
        self.engine.load_at_start(self.driver.now);
        self.end_turns();
        let mut events = Events::with_capacity(EVENTS_MAX);
        loop {
            let timeout = self.time_to_wait(clock::monotonic_us());
            match self.driver.poll.poll(&mut events, timeout) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.driver.log.warning(&format!("Waiting for events: {}", os::reason(&error)));
                    return 1;
                }
            }
            self.driver.now = clock::now();
            self.driver.take_events(&events);
            self.take_signals();
            self.work_off();
            self.gather(&mut events);
            if self.driver.now.monotonic_us >= self.driver.facts_due_us {
                self.refresh_facts();
            }
            self.complete_files();
            if self.engine.next_timeout().is_some_and(|due_us| due_us <= self.driver.now.monotonic_us) {
                self.lending(|engine, now| engine.handle_timeout(now));
            }
            self.end_turns();
            if let Some(code) = self.driver.exit {
                return code;
            }
        }
    }

    /// A turn while a script runs: all but signals and what is periodic, without waiting.
    pub(crate) fn turn_within_script(&mut self) {
        self.driver.now = clock::now();
        // Connections that have ended make room for new ones.
        self.end_turns();
        let mut events = Events::with_capacity(EVENTS_MAX);
        if self.driver.poll.poll(&mut events, Some(Duration::ZERO)).is_ok() {
            self.driver.take_events(&events);
        }
        self.work_off();
        self.complete_files();
        self.end_turns();
    }

    /// Works off what the sockets have brought.
    fn work_off(&mut self) {
        self.accept();
        self.read_unread();
        while let Some(ready) = self.driver.ready.pop_front() {
            self.on_event(&ready);
        }
    }

    /// Requests that will come soon join this turn, if it needs a sync that many can share.
    fn gather(&mut self, events: &mut Events) {
        if !self.engine.needs_sync_this_turn() {
            return;
        }
        let Some(sync) = self.driver.files.short_sync_time() else { return };
        let begun_us = self.driver.now.monotonic_us;
        let mut arrived = events.iter().count();
        loop {
            let waited = Duration::from_micros(self.driver.now.monotonic_us - begun_us);
            let Some(rest) = gathering::rest(arrived, self.driver.activity.clients(), sync, waited) else { return };
            thread::sleep(rest);
            if self.driver.poll.poll(events, Some(Duration::ZERO)).is_err() {
                return;
            }
            arrived += events.iter().count();
            self.driver.now = clock::now();
            self.driver.take_events(events);
            self.take_signals();
            self.work_off();
        }
    }

    fn complete_files(&mut self) {
        while let Some((id, outcome)) = self.driver.files.take() {
            self.lending(|engine, now| engine.complete(id, outcome, now));
        }
    }

    fn refresh_facts(&mut self) {
        let driver = &mut *self.driver;
        driver.activity.end_period();
        driver.facts_due_us = driver.now.monotonic_us + FACTS_US;
        driver.facts.refresh(self.engine.process_info());
        self.engine.process_info().save_keys_processed = driver.files.keys_written();
        driver.log.set_level(self.engine.config().loglevel);
        let is_quiet = std::mem::take(&mut driver.events_since_facts) == 0;
        driver.reclaimer.observe(self.engine.memory_used_bytes(), is_quiet);
    }

    /// How long nothing has to be done without an event.
    fn time_to_wait(&self, now_us: u64) -> Option<Duration> {
        if !self.driver.unread.is_empty() {
            return Some(Duration::ZERO);
        }
        let due_us = self
            .engine
            .next_timeout()
            .into_iter()
            .chain(self.driver.accept_again_us)
            .chain([self.driver.facts_due_us])
            .min()?;
        Some(Duration::from_micros(due_us.saturating_sub(now_us)))
    }

    /// Takes in new connections.
    fn accept(&mut self) {
        if self.driver.accept_again_us.is_some_and(|due_us| due_us <= self.driver.now.monotonic_us) {
            self.driver.accept_again_us = None;
            let driver = &mut *self.driver;
            driver.accepting.clear();
            driver.accepting.extend(driver.listeners.tokens());
        }
        while let Some(token) = self.driver.accepting.pop() {
            self.accept_from(token);
        }
    }

    fn take_signals(&mut self) {
        if std::mem::take(&mut self.driver.signalled)
            && let Some(Wish::Shutdown(signal)) = self.driver.signals.take()
        {
            self.driver.log.signal_line(signal.received_text());
            self.engine.shutdown(signal, self.driver.now);
        }
    }

    /// Accepts until there is nothing left, the budget is used up, or the process has no descriptor left.
    fn accept_from(&mut self, token: Token) {
        for _ in 0..ACCEPTS_MAX {
            let accepted = match self.driver.listeners.get(token) {
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
                Ok((stream, peer)) => self.take_in(stream, peer),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return,
                    // The other end gave up before it was accepted.
                    ErrorKind::Interrupted | ErrorKind::ConnectionAborted => {}
                    _ => {
                        self.driver
                            .log
                            .warning(&format!("Accepting client connection: accept: {}", os::reason(&error)));
                        self.driver.accept_again_us = Some(self.driver.now.monotonic_us + ACCEPT_RETRY_US);
                        return;
                    }
                },
            }
        }
        // Edge-triggered: no event will come for those that still wait.
        self.driver.accept_again_us = Some(self.driver.now.monotonic_us);
    }

    fn take_in(&mut self, mut stream: Stream, peer: Peer) {
        stream.tune(self.engine.config().tcp_keepalive);
        let peer = Peer { fd: stream.fd(), ..peer };
        match self.engine.connect(peer, self.driver.now) {
            Err(refused) => {
                // A fresh socket has room for one line; if not, the close says it as well.
                let _ = stream.write(refused.reply);
            }
            Ok(client) => {
                let index = client.index();
                let token = Token(index + FIRST_CONNECTION);
                if let Err(error) = self.driver.poll.registry().register(stream.source(), token, Interest::READABLE) {
                    self.driver
                        .log
                        .warning(&format!("Error registering fd event for the new client: {}", os::reason(&error)));
                    self.engine.disconnect(client, self.driver.now);
                    return;
                }
                if self.driver.connections.len() <= index {
                    self.driver.connections.resize_with(index + 1, || None);
                }
                assert!(self.driver.connections[index].is_none(), "a slot is free before it is given to a new client");
                self.driver.connections[index] =
                    Some(Connection { stream, client, full: false, last_active: LastActive::default() });
            }
        }
    }

    #[inline]
    fn on_event(&mut self, ready: &Ready) {
        let driver = &mut *self.driver;
        let Some(Some(connection)) = driver.connections.get(ready.index) else { return };
        let client = connection.client;
        if connection.full && ready.writable {
            driver.writable.push(client);
        }
        if ready.readable {
            self.read(client, ready.ended);
        }
    }

    /// Goes on with sockets that had more to read than one read takes.
    fn read_unread(&mut self) {
        if self.driver.unread.is_empty() {
            return;
        }
        let driver = &mut *self.driver;
        let mut batch = std::mem::replace(&mut driver.unread, std::mem::take(&mut driver.unread_spare));
        for client in batch.drain(..) {
            self.read(client, false);
        }
        self.driver.unread_spare = batch;
    }

    /// One read, and the commands that it brought. `ended`: the end of the stream is known to be there.
    #[inline]
    fn read(&mut self, client: ClientId, ended: bool) {
        let driver = &mut *self.driver;
        let Some(Some(connection)) = driver.connections.get_mut(client.index()) else { return };
        if connection.client != client || !self.engine.is_connected(client) {
            return;
        }
        if !self.engine.takes_input(client) {
            // Its script runs.
            return driver.unread.push(client);
        }
        driver.activity.note(&mut connection.last_active);
        let query = self.engine.query_buffer(client);
        let spare = query.spare();
        let offered = spare.len();
        match connection.stream.read(spare) {
            Ok(0) => self.hang_up(client),
            Ok(count) => {
                query.filled(count);
                self.engine.count_input(count);
                self.lending(|engine, now| engine.handle_readable(client, now));
                // Less than there was room for: the socket is empty, and the next bytes bring an event.
                if count == offered || ended {
                    self.driver.unread.push(client);
                }
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => {}
                ErrorKind::Interrupted => self.driver.unread.push(client),
                _ => {
                    self.driver.log.line(LogLevel::Verbose, &format!("Reading from client: {}", os::reason(&error)));
                    self.hang_up(client);
                }
            },
        }
    }

    /// The other end is gone: so is the client.
    fn hang_up(&mut self, client: ClientId) {
        self.engine.disconnect(client, self.driver.now);
        self.driver.forget(client);
    }

    /// Ends the turn: replies leave, actions are carried out; what these answer makes a turn of its own.
    fn end_turns(&mut self) {
        loop {
            let permit = match self.lending(|engine, now| engine.end_turn(now)) {
                Turn::Clean(permit) => permit,
                Turn::Journal(batch) => {
                    let outcome = self.driver.files.append(batch.file(), batch.bytes());
                    self.engine.journal_written(batch, outcome, self.driver.now)
                }
            };
            while let Some(client) = self.engine.next_writable(&permit) {
                self.write(client, &permit);
            }
            while let Some(client) = self.driver.writable.pop() {
                let driver = &mut *self.driver;
                if let Some(Some(connection)) = driver.connections.get_mut(client.index())
                    && connection.client == client
                {
                    let token = Token(client.index() + FIRST_CONNECTION);
                    let _ = connection.set_full(false, driver.poll.registry(), token);
                    self.write(client, &permit);
                }
            }
            if !self.carry_out_actions() && !self.complete_short_sync() {
                return;
            }
        }
    }

    /// Replies that wait for a sync go out in this turn, too, if it is short. Whether something has ended.
    fn complete_short_sync(&mut self) -> bool {
        let waits = self.engine.held_clients() > 0;
        let Some((id, outcome)) = waits.then(|| self.driver.files.await_short_sync()).flatten() else { return false };
        self.lending(|engine, now| engine.complete(id, outcome, now));
        true
    }

    /// Offers a client's replies to its socket.
    #[inline]
    fn write(&mut self, client: ClientId, permit: &Permit) {
        let driver = &mut *self.driver;
        let Some(Some(connection)) = driver.connections.get_mut(client.index()) else { return };
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
                self.engine.sent(client, count, driver.now);
                if count == offered {
                    return;
                }
                None
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => None,
            Err(error) => Some(error),
        };
        let token = Token(client.index() + FIRST_CONNECTION);
        let failure = failure.or_else(|| connection.set_full(true, driver.poll.registry(), token).err());
        if let Some(error) = failure {
            self.driver.log.line(LogLevel::Verbose, &format!("Error writing to client: {}", os::reason(&error)));
            self.hang_up(client);
        }
    }
}
