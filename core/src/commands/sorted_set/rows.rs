//! The rows of the sorted-set family: what 7.0.15 says of each command in COMMAND INFO and COMMAND DOCS; the summaries are
//! our own.

use super::rows_blocking::*;
use crate::commands::row::*;

/// All rows of the family.
pub const ROWS: &[Command] = &[
    BZPOPMIN,
    BZPOPMAX,
    BZMPOP,
    ZADD,
    ZCARD,
    ZCOUNT,
    ZDIFF,
    ZDIFFSTORE,
    ZINCRBY,
    ZINTER,
    ZINTERCARD,
    ZINTERSTORE,
    ZLEXCOUNT,
    ZMPOP,
    ZMSCORE,
    ZPOPMAX,
    ZPOPMIN,
    ZRANDMEMBER,
    ZRANGE,
    ZRANGEBYLEX,
    ZRANGEBYSCORE,
    ZRANGESTORE,
    ZRANK,
    ZREM,
    ZREMRANGEBYLEX,
    ZREMRANGEBYRANK,
    ZREMRANGEBYSCORE,
    ZREVRANGE,
    ZREVRANGEBYLEX,
    ZREVRANGEBYSCORE,
    ZREVRANK,
    ZSCAN,
    ZSCORE,
    ZUNION,
    ZUNIONSTORE,
];

const ZADD_DOC: Doc = Doc::new(
    "sorted-set",
    "1.2.0",
    "Adds members with scores to a sorted set, or changes their scores; creates it if the key is missing.",
)
.complexity("O(log(N)) for each item added, where N is the number of elements in the sorted set.")
.history(&[
    ("2.4.0", "Accepts multiple elements."),
    ("3.0.2", "Added the `XX`, `NX`, `CH` and `INCR` options."),
    ("6.2.0", "Added the `GT` and `LT` options."),
]);
const ZADD: Command = Command {
    name: "zadd",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::one_of("condition", &[Arg::word("nx", "NX"), Arg::word("xx", "XX")]).since("3.0.2").optional(),
        Arg::one_of("comparison", &[Arg::word("gt", "GT"), Arg::word("lt", "LT")]).since("6.2.0").optional(),
        Arg::word("change", "CH").since("3.0.2").optional(),
        Arg::word("increment", "INCR").since("3.0.2").optional(),
        Arg::block("score_member", &[Arg::new("score", ArgKind::Double), Arg::string("member")]).multiple(),
    ],
    tips: &[],
    doc: &ZADD_DOC,
    subcommands: &[],
    run: Run::Data(super::zadd),
};

const ZCARD_DOC: Doc = Doc::new("sorted-set", "1.2.0", "Counts the members of a sorted set.").complexity("O(1)");
const ZCARD: Command = Command {
    name: "zcard",
    arity: Arity::Exactly(2),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0)],
    tips: &[],
    doc: &ZCARD_DOC,
    subcommands: &[],
    run: Run::Data(super::zcard),
};

const ZCOUNT_DOC: Doc = Doc::new("sorted-set", "2.0.0", "Counts the members whose scores lie in a range.")
    .complexity("O(log(N)) with N being the number of elements in the sorted set.");
const ZCOUNT: Command = Command {
    name: "zcount",
    arity: Arity::Exactly(4),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::new("min", ArgKind::Double), Arg::new("max", ArgKind::Double)],
    tips: &[],
    doc: &ZCOUNT_DOC,
    subcommands: &[],
    run: Run::Data(super::zcount),
};

const ZDIFF_DOC: Doc = Doc::new("sorted-set", "6.2.0", "Returns the members of the first sorted set that are in none of the others.")
    .complexity("O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.");
const ZDIFF: Command = Command {
    name: "zdiff",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::new(
        BeginSearch::Index(1),
        FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
        KeyFlags::RO.union(KeyFlags::ACCESS),
    )],
    find_keys: None,
    args: &[Arg::integer("numkeys"), Arg::key("key", 0).multiple(), Arg::word("withscores", "WITHSCORES").optional()],
    tips: &[],
    doc: &ZDIFF_DOC,
    subcommands: &[],
    run: Run::Data(super::zdiff),
};

const ZDIFFSTORE_DOC: Doc = Doc::new("sorted-set", "6.2.0", "Stores the members of the first sorted set that are in none of the others.")
    .complexity("O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.");
const ZDIFFSTORE: Command = Command {
    name: "zdiffstore",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::SORTEDSET,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::new(
            BeginSearch::Index(2),
            FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
            KeyFlags::RO.union(KeyFlags::ACCESS),
        ),
    ],
    find_keys: None,
    args: &[Arg::key("destination", 0), Arg::integer("numkeys"), Arg::key("key", 1).multiple()],
    tips: &[],
    doc: &ZDIFFSTORE_DOC,
    subcommands: &[],
    run: Run::Data(super::zdiffstore),
};

const ZINCRBY_DOC: Doc =
    Doc::new("sorted-set", "1.2.0", "Adds to the score of a member; one that is missing starts at 0.")
        .complexity("O(log(N)) where N is the number of elements in the sorted set.");
const ZINCRBY: Command = Command {
    name: "zincrby",
    arity: Arity::Exactly(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM).union(CommandFlags::FAST),
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("increment"), Arg::string("member")],
    tips: &[],
    doc: &ZINCRBY_DOC,
    subcommands: &[],
    run: Run::Data(super::zincrby),
};

const ZINTER_DOC: Doc = Doc::new("sorted-set", "6.2.0", "Returns the members that several sorted sets have in common.")
    .complexity("O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set.");
const ZINTER: Command = Command {
    name: "zinter",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::new(
        BeginSearch::Index(1),
        FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
        KeyFlags::RO.union(KeyFlags::ACCESS),
    )],
    find_keys: None,
    args: &[
        Arg::integer("numkeys"),
        Arg::key("key", 0).multiple(),
        Arg::integer("weight").token("WEIGHTS").optional().multiple(),
        Arg::one_of("aggregate", &[Arg::word("sum", "SUM"), Arg::word("min", "MIN"), Arg::word("max", "MAX")])
            .token("AGGREGATE")
            .optional(),
        Arg::word("withscores", "WITHSCORES").optional(),
    ],
    tips: &[],
    doc: &ZINTER_DOC,
    subcommands: &[],
    run: Run::Data(super::zinter),
};

const ZINTERCARD_DOC: Doc =
    Doc::new("sorted-set", "7.0.0", "Counts the members that several sorted sets have in common, up to a limit.")
        .complexity(
            "O(N*K) worst case with N being the smallest input sorted set, K being the number of input sorted sets.",
        );
const ZINTERCARD: Command = Command {
    name: "zintercard",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::new(
        BeginSearch::Index(1),
        FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
        KeyFlags::RO.union(KeyFlags::ACCESS),
    )],
    find_keys: None,
    args: &[Arg::integer("numkeys"), Arg::key("key", 0).multiple(), Arg::integer("limit").token("LIMIT").optional()],
    tips: &[],
    doc: &ZINTERCARD_DOC,
    subcommands: &[],
    run: Run::Data(super::zintercard),
};

const ZINTERSTORE_DOC: Doc = Doc::new("sorted-set", "2.0.0", "Stores the members that several sorted sets have in common.")
    .complexity("O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set.");
const ZINTERSTORE: Command = Command {
    name: "zinterstore",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::SORTEDSET,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::new(
            BeginSearch::Index(2),
            FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
            KeyFlags::RO.union(KeyFlags::ACCESS),
        ),
    ],
    find_keys: None,
    args: &[
        Arg::key("destination", 0),
        Arg::integer("numkeys"),
        Arg::key("key", 1).multiple(),
        Arg::integer("weight").token("WEIGHTS").optional().multiple(),
        Arg::one_of("aggregate", &[Arg::word("sum", "SUM"), Arg::word("min", "MIN"), Arg::word("max", "MAX")])
            .token("AGGREGATE")
            .optional(),
    ],
    tips: &[],
    doc: &ZINTERSTORE_DOC,
    subcommands: &[],
    run: Run::Data(super::zinterstore),
};

const ZLEXCOUNT_DOC: Doc =
    Doc::new("sorted-set", "2.8.9", "Counts the members in a range of names, where all scores are equal.")
        .complexity("O(log(N)) with N being the number of elements in the sorted set.");
const ZLEXCOUNT: Command = Command {
    name: "zlexcount",
    arity: Arity::Exactly(4),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("min"), Arg::string("max")],
    tips: &[],
    doc: &ZLEXCOUNT_DOC,
    subcommands: &[],
    run: Run::Data(super::zlexcount),
};

const ZMPOP_DOC: Doc = Doc::new("sorted-set", "7.0.0", "Takes members with the lowest or highest scores out of the first sorted set that has any.")
    .complexity("O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.");
const ZMPOP: Command = Command {
    name: "zmpop",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::WRITE,
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::new(
        BeginSearch::Index(1),
        FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    find_keys: None,
    args: &[
        Arg::integer("numkeys"),
        Arg::key("key", 0).multiple(),
        Arg::one_of("where", &[Arg::word("min", "MIN"), Arg::word("max", "MAX")]),
        Arg::integer("count").token("COUNT").optional(),
    ],
    tips: &[],
    doc: &ZMPOP_DOC,
    subcommands: &[],
    run: Run::Data(super::zmpop),
};

const ZMSCORE_DOC: Doc =
    Doc::new("sorted-set", "6.2.0", "Returns the scores of several members, null for those that are missing.")
        .complexity("O(N) where N is the number of members being requested.");
const ZMSCORE: Command = Command {
    name: "zmscore",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("member").multiple()],
    tips: &[],
    doc: &ZMSCORE_DOC,
    subcommands: &[],
    run: Run::Data(super::zmscore),
};

const ZPOPMAX_DOC: Doc = Doc::new("sorted-set", "5.0.0", "Takes out members with the highest scores.").complexity(
    "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.",
);
const ZPOPMAX: Command = Command {
    name: "zpopmax",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("count").optional()],
    tips: &[],
    doc: &ZPOPMAX_DOC,
    subcommands: &[],
    run: Run::Data(super::zpopmax),
};

const ZPOPMIN_DOC: Doc = Doc::new("sorted-set", "5.0.0", "Takes out members with the lowest scores.").complexity(
    "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.",
);
const ZPOPMIN: Command = Command {
    name: "zpopmin",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("count").optional()],
    tips: &[],
    doc: &ZPOPMIN_DOC,
    subcommands: &[],
    run: Run::Data(super::zpopmin),
};

const ZRANDMEMBER_DOC: Doc = Doc::new("sorted-set", "6.2.0", "Returns members chosen at random.")
    .complexity("O(N) where N is the number of elements returned");
const ZRANDMEMBER: Command = Command {
    name: "zrandmember",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::block("options", &[Arg::integer("count"), Arg::word("withscores", "WITHSCORES").optional()]).optional(),
    ],
    tips: &["nondeterministic_output"],
    doc: &ZRANDMEMBER_DOC,
    subcommands: &[],
    run: Run::Data(super::zrandmember),
};

const ZRANGE_DOC: Doc = Doc::new("sorted-set", "1.2.0", "Returns the members in a range of ranks, scores or names.")
    .complexity(
        "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.",
    )
    .history(&[("6.2.0", "Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options.")]);
const ZRANGE: Command = Command {
    name: "zrange",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::string("start"),
        Arg::string("stop"),
        Arg::one_of("sortby", &[Arg::word("byscore", "BYSCORE"), Arg::word("bylex", "BYLEX")])
            .since("6.2.0")
            .optional(),
        Arg::word("rev", "REV").since("6.2.0").optional(),
        Arg::block("offset_count", &[Arg::integer("offset"), Arg::integer("count")])
            .token("LIMIT")
            .since("6.2.0")
            .optional(),
        Arg::word("withscores", "WITHSCORES").optional(),
    ],
    tips: &[],
    doc: &ZRANGE_DOC,
    subcommands: &[],
    run: Run::Data(super::zrange),
};

const ZRANGEBYLEX_DOC: Doc = Doc::new("sorted-set", "2.8.9", "Returns the members in a range of names, where all scores are equal.")
    .complexity("O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).")
    .doc_flags(&["deprecated"])
    .deprecated("6.2.0", Some("`ZRANGE` with the `BYLEX` argument"));
const ZRANGEBYLEX: Command = Command {
    name: "zrangebylex",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::string("min"),
        Arg::string("max"),
        Arg::block("offset_count", &[Arg::integer("offset"), Arg::integer("count")]).token("LIMIT").optional(),
    ],
    tips: &[],
    doc: &ZRANGEBYLEX_DOC,
    subcommands: &[],
    run: Run::Data(super::zrangebylex),
};

const ZRANGEBYSCORE_DOC: Doc = Doc::new("sorted-set", "1.0.5", "Returns the members whose scores lie in a range.")
    .complexity("O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).")
    .history(&[("2.0.0", "Added the `WITHSCORES` modifier.")])
    .doc_flags(&["deprecated"])
    .deprecated("6.2.0", Some("`ZRANGE` with the `BYSCORE` argument"));
const ZRANGEBYSCORE: Command = Command {
    name: "zrangebyscore",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::new("min", ArgKind::Double),
        Arg::new("max", ArgKind::Double),
        Arg::word("withscores", "WITHSCORES").since("2.0.0").optional(),
        Arg::block("offset_count", &[Arg::integer("offset"), Arg::integer("count")]).token("LIMIT").optional(),
    ],
    tips: &[],
    doc: &ZRANGEBYSCORE_DOC,
    subcommands: &[],
    run: Run::Data(super::zrangebyscore),
};

const ZRANGESTORE_DOC: Doc = Doc::new("sorted-set", "6.2.0", "Stores the members in a range of another sorted set.")
    .complexity("O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements stored into the destination key.");
const ZRANGESTORE: Command = Command {
    name: "zrangestore",
    arity: Arity::AtLeast(5),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::SORTEDSET,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::range(2, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    find_keys: None,
    args: &[
        Arg::key("dst", 0),
        Arg::key("src", 1),
        Arg::string("min"),
        Arg::string("max"),
        Arg::one_of("sortby", &[Arg::word("byscore", "BYSCORE"), Arg::word("bylex", "BYLEX")]).optional(),
        Arg::word("rev", "REV").optional(),
        Arg::block("offset_count", &[Arg::integer("offset"), Arg::integer("count")]).token("LIMIT").optional(),
    ],
    tips: &[],
    doc: &ZRANGESTORE_DOC,
    subcommands: &[],
    run: Run::Data(super::zrangestore),
};

const ZRANK_DOC: Doc =
    Doc::new("sorted-set", "2.0.0", "Returns how many members come before one, from the lowest score.")
        .complexity("O(log(N))");
const ZRANK: Command = Command {
    name: "zrank",
    arity: Arity::Exactly(3),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("member")],
    tips: &[],
    doc: &ZRANK_DOC,
    subcommands: &[],
    run: Run::Data(super::zrank),
};

const ZREM_DOC: Doc = Doc::new("sorted-set", "1.2.0", "Removes members from a sorted set.")
    .complexity(
        "O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to be removed.",
    )
    .history(&[("2.4.0", "Accepts multiple elements.")]);
const ZREM: Command = Command {
    name: "zrem",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::FAST),
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("member").multiple()],
    tips: &[],
    doc: &ZREM_DOC,
    subcommands: &[],
    run: Run::Data(super::zrem),
};

const ZREMRANGEBYLEX_DOC: Doc = Doc::new("sorted-set", "2.8.9", "Removes the members in a range of names, where all scores are equal.")
    .complexity("O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.");
const ZREMRANGEBYLEX: Command = Command {
    name: "zremrangebylex",
    arity: Arity::Exactly(4),
    flags: CommandFlags::WRITE,
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("min"), Arg::string("max")],
    tips: &[],
    doc: &ZREMRANGEBYLEX_DOC,
    subcommands: &[],
    run: Run::Data(super::zremrangebylex),
};

const ZREMRANGEBYRANK_DOC: Doc = Doc::new("sorted-set", "2.0.0", "Removes the members in a range of ranks.")
    .complexity("O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.");
const ZREMRANGEBYRANK: Command = Command {
    name: "zremrangebyrank",
    arity: Arity::Exactly(4),
    flags: CommandFlags::WRITE,
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::integer("start"), Arg::integer("stop")],
    tips: &[],
    doc: &ZREMRANGEBYRANK_DOC,
    subcommands: &[],
    run: Run::Data(super::zremrangebyrank),
};

const ZREMRANGEBYSCORE_DOC: Doc = Doc::new("sorted-set", "1.2.0", "Removes the members whose scores lie in a range.")
    .complexity("O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.");
const ZREMRANGEBYSCORE: Command = Command {
    name: "zremrangebyscore",
    arity: Arity::Exactly(4),
    flags: CommandFlags::WRITE,
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RW.union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::new("min", ArgKind::Double), Arg::new("max", ArgKind::Double)],
    tips: &[],
    doc: &ZREMRANGEBYSCORE_DOC,
    subcommands: &[],
    run: Run::Data(super::zremrangebyscore),
};

const ZREVRANGE_DOC: Doc =
    Doc::new("sorted-set", "1.2.0", "Returns the members in a range of ranks, from the highest score.")
        .complexity(
            "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.",
        )
        .doc_flags(&["deprecated"])
        .deprecated("6.2.0", Some("`ZRANGE` with the `REV` argument"));
const ZREVRANGE: Command = Command {
    name: "zrevrange",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::integer("start"),
        Arg::integer("stop"),
        Arg::word("withscores", "WITHSCORES").optional(),
    ],
    tips: &[],
    doc: &ZREVRANGE_DOC,
    subcommands: &[],
    run: Run::Data(super::zrevrange),
};

const ZREVRANGEBYLEX_DOC: Doc = Doc::new("sorted-set", "2.8.9", "Returns the members in a range of names, the last first.")
    .complexity("O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).")
    .doc_flags(&["deprecated"])
    .deprecated("6.2.0", Some("`ZRANGE` with the `REV` and `BYLEX` arguments"));
const ZREVRANGEBYLEX: Command = Command {
    name: "zrevrangebylex",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::string("max"),
        Arg::string("min"),
        Arg::block("offset_count", &[Arg::integer("offset"), Arg::integer("count")]).token("LIMIT").optional(),
    ],
    tips: &[],
    doc: &ZREVRANGEBYLEX_DOC,
    subcommands: &[],
    run: Run::Data(super::zrevrangebylex),
};

const ZREVRANGEBYSCORE_DOC: Doc = Doc::new("sorted-set", "2.2.0", "Returns the members whose scores lie in a range, the highest first.")
    .complexity("O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).")
    .history(&[("2.1.6", "`min` and `max` can be exclusive.")])
    .doc_flags(&["deprecated"])
    .deprecated("6.2.0", Some("`ZRANGE` with the `REV` and `BYSCORE` arguments"));
const ZREVRANGEBYSCORE: Command = Command {
    name: "zrevrangebyscore",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::new("max", ArgKind::Double),
        Arg::new("min", ArgKind::Double),
        Arg::word("withscores", "WITHSCORES").optional(),
        Arg::block("offset_count", &[Arg::integer("offset"), Arg::integer("count")]).token("LIMIT").optional(),
    ],
    tips: &[],
    doc: &ZREVRANGEBYSCORE_DOC,
    subcommands: &[],
    run: Run::Data(super::zrevrangebyscore),
};

const ZREVRANK_DOC: Doc =
    Doc::new("sorted-set", "2.0.0", "Returns how many members come before one, from the highest score.")
        .complexity("O(log(N))");
const ZREVRANK: Command = Command {
    name: "zrevrank",
    arity: Arity::Exactly(3),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("member")],
    tips: &[],
    doc: &ZREVRANK_DOC,
    subcommands: &[],
    run: Run::Data(super::zrevrank),
};

const ZSCAN_DOC: Doc = Doc::new("sorted-set", "2.8.0", "Walks the members and scores of a sorted set step by step.")
    .complexity("O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection..");
const ZSCAN: Command = Command {
    name: "zscan",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[
        Arg::key("key", 0),
        Arg::integer("cursor"),
        Arg::new("pattern", ArgKind::Pattern).token("MATCH").optional(),
        Arg::integer("count").token("COUNT").optional(),
    ],
    tips: &["nondeterministic_output"],
    doc: &ZSCAN_DOC,
    subcommands: &[],
    run: Run::Data(super::zscan),
};

const ZSCORE_DOC: Doc = Doc::new("sorted-set", "1.2.0", "Returns the score of a member.").complexity("O(1)");
const ZSCORE: Command = Command {
    name: "zscore",
    arity: Arity::Exactly(3),
    flags: CommandFlags::READONLY.union(CommandFlags::FAST),
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    find_keys: None,
    args: &[Arg::key("key", 0), Arg::string("member")],
    tips: &[],
    doc: &ZSCORE_DOC,
    subcommands: &[],
    run: Run::Data(super::zscore),
};

const ZUNION_DOC: Doc = Doc::new("sorted-set", "6.2.0", "Returns the members of several sorted sets, their scores added up.")
    .complexity("O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.");
const ZUNION: Command = Command {
    name: "zunion",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::READONLY,
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::new(
        BeginSearch::Index(1),
        FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
        KeyFlags::RO.union(KeyFlags::ACCESS),
    )],
    find_keys: None,
    args: &[
        Arg::integer("numkeys"),
        Arg::key("key", 0).multiple(),
        Arg::integer("weight").token("WEIGHTS").optional().multiple(),
        Arg::one_of("aggregate", &[Arg::word("sum", "SUM"), Arg::word("min", "MIN"), Arg::word("max", "MAX")])
            .token("AGGREGATE")
            .optional(),
        Arg::word("withscores", "WITHSCORES").optional(),
    ],
    tips: &[],
    doc: &ZUNION_DOC,
    subcommands: &[],
    run: Run::Data(super::zunion),
};

const ZUNIONSTORE_DOC: Doc = Doc::new("sorted-set", "2.0.0", "Stores the members of several sorted sets, their scores added up.")
    .complexity("O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.");
const ZUNIONSTORE: Command = Command {
    name: "zunionstore",
    arity: Arity::AtLeast(4),
    flags: CommandFlags::WRITE.union(CommandFlags::DENYOOM),
    acl: AclCategories::SORTEDSET,
    keys: &[
        KeySpec::range(1, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::new(
            BeginSearch::Index(2),
            FindKeys::KeyNum { key_num_index: 0, first_key: 1, key_step: 1 },
            KeyFlags::RO.union(KeyFlags::ACCESS),
        ),
    ],
    find_keys: None,
    args: &[
        Arg::key("destination", 0),
        Arg::integer("numkeys"),
        Arg::key("key", 1).multiple(),
        Arg::integer("weight").token("WEIGHTS").optional().multiple(),
        Arg::one_of("aggregate", &[Arg::word("sum", "SUM"), Arg::word("min", "MIN"), Arg::word("max", "MAX")])
            .token("AGGREGATE")
            .optional(),
    ],
    tips: &[],
    doc: &ZUNIONSTORE_DOC,
    subcommands: &[],
    run: Run::Data(super::zunionstore),
};
