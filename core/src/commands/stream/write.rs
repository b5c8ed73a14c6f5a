//! Changes of entries: XADD, XTRIM, XDEL, XSETID.

use super::entries::reply_id;
use super::ids::{self, NewId};
use super::trim::Options;
use crate::commands::{Args, CommandError, Ctx, Flow, OwnedArgs};
use crate::keyspace::Event;
use crate::numbers::integer::parse_i64;
use crate::structures::StreamId;
use crate::types::ValueType;
use crate::types::stream::{AppendError, Counters, Stream};

/// `XADD key [NOMKSTREAM] [MAXLEN|MINID [=|~] threshold [LIMIT count]] *|id field value [field value ...]`: the id of the new
/// entry. O(fields), and O(entries that are trimmed). Journaled with the id it got and the trim as far as it went.
pub fn xadd(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let policy = ctx.db.policy();
    let options = Options::of_xadd(args, &policy)?;
    let fields = args.from(options.id_at + 1);
    if fields.len() < 2 || fields.len() % 2 == 1 {
        return Err(CommandError::Arity("xadd"));
    }
    if options.id == Some(NewId::Full(StreamId::MIN)) {
        return Err(CommandError::Text("ERR The ID specified in XADD must be greater than 0-0"));
    }
    let now_ms = ctx.now_ms().0 as u64;
    let write = ctx.db.write(args.at(1));
    if write.collection::<Stream>()?.is_none() && options.no_create {
        ctx.reply.null();
        return Ok(Flow::Done);
    }
    let mut stream = write.edit::<Stream>()?;
    let id = choose_id(stream.counters().last_id, options.id, now_ms)?;
    match stream.append(id, fields.iter(), fields.len() / 2, &policy.limits) {
        Ok(()) => {}
        Err(AppendError::NotAbove) => return Err(NOT_ABOVE),
        Err(AppendError::TooLarge) => return Err(TOO_LARGE),
    }
    let trimmed = options.apply(&mut stream);
    let exact = options.exact(args, &stream);
    let events = [Event::stream("xadd"), Event::stream("xtrim")];
    stream.commit_all(&events[..1 + usize::from(trimmed > 0)], 1);
    ctx.db.mark_ready(args.at(1), ValueType::Stream);
    reply_id(ctx.reply, id);
    let id_is_open = !matches!(options.id, Some(NewId::Full(_)));
    if exact.is_some() || id_is_open {
        let id = ids::text(id);
        let words = exact.as_ref().map_or(args, OwnedArgs::as_args).iter().enumerate();
        let words = words.map(|(at, word)| if at == options.id_at && id_is_open { &id[..] } else { word });
        ctx.effects().propagate_instead(words);
    }
    Ok(Flow::Done)
}

const NOT_ABOVE: CommandError =
    CommandError::Text("ERR The ID specified in XADD is equal or smaller than the target stream top item");

const TOO_LARGE: CommandError = CommandError::Text("ERR Elements are too large to be stored");

/// The id of a new entry behind `last`. Errors: there is none.
fn choose_id(last: StreamId, asked: Option<NewId>, now_ms: u64) -> Result<StreamId, CommandError> {
    const EXHAUSTED: CommandError =
        CommandError::Text("ERR The stream has exhausted the last possible ID, unable to add more items");
    let next = last.next().ok_or(EXHAUSTED)?;
    match asked {
        None if now_ms > last.ms => Ok(StreamId::new(now_ms, 0)),
        None => Ok(next),
        Some(NewId::Full(id)) => Ok(id),
        Some(NewId::Ms(ms)) if ms == last.ms && next.ms != ms => Err(TOO_LARGE), // The text is 7.0.15's.
        Some(NewId::Ms(ms)) if ms == last.ms => Ok(next),
        Some(NewId::Ms(ms)) => Ok(StreamId::new(ms, 0)),
    }
}

/// `XTRIM key MAXLEN|MINID [=|~] threshold [LIMIT count]`: how many entries went. O(entries that go).
pub fn xtrim(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let options = Options::of_xtrim(args, &ctx.db.policy())?;
    let Some(mut stream) = ctx.db.edit_existing::<Stream>(args.at(1))? else {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    };
    let trimmed = options.apply(&mut stream);
    let mut exact: Option<OwnedArgs> = None;
    if trimmed > 0 {
        exact = options.exact(args, &stream);
        stream.commit_all(&[Event::stream("xtrim")], trimmed);
    } else {
        drop(stream);
    }
    if let Some(exact) = exact {
        ctx.effects().propagate_instead(exact.as_args().iter());
    }
    ctx.reply.integer(trimmed as i64);
    Ok(Flow::Done)
}

/// `XDEL key id [id ...]`: how many were there. O(log nodes + entries of a node) each.
pub fn xdel(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let Some(mut stream) = ctx.db.edit_existing::<Stream>(args.at(1))? else {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    };
    let ids = args.from(2).iter().map(ids::strict).collect::<Result<Vec<_>, _>>()?;
    let first_id = stream.counters().first_id;
    let mut first_went = false;
    let mut deleted = 0;
    for id in ids {
        if stream.delete(id) {
            deleted += 1;
            first_went |= id == first_id;
        }
    }
    if deleted > 0 {
        if first_went || stream.is_empty() {
            stream.settle_first();
        }
        stream.commit_all(&[Event::stream("xdel")], deleted);
    }
    ctx.reply.integer(deleted as i64);
    Ok(Flow::Done)
}

/// `XSETID key id [ENTRIESADDED n] [MAXDELETEDID id]`: what the stream remembers, set by hand. O(1).
pub fn xsetid(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let id = ids::strict(args.at(2))?;
    let (mut added, mut deleted) = (None, StreamId::MIN);
    for at in (3..args.len()).step_by(2) {
        let Some(value) = args.get(at + 1) else { return Err(CommandError::Syntax) };
        if args.is(at, "ENTRIESADDED") {
            let count = parse_i64(value).ok_or(CommandError::NotInteger)?;
            added = Some(u64::try_from(count).map_err(|_| CommandError::Text("ERR entries_added must be positive"))?);
        } else if args.is(at, "MAXDELETEDID") {
            deleted = ids::strict(value)?;
            if id < deleted {
                return Err(CommandError::Text(
                    "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
                ));
            }
        } else {
            return Err(CommandError::Syntax);
        }
    }
    let Some(mut stream) = ctx.db.edit_existing::<Stream>(args.at(1))? else { return Err(CommandError::NoSuchKey) };
    let old = *stream.counters();
    if let Some(last) = stream.last() {
        if id < last.id {
            return Err(CommandError::Text(
                "ERR The ID specified in XSETID is smaller than the target stream top item",
            ));
        }
        if added.is_some_and(|added| added < stream.len() as u64) {
            return Err(CommandError::Text(
                "ERR The entries_added specified in XSETID is smaller than the target stream length",
            ));
        }
    }
    *stream.counters_mut() = Counters {
        last_id: id,
        entries_added: added.unwrap_or(old.entries_added),
        max_deleted_id: if deleted == StreamId::MIN { old.max_deleted_id } else { deleted },
        ..old
    };
    // As in 7.0.15: neither WATCH nor tracking sees it.
    stream.commit_unseen(&[Event::stream("xsetid")], 1);
    ctx.reply.ok();
    Ok(Flow::Done)
}
