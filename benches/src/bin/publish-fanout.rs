//! PUBLISH to many subscribers, beside a real server: CPU of the server for each message, how long the publisher waits for its
//! reply and the last subscriber for the message, and the memory of a subscription.
//!
//! `cargo run --release -p etalon-benches --bin publish-fanout [SUBSCRIBERS] [MESSAGES] [REDIS] [ETALON]`
//!
//! Every subscriber listens to one channel that all share while messages are timed; then to ten more, shared by all, and to ten
//! of its own; each time the resident memory is told. Servers run on the first core, the load on the second, in turns; medians of all messages.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use etalon_benches::load::append_request;
use etalon_benches::process::Server;

const ROUNDS: usize = 3;
const CHANNELS: usize = 10;
const MESSAGE_BYTES: usize = 100;
/// After that long without traffic both servers have given back what they can of a connection's buffers.
const BUFFERS_IDLE: Duration = Duration::from_secs(6);

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let mut number = |otherwise: usize| args.next().and_then(|n| n.parse().ok()).unwrap_or(otherwise);
    let (subscribers, messages) = (number(10_000), number(50));
    let redis = args.next().unwrap_or_else(|| "redis-server".to_string());
    let etalon = args.next().unwrap_or_else(|| "target/release/etalon-server".to_string());
    println!("{subscribers} subscribers, {messages} messages of {MESSAGE_BYTES} bytes in each of {ROUNDS} rounds");
    println!(
        "{:<8} {:>14} {:>14} {:>14}   bytes a client: connected, 11 shared channels, 10 of its own more",
        "", "CPU µs/message", "reply µs", "last µs"
    );
    for round in 0..ROUNDS {
        for (name, command) in [("redis", &redis), ("etalon", &etalon)] {
            let server = Server::start(name, &format!("{command} --maxclients {}", subscribers + 100), Some(0))?;
            let report = measure(&server, subscribers, messages, round == 0)?;
            println!("{name:<8} {report}");
        }
    }
    Ok(())
}

/// One server's line.
fn measure(server: &Server, subscribers: usize, messages: usize, with_memory: bool) -> io::Result<String> {
    let empty = server.resident_bytes();
    let mut sockets = Vec::with_capacity(subscribers);
    for _ in 0..subscribers {
        let stream = TcpStream::connect(("127.0.0.1", server.port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        sockets.push(stream);
        ask(sockets.last_mut().expect("just pushed"), &[b"PING"])?;
    }
    let connected = server.resident_bytes();
    for socket in &mut sockets {
        ask(socket, &[b"SUBSCRIBE", b"all"])?;
    }
    let mut publisher = TcpStream::connect(("127.0.0.1", server.port))?;
    publisher.set_nodelay(true)?;
    let (cpu, reply, last) = time(server, &mut publisher, &mut sockets, messages)?;
    let mut line = format!("{cpu:>14.0} {reply:>14.0} {last:>14.0}");
    if with_memory {
        let per_client = |now: u64| now.saturating_sub(empty) / subscribers as u64;
        let (shared, own) = memory(server, &mut sockets)?;
        line.push_str(&format!("   {:>8} {:>8} {:>8}", per_client(connected), per_client(shared), per_client(own)));
    }
    Ok(line)
}

/// CPU for a message, and the medians of how long the publisher and the last subscriber wait; microseconds.
fn time(
    server: &Server,
    publisher: &mut TcpStream,
    sockets: &mut [TcpStream],
    messages: usize,
) -> io::Result<(f64, f64, f64)> {
    let message = [b'm'; MESSAGE_BYTES];
    let mut buffer = [0; 4096];
    let (mut replies, mut lasts) = (Vec::new(), Vec::new());
    let before = server.cpu_seconds();
    for _ in 0..messages {
        let started = Instant::now();
        ask(publisher, &[b"PUBLISH", b"all", &message])?;
        replies.push(started.elapsed());
        for socket in &mut *sockets {
            let count = socket.read(&mut buffer)?;
            assert!(count > MESSAGE_BYTES, "a whole message");
        }
        lasts.push(started.elapsed());
    }
    let cpu = (server.cpu_seconds() - before) / messages as f64 * 1e6;
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_nanos() as f64 / 1e3
    };
    Ok((cpu, median(&mut replies), median(&mut lasts)))
}

/// Resident bytes once everybody listens to ten channels that all share, and once to ten of its own as well.
fn memory(server: &Server, sockets: &mut [TcpStream]) -> io::Result<(u64, u64)> {
    let mut resident = [0, 0];
    for (kind, resident) in resident.iter_mut().enumerate() {
        for (index, socket) in sockets.iter_mut().enumerate() {
            let names: Vec<String> = (0..CHANNELS)
                .map(|n| if kind == 0 { format!("shared:channel:{n}") } else { format!("own:channel:{index}:{n}") })
                .collect();
            let mut words: Vec<&[u8]> = vec![b"SUBSCRIBE"];
            words.extend(names.iter().map(|name| name.as_bytes()));
            let mut request = Vec::new();
            append_request(&mut request, &words);
            socket.write_all(&request)?;
            // Ten confirmations of three lines each, with the name and its length.
            let wanted = CHANNELS;
            let mut told = 0;
            let mut buffer = [0; 4096];
            while told < wanted {
                let count = socket.read(&mut buffer)?;
                told += buffer[..count].windows(4).filter(|window| window == b"*3\r\n").count();
            }
        }
        std::thread::sleep(BUFFERS_IDLE);
        *resident = server.resident_bytes();
    }
    Ok((resident[0], resident[1]))
}

fn ask(stream: &mut TcpStream, words: &[&[u8]]) -> io::Result<usize> {
    let mut request = Vec::new();
    append_request(&mut request, words);
    stream.write_all(&request)?;
    stream.read(&mut [0; 4096])
}
