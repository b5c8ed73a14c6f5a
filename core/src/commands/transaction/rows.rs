//! The rows of this family.

use crate::commands::row::*;

/// All rows of the family.
pub const ROWS: &[Command] = &[MULTI, EXEC, DISCARD, WATCH, UNWATCH];

const MULTI_DOC: Doc =
    Doc::new("transactions", "1.2.0", "Starts a transaction: commands are queued until EXEC.").complexity("O(1)");
const MULTI: Command = Command {
    name: "multi",
    arity: Arity::Exactly(1),
    flags: CommandFlags::NOSCRIPT
        .union(CommandFlags::LOADING)
        .union(CommandFlags::STALE)
        .union(CommandFlags::FAST)
        .union(CommandFlags::ALLOW_BUSY),
    acl: AclCategories::TRANSACTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &MULTI_DOC,
    subcommands: &[],
    run: Run::Server(super::multi),
};

const EXEC_DOC: Doc = Doc::new("transactions", "1.2.0", "Runs the queued commands, with nothing in between.")
    .complexity("Depends on commands in the transaction");
const EXEC: Command = Command {
    name: "exec",
    arity: Arity::Exactly(1),
    flags: CommandFlags::NOSCRIPT
        .union(CommandFlags::LOADING)
        .union(CommandFlags::STALE)
        .union(CommandFlags::SKIP_SLOWLOG),
    acl: AclCategories::TRANSACTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &EXEC_DOC,
    subcommands: &[],
    run: Run::Server(super::exec),
};

const DISCARD_DOC: Doc = Doc::new("transactions", "2.0.0", "Forgets the queued commands and what was watched.")
    .complexity("O(N), when N is the number of queued commands");
const DISCARD: Command = Command {
    name: "discard",
    arity: Arity::Exactly(1),
    flags: CommandFlags::NOSCRIPT
        .union(CommandFlags::LOADING)
        .union(CommandFlags::STALE)
        .union(CommandFlags::FAST)
        .union(CommandFlags::ALLOW_BUSY),
    acl: AclCategories::TRANSACTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &DISCARD_DOC,
    subcommands: &[],
    run: Run::Server(super::discard),
};

const WATCH_DOC: Doc = Doc::new("transactions", "2.2.0", "Makes EXEC fail if one of the keys changes before.")
    .complexity("O(1) for every key.");
const WATCH: Command = Command {
    name: "watch",
    arity: Arity::AtLeast(2),
    flags: CommandFlags::NOSCRIPT
        .union(CommandFlags::LOADING)
        .union(CommandFlags::STALE)
        .union(CommandFlags::FAST)
        .union(CommandFlags::ALLOW_BUSY),
    acl: AclCategories::TRANSACTION,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO)],
    find_keys: None,
    args: &[Arg::key("key", 0).multiple()],
    tips: &[],
    doc: &WATCH_DOC,
    subcommands: &[],
    run: Run::Server(super::watch),
};

const UNWATCH_DOC: Doc = Doc::new("transactions", "2.2.0", "Forgets all watched keys.").complexity("O(1)");
const UNWATCH: Command = Command {
    name: "unwatch",
    arity: Arity::Exactly(1),
    flags: CommandFlags::NOSCRIPT
        .union(CommandFlags::LOADING)
        .union(CommandFlags::STALE)
        .union(CommandFlags::FAST)
        .union(CommandFlags::ALLOW_BUSY),
    acl: AclCategories::TRANSACTION,
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &UNWATCH_DOC,
    subcommands: &[],
    run: Run::Server(super::unwatch),
};
