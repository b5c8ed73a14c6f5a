//! The rows of the hash family: what 7.0.15 says of each command in COMMAND INFO and COMMAND DOCS; the summaries are
//! our own.

use crate::commands::row::*;

/// All rows of the family.
pub const ROWS: &[Command] = &[
    HSET,
    HGET,
    HMGET,
    HMSET,
    HGETALL,
    HDEL,
    HLEN,
    HSTRLEN,
    HEXISTS,
    HKEYS,
    HVALS,
    HSETNX,
    HINCRBY,
    HINCRBYFLOAT,
    HRANDFIELD,
    HSCAN,
];

const HSET_DOC: Doc = Doc::new("hash", "2.0.0", "Sets fields of a hash; creates it if the key is missing.")
    .complexity("O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is called with multiple field/value pairs.")
    .history(&[("4.0.0", "Accepts multiple `field` and `value` arguments.")]);
const HSET: Command = Command {
    name: "hset",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::HASH,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::block("field_value", &[Arg::string("field"), Arg::string("value")]).multiple()],
    tips: &[],
    doc: &HSET_DOC,
    subcommands: &[],
    run: Run::Data(super::hset),
};

const HGET_DOC: Doc = Doc::new("hash", "2.0.0", "Returns the value of a field.").complexity("O(1)");
const HGET: Command = Command {
    name: "hget",
    arity: Arity::Exactly(3),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::HASH,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("field")],
    tips: &[],
    doc: &HGET_DOC,
    subcommands: &[],
    run: Run::Data(super::hget),
};

const HMGET_DOC: Doc =
    Doc::new("hash", "2.0.0", "Returns the values of several fields, null for those that are missing.")
        .complexity("O(N) where N is the number of fields being requested.");
const HMGET: Command = Command {
    name: "hmget",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::HASH,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("field").multiple()],
    tips: &[],
    doc: &HMGET_DOC,
    subcommands: &[],
    run: Run::Data(super::hmget),
};

const HMSET_DOC: Doc = Doc::new("hash", "2.0.0", "Sets fields of a hash and answers OK.")
    .complexity("O(N) where N is the number of fields being set.")
    .doc_flags(&["deprecated"])
    .deprecated("4.0.0", Some("`HSET` with multiple field-value pairs"));
const HMSET: Command = Command {
    name: "hmset",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::HASH,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::block("field_value", &[Arg::string("field"), Arg::string("value")]).multiple()],
    tips: &[],
    doc: &HMSET_DOC,
    subcommands: &[],
    run: Run::Data(super::hmset),
};

const HGETALL_DOC: Doc = Doc::new("hash", "2.0.0", "Returns all fields with their values.")
    .complexity("O(N) where N is the size of the hash.");
const HGETALL: Command = Command {
    name: "hgetall",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY,
    acl: AclCategories::HASH,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &["nondeterministic_output_order"],
    doc: &HGETALL_DOC,
    subcommands: &[],
    run: Run::Data(super::hgetall),
};

const HDEL_DOC: Doc = Doc::new("hash", "2.0.0", "Removes fields; the hash goes with its last one.")
    .complexity("O(N) where N is the number of fields to be removed.")
    .history(&[("2.4.0", "Accepts multiple `field` arguments.")]);
const HDEL: Command = Command {
    name: "hdel",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::HASH,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("field").multiple()],
    tips: &[],
    doc: &HDEL_DOC,
    subcommands: &[],
    run: Run::Data(super::hdel),
};

const HLEN_DOC: Doc = Doc::new("hash", "2.0.0", "Counts the fields.").complexity("O(1)");
const HLEN: Command = Command {
    name: "hlen",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::HASH,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &[],
    doc: &HLEN_DOC,
    subcommands: &[],
    run: Run::Data(super::hlen),
};

const HSTRLEN_DOC: Doc = Doc::new("hash", "3.2.0", "Returns the length of a field's value.").complexity("O(1)");
const HSTRLEN: Command = Command {
    name: "hstrlen",
    arity: Arity::Exactly(3),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::HASH,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("field")],
    tips: &[],
    doc: &HSTRLEN_DOC,
    subcommands: &[],
    run: Run::Data(super::hstrlen),
};

const HEXISTS_DOC: Doc = Doc::new("hash", "2.0.0", "Tells whether a field is there.").complexity("O(1)");
const HEXISTS: Command = Command {
    name: "hexists",
    arity: Arity::Exactly(3),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::HASH,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("field")],
    tips: &[],
    doc: &HEXISTS_DOC,
    subcommands: &[],
    run: Run::Data(super::hexists),
};

const HKEYS_DOC: Doc =
    Doc::new("hash", "2.0.0", "Returns the names of all fields.").complexity("O(N) where N is the size of the hash.");
const HKEYS: Command = Command {
    name: "hkeys",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY,
    acl: AclCategories::HASH,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &["nondeterministic_output_order"],
    doc: &HKEYS_DOC,
    subcommands: &[],
    run: Run::Data(super::hkeys),
};

const HVALS_DOC: Doc =
    Doc::new("hash", "2.0.0", "Returns the values of all fields.").complexity("O(N) where N is the size of the hash.");
const HVALS: Command = Command {
    name: "hvals",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY,
    acl: AclCategories::HASH,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &["nondeterministic_output_order"],
    doc: &HVALS_DOC,
    subcommands: &[],
    run: Run::Data(super::hvals),
};

const HSETNX_DOC: Doc = Doc::new("hash", "2.0.0", "Sets a field that is not there yet.").complexity("O(1)");
const HSETNX: Command = Command {
    name: "hsetnx",
    arity: Arity::Exactly(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::HASH,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("field"), Arg::string("value")],
    tips: &[],
    doc: &HSETNX_DOC,
    subcommands: &[],
    run: Run::Data(super::hsetnx),
};

const HINCRBY_DOC: Doc =
    Doc::new("hash", "2.0.0", "Adds to the integer in a field; a missing field counts as 0.").complexity("O(1)");
const HINCRBY: Command = Command {
    name: "hincrby",
    arity: Arity::Exactly(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::HASH,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("field"), Arg::integer("increment")],
    tips: &[],
    doc: &HINCRBY_DOC,
    subcommands: &[],
    run: Run::Data(super::hincrby),
};

const HINCRBYFLOAT_DOC: Doc =
    Doc::new("hash", "2.6.0", "Adds to the number in a field, fractions allowed; a missing field counts as 0.")
        .complexity("O(1)");
const HINCRBYFLOAT: Command = Command {
    name: "hincrbyfloat",
    arity: Arity::Exactly(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::HASH,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("field"), Arg::new("increment", ArgKind::Double)],
    tips: &[],
    doc: &HINCRBYFLOAT_DOC,
    subcommands: &[],
    run: Run::Data(super::hincrbyfloat),
};

const HRANDFIELD_DOC: Doc =
    Doc::new("hash", "6.2.0", "Returns fields chosen at random, with their values if asked for.")
        .complexity("O(N) where N is the number of fields returned");
const HRANDFIELD: Command = Command {
    name: "hrandfield",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::READONLY,
    acl: AclCategories::HASH,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::block("options", &[Arg::integer("count"), Arg::word("withvalues", "WITHVALUES").optional()]).optional(),
    ],
    tips: &["nondeterministic_output"],
    doc: &HRANDFIELD_DOC,
    subcommands: &[],
    run: Run::Data(super::hrandfield),
};

const HSCAN_DOC: Doc = Doc::new("hash", "2.8.0", "Walks through the fields of a hash step by step.")
    .complexity("O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection..");
const HSCAN: Command = Command {
    name: "hscan",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::HASH,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::integer("cursor"),
        Arg::new("pattern", ArgKind::Pattern).token("MATCH").optional(),
        Arg::integer("count").token("COUNT").optional(),
    ],
    tips: &["nondeterministic_output"],
    doc: &HSCAN_DOC,
    subcommands: &[],
    run: Run::Data(super::hscan),
};
