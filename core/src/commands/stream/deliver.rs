//! XREADGROUP: entries for a consumer, new ones or what it has not acknowledged.

use super::entries::{reply_entry, reply_id};
use super::ids;
use super::journal::Journal;
use super::read::{ReadOptions, begin_served, begin_stream, finish, wait};
use crate::commands::wait::Wait;
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::{Event, Lookup};
use crate::quoting::c_str;
use crate::resp::Reply;
use crate::structures::StreamId;
use crate::types::Collection;
use crate::types::stream::{ENTRIES_READ_UNKNOWN, Pending, Stream};

const MEANINGLESS: CommandError = CommandError::Text(
    "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by \
     specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.",
);

/// `XREADGROUP GROUP group consumer [COUNT count] [BLOCK ms] [NOACK] STREAMS key [key ...] id [id ...]`; `>`: what no consumer
/// got yet. O(log nodes + log pending) an entry. Errors: NOGROUP.
pub fn xreadgroup(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let options = ReadOptions::parse(args, true, ctx.in_script)?;
    let (name, _) = options.group.expect("the options have been checked");
    let mut starts = Vec::with_capacity(options.keys.len());
    for (key, id) in options.keys.iter().zip(options.ids.iter()) {
        let stream = ctx.db.read_collection::<Stream>(key)?;
        if stream.and_then(|stream| stream.group(name)).is_none() {
            return Err(no_group(key, name));
        }
        starts.push(match id {
            b"$" => return Err(MEANINGLESS),
            // The last id of all stands for "new ones".
            b">" => StreamId::MAX,
            id => ids::strict(id)?,
        });
    }
    let place = ctx.reply.deferred();
    let mut journal = Journal::default();
    let mut served = 0;
    for (key, after) in options.keys.iter().zip(starts) {
        served += usize::from(serve(ctx, key, after, &options, &mut journal)?);
    }
    if served == 0
        && let Some(timeout_ms) = options.block_ms
    {
        // Whoever asks for history is served: all ids are `>`.
        let ids = options.ids.iter().map(<[u8]>::to_vec);
        let wait = wait(args, options.keys.len(), ids, timeout_ms, serve_xreadgroup);
        return Ok(ctx.block(Wait { needs_value: true, ..wait }));
    }
    journal.propagate(ctx);
    finish(ctx.reply, place, served);
    Ok(Flow::Done)
}

/// What has arrived for the group. There may be nothing left of it, as for XREAD.
fn serve_xreadgroup(ctx: &mut Ctx<'_>, args: Args<'_>, key: &[u8]) -> Result<bool, CommandError> {
    let options = ReadOptions::parse(args, true, ctx.in_script)?;
    let (name, _) = options.group.expect("the options have been checked");
    let value = ctx.db.read_with(key, Lookup::NO_STATS | Lookup::NO_NOTIFY | Lookup::NO_TOUCH);
    let stream = value.and_then(Stream::of).ok_or(CommandError::WrongType)?;
    let Some(group) = stream.group(name) else { return Err(GROUP_GONE) };
    if stream.counters().last_id <= group.last_id {
        return Ok(false);
    }
    let after = group.last_id;
    let mut journal = Journal::default();
    begin_served(ctx.reply);
    read_for_consumer(ctx, key, (after, false), &options, &mut journal)?;
    journal.propagate(ctx);
    Ok(true)
}

const GROUP_GONE: CommandError =
    CommandError::Text("NOGROUP the consumer group this client was blocked on no longer exists");

fn no_group(key: &[u8], name: &[u8]) -> CommandError {
    let (key, name) = (c_str(key), c_str(name));
    let parts: [&[u8]; 5] =
        [b"NOGROUP No such key '", key, b"' or consumer group '", name, b"' in XREADGROUP with GROUP option"];
    CommandError::formatted(parts.concat())
}

/// One stream. Whether it has something to say.
fn serve(
    ctx: &mut Ctx<'_>,
    key: &[u8],
    after: StreamId,
    options: &ReadOptions<'_>,
    journal: &mut Journal,
) -> Result<bool, CommandError> {
    let (name, _) = options.group.expect("the options have been checked");
    // The hit or miss of the second look.
    let Some(stream) = ctx.db.read_collection::<Stream>(key)? else { return Ok(false) };
    let group = stream.group(name).expect("the group was looked up");
    let history = after != StreamId::MAX;
    let after = if history { after } else { group.last_id };
    if !history && stream.last().is_none_or(|last| last.id <= after) {
        return Ok(false);
    }
    read_for_consumer(ctx, key, (after, history), options, journal)?;
    Ok(true)
}

/// Replies the key and the entries behind `after`: new ones, which are delivered, or the consumer's history.
fn read_for_consumer(
    ctx: &mut Ctx<'_>,
    key: &[u8],
    (after, history): (StreamId, bool),
    options: &ReadOptions<'_>,
    journal: &mut Journal,
) -> Result<(), CommandError> {
    let (name, consumer_name) = options.group.expect("the options have been checked");
    let now_ms = ctx.now_ms().0;
    let mut stream = ctx.db.edit::<Stream>(key)?;
    let (consumer, is_new) = stream.edit_group(name, |group| match group.find_consumer(consumer_name) {
        Some(consumer) => {
            group.see(consumer, now_ms);
            (consumer, false)
        }
        None => (group.create_consumer(consumer_name, now_ms).expect("the name is free"), true),
    });
    if is_new && options.no_ack {
        journal.consumer(key, name, consumer_name);
    }
    begin_stream(ctx.reply, key);
    let start = after.next().unwrap_or(StreamId::MIN);
    if history {
        reply_history(ctx.reply, &mut stream, name, (start, options.count), consumer, now_ms);
    } else {
        let ids = reply_new(ctx.reply, &stream, start, options.count);
        deliver(&mut stream, key, options, (consumer, now_ms), &ids, journal);
    }
    let events = [Event::stream("xgroup-createconsumer")];
    stream.commit_unseen(&events[..usize::from(is_new)], 1 + u64::from(is_new));
    Ok(())
}

/// What the consumer owns, from `start` on: each counts as delivered once more.
fn reply_history(
    reply: &mut Reply,
    stream: &mut Stream,
    name: &[u8],
    (start, count): (StreamId, u64),
    consumer: u32,
    now_ms: i64,
) {
    let place = reply.deferred();
    let group = stream.group(name).expect("the group was looked up");
    let (mut emitted, mut again) = (0, Vec::new());
    for (id, ()) in group.consumer(consumer).pending().iter_from(start) {
        match stream.get(id) {
            Some(entry) => {
                reply_entry(reply, entry);
                again.push((id, group.pending().get(id).expect("what is owned is pending").deliveries));
            }
            None => {
                reply.array(2);
                reply_id(reply, id);
                reply.null_array();
            }
        }
        emitted += 1;
        if emitted as u64 == count {
            break;
        }
    }
    reply.array_at(place, emitted);
    stream.edit_group(name, |group| {
        for (id, deliveries) in again {
            group.assign(id, Pending { consumer, delivered_ms: now_ms, deliveries: deliveries.wrapping_add(1) });
        }
    });
}

/// Entries from `start` on. Returns their ids.
fn reply_new(reply: &mut Reply, stream: &Stream, start: StreamId, count: u64) -> Vec<StreamId> {
    let place = reply.deferred();
    let mut ids = Vec::new();
    for entry in stream.range(start, StreamId::MAX) {
        reply_entry(reply, entry);
        ids.push(entry.id);
        if ids.len() as u64 == count {
            break;
        }
    }
    reply.array_at(place, ids.len());
    ids
}

/// Moves the group on over entries that go to a consumer, and makes them pending unless they need no acknowledgement.
fn deliver(
    stream: &mut Stream,
    key: &[u8],
    options: &ReadOptions<'_>,
    (consumer, delivered_ms): (u32, i64),
    ids: &[StreamId],
    journal: &mut Journal,
) {
    let (name, _) = options.group.expect("the options have been checked");
    let mut entries_read = stream.group(name).expect("the group was looked up").entries_read;
    for &id in ids {
        if entries_read != ENTRIES_READ_UNKNOWN && !stream.has_tombstone_from(id) {
            entries_read = entries_read.wrapping_add(1);
        } else if stream.counters().entries_added > 0 {
            entries_read = stream.entries_read_up_to(id);
        }
    }
    stream.edit_group(name, |group| {
        for &id in ids {
            group.last_id = id;
            if !options.no_ack {
                let pending = Pending { consumer, delivered_ms, deliveries: 1 };
                group.assign(id, pending);
                journal.claim(key, name, group, &ids::text(id), pending);
            }
        }
        group.entries_read = entries_read;
    });
    if let (true, Some(&last_id)) = (options.no_ack, ids.last()) {
        journal.group_id(key, name, last_id, entries_read);
    }
}
