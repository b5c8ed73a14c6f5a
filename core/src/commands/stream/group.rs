//! XGROUP: consumer groups and their consumers.

use super::ids;
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::numbers::integer::parse_i64;
use crate::quoting::c_str;
use crate::structures::StreamId;
use crate::types::ValueType;
use crate::types::stream::{ENTRIES_READ_UNKNOWN, Group, Stream};

const NO_KEY: CommandError = CommandError::Text(
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM \
     option to create an empty stream automatically.",
);

/// The error about a group that isn't there.
pub fn no_group(key: &[u8], name: &[u8]) -> CommandError {
    let (key, name) = (c_str(key), c_str(name));
    let parts: [&[u8]; 5] = [b"NOGROUP No such consumer group '", name, b"' for key name '", key, b"'"];
    CommandError::formatted(parts.concat())
}

/// The error about a subcommand called in a wrong way.
pub fn misused(container: &str, args: Args<'_>) -> CommandError {
    let name = args.at(1).split(|&byte| byte == 0).next().unwrap_or_default();
    let name = &name[..name.len().min(128)];
    let mut text = b"ERR unknown subcommand or wrong number of arguments for '".to_vec();
    text.extend_from_slice(name);
    text.extend_from_slice(format!("'. Try {container} HELP.").as_bytes());
    CommandError::formatted(text)
}

/// `[MKSTREAM] [ENTRIESREAD n]`: whether the stream may be created, and the number. MKSTREAM only if `creates`.
fn parse_options(args: Args<'_>, creates: bool) -> Result<(bool, i64), CommandError> {
    let (mut make, mut entries_read) = (false, ENTRIES_READ_UNKNOWN);
    let mut at = 5;
    while at < args.len() {
        if creates && args.is(at, "MKSTREAM") {
            make = true;
            at += 1;
        } else if args.is(at, "ENTRIESREAD") && at + 1 < args.len() {
            entries_read = parse_i64(args.at(at + 1)).ok_or(CommandError::NotInteger)?;
            if entries_read < ENTRIES_READ_UNKNOWN {
                return Err(CommandError::Text("ERR value for ENTRIESREAD must be positive or -1"));
            }
            at += 2;
        } else {
            return Err(misused("XGROUP", args));
        }
    }
    Ok((make, entries_read))
}

/// `XGROUP CREATE key group id|$ [MKSTREAM] [ENTRIESREAD n]`. O(log groups). Errors: BUSYGROUP.
pub fn xgroup_create(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (make, entries_read) = parse_options(args, true)?;
    let write = ctx.db.write(args.at(2));
    let stream = write.collection::<Stream>()?;
    if stream.is_none() && !make {
        return Err(NO_KEY);
    }
    if args.len() > 8 {
        return Err(misused("XGROUP", args));
    }
    let id = match args.at(4) {
        b"$" => stream.map_or(StreamId::MIN, |stream| stream.counters().last_id),
        id => ids::strict(id)?,
    };
    let mut stream = write.edit::<Stream>()?;
    if !stream.create_group(args.at(3), Group::new(id, entries_read)) {
        return Err(CommandError::Text("BUSYGROUP Consumer Group name already exists"));
    }
    let events = [Event::stream("xgroup-create")];
    if stream.existed() {
        stream.commit_unseen(&events, 1);
    } else {
        stream.commit_all(&events, 1);
    }
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// `XGROUP SETID key group id|$ [ENTRIESREAD n]`. O(log groups).
pub fn xgroup_setid(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (_, entries_read) = parse_options(args, false)?;
    let (key, name) = (args.at(2), args.at(3));
    let mut stream = ctx.db.edit_existing::<Stream>(key)?.ok_or(NO_KEY)?;
    if stream.group(name).is_none() {
        return Err(no_group(key, name));
    }
    if args.len() != 5 && args.len() != 7 {
        return Err(misused("XGROUP", args));
    }
    let id = match args.at(4) {
        b"$" => stream.counters().last_id,
        id => ids::any(id, 0)?,
    };
    stream.edit_group(name, |group| {
        group.last_id = id;
        group.entries_read = entries_read;
    });
    stream.commit_unseen(&[Event::stream("xgroup-setid")], 1);
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// `XGROUP DESTROY key group`: whether it was there. O(its pending entries).
pub fn xgroup_destroy(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut stream = ctx.db.edit_existing::<Stream>(args.at(2))?.ok_or(NO_KEY)?;
    let destroyed = stream.group(args.at(3)).is_some() && stream.destroy_group(args.at(3));
    if destroyed {
        stream.commit_unseen(&[Event::stream("xgroup-destroy")], 1);
        // Its readers may wait, and are told.
        ctx.db.mark_ready(args.at(2), ValueType::Stream);
    } else {
        drop(stream);
    }
    ctx.reply.flag(destroyed);
    Ok(Flow::Done)
}

/// `XGROUP CREATECONSUMER key group consumer`: whether it is new. O(log consumers).
pub fn xgroup_createconsumer(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, name, now_ms) = (args.at(2), args.at(3), ctx.now_ms().0);
    let mut stream = ctx.db.edit_existing::<Stream>(key)?.ok_or(NO_KEY)?;
    let Some(group) = stream.group(name) else { return Err(no_group(key, name)) };
    let created = group.find_consumer(args.at(4)).is_none();
    if created {
        stream.edit_group(name, |group| group.create_consumer(args.at(4), now_ms));
        stream.commit_unseen(&[Event::stream("xgroup-createconsumer")], 1);
    } else {
        drop(stream);
    }
    ctx.reply.flag(created);
    Ok(Flow::Done)
}

/// `XGROUP DELCONSUMER key group consumer`: how many pending entries went with it. O(those).
pub fn xgroup_delconsumer(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, name) = (args.at(2), args.at(3));
    let mut stream = ctx.db.edit_existing::<Stream>(key)?.ok_or(NO_KEY)?;
    let Some(group) = stream.group(name) else { return Err(no_group(key, name)) };
    let mut pending = 0;
    if let Some(consumer) = group.find_consumer(args.at(4)) {
        pending = stream.edit_group(name, |group| group.delete_consumer(consumer));
        stream.commit_unseen(&[Event::stream("xgroup-delconsumer")], 1);
    } else {
        drop(stream);
    }
    ctx.reply.count(pending);
    Ok(Flow::Done)
}

/// `XGROUP HELP`
pub fn xgroup_help(ctx: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    ctx.reply.help(
        "XGROUP",
        &[
            "CREATE <key> <groupname> <id|$> [option]",
            "    Create a new consumer group. Options are:",
            "    * MKSTREAM",
            "      Create the empty stream if it does not exist.",
            "    * ENTRIESREAD entries_read",
            "      Set the group's entries_read counter (internal use).",
            "CREATECONSUMER <key> <groupname> <consumer>",
            "    Create a new consumer in the specified group.",
            "DELCONSUMER <key> <groupname> <consumer>",
            "    Remove the specified consumer.",
            "DESTROY <key> <groupname>",
            "    Remove the specified group.",
            "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
            "    Set the current group ID and entries_read counter.",
        ],
    );
    Ok(Flow::Done)
}
