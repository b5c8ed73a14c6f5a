//! Saving and loading a data set, beside a real server: time, CPU and memory.
//!
//! `cargo run --release -p etalon-benches --bin save-and-load [small|mixed] [KEYS] [REDIS] [ETALON]`
//!
//! *small*: that many keys of 16 bytes with values of 8. *mixed*: one such key in two; of the others every type, mostly with a
//! dozen elements in its compact encoding, some with a thousand. Columns: SAVE in seconds; start from the file in seconds
//! (from the process's start to the first PONG); resident memory before and at the highest while loading; and what memory grows by,
//! at the highest, during BGSAVE while random keys are overwritten (the proportional share of all processes of the server).

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use etalon_benches::load::append_request;
use etalon_benches::process::Server;

const ROUNDS: usize = 3;
/// Requests between two waits for replies.
const PIPELINE: usize = 1000;

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let mixed = args.next().is_some_and(|kind| kind == "mixed");
    let keys: usize = args.next().and_then(|n| n.parse().ok()).unwrap_or(10_000_000);
    let redis = args.next().unwrap_or_else(|| "redis-server".to_string());
    let etalon = args.next().unwrap_or_else(|| "target/release/etalon-server".to_string());
    println!("{keys} keys, {}; {ROUNDS} rounds", if mixed { "mixed" } else { "small" });
    println!("{:<8} {:>8} {:>8} {:>10} {:>10} {:>12}", "", "save s", "load s", "MB", "peak MB", "BGSAVE +MB");
    let folder = std::env::temp_dir().join(format!("etalon-save-and-load-{}", std::process::id()));
    let mut measured: [Vec<Line>; 2] = Default::default();
    for _ in 0..ROUNDS {
        for ((name, command), lines) in [("redis", &redis), ("etalon", &etalon)].into_iter().zip(&mut measured) {
            let folder = folder.join(name);
            std::fs::create_dir_all(&folder)?;
            let line = measure(name, command, &folder, keys, mixed)?;
            print_line(name, line);
            lines.push(line);
            std::fs::remove_dir_all(&folder)?;
        }
    }
    println!("medians, and their ratio");
    let [redis, etalon] = measured.map(|lines| medians(&lines));
    print_line("redis", redis);
    print_line("etalon", etalon);
    let ratios: [f64; COLUMNS] = std::array::from_fn(|column| etalon[column] / redis[column]);
    let [save, load, resident, peak, grown] = ratios;
    println!("{:<8} {save:>8.2} {load:>8.2} {resident:>10.2} {peak:>10.2} {grown:>12.2}", "ratio");
    std::fs::remove_dir_all(folder)
}

const COLUMNS: usize = 5;

/// What was measured in one round: seconds and megabytes, in the order of the columns.
type Line = [f64; COLUMNS];

fn print_line(name: &str, [save_s, load_s, before, peak, grown]: Line) {
    println!("{name:<8} {save_s:>8.2} {load_s:>8.2} {before:>10.0} {peak:>10.0} {grown:>12.0}");
}

fn medians(lines: &[Line]) -> Line {
    std::array::from_fn(|column| {
        let mut values: Vec<f64> = lines.iter().map(|line| line[column]).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    })
}

/// One server's line.
fn measure(name: &str, command: &str, folder: &Path, keys: usize, mixed: bool) -> io::Result<Line> {
    let command = format!("{command} --dir {}", folder.display());
    let server = Server::start(name, &command, None)?;
    fill(&server, keys, mixed)?;
    let resident_bytes = server.resident_bytes();
    let started = Instant::now();
    expect(&server, &["SAVE"], b"+OK")?;
    let save_s = started.elapsed().as_secs_f64();
    let grown_bytes = save_under_writes(&server, keys)?;
    drop(server);
    let started = Instant::now();
    let server = Server::start_after(name, &command, Duration::from_secs(300))?;
    let load_s = started.elapsed().as_secs_f64();
    let peak_bytes = server.peak_resident_bytes();
    let mb = |bytes: u64| bytes as f64 / 1e6;
    Ok([save_s, load_s, mb(resident_bytes), mb(peak_bytes), mb(grown_bytes)])
}

fn expect(server: &Server, request: &[&str], wanted: &[u8]) -> io::Result<()> {
    let reply = server.request(request)?;
    if reply.starts_with(wanted) { Ok(()) } else { Err(io::Error::other(String::from_utf8_lossy(&reply).into_owned())) }
}

/// Writes the data set.
fn fill(server: &Server, keys: usize, mixed: bool) -> io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port))?;
    let mut batch = Batch::default();
    for at in 0..keys {
        let key = format!("key:{at:012}");
        let kind = if mixed && at % 2 == 1 { at / 2 % 6 } else { 0 };
        if kind == 0 {
            batch.add(&["SET", &key, &format!("{at:08}")]);
        } else {
            add_collection(&mut batch, kind, &key, if at % 2000 < 12 { 1000 } else { 12 });
        }
        if batch.requests >= PIPELINE {
            batch.send(&mut stream)?;
        }
    }
    batch.send(&mut stream)
}

fn add_collection(batch: &mut Batch, kind: usize, key: &str, elements: usize) {
    let members: Vec<String> = (0..elements).map(|at| format!("element{at}")).collect();
    let mut words: Vec<&str> = Vec::new();
    let numbers: Vec<String> = (0..elements).map(|at| (at * 7).to_string()).collect();
    match kind {
        1 => words.extend(["RPUSH", key].into_iter().chain(members.iter().map(String::as_str))),
        2 => words.extend(["SADD", key].into_iter().chain(numbers.iter().map(String::as_str))),
        3 => {
            words.extend(["HSET", key]);
            members.iter().zip(&numbers).for_each(|(member, number)| words.extend([member.as_str(), number.as_str()]));
        }
        4 => {
            words.extend(["ZADD", key]);
            members.iter().zip(&numbers).for_each(|(member, number)| words.extend([number.as_str(), member.as_str()]));
        }
        _ => {
            for member in &members {
                batch.add(&["XADD", key, "*", "field", member]);
            }
            return;
        }
    }
    batch.add(&words);
}

/// Requests that are sent together.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    requests: usize,
}

impl Batch {
    fn add(&mut self, words: &[&str]) {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        append_request(&mut self.bytes, &words);
        self.requests += 1;
    }

    /// Sends all and waits for that many replies, which are counted by what ends them.
    fn send(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        self.add(&["ECHO", "end of the batch"]);
        stream.write_all(&self.bytes)?;
        let (mut seen, mut piece) = (Vec::new(), [0; 64 * 1024]);
        while !seen.ends_with(b"end of the batch\r\n") {
            let count = stream.read(&mut piece)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            seen.extend_from_slice(&piece[..count]);
            // Only the end matters.
            let surplus = seen.len().saturating_sub(64);
            seen.drain(..surplus);
        }
        *self = Batch::default();
        Ok(())
    }
}

/// BGSAVE while keys are overwritten: by how much the memory grows at most.
fn save_under_writes(server: &Server, keys: usize) -> io::Result<u64> {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port))?;
    let before = server.proportional_bytes();
    expect(server, &["BGSAVE"], b"+Background")?;
    let (mut highest, mut state, mut looked) = (before, 1_u64, Instant::now());
    loop {
        let mut batch = Batch::default();
        for _ in 0..100 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = ((state >> 33) as usize % keys) & !1;
            batch.add(&["SET", &format!("key:{at:012}"), "87654321"]);
        }
        batch.send(&mut stream)?;
        if looked.elapsed() > Duration::from_millis(20) {
            looked = Instant::now();
            highest = highest.max(server.proportional_bytes());
            let info = server.request(&["INFO", "persistence"])?;
            if String::from_utf8_lossy(&info).contains("rdb_bgsave_in_progress:0") {
                return Ok(highest - before);
            }
        }
        // The same load for both: so many writes a second.
        std::thread::sleep(Duration::from_millis(2));
    }
}
