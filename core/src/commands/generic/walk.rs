//! Finding keys: KEYS, SCAN, RANDOMKEY.
//!
//! KEYS leaves out what is overdue and deletes nothing. SCAN and RANDOMKEY delete what they find overdue. A cursor is the
//! place of the next key in the table's order (see the table's `scan`), so whatever is there throughout a scan is given
//! exactly once, which is more than Redis promises.

use crate::commands::scan::{self, ScanOptions};
use crate::commands::{Args, CommandError, Ctx, Flow, OwnedArgs};
use crate::glob;
use crate::keyspace::Lookup;
use crate::numbers::integer;

/// `KEYS pattern`. O(keys in the database).
pub fn keys(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let pattern = args.at(1);
    let everything = pattern == b"*";
    let now = ctx.now_ms();
    let place = ctx.reply.deferred();
    let mut count = 0;
    for (key, payload) in ctx.db.db().iter() {
        let overdue = payload.expiry().is_some_and(|at| at < now);
        if !overdue && (everything || glob::matches(pattern, key, false)) {
            ctx.reply.bulk(key);
            count += 1;
        }
    }
    ctx.reply.array_at(place, count);
    Ok(Flow::Done)
}

/// `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`. O(count).
pub fn scan(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let cursor = scan::parse_cursor(args.at(1))?;
    let scan = ScanOptions::parse_with_type(args, 2)?;
    let mut found = OwnedArgs::new();
    let cursor = ctx.db.db().table().scan(cursor, scan.count, |key, _: &[u8]| {
        if scan.wants(key) {
            found.push(key);
        }
    });
    ctx.reply.array(2);
    ctx.reply.bulk(integer::DecimalBuffer::new().format(cursor));
    let place = ctx.reply.deferred();
    let mut count = 0;
    for key in found.as_args().iter() {
        let wanted = match scan.type_name {
            // The type is asked for by an ordinary lookup, hits and misses counted.
            Some(name) => ctx
                .db
                .read_with(key, Lookup::NO_TOUCH)
                .is_some_and(|value| value.value_type().name().as_bytes().eq_ignore_ascii_case(name)),
            None => ctx.db.exists(key),
        };
        if wanted {
            ctx.reply.bulk(key);
            count += 1;
        }
    }
    ctx.reply.array_at(place, count);
    Ok(Flow::Done)
}

/// `RANDOMKEY`. O(1) expected, and O(1) for each overdue key that it comes across and deletes.
pub fn randomkey(ctx: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    match ctx.db.random_key() {
        Some(key) => ctx.reply.bulk(&key),
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}
