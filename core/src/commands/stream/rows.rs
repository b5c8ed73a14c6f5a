//! The rows of this family.

use crate::commands::row::*;

/// All rows of the family.
pub const ROWS: &[Command] = &[
    XADD, XLEN, XRANGE, XREVRANGE, XDEL, XTRIM, XREAD, XSETID, XGROUP, XREADGROUP, XACK, XPENDING, XCLAIM, XAUTOCLAIM,
    XINFO,
];

const XADD_DOC: Doc = Doc::new("stream", "5.0.0", "Adds an entry, creates the stream if there is none.")
    .complexity("O(1) when adding a new entry, O(N) when trimming where N being the number of entries evicted.")
    .history(&[
        ("6.2.0", "Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option."),
        ("7.0.0", "Added support for the `<ms>-*` explicit ID form."),
    ]);
const XADD: Command = Command {
    name: "xadd",
    arity: Arity::AtLeast(5),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::UPDATE))
        .notes("UPDATE instead of INSERT because of the optional trimming feature")],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::word("nomkstream", "NOMKSTREAM").since("6.2.0").optional(),
        Arg::block(
            "trim",
            &[
                Arg::one_of("strategy", &[Arg::word("maxlen", "MAXLEN"), Arg::word("minid", "MINID").since("6.2.0")]),
                Arg::one_of("operator", &[Arg::word("equal", "="), Arg::word("approximately", "~")]).optional(),
                Arg::string("threshold"),
                Arg::integer("count").token("LIMIT").since("6.2.0").optional(),
            ],
        )
        .optional(),
        Arg::one_of("id_or_auto", &[Arg::word("auto_id", "*"), Arg::string("id")]),
        Arg::block("field_value", &[Arg::string("field"), Arg::string("value")]).multiple(),
    ],
    tips: &["nondeterministic_output"],
    doc: &XADD_DOC,
    subcommands: &[],
    run: Run::Data(super::xadd),
};

const XLEN_DOC: Doc = Doc::new("stream", "5.0.0", "Tells how many entries a stream has.").complexity("O(1)");
const XLEN: Command = Command {
    name: "xlen",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &[],
    doc: &XLEN_DOC,
    subcommands: &[],
    run: Run::Data(super::xlen),
};

const XRANGE_DOC: Doc = Doc::new("stream", "5.0.0", "Reads the entries between two ids.")
    .complexity("O(N) with N being the number of elements being returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1).")
    .history(&[("6.2.0", "Added exclusive ranges.")]);
const XRANGE: Command = Command {
    name: "xrange",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::READONLY,
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::string("start"),
        Arg::string("end"),
        Arg::integer("count").token("COUNT").optional(),
    ],
    tips: &[],
    doc: &XRANGE_DOC,
    subcommands: &[],
    run: Run::Data(super::xrange),
};

const XREVRANGE_DOC: Doc = Doc::new("stream", "5.0.0", "Reads the entries between two ids, the last first.")
    .complexity("O(N) with N being the number of elements returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1).")
    .history(&[("6.2.0", "Added exclusive ranges.")]);
const XREVRANGE: Command = Command {
    name: "xrevrange",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::READONLY,
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::string("end"),
        Arg::string("start"),
        Arg::integer("count").token("COUNT").optional(),
    ],
    tips: &[],
    doc: &XREVRANGE_DOC,
    subcommands: &[],
    run: Run::Data(super::xrevrange),
};

const XDEL_DOC: Doc = Doc::new("stream", "5.0.0", "Deletes entries by id, answers how many were there.")
    .complexity("O(1) for each single item to delete in the stream, regardless of the stream size.");
const XDEL: Command = Command {
    name: "xdel",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("id").multiple()],
    tips: &[],
    doc: &XDEL_DOC,
    subcommands: &[],
    run: Run::Data(super::xdel),
};

const XTRIM_DOC: Doc = Doc::new("stream", "5.0.0", "Removes the oldest entries, down to a length or up to an id.")
    .complexity("O(N), with N being the number of evicted entries. Constant times are very small however, since entries are organized in macro nodes containing multiple entries that can be released with a single deallocation.")
    .history(&[("6.2.0", "Added the `MINID` trimming strategy and the `LIMIT` option.")]);
const XTRIM: Command = Command {
    name: "xtrim",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::WRITE,
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::block(
            "trim",
            &[
                Arg::one_of("strategy", &[Arg::word("maxlen", "MAXLEN"), Arg::word("minid", "MINID").since("6.2.0")]),
                Arg::one_of("operator", &[Arg::word("equal", "="), Arg::word("approximately", "~")]).optional(),
                Arg::string("threshold"),
                Arg::integer("count").token("LIMIT").since("6.2.0").optional(),
            ],
        ),
    ],
    tips: &["nondeterministic_output"],
    doc: &XTRIM_DOC,
    subcommands: &[],
    run: Run::Data(super::xtrim),
};

const XREAD_DOC: Doc = Doc::new("stream", "5.0.0", "Reads what lies behind an id in one or more streams, waits for it on request.")
    .complexity("For each stream mentioned: O(N) with N being the number of elements being returned, it means that XREAD-ing with a fixed COUNT is O(1). Note that when the BLOCK option is used, XADD will pay O(M) time in order to serve the M clients blocked on the stream getting new data.");
const XREAD: Command = Command {
    name: "xread",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::READONLY.union(CommandFlags::BLOCKING),
    acl: AclCategories::STREAM,
    keys: &[KeySpec::new(
        BeginSearch::Keyword { keyword: "STREAMS", start_from: 1 },
        FindKeys::Range { last_key: -1, key_step: 1, limit: 2 },
        KeyFlags::RO.union(KeyFlags::ACCESS),
    )],
    find_keys: None,
    args: &[
        Arg::integer("count").token("COUNT").optional(),
        Arg::integer("milliseconds").token("BLOCK").optional(),
        Arg::block("streams", &[Arg::key("key", 0).multiple(), Arg::string("id").multiple()]).token("STREAMS"),
    ],
    tips: &[],
    doc: &XREAD_DOC,
    subcommands: &[],
    run: Run::Data(super::xread),
};

const XSETID_DOC: Doc =
    Doc::new("stream", "5.0.0", "Sets the last id of a stream and its counters; meant for replication.")
        .complexity("O(1)")
        .history(&[("7.0.0", "Added the `entries_added` and `max_deleted_entry_id` arguments.")]);
const XSETID: Command = Command {
    name: "xsetid",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::string("last-id"),
        Arg::integer("entries_added").token("ENTRIESADDED").since("7.0.0").optional(),
        Arg::string("max_deleted_entry_id").token("MAXDELETEDID").since("7.0.0").optional(),
    ],
    tips: &[],
    doc: &XSETID_DOC,
    subcommands: &[],
    run: Run::Data(super::xsetid),
};

const XGROUP_CREATE_DOC: Doc = Doc::new("stream", "5.0.0", "Adds a consumer group.")
    .complexity("O(1)")
    .history(&[("7.0.0", "Added the `entries_read` named argument.")]);
const XGROUP_CREATE: Command = Command {
    name: "xgroup|create",
    arity: Arity::AtLeast(5),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(2, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::string("groupname"),
        Arg::one_of("id", &[Arg::string("id"), Arg::word("new_id", "$")]),
        Arg::word("mkstream", "MKSTREAM").optional(),
        Arg::integer("entries_read").token("ENTRIESREAD").optional(),
    ],
    tips: &[],
    doc: &XGROUP_CREATE_DOC,
    subcommands: &[],
    run: Run::Data(super::xgroup_create),
};

const XGROUP_CREATECONSUMER_DOC: Doc = Doc::new("stream", "6.2.0", "Adds a consumer to a group.").complexity("O(1)");
const XGROUP_CREATECONSUMER: Command = Command {
    name: "xgroup|createconsumer",
    arity: Arity::Exactly(5),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(2, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("groupname"), Arg::string("consumername")],
    tips: &[],
    doc: &XGROUP_CREATECONSUMER_DOC,
    subcommands: &[],
    run: Run::Data(super::xgroup_createconsumer),
};

const XGROUP_DELCONSUMER_DOC: Doc =
    Doc::new("stream", "5.0.0", "Removes a consumer and all that is pending with it.").complexity("O(1)");
const XGROUP_DELCONSUMER: Command = Command {
    name: "xgroup|delconsumer",
    arity: Arity::Exactly(5),
    flags: CommandFlags::WRITE,
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(2, 0, 1, KeyFlags::RW.union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("groupname"), Arg::string("consumername")],
    tips: &[],
    doc: &XGROUP_DELCONSUMER_DOC,
    subcommands: &[],
    run: Run::Data(super::xgroup_delconsumer),
};

const XGROUP_DESTROY_DOC: Doc = Doc::new("stream", "5.0.0", "Removes a consumer group.")
    .complexity("O(N) where N is the number of entries in the group's pending entries list (PEL).");
const XGROUP_DESTROY: Command = Command {
    name: "xgroup|destroy",
    arity: Arity::Exactly(4),
    flags: CommandFlags::WRITE,
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(2, 0, 1, KeyFlags::RW.union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("groupname")],
    tips: &[],
    doc: &XGROUP_DESTROY_DOC,
    subcommands: &[],
    run: Run::Data(super::xgroup_destroy),
};

const XGROUP_HELP_DOC: Doc = Doc::new("stream", "5.0.0", "Lists the subcommands.").complexity("O(1)");
const XGROUP_HELP: Command = Command {
    name: "xgroup|help",
    arity: Arity::Exactly(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::STREAM,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &XGROUP_HELP_DOC,
    subcommands: &[],
    run: Run::Data(super::xgroup_help),
};

const XGROUP_SETID_DOC: Doc = Doc::new("stream", "5.0.0", "Sets from where a group reads on.")
    .complexity("O(1)")
    .history(&[("7.0.0", "Added the optional `entries_read` argument.")]);
const XGROUP_SETID: Command = Command {
    name: "xgroup|setid",
    arity: Arity::AtLeast(5),
    flags: CommandFlags::WRITE,
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(2, 0, 1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::string("groupname"),
        Arg::one_of("id", &[Arg::string("id"), Arg::word("new_id", "$")]),
        Arg::integer("entries_read").token("ENTRIESREAD").optional(),
    ],
    tips: &[],
    doc: &XGROUP_SETID_DOC,
    subcommands: &[],
    run: Run::Data(super::xgroup_setid),
};

const XGROUP_DOC: Doc =
    Doc::new("stream", "5.0.0", "Holds the subcommands for consumer groups.").complexity("Depends on subcommand.");
const XGROUP: Command = Command {
    name: "xgroup",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::empty(),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &XGROUP_DOC,
    subcommands: &[XGROUP_CREATE, XGROUP_CREATECONSUMER, XGROUP_DELCONSUMER, XGROUP_DESTROY, XGROUP_HELP, XGROUP_SETID],
    run: Run::Container,
};

const XREADGROUP_DOC: Doc = Doc::new("stream", "5.0.0", "Reads as a consumer of a group: new entries, or those not acknowledged.")
    .complexity("For each stream mentioned: O(M) with M being the number of elements returned. If M is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1). On the other side when XREADGROUP blocks, XADD will pay the O(N) time in order to serve the N clients blocked on the stream getting new data.");
const XREADGROUP: Command = Command {
    name: "xreadgroup",
    arity: Arity::AtLeast(7),
    flags: CommandFlags::WRITE.union(CommandFlags::BLOCKING),
    acl: AclCategories::STREAM,
    keys: &[KeySpec::new(
        BeginSearch::Keyword { keyword: "STREAMS", start_from: 4 },
        FindKeys::Range { last_key: -1, key_step: 1, limit: 2 },
        KeyFlags::RO.union(KeyFlags::ACCESS),
    )],
    find_keys: None,
    args: &[
        Arg::block("group_consumer", &[Arg::string("group"), Arg::string("consumer")]).token("GROUP"),
        Arg::integer("count").token("COUNT").optional(),
        Arg::integer("milliseconds").token("BLOCK").optional(),
        Arg::word("noack", "NOACK").optional(),
        Arg::block("streams", &[Arg::key("key", 0).multiple(), Arg::string("id").multiple()]).token("STREAMS"),
    ],
    tips: &[],
    doc: &XREADGROUP_DOC,
    subcommands: &[],
    run: Run::Data(super::xreadgroup),
};

const XACK_DOC: Doc = Doc::new("stream", "5.0.0", "Acknowledges entries, answers how many were pending.")
    .complexity("O(1) for each message ID processed.");
const XACK: Command = Command {
    name: "xack",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("group"), Arg::string("id").multiple()],
    tips: &[],
    doc: &XACK_DOC,
    subcommands: &[],
    run: Run::Data(super::xack),
};

const XPENDING_DOC: Doc = Doc::new("stream", "5.0.0", "Tells what a group delivered and nobody acknowledged.")
    .complexity("O(N) with N being the number of elements returned, so asking for a small fixed number of entries per call is O(1). O(M), where M is the total number of entries scanned when used with the IDLE filter. When the command returns just the summary and the list of consumers is small, it runs in O(1) time; otherwise, an additional O(N) time for iterating every consumer.")
    .history(&[("6.2.0", "Added the `IDLE` option and exclusive range intervals.")]);
const XPENDING: Command = Command {
    name: "xpending",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::string("group"),
        Arg::block(
            "filters",
            &[
                Arg::integer("min-idle-time").token("IDLE").since("6.2.0").optional(),
                Arg::string("start"),
                Arg::string("end"),
                Arg::integer("count"),
                Arg::string("consumer").optional(),
            ],
        )
        .optional(),
    ],
    tips: &["nondeterministic_output"],
    doc: &XPENDING_DOC,
    subcommands: &[],
    run: Run::Data(super::xpending),
};

const XCLAIM_DOC: Doc = Doc::new("stream", "5.0.0", "Makes a consumer the owner of pending entries.")
    .complexity("O(log N) with N being the number of messages in the PEL of the consumer group.");
const XCLAIM: Command = Command {
    name: "xclaim",
    arity: Arity::AtLeast(6),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::string("group"),
        Arg::string("consumer"),
        Arg::string("min-idle-time"),
        Arg::string("id").multiple(),
        Arg::integer("ms").token("IDLE").optional(),
        Arg::new("unix-time-milliseconds", ArgKind::UnixTime).token("TIME").optional(),
        Arg::integer("count").token("RETRYCOUNT").optional(),
        Arg::word("force", "FORCE").optional(),
        Arg::word("justid", "JUSTID").optional(),
        Arg::string("id").token("LASTID").optional(),
    ],
    tips: &["nondeterministic_output"],
    doc: &XCLAIM_DOC,
    subcommands: &[],
    run: Run::Data(super::xclaim),
};

const XAUTOCLAIM_DOC: Doc =
    Doc::new("stream", "6.2.0", "Makes a consumer the owner of pending entries that were left alone for long.")
        .complexity("O(1) if COUNT is small.")
        .history(&[(
            "7.0.0",
            "Added an element to the reply array, containing deleted entries the command cleared from the PEL",
        )]);
const XAUTOCLAIM: Command = Command {
    name: "xautoclaim",
    arity: Arity::AtLeast(6),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::string("group"),
        Arg::string("consumer"),
        Arg::string("min-idle-time"),
        Arg::string("start"),
        Arg::integer("count").token("COUNT").optional(),
        Arg::word("justid", "JUSTID").optional(),
    ],
    tips: &["nondeterministic_output"],
    doc: &XAUTOCLAIM_DOC,
    subcommands: &[],
    run: Run::Data(super::xautoclaim),
};

const XINFO_CONSUMERS_DOC: Doc = Doc::new("stream", "5.0.0", "Lists the consumers of a group.").complexity("O(1)");
const XINFO_CONSUMERS: Command = Command {
    name: "xinfo|consumers",
    arity: Arity::Exactly(4),
    flags: CommandFlags::READONLY,
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(2, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("groupname")],
    tips: &["nondeterministic_output"],
    doc: &XINFO_CONSUMERS_DOC,
    subcommands: &[],
    run: Run::Data(super::xinfo_consumers),
};

const XINFO_GROUPS_DOC: Doc = Doc::new("stream", "5.0.0", "Lists the groups of a stream.")
    .complexity("O(1)")
    .history(&[("7.0.0", "Added the `entries-read` and `lag` fields")]);
const XINFO_GROUPS: Command = Command {
    name: "xinfo|groups",
    arity: Arity::Exactly(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(2, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &[],
    doc: &XINFO_GROUPS_DOC,
    subcommands: &[],
    run: Run::Data(super::xinfo_groups),
};

const XINFO_HELP_DOC: Doc = Doc::new("stream", "5.0.0", "Lists the subcommands.").complexity("O(1)");
const XINFO_HELP: Command = Command {
    name: "xinfo|help",
    arity: Arity::Exactly(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::STREAM,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &XINFO_HELP_DOC,
    subcommands: &[],
    run: Run::Data(super::xinfo_help),
};

const XINFO_STREAM_DOC: Doc = Doc::new("stream", "5.0.0", "Describes a stream.").complexity("O(1)").history(&[
    ("6.0.0", "Added the `FULL` modifier."),
    (
        "7.0.0",
        "Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag` fields",
    ),
]);
const XINFO_STREAM: Command = Command {
    name: "xinfo|stream",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::STREAM,
    keys: &[KeySpec::range(2, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::block("full", &[Arg::integer("count").token("COUNT").optional()]).token("FULL").optional(),
    ],
    tips: &[],
    doc: &XINFO_STREAM_DOC,
    subcommands: &[],
    run: Run::Data(super::xinfo_stream),
};

const XINFO_DOC: Doc =
    Doc::new("stream", "5.0.0", "Holds the subcommands that describe streams.").complexity("Depends on subcommand.");
const XINFO: Command = Command {
    name: "xinfo",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::empty(),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &XINFO_DOC,
    subcommands: &[XINFO_CONSUMERS, XINFO_GROUPS, XINFO_HELP, XINFO_STREAM],
    run: Run::Container,
};
