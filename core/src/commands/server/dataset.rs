//! Whole databases: DBSIZE, FLUSHALL, FLUSHDB, SWAPDB. And TIME.
//!
//! DBSIZE counts keys that are overdue and have not been found yet. Flushing and swapping always propagate, also when
//! nothing was there.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::DbIndex;
use crate::numbers::integer;

/// `DBSIZE`. O(1).
pub fn dbsize(ctx: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    ctx.reply.count(ctx.db.db().len());
    Ok(Flow::Done)
}

/// `FLUSHALL [ASYNC|SYNC]`. O(pages) either way. Errors: Syntax.
pub fn flushall(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    check_mode(args)?;
    let mut removed = 0;
    for index in 0..ctx.db.keyspace().count() {
        removed += ctx.db.at(DbIndex(index as u32)).flush();
    }
    flushed(ctx, removed);
    ctx.effects().flushed_all = true;
    Ok(Flow::Done)
}

/// `FLUSHDB [ASYNC|SYNC]`. O(pages) either way. Errors: Syntax.
pub fn flushdb(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    check_mode(args)?;
    let removed = ctx.db.flush();
    flushed(ctx, removed);
    Ok(Flow::Done)
}

fn flushed(ctx: &mut Ctx<'_>, removed: usize) {
    ctx.effects().dirty += removed as u64;
    ctx.effects().propagate_always();
    ctx.reply.ok();
}

/// Both modes do the same here: pages are few and freed quickly.
fn check_mode(args: Args<'_>) -> Result<(), CommandError> {
    match args.len() {
        1 => Ok(()),
        2 if args.is(1, "ASYNC") || args.is(1, "SYNC") => Ok(()),
        _ => Err(CommandError::Syntax),
    }
}

/// `SWAPDB index1 index2`. O(1), and O(keys) where somebody watches. Errors: DbIndexOutOfRange.
pub fn swapdb(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let number = |text, error| {
        let number = integer::parse_i64(text).and_then(|number| i32::try_from(number).ok());
        number.ok_or(CommandError::Text(error))
    };
    let a = number(args.at(1), "ERR invalid first DB index")?;
    let b = number(args.at(2), "ERR invalid second DB index")?;
    let databases = 0..ctx.db.keyspace().count() as i64;
    if !databases.contains(&(a as i64)) || !databases.contains(&(b as i64)) {
        return Err(CommandError::DbIndexOutOfRange);
    }
    // Of a database with itself nobody who watches or waits hears.
    if a != b {
        ctx.db.swap(DbIndex(a as u32), DbIndex(b as u32));
    }
    ctx.effects().dirty += 1;
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// `TIME`: Unix seconds and the microseconds of the current one. O(1).
pub fn time(ctx: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    let now_us = ctx.now().unix_us;
    ctx.reply.array(2);
    ctx.reply.bulk_integer((now_us / 1_000_000) as i64);
    ctx.reply.bulk_integer((now_us % 1_000_000) as i64);
    Ok(Flow::Done)
}
