//! Finding keys: KEYS, SCAN, RANDOMKEY.
//!
//! KEYS leaves out what is overdue and deletes nothing. SCAN and RANDOMKEY delete what they find overdue. A cursor is the
//! place of the next key in the table's order (see the table's `scan`), so whatever is there throughout a scan is given
//! exactly once, which is more than Redis promises.

use crate::commands::{Args, CommandError, Ctx, Flow, OwnedArgs};
use crate::glob;
use crate::keyspace::Lookup;
use crate::numbers::integer;

/// How many keys SCAN gives when COUNT doesn't say.
const SCAN_COUNT: i64 = 10;

/// `KEYS pattern`. O(keys in the database).
pub fn keys(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let pattern = args.at(1);
    let everything = pattern == b"*";
    let now = ctx.now_ms();
    let place = ctx.reply.deferred();
    let mut count = 0;
    for (key, payload) in ctx.db.db().iter() {
        let overdue = payload.expiry().is_some_and(|at| at < now);
        if !overdue && (everything || glob::matches(pattern, key, false)) {
            ctx.reply.bulk(key);
            count += 1;
        }
    }
    ctx.reply.array_at(place, count);
    Ok(Flow::Done)
}

/// What SCAN was asked for.
struct Scan<'a> {
    cursor: u64,
    count: usize,
    pattern: Option<&'a [u8]>,
    type_name: Option<&'a [u8]>,
}

/// `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`. O(count).
pub fn scan(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let scan = parse_scan(args)?;
    let mut found = OwnedArgs::new();
    let cursor = ctx.db.db().table().scan(scan.cursor, scan.count, |key, _: &[u8]| {
        if scan.pattern.is_none_or(|pattern| glob::matches(pattern, key, false)) {
            found.push(key);
        }
    });
    ctx.reply.array(2);
    ctx.reply.bulk(integer::DecimalBuffer::new().format(cursor));
    let place = ctx.reply.deferred();
    let mut count = 0;
    for key in found.as_args().iter() {
        let wanted = match scan.type_name {
            // The type is asked for by an ordinary lookup, hits and misses counted.
            Some(name) => ctx
                .db
                .read_with(key, Lookup::NO_TOUCH)
                .is_some_and(|value| value.value_type().name().as_bytes().eq_ignore_ascii_case(name)),
            None => ctx.db.exists(key),
        };
        if wanted {
            ctx.reply.bulk(key);
            count += 1;
        }
    }
    ctx.reply.array_at(place, count);
    Ok(Flow::Done)
}

fn parse_scan(args: Args<'_>) -> Result<Scan<'_>, CommandError> {
    let cursor = parse_cursor(args.at(1)).ok_or(CommandError::Text("ERR invalid cursor"))?;
    let mut scan = Scan { cursor, count: SCAN_COUNT as usize, pattern: None, type_name: None };
    let mut index = 2;
    while index < args.len() {
        let Some(value) = args.get(index + 1) else { return Err(CommandError::Syntax) };
        if args.is(index, "COUNT") {
            let count = integer::parse_i64(value).ok_or(CommandError::NotInteger)?;
            if count < 1 {
                return Err(CommandError::Syntax);
            }
            scan.count = usize::try_from(count).unwrap_or(usize::MAX);
        } else if args.is(index, "MATCH") {
            // A lone star matches even the empty key, which the matcher would not say.
            scan.pattern = (value != b"*").then_some(value);
        } else if args.is(index, "TYPE") {
            scan.type_name = Some(value);
        } else {
            return Err(CommandError::Syntax);
        }
        index += 2;
    }
    Ok(scan)
}

/// A cursor as C's `strtoul` reads it: a sign is allowed (minus means two's complement), leading white space is
/// not, nothing at all is 0, and the text ends at a NUL.
pub(crate) fn parse_cursor(text: &[u8]) -> Option<u64> {
    let text = text.split(|&b| b == 0).next().unwrap_or_default();
    let (negative, digits) = match text {
        [] => return Some(0),
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value =
        digits.iter().try_fold(0u64, |value, digit| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')))?;
    Some(if negative { value.wrapping_neg() } else { value })
}

/// `RANDOMKEY`. O(1) expected, and O(1) for each overdue key that it comes across and deletes.
pub fn randomkey(ctx: &mut Ctx<'_>, _: Args<'_>) -> Result<Flow, CommandError> {
    match ctx.db.random_key() {
        Some(key) => ctx.reply.bulk(&key),
        None => ctx.reply.null(),
    }
    Ok(Flow::Done)
}
