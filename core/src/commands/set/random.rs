//! SRANDMEMBER: members chosen at random.
//!
//! | count | answer |
//! |---|---|
//! | none | one member, or null |
//! | positive | up to that many different members, each set of them with the same probability |
//! | negative | exactly that many draws, each independent of the others |

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::numbers::integer::parse_i64;
use crate::types::{ReplyItem, Set};

const COUNT_RANGE_TEXT: &str =
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807";

/// `SRANDMEMBER key [count]`. O(count log count), and at most O(n) for a positive count. Errors: NotInteger, Syntax.
pub fn srandmember(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut rng = ctx.db.rng().fork();
    if args.len() > 3 {
        return Err(CommandError::Syntax);
    }
    let Some(count) = args.get(2) else {
        match ctx.db.read_collection::<Set>(args.at(1))?.and_then(|set| set.random(&mut rng)) {
            Some(member) => member.reply_bulk(ctx.reply),
            None => ctx.reply.null(),
        }
        return Ok(Flow::Done);
    };
    let count = parse_i64(count).ok_or(CommandError::NotInteger)?;
    if count == i64::MIN {
        return Err(CommandError::Text(COUNT_RANGE_TEXT));
    }
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    match ctx.db.read_collection::<Set>(args.at(1))? {
        Some(set) if count > 0 => {
            let wanted = wanted.min(set.len());
            ctx.reply.array(wanted);
            set.sample(wanted, &mut rng, |member| member.reply_bulk(ctx.reply));
        }
        Some(set) => {
            ctx.reply.array(wanted);
            for _ in 0..wanted {
                set.random(&mut rng).expect("a set is never empty").reply_bulk(ctx.reply);
            }
        }
        None => ctx.reply.array(0),
    }
    Ok(Flow::Done)
}
