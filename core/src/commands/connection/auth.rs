//! AUTH and HELLO: who the client is, and which protocol it speaks.
//!
//! There is one user, `default`; its password is `requirepass`. Users of the ACL come with ACL.
//!
//! Source: observed replies of 7.0.15. HELLO acts on its options while it reads them: a wrong option after a good AUTH
//! leaves the client authenticated, a refused HELLO may have set the name; only the protocol changes last.

use super::client_info::checked_name;
use crate::commands::{Args, CommandError, Flow};
use crate::engine::client::{ClientFlags, ClientId};
use crate::engine::{Engine, REDIS_VERSION};
use crate::resp::Protocol;

const WRONG_PASSWORD: CommandError =
    CommandError::Text("WRONGPASS invalid username-password pair or user is disabled.");
const NO_PASSWORD_SET: CommandError = CommandError::Text(
    "ERR AUTH <password> called without any password configured for the default user. Are you sure \
     your configuration is correct?",
);
const NOT_AUTHENTICATED: CommandError = CommandError::Text(
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH \
     <user> <pass> option can be used to authenticate the client and select the RESP protocol version \
     at the same time",
);

/// `AUTH [username] password`. O(length of the password). Errors: WRONGPASS; the short form without a password set.
pub fn auth(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    match args.len() {
        2 if engine.password().is_none() => return Err(NO_PASSWORD_SET),
        2 => authenticate(engine, id, b"default", args.at(1))?,
        3 => authenticate(engine, id, args.at(1), args.at(2))?,
        _ => return Err(CommandError::Syntax),
    }
    engine.reply(id).ok();
    Ok(Flow::Done)
}

/// Makes the client the named user. One that already is authenticated stays so when this fails.
fn authenticate(engine: &mut Engine, id: ClientId, user: &[u8], password: &[u8]) -> Result<(), CommandError> {
    if !engine.accepts_credentials(user, password) {
        engine.stats.acl_denied_auth += 1;
        return Err(WRONG_PASSWORD);
    }
    engine.client_mut(id).flags.insert(ClientFlags::AUTHENTICATED);
    Ok(())
}

/// `HELLO [protover [AUTH username password] [SETNAME clientname]]`. O(1).
pub fn hello(engine: &mut Engine, id: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let protocol = match args.get(1) {
        None => None,
        Some(version) => Some(parse_version(version)?),
    };
    let mut at = 2;
    while at < args.len() {
        let more = args.len() - 1 - at;
        if args.is(at, "auth") && more >= 2 {
            authenticate(engine, id, args.at(at + 1), args.at(at + 2))?;
            at += 3;
        } else if args.is(at, "setname") && more >= 1 {
            engine.client_mut(id).name = checked_name(args.at(at + 1))?;
            at += 2;
        } else {
            return Err(unknown_option(args.at(at)));
        }
    }
    if !engine.client(id).authenticated() {
        return Err(NOT_AUTHENTICATED);
    }
    if let Some(protocol) = protocol {
        engine.reply(id).protocol = protocol;
    }
    introduce(engine, id);
    Ok(Flow::Done)
}

fn parse_version(version: &[u8]) -> Result<Protocol, CommandError> {
    match crate::numbers::integer::parse_i64(version) {
        Some(2) => Ok(Protocol::Resp2),
        Some(3) => Ok(Protocol::Resp3),
        Some(_) => Err(CommandError::Text("NOPROTO unsupported protocol version")),
        None => Err(CommandError::Text("ERR Protocol version is not an integer or out of range")),
    }
}

fn unknown_option(option: &[u8]) -> CommandError {
    let shown = option.split(|&b| b == 0).next().unwrap_or_default();
    CommandError::formatted([b"ERR Syntax error in HELLO option '", shown, b"'"].concat())
}

/// The reply of HELLO.
fn introduce(engine: &mut Engine, id: ClientId) {
    let reply = engine.reply(id);
    let protocol = reply.protocol().number();
    reply.map(7);
    reply.bulk(b"server");
    reply.bulk(b"redis");
    reply.bulk(b"version");
    reply.bulk(REDIS_VERSION.as_bytes());
    reply.bulk(b"proto");
    reply.integer(protocol);
    reply.bulk(b"id");
    reply.integer(id.id as i64);
    reply.bulk(b"mode");
    reply.bulk(b"standalone");
    reply.bulk(b"role");
    reply.bulk(b"master");
    reply.bulk(b"modules");
    reply.array(0);
}
