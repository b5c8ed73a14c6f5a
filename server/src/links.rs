//! Links: connections that the engine asks for. Carried out while everything else waits, as the engine wants it; see
//! `etalon_core::engine::link`.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use etalon_core::engine::action::Outcome;
use etalon_core::engine::link::{LinkId, LinkOp};

use crate::os;

/// Links that are open; one that could not be made says so when it is used.
#[derive(Default)]
pub struct Links {
    open: BTreeMap<LinkId, io::Result<TcpStream>>,
}

impl Links {
    /// Carries out one operation.
    pub fn execute(&mut self, op: LinkOp) -> Outcome {
        let done = match op {
            LinkOp::Open { link, host, port, timeout_ms } => {
                let limit = Duration::from_millis(timeout_ms);
                connect(&String::from_utf8_lossy(&host), port, limit).map(|connected| {
                    self.open.insert(link, connected);
                    Outcome::Done
                })
            }
            LinkOp::Send { link, bytes, timeout_ms } => {
                self.with(link, timeout_ms, |stream| stream.write_all(&bytes).map(|()| Outcome::Done))
            }
            LinkOp::ReceiveLine { link, bytes_max, timeout_ms } => {
                self.with(link, timeout_ms, |stream| receive_line(stream, bytes_max).map(Outcome::Content))
            }
            LinkOp::Close { link } => {
                self.open.remove(&link);
                Ok(Outcome::Done)
            }
        };
        done.unwrap_or_else(|error| match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Outcome::TimedOut,
            _ => Outcome::Failed(os::reason(&error)),
        })
    }

    fn with(
        &mut self,
        link: LinkId,
        timeout_ms: u64,
        work: impl FnOnce(&mut TcpStream) -> io::Result<Outcome>,
    ) -> io::Result<Outcome> {
        let limit = Some(Duration::from_millis(timeout_ms.max(1)));
        match self.open.get_mut(&link) {
            Some(Ok(stream)) => {
                stream.set_read_timeout(limit)?;
                stream.set_write_timeout(limit)?;
                work(stream)
            }
            Some(Err(error)) => Err(io::Error::new(error.kind(), "The connection was refused")),
            None => Err(io::Error::from(ErrorKind::NotConnected)),
        }
    }
}

/// The outer result: whether there is such a host, and time enough to find out whether it takes connections.
fn connect(host: &str, port: u16, limit: Duration) -> io::Result<io::Result<TcpStream>> {
    let deadline = Instant::now() + limit;
    let mut refused = io::Error::from(ErrorKind::AddrNotAvailable);
    for address in (host, port).to_socket_addrs()? {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => {
                let _ = stream.set_nodelay(true);
                return Ok(Ok(stream));
            }
            Err(error) if error.kind() == ErrorKind::TimedOut => return Err(error),
            Err(error) => refused = error,
        }
    }
    Ok(Err(refused))
}

/// Byte by byte: nothing that follows the line may be taken.
fn receive_line(stream: &mut TcpStream, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut byte = [0];
    while line.len() < bytes_max {
        stream.read_exact(&mut byte)?;
        if byte[0] == b'\n' {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            break;
        }
        line.push(byte[0]);
    }
    Ok(line)
}
