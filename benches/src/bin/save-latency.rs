//! What clients wait for while a data set is saved, beside a real server, which forks.
//!
//! `cargo run --release -p etalon-benches --bin save-latency [KEYS] [REDIS] [ETALON]`
//!
//! Each server is filled with keys of 16 bytes and values of 8. Four connections then overwrite random keys, one request at a time
//! with a pause of a fifth of a millisecond between two, and each reply is timed: for five seconds before BGSAVE, while it
//! goes on, and for five seconds after. A row a phase: requests, percentiles and the longest in milliseconds. A BGSAVE under the
//! same load has shown first by how much memory grows at most, and the memory before: apart, since looking disturbs, and first,
//! since memory that was given back is used again. The longest waits are the machine's as well as the server's: the rows before BGSAVE tell them apart.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use etalon_benches::load::{append_request, fill};
use etalon_benches::process::Server;

const CONNECTIONS: u64 = 4;
const PAUSE: Duration = Duration::from_micros(200);
const PHASE: Duration = Duration::from_secs(5);
const PHASES: [&str; 3] = ["before", "during", "after"];

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let keys: u64 = args.next().and_then(|n| n.parse().ok()).unwrap_or(10_000_000);
    let redis = args.next().unwrap_or_else(|| "redis-server".to_string());
    let etalon = args.next().unwrap_or_else(|| "target/release/etalon-server".to_string());
    println!("{keys} keys, {CONNECTIONS} connections that overwrite them");
    let folder = std::env::temp_dir().join(format!("etalon-save-latency-{}", std::process::id()));
    for (name, command) in [("redis", redis), ("etalon", etalon)] {
        std::fs::create_dir_all(&folder)?;
        let measured = measure(name, &format!("{command} --dir {}", folder.display()), keys);
        std::fs::remove_dir_all(&folder)?;
        measured?;
    }
    Ok(())
}

fn measure(name: &str, command: &str, keys: u64) -> io::Result<()> {
    let server = Server::start(name, command, None)?;
    fill(&server, keys, |at, out| append_request(out, &[b"SET", key(at).as_bytes(), format!("{at:08}").as_bytes()]))?;
    let server = &server;
    let (resident, grown) = growth(server, keys)?;
    let (phase, over) = (&AtomicUsize::new(0), &AtomicBool::new(false));
    let (latencies, save) = std::thread::scope(|scope| {
        let writers: Vec<_> =
            (0..CONNECTIONS).map(|number| scope.spawn(move || overwrite(server, keys, number, phase, over))).collect();
        std::thread::sleep(PHASE);
        phase.store(1, Relaxed);
        let saved = background_save(server, |_| ());
        phase.store(2, Relaxed);
        std::thread::sleep(PHASE);
        over.store(true, Relaxed);
        let mut all: [Vec<Duration>; 3] = Default::default();
        for writer in writers {
            let of_one = writer.join().expect("a writer does not panic")?;
            all.iter_mut().zip(of_one).for_each(|(all, of_one)| all.extend(of_one));
        }
        io::Result::Ok((all, saved?))
    })?;
    for (phase, mut latencies) in PHASES.into_iter().zip(latencies) {
        latencies.sort();
        let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        println!(
            "{name:<7} {phase:<7} {:>8} requests  median {:.3} ms  p99 {:.3}  p99.9 {:.3}  p99.99 {:.3}  longest {:.2}",
            latencies.len(),
            at(0.5),
            at(0.99),
            at(0.999),
            at(0.9999),
            at(1.0)
        );
    }
    let (save_s, resident, grown) = (save.as_secs_f64(), resident as f64 / 1e6, grown as f64 / 1e6);
    println!("{name:<7} BGSAVE took {save_s:.2} s; resident {resident:.0} MB, at most {grown:.0} MB more while saving");
    Ok(())
}

fn key(number: u64) -> String {
    format!("key:{number:012}")
}

/// Overwrites keys until it is over. The latencies of each phase.
fn overwrite(
    server: &Server,
    keys: u64,
    number: u64,
    phase: &AtomicUsize,
    over: &AtomicBool,
) -> io::Result<[Vec<Duration>; 3]> {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port))?;
    stream.set_nodelay(true)?;
    let (mut latencies, mut request, mut state): ([Vec<Duration>; 3], _, _) = (Default::default(), Vec::new(), number);
    while !over.load(Relaxed) {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        request.clear();
        append_request(&mut request, &[b"SET", key((state >> 33) % keys).as_bytes(), b"87654321"]);
        let (started, during) = (Instant::now(), phase.load(Relaxed));
        stream.write_all(&request)?;
        let mut reply = [0; 5];
        stream.read_exact(&mut reply)?;
        latencies[during].push(started.elapsed());
        if reply != *b"+OK\r\n" {
            return Err(io::Error::other("a write was refused"));
        }
        std::thread::sleep(PAUSE);
    }
    Ok(latencies)
}

/// Saves in the background and waits for the end, looking in now and then. How long it took.
fn background_save(server: &Server, mut look: impl FnMut(&Server)) -> io::Result<Duration> {
    let started = Instant::now();
    let reply = server.request(&["BGSAVE"])?;
    if !reply.starts_with(b"+Background") {
        return Err(io::Error::other(String::from_utf8_lossy(&reply).into_owned()));
    }
    loop {
        std::thread::sleep(Duration::from_millis(20));
        look(server);
        let info = server.request(&["INFO", "persistence"])?;
        if String::from_utf8_lossy(&info).contains("rdb_bgsave_in_progress:0") {
            return Ok(started.elapsed());
        }
    }
}

/// The memory before a save under the same load, and by how much it grows at most.
fn growth(server: &Server, keys: u64) -> io::Result<(u64, u64)> {
    let (phase, over) = (&AtomicUsize::new(0), &AtomicBool::new(false));
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..CONNECTIONS)
            .map(|number| scope.spawn(move || overwrite(server, keys, number + 9, phase, over)))
            .collect();
        let before = server.proportional_bytes();
        let mut highest = before;
        let result = background_save(server, |server| highest = highest.max(server.proportional_bytes()));
        over.store(true, Relaxed);
        for writer in writers {
            writer.join().expect("a writer does not panic")?;
        }
        result.map(|_| (before, highest - before))
    })
}
