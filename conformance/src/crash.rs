//! Real crashes: a server with an append-only file is killed (SIGKILL) under load again and again, started on the same folder, and
//! what it knows is held against what clients had been told.
//!
//! ```text
//!   start ─► writers, a reader, rewrites and settings ─► SIGKILL at any moment ─► start ─► check ─► …
//! ```
//!
//! Each writer has keys of its own and sends pipelines of steps. Step `v` sets a key to `v`, and then in a transaction counts a number up and
//! appends `v` to a list. Afterwards, for the last `v` that the number shows:
//!
//! - *prefix*: the list is 1, 2, … `v`, the key is `v` or the next, and `v` is not beyond what was sent;
//! - *always*: `v` is not below any step that was answered, or that the reader was shown;
//! - *everysec*: `v` is not below any step answered more than [`WINDOW`] before the kill. Some rounds last longer than that, or it would
//!   say nothing; how old the oldest loss was is in the report.
//!
//! A kill is no loss of power: what was written is in the file, synced or not. The simulator's disk forgets.

use crate::launch::Server;
use crate::random::Random;
use crate::resp::{self, Value};

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Replies to a step.
const REPLIES: usize = 5;
/// Then it begins anew with nothing: the lists are looked through after every round.
const ROUNDS_PER_FOLDER: u64 = 20;
/// Steps of a pipeline at most.
const STEPS_MAX: usize = 12;
/// A second, a sync that takes long, and a turn.
pub const WINDOW: Duration = Duration::from_millis(3500);
/// One round in so many outlasts the window.
const LONG_ROUNDS: usize = 10;

/// What is tried.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The command line of the server.
    pub server: String,
    pub rounds: u64,
    /// `always`, `everysec` or `no`
    pub fsync: String,
    pub seed: u64,
    /// Clients that write. From some hundreds on the server waits for more of them before it syncs.
    pub writers: usize,
}

/// What happened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub rounds: u64,
    /// Steps that were answered, and those of them that were gone after a kill.
    pub answered: u64,
    pub lost: u64,
    /// Steps that were there although nobody had been told.
    pub unanswered: u64,
    pub rewrites: u64,
    /// Rounds that outlasted the window.
    pub long_rounds: u64,
    /// The oldest of those that were gone had been answered so long before the kill.
    pub oldest_lost: Duration,
}

/// What a writer knows of its keys.
#[derive(Clone, Debug, Default)]
struct Told {
    sent: u64,
    /// Steps answered, with the time; the last of a pipeline each.
    answered: Vec<(Instant, u64)>,
}

impl Told {
    fn answered_by(&self, limit: Instant) -> u64 {
        self.answered.iter().filter(|(at, _)| *at <= limit).map(|(_, step)| *step).max().unwrap_or(0)
    }

    /// How long before `until` the first step beyond `value` was answered.
    fn age_of_loss(&self, value: u64, until: Instant) -> Duration {
        let lost = self.answered.iter().find(|(_, step)| *step > value);
        lost.map_or(Duration::ZERO, |(at, _)| until.saturating_duration_since(*at))
    }
}

/// Kills and restarts. Errors: a property that does not hold, or the harness could not go on.
pub fn run(plan: &Plan) -> Result<Tally, String> {
    let Plan { fsync, seed, writers, .. } = plan;
    let folder = std::env::temp_dir().join(format!("etalon-crash-{}-{fsync}-{writers}-{seed}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let result = rounds(plan, &folder);
    match &result {
        Ok(_) => _ = fs::remove_dir_all(&folder),
        Err(_) => eprintln!("the files are in {}", folder.display()),
    }
    result
}

fn rounds(plan: &Plan, folder: &Path) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let mut server = start(plan, folder)?;
    let mut values = vec![0; plan.writers];
    for round in 0..plan.rounds {
        if round > 0 && round % ROUNDS_PER_FOLDER == 0 {
            tally.rewrites += highest_base(folder);
            drop(server);
            fs::remove_dir_all(folder).and_then(|()| fs::create_dir_all(folder)).map_err(|error| error.to_string())?;
            server = start(plan, folder)?;
            values.fill(0);
        }
        let mut random = Random::lane(plan.seed, round);
        let addr = server.addr();
        let shown: Vec<AtomicU64> = (0..plan.writers).map(|_| AtomicU64::new(0)).collect();
        let is_long = plan.fsync == "everysec" && random.below(LONG_ROUNDS) == 0;
        let lives =
            Duration::from_millis(20 + random.below(400) as u64) + if is_long { WINDOW } else { Duration::ZERO };
        tally.long_rounds += u64::from(is_long);
        let (told, killed_at) = load(addr, &values, &shown, &mut random, server, lives);
        server = start(plan, folder).map_err(|error| format!("round {round}: {error}"))?;
        let mut client = Client::connect(server.addr()).map_err(|error| error.to_string())?;
        for (writer, told) in told.iter().enumerate() {
            let failed = |text: String| format!("round {round}, writer {writer}: {text}");
            let value = look(&mut client, writer).map_err(failed)?;
            let answered = told.answered.last().map_or(0, |(_, step)| *step).max(values[writer]);
            let needed = match plan.fsync.as_str() {
                "always" => answered.max(shown[writer].load(Ordering::Relaxed)),
                _ => told.answered_by(killed_at.checked_sub(WINDOW).unwrap_or(killed_at)).max(values[writer]),
            };
            if value < needed || value > told.sent {
                return Err(failed(format!("{value} is there; {needed} was told, {} sent", told.sent)));
            }
            tally.answered += answered - values[writer];
            tally.lost += answered.saturating_sub(value);
            tally.unanswered += value.saturating_sub(answered);
            tally.oldest_lost = tally.oldest_lost.max(told.age_of_loss(value, killed_at));
            values[writer] = value;
        }
        tally.rounds += 1;
    }
    tally.rewrites += highest_base(folder);
    Ok(tally)
}

fn start(plan: &Plan, folder: &Path) -> Result<Server, String> {
    let dir = folder.to_string_lossy().into_owned();
    let settings = [
        "--dir",
        &dir,
        "--appendonly",
        "yes",
        "--appendfsync",
        &plan.fsync,
        "--auto-aof-rewrite-min-size",
        "100kb",
        "--auto-aof-rewrite-percentage",
        "50",
    ];
    Server::open(&plan.server, &settings).map_err(|error| error.to_string())
}

/// Lets clients write until the server is killed, `lives` later: what they were told, and when it was.
fn load(
    addr: SocketAddr,
    values: &[u64],
    shown: &[AtomicU64],
    random: &mut Random,
    server: Server,
    lives: Duration,
) -> (Vec<Told>, Instant) {
    let seeds: Vec<u64> = values.iter().map(|_| random.draw()).collect();
    let (reader_seed, changer_seed) = (random.draw(), random.draw());
    std::thread::scope(|scope| {
        let writers: Vec<_> = values
            .iter()
            .enumerate()
            .map(|(writer, &value)| {
                let mut random = Random::new(seeds[writer]);
                scope.spawn(move || {
                    let mut told = Told { sent: value, answered: Vec::new() };
                    let _ = write(addr, writer, &mut random, &mut told);
                    told
                })
            })
            .collect();
        scope.spawn(move || _ = read(addr, &mut Random::new(reader_seed), shown));
        scope.spawn(move || _ = change(addr, &mut Random::new(changer_seed)));
        std::thread::sleep(lives);
        let killed_at = Instant::now();
        // Kills it and waits for it.
        drop(server);
        let told = writers.into_iter().map(|writer| writer.join().expect("a writer does not panic")).collect();
        (told, killed_at)
    })
}

/// Sends steps until the connection breaks.
fn write(addr: SocketAddr, writer: usize, random: &mut Random, told: &mut Told) -> io::Result<()> {
    let mut client = Client::connect(addr)?;
    loop {
        let steps = random.between(1, STEPS_MAX);
        let mut bytes = Vec::new();
        let first = told.sent + 1;
        for step in first..first + steps as u64 {
            let text =
                format!("SET s:{writer} {step}\r\nMULTI\r\nINCR n:{writer}\r\nRPUSH l:{writer} {step}\r\nEXEC\r\n");
            bytes.extend_from_slice(text.as_bytes());
        }
        told.sent += steps as u64;
        client.stream.write_all(&bytes)?;
        for step in first..first + steps as u64 {
            let mut last = Value::Null;
            for _ in 0..REPLIES {
                last = client.reply()?;
            }
            // A refusal is no answer to go by.
            if last.items().is_some() {
                told.answered.push((Instant::now(), step));
            }
        }
    }
}

/// Looks at what writers have done, until the connection breaks.
fn read(addr: SocketAddr, random: &mut Random, shown: &[AtomicU64]) -> io::Result<()> {
    let mut client = Client::connect(addr)?;
    loop {
        let writer = random.below(shown.len());
        let value = client.ask(&format!("GET n:{writer}"))?;
        shown[writer].fetch_max(number(&value), Ordering::Relaxed);
    }
}

/// Has the log rewritten, in both forms, until the connection breaks.
fn change(addr: SocketAddr, random: &mut Random) -> io::Result<()> {
    let mut client = Client::connect(addr)?;
    loop {
        std::thread::sleep(Duration::from_millis(5 + random.below(60) as u64));
        let preamble = ["yes", "no"][random.below(2)];
        client.ask(&format!("CONFIG SET aof-use-rdb-preamble {preamble}"))?;
        client.ask("BGREWRITEAOF")?;
    }
}

/// How far a writer's keys have come. Errors: they don't agree.
fn look(client: &mut Client, writer: usize) -> Result<u64, String> {
    let mut ask = |line: String| client.ask(&line).map_err(|error| error.to_string());
    let n = number(&ask(format!("GET n:{writer}"))?);
    let next = number(&ask(format!("GET s:{writer}"))?);
    let list = ask(format!("LRANGE l:{writer} 0 -1"))?;
    let list: Vec<u64> = list.items().unwrap_or_default().iter().map(number).collect();
    if list.len() as u64 != n || list.iter().zip(1..).any(|(&found, expected)| found != expected) {
        return Err(format!("the number is {n}, the list {list:?}"));
    }
    if next != n && next != n + 1 {
        return Err(format!("the number is {n}, the key beside it {next}"));
    }
    Ok(n)
}

fn number(value: &Value) -> u64 {
    let text = value.as_bytes().unwrap_or_default();
    String::from_utf8_lossy(text).parse().unwrap_or(0)
}

/// The number of the last base: how often the log was rewritten.
fn highest_base(folder: &Path) -> u64 {
    let manifest: PathBuf = folder.join("appendonlydir/appendonly.aof.manifest");
    let text = fs::read_to_string(manifest).unwrap_or_default();
    let seq = text.lines().find(|line| line.ends_with("type b")).and_then(|line| line.split(' ').nth(3)?.parse().ok());
    seq.unwrap_or(0)
}

/// A connection.
struct Client {
    stream: TcpStream,
    received: Vec<u8>,
    /// How much of that has been looked at.
    at: usize,
}

impl Client {
    fn connect(addr: SocketAddr) -> io::Result<Client> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        Ok(Client { stream, received: Vec::new(), at: 0 })
    }

    fn ask(&mut self, line: &str) -> io::Result<Value> {
        self.stream.write_all(format!("{line}\r\n").as_bytes())?;
        self.reply()
    }

    fn reply(&mut self) -> io::Result<Value> {
        let mut chunk = [0; 16 * 1024];
        loop {
            let parsed = resp::parse(&self.received, self.at).map_err(|_| io::Error::other("no reply"))?;
            if let Some((value, end)) = parsed {
                self.at = end;
                return Ok(value);
            }
            self.received.drain(..self.at);
            self.at = 0;
            match self.stream.read(&mut chunk)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.received.extend_from_slice(&chunk[..count]),
            }
        }
    }
}
