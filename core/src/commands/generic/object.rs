//! TYPE, and OBJECT: what is known of a value beside its contents.
//!
//! None of them counts as a use. OBJECT announces no miss, but counts it.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::entry::{Kind, Payload};
use crate::keyspace::{Lookup, Recency};
use crate::types::string::SHARED_INTEGERS;

const LFU_TEXT: &str = "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching \
between policies at runtime LRU and LFU data will take some time to adjust.";
const NO_LFU_TEXT: &str = "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that \
when switching between policies at runtime LRU and LFU data will take some time to adjust.";

/// `TYPE key`. O(1).
pub fn type_(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let name = ctx.db.read_with(args.at(1), Lookup::NO_TOUCH).map_or("none", |value| value.value_type().name());
    ctx.reply.status(name);
    Ok(Flow::Done)
}

/// `OBJECT ENCODING key`. O(1).
pub fn object_encoding(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    match ctx.db.read_with(args.at(2), Lookup::NO_TOUCH | Lookup::NO_NOTIFY) {
        Some(value) => ctx.reply.bulk(value.encoding_name().as_bytes()),
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// `OBJECT REFCOUNT key`. Integers from 0 to 9999 are shared (unless eviction needs their recency), which shows as the
/// greatest `int`; anything else has one owner. O(1).
pub fn object_refcount(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let sharing = ctx.db.policy().shared_integers;
    match payload(ctx, args.at(2)) {
        Some(payload) => {
            let references = reference_count(payload, sharing);
            ctx.reply.integer(references);
        }
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// How many owners a value seems to have.
pub(crate) fn reference_count(payload: Payload<'_>, sharing: bool) -> i64 {
    let shared =
        sharing && payload.kind() == Kind::Int && payload.is_shared_int() && SHARED_INTEGERS.contains(&payload.int());
    if shared { i32::MAX as i64 } else { 1 }
}

/// `OBJECT IDLETIME key`: seconds since the last use. O(1). Errors under an LFU policy.
pub fn object_idletime(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (now, lfu) = (ctx.now(), ctx.db.policy().recency.lfu);
    match recency(ctx, args.at(2)) {
        Some(_) if lfu => return Err(CommandError::Text(LFU_TEXT)),
        Some(recency) => ctx.reply.integer(recency.idle_s(now) as i64),
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// `OBJECT FREQ key`: the logarithmic counter of uses. O(1). Errors unless the policy is an LFU one.
pub fn object_freq(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (now, policy) = (ctx.now(), ctx.db.policy().recency);
    match recency(ctx, args.at(2)) {
        Some(_) if !policy.lfu => return Err(CommandError::Text(NO_LFU_TEXT)),
        Some(recency) => ctx.reply.integer(recency.decayed(now, policy) as i64),
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// `OBJECT HELP`
pub fn object_help(ctx: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    ctx.reply.help(
        "OBJECT",
        &[
            "ENCODING <key>",
            "    Return the kind of internal representation used in order to store the value",
            "    associated with a <key>.",
            "FREQ <key>",
            "    Return the access frequency index of the <key>. The returned integer is",
            "    proportional to the logarithm of the recent access frequency of the key.",
            "IDLETIME <key>",
            "    Return the idle time of the <key>, that is the approximated number of",
            "    seconds elapsed since the last access to the key.",
            "REFCOUNT <key>",
            "    Return the number of references of the value associated with the specified",
            "    <key>.",
        ],
    );
    Ok(Flow::Done)
}

fn payload<'c>(ctx: &'c mut Ctx<'_>, key: &[u8]) -> Option<Payload<'c>> {
    let slot = ctx.db.lookup(key, Lookup::NO_TOUCH | Lookup::NO_NOTIFY)?;
    Some(ctx.db.db().payload(slot))
}

fn recency(ctx: &mut Ctx<'_>, key: &[u8]) -> Option<Recency> {
    payload(ctx, key).map(Payload::recency)
}
