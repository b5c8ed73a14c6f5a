//! What a blocking command leaves behind when there is nothing for it yet.
//!
//! The command has looked at its keys, found none to its liking, and returns [`Flow::Block`] with a [`Wait`]. From then on
//! the engine's [`blocking`](crate::engine::blocking) decides: when one of the keys becomes ready, it calls `serve` with
//! that key alone, so a client that waits for several keys gets what arrived, not what stands first.
//!
//! A call that must not block (in a transaction) answers null at once: [`Ctx::block`].
//!
//! Source: observed behaviour of 7.0.15, for the timeouts above all.

use std::ops::Range;

use super::{Args, CommandError, Ctx, Flow, OwnedArgs};
use crate::numbers::integer::parse_i64;
use crate::numbers::long_double::LongDouble;
use crate::types::ValueType;

/// Answers a blocked command from a key that is ready, and changes the data as the command would. Gets the request of the
/// [`Wait`] and the key, which holds a value of the awaited type. False: there is still nothing for this client, and
/// nothing has been replied or changed. An error ends the wait, too.
pub type Serve = fn(&mut Ctx<'_>, Args<'_>, &[u8]) -> Result<bool, CommandError>;

/// A command that can't be answered yet.
#[derive(Clone, Debug)]
pub struct Wait {
    /// The request. What depended on the moment (`$`) has been resolved.
    pub request: OwnedArgs,
    /// Which of its arguments are the keys.
    pub keys: Range<usize>,
    /// The type that a key must hold to be ready.
    pub value_type: ValueType,
    /// Whether the wait ends with an error once a key holds no such value any more (XREADGROUP).
    pub needs_value: bool,
    /// Milliseconds; `None`: for ever.
    pub timeout_ms: Option<u64>,
    pub serve: Serve,
}

impl Wait {
    /// A wait of `args` for the keys among them.
    pub fn new(
        args: Args<'_>,
        keys: Range<usize>,
        value_type: ValueType,
        timeout_ms: Option<u64>,
        serve: Serve,
    ) -> Wait {
        Wait { request: args.iter().collect(), keys, value_type, needs_value: false, timeout_ms, serve }
    }

    /// The keys, as often as they were given.
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        let keys = self.keys.clone();
        self.request.as_args().first(keys.end).from(keys.start).iter()
    }
}

impl Ctx<'_> {
    /// Serves the client from the first of its keys that has something, or lets it wait for them. `args` is the request,
    /// `keys` where its keys are. O(keys). Errors: those of `serve`.
    pub fn serve_or_block(
        &mut self,
        args: Args<'_>,
        keys: Range<usize>,
        value_type: ValueType,
        timeout_ms: Option<u64>,
        serve: Serve,
    ) -> Result<Flow, CommandError> {
        for key in args.first(keys.end).from(keys.start).iter() {
            if serve(self, args, key)? {
                return Ok(Flow::Done);
            }
        }
        Ok(self.block(Wait::new(args, keys, value_type, timeout_ms, serve)))
    }

    /// Lets the client wait, or answers null if this call must not block.
    pub fn block(&mut self, wait: Wait) -> Flow {
        if self.deny_blocking {
            self.reply.null_array();
            return Flow::Done;
        }
        Flow::Block(Box::new(wait))
    }
}

/// A timeout in seconds, with fractions, rounded up to milliseconds; 0 is for ever. Errors: not a float, or negative
/// (which a time beyond 64 bits of milliseconds is, too).
pub fn parse_seconds(text: &[u8]) -> Result<Option<u64>, CommandError> {
    let seconds = LongDouble::parse(text).ok_or(CommandError::Text("ERR timeout is not a float or out of range"))?;
    limit(seconds.times(1000).ceil_to_i64())
}

/// A timeout in milliseconds; 0 is for ever. Errors: not an integer, or negative.
pub fn parse_millis(text: &[u8]) -> Result<Option<u64>, CommandError> {
    limit(parse_i64(text).ok_or(CommandError::Text("ERR timeout is not an integer or out of range"))?)
}

fn limit(timeout_ms: i64) -> Result<Option<u64>, CommandError> {
    match u64::try_from(timeout_ms) {
        Ok(0) => Ok(None),
        Ok(timeout_ms) => Ok(Some(timeout_ms)),
        Err(_) => Err(CommandError::Text("ERR timeout is negative")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_up_to_milliseconds() {
        for (text, timeout_ms) in [
            ("0", None),
            ("-0", None),
            ("-0.0001", None),
            ("-0.001", None),
            ("0.0001", Some(1)),
            ("0.0011", Some(2)),
            ("1.5", Some(1500)),
            ("0x1p3", Some(8000)),
            ("9e15", Some(9_000_000_000_000_000_000)),
            ("9223372036854775", Some(9_223_372_036_854_775_000)),
        ] {
            assert_eq!(parse_seconds(text.as_bytes()), Ok(timeout_ms), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused_as_by_the_real_server() {
        for text in ["-1", "inf", "-inf", "1e400", "9223372036854775807"] {
            let error = parse_seconds(text.as_bytes()).expect_err(text);
            assert_eq!(&*error.text(), b"ERR timeout is negative", "{text}");
        }
        for text in ["nan", "abc", "", " 1", "1 "] {
            let error = parse_seconds(text.as_bytes()).expect_err(text);
            assert_eq!(&*error.text(), b"ERR timeout is not a float or out of range", "{text}");
        }
    }
}
