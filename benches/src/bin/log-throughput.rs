//! Writes with the log on, beside a real server: requests a second and the server's CPU time for each request.
//!
//! `cargo run --release -p etalon-benches --bin log-throughput [--redis CMD] [--etalon CMD] [--policies always,everysec,no]
//! [--clients 1,50,500] [--seconds N] [--rounds N]`
//!
//! SET of 64 bytes on 100,000 keys. The servers run side by side on one core, the load on another; rounds go A B A B, because
//! disks and machines are noisy, and medians are printed, with the least and the greatest rate in brackets. Each round takes about
//! so many seconds: the number of requests is found by a short run before the first. What the ratios are held against:
//! `always` at least as many requests a second, `everysec` at most as much CPU a request.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use etalon_benches::load::{self, Load, Measured};
use etalon_benches::process::Server;

const USAGE: &str = "usage: log-throughput [--redis CMD] [--etalon CMD] [--policies a,b,…] [--clients a,b,…] \
                     [--seconds N] [--rounds N]";

struct Options {
    servers: [(&'static str, String); 2],
    policies: Vec<String>,
    clients: Vec<u32>,
    seconds: f64,
    rounds: usize,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        servers: [("redis", "redis-server".into()), ("etalon", "target/release/etalon-server".into())],
        policies: ["always", "everysec", "no"].map(String::from).to_vec(),
        clients: vec![1, 50, 500],
        seconds: 3.0,
        rounds: 5,
    };
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().ok_or(USAGE)?;
        let wrong = |_| format!("{name}: not a number: {value}");
        match name.as_str() {
            "--redis" => options.servers[0].1 = value,
            "--etalon" => options.servers[1].1 = value,
            "--policies" => options.policies = value.split(',').map(String::from).collect(),
            "--clients" => {
                options.clients = value.split(',').map(str::parse).collect::<Result<_, _>>().map_err(wrong)?
            }
            "--seconds" => options.seconds = value.parse().map_err(|_| USAGE)?,
            "--rounds" => options.rounds = value.parse().map_err(wrong)?,
            _ => return Err(USAGE.into()),
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    let folder = std::env::temp_dir().join(format!("etalon-log-throughput-{}", std::process::id()));
    let result = options().and_then(|options| {
        options
            .policies
            .iter()
            .try_for_each(|policy| measure(&options, policy, &folder))
            .map_err(|error| error.to_string())
    });
    // There may be nothing to remove.
    let _ = std::fs::remove_dir_all(&folder);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

/// The rows of one policy.
fn measure(options: &Options, policy: &str, folder: &Path) -> io::Result<()> {
    for &clients in &options.clients {
        let servers = options.servers.iter().map(|(name, command)| start(name, command, policy, folder));
        let servers = servers.collect::<io::Result<Vec<_>>>()?;
        let load = |requests| Load { requests, pipeline: 1, clients, value_bytes: 64, keys: 100_000 };
        let run = |server, requests| load::redis_benchmark(server, "set", load(requests), Some(1));
        let requests = match servers.iter().map(|server| run(server, 20 * u64::from(clients) + 500)).next_back() {
            Some(tried) => (tried?.requests_per_second * options.seconds) as u64,
            None => 0,
        };
        let mut measured: Vec<Vec<Measured>> = vec![Vec::new(); servers.len()];
        for _ in 0..options.rounds {
            for (server, measured) in servers.iter().zip(&mut measured) {
                measured.push(run(server, requests.max(500))?);
            }
        }
        print!("appendfsync {policy:<9} {clients:>3} clients");
        let [redis, etalon] = [0, 1].map(|index| Summary::of(&measured[index]));
        for (server, summary) in servers.iter().zip([&redis, &etalon]) {
            let Summary { rate, least, greatest, cpu_us } = summary;
            print!(" | {:<6} {rate:>7.0}/s [{least:.0}–{greatest:.0}] {cpu_us:>6.2} us", server.name);
        }
        println!(" | rate {:.2}x, CPU {:.2}x", etalon.rate / redis.rate, etalon.cpu_us / redis.cpu_us);
        drop(servers);
        std::fs::remove_dir_all(folder)?;
    }
    Ok(())
}

fn start(name: &str, command: &str, policy: &str, folder: &Path) -> io::Result<Server> {
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder)?;
    let options = format!("--appendonly yes --appendfsync {policy} --auto-aof-rewrite-percentage 0");
    Server::start(name, &format!("{command} --dir {} {options}", folder.display()), Some(0))
}

/// Of some rounds: medians, and how far apart they are.
struct Summary {
    rate: f64,
    least: f64,
    greatest: f64,
    cpu_us: f64,
}

impl Summary {
    fn of(rounds: &[Measured]) -> Summary {
        let sorted = |of: fn(&Measured) -> f64| {
            let mut values: Vec<f64> = rounds.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let (rates, costs) = (sorted(|round| round.requests_per_second), sorted(|round| round.cpu_us));
        let middle = rounds.len() / 2;
        Summary { rate: rates[middle], least: rates[0], greatest: rates[rounds.len() - 1], cpu_us: costs[middle] }
    }
}
