//! SPOP: members chosen at random and removed.
//!
//! | count | propagated as | how |
//! |---|---|---|
//! | none | SREM key member | |
//! | all members or more | DEL key | the key goes |
//! | some | SREM key member, one for each | drawn and removed one by one |
//! | most: those that stay, five times, are at most as many | the same | those that stay are drawn, and make a new set |
//!
//! The last line is seen in OBJECT ENCODING: the new set is an intset again if all that stays are integers.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::{Edit, Event};
use crate::numbers::integer::parse_i64;
use crate::structures::Item;
use crate::types::{Collection, ReplyItem, Set};

const NOT_POSITIVE_TEXT: &str = "ERR value is out of range, must be positive";
/// From how many times more members popped than left on the others are moved.
const MOVE_FACTOR: usize = 5;

/// `SPOP key [count]`. O(count). Errors: NotPositive, Syntax.
pub fn spop(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    match args.len() {
        2 => pop_one(ctx, args.at(1)),
        3 => pop_some(ctx, args.at(1), args.at(2)),
        _ => Err(CommandError::Syntax),
    }
}

fn pop_one(ctx: &mut Ctx<'_>, key: &[u8]) -> Result<Flow, CommandError> {
    let Some(mut edit) = ctx.db.edit_existing::<Set>(key)? else {
        ctx.reply.null();
        return Ok(Flow::Done);
    };
    let (set, rng) = edit.with_rng();
    let member = set.borrowed().random(rng).expect("a set is never empty").to_vec();
    set.remove(&member);
    edit.commit(Event::set("spop"));
    ctx.reply.bulk(&member);
    ctx.effects().propagate_instead([b"SREM".as_slice(), key, &member]);
    Ok(Flow::Done)
}

fn pop_some(ctx: &mut Ctx<'_>, key: &[u8], count: &[u8]) -> Result<Flow, CommandError> {
    let count = parse_i64(count).and_then(|count| usize::try_from(count).ok());
    let count = count.ok_or(CommandError::Text(NOT_POSITIVE_TEXT))?;
    let mut write = ctx.db.write(key);
    let len = match write.collection::<Set>()? {
        Some(set) if count > 0 => set.len(),
        _ => {
            ctx.reply.set(0);
            return Ok(Flow::Done);
        }
    };
    ctx.reply.set(count.min(len));
    if count >= len {
        let set = write.collection::<Set>()?.expect("it was just looked at");
        set.iter().for_each(|member| member.reply_bulk(ctx.reply));
        write.remove();
        write.commit_all(&[Event::set("spop"), Event::generic("del")], len as u64);
        ctx.effects().propagate_instead([b"DEL".as_slice(), key]);
        return Ok(Flow::Done);
    }
    let mut edit = write.edit::<Set>()?;
    let popped =
        if (len - count) * MOVE_FACTOR > count { draw(&mut edit, count) } else { keep(&mut edit, len - count) };
    edit.commit_all(&[Event::set("spop")], count as u64);
    for member in &popped {
        ctx.reply.bulk(member);
        ctx.effects().propagate_also([b"SREM".as_slice(), key, member]);
    }
    Ok(Flow::Done)
}

/// Draws and removes `count` members.
fn draw(edit: &mut Edit<'_, '_, Set>, count: usize) -> Vec<Vec<u8>> {
    let (set, rng) = edit.with_rng();
    let mut popped = Vec::with_capacity(count);
    for _ in 0..count {
        let member = set.borrowed().random(rng).expect("fewer are popped than there are").to_vec();
        set.remove(&member);
        popped.push(member);
    }
    popped
}

/// Draws `count` members that stay, in a new set; gives the others.
fn keep(edit: &mut Edit<'_, '_, Set>, count: usize) -> Vec<Vec<u8>> {
    let limits = edit.limits();
    let (set, rng) = edit.with_rng();
    let mut kept = Set::new();
    for _ in 0..count {
        let member = set.borrowed().random(rng).expect("fewer are kept than there are").to_vec();
        set.remove(&member);
        kept.add(&member, &limits);
    }
    let popped = set.borrowed().iter().map(Item::to_vec).collect();
    *set = kept;
    popped
}
