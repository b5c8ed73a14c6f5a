//! Quoting: how a line becomes arguments, and how an argument becomes text that reads back as itself.
//!
//! One grammar serves the configuration file, the inline protocol and `redis-cli`:
//!
//! ```text
//! line     = blank* ( argument ( blank+ argument )* blank* )?
//! argument = piece+                       pieces join: a"b c"d is one argument
//! piece    = plain | '"' double* '"' | "'" single* "'"
//! double   = \xHH | \n \r \t \b \a | \any | any byte but '"' and '\'
//! single   = \' | any byte but "'"
//! ```
//!
//! A closing quote must be followed by a blank or the end. A NUL byte ends the line outside quotes and is an
//! unbalanced quote inside them. Source: observed behaviour of 7.0.15.

/// The line has a quote that is never closed, or a closing quote with text right behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnbalancedQuotes;

/// The text up to the first NUL byte: what a C string holds of `text`.
pub fn c_str(text: &[u8]) -> &[u8] {
    match memchr::memchr(0, text) {
        Some(end) => &text[..end],
        None => text,
    }
}

/// C's `isspace` in the C locale.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Splits a line into its arguments. O(n). Errors: [`UnbalancedQuotes`].
///
/// ```
/// use etalon_core::config::split_args;
/// let arguments = split_args(br#"set key "a b\n\x41" 'it\'s'"#).expect("balanced");
/// assert_eq!(arguments, [&b"set"[..], b"key", b"a b\nA", b"it's"]);
/// ```
pub fn split_args(line: &[u8]) -> Result<Vec<Vec<u8>>, UnbalancedQuotes> {
    let mut arguments = Vec::new();
    let mut rest = c_str(line);
    // Inside quotes the NUL must be told apart from the end only to refuse both: the cut above does it.
    loop {
        while let [byte, tail @ ..] = rest
            && is_blank(*byte)
        {
            rest = tail;
        }
        if rest.is_empty() {
            return Ok(arguments);
        }
        let (argument, tail) = take_argument(rest)?;
        arguments.push(argument);
        rest = tail;
    }
}

/// Takes one argument off the front of `rest`, which starts with a byte that is not blank.
fn take_argument(mut rest: &[u8]) -> Result<(Vec<u8>, &[u8]), UnbalancedQuotes> {
    let mut argument = Vec::new();
    loop {
        match rest {
            [] => return Ok((argument, rest)),
            [b' ' | b'\n' | b'\r' | b'\t', ..] => {
                return Ok((argument, rest));
            }
            [b'"', tail @ ..] => rest = take_double_quoted(tail, &mut argument)?,
            [b'\'', tail @ ..] => rest = take_single_quoted(tail, &mut argument)?,
            [byte, tail @ ..] => {
                argument.push(*byte);
                rest = tail;
                continue;
            }
        }
        // A closing quote ends the argument.
        match rest {
            [] => return Ok((argument, rest)),
            [byte, ..] if is_blank(*byte) => return Ok((argument, rest)),
            _ => return Err(UnbalancedQuotes),
        }
    }
}

/// Reads up to and including the closing `"`.
fn take_double_quoted<'a>(mut rest: &'a [u8], argument: &mut Vec<u8>) -> Result<&'a [u8], UnbalancedQuotes> {
    loop {
        match rest {
            [] => return Err(UnbalancedQuotes),
            [b'"', tail @ ..] => return Ok(tail),
            [b'\\', b'x', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                argument.push(hex_value(*high) << 4 | hex_value(*low));
                rest = tail;
            }
            [b'\\', escaped, tail @ ..] => {
                argument.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 0x08,
                    b'a' => 0x07,
                    other => *other,
                });
                rest = tail;
            }
            [byte, tail @ ..] => {
                argument.push(*byte);
                rest = tail;
            }
        }
    }
}

/// Reads up to and including the closing `'`.
fn take_single_quoted<'a>(mut rest: &'a [u8], argument: &mut Vec<u8>) -> Result<&'a [u8], UnbalancedQuotes> {
    loop {
        match rest {
            [] => return Err(UnbalancedQuotes),
            [b'\'', tail @ ..] => return Ok(tail),
            [b'\\', b'\'', tail @ ..] => {
                argument.push(b'\'');
                rest = tail;
            }
            [byte, tail @ ..] => {
                argument.push(*byte);
                rest = tail;
            }
        }
    }
}

fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit - b'A' + 10,
    }
}

/// Appends `text` in double quotes, so that [`split_args`] reads it back as one argument equal to `text`. O(n).
pub fn append_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for &byte in text {
        match byte {
            b'\\' | b'"' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x07 => out.extend_from_slice(b"\\a"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x20..=0x7e => out.push(byte),
            _ => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
        }
    }
    out.push(b'"');
}

/// `text` in double quotes. See [`append_quoted`].
pub fn quoted(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    append_quoted(&mut out, text);
    out
}

/// `text` as it is when [`split_args`] reads it as one argument equal to itself, and in double quotes otherwise.
pub(crate) fn quoted_if_needed(text: &[u8]) -> Vec<u8> {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\');
    if !text.is_empty() && text.iter().all(is_plain) { text.to_vec() } else { quoted(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Result<Vec<String>, UnbalancedQuotes> {
        let arguments = split_args(line.as_bytes())?;
        Ok(arguments.into_iter().map(|argument| String::from_utf8(argument).expect("text")).collect())
    }

    #[test]
    fn plain_words_split_at_any_run_of_blanks() {
        assert_eq!(split("  a \t b\r\n"), Ok(vec!["a".into(), "b".into()]));
        assert_eq!(split(""), Ok(vec![]));
        assert_eq!(split(" \t "), Ok(vec![]));
    }

    #[test]
    fn quotes_keep_blanks_and_take_escapes() {
        assert_eq!(split(r#""a b" 'c d'"#), Ok(vec!["a b".into(), "c d".into()]));
        assert_eq!(split(r#""\x41\n\q\"" 'x\'\n'"#), Ok(vec!["A\nq\"".into(), "x'\\n".into()]));
        assert_eq!(split(r#""\xZZ""#), Ok(vec!["xZZ".into()]));
        assert_eq!(split(r#""" ''"#), Ok(vec!["".into(), "".into()]));
        assert_eq!(split(r#"a"b c""#), Ok(vec!["ab c".into()]));
    }

    #[test]
    fn a_quote_must_close_and_be_followed_by_a_blank() {
        for bad in [r#"""#, r#""a"#, "'a", r#""a"b"#, "'a'b", r#""a\"#, "\"a\0\""] {
            assert_eq!(split(bad), Err(UnbalancedQuotes), "{bad:?}");
        }
    }

    #[test]
    fn a_nul_ends_the_line() {
        assert_eq!(split("a b\0c d"), Ok(vec!["a".into(), "b".into()]));
    }

    #[test]
    fn whatever_is_quoted_reads_back_as_itself() {
        fn reads_back(text: Vec<u8>) -> bool {
            split_args(&quoted(&text)) == Ok(vec![text])
        }
        quickcheck::quickcheck(reads_back as fn(Vec<u8>) -> bool);
    }
}
