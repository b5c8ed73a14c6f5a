//! The rows of the set family: what 7.0.15 says of each command in COMMAND INFO and COMMAND DOCS; the summaries are
//! our own.

use crate::commands::row::*;

/// All rows of the family.
pub const ROWS: &[Command] = &[
    SADD,
    SCARD,
    SDIFF,
    SDIFFSTORE,
    SINTER,
    SINTERCARD,
    SINTERSTORE,
    SISMEMBER,
    SMEMBERS,
    SMISMEMBER,
    SMOVE,
    SPOP,
    SRANDMEMBER,
    SREM,
    SSCAN,
    SUNION,
    SUNIONSTORE,
];

const SADD_DOC: Doc = Doc::new("set", "1.0.0", "Adds members to a set; creates it if the key is missing.")
    .complexity(
        "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
    )
    .history(&[("2.4.0", "Accepts multiple `member` arguments.")]);
const SADD: Command = Command {
    name: "sadd",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::SET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("member").multiple()],
    tips: &[],
    doc: &SADD_DOC,
    subcommands: &[],
    run: Run::Data(super::sadd),
};

const SCARD_DOC: Doc = Doc::new("set", "1.0.0", "Counts the members of a set.").complexity("O(1)");
const SCARD: Command = Command {
    name: "scard",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::SET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &[],
    doc: &SCARD_DOC,
    subcommands: &[],
    run: Run::Data(super::scard),
};

const SDIFF_DOC: Doc =
    Doc::new("set", "1.0.0", "Returns the members of the first set that none of the other sets has.")
        .complexity("O(N) where N is the total number of elements in all given sets.");
const SDIFF: Command = Command {
    name: "sdiff",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SET,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0).multiple()],
    tips: &["nondeterministic_output_order"],
    doc: &SDIFF_DOC,
    subcommands: &[],
    run: Run::Data(super::sdiff),
};

const SDIFFSTORE_DOC: Doc =
    Doc::new("set", "1.0.0", "Makes a key the set of members that only the first of the given sets has.")
        .complexity("O(N) where N is the total number of elements in all given sets.");
const SDIFFSTORE: Command = Command {
    name: "sdiffstore",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::SET,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::range(2, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    find_keys: None,
    args: &[Arg::key("destination", 0), Arg::key("key", 1).multiple()],
    tips: &[],
    doc: &SDIFFSTORE_DOC,
    subcommands: &[],
    run: Run::Data(super::sdiffstore),
};

const SINTER_DOC: Doc = Doc::new("set", "1.0.0", "Returns the members that all given sets have in common.")
    .complexity("O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.");
const SINTER: Command = Command {
    name: "sinter",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SET,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0).multiple()],
    tips: &["nondeterministic_output_order"],
    doc: &SINTER_DOC,
    subcommands: &[],
    run: Run::Data(super::sinter),
};

const SINTERCARD_DOC: Doc =
    Doc::new("set", "7.0.0", "Counts the members that all given sets have in common, up to a limit.")
        .complexity("O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.");
const SINTERCARD: Command = Command {
    name: "sintercard",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SET,
    keys: &[KeySpec::new(
        BeginSearch::Index(1),
        FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
        KeyFlags::RO.union(KeyFlags::ACCESS),
    )],
    find_keys: None,
    args: &[Arg::integer("numkeys"), Arg::key("key", 0).multiple(), Arg::integer("limit").token("LIMIT").optional()],
    tips: &[],
    doc: &SINTERCARD_DOC,
    subcommands: &[],
    run: Run::Data(super::sintercard),
};

const SINTERSTORE_DOC: Doc =
    Doc::new("set", "1.0.0", "Makes a key the set of members that all given sets have in common.")
        .complexity("O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.");
const SINTERSTORE: Command = Command {
    name: "sinterstore",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::SET,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::UPDATE)),
        KeySpec::range(2, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    find_keys: None,
    args: &[Arg::key("destination", 0), Arg::key("key", 1).multiple()],
    tips: &[],
    doc: &SINTERSTORE_DOC,
    subcommands: &[],
    run: Run::Data(super::sinterstore),
};

const SISMEMBER_DOC: Doc = Doc::new("set", "1.0.0", "Tells whether something is a member of a set.").complexity("O(1)");
const SISMEMBER: Command = Command {
    name: "sismember",
    arity: Arity::Exactly(3),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::SET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("member")],
    tips: &[],
    doc: &SISMEMBER_DOC,
    subcommands: &[],
    run: Run::Data(super::sismember),
};

const SMEMBERS_DOC: Doc =
    Doc::new("set", "1.0.0", "Returns all members of a set.").complexity("O(N) where N is the set cardinality.");
const SMEMBERS: Command = Command {
    name: "smembers",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &["nondeterministic_output_order"],
    doc: &SMEMBERS_DOC,
    subcommands: &[],
    run: Run::Data(super::smembers),
};

const SMISMEMBER_DOC: Doc = Doc::new("set", "6.2.0", "Tells of several things whether each is a member of a set.")
    .complexity("O(N) where N is the number of elements being checked for membership");
const SMISMEMBER: Command = Command {
    name: "smismember",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::SET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("member").multiple()],
    tips: &[],
    doc: &SMISMEMBER_DOC,
    subcommands: &[],
    run: Run::Data(super::smismember),
};

const SMOVE_DOC: Doc =
    Doc::new("set", "1.0.0", "Takes a member out of one set and puts it into another.").complexity("O(1)");
const SMOVE: Command = Command {
    name: "smove",
    arity: Arity::Exactly(4),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::SET,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE)),
        KeySpec::range(2, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT)),
    ],
    find_keys: None,
    args: &[Arg::key("source", 0), Arg::key("destination", 1), Arg::string("member")],
    tips: &[],
    doc: &SMOVE_DOC,
    subcommands: &[],
    run: Run::Data(super::smove),
};

const SPOP_DOC: Doc =
    Doc::new("set", "1.0.0", "Removes members chosen at random and returns them; an emptied set is removed.")
        .complexity("Without the count argument O(1), otherwise O(N) where N is the value of the passed count.")
        .history(&[("3.2.0", "Added the `count` argument.")]);
const SPOP: Command = Command {
    name: "spop",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::SET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("count").since("3.2.0").optional()],
    tips: &["nondeterministic_output"],
    doc: &SPOP_DOC,
    subcommands: &[],
    run: Run::Data(super::spop),
};

const SRANDMEMBER_DOC: Doc = Doc::new("set", "1.0.0", "Returns members chosen at random.")
    .complexity("Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.")
    .history(&[("2.6.0", "Added the optional `count` argument.")]);
const SRANDMEMBER: Command = Command {
    name: "srandmember",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("count").since("2.6.0").optional()],
    tips: &["nondeterministic_output"],
    doc: &SRANDMEMBER_DOC,
    subcommands: &[],
    run: Run::Data(super::srandmember),
};

const SREM_DOC: Doc = Doc::new("set", "1.0.0", "Removes members of a set; an emptied set is removed.")
    .complexity("O(N) where N is the number of members to be removed.")
    .history(&[("2.4.0", "Accepts multiple `member` arguments.")]);
const SREM: Command = Command {
    name: "srem",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::SET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("member").multiple()],
    tips: &[],
    doc: &SREM_DOC,
    subcommands: &[],
    run: Run::Data(super::srem),
};

const SSCAN_DOC: Doc = Doc::new("set", "2.8.0", "Walks over the members of a set in several calls.")
    .complexity("O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection..");
const SSCAN: Command = Command {
    name: "sscan",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::integer("cursor"),
        Arg::new("pattern", ArgKind::Pattern).token("MATCH").optional(),
        Arg::integer("count").token("COUNT").optional(),
    ],
    tips: &["nondeterministic_output"],
    doc: &SSCAN_DOC,
    subcommands: &[],
    run: Run::Data(super::sscan),
};

const SUNION_DOC: Doc = Doc::new("set", "1.0.0", "Returns the members that at least one of the given sets has.")
    .complexity("O(N) where N is the total number of elements in all given sets.");
const SUNION: Command = Command {
    name: "sunion",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SET,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0).multiple()],
    tips: &["nondeterministic_output_order"],
    doc: &SUNION_DOC,
    subcommands: &[],
    run: Run::Data(super::sunion),
};

const SUNIONSTORE_DOC: Doc =
    Doc::new("set", "1.0.0", "Makes a key the set of members that at least one of the given sets has.")
        .complexity("O(N) where N is the total number of elements in all given sets.");
const SUNIONSTORE: Command = Command {
    name: "sunionstore",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::SET,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::range(2, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    find_keys: None,
    args: &[Arg::key("destination", 0), Arg::key("key", 1).multiple()],
    tips: &[],
    doc: &SUNIONSTORE_DOC,
    subcommands: &[],
    run: Run::Data(super::sunionstore),
};
