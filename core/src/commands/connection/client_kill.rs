//! CLIENT KILL: closing connections.
//!
//! The old form names an address and may hit the caller; the new form takes filters that all have to match, and spares
//! the caller unless `SKIPME no` is given. The caller itself is closed after the reply, others at once.

use super::client_info::{ClientType, c_text};
use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::{Client, ClientFlags, ClientId};
use crate::numbers::integer::parse_i64;

/// Which connections to close: those that match everything that is given.
#[derive(Default)]
struct Filter<'a> {
    number: Option<u64>,
    client_type: Option<ClientType>,
    address: Option<&'a [u8]>,
    local_address: Option<&'a [u8]>,
    user: Option<&'a [u8]>,
}

/// `CLIENT KILL ip:port` or `CLIENT KILL [ID id] [TYPE type] [USER user] [ADDR ip:port] [LADDR ip:port] [SKIPME yes|no]`.
/// O(n) in connections.
pub fn client_kill(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let is_old_form = args.len() == 3;
    let (filter, skip_caller) = match is_old_form {
        true => (Filter { address: Some(args.at(2)), ..Filter::default() }, false),
        false => parse_filter(args)?,
    };
    let victims: Vec<ClientId> =
        engine.clients.iter().filter(|c| filter.matches(c) && !(skip_caller && c.id == id)).map(|c| c.id).collect();
    for &victim in victims.iter().filter(|&&victim| victim != id) {
        engine.drop_client(victim);
    }
    match (is_old_form, victims.len()) {
        (true, 0) => return Err(CommandError::Text("ERR No such client")),
        (true, _) => engine.reply(id).ok(),
        (false, count) => engine.reply(id).count(count),
    }
    if victims.contains(&id) {
        engine.client_mut(id).flags.insert(ClientFlags::CLOSE_AFTER_REPLY);
    }
    Ok(Flow::Done)
}

/// The filter, and whether the caller is spared. A later option of a kind replaces the earlier one.
fn parse_filter(args: Args<'_>) -> Result<(Filter<'_>, bool), CommandError> {
    let mut filter = Filter::default();
    let mut skip_caller = true;
    let mut at = 2;
    while at < args.len() {
        let value = args.get(at + 1).ok_or(CommandError::Syntax)?;
        if args.is(at, "id") {
            let number = parse_i64(value).filter(|&number| number > 0);
            let number = number.ok_or(CommandError::Text("ERR client-id should be greater than 0"))?;
            filter.number = Some(number as u64);
        } else if args.is(at, "type") {
            filter.client_type = Some(ClientType::parse(value)?);
        } else if args.is(at, "addr") {
            filter.address = Some(value);
        } else if args.is(at, "laddr") {
            filter.local_address = Some(value);
        } else if args.is(at, "user") {
            if value != b"default" {
                return Err(CommandError::formatted([b"ERR No such user '", c_text(value), b"'"].concat()));
            }
            filter.user = Some(value);
        } else if args.is(at, "skipme") && args.is(at + 1, "yes") {
            skip_caller = true;
        } else if args.is(at, "skipme") && args.is(at + 1, "no") {
            skip_caller = false;
        } else {
            return Err(CommandError::Syntax);
        }
        at += 2;
    }
    Ok((filter, skip_caller))
}

impl Filter<'_> {
    fn matches(&self, client: &Client) -> bool {
        self.address.is_none_or(|address| c_text(address) == client.peer.address.as_bytes())
            && self.local_address.is_none_or(|address| c_text(address) == client.peer.local_address.as_bytes())
            && self.client_type.is_none_or(|wanted| wanted == ClientType::of(client))
            && self.number.is_none_or(|number| number == client.id.id)
            && self.user.is_none_or(|user| user == client.user)
    }
}
