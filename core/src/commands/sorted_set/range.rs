//! Ranges: ZRANGE with its options, the older commands that are ZRANGE with some options fixed, and ZRANGESTORE.
//!
//! | command | by | direction |
//! |---|---|---|
//! | ZRANGE, ZRANGESTORE | rank, or BYSCORE, BYLEX | upwards, or REV |
//! | ZREVRANGE | rank | downwards |
//! | ZRANGEBYSCORE, ZREVRANGEBYSCORE | score | upwards, downwards |
//! | ZRANGEBYLEX, ZREVRANGEBYLEX | member | upwards, downwards |
//!
//! Downwards by score or member, the greater end is given first. LIMIT counts from where the walk begins; a negative offset skips
//! everything, a negative count limits nothing.
//!
//! Every range is one of ranks inside: O(log n + elements given), whatever the offset.

use std::ops::Range;

use super::bounds::{parse_members, parse_scores};
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::keyspace::db::NewValue;
use crate::keyspace::write::Ttl;
use crate::numbers::integer::parse_i64;
use crate::resp::Reply;
use crate::structures::{Item, Packed};
use crate::types::sorted_set::{Entries, MemberRange, ScoreRange, ranks};
use crate::types::{Collection, Limits, ReplyItem, SortedSet, SortedSetRef};

/// `ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]`
pub fn zrange(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    give(ctx, args, Fixed { kind: None, downwards: None })
}

/// `ZREVRANGE key start stop [WITHSCORES]`
pub fn zrevrange(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    give(ctx, args, Fixed { kind: Some(Kind::Rank), downwards: Some(true) })
}

/// `ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]`
pub fn zrangebyscore(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    give(ctx, args, Fixed { kind: Some(Kind::Score), downwards: Some(false) })
}

/// `ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]`
pub fn zrevrangebyscore(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    give(ctx, args, Fixed { kind: Some(Kind::Score), downwards: Some(true) })
}

/// `ZRANGEBYLEX key min max [LIMIT offset count]`
pub fn zrangebylex(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    give(ctx, args, Fixed { kind: Some(Kind::Member), downwards: Some(false) })
}

/// `ZREVRANGEBYLEX key max min [LIMIT offset count]`
pub fn zrevrangebylex(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    give(ctx, args, Fixed { kind: Some(Kind::Member), downwards: Some(true) })
}

/// `ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]`: how many were stored; none delete `dst`.
pub fn zrangestore(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let query = Query::parse(args, 2, Fixed { kind: None, downwards: None }, true)?;
    let limits = ctx.db.policy().limits;
    let found = match ctx.db.read_collection::<SortedSet>(args.at(2))? {
        Some(set) => query.collect(set, &limits),
        None => SortedSet::empty(Packed::blank(), &limits),
    };
    store(ctx, args.at(1), found, "zrangestore");
    Ok(Flow::Done)
}

/// Puts the result of a command at `key`, or deletes the key if the result is empty; answers the number of members.
pub(in crate::commands) fn store(ctx: &mut Ctx<'_>, key: &[u8], result: SortedSet, event: &'static str) {
    let count = result.borrowed().len();
    let mut write = ctx.db.write_result(key, count == 0);
    if count > 0 {
        write.set(NewValue::Object(result.into()), Ttl::Clear);
        write.commit(Event::sorted_set(event));
    } else if write.remove() {
        write.commit(Event::generic("del"));
    }
    ctx.reply.count(count);
}

fn give(ctx: &mut Ctx<'_>, args: Args<'_>, fixed: Fixed) -> Result<Flow, CommandError> {
    let query = Query::parse(args, 1, fixed, false)?;
    match ctx.db.read_collection::<SortedSet>(args.at(1))? {
        Some(set) => {
            let found = set.range(query.ranks(set));
            reply_elements(ctx.reply, Walk::new(found, query.downwards), query.with_scores);
        }
        None => ctx.reply.array(0),
    }
    Ok(Flow::Done)
}

/// The members, with their scores if wanted: then flat in RESP2, pairs in arrays of their own in RESP3.
pub(super) fn reply_elements<'a>(
    reply: &mut Reply,
    elements: impl ExactSizeIterator<Item = (Item<'a>, f64)>,
    with_scores: bool,
) {
    let nested = with_scores && reply.is_resp3();
    reply.array(if with_scores && !nested { 2 * elements.len() } else { elements.len() });
    for (member, score) in elements {
        if nested {
            reply.array(2);
        }
        member.reply_bulk(reply);
        if with_scores {
            reply.double(score);
        }
    }
}

/// Elements in the direction of a query.
enum Walk<'a> {
    Upwards(Entries<'a>),
    Downwards(std::iter::Rev<Entries<'a>>),
}

impl<'a> Walk<'a> {
    fn new(elements: Entries<'a>, downwards: bool) -> Walk<'a> {
        if downwards { Walk::Downwards(elements.rev()) } else { Walk::Upwards(elements) }
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = (Item<'a>, f64);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Walk::Upwards(elements) => elements.next(),
            Walk::Downwards(elements) => elements.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Walk::Upwards(elements) => elements.size_hint(),
            Walk::Downwards(elements) => elements.size_hint(),
        }
    }
}

impl ExactSizeIterator for Walk<'_> {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rank,
    Score,
    Member,
}

/// What the command's name says already; its options can't say it again.
#[derive(Clone, Copy, Debug)]
struct Fixed {
    kind: Option<Kind>,
    downwards: Option<bool>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
struct Query<'a> {
    by: By<'a>,
    downwards: bool,
    with_scores: bool,
    offset: i64,
    /// Negative: no limit.
    count: i64,
}

#[derive(Clone, Copy, Debug)]
enum By<'a> {
    Rank(i64, i64),
    Score(ScoreRange),
    Member(MemberRange<'a>),
}

impl<'a> Query<'a> {
    /// The arguments from the source's key at `key` on. Errors: Syntax, NotInteger; options that don't go together; bad ends.
    fn parse(args: Args<'a>, key: usize, fixed: Fixed, stores: bool) -> Result<Query<'a>, CommandError> {
        let Fixed { mut kind, mut downwards } = fixed;
        let (mut with_scores, mut offset, mut count) = (false, 0, -1);
        let mut index = key + 3;
        while index < args.len() {
            if !stores && args.is(index, "WITHSCORES") {
                with_scores = true;
            } else if args.is(index, "LIMIT") && index + 2 < args.len() {
                offset = parse_i64(args.at(index + 1)).ok_or(CommandError::NotInteger)?;
                count = parse_i64(args.at(index + 2)).ok_or(CommandError::NotInteger)?;
                index += 2;
            } else if downwards.is_none() && args.is(index, "REV") {
                downwards = Some(true);
            } else if kind.is_none() && args.is(index, "BYLEX") {
                kind = Some(Kind::Member);
            } else if kind.is_none() && args.is(index, "BYSCORE") {
                kind = Some(Kind::Score);
            } else {
                return Err(CommandError::Syntax);
            }
            index += 1;
        }
        let (kind, downwards) = (kind.unwrap_or(Kind::Rank), downwards.unwrap_or(false));
        if count != -1 && kind == Kind::Rank {
            return Err(CommandError::Text(
                "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
            ));
        }
        if with_scores && kind == Kind::Member {
            return Err(CommandError::Text("ERR syntax error, WITHSCORES not supported in combination with BYLEX"));
        }
        let (first, second) = (args.at(key + 1), args.at(key + 2));
        let (min, max) = if downwards { (second, first) } else { (first, second) };
        let by = match kind {
            Kind::Rank => {
                let index = |text| parse_i64(text).ok_or(CommandError::NotInteger);
                By::Rank(index(first)?, index(second)?)
            }
            Kind::Score => By::Score(parse_scores(min, max)?),
            Kind::Member => By::Member(parse_members(min, max)?),
        };
        Ok(Query { by, downwards, with_scores, offset, count })
    }

    /// The ranks, counted upwards, of what is asked for.
    fn ranks(&self, set: SortedSetRef<'_>) -> Range<usize> {
        let found = match self.by {
            By::Rank(start, stop) => {
                let (len, found) = (set.len(), ranks(start, stop, set.len()));
                return if self.downwards { len - found.end..len - found.start } else { found };
            }
            By::Score(range) => set.ranks_by_score(range),
            By::Member(range) => set.ranks_by_member(range, self.downwards),
        };
        let skipped = usize::try_from(self.offset).unwrap_or(usize::MAX).min(found.len());
        let count = usize::try_from(self.count).unwrap_or(usize::MAX).min(found.len() - skipped);
        if self.downwards {
            let end = found.end - skipped;
            end - count..end
        } else {
            let start = found.start + skipped;
            start..start + count
        }
    }

    /// What is asked for as a sorted set of its own. One by rank is as big as it is from the first; the others grow, and minus
    /// zeros lose their sign on the way.
    fn collect(&self, set: SortedSetRef<'_>, limits: &Limits) -> SortedSet {
        let ranks = self.ranks(set);
        let grows = !matches!(self.by, By::Rank(..)) || ranks.len() as u64 <= limits.sorted_set_listpack_entries_max;
        let mut found = if grows { SortedSet::empty(Packed::blank(), limits) } else { SortedSet::new_tree(limits) };
        let mut buffer = crate::numbers::integer::DecimalBuffer::new();
        for (member, score) in Walk::new(set.range(ranks), self.downwards) {
            found.set(member.text(&mut buffer), score, limits);
        }
        found
    }
}
