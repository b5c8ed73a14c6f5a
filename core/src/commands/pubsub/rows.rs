//! The rows of this family.

use crate::commands::row::*;

/// All rows of the family.
pub const ROWS: &[Command] =
    &[SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE, UNSUBSCRIBE, PUNSUBSCRIBE, SUNSUBSCRIBE, PUBLISH, SPUBLISH, PUBSUB];

const SUBSCRIBE_DOC: Doc = Doc::new("pubsub", "2.0.0", "Listens to channels.")
    .complexity("O(N) where N is the number of channels to subscribe to.");
const SUBSCRIBE: Command = Command {
    name: "subscribe",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::PUBSUB.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::string("channel").multiple()],
    tips: &[],
    doc: &SUBSCRIBE_DOC,
    subcommands: &[],
    run: Run::Server(super::subscribe),
};

const PSUBSCRIBE_DOC: Doc = Doc::new("pubsub", "2.0.0", "Listens to the channels whose names match patterns.")
    .complexity("O(N) where N is the number of patterns the client is already subscribed to.");
const PSUBSCRIBE: Command = Command {
    name: "psubscribe",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::PUBSUB.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::block("pattern", &[Arg::new("pattern", ArgKind::Pattern)]).multiple()],
    tips: &[],
    doc: &PSUBSCRIBE_DOC,
    subcommands: &[],
    run: Run::Server(super::psubscribe),
};

const SSUBSCRIBE_DOC: Doc = Doc::new("pubsub", "7.0.0", "Listens to shard channels.")
    .complexity("O(N) where N is the number of shard channels to subscribe to.");
const SSUBSCRIBE: Command = Command {
    name: "ssubscribe",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::PUBSUB.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::NOT_KEY)],
    find_keys: None,
    args: &[Arg::string("shardchannel").multiple()],
    tips: &[],
    doc: &SSUBSCRIBE_DOC,
    subcommands: &[],
    run: Run::Server(super::ssubscribe),
};

const UNSUBSCRIBE_DOC: Doc = Doc::new("pubsub", "2.0.0", "Stops listening to channels.")
    .complexity("O(N) where N is the number of clients already subscribed to a channel.");
const UNSUBSCRIBE: Command = Command {
    name: "unsubscribe",
    arity: Arity::AtLeast(1),
    flags: CommandFlags::PUBSUB.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::string("channel").optional().multiple()],
    tips: &[],
    doc: &UNSUBSCRIBE_DOC,
    subcommands: &[],
    run: Run::Server(super::unsubscribe),
};

const PUNSUBSCRIBE_DOC: Doc = Doc::new("pubsub", "2.0.0", "Stops listening to patterns.")
    .complexity("O(N+M) where N is the number of patterns the client is already subscribed and M is the number of total patterns subscribed in the system (by any client).");
const PUNSUBSCRIBE: Command = Command {
    name: "punsubscribe",
    arity: Arity::AtLeast(1),
    flags: CommandFlags::PUBSUB.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::new("pattern", ArgKind::Pattern).optional().multiple()],
    tips: &[],
    doc: &PUNSUBSCRIBE_DOC,
    subcommands: &[],
    run: Run::Server(super::punsubscribe),
};

const SUNSUBSCRIBE_DOC: Doc = Doc::new("pubsub", "7.0.0", "Stops listening to shard channels.")
    .complexity("O(N) where N is the number of clients already subscribed to a shard channel.");
const SUNSUBSCRIBE: Command = Command {
    name: "sunsubscribe",
    arity: Arity::AtLeast(1),
    flags: CommandFlags::PUBSUB.union(CommandFlags::NOSCRIPT).union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::NOT_KEY)],
    find_keys: None,
    args: &[Arg::string("shardchannel").optional().multiple()],
    tips: &[],
    doc: &SUNSUBSCRIBE_DOC,
    subcommands: &[],
    run: Run::Server(super::sunsubscribe),
};

const PUBLISH_DOC: Doc = Doc::new("pubsub", "2.0.0", "Sends a message to all who listen to a channel.")
    .complexity("O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any client).");
const PUBLISH: Command = Command {
    name: "publish",
    arity: Arity::Exactly(3),
    flags: CommandFlags::PUBSUB
        .union(CommandFlags::LOADING)
        .union(CommandFlags::STALE)
        .union(CommandFlags::FAST)
        .union(CommandFlags::MAY_REPLICATE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::string("channel"), Arg::string("message")],
    tips: &[],
    doc: &PUBLISH_DOC,
    subcommands: &[],
    run: Run::Server(super::publish),
};

const SPUBLISH_DOC: Doc = Doc::new("pubsub", "7.0.0", "Sends a message to all who listen to a shard channel.")
    .complexity("O(N) where N is the number of clients subscribed to the receiving shard channel.");
const SPUBLISH: Command = Command {
    name: "spublish",
    arity: Arity::Exactly(3),
    flags: CommandFlags::PUBSUB
        .union(CommandFlags::LOADING)
        .union(CommandFlags::STALE)
        .union(CommandFlags::FAST)
        .union(CommandFlags::MAY_REPLICATE),
    acl: AclCategories::empty(),
    keys: &[KeySpec::range(1, 0, 1, KeyFlags::NOT_KEY)],
    find_keys: None,
    args: &[Arg::string("shardchannel"), Arg::string("message")],
    tips: &[],
    doc: &SPUBLISH_DOC,
    subcommands: &[],
    run: Run::Server(super::spublish),
};

const PUBSUB_CHANNELS_DOC: Doc = Doc::new("pubsub", "2.8.0", "Names the channels that somebody listens to.")
    .complexity("O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels and patterns)");
const PUBSUB_CHANNELS: Command = Command {
    name: "pubsub|channels",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::PUBSUB.union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::new("pattern", ArgKind::Pattern).optional()],
    tips: &[],
    doc: &PUBSUB_CHANNELS_DOC,
    subcommands: &[],
    run: Run::Server(super::pubsub_channels),
};

const PUBSUB_HELP_DOC: Doc = Doc::new("pubsub", "6.2.0", "Explains the subcommands.").complexity("O(1)");
const PUBSUB_HELP: Command = Command {
    name: "pubsub|help",
    arity: Arity::Exactly(2),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &PUBSUB_HELP_DOC,
    subcommands: &[],
    run: Run::Server(super::pubsub_help),
};

const PUBSUB_NUMPAT_DOC: Doc =
    Doc::new("pubsub", "2.8.0", "Counts the patterns that somebody listens to.").complexity("O(1)");
const PUBSUB_NUMPAT: Command = Command {
    name: "pubsub|numpat",
    arity: Arity::Exactly(2),
    flags: CommandFlags::PUBSUB.union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &PUBSUB_NUMPAT_DOC,
    subcommands: &[],
    run: Run::Server(super::pubsub_numpat),
};

const PUBSUB_NUMSUB_DOC: Doc = Doc::new("pubsub", "2.8.0", "Counts who listens to each of some channels.")
    .complexity("O(N) for the NUMSUB subcommand, where N is the number of requested channels");
const PUBSUB_NUMSUB: Command = Command {
    name: "pubsub|numsub",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::PUBSUB.union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::string("channel").optional().multiple()],
    tips: &[],
    doc: &PUBSUB_NUMSUB_DOC,
    subcommands: &[],
    run: Run::Server(super::pubsub_numsub),
};

const PUBSUB_SHARDCHANNELS_DOC: Doc = Doc::new("pubsub", "7.0.0", "Names the shard channels that somebody listens to.")
    .complexity("O(N) where N is the number of active shard channels, and assuming constant time pattern matching (relatively short shard channels).");
const PUBSUB_SHARDCHANNELS: Command = Command {
    name: "pubsub|shardchannels",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::PUBSUB.union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::new("pattern", ArgKind::Pattern).optional()],
    tips: &[],
    doc: &PUBSUB_SHARDCHANNELS_DOC,
    subcommands: &[],
    run: Run::Server(super::pubsub_shardchannels),
};

const PUBSUB_SHARDNUMSUB_DOC: Doc = Doc::new("pubsub", "7.0.0", "Counts who listens to each of some shard channels.")
    .complexity("O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels");
const PUBSUB_SHARDNUMSUB: Command = Command {
    name: "pubsub|shardnumsub",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::PUBSUB.union(CommandFlags::LOADING).union(CommandFlags::STALE),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::string("shardchannel").optional().multiple()],
    tips: &[],
    doc: &PUBSUB_SHARDNUMSUB_DOC,
    subcommands: &[],
    run: Run::Server(super::pubsub_shardnumsub),
};

const PUBSUB_DOC: Doc =
    Doc::new("pubsub", "2.8.0", "A container for questions about subscriptions.").complexity("Depends on subcommand.");
const PUBSUB: Command = Command {
    name: "pubsub",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::empty(),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &PUBSUB_DOC,
    subcommands: &[
        PUBSUB_CHANNELS,
        PUBSUB_HELP,
        PUBSUB_NUMPAT,
        PUBSUB_NUMSUB,
        PUBSUB_SHARDCHANNELS,
        PUBSUB_SHARDNUMSUB,
    ],
    run: Run::Container,
};
