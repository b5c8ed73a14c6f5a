//! Changes inside a list: LSET, LINSERT, LREM, LTRIM.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::numbers::integer::parse_i64;
use crate::structures::Item;
use crate::types::{Collection, End, List};

/// `LSET key index element`. O(log n). Errors: NoSuchKey, NotInteger, IndexOutOfRange.
pub fn lset(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut list = ctx.db.edit_existing::<List>(args.at(1))?.ok_or(CommandError::NoSuchKey)?;
    let index = parse_i64(args.at(2)).ok_or(CommandError::NotInteger)?;
    let len = list.borrowed().len();
    let index = if index < 0 { index.saturating_add_unsigned(len as u64) } else { index };
    let index = usize::try_from(index).ok().filter(|&index| index < len).ok_or(CommandError::IndexOutOfRange)?;
    let limits = list.limits();
    list.replace(index, args.at(3), &limits);
    list.commit(Event::list("lset"));
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// `LINSERT key BEFORE|AFTER pivot element`: the new length, −1 without the pivot, 0 without a list. O(distance of the
/// pivot from the head).
pub fn linsert(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let after = match () {
        () if args.is(2, "AFTER") => true,
        () if args.is(2, "BEFORE") => false,
        () => return Err(CommandError::Syntax),
    };
    let Some(mut list) = ctx.db.edit_existing::<List>(args.at(1))? else {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    };
    let pivot = Item::parse(args.at(3));
    let found = list.borrowed().iter().position(|item| item == pivot);
    let Some(index) = found else {
        ctx.reply.integer(-1);
        return Ok(Flow::Done);
    };
    let limits = list.limits();
    list.insert(index, args.at(4), after, &limits);
    let len = list.borrowed().len();
    list.commit(Event::list("linsert"));
    ctx.reply.count(len);
    Ok(Flow::Done)
}

/// `LREM key count element`: negative counts from the tail, 0 is all. How many were removed. O(n).
pub fn lrem(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let count = parse_i64(args.at(2)).ok_or(CommandError::NotInteger)?;
    let Some(mut list) = ctx.db.edit_existing::<List>(args.at(1))? else {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    };
    let from = if count < 0 { End::Right } else { End::Left };
    let count = if count == 0 { usize::MAX } else { usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX) };
    let removed = list.remove_equal(args.at(3), count, from);
    if removed > 0 {
        list.commit_all(&[Event::list("lrem")], removed as u64);
    }
    ctx.reply.count(removed);
    Ok(Flow::Done)
}

/// `LTRIM key start stop`: `ltrim` happens, and is watched, even if nothing goes. O(elements removed).
pub fn ltrim(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let start = parse_i64(args.at(2)).ok_or(CommandError::NotInteger)?;
    let stop = parse_i64(args.at(3)).ok_or(CommandError::NotInteger)?;
    if let Some(mut list) = ctx.db.edit_existing::<List>(args.at(1))? {
        let len = list.borrowed().len();
        let (kept_from, kept) = super::read::range(start, stop, len);
        let behind = len - kept_from - kept;
        list.remove_range(kept_from + kept, behind);
        list.remove_range(0, kept_from);
        list.commit_all(&[Event::list("ltrim")], (kept_from + behind) as u64);
    }
    ctx.reply.ok();
    Ok(Flow::Done)
}
