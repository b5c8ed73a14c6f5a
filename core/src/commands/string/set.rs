//! SET and its relatives: SETNX, SETEX, PSETEX, MSET, MSETNX.
//!
//! Order of checks, as Redis has it: options, then the time of expiry, then (with GET) the type, then NX and XX.
//! A time in the past is accepted: the key is stored and is overdue at once.

use super::options::{Condition, ExpiryArg, ExpiryForm, SetOptions, c_word};
use super::read::reply_with_value;
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::keyspace::db::NewValue;
use crate::keyspace::write::Ttl;
use crate::numbers::integer::DecimalBuffer;
use crate::time::UnixMillis;

/// `SET key value [NX | XX] [GET] [KEEPTTL | EX s | PX ms | EXAT s | PXAT ms]`. O(1).
///
/// Propagated as `SET key value PXAT ms` if it has a time, else as it is, but without GET.
pub fn set(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let options = SetOptions::parse(args)?;
    let (key, value) = (args.at(1), args.at(2));
    let now = ctx.now_ms();
    let expiry = options.expiry.map(|expiry| expiry.resolve(now, "set")).transpose()?;
    if options.get {
        reply_with_value(ctx, key)?;
    }
    let mut write = ctx.db.write(key);
    let wanted = match options.condition {
        None => true,
        Some(Condition::Missing) => !write.exists(),
        Some(Condition::Existing) => write.exists(),
    };
    if !wanted {
        drop(write);
        if !options.get {
            ctx.reply.null();
        }
        return Ok(Flow::Done);
    }
    match expiry {
        None => {
            write.set(NewValue::String(value), if options.keep_ttl { Ttl::Keep } else { Ttl::Clear });
            write.commit(Event::string("set"));
            if options.get {
                propagate_without_get(ctx, args);
            }
        }
        Some(at) => {
            write.set(NewValue::String(value), Ttl::At(at));
            write.commit_all(&[Event::string("set"), Event::generic("expire")], 1);
            propagate_with_time(ctx, key, value, at);
        }
    }
    if !options.get {
        ctx.reply.ok();
    }
    Ok(Flow::Done)
}

fn propagate_without_get(ctx: &mut Ctx<'_>, args: Args<'_>) {
    let kept = args.iter().enumerate().filter(|(index, arg)| *index < 3 || !c_word(arg).eq_ignore_ascii_case(b"GET"));
    ctx.effects().propagate_instead(kept.map(|(_, arg)| arg));
}

fn propagate_with_time(ctx: &mut Ctx<'_>, key: &[u8], value: &[u8], at: UnixMillis) {
    ctx.effects().propagate_instead([b"SET", key, value, b"PXAT", DecimalBuffer::new().format(at.0)]);
}

/// `SETNX key value`: 1 if it was set. O(1).
pub fn setnx(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut write = ctx.db.write(args.at(1));
    let missing = !write.exists();
    if missing {
        write.set(NewValue::String(args.at(2)), Ttl::Clear);
        write.commit(Event::string("set"));
    }
    ctx.reply.flag(missing);
    Ok(Flow::Done)
}

/// `SETEX key seconds value`. O(1).
pub fn setex(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    set_with_time(ctx, args, ExpiryForm::Seconds, "setex")
}

/// `PSETEX key milliseconds value`. O(1).
pub fn psetex(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    set_with_time(ctx, args, ExpiryForm::Millis, "psetex")
}

fn set_with_time(
    ctx: &mut Ctx<'_>,
    args: Args<'_>,
    form: ExpiryForm,
    command: &'static str,
) -> Result<Flow, CommandError> {
    let (key, value) = (args.at(1), args.at(3));
    let at = ExpiryArg { form, text: args.at(2) }.resolve(ctx.now_ms(), command)?;
    let mut write = ctx.db.write(key);
    write.set(NewValue::String(value), Ttl::At(at));
    write.commit_all(&[Event::string("set"), Event::generic("expire")], 1);
    propagate_with_time(ctx, key, value, at);
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// `MSET key value [key value ...]`. O(n).
pub fn mset(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    if args.len().is_multiple_of(2) {
        return Err(CommandError::Arity("mset"));
    }
    set_all(ctx, args);
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// `MSETNX key value [key value ...]`: all, or nothing if any of the keys exists. O(n).
pub fn msetnx(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    if args.len().is_multiple_of(2) {
        return Err(CommandError::Arity("msetnx"));
    }
    let taken = (1..args.len()).step_by(2).any(|index| ctx.db.write(args.at(index)).exists());
    if !taken {
        set_all(ctx, args);
    }
    ctx.reply.flag(!taken);
    Ok(Flow::Done)
}

/// Sets every pair. A key given twice is set twice: the last value stays, both count and both have their event.
fn set_all(ctx: &mut Ctx<'_>, args: Args<'_>) {
    for index in (1..args.len()).step_by(2) {
        let mut write = ctx.db.write(args.at(index));
        write.set(NewValue::String(args.at(index + 1)), Ttl::Clear);
        write.commit(Event::string("set"));
    }
}
