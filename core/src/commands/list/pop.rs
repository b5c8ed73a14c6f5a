//! Pops from either end: one element, several, from one of several lists.

use super::{parse_at_least, parse_end, popped};
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Edit;
use crate::numbers::integer::DecimalBuffer;
use crate::resp::Reply;
use crate::types::{Collection, End, List, ListRef, ReplyItem};

/// `LPOP key [count]`. O(elements popped).
pub fn lpop(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    pop(ctx, args, End::Left, "lpop")
}

/// `RPOP key [count]`. O(elements popped).
pub fn rpop(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    pop(ctx, args, End::Right, "rpop")
}

/// Errors: Arity, Text (a count that is no number, or negative), WrongType.
fn pop(ctx: &mut Ctx<'_>, args: Args<'_>, end: End, command: &'static str) -> Result<Flow, CommandError> {
    if args.len() > 3 {
        return Err(CommandError::Arity(command));
    }
    let count = match args.get(2) {
        Some(count) => Some(parse_at_least(0, count, "ERR value is out of range, must be positive")?),
        None => None,
    };
    let Some(mut list) = ctx.db.edit_existing::<List>(args.at(1))? else {
        match count {
            Some(_) => ctx.reply.null_array(),
            None => ctx.reply.null(),
        }
        return Ok(Flow::Done);
    };
    match count {
        Some(0) => {
            ctx.reply.array(0);
            return Ok(Flow::Done);
        }
        Some(count) => {
            let count = list.borrowed().len().min(usize::try_from(count).unwrap_or(usize::MAX));
            reply_range(ctx.reply, list.borrowed(), end, count);
            list.remove_ends(end, count);
            list.commit_all(&[popped(end)], count as u64);
        }
        None => {
            outermost(list.borrowed(), end).reply_bulk(ctx.reply);
            list.remove_ends(end, 1);
            list.commit(popped(end));
        }
    }
    Ok(Flow::Done)
}

/// `LMPOP numkeys key [key ...] LEFT|RIGHT [COUNT count]`: from the first of the lists that is there; its key and the elements.
/// O(keys + elements popped). Propagated as an LPOP or RPOP with the number popped.
pub fn lmpop(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let request = ManyKeys::parse(args, 1)?;
    if !pop_first(ctx, request)? {
        ctx.reply.null_array();
    }
    Ok(Flow::Done)
}

/// What LMPOP and BLMPOP are asked for.
#[derive(Clone, Copy)]
pub(super) struct ManyKeys<'a> {
    pub keys: Args<'a>,
    pub end: End,
    pub count: i64,
}

impl<'a> ManyKeys<'a> {
    /// Parses `numkeys key [key ...] LEFT|RIGHT [COUNT count]` from `at` on. Errors: Text, Syntax.
    pub fn parse(args: Args<'a>, at: usize) -> Result<ManyKeys<'a>, CommandError> {
        let number = parse_at_least(1, args.at(at), "ERR numkeys should be greater than 0")?;
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let where_at = number.saturating_add(at + 1);
        if where_at >= args.len() {
            return Err(CommandError::Syntax);
        }
        let end = parse_end(args, where_at)?;
        let mut count = None;
        let mut at_option = where_at + 1;
        while at_option < args.len() {
            if count.is_some() || !args.is(at_option, "COUNT") || at_option + 1 >= args.len() {
                return Err(CommandError::Syntax);
            }
            count = Some(parse_at_least(1, args.at(at_option + 1), "ERR count should be greater than 0")?);
            at_option += 2;
        }
        Ok(ManyKeys { keys: args.first(where_at).from(at + 1), end, count: count.unwrap_or(1) })
    }
}

/// Pops from the first list that is there and replies; false if there is none. Errors: WrongType.
pub(super) fn pop_first(ctx: &mut Ctx<'_>, request: ManyKeys<'_>) -> Result<bool, CommandError> {
    for key in request.keys.iter() {
        if pop_several(ctx, key, request.end, request.count)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Pops up to `count` elements and replies them with their key; false if there is no list. Errors: WrongType.
pub(super) fn pop_several(ctx: &mut Ctx<'_>, key: &[u8], end: End, count: i64) -> Result<bool, CommandError> {
    let Some(mut list) = ctx.db.edit_existing::<List>(key)? else { return Ok(false) };
    let count = list.borrowed().len().min(usize::try_from(count).unwrap_or(usize::MAX));
    ctx.reply.array(2);
    ctx.reply.bulk(key);
    reply_range(ctx.reply, list.borrowed(), end, count);
    list.remove_ends(end, count);
    list.commit_all(&[popped(end)], count as u64);
    let mut buffer = DecimalBuffer::new();
    ctx.effects().propagate_instead([pop_command(end), key, buffer.format(count as i64)]);
    Ok(true)
}

/// The end of a change that took one element, seen by those who watch the list or not.
pub(super) fn commit_pop(list: Edit<'_, '_, List>, end: End, seen: bool) {
    if seen {
        list.commit(popped(end));
    } else {
        list.commit_unseen(&[popped(end)], 1);
    }
}

/// The command that pops from an end.
pub(super) fn pop_command(end: End) -> &'static [u8] {
    match end {
        End::Left => b"LPOP",
        End::Right => b"RPOP",
    }
}

/// The element at an end of a list that has one.
pub(super) fn outermost(list: ListRef<'_>, end: End) -> crate::structures::Item<'_> {
    let index = match end {
        End::Left => 0,
        End::Right => -1,
    };
    list.get(index).expect("a list has an element")
}

/// The `count` outermost elements, from the end inwards.
fn reply_range(reply: &mut Reply, list: ListRef<'_>, end: End, count: usize) {
    reply.array(count);
    match end {
        End::Left => list.forward(0).take(count).for_each(|item| item.reply_bulk(reply)),
        End::Right => list.backward(list.len() - 1).take(count).for_each(|item| item.reply_bulk(reply)),
    }
}
