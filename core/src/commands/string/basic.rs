//! GET and the writes of whole values.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::keyspace::db::NewValue;
use crate::keyspace::write::Ttl;

/// `GET key`. O(1).
pub fn get(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    match ctx.db.read_string(args.at(1))? {
        Some(value) => value.reply_bulk(ctx.reply),
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// `SET key value`. O(1).
pub fn set(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut key = ctx.db.write(args.at(1));
    key.set(NewValue::String(args.at(2)), Ttl::Clear);
    key.commit(Event::string("set"));
    ctx.reply.ok();
    Ok(Flow::Done)
}
