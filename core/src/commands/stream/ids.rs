//! Stream ids as arguments: `ms-seq`, `ms` alone, and in intervals `-`, `+` and `(` before an id that is left out.

use crate::commands::CommandError;
use crate::numbers::integer::parse_u64_loose;
use crate::structures::StreamId;

pub const INVALID: CommandError = CommandError::Text("ERR Invalid stream ID specified as stream command argument");

/// A longer text is no id.
const LEN_MAX: usize = 127;

/// An id in full, or its first number with the second to be chosen (`ms-*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewId {
    Full(StreamId),
    Ms(u64),
}

/// An id that is neither `-` nor `+`; without a second number that is 0. Errors: not an id.
pub fn strict(text: &[u8]) -> Result<StreamId, CommandError> {
    if matches!(text, b"-" | b"+") { Err(INVALID) } else { any(text, 0) }
}

/// An id, `-` or `+`. Errors: not an id.
pub fn any(text: &[u8], missing_seq: u64) -> Result<StreamId, CommandError> {
    match parse(text, missing_seq)? {
        NewId::Full(id) => Ok(id),
        NewId::Ms(_) => Err(INVALID),
    }
}

/// The id of XADD. Errors: not an id.
pub fn new_id(text: &[u8]) -> Result<NewId, CommandError> {
    if matches!(text, b"-" | b"+") { Err(INVALID) } else { parse(text, 0) }
}

fn parse(text: &[u8], missing_seq: u64) -> Result<NewId, CommandError> {
    match text {
        _ if text.len() > LEN_MAX => return Err(INVALID),
        b"-" => return Ok(NewId::Full(StreamId::MIN)),
        b"+" => return Ok(NewId::Full(StreamId::MAX)),
        _ => {}
    }
    // As a C string: it ends at a NUL.
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    let Some(dash) = text.iter().position(|&byte| byte == b'-') else {
        return Ok(NewId::Full(StreamId::new(number(text)?, missing_seq)));
    };
    let (ms, seq) = (number(&text[..dash])?, &text[dash + 1..]);
    if seq == b"*" {
        return Ok(NewId::Ms(ms));
    }
    Ok(NewId::Full(StreamId::new(ms, number(seq)?)))
}

fn number(text: &[u8]) -> Result<u64, CommandError> {
    parse_u64_loose(text).ok_or(INVALID)
}

/// The start of an interval. Errors: not an id; `(` before the last of all.
pub fn interval_start(text: &[u8]) -> Result<StreamId, CommandError> {
    match text {
        [b'(', id @ ..] if !id.is_empty() => {
            strict(id)?.next().ok_or(CommandError::Text("ERR invalid start ID for the interval"))
        }
        id => any(id, 0),
    }
}

/// The end of an interval: without a second number, the last of its millisecond. Errors: not an id; `(` before the first of all.
pub fn interval_end(text: &[u8]) -> Result<StreamId, CommandError> {
    match text {
        [b'(', id @ ..] if !id.is_empty() => {
            let id = if matches!(id, b"-" | b"+") { Err(INVALID) } else { any(id, u64::MAX) };
            id?.previous().ok_or(CommandError::Text("ERR invalid end ID for the interval"))
        }
        id => any(id, u64::MAX),
    }
}

/// `ms-seq`.
pub fn text(id: StreamId) -> Vec<u8> {
    format!("{}-{}", id.ms, id.seq).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_leniently_as_strtoull_does() {
        assert_eq!(strict(b"007-1"), Ok(StreamId::new(7, 1)));
        assert_eq!(strict(b"5"), Ok(StreamId::new(5, 0)));
        assert_eq!(strict(b"1-2\0junk"), Ok(StreamId::new(1, 2)));
        assert_eq!(new_id(b"9-*"), Ok(NewId::Ms(9)));
        for bad in [&b""[..], b"-", b"+", b"1-", b"-1", b"1-2-3", b"1-*", b"x", &[b'1'; 128]] {
            assert_eq!(strict(bad), Err(INVALID), "{bad:?}");
        }
    }
}
