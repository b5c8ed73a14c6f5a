//! CLIENT ID, INFO, LIST, GETNAME, SETNAME, HELP: what is known of connections.

use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::{Client, ClientFlags, ClientId};
use crate::numbers::integer::parse_i64;

/// What a connection is for, as `CLIENT LIST TYPE` and `CLIENT KILL TYPE` name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientType {
    Normal,
    Replica,
    PubSub,
    Master,
}

impl ClientType {
    /// There is no primary to follow yet.
    pub(super) fn of(client: &Client) -> ClientType {
        match client.flags {
            flags if flags.contains(ClientFlags::REPLICA) => ClientType::Replica,
            flags if flags.contains(ClientFlags::PUBSUB) => ClientType::PubSub,
            _ => ClientType::Normal,
        }
    }

    /// Errors: the text for an unknown type.
    pub(super) fn parse(name: &[u8]) -> Result<ClientType, CommandError> {
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        match () {
            _ if is(b"normal") => Ok(ClientType::Normal),
            _ if is(b"slave") || is(b"replica") => Ok(ClientType::Replica),
            _ if is(b"pubsub") => Ok(ClientType::PubSub),
            _ if is(b"master") => Ok(ClientType::Master),
            _ => Err(CommandError::formatted([b"ERR Unknown client type '", c_text(name), b"'"].concat())),
        }
    }
}

/// As the original prints it: up to a NUL.
pub(super) fn c_text(text: &[u8]) -> &[u8] {
    text.split(|&b| b == 0).next().unwrap_or_default()
}

/// `CLIENT ID`. O(1).
pub fn client_id(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.reply(id).integer(id.id as i64);
    Ok(Flow::Done)
}

/// `CLIENT INFO`: this connection's line. O(1).
pub fn client_info(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut text = Vec::new();
    append_line(engine, &mut text, id, id, args);
    engine.reply(id).verbatim("txt", &text);
    Ok(Flow::Done)
}

/// `CLIENT LIST [TYPE type | ID id…]`. O(n) in connections, O(n) for each id.
pub fn client_list(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut text = Vec::new();
    if args.len() == 4 && args.is(2, "type") {
        let wanted = ClientType::parse(args.at(3))?;
        append_all(engine, &mut text, id, args, |client| ClientType::of(client) == wanted);
    } else if args.len() > 3 && args.is(2, "id") {
        for number in args.from(3).iter() {
            let number = parse_i64(number).ok_or(CommandError::Text("ERR Invalid client ID"))?;
            if let Some(found) = engine.clients.by_number(number as u64) {
                append_line(engine, &mut text, found, id, args);
            }
        }
    } else if args.len() == 2 {
        append_all(engine, &mut text, id, args, |_| true);
    } else {
        return Err(CommandError::Syntax);
    }
    engine.reply(id).verbatim("txt", &text);
    Ok(Flow::Done)
}

fn append_all(engine: &Engine, text: &mut Vec<u8>, caller: ClientId, args: Args<'_>, wanted: impl Fn(&Client) -> bool) {
    for client in engine.clients.iter_sorted().into_iter().filter(|client| wanted(client)) {
        append_line(engine, text, client.id, caller, args);
    }
}

fn append_line(engine: &Engine, text: &mut Vec<u8>, id: ClientId, caller: ClientId, args: Args<'_>) {
    let argument_bytes = if id == caller { args.bytes() } else { engine.waiters().argument_bytes(id) };
    engine.append_client_line(text, engine.client(id), argument_bytes);
    text.push(b'\n');
}

/// `CLIENT GETNAME`. O(1).
pub fn client_getname(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    let client = engine.client_mut(id);
    if client.name.is_empty() {
        client.reply.null();
    } else {
        client.reply.bulk(&client.name);
    }
    Ok(Flow::Done)
}

/// `CLIENT SETNAME name`. O(length). An empty name takes the name away.
pub fn client_setname(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    engine.client_mut(id).name = checked_name(args.at(2))?;
    engine.reply(id).ok();
    Ok(Flow::Done)
}

/// A name that CLIENT LIST can print. Errors: anything but printable ASCII without spaces.
pub(super) fn checked_name(name: &[u8]) -> Result<Vec<u8>, CommandError> {
    if !name.iter().all(u8::is_ascii_graphic) {
        let text = "ERR Client names cannot contain spaces, newlines or special characters.";
        return Err(CommandError::Text(text));
    }
    Ok(name.to_vec())
}

/// `CLIENT HELP`.
pub fn client_help(engine: &mut Engine, id: ClientId, _: Args<'_>) -> Result<Flow, CommandError> {
    engine.reply(id).help("CLIENT", HELP);
    Ok(Flow::Done)
}

const HELP: &[&str] = &[
    "CACHING (YES|NO)",
    "    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
    "GETREDIR",
    "    Return the client ID we are redirecting to when tracking is enabled.",
    "GETNAME",
    "    Return the name of the current connection.",
    "ID",
    "    Return the ID of the current connection.",
    "INFO",
    "    Return information about the current client connection.",
    "KILL <ip:port>",
    "    Kill connection made from <ip:port>.",
    "KILL <option> <value> [<option> <value> [...]]",
    "    Kill connections. Options are:",
    "    * ADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made from the specified address",
    "    * LADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made to specified local address",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Kill connections by type.",
    "    * USER <username>",
    "      Kill connections authenticated by <username>.",
    "    * SKIPME (YES|NO)",
    "      Skip killing current connection (default: yes).",
    "LIST [options ...]",
    "    Return information about client connections. Options:",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Return clients of specified type.",
    "UNPAUSE",
    "    Stop the current client pause, resuming traffic.",
    "PAUSE <timeout> [WRITE|ALL]",
    "    Suspend all, or just write, clients for <timeout> milliseconds.",
    "REPLY (ON|OFF|SKIP)",
    "    Control the replies sent to the current connection.",
    "SETNAME <name>",
    "    Assign the name <name> to the current connection.",
    "UNBLOCK <clientid> [TIMEOUT|ERROR]",
    "    Unblock the specified blocked client.",
    "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
    "         [OPTIN] [OPTOUT] [NOLOOP]",
    "    Control server assisted client side caching.",
    "TRACKINGINFO",
    "    Report tracking status for the current connection.",
    "NO-EVICT (ON|OFF)",
    "    Protect current client connection from eviction.",
];
