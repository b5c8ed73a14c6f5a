//! COMMAND INFO: ten facts of each command.
//!
//! ```text
//!   name, arity, {flags}, first key, last key, step, {ACL categories}, {tips}, {key specifications}, [subcommands]
//! ```
//!
//! Braces are sets, maps inside are maps, in RESP3; arrays in RESP2. Source: replies of 7.0.15, compared in
//! `core/tests/command_tables.rs`.

use super::command::{key_flag_names, top_level};
use crate::commands::row::{BeginSearch, Command, CommandFlags, FindKeys, KeySpec};
use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::ClientId;
use crate::resp::Reply;

/// COMMAND INFO [name …]
pub fn command_info(engine: &mut Engine, client: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let rows: Vec<Option<&Command>> = if args.len() == 2 {
        top_level(engine).into_iter().map(Some).collect()
    } else {
        let commands = engine.commands();
        args.from(2).iter().map(|name| commands.find_full(name).map(|id| commands.row(id))).collect()
    };
    let reply = engine.reply(client);
    reply.array(rows.len());
    for row in rows {
        write_info(reply, row);
    }
    Ok(Flow::Done)
}

/// Writes the ten facts, or a null for an unknown command.
pub(super) fn write_info(reply: &mut Reply, row: Option<&Command>) {
    let Some(row) = row else { return reply.null() };
    reply.array(10);
    reply.bulk(row.name.as_bytes());
    reply.integer(row.arity.signed());
    let flags: Vec<&str> = flag_names(row).collect();
    reply.set(flags.len());
    flags.iter().for_each(|name| reply.status(name));
    let (first, last, step) = row.legacy_range();
    reply.integer(first);
    reply.integer(last);
    reply.integer(step);
    let categories = row.acl_categories();
    reply.set(categories.bits().count_ones() as usize);
    for (name, _) in categories.iter_names() {
        reply.status(&format!("@{}", name.to_ascii_lowercase()));
    }
    reply.set(row.tips.len());
    row.tips.iter().for_each(|tip| reply.bulk(tip.as_bytes()));
    reply.set(row.keys.len());
    row.keys.iter().for_each(|spec| write_key_spec(reply, spec));
    // Without subcommands it is an empty set, with some it is an array: so does Redis.
    if row.subcommands.is_empty() {
        reply.set(0);
    } else {
        reply.array(row.subcommands.len());
    }
    row.subcommands.iter().for_each(|sub| write_info(reply, Some(sub)));
}

/// The words for the flags of a command, in Redis's order. Some flags have none.
fn flag_names(row: &Command) -> impl Iterator<Item = &'static str> {
    const NAMES: [(CommandFlags, &str); 18] = [
        (CommandFlags::WRITE, "write"),
        (CommandFlags::READONLY, "readonly"),
        (CommandFlags::DENYOOM, "denyoom"),
        (CommandFlags::ADMIN, "admin"),
        (CommandFlags::PUBSUB, "pubsub"),
        (CommandFlags::NOSCRIPT, "noscript"),
        (CommandFlags::BLOCKING, "blocking"),
        (CommandFlags::LOADING, "loading"),
        (CommandFlags::STALE, "stale"),
        (CommandFlags::SKIP_MONITOR, "skip_monitor"),
        (CommandFlags::SKIP_SLOWLOG, "skip_slowlog"),
        (CommandFlags::ASKING, "asking"),
        (CommandFlags::FAST, "fast"),
        (CommandFlags::NO_AUTH, "no_auth"),
        (CommandFlags::NO_MANDATORY_KEYS, "no_mandatory_keys"),
        (CommandFlags::NO_ASYNC_LOADING, "no_async_loading"),
        (CommandFlags::NO_MULTI, "no_multi"),
        (CommandFlags::ALLOW_BUSY, "allow_busy"),
    ];
    let flags = row.flags;
    let (before, after) = NAMES.split_at(NAMES.len() - 1);
    let named = move |list: &'static [(CommandFlags, &'static str)]| {
        list.iter().filter(move |(flag, _)| flags.contains(*flag)).map(|(_, name)| *name)
    };
    named(before).chain(row.keys_movable().then_some("movablekeys")).chain(named(after))
}

fn write_key_spec(reply: &mut Reply, spec: &KeySpec) {
    reply.map(3 + spec.notes.is_some() as usize);
    if let Some(notes) = spec.notes {
        reply.bulk(b"notes");
        reply.bulk(notes.as_bytes());
    }
    reply.bulk(b"flags");
    reply.set(spec.flags.bits().count_ones() as usize);
    key_flag_names(spec.flags).for_each(|name| reply.status(name));
    reply.bulk(b"begin_search");
    match spec.begin_search {
        BeginSearch::Unknown => write_search(reply, "unknown", &[]),
        BeginSearch::Index(index) => write_search(reply, "index", &[("index", index as i64)]),
        BeginSearch::Keyword { keyword, start_from } => {
            reply.map(2);
            write_type(reply, "keyword");
            reply.map(2);
            reply.bulk(b"keyword");
            reply.bulk(keyword.as_bytes());
            reply.bulk(b"startfrom");
            reply.integer(start_from as i64);
        }
    }
    reply.bulk(b"find_keys");
    match spec.find_keys {
        FindKeys::Unknown => write_search(reply, "unknown", &[]),
        FindKeys::Range { last_key, key_step, limit } => {
            let numbers = [("lastkey", last_key as i64), ("keystep", key_step as i64), ("limit", limit as i64)];
            write_search(reply, "range", &numbers);
        }
        FindKeys::KeyNum { key_num_index, first_key, key_step } => {
            let numbers =
                [("keynumidx", key_num_index as i64), ("firstkey", first_key as i64), ("keystep", key_step as i64)];
            write_search(reply, "keynum", &numbers);
        }
    }
}

fn write_search(reply: &mut Reply, kind: &str, numbers: &[(&str, i64)]) {
    reply.map(2);
    write_type(reply, kind);
    reply.map(numbers.len());
    for (name, value) in numbers {
        reply.bulk(name.as_bytes());
        reply.integer(*value);
    }
}

fn write_type(reply: &mut Reply, kind: &str) {
    reply.bulk(b"type");
    reply.bulk(kind.as_bytes());
    reply.bulk(b"spec");
}
