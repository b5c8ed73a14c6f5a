//! The rows of this family.

use crate::commands::row::*;

/// All rows of the family.
pub const ROWS: &[Command] = &[EVAL, EVALSHA, EVAL_RO, EVALSHA_RO, SCRIPT, FUNCTION, FCALL, FCALL_RO];

const EVAL_DOC: Doc =
    Doc::new("scripting", "2.6.0", "Runs a Lua script.").complexity("Depends on the script that is executed.");
const EVAL: Command = Command {
    name: "eval",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::NOSCRIPT
        .union(CommandFlags::STALE)
        .union(CommandFlags::SKIP_MONITOR)
        .union(CommandFlags::NO_MANDATORY_KEYS)
        .union(CommandFlags::MAY_REPLICATE),
    acl: AclCategories::SCRIPTING,
    keys: &[KeySpec::new(
        BeginSearch::Index(2),
        FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )
    .notes("We cannot tell how the keys will be used so we assume the worst, RW and UPDATE")],
    find_keys: None,
    args: &[
        Arg::string("script"),
        Arg::integer("numkeys"),
        Arg::key("key", 0).optional().multiple(),
        Arg::string("arg").optional().multiple(),
    ],
    tips: &[],
    doc: &EVAL_DOC,
    subcommands: &[],
    run: Run::Server(super::eval),
};

const EVALSHA_DOC: Doc = Doc::new("scripting", "2.6.0", "Runs a cached script by its SHA-1.")
    .complexity("Depends on the script that is executed.");
const EVALSHA: Command = Command {
    name: "evalsha",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::NOSCRIPT
        .union(CommandFlags::STALE)
        .union(CommandFlags::SKIP_MONITOR)
        .union(CommandFlags::NO_MANDATORY_KEYS)
        .union(CommandFlags::MAY_REPLICATE),
    acl: AclCategories::SCRIPTING,
    keys: &[KeySpec::new(
        BeginSearch::Index(2),
        FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    find_keys: None,
    args: &[
        Arg::string("sha1"),
        Arg::integer("numkeys"),
        Arg::key("key", 0).optional().multiple(),
        Arg::string("arg").optional().multiple(),
    ],
    tips: &[],
    doc: &EVALSHA_DOC,
    subcommands: &[],
    run: Run::Server(super::evalsha),
};

const EVAL_RO_DOC: Doc = Doc::new("scripting", "7.0.0", "Runs a Lua script that only reads.")
    .complexity("Depends on the script that is executed.");
const EVAL_RO: Command = Command {
    name: "eval_ro",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY
        .union(CommandFlags::NOSCRIPT)
        .union(CommandFlags::STALE)
        .union(CommandFlags::SKIP_MONITOR)
        .union(CommandFlags::NO_MANDATORY_KEYS),
    acl: AclCategories::SCRIPTING,
    keys: &[KeySpec::new(
        BeginSearch::Index(2),
        FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
        KeyFlags::RO.union(KeyFlags::ACCESS),
    )
    .notes("We cannot tell how the keys will be used so we assume the worst, RO and ACCESS")],
    find_keys: None,
    args: &[
        Arg::string("script"),
        Arg::integer("numkeys"),
        Arg::key("key", 0).optional().multiple(),
        Arg::string("arg").optional().multiple(),
    ],
    tips: &[],
    doc: &EVAL_RO_DOC,
    subcommands: &[],
    run: Run::Server(super::eval_ro),
};

const EVALSHA_RO_DOC: Doc = Doc::new("scripting", "7.0.0", "Runs a cached script that only reads, by its SHA-1.")
    .complexity("Depends on the script that is executed.");
const EVALSHA_RO: Command = Command {
    name: "evalsha_ro",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY
        .union(CommandFlags::NOSCRIPT)
        .union(CommandFlags::STALE)
        .union(CommandFlags::SKIP_MONITOR)
        .union(CommandFlags::NO_MANDATORY_KEYS),
    acl: AclCategories::SCRIPTING,
    keys: &[KeySpec::new(
        BeginSearch::Index(2),
        FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
        KeyFlags::RO.union(KeyFlags::ACCESS),
    )],
    find_keys: None,
    args: &[
        Arg::string("sha1"),
        Arg::integer("numkeys"),
        Arg::key("key", 0).optional().multiple(),
        Arg::string("arg").optional().multiple(),
    ],
    tips: &[],
    doc: &EVALSHA_RO_DOC,
    subcommands: &[],
    run: Run::Server(super::evalsha_ro),
};

const SCRIPT_DEBUG_DOC: Doc =
    Doc::new("scripting", "3.2.0", "Chooses the mode of the script debugger.").complexity("O(1)");
const SCRIPT_DEBUG: Command = Command {
    name: "script|debug",
    arity: Arity::Exactly(3),
    flags: CommandFlags::NOSCRIPT,
    acl: AclCategories::SCRIPTING,
    keys: &[],
    find_keys: None,
    args: &[Arg::one_of("mode", &[Arg::word("yes", "YES"), Arg::word("sync", "SYNC"), Arg::word("no", "NO")])],
    tips: &[],
    doc: &SCRIPT_DEBUG_DOC,
    subcommands: &[],
    run: Run::Server(super::script_debug),
};

const SCRIPT_EXISTS_DOC: Doc = Doc::new("scripting", "2.6.0", "Tells which scripts are cached.")
    .complexity("O(N) with N being the number of scripts to check (so checking a single script is an O(1) operation).");
const SCRIPT_EXISTS: Command = Command {
    name: "script|exists",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::NOSCRIPT,
    acl: AclCategories::SCRIPTING,
    keys: &[],
    find_keys: None,
    args: &[Arg::string("sha1").multiple()],
    tips: &["request_policy:all_shards", "response_policy:agg_logical_and"],
    doc: &SCRIPT_EXISTS_DOC,
    subcommands: &[],
    run: Run::Server(super::script_exists),
};

const SCRIPT_FLUSH_DOC: Doc = Doc::new("scripting", "2.6.0", "Forgets all cached scripts.")
    .complexity("O(N) with N being the number of scripts in cache")
    .history(&[("6.2.0", "Added the `ASYNC` and `SYNC` flushing mode modifiers.")]);
const SCRIPT_FLUSH: Command = Command {
    name: "script|flush",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::NOSCRIPT,
    acl: AclCategories::SCRIPTING,
    keys: &[],
    find_keys: None,
    args: &[Arg::one_of("async", &[Arg::word("async", "ASYNC"), Arg::word("sync", "SYNC")]).since("6.2.0").optional()],
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    doc: &SCRIPT_FLUSH_DOC,
    subcommands: &[],
    run: Run::Server(super::script_flush),
};

const SCRIPT_HELP_DOC: Doc = Doc::new("scripting", "5.0.0", "Lists the subcommands.").complexity("O(1)");
const SCRIPT_HELP: Command = Command {
    name: "script|help",
    arity: Arity::Exactly(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::SCRIPTING,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &SCRIPT_HELP_DOC,
    subcommands: &[],
    run: Run::Server(super::script_help),
};

const SCRIPT_KILL_DOC: Doc =
    Doc::new("scripting", "2.6.0", "Stops the script that runs, if it has not written.").complexity("O(1)");
const SCRIPT_KILL: Command = Command {
    name: "script|kill",
    arity: Arity::Exactly(2),
    flags: CommandFlags::NOSCRIPT.union(CommandFlags::ALLOW_BUSY),
    acl: AclCategories::SCRIPTING,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &["request_policy:all_shards", "response_policy:one_succeeded"],
    doc: &SCRIPT_KILL_DOC,
    subcommands: &[],
    run: Run::Server(super::script_kill),
};

const SCRIPT_LOAD_DOC: Doc = Doc::new("scripting", "2.6.0", "Caches a script without running it.")
    .complexity("O(N) with N being the length in bytes of the script body.");
const SCRIPT_LOAD: Command = Command {
    name: "script|load",
    arity: Arity::Exactly(3),
    flags: CommandFlags::NOSCRIPT.union(CommandFlags::STALE),
    acl: AclCategories::SCRIPTING,
    keys: &[],
    find_keys: None,
    args: &[Arg::string("script")],
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    doc: &SCRIPT_LOAD_DOC,
    subcommands: &[],
    run: Run::Server(super::script_load),
};

const SCRIPT_DOC: Doc =
    Doc::new("scripting", "2.6.0", "Holds the commands about cached scripts.").complexity("Depends on subcommand.");
const SCRIPT: Command = Command {
    name: "script",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::empty(),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &SCRIPT_DOC,
    subcommands: &[SCRIPT_DEBUG, SCRIPT_EXISTS, SCRIPT_FLUSH, SCRIPT_HELP, SCRIPT_KILL, SCRIPT_LOAD],
    run: Run::Container,
};

const FUNCTION_DELETE_DOC: Doc =
    Doc::new("scripting", "7.0.0", "Deletes a library and its functions.").complexity("O(1)");
const FUNCTION_DELETE: Command = Command {
    name: "function|delete",
    arity: Arity::Exactly(3),
    flags: CommandFlags::WRITE.union(CommandFlags::NOSCRIPT),
    acl: AclCategories::SCRIPTING,
    keys: &[],
    find_keys: None,
    args: &[Arg::string("library-name")],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    doc: &FUNCTION_DELETE_DOC,
    subcommands: &[],
    run: Run::Server(super::function_delete),
};

const FUNCTION_DUMP_DOC: Doc =
    Doc::new("scripting", "7.0.0", "Serializes all libraries.").complexity("O(N) where N is the number of functions");
const FUNCTION_DUMP: Command = Command {
    name: "function|dump",
    arity: Arity::Exactly(2),
    flags: CommandFlags::NOSCRIPT,
    acl: AclCategories::SCRIPTING,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &FUNCTION_DUMP_DOC,
    subcommands: &[],
    run: Run::Server(super::function_dump),
};

const FUNCTION_FLUSH_DOC: Doc = Doc::new("scripting", "7.0.0", "Deletes all libraries.")
    .complexity("O(N) where N is the number of functions deleted");
const FUNCTION_FLUSH: Command = Command {
    name: "function|flush",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::WRITE.union(CommandFlags::NOSCRIPT),
    acl: AclCategories::SCRIPTING,
    keys: &[],
    find_keys: None,
    args: &[Arg::one_of("async", &[Arg::word("async", "ASYNC"), Arg::word("sync", "SYNC")]).optional()],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    doc: &FUNCTION_FLUSH_DOC,
    subcommands: &[],
    run: Run::Server(super::function_flush),
};

const FUNCTION_HELP_DOC: Doc = Doc::new("scripting", "7.0.0", "Lists the subcommands.").complexity("O(1)");
const FUNCTION_HELP: Command = Command {
    name: "function|help",
    arity: Arity::Exactly(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::SCRIPTING,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &FUNCTION_HELP_DOC,
    subcommands: &[],
    run: Run::Server(super::function_help),
};

const FUNCTION_KILL_DOC: Doc =
    Doc::new("scripting", "7.0.0", "Stops the function that runs, if it has not written.").complexity("O(1)");
const FUNCTION_KILL: Command = Command {
    name: "function|kill",
    arity: Arity::Exactly(2),
    flags: CommandFlags::NOSCRIPT.union(CommandFlags::ALLOW_BUSY),
    acl: AclCategories::SCRIPTING,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &["request_policy:all_shards", "response_policy:one_succeeded"],
    doc: &FUNCTION_KILL_DOC,
    subcommands: &[],
    run: Run::Server(super::function_kill),
};

const FUNCTION_LIST_DOC: Doc = Doc::new("scripting", "7.0.0", "Describes the libraries and their functions.")
    .complexity("O(N) where N is the number of functions");
const FUNCTION_LIST: Command = Command {
    name: "function|list",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::NOSCRIPT,
    acl: AclCategories::SCRIPTING,
    keys: &[],
    find_keys: None,
    args: &[
        Arg::string("library-name-pattern").token("LIBRARYNAME").optional(),
        Arg::word("withcode", "WITHCODE").optional(),
    ],
    tips: &["nondeterministic_output_order"],
    doc: &FUNCTION_LIST_DOC,
    subcommands: &[],
    run: Run::Server(super::function_list),
};

const FUNCTION_LOAD_DOC: Doc = Doc::new("scripting", "7.0.0", "Creates a library of functions.")
    .complexity("O(1) (considering compilation time is redundant)");
const FUNCTION_LOAD: Command = Command {
    name: "function|load",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::NOSCRIPT),
    acl: AclCategories::SCRIPTING,
    keys: &[],
    find_keys: None,
    args: &[Arg::word("replace", "REPLACE").optional(), Arg::string("function-code")],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    doc: &FUNCTION_LOAD_DOC,
    subcommands: &[],
    run: Run::Server(super::function_load),
};

const FUNCTION_RESTORE_DOC: Doc = Doc::new("scripting", "7.0.0", "Creates the libraries of a payload.")
    .complexity("O(N) where N is the number of functions on the payload");
const FUNCTION_RESTORE: Command = Command {
    name: "function|restore",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::NOSCRIPT),
    acl: AclCategories::SCRIPTING,
    keys: &[],
    find_keys: None,
    args: &[
        Arg::string("serialized-value"),
        Arg::one_of(
            "policy",
            &[Arg::word("flush", "FLUSH"), Arg::word("append", "APPEND"), Arg::word("replace", "REPLACE")],
        )
        .optional(),
    ],
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    doc: &FUNCTION_RESTORE_DOC,
    subcommands: &[],
    run: Run::Server(super::function_restore),
};

const FUNCTION_STATS_DOC: Doc =
    Doc::new("scripting", "7.0.0", "Tells what runs, and how many libraries there are.").complexity("O(1)");
const FUNCTION_STATS: Command = Command {
    name: "function|stats",
    arity: Arity::Exactly(2),
    flags: CommandFlags::NOSCRIPT.union(CommandFlags::ALLOW_BUSY),
    acl: AclCategories::SCRIPTING,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    doc: &FUNCTION_STATS_DOC,
    subcommands: &[],
    run: Run::Server(super::function_stats),
};

const FUNCTION_DOC: Doc = Doc::new("scripting", "7.0.0", "Holds the commands about libraries of functions.")
    .complexity("Depends on subcommand.");
const FUNCTION: Command = Command {
    name: "function",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::empty(),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &FUNCTION_DOC,
    subcommands: &[
        FUNCTION_DELETE,
        FUNCTION_DUMP,
        FUNCTION_FLUSH,
        FUNCTION_HELP,
        FUNCTION_KILL,
        FUNCTION_LIST,
        FUNCTION_LOAD,
        FUNCTION_RESTORE,
        FUNCTION_STATS,
    ],
    run: Run::Container,
};

const FCALL_DOC: Doc = Doc::new("scripting", "7.0.0", "Runs a function of a library.")
    .complexity("Depends on the function that is executed.");
const FCALL: Command = Command {
    name: "fcall",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::NOSCRIPT
        .union(CommandFlags::STALE)
        .union(CommandFlags::SKIP_MONITOR)
        .union(CommandFlags::NO_MANDATORY_KEYS)
        .union(CommandFlags::MAY_REPLICATE),
    acl: AclCategories::SCRIPTING,
    keys: &[KeySpec::new(
        BeginSearch::Index(2),
        FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )
    .notes("We cannot tell how the keys will be used so we assume the worst, RW and UPDATE")],
    find_keys: None,
    args: &[
        Arg::string("function"),
        Arg::integer("numkeys"),
        Arg::key("key", 0).optional().multiple(),
        Arg::string("arg").optional().multiple(),
    ],
    tips: &[],
    doc: &FCALL_DOC,
    subcommands: &[],
    run: Run::Server(super::fcall),
};

const FCALL_RO_DOC: Doc = Doc::new("scripting", "7.0.0", "Runs a function that only reads.")
    .complexity("Depends on the function that is executed.");
const FCALL_RO: Command = Command {
    name: "fcall_ro",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY
        .union(CommandFlags::NOSCRIPT)
        .union(CommandFlags::STALE)
        .union(CommandFlags::SKIP_MONITOR)
        .union(CommandFlags::NO_MANDATORY_KEYS),
    acl: AclCategories::SCRIPTING,
    keys: &[KeySpec::new(
        BeginSearch::Index(2),
        FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
        KeyFlags::RO.union(KeyFlags::ACCESS),
    )
    .notes("We cannot tell how the keys will be used so we assume the worst, RO and ACCESS")],
    find_keys: None,
    args: &[
        Arg::string("function"),
        Arg::integer("numkeys"),
        Arg::key("key", 0).optional().multiple(),
        Arg::string("arg").optional().multiple(),
    ],
    tips: &[],
    doc: &FCALL_RO_DOC,
    subcommands: &[],
    run: Run::Server(super::fcall_ro),
};
