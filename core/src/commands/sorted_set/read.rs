//! Reads of single members and of counts. On a missing key each answers as if the sorted set were empty.

use super::bounds::{parse_members, parse_scores};
use crate::commands::scan::{self, ScanOptions};
use crate::commands::{Args, CommandError, Ctx, Flow, OwnedArgs};
use crate::types::SortedSet;

/// `ZCARD key`. O(1).
pub fn zcard(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let count = ctx.db.read_collection::<SortedSet>(args.at(1))?.map_or(0, |set| set.len());
    ctx.reply.count(count);
    Ok(Flow::Done)
}

/// `ZSCORE key member`. O(1).
pub fn zscore(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    match ctx.db.read_collection::<SortedSet>(args.at(1))?.and_then(|set| set.score(args.at(2))) {
        Some(score) => ctx.reply.double(score),
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// `ZMSCORE key member [member ...]`: null for each that is missing. O(members asked for).
pub fn zmscore(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let set = ctx.db.read_collection::<SortedSet>(args.at(1))?;
    ctx.reply.array(args.len() - 2);
    for member in args.from(2).iter() {
        match set.and_then(|set| set.score(member)) {
            Some(score) => ctx.reply.double(score),
            None => ctx.reply.null(),
        }
    }
    Ok(Flow::Done)
}

/// `ZRANK key member`: how many elements come before. O(log n).
pub fn zrank(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let rank = ctx.db.read_collection::<SortedSet>(args.at(1))?.and_then(|set| set.rank(args.at(2)));
    match rank {
        Some(rank) => ctx.reply.count(rank),
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// `ZREVRANK key member`: how many elements come behind. O(log n).
pub fn zrevrank(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let set = ctx.db.read_collection::<SortedSet>(args.at(1))?;
    match set.and_then(|set| Some(set.len() - 1 - set.rank(args.at(2))?)) {
        Some(rank) => ctx.reply.count(rank),
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// `ZCOUNT key min max`: members by score. O(log n).
pub fn zcount(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let range = parse_scores(args.at(2), args.at(3))?;
    let set = ctx.db.read_collection::<SortedSet>(args.at(1))?;
    ctx.reply.count(set.map_or(0, |set| set.ranks_by_score(range).len()));
    Ok(Flow::Done)
}

/// `ZLEXCOUNT key min max`: members by name, where all scores are equal. O(log n).
pub fn zlexcount(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let range = parse_members(args.at(2), args.at(3))?;
    let set = ctx.db.read_collection::<SortedSet>(args.at(1))?;
    ctx.reply.count(set.map_or(0, |set| set.ranks_by_member(range, false).len()));
    Ok(Flow::Done)
}

/// `ZSCAN key cursor [MATCH pattern] [COUNT count]`: MATCH looks at members. O(count).
pub fn zscan(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let cursor = scan::parse_cursor(args.at(2))?;
    let mut found = OwnedArgs::new();
    let Some(set) = ctx.db.read_collection::<SortedSet>(args.at(1))? else {
        scan::reply(ctx.reply, 0, &found);
        return Ok(Flow::Done);
    };
    let options = ScanOptions::parse(args, 3)?;
    let cursor = set.scan(cursor, options.count, |member, score| {
        if options.wants(member) {
            found.push(member).push(score);
        }
    });
    scan::reply(ctx.reply, cursor, &found);
    Ok(Flow::Done)
}
