//! Reads of strings, and the reads that also change the key: GETDEL, GETEX, GETSET.
//!
//! The latter look the key up twice, once as a read (hits, misses, `keymiss`) and once as a write, as Redis does.

use super::options::GetexOption;
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::keyspace::db::NewValue;
use crate::keyspace::write::Ttl;
use crate::numbers::integer::{DecimalBuffer, parse_i64};

/// `GET key`. O(1).
pub fn get(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    reply_with_value(ctx, args.at(1))?;
    Ok(Flow::Done)
}

/// Answers the string at `key`, or null. Whether the key is there. Errors: WrongType.
pub(super) fn reply_with_value(ctx: &mut Ctx<'_>, key: &[u8]) -> Result<bool, CommandError> {
    match ctx.db.read_string(key)? {
        Some(value) => {
            value.reply_bulk(ctx.reply);
            Ok(true)
        }
        None => {
            ctx.reply.null();
            Ok(false)
        }
    }
}

/// `MGET key [key ...]`: null for whatever is no string. O(n).
pub fn mget(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    ctx.reply.array(args.len() - 1);
    for key in args.from(1).iter() {
        match ctx.db.read(key).and_then(|value| value.as_string()) {
            Some(value) => value.reply_bulk(ctx.reply),
            None => ctx.reply.null(),
        }
    }
    Ok(Flow::Done)
}

/// `STRLEN key`. O(1).
pub fn strlen(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let length = ctx.db.read_string(args.at(1))?.map_or(0, |value| value.len());
    ctx.reply.count(length);
    Ok(Flow::Done)
}

/// `GETRANGE key start end`: both ends included, negative ones from the end. O(length of the range).
pub fn getrange(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let start = parse_i64(args.at(2)).ok_or(CommandError::NotInteger)?;
    let end = parse_i64(args.at(3)).ok_or(CommandError::NotInteger)?;
    let Some(value) = ctx.db.read_string(args.at(1))? else {
        ctx.reply.bulk(b"");
        return Ok(Flow::Done);
    };
    match range_within(start, end, value.len()) {
        Some((start, end)) => ctx.reply.bulk(&value.range(start, end)),
        None => ctx.reply.bulk(b""),
    }
    Ok(Flow::Done)
}

/// `SUBSTR key start end`: the old name of GETRANGE.
pub fn substr(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    getrange(ctx, args)
}

/// The bytes `start..end` that an inclusive range with negative ends means in `length` bytes; nothing if it is empty.
fn range_within(start: i64, end: i64, length: usize) -> Option<(usize, usize)> {
    // Both from the end and in the wrong order: empty even where clamping would make one byte of it.
    if start < 0 && end < 0 && start > end {
        return None;
    }
    let signed_length = length as i64;
    let from_end = |index: i64| if index < 0 { (signed_length + index).max(0) } else { index };
    let (start, end) = (from_end(start), from_end(end).min(signed_length - 1));
    (start <= end && length > 0).then(|| (start as usize, end as usize + 1))
}

/// `GETDEL key`. O(1). Propagated as DEL.
pub fn getdel(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let key = args.at(1);
    if !reply_with_value(ctx, key)? {
        return Ok(Flow::Done);
    }
    let verb: &[u8] = if ctx.db.policy().lazy_user_del { b"UNLINK" } else { b"DEL" };
    let mut write = ctx.db.write(key);
    write.remove();
    write.commit(Event::generic("del"));
    ctx.effects().propagate_instead([verb, key]);
    Ok(Flow::Done)
}

/// `GETSET key value`. O(1). Propagated as SET.
pub fn getset(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, value) = (args.at(1), args.at(2));
    reply_with_value(ctx, key)?;
    let mut write = ctx.db.write(key);
    write.set(NewValue::String(value), Ttl::Clear);
    write.commit(Event::string("set"));
    ctx.effects().propagate_instead([b"SET", key, value]);
    Ok(Flow::Done)
}

/// `GETEX key [PERSIST | EX s | PX ms | EXAT s | PXAT ms]`. O(1).
///
/// The time is looked at only once the key is known to be there. Propagated as what it does: PEXPIREAT, PERSIST, DEL.
pub fn getex(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let option = GetexOption::parse(args)?;
    let key = args.at(1);
    let now = ctx.now_ms();
    let Some(value) = ctx.db.read_string(key)? else {
        ctx.reply.null();
        return Ok(Flow::Done);
    };
    let expiry = match option {
        GetexOption::Expire(expiry) => Some(expiry.resolve(now, "getex")?),
        _ => None,
    };
    value.reply_bulk(ctx.reply);
    match (option, expiry) {
        (_, Some(at)) if at <= now && !ctx.db.policy().replays => {
            let verb: &[u8] = if ctx.db.policy().lazy_expire { b"UNLINK" } else { b"DEL" };
            let mut write = ctx.db.write(key);
            write.remove();
            write.commit(Event::generic("del"));
            ctx.effects().propagate_instead([verb, key]);
        }
        (_, Some(at)) => {
            let mut write = ctx.db.write(key);
            write.set_expiry(Some(at));
            write.commit(Event::generic("expire"));
            ctx.effects().propagate_instead([b"PEXPIREAT", key, DecimalBuffer::new().format(at.0)]);
        }
        (GetexOption::Persist, None) => {
            let mut write = ctx.db.write(key);
            if write.expiry().is_some() {
                write.set_expiry(None);
                write.commit(Event::generic("persist"));
                ctx.effects().propagate_instead([b"PERSIST", key]);
            }
        }
        _ => {}
    }
    Ok(Flow::Done)
}

#[cfg(test)]
mod tests {
    use super::range_within;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_range_is_what_python_would_slice(start in -12i64..12, end in -12i64..12, length in 0usize..8) {
            let index = |i: i64| if i < 0 { i + length as i64 } else { i };
            let naive: Vec<usize> = (0..length)
                .filter(|&at| (at as i64) >= index(start) && (at as i64) <= index(end).max(0))
                .collect();
            let naive = if start < 0 && end < 0 && start > end { Vec::new() } else { naive };
            let mine: Vec<usize> = range_within(start, end, length).map_or(Vec::new(), |(a, b)| (a..b).collect());
            prop_assert_eq!(mine, naive);
        }

        #[test]
        fn no_range_overflows(start: i64, end: i64, length in 0usize..100) {
            if let Some((start, end)) = range_within(start, end, length) {
                prop_assert!(start < end && end <= length);
            }
        }
    }
}
