//! Intersection, union and difference: SINTER, SUNION, SDIFF, their STORE forms, SINTERCARD, and SMEMBERS.
//!
//! All keys are looked at first, in order: a wrong type anywhere is an error, even if the answer is known to be empty
//! before. A missing key is an empty set. Then:
//!
//! - intersection: the members of the smallest set that all others have, these asked from the smallest on;
//! - difference: either each member of the first is looked up in the others, or the members of the others are taken out of
//!   a copy of the first, whichever promises less work;
//! - union: all members go into one set.
//!
//! A stored result begins as an intset, whatever its sources are.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::db::NewValue;
use crate::keyspace::write::Ttl;
use crate::keyspace::{Database, Event, Lookup};
use crate::numbers::integer::{DecimalBuffer, parse_i64};
use crate::structures::{Item, Slot};
use crate::types::{Collection, Limits, ReplyItem, Set, SetRef};

/// `SMEMBERS key`. O(n).
pub fn smembers(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    match ctx.db.read_collection::<Set>(args.at(1))? {
        Some(set) => {
            ctx.reply.set(set.len());
            set.iter().for_each(|member| member.reply_bulk(ctx.reply));
        }
        None => ctx.reply.set(0),
    }
    Ok(Flow::Done)
}

/// `SINTER key [key ...]`. O(n·m): members of the smallest set, number of sets.
pub fn sinter(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let slots = look_up(&mut ctx.db, args.from(1))?;
    let sets = views(&ctx.db, &slots);
    let place = ctx.reply.deferred();
    let mut count = 0;
    intersect(sets, |member| {
        member.reply_bulk(ctx.reply);
        count += 1;
        true
    });
    ctx.reply.set_at(place, count);
    Ok(Flow::Done)
}

/// `SINTERSTORE destination key [key ...]`: how many members it has. O(n·m), as SINTER.
pub fn sinterstore(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let slots = look_up(&mut ctx.db, args.from(2))?;
    let limits = ctx.db.policy().limits;
    let mut result = Set::new();
    intersect(views(&ctx.db, &slots), |member| {
        result.add_item(member, &limits);
        true
    });
    store(ctx, args.at(1), result, "sinterstore")
}

/// `SINTERCARD numkeys key [key ...] [LIMIT limit]`: counts, up to the limit. O(n·m), as SINTER.
pub fn sintercard(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let count = parse_i64(args.at(1)).filter(|&count| count > 0);
    let count = count.ok_or(CommandError::Text("ERR numkeys should be greater than 0"))?;
    let count = usize::try_from(count).ok().filter(|&count| count <= args.len() - 2);
    let count = count.ok_or(CommandError::Text("ERR Number of keys can't be greater than number of args"))?;
    let mut limit = 0;
    let mut index = 2 + count;
    while index < args.len() {
        let value = args.get(index + 1).filter(|_| args.is(index, "LIMIT")).ok_or(CommandError::Syntax)?;
        let parsed = parse_i64(value).and_then(|limit| usize::try_from(limit).ok());
        limit = parsed.ok_or(CommandError::Text("ERR LIMIT can't be negative"))?;
        index += 2;
    }
    let slots = look_up_each(&mut ctx.db, args.from(2).iter().take(count))?;
    let mut found = 0;
    intersect(views(&ctx.db, &slots), |_| {
        found += 1;
        limit == 0 || found < limit
    });
    ctx.reply.count(found);
    Ok(Flow::Done)
}

/// `SUNION key [key ...]`. O(all members).
pub fn sunion(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let slots = look_up(&mut ctx.db, args.from(1))?;
    let result = union(&views(&ctx.db, &slots), &ctx.db.policy().limits);
    answer(ctx, &result)
}

/// `SUNIONSTORE destination key [key ...]`: how many members it has. O(all members).
pub fn sunionstore(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let slots = look_up(&mut ctx.db, args.from(2))?;
    let result = union(&views(&ctx.db, &slots), &ctx.db.policy().limits);
    store(ctx, args.at(1), result, "sunionstore")
}

/// `SDIFF key [key ...]`: the members of the first set that none of the others has. O(all members).
pub fn sdiff(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let slots = look_up(&mut ctx.db, args.from(1))?;
    let result = difference(&views(&ctx.db, &slots), &ctx.db.policy().limits);
    answer(ctx, &result)
}

/// `SDIFFSTORE destination key [key ...]`: how many members it has. O(all members).
pub fn sdiffstore(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let slots = look_up(&mut ctx.db, args.from(2))?;
    let result = difference(&views(&ctx.db, &slots), &ctx.db.policy().limits);
    store(ctx, args.at(1), result, "sdiffstore")
}

fn look_up(db: &mut Database<'_>, keys: Args<'_>) -> Result<Vec<Option<Slot>>, CommandError> {
    look_up_each(db, keys.iter())
}

/// Where the sets are, with the side effects of reads in order of the keys. Errors: WrongType.
fn look_up_each<'a>(
    db: &mut Database<'_>,
    keys: impl Iterator<Item = &'a [u8]> + Clone,
) -> Result<Vec<Option<Slot>>, CommandError> {
    let mut found = Vec::with_capacity(keys.size_hint().0);
    for key in keys.clone() {
        let slot = db.lookup(key, Lookup::NORMAL);
        if let Some(slot) = slot {
            Set::of(db.db().value(slot)).ok_or(CommandError::WrongType)?;
        }
        found.push(slot);
    }
    // Finding an overdue key removes it, and what was found before may have moved.
    if found.len() > 1 {
        for (slot, key) in found.iter_mut().zip(keys).filter(|(slot, _)| slot.is_some()) {
            *slot = db.db().find(db.db().hash(key), key);
        }
    }
    Ok(found)
}

fn views<'d>(db: &'d Database<'_>, slots: &[Option<Slot>]) -> Vec<Option<SetRef<'d>>> {
    let view = |slot| Set::of(db.db().value(slot)).expect("the type was checked");
    slots.iter().map(|slot| slot.map(view)).collect()
}

/// Gives `visit` the common members until it says that it has enough.
fn intersect<'d>(sets: Vec<Option<SetRef<'d>>>, mut visit: impl FnMut(Item<'d>) -> bool) {
    let Some(mut sets) = sets.into_iter().collect::<Option<Vec<_>>>() else { return };
    sets.sort_by_key(|set| set.len());
    let Some((smallest, others)) = sets.split_first() else { return };
    for member in smallest.iter() {
        if others.iter().all(|set| set.contains_item(member)) && !visit(member) {
            return;
        }
    }
}

fn union(sets: &[Option<SetRef<'_>>], limits: &Limits) -> Set {
    let mut result = Set::new();
    for member in sets.iter().flatten().flat_map(|set| set.iter()) {
        result.add_item(member, limits);
    }
    result
}

fn difference(sets: &[Option<SetRef<'_>>], limits: &Limits) -> Set {
    let mut result = Set::new();
    let Some((Some(first), others)) = sets.split_first() else { return result };
    let mut others: Vec<SetRef<'_>> = others.iter().flatten().copied().collect();
    // Looking up half as often as there are pairs is the expectation: a member found is looked for no longer.
    let lookups = first.len() * (others.len() + 1) / 2;
    let members = first.len() + others.iter().map(|set| set.len()).sum::<usize>();
    if lookups <= members {
        // The largest first: it is the likeliest to have the member.
        others.sort_by_key(|set| std::cmp::Reverse(set.len()));
        for member in first.iter().filter(|&member| !others.iter().any(|set| set.contains_item(member))) {
            result.add_item(member, limits);
        }
        return result;
    }
    first.iter().for_each(|member| _ = result.add_item(member, limits));
    let mut buffer = DecimalBuffer::new();
    for member in others.iter().flat_map(|set| set.iter()) {
        result.remove(member.text(&mut buffer));
        if result.is_empty() {
            break;
        }
    }
    result
}

fn answer(ctx: &mut Ctx<'_>, result: &Set) -> Result<Flow, CommandError> {
    let result = result.borrowed();
    ctx.reply.set(result.len());
    result.iter().for_each(|member| member.reply_bulk(ctx.reply));
    Ok(Flow::Done)
}

/// The result becomes the value of `key`; an empty one removes it.
fn store(ctx: &mut Ctx<'_>, key: &[u8], result: Set, event: &'static str) -> Result<Flow, CommandError> {
    ctx.reply.count(result.borrowed().len());
    let mut write = ctx.db.write_result(key, result.is_empty());
    if !result.is_empty() {
        write.set(NewValue::Object(result.into()), Ttl::Clear);
        write.commit(Event::set(event));
    } else if write.remove() {
        write.commit(Event::generic("del"));
    }
    Ok(Flow::Done)
}
