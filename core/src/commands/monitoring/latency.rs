//! LATENCY: spikes by event, and histograms by command.

use super::{doctor, graph};
use crate::commands::lookup::CommandId;
use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::ClientId;
use crate::engine::latency::LatencyHistogram;
use crate::resp::Reply;

/// `LATENCY LATEST`: of each event its last spike and its highest. O(events).
pub fn latency_latest(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    let reply = &mut engine.clients.get_mut(id).expect("the client of a running command exists").reply;
    reply.array(engine.spikes.events().len());
    for (event, series) in engine.spikes.events() {
        let last = series.spikes().last().expect("an event has a spike");
        reply.array(4);
        reply.bulk(event.as_bytes());
        reply.integer(last.at_s as i64);
        reply.integer(last.latency_ms as i64);
        reply.integer(series.highest_ms as i64);
    }
    Ok(Flow::Done)
}

/// `LATENCY HISTORY event`: its spikes, the oldest first. O(spikes).
pub fn latency_history(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let reply = &mut engine.clients.get_mut(id).expect("the client of a running command exists").reply;
    let Some((_, series)) = engine.spikes.series(args.at(2)) else {
        reply.array(0);
        return Ok(Flow::Done);
    };
    reply.array(series.spikes().len());
    for spike in series.spikes() {
        reply.array(2);
        reply.integer(spike.at_s as i64);
        reply.integer(spike.latency_ms as i64);
    }
    Ok(Flow::Done)
}

/// `LATENCY GRAPH event`. O(spikes). Errors: the event has none.
pub fn latency_graph(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let Some((event, series)) = engine.spikes.series(args.at(2)) else {
        let name = crate::quoting::c_str(args.at(2));
        return Err(CommandError::formatted([b"ERR No samples available for event '", name, b"'"].concat()));
    };
    let text = graph::draw(event, series, engine.now.unix_s());
    engine.reply(id).verbatim("txt", text.as_bytes());
    Ok(Flow::Done)
}

/// `LATENCY DOCTOR`: a report. O(events).
pub fn latency_doctor(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    let text = doctor::report(&engine.spikes, &engine.config, engine.now.unix_s());
    engine.reply(id).verbatim("txt", text.as_bytes());
    Ok(Flow::Done)
}

/// `LATENCY RESET [event…]`: how many events were forgotten. O(events).
pub fn latency_reset(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let forgotten = match args.len() {
        2 => engine.spikes.clear(),
        _ => args.from(2).iter().filter(|event| engine.spikes.forget(event)).count(),
    };
    engine.reply(id).count(forgotten);
    Ok(Flow::Done)
}

/// `LATENCY HISTOGRAM [command…]`: the durations of calls, of some commands or of all. A container stands for its
/// subcommands. O(commands × buckets).
pub fn latency_histogram(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let all = engine.commands.len();
    let mut wanted: Vec<CommandId> = Vec::new();
    if args.len() == 2 {
        wanted.extend((0..all).map(|index| CommandId(index as u16)));
    }
    for name in args.from(2).iter() {
        let Some(found) = engine.commands.find_full(name) else { continue };
        wanted.push(found);
        let prefix = format!("{}|", engine.commands.row(found).name);
        let rows = (0..all).map(|index| CommandId(index as u16));
        wanted.extend(rows.filter(|&row| engine.commands.row(row).name.starts_with(&prefix)));
    }
    let timed = |command: &CommandId| engine.stats.latencies[command.0 as usize].is_some();
    wanted.retain(timed);
    let reply = &mut engine.clients.get_mut(id).expect("the client of a running command exists").reply;
    reply.map(wanted.len());
    for command in wanted {
        let histogram = engine.stats.latencies[command.0 as usize].as_deref().expect("only those are left");
        reply.bulk(engine.commands.row(command).name.as_bytes());
        append_histogram(reply, histogram);
    }
    Ok(Flow::Done)
}

/// How many calls took at most 1, 2, 4, 8… µs (rounded up to the end of a bucket), where that number grows.
fn append_histogram(reply: &mut Reply, histogram: &LatencyHistogram) {
    let steps = histogram.doubling();
    reply.map(2);
    reply.bulk(b"calls");
    reply.integer(histogram.total() as i64);
    reply.bulk(b"histogram_usec");
    reply.map(steps.len());
    for (micros, calls) in steps {
        reply.integer(micros as i64);
        reply.integer(calls as i64);
    }
}

/// `LATENCY HELP`.
pub fn latency_help(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.reply(id).help("LATENCY", HELP);
    Ok(Flow::Done)
}

const HELP: &[&str] = &[
    "DOCTOR",
    "    Return a human readable latency analysis report.",
    "GRAPH <event>",
    "    Return an ASCII latency graph for the <event> class.",
    "HISTORY <event>",
    "    Return time-latency samples for the <event> class.",
    "LATEST",
    "    Return the latest latency samples for all events.",
    "RESET [<event> ...]",
    "    Reset latency data of one or more <event> classes.",
    "    (default: reset all data for all event classes)",
    "HISTOGRAM [COMMAND ...]",
    "    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.",
    "    If no commands are specified then all histograms are replied.",
];
