//! DUMP and RESTORE: a value as a portable payload.
//!
//! RESTORE propagates itself with the time to live as an instant (`… ABSTTL`); an instant that is past already restores
//! nothing, and if REPLACE removed a key for it, a DEL is propagated.
//!
//! Modules' types are refused: there are no modules.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::write::Ttl;
use crate::keyspace::{Event, Recency};
use crate::numbers::integer;
use crate::rdb::dump::{self, PayloadError};
use crate::rdb::{self, Corrupt};
use crate::time::UnixMillis;

/// `DUMP key`. O(value).
pub fn dump(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let compression = ctx.db.policy().rdb_compression;
    let payload = ctx.db.read(args.at(1)).map(|value| dump::dump(value, compression));
    match payload {
        Some(payload) => ctx.reply.bulk(&payload),
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// The options of RESTORE.
#[derive(Default)]
struct Options {
    replace: bool,
    absolute: bool,
    idle_s: Option<i64>,
    frequency: Option<u8>,
}

/// `RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]`. O(value).
/// Errors: in this order, Syntax and bad option values, BusyKey, the TTL, the payload.
pub fn restore(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let options = parse_options(args)?;
    let name = args.at(1);
    if !options.replace && ctx.db.write(name).exists() {
        return Err(CommandError::BusyKey);
    }
    let ttl = integer::parse_i64(args.at(2)).ok_or(CommandError::NotInteger)?;
    if ttl < 0 {
        return Err(CommandError::Text("ERR Invalid TTL value, must be >= 0"));
    }
    let limits = ctx.db.policy().limits;
    let (kind, mut object) = dump::verify_and_split(args.at(3), ctx.db.policy().skip_checksum).map_err(refusal)?;
    let mut value =
        rdb::value::read(kind, &mut object, &limits).map_err(|Corrupt| refusal(PayloadError::BadDataFormat))?;
    let now = ctx.now();
    let now_ms = ctx.now_ms();
    // The sum wraps in the original, which then finds it past.
    let expiry = (ttl > 0).then(|| UnixMillis(if options.absolute { ttl } else { ttl.wrapping_add(now_ms.0) }));
    let policy = ctx.db.policy().recency;
    let replays = ctx.db.policy().replays;
    // With REPLACE an overdue key is replaced, or deleted, as any other.
    let mut key = ctx.db.write_unexamined(name);
    if expiry.is_some_and(|at| at <= now_ms) && !replays {
        if key.remove() {
            key.commit(Event::generic("del"));
            ctx.effects().propagate_instead([b"DEL", name]);
        }
        ctx.reply.ok();
        return Ok(Flow::Done);
    }
    // Removed first: a restored key begins anew, also in its recency.
    key.remove();
    let ttl = expiry.map_or(Ttl::Clear, Ttl::At);
    key.set(value.take_new(), ttl);
    match (policy.lfu, options.frequency, options.idle_s) {
        (true, Some(frequency), _) => key.set_recency(Recency::with_frequency(now, frequency)),
        (false, _, Some(idle_s)) => key.set_recency(Recency::idle_for(now, idle_s)),
        _ => {}
    }
    key.commit(Event::generic("restore"));
    if let Some(UnixMillis(at)) = expiry
        && !options.absolute
    {
        let mut digits = integer::DecimalBuffer::new();
        let head = [args.at(0), name, digits.format(at)];
        let tail = args.from(3).iter().chain([b"ABSTTL".as_slice()]);
        ctx.effects().propagate_instead(head.into_iter().chain(tail));
    }
    ctx.reply.ok();
    Ok(Flow::Done)
}

fn parse_options(args: Args<'_>) -> Result<Options, CommandError> {
    let mut options = Options::default();
    let mut index = 4;
    while index < args.len() {
        let value = args.get(index + 1);
        match value {
            _ if args.is(index, "REPLACE") => options.replace = true,
            _ if args.is(index, "ABSTTL") => options.absolute = true,
            Some(value) if args.is(index, "IDLETIME") && options.frequency.is_none() => {
                let seconds = integer::parse_i64(value).ok_or(CommandError::NotInteger)?;
                if seconds < 0 {
                    return Err(CommandError::Text("ERR Invalid IDLETIME value, must be >= 0"));
                }
                options.idle_s = Some(seconds);
                index += 1;
            }
            Some(value) if args.is(index, "FREQ") && options.idle_s.is_none() => {
                let frequency = integer::parse_i64(value).ok_or(CommandError::NotInteger)?;
                let frequency = u8::try_from(frequency)
                    .map_err(|_| CommandError::Text("ERR Invalid FREQ value, must be >= 0 and <= 255"))?;
                options.frequency = Some(frequency);
                index += 1;
            }
            _ => return Err(CommandError::Syntax),
        }
        index += 1;
    }
    Ok(options)
}

fn refusal(error: PayloadError) -> CommandError {
    CommandError::Text(match error {
        PayloadError::VersionOrChecksum => "ERR DUMP payload version or checksum are wrong",
        PayloadError::BadDataFormat => "ERR Bad data format",
    })
}
