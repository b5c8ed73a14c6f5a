//! RESP as the harness reads it: replies of RESP2 and RESP3, as a tree and as raw bytes.
//!
//! This codec is the harness's own on purpose. It shares no line with `etalon_core::resp`, so an error there
//! can't hide itself by being made twice. Two readings of the same bytes:
//!
//! * [`frame_end`] finds where a reply ends without building anything; the differ compares raw bytes first, and
//!   most replies are never parsed.
//! * [`parse`] builds a [`Value`] that keeps every distinction visible on the wire: the three nulls are
//!   different values, and numbers stay text.
//!
//! ```text
//! + simple   - error   : integer   $ bulk ($-1 null)   * array (*-1 null)
//! % map      ~ set     > push      | attribute         _ null    # boolean
//! , double   ( big number          = verbatim          ! bulk error
//! ```
//!
//! Source: the protocol specification, and what 7.0.15 emits. Streamed aggregates (`$?`) are never sent by it
//! and are malformed here.

use std::fmt;

/// A reply, exactly as typed on the wire.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    Simple(Vec<u8>),
    Error(Vec<u8>),
    /// The digits as sent; [`Value::as_integer`] reads them.
    Integer(Vec<u8>),
    Bulk(Vec<u8>),
    /// `$-1`
    NullBulk,
    /// `*-1`
    NullArray,
    /// `_`
    Null,
    Array(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Set(Vec<Value>),
    Push(Vec<Value>),
    Double(Vec<u8>),
    Boolean(bool),
    BigNumber(Vec<u8>),
    Verbatim(Vec<u8>),
    BulkError(Vec<u8>),
    /// An attribute and the reply that it decorates.
    Attribute(Vec<(Value, Value)>, Box<Value>),
}

/// The bytes are no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    pub at: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed reply at byte {}", self.at)
    }
}

impl std::error::Error for Malformed {}

/// The end of the reply that starts at `pos`; `None` while bytes are missing. O(bytes of the reply).
pub fn frame_end(buf: &[u8], pos: usize) -> Result<Option<usize>, Malformed> {
    let mut at = pos;
    // Replies still to be read: aggregates add to it, so no recursion is needed.
    let mut pending = 1usize;
    while pending > 0 {
        let Some((line_start, line_end)) = line(buf, at + 1) else {
            return match buf.get(at) {
                Some(tag) if !b"+-:$*%~>|_#,(=!".contains(tag) => Err(Malformed { at }),
                _ => Ok(None),
            };
        };
        let next = line_end + 2;
        pending -= 1;
        match buf[at] {
            b'+' | b'-' | b':' | b'_' | b'#' | b',' | b'(' => at = next,
            b'$' | b'=' | b'!' => match length(buf, line_start, line_end)? {
                None => at = next,
                Some(n) => {
                    at = next + n + 2;
                    if at > buf.len() {
                        return Ok(None);
                    }
                }
            },
            tag @ (b'*' | b'%' | b'~' | b'>' | b'|') => {
                let n = length(buf, line_start, line_end)?.unwrap_or(0);
                pending += match tag {
                    b'%' => 2 * n,
                    b'|' => 2 * n + 1,
                    _ => n,
                };
                at = next;
            }
            _ => return Err(Malformed { at }),
        }
    }
    Ok(Some(at))
}

/// The reply that starts at `pos` and where it ends; `None` while bytes are missing.
pub fn parse(buf: &[u8], pos: usize) -> Result<Option<(Value, usize)>, Malformed> {
    let Some(end) = frame_end(buf, pos)? else {
        return Ok(None);
    };
    let mut at = pos;
    let value = build(buf, &mut at)?;
    debug_assert_eq!(at, end, "both readings agree on the length");
    Ok(Some((value, end)))
}

/// Every reply in `buf`, which must hold whole replies only.
pub fn parse_all(buf: &[u8]) -> Result<Vec<Value>, Malformed> {
    let mut values = Vec::new();
    let mut at = 0;
    while at < buf.len() {
        let (value, end) = parse(buf, at)?.ok_or(Malformed { at })?;
        values.push(value);
        at = end;
    }
    Ok(values)
}

/// Is the frame that starts with this byte out of band (a push)?
pub fn is_push(first_byte: u8) -> bool {
    first_byte == b'>'
}

/// Appends a command as an array of bulks.
pub fn encode_command<A: AsRef<[u8]>>(args: &[A], out: &mut Vec<u8>) {
    out.push(b'*');
    push_decimal(args.len(), out);
    out.extend_from_slice(b"\r\n");
    for arg in args {
        let arg = arg.as_ref();
        out.push(b'$');
        push_decimal(arg.len(), out);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
}

fn push_decimal(mut n: usize, out: &mut Vec<u8>) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Start and end (before CR LF) of the line that begins at `from`.
fn line(buf: &[u8], from: usize) -> Option<(usize, usize)> {
    let rest = buf.get(from..)?;
    let lf = rest.iter().position(|&b| b == b'\n')?;
    // A bare LF never ends a line of a reply; the CR before it is required.
    (lf > 0 && rest[lf - 1] == b'\r').then(|| (from, from + lf - 1))
}

/// A length prefix; `None` for -1.
fn length(buf: &[u8], start: usize, end: usize) -> Result<Option<usize>, Malformed> {
    let digits = &buf[start..end];
    if digits == b"-1" {
        return Ok(None);
    }
    if digits.is_empty() || digits.len() > 12 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Malformed { at: start });
    }
    Ok(Some(digits.iter().fold(0, |n, d| n * 10 + usize::from(d - b'0'))))
}

fn build(buf: &[u8], at: &mut usize) -> Result<Value, Malformed> {
    let tag_at = *at;
    let (start, end) = line(buf, tag_at + 1).ok_or(Malformed { at: tag_at })?;
    *at = end + 2;
    let text = || buf[start..end].to_vec();
    Ok(match buf[tag_at] {
        b'+' => Value::Simple(text()),
        b'-' => Value::Error(text()),
        b':' => Value::Integer(text()),
        b',' => Value::Double(text()),
        b'(' => Value::BigNumber(text()),
        b'_' => Value::Null,
        b'#' => Value::Boolean(&buf[start..end] == b"t"),
        tag @ (b'$' | b'=' | b'!') => match length(buf, start, end)? {
            None => Value::NullBulk,
            Some(n) => {
                let body = buf[*at..*at + n].to_vec();
                *at += n + 2;
                match tag {
                    b'$' => Value::Bulk(body),
                    b'=' => Value::Verbatim(body),
                    _ => Value::BulkError(body),
                }
            }
        },
        tag => match (tag, length(buf, start, end)?) {
            (b'*', None) => Value::NullArray,
            (b'*', Some(n)) => Value::Array(sequence(buf, at, n)?),
            (b'~', Some(n)) => Value::Set(sequence(buf, at, n)?),
            (b'>', Some(n)) => Value::Push(sequence(buf, at, n)?),
            (b'%', Some(n)) => Value::Map(pairs(buf, at, n)?),
            (b'|', Some(n)) => {
                let attributes = pairs(buf, at, n)?;
                Value::Attribute(attributes, Box::new(build(buf, at)?))
            }
            _ => return Err(Malformed { at: tag_at }),
        },
    })
}

fn sequence(buf: &[u8], at: &mut usize, n: usize) -> Result<Vec<Value>, Malformed> {
    (0..n).map(|_| build(buf, at)).collect()
}

fn pairs(buf: &[u8], at: &mut usize, n: usize) -> Result<Vec<(Value, Value)>, Malformed> {
    (0..n).map(|_| Ok((build(buf, at)?, build(buf, at)?))).collect()
}

impl Value {
    /// The bytes of the value on the wire. `parse` gives the value back.
    pub fn encoded(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let line = |tag: &[u8], text: &[u8], out: &mut Vec<u8>| out.extend_from_slice(&[tag, text, b"\r\n"].concat());
        let header = |tag: &[u8], n: usize, out: &mut Vec<u8>| line(tag, n.to_string().as_bytes(), out);
        match self {
            Value::Simple(text) => line(b"+", text, out),
            Value::Error(text) => line(b"-", text, out),
            Value::Integer(text) => line(b":", text, out),
            Value::Double(text) => line(b",", text, out),
            Value::BigNumber(text) => line(b"(", text, out),
            Value::NullBulk => line(b"$-1", b"", out),
            Value::NullArray => line(b"*-1", b"", out),
            Value::Null => line(b"_", b"", out),
            Value::Boolean(b) => line(b"#", if *b { b"t" } else { b"f" }, out),
            Value::Bulk(text) | Value::Verbatim(text) | Value::BulkError(text) => {
                let tag: &[u8] = match self {
                    Value::Bulk(_) => b"$",
                    Value::Verbatim(_) => b"=",
                    _ => b"!",
                };
                header(tag, text.len(), out);
                line(b"", text, out);
            }
            Value::Array(items) | Value::Set(items) | Value::Push(items) => {
                let tag: &[u8] = match self {
                    Value::Array(_) => b"*",
                    Value::Set(_) => b"~",
                    _ => b">",
                };
                header(tag, items.len(), out);
                items.iter().for_each(|item| item.encode(out));
            }
            Value::Map(pairs) | Value::Attribute(pairs, _) => {
                header(if matches!(self, Value::Map(_)) { b"%" } else { b"|" }, pairs.len(), out);
                for (key, value) in pairs {
                    key.encode(out);
                    value.encode(out);
                }
                if let Value::Attribute(_, inner) = self {
                    inner.encode(out);
                }
            }
        }
    }

    pub fn is_error(&self) -> bool {
        matches!(self, Value::Error(_) | Value::BulkError(_))
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null | Value::NullBulk | Value::NullArray)
    }

    /// The number of an integer reply.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(digits) => std::str::from_utf8(digits).ok()?.parse().ok(),
            _ => None,
        }
    }

    /// The bytes of anything that carries text.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Value::Simple(b)
            | Value::Error(b)
            | Value::Integer(b)
            | Value::Bulk(b)
            | Value::Double(b)
            | Value::BigNumber(b)
            | Value::BulkError(b) => Some(b),
            // The three-letter format and its colon come first.
            Value::Verbatim(b) => Some(b.get(4..).unwrap_or(b)),
            _ => None,
        }
    }

    /// The elements of an array, a set, or a push.
    pub fn items(&self) -> Option<&[Value]> {
        match self {
            Value::Array(v) | Value::Set(v) | Value::Push(v) => Some(v),
            _ => None,
        }
    }

    /// Pairs of a map, or of the flat array that stands for one in RESP2.
    pub fn entries(&self) -> Option<Vec<(&Value, &Value)>> {
        match self {
            Value::Map(pairs) => Some(pairs.iter().map(|(k, v)| (k, v)).collect()),
            Value::Array(items) if items.len() % 2 == 0 => {
                Some(items.chunks(2).map(|pair| (&pair[0], &pair[1])).collect())
            }
            _ => None,
        }
    }

    /// The value under `key` of a map or of a flat array of pairs.
    pub fn field(&self, key: &str) -> Option<&Value> {
        let found = self.entries()?.into_iter().find(|(k, _)| k.as_bytes() == Some(key.as_bytes()));
        found.map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY_TYPE: &[u8] =
        b"*14\r\n+ok\r\n-ERR no\r\n:-5\r\n$2\r\n\r\n\r\n$-1\r\n*-1\r\n_\r\n#t\r\n,1.5\r\n(123\r\n\
        =7\r\ntxt:abc\r\n!5\r\nERR x\r\n%1\r\n+k\r\n~1\r\n:1\r\n>2\r\n+a\r\n+b\r\n";

    #[test]
    fn every_type_is_read_and_keeps_its_identity() {
        let (value, end) = parse(EVERY_TYPE, 0).expect("well formed").expect("complete");
        assert_eq!(end, EVERY_TYPE.len());
        assert_eq!(value.encoded(), EVERY_TYPE);
        let items = value.items().expect("an array");
        assert_eq!(items[3], Value::Bulk(b"\r\n".to_vec()));
        assert_eq!(items[4..7], [Value::NullBulk, Value::NullArray, Value::Null]);
        assert_eq!(items[10].as_bytes(), Some(&b"abc"[..]));
        assert!(matches!(items[12], Value::Map(_)) && matches!(items[13], Value::Push(_)));
    }

    #[test]
    fn any_prefix_is_incomplete_and_never_an_error() {
        for cut in 0..EVERY_TYPE.len() {
            assert_eq!(frame_end(&EVERY_TYPE[..cut], 0), Ok(None), "cut at {cut}");
        }
        assert_eq!(frame_end(EVERY_TYPE, 0), Ok(Some(EVERY_TYPE.len())));
    }

    #[test]
    fn an_attribute_belongs_to_the_reply_that_follows() {
        let bytes = b"|1\r\n+a\r\n:1\r\n$1\r\nx\r\n+next\r\n";
        let values = parse_all(bytes).expect("well formed");
        assert_eq!(values.len(), 2);
        assert!(matches!(&values[0], Value::Attribute(pairs, inner)
            if pairs.len() == 1 && **inner == Value::Bulk(b"x".to_vec())));
    }

    #[test]
    fn garbage_is_malformed() {
        assert!(frame_end(b"hello\r\n", 0).is_err());
        assert!(frame_end(b"$x\r\n", 0).is_err());
        assert!(frame_end(b"?", 0).is_err());
    }

    #[test]
    fn a_command_is_encoded_as_bulks() {
        let mut out = Vec::new();
        encode_command(&["SET", "k", ""], &mut out);
        assert_eq!(out, b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n");
    }
}
