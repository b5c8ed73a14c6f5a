//! The blocking forms: BLPOP, BRPOP, BLMPOP, BLMOVE, BRPOPLPUSH.
//!
//! Each does at once what the plain command does if one of its lists is there, and waits otherwise. Propagated as the plain
//! command in either case. Only BLMPOP tells those who watch or track its list when it is served after a wait; whoever pushed
//! has told them, and SWAPDB tells nobody.

use super::parse_end;
use super::pop::{ManyKeys, commit_pop, outermost, pop_command, pop_several};
use super::shift::shift;
use crate::commands::wait::{Serve, Wait, parse_seconds};
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::types::{Collection, End, List, ReplyItem, ValueType};

/// `BLPOP key [key ...] timeout`: the key and the element. O(keys).
pub fn blpop(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    pop_or_wait(ctx, args, |ctx, _, key| pop_one(ctx, key, End::Left))
}

/// `BRPOP key [key ...] timeout`. O(keys).
pub fn brpop(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    pop_or_wait(ctx, args, |ctx, _, key| pop_one(ctx, key, End::Right))
}

/// The first key that is there decides: keys behind it may hold anything. Errors: the timeout's, WrongType.
fn pop_or_wait(ctx: &mut Ctx<'_>, args: Args<'_>, serve: Serve) -> Result<Flow, CommandError> {
    let timeout_at = args.len() - 1;
    let timeout_ms = parse_seconds(args.at(timeout_at))?;
    ctx.serve_or_block(args, 1..timeout_at, ValueType::List, timeout_ms, serve)
}

/// Pops an element and replies it with its key; false if there is no list. Errors: WrongType.
fn pop_one(ctx: &mut Ctx<'_>, key: &[u8], end: End) -> Result<bool, CommandError> {
    let seen = !ctx.serves_waiter;
    let Some(mut list) = ctx.db.edit_existing::<List>(key)? else { return Ok(false) };
    ctx.reply.array(2);
    ctx.reply.bulk(key);
    outermost(list.borrowed(), end).reply_bulk(ctx.reply);
    list.remove_ends(end, 1);
    commit_pop(list, end, seen);
    ctx.effects().propagate_instead([pop_command(end), key]);
    Ok(true)
}

/// `BLMPOP timeout numkeys key [key ...] LEFT|RIGHT [COUNT count]`. O(keys + elements popped).
pub fn blmpop(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let request = ManyKeys::parse(args, 2)?;
    let timeout_ms = parse_seconds(args.at(1))?;
    let keys = 3..3 + request.keys.len();
    ctx.serve_or_block(args, keys, ValueType::List, timeout_ms, |ctx, args, key| {
        let ManyKeys { end, count, .. } = ManyKeys::parse(args, 2)?;
        pop_several(ctx, key, end, count)
    })
}

/// `BLMOVE source destination LEFT|RIGHT LEFT|RIGHT timeout`: the element. O(1). Errors: Syntax, the timeout's, WrongType;
/// of the destination only once there is an element.
pub fn blmove(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (from, to) = (parse_end(args, 3)?, parse_end(args, 4)?);
    let timeout_ms = parse_seconds(args.at(5))?;
    if shift(ctx, args.at(1), args.at(2), from, to)? {
        ctx.effects().propagate_instead([b"LMOVE", args.at(1), args.at(2), args.at(3), args.at(4)]);
        return Ok(Flow::Done);
    }
    Ok(wait_for_source(ctx, args, timeout_ms, |ctx, args, source| {
        let (from, to) = (parse_end(args, 3)?, parse_end(args, 4)?);
        let moved = shift(ctx, source, args.at(2), from, to)?;
        if moved {
            // Not the client's own words, as above.
            ctx.effects().propagate_instead([b"LMOVE", source, args.at(2), word(from), word(to)]);
        }
        Ok(moved)
    }))
}

fn word(end: End) -> &'static [u8] {
    match end {
        End::Left => b"left",
        End::Right => b"right",
    }
}

/// `BRPOPLPUSH source destination timeout`. As BLMOVE.
pub fn brpoplpush(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let timeout_ms = parse_seconds(args.at(3))?;
    let serve: Serve = |ctx, args, source| {
        let moved = shift(ctx, source, args.at(2), End::Right, End::Left)?;
        if moved {
            ctx.effects().propagate_instead([b"RPOPLPUSH", source, args.at(2)]);
        }
        Ok(moved)
    };
    if serve(ctx, args, args.at(1))? {
        return Ok(Flow::Done);
    }
    Ok(wait_for_source(ctx, args, timeout_ms, serve))
}

fn wait_for_source(ctx: &mut Ctx<'_>, args: Args<'_>, timeout_ms: Option<u64>, serve: Serve) -> Flow {
    if ctx.deny_blocking {
        // Null as LMOVE has it; after a timeout it is a null array.
        ctx.reply.null();
        return Flow::Done;
    }
    ctx.block(Wait::new(args, 1..2, ValueType::List, timeout_ms, serve))
}
