//! DEL, UNLINK, EXISTS, TOUCH: several keys at once, counted.
//!
//! DEL counts a key that is named twice once, because it is gone by then; EXISTS and TOUCH count it twice.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::{Event, Lookup};

/// `DEL key [key …]`. O(keys): large values are freed elsewhere.
pub fn del(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut count = 0;
    for name in args.iter().skip(1) {
        let mut key = ctx.db.write(name);
        if key.remove() {
            key.commit(Event::generic("del"));
            count += 1;
        }
    }
    ctx.reply.integer(count);
    Ok(Flow::Done)
}

/// `UNLINK key [key …]`. The same as DEL: what takes long to free, another thread frees after either.
pub fn unlink(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    del(ctx, args)
}

/// `EXISTS key [key …]`. O(keys).
pub fn exists(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    count_found(ctx, args, Lookup::NO_TOUCH)
}

/// `TOUCH key [key …]`: like EXISTS, but counts as a use. O(keys).
pub fn touch(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    count_found(ctx, args, Lookup::NORMAL)
}

fn count_found(ctx: &mut Ctx<'_>, args: Args<'_>, lookup: Lookup) -> Result<Flow, CommandError> {
    let mut count = 0;
    for name in args.iter().skip(1) {
        if ctx.db.lookup(name, lookup).is_some() {
            count += 1;
        }
    }
    ctx.reply.integer(count);
    Ok(Flow::Done)
}
