//! From a seed to a plan: the settings of a run and its steps.
//!
//! Swarm testing: each seed draws its own mix of commands, keys, values, faults and settings, so that rare combinations
//! get runs of their own. Everything that happens is a step with a seed of its own, so that removing some steps
//! (shrinking) changes nothing in the others.

use etalon_core::aof::request::{append_argument, append_count};
use etalon_core::structures::Rng;

use crate::campaign::{self, Scenario};
use crate::marks;
use crate::network::Cut;
use crate::trace::printable;
use crate::world::{Report, run_plan};

/// One command as a client sends it.
pub type Command = Vec<Vec<u8>>;

/// A command as the bytes of a request.
pub fn request(command: &Command) -> Vec<u8> {
    let mut out = Vec::new();
    append_count(&mut out, command.len());
    command.iter().for_each(|argument| append_argument(&mut out, argument));
    out
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// A client connects (again), and speaks RESP3 if it says so.
    Connect { client: usize, resp3: bool },
    /// A client sends commands in one go; inline if it says so.
    Send { client: usize, commands: Vec<Command>, inline: bool, cut: Cut },
    /// A client sends something that is no request.
    SendGarbage { client: usize, bytes: Vec<u8> },
    /// A connection breaks; of what is under way, up to that share (of 256) still arrives.
    Break { client: usize, arrives: u8 },
    /// A client begins to walk the keys.
    Scan { client: usize, count: u32 },
    /// The wall clock moves.
    StepWall { delta_ms: i64 },
    /// A snapshot is taken, and compared at the end.
    Snapshot,
}

impl std::fmt::Display for StepKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StepKind::Connect { client, resp3 } => {
                write!(f, "c{} connects, RESP{}", client + 1, if *resp3 { 3 } else { 2 })
            }
            StepKind::Send { client, commands, inline, cut } => {
                write!(f, "c{} sends{} ({cut:?})", client + 1, if *inline { " inline" } else { "" })?;
                for command in commands {
                    let words: Vec<String> = command.iter().map(|arg| printable(arg)).collect();
                    write!(f, " | {}", words.join(" "))?;
                }
                Ok(())
            }
            StepKind::SendGarbage { client, bytes } => write!(f, "c{} sends {}", client + 1, printable(bytes)),
            StepKind::Break { client, arrives } => {
                write!(f, "c{} breaks off, {arrives}/256 of what is under way arrives", client + 1)
            }
            StepKind::Scan { client, count } => write!(f, "c{} begins to scan, COUNT {count}", client + 1),
            StepKind::StepWall { delta_ms } => write!(f, "the wall clock steps by {delta_ms} ms"),
            StepKind::Snapshot => write!(f, "a snapshot is taken"),
        }
    }
}

/// A step of this profile.
pub type Step = campaign::Step<StepKind>;

/// Settings and steps of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub seed: u64,
    pub clients: usize,
    pub databases: u32,
    pub hz: u32,
    /// `timeout`, seconds; 0: none.
    pub timeout_s: u32,
    /// Longest delay of a delivery, microseconds.
    pub latency_us_max: u64,
    pub steps: Vec<Step>,
    /// For the harness's own tests: the model is wrong about APPEND, so that a run has something to find.
    pub broken_model: bool,
}

/// What a seed draws before its steps.
struct Mix {
    keys: u64,
    key_bytes: usize,
    weights: [u64; FAMILIES.len()],
    faults: u64,
    wall_steps: u64,
    long_values: bool,
    pause_us_max: u64,
}

/// Groups of commands that a swarm mix turns on and off together.
const FAMILIES: &[fn(&mut Rng, &Mix) -> Command] = &[
    |rng, mix| words(&[b"GET", &mix.key(rng)]),
    set_command,
    |rng, mix| words(&[pick(rng, &["INCR", "DECR"]), &mix.key(rng)]),
    |rng, mix| words(&[pick(rng, &["INCRBY", "DECRBY"]), &mix.key(rng), &integer(rng)]),
    |rng, mix| words(&[b"APPEND", &mix.key(rng), &mix.value(rng)]),
    |rng, mix| words(&[b"SETRANGE", &mix.key(rng), &offset(rng, mix), &mix.value(rng)]),
    |rng, mix| words(&[b"GETRANGE", &mix.key(rng), &small(rng), &small(rng)]),
    |rng, mix| words(&[pick(rng, &["STRLEN", "TYPE", "GETDEL", "PERSIST"]), &mix.key(rng)]),
    multi_key_command,
    expire_command,
    |rng, mix| words(&[pick(rng, &["TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"]), &mix.key(rng)]),
    |rng, mix| words(&[pick(rng, &["RENAME", "RENAMENX"]), &mix.key(rng), &mix.key(rng)]),
    copy_command,
    |rng, mix| words(&[b"MOVE", &mix.key(rng), &db(rng)]),
    |rng, _| words(&[b"SELECT", &db(rng)]),
    rare_command,
    |rng, mix| words(&[b"OBJECT", b"ENCODING", &mix.key(rng)]),
    |rng, mix| words(&[pick(rng, &["SETEX", "PSETEX"]), &mix.key(rng), &duration(rng), &mix.value(rng)]),
    getex_command,
    |rng, _| match rng.below(3) {
        0 => words(&[b"PING"]),
        1 => words(&[b"ECHO", b"echo"]),
        _ => words(&[b"DBSIZE"]),
    },
];

impl Plan {
    /// The plan of a seed.
    pub fn draw(seed: u64) -> Plan {
        let mut rng = Rng::new(seed ^ 0x5eed_e7a1_0000_0000);
        let mut mix = Mix {
            keys: [2, 4, 16, 200][rng.below(4) as usize],
            key_bytes: if rng.below(8) == 0 { 300 } else { 0 },
            weights: [0; FAMILIES.len()],
            faults: rng.below(4),
            wall_steps: rng.below(3),
            long_values: rng.below(4) == 0,
            pause_us_max: [2_000, 200_000, 3_000_000][rng.below(3) as usize],
        };
        for weight in &mut mix.weights {
            // A third of the groups is absent from a seed, a few dominate it.
            *weight = [0, 0, 1, 1, 2, 8][rng.below(6) as usize];
        }
        mix.weights[1] = mix.weights[1].max(2);
        let clients = 1 + rng.below(4) as usize;
        let mut plan = Plan {
            seed,
            clients,
            databases: 1 + rng.below(4) as u32,
            hz: [1, 10, 100][rng.below(3) as usize],
            timeout_s: if rng.below(8) == 0 { 1 } else { 0 },
            latency_us_max: [10, 500, 20_000][rng.below(3) as usize],
            steps: Vec::new(),
            broken_model: false,
        };
        for client in 0..clients {
            plan.push(&mut rng, 0, StepKind::Connect { client, resp3: client % 2 == 1 });
        }
        for _ in 0..20 + rng.below(100) {
            let kind = mix.step(&mut rng, clients);
            let pause = match rng.below(4) {
                0 => rng.below(mix.pause_us_max),
                _ => rng.below(300),
            };
            plan.push(&mut rng, pause, kind);
        }
        plan
    }

    /// The same with less in a step: single commands left out, bytes that arrive at once, no RESP3, no inline requests.
    fn plainer_step(&self, index: usize) -> Vec<StepKind> {
        match &self.steps[index].kind {
            StepKind::Send { client, commands, inline, cut } => {
                let (client, commands) = (*client, commands.clone());
                let fewer = (0..commands.len()).filter(|_| commands.len() > 1).map(|at| {
                    let mut fewer = commands.clone();
                    fewer.remove(at);
                    StepKind::Send { client, commands: fewer, inline: *inline, cut: *cut }
                });
                let mut all: Vec<StepKind> = fewer.collect();
                if *inline || *cut != Cut::Whole {
                    all.push(StepKind::Send { client, commands: commands.clone(), inline: false, cut: Cut::Whole });
                }
                all
            }
            StepKind::Connect { client, resp3: true } => vec![StepKind::Connect { client: *client, resp3: false }],
            _ => Vec::new(),
        }
    }

    fn push(&mut self, rng: &mut Rng, after_us: u64, kind: StepKind) {
        self.steps.push(Step { after_us, seed: rng.next_u64(), kind });
    }
}

impl Scenario for Plan {
    const MARKS: &'static [&'static str] = marks::CLIENT;

    fn draw(seed: u64) -> Plan {
        Plan::draw(seed)
    }

    fn run(&self, keep_rows: bool) -> Report {
        run_plan(self, keep_rows)
    }

    fn steps(&self) -> usize {
        self.steps.len()
    }

    fn without(&self, from: usize, to: usize, keep_time: bool) -> Plan {
        let mut plan = self.clone();
        campaign::remove_steps(&mut plan.steps, from..to, keep_time);
        plan
    }

    fn plainer(&self, step: usize) -> Vec<Plan> {
        let with = |kind| {
            let mut plan = self.clone();
            plan.steps[step].kind = kind;
            plan
        };
        self.plainer_step(step).into_iter().map(with).collect()
    }

    fn describe(&self) -> Vec<String> {
        self.steps.iter().map(|step| format!("+{} us  {}", step.after_us, step.kind)).collect()
    }
}

impl Mix {
    fn step(&self, rng: &mut Rng, clients: usize) -> StepKind {
        let client = rng.below(clients as u64) as usize;
        match rng.below(64) {
            0..=2 if self.faults > 0 => StepKind::Break { client, arrives: rng.below(256) as u8 },
            3 if self.faults > 1 => StepKind::SendGarbage { client, bytes: garbage(rng) },
            4..=6 if self.faults > 0 => StepKind::Connect { client, resp3: rng.below(2) == 0 },
            7..=8 if self.wall_steps > 0 => {
                let span = if self.wall_steps == 1 { 50 } else { 20_000 };
                StepKind::StepWall { delta_ms: rng.below(2 * span) as i64 - span as i64 }
            }
            9..=10 => StepKind::Snapshot,
            11..=13 => StepKind::Scan { client, count: 1 + rng.below(12) as u32 },
            _ => {
                let count = if rng.below(4) == 0 { 1 + rng.below(12) } else { 1 };
                let commands = (0..count).map(|_| self.command(rng)).collect::<Vec<_>>();
                let inline = rng.below(16) == 0 && commands.iter().all(speakable_inline);
                StepKind::Send { client, commands, inline, cut: Cut::draw(rng) }
            }
        }
    }

    fn command(&self, rng: &mut Rng) -> Command {
        let total: u64 = self.weights.iter().sum();
        let mut at = rng.below(total);
        for (family, &weight) in FAMILIES.iter().zip(&self.weights) {
            if at < weight {
                let mut command = family(rng, self);
                if rng.below(4) == 0 {
                    command[0].make_ascii_lowercase();
                }
                return command;
            }
            at -= weight;
        }
        unreachable!("the weights add up")
    }

    fn key(&self, rng: &mut Rng) -> Vec<u8> {
        let number = rng.below(self.keys);
        let mut key = format!("k{number}").into_bytes();
        // Some keys are long enough to live outside of the table's pages.
        if self.key_bytes > 0 && number.is_multiple_of(2) {
            key.resize(self.key_bytes, b'-');
        }
        key
    }

    fn value(&self, rng: &mut Rng) -> Vec<u8> {
        match rng.below(10) {
            0 => Vec::new(),
            1..=3 => integer(rng),
            4 => vec![rng.below(256) as u8; rng.below(45) as usize],
            5 => vec![b'x'; 40 + rng.below(10) as usize],
            6 => vec![b'y'; 180 + rng.below(30) as usize],
            7 if self.long_values => vec![b'z'; rng.below(40_000) as usize],
            _ => format!("v{}", rng.below(1000)).into_bytes(),
        }
    }
}

fn words(parts: &[&[u8]]) -> Command {
    parts.iter().map(|p| p.to_vec()).collect()
}

fn pick<'a>(rng: &mut Rng, words: &[&'a str]) -> &'a [u8] {
    words[rng.below(words.len() as u64) as usize].as_bytes()
}

fn integer(rng: &mut Rng) -> Vec<u8> {
    let value = match rng.below(8) {
        0 => i64::MAX - rng.below(3) as i64,
        1 => i64::MIN + rng.below(3) as i64,
        2 => rng.next_u64() as i64,
        3 => 100 + rng.below(60) as i64,
        _ => rng.below(20) as i64 - 10,
    };
    value.to_string().into_bytes()
}

fn small(rng: &mut Rng) -> Vec<u8> {
    (rng.below(60) as i64 - 30).to_string().into_bytes()
}

fn offset(rng: &mut Rng, mix: &Mix) -> Vec<u8> {
    let range = if mix.long_values { 40_000 } else { 250 };
    (rng.below(range) as i64 - 2).to_string().into_bytes()
}

fn db(rng: &mut Rng) -> Vec<u8> {
    rng.below(5).to_string().into_bytes()
}

/// A time to live, also zero and negative.
fn duration(rng: &mut Rng) -> Vec<u8> {
    let value = match rng.below(10) {
        0 => 0,
        1 => -(rng.below(100) as i64),
        2..=6 => rng.below(30) as i64,
        _ => rng.below(20_000) as i64,
    };
    value.to_string().into_bytes()
}

fn set_command(rng: &mut Rng, mix: &Mix) -> Command {
    if rng.below(8) == 0 {
        return words(&[pick(rng, &["SETNX", "GETSET"]), &mix.key(rng), &mix.value(rng)]);
    }
    let mut command = words(&[b"SET", &mix.key(rng), &mix.value(rng)]);
    for _ in 0..rng.below(3) {
        match rng.below(7) {
            0 => command.push(b"NX".to_vec()),
            1 => command.push(b"XX".to_vec()),
            2 => command.push(b"GET".to_vec()),
            3 => command.push(b"KEEPTTL".to_vec()),
            _ => {
                command.push(pick(rng, &["EX", "PX", "px", "PX"]).to_vec());
                command.push(duration(rng));
            }
        }
    }
    command
}

fn getex_command(rng: &mut Rng, mix: &Mix) -> Command {
    let mut command = words(&[b"GETEX", &mix.key(rng)]);
    match rng.below(4) {
        0 => {}
        1 => command.push(b"PERSIST".to_vec()),
        _ => {
            command.push(pick(rng, &["EX", "PX"]).to_vec());
            command.push(duration(rng));
        }
    }
    command
}

fn multi_key_command(rng: &mut Rng, mix: &Mix) -> Command {
    let name = pick(rng, &["MSET", "MSETNX", "MGET", "DEL", "UNLINK", "EXISTS", "TOUCH"]);
    let pairs = name.starts_with(b"MSET");
    let mut command = words(&[name]);
    for _ in 0..1 + rng.below(4) {
        command.push(mix.key(rng));
        if pairs {
            command.push(mix.value(rng));
        }
    }
    command
}

fn expire_command(rng: &mut Rng, mix: &Mix) -> Command {
    let mut command = words(&[pick(rng, &["EXPIRE", "PEXPIRE", "PEXPIRE"]), &mix.key(rng), &duration(rng)]);
    if rng.below(3) == 0 {
        command.push(pick(rng, &["NX", "XX", "GT", "LT"]).to_vec());
    }
    command
}

fn copy_command(rng: &mut Rng, mix: &Mix) -> Command {
    let mut command = words(&[b"COPY", &mix.key(rng), &mix.key(rng)]);
    if rng.below(2) == 0 {
        command.push(b"DB".to_vec());
        command.push(db(rng));
    }
    if rng.below(2) == 0 {
        command.push(b"REPLACE".to_vec());
    }
    command
}

fn rare_command(rng: &mut Rng, _: &Mix) -> Command {
    match rng.below(12) {
        0 => words(&[b"FLUSHDB"]),
        1 => words(&[b"FLUSHALL"]),
        2..=4 => words(&[b"SWAPDB", &db(rng), &db(rng)]),
        5..=7 => words(&[b"KEYS", b"*"]),
        _ => words(&[b"RANDOMKEY"]),
    }
}

/// Bytes that break the protocol at once.
fn garbage(rng: &mut Rng) -> Vec<u8> {
    match rng.below(4) {
        0 => b"*1\r\n:3\r\n".to_vec(),
        1 => b"*x\r\n".to_vec(),
        2 => b"*1\r\n$-4\r\n".to_vec(),
        _ => b"GET \"unbalanced\r\n".to_vec(),
    }
}

fn speakable_inline(command: &Command) -> bool {
    command.iter().all(|arg| !arg.is_empty() && arg.len() < 100 && arg.iter().all(u8::is_ascii_alphanumeric))
}
