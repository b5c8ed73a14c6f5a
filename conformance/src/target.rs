//! What is tested, seen through the few things that a test needs: clients, bytes, and time.
//!
//! A [`Target`] is a server with numbered clients. [`SocketTarget`] reaches a real one over TCP; the engine in
//! this process is another implementation. Scripts, the differ and the shrinker know the trait only.
//!
//! Replies of a client are one stream of frames. Pushes count as frames but never as replies, so "read three
//! replies" also takes the pushes that came before the third, and leaves what follows for the next read.

use crate::launch::Server;
use crate::replica_tap::ReplicaTap;
use crate::resp;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// What a read waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// So many replies, pushes before them included.
    Replies(usize),
    /// So many frames, of any kind.
    Frames(usize),
    /// The end of the connection.
    Close,
}

/// How a read ended. What had arrived is handed over in every case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    Complete,
    Closed,
    TimedOut,
    /// The bytes are no reply.
    Malformed,
}

/// A server with numbered clients.
pub trait Target {
    /// What to call it in a report.
    fn name(&self) -> &str;
    /// Opens client `n`, dropping the connection it had.
    fn connect(&mut self, client: usize) -> io::Result<()>;
    /// Closes client `n` from this side.
    fn disconnect(&mut self, client: usize);
    /// Sends bytes. A connection that the server has closed swallows them.
    fn send(&mut self, client: usize, bytes: &[u8]);
    /// Says that nothing more will be sent on this connection.
    fn half_close(&mut self, client: usize);
    /// Reads until `want` holds and appends the bytes to `into`.
    fn receive(&mut self, client: usize, want: Want, timeout: Duration, into: &mut Vec<u8>) -> Received;
    /// What has come for the client so far; does not wait. Whether the connection is still open.
    fn arrived(&mut self, client: usize, into: &mut Vec<u8>) -> bool;
    /// Lets time pass.
    fn sleep(&mut self, span: Duration);
    /// Starts over with nothing, if that is possible without FLUSHALL. Drops every client.
    fn restart(&mut self) -> bool {
        false
    }
    /// Why the server runs no more, if it was started for this target.
    fn why_ended(&self) -> Option<String> {
        None
    }
    /// What was propagated since the last call, as requests in RESP form; the first call makes it begin. Errors: a
    /// server that accepts no replica, or has cut it off.
    fn propagated(&mut self) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::Unsupported.into())
    }
    /// The client's own address, as CLIENT LIST prints it.
    fn client_addr(&self, client: usize) -> Option<String>;
    /// The server's address, as CLIENT LIST prints it in `laddr`.
    fn server_addr(&self) -> String;

    /// Makes sure that the server has executed what was sent before, and, the second time in a row, that its replies have
    /// left. A server takes what has arrived in one round of its loop and answers when the round ends, so when a reply to
    /// something later is here, so is that round's work.
    fn settle(&mut self) -> io::Result<()> {
        if self.client_addr(BELL).is_none() {
            self.connect(BELL)?;
        }
        // Of no effect, and not shown by MONITOR.
        const RING: &[&[u8]] = &[b"CONFIG", b"GET", b"bell"];
        if self.ask(BELL, RING).is_err() {
            // A run may have closed it.
            self.connect(BELL)?;
            self.ask(BELL, RING)?;
        }
        Ok(())
    }

    /// One command of one client, and its reply. For set-up and inspection.
    fn ask(&mut self, client: usize, args: &[&[u8]]) -> io::Result<resp::Value> {
        let mut bytes = Vec::new();
        resp::encode_command(args, &mut bytes);
        self.send(client, &bytes);
        let mut reply = Vec::new();
        match self.receive(client, Want::Replies(1), PATIENCE, &mut reply) {
            Received::Complete => {}
            other => {
                return Err(io::Error::other(format!("{}: no reply ({other:?})", self.name())));
            }
        }
        // Pushes that came first are dropped: inspection is about the last frame.
        let values = resp::parse_all(&reply).map_err(io::Error::other)?;
        values.into_iter().next_back().ok_or_else(|| io::Error::other("an empty reply"))
    }
}

/// The client that [`Target::settle`] speaks as.
pub const BELL: usize = 18;

/// How long a reply may take before it counts as missing.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A server over TCP.
#[derive(Debug)]
pub struct SocketTarget {
    name: String,
    server: Server,
    clients: Vec<Option<Connection>>,
    scratch: Vec<u8>,
    tap: Option<ReplicaTap>,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    local: SocketAddr,
    /// Received and not yet handed over.
    inbox: Vec<u8>,
    closed: bool,
}

impl SocketTarget {
    pub fn new(name: &str, server: Server) -> Self {
        SocketTarget { name: name.to_string(), server, clients: Vec::new(), scratch: vec![0; 256 * 1024], tap: None }
    }

    pub fn server(&self) -> &Server {
        &self.server
    }
}

impl Target for SocketTarget {
    fn name(&self) -> &str {
        &self.name
    }

    fn connect(&mut self, client: usize) -> io::Result<()> {
        while self.clients.len() <= client {
            self.clients.push(None);
        }
        self.clients[client] = None;
        let stream = TcpStream::connect_timeout(&self.server.addr(), PATIENCE)?;
        stream.set_nodelay(true)?;
        let local = stream.local_addr()?;
        self.clients[client] = Some(Connection { stream, local, inbox: Vec::new(), closed: false });
        Ok(())
    }

    fn disconnect(&mut self, client: usize) {
        if let Some(slot) = self.clients.get_mut(client) {
            *slot = None;
        }
    }

    fn send(&mut self, client: usize, bytes: &[u8]) {
        if let Some(Some(connection)) = self.clients.get_mut(client)
            && connection.stream.write_all(bytes).is_err()
        {
            // The reading side still holds what the server said before it closed.
        }
    }

    fn half_close(&mut self, client: usize) {
        if let Some(Some(connection)) = self.clients.get_mut(client) {
            // Fails if the server closed first; reading tells.
            let _ = connection.stream.shutdown(Shutdown::Write);
        }
    }

    fn receive(&mut self, client: usize, want: Want, timeout: Duration, into: &mut Vec<u8>) -> Received {
        match self.clients.get_mut(client) {
            Some(Some(connection)) => connection.receive(want, timeout, into, &mut self.scratch),
            _ => Received::Closed,
        }
    }

    fn arrived(&mut self, client: usize, into: &mut Vec<u8>) -> bool {
        let Some(Some(connection)) = self.clients.get_mut(client) else { return false };
        connection.drain(&mut self.scratch);
        into.append(&mut connection.inbox);
        !connection.closed
    }

    fn sleep(&mut self, span: Duration) {
        std::thread::sleep(span);
    }

    fn restart(&mut self) -> bool {
        self.clients.clear();
        self.tap = None;
        self.server.restart().is_ok()
    }

    fn why_ended(&self) -> Option<String> {
        self.server.why_ended()
    }

    fn propagated(&mut self) -> io::Result<Vec<u8>> {
        let mut tap = match self.tap.take() {
            Some(tap) => tap,
            None => ReplicaTap::attach(self.server.addr())?,
        };
        // One that was cut off is not kept: the next call attaches anew.
        let bytes = tap.since_mark()?;
        self.tap = Some(tap);
        Ok(bytes)
    }

    fn client_addr(&self, client: usize) -> Option<String> {
        self.clients.get(client)?.as_ref().map(|connection| connection.local.to_string())
    }

    fn server_addr(&self) -> String {
        self.server.addr().to_string()
    }
}

impl Drop for Connection {
    /// Ends the connection even if a process that is just being started holds a copy of the socket: until that process is its own
    /// program, closing would tell the server nothing, and a client that waits there would be served.
    fn drop(&mut self) {
        // Fails if the server closed first.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

impl Connection {
    fn receive(&mut self, want: Want, timeout: Duration, into: &mut Vec<u8>, scratch: &mut [u8]) -> Received {
        let deadline = Instant::now() + timeout;
        let mut progress = Progress::default();
        loop {
            let scan = progress.scan(&self.inbox, want);
            if let Some(outcome) = scan.or(self.closed.then_some(Received::Closed)) {
                let upto = if outcome == Received::Complete { progress.scanned } else { self.inbox.len() };
                into.extend_from_slice(&self.inbox[..upto]);
                self.inbox.drain(..upto);
                let expected_end = want == Want::Close && outcome == Received::Closed;
                return if expected_end { Received::Complete } else { outcome };
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                into.append(&mut self.inbox);
                return Received::TimedOut;
            }
            self.fill(left, scratch);
        }
    }

    /// Reads what is there.
    fn drain(&mut self, scratch: &mut [u8]) {
        if self.stream.set_nonblocking(true).is_err() {
            self.closed = true;
        }
        while !self.closed {
            match self.stream.read(scratch) {
                Ok(0) => self.closed = true,
                Ok(n) => self.inbox.extend_from_slice(&scratch[..n]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => self.closed = true,
            }
        }
        self.closed |= self.stream.set_nonblocking(false).is_err();
    }

    /// One read, of at most `left`.
    fn fill(&mut self, left: Duration, scratch: &mut [u8]) {
        // A timeout of zero would mean "for ever".
        let left = left.max(Duration::from_millis(1));
        if self.stream.set_read_timeout(Some(left)).is_err() {
            self.closed = true;
            return;
        }
        match self.stream.read(scratch) {
            Ok(0) => self.closed = true,
            Ok(n) => self.inbox.extend_from_slice(&scratch[..n]),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => self.closed = true,
        }
    }
}

/// How far the frames of an inbox have been counted; shared by every target.
#[derive(Debug, Default)]
pub struct Progress {
    /// End of the last whole frame that was counted.
    pub scanned: usize,
    counted: usize,
}

impl Progress {
    /// `Some` once `want` is decided by the bytes alone.
    pub fn scan(&mut self, inbox: &[u8], want: Want) -> Option<Received> {
        let (goal, all_frames) = match want {
            Want::Replies(n) => (n, false),
            Want::Frames(n) => (n, true),
            Want::Close => return None,
        };
        while self.counted < goal {
            match resp::frame_end(inbox, self.scanned) {
                Ok(None) => return None,
                Ok(Some(end)) => {
                    let counts = all_frames || !resp::is_push(inbox[self.scanned]);
                    self.counted += usize::from(counts);
                    self.scanned = end;
                }
                Err(_) => return Some(Received::Malformed),
            }
        }
        Some(Received::Complete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_ends_although_its_socket_has_a_copy() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let stream = TcpStream::connect(listener.local_addr().expect("bound")).expect("somebody listens");
        let (mut accepted, local) = listener.accept().expect("somebody connects");
        let copy = stream.try_clone().expect("a copy");
        drop(Connection { stream, local, inbox: Vec::new(), closed: false });
        accepted.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        assert_eq!(accepted.read(&mut [0]).expect("no error"), 0);
        drop(copy);
    }

    #[test]
    fn pushes_are_frames_and_not_replies() {
        let inbox = b">1\r\n+p\r\n+one\r\n>1\r\n+q\r\n+two\r\n";
        let mut progress = Progress::default();
        assert_eq!(progress.scan(inbox, Want::Replies(1)), Some(Received::Complete));
        assert_eq!(&inbox[..progress.scanned], b">1\r\n+p\r\n+one\r\n");
        let mut progress = Progress::default();
        assert_eq!(progress.scan(inbox, Want::Frames(3)), Some(Received::Complete));
        assert_eq!(&inbox[progress.scanned..], b"+two\r\n");
        assert_eq!(Progress::default().scan(inbox, Want::Replies(3)), None);
    }
}
