//! COMMAND: what the server says of its own commands. The rows answer; nothing is declared twice.
//!
//! [`command_info`](super::command_info) and [`command_docs`](super::command_docs) have the two long forms.
//!
//! Deviation: Redis lists commands in the random order of a hash table; here it is the order of the rows.

use crate::commands::keys::{self, FoundKey};
use crate::commands::lookup::CommandId;
use crate::commands::row::{AclCategories, Command, CommandFlags, KeyFlags};
use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::ClientId;
use crate::glob;

/// COMMAND
pub fn command(engine: &mut Engine, client: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    let rows = top_level(engine);
    let reply = engine.reply(client);
    reply.array(rows.len());
    for row in rows {
        super::command_info::write_info(reply, Some(row));
    }
    Ok(Flow::Done)
}

/// COMMAND COUNT
pub fn command_count(engine: &mut Engine, client: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    let count = engine.commands().top_level().count();
    engine.reply(client).count(count);
    Ok(Flow::Done)
}

/// What COMMAND LIST FILTERBY keeps.
enum Filter<'a> {
    /// The commands of a module: there are no modules.
    Module,
    Category(Option<AclCategories>),
    Pattern(&'a [u8]),
}

impl Filter<'_> {
    fn keeps(&self, row: &Command) -> bool {
        match self {
            Filter::Module => false,
            Filter::Category(None) => false,
            Filter::Category(Some(category)) => row.acl_categories().contains(*category),
            Filter::Pattern(pattern) => glob::matches(pattern, row.name.as_bytes(), true),
        }
    }
}

/// COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN pattern]
pub fn command_list(engine: &mut Engine, client: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let filter = match args.len() {
        2 => Filter::Pattern(b"*"),
        5 if args.is(2, "filterby") && args.is(3, "module") => Filter::Module,
        5 if args.is(2, "filterby") && args.is(3, "aclcat") => Filter::Category(category_named(args.at(4))),
        5 if args.is(2, "filterby") && args.is(3, "pattern") => Filter::Pattern(args.at(4)),
        _ => return Err(CommandError::Syntax),
    };
    let mut names: Vec<&str> = Vec::new();
    for row in top_level(engine) {
        names.extend(std::iter::once(row).chain(row.subcommands).filter(|row| filter.keeps(row)).map(|row| row.name));
    }
    let reply = engine.reply(client);
    reply.array(names.len());
    for name in names {
        reply.bulk(name.as_bytes());
    }
    Ok(Flow::Done)
}

/// COMMAND GETKEYS command [arg …]
pub fn command_getkeys(engine: &mut Engine, client: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let found = keys_of_call(engine, args.from(2))?;
    let reply = engine.reply(client);
    reply.array(found.len());
    for key in found {
        reply.bulk(args.at(2 + key.position));
    }
    Ok(Flow::Done)
}

/// COMMAND GETKEYSANDFLAGS command [arg …]
pub fn command_getkeysandflags(engine: &mut Engine, client: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let found = keys_of_call(engine, args.from(2))?;
    let reply = engine.reply(client);
    reply.array(found.len());
    for key in found {
        reply.array(2);
        reply.bulk(args.at(2 + key.position));
        reply.set(key.flags.bits().count_ones() as usize);
        key_flag_names(key.flags).for_each(|name| reply.status(name));
    }
    Ok(Flow::Done)
}

/// COMMAND HELP
pub fn command_help(engine: &mut Engine, client: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.reply(client).help("COMMAND", HELP);
    Ok(Flow::Done)
}

const HELP: &[&str] = &[
    "(no subcommand)",
    "    Return details about all Redis commands.",
    "COUNT",
    "    Return the total number of commands in this Redis server.",
    "LIST",
    "    Return a list of all commands in this Redis server.",
    "INFO [<command-name> ...]",
    "    Return details about multiple Redis commands.",
    "    If no command names are given, documentation details for all",
    "    commands are returned.",
    "DOCS [<command-name> ...]",
    "    Return documentation details about multiple Redis commands.",
    "    If no command names are given, documentation details for all",
    "    commands are returned.",
    "GETKEYS <full-command>",
    "    Return the keys from a full Redis command.",
    "GETKEYSANDFLAGS <full-command>",
    "    Return the keys and the access flags from a full Redis command.",
];

/// The keys of the call `call`, checked in the order in which Redis checks.
fn keys_of_call(engine: &Engine, call: Args<'_>) -> Result<Vec<FoundKey>, CommandError> {
    let commands = engine.commands();
    let row = commands.resolve(call).map(|id| commands.row(id));
    let row = row.ok_or(CommandError::Text("ERR Invalid command specified"))?;
    if !keys::has_keys(row) {
        return Err(CommandError::Text("ERR The command has no key arguments"));
    }
    if !row.arity.accepts(call.len()) {
        return Err(CommandError::Text("ERR Invalid number of arguments specified for command"));
    }
    let mut found = Vec::new();
    match keys::find(row, call, &mut found) {
        Ok(()) if !found.is_empty() => Ok(found),
        _ if row.flags.contains(CommandFlags::NO_MANDATORY_KEYS) => Ok(Vec::new()),
        _ => Err(CommandError::Text("ERR Invalid arguments specified for command")),
    }
}

/// Rows of the commands that can be called, in order.
pub(super) fn top_level(engine: &Engine) -> Vec<&'static Command> {
    let commands = engine.commands();
    commands.top_level().map(|id: CommandId| commands.row(id)).collect()
}

/// The category of that name, without its `@`, in any case.
fn category_named(name: &[u8]) -> Option<AclCategories> {
    let mut found = AclCategories::all().iter_names().filter(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name));
    found.next().map(|(_, category)| category)
}

/// The words that COMMAND INFO has for key flags.
pub(super) fn key_flag_names(flags: KeyFlags) -> impl Iterator<Item = &'static str> {
    const NAMES: [(KeyFlags, &str); 11] = [
        (KeyFlags::RO, "RO"),
        (KeyFlags::RW, "RW"),
        (KeyFlags::OW, "OW"),
        (KeyFlags::RM, "RM"),
        (KeyFlags::ACCESS, "access"),
        (KeyFlags::UPDATE, "update"),
        (KeyFlags::INSERT, "insert"),
        (KeyFlags::DELETE, "delete"),
        (KeyFlags::NOT_KEY, "not_key"),
        (KeyFlags::INCOMPLETE, "incomplete"),
        (KeyFlags::VARIABLE_FLAGS, "variable_flags"),
    ];
    NAMES.into_iter().filter(move |(flag, _)| flags.contains(*flag)).map(|(_, name)| name)
}
