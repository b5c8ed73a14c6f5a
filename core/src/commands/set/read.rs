//! Reads of one set: SCARD, SISMEMBER, SMISMEMBER, SSCAN.

use crate::commands::scan::{self, ScanOptions};
use crate::commands::{Args, CommandError, Ctx, Flow, OwnedArgs};
use crate::numbers::integer::DecimalBuffer;
use crate::types::Set;

/// `SCARD key`. O(1).
pub fn scard(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let len = ctx.db.read_collection::<Set>(args.at(1))?.map_or(0, |set| set.len());
    ctx.reply.count(len);
    Ok(Flow::Done)
}

/// `SISMEMBER key member`. O(1).
pub fn sismember(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let found = ctx.db.read_collection::<Set>(args.at(1))?.is_some_and(|set| set.contains(args.at(2)));
    ctx.reply.flag(found);
    Ok(Flow::Done)
}

/// `SMISMEMBER key member [member ...]`: 1 or 0 for each. O(members given).
pub fn smismember(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let set = ctx.db.read_collection::<Set>(args.at(1))?;
    let members = args.from(2);
    ctx.reply.array(members.len());
    for member in members.iter() {
        ctx.reply.flag(set.is_some_and(|set| set.contains(member)));
    }
    Ok(Flow::Done)
}

/// `SSCAN key cursor [MATCH pattern] [COUNT count]`. O(count).
pub fn sscan(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let cursor = scan::parse_cursor(args.at(2))?;
    let mut found = OwnedArgs::new();
    let Some(set) = ctx.db.read_collection::<Set>(args.at(1))? else {
        scan::reply(ctx.reply, 0, &found);
        return Ok(Flow::Done);
    };
    let options = ScanOptions::parse(args, 3)?;
    let mut buffer = DecimalBuffer::new();
    let cursor = set.scan(cursor, options.count, |member| {
        let member = member.text(&mut buffer);
        if options.wants(member) {
            found.push(member);
        }
    });
    scan::reply(ctx.reply, cursor, &found);
    Ok(Flow::Done)
}
