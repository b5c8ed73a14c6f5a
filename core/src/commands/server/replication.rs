//! SYNC and REPLCONF: what replicas say to their primary. What it does for them is in
//! [`engine::replicas`](crate::engine::replicas).

use crate::commands::row::*;
use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::ClientId;
use crate::numbers::integer::parse_i64;

const SYNC_DOC: Doc = Doc::new("server", "1.0.0", "Asks for a copy of the data set, and for all changes from then on.");
/// SYNC
pub const SYNC: Command = Command {
    name: "sync",
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
    doc: &SYNC_DOC,
    subcommands: &[],
    run: Run::Server(sync),
};

const REPLCONF_DOC: Doc =
    Doc::new("server", "3.0.0", "Tells a primary something about its replica, and the other way round.")
        .complexity("O(1)")
        .doc_flags(&["syscmd"]);
/// REPLCONF
pub const REPLCONF: Command = Command {
    name: "replconf",
    arity: Arity::AtLeast(1),
    flags: CommandFlags::ADMIN
        .union(CommandFlags::NOSCRIPT)
        .union(CommandFlags::LOADING)
        .union(CommandFlags::STALE)
        .union(CommandFlags::ALLOW_BUSY),
    acl: AclCategories::empty(),
    keys: &[],
    find_keys: None,
    args: &[],
    tips: &[],
    doc: &REPLCONF_DOC,
    subcommands: &[],
    run: Run::Server(replconf),
};

/// An announced address may be that long.
const ADDRESS_BYTES_MAX: usize = 255;

/// `SYNC`. A copy of the data set follows, and then all changes; there is no reply. Errors: unread replies.
fn sync(engine: &mut Engine, client: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.synchronise(client)?;
    Ok(Flow::Done)
}

/// `REPLCONF option value …`. Errors: Syntax, a value that is no number, unknown options.
fn replconf(engine: &mut Engine, client: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    if args.len().is_multiple_of(2) {
        return Err(CommandError::Syntax);
    }
    for at in (1..args.len()).step_by(2) {
        let value = args.at(at + 1);
        let number = || parse_i64(value).ok_or(CommandError::NotInteger);
        match () {
            () if args.is(at, "listening-port") => engine.announced(client).listening_port = number()?,
            () if args.is(at, "ip-address") => {
                if value.len() > ADDRESS_BYTES_MAX {
                    let text = format!(
                        "ERR REPLCONF ip-address provided by replica instance is too long: {} bytes",
                        value.len()
                    );
                    return Err(CommandError::formatted(text));
                }
                engine.announced(client).address = value.to_vec();
            }
            // Copies always come with their length, and there are no partial ones.
            () if args.is(at, "capa") => {}
            () if args.is(at, "ack") => {
                // It expects no answer.
                if let Some(offset) = parse_i64(value) {
                    engine.acknowledge(client, offset);
                }
                return Ok(Flow::Done);
            }
            // For replicas.
            () if args.is(at, "getack") => return Ok(Flow::Done),
            () if args.is(at, "rdb-only") => {
                let copy_only = number()?;
                if !(0..=1).contains(&copy_only) {
                    return Err(CommandError::Text("ERR value is out of range, value must between 0 and 1"));
                }
                engine.announced(client).copy_only = copy_only == 1;
            }
            () if args.is(at, "rdb-filter-only") => {
                return Err(CommandError::NotSupported("REPLCONF rdb-filter-only"));
            }
            () => {
                let text = [b"ERR Unrecognized REPLCONF option: ", args.at(at)].concat();
                return Err(CommandError::formatted(text));
            }
        }
    }
    engine.reply(client).ok();
    Ok(Flow::Done)
}
