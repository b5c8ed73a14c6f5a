//! Changes of fields: HSET, HMSET, HSETNX, HDEL.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::types::Hash;

/// `HSET key field value [field value ...]`: how many fields are new. O(fields given).
pub fn hset(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let created = set_fields(ctx, args, "hset")?;
    ctx.reply.count(created);
    Ok(Flow::Done)
}

/// `HMSET key field value [field value ...]`: HSET that answers OK.
pub fn hmset(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    set_fields(ctx, args, "hmset")?;
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// Sets all fields of the arguments; an even number of words has a field without a value. Errors: Arity, WrongType.
fn set_fields(ctx: &mut Ctx<'_>, args: Args<'_>, command: &'static str) -> Result<usize, CommandError> {
    if args.len() % 2 == 1 {
        return Err(CommandError::Arity(command));
    }
    let mut hash = ctx.db.edit::<Hash>(args.at(1))?;
    let limits = hash.limits();
    hash.prepare(args.from(2).iter(), &limits);
    let mut created = 0;
    for index in (2..args.len()).step_by(2) {
        created += usize::from(hash.set(args.at(index), args.at(index + 1), &limits));
    }
    hash.commit_all(&[Event::hash("hset")], (args.len() as u64 - 2) / 2);
    Ok(created)
}

/// `HSETNX key field value`: only if the field is missing. O(1).
pub fn hsetnx(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (field, value) = (args.at(2), args.at(3));
    let write = ctx.db.write(args.at(1));
    if write.collection::<Hash>()?.is_some_and(|hash| hash.get(field).is_some()) {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    }
    let mut hash = write.edit::<Hash>()?;
    let limits = hash.limits();
    hash.set(field, value, &limits);
    hash.commit(Event::hash("hset"));
    ctx.reply.integer(1);
    Ok(Flow::Done)
}

/// `HDEL key field [field ...]`: how many were there. O(fields given).
pub fn hdel(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let Some(mut hash) = ctx.db.edit_existing::<Hash>(args.at(1))? else {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    };
    let removed = args.from(2).iter().filter(|field| hash.remove(field)).count();
    if removed > 0 {
        hash.commit_all(&[Event::hash("hdel")], removed as u64);
    }
    ctx.reply.count(removed);
    Ok(Flow::Done)
}
