//! ZPOPMIN, ZPOPMAX, ZMPOP: elements taken from an end.
//!
//! Shapes: without a count a flat pair; with one, flat in RESP2 and pairs in RESP3; ZMPOP always `[key, [[member, score], …]]`.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::numbers::integer::{DecimalBuffer, parse_i64};
use crate::resp::Reply;
use crate::types::{Collection, ReplyItem, SortedSet};

const COUNT_TEXT: &str = "ERR value is out of range, must be positive";

/// Which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Min,
    Max,
}

impl End {
    /// The command that pops there.
    pub fn command(self) -> &'static [u8] {
        match self {
            End::Min => b"ZPOPMIN",
            End::Max => b"ZPOPMAX",
        }
    }
}

/// `ZPOPMIN key [count]`. O(log n + popped).
pub fn zpopmin(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    zpop(ctx, args, End::Min)
}

/// `ZPOPMAX key [count]`. O(log n + popped).
pub fn zpopmax(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    zpop(ctx, args, End::Max)
}

fn zpop(ctx: &mut Ctx<'_>, args: Args<'_>, end: End) -> Result<Flow, CommandError> {
    if args.len() > 3 {
        return Err(CommandError::Syntax);
    }
    let count = match args.get(2) {
        Some(count) => Some(at_least(count, 0, COUNT_TEXT)?),
        None => None,
    };
    let nested = count.is_some() && ctx.reply.is_resp3();
    let popped = pop(ctx, args.at(1), end, count.unwrap_or(1), |reply, len| {
        reply.array(if nested { len } else { 2 * len });
        nested
    })?;
    if popped == 0 {
        ctx.reply.array(0);
    }
    Ok(Flow::Done)
}

/// `ZMPOP numkeys key [key ...] <MIN | MAX> [COUNT count]`: from the first that is not empty. O(keys) and as above.
/// Propagated as ZPOPMIN or ZPOPMAX with a count.
pub fn zmpop(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    if !pop_first(ctx, ManyKeys::parse(args, 1)?)? {
        ctx.reply.null_array();
    }
    Ok(Flow::Done)
}

/// What ZMPOP and BZMPOP are asked for.
#[derive(Clone, Copy)]
pub(super) struct ManyKeys<'a> {
    pub keys: Args<'a>,
    pub end: End,
    pub count: usize,
}

impl<'a> ManyKeys<'a> {
    /// Parses `numkeys key [key ...] <MIN | MAX> [COUNT count]` from `at` on. Errors: Text, Syntax.
    pub fn parse(args: Args<'a>, at: usize) -> Result<ManyKeys<'a>, CommandError> {
        let keys = at_least(args.at(at), 1, "ERR numkeys should be greater than 0")?;
        let where_index = keys.checked_add(at + 1).filter(|&index| index < args.len()).ok_or(CommandError::Syntax)?;
        let end = match () {
            _ if args.is(where_index, "MIN") => End::Min,
            _ if args.is(where_index, "MAX") => End::Max,
            _ => return Err(CommandError::Syntax),
        };
        let count = match args.len() - where_index {
            1 => 1,
            // Whatever follows a good count is an error of its own.
            2 => return Err(CommandError::Syntax),
            _ if !args.is(where_index + 1, "COUNT") => return Err(CommandError::Syntax),
            words => {
                let count = at_least(args.at(where_index + 2), 1, "ERR count should be greater than 0")?;
                if words > 3 {
                    return Err(CommandError::Syntax);
                }
                count
            }
        };
        Ok(ManyKeys { keys: args.first(where_index).from(at + 1), end, count })
    }
}

/// Pops from the first sorted set that is there and replies; false if there is none. Errors: WrongType.
pub(super) fn pop_first(ctx: &mut Ctx<'_>, request: ManyKeys<'_>) -> Result<bool, CommandError> {
    for key in request.keys.iter() {
        if pop_several(ctx, key, request.end, request.count)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Pops up to `count` elements and replies them with their key; false if there is no sorted set. Errors: WrongType.
pub(super) fn pop_several(ctx: &mut Ctx<'_>, key: &[u8], end: End, count: usize) -> Result<bool, CommandError> {
    let popped = pop(ctx, key, end, count, |reply, len| {
        reply.array(2);
        reply.bulk(key);
        reply.array(len);
        true
    })?;
    if popped > 0 {
        let mut buffer = DecimalBuffer::new();
        ctx.effects().propagate_instead([end.command(), key, buffer.format(popped as u64)]);
    }
    Ok(popped > 0)
}

/// Errors: `text`, for what is no integer too.
fn at_least(text: &[u8], min: i64, error: &'static str) -> Result<usize, CommandError> {
    let value = parse_i64(text).filter(|&value| value >= min).ok_or(CommandError::Text(error))?;
    Ok(usize::try_from(value).unwrap_or(usize::MAX))
}

/// Takes up to `count` elements, from the outermost inwards. `begin` writes what comes before them, knowing how many, and says whether
/// each is an array of its own. Nothing is written if there are none. Errors: WrongType.
pub(super) fn pop(
    ctx: &mut Ctx<'_>,
    key: &[u8],
    end: End,
    count: usize,
    begin: impl FnOnce(&mut Reply, usize) -> bool,
) -> Result<usize, CommandError> {
    let Some(mut set) = ctx.db.edit_existing::<SortedSet>(key)? else { return Ok(0) };
    let len = set.borrowed().len();
    let count = count.min(len);
    if count == 0 {
        return Ok(0);
    }
    let nested = begin(ctx.reply, count);
    let reply = &mut *ctx.reply;
    let mut give = |(member, score): (crate::structures::Item<'_>, f64)| {
        if nested {
            reply.array(2);
        }
        member.reply_bulk(reply);
        reply.double(score);
    };
    let (ranks, event) = match end {
        End::Min => (0..count, "zpopmin"),
        End::Max => (len - count..len, "zpopmax"),
    };
    let found = set.borrowed().range(ranks.clone());
    match end {
        End::Min => found.for_each(&mut give),
        End::Max => found.rev().for_each(&mut give),
    }
    set.remove_range(ranks);
    set.commit_all(&[Event::sorted_set(event)], count as u64);
    Ok(count)
}
