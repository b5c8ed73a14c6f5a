//! The rows of the server family: what 7.0.15 says of each command in COMMAND INFO and COMMAND DOCS; the
//! summaries are our own.

use super::migrate::MIGRATE;
use super::replication::{REPLCONF, SYNC};
use super::save::{BGREWRITEAOF, BGSAVE, LASTSAVE, SAVE};
use crate::commands::row::*;

/// All rows of the family.
pub const ROWS: &[Command] = &[
    COMMAND,
    CONFIG,
    DBSIZE,
    DEBUG,
    FLUSHALL,
    FLUSHDB,
    INFO,
    LOLWUT,
    MEMORY,
    SHUTDOWN,
    SWAPDB,
    TIME,
    BGREWRITEAOF,
    BGSAVE,
    LASTSAVE,
    SAVE,
    MIGRATE,
    REPLCONF,
    SYNC,
];

const COMMAND_COUNT_DOC: Doc = Doc::new("server", "2.8.13", "Counts the commands of this server.").complexity("O(1)");
const COMMAND_COUNT: Command = Command {
    name: "command|count",
    arity: Arity::Exactly(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &COMMAND_COUNT_DOC,
    subcommands: &[],
    run: Run::Server(super::command_count),
};

const COMMAND_DOCS_DOC: Doc = Doc::new("server", "7.0.0", "Tells what is documented of some commands or of all.")
    .complexity("O(N) where N is the number of commands to look up");
const COMMAND_DOCS: Command = Command {
    name: "command|docs",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[Arg::string("command-name").optional().multiple()],
    tips: &["nondeterministic_output_order"],
    doc: &COMMAND_DOCS_DOC,
    subcommands: &[],
    run: Run::Server(super::command_docs),
};

const COMMAND_GETKEYS_DOC: Doc = Doc::new("server", "2.8.13", "Finds the keys in the arguments of a call.")
    .complexity("O(N) where N is the number of arguments to the command");
const COMMAND_GETKEYS: Command = Command {
    name: "command|getkeys",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &COMMAND_GETKEYS_DOC,
    subcommands: &[],
    run: Run::Server(super::command_getkeys),
};

const COMMAND_GETKEYSANDFLAGS_DOC: Doc =
    Doc::new("server", "7.0.0", "Finds the keys in the arguments of a call, and what becomes of each.")
        .complexity("O(N) where N is the number of arguments to the command");
const COMMAND_GETKEYSANDFLAGS: Command = Command {
    name: "command|getkeysandflags",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &COMMAND_GETKEYSANDFLAGS_DOC,
    subcommands: &[],
    run: Run::Server(super::command_getkeysandflags),
};

const COMMAND_HELP_DOC: Doc = Doc::new("server", "5.0.0", "Lists the subcommands of COMMAND.").complexity("O(1)");
const COMMAND_HELP: Command = Command {
    name: "command|help",
    arity: Arity::Exactly(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &COMMAND_HELP_DOC,
    subcommands: &[],
    run: Run::Server(super::command_help),
};

const COMMAND_INFO_DOC: Doc =
    Doc::new("server", "2.8.13", "Tells arity, flags and key positions of some commands or of all.")
        .complexity("O(N) where N is the number of commands to look up")
        .history(&[("7.0.0", "Allowed to be called with no argument to get info on all commands.")]);
const COMMAND_INFO: Command = Command {
    name: "command|info",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[Arg::string("command-name").optional().multiple()],
    tips: &["nondeterministic_output_order"],
    doc: &COMMAND_INFO_DOC,
    subcommands: &[],
    run: Run::Server(super::command_info),
};

const COMMAND_LIST_DOC: Doc =
    Doc::new("server", "7.0.0", "Names the commands of this server, those that pass a filter if one is given.")
        .complexity("O(N) where N is the total number of Redis commands");
const COMMAND_LIST: Command = Command {
    name: "command|list",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[Arg::one_of(
        "filterby",
        &[
            Arg::string("module-name").token("MODULE"),
            Arg::string("category").token("ACLCAT"),
            Arg::new("pattern", ArgKind::Pattern).token("PATTERN"),
        ],
    )
    .token("FILTERBY")
    .optional()],
    tips: &["nondeterministic_output_order"],
    doc: &COMMAND_LIST_DOC,
    subcommands: &[],
    run: Run::Server(super::command_list),
};

const COMMAND_DOC: Doc = Doc::new("server", "2.8.13", "Tells arity, flags and key positions of every command.")
    .complexity("O(N) where N is the total number of Redis commands");
const COMMAND: Command = Command {
    name: "command",
    arity: Arity::AtLeast(1),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::CONNECTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &["nondeterministic_output_order"],
    doc: &COMMAND_DOC,
    subcommands: &[
        COMMAND_COUNT,
        COMMAND_DOCS,
        COMMAND_GETKEYS,
        COMMAND_GETKEYSANDFLAGS,
        COMMAND_HELP,
        COMMAND_INFO,
        COMMAND_LIST,
    ],
    run: Run::Server(super::command),
};

const CONFIG_GET_DOC: Doc = Doc::new("server", "2.0.0", "Reads settings by name or pattern.")
    .complexity("O(N) when N is the number of configuration parameters provided")
    .history(&[("7.0.0", "Added the ability to pass multiple pattern parameters in one call")]);
const CONFIG_GET: Command = Command {
    name: "config|get",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::block("parameter", &[Arg::string("parameter")]).multiple()],
    tips: &[],
    doc: &CONFIG_GET_DOC,
    subcommands: &[],
    run: Run::Server(super::config_get),
};

const CONFIG_HELP_DOC: Doc = Doc::new("server", "5.0.0", "Lists the subcommands of CONFIG.").complexity("O(1)");
const CONFIG_HELP: Command = Command {
    name: "config|help",
    arity: Arity::Exactly(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &CONFIG_HELP_DOC,
    subcommands: &[],
    run: Run::Server(super::config_help),
};

const CONFIG_RESETSTAT_DOC: Doc =
    Doc::new("server", "2.0.0", "Sets the counters that INFO shows back to zero.").complexity("O(1)");
const CONFIG_RESETSTAT: Command = Command {
    name: "config|resetstat",
    arity: Arity::Exactly(2),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &CONFIG_RESETSTAT_DOC,
    subcommands: &[],
    run: Run::Server(super::config_resetstat),
};

const CONFIG_REWRITE_DOC: Doc =
    Doc::new("server", "2.8.0", "Brings the configuration file up to date with the running server.").complexity("O(1)");
const CONFIG_REWRITE: Command = Command {
    name: "config|rewrite",
    arity: Arity::Exactly(2),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &CONFIG_REWRITE_DOC,
    subcommands: &[],
    run: Run::Server(super::config_rewrite),
};

const CONFIG_SET_DOC: Doc =
    Doc::new("server", "2.0.0", "Changes settings while the server runs: all of those given or none.")
        .complexity("O(N) when N is the number of configuration parameters provided")
        .history(&[("7.0.0", "Added the ability to set multiple parameters in one call.")]);
const CONFIG_SET: Command = Command {
    name: "config|set",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::block("parameter_value", &[Arg::string("parameter"), Arg::string("value")]).multiple()],
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    doc: &CONFIG_SET_DOC,
    subcommands: &[],
    run: Run::Server(super::config_set),
};

const CONFIG_DOC: Doc =
    Doc::new("server", "2.0.0", "Reads and changes the configuration.").complexity("Depends on subcommand.");
const CONFIG: Command = Command {
    name: "config",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::empty(),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &CONFIG_DOC,
    subcommands: &[CONFIG_GET, CONFIG_HELP, CONFIG_RESETSTAT, CONFIG_REWRITE, CONFIG_SET],
    run: Run::Container,
};

const DBSIZE_DOC: Doc = Doc::new("server", "1.0.0", "Counts the keys of the selected database.").complexity("O(1)");
const DBSIZE: Command = Command {
    name: "dbsize",
    arity: Arity::Exactly(1),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::KEYSPACE,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &["request_policy:all_shards", "response_policy:agg_sum"],
    doc: &DBSIZE_DOC,
    subcommands: &[],
    run: Run::Data(super::dbsize),
};

const DEBUG_DOC: Doc = Doc::new("server", "1.0.0", "Looks at, and disturbs, the inside of the server; for tests.")
    .complexity("Depends on subcommand.")
    .doc_flags(&["syscmd"]);
const DEBUG: Command = Command {
    name: "debug",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &DEBUG_DOC,
    subcommands: &[],
    run: Run::Server(super::debug),
};

const FLUSHALL_DOC: Doc = Doc::new("server", "1.0.0", "Removes every key of every database.")
    .complexity("O(N) where N is the total number of keys in all databases")
    .history(&[
        ("4.0.0", "Added the `ASYNC` flushing mode modifier."),
        ("6.2.0", "Added the `SYNC` flushing mode modifier."),
    ]);
const FLUSHALL: Command = Command {
    name: "flushall",
    arity: Arity::AtLeast(1),
    flags: CommandFlags::WRITE,
    acl: AclCategories::KEYSPACE.union(AclCategories::DANGEROUS),
    keys: &[],
    find_keys: None,
    args: &[Arg::one_of(
        "async",
        &[Arg::word("async", "ASYNC").since("4.0.0"), Arg::word("sync", "SYNC").since("6.2.0")],
    )
    .optional()],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    doc: &FLUSHALL_DOC,
    subcommands: &[],
    run: Run::Data(super::flushall),
};

const FLUSHDB_DOC: Doc = Doc::new("server", "1.0.0", "Removes every key of the selected database.")
    .complexity("O(N) where N is the number of keys in the selected database")
    .history(&[
        ("4.0.0", "Added the `ASYNC` flushing mode modifier."),
        ("6.2.0", "Added the `SYNC` flushing mode modifier."),
    ]);
const FLUSHDB: Command = Command {
    name: "flushdb",
    arity: Arity::AtLeast(1),
    flags: CommandFlags::WRITE,
    acl: AclCategories::KEYSPACE.union(AclCategories::DANGEROUS),
    keys: &[],
    find_keys: None,
    args: &[Arg::one_of(
        "async",
        &[Arg::word("async", "ASYNC").since("4.0.0"), Arg::word("sync", "SYNC").since("6.2.0")],
    )
    .optional()],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    doc: &FLUSHDB_DOC,
    subcommands: &[],
    run: Run::Data(super::flushdb),
};

const INFO_DOC: Doc = Doc::new("server", "1.0.0", "Reports the state and the counters of the server as text.")
    .complexity("O(1)")
    .history(&[("7.0.0", "Added support for taking multiple section arguments.")]);
const INFO: Command = Command {
    name: "info",
    arity: Arity::AtLeast(1),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::DANGEROUS,
    keys: &[],
    find_keys: None,
    args: &[Arg::string("section").optional().multiple()],
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    doc: &INFO_DOC,
    subcommands: &[],
    run: Run::Server(super::info),
};

const LOLWUT_DOC: Doc = Doc::new("server", "5.0.0", "Shows a piece of generative art and the version of the server.");
const LOLWUT: Command = Command {
    name: "lolwut",
    arity: Arity::AtLeast(1),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::integer("version").token("VERSION").optional()],
    tips: &[],
    doc: &LOLWUT_DOC,
    subcommands: &[],
    run: Run::Data(super::lolwut),
};

const MEMORY_DOCTOR_DOC: Doc =
    Doc::new("server", "4.0.0", "Judges how memory is used and says what looks wrong.").complexity("O(1)");
const MEMORY_DOCTOR: Command = Command {
    name: "memory|doctor",
    arity: Arity::Exactly(2),
    flags: CommandFlags::empty(),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    doc: &MEMORY_DOCTOR_DOC,
    subcommands: &[],
    run: Run::Server(super::memory_doctor),
};

const MEMORY_HELP_DOC: Doc = Doc::new("server", "4.0.0", "Lists the subcommands of MEMORY.").complexity("O(1)");
const MEMORY_HELP: Command = Command {
    name: "memory|help",
    arity: Arity::Exactly(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &MEMORY_HELP_DOC,
    subcommands: &[],
    run: Run::Server(super::memory_help),
};

const MEMORY_MALLOC_STATS_DOC: Doc = Doc::new("server", "4.0.0", "Shows what the allocator tells of itself.")
    .complexity("Depends on how much memory is allocated, could be slow");
const MEMORY_MALLOC_STATS: Command = Command {
    name: "memory|malloc-stats",
    arity: Arity::Exactly(2),
    flags: CommandFlags::empty(),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    doc: &MEMORY_MALLOC_STATS_DOC,
    subcommands: &[],
    run: Run::Server(super::memory_malloc_stats),
};

const MEMORY_PURGE_DOC: Doc = Doc::new("server", "4.0.0", "Asks the allocator to give unused memory back.")
    .complexity("Depends on how much memory is allocated, could be slow");
const MEMORY_PURGE: Command = Command {
    name: "memory|purge",
    arity: Arity::Exactly(2),
    flags: CommandFlags::empty(),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    doc: &MEMORY_PURGE_DOC,
    subcommands: &[],
    run: Run::Server(super::memory_purge),
};

const MEMORY_STATS_DOC: Doc = Doc::new("server", "4.0.0", "Shows what memory is used for.").complexity("O(1)");
const MEMORY_STATS: Command = Command {
    name: "memory|stats",
    arity: Arity::Exactly(2),
    flags: CommandFlags::empty(),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    doc: &MEMORY_STATS_DOC,
    subcommands: &[],
    run: Run::Server(super::memory_stats),
};

const MEMORY_USAGE_DOC: Doc = Doc::new("server", "4.0.0", "Estimates the bytes that a key and its value take.")
    .complexity("O(N) where N is the number of samples.");
const MEMORY_USAGE: Command = Command {
    name: "memory|usage",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::empty(),
    keys: &[KeySpec::range(2, 0, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("count").token("SAMPLES").optional()],
    tips: &[],
    doc: &MEMORY_USAGE_DOC,
    subcommands: &[],
    run: Run::Data(super::memory_usage),
};

const MEMORY_DOC: Doc =
    Doc::new("server", "4.0.0", "A group of commands about memory.").complexity("Depends on subcommand.");
const MEMORY: Command = Command {
    name: "memory",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::empty(),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &MEMORY_DOC,
    subcommands: &[MEMORY_DOCTOR, MEMORY_HELP, MEMORY_MALLOC_STATS, MEMORY_PURGE, MEMORY_STATS, MEMORY_USAGE],
    run: Run::Container,
};

const SHUTDOWN_DOC: Doc = Doc::new("server", "1.0.0", "Stops the server, after a last save where one is configured.")
    .complexity(
        "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
    )
    .history(&[("7.0.0", "Added the `NOW`, `FORCE` and `ABORT` modifiers.")]);
const SHUTDOWN: Command = Command {
    name: "shutdown",
    arity: Arity::AtLeast(1),
    flags: CommandFlags::ADMIN
        .union(CommandFlags::NOSCRIPT)
        .union(CommandFlags::LOADING)
        .union(CommandFlags::STALE)
        .union(CommandFlags::NO_MULTI)
        .union(CommandFlags::ALLOW_BUSY),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[
        Arg::one_of("nosave_save", &[Arg::word("nosave", "NOSAVE"), Arg::word("save", "SAVE")]).optional(),
        Arg::word("now", "NOW").since("7.0.0").optional(),
        Arg::word("force", "FORCE").since("7.0.0").optional(),
        Arg::word("abort", "ABORT").since("7.0.0").optional(),
    ],
    tips: &[],
    doc: &SHUTDOWN_DOC,
    subcommands: &[],
    run: Run::Server(super::shutdown),
};

const SWAPDB_DOC: Doc = Doc::new("server", "4.0.0", "Exchanges the contents of two databases.")
    .complexity("O(N) where N is the count of clients watching or blocking on keys from both databases.");
const SWAPDB: Command = Command {
    name: "swapdb",
    arity: Arity::Exactly(3),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::KEYSPACE.union(AclCategories::DANGEROUS),
    keys: &[],
    find_keys: None,
    args: &[Arg::integer("index1"), Arg::integer("index2")],
    tips: &[],
    doc: &SWAPDB_DOC,
    subcommands: &[],
    run: Run::Data(super::swapdb),
};

const TIME_DOC: Doc = Doc::new("server", "2.6.0", "Tells the time of the server.").complexity("O(1)");
const TIME: Command = Command {
    name: "time",
    arity: Arity::Exactly(1),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE).union(CommandFlags::FAST),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &["nondeterministic_output"],
    doc: &TIME_DOC,
    subcommands: &[],
    run: Run::Data(super::time),
};
