//! The reply writer: RESP2 and RESP3, appended to the client's output.
//!
//! A command says what it answers (a map, a set, a double, a null…); the writer gives it the form of the client's
//! protocol. Nothing is allocated but the growth of the buffer.
//!
//! | reply | RESP2 | RESP3 |
//! |---|---|---|
//! | null | `$-1` | `_` |
//! | null array | `*-1` | `_` |
//! | map of n | `*2n` | `%n` |
//! | set of n | `*n` | `~n` |
//! | double | bulk | `,` |
//! | boolean | `:0` / `:1` | `#f` / `#t` |
//! | big number | bulk | `(` |
//! | verbatim | bulk | `=` |
//! | push of n | `*n` | `>n` |
//! | attribute | (nothing) | `\|n` |

/// Protocol version of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Protocol {
    #[default]
    Resp2,
    Resp3,
}

impl Protocol {
    /// The number that HELLO knows it by.
    pub fn number(self) -> i64 {
        match self {
            Protocol::Resp2 => 2,
            Protocol::Resp3 => 3,
        }
    }
}

/// A client's output, in the making.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    pub(crate) buffer: Vec<u8>,
    pub(crate) protocol: Protocol,
}

/// A place where a length will be written once it is known.
#[must_use]
pub struct Deferred {
    at: usize,
}

impl Reply {
    pub fn new(protocol: Protocol) -> Reply {
        Reply { buffer: Vec::new(), protocol }
    }

    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    pub fn is_resp3(&self) -> bool {
        self.protocol == Protocol::Resp3
    }

    /// Bytes written and not yet taken.
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// What has been written.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer
    }

    /// `+OK`
    #[inline]
    pub fn ok(&mut self) {
        self.buffer.extend_from_slice(b"+OK\r\n");
    }

    /// A simple string; must not contain line breaks.
    pub fn status(&mut self, text: &str) {
        debug_assert!(!text.contains(['\r', '\n']), "a status is one line");
        self.buffer.push(b'+');
        self.buffer.extend_from_slice(text.as_bytes());
        self.crlf();
    }

    /// An error; `text` begins with its code. Line breaks at its end are cut, others become spaces.
    pub fn error(&mut self, text: &[u8]) {
        let end = text.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
        let text = &text[..end];
        self.buffer.push(b'-');
        let start = self.buffer.len();
        self.buffer.extend_from_slice(text);
        for byte in &mut self.buffer[start..] {
            if matches!(byte, b'\r' | b'\n') {
                *byte = b' ';
            }
        }
        self.crlf();
    }

    #[inline]
    pub fn integer(&mut self, value: i64) {
        self.header(b':', value);
    }

    /// A count, which always fits.
    pub fn count(&mut self, value: usize) {
        self.integer(value as i64);
    }

    /// An integer that says yes (1) or no (0).
    pub fn flag(&mut self, value: bool) {
        self.integer(value as i64);
    }

    #[inline]
    pub fn bulk(&mut self, value: &[u8]) {
        let length = value.len();
        if length < 10 {
            self.buffer.extend_from_slice(&[b'$', b'0' + length as u8, b'\r', b'\n']);
        } else {
            self.header(b'$', length as i64);
        }
        self.buffer.extend_from_slice(value);
        self.crlf();
    }

    /// A bulk string of an integer's digits.
    pub fn bulk_integer(&mut self, value: i64) {
        let mut digits = itoa::Buffer::new();
        self.bulk(digits.format(value).as_bytes());
    }

    /// A bulk string handed over in pieces of `length` bytes together.
    pub fn bulk_pieces<'a>(&mut self, length: usize, pieces: impl Iterator<Item = &'a [u8]>) {
        self.header(b'$', length as i64);
        let start = self.buffer.len();
        for piece in pieces {
            self.buffer.extend_from_slice(piece);
        }
        debug_assert_eq!(self.buffer.len() - start, length, "the pieces are as long as announced");
        self.crlf();
    }

    pub fn null(&mut self) {
        match self.protocol {
            Protocol::Resp2 => self.buffer.extend_from_slice(b"$-1\r\n"),
            Protocol::Resp3 => self.buffer.extend_from_slice(b"_\r\n"),
        }
    }

    pub fn null_array(&mut self) {
        match self.protocol {
            Protocol::Resp2 => self.buffer.extend_from_slice(b"*-1\r\n"),
            Protocol::Resp3 => self.buffer.extend_from_slice(b"_\r\n"),
        }
    }

    /// Header of an array; `length` elements follow.
    pub fn array(&mut self, length: usize) {
        self.header(b'*', length as i64);
    }

    /// Header of a map; `length` pairs follow.
    pub fn map(&mut self, length: usize) {
        match self.protocol {
            Protocol::Resp2 => self.header(b'*', 2 * length as i64),
            Protocol::Resp3 => self.header(b'%', length as i64),
        }
    }

    /// Header of a set; `length` elements follow.
    pub fn set(&mut self, length: usize) {
        match self.protocol {
            Protocol::Resp2 => self.header(b'*', length as i64),
            Protocol::Resp3 => self.header(b'~', length as i64),
        }
    }

    /// Header of an out-of-band message; `length` elements follow.
    pub fn push(&mut self, length: usize) {
        match self.protocol {
            Protocol::Resp2 => self.header(b'*', length as i64),
            Protocol::Resp3 => self.header(b'>', length as i64),
        }
    }

    /// Header of an attribute of `length` pairs. RESP3 only: RESP2 has no attributes, and the caller writes none.
    pub fn attribute(&mut self, length: usize) {
        assert!(self.is_resp3(), "attributes exist in RESP3 only");
        self.header(b'|', length as i64);
    }

    pub fn boolean(&mut self, value: bool) {
        match (self.protocol, value) {
            (Protocol::Resp2, value) => self.flag(value),
            (Protocol::Resp3, true) => self.buffer.extend_from_slice(b"#t\r\n"),
            (Protocol::Resp3, false) => self.buffer.extend_from_slice(b"#f\r\n"),
        }
    }

    /// A double, printed with 17 significant digits.
    pub fn double(&mut self, value: f64) {
        self.double_text(crate::numbers::double::format(value).as_bytes());
    }

    fn double_text(&mut self, text: &[u8]) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(text),
            Protocol::Resp3 => {
                self.buffer.push(b',');
                self.buffer.extend_from_slice(text);
                self.crlf();
            }
        }
    }

    /// A double without an exponent: up to 17 decimals, no zeros at their end. Below 10^15.
    pub fn decimal(&mut self, value: f64) {
        debug_assert!(value.abs() < 1e15, "there is an exact form with 17 decimals for any coordinate");
        let text = format!("{value:.17}");
        self.double_text(text.trim_end_matches('0').trim_end_matches('.').as_bytes());
    }

    /// An integer of any size, given in decimal.
    pub fn big_number(&mut self, digits: &[u8]) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(digits),
            Protocol::Resp3 => {
                self.buffer.push(b'(');
                self.buffer.extend_from_slice(digits);
                self.crlf();
            }
        }
    }

    /// Text with a three-letter format (`txt`, `mkd`).
    pub fn verbatim(&mut self, format: &str, text: &[u8]) {
        self.verbatim_bytes(format.as_bytes().try_into().expect("a verbatim string's format has three letters"), text);
    }

    /// The same, of a format that may be any bytes.
    pub fn verbatim_bytes(&mut self, format: [u8; 3], text: &[u8]) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(text),
            Protocol::Resp3 => {
                self.header(b'=', text.len() as i64 + 4);
                self.buffer.extend_from_slice(&format);
                self.buffer.push(b':');
                self.buffer.extend_from_slice(text);
                self.crlf();
            }
        }
    }

    /// An array of simple strings' worth of help lines, as every HELP subcommand answers.
    pub fn help(&mut self, command: &str, lines: &[&str]) {
        self.array(lines.len() + 3);
        self.status(&format!("{command} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
        for line in lines {
            self.status(line);
        }
        self.status("HELP");
        self.status("    Prints this help.");
    }

    /// Begins an array, map or set whose length is not known yet.
    pub fn deferred(&mut self) -> Deferred {
        Deferred { at: self.buffer.len() }
    }

    /// Writes the header of an array that began at byte `at`, as [`array_at`](Self::array_at) does.
    pub fn array_at_byte(&mut self, at: usize, length: usize) {
        self.array_at(Deferred { at }, length);
    }

    /// Writes the header of a deferred array. O(bytes written since): they move up.
    pub fn array_at(&mut self, place: Deferred, length: usize) {
        self.insert_header(place, b'*', length as i64);
    }

    /// Writes the header of a deferred map of `length` pairs.
    pub fn map_at(&mut self, place: Deferred, length: usize) {
        match self.protocol {
            Protocol::Resp2 => self.insert_header(place, b'*', 2 * length as i64),
            Protocol::Resp3 => self.insert_header(place, b'%', length as i64),
        }
    }

    /// Writes the header of a deferred set.
    pub fn set_at(&mut self, place: Deferred, length: usize) {
        match self.protocol {
            Protocol::Resp2 => self.insert_header(place, b'*', length as i64),
            Protocol::Resp3 => self.insert_header(place, b'~', length as i64),
        }
    }

    /// Appends bytes that are in the protocol's form already.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Cuts everything after the first `length` bytes (a suppressed reply).
    pub fn truncate(&mut self, length: usize) {
        self.buffer.truncate(length);
    }

    fn insert_header(&mut self, place: Deferred, kind: u8, value: i64) {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(value).as_bytes();
        let header = std::iter::once(kind).chain(digits.iter().copied()).chain(*b"\r\n");
        self.buffer.splice(place.at..place.at, header);
    }

    #[inline]
    fn header(&mut self, kind: u8, value: i64) {
        let mut digits = itoa::Buffer::new();
        self.buffer.push(kind);
        self.buffer.extend_from_slice(digits.format(value).as_bytes());
        self.crlf();
    }

    #[inline]
    fn crlf(&mut self) {
        self.buffer.extend_from_slice(b"\r\n");
    }
}
