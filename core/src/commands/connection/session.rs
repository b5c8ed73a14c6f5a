//! The small ones: ECHO, PING, QUIT, RESET, SELECT.

use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::{ClientFlags, ClientId};
use crate::keyspace::DbIndex;
use crate::resp::Protocol;

/// `ECHO message`. O(length).
pub fn echo(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    engine.reply(id).bulk(args.at(1));
    Ok(Flow::Done)
}

/// `PING [message]`. O(length).
pub fn ping(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let client = engine.client(id);
    if client.flags.contains(ClientFlags::PUBSUB) && client.reply.protocol() == Protocol::Resp2 && args.len() <= 2 {
        // In the form of a message: nothing else may arrive on such a connection.
        let reply = engine.reply(id);
        reply.array(2);
        reply.bulk(b"pong");
        reply.bulk(args.get(1).unwrap_or_default());
        return Ok(Flow::Done);
    }
    match args.len() {
        1 => engine.reply(id).status("PONG"),
        2 => engine.reply(id).bulk(args.at(1)),
        _ => return Err(CommandError::Arity("ping")),
    }
    Ok(Flow::Done)
}

/// `QUIT`. The connection closes when the reply has been sent; what follows in the pipeline is not executed.
pub fn quit(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.reply(id).ok();
    engine.client_mut(id).flags.insert(ClientFlags::CLOSE_AFTER_REPLY);
    Ok(Flow::Done)
}

/// `RESET`: the connection becomes as new, except for CLIENT NO-EVICT, and except that a CLIENT REPLY SKIP in force still
/// swallows this reply.
pub fn reset(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.disable_tracking(id);
    engine.discard_transaction(id);
    engine.forget_subscriptions(id);
    engine.stop_monitoring(id);
    let open = engine.password().is_none();
    let client = engine.client_mut(id);
    client.db = DbIndex(0);
    client.name = Vec::new();
    client.user = b"default".to_vec();
    client.flags.set(ClientFlags::AUTHENTICATED, open);
    client.flags.remove(ClientFlags::REPLY_OFF | ClientFlags::REPLY_SKIP_NEXT);
    client.reply.protocol = Protocol::Resp2;
    client.reply.status("RESET");
    Ok(Flow::Done)
}

/// `SELECT index`. O(1). Errors: an index that is no 32-bit integer has other texts than one that doesn't exist.
pub fn select(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let index = crate::numbers::integer::parse_i64(args.at(1)).ok_or(CommandError::NotInteger)?;
    if i32::try_from(index).is_err() {
        return Err(CommandError::Text("ERR value is out of range, value must between -2147483648 and 2147483647"));
    }
    if !(0..engine.config.databases as i64).contains(&index) {
        return Err(CommandError::DbIndexOutOfRange);
    }
    engine.client_mut(id).db = DbIndex(index as u32);
    engine.reply(id).ok();
    Ok(Flow::Done)
}
