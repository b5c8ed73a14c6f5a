//! Errors that a client sees. The exact text of each lives here, once.
//!
//! Source: observed replies of 7.0.15. A text carries its code (`ERR`, `WRONGTYPE`, …); the reply writer adds the
//! `-` and the line end, and turns CR and LF inside into spaces.

use std::borrow::Cow;

/// What went wrong, as the client is told. 16 bytes or so: it travels through `Result` on the hot path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// The arguments don't parse.
    Syntax,
    /// The key holds another type.
    WrongType,
    /// An argument should be a 64-bit integer.
    NotInteger,
    /// An argument should be a float.
    NotFloat,
    /// The key must exist.
    NoSuchKey,
    /// An index outside of the value.
    IndexOutOfRange,
    /// A number outside of what the option allows.
    OutOfRange,
    /// INCR and its like would leave 64 bits.
    Overflow,
    /// DECRBY of the least integer.
    DecrementOverflow,
    /// INCRBYFLOAT left the reals.
    NanOrInfinity,
    /// SETRANGE with a negative offset.
    OffsetOutOfRange,
    /// A string would exceed `proto-max-bulk-len`.
    StringTooLong,
    /// `SELECT`, `MOVE`, … of a database that isn't there.
    DbIndexOutOfRange,
    /// `EX 0`, or a time that overflows; names the command.
    InvalidExpire(&'static str),
    /// Wrong number of arguments for the named command or subcommand (`config|get`).
    Arity(&'static str),
    /// MOVE and COPY of a key to itself.
    SameObject,
    /// RESTORE onto an existing key.
    BusyKey,
    /// A feature that later versions of Etalon will have.
    NotSupported(&'static str),
    /// Any other fixed text, code included.
    Text(&'static str),
    /// A text with parts of the input in it, code included.
    Formatted(Box<[u8]>),
}

impl CommandError {
    /// An error whose text holds parts of the input. Line ends at its end are cut off (inside they become spaces, when the
    /// reply is written).
    pub fn formatted(text: impl Into<Vec<u8>>) -> CommandError {
        let mut text = text.into();
        while text.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            text.pop();
        }
        CommandError::Formatted(text.into_boxed_slice())
    }

    /// The text that goes on the wire, code included, without the leading `-`.
    pub fn text(&self) -> Cow<'_, [u8]> {
        let fixed: &'static str = match self {
            CommandError::Syntax => "ERR syntax error",
            CommandError::WrongType => "WRONGTYPE Operation against a key holding the wrong kind of value",
            CommandError::NotInteger => "ERR value is not an integer or out of range",
            CommandError::NotFloat => "ERR value is not a valid float",
            CommandError::NoSuchKey => "ERR no such key",
            CommandError::IndexOutOfRange => "ERR index out of range",
            CommandError::OutOfRange => "ERR value is out of range",
            CommandError::Overflow => "ERR increment or decrement would overflow",
            CommandError::DecrementOverflow => "ERR decrement would overflow",
            CommandError::NanOrInfinity => "ERR increment would produce NaN or Infinity",
            CommandError::OffsetOutOfRange => "ERR offset is out of range",
            CommandError::StringTooLong => "ERR string exceeds maximum allowed size (proto-max-bulk-len)",
            CommandError::DbIndexOutOfRange => "ERR DB index is out of range",
            CommandError::SameObject => "ERR source and destination objects are the same",
            CommandError::BusyKey => "BUSYKEY Target key name already exists.",
            CommandError::InvalidExpire(command) => {
                return Cow::Owned(format!("ERR invalid expire time in '{command}' command").into_bytes());
            }
            CommandError::Arity(command) => {
                return Cow::Owned(format!("ERR wrong number of arguments for '{command}' command").into_bytes());
            }
            CommandError::NotSupported(what) => {
                return Cow::Owned(format!("ERR {what} is not supported").into_bytes());
            }
            CommandError::Text(text) => text,
            CommandError::Formatted(text) => return Cow::Borrowed(text),
        };
        Cow::Borrowed(fixed.as_bytes())
    }
}

const _: () = assert!(size_of::<CommandError>() <= 24);
