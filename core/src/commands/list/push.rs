//! Pushes at either end.

use super::pushed;
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::types::{Collection, End, List};

/// `LPUSH key element [element ...]`: the last one given becomes the head. O(elements given).
pub fn lpush(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    push(ctx, args, End::Left, false)
}

/// `RPUSH key element [element ...]`. O(elements given).
pub fn rpush(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    push(ctx, args, End::Right, false)
}

/// `LPUSHX key element [element ...]`: 0 for a missing key. O(elements given).
pub fn lpushx(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    push(ctx, args, End::Left, true)
}

/// `RPUSHX key element [element ...]`: 0 for a missing key. O(elements given).
pub fn rpushx(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    push(ctx, args, End::Right, true)
}

fn push(ctx: &mut Ctx<'_>, args: Args<'_>, end: End, only_existing: bool) -> Result<Flow, CommandError> {
    let mut list = ctx.db.edit::<List>(args.at(1))?;
    if only_existing && !list.existed() {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    }
    let limits = list.limits();
    for element in args.from(2).iter() {
        list.push(end, element, &limits);
    }
    let len = list.borrowed().len();
    list.commit_all(&[pushed(end)], args.len() as u64 - 2);
    ctx.reply.count(len);
    Ok(Flow::Done)
}
