//! Removals: by member, by rank, by score, by name.

use std::ops::Range;

use super::bounds::{parse_members, parse_scores};
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::numbers::integer::parse_i64;
use crate::types::sorted_set::ranks;
use crate::types::{Collection, SortedSet, SortedSetRef};

/// `ZREM key member [member ...]`: how many were there. O(log n) a member.
pub fn zrem(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let Some(mut set) = ctx.db.edit_existing::<SortedSet>(args.at(1))? else {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    };
    let removed = args.from(2).iter().filter(|member| set.remove(member)).count();
    if removed > 0 {
        set.commit_all(&[Event::sorted_set("zrem")], removed as u64);
    }
    ctx.reply.count(removed);
    Ok(Flow::Done)
}

/// `ZREMRANGEBYRANK key start stop`. O(log n + removed).
pub fn zremrangebyrank(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let start = parse_i64(args.at(2)).ok_or(CommandError::NotInteger)?;
    let stop = parse_i64(args.at(3)).ok_or(CommandError::NotInteger)?;
    remove_range(ctx, args.at(1), "zremrangebyrank", |set| ranks(start, stop, set.len()))
}

/// `ZREMRANGEBYSCORE key min max`. O(log n + removed).
pub fn zremrangebyscore(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let range = parse_scores(args.at(2), args.at(3))?;
    remove_range(ctx, args.at(1), "zremrangebyscore", |set| set.ranks_by_score(range))
}

/// `ZREMRANGEBYLEX key min max`. O(log n + removed).
pub fn zremrangebylex(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let range = parse_members(args.at(2), args.at(3))?;
    remove_range(ctx, args.at(1), "zremrangebylex", |set| set.ranks_by_member(range, false))
}

fn remove_range(
    ctx: &mut Ctx<'_>,
    key: &[u8],
    event: &'static str,
    find: impl FnOnce(SortedSetRef<'_>) -> Range<usize>,
) -> Result<Flow, CommandError> {
    let Some(mut set) = ctx.db.edit_existing::<SortedSet>(key)? else {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    };
    let found = find(set.borrowed());
    let removed = found.len();
    if removed > 0 {
        set.remove_range(found);
        set.commit_all(&[Event::sorted_set(event)], removed as u64);
    }
    ctx.reply.count(removed);
    Ok(Flow::Done)
}
