//! The blocking forms: BZPOPMIN, BZPOPMAX, BZMPOP.
//!
//! Each does at once what the plain command does if one of its sorted sets is there, and waits otherwise. Propagated as the
//! plain command in either case: without a count for one element, with one for BZMPOP.

use super::pop::{End, ManyKeys, pop, pop_several};
use crate::commands::wait::{Serve, parse_seconds};
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::types::ValueType;

/// `BZPOPMIN key [key ...] timeout`: the key, the member and its score. O(keys + log n).
pub fn bzpopmin(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    pop_or_wait(ctx, args, |ctx, _, key| pop_one(ctx, key, End::Min))
}

/// `BZPOPMAX key [key ...] timeout`. O(keys + log n).
pub fn bzpopmax(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    pop_or_wait(ctx, args, |ctx, _, key| pop_one(ctx, key, End::Max))
}

/// The first key that is there decides: keys behind it may hold anything. Errors: the timeout's, WrongType.
fn pop_or_wait(ctx: &mut Ctx<'_>, args: Args<'_>, serve: Serve) -> Result<Flow, CommandError> {
    let timeout_at = args.len() - 1;
    let timeout_ms = parse_seconds(args.at(timeout_at))?;
    ctx.serve_or_block(args, 1..timeout_at, ValueType::SortedSet, timeout_ms, serve)
}

/// Pops an element and replies it with its key; false if there is no sorted set. Errors: WrongType.
fn pop_one(ctx: &mut Ctx<'_>, key: &[u8], end: End) -> Result<bool, CommandError> {
    let popped = pop(ctx, key, end, 1, |reply, _| {
        reply.array(3);
        reply.bulk(key);
        false
    })?;
    if popped > 0 {
        ctx.effects().propagate_instead([end.command(), key]);
    }
    Ok(popped > 0)
}

/// `BZMPOP timeout numkeys key [key ...] MIN|MAX [COUNT count]`. O(keys + log n + popped).
pub fn bzmpop(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let request = ManyKeys::parse(args, 2)?;
    let timeout_ms = parse_seconds(args.at(1))?;
    let keys = 3..3 + request.keys.len();
    ctx.serve_or_block(args, keys, ValueType::SortedSet, timeout_ms, |ctx, args, key| {
        let ManyKeys { end, count, .. } = ManyKeys::parse(args, 2)?;
        pop_several(ctx, key, end, count)
    })
}
