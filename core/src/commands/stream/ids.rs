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

/// An id as it is printed: `ms-seq`. Every entry of every reply has one, so it needs no heap.
#[derive(Clone, Copy)]
pub struct IdText {
    bytes: [u8; 2 * U64_DIGITS_MAX + 1],
    len: usize,
}

const U64_DIGITS_MAX: usize = 20;

/// `ms-seq`.
pub fn text(id: StreamId) -> IdText {
    let mut text = IdText { bytes: [b'-'; 2 * U64_DIGITS_MAX + 1], len: 0 };
    let mut digits = itoa::Buffer::new();
    for number in [id.ms, id.seq] {
        let digits = digits.format(number).as_bytes();
        text.bytes[text.len..text.len + digits.len()].copy_from_slice(digits);
        text.len += digits.len() + 1;
    }
    text.len -= 1;
    text
}

impl std::ops::Deref for IdText {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl AsRef<[u8]> for IdText {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_printed_with_both_its_numbers() {
        for (ms, seq) in [(0, 0), (1, 20), (1_700_000_000_000, 0), (u64::MAX, u64::MAX)] {
            assert_eq!(*text(StreamId::new(ms, seq)), *format!("{ms}-{seq}").as_bytes());
        }
    }

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
