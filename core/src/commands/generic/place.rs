//! Values that go to another key or database: RENAME, RENAMENX, MOVE, COPY.
//!
//! | | same place | source missing | target exists | value's recency |
//! |---|---|---|---|---|
//! | RENAME | OK (the key must exist) | error | replaced | kept |
//! | RENAMENX | 0 (the key must exist) | error | 0 | kept |
//! | MOVE | error | 0 | 0 | kept |
//! | COPY | error | 0 | 0, or replaced with REPLACE | new |
//!
//! The expiry goes along in all of them. Replacing announces no `del`.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::{DbIndex, Event, Lookup};
use crate::numbers::integer;

/// `RENAME key newkey`. O(1). Errors: NoSuchKey.
pub fn rename(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    rename_key(ctx, args, false)?;
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// `RENAMENX key newkey`. O(1). Errors: NoSuchKey.
pub fn renamenx(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let renamed = rename_key(ctx, args, true)?;
    ctx.reply.flag(renamed);
    Ok(Flow::Done)
}

/// Whether anything was renamed.
fn rename_key(ctx: &mut Ctx<'_>, args: Args<'_>, only_new: bool) -> Result<bool, CommandError> {
    let (from, to) = (args.at(1), args.at(2));
    let carried = ctx.db.write(from).detached().ok_or(CommandError::NoSuchKey)?;
    if from == to {
        return Ok(false);
    }
    // Looked at before anything changes: an overdue target is announced as expired first.
    if ctx.db.exists(to) && only_new {
        return Ok(false);
    }
    // Who waits for the target comes before who waits for the source.
    ctx.db.mark_ready(to, carried.value_type());
    let mut source = ctx.db.write(from);
    source.remove_carried();
    source.commit_all(&[], 0);
    let place = (ctx.db.index(), from);
    let mut target = ctx.db.write(to);
    target.put(carried, true);
    target.commit_moved(place, Event::generic("rename_from"), Event::generic("rename_to"));
    Ok(true)
}

/// `MOVE key db`. O(1). Errors: DbIndexOutOfRange, SameObject.
pub fn move_key(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let name = args.at(1);
    let to = parse_database(ctx, args.at(2))?;
    if to == ctx.db.index() {
        return Err(CommandError::SameObject);
    }
    let Some(carried) = ctx.db.write(name).detached() else {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    };
    if ctx.db.at(to).exists(name) {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    }
    let mut source = ctx.db.write(name);
    source.remove_carried();
    source.commit_all(&[], 0);
    let place = (ctx.db.index(), name);
    let mut database = ctx.db.at(to);
    let mut target = database.write(name);
    target.put(carried, true);
    target.commit_moved(place, Event::generic("move_from"), Event::generic("move_to"));
    ctx.reply.integer(1);
    Ok(Flow::Done)
}

/// `COPY source destination [DB destination-db] [REPLACE]`. O(1), whatever the value's size: pages are shared.
/// Errors: Syntax, DbIndexOutOfRange, SameObject.
pub fn copy(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (from, to) = (args.at(1), args.at(2));
    let mut database = ctx.db.index();
    let mut replace = false;
    let mut index = 3;
    while index < args.len() {
        if args.is(index, "REPLACE") {
            replace = true;
        } else if args.is(index, "DB") && index + 1 < args.len() {
            index += 1;
            database = parse_database(ctx, args.at(index))?;
        } else {
            return Err(CommandError::Syntax);
        }
        index += 1;
    }
    if database == ctx.db.index() && from == to {
        return Err(CommandError::SameObject);
    }
    let Some(slot) = ctx.db.lookup(from, Lookup::NORMAL) else {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    };
    let carried = ctx.db.detached(slot);
    let mut database = ctx.db.at(database);
    let mut target = database.write(to);
    let copied = !target.exists() || replace;
    if copied {
        target.put(carried, false);
        target.commit(Event::generic("copy_to"));
    }
    ctx.reply.flag(copied);
    Ok(Flow::Done)
}

/// A database by its number. Errors: NotInteger, beyond an `int`, DbIndexOutOfRange.
fn parse_database(ctx: &Ctx<'_>, text: &[u8]) -> Result<DbIndex, CommandError> {
    let number = integer::parse_i64(text).ok_or(CommandError::NotInteger)?;
    let number = i32::try_from(number)
        .map_err(|_| CommandError::Text("ERR value is out of range, value must between -2147483648 and 2147483647"))?;
    match u32::try_from(number) {
        Ok(number) if (number as usize) < ctx.db.keyspace().count() => Ok(DbIndex(number)),
        _ => Err(CommandError::DbIndexOutOfRange),
    }
}
