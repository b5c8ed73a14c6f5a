//! What MONITOR shows, made comparable: without the time, the address, and the ids that a connection was given.
//!
//! ```text
//!   +1700000000.123456 [0 127.0.0.1:40001] "SET" "k" "v"   ─►   +(time) [0 (address)] "SET" "k" "v"
//! ```

use crate::resp::{self, Value};

/// The address in a line of MONITOR (`lua` for what a script calls), and the rest without time and address. None for
/// anything else. `text` has no leading `+`.
fn split(text: &[u8]) -> Option<(&[u8], Vec<u8>)> {
    let digits = |bytes: &[u8]| !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    let open = text.iter().position(|&b| b == b'[')?;
    let time = text[..open].strip_suffix(b" ")?;
    let dot = time.iter().position(|&b| b == b'.')?;
    if !digits(&time[..dot]) || !digits(&time[dot + 1..]) || time.len() - dot != 7 {
        return None;
    }
    let close = open + text[open..].iter().position(|&b| b == b']')?;
    let space = open + text[open..close].iter().position(|&b| b == b' ')?;
    let address = &text[space + 1..close];
    let shown: &[u8] = if address == b"lua" { b"lua" } else { b"(address)" };
    let rest = without_redirect(&text[close..]);
    Some((address, [b"(time) ", &text[open..=space], shown, &rest].concat()))
}

/// CLIENT TRACKING … REDIRECT names a connection.
fn without_redirect(text: &[u8]) -> Vec<u8> {
    const WORD: &[u8] = b"\"redirect\" \"";
    let found = text.windows(WORD.len()).position(|window| window.eq_ignore_ascii_case(WORD));
    let Some(at) = found.map(|at| at + WORD.len()) else { return text.to_vec() };
    let digits = text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    [&text[..at], b"(id)", &text[at + digits..]].concat()
}

/// A reply with its lines of MONITOR, at any depth, made comparable.
pub fn masked(value: &Value) -> Value {
    match value {
        Value::Simple(text) => Value::Simple(split(text).map_or_else(|| text.clone(), |(_, masked)| masked)),
        Value::Array(items) => Value::Array(items.iter().map(masked).collect()),
        other => other.clone(),
    }
}

/// Whether a frame is a line of MONITOR, as it came or made comparable.
pub fn is_line(frame: &[u8]) -> bool {
    let text = frame.strip_prefix(b"+").unwrap_or_default();
    text.starts_with(b"(time) [") || split(text).is_some()
}

/// The frames of a connection: first those that are no lines of MONITOR, then the lines, made comparable, of one connection after
/// the other. `known` are the addresses of the run's clients, by number; lines of other connections are left out: the
/// harness's own, which do not say the same to both.
///
/// The order between connections is not kept: a server that reads a long pipeline in several turns lets a client that was
/// woken go on in between. Within a connection it is.
pub fn comparable(bytes: Vec<u8>, known: &[String]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut lines: Vec<Vec<Vec<u8>>> = vec![Vec::new(); known.len()];
    let mut speaker = None;
    let mut at = 0;
    while let Ok(Some(end)) = resp::frame_end(&bytes, at) {
        let frame = &bytes[at..end];
        match frame.strip_prefix(b"+").and_then(split) {
            Some((address, masked)) => {
                if address != b"lua" {
                    // What a script calls stands behind the script.
                    speaker = known.iter().position(|known| known.as_bytes() == address);
                }
                if let Some(speaker) = speaker {
                    lines[speaker].push(masked);
                }
            }
            None => out.extend_from_slice(frame),
        }
        at = end;
    }
    out.extend_from_slice(&bytes[at..]);
    for line in lines.concat() {
        out.push(b'+');
        out.extend_from_slice(&line);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] = b"+1700000000.123456 [3 127.0.0.1:40001] \"SET\" \"k\" \"]\"\r\n";

    #[test]
    fn time_and_address_are_masked_and_nothing_else() {
        let known = ["127.0.0.1:40001".to_string()];
        let both = [LINE, b"+OK\r\n"].concat();
        assert_eq!(comparable(both.clone(), &known), b"+OK\r\n+(time) [3 (address)] \"SET\" \"k\" \"]\"\r\n");
        assert_eq!(comparable(both, &[]), b"+OK\r\n");
        assert!(is_line(LINE) && is_line(&comparable(LINE.to_vec(), &known)) && !is_line(b"+OK\r\n"));
        let redirect = b"1.000000 [0 1.1.1.1:1] \"CLIENT\" \"TRACKING\" \"ON\" \"REDIRECT\" \"17\"";
        let (_, masked) = split(redirect).expect("a line");
        assert!(masked.ends_with(b"\"REDIRECT\" \"(id)\""));
    }
}
