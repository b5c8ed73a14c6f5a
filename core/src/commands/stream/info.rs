//! XINFO: what is known of a stream, its groups, their consumers.

use super::entries::{lag, reply_entries, reply_entry_or_null, reply_field, reply_id};
use super::group::{misused, no_group};
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::numbers::integer::parse_i64;
use crate::resp::Reply;
use crate::structures::StreamId;
use crate::types::stream::{Consumer, ENTRIES_READ_UNKNOWN, Group, Stream};

/// Entries that FULL shows when COUNT doesn't say.
const FULL_COUNT: u64 = 10;

/// `XINFO STREAM key [FULL [COUNT count]]`. O(log n); with FULL and what it shows. Errors: NoSuchKey.
pub fn xinfo_stream(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let stream = ctx.db.read_collection::<Stream>(args.at(2))?.ok_or(CommandError::NoSuchKey)?;
    let full = match args.len() {
        3 => None,
        4 if args.is(3, "FULL") => Some(FULL_COUNT),
        6 if args.is(3, "FULL") && args.is(4, "COUNT") => {
            let count = parse_i64(args.at(5)).ok_or(CommandError::NotInteger)?;
            Some(u64::try_from(count).unwrap_or(FULL_COUNT))
        }
        _ => return Err(misused("XINFO", args)),
    };
    let (reply, counters) = (&mut *ctx.reply, stream.counters());
    reply.map(if full.is_some() { 9 } else { 10 });
    reply_field(reply, "length", stream.len() as u64);
    reply_field(reply, "radix-tree-keys", stream.node_count() as u64);
    reply_field(reply, "radix-tree-nodes", stream.radix_node_count());
    id_field(reply, "last-generated-id", counters.last_id);
    id_field(reply, "max-deleted-entry-id", counters.max_deleted_id);
    reply_field(reply, "entries-added", counters.entries_added);
    id_field(reply, "recorded-first-entry-id", counters.first_id);
    match full {
        None => {
            reply_field(reply, "groups", stream.group_count() as u64);
            reply.bulk(b"first-entry");
            reply_entry_or_null(reply, stream.first());
            reply.bulk(b"last-entry");
            reply_entry_or_null(reply, stream.last());
        }
        Some(count) => {
            reply.bulk(b"entries");
            reply_entries(reply, stream.range(StreamId::MIN, StreamId::MAX), count);
            reply.bulk(b"groups");
            reply.array(stream.group_count());
            stream.groups().for_each(|(name, group)| full_group(reply, stream, name, group, count));
        }
    }
    Ok(Flow::Done)
}

fn id_field(reply: &mut Reply, name: &str, id: StreamId) {
    reply.bulk(name.as_bytes());
    reply_id(reply, id);
}

fn number_or_null(reply: &mut Reply, name: &str, number: Option<i64>) {
    reply.bulk(name.as_bytes());
    match number {
        Some(number) => reply.integer(number),
        None => reply.null(),
    }
}

fn progress(reply: &mut Reply, stream: &Stream, group: &Group) {
    let read = Some(group.entries_read).filter(|&read| read != ENTRIES_READ_UNKNOWN);
    number_or_null(reply, "entries-read", read);
    number_or_null(reply, "lag", lag(stream, group.last_id, group.entries_read));
}

fn full_group(reply: &mut Reply, stream: &Stream, name: &[u8], group: &Group, count: u64) {
    let limit = if count == 0 { usize::MAX } else { count as usize };
    reply.map(7);
    reply.bulk(b"name");
    reply.bulk(name);
    id_field(reply, "last-delivered-id", group.last_id);
    progress(reply, stream, group);
    reply_field(reply, "pel-count", group.pending().len() as u64);
    reply.bulk(b"pending");
    reply.array(group.pending().len().min(limit));
    for (id, pending) in group.pending().iter_from(StreamId::MIN).take(limit) {
        reply.array(4);
        reply_id(reply, id);
        reply.bulk(&group.consumer(pending.consumer).name);
        reply.integer(pending.delivered_ms);
        reply.integer(pending.deliveries as i64);
    }
    reply.bulk(b"consumers");
    reply.array(group.consumer_count());
    group.consumers().for_each(|consumer| full_consumer(reply, group, consumer, limit));
}

fn full_consumer(reply: &mut Reply, group: &Group, consumer: &Consumer, limit: usize) {
    reply.map(4);
    reply.bulk(b"name");
    reply.bulk(&consumer.name);
    reply_field(reply, "seen-time", consumer.seen_ms as u64);
    reply_field(reply, "pel-count", consumer.pending().len() as u64);
    reply.bulk(b"pending");
    reply.array(consumer.pending().len().min(limit));
    for (id, ()) in consumer.pending().iter_from(StreamId::MIN).take(limit) {
        let pending = group.pending().get(id).expect("what is owned is pending");
        reply.array(3);
        reply_id(reply, id);
        reply.integer(pending.delivered_ms);
        reply.integer(pending.deliveries as i64);
    }
}

/// `XINFO GROUPS key`. O(groups). Errors: NoSuchKey.
pub fn xinfo_groups(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let stream = ctx.db.read_collection::<Stream>(args.at(2))?.ok_or(CommandError::NoSuchKey)?;
    let reply = &mut *ctx.reply;
    reply.array(stream.group_count());
    for (name, group) in stream.groups() {
        reply.map(6);
        reply.bulk(b"name");
        reply.bulk(name);
        reply_field(reply, "consumers", group.consumer_count() as u64);
        reply_field(reply, "pending", group.pending().len() as u64);
        id_field(reply, "last-delivered-id", group.last_id);
        progress(reply, stream, group);
    }
    Ok(Flow::Done)
}

/// `XINFO CONSUMERS key group`. O(consumers). Errors: NoSuchKey, NOGROUP.
pub fn xinfo_consumers(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let now_ms = ctx.now_ms().0;
    let stream = ctx.db.read_collection::<Stream>(args.at(2))?.ok_or(CommandError::NoSuchKey)?;
    let group = stream.group(args.at(3)).ok_or_else(|| no_group(args.at(2), args.at(3)))?;
    let reply = &mut *ctx.reply;
    reply.array(group.consumer_count());
    for consumer in group.consumers() {
        reply.map(3);
        reply.bulk(b"name");
        reply.bulk(&consumer.name);
        reply_field(reply, "pending", consumer.pending().len() as u64);
        reply_field(reply, "idle", now_ms.wrapping_sub(consumer.seen_ms).max(0) as u64);
    }
    Ok(Flow::Done)
}

/// `XINFO HELP`
pub fn xinfo_help(ctx: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    ctx.reply.help(
        "XINFO",
        &[
            "CONSUMERS <key> <groupname>",
            "    Show consumers of <groupname>.",
            "GROUPS <key>",
            "    Show the stream consumer groups.",
            "STREAM <key> [FULL [COUNT <count>]",
            "    Show information about the stream.",
        ],
    );
    Ok(Flow::Done)
}
