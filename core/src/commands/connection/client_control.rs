//! CLIENT PAUSE, UNPAUSE, UNBLOCK, REPLY, NO-EVICT: when requests run, and who hears what.

use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::{ClientFlags, ClientId};
use crate::numbers::integer::parse_i64;

/// `CLIENT PAUSE timeout [WRITE | ALL]`, the timeout in milliseconds. O(1).
pub fn client_pause(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let writes_only = match args.len() {
        3 => false,
        4 if args.is(3, "write") => true,
        4 if args.is(3, "all") => false,
        4 => return Err(CommandError::Text("ERR CLIENT PAUSE mode must be WRITE or ALL")),
        _ => return Err(wrong_arguments(args)),
    };
    let timeout_ms = parse_i64(args.at(2));
    let timeout_ms = timeout_ms.ok_or(CommandError::Text("ERR timeout is not an integer or out of range"))?;
    if timeout_ms < 0 {
        return Err(CommandError::Text("ERR timeout is negative"));
    }
    // A time that leaves 63 bits of Unix milliseconds wraps to the past, and pauses nothing.
    let is_future = timeout_ms > 0 && timeout_ms.checked_add(engine.now.unix_ms().0).is_some();
    let duration_us = (timeout_ms as u64).saturating_mul(1000);
    let until_us = if is_future { engine.now.monotonic_us.saturating_add(duration_us) } else { 0 };
    engine.pause_clients(until_us, writes_only);
    engine.end_pause_if_over();
    engine.reply(id).ok();
    Ok(Flow::Done)
}

/// `CLIENT UNPAUSE`. O(n) in waiting connections.
pub fn client_unpause(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.unpause_clients();
    engine.reply(id).ok();
    Ok(Flow::Done)
}

/// `CLIENT UNBLOCK id [TIMEOUT | ERROR]`: whether it was blocked. Those that wait for CLIENT PAUSE don't count. O(log n).
pub fn client_unblock(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let with_error = match args.len() {
        3 => false,
        4 if args.is(3, "timeout") => false,
        4 if args.is(3, "error") => true,
        4 => return Err(CommandError::Text("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")),
        _ => return Err(wrong_arguments(args)),
    };
    let number = parse_i64(args.at(2)).ok_or(CommandError::NotInteger)?;
    // Negative ones wrap, and nobody has such a number.
    let unblocked = engine.unblock_client(number as u64, with_error);
    engine.reply(id).flag(unblocked);
    Ok(Flow::Done)
}

/// `CLIENT REPLY ON | OFF | SKIP`. O(1). OFF and SKIP have no reply themselves.
pub fn client_reply(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let client = engine.client_mut(id);
    if args.is(2, "on") {
        client.flags.remove(ClientFlags::REPLY_SKIP | ClientFlags::REPLY_OFF);
        client.reply.ok();
    } else if args.is(2, "off") {
        client.flags.insert(ClientFlags::REPLY_OFF);
    } else if args.is(2, "skip") {
        let off = client.flags.contains(ClientFlags::REPLY_OFF);
        client.flags.set(ClientFlags::REPLY_SKIP_NEXT, !off);
    } else {
        return Err(CommandError::Syntax);
    }
    Ok(Flow::Done)
}

/// `CLIENT NO-EVICT ON | OFF`. O(1). Whether this connection may be closed when all together take too much memory.
pub fn client_no_evict(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let on = match () {
        _ if args.is(2, "on") => true,
        _ if args.is(2, "off") => false,
        _ => return Err(CommandError::Syntax),
    };
    engine.client_mut(id).flags.set(ClientFlags::NO_EVICT, on);
    engine.reply(id).ok();
    Ok(Flow::Done)
}

/// The subcommand takes fewer arguments than its row lets through. It is quoted as it was typed.
fn wrong_arguments(args: Args<'_>) -> CommandError {
    let head = b"ERR unknown subcommand or wrong number of arguments for '".as_slice();
    CommandError::formatted([head, args.at(1), b"'. Try CLIENT HELP."].concat())
}
