//! Changes of single members: SADD, SREM, SMOVE.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::types::Set;

/// `SADD key member [member ...]`: how many are new. O(members given).
pub fn sadd(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut set = ctx.db.edit::<Set>(args.at(1))?;
    let limits = set.limits();
    let added = args.from(2).iter().filter(|member| set.add(member, &limits)).count();
    if added > 0 {
        set.commit_all(&[Event::set("sadd")], added as u64);
    }
    ctx.reply.count(added);
    Ok(Flow::Done)
}

/// `SREM key member [member ...]`: how many were there. O(members given).
pub fn srem(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let Some(mut set) = ctx.db.edit_existing::<Set>(args.at(1))? else {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    };
    let removed = args.from(2).iter().filter(|member| set.remove(member)).count();
    if removed > 0 {
        set.commit_all(&[Event::set("srem")], removed as u64);
    }
    ctx.reply.count(removed);
    Ok(Flow::Done)
}

/// `SMOVE source destination member`: whether it was in the source. O(1). A missing source is looked at before the type of
/// the destination.
pub fn smove(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (source, destination, member) = (args.at(1), args.at(2), args.at(3));
    let from = ctx.db.write(source).collection::<Set>().map(|set| set.map(|set| set.contains(member)));
    // Both are looked up before anything is said: an overdue destination goes in any case.
    let to = ctx.db.write(destination);
    let Some(found) = from? else {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    };
    to.collection::<Set>()?;
    drop(to);
    if source == destination || !found {
        ctx.reply.flag(found);
        return Ok(Flow::Done);
    }
    let mut set = ctx.db.edit::<Set>(source)?;
    set.remove(member);
    set.commit(Event::set("srem"));
    let mut set = ctx.db.edit::<Set>(destination)?;
    let limits = set.limits();
    if set.add(member, &limits) {
        set.commit(Event::set("sadd"));
    }
    ctx.reply.integer(1);
    Ok(Flow::Done)
}
