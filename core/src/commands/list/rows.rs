//! The rows of the list family: what 7.0.15 says of each command in COMMAND INFO and COMMAND DOCS; the summaries are
//! our own.

use crate::commands::row::*;

/// All rows of the family.
pub const ROWS: &[Command] = &[
    LPUSH, RPUSH, LPUSHX, RPUSHX, LPOP, RPOP, LLEN, LINDEX, LSET, LINSERT, LRANGE, LTRIM, LREM, LPOS, LMOVE, RPOPLPUSH,
    LMPOP, BLPOP, BRPOP, BLMOVE, BRPOPLPUSH, BLMPOP,
];

const LPUSH_DOC: Doc = Doc::new(
    "list",
    "1.0.0",
    "Adds elements to the head of a list, one after the other; creates the list if the key is missing.",
)
.complexity(
    "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
)
.history(&[("2.4.0", "Accepts multiple `element` arguments.")]);
const LPUSH: Command = Command {
    name: "lpush",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::LIST,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("element").multiple()],
    tips: &[],
    doc: &LPUSH_DOC,
    subcommands: &[],
    run: Run::Data(super::lpush),
};

const RPUSH_DOC: Doc = Doc::new(
    "list",
    "1.0.0",
    "Adds elements to the tail of a list; creates the list if the key is missing.",
)
.complexity(
    "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
)
.history(&[("2.4.0", "Accepts multiple `element` arguments.")]);
const RPUSH: Command = Command {
    name: "rpush",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::LIST,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("element").multiple()],
    tips: &[],
    doc: &RPUSH_DOC,
    subcommands: &[],
    run: Run::Data(super::rpush),
};

const LPUSHX_DOC: Doc = Doc::new("list", "2.2.0", "Adds elements to the head, if there is a list.")
    .complexity(
        "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
    )
    .history(&[("4.0.0", "Accepts multiple `element` arguments.")]);
const LPUSHX: Command = Command {
    name: "lpushx",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::LIST,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("element").multiple()],
    tips: &[],
    doc: &LPUSHX_DOC,
    subcommands: &[],
    run: Run::Data(super::lpushx),
};

const RPUSHX_DOC: Doc = Doc::new("list", "2.2.0", "Adds elements to the tail, if there is a list.")
    .complexity(
        "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
    )
    .history(&[("4.0.0", "Accepts multiple `element` arguments.")]);
const RPUSHX: Command = Command {
    name: "rpushx",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::LIST,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("element").multiple()],
    tips: &[],
    doc: &RPUSHX_DOC,
    subcommands: &[],
    run: Run::Data(super::rpushx),
};

const LPOP_DOC: Doc =
    Doc::new("list", "1.0.0", "Takes elements from the head and returns them; the list goes with its last one.")
        .complexity("O(N) where N is the number of elements returned")
        .history(&[("6.2.0", "Added the `count` argument.")]);
const LPOP: Command = Command {
    name: "lpop",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::LIST,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("count").since("6.2.0").optional()],
    tips: &[],
    doc: &LPOP_DOC,
    subcommands: &[],
    run: Run::Data(super::lpop),
};

const RPOP_DOC: Doc =
    Doc::new("list", "1.0.0", "Takes elements from the tail and returns them; the list goes with its last one.")
        .complexity("O(N) where N is the number of elements returned")
        .history(&[("6.2.0", "Added the `count` argument.")]);
const RPOP: Command = Command {
    name: "rpop",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::LIST,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("count").since("6.2.0").optional()],
    tips: &[],
    doc: &RPOP_DOC,
    subcommands: &[],
    run: Run::Data(super::rpop),
};

const LLEN_DOC: Doc = Doc::new("list", "1.0.0", "Counts the elements.").complexity("O(1)");
const LLEN: Command = Command {
    name: "llen",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::LIST,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &[],
    doc: &LLEN_DOC,
    subcommands: &[],
    run: Run::Data(super::llen),
};

const LINDEX_DOC: Doc = Doc::new("list", "1.0.0", "Returns the element at an index; negative ones count from the tail.")
    .complexity("O(N) where N is the number of elements to traverse to get to the element at index. This makes asking for the first or the last element of the list O(1).");
const LINDEX: Command = Command {
    name: "lindex",
    arity: Arity::Exactly(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::LIST,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("index")],
    tips: &[],
    doc: &LINDEX_DOC,
    subcommands: &[],
    run: Run::Data(super::lindex),
};

const LSET_DOC: Doc = Doc::new("list", "1.0.0", "Replaces the element at an index.").complexity(
    "O(N) where N is the length of the list. Setting either the first or the last element of the list is O(1).",
);
const LSET: Command = Command {
    name: "lset",
    arity: Arity::Exactly(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::LIST,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("index"), Arg::string("element")],
    tips: &[],
    doc: &LSET_DOC,
    subcommands: &[],
    run: Run::Data(super::lset),
};

const LINSERT_DOC: Doc = Doc::new("list", "2.2.0", "Puts an element before or behind the first one that equals the pivot.")
    .complexity("O(N) where N is the number of elements to traverse before seeing the value pivot. This means that inserting somewhere on the left end on the list (head) can be considered O(1) and inserting somewhere on the right end (tail) is O(N).");
const LINSERT: Command = Command {
    name: "linsert",
    arity: Arity::Exactly(5),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::LIST,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::one_of("where", &[Arg::word("before", "BEFORE"), Arg::word("after", "AFTER")]),
        Arg::string("pivot"),
        Arg::string("element"),
    ],
    tips: &[],
    doc: &LINSERT_DOC,
    subcommands: &[],
    run: Run::Data(super::linsert),
};

const LRANGE_DOC: Doc = Doc::new("list", "1.0.0", "Returns the elements between two indices, both included.")
    .complexity("O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD or TAIL) for large lists; and N is the number of elements in the specified range.");
const LRANGE: Command = Command {
    name: "lrange",
    arity: Arity::Exactly(4),
    flags: CommandFlags::READONLY,
    acl: AclCategories::LIST,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("start"), Arg::integer("stop")],
    tips: &[],
    doc: &LRANGE_DOC,
    subcommands: &[],
    run: Run::Data(super::lrange),
};

const LTRIM_DOC: Doc = Doc::new("list", "1.0.0", "Keeps the elements between two indices and removes all others.")
    .complexity("O(N) where N is the number of elements to be removed by the operation.");
const LTRIM: Command = Command {
    name: "ltrim",
    arity: Arity::Exactly(4),
    flags: CommandFlags::WRITE,
    acl: AclCategories::LIST,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("start"), Arg::integer("stop")],
    tips: &[],
    doc: &LTRIM_DOC,
    subcommands: &[],
    run: Run::Data(super::ltrim),
};

const LREM_DOC: Doc = Doc::new("list", "1.0.0", "Removes elements equal to a value, from the head or the tail on.")
    .complexity("O(N+M) where N is the length of the list and M is the number of elements removed.");
const LREM: Command = Command {
    name: "lrem",
    arity: Arity::Exactly(4),
    flags: CommandFlags::WRITE,
    acl: AclCategories::LIST,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("count"), Arg::string("element")],
    tips: &[],
    doc: &LREM_DOC,
    subcommands: &[],
    run: Run::Data(super::lrem),
};

const LPOS_DOC: Doc = Doc::new("list", "6.0.6", "Finds elements equal to a value and returns their indices.")
    .complexity("O(N) where N is the number of elements in the list, for the average case. When searching for elements near the head or the tail of the list, or when the MAXLEN option is provided, the command may run in constant time.");
const LPOS: Command = Command {
    name: "lpos",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::LIST,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::string("element"),
        Arg::integer("rank").token("RANK").optional(),
        Arg::integer("num-matches").token("COUNT").optional(),
        Arg::integer("len").token("MAXLEN").optional(),
    ],
    tips: &[],
    doc: &LPOS_DOC,
    subcommands: &[],
    run: Run::Data(super::lpos),
};

const LMOVE_DOC: Doc =
    Doc::new("list", "6.2.0", "Moves an element from an end of a list to an end of another, or of the same.")
        .complexity("O(1)");
const LMOVE: Command = Command {
    name: "lmove",
    arity: Arity::Exactly(5),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::LIST,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE)),
        KeySpec::range(2, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT)),
    ],
    find_keys: None,
    args: &[
        Arg::key("source", 0),
        Arg::key("destination", 1),
        Arg::one_of("wherefrom", &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")]),
        Arg::one_of("whereto", &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")]),
    ],
    tips: &[],
    doc: &LMOVE_DOC,
    subcommands: &[],
    run: Run::Data(super::lmove),
};

const RPOPLPUSH_DOC: Doc =
    Doc::new("list", "1.2.0", "Moves the last element of a list to the head of another, or of the same.")
        .complexity("O(1)")
        .doc_flags(&["deprecated"])
        .deprecated("6.2.0", Some("`LMOVE` with the `RIGHT` and `LEFT` arguments"));
const RPOPLPUSH: Command = Command {
    name: "rpoplpush",
    arity: Arity::Exactly(3),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::LIST,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE)),
        KeySpec::range(2, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT)),
    ],
    find_keys: None,
    args: &[Arg::key("source", 0), Arg::key("destination", 1)],
    tips: &[],
    doc: &RPOPLPUSH_DOC,
    subcommands: &[],
    run: Run::Data(super::rpoplpush),
};

const LMPOP_DOC: Doc = Doc::new("list", "7.0.0", "Takes elements from the first of several lists that has any.")
    .complexity("O(N+M) where N is the number of provided keys and M is the number of elements returned.");
const LMPOP: Command = Command {
    name: "lmpop",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::WRITE,
    acl: AclCategories::LIST,
    keys: &[KeySpec::new(
        BeginSearch::Index(1),
        FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    find_keys: None,
    args: &[
        Arg::integer("numkeys"),
        Arg::key("key", 0).multiple(),
        Arg::one_of("where", &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")]),
        Arg::integer("count").token("COUNT").optional(),
    ],
    tips: &[],
    doc: &LMPOP_DOC,
    subcommands: &[],
    run: Run::Data(super::lmpop),
};

const BLPOP_DOC: Doc = Doc::new(
    "list",
    "2.0.0",
    "Takes an element from the head of the first list that is there, and waits for one if there is none.",
)
.complexity("O(N) where N is the number of provided keys.")
.history(&[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")]);
const BLPOP: Command = Command {
    name: "blpop",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::NOSCRIPT).union(CommandFlags::BLOCKING),
    acl: AclCategories::LIST,
    keys: &[KeySpec::range(1, -2, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0).multiple(), Arg::new("timeout", ArgKind::Double)],
    tips: &[],
    doc: &BLPOP_DOC,
    subcommands: &[],
    run: Run::Data(super::blpop),
};

const BRPOP_DOC: Doc = Doc::new(
    "list",
    "2.0.0",
    "Takes an element from the tail of the first list that is there, and waits for one if there is none.",
)
.complexity("O(N) where N is the number of provided keys.")
.history(&[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")]);
const BRPOP: Command = Command {
    name: "brpop",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::NOSCRIPT).union(CommandFlags::BLOCKING),
    acl: AclCategories::LIST,
    keys: &[KeySpec::range(1, -2, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0).multiple(), Arg::new("timeout", ArgKind::Double)],
    tips: &[],
    doc: &BRPOP_DOC,
    subcommands: &[],
    run: Run::Data(super::brpop),
};

const BLMOVE_DOC: Doc = Doc::new(
    "list",
    "6.2.0",
    "Moves an element from one end of a list to an end of another and returns it; waits while there is none.",
)
.complexity("O(1)");
const BLMOVE: Command = Command {
    name: "blmove",
    arity: Arity::Exactly(6),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::NOSCRIPT).union(CommandFlags::BLOCKING),
    acl: AclCategories::LIST,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE)),
        KeySpec::range(2, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT)),
    ],
    find_keys: None,
    args: &[
        Arg::key("source", 0),
        Arg::key("destination", 1),
        Arg::one_of("wherefrom", &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")]),
        Arg::one_of("whereto", &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")]),
        Arg::new("timeout", ArgKind::Double),
    ],
    tips: &[],
    doc: &BLMOVE_DOC,
    subcommands: &[],
    run: Run::Data(super::blmove),
};

const BRPOPLPUSH_DOC: Doc = Doc::new(
    "list",
    "2.2.0",
    "Moves the tail of a list to the head of another and returns it; waits while there is none.",
)
.complexity("O(1)")
.history(&[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")])
.doc_flags(&["deprecated"])
.deprecated("6.2.0", Some("`BLMOVE` with the `RIGHT` and `LEFT` arguments"));
const BRPOPLPUSH: Command = Command {
    name: "brpoplpush",
    arity: Arity::Exactly(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::NOSCRIPT).union(CommandFlags::BLOCKING),
    acl: AclCategories::LIST,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE)),
        KeySpec::range(2, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT)),
    ],
    find_keys: None,
    args: &[Arg::key("source", 0), Arg::key("destination", 1), Arg::new("timeout", ArgKind::Double)],
    tips: &[],
    doc: &BRPOPLPUSH_DOC,
    subcommands: &[],
    run: Run::Data(super::brpoplpush),
};

const BLMPOP_DOC: Doc = Doc::new(
    "list",
    "7.0.0",
    "Takes one or several elements from the first list that is there, and waits for one if there is none.",
)
.complexity("O(N+M) where N is the number of provided keys and M is the number of elements returned.");
const BLMPOP: Command = Command {
    name: "blmpop",
    arity: Arity::AtLeast(5),
    flags: CommandFlags::WRITE.union(CommandFlags::BLOCKING),
    acl: AclCategories::LIST,
    keys: &[KeySpec::new(
        BeginSearch::Index(2),
        FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    find_keys: None,
    args: &[
        Arg::new("timeout", ArgKind::Double),
        Arg::integer("numkeys"),
        Arg::key("key", 0).multiple(),
        Arg::one_of("where", &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")]),
        Arg::integer("count").token("COUNT").optional(),
    ],
    tips: &[],
    doc: &BLMPOP_DOC,
    subcommands: &[],
    run: Run::Data(super::blmpop),
};
