//! Single bits: GETBIT, SETBIT.

use super::place::{byte_at, parse_offset};
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::keyspace::Event;
use crate::numbers::integer::parse_i64;

/// `GETBIT key offset`: 0 beyond the end. O(1).
pub fn getbit(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let offset = parse_offset(args.at(2), ctx.db.policy().string_bytes_max)?;
    let value = ctx.db.read_string(args.at(1))?;
    let bit = byte_at(value, offset / 8) >> (7 - offset % 8) & 1;
    ctx.reply.integer(i64::from(bit));
    Ok(Flow::Done)
}

/// `SETBIT key offset value`: the bit as it was. O(1), and O(growth) if the string must become longer.
///
/// A bit that is so already changes nothing, but for the encoding, which becomes raw.
pub fn setbit(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let offset = parse_offset(args.at(2), ctx.db.policy().string_bytes_max)?;
    let on = match parse_i64(args.at(3)) {
        Some(0) => false,
        Some(1) => true,
        _ => return Err(CommandError::Text("ERR bit is not an integer or out of range")),
    };
    let mut write = ctx.db.write(args.at(1));
    let value = write.string()?;
    let (at, mask) = (offset / 8, 0x80 >> (offset % 8));
    let byte = byte_at(value, at);
    let was = byte & mask != 0;
    let grows = value.map_or(0, |value| value.len()) as u64 <= at;
    if grows || was != on {
        let byte = if on { byte | mask } else { byte & !mask };
        write.write_at(at as usize, &[byte]);
        write.commit(Event::string("setbit"));
    } else {
        write.make_raw();
        write.settle(0);
    }
    ctx.reply.flag(was);
    Ok(Flow::Done)
}
