//! Words as people write them: redis-cli's quoting, read and written.
//!
//! * `"…"` with `\n \r \t \b \a \\ \" \xNN`; `'…'` with `\'` only; a quote that closes must be followed by a blank.
//! * Written back, a word is bare when it can be, and quoted otherwise; [`split`] of [`join`] is the identity.
//!
//! Source: the quoting that `redis-cli` and inline commands of 7.0.15 accept.

/// Why a line can't be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unbalanced;

/// Splits a line into words.
pub fn split(line: &[u8]) -> Result<Vec<Vec<u8>>, Unbalanced> {
    let mut words = Vec::new();
    let mut at = 0;
    loop {
        while line.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        if at >= line.len() {
            return Ok(words);
        }
        words.push(word(line, &mut at)?);
    }
}

fn word(line: &[u8], at: &mut usize) -> Result<Vec<u8>, Unbalanced> {
    let mut out = Vec::new();
    while let Some(&byte) = line.get(*at) {
        match byte {
            b'"' | b'\'' => {
                *at += 1;
                quoted(line, at, byte, &mut out)?;
                return match line.get(*at) {
                    None => Ok(out),
                    Some(b) if b.is_ascii_whitespace() => Ok(out),
                    Some(_) => Err(Unbalanced),
                };
            }
            b if b.is_ascii_whitespace() => break,
            b => out.push(b),
        }
        *at += 1;
    }
    Ok(out)
}

fn quoted(line: &[u8], at: &mut usize, quote: u8, out: &mut Vec<u8>) -> Result<(), Unbalanced> {
    while let Some(&byte) = line.get(*at) {
        *at += 1;
        match byte {
            b if b == quote => return Ok(()),
            b'\\' if quote == b'\'' && line.get(*at) == Some(&b'\'') => {
                out.push(b'\'');
                *at += 1;
            }
            b'\\' if quote == b'"' => escape(line, at, out),
            b => out.push(b),
        }
    }
    Err(Unbalanced)
}

fn escape(line: &[u8], at: &mut usize, out: &mut Vec<u8>) {
    let hex = |b: Option<&u8>| b.and_then(|b| (*b as char).to_digit(16));
    let byte = match line.get(*at) {
        Some(b'x') => {
            if let (Some(high), Some(low)) = (hex(line.get(*at + 1)), hex(line.get(*at + 2))) {
                out.push((high * 16 + low) as u8);
                *at += 3;
                return;
            }
            b'x'
        }
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(b'b') => 8,
        Some(b'a') => 7,
        Some(&b) => b,
        None => return,
    };
    out.push(byte);
    *at += 1;
}

/// The words of a command on one line.
pub fn join<A: AsRef<[u8]>>(words: &[A]) -> String {
    let words: Vec<String> = words.iter().map(|word| bare_or_quoted(word.as_ref())).collect();
    words.join(" ")
}

/// A word as it may stand in a script: bare if nothing in it needs quoting.
pub fn bare_or_quoted(word: &[u8]) -> String {
    let plain = |b: &u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'\\');
    if !word.is_empty() && word.iter().all(plain) {
        return String::from_utf8_lossy(word).into_owned();
    }
    in_quotes(word)
}

/// Bytes between double quotes, everything not printable escaped.
pub fn in_quotes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    out.push_str(&escaped(bytes));
    out.push('"');
    out
}

/// Bytes with everything not printable escaped, without quotes around.
pub fn escaped(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &b in bytes {
        match b {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b' '..=b'~' => out.push(b as char),
            _ => out.push_str(&format!("\\x{b:02x}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_is_that_of_redis_cli() {
        let words = split(b"SET 'it\\'s' \"a\\x00\\n\" bare\"").map(|w| w.len());
        assert_eq!(words, Err(Unbalanced), "a quote opened at the end");
        let words = split(br#"SET 'it\'s' "a\x00\nb" b\x "" "#).expect("balanced");
        assert_eq!(words, [&b"SET"[..], b"it's", b"a\0\nb", b"b\\x", b""]);
        assert_eq!(split(b"\"a\"b"), Err(Unbalanced));
    }

    #[test]
    fn splitting_what_was_joined_gives_it_back() {
        let words: Vec<Vec<u8>> =
            vec![(0..=255).collect(), b"".to_vec(), b"a b".to_vec(), b"'\"\\".to_vec(), b"\\x41".to_vec()];
        assert_eq!(split(join(&words).as_bytes()).expect("balanced"), words);
    }
}
