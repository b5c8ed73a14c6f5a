//! INFO's sections persistence, replication, cluster and keyspace: the data and where it goes.

use super::{Fields, ratio};
use crate::engine::Engine;
use crate::engine::persistence::aof::LogState;
use crate::engine::persistence::load::Loading;

pub(super) fn persistence(engine: &Engine, fields: &mut Fields) {
    let state = engine.persistence();
    let seconds = |seconds: Option<u64>| seconds.map_or(-1, |seconds| seconds as i64);
    let saving_s = state.background_s(engine.now);
    fields.flag("loading", state.is_loading());
    fields.zeros(&["async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age"]);
    let (processed, total) = match saving_s {
        Some(_) => (engine.process.save_keys_processed, state.save_keys_total()),
        None if state.aof.is_rewriting() => (engine.process.save_keys_processed, state.aof.rewrite_keys_total()),
        None => (0, 0),
    };
    fields.field("current_fork_perc", format_args!("{:.2}", 100.0 * ratio(processed, total)));
    fields.field("current_save_keys_processed", processed);
    fields.field("current_save_keys_total", total);
    fields.field("rdb_changes_since_last_save", engine.unsaved_changes());
    fields.flag("rdb_bgsave_in_progress", saving_s.is_some());
    fields.field("rdb_last_save_time", state.last_save_s);
    fields.field("rdb_last_bgsave_status", if state.last_background_ok { "ok" } else { "err" });
    fields.field("rdb_last_bgsave_time_sec", seconds(state.last_background_s));
    fields.field("rdb_current_bgsave_time_sec", seconds(saving_s));
    fields.field("rdb_saves", state.saves);
    fields.field("rdb_last_cow_size", 0);
    fields.field("rdb_last_load_keys_expired", state.last_load_keys_expired);
    fields.field("rdb_last_load_keys_loaded", state.last_load_keys_loaded);
    log(engine, fields);
    if state.is_loading() {
        loading_progress(engine, state.loading(), fields);
    }
}

/// The append-only file.
fn log(engine: &Engine, fields: &mut Fields) {
    let aof = &engine.persistence().aof;
    let status = |well: bool| if well { "ok" } else { "err" };
    let seconds = |seconds: Option<u64>| seconds.map_or(-1, |seconds| seconds as i64);
    let current_s = aof.rewrite_started_s().map(|started_s| engine.now.unix_s().saturating_sub(started_s));
    let is_on = aof.state != LogState::Off;
    fields.flag("aof_enabled", is_on);
    fields.flag("aof_rewrite_in_progress", aof.is_rewriting());
    fields.flag("aof_rewrite_scheduled", aof.rewrite_scheduled);
    fields.field("aof_last_rewrite_time_sec", seconds(aof.last_rewrite_s));
    fields.field("aof_current_rewrite_time_sec", seconds(current_s));
    fields.field("aof_last_bgrewrite_status", status(!aof.last_rewrite_failed));
    fields.field("aof_rewrites", aof.rewrites);
    fields.field("aof_rewrites_consecutive_failures", aof.consecutive_failures);
    fields.field("aof_last_write_status", status(aof.last_write_ok()));
    fields.zeros(&["aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size"]);
    if is_on {
        fields.field("aof_current_size", aof.current_bytes);
        fields.field("aof_base_size", aof.base_bytes);
        // The same as `aof_rewrite_scheduled`.
        fields.flag("aof_pending_rewrite", aof.rewrite_scheduled);
        fields.field("aof_buffer_length", engine.log_buffer_bytes());
        fields.flag("aof_pending_bio_fsync", engine.is_log_syncing());
        fields.field("aof_delayed_fsync", aof.delayed_syncs);
    }
}

/// `loading`: none while it is still being looked for what there is to load.
fn loading_progress(engine: &Engine, loading: Option<&Loading>, fields: &mut Fields) {
    let (total, loaded) = loading.map_or((0, 0), |loading| (loading.total_bytes, loading.loaded_bytes()));
    let started_s = loading.map_or(engine.now, |loading| loading.started).unix_s();
    let elapsed_s = engine.now.unix_s().saturating_sub(started_s);
    let eta_s = match elapsed_s {
        // Before there is a rate to go by.
        0 => 1,
        _ => (elapsed_s as f64 * total.saturating_sub(loaded) as f64 / (loaded + 1) as f64) as u64,
    };
    fields.field("loading_start_time", started_s);
    fields.field("loading_total_bytes", total);
    fields.field("loading_rdb_used_mem", loading.map_or(0, |loading| loading.used_memory_bytes));
    fields.field("loading_loaded_bytes", loaded);
    fields.field("loading_loaded_perc", format_args!("{:.2}", 100.0 * ratio(loaded, total)));
    fields.field("loading_eta_seconds", eta_s);
}

pub(super) fn replication(engine: &Engine, fields: &mut Fields) {
    fields.field("role", "master");
    fields.field("connected_slaves", engine.replicas.iter().count());
    let now_s = engine.now.unix_s();
    if engine.config.min_replicas_to_write > 0 && engine.config.min_replicas_max_lag > 0 {
        fields.field("min_slaves_good_slaves", engine.replicas.good(now_s, engine.config.min_replicas_max_lag.into()));
    }
    for (at, (id, state, replica)) in engine.replicas.iter().enumerate() {
        let seen = engine.client(id).peer.address.rsplit_once(':').map_or("?", |(ip, _)| ip);
        let announced = String::from_utf8_lossy(&replica.address);
        let ip = if announced.is_empty() { seen } else { &announced };
        let (port, offset, lag_s) = (replica.listening_port, replica.acknowledged(), replica.lag_s(now_s));
        let line = format_args!("ip={ip},port={port},state={state},offset={offset},lag={lag_s}");
        fields.field(format_args!("slave{at}"), line);
    }
    fields.field("master_failover_state", "no-failover");
    fields.field("master_replid", &engine.replication_id);
    fields.field("master_replid2", "0".repeat(engine.replication_id.len()));
    fields.field("master_repl_offset", engine.replicas.offset);
    fields.field("second_repl_offset", -1);
    fields.field("repl_backlog_active", 0);
    fields.field("repl_backlog_size", engine.config.repl_backlog_size);
    fields.zeros(&["repl_backlog_first_byte_offset", "repl_backlog_histlen"]);
}

pub(super) fn cluster(engine: &Engine, fields: &mut Fields) {
    fields.flag("cluster_enabled", engine.config.cluster_enabled);
}

/// A line for every database that has keys. Deviation: `avg_ttl` is the true mean; Redis samples now and then, and says 0 until
/// it has.
pub(super) fn keyspace(engine: &Engine, fields: &mut Fields) {
    for (index, db) in engine.keyspace.iter().filter(|(_, db)| !db.is_empty()) {
        let expiring = db.expiry_index();
        let ttl_ms = expiring.average_ttl_ms(engine.now.unix_ms());
        let counts = format_args!("keys={},expires={},avg_ttl={ttl_ms}", db.len(), expiring.len());
        fields.field(format_args!("db{}", index.0), counts);
    }
}
