//! Tokens of JSON, as lua-cjson cuts them. The text ends at its end or at a NUL.

use super::number;

/// A token, without where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    /// Its bytes are in [`Tokens::string`].
    String,
    Number(f64),
    Boolean(bool),
    Null,
    Colon,
    Comma,
    End,
    /// No token, and why.
    Error(&'static str),
}

impl Token {
    /// What complaints call it.
    pub fn name(&self) -> &'static str {
        match self {
            Token::ObjectBegin => "T_OBJ_BEGIN",
            Token::ObjectEnd => "T_OBJ_END",
            Token::ArrayBegin => "T_ARR_BEGIN",
            Token::ArrayEnd => "T_ARR_END",
            Token::String => "T_STRING",
            Token::Number(_) => "T_NUMBER",
            Token::Boolean(_) => "T_BOOLEAN",
            Token::Null => "T_NULL",
            Token::Colon => "T_COLON",
            Token::Comma => "T_COMMA",
            Token::End => "T_END",
            Token::Error(why) => why,
        }
    }
}

/// A text that is cut into tokens.
pub(super) struct Tokens<'a> {
    text: &'a [u8],
    /// Behind the last token.
    pub position: usize,
    /// Where the last token begins, or where it goes wrong.
    pub start: usize,
    /// The last string, its escapes resolved.
    pub string: Vec<u8>,
    takes_invalid_numbers: bool,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a [u8], takes_invalid_numbers: bool) -> Self {
        Tokens { text, position: 0, start: 0, string: Vec::new(), takes_invalid_numbers }
    }

    /// The byte at a distance; NUL beyond the end.
    fn at(&self, distance: usize) -> u8 {
        self.text.get(self.position + distance).copied().unwrap_or(0)
    }

    fn rest(&self) -> &'a [u8] {
        &self.text[self.position.min(self.text.len())..]
    }

    pub fn next(&mut self) -> Token {
        while matches!(self.at(0), b' ' | b'\t' | b'\n' | b'\r') {
            self.position += 1;
        }
        self.start = self.position;
        let token = match self.at(0) {
            0 => return Token::End,
            b'{' => Token::ObjectBegin,
            b'}' => Token::ObjectEnd,
            b'[' => Token::ArrayBegin,
            b']' => Token::ArrayEnd,
            b':' => Token::Colon,
            b',' => Token::Comma,
            b'"' => return self.string(),
            b'-' | b'0'..=b'9' => {
                return if !self.takes_invalid_numbers && self.is_invalid_number() {
                    Token::Error("invalid number")
                } else {
                    self.number()
                };
            }
            _ => return self.word(),
        };
        self.position += 1;
        token
    }

    fn word(&mut self) -> Token {
        let words =
            [(&b"true"[..], Token::Boolean(true)), (&b"false"[..], Token::Boolean(false)), (&b"null"[..], Token::Null)];
        for (word, token) in words {
            if self.rest().starts_with(word) {
                self.position += word.len();
                return token;
            }
        }
        let may_be_number = matches!(self.at(0), b'+' | b'i' | b'I' | b'n' | b'N');
        if may_be_number && self.takes_invalid_numbers && self.is_invalid_number() {
            return self.number();
        }
        Token::Error("invalid token")
    }

    fn number(&mut self) -> Token {
        match number::read(self.rest()) {
            Some((number, length)) => {
                self.position += length;
                Token::Number(number)
            }
            None => Token::Error("invalid number"),
        }
    }

    /// What JSON has no such number for: a plus, a leading zero, hexadecimal digits, `inf` and `nan`.
    fn is_invalid_number(&self) -> bool {
        if self.at(0) == b'+' {
            return true;
        }
        let sign = usize::from(self.at(0) == b'-');
        match self.at(sign) {
            b'0' => matches!(self.at(sign + 1), b'x' | b'X' | b'0'..=b'9'),
            first if first <= b'9' => false,
            _ => {
                let word = [self.at(sign), self.at(sign + 1), self.at(sign + 2)];
                word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"nan")
            }
        }
    }

    fn error(&mut self, why: &'static str) -> Token {
        self.start = self.position;
        Token::Error(why)
    }

    fn string(&mut self) -> Token {
        self.position += 1;
        self.string.clear();
        loop {
            // What needs no look ahead is taken at once.
            let plain = self.rest().iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0)).count();
            self.string.extend_from_slice(&self.rest()[..plain]);
            self.position += plain;
            match self.at(0) {
                b'"' => break,
                b'\\' => {}
                _ => return self.error("unexpected end of string"),
            }
            let byte = match self.at(1) {
                byte @ (b'"' | b'\\' | b'/') => byte,
                b'b' => 8,
                b't' => b'\t',
                b'n' => b'\n',
                b'f' => 12,
                b'r' => b'\r',
                b'u' => match self.unicode_escape() {
                    Some((code, length)) => {
                        let mut utf8 = [0; 4];
                        let code = char::from_u32(code).expect("no surrogate is left over");
                        self.string.extend_from_slice(code.encode_utf8(&mut utf8).as_bytes());
                        self.position += length;
                        continue;
                    }
                    None => return self.error("invalid unicode escape code"),
                },
                _ => return self.error("invalid escape code"),
            };
            self.string.push(byte);
            self.position += 2;
        }
        self.position += 1;
        Token::String
    }

    /// The code point of `\uXXXX` here, or of two of them that are a pair of surrogates, and the length.
    fn unicode_escape(&self) -> Option<(u32, usize)> {
        const LENGTH: usize = 6;
        let code = self.four_digits(2)?;
        if code & 0xF800 != 0xD800 {
            return Some((code, LENGTH));
        }
        let is_high = code & 0x400 == 0;
        if !is_high || self.at(LENGTH) != b'\\' || self.at(LENGTH + 1) != b'u' {
            return None;
        }
        let low = self.four_digits(LENGTH + 2)?;
        (low & 0xFC00 == 0xDC00).then_some((((code & 0x3FF) << 10 | low & 0x3FF) + 0x10000, 2 * LENGTH))
    }

    fn four_digits(&self, distance: usize) -> Option<u32> {
        (0..4).try_fold(0, |code, at| Some(code << 4 | char::from(self.at(distance + at)).to_digit(16)?))
    }
}
