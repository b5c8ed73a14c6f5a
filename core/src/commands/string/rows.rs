//! The rows of the string family: what 7.0.15 says of each command in COMMAND INFO and COMMAND DOCS; the
//! summaries are our own.

use crate::commands::keys;
use crate::commands::row::*;

/// All rows of the family.
pub const ROWS: &[Command] = &[
    APPEND,
    DECR,
    DECRBY,
    GET,
    GETDEL,
    GETEX,
    GETRANGE,
    GETSET,
    INCR,
    INCRBY,
    INCRBYFLOAT,
    LCS,
    MGET,
    MSET,
    MSETNX,
    PSETEX,
    SET,
    SETEX,
    SETNX,
    SETRANGE,
    STRLEN,
    SUBSTR,
];

const APPEND_DOC: Doc = Doc::new("string", "2.0.0", "Appends to a string; creates it if the key is missing.")
    .complexity("O(1). The amortized time complexity is O(1) assuming the appended value is small and the already present value is of any size, since the dynamic string library used by Redis will double the free space available on every reallocation.");
const APPEND: Command = Command {
    name: "append",
    arity: Arity::Exactly(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("value")],
    tips: &[],
    doc: &APPEND_DOC,
    subcommands: &[],
    run: Run::Data(super::append),
};

const DECR_DOC: Doc =
    Doc::new("string", "1.0.0", "Subtracts one from an integer; a missing key counts as 0.").complexity("O(1)");
const DECR: Command = Command {
    name: "decr",
    arity: Arity::Exactly(2),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &[],
    doc: &DECR_DOC,
    subcommands: &[],
    run: Run::Data(super::decr),
};

const DECRBY_DOC: Doc =
    Doc::new("string", "1.0.0", "Subtracts from an integer; a missing key counts as 0.").complexity("O(1)");
const DECRBY: Command = Command {
    name: "decrby",
    arity: Arity::Exactly(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("decrement")],
    tips: &[],
    doc: &DECRBY_DOC,
    subcommands: &[],
    run: Run::Data(super::decrby),
};

const GET_DOC: Doc = Doc::new("string", "1.0.0", "Answers a string.").complexity("O(1)");
const GET: Command = Command {
    name: "get",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &[],
    doc: &GET_DOC,
    subcommands: &[],
    run: Run::Data(super::get),
};

const GETDEL_DOC: Doc = Doc::new("string", "6.2.0", "Answers a string and deletes its key.").complexity("O(1)");
const GETDEL: Command = Command {
    name: "getdel",
    arity: Arity::Exactly(2),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &[],
    doc: &GETDEL_DOC,
    subcommands: &[],
    run: Run::Data(super::getdel),
};

const GETEX_DOC: Doc =
    Doc::new("string", "6.2.0", "Answers a string and sets or removes the expiry of its key.").complexity("O(1)");
const GETEX: Command = Command {
    name: "getex",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))
        .notes("RW and UPDATE because it changes the TTL")],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::one_of(
            "expiration",
            &[
                Arg::integer("seconds").token("EX"),
                Arg::integer("milliseconds").token("PX"),
                Arg::new("unix-time-seconds", ArgKind::UnixTime).token("EXAT"),
                Arg::new("unix-time-milliseconds", ArgKind::UnixTime).token("PXAT"),
                Arg::word("persist", "PERSIST"),
            ],
        )
        .optional(),
    ],
    tips: &[],
    doc: &GETEX_DOC,
    subcommands: &[],
    run: Run::Data(super::getex),
};

const GETRANGE_DOC: Doc = Doc::new("string", "2.4.0", "Answers a part of a string.")
    .complexity("O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.");
const GETRANGE: Command = Command {
    name: "getrange",
    arity: Arity::Exactly(4),
    flags: CommandFlags::READONLY,
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("start"), Arg::integer("end")],
    tips: &[],
    doc: &GETRANGE_DOC,
    subcommands: &[],
    run: Run::Data(super::getrange),
};

const GETSET_DOC: Doc = Doc::new("string", "1.0.0", "Answers the old string and stores a new one.")
    .complexity("O(1)")
    .doc_flags(&["deprecated"])
    .deprecated("6.2.0", Some("`SET` with the `!GET` argument"));
const GETSET: Command = Command {
    name: "getset",
    arity: Arity::Exactly(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("value")],
    tips: &[],
    doc: &GETSET_DOC,
    subcommands: &[],
    run: Run::Data(super::getset),
};

const INCR_DOC: Doc =
    Doc::new("string", "1.0.0", "Adds one to an integer; a missing key counts as 0.").complexity("O(1)");
const INCR: Command = Command {
    name: "incr",
    arity: Arity::Exactly(2),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &[],
    doc: &INCR_DOC,
    subcommands: &[],
    run: Run::Data(super::incr),
};

const INCRBY_DOC: Doc =
    Doc::new("string", "1.0.0", "Adds to an integer; a missing key counts as 0.").complexity("O(1)");
const INCRBY: Command = Command {
    name: "incrby",
    arity: Arity::Exactly(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("increment")],
    tips: &[],
    doc: &INCRBY_DOC,
    subcommands: &[],
    run: Run::Data(super::incrby),
};

const INCRBYFLOAT_DOC: Doc =
    Doc::new("string", "2.6.0", "Adds to a floating-point number; a missing key counts as 0.").complexity("O(1)");
const INCRBYFLOAT: Command = Command {
    name: "incrbyfloat",
    arity: Arity::Exactly(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::new("increment", ArgKind::Double)],
    tips: &[],
    doc: &INCRBYFLOAT_DOC,
    subcommands: &[],
    run: Run::Data(super::incrbyfloat),
};

const LCS_DOC: Doc = Doc::new("string", "7.0.0", "Finds the longest common subsequence of two strings.")
    .complexity("O(N*M) where N and M are the lengths of s1 and s2, respectively");
const LCS: Command = Command {
    name: "lcs",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 1, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key1", 0),
        Arg::key("key2", 0),
        Arg::word("len", "LEN").optional(),
        Arg::word("idx", "IDX").optional(),
        Arg::integer("len").token("MINMATCHLEN").optional(),
        Arg::word("withmatchlen", "WITHMATCHLEN").optional(),
    ],
    tips: &[],
    doc: &LCS_DOC,
    subcommands: &[],
    run: Run::Data(super::lcs),
};

const MGET_DOC: Doc = Doc::new("string", "1.0.0", "Answers the strings of several keys.")
    .complexity("O(N) where N is the number of keys to retrieve.");
const MGET: Command = Command {
    name: "mget",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0).multiple()],
    tips: &["request_policy:multi_shard"],
    doc: &MGET_DOC,
    subcommands: &[],
    run: Run::Data(super::mget),
};

const MSET_DOC: Doc = Doc::new("string", "1.0.1", "Stores several strings at once.")
    .complexity("O(N) where N is the number of keys to set.");
const MSET: Command = Command {
    name: "mset",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, -1, 2, KeyFlags::OW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::block("key_value", &[Arg::key("key", 0), Arg::string("value")]).multiple()],
    tips: &["request_policy:multi_shard", "response_policy:all_succeeded"],
    doc: &MSET_DOC,
    subcommands: &[],
    run: Run::Data(super::mset),
};

const MSETNX_DOC: Doc = Doc::new("string", "1.0.1", "Stores several strings at once, if none of the keys exists.")
    .complexity("O(N) where N is the number of keys to set.");
const MSETNX: Command = Command {
    name: "msetnx",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, -1, 2, KeyFlags::OW.union(KeyFlags::INSERT))],
    find_keys: None,
    args: &[Arg::block("key_value", &[Arg::key("key", 0), Arg::string("value")]).multiple()],
    tips: &["request_policy:multi_shard", "response_policy:agg_min"],
    doc: &MSETNX_DOC,
    subcommands: &[],
    run: Run::Data(super::msetnx),
};

const PSETEX_DOC: Doc =
    Doc::new("string", "2.6.0", "Stores a string that expires after some milliseconds.").complexity("O(1)");
const PSETEX: Command = Command {
    name: "psetex",
    arity: Arity::Exactly(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("milliseconds"), Arg::string("value")],
    tips: &[],
    doc: &PSETEX_DOC,
    subcommands: &[],
    run: Run::Data(super::psetex),
};

const SET_DOC: Doc =
    Doc::new("string", "1.0.0", "Stores a string, whatever the key held before.").complexity("O(1)").history(&[
        ("2.6.12", "Added the `EX`, `PX`, `NX` and `XX` options."),
        ("6.0.0", "Added the `KEEPTTL` option."),
        ("6.2.0", "Added the `GET`, `EXAT` and `PXAT` option."),
        ("7.0.0", "Allowed the `NX` and `GET` options to be used together."),
    ]);
const SET: Command = Command {
    name: "set",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(
        1,
        0,
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE).union(KeyFlags::VARIABLE_FLAGS),
    )
    .notes("RW and ACCESS due to the optional `GET` argument")],
    find_keys: Some(keys::set),
    args: &[
        Arg::key("key", 0),
        Arg::string("value"),
        Arg::one_of("condition", &[Arg::word("nx", "NX"), Arg::word("xx", "XX")]).since("2.6.12").optional(),
        Arg::word("get", "GET").since("6.2.0").optional(),
        Arg::one_of(
            "expiration",
            &[
                Arg::integer("seconds").token("EX").since("2.6.12"),
                Arg::integer("milliseconds").token("PX").since("2.6.12"),
                Arg::new("unix-time-seconds", ArgKind::UnixTime).token("EXAT").since("6.2.0"),
                Arg::new("unix-time-milliseconds", ArgKind::UnixTime).token("PXAT").since("6.2.0"),
                Arg::word("keepttl", "KEEPTTL").since("6.0.0"),
            ],
        )
        .optional(),
    ],
    tips: &[],
    doc: &SET_DOC,
    subcommands: &[],
    run: Run::Data(super::set),
};

const SETEX_DOC: Doc =
    Doc::new("string", "2.0.0", "Stores a string that expires after some seconds.").complexity("O(1)");
const SETEX: Command = Command {
    name: "setex",
    arity: Arity::Exactly(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("seconds"), Arg::string("value")],
    tips: &[],
    doc: &SETEX_DOC,
    subcommands: &[],
    run: Run::Data(super::setex),
};

const SETNX_DOC: Doc = Doc::new("string", "1.0.0", "Stores a string if the key is missing.").complexity("O(1)");
const SETNX: Command = Command {
    name: "setnx",
    arity: Arity::Exactly(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::OW.union(KeyFlags::INSERT))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("value")],
    tips: &[],
    doc: &SETNX_DOC,
    subcommands: &[],
    run: Run::Data(super::setnx),
};

const SETRANGE_DOC: Doc = Doc::new("string", "2.2.0", "Overwrites a part of a string, growing it as needed.")
    .complexity("O(1), not counting the time taken to copy the new string in place. Usually, this string is very small so the amortized complexity is O(1). Otherwise, complexity is O(M) with M being the length of the value argument.");
const SETRANGE: Command = Command {
    name: "setrange",
    arity: Arity::Exactly(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("offset"), Arg::string("value")],
    tips: &[],
    doc: &SETRANGE_DOC,
    subcommands: &[],
    run: Run::Data(super::setrange),
};

const STRLEN_DOC: Doc = Doc::new("string", "2.2.0", "Answers the length of a string.").complexity("O(1)");
const STRLEN: Command = Command {
    name: "strlen",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &[],
    doc: &STRLEN_DOC,
    subcommands: &[],
    run: Run::Data(super::strlen),
};

const SUBSTR_DOC: Doc = Doc::new("string", "1.0.0", "Answers a part of a string.")
    .complexity("O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.")
    .doc_flags(&["deprecated"])
    .deprecated("2.0.0", Some("`GETRANGE`"));
const SUBSTR: Command = Command {
    name: "substr",
    arity: Arity::Exactly(4),
    flags: CommandFlags::READONLY,
    acl: AclCategories::STRING,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("start"), Arg::integer("end")],
    tips: &[],
    doc: &SUBSTR_DOC,
    subcommands: &[],
    run: Run::Data(super::substr),
};
