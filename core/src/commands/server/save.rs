//! SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF: when the data set is written to disk. How is in
//! [`engine::persistence`](crate::engine::persistence).

use crate::commands::row::*;
use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::{ClientFlags, ClientId};

const SAVE_DOC: Doc = Doc::new("server", "1.0.0", "Saves the data set to disk, and answers when that is done.")
    .complexity("O(N) where N is the total number of keys in all databases");
/// SAVE
pub const SAVE: Command = Command {
    name: "save",
    arity: Arity::Exactly(1),
    flags: CommandFlags::ADMIN
        .union(CommandFlags::NOSCRIPT)
        .union(CommandFlags::NO_ASYNC_LOADING)
        .union(CommandFlags::NO_MULTI),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &SAVE_DOC,
    subcommands: &[],
    run: Run::Server(save),
};

const BGSAVE_DOC: Doc = Doc::new("server", "1.0.0", "Saves the data set to disk in the background.")
    .complexity("O(1)")
    .history(&[("3.2.2", "Added the `SCHEDULE` option.")]);
/// BGSAVE
pub const BGSAVE: Command = Command {
    name: "bgsave",
    arity: Arity::AtLeast(1),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::NO_ASYNC_LOADING),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[Arg::word("schedule", "SCHEDULE").since("3.2.2").optional()],
    tips: &[],
    doc: &BGSAVE_DOC,
    subcommands: &[],
    run: Run::Server(bgsave),
};

const BGREWRITEAOF_DOC: Doc = Doc::new(
    "server",
    "1.0.0",
    "Rewrites the append-only file in the background, so that it is as short as it can be.",
)
.complexity("O(1)");
/// BGREWRITEAOF
pub const BGREWRITEAOF: Command = Command {
    name: "bgrewriteaof",
    arity: Arity::Exactly(1),
    flags: CommandFlags::ADMIN.union(CommandFlags::NOSCRIPT).union(CommandFlags::NO_ASYNC_LOADING),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &BGREWRITEAOF_DOC,
    subcommands: &[],
    run: Run::Server(bgrewriteaof),
};

const LASTSAVE_DOC: Doc =
    Doc::new("server", "1.0.0", "Tells when the data set was last saved, as Unix time in seconds.").complexity("O(1)");
/// LASTSAVE
pub const LASTSAVE: Command = Command {
    name: "lastsave",
    arity: Arity::Exactly(1),
    flags: CommandFlags::LOADING.union(CommandFlags::STALE).union(CommandFlags::FAST),
    acl: AclCategories::ADMIN.union(AclCategories::DANGEROUS),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &["nondeterministic_output"],
    doc: &LASTSAVE_DOC,
    subcommands: &[],
    run: Run::Server(lastsave),
};

/// `SAVE`. The server stands still for it. O(data). Errors: a save is under way; `ERR` alone if it fails.
pub fn save(engine: &mut Engine, client: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.save_for(client)?;
    Ok(Flow::Asked)
}

/// `BGSAVE [SCHEDULE]`. Within a transaction it is scheduled always. O(1). Errors: Syntax, a save is under way.
pub fn bgsave(engine: &mut Engine, client: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    if args.len() > 2 || args.len() == 2 && !args.is(1, "SCHEDULE") {
        return Err(CommandError::Syntax);
    }
    let is_transaction = engine.client(client).flags.contains(ClientFlags::MULTI);
    let text = match engine.save_in_background(is_transaction, args.len() == 2)? {
        true => "Background saving started",
        false => "Background saving scheduled",
    };
    engine.reply(client).status(text);
    Ok(Flow::Done)
}

/// `BGREWRITEAOF`. Within a transaction and during a save it is scheduled. O(1). Errors: the log is being rewritten.
pub fn bgrewriteaof(engine: &mut Engine, client: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    let Some(text) = engine.rewrite_for(client)? else { return Ok(Flow::Asked) };
    engine.reply(client).status(text);
    Ok(Flow::Done)
}

/// `LASTSAVE`. O(1).
pub fn lastsave(engine: &mut Engine, client: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    let seconds = engine.persistence().last_save_s;
    engine.reply(client).integer(seconds as i64);
    Ok(Flow::Done)
}
