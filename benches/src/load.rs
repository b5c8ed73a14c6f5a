//! Load: `redis-benchmark` for throughput, a plain pipeline for filling.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;

use etalon_core::aof::request::{append_argument, append_count};

use crate::process::Server;

/// Requests of one `redis-benchmark` run, and how they are sent.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub requests: u64,
    pub pipeline: u32,
    pub clients: u32,
    pub value_bytes: u32,
    /// Number of different keys.
    pub keys: u64,
}

/// What a run showed.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    pub requests_per_second: f64,
    /// Server CPU, microseconds for each request.
    pub cpu_us: f64,
}

/// What the test `evalsha` runs: a write and a read of one key.
const SCRIPT: &str = "redis.call('SET',KEYS[1],ARGV[1]) return redis.call('GET',KEYS[1])";

/// Runs one test of `redis-benchmark` (`set`, `get`, …), or `evalsha`, against a server. Errors: the tool is missing or fails.
pub fn redis_benchmark(server: &Server, test: &str, load: Load, cpu: Option<usize>) -> io::Result<Measured> {
    let mut command = match cpu {
        Some(cpu) => {
            let mut command = Command::new("taskset");
            command.args(["-c", &cpu.to_string(), "redis-benchmark"]);
            command
        }
        None => Command::new("redis-benchmark"),
    };
    command.args(["-p", &server.port.to_string(), "--csv"]);
    command.args(["-n", &load.requests.to_string(), "-P", &load.pipeline.to_string()]);
    command.args(["-c", &load.clients.to_string(), "-d", &load.value_bytes.to_string(), "-r", &load.keys.to_string()]);
    if test == "evalsha" {
        let reply = server.request(&["SCRIPT", "LOAD", SCRIPT])?;
        let reply = String::from_utf8_lossy(&reply);
        let name = reply.lines().nth(1).ok_or_else(|| io::Error::other(format!("SCRIPT LOAD: {reply}")))?;
        let value = "v".repeat(load.value_bytes as usize);
        command.args(["EVALSHA", name, "1", "key:__rand_int__", &value]);
    } else {
        command.args(["-t", test]);
    }
    let before = server.cpu_seconds();
    let output = command.output()?;
    let cpu_seconds = server.cpu_seconds() - before;
    let text = String::from_utf8_lossy(&output.stdout);
    let row = text.lines().rfind(|line| line.starts_with('"') && !line.starts_with("\"test\""));
    let rate = row.and_then(|line| line.split("\",\"").nth(1)?.parse::<f64>().ok());
    let requests_per_second =
        rate.ok_or_else(|| io::Error::other(format!("redis-benchmark -t {test} printed no row")))?;
    Ok(Measured { requests_per_second, cpu_us: cpu_seconds * 1e6 / load.requests as f64 })
}

/// Sends `count` commands in pipelines of a thousand and waits for their replies (each must be one line or `+OK`).
pub fn fill(server: &Server, count: u64, mut command: impl FnMut(u64, &mut Vec<u8>)) -> io::Result<()> {
    const BATCH: u64 = 1000;
    let stream = TcpStream::connect(("127.0.0.1", server.port))?;
    let mut replies = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    let mut at = 0;
    let mut buffer = Vec::new();
    while at < count {
        let end = (at + BATCH).min(count);
        buffer.clear();
        for number in at..end {
            command(number, &mut buffer);
        }
        stream.write_all(&buffer)?;
        let mut lines = 0;
        let mut byte = [0u8; 4096];
        while lines < end - at {
            let read = replies.read(&mut byte)?;
            if read == 0 {
                return Err(io::Error::other("the server closed the connection"));
            }
            lines += byte[..read].iter().filter(|&&b| b == b'\n').count() as u64;
        }
        at = end;
    }
    Ok(())
}

/// Appends a request in RESP form.
pub fn append_request(out: &mut Vec<u8>, args: &[&[u8]]) {
    append_count(out, args.len());
    args.iter().for_each(|argument| append_argument(out, argument));
}
