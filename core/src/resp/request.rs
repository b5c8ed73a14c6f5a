//! The request parser: RESP arrays of bulk strings, and inline lines.
//!
//! Incremental over any splitting of the bytes: state survives between calls, and no byte is looked at twice
//! except the line that is still incomplete. Arguments are spans of the query buffer; nothing is copied, except
//! the arguments of an inline line that needs unquoting.
//!
//! Source: the protocol specification and the observed behaviour of 7.0.15, with its quirks:
//! - `*-1`, `*0` and blank lines are skipped without a reply;
//! - the two bytes after a bulk are skipped, not verified;
//! - a length line ends at CR; a NUL before the CR hides it (the original searches with `strchr`), so the line counts
//!   as incomplete; the same holds for LF in inline requests;
//! - a line that is incomplete after 64 KiB is too long. One that is longer and comes in one go passes, up to the 80 KiB
//!   that the original has read by then; so for these lines, and only for them, the splitting of the bytes matters.

use crate::args::Span;
use crate::quoting::split_args;

/// Longest incomplete line: an inline request, a count, a length.
pub const LINE_BYTES_MAX: usize = 64 * 1024;
/// Longest line that passes when it is complete at once: what the original has read when it first finds more than
/// [`LINE_BYTES_MAX`].
const WHOLE_LINE_BYTES_MAX: usize = LINE_BYTES_MAX + 16 * 1024;
/// Largest number of arguments of one request.
const ARGUMENTS_MAX: i64 = i32::MAX as i64;
/// What an unauthenticated connection may send.
const UNAUTHENTICATED_ARGUMENTS_MAX: i64 = 10;
const UNAUTHENTICATED_BULK_BYTES_MAX: i64 = 16384;

/// A violation of the protocol; the connection is closed after the error is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    InlineTooBig,
    UnbalancedQuotes,
    CountTooBig,
    InvalidCount,
    UnauthenticatedCount,
    LengthTooBig,
    /// Something else stood where a bulk's `$` belongs; never NUL, which would hide the line's end.
    ExpectedDollar(u8),
    InvalidLength,
    UnauthenticatedLength,
}

impl ProtocolError {
    /// The text after `ERR Protocol error: `.
    pub fn append_text(self, out: &mut Vec<u8>) {
        let text: &[u8] = match self {
            ProtocolError::InlineTooBig => b"too big inline request",
            ProtocolError::UnbalancedQuotes => b"unbalanced quotes in request",
            ProtocolError::CountTooBig => b"too big mbulk count string",
            ProtocolError::InvalidCount => b"invalid multibulk length",
            ProtocolError::UnauthenticatedCount => b"unauthenticated multibulk length",
            ProtocolError::LengthTooBig => b"too big bulk count string",
            ProtocolError::ExpectedDollar(got) => {
                out.extend_from_slice(b"expected '$', got '");
                out.extend_from_slice(&[got, b'\'']);
                return;
            }
            ProtocolError::InvalidLength => b"invalid bulk length",
            ProtocolError::UnauthenticatedLength => b"unauthenticated bulk length",
        };
        out.extend_from_slice(text);
    }

    /// What the log calls it.
    pub fn log_text(self) -> &'static str {
        match self {
            ProtocolError::InlineTooBig => "too big inline request",
            ProtocolError::UnbalancedQuotes => "unbalanced quotes in inline request",
            ProtocolError::CountTooBig => "too big mbulk count string",
            ProtocolError::InvalidCount => "invalid mbulk count",
            ProtocolError::UnauthenticatedCount => "unauth mbulk count",
            ProtocolError::LengthTooBig => "too big bulk count string",
            ProtocolError::ExpectedDollar(_) => "expected $ but got something else",
            ProtocolError::InvalidLength => "invalid bulk length",
            ProtocolError::UnauthenticatedLength => "unauth bulk length",
        }
    }
}

/// Limits in force for a connection.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// `proto-max-bulk-len`.
    pub bulk_bytes_max: i64,
    /// Whether the connection may send large requests.
    pub authenticated: bool,
}

/// What the parser found at the beginning of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// More bytes are needed.
    Incomplete,
    /// A whole request of that many bytes; its arguments are [`RequestParser::spans`].
    Complete { bytes: usize },
    /// Nothing to execute in that many bytes (blank line, empty array).
    Skip { bytes: usize },
}

/// Parser state of one connection. Positions are relative to the first unconsumed byte.
#[derive(Clone, Debug, Default)]
pub struct RequestParser {
    spans: Vec<Span>,
    /// Bytes of the current request already parsed.
    position: usize,
    /// Arguments still to come; `None` before the count line.
    remaining: Option<u32>,
    /// Length of the bulk whose bytes are awaited.
    bulk_bytes: Option<usize>,
    /// Arguments of an inline request, unquoted; spans refer to it when `inline` is set.
    unquoted: Vec<u8>,
    inline: bool,
}

impl RequestParser {
    pub fn new() -> RequestParser {
        RequestParser::default()
    }

    /// The arguments of the request just completed: spans of the data, or of [`inline_buffer`](Self::inline_buffer)
    /// if that is `Some`.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The buffer of an inline request's arguments.
    pub fn inline_buffer(&self) -> Option<&[u8]> {
        self.inline.then_some(&self.unquoted)
    }

    /// Arguments of the incomplete request (or of the one just completed), in bytes: CLIENT LIST's `argv-mem`.
    pub fn argument_bytes(&self) -> usize {
        self.spans.iter().map(|s| s.end - s.start).sum()
    }

    /// Bytes of the incomplete request that are arguments, or framing, already; the rest waits to be understood.
    pub fn parsed_bytes(&self) -> usize {
        self.position
    }

    /// Length of the longest argument of the request just completed.
    pub fn longest_argument_bytes(&self) -> usize {
        self.spans.iter().map(|s| s.end - s.start).max().unwrap_or(0)
    }

    /// Whether a request has begun and not ended.
    pub fn in_request(&self) -> bool {
        self.remaining.is_some()
    }

    /// Bytes of the awaited bulk string that are not in the buffer yet (a hint for the size of the next read).
    pub fn awaited_bytes(&self, have: usize) -> usize {
        self.bulk_bytes.map_or(0, |n| (self.position + n + 2).saturating_sub(have))
    }

    /// Forgets the request just completed or skipped.
    pub fn reset(&mut self) {
        self.spans.clear();
        if self.spans.capacity() > 1024 {
            self.spans = Vec::new();
        }
        self.position = 0;
        self.remaining = None;
        self.bulk_bytes = None;
        if self.inline {
            self.inline = false;
            self.unquoted.clear();
        }
    }

    /// Continues with `data`, which begins where the previous [`reset`](Self::reset) left off and has grown since.
    /// A request that was completed and not reset is found again (its client was postponed).
    #[inline]
    pub fn parse(&mut self, data: &[u8], limits: Limits) -> Result<Request, ProtocolError> {
        if self.inline {
            return Ok(Request::Complete { bytes: self.position });
        }
        if self.remaining.is_none() {
            match data.first() {
                None => return Ok(Request::Incomplete),
                Some(b'*') => match self.parse_count(data, limits)? {
                    Some(Request::Skip { bytes }) => return Ok(Request::Skip { bytes }),
                    Some(_) => {}
                    None => return Ok(Request::Incomplete),
                },
                Some(_) => return self.parse_inline(data),
            }
        }
        self.parse_bulks(data, limits)
    }

    fn parse_count(&mut self, data: &[u8], limits: Limits) -> Result<Option<Request>, ProtocolError> {
        let Some((count, end)) = length_line(data, 1, ProtocolError::CountTooBig)? else {
            return Ok(None);
        };
        let count = match count {
            Some(n) if n <= ARGUMENTS_MAX => n,
            _ => return Err(ProtocolError::InvalidCount),
        };
        if count > UNAUTHENTICATED_ARGUMENTS_MAX && !limits.authenticated {
            return Err(ProtocolError::UnauthenticatedCount);
        }
        if count <= 0 {
            return Ok(Some(Request::Skip { bytes: end }));
        }
        self.position = end;
        self.remaining = Some(count as u32);
        Ok(Some(Request::Incomplete))
    }

    #[inline]
    fn parse_bulks(&mut self, data: &[u8], limits: Limits) -> Result<Request, ProtocolError> {
        let mut remaining = self.remaining.expect("the count was parsed");
        let mut position = self.position;
        let result = loop {
            if remaining == 0 {
                break Ok(Request::Complete { bytes: position });
            }
            let bytes = match self.bulk_bytes {
                Some(bytes) => bytes,
                None => {
                    let Some(&first) = data.get(position) else { break Ok(Request::Incomplete) };
                    match bulk_length(data, position, first, limits) {
                        Err(error) => break Err(error),
                        Ok(None) => break Ok(Request::Incomplete),
                        Ok(Some((bytes, end))) => {
                            position = end;
                            bytes
                        }
                    }
                }
            };
            if data.len() - position < bytes + 2 {
                self.bulk_bytes = Some(bytes);
                break Ok(Request::Incomplete);
            }
            self.bulk_bytes = None;
            self.spans.push(Span { start: position, end: position + bytes });
            position += bytes + 2;
            remaining -= 1;
        };
        self.position = position;
        self.remaining = Some(remaining);
        result
    }

    fn parse_inline(&mut self, data: &[u8]) -> Result<Request, ProtocolError> {
        let end = match memchr::memchr2(b'\n', 0, data) {
            Some(at) if data[at] == b'\n' && at < WHOLE_LINE_BYTES_MAX => at,
            _ if data.len() > LINE_BYTES_MAX => return Err(ProtocolError::InlineTooBig),
            _ => return Ok(Request::Incomplete),
        };
        let line = &data[..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let args = split_args(line).map_err(|_| ProtocolError::UnbalancedQuotes)?;
        if args.is_empty() {
            return Ok(Request::Skip { bytes: end + 1 });
        }
        self.inline = true;
        for arg in args {
            let start = self.unquoted.len();
            self.unquoted.extend_from_slice(&arg);
            self.spans.push(Span { start, end: self.unquoted.len() });
        }
        self.position = end + 1;
        Ok(Request::Complete { bytes: end + 1 })
    }
}

/// The length line of a bulk at `position`, whose first byte is `first`: the length, and where its bytes begin.
#[inline]
fn bulk_length(
    data: &[u8],
    position: usize,
    first: u8,
    limits: Limits,
) -> Result<Option<(usize, usize)>, ProtocolError> {
    // Fast path: `$` and one or two digits, complete.
    if let Some(&[b'$', a @ b'1'..=b'9', b'\r', b'\n']) = data[position..].first_chunk::<4>() {
        return Ok(Some(((a - b'0') as usize, position + 4)));
    }
    if let Some(&[b'$', a @ b'1'..=b'9', b @ b'0'..=b'9', b'\r', b'\n']) = data[position..].first_chunk::<5>() {
        return Ok(Some(((a - b'0') as usize * 10 + (b - b'0') as usize, position + 5)));
    }
    let line = length_line(&data[position..], 1, ProtocolError::LengthTooBig)?;
    let Some((length, end)) = line else { return Ok(None) };
    if first != b'$' {
        return Err(ProtocolError::ExpectedDollar(first));
    }
    let length = match length {
        Some(n) if n >= 0 && n <= limits.bulk_bytes_max => n,
        _ => return Err(ProtocolError::InvalidLength),
    };
    if length > UNAUTHENTICATED_BULK_BYTES_MAX && !limits.authenticated {
        return Err(ProtocolError::UnauthenticatedLength);
    }
    Ok(Some((length as usize, position + end)))
}

/// A line `?number\r\n` at the beginning of `data`: the number (`None` if it is none), and where the line ends.
#[inline]
#[allow(clippy::type_complexity)]
fn length_line(
    data: &[u8],
    prefix: usize,
    too_big: ProtocolError,
) -> Result<Option<(Option<i64>, usize)>, ProtocolError> {
    let end = match memchr::memchr2(b'\r', 0, data) {
        Some(at) if data[at] == b'\r' && at < WHOLE_LINE_BYTES_MAX => at,
        _ if data.len() > LINE_BYTES_MAX => return Err(too_big),
        _ => return Ok(None),
    };
    if data.len() < end + 2 {
        return Ok(None);
    }
    let digits = data.get(prefix..end).unwrap_or(b"");
    Ok(Some((crate::numbers::integer::parse_i64(digits), end + 2)))
}
