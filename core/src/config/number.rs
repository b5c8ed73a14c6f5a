//! The numbers of C that the configuration reads, and sizes as it writes them.
//!
//! Which reader a directive uses decides what it accepts:
//!
//! | reader | used by | accepts |
//! |---|---|---|
//! | `numbers::integer::parse_i64` | plain integers, percentages | the canonical form only |
//! | `numbers::memory_size::parse` | sizes | digits and a unit; nothing at all is 0; overflow wraps |
//! | [`octal`] | `unixsocketperm` | what C's `strtoll(…, 8)` accepts |
//! | [`c_long`] | `save`, `oom-score-adj-values`, soft seconds, master port | what C's `strtoll(…, 10)` accepts |
//!
//! Source: observed behaviour of 7.0.15 (`core/tests/data/config_set.txt` holds the recording) and the C standard.

pub use crate::quoting::c_str;

/// The outcome of C's `strtoll`: the value, how many bytes were used, and whether it saturated.
struct Scanned {
    value: i64,
    used: usize,
    overflow: bool,
}

/// C's `strtoll`: blanks, a sign, digits of `radix` (8 or 10); saturating; no digits at all use nothing.
fn scan(text: &[u8], radix: i64) -> Scanned {
    let mut at = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r')).count();
    let negative = text.get(at) == Some(&b'-');
    if matches!(text.get(at), Some(b'-' | b'+')) {
        at += 1;
    }
    let first_digit = at;
    let (mut value, mut overflow) = (0i64, false);
    while let Some(digit) = text.get(at).map(|byte| i64::from(*byte) - i64::from(b'0')) {
        if !(0..radix).contains(&digit) {
            break;
        }
        let next = value.checked_mul(radix);
        let next = next.and_then(|v| if negative { v.checked_sub(digit) } else { v.checked_add(digit) });
        value = next.unwrap_or_else(|| {
            overflow = true;
            if negative { i64::MIN } else { i64::MAX }
        });
        at += 1;
    }
    let used = if at == first_digit { 0 } else { at };
    Scanned { value, used, overflow }
}

/// `strtoll(text, &end, 10)` with `*end == 0` required: leading blanks and a `+` pass, overflow saturates, the
/// empty text is 0.
pub fn c_long(text: &[u8]) -> Option<i64> {
    let text = c_str(text);
    let scanned = scan(text, 10);
    (scanned.used == text.len()).then_some(scanned.value)
}

/// `strtoll(text, &end, 8)` with `*end == 0` and no overflow required; the empty text is 0.
pub fn octal(text: &[u8]) -> Option<i64> {
    let text = c_str(text);
    let scanned = scan(text, 8);
    (scanned.used == text.len() && !scanned.overflow).then_some(scanned.value)
}

/// A size the way CONFIG REWRITE writes it: with the largest of `gb`, `mb`, `kb` that divides it.
///
/// Deviation: Redis writes a size above `i64::MAX` as a negative number, which it then can't read.
pub fn format_memory(bytes: u64) -> String {
    for (unit, suffix) in [(1u64 << 30, "gb"), (1 << 20, "mb"), (1 << 10, "kb")] {
        if bytes != 0 && bytes.is_multiple_of(unit) {
            return format!("{}{suffix}", bytes / unit);
        }
    }
    bytes.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::memory_size;

    #[test]
    fn c_numbers_skip_blanks_and_saturate() {
        assert_eq!(c_long(b" \t+12"), Some(12));
        assert_eq!(c_long(b""), Some(0));
        assert_eq!(c_long(b"99999999999999999999"), Some(i64::MAX));
        assert_eq!(c_long(b"12 "), None);
        assert_eq!(c_long(b" "), None);
        assert_eq!(octal(b"777"), Some(0o777));
        assert_eq!(octal(b"8"), None);
        assert_eq!(octal(b"7777777777777777777777"), None);
    }

    #[test]
    fn a_formatted_size_reads_back() {
        for bytes in [0, 1, 1023, 1024, 1025, 1 << 20, 3 << 30, u64::MAX] {
            assert_eq!(memory_size::parse(format_memory(bytes).as_bytes()), Some(bytes));
        }
    }
}
