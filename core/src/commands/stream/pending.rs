//! What was delivered and not acknowledged: XACK, XPENDING.

use super::entries::reply_id;
use super::ids;
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::numbers::integer::parse_i64;
use crate::quoting::c_str;
use crate::structures::StreamId;
use crate::types::stream::{Group, Stream};

/// `XACK key group id [id ...]`: how many were pending. O(log pending) each.
pub fn xack(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, name) = (args.at(1), args.at(2));
    let stream = ctx.db.read_collection::<Stream>(key)?;
    if stream.and_then(|stream| stream.group(name)).is_none() {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    }
    let ids = args.from(3).iter().map(ids::strict).collect::<Result<Vec<_>, _>>()?;
    let mut stream = ctx.db.edit::<Stream>(key)?;
    let count = stream.edit_group(name, |group| ids.into_iter().filter(|id| group.acknowledge(*id)).count());
    stream.commit_unseen(&[], count as u64);
    ctx.reply.count(count);
    Ok(Flow::Done)
}

/// The error about a key or group that isn't there.
pub fn no_key_or_group(key: &[u8], name: &[u8]) -> CommandError {
    let (key, name) = (c_str(key), c_str(name));
    let parts: [&[u8]; 5] = [b"NOGROUP No such key '", key, b"' or consumer group '", name, b"'"];
    CommandError::formatted(parts.concat())
}

/// `[IDLE ms] start end count [consumer]`
struct Listing<'a> {
    idle_ms: i64,
    start: StreamId,
    end: StreamId,
    count: i64,
    consumer: Option<&'a [u8]>,
}

fn parse_listing(args: Args<'_>) -> Result<Option<Listing<'_>>, CommandError> {
    match args.len() {
        3 => return Ok(None),
        6..=9 => {}
        _ => return Err(CommandError::Syntax),
    }
    let (mut at, mut idle_ms) = (3, 0);
    if args.is(3, "IDLE") {
        idle_ms = parse_i64(args.at(4)).ok_or(CommandError::NotInteger)?;
        if args.len() < 8 {
            return Err(CommandError::Syntax);
        }
        at = 5;
    }
    let count = parse_i64(args.at(at + 2)).ok_or(CommandError::NotInteger)?;
    let start = ids::interval_start(args.at(at))?;
    let end = ids::interval_end(args.at(at + 1))?;
    Ok(Some(Listing { idle_ms, start, end, count, consumer: args.get(at + 3) }))
}

/// `XPENDING key group [[IDLE ms] start end count [consumer]]`: a summary, or each entry with its owner, how long ago and how
/// often it was delivered. O(consumers), or O(log pending + entries looked at). Errors: NOGROUP.
pub fn xpending(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let listing = parse_listing(args)?;
    let now_ms = ctx.now_ms().0;
    let stream = ctx.db.read_collection::<Stream>(args.at(1))?;
    let group = stream.and_then(|stream| stream.group(args.at(2)));
    let group = group.ok_or_else(|| no_key_or_group(args.at(1), args.at(2)))?;
    match listing {
        None => summary(ctx.reply, group),
        Some(listing) => list(ctx.reply, group, &listing, now_ms),
    }
    Ok(Flow::Done)
}

fn summary(reply: &mut crate::resp::Reply, group: &Group) {
    reply.array(4);
    reply.count(group.pending().len());
    let (Some((first, _)), Some((last, _))) = (group.pending().first(), group.pending().last()) else {
        reply.null();
        reply.null();
        reply.null_array();
        return;
    };
    reply_id(reply, first);
    reply_id(reply, last);
    let owners = || group.consumers().filter(|consumer| !consumer.pending().is_empty());
    reply.array(owners().count());
    for consumer in owners() {
        reply.array(2);
        reply.bulk(&consumer.name);
        reply.bulk_integer(consumer.pending().len() as i64);
    }
}

fn list(reply: &mut crate::resp::Reply, group: &Group, listing: &Listing<'_>, now_ms: i64) {
    let owner = match listing.consumer.map(|name| group.find_consumer(name)) {
        Some(None) => return reply.array(0),
        Some(Some(number)) => Some(group.consumer(number)),
        None => None,
    };
    let place = reply.deferred();
    let mut emitted = 0;
    let mut visit = |id: StreamId| {
        let more = emitted < listing.count && id <= listing.end;
        let pending = group.pending().get(id).expect("it was found there");
        let idle_ms = now_ms.wrapping_sub(pending.delivered_ms);
        if more && !(listing.idle_ms != 0 && idle_ms < listing.idle_ms) {
            emitted += 1;
            reply.array(4);
            reply_id(reply, id);
            reply.bulk(&group.consumer(pending.consumer).name);
            reply.integer(idle_ms.max(0));
            reply.integer(pending.deliveries as i64);
        }
        more
    };
    match owner {
        Some(consumer) => _ = consumer.pending().iter_from(listing.start).all(|(id, ())| visit(id)),
        None => _ = group.pending().iter_from(listing.start).all(|(id, _)| visit(id)),
    }
    reply.array_at(place, emitted as usize);
}
