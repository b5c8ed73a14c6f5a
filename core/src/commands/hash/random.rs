//! HRANDFIELD: fields chosen at random.
//!
//! | count | answer |
//! |---|---|
//! | none | one field, or null |
//! | positive | up to that many different fields, each set of them with the same probability |
//! | negative | exactly that many draws, each independent of the others |

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::numbers::integer::parse_i64;
use crate::resp::Reply;
use crate::structures::{Item, Rng};
use crate::types::{HashRef, ReplyItem};

const COUNT_RANGE_TEXT: &str =
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807";

/// `HRANDFIELD key [count [WITHVALUES]]`. O(count log count), and at most O(fields) for a positive count.
/// Errors: NotInteger, Syntax, OutOfRange.
pub fn hrandfield(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut rng = ctx.db.rng().fork();
    let Some(count) = args.get(2) else {
        match ctx.db.read_hash(args.at(1))?.and_then(|hash| hash.random(&mut rng)) {
            Some((field, _)) => field.reply_bulk(ctx.reply),
            None => ctx.reply.null(),
        }
        return Ok(Flow::Done);
    };
    let count = parse_i64(count).ok_or(CommandError::NotInteger)?;
    if count == i64::MIN {
        return Err(CommandError::Text(COUNT_RANGE_TEXT));
    }
    if args.len() > 4 || args.len() == 4 && !args.is(3, "WITHVALUES") {
        return Err(CommandError::Syntax);
    }
    let with_values = args.len() == 4;
    if with_values && !(-i64::MAX / 2..=i64::MAX / 2).contains(&count) {
        return Err(CommandError::OutOfRange);
    }
    match ctx.db.read_hash(args.at(1))? {
        Some(hash) if count != 0 => Answer { reply: ctx.reply, with_values }.choose(hash, count, &mut rng),
        _ => ctx.reply.array(0),
    }
    Ok(Flow::Done)
}

/// The fields on their way into the reply: flat in RESP2, pairs in arrays of their own in RESP3.
struct Answer<'a> {
    reply: &'a mut Reply,
    with_values: bool,
}

impl Answer<'_> {
    fn choose(&mut self, hash: HashRef<'_>, count: i64, rng: &mut Rng) {
        let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        if count < 0 {
            self.begin(wanted);
            for _ in 0..wanted {
                self.give(hash.random(rng).expect("a hash is never empty"));
            }
            return;
        }
        let wanted = wanted.min(hash.len());
        self.begin(wanted);
        hash.sample(wanted, rng, |pair| self.give(pair));
    }

    fn begin(&mut self, count: usize) {
        let flat = self.with_values && !self.reply.is_resp3();
        self.reply.array(if flat { count.saturating_mul(2) } else { count });
    }

    fn give(&mut self, (field, value): (Item<'_>, Item<'_>)) {
        if self.with_values && self.reply.is_resp3() {
            self.reply.array(2);
        }
        field.reply_bulk(self.reply);
        if self.with_values {
            value.reply_bulk(self.reply);
        }
    }
}
