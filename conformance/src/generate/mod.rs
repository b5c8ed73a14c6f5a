//! Generators: from a seed, what several clients say to a server.
//!
//! A family is a table of [`Entry`]: the row it is for, a weight, and a function that appends steps. Rows of the
//! family's groups that have no entry are generated from their own COMMAND DOCS (`spec.rs`), valid and mutated,
//! so a new command is never without a generator. Rows that a server lacks are left out, and [`EXCLUDED`] names
//! what is never sent and why.
//!
//! Rules for whoever writes a generator:
//! * nothing may depend on how much time passes: a TTL is far away, in the past, or lapses during a `Sleep` that
//!   the generator itself emits (`lapse.rs`);
//! * relative TTLs are drawn from a wide range, since GT and LT would else compare two of the same millisecond;
//! * arguments come from small pools, so that they collide.

pub mod any_type;
pub mod atoms;
pub mod bitmap;
pub mod blocking;
pub mod connection;
pub mod generic;
pub mod geo;
pub mod hash;
pub mod hyperloglog;
pub mod lapse;
pub mod list;
pub mod monitoring;
pub mod protocol;
pub mod pubsub;
pub mod scripting;
pub mod server;
pub mod set;
pub mod sort;
pub mod sorted_set;
pub mod spec;
pub mod stream;
pub mod string;
pub mod transactions;

use crate::random::Random;
use crate::rows::{Row, Rows};
use crate::script::Step;
use std::collections::BTreeSet;

/// Rows that are never generated.
pub const EXCLUDED: &[(&str, &str)] = &[
    ("SHUTDOWN", "ends the server"),
    ("MONITOR", "turns the connection into a stream; the monitoring family has connections for it"),
    ("SYNC", "turns the connection into a replication stream"),
    ("PSYNC", "turns the connection into a replication stream"),
    ("REPLCONF", "of a replica; the server family says what any client may"),
    ("REPLICAOF", "starts replication: issue of its own"),
    ("SLAVEOF", "starts replication: issue of its own"),
    ("FAILOVER", "starts replication: issue of its own"),
    ("MIGRATE", "needs a second server, and a test of its own has one; the server family says what is refused before"),
    ("WAIT", "needs replicas"),
    ("SAVE", "waits for the disk; the server family says it now and then"),
    (
        "BGSAVE",
        "when it ends is not promised, and what SAVE answers until then; scripts, `exchange` and `crash` cover it",
    ),
    ("BGREWRITEAOF", "when it ends is not promised; scripts, `exchange --logs` and `crash` cover it"),
    ("CLIENT|PAUSE", "stops the clients of the run; scripts cover it"),
    ("CONFIG|REWRITE", "writes files; scripts cover it"),
    ("AUTH", "users are covered by its own generator in the connection family"),
    ("ACL", "users have an issue of their own"),
    ("MODULE", "there are no modules"),
    ("CLUSTER", "cluster has an issue of its own"),
    ("LATENCY", "measures the process; the monitoring family counts anew before it asks"),
    ("SLOWLOG", "measures the process; the monitoring family makes everything slow before it asks"),
    ("MEMORY", "measures the process; MEMORY USAGE has its own generator"),
    ("ROLE", "replication has an issue of its own"),
    ("PFSELFTEST", "keeps the real server busy for seconds; a script covers it"),
    ("RESTORE-ASKING", "is RESTORE under another name; a script covers it"),
];

/// A generator of one row.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The rows that it reaches; all must exist on both servers.
    pub row: &'static str,
    pub weight: u32,
    pub emit: fn(&mut Generator),
}

/// Shorthand for the family tables.
pub const fn entry(row: &'static str, weight: u32, emit: fn(&mut Generator)) -> Entry {
    Entry { row, weight, emit }
}

/// The families by name.
pub const FAMILIES: &[&str] = &[
    "string",
    "hash",
    "list",
    "set",
    "sorted-set",
    "stream",
    "bitmap",
    "hyperloglog",
    "geo",
    "sort",
    "blocking",
    "transactions",
    "scripting",
    "pubsub",
    "monitoring",
    "generic",
    "connection",
    "server",
    "protocol",
];

/// The families that see clients, replicas or the process; the others are `data`.
const CLIENT_FAMILIES: &[&str] = &["monitoring", "connection", "server", "protocol"];

/// The families whose commands are about one type: what transactions queue and events tell of.
const TYPE_FAMILIES: &[&str] =
    &["string", "hash", "list", "set", "sorted-set", "stream", "bitmap", "hyperloglog", "geo"];

/// Emits the steps of one epoch.
pub struct Generator {
    pub random: Random,
    pub steps: Vec<Step>,
    pub clients: usize,
    /// The client that speaks.
    pub client: usize,
    /// Clients that may be waiting, and for which keys.
    pub waiting: blocking::Waiting,
    /// Which limits of a stream's node this epoch uses.
    pub stream_node_class: usize,
    sources: Vec<Source>,
}

#[derive(Clone)]
enum Source {
    Written(Entry),
    Documented(Row),
}

impl Source {
    fn weight(&self) -> u32 {
        match self {
            Source::Written(entry) => entry.weight,
            Source::Documented(_) => 2,
        }
    }
}

impl Generator {
    /// For a family (or `all`) on servers that have these rows. Errors: an unknown family, or one of which the
    /// servers have nothing.
    pub fn new(family: &str, rows: &Rows, clients: usize, random: Random) -> Result<Generator, String> {
        let mut sources = Vec::new();
        let data = |name: &str| family == "data" && !CLIENT_FAMILIES.contains(&name);
        for name in FAMILIES.iter().filter(|name| family == **name || family == "all" || data(name)) {
            let table = table(name);
            sources.extend(table.iter().filter(|e| e.row.is_empty() || rows.has(e.row)).map(|e| Source::Written(*e)));
            for row in rows.rows.values().filter(|row| row.group == *name) {
                let written = table.iter().any(|entry| entry.row == row.name);
                let container = rows.containers.contains(&row.name);
                if !written && !container && !is_excluded(&row.name) {
                    sources.push(Source::Documented(row.clone()));
                }
            }
        }
        if sources.is_empty() {
            return Err(format!(
                "family {family}: the servers have none of its commands (known: {FAMILIES:?}, data, all)"
            ));
        }
        Ok(Generator {
            random,
            steps: Vec::new(),
            clients: clients.max(1),
            client: 1,
            waiting: Default::default(),
            stream_node_class: 0,
            sources,
        })
    }

    /// The rows that a run of this generator must reach.
    pub fn expected_rows(&self) -> BTreeSet<String> {
        let names = self.sources.iter().map(|source| match source {
            Source::Written(entry) if entry.weight == 0 => String::new(),
            Source::Written(entry) => entry.row.to_string(),
            Source::Documented(row) => row.name.clone(),
        });
        names.filter(|name| !name.is_empty()).collect()
    }

    /// The steps of an epoch of about `commands` commands.
    pub fn epoch(mut self, commands: usize) -> Vec<Step> {
        self.steps.reserve(commands + 64);
        if self.sources.iter().any(|source| matches!(source, Source::Written(entry) if entry.row == "XADD")) {
            stream::begin(&mut self);
        }
        while self.steps.len() < commands {
            self.client = self.random.between(1, self.clients);
            // Long bursts for speed; short ones so that clients interleave command by command too.
            let burst = match self.random.below(10) {
                0..=4 => self.random.between(1, 4),
                5..=6 => self.random.between(5, 60),
                _ => self.random.between(200, 600),
            };
            let until = self.steps.len() + burst;
            while self.steps.len() < until {
                self.one();
            }
        }
        blocking::release_all(&mut self);
        self.steps
    }

    fn one(&mut self) {
        let index = self.random.weighted(self.sources.iter().map(Source::weight));
        let from = self.steps.len();
        match &self.sources[index] {
            Source::Written(entry) => (entry.emit)(self),
            Source::Documented(row) => {
                let args = spec::command(&mut self.random, &row.clone());
                self.command(args);
            }
        }
        // Now and then something is wrong with it.
        if self.random.chance(6) {
            let last = self.steps.len().saturating_sub(1);
            if self.steps.len() > from
                && let Step::Command { args, .. } = &mut self.steps[last]
            {
                spec::mutate(&mut self.random, args);
            }
        }
        blocking::put_in_order(self, from);
    }

    /// Appends commands of a type's family, of the current client only. `but_not` names commands that are left out.
    fn data_commands(&mut self, but_not: &[&str]) {
        let family = self.random.pick(TYPE_FAMILIES);
        let table = table(family);
        let index = self.random.weighted(table.iter().map(|entry| entry.weight));
        let from = self.steps.len();
        (table[index].emit)(self);
        let client = self.client;
        let wanted = |step: &Step| match step {
            Step::Command { client: speaker, args, .. } => {
                *speaker == client && !but_not.iter().any(|name| args[0].eq_ignore_ascii_case(name.as_bytes()))
            }
            _ => false,
        };
        let emitted = self.steps.split_off(from);
        if emitted.iter().any(|step| matches!(step, Step::Sleep { .. })) {
            // Without their sleep, times would lapse at an unknown moment.
            return;
        }
        self.steps.extend(emitted.into_iter().filter(wanted));
    }

    /// Appends a command of the current client.
    pub fn command(&mut self, args: Vec<Vec<u8>>) {
        self.steps.push(Step::Command { client: self.client, args, how: None });
    }

    /// Appends a command of words without blanks in them.
    pub fn say(&mut self, line: &str) {
        let args = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
        self.command(args);
    }
}

/// Is a row (or its container) excluded?
pub fn is_excluded(row: &str) -> bool {
    let container = row.split('|').next().unwrap_or(row);
    EXCLUDED.iter().any(|(name, _)| *name == row || *name == container)
}

fn table(family: &str) -> &'static [Entry] {
    match family {
        "string" => string::TABLE,
        "hash" => hash::TABLE,
        "set" => set::TABLE,
        "list" => list::TABLE,
        "sorted-set" => sorted_set::TABLE,
        "stream" => stream::TABLE,
        "bitmap" => bitmap::TABLE,
        "hyperloglog" => hyperloglog::TABLE,
        "geo" => geo::TABLE,
        "sort" => sort::TABLE,
        "blocking" => blocking::TABLE,
        "transactions" => transactions::TABLE,
        "scripting" => scripting::TABLE,
        "pubsub" => pubsub::TABLE,
        "monitoring" => monitoring::TABLE,
        "generic" => generic::TABLE,
        "connection" => connection::TABLE,
        "server" => server::TABLE,
        "protocol" => protocol::TABLE,
        _ => &[],
    }
}

/// The bytes of a word; for [`words!`](crate::words).
pub fn word<W: AsRef<[u8]> + ?Sized>(word: &W) -> Vec<u8> {
    word.as_ref().to_vec()
}

/// A command from words of any kind: `words!["SET", key, value]`.
#[macro_export]
macro_rules! words {
    ($($word:expr),* $(,)?) => {{
        let words: Vec<Vec<u8>> = vec![$($crate::generate::word(&$word)),*];
        words
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_steps() {
        let steps = |seed| {
            let rows = Rows::default();
            Generator::new("protocol", &rows, 3, Random::new(seed)).expect("protocol needs no rows").epoch(500)
        };
        assert_eq!(steps(7), steps(7));
        assert_ne!(steps(7), steps(8));
    }

    #[test]
    fn every_exclusion_has_a_reason() {
        assert!(EXCLUDED.iter().all(|(_, reason)| !reason.is_empty()));
        assert!(is_excluded("ACL|LIST") && is_excluded("SHUTDOWN") && !is_excluded("GET"));
    }
}
