//! Reads of entries: XLEN, XRANGE, XREVRANGE, XREAD.

use super::entries::reply_entries;
use super::ids;
use crate::commands::wait::{Serve, Wait, parse_millis};
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Lookup;
use crate::numbers::integer::parse_i64;
use crate::resp::Reply;
use crate::resp::reply::Deferred;
use crate::structures::StreamId;
use crate::types::stream::Stream;
use crate::types::{Collection, ValueType};

/// `XLEN key`. O(1).
pub fn xlen(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let count = ctx.db.read_collection::<Stream>(args.at(1))?.map_or(0, Stream::len);
    ctx.reply.count(count);
    Ok(Flow::Done)
}

/// `XRANGE key start end [COUNT count]`. O(log nodes + entries).
pub fn xrange(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply_range(ctx, args, false)
}

/// `XREVRANGE key end start [COUNT count]`: from the last to the first. O(log nodes + entries).
pub fn xrevrange(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply_range(ctx, args, true)
}

fn reply_range(ctx: &mut Ctx<'_>, args: Args<'_>, backwards: bool) -> Result<Flow, CommandError> {
    let (start_at, end_at) = if backwards { (3, 2) } else { (2, 3) };
    let start = ids::interval_start(args.at(start_at))?;
    let end = ids::interval_end(args.at(end_at))?;
    let mut count = None;
    for at in (4..args.len()).step_by(2) {
        let value = args.get(at + 1).filter(|_| args.is(at, "COUNT")).ok_or(CommandError::Syntax)?;
        count = Some(parse_i64(value).ok_or(CommandError::NotInteger)?.max(0) as u64);
    }
    let Some(stream) = ctx.db.read_collection::<Stream>(args.at(1))? else {
        ctx.reply.array(0);
        return Ok(Flow::Done);
    };
    match count {
        Some(0) => ctx.reply.null_array(),
        count if backwards => reply_entries(ctx.reply, stream.range_backwards(start, end), count.unwrap_or(0)),
        count => reply_entries(ctx.reply, stream.range(start, end), count.unwrap_or(0)),
    }
    Ok(Flow::Done)
}

/// The options of XREAD and XREADGROUP.
pub struct ReadOptions<'a> {
    /// 0: all.
    pub count: u64,
    /// BLOCK's milliseconds; `Some(None)`: for ever.
    pub block_ms: Option<Option<u64>>,
    pub no_ack: bool,
    /// The group and the consumer.
    pub group: Option<(&'a [u8], &'a [u8])>,
    pub keys: Args<'a>,
    pub ids: Args<'a>,
}

impl<'a> ReadOptions<'a> {
    /// Everything up to the keys and ids. Errors: Syntax, NotInteger, and those of the one command about the options of the other.
    pub fn parse(args: Args<'a>, grouped: bool, in_script: bool) -> Result<ReadOptions<'a>, CommandError> {
        let (mut count, mut block_ms, mut no_ack, mut group) = (0, None, false, None);
        let mut at = 1;
        while at < args.len() {
            let left = args.len() - at - 1;
            if args.is(at, "BLOCK") && left > 0 {
                if in_script {
                    let text = b" command is not allowed with BLOCK option from scripts";
                    return Err(CommandError::formatted([b"ERR ", args.at(0), text].concat()));
                }
                at += 1;
                block_ms = Some(parse_millis(args.at(at))?);
            } else if args.is(at, "COUNT") && left > 0 {
                at += 1;
                count = parse_i64(args.at(at)).ok_or(CommandError::NotInteger)?.max(0) as u64;
            } else if args.is(at, "STREAMS") && left > 0 {
                let rest = args.from(at + 1);
                if !left.is_multiple_of(2) {
                    return Err(UNBALANCED);
                }
                if grouped && group.is_none() {
                    return Err(CommandError::Text("ERR Missing GROUP option for XREADGROUP"));
                }
                let keys = rest.first(left / 2);
                return Ok(ReadOptions { count, block_ms, no_ack, group, keys, ids: rest.from(left / 2) });
            } else if args.is(at, "GROUP") && left > 1 {
                if !grouped {
                    return Err(GROUP_IN_XREAD);
                }
                group = Some((args.at(at + 1), args.at(at + 2)));
                at += 2;
            } else if args.is(at, "NOACK") {
                if !grouped {
                    return Err(NOACK_IN_XREAD);
                }
                no_ack = true;
            } else {
                return Err(CommandError::Syntax);
            }
            at += 1;
        }
        Err(CommandError::Syntax)
    }
}

/// Whether options and a balanced list of streams can be told apart, whatever the options' values: only then client tracking
/// remembers the keys of an XREAD, though COMMAND GETKEYS finds some in others, too.
pub fn names_streams(args: Args<'_>) -> bool {
    let mut at = 1;
    while at < args.len() {
        at += match () {
            () if args.is(at, "BLOCK") || args.is(at, "COUNT") => 2,
            () if args.is(at, "GROUP") => 3,
            () if args.is(at, "NOACK") => 1,
            () if args.is(at, "STREAMS") => {
                let left = args.len() - at - 1;
                return left > 0 && left.is_multiple_of(2);
            }
            () => return false,
        };
    }
    false
}

const UNBALANCED: CommandError =
    CommandError::Text("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.");
const GROUP_IN_XREAD: CommandError =
    CommandError::Text("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.");
const NOACK_IN_XREAD: CommandError =
    CommandError::Text("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.");
const NEW_IN_XREAD: CommandError = CommandError::Text(
    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
);

/// `XREAD [COUNT count] [BLOCK ms] STREAMS key [key ...] id [id ...]`: entries behind each id; `$`: behind all there is now.
/// O(log nodes + entries).
pub fn xread(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let options = ReadOptions::parse(args, false, ctx.in_script)?;
    let mut starts = Vec::with_capacity(options.keys.len());
    for (key, id) in options.keys.iter().zip(options.ids.iter()) {
        let last_id = ctx.db.read_collection::<Stream>(key)?.map(|stream| stream.counters().last_id);
        starts.push(match id {
            b"$" => last_id.unwrap_or(StreamId::MIN),
            b">" => return Err(NEW_IN_XREAD),
            id => ids::strict(id)?,
        });
    }
    let place = ctx.reply.deferred();
    let mut served = 0;
    for (key, &after) in options.keys.iter().zip(&starts) {
        let Some(stream) = ctx.db.read_collection::<Stream>(key)? else { continue };
        let Some(start) = after.next() else { continue };
        if stream.last().is_none_or(|last| last.id <= after) {
            continue;
        }
        served += 1;
        begin_stream(ctx.reply, key);
        reply_entries(ctx.reply, stream.range(start, StreamId::MAX), options.count);
    }
    if served == 0
        && let Some(timeout_ms) = options.block_ms
    {
        let resolved = starts.iter().map(|&id| ids::text(id).to_vec());
        return Ok(ctx.block(wait(args, options.keys.len(), resolved, timeout_ms, serve_xread)));
    }
    finish(ctx.reply, place, served);
    Ok(Flow::Done)
}

/// A wait for streams: `ids` take the place of those that were given.
pub fn wait(
    args: Args<'_>,
    keys: usize,
    ids: impl Iterator<Item = Vec<u8>>,
    timeout_ms: Option<u64>,
    serve: Serve,
) -> Wait {
    let ids_at = args.len() - keys;
    let mut wait = Wait::new(args.first(ids_at), ids_at - keys..ids_at, ValueType::Stream, timeout_ms, serve);
    for id in ids {
        wait.request.push(&id);
    }
    wait
}

/// What has arrived behind the id. There may be nothing left of it: an XADD that trims its own entry away ends the wait
/// all the same.
fn serve_xread(ctx: &mut Ctx<'_>, args: Args<'_>, key: &[u8]) -> Result<bool, CommandError> {
    let options = ReadOptions::parse(args, false, ctx.in_script)?;
    // Of a key that was given twice the first id holds.
    let given = options.keys.iter().zip(options.ids.iter()).find(|(given, _)| *given == key);
    let after = ids::strict(given.expect("it is one of the keys").1)?;
    let value = ctx.db.read_with(key, Lookup::NO_STATS | Lookup::NO_NOTIFY | Lookup::NO_TOUCH);
    let stream = value.and_then(Stream::of).ok_or(CommandError::WrongType)?;
    let Some(start) = after.next().filter(|_| stream.counters().last_id > after) else { return Ok(false) };
    begin_served(ctx.reply);
    begin_stream(ctx.reply, key);
    reply_entries(ctx.reply, stream.range(start, StreamId::MAX), options.count);
    Ok(true)
}

/// The head of the whole reply to a client that waited: one stream.
pub fn begin_served(reply: &mut Reply) {
    if reply.is_resp3() { reply.map(1) } else { reply.array(1) }
}

/// The head of what one stream contributes.
pub fn begin_stream(reply: &mut Reply, key: &[u8]) {
    if !reply.is_resp3() {
        reply.array(2);
    }
    reply.bulk(key);
}

/// The head of the whole reply; null if no stream had anything.
pub fn finish(reply: &mut Reply, place: Deferred, served: usize) {
    match served {
        0 => reply.null_array(),
        served if reply.is_resp3() => reply.map_at(place, served),
        served => reply.array_at(place, served),
    }
}
