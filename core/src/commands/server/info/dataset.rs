//! INFO's sections persistence, replication, cluster and keyspace: the data and where it goes.

use super::Fields;
use crate::engine::Engine;

pub(super) fn persistence(engine: &Engine, fields: &mut Fields) {
    fields.zeros(&["loading", "async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age"]);
    fields.field("current_fork_perc", "0.00");
    fields.zeros(&["current_save_keys_processed", "current_save_keys_total"]);
    fields.field("rdb_changes_since_last_save", engine.effects.dirty);
    fields.field("rdb_bgsave_in_progress", 0);
    // Redis counts the start as a save, too.
    fields.field("rdb_last_save_time", engine.stats.started_at.unix_s());
    fields.field("rdb_last_bgsave_status", "ok");
    fields.field("rdb_last_bgsave_time_sec", -1);
    fields.field("rdb_current_bgsave_time_sec", -1);
    fields.zeros(&["rdb_saves", "rdb_last_cow_size", "rdb_last_load_keys_expired", "rdb_last_load_keys_loaded"]);
    fields.zeros(&["aof_enabled", "aof_rewrite_in_progress", "aof_rewrite_scheduled"]);
    fields.field("aof_last_rewrite_time_sec", -1);
    fields.field("aof_current_rewrite_time_sec", -1);
    fields.field("aof_last_bgrewrite_status", "ok");
    fields.zeros(&["aof_rewrites", "aof_rewrites_consecutive_failures"]);
    fields.field("aof_last_write_status", "ok");
    fields.zeros(&["aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size"]);
}

pub(super) fn replication(engine: &Engine, fields: &mut Fields) {
    fields.field("role", "master");
    fields.field("connected_slaves", 0);
    if engine.config.min_replicas_to_write > 0 && engine.config.min_replicas_max_lag > 0 {
        fields.field("min_slaves_good_slaves", 0);
    }
    fields.field("master_failover_state", "no-failover");
    fields.field("master_replid", &engine.replication_id);
    fields.field("master_replid2", "0".repeat(engine.replication_id.len()));
    fields.field("master_repl_offset", 0);
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
