//! MIGRATE: its arguments. How keys are sent is in [`engine::migrate`](crate::engine::migrate).

use crate::commands::keys;
use crate::commands::row::*;
use crate::commands::{Args, CommandError, Flow};
use crate::engine::Engine;
use crate::engine::client::ClientId;
use crate::engine::migrate::Order;
use crate::numbers::integer::parse_i64;

const MIGRATE_DOC: Doc = Doc::new("generic", "2.6.0", "Sends keys to another server and deletes them here.")
    .complexity("This command actually executes a DUMP+DEL in the source instance, and a RESTORE in the target instance. See the pages of these commands for time complexity. Also an O(N) data transfer between the two instances is performed.")
    .history(&[("3.0.0", "Added the `COPY` and `REPLACE` options."), ("3.0.6", "Added the `KEYS` option."), ("4.0.7", "Added the `AUTH` option."), ("6.0.0", "Added the `AUTH2` option.")]);
/// MIGRATE
pub const MIGRATE: Command = Command {
    name: "migrate",
    arity: Arity::AtLeast(6),
    flags: CommandFlags::WRITE,
    acl: AclCategories::KEYSPACE.union(AclCategories::DANGEROUS),
    keys: &[
        KeySpec::range(3, 0, 1, KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE)),
        KeySpec::new(
            BeginSearch::Keyword { keyword: "KEYS", start_from: -2 },
            FindKeys::Range { last_key: -1, key_step: 1, limit: 0 },
            KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE).union(KeyFlags::INCOMPLETE),
        ),
    ],
    find_keys: Some(keys::migrate),
    args: &[
        Arg::string("host"),
        Arg::integer("port"),
        Arg::one_of("key_or_empty_string", &[Arg::key("key", 0), Arg::word("empty_string", "")]),
        Arg::integer("destination-db"),
        Arg::integer("timeout"),
        Arg::word("copy", "COPY").since("3.0.0").optional(),
        Arg::word("replace", "REPLACE").since("3.0.0").optional(),
        Arg::one_of(
            "authentication",
            &[
                Arg::string("password").token("AUTH").since("4.0.7").optional(),
                Arg::block("username_password", &[Arg::string("username"), Arg::string("password")])
                    .token("AUTH2")
                    .since("6.0.0")
                    .optional(),
            ],
        )
        .optional(),
        Arg::key("key", 1).token("KEYS").since("3.0.6").optional().multiple(),
    ],
    tips: &["nondeterministic_output"],
    doc: &MIGRATE_DOC,
    subcommands: &[],
    run: Run::Server(migrate),
};

/// A timeout of 0 or less stands for that.
const TIMEOUT_DEFAULT_MS: u64 = 1000;

/// `MIGRATE host port key|"" db timeout [COPY] [REPLACE] [AUTH password | AUTH2 user password] [KEYS key …]`. The server
/// stands still until it is done. Errors: Syntax, numbers, what the other side says, `IOERR` if it can't be talked to.
fn migrate(engine: &mut Engine, client: ClientId, args: Args<'_>) -> Result<Flow, CommandError> {
    let order = parse(args)?;
    if engine.migrate(client, order)? {
        return Ok(Flow::Asked);
    }
    engine.reply(client).status("NOKEY");
    Ok(Flow::Done)
}

fn parse(args: Args<'_>) -> Result<Order, CommandError> {
    let (mut copy, mut replace) = (false, false);
    let mut credentials: Vec<Vec<u8>> = Vec::new();
    let mut named = vec![args.at(3).to_vec()];
    let mut at = 6;
    while at < args.len() {
        let left = args.len() - at - 1;
        match () {
            () if args.is(at, "copy") => copy = true,
            () if args.is(at, "replace") => replace = true,
            () if args.is(at, "auth") => {
                credentials = words(args, at + 1, 1, left)?;
                at += 1;
            }
            () if args.is(at, "auth2") => {
                credentials = words(args, at + 1, 2, left)?;
                at += 2;
            }
            () if args.is(at, "keys") => {
                if !args.at(3).is_empty() {
                    return Err(CommandError::Text(
                        "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string",
                    ));
                }
                named = args.iter().skip(at + 1).map(<[u8]>::to_vec).collect();
                break;
            }
            () => return Err(CommandError::Syntax),
        }
        at += 1;
    }
    let timeout_ms = parse_i64(args.at(5)).ok_or(CommandError::NotInteger)?;
    let db = parse_i64(args.at(4)).ok_or(CommandError::NotInteger)?;
    Ok(Order {
        host: args.at(1).to_vec(),
        port: leading_number(args.at(2)),
        db,
        timeout_ms: u64::try_from(timeout_ms).ok().filter(|&ms| ms > 0).unwrap_or(TIMEOUT_DEFAULT_MS),
        copy,
        replace,
        credentials,
        keys: named,
    })
}

fn words(args: Args<'_>, from: usize, count: usize, left: usize) -> Result<Vec<Vec<u8>>, CommandError> {
    if left < count {
        return Err(CommandError::Syntax);
    }
    Ok((from..from + count).map(|at| args.at(at).to_vec()).collect())
}

/// The port is the number that the text begins with, as `atoi` reads it.
fn leading_number(text: &[u8]) -> u16 {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number: u16, digit| number.wrapping_mul(10).wrapping_add(u16::from(digit - b'0')))
}
