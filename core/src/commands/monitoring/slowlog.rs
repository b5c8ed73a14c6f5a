//! SLOWLOG GET, LEN, RESET, HELP: what took long.

use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::ClientId;
use crate::numbers::integer::parse_i64;

/// Entries that SLOWLOG GET answers when no number is given.
const SHOWN: usize = 10;

/// `SLOWLOG GET [count]`, the latest first; -1: all. O(entries).
pub fn slowlog_get(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let count = match args.len() {
        2 => SHOWN,
        3 => {
            let error = CommandError::Text("ERR count should be greater than or equal to -1");
            let count = parse_i64(args.at(2)).filter(|&count| count >= -1).ok_or(error)?;
            usize::try_from(count).unwrap_or(usize::MAX)
        }
        _ => {
            // Its row lets more arguments through. It is quoted as it was typed.
            let head = b"ERR unknown subcommand or wrong number of arguments for '".as_slice();
            return Err(CommandError::formatted([head, args.at(1), b"'. Try SLOWLOG HELP."].concat()));
        }
    };
    let reply = &mut engine.clients.get_mut(id).expect("the client of a running command exists").reply;
    let calls = engine.slow_log.calls();
    reply.array(count.min(calls.len()));
    for call in calls.take(count) {
        reply.array(6);
        reply.integer(call.number as i64);
        reply.integer(call.at_s as i64);
        reply.integer(call.elapsed_us as i64);
        reply.array(call.args.len());
        call.args.iter().for_each(|arg| reply.bulk(arg));
        reply.bulk(call.address.as_bytes());
        reply.bulk(&call.client_name);
    }
    Ok(Flow::Done)
}

/// `SLOWLOG LEN`. O(1).
pub fn slowlog_len(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    let count = engine.slow_log.calls().len();
    engine.reply(id).count(count);
    Ok(Flow::Done)
}

/// `SLOWLOG RESET`. O(entries).
pub fn slowlog_reset(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.slow_log.clear();
    engine.reply(id).ok();
    Ok(Flow::Done)
}

/// `SLOWLOG HELP`.
pub fn slowlog_help(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.reply(id).help("SLOWLOG", HELP);
    Ok(Flow::Done)
}

const HELP: &[&str] = &[
    "GET [<count>]",
    "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
    "    Entries are made of:",
    "    id, timestamp, time in microseconds, arguments array, client IP and port,",
    "    client name",
    "LEN",
    "    Return the length of the slowlog.",
    "RESET",
    "    Reset the slowlog.",
];
