//! Changes within a string: APPEND, SETRANGE. Either makes its encoding raw.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::numbers::integer::parse_i64;

/// `APPEND key value`: the new length. O(value), amortised.
///
/// On a missing key this is a SET, and the length is not checked; appending nothing counts as a change all the same.
pub fn append(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let (key, suffix) = (args.at(1), args.at(2));
    let length_max = ctx.db.policy().string_bytes_max;
    let mut write = ctx.db.write(key);
    if let Some(value) = write.string()? {
        check_length(value.len(), suffix.len(), length_max)?;
    }
    let length = write.append(suffix);
    write.commit(Event::string("append"));
    ctx.reply.count(length);
    Ok(Flow::Done)
}

/// `SETRANGE key offset value`: the new length. O(value + growth).
///
/// Writing nothing changes nothing, and creates nothing.
pub fn setrange(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let offset = parse_i64(args.at(2)).ok_or(CommandError::NotInteger)?;
    let offset = usize::try_from(offset).map_err(|_| CommandError::OffsetOutOfRange)?;
    let data = args.at(3);
    let length_max = ctx.db.policy().string_bytes_max;
    let mut write = ctx.db.write(args.at(1));
    let before = write.string()?.map_or(0, |value| value.len());
    if data.is_empty() {
        drop(write);
        ctx.reply.count(before);
        return Ok(Flow::Done);
    }
    check_length(offset, data.len(), length_max)?;
    let length = write.write_at(offset, data);
    write.commit(Event::string("setrange"));
    ctx.reply.count(length);
    Ok(Flow::Done)
}

/// Refuses a string that would be longer than `proto-max-bulk-len`. Errors: StringTooLong.
fn check_length(length: usize, added: usize, length_max: u64) -> Result<(), CommandError> {
    match (length as u64).checked_add(added as u64) {
        Some(total) if total <= length_max => Ok(()),
        _ => Err(CommandError::StringTooLong),
    }
}
