//! INFO's sections stats, commandstats, errorstats and latencystats: what has been counted since the start, or since
//! CONFIG RESETSTAT.

use std::fmt::Write;

use super::{Fields, ratio};
use crate::commands::lookup::CommandId;
use crate::engine::Engine;
use crate::engine::pubsub::Topic;

pub(super) fn stats(engine: &Engine, fields: &mut Fields) {
    let stats = &engine.stats;
    let kilobytes = |per_second: u64| format!("{:.2}", per_second as f64 / 1024.0);
    fields.field("total_connections_received", stats.connections_received);
    fields.field("total_commands_processed", stats.commands_processed);
    fields.field("instantaneous_ops_per_sec", stats.operations_rate.per_second());
    fields.field("total_net_input_bytes", stats.net_input_bytes);
    fields.field("total_net_output_bytes", stats.net_output_bytes);
    fields.zeros(&["total_net_repl_input_bytes", "total_net_repl_output_bytes"]);
    fields.field("instantaneous_input_kbps", kilobytes(stats.input_rate.per_second()));
    fields.field("instantaneous_output_kbps", kilobytes(stats.output_rate.per_second()));
    fields.field("instantaneous_input_repl_kbps", kilobytes(0));
    fields.field("instantaneous_output_repl_kbps", kilobytes(0));
    fields.field("rejected_connections", stats.connections_rejected);
    fields.zeros(&["sync_full", "sync_partial_ok", "sync_partial_err"]);
    keys(engine, fields);
    fields.field("pubsub_channels", engine.pubsub.count(Topic::Channel));
    fields.field("pubsub_patterns", engine.pubsub.count(Topic::Pattern));
    fields.field("pubsubshard_channels", engine.pubsub.count(Topic::ShardChannel));
    fields.zeros(&[
        "latest_fork_usec",
        "total_forks",
        "migrate_cached_sockets",
        "slave_expires_tracked_keys",
        "active_defrag_hits",
        "active_defrag_misses",
        "active_defrag_key_hits",
        "active_defrag_key_misses",
        "total_active_defrag_time",
        "current_active_defrag_time",
    ]);
    let tracking = engine.tracking();
    fields.field("tracking_total_keys", tracking.total_keys());
    fields.field("tracking_total_items", tracking.total_items());
    fields.field("tracking_total_prefixes", tracking.total_prefixes());
    fields.field("unexpected_error_replies", stats.unexpected_error_replies);
    fields.field("total_error_replies", stats.error_replies);
    fields.field("dump_payload_sanitizations", 0);
    fields.field("total_reads_processed", stats.reads_processed);
    fields.field("total_writes_processed", stats.writes_processed);
    fields.zeros(&["io_threaded_reads_processed", "io_threaded_writes_processed"]);
    // Output buffers grow and shrink as vectors do, without fixed first chunks.
    fields.zeros(&["reply_buffer_shrinks", "reply_buffer_expands"]);
}

/// Expiry, eviction, hits and misses.
fn keys(engine: &Engine, fields: &mut Fields) {
    let counters = engine.effects.counters;
    fields.field("expired_keys", counters.expired_keys);
    // The expiry index knows every key that is due: none is stale unseen, and no cycle runs out of time.
    fields.field("expired_stale_perc", "0.00");
    fields.field("expired_time_cap_reached_count", 0);
    fields.field("expire_cycle_cpu_milliseconds", engine.stats.expire_cycle_us / 1000);
    fields.field("evicted_keys", engine.stats.evicted_keys);
    fields.field("evicted_clients", engine.stats.evicted_clients);
    fields.zeros(&["total_eviction_exceeded_time", "current_eviction_exceeded_time"]);
    fields.field("keyspace_hits", counters.hits);
    fields.field("keyspace_misses", counters.misses);
}

/// Commands that were called or refused.
pub(super) fn commandstats(engine: &Engine, fields: &mut Fields) {
    for (id, command) in engine.stats.commands.iter().enumerate() {
        if command.calls + command.rejected + command.failed == 0 {
            continue;
        }
        let name = engine.commands.row(CommandId(id as u16)).name;
        fields.field(
            format_args!("cmdstat_{name}"),
            format_args!(
                "calls={},usec={},usec_per_call={:.2},rejected_calls={},failed_calls={}",
                command.calls,
                command.usec,
                ratio(command.usec, command.calls),
                command.rejected,
                command.failed,
            ),
        );
    }
}

pub(super) fn errorstats(engine: &Engine, fields: &mut Fields) {
    for (code, count) in &engine.stats.errors {
        // A code is whatever a script says; what has a meaning in this text must not be in it.
        let safe = |&byte: &u8| if b"#:\r\n".contains(&byte) { b'_' } else { byte };
        let line = [b"errorstat_".to_vec(), code.iter().map(safe).collect()].concat();
        fields.bytes(&line, format!("count={count}").as_bytes());
    }
}

/// Percentiles of the durations of each command.
pub(super) fn latencystats(engine: &Engine, fields: &mut Fields) {
    if !engine.config.latency_tracking {
        return;
    }
    for (id, histogram) in engine.stats.latencies.iter().enumerate() {
        let Some(histogram) = histogram else { continue };
        let mut text = String::new();
        for &percentile in &engine.config.latency_tracking_info_percentiles {
            let separator = if text.is_empty() { "" } else { "," };
            let usec = histogram.at_percentile(percentile) as f64 / 1000.0;
            let shown = format!("{percentile:.6}");
            let shown = shown.trim_end_matches('0').trim_end_matches('.');
            write!(text, "{separator}p{shown}={usec:.3}").expect("writing to a string succeeds");
        }
        let name = engine.commands.row(CommandId(id as u16)).name;
        fields.field(format_args!("latency_percentiles_usec_{name}"), text);
    }
}
