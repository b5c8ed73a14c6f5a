//! Reads of hashes. On a missing key each answers as if the hash were empty.

use crate::commands::scan::{self, ScanOptions};
use crate::commands::{Args, CommandError, Ctx, Flow, OwnedArgs};
use crate::numbers::integer::DecimalBuffer;
use crate::types::ReplyItem;

/// `HGET key field`. O(1).
pub fn hget(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    match ctx.db.read_hash(args.at(1))?.and_then(|hash| hash.get(args.at(2))) {
        Some(value) => value.reply_bulk(ctx.reply),
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// `HMGET key field [field ...]`: null for each that is missing. O(fields asked for).
pub fn hmget(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let hash = ctx.db.read_hash(args.at(1))?;
    ctx.reply.array(args.len() - 2);
    for field in args.from(2).iter() {
        match hash.and_then(|hash| hash.get(field)) {
            Some(value) => value.reply_bulk(ctx.reply),
            None => ctx.reply.null(),
        }
    }
    Ok(Flow::Done)
}

/// `HGETALL key`. O(fields).
pub fn hgetall(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let Some(hash) = ctx.db.read_hash(args.at(1))? else {
        ctx.reply.map(0);
        return Ok(Flow::Done);
    };
    ctx.reply.map(hash.len());
    for (field, value) in hash.iter() {
        field.reply_bulk(ctx.reply);
        value.reply_bulk(ctx.reply);
    }
    Ok(Flow::Done)
}

/// `HKEYS key`. O(fields).
pub fn hkeys(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let hash = ctx.db.read_hash(args.at(1))?;
    ctx.reply.array(hash.map_or(0, |hash| hash.len()));
    for (field, _) in hash.iter().flat_map(|hash| hash.iter()) {
        field.reply_bulk(ctx.reply);
    }
    Ok(Flow::Done)
}

/// `HVALS key`. O(fields).
pub fn hvals(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let hash = ctx.db.read_hash(args.at(1))?;
    ctx.reply.array(hash.map_or(0, |hash| hash.len()));
    for (_, value) in hash.iter().flat_map(|hash| hash.iter()) {
        value.reply_bulk(ctx.reply);
    }
    Ok(Flow::Done)
}

/// `HLEN key`. O(1).
pub fn hlen(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let count = ctx.db.read_hash(args.at(1))?.map_or(0, |hash| hash.len());
    ctx.reply.count(count);
    Ok(Flow::Done)
}

/// `HSTRLEN key field`: 0 for a missing field. O(1).
pub fn hstrlen(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let value = ctx.db.read_hash(args.at(1))?.and_then(|hash| hash.get(args.at(2)));
    ctx.reply.count(value.map_or(0, |value| value.len()));
    Ok(Flow::Done)
}

/// `HEXISTS key field`. O(1).
pub fn hexists(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let found = ctx.db.read_hash(args.at(1))?.is_some_and(|hash| hash.get(args.at(2)).is_some());
    ctx.reply.flag(found);
    Ok(Flow::Done)
}

/// `HSCAN key cursor [MATCH pattern] [COUNT count]`: MATCH looks at fields. O(count).
pub fn hscan(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let cursor = scan::parse_cursor(args.at(2))?;
    let mut found = OwnedArgs::new();
    let Some(hash) = ctx.db.read_hash(args.at(1))? else {
        scan::reply(ctx.reply, 0, &found);
        return Ok(Flow::Done);
    };
    let options = ScanOptions::parse(args, 3)?;
    let (mut field_text, mut value_text) = (DecimalBuffer::new(), DecimalBuffer::new());
    let cursor = hash.scan(cursor, options.count, |field, value| {
        let field = field.text(&mut field_text);
        if options.wants(field) {
            found.push(field).push(value.text(&mut value_text));
        }
    });
    scan::reply(ctx.reply, cursor, &found);
    Ok(Flow::Done)
}
