//! One accepted connection: its socket, and whether the socket takes output at the moment.

use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;

use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token, event::Source};
use socket2::{SockRef, TcpKeepalive};
use std::time::Duration;

use etalon_core::engine::client::ClientId;

use crate::gathering::LastActive;

/// A socket of either kind.
pub enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    #[inline]
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.read(buffer),
            Stream::Unix(stream) => stream.read(buffer),
        }
    }

    #[inline]
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.write(bytes),
            Stream::Unix(stream) => stream.write(bytes),
        }
    }

    pub fn source(&mut self) -> &mut dyn Source {
        match self {
            Stream::Tcp(stream) => stream,
            Stream::Unix(stream) => stream,
        }
    }

    pub fn fd(&self) -> i32 {
        match self {
            Stream::Tcp(stream) => stream.as_raw_fd(),
            Stream::Unix(stream) => stream.as_raw_fd(),
        }
    }

    /// Sends replies at once, and finds out about dead peers after `keepalive_s` (0: never).
    pub fn tune(&self, keepalive_s: u32) {
        let Stream::Tcp(stream) = self else { return };
        // A connection that ended meanwhile refuses; reading it will tell.
        let _ = stream.set_nodelay(true);
        if keepalive_s > 0 {
            let idle = Duration::from_secs(u64::from(keepalive_s));
            let interval = Duration::from_secs(u64::from(keepalive_s / 3).max(1));
            let probes = TcpKeepalive::new().with_time(idle).with_interval(interval).with_retries(3);
            let _ = SockRef::from(stream).set_tcp_keepalive(&probes);
        }
    }
}

/// A connection, from accept to close.
pub struct Connection {
    pub stream: Stream,
    pub client: ClientId,
    /// The socket's buffer is full; a writable event will come.
    pub full: bool,
    pub last_active: LastActive,
}

impl Connection {
    /// Asks for a writable event as well, or no longer.
    pub fn set_full(&mut self, full: bool, registry: &Registry, token: Token) -> io::Result<()> {
        if self.full == full {
            return Ok(());
        }
        self.full = full;
        let interest = if full { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        self.stream.source().reregister(registry, token, interest)
    }
}
