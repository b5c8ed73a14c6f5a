//! LMOVE and RPOPLPUSH: an element from one end to another.

use super::pop::{commit_pop, outermost};
use super::{parse_end, popped, pushed};
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::types::{Collection, End, List};

/// `LMOVE source destination LEFT|RIGHT LEFT|RIGHT`: the element, or null if there is no source. O(1).
pub fn lmove(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (from, to) = (parse_end(args, 3)?, parse_end(args, 4)?);
    if !shift(ctx, args.at(1), args.at(2), from, to)? {
        ctx.reply.null();
    }
    Ok(Flow::Done)
}

/// `RPOPLPUSH source destination`. O(1).
pub fn rpoplpush(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    if !shift(ctx, args.at(1), args.at(2), End::Right, End::Left)? {
        ctx.reply.null();
    }
    Ok(Flow::Done)
}

/// Moves an element and replies it; false if there is no source. The destination's type matters only if there is one.
/// The push comes first, in events too. Errors: WrongType.
pub(super) fn shift(
    ctx: &mut Ctx<'_>,
    source: &[u8],
    destination: &[u8],
    from: End,
    to: End,
) -> Result<bool, CommandError> {
    let seen = !ctx.serves_waiter;
    let Some(mut list) = ctx.db.edit_existing::<List>(source)? else { return Ok(false) };
    let element = outermost(list.borrowed(), from).to_vec();
    let limits = list.limits();
    if source == destination {
        list.remove_ends(from, 1);
        list.push(to, &element, &limits);
        list.commit_all(&[pushed(to), popped(from)], 1);
    } else {
        drop(list);
        let mut list = ctx.db.edit::<List>(destination)?;
        list.push(to, &element, &limits);
        list.commit_all(&[pushed(to)], 0);
        let mut list = ctx.db.edit_existing::<List>(source)?.expect("nothing happened to the source");
        list.remove_ends(from, 1);
        commit_pop(list, from, seen);
    }
    ctx.reply.bulk(&element);
    Ok(true)
}
