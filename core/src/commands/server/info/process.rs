//! INFO's sections server, clients and cpu: the process and who is connected to it.

use super::Fields;
use crate::checksum::crc64::crc64;
use crate::config::{Choice, Supervised};
use crate::engine::client::ClientFlags;
use crate::engine::{ETALON_VERSION, Engine, REDIS_VERSION};

pub(super) fn server(engine: &Engine, fields: &mut Fields) {
    let process = &engine.process;
    let uptime_s = (engine.now.monotonic_us - engine.stats.started_at.monotonic_us) / 1_000_000;
    fields.field("redis_version", REDIS_VERSION);
    fields.field("etalon_version", ETALON_VERSION);
    fields.field("redis_git_sha1", "00000000");
    fields.field("redis_git_dirty", 0);
    fields.field("redis_build_id", format_args!("{:x}", crc64(0, ETALON_VERSION.as_bytes())));
    fields.field("redis_mode", if engine.config.cluster_enabled { "cluster" } else { "standalone" });
    fields.field("os", &process.os);
    fields.field("arch_bits", process.arch_bits);
    fields.field("monotonic_clock", "POSIX clock_gettime");
    fields.field("multiplexing_api", "epoll");
    fields.field("atomicvar_api", "c11-builtin");
    // What Redis says when it was not built by GCC.
    fields.field("gcc_version", "0.0.0");
    fields.field("process_id", process.process_id);
    let supervised = match engine.config.supervised {
        Supervised::Auto => Supervised::No,
        known => known,
    };
    fields.field("process_supervised", supervised.word());
    fields.field("run_id", &engine.run_id);
    fields.field("tcp_port", engine.config.port);
    fields.field("server_time_usec", engine.now.unix_us);
    fields.field("uptime_in_seconds", uptime_s);
    fields.field("uptime_in_days", uptime_s / 86_400);
    fields.field("hz", engine.config.hz);
    fields.field("configured_hz", engine.config.hz);
    // The clock of the LRU fields: seconds in 24 bits.
    fields.field("lru_clock", engine.now.unix_s() & 0xff_ffff);
    fields.field("executable", &process.executable);
    fields.bytes(b"config_file", engine.config.extra.config_file.as_deref().unwrap_or_default());
    fields.field("io_threads_active", 0);
}

pub(super) fn clients(engine: &Engine, fields: &mut Fields) {
    let with = |flag: ClientFlags| engine.clients.iter().filter(|client| client.flags.contains(flag)).count();
    fields.field("connected_clients", engine.clients.len());
    fields.field("cluster_connections", 0);
    fields.field("maxclients", engine.config.maxclients);
    fields.field("client_recent_max_input_buffer", engine.stats.recent_input.get());
    fields.field("client_recent_max_output_buffer", engine.stats.recent_output.get());
    fields.field("blocked_clients", engine.blocked_clients());
    fields.field("tracking_clients", with(ClientFlags::TRACKING));
    fields.field("clients_in_timeout_table", engine.waiters().deadlines());
}

pub(super) fn cpu(engine: &Engine, fields: &mut Fields) {
    let seconds = |us: u64| format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
    let (system, user) = (seconds(engine.process.cpu_system_us), seconds(engine.process.cpu_user_us));
    fields.field("used_cpu_sys", &system);
    fields.field("used_cpu_user", &user);
    // Snapshots need no children here.
    fields.field("used_cpu_sys_children", seconds(0));
    fields.field("used_cpu_user_children", seconds(0));
    fields.field("used_cpu_sys_main_thread", &system);
    fields.field("used_cpu_user_main_thread", &user);
}
