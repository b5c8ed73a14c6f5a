//! Reads of lists.

use super::parse_at_least;
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::numbers::integer::parse_i64;
use crate::structures::Item;
use crate::types::{List, ListRef, ReplyItem};

/// `LLEN key`. O(1).
pub fn llen(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let count = ctx.db.read_collection::<List>(args.at(1))?.map_or(0, ListRef::len);
    ctx.reply.count(count);
    Ok(Flow::Done)
}

/// `LINDEX key index`. O(1) near the ends, O(log n) elsewhere. The index is looked at only if there is a list.
pub fn lindex(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let Some(list) = ctx.db.read_collection::<List>(args.at(1))? else {
        ctx.reply.null();
        return Ok(Flow::Done);
    };
    let index = parse_i64(args.at(2)).ok_or(CommandError::NotInteger)?;
    match list.get(index) {
        Some(element) => element.reply_bulk(ctx.reply),
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// `LRANGE key start stop`. O(log n + elements returned).
pub fn lrange(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let start = parse_i64(args.at(2)).ok_or(CommandError::NotInteger)?;
    let stop = parse_i64(args.at(3)).ok_or(CommandError::NotInteger)?;
    let Some(list) = ctx.db.read_collection::<List>(args.at(1))? else {
        ctx.reply.array(0);
        return Ok(Flow::Done);
    };
    let (first, count) = range(start, stop, list.len());
    ctx.reply.array(count);
    for element in list.forward(first).take(count) {
        element.reply_bulk(ctx.reply);
    }
    Ok(Flow::Done)
}

/// The elements between two indices, both included, each perhaps negative: number of the first (the length, if there
/// is none), and how many.
pub(super) fn range(start: i64, stop: i64, len: usize) -> (usize, usize) {
    let len = len as i64;
    let from_head = |index: i64| if index < 0 { len + index } else { index };
    let (start, stop) = (from_head(start).max(0), from_head(stop));
    if start > stop || start >= len {
        return (len as usize, 0);
    }
    (start as usize, (stop.min(len - 1) - start + 1) as usize)
}

/// `LPOS key element [RANK rank] [COUNT count] [MAXLEN len]`: indices of elements that equal `element`; see
/// [`Search`]. O(n), or O(`len`).
pub fn lpos(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let search = Search::parse(args)?;
    let list = ctx.db.read_collection::<List>(args.at(1))?;
    let mut found = list.into_iter().flat_map(|list| search.matches(list, args.at(2)));
    match search.count {
        None => match found.next() {
            Some(index) => ctx.reply.count(index),
            None => ctx.reply.null(),
        },
        Some(count) => {
            let found: Vec<usize> = found.take(if count == 0 { usize::MAX } else { count }).collect();
            ctx.reply.array(found.len());
            found.into_iter().for_each(|index| ctx.reply.count(index));
        }
    }
    Ok(Flow::Done)
}

/// The options of LPOS.
struct Search {
    /// Matches that are passed over before the first that counts.
    skip: u64,
    from_tail: bool,
    /// As many are answered in an array, 0: all; without, one outside of an array.
    count: Option<usize>,
    /// As many are compared.
    compare_max: usize,
}

impl Search {
    /// Errors: NotInteger, Text, Syntax.
    fn parse(args: Args<'_>) -> Result<Search, CommandError> {
        let mut search = Search { skip: 0, from_tail: false, count: None, compare_max: usize::MAX };
        let (mut at, mut rank) = (3, 1);
        while at < args.len() {
            let value = args.get(at + 1).ok_or(CommandError::Syntax)?;
            if args.is(at, "RANK") {
                rank = parse_i64(value).ok_or(CommandError::NotInteger)?;
                if rank == 0 {
                    return Err(CommandError::Text(RANK_ZERO_TEXT));
                }
            } else if args.is(at, "COUNT") {
                search.count = Some(parse_at_least(0, value, "ERR COUNT can't be negative")? as usize);
            } else if args.is(at, "MAXLEN") {
                let max = parse_at_least(0, value, "ERR MAXLEN can't be negative")? as usize;
                search.compare_max = if max == 0 { usize::MAX } else { max };
            } else {
                return Err(CommandError::Syntax);
            }
            at += 2;
        }
        search.from_tail = rank < 0;
        search.skip = rank.unsigned_abs() - 1;
        if rank == i64::MIN {
            // The original negates it and gets the same again: no match is passed over, and no count is ever reached.
            (search.skip, search.count) = (0, search.count.map(|_| 0));
        }
        Ok(search)
    }

    /// The indices of what counts as a match, in order of the search.
    fn matches<'a>(&self, list: ListRef<'a>, text: &'a [u8]) -> impl Iterator<Item = usize> + use<'a> {
        let (wanted, len) = (Item::parse(text), list.len());
        let (forward, backward) = match self.from_tail {
            false => (Some(list.forward(0)), None),
            true => (None, Some(list.backward(len - 1))),
        };
        let from_tail = self.from_tail;
        let compared = forward.into_iter().flatten().chain(backward.into_iter().flatten()).take(self.compare_max);
        compared
            .enumerate()
            .filter(move |(_, item)| *item == wanted)
            .map(move |(passed, _)| if from_tail { len - 1 - passed } else { passed })
            .skip(usize::try_from(self.skip).unwrap_or(usize::MAX))
    }
}

const RANK_ZERO_TEXT: &str = "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use \
     negative to start from the end of the list";
