//! HINCRBY in 64-bit integers, HINCRBYFLOAT in x87 long doubles.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::numbers::integer::{DecimalBuffer, parse_i64};
use crate::numbers::long_double::LongDouble;
use crate::structures::Item;
use crate::types::Hash;

/// `HINCRBY key field increment`. O(1).
pub fn hincrby(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let increment = parse_i64(args.at(3)).ok_or(CommandError::NotInteger)?;
    let write = ctx.db.write(args.at(1));
    let before = match write.collection::<Hash>()?.and_then(|hash| hash.get(args.at(2))) {
        Some(value) => value.as_i64().ok_or(CommandError::Text("ERR hash value is not an integer"))?,
        None => 0,
    };
    let value = before.checked_add(increment).ok_or(CommandError::Overflow)?;
    let mut hash = write.edit::<Hash>()?;
    let limits = hash.limits();
    hash.set(args.at(2), DecimalBuffer::new().format(value), &limits);
    hash.commit(Event::hash("hincrby"));
    ctx.reply.integer(value);
    Ok(Flow::Done)
}

/// `HINCRBYFLOAT key field increment`. O(1). Propagated as an HSET of the result, so that no replica has to round again.
pub fn hincrbyfloat(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, field) = (args.at(1), args.at(2));
    let increment = LongDouble::parse(args.at(3)).ok_or(CommandError::NotFloat)?;
    if !increment.is_finite() {
        return Err(CommandError::Text("ERR value is NaN or Infinity"));
    }
    let write = ctx.db.write(key);
    let before = match write.collection::<Hash>()?.and_then(|hash| hash.get(field)) {
        Some(Item::Int(value)) => LongDouble::from_i64(value),
        Some(Item::Bytes(text)) => {
            LongDouble::parse(text).ok_or(CommandError::Text("ERR hash value is not a float"))?
        }
        None => LongDouble::ZERO,
    };
    let sum = before + increment;
    if !sum.is_finite() {
        return Err(CommandError::NanOrInfinity);
    }
    let text = sum.to_human();
    let mut hash = write.edit::<Hash>()?;
    let limits = hash.limits();
    hash.set(field, &text, &limits);
    hash.commit(Event::hash("hincrbyfloat"));
    ctx.reply.bulk(&text);
    ctx.effects().propagate_instead([b"HSET", key, field, &text]);
    Ok(Flow::Done)
}
