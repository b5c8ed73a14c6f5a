//! The rows of the blocking commands of sorted sets; see [`rows`](super::rows).

use crate::commands::row::*;

const BZPOPMIN_DOC: Doc = Doc::new(
    "sorted-set",
    "5.0.0",
    "Takes the member with the lowest score from the first sorted set that is there, and waits if there is none.",
)
.complexity("O(log(N)) with N being the number of elements in the sorted set.")
.history(&[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")]);
pub(super) const BZPOPMIN: Command = Command {
    name: "bzpopmin",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::NOSCRIPT).union(CommandFlags::BLOCKING).union(CommandFlags::FAST),
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, -2, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0).multiple(), Arg::new("timeout", ArgKind::Double)],
    tips: &[],
    doc: &BZPOPMIN_DOC,
    subcommands: &[],
    run: Run::Data(super::bzpopmin),
};

const BZPOPMAX_DOC: Doc = Doc::new(
    "sorted-set",
    "5.0.0",
    "Takes the member with the highest score from the first sorted set that is there, and waits if there is none.",
)
.complexity("O(log(N)) with N being the number of elements in the sorted set.")
.history(&[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")]);
pub(super) const BZPOPMAX: Command = Command {
    name: "bzpopmax",
    arity: Arity::AtLeast(3),
    flags: CommandFlags::WRITE.union(CommandFlags::NOSCRIPT).union(CommandFlags::BLOCKING).union(CommandFlags::FAST),
    acl: AclCategories::SORTEDSET,
    keys: &[KeySpec::range(1, -2, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE))],
    find_keys: None,
    args: &[Arg::key("key", 0).multiple(), Arg::new("timeout", ArgKind::Double)],
    tips: &[],
    doc: &BZPOPMAX_DOC,
    subcommands: &[],
    run: Run::Data(super::bzpopmax),
};

const BZMPOP_DOC: Doc = Doc::new("sorted-set", "7.0.0", "Takes members from an end of the first sorted set that is there, and waits if there is none.")
    .complexity("O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.");
pub(super) const BZMPOP: Command = Command {
    name: "bzmpop",
    arity: Arity::AtLeast(5),
    flags: CommandFlags::WRITE.union(CommandFlags::BLOCKING),
    acl: AclCategories::SORTEDSET,
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
        Arg::one_of("where", &[Arg::word("min", "MIN"), Arg::word("max", "MAX")]),
        Arg::integer("count").token("COUNT").optional(),
    ],
    tips: &[],
    doc: &BZMPOP_DOC,
    subcommands: &[],
    run: Run::Data(super::bzmpop),
};
