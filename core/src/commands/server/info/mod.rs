//! INFO: the state of the server as text, in sections.
//!
//! | section | file | shown by |
//! |---|---|---|
//! | server, clients, cpu | `process.rs` | default, all, everything |
//! | memory | `memory.rs` | default, all, everything |
//! | persistence, replication, cluster, keyspace | `dataset.rs` | default, all, everything |
//! | stats, errorstats | `counters.rs` | default, all, everything |
//! | commandstats, latencystats | `counters.rs` | all, everything |
//! | modules | here: there are none | default, all, everything |
//!
//! All fields of 7.0.15, in its order; `etalon_version` follows `redis_version`. A field whose feature is not built yet has the
//! value of a server that does not use it. Sections come in the order of the table below, however they are asked for.

mod counters;
mod dataset;
mod memory;
mod process;

use std::fmt::{Display, Write};

use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::ClientId;

/// One section: its name, and what writes its fields.
struct Section {
    name: &'static str,
    title: &'static str,
    by_default: bool,
    write: fn(&Engine, &mut Fields),
}

const fn section(name: &'static str, title: &'static str, write: fn(&Engine, &mut Fields)) -> Section {
    Section { name, title, by_default: true, write }
}

const SECTIONS: &[Section] = &[
    section("server", "Server", process::server),
    section("clients", "Clients", process::clients),
    section("memory", "Memory", memory::memory),
    section("persistence", "Persistence", dataset::persistence),
    section("stats", "Stats", counters::stats),
    section("replication", "Replication", dataset::replication),
    section("cpu", "CPU", process::cpu),
    section("modules", "Modules", |_, _| {}),
    Section { by_default: false, ..section("commandstats", "Commandstats", counters::commandstats) },
    section("errorstats", "Errorstats", counters::errorstats),
    Section { by_default: false, ..section("latencystats", "Latencystats", counters::latencystats) },
    section("cluster", "Cluster", dataset::cluster),
    section("keyspace", "Keyspace", dataset::keyspace),
];

/// INFO [section …]
pub fn info(engine: &mut Engine, client: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let asked = |name: &str| (1..args.len()).any(|at| args.is(at, name));
    let default = args.len() == 1 || asked("default");
    let all = asked("all") || asked("everything");
    let mut fields = Fields::default();
    for section in SECTIONS {
        if all || default && section.by_default || asked(section.name) {
            fields.section(section.title);
            (section.write)(engine, &mut fields);
        }
    }
    engine.reply(client).verbatim("txt", &fields.text);
    Ok(Flow::Done)
}

/// The text in the making: `name:value` lines.
#[derive(Default)]
struct Fields {
    text: Vec<u8>,
}

impl Fields {
    fn section(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.text.extend_from_slice(b"\r\n");
        }
        self.text.extend_from_slice(format!("# {title}\r\n").as_bytes());
    }

    fn field(&mut self, name: impl Display, value: impl Display) {
        let mut line = String::new();
        write!(line, "{name}:{value}\r\n").expect("writing to a string succeeds");
        self.text.extend_from_slice(line.as_bytes());
    }

    /// A name or a value that may be any bytes.
    fn bytes(&mut self, name: &[u8], value: &[u8]) {
        self.text.extend_from_slice(name);
        self.text.push(b':');
        self.text.extend_from_slice(value);
        self.text.extend_from_slice(b"\r\n");
    }

    fn flag(&mut self, name: &str, value: bool) {
        self.field(name, value as u8);
    }

    /// A number of bytes, and once more as a person would say it.
    fn size(&mut self, name: &str, bytes: u64) {
        self.field(name, bytes);
        self.field(format_args!("{name}_human"), Human(bytes));
    }

    /// Counters of what is not built yet.
    fn zeros(&mut self, names: &[&str]) {
        names.iter().for_each(|name| self.field(name, 0));
    }
}

/// Bytes with a unit: `512B`, `1.50K`, `23.54G`.
struct Human(u64);

impl Display for Human {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bits = u64::BITS - self.0.leading_zeros();
        match bits.saturating_sub(1) / 10 {
            // There is no letter above P.
            0 | 6.. => write!(f, "{}B", self.0),
            power => {
                write!(f, "{:.2}{}", self.0 as f64 / (1u64 << (10 * power)) as f64, b" KMGTP"[power as usize] as char)
            }
        }
    }
}

/// `part` of `whole` as a ratio; 0 if there is nothing to compare with.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests;
