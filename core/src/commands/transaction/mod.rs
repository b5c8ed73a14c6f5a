//! The transaction family: MULTI, EXEC, DISCARD, WATCH, UNWATCH. What they do is the engine's (`engine/transaction.rs`,
//! `engine/watch.rs`).

pub mod rows;

use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::{ClientFlags, ClientId};

/// `MULTI`. O(1). Errors: a transaction has begun already.
pub fn multi(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    if engine.client(id).flags.contains(ClientFlags::MULTI) {
        return Err(CommandError::Text("ERR MULTI calls can not be nested"));
    }
    engine.begin_transaction(id);
    engine.reply(id).ok();
    Ok(Flow::Done)
}

/// `EXEC`. O(what was queued). Null if a watched key has changed. Errors: no MULTI; a queued command was refused.
pub fn exec(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    let flags = engine.client(id).flags;
    if !flags.contains(ClientFlags::MULTI) {
        return Err(CommandError::Text("ERR EXEC without MULTI"));
    }
    if flags.contains(ClientFlags::DIRTY_QUEUE) {
        engine.discard_transaction(id);
        return Err(CommandError::Text("EXECABORT Transaction discarded because of previous errors."));
    }
    if flags.contains(ClientFlags::DIRTY_WATCH) || engine.watched_key_expired(id) {
        engine.discard_transaction(id);
        engine.reply(id).null_array();
        return Ok(Flow::Done);
    }
    Ok(engine.execute_transaction(id))
}

/// `DISCARD`. O(what was queued and watched). Errors: no MULTI.
pub fn discard(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    if !engine.client(id).flags.contains(ClientFlags::MULTI) {
        return Err(CommandError::Text("ERR DISCARD without MULTI"));
    }
    engine.discard_transaction(id);
    engine.reply(id).ok();
    Ok(Flow::Done)
}

/// `WATCH key…`. O(log n) a key, and O(k) for the k that this client watches already. Errors: inside MULTI.
pub fn watch(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let flags = engine.client(id).flags;
    if flags.contains(ClientFlags::MULTI) {
        return Err(CommandError::Text("ERR WATCH inside MULTI is not allowed"));
    }
    // Once something has changed there is nothing more to find out.
    if !flags.contains(ClientFlags::DIRTY_WATCH) {
        args.from(1).iter().for_each(|key| engine.watch(id, key));
    }
    engine.reply(id).ok();
    Ok(Flow::Done)
}

/// `UNWATCH`. O(keys watched).
pub fn unwatch(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.unwatch_all(id);
    engine.client_mut(id).flags.remove(ClientFlags::DIRTY_WATCH);
    engine.reply(id).ok();
    Ok(Flow::Done)
}
