//! PFADD, PFCOUNT, PFMERGE.

use super::{checked, view};
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::keyspace::access::Lookup;
use crate::keyspace::db::NewValue;
use crate::keyspace::write::{Ttl, Write};
use crate::structures::hyperloglog::{self, Encoding, Registers};
use crate::types::StringEncoding;

/// `PFADD key [element ...]`: whether a register changed, or the key is new. O(elements) dense; sparse, O(runs) each.
///
/// If a sparse one turns out to be corrupted, what was added before that stays, and nobody is told.
pub fn pfadd(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let sparse_bytes_max = ctx.db.policy().limits.hll_sparse_bytes_max as usize;
    let mut write = ctx.db.write(args.at(1));
    let elements = args.from(2);
    let dense = match write.string()? {
        Some(value) => view(&checked(value)?).encoding() == Encoding::Dense,
        None => false,
    };
    let updated =
        if dense { add_dense(&mut write, elements) } else { add_sparse(&mut write, elements, sparse_bytes_max) };
    match updated {
        Ok(0) => write.settle(0),
        Ok(updated) => write.commit_all(&[Event::string("pfadd")], updated),
        Err(error) => {
            write.settle(0);
            return Err(error);
        }
    }
    ctx.reply.flag(matches!(updated, Ok(1..)));
    Ok(Flow::Done)
}

/// Adds in place. The number of changes.
fn add_dense(write: &mut Write<'_, '_>, elements: Args<'_>) -> Result<u64, CommandError> {
    let mut updated = 0;
    for element in elements.iter() {
        let patch = view(&bytes(write)).dense_patch(element);
        if let Some((at, pair)) = patch {
            write.write_at(at, &pair);
            updated += 1;
        }
    }
    if updated > 0 {
        let (at, byte) = view(&bytes(write)).stale_patch();
        write.write_at(at, &byte);
    }
    Ok(updated)
}

/// The bytes of what is known to be a string.
fn bytes<'w>(write: &'w Write<'_, '_>) -> std::borrow::Cow<'w, [u8]> {
    write.value().and_then(|value| value.as_string()).expect("its type was looked at").bytes()
}

/// Adds to a copy and stores that; makes the key if it is missing. The number of changes, with the creation as one.
fn add_sparse(write: &mut Write<'_, '_>, elements: Args<'_>, sparse_bytes_max: usize) -> Result<u64, CommandError> {
    let created = !write.exists();
    let mut value = if created { hyperloglog::empty() } else { bytes(write).into_owned() };
    let mut updated = u64::from(created);
    let mut outcome = Ok(());
    for element in elements.iter() {
        match hyperloglog::add(&mut value, element, sparse_bytes_max) {
            Ok(changed) => updated += u64::from(changed),
            Err(corrupted) => {
                outcome = Err(corrupted);
                break;
            }
        }
    }
    if updated > 0 {
        hyperloglog::invalidate_cache(&mut value);
        write.set(NewValue::RawString(&value), Ttl::Keep);
    } else {
        write.make_raw();
    }
    outcome?;
    Ok(updated)
}

/// `PFCOUNT key [key ...]`: the estimate, for several keys that of their union. O(1) while nothing changed since the last
/// count; else O(16384) a key.
///
/// The estimate of a single key is noted within it. This counts as a change and is propagated, although the command is a
/// read.
pub fn pfcount(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    if args.len() > 2 {
        let union = union_of(ctx, args.from(1))?;
        ctx.reply.integer(union.registers.count() as i64);
        return Ok(Flow::Done);
    }
    let key = args.at(1);
    let Some(slot) = ctx.db.lookup(key, Lookup::NORMAL) else {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    };
    let mut write = ctx.db.write_found(key, slot);
    let value = write.string()?.expect("it was found");
    let is_raw = value.encoding() == StringEncoding::Raw;
    let bytes = checked(value)?;
    if let Some(cardinality) = view(&bytes).cached_cardinality() {
        if !is_raw {
            drop(bytes);
            write.make_raw();
        }
        write.settle(0);
        ctx.reply.integer(cardinality as i64);
        return Ok(Flow::Done);
    }
    let counted = view(&bytes).count();
    drop(bytes);
    let cardinality = match counted {
        Ok(cardinality) => cardinality,
        Err(corrupted) => {
            write.make_raw();
            write.settle(0);
            return Err(corrupted.into());
        }
    };
    let (at, patch) = hyperloglog::cardinality_patch(cardinality);
    write.write_at(at, &patch);
    write.commit_all(&[], 1);
    ctx.effects().propagate_always();
    ctx.reply.integer(cardinality as i64);
    Ok(Flow::Done)
}

/// `PFMERGE destkey [sourcekey ...]`: the destination takes part in the union. O(keys · 16384).
pub fn pfmerge(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let sparse_bytes_max = ctx.db.policy().limits.hll_sparse_bytes_max as usize;
    let union = union_of(ctx, args.from(1))?;
    let mut write = ctx.db.write(args.at(1));
    let mut value = if write.exists() { bytes(&write).into_owned() } else { hyperloglog::empty() };
    hyperloglog::merge_into(&mut value, &union.registers, union.dense, sparse_bytes_max)?;
    write.set(NewValue::RawString(&value), Ttl::Keep);
    write.commit(Event::string("pfadd"));
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// What several HyperLogLogs are together.
struct Union {
    registers: Registers,
    /// At least one of them is dense.
    dense: bool,
}

/// Missing keys are empty. Errors: WrongType, in two texts, and Corrupted, for the first key that has something wrong.
fn union_of(ctx: &mut Ctx<'_>, keys: Args<'_>) -> Result<Union, CommandError> {
    let mut union = Union { registers: Registers::new(), dense: false };
    for key in keys.iter() {
        let Some(value) = ctx.db.read_string(key)? else { continue };
        let bytes = checked(value)?;
        union.dense |= view(&bytes).encoding() == Encoding::Dense;
        union.registers.merge(view(&bytes))?;
    }
    Ok(union)
}
