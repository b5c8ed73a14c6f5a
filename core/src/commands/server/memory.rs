//! MEMORY: what memory is used for.
//!
//! The numbers are those of this implementation, so they differ from Redis's on purpose; the shapes of the replies are its.
//! There is no allocator of our own to ask: what only it could know (fragmentation) is told from the process as a whole,
//! or as none.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::engine::Engine;
use crate::engine::client::ClientId;
use crate::keyspace::Db;
use crate::numbers::integer;
use crate::resp::Reply;

/// An instance this small has no problems worth a report.
const SMALL_BYTES: usize = 5 * 1024 * 1024;

const EMPTY_TEXT: &str = "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be \
used in these conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be \
back to our programming as soon as I finished rebooting.\n";
const HEALTHY_TEXT: &str =
    "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n";
const PEAK_TEXT: &str = "Sam, I found one thing: at its peak this instance held more than one and a half times the memory \
that it holds now. What was freed since may stay with the process until new data fill it.\n";

/// `MEMORY USAGE key [SAMPLES count]`: bytes of key, value and index entries. O(1) so far: nothing needs samples.
/// A key that is overdue is still counted. Errors: Syntax, NotInteger.
pub fn memory_usage(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut index = 3;
    while index < args.len() {
        let Some(count) = args.get(index + 1).filter(|_| args.is(index, "SAMPLES")) else {
            return Err(CommandError::Syntax);
        };
        if integer::parse_i64(count).ok_or(CommandError::NotInteger)? < 0 {
            return Err(CommandError::Syntax);
        }
        index += 2;
    }
    let db = ctx.db.db();
    match db.find(db.hash(args.at(2)), args.at(2)) {
        Some(slot) => ctx.reply.count(db.entry_bytes(slot)),
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// `MEMORY DOCTOR`
pub fn memory_doctor(engine: &mut Engine, client: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    let used = engine.memory_used_bytes();
    let peak = engine.stats.peak_memory_bytes.max(used);
    let text = match used {
        _ if used < SMALL_BYTES => EMPTY_TEXT,
        _ if peak > used + used / 2 => PEAK_TEXT,
        _ => HEALTHY_TEXT,
    };
    engine.reply(client).verbatim("txt", text.as_bytes());
    Ok(Flow::Done)
}

/// `MEMORY MALLOC-STATS`: there is nothing to tell.
pub fn memory_malloc_stats(engine: &mut Engine, client: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.reply(client).bulk(b"Stats not supported for the current allocator");
    Ok(Flow::Done)
}

/// `MEMORY PURGE`: pages go back to the allocator as soon as they are empty, so nothing is left to do.
pub fn memory_purge(engine: &mut Engine, client: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.reply(client).ok();
    Ok(Flow::Done)
}

/// `MEMORY HELP`
pub fn memory_help(engine: &mut Engine, client: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.reply(client).help(
        "MEMORY",
        &[
            "DOCTOR",
            "    Return memory problems reports.",
            "MALLOC-STATS",
            "    Return internal statistics report from the memory allocator.",
            "PURGE",
            "    Attempt to purge dirty pages for reclamation by the allocator.",
            "STATS",
            "    Return information about the memory usage of the server.",
            "USAGE <key> [SAMPLES <count>]",
            "    Return memory in bytes used by <key> and its value. Nested values are",
            "    sampled up to <count> times (default: 5, 0 means sample all).",
        ],
    );
    Ok(Flow::Done)
}

/// What MEMORY STATS tells, gathered before anything is written.
struct Report {
    used: usize,
    peak: usize,
    resident: usize,
    clients: usize,
    keys: usize,
    data: usize,
    overhead: usize,
    /// Database, its table and its expiry index.
    databases: Vec<(u32, usize, usize)>,
}

impl Report {
    fn new(engine: &Engine) -> Report {
        let used = engine.memory_used_bytes();
        let mut databases = Vec::new();
        for (index, db) in engine.keyspace.iter().filter(|(_, db)| !db.is_empty()) {
            databases.push((index.0, table_overhead(db), db.expiry_index().heap_bytes()));
        }
        let data = engine.keyspace.heap_bytes();
        let indices: usize = databases.iter().map(|&(_, table, expiry)| table + expiry).sum();
        Report {
            used,
            peak: engine.stats.peak_memory_bytes.max(used),
            resident: engine.process.resident_bytes,
            clients: engine.clients.iter().map(|client| client.memory_bytes()).sum(),
            keys: engine.keyspace.len(),
            data: data - indices,
            overhead: used - data + indices,
            databases,
        }
    }
}

/// What the table takes beyond its records.
fn table_overhead(db: &Db) -> usize {
    db.table().heap_bytes().saturating_sub(db.table().stats().live_bytes)
}

/// `MEMORY STATS`
pub fn memory_stats(engine: &mut Engine, client: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    const FIELDS: usize = 27;
    let report = Report::new(engine);
    let Report { used, peak, resident, .. } = report;
    let reply = engine.reply(client);
    let count = |reply: &mut Reply, name: &str, value: i64| {
        reply.bulk(name.as_bytes());
        reply.integer(value);
    };
    let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 };
    let ratio = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    reply.map(FIELDS + report.databases.len());
    count(reply, "peak.allocated", peak as i64);
    count(reply, "total.allocated", used as i64);
    count(reply, "startup.allocated", crate::engine::FIXED_BYTES as i64);
    count(reply, "replication.backlog", 0);
    count(reply, "clients.slaves", 0);
    count(reply, "clients.normal", report.clients as i64);
    count(reply, "cluster.links", 0);
    count(reply, "aof.buffer", 0);
    count(reply, "lua.caches", 0);
    count(reply, "functions.caches", 0);
    for &(index, table, expiry) in &report.databases {
        reply.bulk(format!("db.{index}").as_bytes());
        reply.map(3);
        count(reply, "overhead.hashtable.main", table as i64);
        count(reply, "overhead.hashtable.expires", expiry as i64);
        count(reply, "overhead.hashtable.slot-to-keys", 0);
    }
    count(reply, "overhead.total", report.overhead as i64);
    count(reply, "keys.count", report.keys as i64);
    count(reply, "keys.bytes-per-key", report.data.checked_div(report.keys).unwrap_or(0) as i64);
    count(reply, "dataset.bytes", report.data as i64);
    let double = |reply: &mut Reply, name: &str, value: f64| {
        reply.bulk(name.as_bytes());
        reply.double(value);
    };
    double(reply, "dataset.percentage", share(report.data, used));
    double(reply, "peak.percentage", share(used, peak));
    // The allocator hands out what is used; whatever the process holds beyond that counts as overhead of the process.
    count(reply, "allocator.allocated", used as i64);
    count(reply, "allocator.active", used as i64);
    count(reply, "allocator.resident", used as i64);
    double(reply, "allocator-fragmentation.ratio", 1.0);
    count(reply, "allocator-fragmentation.bytes", 0);
    double(reply, "allocator-rss.ratio", 1.0);
    count(reply, "allocator-rss.bytes", 0);
    double(reply, "rss-overhead.ratio", ratio(resident, used));
    count(reply, "rss-overhead.bytes", resident as i64 - used as i64);
    double(reply, "fragmentation", ratio(resident, used));
    count(reply, "fragmentation.bytes", resident as i64 - used as i64);
    Ok(Flow::Done)
}
