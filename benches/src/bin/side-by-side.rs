//! Etalon beside a real server: throughput, CPU for each request, and bytes for each key, measured in one run.
//!
//! The servers run in turns on one core and the load on another; rounds go A B A B, and medians are printed, because
//! machines are noisy. CPU for each request is the steadiest figure.

use std::process::ExitCode;

use etalon_benches::load::{self, Load};
use etalon_benches::process::Server;

const USAGE: &str =
    "usage: side-by-side [--redis CMD] [--etalon CMD] [--requests N] [--rounds N] [--keys N] [--tests a,b,…]";

struct Options {
    servers: Vec<(String, String)>,
    requests: u64,
    rounds: usize,
    keys: u64,
    tests: Vec<String>,
}

fn options() -> Result<Options, String> {
    let mut redis = "redis-server".to_string();
    let mut etalon = "target/release/etalon-server".to_string();
    let (mut requests, mut rounds, mut keys) = (200_000, 5, 1_000_000);
    let mut tests = "ping_mbulk,set,get,incr,mset,evalsha".to_string();
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().ok_or(USAGE)?;
        let number = || value.parse::<u64>().map_err(|_| format!("{name}: not a number: {value}"));
        match name.as_str() {
            "--redis" => redis = value,
            "--etalon" => etalon = value,
            "--requests" => requests = number()?,
            "--rounds" => rounds = number()? as usize,
            "--keys" => keys = number()?,
            "--tests" => tests = value,
            _ => return Err(USAGE.to_string()),
        }
    }
    let servers = vec![("redis".to_string(), redis), ("etalon".to_string(), etalon)];
    Ok(Options { servers, requests, rounds, keys, tests: tests.split(',').map(str::to_string).collect() })
}

fn main() -> ExitCode {
    let result = options()
        .and_then(|options| throughput(&options).and_then(|()| memory(&options)).map_err(|error| error.to_string()));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

fn throughput(options: &Options) -> std::io::Result<()> {
    let servers = options
        .servers
        .iter()
        .map(|(name, command)| Server::start(name, command, Some(0)))
        .collect::<Result<Vec<_>, _>>()?;
    for pipeline in [1, 16] {
        println!(
            "pipeline {pipeline}, 50 clients, {} requests, {} rounds: requests/s, server CPU us/request, ratio of CPU to redis",
            options.requests, options.rounds
        );
        for test in &options.tests {
            let load = Load { requests: options.requests, pipeline, clients: 50, value_bytes: 16, keys: 100_000 };
            let mut rates = vec![Vec::new(); servers.len()];
            let mut costs = vec![Vec::new(); servers.len()];
            for _ in 0..options.rounds {
                for (index, server) in servers.iter().enumerate() {
                    let measured = load::redis_benchmark(server, test, load, Some(1))?;
                    rates[index].push(measured.requests_per_second);
                    costs[index].push(measured.cpu_us);
                }
            }
            let first = median(&mut costs[0]);
            print!("{test:<12}");
            for (index, server) in servers.iter().enumerate() {
                let (rate, cost) = (median(&mut rates[index]), median(&mut costs[index]));
                print!(" | {:<7} {rate:>9.0}/s {cost:>6.2} us {:>5.2}x", server.name, cost / first);
            }
            println!();
        }
    }
    Ok(())
}

fn memory(options: &Options) -> std::io::Result<()> {
    type Fill = fn(u64, &mut Vec<u8>);
    const CASES: [(&str, Fill); 4] = [
        ("string, 16 B key, 8 B value", |i, out| {
            load::append_request(out, &[b"SET", format!("key:{i:012}").as_bytes(), &value(i, 8)]);
        }),
        ("string, 16 B key, 100 B value", |i, out| {
            load::append_request(out, &[b"SET", format!("key:{i:012}").as_bytes(), &value(i, 100)]);
        }),
        ("string, integer value", |i, out| {
            load::append_request(out, &[b"SET", format!("key:{i:012}").as_bytes(), i.to_string().as_bytes()]);
        }),
        ("string, 8 B value, expiry", |i, out| {
            load::append_request(out, &[b"SET", format!("key:{i:012}").as_bytes(), &value(i, 8), b"EX", b"100000"]);
        }),
    ];
    println!("resident bytes for each key, {} keys, and ratio to redis", options.keys);
    for (case, command) in CASES {
        print!("{case:<30}");
        let mut first = None;
        for (name, server_command) in &options.servers {
            let server = Server::start(name, server_command, None)?;
            let before = server.resident_bytes();
            load::fill(&server, options.keys, command)?;
            let bytes = (server.resident_bytes() - before) as f64 / options.keys as f64;
            let first = *first.get_or_insert(bytes);
            print!(" | {name:<7} {bytes:>7.1} B {:>5.2}x", bytes / first);
        }
        println!();
    }
    Ok(())
}

/// `bytes` bytes that differ from key to key and are no number.
fn value(number: u64, bytes: usize) -> Vec<u8> {
    let mut text = format!("v{}", number.wrapping_mul(2_654_435_761)).into_bytes();
    text.resize(bytes, b'x');
    text
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
