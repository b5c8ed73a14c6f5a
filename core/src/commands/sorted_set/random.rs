//! ZRANDMEMBER: members chosen at random.
//!
//! | count | answer |
//! |---|---|
//! | none | one member, or null |
//! | positive | up to that many different members, each set of them with the same probability |
//! | negative | exactly that many draws, each independent of the others |

use std::collections::BTreeSet;

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::numbers::integer::parse_i64;
use crate::resp::Reply;
use crate::structures::{Item, Rng};
use crate::types::{ReplyItem, SortedSet, SortedSetRef};

const COUNT_RANGE_TEXT: &str =
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807";

/// `ZRANDMEMBER key [count [WITHSCORES]]`. O(count log n). Errors: NotInteger, Syntax, OutOfRange.
pub fn zrandmember(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut rng = ctx.db.rng().fork();
    let Some(count) = args.get(2) else {
        match ctx.db.read_collection::<SortedSet>(args.at(1))?.and_then(|set| set.random(&mut rng)) {
            Some((member, _)) => member.reply_bulk(ctx.reply),
            None => ctx.reply.null(),
        }
        return Ok(Flow::Done);
    };
    let count = parse_i64(count).ok_or(CommandError::NotInteger)?;
    if count == i64::MIN {
        return Err(CommandError::Text(COUNT_RANGE_TEXT));
    }
    if args.len() > 4 || args.len() == 4 && !args.is(3, "WITHSCORES") {
        return Err(CommandError::Syntax);
    }
    let with_scores = args.len() == 4;
    if with_scores && !(-i64::MAX / 2..=i64::MAX / 2).contains(&count) {
        return Err(CommandError::OutOfRange);
    }
    match ctx.db.read_collection::<SortedSet>(args.at(1))? {
        Some(set) if count != 0 => Answer { reply: ctx.reply, with_scores }.choose(set, count, &mut rng),
        _ => ctx.reply.array(0),
    }
    Ok(Flow::Done)
}

/// The members on their way into the reply: flat in RESP2, pairs in arrays of their own in RESP3.
struct Answer<'a> {
    reply: &'a mut Reply,
    with_scores: bool,
}

impl Answer<'_> {
    fn choose(&mut self, set: SortedSetRef<'_>, count: i64, rng: &mut Rng) {
        let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        if count < 0 {
            self.begin(wanted);
            for _ in 0..wanted {
                self.give(set.random(rng).expect("a sorted set is never empty"));
            }
            return;
        }
        let len = set.len();
        let wanted = wanted.min(len);
        self.begin(wanted);
        if wanted < len / 3 {
            // Sampling without replacement (Floyd): a few ranks out of many.
            let mut ranks = BTreeSet::new();
            for last in len - wanted..len {
                let rank = rng.below(last as u64 + 1) as usize;
                let rank = if ranks.contains(&rank) { last } else { rank };
                ranks.insert(rank);
            }
            for rank in ranks {
                self.give(set.range(rank..rank + 1).next().expect("a rank within the length"));
            }
            return;
        }
        // Selection sampling (Knuth, algorithm S): one walk, the answer in the order of the sorted set.
        let (mut left, mut missing) = (len as u64, wanted as u64);
        for element in set.iter() {
            if missing > 0 && rng.below(left) < missing {
                self.give(element);
                missing -= 1;
            }
            left -= 1;
        }
    }

    fn begin(&mut self, count: usize) {
        let flat = self.with_scores && !self.reply.is_resp3();
        self.reply.array(if flat { count.saturating_mul(2) } else { count });
    }

    fn give(&mut self, (member, score): (Item<'_>, f64)) {
        if self.with_scores && self.reply.is_resp3() {
            self.reply.array(2);
        }
        member.reply_bulk(self.reply);
        if self.with_scores {
            self.reply.double(score);
        }
    }
}
