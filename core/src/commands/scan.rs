//! What SCAN, HSCAN, SSCAN and ZSCAN have in common: cursors, options, the reply.
//!
//! The three for collections look at the cursor, then at the key (missing: an empty reply), then at the options. A packed collection is
//! given whole, with cursor 0, whatever COUNT says.

use super::{Args, CommandError, OwnedArgs};
use crate::glob;
use crate::numbers::integer::{self, DecimalBuffer};
use crate::resp::Reply;

/// How many elements are given when COUNT doesn't say.
const COUNT_DEFAULT: usize = 10;

/// The options of the SCAN commands.
#[derive(Clone, Copy, Debug)]
pub struct ScanOptions<'a> {
    pub count: usize,
    pattern: Option<&'a [u8]>,
    /// `TYPE`, which only SCAN itself has.
    pub type_name: Option<&'a [u8]>,
}

impl<'a> ScanOptions<'a> {
    /// `[MATCH pattern] [COUNT count]` from argument `start` on. Errors: Syntax, NotInteger.
    pub fn parse(args: Args<'a>, start: usize) -> Result<ScanOptions<'a>, CommandError> {
        ScanOptions::parse_any(args, start, false)
    }

    /// The same with `[TYPE type]`.
    pub fn parse_with_type(args: Args<'a>, start: usize) -> Result<ScanOptions<'a>, CommandError> {
        ScanOptions::parse_any(args, start, true)
    }

    fn parse_any(args: Args<'a>, start: usize, typed: bool) -> Result<ScanOptions<'a>, CommandError> {
        let mut options = ScanOptions { count: COUNT_DEFAULT, pattern: None, type_name: None };
        let mut index = start;
        while index < args.len() {
            let Some(value) = args.get(index + 1) else { return Err(CommandError::Syntax) };
            if args.is(index, "COUNT") {
                let count = integer::parse_i64(value).ok_or(CommandError::NotInteger)?;
                if count < 1 {
                    return Err(CommandError::Syntax);
                }
                options.count = usize::try_from(count).unwrap_or(usize::MAX);
            } else if args.is(index, "MATCH") {
                // A lone star matches even the empty text, which the matcher would not say.
                options.pattern = (value != b"*").then_some(value);
            } else if typed && args.is(index, "TYPE") {
                options.type_name = Some(value);
            } else {
                return Err(CommandError::Syntax);
            }
            index += 2;
        }
        Ok(options)
    }

    /// Whether MATCH lets an element through.
    pub fn wants(&self, text: &[u8]) -> bool {
        self.pattern.is_none_or(|pattern| glob::matches(pattern, text, false))
    }
}

/// A cursor as C's `strtoul` reads it: a sign is allowed (minus means two's complement), leading white space is
/// not, nothing at all is 0, and the text ends at a NUL. Errors: it is no number.
pub fn parse_cursor(text: &[u8]) -> Result<u64, CommandError> {
    read_cursor(text).ok_or(CommandError::Text("ERR invalid cursor"))
}

fn read_cursor(text: &[u8]) -> Option<u64> {
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

/// The reply of HSCAN, SSCAN, ZSCAN: the next cursor and a flat array. Nothing found at a missing key: `(0, [])`.
pub fn reply(reply: &mut Reply, cursor: u64, found: &OwnedArgs) {
    reply.array(2);
    reply.bulk(DecimalBuffer::new().format(cursor));
    let found = found.as_args();
    reply.array(found.len());
    found.iter().for_each(|text| reply.bulk(text));
}
