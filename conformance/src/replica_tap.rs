//! A fake replica: attaches to a real server and takes down what it propagates.
//!
//! The snapshot that begins a replication is read and dropped. [`ReplicaTap::since_mark`] publishes a message of its
//! own and reads up to it: whatever was executed before is then in the stream, and nothing that comes later. Besides the
//! replica's connection nothing of it stays on the server: marks are made by connections that are closed again, and what
//! attaching configures is put back.
//!
//! Source: the handshake that redis-server 7.0.15 expects of a replica (`REPLCONF capa eof`, `PSYNC ? -1`).

use crate::resp::{self, Value};
use crate::target::PATIENCE;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// The channel of the marks.
const MARKS: &str = "etalon-conformance:mark";

/// A connection that the server takes for a replica.
#[derive(Debug)]
pub struct ReplicaTap {
    stream: BufReader<TcpStream>,
    addr: SocketAddr,
    marks: u64,
}

impl ReplicaTap {
    /// Attaches. Errors: a server that refuses, or does not answer within [`PATIENCE`].
    pub fn attach(addr: SocketAddr) -> io::Result<ReplicaTap> {
        let mut tap = ReplicaTap { stream: connect(addr)?, addr, marks: 0 };
        // The snapshot comes at once, and not after repl-diskless-sync-delay.
        ask(addr, &["CONFIG", "SET", "repl-diskless-sync", "no"])?;
        send(&tap.stream, &["REPLCONF", "capa", "eof"])?;
        let capa = line(&mut tap.stream)?;
        send(&tap.stream, &["PSYNC", "?", "-1"])?;
        let begin = line(&mut tap.stream)?;
        if !capa.starts_with("+OK") || !begin.starts_with("+FULLRESYNC") {
            return Err(io::Error::other(format!("no replication: {}, {}", capa.trim(), begin.trim())));
        }
        tap.skip_snapshot()?;
        ask(addr, &["CONFIG", "SET", "repl-diskless-sync", "yes"])?;
        Ok(tap)
    }

    /// `$length` and so many bytes, after any number of empty lines that mean "wait".
    fn skip_snapshot(&mut self) -> io::Result<()> {
        let announced = loop {
            let line = line(&mut self.stream)?;
            match line.trim() {
                "" => {}
                text => break text.strip_prefix('$').and_then(|digits| digits.parse().ok()),
            }
        };
        let length: u64 = announced.ok_or_else(|| io::Error::other("a snapshot of unknown length"))?;
        let skipped = io::copy(&mut (&mut self.stream).take(length), &mut io::sink())?;
        if skipped == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// What was propagated since the last call, or since attaching, in RESP form. Errors: the server has cut the
    /// connection.
    pub fn since_mark(&mut self) -> io::Result<Vec<u8>> {
        // A replica that says nothing for a minute is taken for dead.
        send(&self.stream, &["REPLCONF", "ACK", "0"])?;
        self.marks += 1;
        let mark = self.marks.to_string();
        ask(self.addr, &["PUBLISH", MARKS, &mark])?;
        let mut end = Vec::new();
        resp::encode_command(&["PUBLISH", MARKS, &mark], &mut end);
        let mut bytes = Vec::new();
        while !bytes.ends_with(&end) {
            let piece = self.stream.fill_buf()?;
            if piece.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            bytes.extend_from_slice(piece);
            let count = piece.len();
            self.stream.consume(count);
        }
        bytes.truncate(bytes.len() - end.len());
        Ok(bytes)
    }
}

/// One command over a connection of its own, which the server has closed when this returns.
fn ask(addr: SocketAddr, words: &[&str]) -> io::Result<()> {
    let mut stream = connect(addr)?;
    send(&stream, words)?;
    let reply = line(&mut stream)?;
    send(&stream, &["QUIT"])?;
    io::copy(&mut stream, &mut io::sink())?;
    if reply.starts_with('-') {
        return Err(io::Error::other(format!("{}: {}", words[0], reply.trim())));
    }
    Ok(())
}

fn connect(addr: SocketAddr) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect_timeout(&addr, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(BufReader::with_capacity(64 * 1024, stream))
}

fn send(stream: &BufReader<TcpStream>, words: &[&str]) -> io::Result<()> {
    let mut bytes = Vec::new();
    resp::encode_command(words, &mut bytes);
    stream.get_ref().write_all(&bytes)
}

fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    match stream.read_line(&mut line)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line),
    }
}

/// A propagated command and the database that it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Propagated {
    pub db: u64,
    pub words: Vec<Vec<u8>>,
}

/// The commands of a stream. What only keeps the connection going (PING, REPLCONF) is left out, and SELECT is turned
/// into the database of what follows. `db` is the one selected before. Errors: bytes that are no requests.
pub fn commands(stream: &[u8], mut db: u64) -> Result<(Vec<Propagated>, u64), String> {
    let mut found = Vec::new();
    for value in resp::parse_all(stream).map_err(|error| error.to_string())? {
        let words: Option<Vec<Vec<u8>>> = match &value {
            Value::Array(items) => items.iter().map(|item| item.as_bytes().map(<[u8]>::to_vec)).collect(),
            _ => None,
        };
        let words = words.ok_or_else(|| format!("not a request: {value:?}"))?;
        match words.as_slice() {
            [name, index] if name == b"SELECT" => {
                db = String::from_utf8_lossy(index).parse().map_err(|_| "SELECT of no number")?;
            }
            [name, ..] if name.eq_ignore_ascii_case(b"PING") || name == b"REPLCONF" => {}
            _ => found.push(Propagated { db, words }),
        }
    }
    Ok((found, db))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::launch::{self, Server};
    use crate::target::{SocketTarget, Target};

    #[test]
    fn select_becomes_the_database_of_what_follows() {
        let stream = b"*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*1\r\n$4\r\nping\r\n*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n";
        let (found, db) = commands(stream, 0).expect("requests");
        assert_eq!(db, 3);
        assert_eq!(found, [Propagated { db: 3, words: vec![b"DEL".to_vec(), b"k".to_vec()] }]);
        assert!(commands(b"+OK\r\n", 0).is_err());
    }

    #[test]
    fn a_real_server_tells_its_replica_what_it_did() {
        let command = match launch::oracle() {
            Ok(command) => command,
            Err(reason) => return println!("skipped: {reason}"),
        };
        let server = Server::open(&command, &[]).expect("the oracle starts");
        let mut tap = ReplicaTap::attach(server.addr()).expect("it accepts a replica");
        let mut target = SocketTarget::new("oracle", server);
        target.connect(1).expect("it accepts a client");
        for round in 0..3u8 {
            target.ask(1, &[b"INCRBYFLOAT", b"n", b"1.5"]).expect("a reply");
            let (found, _) = commands(&tap.since_mark().expect("a stream"), 0).expect("requests");
            let value = format!("{}", f32::from(round + 1) * 1.5).into_bytes();
            let words: Vec<Vec<u8>> = [&b"SET"[..], b"n", &value, b"KEEPTTL"].map(<[u8]>::to_vec).into();
            assert_eq!(found, [Propagated { db: 0, words }]);
        }
    }
}
