//! The rows of the generic family: what 7.0.15 says of each command in COMMAND INFO and COMMAND DOCS; the
//! summaries are our own.

use crate::commands::keys;
use crate::commands::row::*;

/// All rows of the family.
pub const ROWS: &[Command] = &[
    COPY,
    DEL,
    DUMP,
    EXISTS,
    EXPIRE,
    EXPIREAT,
    EXPIRETIME,
    KEYS,
    MOVE,
    OBJECT,
    PERSIST,
    PEXPIRE,
    PEXPIREAT,
    PEXPIRETIME,
    PTTL,
    RANDOMKEY,
    RENAME,
    RENAMENX,
    RESTORE,
    RESTORE_ASKING,
    SCAN,
    SORT,
    SORT_RO,
    TOUCH,
    TTL,
    TYPE,
    UNLINK,
];

const COPY_DOC: Doc =
    Doc::new("generic", "6.2.0", "Puts a copy of a value under another key, in this or another database.")
        .complexity("O(N) worst case for collections, where N is the number of nested items. O(1) for string values.");
const COPY: Command = Command {
    name: "copy",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::KEYSPACE,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
        KeySpec::range(2, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE)),
    ],
    find_keys: None,
    args: &[
        Arg::key("source", 0),
        Arg::key("destination", 1),
        Arg::integer("destination-db").token("DB").optional(),
        Arg::word("replace", "REPLACE").optional(),
    ],
    tips: &[],
    doc: &COPY_DOC,
    subcommands: &[],
    run: Run::Data(super::copy),
};

const DEL_DOC: Doc = Doc::new("generic", "1.0.0", "Removes keys, whatever they hold.")
    .complexity("O(N) where N is the number of keys that will be removed. When a key to remove holds a value other than a string, the individual complexity for this key is O(M) where M is the number of elements in the list, set, sorted set or hash. Removing a single key that holds a string value is O(1).");
const DEL: Command = Command {
    name: "del",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::WRITE,
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RM.union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0).multiple()],
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    doc: &DEL_DOC,
    subcommands: &[],
    run: Run::Data(super::del),
};

const DUMP_DOC: Doc = Doc::new("generic", "2.6.0", "Gives a value in a portable binary form that RESTORE understands.")
    .complexity("O(1) to access the key and additional O(N*M) to serialize it, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1).");
const DUMP: Command = Command {
    name: "dump",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY,
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &["nondeterministic_output"],
    doc: &DUMP_DOC,
    subcommands: &[],
    run: Run::Data(super::dump),
};

const EXISTS_DOC: Doc = Doc::new("generic", "1.0.0", "Counts how many of the named keys are there.")
    .complexity("O(N) where N is the number of keys to check.")
    .history(&[("3.0.3", "Accepts multiple `key` arguments.")]);
const EXISTS: Command = Command {
    name: "exists",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0).multiple()],
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    doc: &EXISTS_DOC,
    subcommands: &[],
    run: Run::Data(super::exists),
};

const EXPIRE_DOC: Doc = Doc::new("generic", "1.0.0", "Lets a key live for a number of seconds from now.")
    .complexity("O(1)")
    .history(&[("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")]);
const EXPIRE: Command = Command {
    name: "expire",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::integer("seconds"),
        Arg::one_of(
            "condition",
            &[Arg::word("nx", "NX"), Arg::word("xx", "XX"), Arg::word("gt", "GT"), Arg::word("lt", "LT")],
        )
        .since("7.0.0")
        .optional(),
    ],
    tips: &[],
    doc: &EXPIRE_DOC,
    subcommands: &[],
    run: Run::Data(super::expire),
};

const EXPIREAT_DOC: Doc = Doc::new("generic", "1.2.0", "Lets a key live until a Unix time in seconds.")
    .complexity("O(1)")
    .history(&[("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")]);
const EXPIREAT: Command = Command {
    name: "expireat",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::new("unix-time-seconds", ArgKind::UnixTime),
        Arg::one_of(
            "condition",
            &[Arg::word("nx", "NX"), Arg::word("xx", "XX"), Arg::word("gt", "GT"), Arg::word("lt", "LT")],
        )
        .since("7.0.0")
        .optional(),
    ],
    tips: &[],
    doc: &EXPIREAT_DOC,
    subcommands: &[],
    run: Run::Data(super::expireat),
};

const EXPIRETIME_DOC: Doc =
    Doc::new("generic", "7.0.0", "Tells the Unix time in seconds at which a key will expire.").complexity("O(1)");
const EXPIRETIME: Command = Command {
    name: "expiretime",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &[],
    doc: &EXPIRETIME_DOC,
    subcommands: &[],
    run: Run::Data(super::expiretime),
};

const KEYS_DOC: Doc = Doc::new("generic", "1.0.0", "Lists every key that matches a glob-style pattern.")
    .complexity("O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern have limited length.");
const KEYS: Command = Command {
    name: "keys",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY,
    acl: AclCategories::KEYSPACE.union(AclCategories::DANGEROUS),
    keys: &[],
    find_keys: None,
    args: &[Arg::new("pattern", ArgKind::Pattern)],
    tips: &["request_policy:all_shards", "nondeterministic_output_order"],
    doc: &KEYS_DOC,
    subcommands: &[],
    run: Run::Data(super::keys),
};

const MOVE_DOC: Doc = Doc::new("generic", "1.0.0", "Takes a key to another database.").complexity("O(1)");
const MOVE: Command = Command {
    name: "move",
    arity: Arity::Exactly(3),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("db")],
    tips: &[],
    doc: &MOVE_DOC,
    subcommands: &[],
    run: Run::Data(super::move_key),
};

const OBJECT_ENCODING_DOC: Doc =
    Doc::new("generic", "2.2.3", "Names the representation that a value has inside.").complexity("O(1)");
const OBJECT_ENCODING: Command = Command {
    name: "object|encoding",
    arity: Arity::Exactly(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(2, 0, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &["nondeterministic_output"],
    doc: &OBJECT_ENCODING_DOC,
    subcommands: &[],
    run: Run::Data(super::object_encoding),
};

const OBJECT_FREQ_DOC: Doc =
    Doc::new("generic", "4.0.0", "Tells how often a key is used, on a logarithmic scale (LFU policies only).")
        .complexity("O(1)");
const OBJECT_FREQ: Command = Command {
    name: "object|freq",
    arity: Arity::Exactly(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(2, 0, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &["nondeterministic_output"],
    doc: &OBJECT_FREQ_DOC,
    subcommands: &[],
    run: Run::Data(super::object_freq),
};

const OBJECT_HELP_DOC: Doc = Doc::new("generic", "6.2.0", "Lists the subcommands of OBJECT.").complexity("O(1)");
const OBJECT_HELP: Command = Command {
    name: "object|help",
    arity: Arity::Exactly(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::KEYSPACE,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &OBJECT_HELP_DOC,
    subcommands: &[],
    run: Run::Data(super::object_help),
};

const OBJECT_IDLETIME_DOC: Doc =
    Doc::new("generic", "2.2.3", "Tells for how many seconds a key has not been used.").complexity("O(1)");
const OBJECT_IDLETIME: Command = Command {
    name: "object|idletime",
    arity: Arity::Exactly(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(2, 0, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &["nondeterministic_output"],
    doc: &OBJECT_IDLETIME_DOC,
    subcommands: &[],
    run: Run::Data(super::object_idletime),
};

const OBJECT_REFCOUNT_DOC: Doc = Doc::new("generic", "2.2.3", "Tells how many owners a value has.").complexity("O(1)");
const OBJECT_REFCOUNT: Command = Command {
    name: "object|refcount",
    arity: Arity::Exactly(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(2, 0, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &["nondeterministic_output"],
    doc: &OBJECT_REFCOUNT_DOC,
    subcommands: &[],
    run: Run::Data(super::object_refcount),
};

const OBJECT_DOC: Doc = Doc::new("generic", "2.2.3", "A group of commands that look at the inside of values.")
    .complexity("Depends on subcommand.");
const OBJECT: Command = Command {
    name: "object",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::empty(),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &OBJECT_DOC,
    subcommands: &[OBJECT_ENCODING, OBJECT_FREQ, OBJECT_HELP, OBJECT_IDLETIME, OBJECT_REFCOUNT],
    run: Run::Container,
};

const PERSIST_DOC: Doc = Doc::new("generic", "2.2.0", "Lets a key live forever.").complexity("O(1)");
const PERSIST: Command = Command {
    name: "persist",
    arity: Arity::Exactly(2),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &[],
    doc: &PERSIST_DOC,
    subcommands: &[],
    run: Run::Data(super::persist),
};

const PEXPIRE_DOC: Doc = Doc::new("generic", "2.6.0", "Lets a key live for a number of milliseconds from now.")
    .complexity("O(1)")
    .history(&[("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")]);
const PEXPIRE: Command = Command {
    name: "pexpire",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::integer("milliseconds"),
        Arg::one_of(
            "condition",
            &[Arg::word("nx", "NX"), Arg::word("xx", "XX"), Arg::word("gt", "GT"), Arg::word("lt", "LT")],
        )
        .since("7.0.0")
        .optional(),
    ],
    tips: &[],
    doc: &PEXPIRE_DOC,
    subcommands: &[],
    run: Run::Data(super::pexpire),
};

const PEXPIREAT_DOC: Doc = Doc::new("generic", "2.6.0", "Lets a key live until a Unix time in milliseconds.")
    .complexity("O(1)")
    .history(&[("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")]);
const PEXPIREAT: Command = Command {
    name: "pexpireat",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::new("unix-time-milliseconds", ArgKind::UnixTime),
        Arg::one_of(
            "condition",
            &[Arg::word("nx", "NX"), Arg::word("xx", "XX"), Arg::word("gt", "GT"), Arg::word("lt", "LT")],
        )
        .since("7.0.0")
        .optional(),
    ],
    tips: &[],
    doc: &PEXPIREAT_DOC,
    subcommands: &[],
    run: Run::Data(super::pexpireat),
};

const PEXPIRETIME_DOC: Doc =
    Doc::new("generic", "7.0.0", "Tells the Unix time in milliseconds at which a key will expire.").complexity("O(1)");
const PEXPIRETIME: Command = Command {
    name: "pexpiretime",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &[],
    doc: &PEXPIRETIME_DOC,
    subcommands: &[],
    run: Run::Data(super::pexpiretime),
};

const PTTL_DOC: Doc = Doc::new("generic", "2.6.0", "Tells for how many milliseconds a key will still live.")
    .complexity("O(1)")
    .history(&[("2.8.0", "Added the -2 reply.")]);
const PTTL: Command = Command {
    name: "pttl",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &["nondeterministic_output"],
    doc: &PTTL_DOC,
    subcommands: &[],
    run: Run::Data(super::pttl),
};

const RANDOMKEY_DOC: Doc = Doc::new("generic", "1.0.0", "Picks one key by chance.").complexity("O(1)");
const RANDOMKEY: Command = Command {
    name: "randomkey",
    arity: Arity::Exactly(1),
    flags: CommandFlags::READONLY.union(CommandFlags::TOUCHES_ARBITRARY_KEYS),
    acl: AclCategories::KEYSPACE,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &["request_policy:all_shards", "nondeterministic_output"],
    doc: &RANDOMKEY_DOC,
    subcommands: &[],
    run: Run::Data(super::randomkey),
};

const RENAME_DOC: Doc =
    Doc::new("generic", "1.0.0", "Gives a key another name, replacing whatever had that name.").complexity("O(1)");
const RENAME: Command = Command {
    name: "rename",
    arity: Arity::Exactly(3),
    flags: CommandFlags::WRITE,
    acl: AclCategories::KEYSPACE,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE)),
        KeySpec::range(2, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE)),
    ],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::key("newkey", 1)],
    tips: &[],
    doc: &RENAME_DOC,
    subcommands: &[],
    run: Run::Data(super::rename),
};

const RENAMENX_DOC: Doc = Doc::new("generic", "1.0.0", "Gives a key another name unless that name is taken.")
    .complexity("O(1)")
    .history(&[("3.2.0", "The command no longer returns an error when source and destination names are the same.")]);
const RENAMENX: Command = Command {
    name: "renamenx",
    arity: Arity::Exactly(3),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::KEYSPACE,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE)),
        KeySpec::range(2, 0, 1, KeyFlags::OW.union(KeyFlags::INSERT)),
    ],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::key("newkey", 1)],
    tips: &[],
    doc: &RENAMENX_DOC,
    subcommands: &[],
    run: Run::Data(super::renamenx),
};

const RESTORE_COMPLEXITY: &str = "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).";
const RESTORE_HISTORY: &[(&str, &str)] = &[
    ("3.0.0", "Added the `REPLACE` modifier."),
    ("5.0.0", "Added the `ABSTTL` modifier."),
    ("5.0.0", "Added the `IDLETIME` and `FREQ` options."),
];
const RESTORE_DOC: Doc = Doc::new("generic", "2.6.0", "Creates a key from a payload that DUMP made.")
    .complexity(RESTORE_COMPLEXITY)
    .history(RESTORE_HISTORY);
const RESTORE: Command = Command {
    name: "restore",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::KEYSPACE.union(AclCategories::DANGEROUS),
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::integer("ttl"),
        Arg::string("serialized-value"),
        Arg::word("replace", "REPLACE").since("3.0.0").optional(),
        Arg::word("absttl", "ABSTTL").since("5.0.0").optional(),
        Arg::integer("seconds").token("IDLETIME").since("5.0.0").optional(),
        Arg::integer("frequency").token("FREQ").since("5.0.0").optional(),
    ],
    tips: &[],
    doc: &RESTORE_DOC,
    subcommands: &[],
    run: Run::Data(super::restore),
};

const RESTORE_ASKING_DOC: Doc =
    Doc::new("server", "3.0.0", "Creates a key from a payload; sent between the nodes of a cluster.")
        .complexity(RESTORE_COMPLEXITY)
        .history(RESTORE_HISTORY)
        .doc_flags(&["syscmd"]);
const RESTORE_ASKING: Command = Command {
    name: "restore-asking",
    flags: RESTORE.flags.union(CommandFlags::ASKING),
    doc: &RESTORE_ASKING_DOC,
    ..RESTORE
};

const SCAN_DOC: Doc = Doc::new("generic", "2.8.0", "Walks the keys of a database bit by bit.")
    .complexity("O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.")
    .history(&[("6.0.0", "Added the `TYPE` subcommand.")]);
const SCAN: Command = Command {
    name: "scan",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::READONLY.union(CommandFlags::TOUCHES_ARBITRARY_KEYS),
    acl: AclCategories::KEYSPACE,
    keys: &[],
    find_keys: None,
    args: &[
        Arg::integer("cursor"),
        Arg::new("pattern", ArgKind::Pattern).token("MATCH").optional(),
        Arg::integer("count").token("COUNT").optional(),
        Arg::string("type").token("TYPE").since("6.0.0").optional(),
    ],
    tips: &["nondeterministic_output", "request_policy:special"],
    doc: &SCAN_DOC,
    subcommands: &[],
    run: Run::Data(super::scan),
};

const SORT_DOC: Doc = Doc::new("generic", "1.0.0", "Sorts a list, a set or a sorted set, by its elements or by other keys' values; can store the result as a list.")
    .complexity("O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned elements. When the elements are not sorted, complexity is O(N).");
const SORT: Command = Command {
    name: "sort",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::SET.union(AclCategories::SORTEDSET).union(AclCategories::LIST).union(AclCategories::DANGEROUS),
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS)), KeySpec::new(BeginSearch::Unknown, FindKeys::Unknown, KeyFlags::RO.union(KeyFlags::ACCESS)).notes("For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort"), KeySpec::new(BeginSearch::Unknown, FindKeys::Unknown, KeyFlags::OW.union(KeyFlags::UPDATE)).notes("For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array")],
    find_keys: Some(keys::sort),
    args: &[
        Arg::key("key", 0),
        Arg::key_pattern("pattern", 1).token("BY").optional(),
        Arg::block("offset_count", &[
            Arg::integer("offset"),
            Arg::integer("count"),
        ]).token("LIMIT").optional(),
        Arg::key_pattern("pattern", 1).token("GET").optional().multiple().multiple_token(),
        Arg::one_of("order", &[
            Arg::word("asc", "ASC"),
            Arg::word("desc", "DESC"),
        ]).optional(),
        Arg::word("sorting", "ALPHA").optional(),
        Arg::key("destination", 2).token("STORE").optional(),
    ],
    tips: &[],
    doc: &SORT_DOC,
    subcommands: &[],
    run: Run::Data(super::sort),
};

const SORT_RO_DOC: Doc = Doc::new("generic", "7.0.0", "Sorts a list, a set or a sorted set, by its elements or by other keys' values.")
    .complexity("O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned elements. When the elements are not sorted, complexity is O(N).");
const SORT_RO: Command = Command {
    name: "sort_ro",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SET.union(AclCategories::SORTEDSET).union(AclCategories::LIST).union(AclCategories::DANGEROUS),
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS)), KeySpec::new(BeginSearch::Unknown, FindKeys::Unknown, KeyFlags::RO.union(KeyFlags::ACCESS)).notes("For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort")],
    find_keys: Some(keys::sort_ro),
    args: &[
        Arg::key("key", 0),
        Arg::key_pattern("pattern", 1).token("BY").optional(),
        Arg::block("offset_count", &[
            Arg::integer("offset"),
            Arg::integer("count"),
        ]).token("LIMIT").optional(),
        Arg::key_pattern("pattern", 1).token("GET").optional().multiple().multiple_token(),
        Arg::one_of("order", &[
            Arg::word("asc", "ASC"),
            Arg::word("desc", "DESC"),
        ]).optional(),
        Arg::word("sorting", "ALPHA").optional(),
    ],
    tips: &[],
    doc: &SORT_RO_DOC,
    subcommands: &[],
    run: Run::Data(super::sort_ro),
};

const TOUCH_DOC: Doc = Doc::new("generic", "3.2.1", "Marks keys as just used and counts those that are there.")
    .complexity("O(N) where N is the number of keys that will be touched.");
const TOUCH: Command = Command {
    name: "touch",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0).multiple()],
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    doc: &TOUCH_DOC,
    subcommands: &[],
    run: Run::Data(super::touch),
};

const TTL_DOC: Doc = Doc::new("generic", "1.0.0", "Tells for how many seconds a key will still live.")
    .complexity("O(1)")
    .history(&[("2.8.0", "Added the -2 reply.")]);
const TTL: Command = Command {
    name: "ttl",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &["nondeterministic_output"],
    doc: &TTL_DOC,
    subcommands: &[],
    run: Run::Data(super::ttl),
};

const TYPE_DOC: Doc = Doc::new("generic", "1.0.0", "Names the type of a value.").complexity("O(1)");
const TYPE: Command = Command {
    name: "type",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &[],
    doc: &TYPE_DOC,
    subcommands: &[],
    run: Run::Data(super::type_),
};

const UNLINK_DOC: Doc = Doc::new("generic", "4.0.0", "Removes keys and leaves the freeing of memory to the background where that takes long.")
    .complexity("O(1) for each key removed regardless of its size. Then the command does O(N) work in a different thread in order to reclaim memory, where N is the number of allocations the deleted objects where composed of.");
const UNLINK: Command = Command {
    name: "unlink",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RM.union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0).multiple()],
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    doc: &UNLINK_DOC,
    subcommands: &[],
    run: Run::Data(super::unlink),
};
