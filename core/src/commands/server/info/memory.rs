//! INFO's section memory.
//!
//! `used_memory` is what the engine accounts for: its fixed part, the data, the connections. The allocator is not asked, so
//! that the fields that Redis has from jemalloc are what it shows with any other allocator: derived from the two sizes
//! that are known, the engine's and the resident set's.

use super::{Fields, Human, ratio};
use crate::config::Choice;
use crate::engine::Engine;

pub(super) fn memory(engine: &Engine, fields: &mut Fields) {
    let used = engine.memory_used_bytes() as u64;
    let startup = engine.stats.startup_memory_bytes as u64;
    let clients: u64 = engine.clients.iter().map(|client| client.memory_bytes() as u64).sum();
    let peak = used.max(engine.stats.peak_memory_bytes as u64);
    let overhead = startup + clients;
    let dataset = used.saturating_sub(overhead);
    // Until the driver has measured it, the resident set is taken for what is used.
    let resident = match engine.process.resident_bytes as u64 {
        0 => used,
        bytes => bytes,
    };
    fields.size("used_memory", used);
    fields.size("used_memory_rss", resident);
    fields.size("used_memory_peak", peak);
    fields.field("used_memory_peak_perc", format_args!("{:.2}%", 100.0 * ratio(used, peak)));
    fields.field("used_memory_overhead", overhead);
    fields.field("used_memory_startup", startup);
    fields.field("used_memory_dataset", dataset);
    let dataset_share = ratio(dataset, used.saturating_sub(startup));
    fields.field("used_memory_dataset_perc", format_args!("{:.2}%", 100.0 * dataset_share));
    fields.field("allocator_allocated", used);
    fields.field("allocator_active", resident);
    fields.field("allocator_resident", resident);
    fields.size("total_system_memory", engine.process.total_system_memory_bytes);
    scripts(engine, fields);
    fields.size("maxmemory", engine.config.maxmemory);
    fields.field("maxmemory_policy", engine.config.maxmemory_policy.word());
    fragmentation(used, resident, fields);
    fields.zeros(&["mem_not_counted_for_evict", "mem_replication_backlog"]);
    fields.field("mem_total_replication_buffers", engine.replicas.kept_bytes());
    fields.field("mem_clients_slaves", 0);
    fields.field("mem_clients_normal", clients);
    fields.field("mem_cluster_links", 0);
    fields.field("mem_aof_buffer", engine.log_buffer_bytes());
    fields.field("mem_allocator", engine.process.allocator);
    fields.zeros(&["active_defrag_running", "lazyfree_pending_objects", "lazyfreed_objects"]);
}

/// What scripts and functions hold: their sources, and the machines that run them.
#[cfg(feature = "lua")]
fn scripts(engine: &Engine, fields: &mut Fields) {
    let scripts = &engine.scripts;
    let (evals, functions) = (scripts.machine_bytes() as u64, scripts.function_machine_bytes() as u64);
    let (cached, loaded) = (scripts.cache.bytes() as u64, scripts.libraries.bytes() as u64);
    fields.field("used_memory_lua", evals);
    fields.field("used_memory_vm_eval", evals);
    fields.field("used_memory_lua_human", Human(evals));
    fields.field("used_memory_scripts_eval", cached);
    fields.field("number_of_cached_scripts", scripts.cache.len());
    fields.field("number_of_functions", scripts.libraries.function_count());
    fields.field("number_of_libraries", scripts.libraries.iter().len());
    fields.field("used_memory_vm_functions", functions);
    fields.size("used_memory_vm_total", evals + functions);
    fields.field("used_memory_functions", loaded);
    fields.size("used_memory_scripts", cached + loaded);
}

/// Built without Lua: nothing is held for scripts.
#[cfg(not(feature = "lua"))]
fn scripts(_: &Engine, fields: &mut Fields) {
    fields.zeros(&["used_memory_lua", "used_memory_vm_eval"]);
    fields.field("used_memory_lua_human", Human(0));
    fields.zeros(&[
        "used_memory_scripts_eval",
        "number_of_cached_scripts",
        "number_of_functions",
        "number_of_libraries",
        "used_memory_vm_functions",
    ]);
    fields.size("used_memory_vm_total", 0);
    fields.field("used_memory_functions", 0);
    fields.size("used_memory_scripts", 0);
}

fn fragmentation(used: u64, resident: u64, fields: &mut Fields) {
    let more = resident as i64 - used as i64;
    let of_used = format!("{:.2}", ratio(resident, used));
    fields.field("allocator_frag_ratio", &of_used);
    fields.field("allocator_frag_bytes", more);
    fields.field("allocator_rss_ratio", "1.00");
    fields.field("allocator_rss_bytes", 0);
    fields.field("rss_overhead_ratio", "1.00");
    fields.field("rss_overhead_bytes", 0);
    fields.field("mem_fragmentation_ratio", of_used);
    fields.field("mem_fragmentation_bytes", more);
}
