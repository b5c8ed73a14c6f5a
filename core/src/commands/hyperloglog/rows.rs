//! The rows of this family.

use crate::commands::row::*;

/// All rows of the family.
pub const ROWS: &[Command] = &[PFADD, PFCOUNT, PFMERGE, PFDEBUG, PFSELFTEST];

const PFADD_DOC: Doc =
    Doc::new("hyperloglog", "2.8.9", "Makes a HyperLogLog aware of elements; the key is created if it is missing.")
        .complexity("O(1) to add every element.");
const PFADD: Command = Command {
    name: "pfadd",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::HYPERLOGLOG,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("element").optional().multiple()],
    tips: &[],
    doc: &PFADD_DOC,
    subcommands: &[],
    run: Run::Data(super::pfadd),
};

const PFCOUNT_DOC: Doc = Doc::new("hyperloglog", "2.8.9", "Estimates how many distinct elements the HyperLogLogs have seen together.")
    .complexity("O(1) with a very small average constant time when called with a single key. O(N) with N being the number of keys, and much bigger constant times, when called with multiple keys.");
const PFCOUNT: Command = Command {
    name: "pfcount",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::READONLY.union(CommandFlags::MAY_REPLICATE),
    acl: AclCategories::HYPERLOGLOG,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RW.union(KeyFlags::ACCESS))
        .notes("RW because it may change the internal representation of the key, and propagate to replicas")],
    find_keys: None,
    args: &[Arg::key("key", 0).multiple()],
    tips: &[],
    doc: &PFCOUNT_DOC,
    subcommands: &[],
    run: Run::Data(super::pfcount),
};

const PFMERGE_DOC: Doc = Doc::new("hyperloglog", "2.8.9", "Unites HyperLogLogs into one.")
    .complexity("O(N) to merge N HyperLogLogs, but with high constant times.");
const PFMERGE: Command = Command {
    name: "pfmerge",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::HYPERLOGLOG,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::INSERT)),
        KeySpec::range(2, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    find_keys: None,
    args: &[Arg::key("destkey", 0), Arg::key("sourcekey", 1).multiple()],
    tips: &[],
    doc: &PFMERGE_DOC,
    subcommands: &[],
    run: Run::Data(super::pfmerge),
};

const PFDEBUG_DOC: Doc =
    Doc::new("hyperloglog", "2.8.9", "Looks inside a HyperLogLog: its registers, its runs, its encoding.")
        .complexity("N/A")
        .doc_flags(&["syscmd"]);
const PFDEBUG: Command = Command {
    name: "pfdebug",
    arity: Arity::Exactly(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::ADMIN),
    acl: AclCategories::HYPERLOGLOG,
    keys: &[KeySpec::range(2, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::string("subcommand"), Arg::key("key", 0)],
    tips: &[],
    doc: &PFDEBUG_DOC,
    subcommands: &[],
    run: Run::Data(super::pfdebug),
};

const PFSELFTEST_DOC: Doc = Doc::new("hyperloglog", "2.8.9", "Checks the implementation of HyperLogLogs.")
    .complexity("N/A")
    .doc_flags(&["syscmd"]);
const PFSELFTEST: Command = Command {
    name: "pfselftest",
    arity: Arity::Exactly(1),
    flags: CommandFlags::ADMIN,
    acl: AclCategories::HYPERLOGLOG,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &PFSELFTEST_DOC,
    subcommands: &[],
    run: Run::Data(super::pfselftest),
};
