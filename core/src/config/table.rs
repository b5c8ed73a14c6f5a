//! The table of every directive of Redis 7.0.15: one entry gives the field of [`Config`], its default, and the row
//! that CONFIG GET, CONFIG SET, the file reader and CONFIG REWRITE work from.
//!
//! ```text
//! /// What the field means, with its unit.
//! field: Type = default, "name" | "older-name", kind(range) [FLAGS] apply What check function;
//! ```
//!
//! The name of a field is the name of its directive with `_` for `-`. Entries whose feature is not built yet are
//! here all the same: they are read, checked, kept and written back. The order of the table is the order of
//! CONFIG GET and of the lines that CONFIG REWRITE appends (Redis has no order in either: it walks a hash table).
//!
//! Source: `CONFIG GET *`, `DEBUG CONFIG-REWRITE-FORCE-ALL` and the error texts of 7.0.15.

use super::directive::{Apply, Directive, Flags, Kind, Number, Sign, Text, Unit, assign_word};
use super::values::*;
use super::{check, special};

const INT_MAX: i128 = i32::MAX as i128;
const INT_MIN: i128 = i32::MIN as i128;
const UINT_MAX: i128 = u32::MAX as i128;
const LONG_MAX: i128 = i64::MAX as i128;
const ULONG_MAX: i128 = u64::MAX as i128;

macro_rules! alias {
    () => {
        None
    };
    ($alias:literal) => {
        Some($alias)
    };
}

macro_rules! apply {
    () => {
        None
    };
    ($apply:ident) => {
        Some(Apply::$apply)
    };
}

macro_rules! checked {
    () => {
        None
    };
    ($check:ident) => {
        Some(check::$check)
    };
}

macro_rules! kind {
    (yes_no $field:ident) => { Kind::Bool { get: |c| c.$field, set: |c, value| c.$field = value } };
    (word $field:ident) => { Kind::Word { get: |c| c.$field.word(), set: |c, word| assign_word(&mut c.$field, word) } };
    (text $field:ident) => {
        Kind::Text { c_string: true, get: |c| Text::text(&c.$field), set: |c, text| c.$field.assign(text) }
    };
    (binary_text $field:ident) => {
        Kind::Text { c_string: false, get: |c| Text::text(&c.$field), set: |c, text| c.$field.assign(text) }
    };
    (int $field:ident $range:expr) => { kind!(@number $field Plain Signed $range) };
    (unsigned $field:ident $range:expr) => { kind!(@number $field Plain Unsigned $range) };
    (memory $field:ident $range:expr) => { kind!(@number $field Memory Signed $range) };
    (unsigned_memory $field:ident $range:expr) => { kind!(@number $field Memory Unsigned $range) };
    (memory_or_percent $field:ident $range:expr) => { kind!(@number $field MemoryOrPercent Signed $range) };
    (octal $field:ident $range:expr) => { kind!(@number $field Octal Unsigned $range) };
    (special $field:ident $module:ident) => {
        Kind::Special { get: special::$module::get, set: special::$module::set, rewrite: special::$module::rewrite }
    };
    (@number $field:ident $unit:ident $sign:ident $range:expr) => {
        Kind::Number {
            unit: Unit::$unit,
            sign: Sign::$sign,
            min: *$range.start() as i128,
            max: *$range.end(),
            get: |c| Number::to_i64(c.$field),
            set: |c, value| c.$field = Number::from_i64(value),
        }
    };
}

macro_rules! directives {
    ($(
        $(#[$doc:meta])* $field:ident : $type:ty = $default:expr, $name:literal $(| $alias:literal)?,
        $kind:ident $(($($arg:tt)*))? $([$($flag:ident)*])? $(apply $apply:ident)? $(check $check:ident)?;
    )*) => {
        /// Every setting of a Redis process, as plain typed fields. `Config::default()` is what `redis-server`
        /// without arguments has. Cloning copies some forty small strings.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Config {
            $( $(#[$doc])* pub $field: $type, )*
            /// What a configuration file may hold beside directives.
            pub extra: super::Extra,
        }

        impl Default for Config {
            fn default() -> Self {
                Config { $( $field: $default, )* extra: super::Extra::default() }
            }
        }

        /// Every directive once, aliases within their row.
        pub static DIRECTIVES: &[Directive] = &[ $( Directive {
            name: $name,
            alias: alias!($($alias)?),
            flags: Flags::empty()$($(.union(Flags::$flag))*)?,
            apply: apply!($($apply)?),
            check: checked!($($check)?),
            kind: kind!($kind $field $($($arg)*)?),
            copy: |from, to| to.$field.clone_from(&from.$field),
        } ),* ];
    };
}

directives! {
    // ---- network -------------------------------------------------------------------------------------------
    /// Addresses to listen on; a leading `-` tolerates failure. Empty: none.
    bind: Vec<Vec<u8>> = vec![b"*".to_vec(), b"-::*".to_vec()], "bind", special(bind) [MULTI_ARG ALWAYS_APPLY] apply Bind;
    /// The local address for outgoing connections.
    bind_source_addr: Option<Vec<u8>> = None, "bind-source-addr", text;
    /// TCP port; 0 listens on none.
    port: u16 = 6379, "port", int(0..=65535) apply Port;
    /// Refuse clients that are not local while no password is set.
    protected_mode: bool = true, "protected-mode", yes_no;
    /// Length of the queue of connections that are not accepted yet.
    tcp_backlog: u32 = 511, "tcp-backlog", int(0..=INT_MAX) [IMMUTABLE];
    /// Seconds between TCP keep-alive probes; 0 disables.
    tcp_keepalive: u32 = 300, "tcp-keepalive", int(0..=INT_MAX);
    /// Seconds after which an idle client is closed; 0 never.
    timeout: u32 = 0, "timeout", int(0..=INT_MAX);
    /// Path of the Unix socket to listen on.
    unixsocket: Option<Vec<u8>> = None, "unixsocket", text [IMMUTABLE];
    /// Mode bits of the Unix socket; 0 leaves them to the umask.
    unixsocketperm: u32 = 0, "unixsocketperm", octal(0..=0o777) [IMMUTABLE];
    /// Value of `SO_MARK` on listening sockets; 0 sets none.
    socket_mark_id: u32 = 0, "socket-mark-id", unsigned(0..=UINT_MAX) [IMMUTABLE];
    /// Most clients connected at once.
    maxclients: u32 = 10_000, "maxclients", unsigned(1..=UINT_MAX) apply Maxclients;
    /// Longest single argument, in bytes.
    proto_max_bulk_len: u64 = 512 << 20, "proto-max-bulk-len", memory(1024 * 1024..=LONG_MAX);
    /// Longest query buffer of one client, in bytes.
    client_query_buffer_limit: u64 = 1 << 30, "client-query-buffer-limit", unsigned_memory(1024 * 1024..=LONG_MAX);
    /// Limits on pending output, by [`ClientClass`].
    client_output_buffer_limit: [OutputBufferLimit; 3] = special::client_output_buffer_limit::DEFAULT,
        "client-output-buffer-limit", special(client_output_buffer_limit) [MULTI_ARG ALWAYS_APPLY];
    /// Threads that do socket I/O, the main one included.
    io_threads: u32 = 1, "io-threads", int(1..=128) [IMMUTABLE];
    /// Whether I/O threads also read and parse.
    io_threads_do_reads: bool = false, "io-threads-do-reads", yes_no [IMMUTABLE];

    // ---- TLS -----------------------------------------------------------------------------------------------
    /// TLS port; 0 listens on none.
    tls_port: u16 = 0, "tls-port", int(0..=65535) apply TlsPort;
    /// Sessions kept for resumption; 0 is unlimited.
    tls_session_cache_size: u32 = 20 * 1024, "tls-session-cache-size", int(0..=INT_MAX) apply Tls;
    /// In seconds.
    tls_session_cache_timeout: u32 = 300, "tls-session-cache-timeout", int(0..=INT_MAX) apply Tls;
    /// TLS on the cluster bus.
    tls_cluster: bool = false, "tls-cluster", yes_no apply Tls;
    /// TLS towards the master.
    tls_replication: bool = false, "tls-replication", yes_no apply Tls;
    /// Whether clients must show a certificate.
    tls_auth_clients: TlsAuthClients = TlsAuthClients::Yes, "tls-auth-clients", word;
    /// The server's order of ciphers wins.
    tls_prefer_server_ciphers: bool = false, "tls-prefer-server-ciphers", yes_no apply Tls;
    /// Sessions may be resumed.
    tls_session_caching: bool = true, "tls-session-caching", yes_no apply Tls;
    /// Path of the server's certificate.
    tls_cert_file: Option<Vec<u8>> = None, "tls-cert-file", text apply Tls;
    /// Path of its key.
    tls_key_file: Option<Vec<u8>> = None, "tls-key-file", text apply Tls;
    /// Passphrase of that key.
    tls_key_file_pass: Option<Vec<u8>> = None, "tls-key-file-pass", text apply Tls;
    /// Path of the certificate shown to other servers.
    tls_client_cert_file: Option<Vec<u8>> = None, "tls-client-cert-file", text apply Tls;
    /// Path of its key.
    tls_client_key_file: Option<Vec<u8>> = None, "tls-client-key-file", text apply Tls;
    /// Passphrase of that key.
    tls_client_key_file_pass: Option<Vec<u8>> = None, "tls-client-key-file-pass", text apply Tls;
    /// Path of Diffie-Hellman parameters.
    tls_dh_params_file: Option<Vec<u8>> = None, "tls-dh-params-file", text apply Tls;
    /// Path of trusted certificates.
    tls_ca_cert_file: Option<Vec<u8>> = None, "tls-ca-cert-file", text apply Tls;
    /// Folder of trusted certificates.
    tls_ca_cert_dir: Option<Vec<u8>> = None, "tls-ca-cert-dir", text apply Tls;
    /// Accepted protocol versions.
    tls_protocols: Option<Vec<u8>> = None, "tls-protocols", text apply Tls;
    /// Ciphers up to TLS 1.2.
    tls_ciphers: Option<Vec<u8>> = None, "tls-ciphers", text apply Tls;
    /// Ciphers of TLS 1.3.
    tls_ciphersuites: Option<Vec<u8>> = None, "tls-ciphersuites", text apply Tls;

    // ---- process -------------------------------------------------------------------------------------------
    /// Number of databases.
    databases: u32 = 16, "databases", int(1..=INT_MAX) [IMMUTABLE];
    /// Run in the background.
    daemonize: bool = false, "daemonize", yes_no [IMMUTABLE];
    /// Who supervises the process.
    supervised: Supervised = Supervised::No, "supervised", word [IMMUTABLE];
    /// Path of the file with the process id.
    pidfile: Option<Vec<u8>> = None, "pidfile", text [IMMUTABLE];
    /// Working directory. The driver fills it in: the core does not know it.
    dir: Vec<u8> = b".".to_vec(), "dir", special(dir) [PROTECTED DENY_LOADING ALWAYS_APPLY] apply Dir;
    /// Least important messages logged.
    loglevel: LogLevel = LogLevel::Notice, "loglevel", word;
    /// Path of the log; empty is standard output.
    logfile: Vec<u8> = Vec::new(), "logfile", text [IMMUTABLE];
    /// Log to syslog too.
    syslog_enabled: bool = false, "syslog-enabled", yes_no [IMMUTABLE];
    /// The name used there.
    syslog_ident: Vec<u8> = b"redis".to_vec(), "syslog-ident", text [IMMUTABLE];
    /// The facility used there.
    syslog_facility: SyslogFacility = SyslogFacility::Local0, "syslog-facility", word [IMMUTABLE];
    /// Show the logo even when not on a terminal.
    always_show_logo: bool = false, "always-show-logo", yes_no [IMMUTABLE];
    /// Change the process title at all.
    set_proc_title: bool = true, "set-proc-title", yes_no [IMMUTABLE];
    /// How the process title is made.
    proc_title_template: Vec<u8> = b"{title} {listen-addr} {server-mode}".to_vec(), "proc-title-template",
        text apply ProcTitle check proc_title_template;
    /// Start-up warnings to suppress.
    ignore_warnings: Vec<u8> = Vec::new(), "ignore-warnings", text;
    /// Cron runs a second, 1 to 500.
    hz: u32 = 10, "hz", int(0..=INT_MAX) apply Hz;
    /// Raise `hz` when there are many clients.
    dynamic_hz: bool = true, "dynamic-hz", yes_no;
    /// Seconds to wait for replicas at shutdown.
    shutdown_timeout: u32 = 10, "shutdown-timeout", int(0..=INT_MAX);
    /// What SIGTERM does.
    shutdown_on_sigterm: ShutdownFlags = ShutdownFlags::empty(), "shutdown-on-sigterm", special(shutdown_on_sigterm) [MULTI_ARG];
    /// What SIGINT does.
    shutdown_on_sigint: ShutdownFlags = ShutdownFlags::empty(), "shutdown-on-sigint", special(shutdown_on_sigint) [MULTI_ARG];
    /// Whether the process manages its `oom_score_adj`.
    oom_score_adj: OomScoreAdj = OomScoreAdj::No, "oom-score-adj", word apply OomScoreAdj;
    /// `oom_score_adj` of a master, a replica, a background child: -2000 to 2000.
    oom_score_adj_values: [i32; 3] = special::oom_score_adj_values::DEFAULT, "oom-score-adj-values",
        special(oom_score_adj_values) [MULTI_ARG] apply OomScoreAdj;
    /// Ask the kernel not to use transparent huge pages.
    disable_thp: bool = true, "disable-thp", yes_no [IMMUTABLE];
    /// CPUs for the server's threads.
    server_cpulist: Option<Vec<u8>> = None, "server_cpulist", text [IMMUTABLE];
    /// CPUs for background I/O.
    bio_cpulist: Option<Vec<u8>> = None, "bio_cpulist", text [IMMUTABLE];
    /// CPUs for AOF rewriting.
    aof_rewrite_cpulist: Option<Vec<u8>> = None, "aof_rewrite_cpulist", text [IMMUTABLE];
    /// CPUs for BGSAVE.
    bgsave_cpulist: Option<Vec<u8>> = None, "bgsave_cpulist", text [IMMUTABLE];
    /// Report crashes in the log.
    crash_log_enabled: bool = true, "crash-log-enabled", yes_no apply CrashLog;
    /// Check memory after a crash.
    crash_memcheck_enabled: bool = true, "crash-memcheck-enabled", yes_no;
    /// On a panic exit instead of aborting.
    use_exit_on_panic: bool = false, "use-exit-on-panic", yes_no [HIDDEN];
    /// Milliseconds after which a stuck main thread is reported; 0 never.
    watchdog_period: u32 = 0, "watchdog-period", int(0..=INT_MAX) [HIDDEN] apply Watchdog;
    /// Let the allocator purge in the background.
    jemalloc_bg_thread: bool = true, "jemalloc-bg-thread", yes_no apply AllocatorThread;

    // ---- security ------------------------------------------------------------------------------------------
    /// Password of the `default` user.
    requirepass: Option<Vec<u8>> = None, "requirepass", binary_text [SENSITIVE] apply RequirePass;
    /// Path of the ACL file.
    aclfile: Vec<u8> = Vec::new(), "aclfile", text [IMMUTABLE];
    /// Entries kept in the ACL log.
    acllog_max_len: u64 = 128, "acllog-max-len", int(0..=LONG_MAX);
    /// Channels that a new user may use.
    acl_pubsub_default: AclPubsubDefault = AclPubsubDefault::ResetChannels, "acl-pubsub-default", word;
    /// Who may set protected directives.
    enable_protected_configs: ProtectedAction = ProtectedAction::No, "enable-protected-configs", word [IMMUTABLE];
    /// Who may use DEBUG.
    enable_debug_command: ProtectedAction = ProtectedAction::No, "enable-debug-command", word [IMMUTABLE];
    /// Who may use MODULE.
    enable_module_command: ProtectedAction = ProtectedAction::No, "enable-module-command", word [IMMUTABLE];

    // ---- memory --------------------------------------------------------------------------------------------
    /// In bytes; 0 is unlimited.
    maxmemory: u64 = 0, "maxmemory", unsigned_memory(0..=ULONG_MAX) apply Maxmemory;
    /// What is evicted.
    maxmemory_policy: MaxmemoryPolicy = MaxmemoryPolicy::NoEviction, "maxmemory-policy", word;
    /// Keys sampled for one eviction.
    maxmemory_samples: u32 = 5, "maxmemory-samples", int(1..=INT_MAX);
    /// Effort of eviction, 0 to 100.
    maxmemory_eviction_tenacity: u32 = 10, "maxmemory-eviction-tenacity", int(0..=100);
    /// Total of client buffers in bytes; negative: percent of `maxmemory`; 0: unlimited.
    maxmemory_clients: i64 = 0, "maxmemory-clients", memory_or_percent(-100..=LONG_MAX);
    /// Hits for the LFU counter to grow: larger is slower.
    lfu_log_factor: u32 = 10, "lfu-log-factor", int(0..=INT_MAX);
    /// Minutes until an LFU counter decays by one; 0 never.
    lfu_decay_time: u32 = 1, "lfu-decay-time", int(0..=INT_MAX);
    /// Effort of active expiry, 1 to 10.
    active_expire_effort: u32 = 1, "active-expire-effort", int(1..=10);
    /// Rehash in idle time.
    activerehashing: bool = true, "activerehashing", yes_no;
    /// Free evicted values in the background.
    lazyfree_lazy_eviction: bool = false, "lazyfree-lazy-eviction", yes_no;
    /// Free expired values in the background.
    lazyfree_lazy_expire: bool = false, "lazyfree-lazy-expire", yes_no;
    /// Free overwritten values in the background.
    lazyfree_lazy_server_del: bool = false, "lazyfree-lazy-server-del", yes_no;
    /// DEL behaves as UNLINK.
    lazyfree_lazy_user_del: bool = false, "lazyfree-lazy-user-del", yes_no;
    /// FLUSHALL and FLUSHDB without a word mean ASYNC.
    lazyfree_lazy_user_flush: bool = false, "lazyfree-lazy-user-flush", yes_no;
    /// Active defragmentation. Refused, as in any build of Redis without its own allocator.
    activedefrag: bool = false, "activedefrag", yes_no check activedefrag;
    /// Percent of CPU, least.
    active_defrag_cycle_min: u32 = 1, "active-defrag-cycle-min", int(1..=99);
    /// Percent of CPU, most.
    active_defrag_cycle_max: u32 = 25, "active-defrag-cycle-max", int(1..=99);
    /// Percent of fragmentation at which it starts.
    active_defrag_threshold_lower: u32 = 10, "active-defrag-threshold-lower", int(0..=1000);
    /// Percent of fragmentation at which it works hardest.
    active_defrag_threshold_upper: u32 = 100, "active-defrag-threshold-upper", int(0..=1000);
    /// Wasted bytes at which it starts.
    active_defrag_ignore_bytes: u64 = 100 << 20, "active-defrag-ignore-bytes", unsigned_memory(1..=LONG_MAX);
    /// Larger collections are scanned apart.
    active_defrag_max_scan_fields: u64 = 1000, "active-defrag-max-scan-fields", int(1..=LONG_MAX);

    // ---- encodings -----------------------------------------------------------------------------------------
    /// Most fields of a listpack hash.
    hash_max_listpack_entries: u64 = 512, "hash-max-listpack-entries" | "hash-max-ziplist-entries", unsigned(0..=LONG_MAX);
    /// Longest field or value of a listpack hash, in bytes.
    hash_max_listpack_value: u64 = 64, "hash-max-listpack-value" | "hash-max-ziplist-value", unsigned_memory(0..=LONG_MAX);
    /// Listpack of a list: elements when positive; -1 to -5 are 4, 8, 16, 32, 64 KiB.
    list_max_listpack_size: i32 = -2, "list-max-listpack-size" | "list-max-ziplist-size", int(INT_MIN..=INT_MAX);
    /// Listpacks at each end of a list that are not compressed; 0 compresses none.
    list_compress_depth: u32 = 0, "list-compress-depth", int(0..=INT_MAX);
    /// Most members of an intset.
    set_max_intset_entries: u64 = 512, "set-max-intset-entries", unsigned(0..=LONG_MAX);
    /// Most members of a listpack sorted set.
    zset_max_listpack_entries: u64 = 128, "zset-max-listpack-entries" | "zset-max-ziplist-entries", unsigned(0..=LONG_MAX);
    /// Longest member of a listpack sorted set, in bytes.
    zset_max_listpack_value: u64 = 64, "zset-max-listpack-value" | "zset-max-ziplist-value", unsigned_memory(0..=LONG_MAX);
    /// Longest sparse HyperLogLog, in bytes.
    hll_sparse_max_bytes: u64 = 3000, "hll-sparse-max-bytes", unsigned_memory(0..=LONG_MAX);
    /// Bytes of one stream node; 0 is unlimited.
    stream_node_max_bytes: u64 = 4096, "stream-node-max-bytes", unsigned_memory(0..=LONG_MAX);
    /// Entries of one stream node; 0 is unlimited.
    stream_node_max_entries: u64 = 100, "stream-node-max-entries", int(0..=LONG_MAX);

    // ---- snapshots -----------------------------------------------------------------------------------------
    /// When to save by itself; empty never.
    save: Vec<SavePoint> = special::save::default(), "save", special(save) [MULTI_ARG ALWAYS_APPLY];
    /// Name of the RDB file, without a folder.
    dbfilename: Vec<u8> = b"dump.rdb".to_vec(), "dbfilename", text [PROTECTED] check dbfilename;
    /// Compress strings.
    rdbcompression: bool = true, "rdbcompression", yes_no;
    /// Write and check a CRC-64.
    rdbchecksum: bool = true, "rdbchecksum", yes_no [IMMUTABLE];
    /// Refuse writes after a failed BGSAVE.
    stop_writes_on_bgsave_error: bool = true, "stop-writes-on-bgsave-error", yes_no;
    /// Delete RDB files that only replication needed.
    rdb_del_sync_files: bool = false, "rdb-del-sync-files", yes_no;
    /// Sync every few megabytes while saving.
    rdb_save_incremental_fsync: bool = true, "rdb-save-incremental-fsync", yes_no;
    /// Whose payloads are checked in depth.
    sanitize_dump_payload: SanitizeDumpPayload = SanitizeDumpPayload::No, "sanitize-dump-payload", word;
    /// Microseconds slept for each key saved (tests).
    rdb_key_save_delay: i32 = 0, "rdb-key-save-delay", int(INT_MIN..=INT_MAX) [HIDDEN];
    /// Microseconds slept for each key loaded (tests).
    key_load_delay: i32 = 0, "key-load-delay", int(INT_MIN..=INT_MAX) [HIDDEN];
    /// Bytes loaded between looks at clients.
    loading_process_events_interval_bytes: u64 = 2 << 20, "loading-process-events-interval-bytes", int(1024..=INT_MAX) [HIDDEN];

    // ---- append-only file ----------------------------------------------------------------------------------
    /// Whether there is one.
    appendonly: bool = false, "appendonly", yes_no [DENY_LOADING] apply Appendonly;
    /// Base name of its files.
    appendfilename: Vec<u8> = b"appendonly.aof".to_vec(), "appendfilename", text [IMMUTABLE] check appendfilename;
    /// Folder of its files.
    appenddirname: Vec<u8> = b"appendonlydir".to_vec(), "appenddirname", text [IMMUTABLE] check appenddirname;
    /// When it is synced.
    appendfsync: AppendFsync = AppendFsync::EverySec, "appendfsync", word;
    /// Do not sync while a child writes.
    no_appendfsync_on_rewrite: bool = false, "no-appendfsync-on-rewrite", yes_no;
    /// Percent of growth that starts a rewrite; 0 never.
    auto_aof_rewrite_percentage: u32 = 100, "auto-aof-rewrite-percentage", int(0..=INT_MAX);
    /// Least size for that, in bytes.
    auto_aof_rewrite_min_size: u64 = 64 << 20, "auto-aof-rewrite-min-size", memory(0..=LONG_MAX);
    /// Accept a file with a torn end.
    aof_load_truncated: bool = true, "aof-load-truncated", yes_no;
    /// The base file is an RDB.
    aof_use_rdb_preamble: bool = true, "aof-use-rdb-preamble", yes_no;
    /// Write the time as comments.
    aof_timestamp_enabled: bool = false, "aof-timestamp-enabled", yes_no;
    /// Sync every few megabytes while rewriting.
    aof_rewrite_incremental_fsync: bool = true, "aof-rewrite-incremental-fsync", yes_no;
    /// Keep history files.
    aof_disable_auto_gc: bool = false, "aof-disable-auto-gc", yes_no apply AofAutoGc;

    // ---- replication ---------------------------------------------------------------------------------------
    /// The master to follow.
    replicaof: Option<MasterAddress> = None, "replicaof" | "slaveof", special(replicaof) [IMMUTABLE MULTI_ARG];
    /// Password towards the master.
    masterauth: Option<Vec<u8>> = None, "masterauth", binary_text [SENSITIVE];
    /// User towards the master.
    masteruser: Option<Vec<u8>> = None, "masteruser", text [SENSITIVE];
    /// Answer from old data while the link is down.
    replica_serve_stale_data: bool = true, "replica-serve-stale-data" | "slave-serve-stale-data", yes_no;
    /// Replicas refuse writes.
    replica_read_only: bool = true, "replica-read-only" | "slave-read-only", yes_no;
    /// Replicas leave eviction to their master.
    replica_ignore_maxmemory: bool = true, "replica-ignore-maxmemory" | "slave-ignore-maxmemory", yes_no;
    /// Replicas keep going when they can't write to disk.
    replica_ignore_disk_write_errors: bool = false, "replica-ignore-disk-write-errors", yes_no;
    /// Free the old dataset in the background at a resync.
    replica_lazy_flush: bool = false, "replica-lazy-flush" | "slave-lazy-flush", yes_no;
    /// Rank at failover; smaller first, 0 never.
    replica_priority: u32 = 100, "replica-priority" | "slave-priority", int(0..=INT_MAX);
    /// Be listed to sentinels.
    replica_announced: bool = true, "replica-announced", yes_no;
    /// Address told to the master.
    replica_announce_ip: Option<Vec<u8>> = None, "replica-announce-ip" | "slave-announce-ip", text;
    /// Port told to the master; 0: `port`.
    replica_announce_port: u16 = 0, "replica-announce-port" | "slave-announce-port", int(0..=65535);
    /// Send the RDB straight to the socket.
    repl_diskless_sync: bool = true, "repl-diskless-sync", yes_no;
    /// Seconds to wait for more replicas before that.
    repl_diskless_sync_delay: u32 = 5, "repl-diskless-sync-delay", int(0..=INT_MAX);
    /// Start at once when this many wait; 0: never.
    repl_diskless_sync_max_replicas: u32 = 0, "repl-diskless-sync-max-replicas", int(0..=INT_MAX);
    /// Load the RDB straight from the socket.
    repl_diskless_load: ReplDisklessLoad = ReplDisklessLoad::Disabled, "repl-diskless-load", word [DENY_LOADING];
    /// Seconds between PINGs to replicas.
    repl_ping_replica_period: u32 = 10, "repl-ping-replica-period" | "repl-ping-slave-period", int(1..=INT_MAX);
    /// Seconds until the link counts as down.
    repl_timeout: u32 = 60, "repl-timeout", int(1..=INT_MAX);
    /// Let the kernel batch small packets.
    repl_disable_tcp_nodelay: bool = false, "repl-disable-tcp-nodelay", yes_no;
    /// In bytes.
    repl_backlog_size: u64 = 1 << 20, "repl-backlog-size", memory(1..=LONG_MAX) apply ReplBacklogSize;
    /// Seconds without replicas until the backlog is freed; 0 never.
    repl_backlog_ttl: u64 = 3600, "repl-backlog-ttl", int(0..=LONG_MAX);
    /// Replicas needed for writes to be accepted.
    min_replicas_to_write: u32 = 0, "min-replicas-to-write" | "min-slaves-to-write", int(0..=INT_MAX) apply GoodReplicas;
    /// Seconds of silence until a replica does not count for that.
    min_replicas_max_lag: u32 = 10, "min-replicas-max-lag" | "min-slaves-max-lag", int(0..=INT_MAX) apply GoodReplicas;
    /// What a failing replicated command does.
    propagation_error_behavior: PropagationError = PropagationError::Ignore, "propagation-error-behavior", word;

    // ---- cluster -------------------------------------------------------------------------------------------
    /// Cluster mode.
    cluster_enabled: bool = false, "cluster-enabled", yes_no [IMMUTABLE];
    /// Path of the file of nodes.
    cluster_config_file: Vec<u8> = b"nodes.conf".to_vec(), "cluster-config-file", text [IMMUTABLE];
    /// Milliseconds.
    cluster_node_timeout: u64 = 15_000, "cluster-node-timeout", int(0..=LONG_MAX);
    /// Port of the cluster bus; 0: `port` + 10000.
    cluster_port: u16 = 0, "cluster-port", int(0..=65535) [IMMUTABLE];
    /// Address told to others.
    cluster_announce_ip: Option<Vec<u8>> = None, "cluster-announce-ip", text apply ClusterIp;
    /// Host name told to others.
    cluster_announce_hostname: Option<Vec<u8>> = None, "cluster-announce-hostname",
        text apply ClusterHostname check cluster_announce_hostname;
    /// Port told to others; 0: `port`.
    cluster_announce_port: u16 = 0, "cluster-announce-port", int(0..=65535);
    /// TLS port told to others; 0: `tls-port`.
    cluster_announce_tls_port: u16 = 0, "cluster-announce-tls-port", int(0..=65535);
    /// Bus port told to others; 0: the bus port.
    cluster_announce_bus_port: u16 = 0, "cluster-announce-bus-port", int(0..=65535);
    /// How nodes are named in redirections.
    cluster_preferred_endpoint_type: EndpointType = EndpointType::Ip, "cluster-preferred-endpoint-type", word;
    /// Replicas left behind with a master before one migrates.
    cluster_migration_barrier: u32 = 1, "cluster-migration-barrier", int(0..=INT_MAX);
    /// Replicas migrate to orphaned masters.
    cluster_allow_replica_migration: bool = true, "cluster-allow-replica-migration", yes_no;
    /// Node timeouts of stale data at which a replica does not fail over; 0: always does.
    cluster_replica_validity_factor: u32 = 10, "cluster-replica-validity-factor" | "cluster-slave-validity-factor",
        int(0..=INT_MAX);
    /// This replica never fails over by itself.
    cluster_replica_no_failover: bool = false, "cluster-replica-no-failover" | "cluster-slave-no-failover",
        yes_no apply ClusterFlags;
    /// Stop when any slot is not served.
    cluster_require_full_coverage: bool = true, "cluster-require-full-coverage", yes_no;
    /// Serve reads while the cluster is down.
    cluster_allow_reads_when_down: bool = false, "cluster-allow-reads-when-down", yes_no;
    /// Serve sharded publish and subscribe while the cluster is down.
    cluster_allow_pubsubshard_when_down: bool = true, "cluster-allow-pubsubshard-when-down", yes_no;
    /// Send buffer of a bus link in bytes; 0 is unlimited.
    cluster_link_sendbuf_limit: u64 = 0, "cluster-link-sendbuf-limit", unsigned_memory(0..=ULONG_MAX);

    // ---- scripts, monitoring -------------------------------------------------------------------------------
    /// Milliseconds until a script or module command counts as busy; 0 never.
    busy_reply_threshold: u64 = 5000, "busy-reply-threshold" | "lua-time-limit", int(0..=LONG_MAX);
    /// Keep old Lua globals.
    lua_enable_deprecated_api: bool = false, "lua-enable-deprecated-api", yes_no [IMMUTABLE HIDDEN];
    /// Published keyspace events.
    notify_keyspace_events: NotifyEvents = NotifyEvents::empty(), "notify-keyspace-events",
        special(notify_keyspace_events) [ALWAYS_APPLY];
    /// Keys remembered for client-side caching; 0 is unlimited.
    tracking_table_max_keys: u64 = 1_000_000, "tracking-table-max-keys", unsigned(0..=LONG_MAX);
    /// Microseconds; -1 disables the slow log, 0 logs everything.
    slowlog_log_slower_than: i64 = 10_000, "slowlog-log-slower-than", int(-1..=LONG_MAX);
    /// Entries of the slow log.
    slowlog_max_len: u64 = 128, "slowlog-max-len", int(0..=LONG_MAX);
    /// Milliseconds; 0 disables the latency monitor.
    latency_monitor_threshold: u64 = 0, "latency-monitor-threshold", int(0..=LONG_MAX);
    /// Keep a latency histogram of each command.
    latency_tracking: bool = true, "latency-tracking", yes_no;
    /// Percentiles shown in INFO latencystats, 0.0 to 100.0.
    latency_tracking_info_percentiles: Vec<f64> = special::latency_percentiles::default(),
        "latency-tracking-info-percentiles", special(latency_percentiles) [MULTI_ARG ALWAYS_APPLY];
}
