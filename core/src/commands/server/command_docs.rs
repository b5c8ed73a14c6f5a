//! COMMAND DOCS: a map of commands, each a map of what is known; facts that a command lacks are left out.
//!
//! Source: replies of 7.0.15, compared in `core/tests/command_tables.rs`. Deviation: summaries are our own sentences.

use super::command::top_level;
use crate::commands::row::{Arg, ArgKind, Command};
use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::ClientId;
use crate::resp::Reply;

/// COMMAND DOCS [name …]. Unknown names are left out.
pub fn command_docs(engine: &mut Engine, client: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let rows: Vec<&Command> = if args.len() == 2 {
        top_level(engine)
    } else {
        let commands = engine.commands();
        args.from(2).iter().filter_map(|name| commands.find_full(name)).map(|id| commands.row(id)).collect()
    };
    write_docs_map(engine.reply(client), rows.into_iter());
    Ok(Flow::Done)
}

fn write_docs_map<'a>(reply: &mut Reply, rows: impl ExactSizeIterator<Item = &'a Command>) {
    reply.map(rows.len());
    for row in rows {
        reply.bulk(row.name.as_bytes());
        write_docs(reply, row);
    }
}

fn write_docs(reply: &mut Reply, row: &Command) {
    let doc = row.doc;
    let optional =
        [("complexity", doc.complexity), ("deprecated_since", doc.deprecated_since), ("replaced_by", doc.replaced_by)];
    let lists = [doc.history.len(), doc.doc_flags.len(), row.args.len(), row.subcommands.len()];
    let facts = 3
        + optional.iter().filter(|(_, value)| value.is_some()).count()
        + lists.iter().filter(|length| **length > 0).count();
    reply.map(facts);
    write_text(reply, "summary", doc.summary);
    write_text(reply, "since", doc.since);
    write_text(reply, "group", doc.group);
    let [complexity, deprecation @ ..] = optional;
    write_optional(reply, complexity);
    if !doc.doc_flags.is_empty() {
        reply.bulk(b"doc_flags");
        reply.set(doc.doc_flags.len());
        doc.doc_flags.iter().for_each(|flag| reply.status(flag));
    }
    deprecation.into_iter().for_each(|fact| write_optional(reply, fact));
    if !doc.history.is_empty() {
        reply.bulk(b"history");
        reply.set(doc.history.len());
        for (version, change) in doc.history {
            reply.array(2);
            reply.bulk(version.as_bytes());
            reply.bulk(change.as_bytes());
        }
    }
    write_args(reply, row.args);
    if !row.subcommands.is_empty() {
        reply.bulk(b"subcommands");
        write_docs_map(reply, row.subcommands.iter());
    }
}

/// The grammar of a command, or of a part of it.
fn write_args(reply: &mut Reply, args: &[Arg]) {
    if args.is_empty() {
        return;
    }
    reply.bulk(b"arguments");
    reply.array(args.len());
    args.iter().for_each(|arg| write_arg(reply, arg));
}

fn write_arg(reply: &mut Reply, arg: &Arg) {
    let flags = [("optional", arg.optional), ("multiple", arg.multiple), ("multiple_token", arg.multiple_token)];
    let flag_count = flags.iter().filter(|(_, set)| *set).count();
    let optional = [("token", arg.token), ("since", arg.since), ("deprecated_since", arg.deprecated_since)];
    let facts = 2
        + arg.key_spec_index.is_some() as usize
        + optional.iter().filter(|(_, value)| value.is_some()).count()
        + (flag_count > 0) as usize
        + !arg.children.is_empty() as usize;
    reply.map(facts);
    write_text(reply, "name", arg.name);
    write_text(reply, "type", kind_name(arg.kind));
    if let Some(index) = arg.key_spec_index {
        reply.bulk(b"key_spec_index");
        reply.integer(index as i64);
    }
    optional.into_iter().for_each(|fact| write_optional(reply, fact));
    if flag_count > 0 {
        reply.bulk(b"flags");
        reply.set(flag_count);
        flags.iter().filter(|(_, set)| *set).for_each(|(name, _)| reply.status(name));
    }
    write_args(reply, arg.children);
}

fn kind_name(kind: ArgKind) -> &'static str {
    match kind {
        ArgKind::String => "string",
        ArgKind::Integer => "integer",
        ArgKind::Double => "double",
        ArgKind::Key => "key",
        ArgKind::Pattern => "pattern",
        ArgKind::UnixTime => "unix-time",
        ArgKind::PureToken => "pure-token",
        ArgKind::OneOf => "oneof",
        ArgKind::Block => "block",
    }
}

fn write_text(reply: &mut Reply, name: &str, text: &str) {
    reply.bulk(name.as_bytes());
    reply.bulk(text.as_bytes());
}

fn write_optional(reply: &mut Reply, (name, value): (&str, Option<&str>)) {
    if let Some(value) = value {
        write_text(reply, name, value);
    }
}
