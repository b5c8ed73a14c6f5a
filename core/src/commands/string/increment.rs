//! INCR, INCRBY, DECR, DECRBY in 64-bit integers; INCRBYFLOAT in x87 long doubles.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::keyspace::db::NewValue;
use crate::keyspace::write::Ttl;
use crate::numbers::integer::parse_i64;
use crate::numbers::long_double::LongDouble;
use crate::types::StringRef;

/// `INCR key`. O(1).
pub fn incr(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    add(ctx, args.at(1), 1)
}

/// `DECR key`. O(1).
pub fn decr(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    add(ctx, args.at(1), -1)
}

/// `INCRBY key increment`. O(1).
pub fn incrby(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let increment = parse_i64(args.at(2)).ok_or(CommandError::NotInteger)?;
    add(ctx, args.at(1), increment)
}

/// `DECRBY key decrement`. O(1). The least integer has no opposite, and so an error of its own.
pub fn decrby(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let decrement = parse_i64(args.at(2)).ok_or(CommandError::NotInteger)?;
    let increment = decrement.checked_neg().ok_or(CommandError::DecrementOverflow)?;
    add(ctx, args.at(1), increment)
}

/// Adds to the integer at `key` (0 if it is missing), keeping its expiry. All four commands have one event.
fn add(ctx: &mut Ctx<'_>, key: &[u8], increment: i64) -> Result<Flow, CommandError> {
    let mut write = ctx.db.write(key);
    let before = match write.string()? {
        Some(value) => value.as_i64().ok_or(CommandError::NotInteger)?,
        None => 0,
    };
    let value = before.checked_add(increment).ok_or(CommandError::Overflow)?;
    write.set(NewValue::Int(value), Ttl::Keep);
    write.commit(Event::string("incrby"));
    ctx.reply.integer(value);
    Ok(Flow::Done)
}

/// `INCRBYFLOAT key increment`. O(1).
///
/// The result is stored as text, never as an integer. Propagated as a SET of the result, so that no replica has to
/// round again.
pub fn incrbyfloat(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = args.at(1);
    let mut write = ctx.db.write(key);
    let before = match write.string()? {
        Some(value) => long_double(value).ok_or(CommandError::NotFloat)?,
        None => LongDouble::ZERO,
    };
    let increment = LongDouble::parse(args.at(2)).ok_or(CommandError::NotFloat)?;
    let sum = before + increment;
    if !sum.is_finite() {
        return Err(CommandError::NanOrInfinity);
    }
    let text = sum.to_human();
    write.set(NewValue::Text(&text), Ttl::Keep);
    write.commit(Event::string("incrbyfloat"));
    ctx.reply.bulk(&text);
    ctx.effects().propagate_instead([b"SET", key, &text, b"KEEPTTL"]);
    Ok(Flow::Done)
}

fn long_double(value: StringRef<'_>) -> Option<LongDouble> {
    match value {
        StringRef::Int(value) => Some(LongDouble::from_i64(value)),
        other => LongDouble::parse(&other.bytes()),
    }
}
