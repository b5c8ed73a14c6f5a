//! Numbers as the configuration reads and writes them.
//!
//! Redis uses four different readers for numbers in its configuration, and which one a directive uses decides
//! what it accepts. All four are here, as pure functions over bytes:
//!
//! | reader | used by | accepts |
//! |---|---|---|
//! | [`decimal`] | plain integers, percentages | exactly the canonical form: no sign `+`, no leading zero or blank |
//! | [`memory`]  | sizes | digits, then `b k kb m mb g gb` in any case; nothing at all is 0; overflow wraps |
//! | [`octal`]   | `unixsocketperm` | what C's `strtoll(…, 8)` accepts |
//! | [`c_long`]  | `save`, `oom-score-adj-values`, soft seconds, master port | what C's `strtoll(…, 10)` accepts |
//!
//! Source: observed behaviour of 7.0.15 (`core/tests/data/config_set.txt` holds the recording) and the C standard.

/// The text up to the first NUL byte: what a C string holds of `text`.
pub fn c_str(text: &[u8]) -> &[u8] {
    match memchr::memchr(0, text) {
        Some(end) => &text[..end],
        None => text,
    }
}

/// A canonical decimal `i64`: `-?[1-9][0-9]*` or `0`, the whole of `text`, without overflow.
pub fn decimal(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        _ => (false, text),
    };
    match digits {
        [b'0'] => return (!negative).then_some(0),
        [b'1'..=b'9', ..] => {}
        _ => return None,
    }
    let mut magnitude: u64 = 0;
    for &byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        magnitude = magnitude.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
    }
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// A size with an optional unit. `k`, `m`, `g` are powers of 1000, `kb`, `mb`, `gb` of 1024.
///
/// Too many digits saturate at the largest `u64` and the multiplication by the unit wraps, as in Redis.
pub fn memory(text: &[u8]) -> Option<u64> {
    let text = c_str(text);
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let multiplier: u64 = match text[digits..].to_ascii_lowercase().as_slice() {
        b"" | b"b" => 1,
        b"k" => 1000,
        b"kb" => 1 << 10,
        b"m" => 1_000_000,
        b"mb" => 1 << 20,
        b"g" => 1_000_000_000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    // Redis copies the digits into a buffer of 128 bytes, and refuses what does not fit.
    if digits >= 128 {
        return None;
    }
    let magnitude = text[..digits].iter().fold(0u64, |value, byte| {
        value.checked_mul(10).and_then(|v| v.checked_add(u64::from(byte - b'0'))).unwrap_or(u64::MAX)
    });
    Some(magnitude.wrapping_mul(multiplier))
}

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

    #[test]
    fn a_plain_integer_has_one_spelling_only() {
        assert_eq!(decimal(b"0"), Some(0));
        assert_eq!(decimal(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(decimal(b"9223372036854775807"), Some(i64::MAX));
        for bad in ["", "-", "-0", "01", "+1", " 1", "1 ", "9223372036854775808", "1e3", "0x1"] {
            assert_eq!(decimal(bad.as_bytes()), None, "{bad:?}");
        }
    }

    #[test]
    fn a_size_takes_units_and_wraps() {
        assert_eq!(memory(b"1k"), Some(1000));
        assert_eq!(memory(b"1Kb"), Some(1024));
        assert_eq!(memory(b"2GB"), Some(2 << 30));
        assert_eq!(memory(b""), Some(0));
        assert_eq!(memory(b"b"), Some(0));
        assert_eq!(memory(b"18446744073709551616"), Some(u64::MAX));
        assert_eq!(memory(b"18446744073709551615kb"), Some(u64::MAX.wrapping_mul(1024)));
        for bad in ["-1", "1t", "1 kb", "kbb", "1.5gb"] {
            assert_eq!(memory(bad.as_bytes()), None, "{bad:?}");
        }
    }

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
            assert_eq!(memory(format_memory(bytes).as_bytes()), Some(bytes));
        }
    }
}
