//! Integers as text, by Redis's strict rule: the text must be exactly what printing the number gives.
//!
//! Invariant: `parse_i64(text) == Some(n)` if and only if `text` is the canonical decimal form of `n`. So `+1`,
//! ` 1`, `01`, `-0`, the empty text and anything beyond 64 bits are refused, and a string value may be stored as
//! an integer without anyone being able to tell (`INCR`, the int encoding and `DUMP` all rely on it).

/// The longest decimal form of a 64-bit integer: `-9223372036854775808`.
pub const I64_LEN_MAX: usize = 20;

/// Reads a canonical decimal `i64`. O(length), at most 20 bytes are looked at.
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let magnitude = parse_u64(digits)?;
    if !negative {
        return i64::try_from(magnitude).ok();
    }
    if magnitude == 0 {
        return None;
    }
    0i64.checked_sub_unsigned(magnitude)
}

/// Reads a canonical decimal `u64`: digits only, no sign, no leading zero.
pub fn parse_u64(text: &[u8]) -> Option<u64> {
    match text {
        [b'0'] => return Some(0),
        [b'1'..=b'9', ..] if text.len() <= I64_LEN_MAX => {}
        _ => return None,
    }
    let mut value = 0u64;
    // Nineteen digits cannot overflow, so only a twentieth needs the checked steps.
    let (unchecked, last) = text.split_at(text.len().min(19));
    for &byte in unchecked {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    for &byte in last {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(value)
}

/// Reads a `u64` as the parts of a stream ID are read: the canonical form first, else by the looser rule of C's
/// `strtoull`, which also takes leading white space, zeros and a sign (`-` there means two's complement, yet a
/// canonical negative number is refused).
pub fn parse_u64_loose(text: &[u8]) -> Option<u64> {
    if let Some(value) = parse_i64(text) {
        return u64::try_from(value).ok();
    }
    let start = text.iter().position(|&byte| !is_c_space(byte))?;
    let (negative, digits) = match &text[start..] {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value = 0u64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(if negative { value.wrapping_neg() } else { value })
}

/// White space by C's `isspace` in the C locale.
pub fn is_c_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Reads `yes` or `no`, in any case, as configuration values are written.
pub fn parse_yes_no(text: &[u8]) -> Option<bool> {
    if text.eq_ignore_ascii_case(b"yes") {
        Some(true)
    } else if text.eq_ignore_ascii_case(b"no") {
        Some(false)
    } else {
        None
    }
}

/// `yes` or `no`.
pub fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// Room on the stack for the decimal form of an integer: [`DecimalBuffer::format`] allocates nothing.
#[derive(Clone, Default)]
pub struct DecimalBuffer(itoa::Buffer);

impl DecimalBuffer {
    pub fn new() -> Self {
        Self(itoa::Buffer::new())
    }

    /// The decimal form of `value`, at most [`I64_LEN_MAX`] bytes.
    pub fn format<I: itoa::Integer>(&mut self, value: I) -> &[u8] {
        self.0.format(value).as_bytes()
    }
}

/// How many bytes the decimal form of `value` has, without making it.
pub fn decimal_len(value: i64) -> usize {
    let sign = usize::from(value < 0);
    sign + value.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::{TestResult, quickcheck};

    #[test]
    fn only_the_canonical_form_is_an_integer() {
        for text in [
            "",
            "-",
            "+1",
            " 1",
            "1 ",
            "01",
            "-0",
            "-01",
            "00",
            "1.0",
            "0x1",
            "1e3",
            "--1",
            "9223372036854775808",
            "-9223372036854775809",
            "18446744073709551616",
            "99999999999999999999",
            "100000000000000000000",
            "1\0",
            "\u{661}",
        ] {
            assert_eq!(parse_i64(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn the_ends_of_the_range_are_read() {
        for value in [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX] {
            assert_eq!(parse_i64(value.to_string().as_bytes()), Some(value));
        }
        assert_eq!(parse_u64(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(parse_u64(b"18446744073709551616"), None);
        assert_eq!(parse_u64(b"-1"), None);
    }

    #[test]
    fn the_loose_rule_is_that_of_strtoull() {
        assert_eq!(parse_u64_loose(b" 12"), Some(12));
        assert_eq!(parse_u64_loose(b"+012"), Some(12));
        assert_eq!(parse_u64_loose(b"-1"), None);
        assert_eq!(parse_u64_loose(b"-01"), Some(u64::MAX));
        assert_eq!(parse_u64_loose(b"18446744073709551616"), None);
        assert_eq!(parse_u64_loose(b"12x"), None);
        assert_eq!(parse_u64_loose(b""), None);
        assert_eq!(parse_u64_loose(b" "), None);
        assert_eq!(parse_u64_loose(b"+"), None);
    }

    #[test]
    fn yes_and_no_are_read_in_any_case() {
        assert_eq!(parse_yes_no(b"YeS"), Some(true));
        assert_eq!(parse_yes_no(b"nO"), Some(false));
        assert_eq!(parse_yes_no(b"1"), None);
        assert_eq!(parse_yes_no(yes_no(true).as_bytes()), Some(true));
    }

    quickcheck! {
        fn printing_then_reading_is_the_identity(value: i64) -> bool {
            let mut buffer = DecimalBuffer::new();
            let text = buffer.format(value);
            parse_i64(text) == Some(value) && text.len() == decimal_len(value)
        }

        fn whatever_is_read_prints_back_the_same(text: Vec<u8>) -> TestResult {
            let text: Vec<u8> = text.iter().map(|b| b"-0123456789 +"[usize::from(*b) % 13]).collect();
            match parse_i64(&text) {
                Some(value) => TestResult::from_bool(value.to_string().as_bytes() == text),
                None => TestResult::from_bool(
                    std::str::from_utf8(&text).ok().and_then(|t| t.parse::<i64>().ok())
                        .is_none_or(|value| value.to_string().as_bytes() != text)),
            }
        }
    }
}
