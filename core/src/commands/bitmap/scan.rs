//! Walks over bits: BITCOUNT, BITPOS. O(bytes in the range / 8).
//!
//! The order of errors is Redis's: BITCOUNT finds the key first and answers 0 for a missing one whatever else it was given,
//! BITPOS does so after the bit that it looks for.

use std::ops::Range;

use super::place::{find_in_pieces, is_word};
use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::numbers::integer::parse_i64;
use crate::structures::bits;

/// What the ends of a range count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Byte,
    Bit,
}

impl Unit {
    fn parse(arg: &[u8]) -> Result<Unit, CommandError> {
        match arg {
            arg if is_word(arg, "bit") => Ok(Unit::Bit),
            arg if is_word(arg, "byte") => Ok(Unit::Byte),
            _ => Err(CommandError::Syntax),
        }
    }

    fn bits(self) -> i64 {
        match self {
            Unit::Byte => 8,
            Unit::Bit => 1,
        }
    }
}

/// `BITCOUNT key [start end [BYTE | BIT]]`.
pub fn bitcount(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let Some(value) = ctx.db.read_string(args.at(1))? else {
        ctx.reply.integer(0);
        return Ok(Flow::Done);
    };
    let range = match args.len() {
        2 => Some(0..value.len() as u64 * 8),
        4 | 5 => {
            let start = parse_i64(args.at(2)).ok_or(CommandError::NotInteger)?;
            let end = parse_i64(args.at(3)).ok_or(CommandError::NotInteger)?;
            // Both from the end and in the wrong order: then not even the unit is looked at.
            if start < 0 && end < 0 && start > end {
                None
            } else {
                let unit = args.get(4).map_or(Ok(Unit::Byte), Unit::parse)?;
                range_within(start, end, unit, value.len())
            }
        }
        _ => return Err(CommandError::Syntax),
    };
    let mut ones = 0;
    if let Some(range) = range {
        find_in_pieces(value, &range, |piece, at| -> Option<()> {
            ones += bits::count_ones_in(piece, at, range.clone());
            None
        });
    }
    ctx.reply.integer(ones as i64);
    Ok(Flow::Done)
}

/// `BITPOS key bit [start [end [BYTE | BIT]]]`: behind the string are zeros, unless an end was given. -1: there is none.
pub fn bitpos(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let wanted = match parse_i64(args.at(2)).ok_or(CommandError::NotInteger)? {
        0 => false,
        1 => true,
        _ => return Err(CommandError::Text("ERR The bit argument must be 1 or 0.")),
    };
    let Some(value) = ctx.db.read_string(args.at(1))? else {
        ctx.reply.integer(if wanted { -1 } else { 0 });
        return Ok(Flow::Done);
    };
    let len_bits = value.len() as u64 * 8;
    let range = match args.len() {
        3 => (len_bits > 0).then_some(0..len_bits),
        4..=6 => {
            let start = parse_i64(args.at(3)).ok_or(CommandError::NotInteger)?;
            let unit = args.get(5).map_or(Ok(Unit::Byte), Unit::parse)?;
            let end = args.get(4).map_or(Ok(-1), |end| parse_i64(end).ok_or(CommandError::NotInteger))?;
            range_within(start, end, unit, value.len())
        }
        _ => return Err(CommandError::Syntax),
    };
    let position = match range {
        // Nothing is neither 0 nor 1.
        None => -1,
        Some(range) => {
            let found = find_in_pieces(value, &range, |piece, at| bits::find_in(piece, at, range.clone(), wanted));
            bits::position_reply(found, wanted, args.len() > 4, len_bits)
        }
    };
    ctx.reply.integer(position);
    Ok(Flow::Done)
}

/// The bits that an inclusive range with negative ends means in a string; nothing if it is empty.
fn range_within(start: i64, end: i64, unit: Unit, len_bytes: usize) -> Option<Range<u64>> {
    let total = len_bytes as i64 * (8 / unit.bits());
    let from_end = |index: i64| if index < 0 { (total + index).max(0) } else { index };
    let (start, end) = (from_end(start), from_end(end).min(total - 1));
    (start <= end).then(|| (start * unit.bits()) as u64..((end + 1) * unit.bits()) as u64)
}

#[cfg(test)]
mod tests {
    use super::{Unit, range_within};

    #[test]
    fn ranges_are_inclusive_and_count_from_either_end() {
        assert_eq!(range_within(0, -1, Unit::Byte, 3), Some(0..24));
        assert_eq!(range_within(-1, -1, Unit::Bit, 3), Some(23..24));
        assert_eq!(range_within(1, 1, Unit::Byte, 3), Some(8..16));
        assert_eq!(range_within(2, 1, Unit::Byte, 3), None);
        assert_eq!(range_within(0, i64::MAX, Unit::Bit, 3), Some(0..24));
        assert_eq!(range_within(i64::MIN, i64::MIN, Unit::Bit, 3), Some(0..1));
        assert_eq!(range_within(i64::MAX, i64::MAX, Unit::Byte, 3), None);
        assert_eq!(range_within(0, -1, Unit::Byte, 0), None);
    }
}
